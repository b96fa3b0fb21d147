//! What `pg_locks` shows.

use std::sync::atomic::Ordering;

use shared_memory::hash_of;

use crate::manager::LockManager;
use crate::mode::{LockMode, each};
use crate::tag::LockTag;

/// A lock that a process holds or waits for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LockInformation {
    pub tag: LockTag,
    pub slot: u32,
    pub process: i32,
    pub mode: LockMode,
    pub is_granted: bool,
    pub is_fast_path: bool,
    /// Microseconds since 1970, for waiters.
    pub waiting_since_us: Option<i64>,
}

impl LockManager {
    /// All locks; each process's part is consistent in itself.
    pub fn report(&self) -> Vec<LockInformation> {
        let mut report = Vec::new();
        let process = |slot: u32| self.slots.get(slot as usize).map_or(0, |slot| slot.process());
        let granted = |tag, slot, mode, is_fast_path| LockInformation {
            tag,
            slot,
            process: process(slot),
            mode,
            is_granted: true,
            is_fast_path,
            waiting_since_us: None,
        };
        for (slot, record) in self.fast_paths.iter().enumerate() {
            let _guard = record.lock.read();
            for (tag, modes) in record.each() {
                report.extend(each(modes).map(|mode| granted(tag, slot as u32, mode, true)));
            }
            if record.transaction().is_valid() && !record.is_transaction_in_table() {
                let tag = LockTag::transaction(record.transaction());
                report.push(granted(tag, slot as u32, LockMode::Exclusive, false));
            }
        }
        for partition in 0..self.holders.partition_count() {
            self.holders.read_partition(partition).for_each(|key, modes| {
                report.extend(each(*modes).map(|mode| granted(key.tag, key.slot, mode, false)));
            });
        }
        for (slot, record) in self.waits.iter().enumerate() {
            if let Some((tag, mode)) = record.wanted() {
                let since_us = record.since_us.load(Ordering::Relaxed);
                let granted = granted(tag, slot as u32, mode, false);
                report.push(LockInformation {
                    is_granted: false,
                    waiting_since_us: Some(since_us),
                    ..granted
                });
            }
        }
        report
    }

    /// Whether anybody waits for a lock on this.
    pub fn is_waited_for(&self, tag: &LockTag) -> bool {
        let hash = hash_of(tag);
        let partition = self.locks.read(hash);
        partition.get(hash, tag).is_some_and(|lock| lock.waiters(self.waits).next().is_some())
    }

    /// The processes that keep this one waiting; `pg_blocking_pids`.
    pub fn blockers(&self, process: i32) -> Vec<i32> {
        let Some(slot) = self.slots.find(process).map(|slot| slot.index() as u32) else { return Vec::new() };
        let Some((tag, mode)) = self.waits[slot as usize].wanted() else { return Vec::new() };
        let hash = hash_of(&tag);
        let partition = self.locks.read(hash);
        let Some(lock) = partition.get(hash, &tag) else { return Vec::new() };
        let holders = (0..self.waits.len() as u32)
            .filter(|other| *other != slot && self.modes_of(*other, &tag) & mode.conflicts() != 0);
        let ahead = lock
            .waiters(self.waits)
            .take_while(|other| *other != slot)
            .filter(|other| self.waits[*other as usize].mode().conflicts_with(mode));
        let mut blockers: Vec<i32> =
            holders.chain(ahead).filter_map(|slot| Some(self.slots.get(slot as usize)?.process())).collect();
        blockers.sort_unstable();
        blockers.dedup();
        blockers
    }
}
