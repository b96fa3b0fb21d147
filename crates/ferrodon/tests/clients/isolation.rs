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

/// A row that FOR UPDATE waited for comes in its newest version, if that still qualifies; repeatable read gives up.
#[test]
fn locked_rows_are_asked_for_again() {
    let server = server();
    server.announce("could not serialize access due to concurrent update");
    let (first, second) = (server.session(), server.session());
    let read = "SELECT id, balance, balance * 2 FROM account WHERE balance > 50 ORDER BY id FOR UPDATE";
    first.run(
        "BEGIN; UPDATE account SET balance = 70 WHERE id = 1; UPDATE account SET balance = 7 WHERE id = 2",
    );
    second.start(read);
    first.run("UPDATE account SET balance = 80 WHERE id = 1; COMMIT");
    assert_eq!(second.answer(), "1|80|160 3|100|200");

    // Two newer versions, and a key that lies elsewhere in the index.
    first
        .run("BEGIN; UPDATE account SET id = 11 WHERE id = 1; UPDATE account SET balance = 90 WHERE id = 11");
    second.start("SELECT id, balance FROM account WHERE id IN (1, 3) FOR SHARE");
    first.run("COMMIT");
    assert_eq!(second.answer(), "3|100");
    first.run("BEGIN; UPDATE account SET balance = 91 WHERE id = 11");
    second.start("SELECT id, balance FROM account WHERE id >= 11 FOR NO KEY UPDATE");
    first.run("COMMIT");
    assert_eq!(second.answer(), "11|91");

    first.run("BEGIN; DELETE FROM account WHERE id = 11");
    second.start("SELECT id FROM account WHERE id > 2 ORDER BY id FOR UPDATE");
    first.run("COMMIT");
    assert_eq!(second.answer(), "3");

    second.run(REPEATABLE);
    second.run(BALANCES);
    first.run("BEGIN; UPDATE account SET balance = 5 WHERE id = 3");
    second.start("SELECT id FROM account WHERE id = 3 FOR UPDATE");
    first.run("COMMIT");
    assert_eq!(second.answer(), "ERROR 40001");
    second.run("ROLLBACK");
}

/// A joined row is put together again of the new version and the same rows of the other tables.
#[test]
fn joined_rows_are_put_together_again() {
    let server = server();
    server.ask("CREATE TABLE part (account int, name text, least int)");
    server.ask("INSERT INTO part VALUES (1, 'a', 0), (1, 'b', 60), (1, 'c', 200), (2, 'd', 0)");
    let (first, second) = (server.session(), server.session());
    first.run("BEGIN; UPDATE account SET balance = 50 WHERE id = 1");
    second.start(
        "SELECT name, balance FROM account JOIN part ON account = id WHERE balance >= least ORDER BY name \
         FOR UPDATE OF account",
    );
    first.run("COMMIT");
    assert_eq!(second.answer(), "a|50 d|100");

    // The side that has no partner stays without one.
    first.run("BEGIN; UPDATE account SET balance = 51 WHERE id = 3");
    second.start(
        "SELECT balance, name FROM account LEFT JOIN part ON account = id WHERE id = 3 FOR UPDATE OF account",
    );
    first.run("COMMIT");
    assert_eq!(second.answer(), "51|NULL");

    // A table joined with itself: only the locked one is read anew.
    first.run("BEGIN; UPDATE account SET balance = 40 WHERE id = 1");
    second.start(
        "SELECT a.balance, b.balance FROM account a JOIN account b ON b.id = a.id WHERE a.id = 1 FOR UPDATE OF a",
    );
    first.run("COMMIT");
    assert_eq!(second.answer(), "40|50");
}

/// UPDATE ... FROM and DELETE ... USING go on with the newest version, and RETURNING shows what belongs to it.
#[test]
fn changes_of_joined_rows_are_asked_again() {
    let server = server();
    server.ask("CREATE TABLE rate (id int, name text)");
    server.ask("INSERT INTO rate VALUES (1, 'one'), (100, 'hundred'), (150, 'more')");
    let (first, second) = (server.session(), server.session());
    first.run("BEGIN; UPDATE account SET balance = 150 WHERE id = 2");
    second.start(
        "UPDATE account SET balance = balance + rate.id FROM rate WHERE rate.id = account.id * 50 \
         AND balance < 150 RETURNING account.id, balance, name",
    );
    first.run("COMMIT");
    // One of the two does not qualify any more.
    assert_eq!(second.answer(), "3|250|more");
    first.run("BEGIN; UPDATE account SET balance = 160 WHERE id = 2");
    second.start(
        "UPDATE account a SET balance = a.balance + rate.id FROM rate, (VALUES (10)) AS v (extra) \
         WHERE rate.id = a.id * 50 RETURNING a.balance, name, extra, rate.id + extra",
    );
    first.run("COMMIT");
    assert_eq!(second.answer(), "260|hundred|10|110 400|more|10|160");
    first.run("BEGIN; UPDATE account SET balance = 1 WHERE id = 2");
    second.start(
        "DELETE FROM account USING rate WHERE rate.id = account.id * 50 RETURNING account.balance, rate.name",
    );
    first.run("COMMIT");
    assert_eq!(second.answer(), "1|hundred 400|more");
}

/// SKIP LOCKED and NOWAIT never wait, not even behind a newer version; what they get is the newest.
#[test]
fn locks_that_do_not_wait() {
    let server = server();
    server.announce("could not obtain lock on row in relation \"account\"");
    let (first, second) = (server.session(), server.session());
    first.run("BEGIN; UPDATE account SET balance = 1 WHERE id = 1");
    assert_eq!(second.run("SELECT id FROM account WHERE id = 1 FOR UPDATE NOWAIT"), "ERROR 55P03");
    assert_eq!(second.run("SELECT id FROM account ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED"), "2");
    assert_eq!(second.run("SELECT count(*) FROM (SELECT 1 FROM account FOR SHARE SKIP LOCKED) s"), "2");
    first.run("COMMIT");
    assert_eq!(second.run("SELECT balance FROM account WHERE id = 1 FOR UPDATE NOWAIT"), "1");
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
