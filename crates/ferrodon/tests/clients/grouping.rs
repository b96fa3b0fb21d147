//! GROUP BY: expressions of keys, and grouping sets.

use crate::server::Server;

/// Each set has its own groups, with nulls for the keys that it leaves out; the empty set has a group without rows too.
#[test]
fn keys_and_sets() {
    let server = Server::start(&[]);
    server.ask("CREATE TABLE b (id int, y int, t text)");
    server.ask("INSERT INTO b SELECT i, i % 3, 't' || i % 2 FROM generate_series(1, 12) i");
    for (query, expected) in [
        ("SELECT y % 2 + 1, count(*) FROM b GROUP BY y % 2 ORDER BY 1", "1|8 2|4"),
        ("SELECT y, sum(id) FROM b GROUP BY ROLLUP (y) ORDER BY 1", "0|30 1|22 2|26 NULL|78"),
        (
            "SELECT y, t, count(*) FROM b WHERE y < 2 GROUP BY CUBE (y, t) ORDER BY 1, 2",
            "0|t0|2 0|t1|2 0|NULL|4 1|t0|2 1|t1|2 1|NULL|4 NULL|t0|4 NULL|t1|4 NULL|NULL|8",
        ),
        (
            "SELECT coalesce(t, 'all'), count(*) FROM b GROUP BY GROUPING SETS (t, ()) ORDER BY 1",
            "all|12 t0|6 t1|6",
        ),
        ("SELECT y, count(*) FROM b WHERE false GROUP BY ROLLUP (y)", "NULL|0"),
        ("SELECT count(*) FROM b WHERE false GROUP BY GROUPING SETS ((), ())", "0 0"),
        (
            "SELECT y, count(DISTINCT t) FROM b GROUP BY ROLLUP (y) HAVING sum(id) > 25 ORDER BY 1",
            "0|2 2|2 NULL|2",
        ),
    ] {
        assert_eq!(server.ask(query), expected, "{query}");
    }
}
