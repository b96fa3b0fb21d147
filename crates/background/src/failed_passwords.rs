//! Wrong passwords, counted by address and role and by address alone, so that guessing gets slower and slower.
//!
//! ```text
//! failures   1        2        3    ...      the next attempt of this role from this address waits
//! wait       base   2 base   4 base ...      at most 100 base
//! ```
//! One attempt may be made per wait, however many come at once. A success clears the count, and so does an hour without failure.
//!
//! Who tries many roles is held up by the address's own count, which begins to delay after [`FREE`] failures and which no success
//! clears. It does not concern roles that have come in from there within the hour, so that nobody is locked out by a neighbour.
//!
//! The table is plain atomics: who waits has no process slot and could be killed at any moment. If it is full, the count that is free
//! soonest is given up.

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
/// Failures of any roles from one address that delay nobody else.
const FREE: u64 = 10;
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
pub struct Guesser {
    role: u64,
    address: u64,
}

impl Guesser {
    /// `None` is the Unix-domain socket. Of an IPv6 address its network counts, as who has one of its addresses has them all.
    pub fn new(address: Option<IpAddr>, role: &str) -> Guesser {
        let place = address.map(|address| match address.to_canonical() {
            IpAddr::V4(address) => u64::from(address.to_bits()),
            IpAddr::V6(address) => (address.to_bits() >> 64) as u64 | 1 << 63,
        });
        Guesser { role: hash_of(&(place, role)), address: hash_of(&place) }
    }
}

fn hash_of(what: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    what.hash(&mut hasher);
    hasher.finish().max(1)
}

/// What a failure leads to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Failures {
    /// Failures of the role from the address, and how long its next attempt has to wait.
    pub of_role: (u64, Duration),
    /// The same of all roles from there.
    pub of_address: (u64, Duration),
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
        if base.is_zero() {
            return Ok(());
        }
        let own = self.find(who.role);
        if let Some(own) = own {
            wait_of(own.state.load(Ordering::SeqCst))?;
        }
        let is_known = own.is_some_and(|own| {
            let (failures, until) = parts(own.state.load(Ordering::SeqCst));
            failures == 0 && now_ms() < until + FORGET_AFTER_MS
        });
        if !is_known && let Some(address) = self.find(who.address) {
            take(address, base, FREE)?;
        }
        own.map_or(Ok(()), |own| take(own, base, 0))
    }

    /// Counts a failure.
    pub fn count(&self, who: Guesser, base: Duration) -> Failures {
        // In a full table the second may take the first one's place: the role's wait must stay.
        let of_address = self.count_one(who.address, base, FREE);
        Failures { of_role: self.count_one(who.role, base, 0), of_address }
    }

    /// The right password came: the role's failures are forgotten, and the address's do not concern it.
    pub fn clear(&self, who: Guesser) {
        let entry = self.find(who.role).unwrap_or_else(|| self.claim(who.role));
        entry.state.store(packed(0, now_ms()), Ordering::SeqCst);
    }

    fn count_one(&self, key: u64, base: Duration, free: u64) -> (u64, Duration) {
        let entry = self.find(key).unwrap_or_else(|| self.claim(key));
        loop {
            let state = entry.state.load(Ordering::SeqCst);
            let (failures, until) = parts(state);
            let now = now_ms();
            let failures = if now > until + FORGET_AFTER_MS { 1 } else { failures + 1 };
            let wait = wait_ms(failures, base, free);
            let next = packed(failures, now + wait);
            if entry.state.compare_exchange(state, next, Ordering::SeqCst, Ordering::SeqCst).is_ok() {
                return (failures, Duration::from_millis(wait));
            }
        }
    }

    fn places(&self, key: u64) -> impl Iterator<Item = &'static Entry> {
        let entries = self.0;
        (0..REACH).map(move |step| &entries[(key as usize).wrapping_add(step) % entries.len()])
    }

    fn find(&self, key: u64) -> Option<&'static Entry> {
        self.places(key).find(|entry| entry.key.load(Ordering::SeqCst) == key)
    }

    fn claim(&self, key: u64) -> &'static Entry {
        let free_at = |entry: &&Entry| parts(entry.state.load(Ordering::SeqCst)).1;
        let entry = self.places(key).min_by_key(free_at).unwrap_or(&self.0[0]);
        entry.key.store(key, Ordering::SeqCst);
        entry.state.store(0, Ordering::SeqCst);
        entry
    }
}

/// How long a count still forbids attempts.
fn wait_of(state: u64) -> Result<(), Duration> {
    let ((failures, until), now) = (parts(state), now_ms());
    if failures > 0 && now < until { Err(Duration::from_millis(until - now)) } else { Ok(()) }
}

/// Takes the one attempt that a count allows now.
fn take(entry: &Entry, base: Duration, free: u64) -> Result<(), Duration> {
    loop {
        let state = entry.state.load(Ordering::SeqCst);
        let (failures, until) = parts(state);
        let now = now_ms();
        if failures <= free || now > until + FORGET_AFTER_MS {
            return Ok(());
        }
        wait_of(state)?;
        // Whoever comes next waits as if this attempt had failed like the last.
        let next = packed(failures, now + wait_ms(failures, base, free));
        if entry.state.compare_exchange(state, next, Ordering::SeqCst, Ordering::SeqCst).is_ok() {
            return Ok(());
        }
    }
}

fn parts(state: u64) -> (u64, u64) {
    (state >> UNTIL_BITS, state & ((1 << UNTIL_BITS) - 1))
}

fn packed(failures: u64, until_ms: u64) -> u64 {
    failures.min(u64::from(u16::MAX)) << UNTIL_BITS | until_ms & ((1 << UNTIL_BITS) - 1)
}

fn wait_ms(failures: u64, base: Duration, free: u64) -> u64 {
    if failures <= free {
        return 0;
    }
    let doubled = 1u64 << (failures - free - 1).min(32);
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
            assert_eq!(table.count(who, BASE).of_role.1, BASE * expected);
            let wait = table.try_now(who, BASE).unwrap_err();
            assert!(wait <= BASE * expected && wait > BASE * expected / 2, "{wait:?}");
        }
        for other in [Guesser::new(None, "ada"), Guesser::new(address, "eve")] {
            assert_eq!(table.try_now(other, BASE), Ok(()));
        }
        table.clear(who);
        assert_eq!(table.try_now(who, BASE), Ok(()));
        assert_eq!(table.count(who, BASE).of_role, (1, BASE));
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
        for number in 0..10 * ENTRIES as u32 {
            let guesser = Guesser::new(Some(IpAddr::from(number.to_be_bytes())), "ada");
            table.count(guesser, BASE);
            assert!(table.try_now(guesser, BASE).is_err());
        }
    }

    /// Trying one role after the other is slow too, but for roles that are known to come from there.
    #[test]
    fn an_address_waits_as_a_whole() {
        let table = table();
        let address = |last: u16| Some(IpAddr::from([0x2001, 0xdb8, 0, 7, 0, 0, 0, last]));
        let known = Guesser::new(address(1), "known");
        table.clear(known);
        for number in 0..FREE {
            let guesser = Guesser::new(address(number as u16), &number.to_string());
            assert_eq!(table.try_now(guesser, BASE), Ok(()));
            assert_eq!(table.count(guesser, BASE).of_address, (number + 1, Duration::ZERO));
        }
        let last = Guesser::new(address(1), "last");
        assert_eq!(table.try_now(last, BASE), Ok(()));
        assert_eq!(table.count(last, BASE).of_address, (FREE + 1, BASE));
        assert!(table.try_now(Guesser::new(address(2), "new"), BASE).is_err());
        assert_eq!(table.try_now(known, BASE), Ok(()));
        assert_eq!(table.try_now(Guesser::new(None, "new"), BASE), Ok(()));
        // Its own wrong passwords concern it as ever.
        table.count(known, BASE);
        assert!(table.try_now(known, BASE).is_err());
    }
}
