//! The format of a page: header, line pointers, items, special space, checksum.
//!
//! Works on byte slices that a buffer guard lends out; knows no buffer, file, log or tuple. Entry points: [`PageRef`],
//! [`PageMut`], [`checksum`].
#![forbid(unsafe_code)]

mod checksum;
mod edit;
mod header;
mod line_pointer;
mod view;

pub use checksum::{PageAddress, compute_checksum, set_checksum, stored_checksum, verify_checksum};
pub use edit::PageMut;
pub use header::{HEADER_SIZE, PageFlags};
pub use line_pointer::{LINE_POINTER_SIZE, LinePointer, LineState, MAX_ITEMS};
pub use view::PageRef;

/// The bytes of a page.
pub type PageBytes = [u8; common::PAGE_SIZE];

/// `length` rounded up to the alignment of items.
pub const fn align(length: usize) -> usize {
    length.next_multiple_of(8)
}
