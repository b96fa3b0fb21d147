//! Snapshots: which transactions count as finished.

use common::{CommandId, TransactionId};

/// How a row version's visibility is judged.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SnapshotKind {
    /// By the transactions that had committed when the snapshot was taken.
    Mvcc,
    /// By what is committed or being done now, by anybody; for unique checks.
    Dirty,
    /// By what is committed now, and everything of one's own.
    Latest,
    /// Every row version.
    Any,
}

/// The transactions whose effects are seen.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Snapshot {
    pub kind: SnapshotKind,
    /// All transactions before this one had ended.
    pub xmin: TransactionId,
    /// This one and all later ones had not ended.
    pub xmax: TransactionId,
    /// Between the two: those that were running, in ascending order; subtransactions too unless `has_overflowed`.
    pub running: Vec<TransactionId>,
    /// Some subtransactions are not listed: they must be traced to their topmost parents.
    pub has_overflowed: bool,
    /// Own commands before this one are seen.
    pub command: CommandId,
}

impl Snapshot {
    /// A snapshot of another kind than MVCC.
    pub fn special(kind: SnapshotKind) -> Snapshot {
        Snapshot {
            kind,
            xmin: TransactionId::INVALID,
            xmax: TransactionId::INVALID,
            running: Vec::new(),
            has_overflowed: false,
            command: CommandId::INVALID,
        }
    }

    /// Whether a transaction was running when the snapshot was taken. `None` when that depends on its topmost parent.
    pub(crate) fn was_running(&self, xid: TransactionId) -> Option<bool> {
        if xid < self.xmin {
            return Some(false);
        }
        if xid >= self.xmax {
            return Some(true);
        }
        match self.running.binary_search(&xid) {
            Ok(_) => Some(true),
            Err(_) if self.has_overflowed => None,
            Err(_) => Some(false),
        }
    }
}
