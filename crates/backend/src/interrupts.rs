//! What may interrupt a session, and what becomes of it.
//!
//! Signals: INT cancels the running query, TERM ends the session, HUP has the settings read again, QUIT ends the process at once.
//! Between queries a cancel is forgotten; a session that reads its client calls [`query_started`] and [`query_ended`].

use std::cell::Cell;
use std::time::Duration;

use error::{Error, Result, Severity, error};
use system::signal::{self, Signal};
use system::{interrupt, memory};

use crate::client_socket;
use crate::timeouts::{self, Timeout};

/// A session without a query for one to two times as long gives back memory.
const REST: Duration = Duration::from_secs(1);

thread_local! {
    static IN_QUERY: Cell<bool> = const { Cell::new(false) };
    /// Whether a query began since it was last asked whether the session rests.
    static HAS_WORKED: Cell<bool> = const { Cell::new(false) };
    static AUTHENTICATING: Cell<bool> = const { Cell::new(false) };
    static CLIENT_LOST: Cell<bool> = const { Cell::new(false) };
    static RELOAD: Cell<bool> = const { Cell::new(false) };
    static TERMINATED: Cell<bool> = const { Cell::new(false) };
}

/// Sets a client process's signals up and registers what `interrupt::check` does.
/// # Errors
/// Those of the system calls.
pub fn prepare() -> Result<()> {
    let failed = |cause: std::io::Error| Error::io("could not set up signal handling", &cause);
    for number in [Signal::Interrupt, Signal::Terminate, Signal::HangUp, Signal::Alarm] {
        signal::note_and_interrupt(number).map_err(failed)?;
    }
    signal::ignore(Signal::User1).map_err(failed)?;
    signal::ignore(Signal::User2).map_err(failed)?;
    signal::exit_at_once(Signal::Quit).map_err(failed)?;
    interrupt::register(handle);
    // What came before the handlers were ours was only noted.
    interrupt::raise();
    Ok(())
}

/// A query runs from now on: it can be cancelled. A cancel that came before it is forgotten.
pub fn query_started() {
    signal::take(Signal::Interrupt);
    IN_QUERY.set(true);
    HAS_WORKED.set(true);
}

/// No query runs any more.
pub fn query_ended() {
    IN_QUERY.set(false);
}

/// The session waits for its client's next query.
pub fn waits_for_client() {
    if HAS_WORKED.get() && !timeouts::is_running(Timeout::Rest) {
        timeouts::start(Timeout::Rest, REST);
    }
}

/// Whether the settings are to be read again; true once per request.
pub fn take_reload() -> bool {
    RELOAD.replace(false)
}

/// Whether the session was told to end; the next check says so too.
pub fn is_terminating() -> bool {
    TERMINATED.get() || signal::is_noted(Signal::Terminate)
}

/// The client is gone: the next check ends the session.
pub(crate) fn note_client_lost() {
    CLIENT_LOST.set(true);
    interrupt::raise();
}

pub(crate) fn set_authenticating(is_authenticating: bool) {
    AUTHENTICATING.set(is_authenticating);
}

/// The hook of `interrupt::check`.
fn handle() -> Result<()> {
    // Cleared before the flags are looked at, so that one that comes in between is seen next time.
    interrupt::clear();
    if signal::take(Signal::HangUp) {
        RELOAD.set(true);
    }
    if signal::take(Signal::Alarm) {
        timeouts::alarm_rang();
    }
    if signal::take(Signal::Terminate) || TERMINATED.get() {
        // Stays: a session that swallows the error meets it again.
        TERMINATED.set(true);
        interrupt::raise();
        return Err(fatal(error!(ADMIN_SHUTDOWN, "terminating connection due to administrator command")));
    }
    if CLIENT_LOST.get() {
        interrupt::raise();
        return Err(connection_lost());
    }
    while let Some(expired) = timeouts::take_expired() {
        if let Some(error) = error_of(expired) {
            return Err(error);
        }
    }
    if signal::take(Signal::Interrupt) && IN_QUERY.get() {
        return Err(error!(QUERY_CANCELED, "canceling statement due to user request"));
    }
    Ok(())
}

/// What a timeout means now; a statement's own means nothing when no query runs.
fn error_of(timeout: Timeout) -> Option<Error> {
    let in_query = IN_QUERY.get();
    match timeout {
        Timeout::Authentication => AUTHENTICATING
            .get()
            .then(|| fatal(error!(QUERY_CANCELED, "canceling authentication due to timeout"))),
        Timeout::Statement => {
            in_query.then(|| error!(QUERY_CANCELED, "canceling statement due to statement timeout"))
        }
        Timeout::Lock => {
            in_query.then(|| error!(LOCK_NOT_AVAILABLE, "canceling statement due to lock timeout"))
        }
        Timeout::Transaction => {
            Some(fatal(error!(TRANSACTION_TIMEOUT, "terminating connection due to transaction timeout")))
        }
        Timeout::IdleInTransaction => (!in_query).then(|| {
            fatal(error!(
                IDLE_IN_TRANSACTION_SESSION_TIMEOUT,
                "terminating connection due to idle-in-transaction timeout"
            ))
        }),
        Timeout::ClientCheck if in_query && client_socket::is_closed() => {
            note_client_lost();
            Some(connection_lost())
        }
        Timeout::ClientCheck => {
            if in_query {
                client_socket::watch_client();
            }
            None
        }
        Timeout::Rest => {
            if in_query || HAS_WORKED.replace(false) {
                timeouts::start(Timeout::Rest, REST);
            } else {
                memory::give_back();
            }
            None
        }
        Timeout::IdleSession => (!in_query).then(|| {
            fatal(error!(IDLE_SESSION_TIMEOUT, "terminating connection due to idle-session timeout"))
        }),
    }
}

fn connection_lost() -> Error {
    fatal(error!(CONNECTION_FAILURE, "connection to client lost"))
}

fn fatal(error: Error) -> Error {
    error.with_severity(Severity::Fatal)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;
    use system::poll;
    use system::process::{self, Exit, Fork};

    /// Runs `work` in a process of its own, where signals are its own; it tells whether all was right.
    fn check(work: fn() -> bool) {
        let Fork::Parent(child) = process::fork().unwrap() else {
            signal::prepare_thread().unwrap();
            prepare().unwrap();
            process::exit_immediately(if work() { 0 } else { 1 })
        };
        assert_eq!(process::wait_for(child).unwrap(), Exit::Code(0));
    }

    fn outcome() -> Option<String> {
        interrupt::check().err().map(|error| error.sqlstate().to_string())
    }

    fn send(number: Signal) {
        process::kill(process::current(), number).unwrap();
    }

    /// A cancel hits a running query, once, and nothing before or after it.
    #[test]
    fn cancel_is_for_queries() {
        check(|| {
            send(Signal::Interrupt);
            let idle = outcome();
            send(Signal::Interrupt);
            query_started();
            let late = outcome();
            send(Signal::Interrupt);
            let (hit, again) = (outcome(), outcome());
            idle.is_none() && late.is_none() && hit.as_deref() == Some("57014") && again.is_none()
        });
    }

    /// The end of the session is told again and again.
    #[test]
    fn termination_stays() {
        check(|| {
            send(Signal::Terminate);
            let first = outcome();
            first.as_deref() == Some("57P01") && outcome() == first && is_terminating()
        });
    }

    /// The nearest of several deadlines expires first, a stopped one never, and each means its own.
    #[test]
    fn timeouts_expire_in_order() {
        check(|| {
            query_started();
            timeouts::start(Timeout::Statement, Duration::from_millis(20));
            timeouts::start(Timeout::Lock, Duration::from_millis(5));
            timeouts::start(Timeout::Transaction, Duration::from_millis(1));
            timeouts::stop(Timeout::Transaction);
            let mut seen = Vec::new();
            while seen.len() < 2 {
                if poll::wait(&mut [], Some(Duration::from_secs(20))).unwrap() == poll::Outcome::TimedOut {
                    return false;
                }
                seen.extend(outcome());
            }
            seen == ["55P03", "57014"] && !timeouts::is_running(Timeout::Statement)
        });
    }

    #[test]
    fn reload_is_noted_once() {
        check(|| {
            send(Signal::HangUp);
            outcome().is_none() && take_reload() && !take_reload()
        });
    }
}
