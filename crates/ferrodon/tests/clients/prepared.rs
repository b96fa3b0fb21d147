//! Prepared statements that are run again and again: each run sees its own parameters, its own snapshot and today's catalog.

use crate::server::{Server, wait_for};
use crate::session::ask;

#[test]
fn each_run_has_its_own_parameters_and_snapshot() {
    let server = Server::start(&[]);
    server.ask("CREATE TABLE t (id int PRIMARY KEY, v text); INSERT INTO t SELECT n, 'v' || n FROM generate_series(1, 5) n");
    server.announce("duplicate key value");
    let session = server.session();
    session.run("PREPARE get(int) AS SELECT v FROM t WHERE id = $1");
    session.run("PREPARE first(int, int) AS SELECT id FROM t WHERE id >= $1 ORDER BY id LIMIT $2");
    session.run("PREPARE change(int, text) AS UPDATE t SET v = $2 WHERE id = $1 RETURNING id, v");
    session.run("PREPARE add(int, text) AS INSERT INTO t VALUES ($1, $2)");
    session.run("PREPARE remove(int) AS DELETE FROM t WHERE id = $1 RETURNING v");
    session.run("PREPARE pair(int) AS SELECT a.id, b.v FROM t a JOIN t b ON b.id = a.id + 1 WHERE a.id = $1 FOR UPDATE OF a");
    for _ in 0..3 {
        assert_eq!(session.run("EXECUTE get(2)"), "v2");
        assert_eq!(session.run("EXECUTE get(NULL)"), "");
        assert_eq!(session.run("EXECUTE get(9)"), "");
        assert_eq!(session.run("EXECUTE first(2, 1)"), "2");
        assert_eq!(session.run("EXECUTE first(3, 2)"), "3 4");
        assert_eq!(session.run("EXECUTE pair(4)"), "4|v5");
        assert_eq!(session.run("EXECUTE change(3, 'new')"), "3|new");
        assert_eq!(session.run("EXECUTE change(3, 'v3')"), "3|v3");
        assert_eq!(session.run("EXECUTE change(9, 'v9')"), "");
        // What others commit is there the next time; a run that failed does no harm.
        server.ask("INSERT INTO t VALUES (9, 'v9')");
        assert_eq!(session.run("EXECUTE add(9, 'again')"), "ERROR 23505");
        assert_eq!(session.run("EXECUTE get(9)"), "v9");
        assert_eq!(session.run("EXECUTE remove(9)"), "v9");
        assert_eq!(session.run("EXECUTE add(9, 'mine')"), "");
        assert_eq!(session.run("EXECUTE get(9)"), "mine");
        assert_eq!(session.run("EXECUTE remove(9)"), "mine");
    }
}

/// Two portals of one statement, open at the same time, do not share their operators.
#[test]
fn portals_of_one_statement_do_not_meet() {
    let server = Server::start(&[]);
    server.ask("CREATE TABLE t AS SELECT generate_series(1, 100) AS n");
    let mut client = server.connect();
    let from = client.prepare("SELECT n FROM t WHERE n >= $1").unwrap();
    for _ in 0..3 {
        let mut transaction = client.transaction().unwrap();
        let (low, high) =
            (transaction.bind(&from, &[&1i32]).unwrap(), transaction.bind(&from, &[&51i32]).unwrap());
        let mut next = |portal| -> Vec<i32> {
            transaction.query_portal(portal, 3).unwrap().iter().map(|row| row.get(0)).collect()
        };
        assert_eq!(next(&low), [1, 2, 3]);
        assert_eq!(next(&high), [51, 52, 53]);
        assert_eq!(next(&low), [4, 5, 6]);
        assert_eq!(next(&high), [54, 55, 56]);
        transaction.commit().unwrap();
        assert_eq!(client.query(&from, &[&99i32]).unwrap().len(), 2);
    }
}

/// Changes of the tables between two runs count, whoever makes them.
#[test]
fn a_run_after_a_change_of_its_table_sees_the_change() {
    let server = Server::start(&[]);
    server.ask("CREATE TABLE t (id int, v int); INSERT INTO t VALUES (1, 10)");
    server.announce("duplicate key value");
    server.announce("violates check constraint");
    let mut client = server.connect();
    ask(&mut client, "PREPARE all_rows AS SELECT id, v FROM t ORDER BY id");
    ask(&mut client, "PREPARE plain(int) AS SELECT v FROM t WHERE id = $1");
    ask(&mut client, "PREPARE add(int, int) AS INSERT INTO t (id, v) VALUES ($1, $2)");
    let steps = [
        ("INSERT INTO t VALUES (2, 20)", "20"),
        ("TRUNCATE t", ""),
        ("INSERT INTO t VALUES (2, 21)", "21"),
        ("CREATE UNIQUE INDEX ON t (id)", "21"),
        ("ALTER TABLE t ADD COLUMN more int DEFAULT 7 NOT NULL", "21"),
        ("REINDEX TABLE t", "21"),
        ("ALTER TABLE t ADD CHECK (v < 100)", "21"),
    ];
    for (step, expected) in steps {
        ask(&mut client, "EXECUTE plain(2)");
        server.ask(step);
        assert_eq!(ask(&mut client, "EXECUTE plain(2)"), expected, "{step}");
        assert_eq!(ask(&mut client, "EXECUTE add(3, 30)"), "");
        assert_eq!(ask(&mut client, "DELETE FROM t WHERE id = 3"), "");
    }
    // What is rolled back is gone from the operators, too.
    ask(&mut client, "BEGIN; ALTER TABLE t ADD CHECK (v < 25)");
    assert_eq!(ask(&mut client, "EXECUTE add(3, 20)"), "");
    assert_eq!(ask(&mut client, "ROLLBACK; EXECUTE add(3, 30)"), "");
    assert_eq!(ask(&mut client, "DELETE FROM t WHERE id = 3"), "");
    assert_eq!(ask(&mut client, "EXECUTE add(2, 5)"), "ERROR 23505");
    assert_eq!(ask(&mut client, "EXECUTE add(4, 100)"), "ERROR 23514");
    assert_eq!(ask(&mut client, "EXECUTE add(4, 99)"), "");
    assert_eq!(ask(&mut client, "SELECT * FROM t ORDER BY id"), "2|21|7 4|99|7");
    assert_eq!(ask(&mut client, "EXECUTE all_rows"), "2|21 4|99");
}

/// What is kept for the next run does not hold on to the values of the last.
#[test]
fn big_values_are_not_kept() {
    let server = Server::start(&[]);
    server.ask("CREATE TABLE t (id int, v text)");
    let mut client = server.connect();
    let process = ask(&mut client, "SELECT pg_backend_pid()");
    let held_kb = || -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:")).unwrap();
        line.trim().trim_end_matches(" kB").parse().unwrap()
    };
    ask(&mut client, "PREPARE add(int) AS INSERT INTO t VALUES ($1, repeat('x', $1)) RETURNING length(v)");
    ask(&mut client, "PREPARE long(int) AS SELECT length(repeat('x', $1))");
    for statement in ["add", "long"] {
        assert_eq!(ask(&mut client, &format!("EXECUTE {statement}(50000000)")), "50000000");
        // A session that rests gives back what is free.
        wait_for("memory to be given back", || held_kb() < 40_000);
        assert_eq!(ask(&mut client, &format!("EXECUTE {statement}(3)")), "3");
    }
}
