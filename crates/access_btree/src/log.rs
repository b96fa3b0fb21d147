//! The log records of B-trees.
//!
//! ```text
//! Insert   data: offset number (2); block 0: the page, its data: the item; block 1, above the leaves: the child whose split
//!          this finishes
//! Images   blocks 0 and on: pages, always as images
//! Delete   block 0: the page, its data: offset numbers (2 each)
//! ```
//! Splits, new roots and freshly built pages are rare against insertions, so they are logged as images.

use error::{Error, Result};
use storage_wal::ResourceManagerId;

/// The resource manager of B-trees.
pub const MANAGER: ResourceManagerId = ResourceManagerId(4);

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub(crate) enum RecordKind {
    Insert = 0,
    Images = 1,
    Delete = 2,
}

impl RecordKind {
    pub fn from_u8(kind: u8) -> Result<RecordKind> {
        Ok(match kind {
            0 => RecordKind::Insert,
            1 => RecordKind::Images,
            2 => RecordKind::Delete,
            _ => return Err(Error::corrupted(format!("unknown btree log record {kind}"))),
        })
    }
}
