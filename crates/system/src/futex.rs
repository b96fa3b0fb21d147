//! Sleeping on a word of shared memory until another process changes it.
//!
//! Futexes are never process-private here: the words lie in the shared region.

use std::cell::Cell;
use std::ptr;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use rustix::thread::futex;
use rustix::time::Timespec;

use crate::interrupt;

thread_local! {
    /// The word that an interruptible sleep is about to wait on; handlers move it.
    static SLEEPING_ON: Cell<*const AtomicU32> = const { Cell::new(ptr::null()) };
}

/// Sleeps while `word` is `expected`, until woken, timed out or disturbed. The caller looks again in any case.
pub fn wait(word: &AtomicU32, expected: u32, timeout: Option<Duration>) {
    let timeout =
        timeout.map(|t| Timespec { tv_sec: t.as_secs() as i64, tv_nsec: i64::from(t.subsec_nanos()) });
    // Every outcome (woken, changed, timeout, signal) sends the caller back to its condition.
    let _ = futex::wait(word, futex::Flags::empty(), expected, timeout.as_ref());
}

/// Like [`wait`], but also ends when a signal with a handler of ours arrives, even just before the sleep.
pub fn wait_interruptible(word: &AtomicU32, expected: u32, timeout: Option<Duration>) {
    SLEEPING_ON.set(word);
    // Published before the last look: a handler that runs from here on changes the word.
    std::sync::atomic::compiler_fence(Ordering::SeqCst);
    if !interrupt::is_pending() {
        wait(word, expected, timeout);
    }
    SLEEPING_ON.set(ptr::null());
}

/// Wakes up to `count` sleepers on `word`.
pub fn wake(word: &AtomicU32, count: u32) {
    let _ = futex::wake(word, futex::Flags::empty(), count);
}

/// Wakes all sleepers on `word`.
pub fn wake_all(word: &AtomicU32) {
    wake(word, i32::MAX as u32);
}

/// Changes the word this thread is about to sleep on, if any. Called by signal handlers.
pub(crate) fn disturb_own_sleep() {
    let word = SLEEPING_ON.get();
    if !word.is_null() {
        // SAFETY: set only for the time of `wait_interruptible`, whose caller's reference is alive meanwhile.
        unsafe { &*word }.fetch_add(1, Ordering::SeqCst);
    }
}
