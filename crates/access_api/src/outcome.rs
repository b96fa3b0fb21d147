//! What becomes of an attempt to change or lock a row.

use common::{CommandId, TransactionId, TupleId};

/// What to do when somebody else is changing the row.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LockWait {
    Block,
    /// Answer [`RowOutcome::WouldBlock`].
    Skip,
    /// 55P03.
    Error,
}

/// Why a row could not be changed: who changed it before, and where its newer version is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Conflict {
    /// The newer version; the row itself if it was deleted.
    pub newer: TupleId,
    pub xmax: TransactionId,
    /// The command of the own transaction that changed it, for [`RowOutcome::SelfModified`].
    pub cmax: CommandId,
}

/// The answer to an attempt to change or lock a row version.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RowOutcome<T> {
    Done(T),
    /// It was not there for this command: the caller should not have found it.
    Invisible,
    /// This transaction changed it, by this command or a later one.
    SelfModified(Conflict),
    /// A transaction that has committed since changed it.
    Updated(Conflict),
    /// A transaction that has committed since deleted it.
    Deleted(Conflict),
    /// Somebody is changing it, and waiting was not wanted.
    WouldBlock,
}

impl<T> RowOutcome<T> {
    /// The same refusal under another type. A `Done` is a defect of the caller and becomes `Invisible`.
    pub fn map_not_done<U>(self) -> RowOutcome<U> {
        match self {
            RowOutcome::Done(_) | RowOutcome::Invisible => RowOutcome::Invisible,
            RowOutcome::SelfModified(conflict) => RowOutcome::SelfModified(conflict),
            RowOutcome::Updated(conflict) => RowOutcome::Updated(conflict),
            RowOutcome::Deleted(conflict) => RowOutcome::Deleted(conflict),
            RowOutcome::WouldBlock => RowOutcome::WouldBlock,
        }
    }
}
