//! Tells of waits that are longer than `deadlock_timeout`, for `log_lock_waits`.
//!
//! Who is told is a function that the process names: this crate does not know the log.

use shared_memory::hash_of;

use crate::manager::LockManager;
use crate::mode::LockMode;
use crate::tag::LockTag;

/// How a long wait stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum LongWait {
    /// It goes on. The processes that hold the lock, and those that wait for it, first come first.
    Waiting { holders: Vec<i32>, queue: Vec<i32> },
    /// The lock was granted.
    Acquired,
    /// It would have been a deadlock.
    Deadlock { holders: Vec<i32>, queue: Vec<i32> },
}

/// Is told of a long wait: mode, what is locked, microseconds so far.
pub type LongWaitObserver = fn(&LongWait, LockMode, &LockTag, u64);

impl LockManager {
    /// From now on this process's long waits are told to `observer`.
    pub fn observe_long_waits(&self, observer: Option<LongWaitObserver>) {
        self.observer.set(observer);
    }

    /// Those who hold a lock in the way of this mode, and those who wait for it.
    pub(crate) fn around(&self, slot: u32, tag: &LockTag, mode: LockMode) -> (Vec<i32>, Vec<i32>) {
        let process = |slot: u32| self.slots.get(slot as usize).map(|slot| slot.process());
        let hash = hash_of(tag);
        let partition = self.locks.read(hash);
        let holders = (0..self.waits.len() as u32)
            .filter(|other| *other != slot && self.modes_of(*other, tag) & mode.conflicts() != 0)
            .filter_map(process)
            .collect();
        let queue = partition
            .get(hash, tag)
            .map_or(Vec::new(), |lock| lock.waiters(self.waits).filter_map(process).collect());
        (holders, queue)
    }
}
