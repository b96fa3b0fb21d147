//! Sleeping until a socket is ready, a time has passed, or a wake-up signal comes.
//!
//! Rule 2: SIGURG is let in only for the time of the sleep, so a wake-up just before it is not lost.

use std::io;
use std::os::fd::{AsRawFd, BorrowedFd};
use std::ptr;
use std::time::Duration;

/// One descriptor to watch, and what was found.
pub struct Interest<'a> {
    descriptor: BorrowedFd<'a>,
    wants_read: bool,
    wants_write: bool,
    /// There is something to read, or the end of the stream, or an error.
    pub is_readable: bool,
    pub is_writable: bool,
    /// The other side has gone.
    pub is_closed: bool,
}

impl<'a> Interest<'a> {
    pub fn new(descriptor: BorrowedFd<'a>, read: bool, write: bool) -> Interest<'a> {
        let (is_readable, is_writable, is_closed) = (false, false, false);
        Interest { descriptor, wants_read: read, wants_write: write, is_readable, is_writable, is_closed }
    }
}

/// Why a sleep ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// At least one descriptor has its flags set.
    Ready,
    /// A signal came.
    Signal,
    TimedOut,
}

/// Sleeps; all signals are let in meanwhile. `None` waits for ever.
///
/// The thread must have called `signal::prepare_thread`.
pub fn wait(interests: &mut [Interest<'_>], timeout: Option<Duration>) -> io::Result<Outcome> {
    const INLINE: usize = 8;
    let mut inline = [libc::pollfd { fd: -1, events: 0, revents: 0 }; INLINE];
    let mut more = Vec::new();
    let watched: &mut [libc::pollfd] = if interests.len() <= INLINE {
        &mut inline[..interests.len()]
    } else {
        more.resize(interests.len(), inline[0]);
        &mut more
    };
    for (entry, interest) in watched.iter_mut().zip(interests.iter()) {
        entry.fd = interest.descriptor.as_raw_fd();
        entry.events = if interest.wants_read { libc::POLLIN } else { 0 }
            | if interest.wants_write { libc::POLLOUT } else { 0 }
            | libc::POLLRDHUP;
    }
    let timeout = timeout.map(|t| libc::timespec {
        tv_sec: t.as_secs().min(i64::MAX as u64) as libc::time_t,
        tv_nsec: t.subsec_nanos().into(),
    });
    // SAFETY: all pointers are to live values of the right length; a zeroed sigset is the empty one.
    let found = unsafe {
        let mut none_blocked = std::mem::zeroed::<libc::sigset_t>();
        libc::sigemptyset(&mut none_blocked);
        libc::ppoll(
            watched.as_mut_ptr(),
            watched.len() as libc::nfds_t,
            timeout.as_ref().map_or(ptr::null(), ptr::from_ref),
            &none_blocked,
        )
    };
    if found < 0 {
        let error = io::Error::last_os_error();
        return if error.kind() == io::ErrorKind::Interrupted { Ok(Outcome::Signal) } else { Err(error) };
    }
    const ENDED: i16 = libc::POLLHUP | libc::POLLERR | libc::POLLNVAL;
    for (entry, interest) in watched.iter().zip(interests.iter_mut()) {
        interest.is_readable = entry.revents & (libc::POLLIN | ENDED) != 0;
        interest.is_writable = entry.revents & (libc::POLLOUT | ENDED) != 0;
        interest.is_closed = entry.revents & (libc::POLLRDHUP | ENDED) != 0;
    }
    Ok(if found == 0 { Outcome::TimedOut } else { Outcome::Ready })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signal;
    use std::io::Write;
    use std::os::fd::AsFd;
    use std::os::unix::net::UnixStream;

    /// A byte makes the socket readable, a closed peer shows, and a wake-up sent beforehand ends the sleep.
    #[test]
    fn readiness_closing_and_wake_up() {
        signal::prepare_thread().unwrap();
        let (ours, mut theirs) = UnixStream::pair().unwrap();
        let mut interests = [Interest::new(ours.as_fd(), true, false)];
        assert_eq!(wait(&mut interests, Some(Duration::ZERO)).unwrap(), Outcome::TimedOut);
        signal::wake_thread(std::process::id() as i32, signal::current_thread());
        assert_eq!(wait(&mut interests, None).unwrap(), Outcome::Signal);
        theirs.write_all(b"x").unwrap();
        assert_eq!(wait(&mut interests, None).unwrap(), Outcome::Ready);
        assert!(interests[0].is_readable && !interests[0].is_closed);
        drop(theirs);
        wait(&mut interests, None).unwrap();
        assert!(interests[0].is_closed);
    }
}
