//! The light-weight lock: shared or exclusive, for short times, never with user-visible waiting.
//!
//! ```text
//! state: | 31 exclusive | 30 a writer waits | 29 a reader waits | 23..0 holders in shared mode |
//! ```
//! A reader also waits while a writer waits and other readers hold the lock, so writers are not starved. Whoever frees the lock
//! clears both waiting bits and wakes everybody: a waiter that was killed meanwhile can then swallow nobody's wake-up.
//!
//! Not here: deadlock detection and interrupts. Rule 3 gives the order in which several may be taken.

use std::cell::UnsafeCell;
use std::hint;
use std::ops::{Deref, DerefMut};
use std::sync::atomic::{AtomicU32, Ordering};

use system::futex;

use crate::process_slot::{self, Waiting};
use crate::shared::{Plain, Shared};
use crate::wait_event::WaitEvent;

const EXCLUSIVE: u32 = 1 << 31;
const WRITER_WAITS: u32 = 1 << 30;
const READER_WAITS: u32 = 1 << 29;
const WAITING: u32 = WRITER_WAITS | READER_WAITS;
const HOLDERS: u32 = (1 << 24) - 1;
/// Tries before sleeping.
const SPINS: u32 = 100;

/// See the module's description.
#[repr(C)]
pub struct LwLock {
    state: AtomicU32,
    /// Moves each time the lock is freed for waiters; what they sleep on.
    wake_ups: AtomicU32,
    /// The [`WaitEvent`] shown while waiting.
    wait_event: AtomicU32,
}

// SAFETY: zero is "free, nobody waits".
unsafe impl Shared for LwLock {}

impl LwLock {
    /// Frees the lock and names what its waiters show. Only while nobody else uses it.
    pub fn initialize(&self, wait_event: WaitEvent) {
        self.state.store(0, Ordering::Relaxed);
        self.wait_event.store(wait_event as u32, Ordering::Relaxed);
    }

    /// What its waiters show.
    pub(crate) fn event(&self) -> WaitEvent {
        WaitEvent::from_number(self.wait_event.load(Ordering::Relaxed))
    }

    pub fn read(&self) -> LwRead<'_> {
        self.lock_shared();
        LwRead(self)
    }

    pub fn write(&self) -> LwWrite<'_> {
        self.lock_exclusive();
        LwWrite(self)
    }

    pub fn try_read(&self) -> Option<LwRead<'_>> {
        self.try_lock_shared().then(|| LwRead(self))
    }

    pub fn try_write(&self) -> Option<LwWrite<'_>> {
        self.try_lock_exclusive().then(|| LwWrite(self))
    }

    /// Takes the lock without a guard; [`LwLock::unlock_shared`] must follow.
    #[inline]
    pub fn lock_shared(&self) {
        process_slot::note_lock_taken(self);
        if !self.try_shared() {
            self.wait_for(READER_WAITS, Self::try_shared, |state| !admits_reader(state));
        }
        process_slot::note_lock_shared(self);
    }

    /// Takes the lock without a guard; [`LwLock::unlock_exclusive`] must follow.
    #[inline]
    pub fn lock_exclusive(&self) {
        process_slot::note_lock_taken(self);
        if !self.try_exclusive() {
            self.wait_for(WRITER_WAITS, Self::try_exclusive, |state| state & (EXCLUSIVE | HOLDERS) != 0);
        }
    }

    pub fn try_lock_shared(&self) -> bool {
        process_slot::note_lock_taken(self);
        let taken = self.try_shared();
        if taken {
            process_slot::note_lock_shared(self);
        } else {
            process_slot::note_lock_released(self);
        }
        taken
    }

    pub fn try_lock_exclusive(&self) -> bool {
        process_slot::note_lock_taken(self);
        let taken = self.try_exclusive();
        if !taken {
            process_slot::note_lock_released(self);
        }
        taken
    }

    /// Turns the only shared hold into the exclusive one; fails, keeping the shared hold, when there are others.
    pub fn try_upgrade(&self) -> bool {
        process_slot::note_lock_changing(self);
        let is_exclusive = self.upgrade();
        if !is_exclusive {
            process_slot::note_lock_shared(self);
        }
        is_exclusive
    }

    fn upgrade(&self) -> bool {
        let mut state = self.state.load(Ordering::Relaxed);
        while state & HOLDERS == 1 {
            let upgraded = (state & WAITING) | EXCLUSIVE;
            match self.state.compare_exchange_weak(state, upgraded, Ordering::Acquire, Ordering::Relaxed) {
                Ok(_) => return true,
                Err(now) => state = now,
            }
        }
        false
    }

    /// Turns the exclusive hold into a shared one.
    pub fn downgrade(&self) {
        self.change_and_wake(|state| (state & WAITING & !READER_WAITS) | 1, READER_WAITS);
        process_slot::note_lock_shared(self);
    }

    #[inline]
    pub fn unlock_shared(&self) {
        process_slot::note_lock_changing(self);
        self.give_back_shared();
        process_slot::note_lock_released(self);
    }

    /// Ends a shared hold, perhaps another process's.
    pub(crate) fn give_back_shared(&self) {
        self.change_and_wake(
            |state| {
                debug_assert!(state & HOLDERS > 0);
                let left = state - 1;
                if left & HOLDERS == 0 { 0 } else { left }
            },
            WAITING,
        );
    }

    #[inline]
    pub fn unlock_exclusive(&self) {
        self.give_back_exclusive();
        process_slot::note_lock_released(self);
    }

    /// Ends the exclusive hold, perhaps another process's.
    #[inline]
    pub(crate) fn give_back_exclusive(&self) {
        self.change_and_wake(
            |state| {
                debug_assert!(state & EXCLUSIVE != 0);
                0
            },
            WAITING,
        );
    }

    /// The holder's: nothing that the lock guards is changed before [`LwLock::begin_change`], which comes before the hold ends. Who dies
    /// in between need not be followed by others.
    pub fn defer_change(&self) {
        process_slot::note_lock_unchanged(self);
    }

    /// See [`LwLock::defer_change`].
    pub fn begin_change(&self) {
        process_slot::note_lock_changing(self);
    }

    /// Whether somebody holds it exclusively. Only a hint, or an assertion by the holder.
    pub fn is_exclusive(&self) -> bool {
        self.state.load(Ordering::Relaxed) & EXCLUSIVE != 0
    }

    /// Whether anybody holds it. Only a hint, or an assertion by the holder.
    pub fn is_held(&self) -> bool {
        self.state.load(Ordering::Relaxed) & (EXCLUSIVE | HOLDERS) != 0
    }

    fn try_shared(&self) -> bool {
        let mut state = self.state.load(Ordering::Relaxed);
        while admits_reader(state) {
            match self.state.compare_exchange_weak(state, state + 1, Ordering::Acquire, Ordering::Relaxed) {
                Ok(_) => return true,
                Err(now) => state = now,
            }
        }
        false
    }

    fn try_exclusive(&self) -> bool {
        let mut state = self.state.load(Ordering::Relaxed);
        while state & (EXCLUSIVE | HOLDERS) == 0 {
            match self.state.compare_exchange_weak(
                state,
                state | EXCLUSIVE,
                Ordering::Acquire,
                Ordering::Relaxed,
            ) {
                Ok(_) => return true,
                Err(now) => state = now,
            }
        }
        false
    }

    #[cold]
    fn wait_for(&self, waiting_bit: u32, attempt: fn(&Self) -> bool, blocked: fn(u32) -> bool) {
        for _ in 0..SPINS {
            hint::spin_loop();
            if attempt(self) {
                return;
            }
        }
        while !attempt(self) {
            // Who dies asleep held nothing.
            process_slot::note_lock_released(self);
            self.sleep_once(waiting_bit, blocked);
            process_slot::note_lock_taken(self);
        }
    }

    fn sleep_once(&self, waiting_bit: u32, blocked: impl Fn(u32) -> bool) {
        let seen = self.wake_ups.load(Ordering::Acquire);
        let announced = self.state.try_update(Ordering::AcqRel, Ordering::Relaxed, |state| {
            blocked(state).then_some(state | waiting_bit)
        });
        if announced.is_ok() {
            let _waiting = Waiting::start(self.event());
            futex::wait(&self.wake_ups, seen, None);
        }
    }

    /// Applies `change`; wakes everybody when it cleared one of `cleared_bits` that was set.
    #[inline]
    fn change_and_wake(&self, change: impl Fn(u32) -> u32, cleared_bits: u32) {
        let mut state = self.state.load(Ordering::Relaxed);
        loop {
            let next = change(state);
            match self.state.compare_exchange_weak(state, next, Ordering::AcqRel, Ordering::Relaxed) {
                Ok(_) => {
                    if state & !next & cleared_bits != 0 {
                        self.wake_ups.fetch_add(1, Ordering::Release);
                        futex::wake_all(&self.wake_ups);
                    }
                    return;
                }
                Err(now) => state = now,
            }
        }
    }
}

/// A writer that waits keeps new readers out as long as old ones remain; on a free lock the first comer wins.
fn admits_reader(state: u32) -> bool {
    state & EXCLUSIVE == 0 && (state & WRITER_WAITS == 0 || state & HOLDERS == 0)
}

/// A shared hold; released when dropped.
#[must_use]
pub struct LwRead<'a>(&'a LwLock);

impl Drop for LwRead<'_> {
    fn drop(&mut self) {
        self.0.unlock_shared();
    }
}

/// The exclusive hold; released when dropped.
#[must_use]
pub struct LwWrite<'a>(&'a LwLock);

impl LwWrite<'_> {
    /// Does something slow under the lock, before anything is changed that it guards: who dies in it need not be followed by others.
    pub fn unchanged<T>(&self, work: impl FnOnce() -> T) -> T {
        self.0.defer_change();
        let result = work();
        self.0.begin_change();
        result
    }
}

impl Drop for LwWrite<'_> {
    fn drop(&mut self) {
        self.0.unlock_exclusive();
    }
}

/// Data behind a light-weight lock.
#[repr(C)]
pub struct LwLocked<T> {
    lock: LwLock,
    value: UnsafeCell<T>,
}

// SAFETY: the value is reached only under the lock, exclusively for changes.
unsafe impl<T: Plain> Sync for LwLocked<T> {}
// SAFETY: zero is a free lock and a valid value.
unsafe impl<T: Plain> Shared for LwLocked<T> {}

impl<T: Plain> LwLocked<T> {
    /// Frees the lock and sets the value. Only while nobody else uses it.
    pub fn initialize(&self, wait_event: WaitEvent, value: T) {
        self.lock.initialize(wait_event);
        *self.write() = value;
    }

    pub fn read(&self) -> LwLockedRead<'_, T> {
        LwLockedRead { _guard: self.lock.read(), value: &self.value }
    }

    pub fn write(&self) -> LwLockedWrite<'_, T> {
        LwLockedWrite { _guard: self.lock.write(), value: &self.value }
    }

    pub fn try_write(&self) -> Option<LwLockedWrite<'_, T>> {
        Some(LwLockedWrite { _guard: self.lock.try_write()?, value: &self.value })
    }
}

/// Shared access; released when dropped.
#[must_use]
pub struct LwLockedRead<'a, T> {
    _guard: LwRead<'a>,
    value: &'a UnsafeCell<T>,
}

impl<T> Deref for LwLockedRead<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: the lock is held, so nobody writes.
        unsafe { &*self.value.get() }
    }
}

/// Exclusive access; released when dropped.
#[must_use]
pub struct LwLockedWrite<'a, T> {
    _guard: LwWrite<'a>,
    value: &'a UnsafeCell<T>,
}

impl<T> Deref for LwLockedWrite<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: the lock is held exclusively.
        unsafe { &*self.value.get() }
    }
}

impl<T> DerefMut for LwLockedWrite<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: the lock is held exclusively, and this is its only guard.
        unsafe { &mut *self.value.get() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ProcessKind, ProcessSlots, RegionBuilder};
    use system::process::{Exit, Fork, exit_immediately, fork, wait_for};

    fn fresh() -> &'static LwLocked<[u64; 2]> {
        let mut builder = RegionBuilder::new();
        let segment = builder.reserve::<LwLocked<[u64; 2]>>("pair", 1, "test");
        builder.build().unwrap().one(segment)
    }

    /// Writers in several processes lose no update, and readers see both halves of each.
    #[test]
    fn processes_exclude_each_other() {
        let pair = fresh();
        let mut children = Vec::new();
        for number in 0..4 {
            let Fork::Parent(child) = fork().unwrap() else {
                for round in 0..20_000 {
                    if (round + number) % 4 == 0 {
                        let mut pair = pair.write();
                        pair[0] += 1;
                        pair[1] += 1;
                    } else {
                        let pair = pair.read();
                        if pair[0] != pair[1] {
                            exit_immediately(1);
                        }
                    }
                }
                exit_immediately(0)
            };
            children.push(child);
        }
        for child in children {
            assert_eq!(wait_for(child).unwrap(), Exit::Code(0));
        }
        assert_eq!(*pair.read(), [20_000, 20_000]);
        assert!(!pair.lock.is_held());
    }

    /// An upgrade needs to be alone; a downgrade lets others in.
    #[test]
    fn upgrade_and_downgrade() {
        let lock = &fresh().lock;
        lock.lock_shared();
        let other = lock.read();
        assert!(!lock.try_upgrade());
        drop(other);
        assert!(lock.try_upgrade());
        assert!(lock.try_read().is_none());
        lock.downgrade();
        assert!(lock.try_read().is_some());
        assert!(lock.try_write().is_none());
        lock.unlock_shared();
        assert!(lock.try_write().is_some());
    }

    /// Who dies before changing anything leaves locks that can be given back; who dies later leaves doubt.
    #[test]
    fn holds_of_the_dead() {
        let mut builder = RegionBuilder::new();
        let slots = ProcessSlots::reserve(&mut builder, 1);
        let pair = builder.reserve::<LwLocked<[u64; 2]>>("pair", 1, "test");
        let region = builder.build().unwrap();
        let slots = ProcessSlots::attach(slots, &region);
        slots.initialize();
        let lock = &region.one(pair).lock;
        let die = |work: fn(&LwLock)| {
            let Fork::Parent(child) = fork().unwrap() else {
                let _claim = std::mem::ManuallyDrop::new(slots.claim(ProcessKind::Backend, 0..1).unwrap());
                work(lock);
                exit_immediately(0)
            };
            wait_for(child).unwrap();
            let slot = slots.find(child).unwrap();
            let is_in_doubt = slot.left_shared_state_in_doubt();
            slot.release_locks();
            slots.free_dead(slot);
            is_in_doubt
        };
        assert!(!die(|lock| std::mem::forget(lock.read())));
        assert!(!die(|lock| lock.write().unchanged(|| exit_immediately(0))));
        assert!(lock.try_write().is_some());
        assert!(die(|lock| {
            let guard = lock.write();
            guard.unchanged(|| ());
            exit_immediately(0)
        }));
        assert!(lock.is_exclusive());
    }

    /// A stream of overlapping readers must not keep a writer out.
    #[test]
    fn writer_gets_in() {
        let pair = fresh();
        std::thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| while pair.read()[0] == 0 {});
            }
            scope.spawn(|| pair.write()[0] = 1);
        });
    }
}
