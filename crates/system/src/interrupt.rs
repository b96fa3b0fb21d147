//! The call that every long loop makes, so that cancel, shutdown and timeouts work within milliseconds.
//!
//! Knows only that *something* is pending; the hook, registered once by the session layer, finds out what.
//! Entry points: [`check`], [`hold`].

use std::cell::Cell;
use std::marker::PhantomData;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use error::Result;

static PENDING: AtomicBool = AtomicBool::new(false);
static HOOK: OnceLock<fn() -> Result<()>> = OnceLock::new();

thread_local! {
    static HOLDS: Cell<u32> = const { Cell::new(0) };
}

/// Returns the error of a pending cancel, shutdown or timeout.
///
/// Costs one relaxed load when nothing is pending. The caller holds no LWLock.
#[inline(always)]
pub fn check() -> Result<()> {
    if PENDING.load(Ordering::Relaxed) { handle() } else { Ok(()) }
}

#[cold]
fn handle() -> Result<()> {
    if HOLDS.get() > 0 {
        return Ok(());
    }
    match HOOK.get() {
        Some(hook) => hook(),
        None => Ok(()),
    }
}

/// Names the function that [`check`] calls while something is pending; the first registration stays.
///
/// The hook calls [`clear`] *before* it looks at the flags, lest it miss one that comes in between.
pub fn register(hook: fn() -> Result<()>) {
    let _ = HOOK.set(hook);
}

/// Makes the next [`check`] call the hook. Safe in a signal handler.
pub fn raise() {
    PENDING.store(true, Ordering::SeqCst);
}

/// Nothing is pending any more.
pub fn clear() {
    PENDING.store(false, Ordering::SeqCst);
}

/// Whether a [`check`] now would call the hook.
pub fn is_pending() -> bool {
    PENDING.load(Ordering::SeqCst) && HOLDS.get() == 0
}

/// Keeps interrupts off until the returned value is dropped; nests.
pub fn hold() -> Hold {
    HOLDS.set(HOLDS.get() + 1);
    Hold(PhantomData)
}

/// While it lives, [`check`] finds nothing.
#[must_use]
pub struct Hold(PhantomData<*const ()>);

impl Drop for Hold {
    fn drop(&mut self) {
        HOLDS.set(HOLDS.get() - 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A raised interrupt reaches the hook, but not while it is held off.
    #[test]
    fn held_interrupts_wait() {
        register(|| {
            clear();
            error::bail!(QUERY_CANCELED, "canceling statement due to user request")
        });
        assert!(check().is_ok());
        let held = hold();
        raise();
        assert!(check().is_ok());
        assert!(!is_pending());
        drop(held);
        assert_eq!(check().unwrap_err().sqlstate().as_str(), "57014");
        assert!(check().is_ok());
    }
}
