//! The eight lock modes and which of them exclude each other (the manual's table 13.2).

/// Lock modes, weakest first, with PostgreSQL's numbers.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[repr(u8)]
pub enum LockMode {
    AccessShare = 1,
    RowShare = 2,
    RowExclusive = 3,
    ShareUpdateExclusive = 4,
    Share = 5,
    ShareRowExclusive = 6,
    Exclusive = 7,
    AccessExclusive = 8,
}

/// A set of modes: bit `mode`.
pub(crate) type Modes = u16;

use LockMode::*;

impl LockMode {
    pub const ALL: [LockMode; 8] = [
        AccessShare,
        RowShare,
        RowExclusive,
        ShareUpdateExclusive,
        Share,
        ShareRowExclusive,
        Exclusive,
        AccessExclusive,
    ];

    pub fn name(self) -> &'static str {
        match self {
            AccessShare => "AccessShareLock",
            RowShare => "RowShareLock",
            RowExclusive => "RowExclusiveLock",
            ShareUpdateExclusive => "ShareUpdateExclusiveLock",
            Share => "ShareLock",
            ShareRowExclusive => "ShareRowExclusiveLock",
            Exclusive => "ExclusiveLock",
            AccessExclusive => "AccessExclusiveLock",
        }
    }

    pub(crate) fn bit(self) -> Modes {
        1 << self as u8
    }

    pub(crate) fn from_number(number: u32) -> LockMode {
        Self::ALL.get((number as usize).wrapping_sub(1)).copied().unwrap_or(AccessExclusive)
    }

    /// The modes that may not be held by others at the same time.
    pub(crate) fn conflicts(self) -> Modes {
        let list: &[LockMode] = match self {
            AccessShare => &[AccessExclusive],
            RowShare => &[Exclusive, AccessExclusive],
            RowExclusive => &[Share, ShareRowExclusive, Exclusive, AccessExclusive],
            ShareUpdateExclusive => {
                &[ShareUpdateExclusive, Share, ShareRowExclusive, Exclusive, AccessExclusive]
            }
            Share => &[RowExclusive, ShareUpdateExclusive, ShareRowExclusive, Exclusive, AccessExclusive],
            ShareRowExclusive => &Self::ALL[RowExclusive as usize - 1..],
            Exclusive => &Self::ALL[RowShare as usize - 1..],
            AccessExclusive => &Self::ALL,
        };
        list.iter().fold(0, |modes, mode| modes | mode.bit())
    }

    /// Whether two holders exclude each other.
    pub fn conflicts_with(self, other: LockMode) -> bool {
        self.conflicts() & other.bit() != 0
    }

    /// Never excludes another weak mode, so that the fast path may take it.
    pub(crate) fn is_weak(self) -> bool {
        self <= RowExclusive
    }

    /// Excludes some weak mode.
    pub(crate) fn is_strong(self) -> bool {
        self > ShareUpdateExclusive
    }
}

/// The modes in a set.
pub(crate) fn each(modes: Modes) -> impl Iterator<Item = LockMode> {
    LockMode::ALL.into_iter().filter(move |mode| modes & mode.bit() != 0)
}
