//! A relation as storage sees it, and the session that works on it.

use common::{Oid, RelationFile};
use storage_buffer::BufferPool;
use storage_lock::LockTag;
use transaction::Session;

/// A table's or index's files.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct StoredRelation {
    pub oid: Oid,
    pub file: RelationFile,
    /// Changes go to the log. False for temporary and unlogged relations.
    pub is_logged: bool,
}

impl StoredRelation {
    /// The database that its locks are counted in: 0 for relations shared by all.
    pub fn database(&self) -> Oid {
        self.file.database
    }

    pub fn lock_tag(&self) -> LockTag {
        LockTag::relation(self.database(), self.oid)
    }
}

/// Who works, and on which pages.
#[derive(Clone, Copy)]
pub struct Access<'a> {
    pub session: &'a Session,
    pub pool: &'static BufferPool,
}
