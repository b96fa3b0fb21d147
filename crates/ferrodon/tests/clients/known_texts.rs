//! Plain texts that differ in their integers and strings only, run again and again in one session: each gives what it gives to a session of its own.

use crate::server::Server;

/// Texts with places for two numbers, the first from 0 to 2, the second from 1 to 3.
const TEXTS: [&str; 27] = [
    "SELECT v FROM t WHERE id = {one}",
    "SELECT id, v FROM t WHERE id = {one} AND v < {two}0",
    "SELECT id - {one}, id -{two}, -{one}, - -{two}, +{two} FROM t WHERE id = 3",
    "SELECT v, id FROM t WHERE id > 7 ORDER BY {two}",
    "SELECT id, v, g FROM t WHERE id > 7 ORDER BY {two} DESC, 1",
    "SELECT id FROM t ORDER BY id DESC LIMIT {one} OFFSET {two}",
    "SELECT g + {one}, count(*) FROM t GROUP BY g + {two} ORDER BY 1",
    "SELECT DISTINCT g + {one} FROM t ORDER BY g + {two}",
    "SELECT g, count(*) FROM t WHERE g <> {one} GROUP BY 1 HAVING count(*) > {two} ORDER BY 1",
    "SELECT 2.5::numeric(10,{one})",
    "SELECT id FROM t WHERE id IN ({one}, {two}, 7) ORDER BY id",
    "SELECT 6 / {one}, {two} % 2",
    "SELECT 2147483645 + {two}",
    "SELECT 21474836{two}8 + 0",
    "SELECT id FROM t WHERE id BETWEEN {one} AND {two} ORDER BY id",
    "SELECT (SELECT max(id) FROM t u WHERE u.g = t.g AND u.id <> {one}) FROM t WHERE id = {two}",
    "SELECT id FROM t WHERE g = {one} ORDER BY id LIMIT 2",
    "UPDATE t SET v = v * {two} - v WHERE id = {one} RETURNING id, v, {two}",
    "INSERT INTO t VALUES ({one}, -{two}, {two}) RETURNING *",
    "SELECT id, n || '{two}''s' FROM t WHERE n = 'name{one}'",
    "SELECT id FROM t WHERE n LIKE 'name{one}%' AND id::text <> '{two}' ORDER BY id",
    "SELECT id FROM t WHERE id = '{one}' OR n IN ('name{two}', E'name\\x33')  ORDER BY 1",
    "UPDATE t SET n = '{one}23456789{two}' WHERE id = 4 RETURNING n",
    "UPDATE t SET n = '{one}23456789' WHERE n = 'name4' RETURNING n",
    "SELECT interval '{two}' day, date '2000-01-0{two}', '{one}'::int, cast('{two}' AS text)",
    "SELECT n, count(*) FROM t GROUP BY n HAVING n = 'name{two}' OR count(*) > {one} ORDER BY 1 LIMIT 3",
    "SELECT coalesce(n, '{one}'), CASE WHEN id = {two} THEN 'a{one}' ELSE 'b' END FROM t WHERE id < 3 ORDER BY id",
];

#[test]
fn each_text_answers_as_in_a_session_of_its_own() {
    let server = Server::start(&[]);
    for expected in
        ["must appear in the GROUP BY", "must appear in select list", "division by zero", "out of range"]
    {
        server.announce(expected);
    }
    server.announce("is not in select list");
    server.announce("duplicate key value");
    server.announce("value too long");
    server.ask("CREATE TABLE t (id int PRIMARY KEY, v int, g smallint, n varchar(10))");
    server.ask(
        "INSERT INTO t SELECT n, 100 - n, CASE WHEN n < 8 THEN 1 ELSE 2 END, 'name' || n FROM generate_series(1, 10) n",
    );
    server.ask("ANALYZE t");
    let session = server.session();
    for round in 0..4 {
        for text in TEXTS {
            for (one, two) in [(0, 1), (1, 2), (2, 3), (1, 1)] {
                let text = text.replace("{one}", &one.to_string()).replace("{two}", &two.to_string());
                let alone = server.session();
                for each in [&alone, &session] {
                    each.run("BEGIN");
                }
                let expected = alone.run(&text);
                alone.run("ROLLBACK");
                assert_eq!(session.run(&text), expected, "{text} in round {round}");
                session.run("ROLLBACK");
            }
        }
    }
}

/// What changes between two runs counts: tables, settings, and the state of the transaction.
#[test]
fn changes_between_two_runs_count() {
    let server = Server::start(&[]);
    for expected in ["does not exist", "transaction is aborted", "permission denied"] {
        server.announce(expected);
    }
    server.ask("CREATE TABLE t (id int, v int); INSERT INTO t SELECT n, n FROM generate_series(1, 50) n");
    server.ask("CREATE SCHEMA s; CREATE TABLE s.t (id int, v int); INSERT INTO s.t VALUES (1, -1), (2, -2)");
    let session = server.session();
    let check = |expected: [&str; 2]| {
        for _ in 0..3 {
            assert_eq!(session.run("SELECT v FROM t WHERE id = 1"), expected[0]);
            assert_eq!(session.run("SELECT v FROM t WHERE id = 2"), expected[1]);
        }
    };
    check(["1", "2"]);
    session.run("SET search_path = s");
    check(["-1", "-2"]);
    session.run("RESET search_path");
    for (step, expected) in [
        ("CREATE UNIQUE INDEX ON t (id)", ["1", "2"]),
        ("ANALYZE t", ["1", "2"]),
        ("DELETE FROM t WHERE id = 1", ["", "2"]),
        ("TRUNCATE t", ["", ""]),
        ("INSERT INTO t VALUES (1, 11)", ["11", ""]),
        ("ALTER TABLE t RENAME v TO w", ["ERROR 42703", "ERROR 42703"]),
        ("ALTER TABLE t RENAME w TO v", ["11", ""]),
        ("DROP TABLE t", ["ERROR 42P01", "ERROR 42P01"]),
    ] {
        server.ask(step);
        check(expected);
    }
    session.run("SET search_path = s");
    check(["-1", "-2"]);
    assert_eq!(session.run("BEGIN"), "");
    assert_eq!(session.run("SELECT v FROM t WHERE id = 3"), "");
    assert_eq!(session.run("SELECT nothing"), "ERROR 42703");
    assert_eq!(session.run("SELECT v FROM t WHERE id = 1"), "ERROR 25P02");
    session.run("ROLLBACK");
    check(["-1", "-2"]);
}

/// Runs are counted as one statement, under the text that it has without its constants.
#[test]
fn runs_are_counted_as_one_statement() {
    let server = Server::start(&[]);
    server.ask("CREATE TABLE t (id int PRIMARY KEY)");
    let session = server.session();
    let counted = "SELECT query, calls FROM pg_stat_statements WHERE query LIKE '%FROM t %'";
    let runs =
        || (0..5).for_each(|n| assert_eq!(session.run(&format!("SELECT id FROM t WHERE id = {n}")), ""));
    runs();
    assert_eq!(server.ask(counted), "SELECT id FROM t WHERE id = $1|5");
    server.ask("SELECT pg_stat_statements_reset()");
    runs();
    assert_eq!(server.ask(counted), "SELECT id FROM t WHERE id = $1|5");
}
