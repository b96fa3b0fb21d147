//! Disks that are full or fail: the statement that needs them gets PostgreSQL's error, the others go on, nothing acknowledged is
//! lost, and everything works when the cause is gone. What must not go wrong, the log and syncs, is a PANIC and recovery.

use crate::server::Server;
use crate::session::{ask, failure};

fn path_of(server: &Server, table: &str) -> String {
    server.ask(&format!("SELECT pg_relation_filepath('{table}')"))
}

const MANY: &str = "INSERT INTO t SELECT i, repeat('x', 500) FROM generate_series(1, 2000) i";

/// Growing relations get 53100, the rest of the server works, and the next attempt works when there is room.
#[test]
fn a_full_disk() {
    let server = Server::start_with_faults(&["autovacuum=off"]);
    server.announce("No space left on device");
    server.announce("current transaction is aborted");
    server.ask("CREATE TABLE t (a int, b text); CREATE TABLE other (a int); INSERT INTO other VALUES (7)");
    server.ask("INSERT INTO t VALUES (0, 'first')");
    let path = path_of(&server, "t");
    server.break_disk("extend base/ 28");
    let mut client = server.connect();
    let expected = (
        "53100".to_string(),
        format!("could not extend file \"{path}\": No space left on device"),
        "Check free disk space.".to_string(),
    );
    assert_eq!(failure(&mut client, MANY), expected);
    client.batch_execute("BEGIN; INSERT INTO other VALUES (8); SAVEPOINT s").unwrap();
    assert_eq!(failure(&mut client, MANY), expected);
    client.batch_execute("ROLLBACK TO s; INSERT INTO other VALUES (9); COMMIT").unwrap();
    assert_eq!(server.ask("SELECT count(*), min(b) FROM t"), "1|first");
    assert_eq!(server.ask("UPDATE other SET a = a + 1; SELECT sum(a) FROM other"), "27");
    assert_eq!(server.ask("CHECKPOINT; SELECT sum(a) FROM other"), "27");
    server.mend_disk();
    client.batch_execute(MANY).unwrap();
    server.kill();
    server.start_again();
    assert_eq!(server.ask("SELECT count(*) FROM t"), "2001");
    assert_eq!(server.ask("VACUUM t"), "");
    assert_eq!(server.ask("SELECT sum(a) FROM other"), "27");
    server.verify();
}

/// VACUUM that finds no room for its maps fails and harms nothing; afterwards it works.
#[test]
fn a_full_disk_for_vacuum() {
    let server = Server::start_with_faults(&["autovacuum=off"]);
    server.announce("No space left on device");
    server.ask("CREATE TABLE t (a int PRIMARY KEY, b text)");
    server.ask(&format!("{MANY}; DELETE FROM t WHERE a % 3 = 0"));
    server.break_disk("extend base/ 28");
    let mut client = server.connect();
    if let Err(error) = client.batch_execute("VACUUM t") {
        assert_eq!(error.code().unwrap().code(), "53100");
    }
    assert_eq!(server.ask("SELECT count(*) FROM t"), "1334");
    server.mend_disk();
    client.batch_execute("VACUUM t").unwrap();
    assert_eq!(server.ask("INSERT INTO t VALUES (3, 'new'); SELECT count(*) FROM t"), "1335");
    server.verify();
}

/// A checkpoint whose pages cannot be written fails, the old one stays in force, and commits go on.
#[test]
fn pages_that_cannot_be_written() {
    for errno in [28, 5] {
        let server = Server::start_with_faults(&["autovacuum=off", "bgwriter_delay=10ms"]);
        server.announce("could not write blocks");
        server.announce("checkpoint request failed");
        server.ask("CREATE TABLE t (a int, b text); CHECKPOINT");
        server.ask(MANY);
        server.break_disk(&format!("write base/ {errno}"));
        let mut client = server.connect();
        let (code, message, hint) = failure(&mut client, "CHECKPOINT");
        assert_eq!((&code[..], &message[..]), ("55000", "checkpoint request failed"));
        assert_eq!(hint, "Consult recent messages in the server log for details.");
        client.batch_execute("INSERT INTO t VALUES (0, 'while it fails')").unwrap();
        assert_eq!(failure(&mut client, "CHECKPOINT").0, "55000");
        // Of a crash nobody is afraid meanwhile.
        server.kill();
        server.mend_disk();
        server.start_again();
        assert_eq!(server.ask("CHECKPOINT; SELECT count(*), min(a) FROM t"), "2001|0");
        server.verify();
    }
}

/// A statement that must write a page to find room for another fails with 58030 while pages cannot be written.
#[test]
fn eviction_of_pages_that_cannot_be_written() {
    let settings = ["autovacuum=off", "shared_buffers=1MB", "bgwriter_lru_maxpages=0"];
    let server = Server::start_with_faults(&settings);
    server.announce("could not write blocks");
    server.ask(&format!("CREATE TABLE t (a int, b text); {MANY}; CREATE TABLE small (a int); CHECKPOINT"));
    let mut client = server.connect();
    client.batch_execute("UPDATE t SET a = a + 1; INSERT INTO small VALUES (1)").unwrap();
    server.break_disk("write base/ 5");
    let (code, message, _) = failure(&mut client, "SELECT sum(a) FROM t");
    assert_eq!(code, "58030");
    assert!(
        message.starts_with("could not write blocks ") && message.ends_with(": Input/output error"),
        "{message}"
    );
    assert_eq!(ask(&mut client, "SELECT 1"), "1");
    server.mend_disk();
    assert_eq!(ask(&mut client, "SELECT sum(a) FROM t"), "2003000");
    assert_eq!(server.ask("CHECKPOINT; SELECT a FROM small"), "1");
    server.verify();
}

/// A page that cannot be read fails who needs it.
#[test]
fn pages_that_cannot_be_read() {
    let server = Server::start_with_faults(&["autovacuum=off"]);
    server.announce("could not read blocks");
    server.ask(&format!("CREATE TABLE t (a int, b text); {MANY}; CREATE TABLE other (a int)"));
    server.ask("INSERT INTO other VALUES (7)");
    let path = path_of(&server, "t");
    server.stop();
    server.start_again();
    server.break_disk(&format!("read {path} 5"));
    let mut client = server.connect();
    let (code, message, _) = failure(&mut client, "SELECT a FROM t WHERE ctid = '(0,1)'");
    assert_eq!(code, "58030");
    assert_eq!(message, format!("could not read blocks 0..0 in file \"{path}\": Input/output error"));
    assert_eq!(failure(&mut client, "SELECT sum(a) FROM t").0, "58030");
    assert_eq!(ask(&mut client, "SELECT a FROM other"), "7");
    server.mend_disk();
    assert_eq!(ask(&mut client, "SELECT sum(a) FROM t"), "2001000");
}

/// A failed sync of data ends everybody; recovery makes anew from the log what the kernel may have dropped.
#[test]
fn data_that_cannot_be_synced() {
    let server = Server::start_with_faults(&["autovacuum=off"]);
    for text in
        ["PANIC:  could not fsync file \"base/", "terminating connection", "checkpoint request failed"]
    {
        server.announce(text);
    }
    server.ask(&format!("CREATE TABLE t (a int, b text); CHECKPOINT; {MANY}"));
    let mut old = server.connect();
    server.break_disk("sync base/ 5 once");
    assert!(server.connect().batch_execute("CHECKPOINT").is_err());
    server.wait_for_log("all server processes terminated; reinitializing", 1);
    server.bring_back();
    assert!(old.batch_execute("SELECT 1").is_err());
    assert_eq!(server.ask("SELECT count(*) FROM t; CHECKPOINT"), "2000");
    server.verify();

    // A disk that stays broken keeps the server from coming back.
    server.announce("FATAL:  ");
    server.ask(MANY);
    server.break_disk("sync base/ 5");
    assert!(server.connect().batch_execute("CHECKPOINT").is_err());
    server.wait_for_log("aborting startup due to startup process failure", 1);
    server.mend_disk();
    server.bring_back();
    assert_eq!(server.ask("SELECT count(*) FROM t; CHECKPOINT"), "4000");
    server.verify();
}

/// Inserts until it is told no more, at most what fills several segments of the log; gives how often it was acknowledged.
fn insert_until_failure(server: &Server) -> usize {
    let mut client = server.connect();
    let acknowledged = (0..60).take_while(|_| client.batch_execute(MANY).is_ok()).count();
    assert!(acknowledged < 60, "the log never failed");
    acknowledged
}

/// A log that cannot be written or synced ends everybody. What was acknowledged is there when it can be written again.
#[test]
fn a_log_that_cannot_be_written() {
    for (script, panic) in [
        ("write pg_wal/xlogtemp 28", "PANIC:  could not write to file \"pg_wal/xlogtemp."),
        ("write pg_wal/0000 28 once", "PANIC:  could not write to log file "),
        ("write pg_wal/0000 5 once", "PANIC:  could not write to log file "),
        ("sync pg_wal/0000 5 once", "PANIC:  could not fsync file \"pg_wal/0000"),
    ] {
        let server = Server::start_with_faults(&["autovacuum=off"]);
        for text in [panic, "terminating connection", "the database system is", "PANIC:  could not"] {
            server.announce(text);
        }
        server.ask("CREATE TABLE t (a int, b text)");
        server.break_disk(script);
        let acknowledged = insert_until_failure(&server);
        server.wait_for_log(panic, 1);
        server.wait_for_log("all server processes terminated; reinitializing", 1);
        server.mend_disk();
        server.bring_back();
        let count: usize = server.ask("SELECT count(*) FROM t").parse().unwrap();
        let is_right = count == acknowledged * 2000 || count == (acknowledged + 1) * 2000;
        assert!(is_right, "{script}: {count} rows after {acknowledged} statements");
        server.ask("INSERT INTO t VALUES (-1, 'after')");
        server.verify();
    }
}
