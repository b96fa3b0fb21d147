//! Who waits for a lock: a queue through the waiters' own records.

use std::sync::atomic::{AtomicI64, AtomicU32, Ordering};

use crate::mode::LockMode;
use crate::tag::LockTag;

shared_memory::plain_struct! {
    /// A lock in the shared table. Guarded by its partition.
    pub(crate) struct Lock {
        /// Holders by mode; a process counts once per mode.
        pub granted: [u32; 9],
        /// The first and the last waiter's slot, plus one; 0 for none.
        pub first_waiter: u32,
        pub last_waiter: u32,
    }

    /// Which process holds something of which lock.
    #[derive(PartialEq, Eq, Hash)]
    pub(crate) struct HolderKey {
        pub tag: LockTag,
        pub slot: u32,
    }
}

pub(crate) const IDLE: u32 = 0;
pub(crate) const WAITING: u32 = 1;
pub(crate) const GRANTED: u32 = 2;

shared_memory::shared_struct! {
    /// What a process waits for. Written by the owner under the lock's partition; the granter sets `state`.
    #[repr(align(64))]
    pub(crate) struct WaitRecord {
        pub state: AtomicU32,
        mode: AtomicU32,
        kind: AtomicU32,
        fields: [AtomicU32; 4],
        /// The next waiter's slot, plus one.
        pub next: AtomicU32,
        pub since_us: AtomicI64,
    }
}

impl WaitRecord {
    pub fn begin(&self, tag: &LockTag, mode: LockMode, now_us: i64) {
        self.kind.store(tag.kind, Ordering::Relaxed);
        for (field, value) in self.fields.iter().zip(tag.fields) {
            field.store(value, Ordering::Relaxed);
        }
        self.mode.store(mode as u32, Ordering::Relaxed);
        self.next.store(0, Ordering::Relaxed);
        self.since_us.store(now_us, Ordering::Relaxed);
        self.state.store(WAITING, Ordering::Release);
    }

    /// What the owner waits for, if it does.
    pub fn wanted(&self) -> Option<(LockTag, LockMode)> {
        if self.state.load(Ordering::Acquire) != WAITING {
            return None;
        }
        let fields = std::array::from_fn(|at| self.fields[at].load(Ordering::Relaxed));
        let tag = LockTag { kind: self.kind.load(Ordering::Relaxed), fields };
        Some((tag, self.mode()))
    }

    pub fn mode(&self) -> LockMode {
        LockMode::from_number(self.mode.load(Ordering::Relaxed))
    }
}

impl Lock {
    pub fn is_unused(&self) -> bool {
        self.first_waiter == 0 && self.granted.iter().all(|count| *count == 0)
    }

    /// The waiters' slots, first come first.
    pub fn waiters(self, records: &'static [WaitRecord]) -> impl Iterator<Item = u32> {
        let mut next = self.first_waiter;
        std::iter::from_fn(move || {
            let slot = next.checked_sub(1)?;
            next = records[slot as usize].next.load(Ordering::Relaxed);
            Some(slot)
        })
    }

    /// Puts a waiter before the waiter `before`, or at the end.
    pub fn enqueue(&mut self, records: &[WaitRecord], slot: u32, before: Option<u32>) {
        let (mut previous, mut next) = (0, self.first_waiter);
        while next != 0 && Some(next - 1) != before {
            previous = next;
            next = records[next as usize - 1].next.load(Ordering::Relaxed);
        }
        records[slot as usize].next.store(next, Ordering::Relaxed);
        match previous {
            0 => self.first_waiter = slot + 1,
            _ => records[previous as usize - 1].next.store(slot + 1, Ordering::Relaxed),
        }
        if next == 0 {
            self.last_waiter = slot + 1;
        }
    }

    /// Takes a waiter out, wherever it stands.
    pub fn dequeue(&mut self, records: &[WaitRecord], slot: u32) {
        let (mut previous, mut next) = (0, self.first_waiter);
        while next != 0 && next != slot + 1 {
            previous = next;
            next = records[next as usize - 1].next.load(Ordering::Relaxed);
        }
        if next == 0 {
            return;
        }
        let after = records[slot as usize].next.load(Ordering::Relaxed);
        match previous {
            0 => self.first_waiter = after,
            _ => records[previous as usize - 1].next.store(after, Ordering::Relaxed),
        }
        if after == 0 {
            self.last_waiter = previous;
        }
    }
}
