//! Cuts a stream of bytes into messages.
//!
//! A start-up packet is `length (4, big-endian, counts itself) body`; every later message is `type (1) length (4) body`.

use error::{Error, Result, Severity, bail};

/// The longest start-up packet that is read.
pub const MAX_STARTUP_LENGTH: usize = 10_000;
/// The longest message that is read: a gigabyte less one.
pub const MAX_MESSAGE_LENGTH: usize = 0x3fff_ffff;
/// The longest message of a kind that carries no values.
pub const MAX_SMALL_MESSAGE_LENGTH: usize = 9_999;
/// The longest message of a client that has not yet authenticated itself.
pub const MAX_AUTHENTICATION_LENGTH: usize = 65_535;

/// A whole message at the start of a buffer: where it lies and what follows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Frame {
    /// The message's type byte; 0 for a start-up packet.
    pub kind: u8,
    pub body_start: usize,
    pub end: usize,
}

/// Finds the first whole start-up packet in `bytes`, or `None` when more bytes are needed.
/// # Errors
/// 08P01 for a length that no start-up packet has.
pub fn startup_frame(bytes: &[u8]) -> Result<Option<Frame>> {
    let Some(length) = length_at(bytes, 0) else { return Ok(None) };
    if !(8..=MAX_STARTUP_LENGTH).contains(&length) {
        bail!(PROTOCOL_VIOLATION, "invalid length of startup packet");
    }
    Ok((bytes.len() >= length).then_some(Frame { kind: 0, body_start: 4, end: length }))
}

/// Finds the first whole message in `bytes` from `start` on, or `None` when more bytes are needed.
/// # Errors
/// 08P01 for an unknown kind, which is FATAL, and for a length under 4 or over the kind's limit, which only the log hears of:
/// there is no telling what the peer would make of an answer.
pub fn message_frame(bytes: &[u8], start: usize, limit: usize) -> Result<Option<Frame>> {
    let Some(&kind) = bytes.get(start) else { return Ok(None) };
    if !frontend_message_kind(kind) {
        return Err(fatal(error::error!(PROTOCOL_VIOLATION, "invalid frontend message type {kind}")));
    }
    let Some(length) = length_at(bytes, start + 1) else { return Ok(None) };
    let limit = if carries_values(kind) { limit } else { MAX_SMALL_MESSAGE_LENGTH };
    if length < 4 || length > limit {
        return Err(error::error!(PROTOCOL_VIOLATION, "invalid message length").with_severity(Severity::Log));
    }
    let end = start + 1 + length;
    Ok((bytes.len() >= end).then_some(Frame { kind, body_start: start + 5, end }))
}

/// How many bytes the unfinished message at `start` will have in all, when its length is known already.
pub fn wanted_length(bytes: &[u8], start: usize) -> Option<usize> {
    length_at(bytes, start + 1).map(|length| length + 1)
}

fn frontend_message_kind(kind: u8) -> bool {
    matches!(
        kind,
        b'B' | b'C' | b'D' | b'E' | b'F' | b'H' | b'P' | b'Q' | b'S' | b'X' | b'c' | b'd' | b'f' | b'p'
    )
}

fn carries_values(kind: u8) -> bool {
    matches!(kind, b'B' | b'F' | b'P' | b'Q' | b'd' | b'f' | b'p')
}

fn length_at(bytes: &[u8], at: usize) -> Option<usize> {
    let field = bytes.get(at..at + 4)?;
    Some(u32::from_be_bytes([field[0], field[1], field[2], field[3]]) as usize)
}

fn fatal(error: Error) -> Error {
    error.with_severity(Severity::Fatal)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A message counts only when all of its bytes are there, however the stream was cut.
    #[test]
    fn partial_messages_wait() {
        let bytes = b"Q\0\0\0\x0dSELECT 1\0S\0\0\0\x04";
        for cut in 0..14 {
            assert_eq!(message_frame(&bytes[..cut], 0, MAX_MESSAGE_LENGTH).unwrap(), None);
        }
        let first = message_frame(bytes, 0, MAX_MESSAGE_LENGTH).unwrap().unwrap();
        assert_eq!((first.kind, first.body_start, first.end), (b'Q', 5, 14));
        let second = message_frame(bytes, first.end, MAX_MESSAGE_LENGTH).unwrap().unwrap();
        assert_eq!((second.kind, second.end), (b'S', bytes.len()));
    }

    #[test]
    fn wrong_lengths_are_refused() {
        assert!(message_frame(b"Q\0\0\0\x03", 0, MAX_MESSAGE_LENGTH).is_err());
        assert!(message_frame(b"Q\xff\0\0\x03", 0, MAX_MESSAGE_LENGTH).is_err());
        assert!(message_frame(b"\x01\0\0\0\x04", 0, MAX_MESSAGE_LENGTH).is_err());
        assert!(startup_frame(b"\0\0\0\x07").is_err());
        assert!(startup_frame(b"GET / HTTP/1.0").is_err());
        assert_eq!(startup_frame(b"\0\0\0\x08\x04").unwrap(), None);
    }
}
