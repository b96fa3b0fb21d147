//! Line pointers: where an item lies, or what became of it.

use common::{OffsetNumber, PAGE_SIZE};

use crate::header::HEADER_SIZE;

/// Bytes of a line pointer.
pub const LINE_POINTER_SIZE: usize = 4;
/// More line pointers than a page can have.
pub const MAX_ITEMS: usize = (PAGE_SIZE - HEADER_SIZE) / LINE_POINTER_SIZE;

/// What a line pointer stands for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum LineState {
    /// Free for reuse.
    Unused = 0,
    /// An item.
    Normal = 1,
    /// Another line pointer of the page, whose number is the offset.
    Redirect = 2,
    /// A dead item; with a length of zero its bytes are gone.
    Dead = 3,
}

/// A decoded line pointer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LinePointer {
    pub state: LineState,
    /// Byte position of the item, or the line pointer redirected to.
    pub offset: u16,
    /// Bytes of the item.
    pub length: u16,
}

impl LinePointer {
    pub const UNUSED: LinePointer = LinePointer { state: LineState::Unused, offset: 0, length: 0 };
    pub const DEAD: LinePointer = LinePointer { state: LineState::Dead, offset: 0, length: 0 };

    pub fn normal(offset: usize, length: usize) -> LinePointer {
        LinePointer { state: LineState::Normal, offset: offset as u16, length: length as u16 }
    }

    pub fn redirect(target: OffsetNumber) -> LinePointer {
        LinePointer { state: LineState::Redirect, offset: target.0, length: 0 }
    }

    pub fn decode(word: u32) -> LinePointer {
        let state = match word >> 14 & 3 {
            0 => LineState::Unused,
            1 => LineState::Normal,
            2 => LineState::Redirect,
            _ => LineState::Dead,
        };
        LinePointer { state, offset: (word & 0x3FFF) as u16, length: (word >> 16 & 0x3FFF) as u16 }
    }

    pub fn encode(self) -> u32 {
        u32::from(self.offset & 0x3FFF) | (self.state as u32) << 14 | u32::from(self.length & 0x3FFF) << 16
    }

    /// Whether bytes of the page belong to it.
    pub fn has_storage(self) -> bool {
        self.length > 0
    }

    pub fn is_normal(self) -> bool {
        self.state == LineState::Normal
    }

    pub fn is_dead(self) -> bool {
        self.state == LineState::Dead
    }

    pub fn is_unused(self) -> bool {
        self.state == LineState::Unused
    }

    /// The line pointer it redirects to.
    pub fn redirect_target(self) -> Option<OffsetNumber> {
        (self.state == LineState::Redirect).then_some(OffsetNumber(self.offset))
    }
}
