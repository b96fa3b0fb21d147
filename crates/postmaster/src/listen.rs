//! The sockets that clients knock at.

use std::fs;
use std::io;
use std::net::{SocketAddr, TcpListener, ToSocketAddrs};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};

use backend::Socket;
use background::log;
use config::{Id, Settings};
use error::{Error, Result, Severity, error};
use system::process;

use crate::pid_file::LockFile;

/// A socket that listens.
pub enum Listener {
    Tcp(TcpListener),
    /// The lock is held, and the name kept, as long as it listens.
    Unix {
        listener: UnixListener,
        path: PathBuf,
        _lock: LockFile,
        owner: i32,
    },
}

impl Listener {
    pub fn as_fd(&self) -> BorrowedFd<'_> {
        match self {
            Listener::Tcp(listener) => listener.as_fd(),
            Listener::Unix { listener, .. } => listener.as_fd(),
        }
    }

    /// A client, or `WouldBlock`.
    pub fn accept(&self) -> io::Result<Socket> {
        match self {
            Listener::Tcp(listener) => listener.accept().map(|(stream, _)| Socket::Tcp(stream)),
            Listener::Unix { listener, .. } => listener.accept().map(|(stream, _)| Socket::Unix(stream)),
        }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        if let Listener::Unix { path, owner, .. } = self
            && *owner == process::current()
        {
            let _ = fs::remove_file(path);
        }
    }
}

/// Words of a list setting: separated by commas, perhaps quoted.
pub fn list(text: &str) -> Vec<String> {
    text.split(',').map(|word| word.trim().trim_matches('"').to_string()).filter(|w| !w.is_empty()).collect()
}

/// Opens all sockets that the settings name. `directory` is the data directory's full name.
/// # Errors
/// FATAL when none of the TCP addresses, or none of the directories, can be used.
pub fn open(settings: &Settings, directory: &str) -> Result<Vec<Listener>> {
    let port = settings.integer(Id::Port) as u16;
    let mut listeners = Vec::new();
    let addresses = list(settings.text(Id::ListenAddresses));
    for address in &addresses {
        let before = listeners.len();
        match open_tcp(address, port, &mut listeners) {
            Ok(()) if listeners.len() > before => {}
            Ok(()) => warn(format!("could not create listen socket for \"{address}\"")),
            Err(cause) => {
                let text = without_number(&cause);
                log::message(format!(
                    "could not translate host name \"{address}\", service \"{port}\" to address: {text}"
                ));
                warn(format!("could not create listen socket for \"{address}\""));
            }
        }
    }
    if listeners.is_empty() && !addresses.is_empty() {
        return Err(fatal(error!(INTERNAL_ERROR, "could not create any TCP/IP sockets")));
    }
    let directories = list(settings.text(Id::UnixSocketDirectories));
    let before = listeners.len();
    for socket_directory in &directories {
        match open_unix(Path::new(socket_directory), port, settings, directory) {
            Ok(listener) => listeners.push(listener),
            // Somebody else's lock is worth stopping for; a directory that is missing, only when there is no other.
            Err(error) if error.sqlstate() == error::sqlstate::LOCK_FILE_EXISTS => return Err(error),
            Err(error) => {
                log::report(error.with_severity(Severity::Log).report());
                warn(format!("could not create Unix-domain socket in directory \"{socket_directory}\""));
            }
        }
    }
    if listeners.len() == before && !directories.is_empty() {
        return Err(fatal(error!(INTERNAL_ERROR, "could not create any Unix-domain sockets")));
    }
    if listeners.is_empty() {
        return Err(fatal(error!(INTERNAL_ERROR, "no socket created for listening")));
    }
    Ok(listeners)
}

fn open_tcp(address: &str, port: u16, listeners: &mut Vec<Listener>) -> io::Result<()> {
    let found: Vec<SocketAddr> = match address {
        "*" => vec![SocketAddr::from(([0u8; 4], port)), SocketAddr::from(([0u16; 8], port))],
        host => (host, port).to_socket_addrs()?.collect(),
    };
    for socket_address in found {
        let (family, ip) = (if socket_address.is_ipv4() { "IPv4" } else { "IPv6" }, socket_address.ip());
        let opened = listen_on(socket_address);
        match opened {
            Ok(listener) => {
                log::message(format!("listening on {family} address \"{ip}\", port {port}"));
                listeners.push(Listener::Tcp(listener));
            }
            // A machine without IPv6 is no fault of the settings.
            Err(cause)
                if socket_address.is_ipv6()
                    && matches!(
                        cause.kind(),
                        io::ErrorKind::AddrNotAvailable | io::ErrorKind::Unsupported
                    ) => {}
            Err(cause) => {
                let mut error = Error::io(format_args!("could not bind {family} address \"{ip}\""), &cause);
                if cause.kind() == io::ErrorKind::AddrInUse {
                    error = error.hint(format!(
                        "Is another postmaster already running on port {port}? If not, wait a few seconds and retry."
                    ));
                }
                log::report(error.with_severity(Severity::Log).report());
            }
        }
    }
    Ok(())
}

fn listen_on(address: SocketAddr) -> io::Result<TcpListener> {
    use rustix::net::{self, AddressFamily, SocketFlags, SocketType, sockopt};
    let family = if address.is_ipv4() { AddressFamily::INET } else { AddressFamily::INET6 };
    let socket =
        net::socket_with(family, SocketType::STREAM, SocketFlags::CLOEXEC | SocketFlags::NONBLOCK, None)?;
    sockopt::set_socket_reuseaddr(&socket, true)?;
    if address.is_ipv6() {
        // IPv4 has its own socket.
        sockopt::set_ipv6_v6only(&socket, true)?;
    }
    net::bind(&socket, &address)?;
    net::listen(&socket, 1024)?;
    Ok(TcpListener::from(socket))
}

fn open_unix(socket_directory: &Path, port: u16, settings: &Settings, directory: &str) -> Result<Listener> {
    let path = socket_directory.join(format!(".s.PGSQL.{port}"));
    let lock_path = socket_directory.join(format!(".s.PGSQL.{port}.lock"));
    let mut lock = LockFile::acquire(&lock_path, &format!("using socket file \"{}\"", path.display()))?;
    let started = system::clock::wall_us() / 1_000_000;
    lock.write(&[
        process::current().to_string(),
        directory.to_string(),
        started.to_string(),
        port.to_string(),
        socket_directory.display().to_string(),
    ])?;
    // The lock is ours, so that a socket left there is nobody's.
    if fs::symlink_metadata(&path).is_ok_and(|metadata| metadata.file_type().is_socket()) {
        let _ = fs::remove_file(&path);
    }
    let failed = |cause: io::Error| {
        Error::io(format_args!("could not bind Unix address \"{}\"", path.display()), &cause)
    };
    let listener = UnixListener::bind(&path).map_err(failed)?;
    listener.set_nonblocking(true).map_err(failed)?;
    let mode = settings.integer(Id::UnixSocketPermissions) as u32;
    fs::set_permissions(&path, fs::Permissions::from_mode(mode)).map_err(failed)?;
    log::message(format!("listening on Unix socket \"{}\"", path.display()));
    Ok(Listener::Unix { listener, path, _lock: lock, owner: process::current() })
}

fn warn(text: String) {
    log::report(error!(INTERNAL_ERROR, "{text}").with_severity(Severity::Warning).report());
}

fn fatal(error: Error) -> Error {
    error.with_severity(Severity::Fatal)
}

fn without_number(cause: &io::Error) -> String {
    let text = cause.to_string();
    text.split(" (os error").next().unwrap_or(&text).to_string()
}
