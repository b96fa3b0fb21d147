//! Faults of the machine and crowds of clients: the one who is hit gets an error, the others are served, and nothing is lost.

use std::fs::File;
use std::io::Read;
use std::os::unix::fs::FileExt;
use std::os::unix::net::UnixStream;
use std::path::Path;

use crate::server::{Server, wait_for};

/// Turns one bit of a file over.
fn flip(path: &Path, offset: u64) {
    let file = File::options().read(true).write(true).open(path).unwrap();
    let mut byte = [0];
    file.read_exact_at(&mut byte, offset).unwrap();
    file.write_all_at(&[byte[0] ^ 0x10], offset).unwrap();
}

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

/// A damaged page is an error for whoever needs it; other tables and other pages are read as ever.
#[test]
fn a_damaged_page() {
    let server = Server::start(&[]);
    for text in ["invalid page in block", "page verification failed"] {
        server.announce(text);
    }
    server.ask("CREATE TABLE hit (a int, b text); CREATE TABLE other (a int); INSERT INTO other VALUES (7)");
    server.ask("INSERT INTO hit SELECT i, repeat('x', 500) FROM generate_series(1, 100) AS i; CHECKPOINT");
    let file = server.data().join(server.ask("SELECT pg_relation_filepath('hit')"));
    server.stop();
    flip(&file, 8192 + 4000);
    server.start_again();
    assert_eq!(server.ask("SELECT count(*) FROM hit"), "ERROR XX001");
    assert_eq!(server.ask("SELECT a FROM hit WHERE ctid = '(0,1)'"), "1");
    assert_eq!(server.ask("SELECT a FROM other"), "7");
    assert_eq!(server.ask("DROP TABLE hit; CHECKPOINT; SELECT a FROM other"), "7");
}

/// A control file that was damaged keeps the server from starting, and so does one that is missing; the right one lets it start.
#[test]
fn a_damaged_control_file() {
    let server = Server::start(&[]);
    server.announce("FATAL:  ");
    server.announce("PANIC:  ");
    server.ask("CREATE TABLE t (a int); INSERT INTO t VALUES (1)");
    server.stop();
    let control = server.data().join("global/pg_control");
    let good = std::fs::read(&control).unwrap();
    flip(&control, 40);
    assert!(server.try_start_again().is_err_and(|text| text.contains("control file")));
    std::fs::remove_file(&control).unwrap();
    assert!(
        server
            .try_start_again()
            .is_err_and(|text| text.contains("control file") || text.contains("pg_control"))
    );
    std::fs::write(&control, good).unwrap();
    server.start_again();
    assert_eq!(server.ask("SELECT a FROM t"), "1");
}
