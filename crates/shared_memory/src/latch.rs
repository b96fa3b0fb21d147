//! A process's own bell: others set it, the owner sleeps until it is set, a socket is ready, or time has passed.
//!
//! The order for the owner: reset, look for work, wait. A set after the reset ends the wait at once.

use std::sync::atomic::{AtomicI32, AtomicU32, Ordering};
use std::time::{Duration, Instant};

use error::{Error, Result};
use system::poll::{self, Interest, Outcome};
use system::{process, signal};

use crate::process_slot::{Waiting, current_slot};
use crate::shared::Shared;
use crate::wait_event::WaitEvent;

/// See the module's description.
#[repr(C)]
pub struct Latch {
    is_set: AtomicU32,
    is_sleeping: AtomicU32,
    process: AtomicI32,
    thread: AtomicI32,
}

// SAFETY: zero is "not set, no owner".
unsafe impl Shared for Latch {}

/// What a wait found.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LatchOutcome {
    pub is_set: bool,
    /// At least one interest has its flags set.
    pub is_ready: bool,
    pub timed_out: bool,
}

impl Latch {
    /// Makes the calling process (or thread that stands for one) the owner.
    pub fn own(&self) -> Result<()> {
        signal::prepare_thread().map_err(|cause| Error::io("could not set up signal handling", &cause))?;
        self.is_set.store(0, Ordering::SeqCst);
        self.is_sleeping.store(0, Ordering::SeqCst);
        self.thread.store(signal::current_thread(), Ordering::SeqCst);
        self.process.store(process::current(), Ordering::SeqCst);
        Ok(())
    }

    /// Nobody owns it any more; setting it wakes nobody.
    pub fn disown(&self) {
        self.process.store(0, Ordering::SeqCst);
    }

    /// Sets the latch and wakes its owner. Whatever the owner is to see was stored before.
    pub fn set(&self) {
        if self.is_set.swap(1, Ordering::SeqCst) == 0 && self.is_sleeping.load(Ordering::SeqCst) != 0 {
            let process = self.process.load(Ordering::SeqCst);
            if process > 0 {
                signal::wake_thread(process, self.thread.load(Ordering::SeqCst));
            }
        }
    }

    /// The owner is about to look for work.
    pub fn reset(&self) {
        self.is_set.store(0, Ordering::SeqCst);
    }

    pub fn is_set(&self) -> bool {
        self.is_set.load(Ordering::SeqCst) != 0
    }

    /// Sleeps until the latch is set, an interest is ready, the time has passed (`None`: never), or a signal came.
    ///
    /// With a signal all three answers may be false. Does not call `interrupt::check`; the caller does.
    pub fn wait(
        &self,
        event: WaitEvent,
        interests: &mut [Interest<'_>],
        timeout: Option<Duration>,
    ) -> Result<LatchOutcome> {
        debug_assert_eq!(self.thread.load(Ordering::Relaxed), signal::current_thread());
        self.is_sleeping.store(1, Ordering::SeqCst);
        let is_set = self.is_set();
        // A set latch still lets the sockets be looked at.
        let timeout = if is_set { Some(Duration::ZERO) } else { timeout };
        let waiting = Waiting::start(event);
        let outcome = poll::wait(interests, timeout);
        drop(waiting);
        self.is_sleeping.store(0, Ordering::SeqCst);
        let outcome = outcome.map_err(|cause| Error::io("ppoll() failed", &cause))?;
        let is_set = self.is_set();
        let timed_out = outcome == Outcome::TimedOut && !is_set;
        Ok(LatchOutcome { is_set, is_ready: outcome == Outcome::Ready, timed_out })
    }

    /// Sleeps until the latch is set or a signal or interrupt came, at most for `timeout`; then resets it.
    ///
    /// # Errors
    /// Those of `interrupt::check`.
    pub fn wait_and_reset(&self, event: WaitEvent, timeout: Option<Duration>) -> Result<LatchOutcome> {
        let deadline = timeout.map(|timeout| Instant::now() + timeout);
        let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
        let outcome = self.wait(event, &mut [], left)?;
        self.reset();
        system::interrupt::check()?;
        Ok(outcome)
    }
}

/// Sleeps for this long; the calling process's latch is reset. Without a slot it does not sleep.
///
/// # Errors
/// Those of `interrupt::check`.
pub fn sleep(event: WaitEvent, duration: Duration) -> Result<()> {
    let until = Instant::now() + duration;
    loop {
        system::interrupt::check()?;
        let left = until.saturating_duration_since(Instant::now());
        let Some(slot) = current_slot() else { return Ok(()) };
        if left.is_zero() {
            return Ok(());
        }
        slot.latch.wait_and_reset(event, Some(left))?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::RegionBuilder;
    use std::sync::atomic::AtomicU64;
    use system::process::{Exit, Fork, exit_immediately, fork, wait_for};

    crate::shared_struct! {
        struct Bells {
            count: AtomicU64,
            bells: [Latch; 2],
        }
    }

    /// Two processes that ring for each other thousands of times would hang on one lost ring.
    #[test]
    fn no_ring_is_lost() {
        let mut builder = RegionBuilder::new();
        let segment = builder.reserve::<Bells>("bells", 1, "test");
        let bells = builder.build().unwrap().one(segment);
        let play = |mine: usize| {
            bells.bells[mine].own().unwrap();
            for round in 0..3_000u64 {
                let expected = 2 * round + mine as u64;
                while bells.count.load(Ordering::SeqCst) != expected {
                    bells.bells[mine].wait(WaitEvent::None, &mut [], None).unwrap();
                    bells.bells[mine].reset();
                }
                bells.count.store(expected + 1, Ordering::SeqCst);
                bells.bells[1 - mine].set();
            }
        };
        let Fork::Parent(child) = fork().unwrap() else {
            // The other side may own its bell later than the first ring: `own` comes before the first look.
            play(1);
            exit_immediately(0)
        };
        play(0);
        assert_eq!(wait_for(child).unwrap(), Exit::Code(0));
    }
}
