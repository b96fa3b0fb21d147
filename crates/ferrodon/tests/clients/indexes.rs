//! What indexes are used for: order, extremes, and answers without the table; always the same rows as without them.

use crate::server::Server;

fn server() -> Server {
    let server = Server::start(&[]);
    server.ask("CREATE TABLE big (id int PRIMARY KEY, k int, v text, d date)");
    server.ask(
        "INSERT INTO big SELECT g, nullif(g % 100, 99), 'value ' || g, date '2020-01-01' + g % 1000 \
         FROM generate_series(1, 20000) g",
    );
    server.ask("CREATE INDEX big_k ON big (k, id) INCLUDE (v); CREATE INDEX big_d ON big (d DESC)");
    server.ask("VACUUM ANALYZE big");
    server
}

/// The first words of a plan's nodes, without costs.
fn plan(server: &Server, query: &str) -> String {
    server.ask(&format!("EXPLAIN (COSTS OFF) {query}"))
}

/// Each query's plan has these words, and its answer is that of a sequential scan with a sort.
#[test]
fn orders_extremes_and_index_only() {
    let server = server();
    for (query, words) in [
        ("SELECT id FROM big ORDER BY id LIMIT 3", "Index Only Scan using big_pkey"),
        ("SELECT * FROM big ORDER BY id DESC LIMIT 3", "Index Scan Backward using big_pkey"),
        (
            "SELECT id, v FROM big WHERE k = 5 ORDER BY id DESC LIMIT 4",
            "Index Only Scan Backward using big_k",
        ),
        ("SELECT id, v FROM big WHERE k = 5 ORDER BY k, id OFFSET 3 LIMIT 4", "Index Only Scan using big_k"),
        ("SELECT k, id FROM big ORDER BY k, id LIMIT 2", "Index Only Scan using big_k"),
        ("SELECT k, id FROM big ORDER BY k DESC, id DESC LIMIT 2", "Index Only Scan Backward using big_k"),
        ("SELECT k, id FROM big ORDER BY k DESC NULLS LAST, id LIMIT 2", "Sort"),
        ("SELECT count(*) FROM big WHERE id < 500", "Index Only Scan using big_pkey"),
        ("SELECT count(*) FROM big WHERE k IS NULL", "Index Only Scan using big_k"),
        ("SELECT sum(id), max(v) FROM big WHERE k IN (3, 5)", "Index Only Scan using big_k"),
        ("SELECT min(id), max(id) FROM big", "Index Only Scan Backward using big_pkey"),
        ("SELECT max(id) FROM big WHERE k = 7", "Index Only Scan Backward using big_k"),
        ("SELECT min(d), max(d), min(k), max(k) FROM big", "Index Only Scan using big_d"),
        ("SELECT min(id) FROM big WHERE k = 7000", "Index Only Scan using big_k"),
        (
            "SELECT (SELECT max(id) FROM big b WHERE b.k = a.id) FROM big a WHERE id IN (1, 2, 200)",
            "big_k on big b",
        ),
        ("SELECT id FROM big WHERE d > '2022-09-20' ORDER BY d DESC, id LIMIT 3", "Sort Key: d DESC, id"),
        ("SELECT v FROM big WHERE id = 5 OR id = 7", "Seq Scan"),
    ] {
        let shown = plan(&server, query);
        assert!(shown.contains(words), "{query}: {shown}");
        let plainly = format!("SET enable_indexscan = off; SET enable_indexonlyscan = off; {query}");
        assert_eq!(server.ask(query), server.ask(&plainly), "{query}");
    }
}

/// Where a page is not known to be visible to all, the table decides, in every snapshot.
#[test]
fn the_table_is_asked_where_it_must() {
    let server = server();
    let (first, second) = (server.session(), server.session());
    let count = "SELECT count(*), min(id), max(id) FROM big WHERE id <= 100";
    second.run("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1 FROM big LIMIT 1");
    first.run("BEGIN; DELETE FROM big WHERE id <= 10; UPDATE big SET v = 'new' WHERE id = 100; INSERT INTO big VALUES (0)");
    assert_eq!(first.run(count), "91|0|100");
    assert_eq!(server.ask(count), "100|1|100");
    first.run("COMMIT");
    assert_eq!(server.ask(count), "91|0|100");
    assert_eq!(second.run(count), "100|1|100");
    server.ask("VACUUM big");
    assert_eq!(second.run(count), "100|1|100");
    assert_eq!(server.ask(count), "91|0|100");
    second.run("COMMIT");
    server.ask("VACUUM big");
    assert_eq!(server.ask(count), "91|0|100");
    assert_eq!(server.ask("SELECT v FROM big WHERE k = 0 ORDER BY id LIMIT 1"), "new");
}
