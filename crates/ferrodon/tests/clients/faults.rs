//! Crowds of clients: those who cannot be served are told so, and the others are served.

use std::io::Read;
use std::os::unix::net::UnixStream;

use crate::server::{Server, wait_for};

/// Of 2,000 clients at once those beyond `max_connections` are told so, sessions go on, and afterwards there is room again.
#[test]
fn a_crowd_of_clients() {
    let server = Server::start(&["max_connections=100"]);
    for text in ["sorry, too many clients already", "remaining connection slots", "unexpected EOF"] {
        server.announce(text);
    }
    let mut old = server.connect();
    let mut crowd = Vec::new();
    for number in 0..2000 {
        crowd.push(UnixStream::connect(server.socket()).unwrap());
        if number % 500 == 0 {
            assert_eq!(crate::session::ask(&mut old, "SELECT 1"), "1");
        }
    }
    let body = b"\0\x03\0\0user\0postgres\0database\0postgres\0\0";
    let packet = [&(4 + body.len() as u32).to_be_bytes()[..], body].concat();
    let (mut served, mut refused, mut others) = (0, 0, Vec::new());
    for stream in &mut crowd {
        // One that was refused may be closed already.
        let _ = std::io::Write::write_all(stream, &packet);
    }
    for stream in &mut crowd {
        let mut answer = vec![0; 512];
        let outcome = stream.read(&mut answer);
        match answer[..*outcome.as_ref().unwrap_or(&0)].first() {
            Some(b'R') => served += 1,
            Some(b'E') if String::from_utf8_lossy(&answer).contains("C53300") => refused += 1,
            _ => others.push((outcome, String::from_utf8_lossy(&answer).into_owned())),
        }
    }
    assert!(others.is_empty(), "{others:?}");
    assert!((90..=100).contains(&served), "{served} were served");
    assert_eq!(served + refused, 2000);
    assert_eq!(crate::session::ask(&mut old, "SELECT 1"), "1");
    drop(crowd);
    wait_for("room", || server.try_connect().is_ok());
    wait_for("the end of all sessions", || server.session_count() <= 1);
    assert_eq!(server.ask("SELECT 1"), "1");
}
