//! Names of relation files and database directories, relative to the data directory.

use common::{ForkNumber, Oid, RelationFile};

/// `pg_default`: `base/`.
pub const DEFAULT_TABLESPACE: Oid = Oid(1663);
/// `pg_global`: `global/`.
pub const GLOBAL_TABLESPACE: Oid = Oid(1664);
/// The directory inside a tablespace, named as PostgreSQL 18 names it.
pub const TABLESPACE_VERSION_DIRECTORY: &str = "PG_18_202506151";

/// Where a database keeps its files in a tablespace.
pub fn database_directory(tablespace: Oid, database: Oid) -> String {
    match tablespace {
        GLOBAL_TABLESPACE => "global".to_string(),
        DEFAULT_TABLESPACE => format!("base/{database}"),
        _ => format!("pg_tblspc/{tablespace}/{TABLESPACE_VERSION_DIRECTORY}/{database}"),
    }
}

/// The first segment of a fork; what messages and `pg_relation_filepath` show.
pub fn relation_path(file: RelationFile, fork: ForkNumber) -> String {
    format!("{}/{}{}", database_directory(file.tablespace, file.database), file.relation, fork.suffix())
}

/// Segment 0 has no number in its name.
pub fn segment_path(file: RelationFile, fork: ForkNumber, segment: u32) -> String {
    let path = relation_path(file, fork);
    if segment == 0 { path } else { format!("{path}.{segment}") }
}
