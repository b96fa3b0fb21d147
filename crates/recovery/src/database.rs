//! Copying a whole database: through the cache, as CREATE DATABASE does, or to files, as `init` does.

use common::{ForkNumber, Oid, RelationFile, TransactionId};
use error::Result;
use storage_buffer::BufferPool;
use storage_file::database_directory;

use crate::storage_manager::create_logged;

/// Copies all relations of a database, logged page by page; no checkpoint is needed and replay needs no source.
///
/// Nobody writes to the source meanwhile.
pub fn copy_database(
    pool: &'static BufferPool,
    xid: TransactionId,
    from: (Oid, Oid),
    to: (Oid, Oid),
) -> Result<usize> {
    let place =
        |(tablespace, database): (Oid, Oid), relation| RelationFile { tablespace, database, relation };
    pool.files().create_directory(&database_directory(to.0, to.1))?;
    let mut copied = 0;
    for name in pool.files().list_directory(&database_directory(from.0, from.1))? {
        let Some((relation, fork)) = parse_name(&name) else { continue };
        let (source, target) = (place(from, relation), place(to, relation));
        create_logged(pool, xid, target, fork)?;
        pool.copy_fork(source, target, fork)?;
        copied += 1;
    }
    Ok(copied)
}

/// As [`copy_database`], for a cluster that is being made: straight to the files, and nothing in the log.
pub fn copy_database_to_files(pool: &'static BufferPool, from: (Oid, Oid), to: (Oid, Oid)) -> Result<()> {
    let place =
        |(tablespace, database): (Oid, Oid), relation| RelationFile { tablespace, database, relation };
    pool.files().create_directory(&database_directory(to.0, to.1))?;
    for name in pool.files().list_directory(&database_directory(from.0, from.1))? {
        let Some((relation, fork)) = parse_name(&name) else { continue };
        pool.copy_fork_to_file(place(from, relation), place(to, relation), fork)?;
    }
    Ok(())
}

/// Relation and fork of a first segment's name.
fn parse_name(name: &str) -> Option<(Oid, ForkNumber)> {
    let digits = name.find(|c: char| !c.is_ascii_digit()).unwrap_or(name.len());
    let relation = name[..digits].parse().ok()?;
    let fork = ForkNumber::ALL.into_iter().find(|fork| fork.suffix() == &name[digits..])?;
    Some((Oid(relation), fork))
}
