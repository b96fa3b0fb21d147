//! Reading a page.

use common::{Lsn, OffsetNumber, PAGE_SIZE, TransactionId};

use crate::PageBytes;
use crate::header::*;
use crate::line_pointer::{LINE_POINTER_SIZE, LinePointer};

/// A page to look at.
#[derive(Clone, Copy)]
pub struct PageRef<'a>(&'a PageBytes);

impl<'a> PageRef<'a> {
    #[inline]
    pub fn new(bytes: &'a PageBytes) -> PageRef<'a> {
        PageRef(bytes)
    }

    #[inline]
    pub fn bytes(self) -> &'a PageBytes {
        self.0
    }

    pub fn lsn(self) -> Lsn {
        Lsn(u64_at(self.0, LSN))
    }

    pub fn checksum(self) -> u32 {
        u32_at(self.0, CHECKSUM)
    }

    pub fn flags(self) -> PageFlags {
        PageFlags(u16_at(self.0, FLAGS) & FLAG_BITS)
    }

    #[inline]
    pub fn has(self, flag: PageFlags) -> bool {
        self.flags().0 & flag.0 != 0
    }

    pub fn lower(self) -> usize {
        u16_at(self.0, LOWER) as usize
    }

    pub fn upper(self) -> usize {
        u16_at(self.0, UPPER) as usize
    }

    pub fn special_offset(self) -> usize {
        u16_at(self.0, SPECIAL) as usize
    }

    /// What 32-bit transaction numbers on the page count from.
    pub fn xid_base(self) -> TransactionId {
        TransactionId(u64_at(self.0, XID_BASE))
    }

    /// The oldest transaction whose end may make something prunable, as an offset from the base; 0 is "none".
    pub fn prune_xid_offset(self) -> u32 {
        u32_at(self.0, PRUNE_XID)
    }

    /// Never initialised: all zeros.
    #[inline]
    pub fn is_new(self) -> bool {
        self.upper() == 0
    }

    /// What is wrong with the header, if anything. A new page is right.
    pub fn check_header(self) -> Result<(), &'static str> {
        if self.is_new() {
            return Ok(());
        }
        let (lower, upper, special) = (self.lower(), self.upper(), self.special_offset());
        if u16_at(self.0, FLAGS) >> VERSION_SHIFT != FORMAT_VERSION {
            Err("unknown page format version")
        } else if lower < HEADER_SIZE || lower > upper || upper > special || special > PAGE_SIZE {
            Err("page bounds out of order")
        } else if !special.is_multiple_of(8) {
            Err("special space not aligned")
        } else {
            Ok(())
        }
    }

    /// The number of line pointers, in use or not; also the last one's offset number.
    #[inline]
    pub fn item_count(self) -> u16 {
        (self.lower().min(PAGE_SIZE).saturating_sub(HEADER_SIZE) / LINE_POINTER_SIZE) as u16
    }

    /// All offset numbers in ascending order.
    pub fn offsets(self) -> impl DoubleEndedIterator<Item = OffsetNumber> + ExactSizeIterator + use<> {
        (0..self.item_count()).map(|index| OffsetNumber(index + 1))
    }

    /// The line pointer; one out of range is unused.
    #[inline]
    pub fn line(self, offset: OffsetNumber) -> LinePointer {
        if offset.0 == 0 || offset.0 > self.item_count() {
            return LinePointer::UNUSED;
        }
        LinePointer::decode(u32_at(self.0, HEADER_SIZE + offset.index() * LINE_POINTER_SIZE))
    }

    /// The bytes of a line pointer that has storage; `None` for others and for bounds outside the page.
    #[inline]
    pub fn item(self, offset: OffsetNumber) -> Option<&'a [u8]> {
        self.bytes_of(self.line(offset))
    }

    /// As [`PageRef::item`], for a line pointer already decoded.
    #[inline]
    pub fn bytes_of(self, line: LinePointer) -> Option<&'a [u8]> {
        if line.length == 0 {
            return None;
        }
        self.0.get(line.offset as usize..line.offset as usize + line.length as usize)
    }

    /// The access method's room at the end of the page.
    pub fn special(self) -> &'a [u8] {
        self.0.get(self.special_offset()..).unwrap_or(&[])
    }

    /// Room between line pointers and items.
    pub fn exact_free_space(self) -> usize {
        self.upper().saturating_sub(self.lower())
    }

    /// Room for one more item with a new line pointer.
    pub fn free_space(self) -> usize {
        self.exact_free_space().saturating_sub(LINE_POINTER_SIZE)
    }

    /// As [`PageRef::free_space`], but 0 when there are `max_items` line pointers and none is unused.
    pub fn heap_free_space(self, max_items: usize) -> usize {
        let free = self.free_space();
        if free > 0 && self.item_count() as usize >= max_items {
            let reusable = self.has(PageFlags::HAS_FREE_LINES)
                && self.offsets().any(|offset| self.line(offset).is_unused());
            if !reusable {
                return 0;
            }
        }
        free
    }

    /// The range between line pointers and items, which an image in the log leaves out; empty when the bounds make no sense.
    pub fn hole(self) -> std::ops::Range<usize> {
        let (lower, upper) = (self.lower(), self.upper());
        if lower >= HEADER_SIZE && lower < upper && upper <= PAGE_SIZE { lower..upper } else { 0..0 }
    }
}
