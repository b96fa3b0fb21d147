//! COPY that fails, by a driver and message by message: the connection stays in step, whatever is still in flight.

use std::io::Write;

use postgres::Client;

use crate::conversation::{Conversation, bind, execute, message, parse, query, sync};
use crate::server::Server;
use crate::session::ask;

/// Rows by COPY through the driver: how many arrived, or the SQLSTATE.
fn copy(client: &mut Client, rows: &[&str]) -> Result<u64, String> {
    let told = |error: postgres::Error| match error.code() {
        Some(code) => code.code().to_string(),
        None => error.to_string(),
    };
    let mut writer = client.copy_in("COPY t FROM STDIN").map_err(told)?;
    for row in rows {
        // The driver may hear of the failure only at the end.
        let _ = writer.write_all(row.as_bytes());
    }
    writer.finish().map_err(told)
}

/// After each kind of failure the driver's next COPY works.
#[test]
fn a_driver_goes_on_after_a_failure() {
    let server = Server::start(&[]);
    for text in ["invalid input syntax", "duplicate key", "missing data", "COPY from stdin failed"] {
        server.announce(text);
    }
    let mut client = server.connect();
    ask(&mut client, "CREATE TABLE t (i int PRIMARY KEY, t text)");
    let long = format!("7\t{}\n", "x".repeat(100_000));
    for (rows, code) in [
        (vec!["x\ta\n"], "22P02"),
        (vec!["1\ta\n", "x\ta\n", "2\ta\n"], "22P02"),
        (vec!["1\ta\n", "1\ta\n"], "23505"),
        (vec!["1\ta\n", "2"], "22P04"),
        (vec!["x\ta\n", &long, &long, &long, &long], "22P02"),
        (vec![&long, "x\ta\n", &long], "22P02"),
    ] {
        assert_eq!(copy(&mut client, &rows), Err(code.to_string()), "{code}");
        assert_eq!(copy(&mut client, &["1\ta\n", "2\tb\n"]), Ok(2));
        assert_eq!(ask(&mut client, "DELETE FROM t; SELECT 1"), "1");
        let mut writer = client.copy_in("COPY t FROM STDIN").unwrap();
        writer.write_all(b"1\ta\n").unwrap();
        // The driver gives up.
        drop(writer);
        assert_eq!(client.query_one("SELECT count(*) FROM t", &[]).unwrap().get::<_, i64>(0), 0);
    }
}

/// The messages of a COPY that fails while more is in flight are PostgreSQL's, one by one, and nothing is answered twice.
#[test]
fn messages_in_flight() {
    let server = Server::start(&[]);
    for text in [
        "invalid input syntax",
        "COPY from stdin failed",
        "unexpected message",
        "terminating",
        "statement timeout",
        "does not exist",
    ] {
        server.announce(text);
    }
    server.ask("CREATE TABLE t (i int, t text)");
    let copy = [parse("COPY t FROM STDIN"), bind(), execute()].concat();
    let (good, bad, done) = (message(b'd', b"1\ta\n"), message(b'd', b"x\tb\n"), message(b'c', b""));
    let sync = sync();
    let count = query("SELECT count(*) FROM t");
    let wrong = "E22P02 COPY t, line 2, column i: \"x\";";
    let check = |parts: &[&[u8]], expected: &str| {
        let mut conversation = Conversation::new(&server);
        assert_eq!(
            conversation.answers(&[parts.concat(), count.clone()].concat()),
            format!("{expected} TD0CZ")
        );
    };
    // Whether the Sync behind Execute comes before the rows or not, one ReadyForQuery ends the failure.
    check(&[&copy, &sync, &good, &bad, &good, &done, &sync], &format!("12G{wrong}Z"));
    check(&[&copy, &good, &bad, &done, &sync], &format!("12G{wrong}Z"));
    // What follows the Sync is served, and what came before it is not.
    check(&[&copy, &good, &bad, &done, &copy, &good, &done, &sync], &format!("12G{wrong}Z"));
    let failed = message(b'f', b"no\0");
    check(&[&copy, &sync, &good, &failed, &sync], "12GE57014 COPY t, line 2;Z");
    check(&[&query("COPY t FROM STDIN"), &good, &bad, &done], &format!("G{wrong}Z"));
    check(&[&good, &done, &sync], "Z");
    let missing = [parse("COPY nosuch FROM STDIN"), bind(), execute()].concat();
    check(&[&missing, &good, &done, &sync], "12E42P01 ;Z");
    let mut conversation = Conversation::new(&server);
    let lost = conversation.answers(&[&copy[..], &good, &count].concat());
    assert_eq!(lost, "12GE08P01 COPY t, line 2;E08P01 ;");
    // A row after a timeout belongs to the COPY that has failed.
    let mut conversation = Conversation::new(&server);
    let first = [query("SET statement_timeout = 50"), copy.clone(), good.clone()].concat();
    assert_eq!(conversation.answers_until(&first, b'E'), "CZ 12GE57014 COPY t, line 2;");
    assert_eq!(conversation.answers(&[&good[..], &done, &sync, &count].concat()), "Z TD0CZ");
}
