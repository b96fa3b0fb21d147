//! Where the header's fields lie, and the flags.

/// Bytes of the header.
pub const HEADER_SIZE: usize = 32;

pub(crate) const LSN: usize = 0;
pub(crate) const CHECKSUM: usize = 8;
pub(crate) const FLAGS: usize = 12;
pub(crate) const LOWER: usize = 14;
pub(crate) const UPPER: usize = 16;
pub(crate) const SPECIAL: usize = 18;
pub(crate) const PRUNE_XID: usize = 20;
pub(crate) const XID_BASE: usize = 24;

const _: () = assert!(XID_BASE + 8 == HEADER_SIZE);

/// In the top four bits of the flags.
pub(crate) const FORMAT_VERSION: u16 = 1;
pub(crate) const VERSION_SHIFT: u32 = 12;
pub(crate) const FLAG_BITS: u16 = (1 << VERSION_SHIFT) - 1;

/// Flags of a page.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PageFlags(pub u16);

impl PageFlags {
    /// Some line pointers may be unused. A hint.
    pub const HAS_FREE_LINES: PageFlags = PageFlags(1);
    /// An update found no room here. A hint for pruning.
    pub const IS_FULL: PageFlags = PageFlags(2);
    /// Every row version on the page is visible to everybody.
    pub const ALL_VISIBLE: PageFlags = PageFlags(4);
}

#[inline]
fn array_at<const N: usize>(bytes: &[u8], at: usize) -> [u8; N] {
    let mut array = [0; N];
    array.copy_from_slice(&bytes[at..at + N]);
    array
}

#[inline]
pub(crate) fn u16_at(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes(array_at(bytes, at))
}

#[inline]
pub(crate) fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(array_at(bytes, at))
}

#[inline]
pub(crate) fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(array_at(bytes, at))
}
