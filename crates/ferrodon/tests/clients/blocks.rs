//! Statements that demand a transaction block and those that forbid one, alone, in messages with several, and in pipelines.

use std::time::{Duration, Instant};

use crate::conversation::{Conversation, pipeline, query, sync};
use crate::server::Server;
use crate::session::ask;

/// Answers as PostgreSQL gives them, in a new session; the kinds of messages, with SQLSTATEs.
fn check(server: &Server, bytes: &[u8], expected: &str) {
    assert_eq!(Conversation::new(server).answers(bytes), expected, "{}", String::from_utf8_lossy(bytes));
}

fn new_server() -> Server {
    let server = Server::start(&[]);
    for text in [
        "can only be used in transaction blocks",
        "cannot run inside a transaction block",
        "division by zero",
    ] {
        server.announce(text);
    }
    server.announce("prepared transaction");
    server.announce("constraint \"");
    server.ask("CREATE TABLE t (i int CONSTRAINT positive CHECK (i > 0))");
    server
}

/// Several statements of one message are company enough for a lock or a cursor, and not for a savepoint.
#[test]
fn simple_messages() {
    let server = new_server();
    for (text, expected) in [
        ("LOCK TABLE t", "E25P01 ;Z"),
        ("LOCK TABLE t; SELECT 1", "CTD1CZ"),
        ("DECLARE c CURSOR FOR SELECT 7", "E25P01 ;Z"),
        ("SELECT 1; DECLARE c CURSOR FOR SELECT 7; FETCH c", "TD1CCTD7CZ"),
        ("SAVEPOINT s", "E25P01 ;Z"),
        ("SELECT 1; SAVEPOINT s", "TD1CE25P01 ;Z"),
        ("SELECT 1; ROLLBACK TO s", "TD1CE25P01 ;Z"),
        ("RELEASE s", "E25P01 ;Z"),
        ("COMMIT AND CHAIN", "E25P01 ;Z"),
        ("SELECT 1; ROLLBACK AND CHAIN", "TD1CE25P01 ;Z"),
        ("SET LOCAL work_mem = '1MB'", "N25P01 ;CZ"),
        ("SELECT 1; SET LOCAL work_mem = '1MB'", "TD1CCZ"),
        ("SET CONSTRAINTS ALL DEFERRED", "N25P01 ;CZ"),
        ("BEGIN; SET CONSTRAINTS positive DEFERRED; SELECT 1", "CE42809 ;Z"),
        ("SELECT 1; SET CONSTRAINTS nosuch DEFERRED", "TD1CE42704 ;Z"),
        ("VACUUM t; SELECT 1", "E25001 ;Z"),
        ("SELECT 1; CREATE DATABASE x", "TD1CE25001 ;Z"),
        ("SELECT 1; DROP DATABASE IF EXISTS x", "TD1CE25001 ;Z"),
        ("SELECT 1; ALTER SYSTEM SET work_mem = '1MB'", "TD1CE25001 ;Z"),
        ("SELECT 1; DISCARD ALL", "TD1CE25001 ;Z"),
        ("SELECT 1; REINDEX SCHEMA public", "TD1CE25001 ;Z"),
        ("SELECT 1; CREATE INDEX CONCURRENTLY ON t (i)", "TD1CE25001 ;Z"),
        ("SELECT 1; DROP INDEX CONCURRENTLY t_i", "TD1CE25001 ;Z"),
        ("SELECT 1; CLUSTER", "TD1CE25001 ;Z"),
        ("SELECT 1; ROLLBACK PREPARED 'x'", "TD1CE25001 ;Z"),
        ("COMMIT PREPARED 'x'", "E42704 ;Z"),
        ("PREPARE TRANSACTION 'x'", "N25P01 ;CZ"),
        ("BEGIN; PREPARE TRANSACTION 'x'", "CE55000 ;Z"),
        ("SELECT 1; BEGIN; SELECT 2; COMMIT", "TD1CCTD2CCZ"),
    ] {
        check(&server, &query(text), expected);
    }
}

/// The statements of a pipeline are in a block with each other, from the second on; what stands alone is committed at once.
#[test]
fn pipelines() {
    let server = new_server();
    for (statements, expected) in [
        (&["LOCK TABLE t"][..], "12E25P01 ;Z"),
        (&["SELECT 1", "LOCK TABLE t"], "12D1C12CZ"),
        (&["SELECT 1", "DECLARE c CURSOR FOR SELECT 7", "FETCH c"], "12D1C12C12D7CZ"),
        (&["SELECT 1", "SAVEPOINT s"], "12D1C12E25P01 ;Z"),
        (&["SELECT 1", "VACUUM t"], "12D1C12E25001 ;Z"),
        (&["VACUUM t", "SELECT 1"], "12C12D1CZ"),
        (&["VACUUM t", "VACUUM t"], "12C12E25001 ;Z"),
        (&["ALTER SYSTEM RESET work_mem", "VACUUM t"], "12C12CZ"),
        (&["SELECT 1", "DISCARD ALL"], "12D1C12E25001 ;Z"),
        (&["SET LOCAL work_mem = '1MB'", "SET LOCAL work_mem = '1MB'"], "12N25P01 ;C12CZ"),
        (&["BEGIN", "SELECT 1", "COMMIT", "VACUUM t"], "12C12D1C12C12CZ"),
        (&["SELECT 1", "COMMIT", "SELECT 2"], "12D1C12N25P01 ;C12D2CZ"),
    ] {
        check(&server, &[pipeline(statements), sync()].concat(), expected);
    }
    // What came before the error is undone, but not a database.
    let failing = ["INSERT INTO t VALUES (1)", "SELECT 1 / (SELECT 0)"];
    let bytes = [pipeline(&failing), sync(), query("SELECT count(*) FROM t")].concat();
    check(&server, &bytes, "12C12E22012 ;Z TD0CZ");
    let bytes = [pipeline(&["CREATE DATABASE x", failing[1]]), sync(), query("DROP DATABASE x")].concat();
    check(&server, &bytes, "12C12E22012 ;Z CZ");
    // The next message begins anew.
    let bytes = [pipeline(&["SELECT 1"]), sync(), pipeline(&["VACUUM t"]), sync()].concat();
    check(&server, &bytes, "12D1CZ 12CZ");
}

/// Who may only read a table cannot keep others from it.
#[test]
fn locks_need_privileges() {
    let server = Server::start(&[]);
    server.announce("permission denied for table t");
    server.ask("CREATE ROLE reader LOGIN; CREATE TABLE t (i int); GRANT SELECT ON t TO reader");
    let mut reader = server.configuration().user("reader").connect(postgres::NoTls).unwrap();
    let mut lock =
        |mode: &str| ask(&mut reader, &format!("BEGIN; LOCK TABLE t IN {mode} MODE; COMMIT; SELECT 1"));
    assert_eq!(lock("ACCESS SHARE"), "1");
    assert_eq!(lock("ROW SHARE"), "ERROR 42501");
    server.ask("GRANT INSERT ON t TO reader");
    ask(&mut reader, "ROLLBACK");
    let mut lock =
        |mode: &str| ask(&mut reader, &format!("BEGIN; LOCK TABLE t IN {mode} MODE; COMMIT; SELECT 1"));
    assert_eq!(lock("ROW EXCLUSIVE"), "1");
    assert_eq!(lock("ACCESS EXCLUSIVE"), "ERROR 42501");
}

/// A commit waits for company only while so many others are at work, and what joins it is made durable with it.
#[test]
fn commits_wait_for_company() {
    let server = Server::start(&["autovacuum=off", "commit_siblings=1"]);
    server.ask("CREATE TABLE t (id int)");
    let mut client = server.connect();
    let most = Duration::from_millis(100);
    client.batch_execute("SET commit_delay = 100000").unwrap();
    let mut commit = || {
        let start = Instant::now();
        client.batch_execute("INSERT INTO t VALUES (1)").unwrap();
        start.elapsed()
    };
    assert!((0..10).any(|_| commit() < most));
    let other = server.session();
    other.run("BEGIN; INSERT INTO t VALUES (2)");
    assert!(commit() >= most);
    other.run("COMMIT");
    assert!((0..10).any(|_| commit() < most));
    drop(client);
    server.kill();
    server.start_again();
    assert_eq!(server.ask("SELECT count(*) FROM t WHERE id = 2"), "1");
}
