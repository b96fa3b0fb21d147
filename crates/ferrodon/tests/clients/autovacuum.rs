//! Autovacuum: tables that have changed enough are vacuumed and analyzed by themselves, in every database.

use std::io::Write;

use crate::server::{Server, wait_for};

const FAST: &[&str] = &["autovacuum_naptime=1s", "log_autovacuum_min_duration=0"];

#[test]
fn changed_tables_are_vacuumed_and_analyzed() {
    let server = Server::start(FAST);
    server.ask("CREATE TABLE t (id int PRIMARY KEY, filling text)");
    server.ask("CREATE TABLE off (id int) WITH (autovacuum_enabled = false)");
    server.ask("CREATE TABLE few (id int)");
    server.ask("INSERT INTO off SELECT generate_series(1, 5000)");
    server.ask("INSERT INTO few SELECT generate_series(1, 10)");
    server.ask("INSERT INTO t SELECT i, repeat('x', 500) FROM generate_series(1, 5000) i");
    wait_for("the first analyze", || {
        server.ask("SELECT reltuples FROM pg_class WHERE relname = 't'") == "5000"
            && server.ask("SELECT count(*) FROM pg_statistic WHERE starelid = 't'::regclass") == "2"
    });
    server.ask("DELETE FROM t");
    wait_for("the empty file", || server.ask("SELECT pg_relation_size('t')") == "0");
    // What was rolled back is dead, too.
    server.ask("BEGIN; INSERT INTO t SELECT i, repeat('x', 500) FROM generate_series(1, 5000) i; ROLLBACK");
    wait_for("the empty file again", || server.ask("SELECT pg_relation_size('t')") == "0");
    for left_alone in ["off", "few"] {
        let rows = server.ask(&format!("SELECT reltuples FROM pg_class WHERE relname = '{left_alone}'"));
        assert_eq!(rows, "-1");
    }
    assert!(server.log().contains("of table \"postgres.public.t\""));
    assert!(!server.log().contains("of table \"postgres.public.off\""));
}

#[test]
fn other_databases_are_not_forgotten() {
    let server = Server::start(FAST);
    server.ask("CREATE DATABASE other");
    let mut configuration = server.configuration();
    let mut client = configuration.dbname("other").connect(postgres::NoTls).unwrap();
    client.batch_execute("CREATE TABLE t (id int); INSERT INTO t SELECT generate_series(1, 3000)").unwrap();
    drop(client);
    server.wait_for_log("of table \"other.public.t\"", 1);
    // The catalogs themselves, too.
    for number in 0..60 {
        server.ask(&format!("CREATE TABLE x{number} (id int); DROP TABLE x{number}"));
    }
    server.wait_for_log("of table \"postgres.pg_catalog.pg_class\"", 1);
    // A worker does not keep anybody from dropping its database.
    server.ask("DROP DATABASE other");
    assert_eq!(server.ask("SELECT count(*) FROM pg_database WHERE datname = 'other'"), "0");
}

/// COPY FREEZE makes rows that vacuum need not look at, into a table that this transaction made or emptied only; a crash keeps them.
#[test]
fn copy_freeze() {
    let server = Server::start(&["autovacuum=off"]);
    server.announce("cannot perform COPY FREEZE");
    let mut client = server.connect();
    client.batch_execute("CREATE TABLE f (a int, b text)").unwrap();
    let copy = |client: &mut postgres::Client| {
        let mut copy = client.copy_in("COPY f FROM STDIN (FREEZE)")?;
        for number in 1..=20_000 {
            writeln!(copy, "{number}\tvalue {number}").unwrap();
        }
        copy.finish()
    };
    assert_eq!(copy(&mut server.connect()).unwrap_err().code().unwrap().code(), "55000");
    client.batch_execute("BEGIN; TRUNCATE f").unwrap();
    copy(&mut client).unwrap();
    client.batch_execute("ROLLBACK").unwrap();
    assert_eq!(server.ask("SELECT count(*) FROM f"), "0");
    client.batch_execute("BEGIN; TRUNCATE f").unwrap();
    copy(&mut client).unwrap();
    client.batch_execute("COMMIT").unwrap();
    server.kill();
    server.start_again();
    assert_eq!(server.ask("SELECT count(*), sum(a) FROM f"), "20000|200010000");
    let sizes = "SELECT relpages = relallvisible, reltuples BETWEEN 15000 AND 25000 FROM pg_class WHERE relname = 'f'";
    server.ask("VACUUM f");
    assert_eq!(server.ask(sizes), "t|t");
    assert_eq!(server.ask("DELETE FROM f WHERE a % 2 = 0; SELECT count(*) FROM f"), "10000");
}

/// A vacuum by hand goes as slowly, and in as little memory, as its session's settings say; one that pauses can be stopped.
#[test]
fn vacuum_keeps_to_its_settings() {
    let server = Server::start(&["autovacuum=off"]);
    server.announce("canceling statement due to user request");
    server.ask("CREATE TABLE t (id int PRIMARY KEY)");
    server.ask("INSERT INTO t SELECT generate_series(1, 60000)");
    server.ask("DELETE FROM t");
    let session = server.session();
    session
        .run("SET maintenance_work_mem = '64kB'; SET vacuum_cost_limit = 1; SET vacuum_cost_delay = '2ms'");
    session.start("VACUUM t");
    wait_for("a pause", || {
        server.ask("SELECT wait_event FROM pg_stat_activity WHERE query LIKE 'VACUUM%'") == "VacuumDelay"
    });
    wait_for("a second look at the index", || {
        server.ask("SELECT max_dead_tuple_bytes, index_vacuum_count > 1 FROM pg_stat_progress_vacuum")
            == "65532|t"
    });
    server.ask("SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE query LIKE 'VACUUM%'");
    assert_eq!(session.answer(), "ERROR 57014");
    session.run("SET vacuum_cost_delay = 0");
    assert_eq!(session.run("VACUUM t"), "");
    assert_eq!(server.ask("SELECT pg_relation_size('t')"), "0");
}
