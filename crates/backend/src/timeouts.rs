//! The deadlines of a session, kept in one list; the process's alarm is set to the nearest.

use std::cell::Cell;
use std::time::{Duration, Instant};

use system::timer;

/// What has a deadline. Each kind has at most one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(usize)]
pub enum Timeout {
    Authentication,
    Statement,
    Lock,
    Transaction,
    IdleInTransaction,
    IdleSession,
    /// Not a deadline: time to look whether the client is still there.
    ClientCheck,
    /// Not a deadline: time to look whether the session rests.
    Rest,
}

const ALL: [Timeout; 8] = [
    Timeout::Authentication,
    Timeout::Statement,
    Timeout::Lock,
    Timeout::Transaction,
    Timeout::IdleInTransaction,
    Timeout::IdleSession,
    Timeout::ClientCheck,
    Timeout::Rest,
];

thread_local! {
    static DEADLINES: Cell<[Option<Instant>; ALL.len()]> = const { Cell::new([None; ALL.len()]) };
    static EXPIRED: Cell<[bool; ALL.len()]> = const { Cell::new([false; ALL.len()]) };
    /// When the alarm is to ring.
    static ARMED: Cell<Option<Instant>> = const { Cell::new(None) };
}

/// The timeout expires after this time from now.
pub fn start(timeout: Timeout, after: Duration) {
    let mut deadlines = DEADLINES.get();
    let deadline = Instant::now() + after;
    deadlines[timeout as usize] = Some(deadline);
    DEADLINES.set(deadlines);
    // An alarm that rings too early costs less than setting it anew for every statement.
    if ARMED.get().is_none_or(|armed| deadline < armed) {
        arm();
    }
}

/// The timeout will not expire; if it has and nobody was told, nobody will be.
pub fn stop(timeout: Timeout) {
    let mut deadlines = DEADLINES.get();
    deadlines[timeout as usize] = None;
    DEADLINES.set(deadlines);
    let mut expired = EXPIRED.get();
    expired[timeout as usize] = false;
    EXPIRED.set(expired);
}

/// Whether it is running.
pub fn is_running(timeout: Timeout) -> bool {
    DEADLINES.get()[timeout as usize].is_some()
}

/// The alarm rang: notes what has expired and sets the alarm to the next deadline.
pub(crate) fn alarm_rang() {
    let now = Instant::now();
    let (mut deadlines, mut expired) = (DEADLINES.get(), EXPIRED.get());
    for (deadline, is_expired) in deadlines.iter_mut().zip(&mut expired) {
        if deadline.is_some_and(|deadline| deadline <= now) {
            *deadline = None;
            *is_expired = true;
        }
    }
    DEADLINES.set(deadlines);
    EXPIRED.set(expired);
    arm();
}

/// One timeout that has expired, once.
pub(crate) fn take_expired() -> Option<Timeout> {
    let mut expired = EXPIRED.get();
    let timeout = ALL.into_iter().find(|timeout| expired[*timeout as usize])?;
    expired[timeout as usize] = false;
    EXPIRED.set(expired);
    Some(timeout)
}

fn arm() {
    let nearest = DEADLINES.get().into_iter().flatten().min();
    ARMED.set(nearest);
    // The call has no error that could come here: the times are in range.
    let _ = match nearest {
        Some(deadline) => timer::arm(deadline.saturating_duration_since(Instant::now())),
        None => timer::disarm(),
    };
}
