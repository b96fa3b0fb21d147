//! The header of a row version.
//!
//! ```text
//! 0   4  xmin      offset from the page's transaction base
//! 4   4  xmax      likewise; a locker or a set of lockers when the infomask says so
//! 8   4  cmin      command that inserted
//! 12  4  cmax      command that deleted
//! 16  6  ctid      the newer version, or the row version itself
//! 22  2  infomask
//! 24  2  attributes (low 12 bits)
//! 26  -  null bitmap when HAS_NULLS, a bit per attribute, 1 is null; then the values, unaligned
//! ```
//! Both command numbers are kept, so a row that one transaction inserts and deletes needs no side table.

use common::{CommandId, TupleId};

use crate::attribute::array_of;

pub const HEADER_SIZE: usize = 26;

/// Bits of the infomask.
pub mod infomask {
    pub const HAS_NULLS: u16 = 1 << 0;
    /// Some value lies outside of the row.
    pub const HAS_EXTERNAL: u16 = 1 << 1;
    pub const XMIN_COMMITTED: u16 = 1 << 2;
    pub const XMIN_INVALID: u16 = 1 << 3;
    pub const XMAX_COMMITTED: u16 = 1 << 4;
    /// There is no xmax, or it aborted.
    pub const XMAX_INVALID: u16 = 1 << 5;
    /// xmax only locked the row.
    pub const XMAX_LOCK_ONLY: u16 = 1 << 6;
    /// xmax names a set of transactions.
    pub const XMAX_IS_SET: u16 = 1 << 7;
    /// Two bits: the strength of the lock that a single xmax holds.
    pub const LOCK_SHIFT: u16 = 8;
    pub const LOCK_MASK: u16 = 3 << LOCK_SHIFT;
    /// An update that changed columns of a key, or a delete.
    pub const KEYS_UPDATED: u16 = 1 << 10;
    /// The newer version is on the same page and no index entry points to it.
    pub const HOT_UPDATED: u16 = 1 << 11;
    /// This version has no index entries of its own.
    pub const HEAP_ONLY: u16 = 1 << 12;
    /// The row went to another partition or its chain ends here by other means.
    pub const MOVED: u16 = 1 << 13;
    /// Both xmin bits: visible to everybody for ever.
    pub const XMIN_FROZEN: u16 = XMIN_COMMITTED | XMIN_INVALID;
    /// Everything that xmax says of itself.
    pub const XMAX_BITS: u16 =
        XMAX_COMMITTED | XMAX_INVALID | XMAX_LOCK_ONLY | XMAX_IS_SET | LOCK_MASK | KEYS_UPDATED;
}

/// Row locks, weakest first, as the manual's table 13.3 has them.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[repr(u8)]
pub enum LockStrength {
    KeyShare = 0,
    Share = 1,
    NoKeyUpdate = 2,
    Update = 3,
}

impl LockStrength {
    pub fn from_bits(bits: u16) -> LockStrength {
        match bits & 3 {
            0 => LockStrength::KeyShare,
            1 => LockStrength::Share,
            2 => LockStrength::NoKeyUpdate,
            _ => LockStrength::Update,
        }
    }

    /// Whether two transactions may not hold these at once.
    pub fn conflicts(self, other: LockStrength) -> bool {
        use LockStrength::*;
        match self {
            KeyShare => other == Update,
            Share => other >= NoKeyUpdate,
            NoKeyUpdate => other >= Share,
            Update => true,
        }
    }
}

/// Reads (and with `T: AsMut`, writes) the header at the start of a row version's bytes.
#[derive(Clone, Copy)]
pub struct TupleHeader<T>(T);

impl<T: AsRef<[u8]>> TupleHeader<T> {
    /// `bytes` must have at least [`HEADER_SIZE`] bytes; the reader of a page has checked that.
    pub fn new(bytes: T) -> TupleHeader<T> {
        debug_assert!(bytes.as_ref().len() >= HEADER_SIZE);
        TupleHeader(bytes)
    }

    #[inline]
    fn array_at<const N: usize>(&self, at: usize) -> [u8; N] {
        array_of(&self.0.as_ref()[at..at + N])
    }

    #[inline]
    fn u32_at(&self, at: usize) -> u32 {
        u32::from_le_bytes(self.array_at(at))
    }

    #[inline]
    fn u16_at(&self, at: usize) -> u16 {
        u16::from_le_bytes(self.array_at(at))
    }

    /// Offset of xmin from the page's transaction base.
    #[inline]
    pub fn xmin_offset(&self) -> u32 {
        self.u32_at(0)
    }

    #[inline]
    pub fn xmax_offset(&self) -> u32 {
        self.u32_at(4)
    }

    pub fn cmin(&self) -> CommandId {
        CommandId(self.u32_at(8))
    }

    pub fn cmax(&self) -> CommandId {
        CommandId(self.u32_at(12))
    }

    pub fn ctid(&self) -> TupleId {
        TupleId::from_bytes(self.array_at(16))
    }

    #[inline]
    pub fn infomask(&self) -> u16 {
        self.u16_at(22)
    }

    #[inline]
    pub fn has(&self, bits: u16) -> bool {
        self.infomask() & bits == bits
    }

    #[inline]
    pub fn attribute_count(&self) -> usize {
        usize::from(self.u16_at(24) & 0xfff)
    }

    pub fn lock_strength(&self) -> LockStrength {
        LockStrength::from_bits((self.infomask() & infomask::LOCK_MASK) >> infomask::LOCK_SHIFT)
    }

    /// Where the values begin.
    pub fn data_offset(&self) -> usize {
        let bitmap = if self.has(infomask::HAS_NULLS) { self.attribute_count().div_ceil(8) } else { 0 };
        HEADER_SIZE + bitmap
    }
}

impl<T: AsRef<[u8]> + AsMut<[u8]>> TupleHeader<T> {
    fn put(&mut self, at: usize, bytes: &[u8]) {
        self.0.as_mut()[at..at + bytes.len()].copy_from_slice(bytes);
    }

    pub fn set_xmin_offset(&mut self, offset: u32) {
        self.put(0, &offset.to_le_bytes());
    }

    pub fn set_xmax_offset(&mut self, offset: u32) {
        self.put(4, &offset.to_le_bytes());
    }

    pub fn set_cmin(&mut self, command: CommandId) {
        self.put(8, &command.0.to_le_bytes());
    }

    pub fn set_cmax(&mut self, command: CommandId) {
        self.put(12, &command.0.to_le_bytes());
    }

    pub fn set_ctid(&mut self, ctid: TupleId) {
        self.put(16, &ctid.to_bytes());
    }

    pub fn set_infomask(&mut self, bits: u16) {
        self.put(22, &bits.to_le_bytes());
    }

    /// Clears `clear` and sets `set`.
    pub fn change_infomask(&mut self, clear: u16, set: u16) {
        self.set_infomask(self.infomask() & !clear | set);
    }

    pub fn set_attribute_count(&mut self, count: usize) {
        debug_assert!(count <= 0xfff);
        self.put(24, &(count as u16).to_le_bytes());
    }
}
