//! What sessions see of each other at each isolation level, and who waits for whom.

use crate::server::Server;

const COMMITTED: &str = "BEGIN ISOLATION LEVEL READ COMMITTED";
const REPEATABLE: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ";

/// A table of three accounts with 100 each.
fn server() -> Server {
    let server = Server::start(&["deadlock_timeout=20ms"]);
    server.ask("CREATE TABLE account (id int PRIMARY KEY, balance int NOT NULL)");
    server.ask("INSERT INTO account VALUES (1, 100), (2, 100), (3, 100)");
    server
}

const BALANCES: &str = "SELECT balance FROM account ORDER BY id";

/// What is not committed is seen by nobody else, at no level, and is gone after a rollback.
#[test]
fn no_dirty_read() {
    let server = server();
    let (writer, reader) = (server.session(), server.session());
    for level in ["BEGIN ISOLATION LEVEL READ UNCOMMITTED", COMMITTED, REPEATABLE] {
        writer.run("BEGIN; UPDATE account SET balance = 0 WHERE id = 1; INSERT INTO account VALUES (4, 7)");
        assert_eq!(writer.run(BALANCES), "0 100 100 7");
        reader.run(level);
        assert_eq!(reader.run(BALANCES), "100 100 100", "{level}");
        writer.run("ROLLBACK");
        assert_eq!(reader.run(BALANCES), "100 100 100", "{level}");
        reader.run("COMMIT");
    }
}

/// Read committed sees each commit at its next statement; repeatable read sees none, neither changed rows nor new ones.
#[test]
fn repeated_reads_and_phantoms() {
    let server = server();
    let (writer, committed, repeatable) = (server.session(), server.session(), server.session());
    committed.run(COMMITTED);
    repeatable.run(REPEATABLE);
    for reader in [&committed, &repeatable] {
        assert_eq!(reader.run(BALANCES), "100 100 100");
    }
    writer.run("UPDATE account SET balance = 50 WHERE id = 2");
    writer.run("INSERT INTO account VALUES (4, 10)");
    writer.run("DELETE FROM account WHERE id = 3");
    assert_eq!(committed.run(BALANCES), "100 50 10");
    assert_eq!(repeatable.run(BALANCES), "100 100 100");
    assert_eq!(repeatable.run("SELECT count(*), sum(balance) FROM account WHERE balance > 60"), "3|300");
    repeatable.run("COMMIT");
    assert_eq!(repeatable.run(BALANCES), "100 50 10");
}

/// Read committed goes on with the newest version of a row it waited for; repeatable read gives up instead.
#[test]
fn no_lost_update() {
    let server = server();
    server.announce("could not serialize access due to concurrent update");
    let (first, second) = (server.session(), server.session());
    let add = "UPDATE account SET balance = balance + 10 WHERE id = 1";

    first.run(COMMITTED);
    second.run(COMMITTED);
    first.run(add);
    second.start(add);
    first.run("COMMIT");
    assert_eq!(second.answer(), "");
    second.run("COMMIT");
    assert_eq!(second.run("SELECT balance FROM account WHERE id = 1"), "120");

    first.run(REPEATABLE);
    second.run(REPEATABLE);
    second.run(BALANCES);
    first.run(add);
    second.start(add);
    first.run("COMMIT");
    assert_eq!(second.answer(), "ERROR 40001");
    second.run("ROLLBACK");
    assert_eq!(second.run("SELECT balance FROM account WHERE id = 1"), "130");

    // Who waited for a transaction that rolled back has lost nothing.
    second.run(REPEATABLE);
    second.run(BALANCES);
    first.run("BEGIN");
    first.run(add);
    second.start(add);
    first.run("ROLLBACK");
    assert_eq!(second.answer(), "");
    second.run("COMMIT");
    assert_eq!(second.run("SELECT balance FROM account WHERE id = 1"), "140");
}

/// Many sessions that add to one row at once lose nothing, though its versions fill pages and are pruned.
#[test]
fn counting_together() {
    let server = server();
    server.ask("CREATE TABLE count (number int, filling text)");
    server.ask("INSERT INTO count VALUES (0, repeat('x', 1000))");
    let sessions: Vec<_> = (0..4).map(|_| server.session()).collect();
    for _ in 0..100 {
        sessions.iter().for_each(|session| session.send("UPDATE count SET number = number + 1"));
    }
    for _ in 0..100 {
        sessions.iter().for_each(|session| assert_eq!(session.answer(), ""));
    }
    assert_eq!(server.ask("SELECT number, length(filling) FROM count"), "400|1000");
}

/// A condition is asked again about the newest version, so a row may leave the statement, but none joins it.
#[test]
fn conditions_are_asked_again() {
    let server = server();
    let (first, second) = (server.session(), server.session());
    first.run("BEGIN; UPDATE account SET balance = balance - 60 WHERE id = 1");
    second.start("UPDATE account SET balance = balance - 60 WHERE balance >= 60 RETURNING id");
    first.run("COMMIT");
    assert_eq!(second.answer(), "2 3");
    assert_eq!(second.run(BALANCES), "40 40 40");

    first.run("BEGIN; DELETE FROM account WHERE id = 2");
    second.start("UPDATE account SET balance = 1 WHERE id = 2 RETURNING id");
    first.run("COMMIT");
    assert_eq!(second.answer(), "");
}

/// Two reads of one transaction fit together in repeatable read, and need not in read committed.
#[test]
fn read_skew() {
    let server = server();
    let (writer, committed, repeatable) = (server.session(), server.session(), server.session());
    let (one, two) = ("SELECT balance FROM account WHERE id = 1", "SELECT balance FROM account WHERE id = 2");
    committed.run(COMMITTED);
    repeatable.run(REPEATABLE);
    for reader in [&committed, &repeatable] {
        assert_eq!(reader.run(one), "100");
    }
    writer.run(
        "BEGIN; UPDATE account SET balance = balance - 30 WHERE id = 1; \
         UPDATE account SET balance = balance + 30 WHERE id = 2; COMMIT",
    );
    assert_eq!(committed.run(two), "130");
    assert_eq!(repeatable.run(two), "100");
}

/// The second of two equal keys waits for the first one's end, and fails only if that was a commit.
#[test]
fn unique_keys_wait() {
    let server = server();
    server.announce("duplicate key value violates unique constraint \"account_pkey\"");
    let (first, second) = (server.session(), server.session());
    for (end, expected) in [("ROLLBACK", ""), ("COMMIT", "ERROR 23505")] {
        server.ask("DELETE FROM account WHERE id = 9");
        first.run("BEGIN; INSERT INTO account VALUES (9, 1)");
        second.start("INSERT INTO account VALUES (9, 2)");
        first.run(end);
        assert_eq!(second.answer(), expected);
    }
    assert_eq!(server.ask("SELECT balance FROM account WHERE id = 9"), "1");
}

/// FOR UPDATE makes others wait, NOWAIT refuses and SKIP LOCKED leaves out; FOR SHARE is shared.
#[test]
fn row_locks() {
    let server = server();
    server.announce("could not obtain lock on row in relation \"account\"");
    let (first, second) = (server.session(), server.session());
    first.run("BEGIN; SELECT * FROM account WHERE id = 1 FOR UPDATE");
    assert_eq!(second.run("SELECT id FROM account WHERE id = 1 FOR UPDATE NOWAIT"), "ERROR 55P03");
    assert_eq!(second.run("SELECT id FROM account ORDER BY id FOR UPDATE SKIP LOCKED"), "2 3");
    assert_eq!(second.run("SELECT id FROM account WHERE id = 1"), "1");
    first.run("COMMIT");

    first.run("BEGIN; SELECT * FROM account WHERE id = 2 FOR SHARE");
    assert_eq!(second.run("SELECT id FROM account WHERE id = 2 FOR SHARE NOWAIT"), "2");
    second.start("UPDATE account SET balance = 6 WHERE id = 2");
    first.run("COMMIT");
    assert_eq!(second.answer(), "");
}

/// Of two sessions that wait for each other one is refused, and the other goes on.
#[test]
fn deadlock_of_two() {
    check_deadlock(2);
}

/// The same around a ring of three.
#[test]
fn deadlock_of_three() {
    check_deadlock(3);
}

/// Each session holds its own row and wants the next one's.
fn check_deadlock(count: usize) {
    let server = server();
    server.announce("deadlock detected");
    let sessions: Vec<_> = (0..count).map(|_| server.session()).collect();
    let update =
        |id: usize| format!("UPDATE account SET balance = balance + 1 WHERE id = {}", id % count + 1);
    for (id, session) in sessions.iter().enumerate() {
        session.run("BEGIN");
        session.run(&update(id));
    }
    let (last, others) = sessions.split_last().unwrap();
    for (id, session) in others.iter().enumerate() {
        session.start(&update(id + 1));
    }
    last.send(&update(count));
    // At the end of a block that failed COMMIT rolls back.
    for session in &sessions {
        session.send("COMMIT");
    }
    let answers = sessions.iter().map(|session| (session.answer(), session.answer()).0);
    let refused: Vec<String> = answers.collect();
    assert_eq!(refused.iter().filter(|answer| *answer == "ERROR 40P01").count(), 1, "{refused:?}");
    assert_eq!(refused.iter().filter(|answer| answer.is_empty()).count(), count - 1, "{refused:?}");
    let sum = 300 + 2 * count - 2;
    assert_eq!(server.ask("SELECT sum(balance) FROM account"), sum.to_string());
}

/// A savepoint takes back what came after it, and nothing else; an error inside is forgotten with it.
#[test]
fn savepoints() {
    let server = server();
    server.announce("division by zero");
    server.announce("current transaction is aborted, commands ignored until end of transaction block");
    let session = server.session();
    session.run("BEGIN; UPDATE account SET balance = 1 WHERE id = 1; SAVEPOINT s");
    session.run("UPDATE account SET balance = 2 WHERE id = 2");
    assert_eq!(session.run("SELECT 1 / 0"), "ERROR 22012");
    assert_eq!(session.run("SELECT 1"), "ERROR 25P02");
    session.run("ROLLBACK TO s");
    assert_eq!(session.run(BALANCES), "1 100 100");
    session.run("UPDATE account SET balance = 3 WHERE id = 3; RELEASE s; COMMIT");
    assert_eq!(server.ask(BALANCES), "1 100 3");
}
