//! Statements that need more memory than they may use: the same answers by way of temporary files, of which none is left.

use crate::server::{Server, wait_for};
use crate::session::ask;

const TABLES: &str = "CREATE TABLE l AS SELECT g AS a, (g * 7919) % 2011 AS k, 'left' || g AS t FROM generate_series(1, 6000) g;
    CREATE TABLE r AS SELECT g AS a, CASE WHEN g % 17 = 0 THEN NULL ELSE (g * 10007) % 2513 END::bigint AS k, 'right' || g AS t
        FROM generate_series(1, 9000) g;
    INSERT INTO r SELECT g, 777, 'hot' || g FROM generate_series(1, 4000) g;
    INSERT INTO l SELECT g, 777, 'hot' || g FROM generate_series(1, 3) g; ANALYZE l; ANALYZE r";

/// Each with what it says when everything is in memory.
const QUESTIONS: &[&str] = &[
    "SELECT md5(string_agg(t, ',')) FROM (SELECT t FROM r ORDER BY k DESC, t) x",
    "SELECT md5(string_agg(t, ',')) FROM (SELECT t FROM r ORDER BY t LIMIT 3000 OFFSET 100) x",
    "SELECT count(*), sum(l.a), sum(r.a) FROM l JOIN r USING (k)",
    "SELECT count(*), sum(l.a), sum(r.a) FROM l LEFT JOIN r USING (k)",
    "SELECT count(*), sum(l.a), sum(r.a) FROM l RIGHT JOIN r USING (k)",
    "SELECT count(*), sum(l.a), sum(r.a) FROM l FULL JOIN r USING (k)",
    "SELECT count(*), sum(l.a), sum(r.a) FROM l LEFT JOIN r ON l.k = r.k AND l.a < r.a",
    "SELECT count(*), sum(a) FROM l WHERE EXISTS (SELECT 1 FROM r WHERE r.k = l.k)",
    "SELECT count(*), sum(a) FROM l WHERE NOT EXISTS (SELECT 1 FROM r WHERE r.k = l.k)",
    "SELECT count(*), sum(c), sum(m), max(s) FROM (SELECT t, count(*) c, max(a) m, min(t) s FROM r GROUP BY t) x",
    "SELECT count(*), sum(c), count(k), count(m) FROM
        (SELECT k, a % 5 AS m, count(*) c FROM r GROUP BY GROUPING SETS ((k), (a % 5), (k, a % 5), ())) x",
    "SELECT count(DISTINCT t), count(DISTINCT k), sum(DISTINCT k), md5(string_agg(t, ',' ORDER BY a, t DESC)) FROM r",
    "SELECT md5(string_agg(s, ';' ORDER BY g)) FROM (SELECT a % 700 g, string_agg(DISTINCT t, ',') s FROM r GROUP BY 1) x",
    "SELECT count(*), sum(length(t)) FROM (SELECT t FROM l INTERSECT SELECT t FROM r) x",
    "SELECT count(*) FROM (SELECT 'x' || k FROM r EXCEPT ALL SELECT 'x' || k FROM l) x",
    "SELECT count(*) FROM (SELECT t FROM l UNION SELECT t FROM r) x",
    "WITH x AS MATERIALIZED (SELECT * FROM r) SELECT count(*), sum(u.a + v.a) FROM x u JOIN x v USING (t) WHERE u.a < 5000",
    "SELECT count(*), sum(s), max(w) FROM (SELECT sum(a) OVER (PARTITION BY k ORDER BY t) s, lag(t) OVER (ORDER BY t) w FROM r) x",
    "WITH RECURSIVE x(n) AS (SELECT a FROM r UNION ALL SELECT n + 9000 FROM x WHERE n < 20000) SELECT count(*), sum(n) FROM x",
];

fn temporary_files(server: &Server) -> usize {
    std::fs::read_dir(server.data().join("base/pgsql_tmp")).map_or(0, |entries| entries.count())
}

/// Answers do not depend on memory; nothing is left behind, and the files are counted.
#[test]
fn the_same_answers_with_little_memory() {
    let server = Server::start(&["log_temp_files=0"]);
    let mut client = server.connect();
    ask(&mut client, TABLES);
    let expected: Vec<String> = QUESTIONS.iter().map(|question| ask(&mut client, question)).collect();
    let files = || server.ask("SELECT temp_files FROM pg_stat_database WHERE datname = 'postgres'");
    assert_eq!(files(), "0");
    ask(&mut client, "SET work_mem = '64kB'; SET maintenance_work_mem = '64kB'");
    for (question, expected) in QUESTIONS.iter().zip(&expected) {
        assert_eq!(&ask(&mut client, question), expected, "{question}");
        assert_eq!(temporary_files(&server), 0, "{question}");
    }
    assert_ne!(files(), "0");
    assert!(server.log().contains("LOG:  temporary file: path \"base/pgsql_tmp/pgsql_tmp"));
    ask(&mut client, "CREATE INDEX ON r (t DESC); CREATE UNIQUE INDEX ON l (t); SET enable_seqscan = off");
    let by_index = "SELECT md5(string_agg(t, ',')) FROM (SELECT t FROM r WHERE t > '' ORDER BY t DESC) x";
    let found = ask(&mut client, by_index);
    ask(
        &mut client,
        "SET work_mem = '64MB'; SET enable_seqscan = on; SET enable_indexscan = off; SET enable_indexonlyscan = off",
    );
    assert_eq!(found, ask(&mut client, by_index));
    assert_eq!(temporary_files(&server), 0);
}

/// EXPLAIN ANALYZE says what went to disk.
#[test]
fn explain_shows_files() {
    let server = Server::start(&[]);
    let mut client = server.connect();
    ask(&mut client, TABLES);
    let mut explain =
        |query: &str| ask(&mut client, &format!("EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF) {query}"));
    let sorted = explain("SELECT * FROM r ORDER BY t");
    assert!(sorted.contains("Sort Method: quicksort  Memory: "), "{sorted}");
    let first = explain("SELECT * FROM r ORDER BY t LIMIT 5");
    assert!(first.contains("Sort Method: top-N heapsort  Memory: "), "{first}");
    let joined = explain("SELECT * FROM l JOIN r USING (k)");
    assert!(joined.contains("Batches: 1  Memory Usage: "), "{joined}");
    ask(&mut client, "SET work_mem = '64kB'");
    let mut explain =
        |query: &str| ask(&mut client, &format!("EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF) {query}"));
    let sorted = explain("SELECT * FROM r ORDER BY t");
    assert!(
        sorted.contains("Sort Method: external merge  Disk: ") && sorted.contains(", temp read="),
        "{sorted}"
    );
    let joined = explain("SELECT * FROM l JOIN r USING (k)");
    assert!(joined.contains("Batches: ") && !joined.contains("Batches: 1 "), "{joined}");
    let grouped = explain("SELECT t, count(*) FROM r GROUP BY t");
    assert!(grouped.contains("Disk Usage: "), "{grouped}");
    let kept = explain("WITH x AS MATERIALIZED (SELECT * FROM r) SELECT * FROM x");
    assert!(kept.contains("Storage: Disk  Maximum Storage: "), "{kept}");
}

/// A limit and a full disk end the statement, and its files go; so do those of a cursor that is closed, and of a dead process.
#[test]
fn files_go_with_their_statement() {
    let server = Server::start_with_room(&["work_mem=64kB"], 2_000_000);
    for text in ["temporary file size exceeds", "No space left on device", "was terminated by signal 9"] {
        server.announce(text);
    }
    let mut client = server.connect();
    ask(&mut client, "CREATE TABLE big AS SELECT g AS a, md5(g::text) AS t FROM generate_series(1, 50000) g");
    let sorted = "SELECT count(*) FROM (SELECT * FROM big ORDER BY t OFFSET 0) x";
    assert_eq!(ask(&mut client, sorted), "ERROR 53100");
    assert_eq!(temporary_files(&server), 0);
    ask(&mut client, "SET temp_file_limit = '1MB'");
    assert_eq!(ask(&mut client, sorted), "ERROR 53400");
    assert_eq!(temporary_files(&server), 0);
    let small = "SELECT count(*) FROM (SELECT * FROM big WHERE a < 5000 ORDER BY t OFFSET 0) x";
    assert_eq!(ask(&mut client, small), "4999");
    ask(&mut client, "RESET temp_file_limit; BEGIN");
    let cursor = "DECLARE c CURSOR FOR SELECT * FROM big WHERE a < 5000 ORDER BY t";
    ask(&mut client, cursor);
    ask(&mut client, "FETCH c");
    assert_eq!(temporary_files(&server), 1);
    ask(&mut client, "ROLLBACK");
    assert_eq!(temporary_files(&server), 0);
    ask(&mut client, "BEGIN");
    ask(&mut client, cursor);
    ask(&mut client, "FETCH c");
    let process = ask(&mut client, "SELECT pg_backend_pid()");
    assert_eq!(temporary_files(&server), 1);
    server.kill_process(&process);
    wait_for("the janitor", || temporary_files(&server) == 0);
    assert_eq!(server.ask("SELECT 1"), "1");
}
