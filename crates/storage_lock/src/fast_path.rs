//! The fast path: weak relation locks and transactions' locks on themselves, kept in the owner's own record.
//!
//! A weak lock is recorded here only while nobody holds or wants a strong lock in its partition of the counters. Whoever
//! wants a strong lock first counts himself, then moves others' records of that relation to the lock table.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use common::TransactionId;
use shared_memory::LwLock;

use crate::mode::{LockMode, Modes};
use crate::tag::{LockKind, LockTag};

/// Relations that one process can have on the fast path.
pub(crate) const RELATIONS: usize = 32;
/// Counters of strong locks; relations are spread over them.
pub(crate) const PARTITIONS: usize = 1024;

shared_memory::shared_struct! {
    /// One process's record. All fields but `lock` are guarded by it; a dead owner's is cleared by the janitor.
    #[repr(align(128))]
    pub(crate) struct FastPath {
        pub lock: LwLock,
        /// 0 is "free".
        relations: [AtomicU32; RELATIONS],
        databases: [AtomicU32; RELATIONS],
        modes: [AtomicU32; RELATIONS],
        /// The transaction that the owner runs; 0 for none.
        transaction: AtomicU64,
        /// Somebody waits: the transaction's lock is in the table too.
        transaction_in_table: AtomicU32,
    }
}

/// Whether a lock may be on the fast path at all.
pub(crate) fn is_eligible(tag: &LockTag, mode: LockMode) -> bool {
    tag.kind() == LockKind::Relation && mode.is_weak()
}

pub(crate) fn partition(tag: &LockTag) -> usize {
    shared_memory::hash_of(tag) as usize % PARTITIONS
}

impl FastPath {
    fn find(&self, tag: &LockTag) -> Option<usize> {
        (0..RELATIONS).find(|at| {
            self.relations[*at].load(Ordering::Relaxed) == tag.fields[1]
                && self.databases[*at].load(Ordering::Relaxed) == tag.fields[0]
        })
    }

    /// Records a lock; false when there is no room. The caller holds `lock`.
    pub fn add(&self, tag: &LockTag, mode: LockMode) -> bool {
        let free = || (0..RELATIONS).find(|at| self.relations[*at].load(Ordering::Relaxed) == 0);
        let Some(at) = self.find(tag).or_else(free) else { return false };
        if self.relations[at].load(Ordering::Relaxed) == 0 {
            self.relations[at].store(tag.fields[1], Ordering::Relaxed);
            self.databases[at].store(tag.fields[0], Ordering::Relaxed);
            self.modes[at].store(0, Ordering::Relaxed);
        }
        self.modes[at].fetch_or(mode.bit().into(), Ordering::Relaxed);
        true
    }

    /// Removes a lock; false when it is not here (any more). The caller holds `lock`.
    pub fn remove(&self, tag: &LockTag, mode: LockMode) -> bool {
        let Some(at) = self.find(tag) else { return false };
        let before = self.modes[at].fetch_and(!u32::from(mode.bit()), Ordering::Relaxed);
        if before & !u32::from(mode.bit()) == 0 {
            self.relations[at].store(0, Ordering::Relaxed);
        }
        before & u32::from(mode.bit()) != 0
    }

    /// Removes all locks on a relation and gives their modes. The caller holds `lock`.
    pub fn take(&self, tag: &LockTag) -> Modes {
        let Some(at) = self.find(tag) else { return 0 };
        self.relations[at].store(0, Ordering::Relaxed);
        self.modes[at].load(Ordering::Relaxed) as Modes
    }

    /// Everything recorded here. The caller holds `lock`.
    pub fn each(&self) -> impl Iterator<Item = (LockTag, Modes)> + '_ {
        (0..RELATIONS).filter_map(|at| {
            let relation = self.relations[at].load(Ordering::Relaxed);
            let database = self.databases[at].load(Ordering::Relaxed);
            let tag = LockTag::relation(common::Oid(database), common::Oid(relation));
            (relation != 0).then_some((tag, self.modes[at].load(Ordering::Relaxed) as Modes))
        })
    }

    pub fn set_transaction(&self, xid: TransactionId) {
        self.transaction.store(xid.0, Ordering::Relaxed);
        self.transaction_in_table.store(0, Ordering::Relaxed);
    }

    pub fn transaction(&self) -> TransactionId {
        TransactionId(self.transaction.load(Ordering::Relaxed))
    }

    /// Notes that the transaction's lock is in the table; false if it was already. The caller holds `lock`.
    pub fn move_transaction_to_table(&self) -> bool {
        self.transaction_in_table.swap(1, Ordering::Relaxed) == 0
    }

    pub fn is_transaction_in_table(&self) -> bool {
        self.transaction_in_table.load(Ordering::Relaxed) != 0
    }

    /// Forgets everything. The caller holds `lock`, or nobody else is there.
    pub fn clear(&self) {
        self.relations.iter().for_each(|relation| relation.store(0, Ordering::Relaxed));
        self.set_transaction(TransactionId::INVALID);
    }
}
