//! EXPLAIN: what it shows of plans, that ANALYZE runs and counts, and both protocols.

use postgres::{Client, SimpleQueryMessage};

use crate::server::Server;
use crate::session::ask;

fn server() -> Server {
    let server = Server::start(&[]);
    server.ask("CREATE TABLE t (a int PRIMARY KEY, b int, c text); CREATE TABLE u (x int, y int)");
    server.ask("INSERT INTO t SELECT g, g % 10, 'x' FROM generate_series(1, 1000) g");
    server.ask("INSERT INTO u SELECT g, g FROM generate_series(1, 100) g; ANALYZE t; ANALYZE u");
    server
}

fn plan(client: &mut Client, statement: &str) -> String {
    let messages = client.simple_query(statement).unwrap();
    let rows = messages.iter().filter_map(|message| match message {
        SimpleQueryMessage::Row(row) => row.get(0).map(str::to_string),
        _ => None,
    });
    rows.collect::<Vec<_>>().join("\n")
}

/// The text form is PostgreSQL's: nodes, conditions, names of columns, subqueries.
#[test]
fn text_form() {
    let server = server();
    let mut client = server.connect();
    let mut check = |statement: &str, expected: &[&str]| {
        assert_eq!(plan(&mut client, &format!("EXPLAIN (COSTS OFF) {statement}")), expected.join("\n"));
    };
    check(
        "SELECT count(*), b FROM t GROUP BY b HAVING count(*) > 1 ORDER BY 2, 1 DESC LIMIT 3",
        &[
            "Limit",
            "  ->  Sort",
            "        Sort Key: b, (count(*)) DESC",
            "        ->  HashAggregate",
            "              Group Key: b",
            "              Filter: (count(*) > 1)",
            "              ->  Seq Scan on t",
        ],
    );
    check(
        "SELECT b FROM t z WHERE a = 7 AND b > 2",
        &["Index Scan using t_pkey on t z", "  Index Cond: (a = 7)", "  Filter: (b > 2)"],
    );
    check(
        "SELECT * FROM t JOIN u ON a = x WHERE b = (SELECT min(y) FROM u WHERE x = t.a)",
        &[
            "Hash Join",
            "  Hash Cond: (u.x = t.a)",
            "  ->  Seq Scan on u",
            "  ->  Hash",
            "        ->  Seq Scan on t",
            "              Filter: (b = (SubPlan 1))",
            "              SubPlan 1",
            "                ->  Aggregate",
            "                      ->  Seq Scan on u u_1",
            "                            Filter: (x = t.a)",
        ],
    );
    check(
        "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 10) SELECT * FROM r",
        &[
            "CTE Scan on r",
            "  CTE r",
            "    ->  Recursive Union",
            "          ->  Result",
            "          ->  WorkTable Scan on r r_1",
            "                Filter: (n < 10)",
        ],
    );
    check(
        "INSERT INTO t VALUES (1, 2, 'x') ON CONFLICT (a) DO UPDATE SET b = 3 WHERE t.b > 2",
        &[
            "Insert on t",
            "  Conflict Resolution: UPDATE",
            "  Conflict Arbiter Indexes: t_pkey",
            "  Conflict Filter: (t.b > 2)",
            "  ->  Result",
        ],
    );
    check("CREATE TABLE other AS SELECT 1", &["Result"]);
    assert_eq!(server.ask("SELECT count(*) FROM pg_class WHERE relname = 'other'"), "0");
}

/// ANALYZE runs the statement, once, and counts what each node did.
#[test]
fn analyze_runs_and_counts() {
    let server = server();
    let mut client = server.connect();
    let words = "EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF, BUFFERS OFF)";
    let text = plan(&mut client, &format!("{words} SELECT * FROM t WHERE b > 3"));
    assert_eq!(
        text,
        "Seq Scan on t (actual rows=600.00 loops=1)\n  Filter: (b > 3)\n  Rows Removed by Filter: 400"
    );
    let text = plan(&mut client, &format!("{words} SELECT (SELECT y FROM u WHERE x = a) FROM t WHERE a < 5"));
    assert!(text.contains("Seq Scan on u (actual rows=1.00 loops=4)"), "{text}");
    let text = plan(&mut client, &format!("{words} UPDATE t SET b = b + 1 WHERE a <= 3"));
    assert!(text.starts_with("Update on t (actual rows=0.00 loops=1)"), "{text}");
    assert_eq!(server.ask("SELECT b FROM t WHERE a <= 3 ORDER BY a"), "2 3 4");
    let text = plan(&mut client, "EXPLAIN ANALYZE SELECT 1 WHERE false");
    assert!(text.contains("(actual time=") && text.contains("Execution Time: "), "{text}");
    let json = plan(&mut client, "EXPLAIN (ANALYZE, FORMAT JSON) SELECT * FROM u WHERE x < 11");
    assert!(
        json.contains("\"Node Type\": \"Seq Scan\"") && json.contains("\"Actual Rows\": 10.00"),
        "{json}"
    );
}

/// EXPLAIN has parameters and a description of its rows like any query; EXECUTE is explained with its arguments.
#[test]
fn both_protocols() {
    let server = server();
    let mut client = server.connect();
    let statement = client.prepare("EXPLAIN (COSTS OFF) SELECT b FROM t WHERE a = $1").unwrap();
    assert_eq!(statement.columns()[0].name(), "QUERY PLAN");
    let rows = client.query(&statement, &[&7]).unwrap();
    assert_eq!(rows[1].get::<_, String>(0), "  Index Cond: (a = $1)");
    let rows = client.query("EXPLAIN ANALYZE SELECT b FROM t WHERE a = $1", &[&7]).unwrap();
    assert!(rows[0].get::<_, String>(0).contains("rows=1.00 loops=1"));
    client.simple_query("PREPARE p (int) AS SELECT c FROM t WHERE a = $1").unwrap();
    let text = plan(&mut client, "EXPLAIN (ANALYZE, COSTS OFF) EXECUTE p(5)");
    assert!(text.contains("rows=1.00"), "{text}");
}

/// What makes no sense is refused as PostgreSQL does.
#[test]
fn options_are_checked() {
    let server = server();
    for text in
        ["requires ANALYZE", "unrecognized EXPLAIN option", "unrecognized value", "requires a Boolean"]
    {
        server.announce(text);
    }
    assert_eq!(server.ask("EXPLAIN (TIMING) SELECT 1"), "ERROR 22023");
    assert_eq!(server.ask("EXPLAIN (FOO) SELECT 1"), "ERROR 42601");
    assert_eq!(server.ask("EXPLAIN (FORMAT foo) SELECT 1"), "ERROR 22023");
    assert_eq!(server.ask("EXPLAIN (ANALYZE maybe) SELECT 1"), "ERROR 42601");
}

/// The forms for machines say the same, and tell of settings, the log and the query's identifier.
#[test]
fn other_forms() {
    let server = server();
    server.announce("EXPLAIN option WAL requires ANALYZE");
    let mut client = server.connect();
    let query = "SELECT '<&' FROM u";
    let xml = plan(&mut client, &format!("EXPLAIN (COSTS OFF, VERBOSE, FORMAT XML) {query}"));
    let start = "<explain xmlns=\"http://www.postgresql.org/2009/explain\">\n  <Query>\n    <Plan>\n      \
                 <Node-Type>Seq Scan</Node-Type>\n";
    assert!(xml.starts_with(start), "{xml}");
    assert!(
        xml.contains("      <Output>\n        <Item>'&lt;&amp;'::text</Item>\n      </Output>\n"),
        "{xml}"
    );
    let yaml = plan(&mut client, &format!("EXPLAIN (COSTS OFF, SETTINGS, FORMAT YAML) {query} ORDER BY x"));
    let start = "- Plan: \n    Node Type: \"Sort\"\n    Parallel Aware: false\n    Async Capable: false\n    \
                 Disabled: false\n    Sort Key: \n      - \"x\"\n    Plans: \n      - Node Type: \"Seq Scan\"\n";
    assert!(yaml.starts_with(start), "{yaml}");
    assert!(yaml.ends_with("\n  Settings: "), "{yaml}");
    client.batch_execute("SET enable_sort = off; SET work_mem = '5MB'").unwrap();
    let text = plan(&mut client, "EXPLAIN (ANALYZE, VERBOSE, WAL, SETTINGS) INSERT INTO u VALUES (1, 1)");
    assert!(text.contains("\nSettings: enable_sort = 'off', work_mem = '5MB'\nQuery Identifier: "), "{text}");
    assert!(text.contains("\n  WAL: records=1 bytes="), "{text}");
    assert!(client.simple_query("EXPLAIN (WAL) SELECT 1").is_err());
}

/// Plans of long statements go to the log, with what was run and, if asked for, what the nodes did.
#[test]
fn plans_in_the_log() {
    let server = server();
    let mut client = server.connect();
    client.batch_execute("SET auto_explain.log_min_duration = 0; SET auto_explain.log_analyze = on").unwrap();
    client
        .batch_execute("SET auto_explain.log_timing = off; SET auto_explain.log_parameter_max_length = 3")
        .unwrap();
    client.query("SELECT b FROM t WHERE a = $1 AND c <> $2", &[&7, &"abcdef"]).unwrap();
    let log = server.log();
    let text = "  plan:\n\tQuery Text: SELECT b FROM t WHERE a = $1 AND c <> $2\n\tQuery Parameters: $1 = '7', $2 = 'abc...'\n\t\
                Index Scan using t_pkey on t  (cost=";
    assert!(log.contains(text), "{log}");
    assert!(log.contains(" (actual rows=1.00 loops=1)\n\t  Index Cond: (a = $1)\n"), "{log}");
    client.batch_execute("SET auto_explain.log_format = json; SELECT count(*) FROM u").unwrap();
    let log = server.log();
    assert!(
        log.contains("  plan:\n\t{\n\t  \"Query Text\": \"SET auto_explain.log_format = json; SELECT"),
        "{log}"
    );
    client.batch_execute("SET auto_explain.log_min_duration = '1h'; SELECT 'short'").unwrap();
    client.batch_execute("SET auto_explain.log_min_duration = 0; SET auto_explain.sample_rate = 0").unwrap();
    client.batch_execute("SELECT 'unwatched'").unwrap();
    let log = server.log();
    assert!(!log.contains("'short'") && !log.contains("'unwatched'"), "{log}");
}

/// SERIALIZE makes rows ready for a client and tells how much that was.
#[test]
fn serialization() {
    let server = Server::start(&[]);
    server.announce("EXPLAIN option");
    let mut client = server.connect();
    ask(
        &mut client,
        "CREATE TABLE s (i int, t text); INSERT INTO s SELECT 1, repeat('x', 100) FROM generate_series(1, 100)",
    );
    let mut last = |options: &str, query: &str| {
        let off = "costs off, timing off, summary off, buffers off";
        let rows = client.simple_query(&format!("EXPLAIN (ANALYZE, {options}, {off}) {query}")).unwrap();
        let texts = rows.iter().filter_map(|row| match row {
            postgres::SimpleQueryMessage::Row(row) => row.get(0).map(str::to_string),
            _ => None,
        });
        texts.last().unwrap()
    };
    assert_eq!(last("SERIALIZE", "SELECT t FROM s"), "Serialization: output=11kB  format=text");
    assert_eq!(last("SERIALIZE BINARY", "SELECT i FROM s"), "Serialization: output=2kB  format=binary");
    assert_eq!(last("SERIALIZE", "INSERT INTO s VALUES (2)"), "Serialization: output=0kB  format=text");
    assert!(last("SERIALIZE NONE", "SELECT t FROM s").starts_with("Seq Scan"));
    let json = last("SERIALIZE, FORMAT JSON", "SELECT t FROM s");
    assert!(json.contains("\"Output Volume\": 11,"), "{json}");
    let mut client = server.connect();
    let failed = crate::session::failure(&mut client, "EXPLAIN (SERIALIZE) SELECT 1");
    assert_eq!(
        (failed.0.as_str(), failed.1.as_str()),
        ("22023", "EXPLAIN option SERIALIZE requires ANALYZE")
    );
}

/// The plans of queries inside of commands are logged too: CREATE TABLE AS, COPY of a query, EXPLAIN itself.
#[test]
fn plans_of_commands_in_the_log() {
    let server = Server::start(&[]);
    let mut client = server.connect();
    let set = "SET auto_explain.log_min_duration = 0; SET auto_explain.log_analyze = on; SET auto_explain.log_timing = off";
    ask(&mut client, set);
    ask(&mut client, "CREATE TABLE copied AS SELECT 1 AS a");
    ask(&mut client, "EXPLAIN (ANALYZE, TIMING OFF) SELECT 7");
    ask(&mut client, "EXPLAIN SELECT 8");
    std::io::copy(&mut client.copy_out("COPY (SELECT 2) TO STDOUT").unwrap(), &mut std::io::sink()).unwrap();
    std::io::copy(&mut client.copy_out("COPY copied TO STDOUT").unwrap(), &mut std::io::sink()).unwrap();
    let log = server.log();
    for text in [
        "CREATE TABLE copied AS SELECT 1 AS a",
        "EXPLAIN (ANALYZE, TIMING OFF) SELECT 7",
        "COPY (SELECT 2) TO STDOUT",
    ] {
        let line = format!(
            "Query Text: {text}\n\tResult  (cost=0.00..0.01 rows=1 width=4) (actual rows=1.00 loops=1)"
        );
        assert!(log.contains(&line), "{text}: {log}");
    }
    assert!(
        log.contains("Query Text: EXPLAIN SELECT 8\n\tResult  (cost=0.00..0.01 rows=1 width=4)\n"),
        "{log}"
    );
    assert!(!log.contains("COPY copied TO STDOUT"), "{log}");
}
