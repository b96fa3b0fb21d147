//! Changing a page.
//!
//! Rule 4 of the README says which of these move items.

use common::{Lsn, OffsetNumber, PAGE_SIZE, TransactionId};

use crate::header::*;
use crate::line_pointer::{LINE_POINTER_SIZE, LinePointer};
use crate::view::PageRef;
use crate::{PageBytes, align};

/// A page to change.
pub struct PageMut<'a>(&'a mut PageBytes);

impl<'a> PageMut<'a> {
    #[inline]
    pub fn new(bytes: &'a mut PageBytes) -> PageMut<'a> {
        PageMut(bytes)
    }

    /// The same page to look at.
    #[inline]
    pub fn view(&self) -> PageRef<'_> {
        PageRef::new(self.0)
    }

    pub fn bytes_mut(&mut self) -> &mut PageBytes {
        self.0
    }

    /// Makes it an empty page with `special_size` bytes of special space (rounded up to eight), LSN 0.
    pub fn initialize(&mut self, special_size: usize) {
        let special = PAGE_SIZE - align(special_size);
        self.0.fill(0);
        self.put_u16(FLAGS, FORMAT_VERSION << VERSION_SHIFT);
        self.put_u16(LOWER, HEADER_SIZE as u16);
        self.put_u16(UPPER, special as u16);
        self.put_u16(SPECIAL, special as u16);
    }

    pub fn set_lsn(&mut self, lsn: Lsn) {
        self.0[LSN..LSN + 8].copy_from_slice(&lsn.0.to_le_bytes());
    }

    pub fn set_flag(&mut self, flag: PageFlags) {
        let flags = u16_at(self.0, FLAGS) | flag.0 & FLAG_BITS;
        self.put_u16(FLAGS, flags);
    }

    pub fn clear_flag(&mut self, flag: PageFlags) {
        let flags = u16_at(self.0, FLAGS) & !(flag.0 & FLAG_BITS);
        self.put_u16(FLAGS, flags);
    }

    pub fn set_xid_base(&mut self, base: TransactionId) {
        self.0[XID_BASE..XID_BASE + 8].copy_from_slice(&base.0.to_le_bytes());
    }

    pub fn set_prune_xid_offset(&mut self, offset: u32) {
        self.0[PRUNE_XID..PRUNE_XID + 4].copy_from_slice(&offset.to_le_bytes());
    }

    /// Sets the bounds of an access method that lays the page out itself; `lower..upper` is what nobody needs.
    pub fn set_bounds(&mut self, lower: usize, upper: usize) {
        debug_assert!(HEADER_SIZE <= lower && lower <= upper && upper <= self.view().special_offset());
        self.put_u16(LOWER, lower as u16);
        self.put_u16(UPPER, upper as u16);
    }

    pub fn special_mut(&mut self) -> &mut [u8] {
        let special = self.view().special_offset().min(PAGE_SIZE);
        &mut self.0[special..]
    }

    /// The bytes of a line pointer that has storage.
    #[inline]
    pub fn item_mut(&mut self, offset: OffsetNumber) -> Option<&mut [u8]> {
        let line = self.view().line(offset);
        if line.length == 0 {
            return None;
        }
        self.0.get_mut(line.offset as usize..line.offset as usize + line.length as usize)
    }

    /// Adds an item at an unused line pointer if one is known, else at a new one at the end. `None` without room.
    pub fn add_item(&mut self, item: &[u8]) -> Option<OffsetNumber> {
        let view = self.view();
        if view.has(PageFlags::HAS_FREE_LINES) {
            if let Some(offset) = view.offsets().find(|offset| view.line(*offset).is_unused()) {
                return self.put_item(offset, item).then_some(offset);
            }
            self.clear_flag(PageFlags::HAS_FREE_LINES);
        }
        let offset = OffsetNumber(self.view().item_count() + 1);
        self.put_item(offset, item).then_some(offset)
    }

    /// Puts an item at an unused line pointer, or at the one behind the last. False without room, or if the pointer is in use.
    pub fn put_item(&mut self, offset: OffsetNumber, item: &[u8]) -> bool {
        let count = self.view().item_count();
        if !offset.is_valid() || offset.0 > count + 1 || !self.view().line(offset).is_unused() {
            return false;
        }
        let new_line = if offset.0 > count { LINE_POINTER_SIZE } else { 0 };
        match self.place(item, new_line) {
            Some(line) => {
                self.put_u16(LOWER, (self.view().lower() + new_line) as u16);
                self.set_line(offset, line);
                true
            }
            None => false,
        }
    }

    /// Inserts an item before the line pointer `offset`, moving that and all later ones up by one. False without room.
    pub fn insert_item(&mut self, offset: OffsetNumber, item: &[u8]) -> bool {
        let count = self.view().item_count();
        if !offset.is_valid() || offset.0 > count + 1 {
            return false;
        }
        let Some(line) = self.place(item, LINE_POINTER_SIZE) else {
            return false;
        };
        let lower = self.view().lower();
        let at = HEADER_SIZE + offset.index() * LINE_POINTER_SIZE;
        self.0.copy_within(at..lower, at + LINE_POINTER_SIZE);
        self.put_u16(LOWER, (lower + LINE_POINTER_SIZE) as u16);
        self.set_line(offset, line);
        true
    }

    /// Replaces an item's bytes, moving other items when the aligned size changes. False without room.
    pub fn overwrite_item(&mut self, offset: OffsetNumber, item: &[u8]) -> bool {
        let line = self.view().line(offset);
        let Some(old) = self.item_mut(offset) else {
            return false;
        };
        if align(old.len()) == align(item.len()) {
            let start = line.offset as usize;
            self.0[start..start + item.len()].copy_from_slice(item);
            self.set_line(offset, LinePointer::normal(start, item.len()));
            return true;
        }
        if align(item.len()) > self.view().exact_free_space() + align(line.length as usize) {
            return false;
        }
        self.set_line(offset, LinePointer::UNUSED);
        self.compact();
        match self.place(item, 0) {
            Some(line) => self.set_line(offset, line),
            None => return false,
        }
        true
    }

    /// Stores a line pointer as it is. The pointer must exist.
    pub fn set_line(&mut self, offset: OffsetNumber, line: LinePointer) {
        debug_assert!(offset.is_valid() && offset.0 <= self.view().item_count());
        let at = HEADER_SIZE + offset.index() * LINE_POINTER_SIZE;
        self.0[at..at + LINE_POINTER_SIZE].copy_from_slice(&line.encode().to_le_bytes());
    }

    pub fn set_redirect(&mut self, offset: OffsetNumber, target: OffsetNumber) {
        self.set_line(offset, LinePointer::redirect(target));
    }

    /// Gives the item's bytes up; the line pointer stays taken.
    pub fn set_dead(&mut self, offset: OffsetNumber) {
        self.set_line(offset, LinePointer::DEAD);
    }

    /// Marks the item dead but keeps its bytes, as an index does for a killed entry.
    pub fn mark_dead(&mut self, offset: OffsetNumber) {
        let line = self.view().line(offset);
        self.set_line(offset, LinePointer { state: crate::LineState::Dead, ..line });
    }

    pub fn set_unused(&mut self, offset: OffsetNumber) {
        self.set_line(offset, LinePointer::UNUSED);
        self.set_flag(PageFlags::HAS_FREE_LINES);
    }

    /// Removes unused line pointers at the end. Moves no item.
    pub fn truncate_lines(&mut self) {
        let view = self.view();
        let kept = view.offsets().rev().find(|offset| !view.line(*offset).is_unused());
        let kept = kept.map_or(0, |offset| offset.0 as usize);
        let any_unused = (1..=kept as u16).any(|number| view.line(OffsetNumber(number)).is_unused());
        self.put_u16(LOWER, (HEADER_SIZE + kept * LINE_POINTER_SIZE) as u16);
        if !any_unused {
            self.clear_flag(PageFlags::HAS_FREE_LINES);
        }
    }

    /// Moves all items together at the end, so that the free space is in one piece. Line pointers keep their numbers.
    pub fn compact(&mut self) {
        let old = *self.0;
        let old = PageRef::new(&old);
        let mut upper = old.special_offset();
        for offset in old.offsets() {
            let line = old.line(offset);
            let Some(item) = old.bytes_of(line) else { continue };
            let Some(start) = upper.checked_sub(align(item.len())) else { return };
            if start < old.lower() {
                return;
            }
            upper = start;
            self.0[upper..upper + item.len()].copy_from_slice(item);
            self.set_line(offset, LinePointer { offset: upper as u16, ..line });
        }
        self.put_u16(UPPER, upper as u16);
    }

    /// Removes line pointers and their items; later line pointers move down. `offsets` ascend.
    pub fn delete_items(&mut self, offsets: &[OffsetNumber]) {
        debug_assert!(offsets.is_sorted());
        let count = self.view().item_count();
        let mut unwanted = offsets.iter().copied().peekable();
        let mut kept = 0;
        for number in 1..=count {
            if unwanted.next_if_eq(&OffsetNumber(number)).is_some() {
                continue;
            }
            kept += 1;
            let line = self.view().line(OffsetNumber(number));
            self.set_line(OffsetNumber(kept), line);
        }
        self.put_u16(LOWER, (HEADER_SIZE + kept as usize * LINE_POINTER_SIZE) as u16);
        self.compact();
    }

    /// Copies the item under the free space, leaving room for `new_line` bytes of line pointer.
    fn place(&mut self, item: &[u8], new_line: usize) -> Option<LinePointer> {
        let view = self.view();
        let (lower, upper) = (view.lower() + new_line, view.upper());
        let start = upper.checked_sub(align(item.len()))?;
        if item.is_empty() || start < lower || upper > PAGE_SIZE {
            return None;
        }
        self.0[start..start + item.len()].copy_from_slice(item);
        self.0[start + item.len()..upper].fill(0);
        self.put_u16(UPPER, start as u16);
        Some(LinePointer::normal(start, item.len()))
    }

    fn put_u16(&mut self, at: usize, value: u16) {
        self.0[at..at + 2].copy_from_slice(&value.to_le_bytes());
    }
}
