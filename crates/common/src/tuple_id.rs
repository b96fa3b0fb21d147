//! Addresses of row versions: block and line pointer.

use std::fmt;

/// A page's number within a fork of a relation.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct BlockNumber(pub u32);

impl BlockNumber {
    /// No block; no relation may grow this long.
    pub const INVALID: BlockNumber = BlockNumber(u32::MAX);

    pub fn is_valid(self) -> bool {
        self != Self::INVALID
    }

    pub fn next(self) -> BlockNumber {
        BlockNumber(self.0 + 1)
    }
}

impl fmt::Display for BlockNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for BlockNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "block {}", self.0)
    }
}

/// A line pointer's number within a page, from 1; 0 is "none".
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Debug)]
pub struct OffsetNumber(pub u16);

impl OffsetNumber {
    pub const INVALID: OffsetNumber = OffsetNumber(0);
    pub const FIRST: OffsetNumber = OffsetNumber(1);

    pub fn is_valid(self) -> bool {
        self.0 != 0
    }

    pub fn next(self) -> OffsetNumber {
        OffsetNumber(self.0 + 1)
    }

    /// Position in a vector of line pointers. Only for valid numbers.
    pub fn index(self) -> usize {
        debug_assert!(self.is_valid());
        self.0 as usize - 1
    }
}

/// Where a row version lies: PostgreSQL's `tid`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Debug)]
pub struct TupleId {
    pub block: BlockNumber,
    pub offset: OffsetNumber,
}

impl TupleId {
    /// Bytes of the stored form: block (4, little-endian), offset (2).
    pub const SIZE: usize = 6;
    pub const INVALID: TupleId = TupleId { block: BlockNumber::INVALID, offset: OffsetNumber::INVALID };

    pub fn new(block: BlockNumber, offset: OffsetNumber) -> TupleId {
        TupleId { block, offset }
    }

    pub fn is_valid(self) -> bool {
        self.offset.is_valid()
    }

    pub fn to_bytes(self) -> [u8; Self::SIZE] {
        let [a, b, c, d] = self.block.0.to_le_bytes();
        let [e, f] = self.offset.0.to_le_bytes();
        [a, b, c, d, e, f]
    }

    pub fn from_bytes(bytes: [u8; Self::SIZE]) -> TupleId {
        let [a, b, c, d, e, f] = bytes;
        TupleId {
            block: BlockNumber(u32::from_le_bytes([a, b, c, d])),
            offset: OffsetNumber(u16::from_le_bytes([e, f])),
        }
    }
}

impl fmt::Display for TupleId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "({},{})", self.block.0, self.offset.0)
    }
}
