//! A lock for a few instructions: no system call, no waiting queue, no wait event.
//!
//! Rule 4: nothing that can fail, sleep or be interrupted runs under it.

use std::cell::UnsafeCell;
use std::hint;
use std::ops::{Deref, DerefMut};
use std::sync::atomic::{AtomicU32, Ordering};

use crate::process_slot;
use crate::shared::{Plain, Shared};

/// Spins a while between tries, then lets others run.
#[repr(transparent)]
pub struct SpinLock(AtomicU32);

// SAFETY: zero is "free".
unsafe impl Shared for SpinLock {}

impl SpinLock {
    pub fn lock(&self) -> SpinGuard<'_> {
        process_slot::note_guard_taken();
        let mut rounds = 0u32;
        while self.0.compare_exchange_weak(0, 1, Ordering::Acquire, Ordering::Relaxed).is_err() {
            rounds += 1;
            if rounds.is_multiple_of(128) {
                std::thread::yield_now();
            } else {
                hint::spin_loop();
            }
        }
        SpinGuard(self)
    }
}

/// Releases the lock when dropped.
#[must_use]
pub struct SpinGuard<'a>(&'a SpinLock);

impl Drop for SpinGuard<'_> {
    fn drop(&mut self) {
        self.0.0.store(0, Ordering::Release);
        process_slot::note_guard_released();
    }
}

/// Data behind a spinlock.
#[repr(C)]
pub struct SpinLocked<T> {
    lock: SpinLock,
    value: UnsafeCell<T>,
}

// SAFETY: the value is reached only under the lock.
unsafe impl<T: Plain> Sync for SpinLocked<T> {}
// SAFETY: zero is a free lock and a valid value.
unsafe impl<T: Plain> Shared for SpinLocked<T> {}

impl<T: Plain> SpinLocked<T> {
    pub fn lock(&self) -> SpinLockedGuard<'_, T> {
        SpinLockedGuard { _guard: self.lock.lock(), value: &self.value }
    }
}

/// Access to the data; releases the lock when dropped.
#[must_use]
pub struct SpinLockedGuard<'a, T> {
    _guard: SpinGuard<'a>,
    value: &'a UnsafeCell<T>,
}

impl<T> Deref for SpinLockedGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: the lock is held.
        unsafe { &*self.value.get() }
    }
}

impl<T> DerefMut for SpinLockedGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: the lock is held, and this is its only guard.
        unsafe { &mut *self.value.get() }
    }
}
