//! Queries whose answers were once wrong or missing, by theme.

use crate::server::Server;

/// A table's name means its whole row wherever an expression may stand, also within subqueries and joins.
#[test]
fn whole_rows() {
    let server = Server::start(&[]);
    server.ask("CREATE TABLE pair (a int, gone int, b text); ALTER TABLE pair DROP gone");
    server.ask("INSERT INTO pair VALUES (1, 'x'), (2, NULL)");
    for (query, answer) in [
        ("SELECT p FROM pair p ORDER BY a", "(1,x) (2,)"),
        ("SELECT (SELECT p) FROM pair p ORDER BY a", "(1,x) (2,)"),
        ("SELECT k FROM pair p, LATERAL (SELECT p AS k) q ORDER BY a", "(1,x) (2,)"),
        (
            "SELECT p.a, k FROM pair p LEFT JOIN LATERAL (SELECT coalesce(p) AS k WHERE p.a = 1) q ON true ORDER BY 1",
            "1|(1,x) 2|NULL",
        ),
        ("SELECT count(*) FROM pair p JOIN pair q ON p IS NOT DISTINCT FROM q", "2"),
        ("SELECT a FROM pair p WHERE EXISTS (SELECT 1 FROM pair q WHERE q = p AND q.b IS NOT NULL)", "1"),
        ("WITH w AS (SELECT p FROM pair p) SELECT (p).b FROM w ORDER BY (p).a", "x NULL"),
    ] {
        assert_eq!(server.ask(query), answer, "{query}");
    }
}

/// Input can be tried without an error.
#[test]
fn input_that_is_tried() {
    let server = Server::start(&[]);
    server.announce("type \"nothing\" does not exist");
    for (query, answer) in [
        ("SELECT pg_input_is_valid('42', 'int4'), pg_input_is_valid('x', 'int4')", "t|f"),
        ("SELECT pg_input_is_valid('abcd', 'varchar(4)'), pg_input_is_valid('abcde', 'varchar(4)')", "t|f"),
        (
            "SELECT * FROM pg_input_error_info('300000', 'int2')",
            "value \"300000\" is out of range for type smallint|NULL|NULL|22003",
        ),
        ("SELECT message FROM pg_input_error_info('1', 'int4')", "NULL"),
        ("SELECT pg_input_is_valid('1', 'nothing')", "ERROR 42704"),
    ] {
        assert_eq!(server.ask(query), answer, "{query}");
    }
}
