//! Sessions that were forked ahead of their clients.
//!
//! A ready process has done what needs no client and sleeps on a channel. The postmaster sends it an accepted socket; from then on
//! it is a session like any other. It holds no slot and nothing shared. When its channel is closed it ends: that is how it is told of
//! changed settings, of a shutdown, and of a crash.

use std::io::{Error, ErrorKind, IoSlice, IoSliceMut, Result};
use std::mem::MaybeUninit;
use std::net::TcpStream;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;

use backend::Socket;
use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer, SendAncillaryMessage,
    SendFlags, recvmsg, sendmsg,
};
use system::poll::{self, Interest};
use system::process::ProcessId;
use system::signal::{self, Signal};

/// A ready process, as the postmaster knows it.
pub struct ReadyBackend {
    pub process: ProcessId,
    channel: UnixStream,
}

/// The process's own end.
pub struct Channel(UnixStream);

/// A new channel, before the fork.
pub fn channel() -> Result<(UnixStream, Channel)> {
    let (ours, theirs) = UnixStream::pair()?;
    Ok((ours, Channel(theirs)))
}

impl ReadyBackend {
    pub fn new(process: ProcessId, channel: UnixStream) -> ReadyBackend {
        ReadyBackend { process, channel }
    }

    /// Gives the process its client.
    /// # Errors
    /// When it has gone.
    pub fn give(self, socket: &Socket) -> Result<()> {
        let kind = match socket {
            Socket::Tcp(_) => b't',
            Socket::Unix(_) => b'u',
        };
        let descriptors = [socket.as_fd()];
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
        let mut control = SendAncillaryBuffer::new(&mut space);
        control.push(SendAncillaryMessage::ScmRights(&descriptors));
        sendmsg(&self.channel, &[IoSlice::new(&[kind])], &mut control, SendFlags::NOSIGNAL)?;
        Ok(())
    }
}

impl Channel {
    /// Sleeps until there is a client; `None` when there will be none.
    pub fn wait_for_client(self) -> Result<Option<Socket>> {
        loop {
            if signal::is_noted(Signal::Terminate) {
                return Ok(None);
            }
            let mut interests = [Interest::new(self.0.as_fd(), true, false)];
            poll::wait(&mut interests, None)?;
            if interests[0].is_readable || interests[0].is_closed {
                return self.receive();
            }
        }
    }

    fn receive(&self) -> Result<Option<Socket>> {
        let mut kind = [0];
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
        let mut control = RecvAncillaryBuffer::new(&mut space);
        let got = recvmsg(&self.0, &mut [IoSliceMut::new(&mut kind)], &mut control, RecvFlags::CMSG_CLOEXEC)?;
        if got.bytes == 0 {
            return Ok(None);
        }
        let descriptor: Option<OwnedFd> = control.drain().find_map(|message| match message {
            RecvAncillaryMessage::ScmRights(mut descriptors) => descriptors.next(),
            _ => None,
        });
        let descriptor = descriptor.ok_or_else(|| Error::from(ErrorKind::InvalidData))?;
        Ok(Some(match kind[0] {
            b't' => Socket::Tcp(TcpStream::from(descriptor)),
            _ => Socket::Unix(UnixStream::from(descriptor)),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read, Write};

    /// A socket goes through with what is written to it; a closed channel says that none will come.
    #[test]
    fn sockets_are_handed_over() {
        signal::prepare_thread().unwrap();
        let (mut client, server) = UnixStream::pair().unwrap();
        let (ours, theirs) = channel().unwrap();
        ReadyBackend::new(1, ours).give(&Socket::Unix(server)).unwrap();
        client.write_all(b"hello").unwrap();
        let Ok(Some(mut socket)) = theirs.wait_for_client() else { panic!("no socket came") };
        let mut text = [0; 5];
        socket.read_exact(&mut text).unwrap();
        assert_eq!(&text, b"hello");

        let (ours, theirs) = channel().unwrap();
        drop(ours);
        assert!(theirs.wait_for_client().unwrap().is_none());
    }
}
