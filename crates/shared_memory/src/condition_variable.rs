//! Waiting until something in shared memory becomes true.
//!
//! Interruptible, and usable without a lock around the condition: the waiter reads the sequence, then looks, then sleeps only if
//! nothing was announced in between.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use error::Result;
use system::{futex, interrupt};

use crate::process_slot::Waiting;
use crate::shared::Shared;
use crate::wait_event::WaitEvent;

/// A sequence number that announcers move and waiters sleep on.
#[repr(C)]
pub struct ConditionVariable {
    sequence: AtomicU32,
    /// Waiters, or more: a killed one stays counted, which costs a system call per announcement.
    waiters: AtomicU32,
}

// SAFETY: zero is "nothing announced, nobody waits".
unsafe impl Shared for ConditionVariable {}

impl ConditionVariable {
    /// Returns once `condition` holds. Whoever makes it true calls [`ConditionVariable::announce`] afterwards.
    ///
    /// # Errors
    /// Those of `interrupt::check`. The caller holds no LWLock.
    pub fn wait_until(&self, event: WaitEvent, mut condition: impl FnMut() -> bool) -> Result<()> {
        self.wait(event, None, &mut condition).map(|_| ())
    }

    /// The same with a limit; false when the time passed first.
    pub fn wait_until_or_timeout(
        &self,
        event: WaitEvent,
        timeout: Duration,
        mut condition: impl FnMut() -> bool,
    ) -> Result<bool> {
        self.wait(event, Some(timeout), &mut condition)
    }

    fn wait(
        &self,
        event: WaitEvent,
        timeout: Option<Duration>,
        condition: &mut dyn FnMut() -> bool,
    ) -> Result<bool> {
        if condition() {
            return Ok(true);
        }
        let deadline = timeout.map(|timeout| Instant::now() + timeout);
        let _waiting = Waiting::start(event);
        let _counted = Counted::new(&self.waiters);
        loop {
            let seen = self.sequence.load(Ordering::SeqCst);
            if condition() {
                return Ok(true);
            }
            interrupt::check()?;
            let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
            if left == Some(Duration::ZERO) {
                return Ok(false);
            }
            futex::wait_interruptible(&self.sequence, seen, left);
        }
    }

    /// Has all waiters look at their conditions.
    pub fn announce(&self) {
        self.sequence.fetch_add(1, Ordering::SeqCst);
        if self.waiters.load(Ordering::SeqCst) > 0 {
            futex::wake_all(&self.sequence);
        }
    }
}

struct Counted<'a>(&'a AtomicU32);

impl<'a> Counted<'a> {
    fn new(count: &'a AtomicU32) -> Counted<'a> {
        count.fetch_add(1, Ordering::SeqCst);
        Counted(count)
    }
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::RegionBuilder;
    use std::sync::atomic::AtomicU64;
    use system::process::{Exit, Fork, exit_immediately, fork, wait_for};

    crate::shared_struct! {
        struct PingPong {
            turn: AtomicU64,
            changed: ConditionVariable,
        }
    }

    /// Two processes that alternate thousands of times would hang on one lost wake-up.
    #[test]
    fn no_wake_up_is_lost() {
        let mut builder = RegionBuilder::new();
        let segment = builder.reserve::<PingPong>("ping", 1, "test");
        let ping = builder.build().unwrap().one(segment);
        let play = |mine: u64| {
            for round in 0..5_000u64 {
                let expected = 2 * round + mine;
                ping.changed
                    .wait_until(WaitEvent::None, || ping.turn.load(Ordering::SeqCst) == expected)
                    .unwrap();
                ping.turn.store(expected + 1, Ordering::SeqCst);
                ping.changed.announce();
            }
        };
        let Fork::Parent(child) = fork().unwrap() else {
            play(1);
            exit_immediately(0)
        };
        play(0);
        assert_eq!(wait_for(child).unwrap(), Exit::Code(0));
        assert_eq!(ping.turn.load(Ordering::SeqCst), 10_000);
        let timed_out =
            ping.changed.wait_until_or_timeout(WaitEvent::None, Duration::from_millis(1), || false).unwrap();
        assert!(!timed_out);
    }
}
