//! Clients that send what no client should: each gets PostgreSQL's error, the server stays well, and nobody else notices.

use std::io::{Read, Write};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::time::Duration;

use crate::server::{Server, wait_for};
use crate::session::{ask, failure};

/// A start-up packet of this version with these parameters.
fn startup(version: u32, parameters: &[u8]) -> Vec<u8> {
    let length = 8 + parameters.len() as u32;
    [&length.to_be_bytes()[..], &version.to_be_bytes(), parameters].concat()
}

fn usual_startup() -> Vec<u8> {
    startup(196_608, b"user\0postgres\0database\0postgres\0\0")
}

fn message(kind: u8, body: &[u8]) -> Vec<u8> {
    [&[kind][..], &(4 + body.len() as u32).to_be_bytes(), body].concat()
}

fn query(text: &str) -> Vec<u8> {
    message(b'Q', format!("{text}\0").as_bytes())
}

/// A raw connection on which `bytes` were sent.
fn knock(server: &Server, bytes: &[u8]) -> UnixStream {
    let mut stream = UnixStream::connect(server.socket()).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    // A server that refuses early may have hung up already.
    let _ = stream.write_all(bytes);
    stream
}

/// Sends `bytes`, ends the stream, and gives the SQLSTATEs and other answers: `Z` for ReadyForQuery, `D` for a row.
fn answers(server: &Server, bytes: &[u8]) -> String {
    let mut stream = knock(server, bytes);
    let _ = stream.shutdown(Shutdown::Write);
    let mut all = Vec::new();
    let _ = stream.read_to_end(&mut all);
    let (mut rest, mut words) = (&all[..], Vec::new());
    while rest.len() >= 5 {
        let end = 1 + u32::from_be_bytes(rest[1..5].try_into().unwrap()) as usize;
        let fields: Vec<&[u8]> = rest[5..end].split(|byte| *byte == 0).collect();
        let field = |name| {
            let found = fields.iter().find(|field| field.first() == Some(&name)).unwrap();
            String::from_utf8_lossy(&found[1..]).into_owned()
        };
        match rest[0] {
            b'E' => words.push(format!("{} {}", field(b'S'), field(b'C'))),
            kind @ (b'Z' | b'D') => words.push(char::from(kind).to_string()),
            _ => {}
        }
        rest = &rest[end..];
    }
    words.join(" ")
}

/// What comes instead of a start-up packet is refused, and the next client is served.
#[test]
fn broken_startup_packets() {
    let server = Server::start(&[]);
    server.announce("FATAL:  ");
    let check = |bytes: &[u8], expected: &str| {
        assert_eq!(answers(&server, bytes), expected, "{:?}", String::from_utf8_lossy(bytes));
    };
    for silent in [
        &b""[..],
        b"\0\0",
        b"\0\0\0\x03",
        b"\x7f\xff\xff\xffxxxx",
        b"GET / HTTP/1.0\r\n\r\n",
        &usual_startup()[..20],
        b"\0\0\0\x0c\x04\xd2\x16\x2e\0\0\0\x01",
    ] {
        check(silent, "");
    }
    check(&startup(2 << 16, b"user\0postgres\0\0"), "FATAL 0A000");
    check(&startup(4 << 16, b"user\0postgres\0\0"), "FATAL 0A000");
    for layout in [&b""[..], b"user", b"user\0postgres\0database", b"user\0postgres\0\0more"] {
        check(&startup(196_608, layout), "FATAL 08P01");
    }
    check(&startup(196_608, b"database\0postgres\0\0"), "FATAL 28000");
    check(&startup(196_608, b"user\0postgres\0replication\0maybe\0\0"), "FATAL 22023");
    check(&startup(196_608, &[&b"user\0"[..], &[b'u'; 9000], b"\0\0"].concat()), "FATAL 28000");
    let ssl = b"\0\0\0\x08\x04\xd2\x16\x2f";
    let mut stream = knock(&server, &[&ssl[..], &usual_startup()].concat());
    let mut all = Vec::new();
    stream.read_to_end(&mut all).unwrap();
    assert!(String::from_utf8_lossy(&all).contains("received unencrypted data after SSL request"));
    assert_eq!(server.ask("SELECT 1"), "1");
}

/// A malformed message is an error of its statement; a stream whose messages cannot be told apart ends.
#[test]
fn broken_messages() {
    let server = Server::start(&[]);
    for text in ["ERROR:  ", "FATAL:  "] {
        server.announce(text);
    }
    server.ask("CREATE TABLE t (a int)");
    let check = |bytes: &[u8], expected: &str| {
        let (sync, next) = (message(b'S', b""), query("SELECT 1"));
        let all = [&usual_startup(), bytes, &sync, &next].concat();
        assert_eq!(
            answers(&server, &all),
            format!("Z {expected}").trim_end(),
            "{:?}",
            String::from_utf8_lossy(bytes)
        );
    };
    for end in [&b"zzzz"[..], b"hello world"] {
        check(end, "FATAL 08P01");
    }
    for end in [&b"Q\0\0\0\x03"[..], b"Q\x7f\xff\xff\xff", b"S\0\0\xff\xff"] {
        check(end, "");
    }
    check(&message(b'p', b"x\0"), "FATAL 08P01");
    check(&message(b'Q', b"SELECT 1"), "ERROR 08P01 Z Z D Z");
    check(&message(b'Q', b"SELECT '\xff'\0"), "ERROR 22021 Z Z D Z");
    check(&message(b'S', b"x"), "ERROR 08P01 Z Z D Z");
    check(&message(b'F', b""), "ERROR 0A000 Z Z D Z");
    for (kind, body) in [(b'P', &b"\0SELECT"[..]), (b'D', b""), (b'D', b"X\0"), (b'C', b"X\0"), (b'E', b"")] {
        check(&message(kind, body), "ERROR 08P01 Z D Z");
    }
    let parse = message(b'P', b"\0SELECT $1::int\0\0\0");
    for (bind, code) in [
        (&b"\0\0\0\0\0\0\0\0"[..], "08P01"),
        (b"\0\0\0\x02\0\0\0\0\0\x01\0\0\0\x011\0\0", "08P01"),
        (b"\0\0\0\x01\0\x07\0\x01\0\0\0\x011\0\0", "22023"),
        (b"\0\0\0\0\0\x01\xff\xff\xff\xf0\0\0", "08P01"),
        (b"\0\0\0\0\0\x01\x7f\0\0\0ab", "08P01"),
        (b"\0\0\0\x01\0\x01\0\x01\0\0\0\x05\0\0\0\0\x01\0\0", "22P03"),
        (b"\0\0\0\0\0\x01\0\0\0\x01\xff\0\0", "22021"),
        (b"\0", "08P01"),
    ] {
        let execute = message(b'E', b"\0\0\0\0\0");
        let bind = message(b'B', bind);
        check(&[&parse[..], &bind, &execute].concat(), &format!("ERROR {code} Z D Z"));
    }
    let copy = query("COPY t FROM STDIN");
    let with_copy = |bytes: &[u8]| [&copy[..], bytes].concat();
    check(&with_copy(&message(b'f', b"no\0")), "ERROR 57014 Z Z D Z");
    check(&with_copy(&[message(b'd', b"1\nx\n"), message(b'c', b"")].concat()), "ERROR 22P02 Z Z D Z");
    check(&with_copy(&[message(b'd', b"\xff\n"), message(b'c', b"")].concat()), "ERROR 22021 Z Z D Z");
    check(&with_copy(&query("SELECT 1")), "ERROR 08P01 FATAL 08P01");
    check(&with_copy(b"d\0\0\0\x01"), "ERROR 08006 FATAL 08P01");
    assert_eq!(server.ask("SELECT count(*) FROM t"), "0");
}

/// Whoever vanishes, in a message, in COPY or in a transaction, leaves nothing behind; whoever does not read can be thrown out.
#[test]
fn vanished_and_deaf_clients() {
    let server = Server::start(&[]);
    for text in [
        "unexpected EOF on client connection",
        "connection to client lost",
        "terminating connection",
        "could not send",
    ] {
        server.announce(text);
    }
    server.ask("CREATE TABLE t (a int); INSERT INTO t VALUES (1)");
    let hold = "BEGIN; LOCK TABLE t; UPDATE t SET a = 2";
    for last in
        [vec![], b"Q\0\0\0\x40sel".to_vec(), [query("COPY t FROM STDIN"), message(b'd', b"7\n")].concat()]
    {
        let stream = knock(&server, &[usual_startup(), query(hold), last].concat());
        let locked = "SELECT count(*) FROM pg_locks WHERE mode = 'AccessExclusiveLock' AND granted";
        wait_for("the lock", || server.ask(locked) == "1");
        drop(stream);
        assert_eq!(server.ask("SET lock_timeout = '30s'; SELECT a FROM t"), "1");
    }
    let deaf = knock(
        &server,
        &[usual_startup(), query("SELECT repeat('x', 1000) FROM generate_series(1, 1000000)")].concat(),
    );
    let writing = "SELECT pid FROM pg_stat_activity WHERE wait_event = 'ClientWrite'";
    wait_for("a full pipe", || !server.ask(writing).is_empty());
    assert_eq!(server.ask("SELECT a FROM t"), "1");
    server.ask(&format!("SELECT pg_terminate_backend({})", server.ask(writing)));
    wait_for("the end of the session", || server.ask(writing).is_empty());
    drop(deaf);
}

/// What is nested too deeply is an error, wherever it is nested, and what is only long works.
#[test]
fn deep_and_long_statements() {
    let server = Server::start(&[]);
    server.announce("ERROR:  ");
    let deep = 100_000;
    for (before, middle, after) in [
        ("(", "1", ")"),
        ("(SELECT ", "1", ")"),
        ("CASE WHEN true THEN ", "1", " END"),
        ("ARRAY[", "1", "]"),
        ("- ", "1", ""),
        ("NOT ", "true", ""),
        ("abs(", "1", ")"),
        ("1 + ", "1", ""),
        ("1 || (", "1", ")"),
    ] {
        let text = format!("SELECT {}{middle}{}", before.repeat(deep), after.repeat(deep));
        assert_eq!(server.ask(&text), "ERROR 54001", "{before}");
    }
    let cases = |depth| format!("SELECT {}1{}", "CASE WHEN true THEN ".repeat(depth), " END".repeat(depth));
    let mut client = server.connect();
    assert_eq!(ask(&mut client, &cases(1000)), "1");
    client.batch_execute("SET max_stack_depth = '100kB'").unwrap();
    assert_eq!(ask(&mut client, &cases(50)), "1");
    let (code, message, hint) = failure(&mut client, &cases(400));
    assert_eq!((&code[..], &message[..]), ("54001", "stack depth limit exceeded"));
    assert!(hint.contains("\"max_stack_depth\" (currently 100kB), after ensuring the platform's"), "{hint}");
    assert_eq!(ask(&mut client, "RESET max_stack_depth; SELECT 1"), "1");
    let sum = format!("{}1", "1 + ".repeat(5000));
    assert_eq!(server.ask(&format!("SELECT {sum}")), "5001");
    let stored =
        format!("CREATE VIEW v AS SELECT {sum} AS x; SELECT x, length(pg_get_viewdef('v')) > 5000 FROM v");
    assert_eq!(server.ask(&stored), "5001|t");
    assert_eq!(server.ask(&format!("CREATE TABLE c (a int DEFAULT {sum}, CHECK (a <= {sum}))")), "");
    assert_eq!(server.ask("INSERT INTO c DEFAULT VALUES; SELECT a FROM c"), "5001");

    let numbers: Vec<String> = (0..100_000).map(|number| number.to_string()).collect();
    assert_eq!(server.ask(&format!("SELECT 5 IN ({})", numbers.join(","))), "t");
    assert_eq!(
        server.ask(&format!("SELECT {} AND true", "true AND ".repeat(deep).trim_end_matches(" AND "))),
        "t"
    );
    assert_eq!(server.ask(&format!("SELECT length('{}')", "x".repeat(10_000_000))), "10000000");
    assert_eq!(server.ask(&format!("SELECT {} FROM", "x".repeat(10_000_000))), "ERROR 42601");
    assert_eq!(server.ask(&format!("SELECT 1 {}", "1 ".repeat(5_000_000))), "ERROR 42601");
    assert_eq!(server.ask("SELECT 1"), "1");
}

/// Values beyond what a type, a row or an index holds.
#[test]
fn values_out_of_range() {
    let server = Server::start(&[]);
    server.announce("ERROR:  ");
    server.ask("CREATE TABLE t (a text PRIMARY KEY)");
    let long = "INSERT INTO t SELECT string_agg(md5(i::text), '') FROM generate_series(1, 1000) i";
    for (statement, code) in [
        (long, "54000"),
        ("SELECT 2147483647 + 1", "22003"),
        ("SELECT 9223372036854775807 + 1", "22003"),
        ("SELECT 1 / 0", "22012"),
        ("SELECT 1e308::float8 * 10", "22003"),
        ("SELECT 'nan'::float8::int", "22003"),
        ("SELECT 10::numeric ^ 200000", "22003"),
        ("SELECT sqrt(-1)", "2201F"),
        ("SELECT '2024-02-30'::date", "22008"),
        ("SELECT timestamp '294276-12-31' + interval '1 year'", "22008"),
        ("SELECT repeat('x', 2000000000)", "54000"),
        ("SELECT chr(-1)", "22023"),
        ("SELECT 1 LIMIT -1", "2201W"),
        ("SELECT E'\\xff'", "22021"),
    ] {
        assert_eq!(server.ask(statement), format!("ERROR {code}"), "{statement}");
    }
    assert_eq!(server.ask("SELECT count(*) FROM t"), "0");
}
