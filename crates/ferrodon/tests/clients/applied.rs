//! Settings do what they say.

use crate::server::{Server, run, title, wait_for};
use crate::session::{ask, failure};

/// The log's times are in its zone, and processes are called after the cluster.
#[test]
fn names_and_times() {
    let server =
        Server::start(&["log_timezone=Asia/Tokyo", "cluster_name=north", "log_line_prefix=%m [%p] "]);
    let lines = server.log();
    assert!(lines.lines().all(|line| line.starts_with('\t') || line.contains(" JST [")), "{lines}");
    let own = server.session();
    let process = own.run("SELECT pg_backend_pid()");
    assert!(title(&process).starts_with("ferrodon: north: postgres postgres"), "{}", title(&process));
    assert_eq!(server.processes_titled("ferrodon: north: walwriter"), 1);
}

/// Statistics have as many values as `default_statistics_target` says.
#[test]
fn statistics_target() {
    let server = Server::start(&[]);
    server.ask("CREATE TABLE t (i int); INSERT INTO t SELECT generate_series(1, 3000)");
    let bounds = "SELECT array_length(histogram_bounds::text::int[], 1) FROM pg_stats WHERE tablename = 't'";
    for (target, expected) in [("10", "11"), ("500", "501")] {
        assert_eq!(
            server.ask(&format!("SET default_statistics_target = {target}; ANALYZE t; {bounds}")),
            expected
        );
    }
}

/// Empty pages at the end of a table stay if the statement, the table or `vacuum_truncate` says so, in this order.
#[test]
fn truncation() {
    let server = Server::start(&["autovacuum=off"]);
    let size = |before: &str, vacuum: &str| {
        server.ask(
            "DROP TABLE IF EXISTS t; CREATE TABLE t (i int); INSERT INTO t SELECT generate_series(1, 100000)",
        );
        server.ask("DELETE FROM t");
        let mut client = server.connect();
        for statement in before.split(';').chain([vacuum]) {
            ask(&mut client, statement);
        }
        server.ask("SELECT pg_relation_size('t') > 0")
    };
    assert_eq!(size("", "VACUUM t"), "f");
    assert_eq!(size("SET vacuum_truncate = off", "VACUUM t"), "t");
    assert_eq!(size("SET vacuum_truncate = off", "VACUUM (TRUNCATE) t"), "f");
    assert_eq!(size("ALTER TABLE t SET (vacuum_truncate = off)", "VACUUM t"), "t");
}

/// A session that does not count leaves no trace in the statistics.
#[test]
fn counting() {
    let server = Server::start(&["autovacuum=off"]);
    let mut client = server.connect();
    ask(&mut client, "CREATE TABLE t (i int)");
    ask(&mut client, "INSERT INTO t VALUES (1)");
    ask(&mut client, "SET track_counts = off");
    ask(&mut client, "INSERT INTO t VALUES (1), (2)");
    let inserted = "SELECT n_tup_ins FROM pg_stat_user_tables WHERE relname = 't'";
    assert_eq!(server.ask(inserted), "1");
    ask(&mut client, "RESET track_counts");
    ask(&mut client, "INSERT INTO t VALUES (3)");
    wait_for("the count", || server.ask(inserted) == "2");
}

/// A server that does not wait for its disk or compress images is a server all the same.
#[test]
fn without_sync_and_compression() {
    let server = Server::start(&["fsync=off", "wal_compression=off", "min_wal_size=32MB"]);
    server.ask("CREATE TABLE t (i int); INSERT INTO t SELECT generate_series(1, 1000)");
    server.ask("CHECKPOINT");
    server.ask("UPDATE t SET i = i + 1");
    server.kill();
    server.start_again();
    assert_eq!(server.ask("SELECT sum(i) FROM t"), "501500");
}

/// Values that mean nothing here are refused, and pg_dump quotes all names when it is told to.
#[test]
fn values_and_names() {
    let server = Server::start(&[]);
    server.announce("invalid value for parameter");
    server.announce("not supported");
    let mut client = server.connect();
    for (statement, code, message) in [
        (
            "SET default_table_access_method = 'x'",
            "22023",
            "invalid value for parameter \"default_table_access_method\": \"x\"",
        ),
        (
            "SET default_tablespace = 'x'",
            "22023",
            "invalid value for parameter \"default_tablespace\": \"x\"",
        ),
        (
            "SET password_encryption = 'md5'",
            "22023",
            "invalid value for parameter \"password_encryption\": \"md5\"",
        ),
        ("SET standard_conforming_strings = off", "0A000", "nonstandard string literals are not supported"),
    ] {
        let (found, text, _) = failure(&mut client, statement);
        assert_eq!((found.as_str(), text.as_str()), (code, message));
    }
    ask(
        &mut client,
        "SET default_table_access_method = heap; SET default_tablespace = pg_default; SET default_tablespace = ''",
    );
    ask(&mut client, "CREATE TABLE t (i int); CREATE VIEW v AS SELECT i FROM t");
    ask(&mut client, "SET quote_all_identifiers = on");
    assert_eq!(ask(&mut client, "SELECT pg_get_viewdef('v')"), " SELECT \"i\"\n   FROM \"t\";");
    if let Some(mut pg_dump) = server.client_program("pg_dump") {
        let dump = run(pg_dump.args(["-s", "--quote-all-identifiers", "postgres"]));
        assert!(dump.contains("CREATE TABLE \"public\".\"t\" (\n    \"i\" integer\n)"), "{dump}");
    }
}
