//! IN, EXISTS and their negations: the same answers, nulls included, whichever way they are run.

use crate::server::Server;

/// Each query gives PostgreSQL's answer, as a join and as a subplan, and its plan has these words.
#[test]
fn semi_and_anti_joins() {
    let server = Server::start(&[]);
    server.ask("CREATE TABLE a (id int PRIMARY KEY, x int, t text); CREATE TABLE b (id int PRIMARY KEY, x bigint, y int)");
    server.ask("CREATE TABLE c (x int, y int)");
    server.ask("INSERT INTO a SELECT i, nullif(i % 20, 0), 't' || i % 7 FROM generate_series(1, 200) i");
    server.ask("INSERT INTO b SELECT i, nullif(i % 13, 5), i % 5 FROM generate_series(1, 150) i");
    server.ask("INSERT INTO c SELECT nullif(i % 9, 3), i % 4 FROM generate_series(1, 50) i");
    server.ask("ANALYZE");
    for (condition, words, expected) in [
        ("x IN (SELECT x FROM b)", "Hash Semi Join", "110|10630"),
        ("x NOT IN (SELECT x FROM b)", "hashed SubPlan", "0|NULL"),
        ("x NOT IN (SELECT x FROM b WHERE x IS NOT NULL)", "hashed SubPlan", "80|8370"),
        ("x IN (SELECT x FROM b WHERE b.y = a.id % 5)", "Hash Semi Join", "110|10630"),
        ("EXISTS (SELECT FROM b WHERE b.x = a.x)", "Hash Semi Join", "110|10630"),
        ("NOT EXISTS (SELECT FROM b WHERE b.x = a.x AND b.y > 2)", "Hash Anti Join", "90|9470"),
        ("NOT EXISTS (SELECT FROM b WHERE b.x = a.x AND b.y > a.id % 4)", "SubPlan", "90|9470"),
        (
            "EXISTS (SELECT FROM b WHERE b.x = a.x AND EXISTS (SELECT FROM c WHERE c.x = b.x AND c.y = a.id % 4))",
            "SubPlan",
            "60|5680",
        ),
        ("(x, id % 5) NOT IN (SELECT x, y FROM b)", "hashed SubPlan", "0|NULL"),
        ("x IN (SELECT max(x) FROM b GROUP BY y)", "Hash Semi Join", "10|1020"),
        (
            "(SELECT count(*) FROM b WHERE b.x IN (SELECT c.x FROM c WHERE c.y = a.id % 4)) > 20",
            "SubPlan",
            "200|20100",
        ),
    ] {
        let query = format!("SELECT count(*), sum(id) FROM a WHERE {condition}");
        let plan = server.ask(&format!("EXPLAIN (COSTS OFF) {query}"));
        assert!(plan.contains(words), "{condition}: {plan}");
        assert_eq!(server.ask(&query), expected, "{condition}");
        assert_eq!(server.ask(&format!("SET enable_hashjoin = off; {query}")), expected, "{condition}");
    }
}
