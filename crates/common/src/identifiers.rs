//! Object, transaction, command and attribute numbers.

use std::fmt;

/// An object identifier; 0 is "none".
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Oid(pub u32);

impl Oid {
    pub const INVALID: Oid = Oid(0);
    /// Identifiers below this one are fixed by the catalog declarations.
    pub const FIRST_NORMAL: Oid = Oid(16384);

    pub fn is_valid(self) -> bool {
        self.0 != 0
    }
}

impl fmt::Display for Oid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for Oid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{}", self.0)
    }
}

/// A transaction's number: 64 bits everywhere, never reused, never wrapped.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct TransactionId(pub u64);

impl TransactionId {
    pub const INVALID: TransactionId = TransactionId(0);
    /// The transaction of everything that `init` writes: committed, older than all others.
    pub const BOOTSTRAP: TransactionId = TransactionId(1);
    /// Marks a row version that everybody may see, whoever wrote it.
    pub const FROZEN: TransactionId = TransactionId(2);
    pub const FIRST_NORMAL: TransactionId = TransactionId(3);

    pub fn is_valid(self) -> bool {
        self.0 != 0
    }

    pub fn is_normal(self) -> bool {
        self >= Self::FIRST_NORMAL
    }

    pub fn next(self) -> TransactionId {
        TransactionId(self.0 + 1)
    }
}

impl fmt::Display for TransactionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for TransactionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "xid {}", self.0)
    }
}

/// The number of a command within its transaction, from 0.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Debug)]
pub struct CommandId(pub u32);

impl CommandId {
    pub const FIRST: CommandId = CommandId(0);
    pub const INVALID: CommandId = CommandId(u32::MAX);

    pub fn next(self) -> CommandId {
        CommandId(self.0 + 1)
    }
}

/// A column's number: from 1 for user columns, negative for system columns, 0 for the whole row.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Debug)]
pub struct AttributeNumber(pub i16);

impl AttributeNumber {
    pub const WHOLE_ROW: AttributeNumber = AttributeNumber(0);
    pub const CTID: AttributeNumber = AttributeNumber(-1);
    pub const XMIN: AttributeNumber = AttributeNumber(-2);
    pub const CMIN: AttributeNumber = AttributeNumber(-3);
    pub const XMAX: AttributeNumber = AttributeNumber(-4);
    pub const CMAX: AttributeNumber = AttributeNumber(-5);
    pub const TABLEOID: AttributeNumber = AttributeNumber(-6);

    pub fn is_user(self) -> bool {
        self.0 > 0
    }

    /// Position in a vector of the user columns. Only for user columns.
    pub fn index(self) -> usize {
        debug_assert!(self.is_user());
        self.0 as usize - 1
    }

    pub fn from_index(index: usize) -> AttributeNumber {
        AttributeNumber(index as i16 + 1)
    }
}
