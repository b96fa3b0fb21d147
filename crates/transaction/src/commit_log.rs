//! The outcome of every transaction: two bits each, in ordinary pages of the buffer cache.
//!
//! ```text
//! page header (32) | 8,160 bytes: transaction n of the page in bits 2n and 2n+1 of the byte string
//! ```
//! A transaction that is not running and has no bit set was rolled back, so rolling back writes nothing here, and a page
//! that was never written reads as "rolled back". Bits are set together with the commit record, while the transaction still
//! counts as running: whoever asks must ask first whether it runs.

use common::{BlockNumber, ForkNumber, Oid, PAGE_SIZE, RelationFile, TransactionId};
use error::Result;
use storage_buffer::{BufferPool, ExclusivePage, Pin, Strategy};
use storage_page::HEADER_SIZE;

/// The file that holds the log.
pub(crate) const FILE: RelationFile =
    RelationFile { tablespace: Oid(1664), database: Oid::INVALID, relation: Oid(1) };

const XIDS_PER_BYTE: u64 = 4;
const XIDS_PER_PAGE: u64 = (PAGE_SIZE - HEADER_SIZE) as u64 * XIDS_PER_BYTE;

/// What became of a transaction that is not running.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Outcome {
    RolledBack,
    Committed,
    /// A subtransaction that shares the fate of its parent.
    AsParent,
}

impl Outcome {
    fn bits(self) -> u8 {
        match self {
            Outcome::RolledBack => 0,
            Outcome::Committed => 1,
            Outcome::AsParent => 2,
        }
    }

    fn from_bits(bits: u8) -> Outcome {
        match bits & 3 {
            1 => Outcome::Committed,
            2 => Outcome::AsParent,
            _ => Outcome::RolledBack,
        }
    }
}

pub(crate) fn block_of(xid: TransactionId) -> BlockNumber {
    BlockNumber((xid.0 / XIDS_PER_PAGE) as u32)
}

/// Byte of the page and shift within it.
fn place_of(xid: TransactionId) -> (usize, u32) {
    let within = xid.0 % XIDS_PER_PAGE;
    (HEADER_SIZE + (within / XIDS_PER_BYTE) as usize, (within % XIDS_PER_BYTE) as u32 * 2)
}

pub(crate) fn read(pool: &'static BufferPool, xid: TransactionId) -> Result<Outcome> {
    let block = block_of(xid);
    if block.0 >= pool.blocks(FILE, ForkNumber::Main)? {
        return Ok(Outcome::RolledBack);
    }
    let page = pool.read(FILE, ForkNumber::Main, block, Strategy::Normal)?.share();
    let (byte, shift) = place_of(xid);
    Ok(Outcome::from_bits(page.page().bytes()[byte] >> shift))
}

pub(crate) fn set(page: &mut ExclusivePage, xid: TransactionId, outcome: Outcome) {
    debug_assert_eq!(page.block(), block_of(xid));
    let (byte, shift) = place_of(xid);
    let bytes = page.bytes_mut();
    bytes[byte] = bytes[byte] & !(3 << shift) | outcome.bits() << shift;
}

/// Pins the page of a transaction, making the file longer if need be. The caller is the only one who may.
pub(crate) fn pin(pool: &'static BufferPool, xid: TransactionId) -> Result<Pin> {
    pin_page(pool, FILE, block_of(xid))
}

/// Pins a page of a file that is filled from the front; pages up to it are made if they are not there.
pub(crate) fn pin_page(pool: &'static BufferPool, file: RelationFile, block: BlockNumber) -> Result<Pin> {
    let blocks = pool.blocks(file, ForkNumber::Main)?;
    if block.0 < blocks {
        return pool.read(file, ForkNumber::Main, block, Strategy::Normal);
    }
    let mut first = pool.extend(file, ForkNumber::Main, block.0 + 1 - blocks, Strategy::Normal)?;
    prepare(&mut first);
    first.mark_dirty();
    let pin = first.unlock();
    if pin.block() == block { Ok(pin) } else { pool.read(file, ForkNumber::Main, block, Strategy::Normal) }
}

/// Gives a new page a header whose bounds leave no hole, so that images keep all of it.
pub(crate) fn prepare(page: &mut ExclusivePage) {
    if page.page().is_new() {
        page.page_mut().initialize(0);
        page.page_mut().set_bounds(PAGE_SIZE, PAGE_SIZE);
    }
}

/// Gives a new page a header for items.
pub(crate) fn prepare_items(page: &mut ExclusivePage) {
    if page.page().is_new() {
        page.page_mut().initialize(0);
    }
}
