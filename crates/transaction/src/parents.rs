//! The parent of every subtransaction: eight bytes each, in ordinary pages of the buffer cache.
//!
//! Needed while the transaction runs and for subtransactions whose outcome is "as the parent". Not logged on its own: after a
//! crash only the latter matter, and their record repeats the parents.

use common::{BlockNumber, ForkNumber, Oid, PAGE_SIZE, RelationFile, TransactionId};
use error::Result;
use storage_buffer::{BufferPool, ExclusivePage, Strategy};
use storage_page::HEADER_SIZE;

pub(crate) const FILE: RelationFile =
    RelationFile { tablespace: Oid(1664), database: Oid::INVALID, relation: Oid(2) };

const XIDS_PER_PAGE: u64 = (PAGE_SIZE - HEADER_SIZE) as u64 / 8;

pub(crate) fn block_of(xid: TransactionId) -> BlockNumber {
    BlockNumber((xid.0 / XIDS_PER_PAGE) as u32)
}

fn place_of(xid: TransactionId) -> usize {
    HEADER_SIZE + (xid.0 % XIDS_PER_PAGE) as usize * 8
}

/// The parent; `INVALID` for a transaction that has none.
pub(crate) fn read(pool: &'static BufferPool, xid: TransactionId) -> Result<TransactionId> {
    let block = block_of(xid);
    if block.0 >= pool.blocks(FILE, ForkNumber::Main)? {
        return Ok(TransactionId::INVALID);
    }
    let page = pool.read(FILE, ForkNumber::Main, block, Strategy::Normal)?.share();
    let mut parent = [0; 8];
    parent.copy_from_slice(&page.page().bytes()[place_of(xid)..place_of(xid) + 8]);
    Ok(TransactionId(u64::from_le_bytes(parent)))
}

pub(crate) fn set(page: &mut ExclusivePage, xid: TransactionId, parent: TransactionId) {
    debug_assert_eq!(page.block(), block_of(xid));
    page.bytes_mut()[place_of(xid)..place_of(xid) + 8].copy_from_slice(&parent.0.to_le_bytes());
}

/// The transaction at the top of a subtransaction's chain of parents; itself if it has none.
pub(crate) fn topmost(pool: &'static BufferPool, mut xid: TransactionId) -> Result<TransactionId> {
    loop {
        let parent = read(pool, xid)?;
        // A parent is always older; anything else is a page that lost its content in a crash.
        if !parent.is_normal() || parent >= xid {
            return Ok(xid);
        }
        xid = parent;
    }
}
