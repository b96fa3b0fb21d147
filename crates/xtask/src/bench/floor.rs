//! A server that answers without doing anything: as fast as this machine lets pgbench be.
//!
//! It speaks just enough of the protocol for pgbench's select-only transactions, with a thread per client.

use std::io::{BufReader, Read, Result, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;

/// Part of the socket's name only; nothing listens on a port.
const PORT: u16 = 5432;

pub struct Floor {
    directory: tempfile::TempDir,
}

impl Floor {
    /// Listens until the process ends.
    pub fn start() -> Result<Floor> {
        let directory = tempfile::Builder::new().prefix("ferrodon-floor").tempdir_in("/tmp")?;
        let listener = UnixListener::bind(directory.path().join(format!(".s.PGSQL.{PORT}")))?;
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                // A client that leaves ends its thread; there is nobody to tell.
                std::thread::spawn(move || drop(serve(client)));
            }
        });
        Ok(Floor { directory })
    }

    pub fn directory(&self) -> &Path {
        self.directory.path()
    }

    pub fn port(&self) -> u16 {
        PORT
    }
}

fn message(out: &mut Vec<u8>, kind: u8, body: &[u8]) {
    out.push(kind);
    out.extend_from_slice(&(body.len() as u32 + 4).to_be_bytes());
    out.extend_from_slice(body);
}

fn row_description(out: &mut Vec<u8>) {
    // One column `abalance`: no table, type int4 of 4 bytes, no modifier, as text.
    let mut body = b"\0\x01abalance\0".to_vec();
    body.extend_from_slice(&[0, 0, 0, 0, 0, 0, 0, 0, 0, 23, 0, 4, 255, 255, 255, 255, 0, 0]);
    message(out, b'T', &body);
}

fn row(out: &mut Vec<u8>) {
    message(out, b'D', b"\0\x01\0\0\0\x011");
    message(out, b'C', b"SELECT 1\0");
}

fn serve(client: UnixStream) -> Result<()> {
    let mut input = BufReader::new(client.try_clone()?);
    let mut client = client;
    let mut out = Vec::new();
    let mut body = Vec::new();
    read_body(&mut input, &mut body)?;
    message(&mut out, b'R', &[0; 4]);
    message(&mut out, b'Z', b"I");
    loop {
        if input.buffer().is_empty() && !out.is_empty() {
            client.write_all(&out)?;
            out.clear();
        }
        let mut kind = [0];
        input.read_exact(&mut kind)?;
        read_body(&mut input, &mut body)?;
        match kind[0] {
            b'Q' => {
                // It asks for partitions, too; an old server would not know them.
                if body.starts_with(b"select o.n") {
                    message(&mut out, b'E', b"SERROR\0C42P01\0Mno such table\0\0");
                } else {
                    row_description(&mut out);
                    row(&mut out);
                }
                message(&mut out, b'Z', b"I");
            }
            b'P' => message(&mut out, b'1', b""),
            b'B' => message(&mut out, b'2', b""),
            b'D' => row_description(&mut out),
            b'E' => row(&mut out),
            b'S' => message(&mut out, b'Z', b"I"),
            b'X' => return Ok(()),
            _ => {}
        }
    }
}

fn read_body(input: &mut impl Read, body: &mut Vec<u8>) -> Result<()> {
    let mut length = [0; 4];
    input.read_exact(&mut length)?;
    body.resize((u32::from_be_bytes(length) as usize).saturating_sub(4), 0);
    input.read_exact(body)
}
