//! The client's socket as settings reach it: keepalive times, and whether the client is still there.
//!
//! The process keeps a second descriptor of the socket for this; reading and writing are `connection`'s.

use std::cell::{Cell, RefCell};
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::time::Duration;

use config::{Id, Settings};
use error::{Severity, error};
use rustix::net::sockopt;
use system::poll::{self, Interest};

use crate::connection::Socket;
use crate::timeouts::{self, Timeout};

/// The settings that the kernel keeps for each TCP connection. 0 leaves the system's own value.
pub const KERNEL_SETTINGS: [Id; 4] =
    [Id::TcpKeepalivesIdle, Id::TcpKeepalivesInterval, Id::TcpKeepalivesCount, Id::TcpUserTimeout];

struct Client {
    descriptor: OwnedFd,
    is_tcp: bool,
    /// What the system had before it was changed.
    found: [Option<i64>; KERNEL_SETTINGS.len()],
    wanted: [i64; KERNEL_SETTINGS.len()],
}

thread_local! {
    static CLIENT: RefCell<Option<Client>> = const { RefCell::new(None) };
    static CHECK_INTERVAL_MS: Cell<u64> = const { Cell::new(0) };
}

/// From now on settings concern this socket.
/// # Errors
/// When the process has no descriptor left.
pub(crate) fn remember(socket: &Socket) -> io::Result<()> {
    let descriptor = socket.as_fd().try_clone_to_owned()?;
    let is_tcp = matches!(socket, Socket::Tcp(_));
    CLIENT.set(Some(Client { descriptor, is_tcp, found: [None; 4], wanted: [0; 4] }));
    Ok(())
}

/// Brings the socket up to date with the settings. What the kernel refuses is told to the log.
pub(crate) fn apply(settings: &Settings) {
    CHECK_INTERVAL_MS.set(settings.integer(Id::ClientConnectionCheckInterval) as u64);
    CLIENT.with_borrow_mut(|client| {
        let Some(client) = client.as_mut().filter(|client| client.is_tcp) else { return };
        for (at, id) in KERNEL_SETTINGS.into_iter().enumerate() {
            let wanted = settings.integer(id);
            if std::mem::replace(&mut client.wanted[at], wanted) == wanted {
                continue;
            }
            if let Err(cause) = client.set(at, wanted) {
                let text =
                    format!("could not apply parameter \"{}\": {cause}", config::TABLE[id as usize].name);
                background::log::report(
                    error!(INTERNAL_ERROR, "{text}").with_severity(Severity::Log).report(),
                );
            }
        }
    });
}

/// What is in force of a setting: the kernel's value for a TCP connection, 0 for others; `None` if it is not the kernel's to say.
pub(crate) fn in_force(id: Id) -> Option<i64> {
    let at = KERNEL_SETTINGS.iter().position(|known| *known == id)?;
    CLIENT.with_borrow(|client| {
        let client = client.as_ref()?;
        if client.is_tcp { client.get(at).ok() } else { Some(0) }
    })
}

/// A statement begins: the client is looked for from time to time if that is wanted.
#[inline]
pub(crate) fn watch_client() {
    let interval_ms = CHECK_INTERVAL_MS.get();
    if interval_ms > 0 && !timeouts::is_running(Timeout::ClientCheck) {
        timeouts::start(Timeout::ClientCheck, Duration::from_millis(interval_ms));
    }
}

/// Whether the client closed its side.
pub(crate) fn is_closed() -> bool {
    CLIENT.with_borrow(|client| {
        let Some(client) = client else { return false };
        let mut interests = [Interest::new(client.descriptor.as_fd(), false, false)];
        poll::wait(&mut interests, Some(Duration::ZERO)).is_ok() && interests[0].is_closed
    })
}

impl Client {
    fn get(&self, at: usize) -> rustix::io::Result<i64> {
        let socket = &self.descriptor;
        Ok(match KERNEL_SETTINGS[at] {
            Id::TcpKeepalivesIdle => sockopt::tcp_keepidle(socket)?.as_secs() as i64,
            Id::TcpKeepalivesInterval => sockopt::tcp_keepintvl(socket)?.as_secs() as i64,
            Id::TcpKeepalivesCount => sockopt::tcp_keepcnt(socket)?.into(),
            _ => sockopt::tcp_user_timeout(socket)?.into(),
        })
    }

    fn set(&mut self, at: usize, wanted: i64) -> rustix::io::Result<()> {
        let own = match self.found[at] {
            Some(found) => found,
            None => *self.found[at].insert(self.get(at)?),
        };
        let value = if wanted == 0 { own } else { wanted };
        let (socket, seconds) = (&self.descriptor, Duration::from_secs(value as u64));
        match KERNEL_SETTINGS[at] {
            Id::TcpKeepalivesIdle => sockopt::set_tcp_keepidle(socket, seconds),
            Id::TcpKeepalivesInterval => sockopt::set_tcp_keepintvl(socket, seconds),
            Id::TcpKeepalivesCount => sockopt::set_tcp_keepcnt(socket, value as u32),
            _ => sockopt::set_tcp_user_timeout(socket, value as u32),
        }
    }
}
