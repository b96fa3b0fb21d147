//! Taking, waiting for and releasing locks.

use std::cell::{Cell, RefCell};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use common::TransactionId;
use error::{Result, bail, error};
use shared_memory::{
    HashTable, HashTableReservation, PartitionWrite, ProcessSlots, Region, RegionBuilder, Segment, WaitEvent,
    current_slot, hash_of,
};

use crate::fast_path::{self, FastPath};
use crate::local::{LocalLocks, Place, Scope};
use crate::long_wait::{LongWait, LongWaitObserver};
use crate::mode::{LockMode, Modes, each};
use crate::tag::{LockKind, LockTag};
use crate::wait_queue::{GRANTED, HolderKey, IDLE, Lock, WAITING, WaitRecord};

/// How much room the lock tables need.
#[derive(Clone, Copy, Debug)]
pub struct LockSizes {
    /// Process slots.
    pub processes: usize,
    /// `max_locks_per_transaction`.
    pub locks_per_process: usize,
}

/// Handed out by [`LockManager::reserve`].
pub struct LockReservation {
    locks: HashTableReservation<LockTag, Lock>,
    holders: HashTableReservation<HolderKey, u16>,
    fast_paths: Segment<FastPath>,
    strong: Segment<AtomicU32>,
    waits: Segment<WaitRecord>,
}

/// What to do when a lock is not free.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Wait {
    Block,
    /// Give up at once.
    No,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// Newly granted to this process in this mode.
    Granted,
    /// This process had it already.
    AlreadyHeld,
    /// Not free, and [`Wait::No`] was asked for.
    NotAvailable,
}

const LOCK_PARTITIONS: usize = 16;

/// A process's view of the shared lock tables, with what the process itself holds.
pub struct LockManager {
    pub(crate) locks: HashTable<LockTag, Lock>,
    pub(crate) holders: HashTable<HolderKey, u16>,
    pub(crate) fast_paths: &'static [FastPath],
    strong: &'static [AtomicU32],
    pub(crate) waits: &'static [WaitRecord],
    pub(crate) slots: ProcessSlots,
    local: RefCell<LocalLocks>,
    /// How long to wait before looking for a deadlock; `deadlock_timeout`.
    deadlock_timeout_ms: Cell<u64>,
    /// How long to wait at all; 0 is for ever. `lock_timeout`.
    lock_timeout_ms: Cell<u64>,
    pub(crate) observer: Cell<Option<LongWaitObserver>>,
}

impl LockManager {
    pub fn reserve(builder: &mut RegionBuilder, sizes: LockSizes) -> LockReservation {
        let capacity = sizes.processes * sizes.locks_per_process;
        let purpose =
            "Heavyweight locks; partition locks; a dead holder's entries are removed by the janitor.";
        LockReservation {
            locks: HashTable::reserve(builder, "Lock Table", capacity, LOCK_PARTITIONS, purpose),
            holders: HashTable::reserve(builder, "Lock Holders", capacity * 2, LOCK_PARTITIONS, purpose),
            fast_paths: builder.reserve("Fast Path Locks", sizes.processes, purpose),
            strong: builder.reserve("Strong Lock Counters", fast_path::PARTITIONS, purpose),
            waits: builder.reserve("Lock Waits", sizes.processes, purpose),
        }
    }

    pub fn attach(reservation: LockReservation, region: &Region, slots: ProcessSlots) -> LockManager {
        LockManager {
            locks: HashTable::attach(reservation.locks, region),
            holders: HashTable::attach(reservation.holders, region),
            fast_paths: region.slice(reservation.fast_paths),
            strong: region.slice(reservation.strong),
            waits: region.slice(reservation.waits),
            slots,
            local: RefCell::default(),
            deadlock_timeout_ms: Cell::new(1000),
            lock_timeout_ms: Cell::new(0),
            observer: Cell::new(None),
        }
    }

    /// A view of the same tables for another process that holds nothing yet.
    pub fn another_view(&self) -> LockManager {
        LockManager {
            locks: self.locks,
            holders: self.holders,
            fast_paths: self.fast_paths,
            strong: self.strong,
            waits: self.waits,
            slots: self.slots,
            local: RefCell::default(),
            deadlock_timeout_ms: self.deadlock_timeout_ms.clone(),
            lock_timeout_ms: self.lock_timeout_ms.clone(),
            observer: self.observer.clone(),
        }
    }

    /// Sets up the shared tables; in the postmaster, also after a crash.
    pub fn initialize(&self) {
        self.locks.initialize(WaitEvent::LwlockLockManager);
        self.holders.initialize(WaitEvent::LwlockLockManager);
        for fast_path in self.fast_paths {
            fast_path.lock.initialize(WaitEvent::LwlockLockFastPath);
            fast_path.clear();
        }
    }

    pub fn set_deadlock_timeout_ms(&self, timeout_ms: u64) {
        self.deadlock_timeout_ms.set(timeout_ms);
    }

    pub fn lock_timeout_ms(&self) -> u64 {
        self.lock_timeout_ms.get()
    }

    pub fn set_lock_timeout_ms(&self, timeout_ms: u64) {
        self.lock_timeout_ms.set(timeout_ms);
    }

    /// Takes a lock, waiting if asked to. The caller holds no LWLock.
    /// # Errors
    /// 40P01 if the wait would close a cycle, 55P03 after `lock_timeout`, 53200 when the lock table is full, and
    /// those of an interrupt.
    pub fn acquire(&self, tag: LockTag, mode: LockMode, scope: Scope, wait: Wait) -> Result<Outcome> {
        if self.local.borrow_mut().take_again(tag, mode, scope) {
            return Ok(Outcome::AlreadyHeld);
        }
        let slot = my_slot();
        if fast_path::is_eligible(&tag, mode) && self.take_fast_path(slot, &tag, mode) {
            self.local.borrow_mut().add(tag, mode, scope, Place::FastPath);
            return Ok(Outcome::Granted);
        }
        let strong = tag.kind() == LockKind::Relation && mode.is_strong();
        if strong {
            self.strong[fast_path::partition(&tag)].fetch_add(1, Ordering::SeqCst);
        }
        let taken = self.prepare(&tag, mode).and_then(|()| self.take_from_table(slot, tag, mode, wait));
        match taken {
            Ok(true) => {
                let place = if strong { Place::Strong } else { Place::Table };
                self.local.borrow_mut().add(tag, mode, scope, place);
                Ok(Outcome::Granted)
            }
            other => {
                if strong {
                    self.strong[fast_path::partition(&tag)].fetch_sub(1, Ordering::SeqCst);
                }
                other.map(|_| Outcome::NotAvailable)
            }
        }
    }

    /// Whether this process holds the lock in exactly this mode.
    pub fn holds(&self, tag: LockTag, mode: LockMode) -> bool {
        self.local.borrow().holds(tag, mode)
    }

    /// Gives back one hold before its scope ends; false if there is none.
    pub fn release(&self, tag: LockTag, mode: LockMode, session: bool) -> bool {
        let given_back = self.local.borrow_mut().give_back(tag, mode, session);
        if let Some(Some(place)) = given_back {
            self.drop_shared(my_slot(), &tag, mode, place);
        }
        given_back.is_some()
    }

    /// Releases what transaction levels from `level` on took: 1 at the end of a transaction, more at ROLLBACK TO.
    pub fn release_levels(&self, level: u32) {
        let released = self.local.borrow_mut().end_levels(level);
        self.drop_all(released);
    }

    /// A subtransaction of this level committed.
    pub fn hand_up(&self, level: u32) {
        self.local.borrow_mut().hand_up(level);
    }

    /// Releases the session's locks that `which` selects.
    pub fn release_session(&self, which: impl Fn(&LockTag) -> bool) {
        let released = self.local.borrow_mut().end_session(which);
        self.drop_all(released);
    }

    fn drop_all(&self, released: Vec<(LockTag, LockMode, Place)>) {
        if released.is_empty() {
            return;
        }
        let slot = my_slot();
        let mut moved = Vec::new();
        if released.iter().any(|(.., place)| *place == Place::FastPath) {
            let mine = &self.fast_paths[slot as usize];
            let _guard = mine.lock.write();
            let on_fast_path = released.iter().filter(|(.., place)| *place == Place::FastPath);
            moved.extend(on_fast_path.filter(|(tag, mode, _)| !mine.remove(tag, *mode)));
        }
        moved.iter().for_each(|(tag, mode, _)| self.drop_from_table(slot, tag, mode.bit()));
        for (tag, mode, place) in released.iter().filter(|(.., place)| *place != Place::FastPath) {
            self.drop_shared(slot, tag, *mode, *place);
        }
    }

    /// Locks the caller's own transaction, as long as it runs. Costs nothing shared until somebody waits for it.
    pub fn lock_own_transaction(&self, xid: TransactionId) {
        let mine = &self.fast_paths[my_slot() as usize];
        let _guard = mine.lock.write();
        mine.set_transaction(xid);
    }

    /// The caller's transaction is over; whoever waited for it goes on.
    pub fn unlock_own_transaction(&self) {
        self.unlock_transaction_of(my_slot());
    }

    fn unlock_transaction_of(&self, slot: u32) {
        let record = &self.fast_paths[slot as usize];
        let guard = record.lock.write();
        let (xid, in_table) = (record.transaction(), record.is_transaction_in_table());
        record.set_transaction(TransactionId::INVALID);
        drop(guard);
        if in_table {
            self.drop_from_table(slot, &LockTag::transaction(xid), LockMode::Exclusive.bit());
        }
    }

    /// Waits until a transaction is over.
    /// # Errors
    /// Those of [`LockManager::acquire`]; 55P03 when it still runs and `wait` is [`Wait::No`].
    pub fn wait_for_transaction(&self, xid: TransactionId, wait: Wait) -> Result<()> {
        let tag = LockTag::transaction(xid);
        let scope = Scope::Transaction { level: u32::MAX };
        match self.acquire(tag, LockMode::Share, scope, wait)? {
            Outcome::NotAvailable => bail!(LOCK_NOT_AVAILABLE, "could not obtain lock on transaction {xid}"),
            _ => {
                self.release(tag, LockMode::Share, false);
                Ok(())
            }
        }
    }

    /// Removes everything that a dead process held or waited for; for the janitor.
    pub fn release_dead(&self, slot: u32) {
        if let Some((tag, mode)) = self.waits[slot as usize].wanted()
            && self.stop_waiting(slot, &tag)
            && tag.kind() == LockKind::Relation
            && mode.is_strong()
        {
            self.strong[fast_path::partition(&tag)].fetch_sub(1, Ordering::SeqCst);
        }
        self.unlock_transaction_of(slot);
        let record = &self.fast_paths[slot as usize];
        {
            let _guard = record.lock.write();
            record.clear();
        }
        let mut held = Vec::new();
        for partition in 0..self.holders.partition_count() {
            self.holders.read_partition(partition).for_each(|key, modes| {
                if key.slot == slot {
                    held.push((key.tag, *modes));
                }
            });
        }
        for (tag, modes) in held {
            for mode in each(modes).filter(|mode| tag.kind() == LockKind::Relation && mode.is_strong()) {
                debug_assert!(mode.is_strong());
                self.strong[fast_path::partition(&tag)].fetch_sub(1, Ordering::SeqCst);
            }
            self.drop_from_table(slot, &tag, modes);
        }
    }

    fn take_fast_path(&self, slot: u32, tag: &LockTag, mode: LockMode) -> bool {
        let mine = &self.fast_paths[slot as usize];
        let _guard = mine.lock.write();
        // A strong locker counts himself first and takes this lock afterwards, so one of us sees the other.
        self.strong[fast_path::partition(tag)].load(Ordering::SeqCst) == 0 && mine.add(tag, mode)
    }

    /// Brings what others hold outside of the table into it, as far as it could conflict.
    fn prepare(&self, tag: &LockTag, mode: LockMode) -> Result<()> {
        match tag.kind() {
            LockKind::Relation if mode.is_strong() => {
                for (slot, record) in self.fast_paths.iter().enumerate() {
                    let _guard = record.lock.write();
                    for held in each(record.take(tag)) {
                        self.grant_in_table(slot as u32, *tag, held)?;
                    }
                }
            }
            LockKind::Transaction => {
                let Some(xid) = tag.transaction_id() else { return Ok(()) };
                for (slot, record) in self.fast_paths.iter().enumerate() {
                    let _guard = record.lock.read();
                    if record.transaction() == xid && record.move_transaction_to_table() {
                        self.grant_in_table(slot as u32, *tag, LockMode::Exclusive)?;
                    }
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// Enters a lock that was granted on the fast path.
    fn grant_in_table(&self, slot: u32, tag: LockTag, mode: LockMode) -> Result<()> {
        let hash = hash_of(&tag);
        let mut partition = self.locks.write(hash);
        self.entry(&mut partition, hash, tag)?;
        self.grant(&mut partition, hash, slot, tag, mode)
    }

    /// Gives false when the lock is not free and the caller will not wait.
    fn take_from_table(&self, slot: u32, tag: LockTag, mode: LockMode, wait: Wait) -> Result<bool> {
        let hash = hash_of(&tag);
        let mut partition = self.locks.write(hash);
        let lock = *self.entry(&mut partition, hash, tag)?;
        let mine = self.modes_of(slot, &tag);
        let free = conflicting_holders(&lock, mine, mode) == 0 && !self.must_queue(&lock, mine, mode);
        if free {
            self.grant(&mut partition, hash, slot, tag, mode)?;
            return Ok(true);
        }
        if wait == Wait::No {
            if lock.is_unused() {
                partition.remove(hash, &tag);
            }
            return Ok(false);
        }
        self.waits[slot as usize].begin(&tag, mode, system::clock::wall_us());
        // Whoever holds something that a waiter needs goes before that waiter, or both would wait for ever.
        let before = lock.waiters(self.waits).find(|other| {
            let wanted = self.waits[*other as usize].mode();
            mine & wanted.conflicts() != 0
        });
        if let Some(lock) = partition.get_mut(hash, &tag) {
            lock.enqueue(self.waits, slot, before);
        }
        drop(partition);
        self.sleep(slot, tag, mode)?;
        Ok(true)
    }

    /// Whether an earlier waiter would be overtaken by a conflicting request.
    fn must_queue(&self, lock: &Lock, mine: Modes, mode: LockMode) -> bool {
        mine == 0
            && lock.waiters(self.waits).any(|other| self.waits[other as usize].mode().conflicts_with(mode))
    }

    fn sleep(&self, slot: u32, tag: LockTag, mode: LockMode) -> Result<()> {
        let record = &self.waits[slot as usize];
        let Some(process) = self.slots.get(slot as usize) else {
            bail!(INTERNAL_ERROR, "process has no slot")
        };
        let started = system::clock::monotonic_us();
        let deadlock_ms = self.deadlock_timeout_ms.get();
        let lock_ms = self.lock_timeout_ms.get();
        let mut checked = false;
        loop {
            if record.state.load(Ordering::Acquire) == GRANTED {
                record.state.store(IDLE, Ordering::Relaxed);
                if checked && let Some(tell) = self.observer.get() {
                    tell(&LongWait::Acquired, mode, &tag, system::clock::monotonic_us() - started);
                }
                return Ok(());
            }
            let waited_ms = (system::clock::monotonic_us() - started) / 1000;
            if lock_ms > 0 && waited_ms >= lock_ms {
                if self.stop_waiting(slot, &tag) {
                    bail!(LOCK_NOT_AVAILABLE, "canceling statement due to lock timeout");
                }
                continue;
            }
            if !checked && waited_ms >= deadlock_ms {
                checked = true;
                let observed = self.observer.get().map(|tell| (tell, self.around(slot, &tag, mode)));
                let deadlock = self.find_deadlock(slot);
                if let Some((tell, (holders, queue))) = observed
                    && record.state.load(Ordering::Acquire) != GRANTED
                {
                    let wait = match &deadlock {
                        Some(_) => LongWait::Deadlock { holders, queue },
                        None => LongWait::Waiting { holders, queue },
                    };
                    tell(&wait, mode, &tag, system::clock::monotonic_us() - started);
                }
                if let Some(report) = deadlock {
                    return Err(report);
                }
            }
            let until_check = if checked { u64::MAX } else { deadlock_ms - waited_ms };
            let until_timeout = if lock_ms > 0 { lock_ms - waited_ms } else { u64::MAX };
            let left = until_check.min(until_timeout);
            let timeout = (left != u64::MAX).then(|| Duration::from_millis(left));
            if let Err(interrupt) = process.latch.wait_and_reset(tag.kind().wait_event(), timeout) {
                if !self.stop_waiting(slot, &tag) {
                    // It was granted at the last moment and is not wanted any more.
                    self.drop_from_table(slot, &tag, mode.bit());
                }
                return Err(interrupt);
            }
        }
    }

    /// Leaves the queue; false if the lock was granted in the meantime.
    pub(crate) fn stop_waiting(&self, slot: u32, tag: &LockTag) -> bool {
        let hash = hash_of(tag);
        let mut partition = self.locks.write(hash);
        self.leave_queue(&mut partition, hash, slot, tag)
    }

    pub(crate) fn leave_queue(
        &self,
        partition: &mut PartitionWrite<LockTag, Lock>,
        hash: u32,
        slot: u32,
        tag: &LockTag,
    ) -> bool {
        let record = &self.waits[slot as usize];
        let waiting = record.state.swap(IDLE, Ordering::AcqRel) == WAITING;
        if waiting {
            if let Some(lock) = partition.get_mut(hash, tag) {
                lock.dequeue(self.waits, slot);
            }
            self.grant_waiters(partition, hash, tag);
        }
        waiting
    }

    fn drop_shared(&self, slot: u32, tag: &LockTag, mode: LockMode, place: Place) {
        if place == Place::FastPath {
            let mine = &self.fast_paths[slot as usize];
            let guard = mine.lock.write();
            if mine.remove(tag, mode) {
                return;
            }
            drop(guard);
        }
        self.drop_from_table(slot, tag, mode.bit());
        if place == Place::Strong {
            self.strong[fast_path::partition(tag)].fetch_sub(1, Ordering::SeqCst);
        }
    }

    fn drop_from_table(&self, slot: u32, tag: &LockTag, modes: Modes) {
        let hash = hash_of(tag);
        let mut partition = self.locks.write(hash);
        let key = HolderKey { tag: *tag, slot };
        let holder_hash = hash_of(&key);
        let mut holders = self.holders.write(holder_hash);
        let Some(held) = holders.get_mut(holder_hash, &key) else { return };
        let released = *held & modes;
        *held &= !modes;
        if *held == 0 {
            holders.remove(holder_hash, &key);
        }
        drop(holders);
        if let Some(lock) = partition.get_mut(hash, tag) {
            each(released).for_each(|mode| lock.granted[mode as usize] -= 1);
        }
        self.grant_waiters(&mut partition, hash, tag);
    }

    /// Grants to waiters, first come first, whatever nothing before them forbids; drops the entry when it is unused.
    fn grant_waiters(&self, partition: &mut PartitionWrite<LockTag, Lock>, hash: u32, tag: &LockTag) {
        let Some(lock) = partition.get(hash, tag).copied() else { return };
        let mut wanted_before: Modes = 0;
        for waiter in lock.waiters(self.waits).collect::<Vec<_>>() {
            let Some(now) = partition.get(hash, tag).copied() else { return };
            let record = &self.waits[waiter as usize];
            let mode = record.mode();
            let mine = self.modes_of(waiter, tag);
            let free = conflicting_holders(&now, mine, mode) == 0 && wanted_before & mode.conflicts() == 0;
            if !free || self.grant(partition, hash, waiter, *tag, mode).is_err() {
                wanted_before |= mode.bit();
                continue;
            }
            if let Some(lock) = partition.get_mut(hash, tag) {
                lock.dequeue(self.waits, waiter);
            }
            record.state.store(GRANTED, Ordering::Release);
            if let Some(process) = self.slots.get(waiter as usize) {
                process.latch.set();
            }
        }
        if partition.get(hash, tag).is_some_and(Lock::is_unused) {
            partition.remove(hash, tag);
        }
    }

    fn entry<'a>(
        &self,
        partition: &'a mut PartitionWrite<LockTag, Lock>,
        hash: u32,
        tag: LockTag,
    ) -> Result<&'a mut Lock> {
        if partition.get(hash, &tag).is_none() {
            let fresh = Lock { granted: [0; 9], first_waiter: 0, last_waiter: 0 };
            partition.insert(hash, tag, fresh).ok_or_else(out_of_memory)?;
        }
        partition.get_mut(hash, &tag).ok_or_else(out_of_memory)
    }

    fn grant(
        &self,
        partition: &mut PartitionWrite<LockTag, Lock>,
        hash: u32,
        slot: u32,
        tag: LockTag,
        mode: LockMode,
    ) -> Result<()> {
        let key = HolderKey { tag, slot };
        let holder_hash = hash_of(&key);
        let mut holders = self.holders.write(holder_hash);
        let before = holders.get(holder_hash, &key).copied().unwrap_or(0);
        if holders.insert(holder_hash, key, before | mode.bit()).is_none() {
            if partition.get(hash, &tag).is_some_and(Lock::is_unused) {
                partition.remove(hash, &tag);
            }
            return Err(out_of_memory());
        }
        if let (Some(lock), true) = (partition.get_mut(hash, &tag), before & mode.bit() == 0) {
            lock.granted[mode as usize] += 1;
        }
        Ok(())
    }

    /// The modes that a process holds in the table. The caller holds the lock's partition.
    pub(crate) fn modes_of(&self, slot: u32, tag: &LockTag) -> Modes {
        let key = HolderKey { tag: *tag, slot };
        let hash = hash_of(&key);
        self.holders.read(hash).get(hash, &key).copied().unwrap_or(0)
    }
}

/// Modes that others hold and that exclude `mode`.
fn conflicting_holders(lock: &Lock, mine: Modes, mode: LockMode) -> Modes {
    each(mode.conflicts())
        .filter(|held| lock.granted[*held as usize] > u32::from(mine & held.bit() != 0))
        .fold(0, |modes, held| modes | held.bit())
}

fn out_of_memory() -> error::Error {
    error!(OUT_OF_MEMORY, "out of shared memory")
        .hint("You might need to increase \"max_locks_per_transaction\".")
}

/// The caller's slot; only processes that have one take locks.
pub(crate) fn my_slot() -> u32 {
    match current_slot() {
        Some(slot) => slot.index() as u32,
        None => panic!("a process without a slot takes a lock"),
    }
}
