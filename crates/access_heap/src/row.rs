//! A row version on its page: header and the full numbers of its transactions.

use common::{CommandId, OffsetNumber, TransactionId};
use error::{Error, Result};
use storage_page::PageRef;
use tuple::{HEADER_SIZE, TupleHeader, infomask};

/// Offsets below this stand for the special transactions themselves.
const SPECIAL: u32 = TransactionId::FIRST_NORMAL.0 as u32;

/// The transaction that an offset from a page's base means.
pub(crate) fn full_xid(base: TransactionId, offset: u32) -> TransactionId {
    if offset < SPECIAL { TransactionId(offset.into()) } else { TransactionId(base.0 + u64::from(offset)) }
}

/// The offset that stands for a transaction; `None` when it does not fit the base.
pub(crate) fn xid_offset(base: TransactionId, xid: TransactionId) -> Option<u32> {
    if !xid.is_normal() {
        return Some(xid.0 as u32);
    }
    let offset = u32::try_from(xid.0.checked_sub(base.0)?).ok()?;
    (offset >= SPECIAL).then_some(offset)
}

/// A row version to look at.
#[derive(Clone, Copy)]
pub(crate) struct Row<'a> {
    pub bytes: &'a [u8],
    header: TupleHeader<&'a [u8; HEADER_SIZE]>,
    base: TransactionId,
}

impl<'a> Row<'a> {
    /// The row version at a line pointer; `None` when there is none.
    /// # Errors
    /// XX001 for an item that is too short to be one.
    #[inline]
    pub fn at(page: PageRef<'a>, offset: OffsetNumber) -> Result<Option<Row<'a>>> {
        let line = page.line(offset);
        if !line.is_normal() {
            return Ok(None);
        }
        let bytes = page.bytes_of(line).unwrap_or_default();
        match bytes.first_chunk() {
            Some(header) => Ok(Some(Row { bytes, header: TupleHeader::new(header), base: page.xid_base() })),
            None => Err(too_short(offset)),
        }
    }

    #[inline]
    pub fn header(&self) -> TupleHeader<&'a [u8; HEADER_SIZE]> {
        self.header
    }

    #[inline]
    pub fn mask(&self) -> u16 {
        self.header().infomask()
    }

    #[inline]
    pub fn has(&self, bits: u16) -> bool {
        self.mask() & bits == bits
    }

    #[inline]
    pub fn xmin(&self) -> TransactionId {
        full_xid(self.base, self.header().xmin_offset())
    }

    /// As stored: a transaction, or the number of a set.
    pub fn xmax(&self) -> TransactionId {
        full_xid(self.base, self.header().xmax_offset())
    }

    pub fn cmin(&self) -> CommandId {
        self.header().cmin()
    }

    pub fn cmax(&self) -> CommandId {
        self.header().cmax()
    }

    #[inline]
    pub fn is_frozen(&self) -> bool {
        self.has(infomask::XMIN_FROZEN)
    }

    /// Nobody deleted, updated or locked it, or they did not succeed.
    pub fn has_no_xmax(&self) -> bool {
        self.mask() & infomask::XMAX_INVALID != 0
    }

    pub fn is_locked_only(&self) -> bool {
        self.has(infomask::XMAX_LOCK_ONLY)
    }

    pub fn is_heap_only(&self) -> bool {
        self.has(infomask::HEAP_ONLY)
    }
}

#[cold]
fn too_short(offset: OffsetNumber) -> Error {
    Error::corrupted(format!("row {} of a page is too short", offset.0))
}
