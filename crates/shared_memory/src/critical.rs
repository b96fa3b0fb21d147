//! Critical sections: from the first change of a shared page until it is logged, nothing may stop half-way.
//!
//! Inside, interrupts are held off and every error is a PANIC. A process that dies inside takes the whole server down to recovery.

use error::{Result, Severity};
use system::interrupt;

use crate::process_slot;

/// Runs `work` as a critical section; its error, if any, becomes a PANIC.
pub fn section<T>(work: impl FnOnce() -> Result<T>) -> Result<T> {
    let _section = enter();
    work().map_err(|error| error.with_severity(Severity::Panic))
}

/// Starts a critical section that ends when the returned value is dropped; nests.
///
/// The holder turns errors into PANICs itself; [`section`] does it for you.
pub fn enter() -> CriticalSection {
    process_slot::change_critical_depth(1);
    CriticalSection { _hold: interrupt::hold() }
}

/// A critical section. If a Rust panic unwinds through it, the process aborts, which is what it must do.
#[must_use]
pub struct CriticalSection {
    _hold: interrupt::Hold,
}

impl Drop for CriticalSection {
    fn drop(&mut self) {
        if std::thread::panicking() {
            std::process::abort();
        }
        process_slot::change_critical_depth(-1);
    }
}
