//! A client's connection: a socket, plain or encrypted, with its input and output buffers.
//!
//! The socket never blocks; all waiting is done in one place, where signals and the process's latch wake it up. Entry points:
//! [`Connection::read_message`], [`Connection::output`], [`Connection::flush`].

use std::io::{self, ErrorKind, Read, Write};
use std::net::{IpAddr, TcpStream};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use error::{Error, Result, Severity, bail, error};
use protocol::ProtocolVersion;
use protocol::backend::Output;
use protocol::frame::{self, MAX_AUTHENTICATION_LENGTH, MAX_MESSAGE_LENGTH};
use protocol::frontend::{self, Message};
use rustix::buffer::spare_capacity;
use rustix::net::RecvFlags;
use rustls::ServerConfig;
use shared_memory::{WaitEvent, Waiting, current_slot};
use system::interrupt;
use system::poll::{self, Interest};
use system::secret;

use crate::interrupts;
use crate::tls::TlsStream;
use crate::watch::Watch;

/// Bytes asked for at a time.
const READ_SIZE: usize = 8192;
/// Output beyond this is sent without being asked for.
const FLUSH_THRESHOLD: usize = 64 * 1024;

/// An accepted socket.
pub enum Socket {
    Tcp(TcpStream),
    Unix(UnixStream),
}

impl Socket {
    /// Makes an accepted socket ready for use; a TCP connection notices in the end that the other side is gone.
    pub fn prepare(&self) -> io::Result<()> {
        match self {
            Socket::Tcp(stream) => {
                rustix::net::sockopt::set_socket_keepalive(stream, true)?;
                stream.set_nodelay(true).and_then(|()| stream.set_nonblocking(true))
            }
            Socket::Unix(stream) => stream.set_nonblocking(true),
        }
    }

    pub fn as_fd(&self) -> BorrowedFd<'_> {
        match self {
            Socket::Tcp(stream) => stream.as_fd(),
            Socket::Unix(stream) => stream.as_fd(),
        }
    }
}

impl Read for Socket {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Socket::Tcp(stream) => stream.read(buffer),
            Socket::Unix(stream) => stream.read(buffer),
        }
    }
}

impl Write for Socket {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Socket::Tcp(stream) => stream.write(bytes),
            Socket::Unix(stream) => stream.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Who is at the other end.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Peer {
    Local,
    Host { address: IpAddr, port: u16 },
}

impl Peer {
    /// The address, or `[local]`, as the log shows it.
    pub fn host(&self) -> String {
        match self {
            Peer::Local => "[local]".to_string(),
            Peer::Host { address, .. } => address.to_canonical().to_string(),
        }
    }

    /// `None` for a Unix-domain socket.
    pub fn address(&self) -> Option<IpAddr> {
        match self {
            Peer::Local => None,
            Peer::Host { address, .. } => Some(*address),
        }
    }

    /// 0 for a Unix-domain socket.
    pub fn port(&self) -> u16 {
        match self {
            Peer::Local => 0,
            Peer::Host { port, .. } => *port,
        }
    }
}

/// A message as it came; keeps its bytes alive without copying them.
pub struct InputMessage {
    pub kind: u8,
    buffer: Rc<Vec<u8>>,
    start: usize,
    end: usize,
}

impl InputMessage {
    pub fn body(&self) -> &[u8] {
        &self.buffer[self.start..self.end]
    }

    /// # Errors
    /// 08P01 for a malformed message, 22021 for text that is not UTF-8.
    pub fn parse(&self) -> Result<Message<'_>> {
        frontend::parse_message(self.kind, self.body())
    }
}

/// A client's connection.
pub struct Connection {
    socket: Socket,
    tls: Option<TlsStream>,
    pub peer: Peer,
    /// What was agreed on with the client.
    pub version: ProtocolVersion,
    input: Rc<Vec<u8>>,
    /// Bytes of `input` that belong to messages already handed out.
    consumed: usize,
    /// Answers not yet sent.
    pub output: Output,
    is_authenticated: bool,
    is_lost: bool,
    /// It is not known where the next message begins, or what it answers.
    is_out_of_step: bool,
    /// The last read filled its buffer.
    has_more: bool,
    watch: Watch,
}

impl Connection {
    /// # Errors
    /// When the socket cannot be made non-blocking.
    pub fn new(socket: Socket) -> io::Result<Connection> {
        socket.prepare()?;
        let peer = match &socket {
            Socket::Unix(_) => Peer::Local,
            Socket::Tcp(stream) => {
                let address = stream.peer_addr()?;
                Peer::Host { address: address.ip(), port: address.port() }
            }
        };
        Ok(Connection {
            socket,
            tls: None,
            peer,
            version: ProtocolVersion::V3_0,
            input: Rc::new(Vec::with_capacity(READ_SIZE)),
            consumed: 0,
            output: Output::with_capacity(READ_SIZE),
            is_authenticated: false,
            is_lost: false,
            is_out_of_step: false,
            has_more: false,
            watch: Watch::new(),
        })
    }

    /// The address at which the client reached the server; empty for a Unix-domain socket.
    pub fn server_address(&self) -> String {
        match &self.socket {
            Socket::Tcp(stream) => stream.local_addr().map_or(String::new(), |at| at.ip().to_string()),
            Socket::Unix(_) => String::new(),
        }
    }

    pub(crate) fn socket(&self) -> &Socket {
        &self.socket
    }

    pub fn is_encrypted(&self) -> bool {
        self.tls.is_some()
    }

    /// Protocol version and cipher suite of an encrypted connection.
    pub fn encryption(&self) -> Option<(String, String)> {
        self.tls.as_ref().map(TlsStream::description)
    }

    /// The client is gone: what is written from now on is thrown away.
    pub fn is_lost(&self) -> bool {
        self.is_lost
    }

    /// Nothing sensible can be read any more: the session has to end.
    pub fn is_out_of_step(&self) -> bool {
        self.is_out_of_step
    }

    /// The client sent what it could not have sent had it understood the last answer.
    pub fn note_out_of_step(&mut self) {
        self.is_out_of_step = true;
    }

    /// From now on messages may be long.
    pub fn set_authenticated(&mut self) {
        self.is_authenticated = true;
    }

    /// The next message, after sending what is pending when it has to be waited for; `None` when the client has left.
    /// A length that no message has, and an end inside of one, are the end of the stream too; the log hears of them.
    /// # Errors
    /// 08P01 (FATAL) for a kind that there is not; those of `interrupt::check`.
    pub fn read_message(&mut self) -> Result<Option<InputMessage>> {
        let limit = if self.is_authenticated { MAX_MESSAGE_LENGTH } else { MAX_AUTHENTICATION_LENGTH };
        loop {
            let found = match frame::message_frame(&self.input, self.consumed, limit) {
                Err(error) if error.severity() == Severity::Log => {
                    self.is_out_of_step = true;
                    background::log::report(error.report());
                    self.flush()?;
                    return Ok(None);
                }
                found => found?,
            };
            if let Some(frame) = found {
                self.consumed = frame.end;
                let (kind, start, end) = (frame.kind, frame.body_start, frame.end);
                return Ok(Some(InputMessage { kind, buffer: self.input.clone(), start, end }));
            }
            let wanted = frame::wanted_length(&self.input, self.consumed).unwrap_or(0);
            if !self.fill(wanted)? {
                if self.consumed < self.input.len() {
                    self.consumed = self.input.len();
                    background::log::message("unexpected EOF on client connection".to_string());
                }
                return Ok(None);
            }
        }
    }

    /// Overwrites what was handed out, unless a message is still in use.
    pub(crate) fn wipe_consumed(&mut self) {
        if let Some(input) = Rc::get_mut(&mut self.input) {
            secret::wipe(&mut input[..self.consumed]);
        }
    }

    /// A whole message that is there already, without waiting or reading.
    /// # Errors
    /// 08P01 (FATAL) when the stream makes no sense.
    pub fn buffered_message(&mut self) -> Result<Option<InputMessage>> {
        match frame::message_frame(&self.input, self.consumed, MAX_MESSAGE_LENGTH)? {
            Some(frame) => {
                self.consumed = frame.end;
                let (kind, start, end) = (frame.kind, frame.body_start, frame.end);
                Ok(Some(InputMessage { kind, buffer: self.input.clone(), start, end }))
            }
            None => Ok(None),
        }
    }

    /// Whether bytes of a further message are here.
    pub fn has_buffered_input(&self) -> bool {
        self.consumed < self.input.len()
    }

    /// The body of a start-up packet; `None` when the client has left without a word.
    pub(crate) fn read_startup_packet(&mut self) -> Result<Option<Vec<u8>>> {
        loop {
            let bytes = &self.input[self.consumed..];
            if let Some(frame) = frame::startup_frame(bytes)? {
                let body = bytes[frame.body_start..frame.end].to_vec();
                self.consumed += frame.end;
                return Ok(Some(body));
            }
            if !self.fill(0)? {
                if self.has_buffered_input() {
                    bail!(PROTOCOL_VIOLATION, "incomplete startup packet");
                }
                return Ok(None);
            }
        }
    }

    /// The first byte of a TCP stream, left in the socket; `None` for others and when there is none.
    pub(crate) fn peek(&mut self) -> Result<Option<u8>> {
        let Socket::Tcp(_) = &self.socket else { return Ok(None) };
        loop {
            interrupt::check()?;
            let mut byte = [0];
            let found = match &self.socket {
                Socket::Tcp(stream) => stream.peek(&mut byte),
                Socket::Unix(_) => return Ok(None),
            };
            match found {
                Ok(0) => return Ok(None),
                Ok(_) => return Ok(Some(byte[0])),
                Err(cause) if cause.kind() == ErrorKind::WouldBlock => {
                    self.wait(WaitEvent::ClientClientRead, true)?;
                }
                Err(cause) if cause.kind() == ErrorKind::Interrupted => {}
                Err(_) => return Ok(None),
            }
        }
    }

    /// Sends everything that is pending. A client that is gone is no error here: the next `interrupt::check` tells.
    /// # Errors
    /// Only that the session is told to end while the client does not read.
    pub fn flush(&mut self) -> Result<()> {
        let mut sent = 0;
        while !self.is_lost && sent < self.output.len() {
            let bytes = &self.output.as_bytes()[sent..];
            let result = match &mut self.tls {
                Some(tls) => tls.write(&mut self.socket, bytes),
                None => self.socket.write(bytes),
            };
            match result {
                Ok(count) => sent += count,
                Err(cause) if cause.kind() == ErrorKind::Interrupted => {}
                Err(cause) if cause.kind() == ErrorKind::WouldBlock => {
                    self.wait(WaitEvent::ClientClientWrite, false)?;
                    if interrupts::is_terminating() {
                        self.output.clear();
                        self.is_lost = true;
                        interrupt::check()?;
                    }
                }
                Err(_) => self.lose(),
            }
        }
        self.output.clear();
        while !self.is_lost
            && let Some(tls) = self.tls.as_mut().filter(|tls| tls.wants_write())
        {
            match tls.send_pending(&mut self.socket) {
                Ok(()) => {}
                Err(cause) if cause.kind() == ErrorKind::Interrupted => {}
                Err(cause) if cause.kind() == ErrorKind::WouldBlock => {
                    self.wait(WaitEvent::ClientClientWrite, false)?;
                    if interrupts::is_terminating() {
                        self.is_lost = true;
                        interrupt::check()?;
                    }
                }
                Err(_) => self.lose(),
            }
        }
        Ok(())
    }

    /// Sends what is pending if it is much.
    /// # Errors
    /// As [`Connection::flush`].
    #[inline]
    pub fn flush_if_full(&mut self) -> Result<()> {
        if self.output.len() >= FLUSH_THRESHOLD { self.flush() } else { Ok(()) }
    }

    /// Sends a last report as well as it can be done, without waiting for a client that does not read.
    pub fn send_last(&mut self, error: &Error) {
        self.output.report(error.report());
        let bytes = self.output.as_bytes();
        // The process ends: whether the client hears of it is no longer ours to see to.
        let _ = match &mut self.tls {
            Some(tls) => tls.write(&mut self.socket, bytes),
            None => self.socket.write(bytes),
        };
        self.output.clear();
    }

    /// Goes over to TLS.
    /// # Errors
    /// 08P01 for a failed handshake.
    pub(crate) fn start_tls(&mut self, config: &Arc<ServerConfig>) -> Result<()> {
        let failed =
            |cause: io::Error| error!(PROTOCOL_VIOLATION, "could not accept SSL connection: {cause}");
        // What came in the clear before the handshake must not be taken for what came under its protection.
        let early = self.input[self.consumed..].to_vec();
        let mut tls = TlsStream::new(config).map_err(failed)?;
        self.input = Rc::new(Vec::with_capacity(READ_SIZE));
        self.consumed = 0;
        if !early.is_empty() {
            bail!(PROTOCOL_VIOLATION, "received unencrypted data after SSL request");
        }
        loop {
            match tls.handshake(&mut self.socket) {
                Ok(_) => break,
                Err(cause) if matches!(cause.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => {
                    self.wait(WaitEvent::ClientSslOpenServer, !tls.wants_write())?;
                    interrupt::check()?;
                }
                Err(cause) => return Err(failed(cause)),
            }
        }
        self.tls = Some(tls);
        Ok(())
    }

    /// What the client named in the handshake.
    pub(crate) fn application_protocol(&self) -> Option<&[u8]> {
        self.tls.as_ref().and_then(TlsStream::application_protocol)
    }

    /// The user at the other end of a Unix-domain socket.
    pub(crate) fn peer_user(&self) -> io::Result<u32> {
        Ok(rustix::net::sockopt::socket_peercred(self.socket.as_fd())?.uid.as_raw())
    }

    /// Ends an encrypted stream as TLS wants it.
    pub fn close(&mut self) {
        if let Some(tls) = &mut self.tls
            && !self.is_lost
        {
            tls.say_farewell(&mut self.socket);
        }
    }

    /// Reads more bytes, waiting for them; false at the end of the stream. `wanted` is the length of the message that is incomplete.
    fn fill(&mut self, wanted: usize) -> Result<bool> {
        // What may be here already is answered together with what came before it.
        let mut may_be_here = self.has_more || self.tls.is_some();
        loop {
            // The order matters: reset the latch, look at everything it may have been set for, then wait.
            if let Some(slot) = current_slot() {
                slot.latch.reset();
            }
            interrupt::check()?;
            if self.is_lost {
                return Ok(false);
            }
            if may_be_here && let Some(is_more) = self.read_now(wanted)? {
                return Ok(is_more);
            }
            may_be_here = true;
            if self.output.len() > 0 {
                self.flush()?;
            }
            if let Some(is_more) = self.look_out(wanted)? {
                return Ok(is_more);
            }
            self.wait(WaitEvent::ClientClientRead, true)?;
        }
    }

    /// For a moment, as long as nobody else wants the processor, awaits bytes without sleeping.
    fn look_out(&mut self, wanted: usize) -> Result<Option<bool>> {
        let Some(slot) = current_slot() else { return Ok(None) };
        let _waiting = Waiting::start(WaitEvent::ClientClientRead);
        while self.watch.goes_on() {
            interrupt::check()?;
            if let Some(is_more) = self.read_now(wanted)? {
                self.watch.succeeded();
                return Ok(Some(is_more));
            }
            if slot.latch.is_set() {
                self.watch.give_up();
                break;
            }
        }
        Ok(None)
    }

    /// How long to look out for the client's next message before sleeping.
    pub fn set_watch_time(&mut self, limit: Duration) {
        self.watch.limit = limit;
    }

    /// Reads what is here: whether there was more, or `None` if that is not known yet.
    fn read_now(&mut self, wanted: usize) -> Result<Option<bool>> {
        match self.read_some(wanted) {
            Ok(0) => {
                // It may have closed its own side only, and still await the answers.
                if self.output.len() > 0 {
                    self.flush()?;
                }
                Ok(Some(false))
            }
            Ok(_) => Ok(Some(true)),
            Err(cause) if matches!(cause.kind(), ErrorKind::Interrupted | ErrorKind::WouldBlock) => Ok(None),
            Err(cause) if cause.kind() == ErrorKind::ConnectionReset => Ok(Some(false)),
            Err(cause) => Err(error!(
                CONNECTION_FAILURE,
                "could not receive data from client: {}",
                without_number(&cause)
            )
            .with_severity(Severity::Fatal)),
        }
    }

    fn read_some(&mut self, wanted: usize) -> io::Result<usize> {
        let pending = self.input.len() - self.consumed;
        let room = wanted.saturating_sub(pending).clamp(READ_SIZE, 1 << 20);
        if Rc::get_mut(&mut self.input).is_none() {
            // A message is still in use: it keeps the old buffer.
            let mut fresh = Vec::with_capacity(pending + room);
            fresh.extend_from_slice(&self.input[self.consumed..]);
            self.input = Rc::new(fresh);
            self.consumed = 0;
        }
        let Some(input) = Rc::get_mut(&mut self.input) else { return Err(ErrorKind::Interrupted.into()) };
        if self.consumed > 0 {
            input.drain(..self.consumed);
            self.consumed = 0;
        }
        let before = input.len();
        let Some(tls) = &mut self.tls else {
            input.reserve(room);
            let room = input.capacity() - before;
            let count = rustix::net::recv(self.socket.as_fd(), spare_capacity(input), RecvFlags::empty())?.1;
            self.has_more = count == room;
            return Ok(count);
        };
        input.resize(before + room, 0);
        let result = tls.read(&mut self.socket, &mut input[before..]);
        input.truncate(before + *result.as_ref().unwrap_or(&0));
        result
    }

    /// Sleeps until the socket is ready, the latch is set, or a signal came.
    fn wait(&mut self, event: WaitEvent, for_input: bool) -> Result<()> {
        let mut interests = [Interest::new(self.socket.as_fd(), for_input, !for_input)];
        match current_slot() {
            Some(slot) => {
                slot.latch.wait(event, &mut interests, None)?;
                if !for_input {
                    slot.latch.reset();
                }
            }
            None => {
                poll::wait(&mut interests, None::<Duration>)
                    .map_err(|cause| Error::io("ppoll() failed", &cause))?;
            }
        }
        Ok(())
    }

    /// Sleeps for so long, or until a signal comes or the client goes; false if it has gone. Needs no process slot.
    pub fn pause(&mut self, limit: Duration) -> Result<bool> {
        let mut interests = [Interest::new(self.socket.as_fd(), false, false)];
        poll::wait(&mut interests, Some(limit)).map_err(|cause| Error::io("ppoll() failed", &cause))?;
        Ok(!interests[0].is_closed)
    }

    fn lose(&mut self) {
        self.is_lost = true;
        interrupts::note_client_lost();
    }
}

fn without_number(cause: &io::Error) -> String {
    let text = cause.to_string();
    text.split(" (os error").next().unwrap_or(&text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use system::process::{self, Exit, Fork};
    use system::signal;

    /// Runs `work` with both ends of a connection, in a process of its own.
    fn check(work: fn(Connection, UnixStream) -> bool) {
        let Fork::Parent(child) = process::fork().unwrap() else {
            signal::prepare_thread().unwrap();
            interrupts::prepare().unwrap();
            let (ours, theirs) = UnixStream::pair().unwrap();
            let mut connection = Connection::new(Socket::Unix(ours)).unwrap();
            connection.set_authenticated();
            process::exit_immediately(if work(connection, theirs) { 0 } else { 1 })
        };
        assert_eq!(process::wait_for(child).unwrap(), Exit::Code(0));
    }

    /// Messages come out whole, however they were cut, and stay valid while later ones are read.
    #[test]
    fn messages_are_whole() {
        check(|mut connection, mut client| {
            client.write_all(b"Q\0\0\0\x06a\0Q\0\0").unwrap();
            let first = connection.read_message().unwrap().unwrap();
            client.write_all(b"\0\x06b\0").unwrap();
            let second = connection.read_message().unwrap().unwrap();
            let long = vec![b'x'; 50_000];
            let head = [&b"d"[..], &50_004u32.to_be_bytes()].concat();
            client.write_all(&[head, long.clone()].concat()).unwrap();
            let third = connection.read_message().unwrap().unwrap();
            drop(client);
            let end = connection.read_message().unwrap();
            first.body() == b"a\0" && second.body() == b"b\0" && third.body() == long && end.is_none()
        });
    }

    /// A stream that ends inside a message, or holds none, is an error of the client.
    #[test]
    fn broken_streams() {
        check(|mut connection, mut client| {
            client.write_all(b"Q\0\0\0\x09a").unwrap();
            drop(client);
            connection.read_message().is_ok_and(|message| message.is_none())
        });
        check(|mut connection, mut client| {
            client.write_all(b"hello world").unwrap();
            connection.read_message().is_err_and(|error| error.sqlstate().as_str() == "08P01")
        });
    }

    /// Writing to a client that is gone is no error; the next check ends the session.
    #[test]
    fn a_lost_client() {
        check(|mut connection, client| {
            drop(client);
            connection.output.empty_query_response();
            let flushed = connection.flush().is_ok();
            let told = interrupt::check().is_err_and(|error| error.sqlstate().as_str() == "08006");
            flushed && told && connection.is_lost() && connection.output.len() == 0
        });
    }
}
