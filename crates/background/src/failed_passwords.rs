//! Wrong passwords, counted by address and role, so that guessing gets slower and slower.
//!
//! ```text
//! failures   1        2        3    ...      the next attempt of this role from this address waits
//! wait       base   2 base   4 base ...      at most 100 base
//! ```
//! One attempt may be made per wait, however many come at once. Others are not concerned; a success clears the count, and so does an
//! hour without failure. The table is plain atomics: who waits has no process slot and could be killed at any moment. If it is full,
//! the count that is free soonest is given up.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use shared_memory::{Region, RegionBuilder, Segment, shared_struct};
use system::clock;

const ENTRIES: usize = 1024;
/// Places where the entry of a key may be.
const REACH: usize = 8;
/// The longest wait, in base waits.
const LONGEST: u64 = 100;
const FORGET_AFTER_MS: u64 = 3_600_000;
const UNTIL_BITS: u32 = 48;

shared_struct! {
    pub(crate) struct Entry {
        /// 0 is free.
        key: AtomicU64,
        /// Failures, and in the lower 48 bits the monotonic millisecond before which nobody may try.
        state: AtomicU64,
    }
}

/// Who tries: one role from one address.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Guesser(u64);

impl Guesser {
    /// `None` is the Unix-domain socket.
    pub fn new(address: Option<IpAddr>, role: &str) -> Guesser {
        let mut hasher = DefaultHasher::new();
        (address, role).hash(&mut hasher);
        Guesser(hasher.finish().max(1))
    }
}

/// The counts of a server.
#[derive(Clone, Copy)]
pub struct FailedPasswords(&'static [Entry]);

impl FailedPasswords {
    pub(crate) fn reserve(builder: &mut RegionBuilder) -> Segment<Entry> {
        builder.reserve("Failed Passwords", ENTRIES, "atomics only; nothing to clean up")
    }

    pub(crate) fn attach(reservation: Segment<Entry>, region: &Region) -> FailedPasswords {
        FailedPasswords(region.slice(reservation))
    }

    /// Takes the right to try, or tells how long to wait before asking again.
    pub fn try_now(&self, who: Guesser, base: Duration) -> Result<(), Duration> {
        let Some(entry) = self.find(who) else { return Ok(()) };
        loop {
            let state = entry.state.load(Ordering::SeqCst);
            let (failures, until) = parts(state);
            let now = now_ms();
            if failures == 0 || base.is_zero() || now > until + FORGET_AFTER_MS {
                return Ok(());
            }
            if now < until {
                return Err(Duration::from_millis(until - now));
            }
            // Whoever comes next waits as if this attempt had failed like the last.
            let next = packed(failures, now + wait_ms(failures, base));
            if entry.state.compare_exchange(state, next, Ordering::SeqCst, Ordering::SeqCst).is_ok() {
                return Ok(());
            }
        }
    }

    /// Counts a failure. Gives how many there are, and how long the next attempt has to wait.
    pub fn count(&self, who: Guesser, base: Duration) -> (u64, Duration) {
        let entry = self.find(who).unwrap_or_else(|| self.claim(who));
        loop {
            let state = entry.state.load(Ordering::SeqCst);
            let (failures, until) = parts(state);
            let now = now_ms();
            let failures = if now > until + FORGET_AFTER_MS { 1 } else { failures + 1 };
            let wait = wait_ms(failures, base);
            let next = packed(failures, now + wait);
            if entry.state.compare_exchange(state, next, Ordering::SeqCst, Ordering::SeqCst).is_ok() {
                return (failures, Duration::from_millis(wait));
            }
        }
    }

    /// Forgets the failures: the right password came.
    pub fn clear(&self, who: Guesser) {
        if let Some(entry) = self.find(who) {
            entry.state.store(0, Ordering::SeqCst);
        }
    }

    fn places(&self, who: Guesser) -> impl Iterator<Item = &'static Entry> {
        let entries = self.0;
        (0..REACH).map(move |step| &entries[(who.0 as usize).wrapping_add(step) % entries.len()])
    }

    fn find(&self, who: Guesser) -> Option<&'static Entry> {
        self.places(who).find(|entry| entry.key.load(Ordering::SeqCst) == who.0)
    }

    fn claim(&self, who: Guesser) -> &'static Entry {
        let free_at = |entry: &&Entry| parts(entry.state.load(Ordering::SeqCst)).1;
        let entry = self.places(who).min_by_key(free_at).unwrap_or(&self.0[0]);
        entry.key.store(who.0, Ordering::SeqCst);
        entry.state.store(0, Ordering::SeqCst);
        entry
    }
}

fn parts(state: u64) -> (u64, u64) {
    (state >> UNTIL_BITS, state & ((1 << UNTIL_BITS) - 1))
}

fn packed(failures: u64, until_ms: u64) -> u64 {
    failures.min(u64::from(u16::MAX)) << UNTIL_BITS | until_ms & ((1 << UNTIL_BITS) - 1)
}

fn wait_ms(failures: u64, base: Duration) -> u64 {
    let doubled = 1u64 << (failures.saturating_sub(1)).min(32);
    (base.as_millis() as u64).saturating_mul(doubled.min(LONGEST))
}

fn now_ms() -> u64 {
    clock::monotonic_us() / 1000
}

#[cfg(test)]
mod tests {
    use super::*;

    const BASE: Duration = Duration::from_secs(1000);

    fn table() -> FailedPasswords {
        let mut builder = RegionBuilder::new();
        let reservation = FailedPasswords::reserve(&mut builder);
        FailedPasswords::attach(reservation, &builder.build().unwrap())
    }

    /// Waits double up to a limit, for this role from this address only, until a success.
    #[test]
    fn waits_grow_for_the_guesser_alone() {
        let table = table();
        let address = Some(IpAddr::from([10, 0, 0, 9]));
        let who = Guesser::new(address, "ada");
        assert_eq!(table.try_now(who, BASE), Ok(()));
        for expected in [1, 2, 4, 8, 16, 32, 64, 100, 100] {
            assert_eq!(table.count(who, BASE).1, BASE * expected);
            let wait = table.try_now(who, BASE).unwrap_err();
            assert!(wait <= BASE * expected && wait > BASE * expected / 2, "{wait:?}");
        }
        for other in [Guesser::new(None, "ada"), Guesser::new(address, "eve")] {
            assert_eq!(table.try_now(other, BASE), Ok(()));
        }
        table.clear(who);
        assert_eq!(table.try_now(who, BASE), Ok(()));
        assert_eq!(table.count(who, BASE), (1, BASE));
        assert_eq!(table.try_now(who, Duration::ZERO), Ok(()));
    }

    /// Of several attempts at once after a wait one goes on; and more guessers than entries are no harm.
    #[test]
    fn one_attempt_per_wait_and_a_full_table() {
        let table = table();
        let who = Guesser::new(None, "ada");
        let short = Duration::from_millis(1);
        (0..3).for_each(|_| {
            table.count(who, short);
        });
        while table.try_now(who, BASE).is_err() {}
        assert!(table.try_now(who, BASE).is_err());
        for number in 0..10 * ENTRIES {
            let guesser = Guesser::new(None, &number.to_string());
            table.count(guesser, BASE);
            assert!(table.try_now(guesser, BASE).is_err());
        }
    }
}
