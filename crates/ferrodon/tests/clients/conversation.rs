//! A client that speaks message by message, for what no driver would say.

use std::io::{ErrorKind, Read, Write};
use std::os::unix::net::UnixStream;
use std::time::Duration;

use crate::server::Server;

pub fn message(kind: u8, body: &[u8]) -> Vec<u8> {
    [&[kind][..], &(4 + body.len() as u32).to_be_bytes(), body].concat()
}

pub fn query(text: &str) -> Vec<u8> {
    message(b'Q', format!("{text}\0").as_bytes())
}

/// Parse of the unnamed statement.
pub fn parse(text: &str) -> Vec<u8> {
    message(b'P', format!("\0{text}\0\0\0").as_bytes())
}

/// Bind of the unnamed statement to the unnamed portal.
pub fn bind() -> Vec<u8> {
    message(b'B', &[0; 8])
}

/// Execute of the unnamed portal.
pub fn execute() -> Vec<u8> {
    message(b'E', &[0; 5])
}

pub fn sync() -> Vec<u8> {
    message(b'S', b"")
}

/// Parse, Bind and Execute of each statement.
pub fn pipeline(statements: &[&str]) -> Vec<u8> {
    statements.iter().flat_map(|text| [parse(text), bind(), execute()].concat()).collect()
}

/// A session that is past its greeting.
pub struct Conversation(UnixStream);

impl Conversation {
    pub fn new(server: &Server) -> Conversation {
        let mut stream = UnixStream::connect(server.socket()).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        stream.write_all(b"\0\0\0\x29\0\x03\0\0user\0postgres\0database\0postgres\0\0").unwrap();
        let mut conversation = Conversation(stream);
        conversation.answers_until(b"", b'Z');
        conversation
    }

    /// Sends `bytes` and the end of the stream, and gives all answers, see [`Conversation::answers_until`].
    pub fn answers(&mut self, bytes: &[u8]) -> String {
        self.answers_until(&[bytes, &message(b'X', b"")].concat(), 0)
    }

    /// Sends `bytes` and gives the kinds of the answers up to one of kind `last`: of a row its first column too, of an error and a
    /// notice the SQLSTATE, the context and a semicolon. A space is behind each ReadyForQuery. Changes of settings are left out.
    pub fn answers_until(&mut self, bytes: &[u8], last: u8) -> String {
        // A server that gives up the connection does not read what follows.
        let _ = self.0.write_all(bytes);
        let mut told = String::new();
        while let Some((kind, body)) = self.next() {
            let kind_letter = char::from(kind);
            match kind {
                b'S' => {}
                b'E' | b'N' => {
                    told += &format!("{kind_letter}{} {};", field(&body, b'C'), field(&body, b'W'));
                }
                b'D' => told += &format!("{kind_letter}{}", String::from_utf8_lossy(&body[6..])),
                _ => told.push(kind_letter),
            }
            if kind == last {
                return told;
            }
            if kind == b'Z' {
                told.push(' ');
            }
        }
        told.trim_end().to_string()
    }

    fn next(&mut self) -> Option<(u8, Vec<u8>)> {
        let mut head = [0; 5];
        match self.0.read_exact(&mut head) {
            Ok(()) => {}
            Err(cause) if matches!(cause.kind(), ErrorKind::UnexpectedEof | ErrorKind::ConnectionReset) => {
                return None;
            }
            Err(cause) => panic!("no answer: {cause}"),
        }
        let length = u32::from_be_bytes([head[1], head[2], head[3], head[4]]) as usize;
        let mut body = vec![0; length - 4];
        self.0.read_exact(&mut body).unwrap();
        Some((head[0], body))
    }
}

fn field(body: &[u8], name: u8) -> String {
    let found = body.split(|byte| *byte == 0).find(|field| field.first() == Some(&name));
    found.map_or(String::new(), |field| String::from_utf8_lossy(&field[1..]).into_owned())
}
