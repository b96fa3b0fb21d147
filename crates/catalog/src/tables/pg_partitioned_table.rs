//! `pg_partitioned_table`: how tables are partitioned.

use common::Oid;

use crate::declaration::catalog;
use crate::field::NodeTree;

catalog! {
    /// How tables are partitioned.
    PgPartitionedTable = 3350 "pg_partitioned_table", row type 10099, shared false, toast 4165 4166 {
        partrelid: Oid,
        partstrat: u8,
        partnatts: i16,
        partdefid: Oid,
        partattrs: Vec<i16>,
        partclass: Vec<Oid>,
        partcollation: Vec<Oid>,
        partexprs: Option<NodeTree>,
    }
    indexes {
        BY_PARTRELID = 3351 "pg_partitioned_table_partrelid_index" primary (partrelid) constraint 10283;
    }
}
