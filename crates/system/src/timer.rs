//! The process's one alarm clock: SIGALRM after a time.
//!
//! Who wants several deadlines keeps a list and arms the nearest. A forked child starts without an alarm.

use std::io;
use std::ptr;
use std::time::Duration;

/// Has SIGALRM sent after this time, instead of whatever was armed before. A time of 0 is taken for a microsecond.
pub fn arm(after: Duration) -> io::Result<()> {
    set(after.max(Duration::from_micros(1)))
}

/// No SIGALRM will come any more, except one that is under way.
pub fn disarm() -> io::Result<()> {
    set(Duration::ZERO)
}

fn set(after: Duration) -> io::Result<()> {
    let value = libc::itimerval {
        it_interval: libc::timeval { tv_sec: 0, tv_usec: 0 },
        it_value: libc::timeval {
            tv_sec: after.as_secs().min(1 << 31) as libc::time_t,
            tv_usec: after.subsec_micros().into(),
        },
    };
    // SAFETY: the pointer is to a live value; the old one is not asked for.
    let result = unsafe { libc::setitimer(libc::ITIMER_REAL, &value, ptr::null_mut()) };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process::{self, Exit, Fork};
    use crate::signal::{self, Signal};

    /// An armed alarm ends a sleep and is noted; a disarmed one does not come.
    #[test]
    fn alarm_ends_a_sleep() {
        let Fork::Parent(child) = process::fork().unwrap() else {
            signal::prepare_thread().unwrap();
            signal::note_and_interrupt(Signal::Alarm).unwrap();
            arm(Duration::from_millis(1)).unwrap();
            let rang = crate::poll::wait(&mut [], Some(Duration::from_secs(60))).unwrap()
                == crate::poll::Outcome::Signal
                && signal::take(Signal::Alarm);
            arm(Duration::from_millis(1)).unwrap();
            disarm().unwrap();
            signal::take(Signal::Alarm);
            let silent = crate::poll::wait(&mut [], Some(Duration::from_millis(5))).unwrap();
            let right = rang && silent == crate::poll::Outcome::TimedOut;
            process::exit_immediately(if right { 0 } else { 1 })
        };
        assert_eq!(process::wait_for(child).unwrap(), Exit::Code(0));
    }
}
