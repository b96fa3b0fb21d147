//! What is counted of statements and of the server, as the statistics views show it.

use crate::server::{Server, wait_for};

/// Statements are counted by what they mean, prepared or not, with constants as parameters; those of others stay hidden.
#[test]
fn statements() {
    let server = Server::start(&["autovacuum=off"]);
    server.announce("division by zero");
    server.announce("permission denied for function pg_stat_statements_reset");
    server.ask("CREATE TABLE t (i int, s text); CREATE ROLE reader LOGIN");
    server.ask("SELECT pg_stat_statements_reset()");
    let session = server.session();
    session.run("SELECT s FROM t WHERE i = 1");
    session.run("select  s from T where I = -22");
    session.run("INSERT INTO t VALUES (1, 'a'), (2, 'b'); DELETE FROM t WHERE i IN (1, 2, 3)");
    session.run("DELETE FROM t WHERE i IN (4, 5)");
    session.run("SET work_mem = '2MB'; SET work_mem = '3MB'");
    session.run("BEGIN");
    session.run("DECLARE c CURSOR FOR SELECT 7; FETCH 1 FROM c");
    session.run("SELECT 1 / 0");
    session.run("ROLLBACK");
    session.run("PREPARE p AS SELECT $1::int + 5; EXECUTE p(1); EXECUTE p(2)");
    let mut client = server.connect();
    let prepared = client.prepare("SELECT i FROM t WHERE s = $1 LIMIT 3").unwrap();
    for _ in 0..4 {
        client.query(&prepared, &[&"x"]).unwrap();
    }
    let of = |start: &str| {
        let columns =
            "calls, rows, total_exec_time > 0, mean_exec_time BETWEEN min_exec_time AND max_exec_time, query";
        server.ask(&format!("SELECT {columns} FROM pg_stat_statements WHERE query LIKE '{start}%'"))
    };
    assert_eq!(of("SELECT s"), "2|0|t|t|SELECT s FROM t WHERE i = $1");
    assert_eq!(of("INSERT"), "1|2|t|t|INSERT INTO t VALUES ($1, $2), ($3, $4)");
    assert_eq!(of("DELETE"), "2|2|t|t|DELETE FROM t WHERE i IN ($1 /*, ... */)");
    assert_eq!(of("SET"), "2|0|t|t|SET work_mem = $1");
    assert_eq!(of("DECLARE"), "1|0|t|t|DECLARE c CURSOR FOR SELECT $1");
    assert_eq!(of("FETCH"), "1|1|t|t|FETCH 1 FROM c");
    assert_eq!(of("PREPARE"), "2|2|t|t|PREPARE p AS SELECT $1::int + $2");
    assert_eq!(of("SELECT i"), "4|0|t|t|SELECT i FROM t WHERE s = $1 LIMIT $2");
    assert_eq!(of("SELECT $1 / "), "", "a failure was counted");
    let used = "SELECT shared_blks_dirtied > 0, wal_records > 0, wal_bytes > 0 FROM pg_stat_statements WHERE query LIKE 'INSERT%'";
    assert_eq!(server.ask(used), "t|t|t");
    let shown = "SELECT query_id = (SELECT queryid FROM pg_stat_statements WHERE query LIKE 'SELECT i%') \
                 FROM pg_stat_activity WHERE query LIKE 'SELECT i FROM%'";
    assert_eq!(server.ask(shown), "t");
    let mut reader = server.configuration().user("reader").connect(postgres::NoTls).unwrap();
    let masked = "SELECT DISTINCT query, queryid FROM pg_stat_statements WHERE userid = 10";
    assert_eq!(crate::session::ask(&mut reader, masked), "<insufficient privilege>|NULL");
    assert_eq!(crate::session::ask(&mut reader, "SELECT pg_stat_statements_reset()"), "ERROR 42501");
    session.run("SET pg_stat_statements.track_utility = off; SET compute_query_id = off; SELECT 'uncounted'");
    session.run(
        "SELECT pg_stat_statements_reset(0, 0, queryid) FROM pg_stat_statements WHERE query LIKE 'SET%'",
    );
    assert_eq!((of("SET"), of("SELECT $1")), (String::new(), String::new()));
    session.run("SET compute_query_id = on; SET work_mem = '64kB'; SELECT g FROM generate_series(1, 20000) g ORDER BY -g");
    let spilled = "SELECT temp_blks_read > 0, temp_blks_written > 0 FROM pg_stat_statements WHERE query LIKE '%ORDER BY -g'";
    assert_eq!(server.ask(spilled), "t|t");
    session.run("SET compute_query_id = on; SET pg_stat_statements.track_planning = on");
    session.run("SELECT s FROM t WHERE i = 9");
    let planned = server.ask(
        "SELECT plans, calls, total_plan_time > 0 FROM pg_stat_statements WHERE query LIKE 'SELECT s FROM%'",
    );
    assert_eq!(planned, "1|3|t");
}

/// Pages are counted by relation, by process and by what they were read for, and each view can begin anew.
#[test]
fn pages() {
    let server = Server::start(&["autovacuum=off", "track_io_timing=on"]);
    server.announce("unrecognized reset target");
    let session = server.session();
    session.run("CREATE TABLE t (i int PRIMARY KEY, s text); CREATE SEQUENCE q");
    session.run("INSERT INTO t SELECT g, repeat('x', 100) FROM generate_series(1, 2000) g");
    session.run("SELECT nextval('q'); CHECKPOINT");
    server.stop();
    server.start_again();
    let session = server.session();
    session.run("SELECT count(s) FROM t; SELECT s FROM t WHERE i = 7; SELECT nextval('q')");
    let tables = "SELECT heap_blks_read > 20, heap_blks_hit >= 0, idx_blks_read > 0, toast_blks_read \
                  FROM pg_statio_user_tables WHERE relname = 't'";
    assert_eq!(server.ask(tables), "t|t|t|0");
    assert_eq!(server.ask("SELECT idx_blks_read > 0 FROM pg_statio_user_indexes"), "t");
    assert_eq!(server.ask("SELECT blks_read, relname FROM pg_statio_user_sequences"), "1|q");
    let own = session.run("SELECT pg_backend_pid()");
    let of_process = format!(
        "SELECT reads > 0, read_bytes >= reads * 8192, read_time > 0, hits > 0, extends, fsyncs \
         FROM pg_stat_get_backend_io({own}) WHERE object = 'relation' AND context = 'normal'"
    );
    assert_eq!(server.ask(&of_process), "t|t|t|t|0|0");
    session.run("INSERT INTO t SELECT g, repeat('x', 100) FROM generate_series(2001, 4000) g; CHECKPOINT");
    let of_kind = "SELECT sum(extends) > 0, sum(writes) IS NOT NULL FROM pg_stat_io WHERE backend_type = 'client backend'";
    assert_eq!(server.ask(of_kind), "t|t");
    let checkpointer = "SELECT write_bytes > 20 * 8192 AND writebacks > 20, fsyncs > 0, reads FROM pg_stat_io \
                        WHERE backend_type = 'checkpointer' AND object = 'relation'";
    assert_eq!(server.ask(checkpointer), "t|t|NULL");
    let log =
        "SELECT sum(writes) > 0, sum(fsyncs) > 0 FROM pg_stat_io WHERE object = 'wal' AND context = 'normal'";
    assert_eq!(server.ask(log), "t|t");
    assert_eq!(
        server.ask("SELECT buffers_alloc > 20, num_done > 0 FROM pg_stat_bgwriter, pg_stat_checkpointer"),
        "t|t"
    );
    session.run("SELECT pg_stat_reset_shared()");
    assert_eq!(server.ask("SELECT sum(writes) FROM pg_stat_io WHERE backend_type = 'checkpointer'"), "0");
    let others = "SELECT buffers_alloc < 20, num_done, wal_records < 100 FROM pg_stat_bgwriter, pg_stat_checkpointer, pg_stat_wal";
    assert_eq!(server.ask(others), "t|0|t");
    session.run("SELECT pg_stat_reset_single_table_counters('t'::regclass)");
    assert_eq!(server.ask("SELECT heap_blks_read, seq_scan FROM pg_statio_user_tables JOIN pg_stat_user_tables USING (relid)"), "0|0");
    assert_eq!(session.run("SELECT pg_stat_reset_shared('foo')"), "ERROR 22023");
}

/// A command that runs tells how far it is, and no longer when it is over.
#[test]
fn progress() {
    let server = Server::start(&["autovacuum=off"]);
    server.ask("CREATE TABLE t (i int)");
    let session = server.session();
    // The program ends when it is told to.
    session.send("COPY t FROM PROGRAM 'seq 0 9999; while [ ! -e go ]; do sleep 0.01; done' WHERE i > 1");
    let copy = "SELECT datname, relid::regclass, command, type, bytes_total, tuples_processed > 1024, tuples_excluded \
                FROM pg_stat_progress_copy";
    wait_for("rows to arrive", || server.ask(copy) == "postgres|t|COPY FROM|PROGRAM|0|t|2");
    std::fs::write(server.data().join("go"), "").unwrap();
    assert_eq!(session.answer(), "");
    assert_eq!(server.ask("SELECT count(*) FROM pg_stat_progress_copy"), "0");
    server.ask("CREATE INDEX ON t (i)");
    server.ask("VACUUM ANALYZE t");
    for view in ["vacuum", "analyze", "create_index", "cluster", "basebackup"] {
        assert_eq!(server.ask(&format!("SELECT count(*) FROM pg_stat_progress_{view}")), "0");
    }
}

/// The buffer cache and the shared memory can be looked into.
#[test]
fn memory() {
    let server = Server::start(&["shared_buffers=2MB"]);
    server.ask("CREATE TABLE t AS SELECT g FROM generate_series(1, 1000) g");
    let cached = "SELECT count(*) >= 4, bool_and(usagecount > 0), sum(pinning_backends) FROM pg_buffercache \
                  WHERE relfilenode = pg_relation_filenode('t') AND relforknumber = 0";
    assert_eq!(server.ask(cached), "t|t|0");
    let summary = "SELECT buffers_used + buffers_unused, buffers_dirty > 0, usagecount_avg BETWEEN 0 AND 5 FROM pg_buffercache_summary()";
    assert_eq!(server.ask(summary), "256|t|t");
    assert_eq!(server.ask("SELECT count(*), sum(buffers) FROM pg_buffercache_usage_counts()"), "6|256");
    let blocks = "SELECT size, allocated_size > size FROM pg_shmem_allocations WHERE name = 'Buffer Blocks'";
    assert_eq!(server.ask(blocks), "2097152|t");
    assert_eq!(server.ask("SELECT count(*) - count(DISTINCT name) FROM pg_shmem_allocations"), "0");
}

/// What was counted is there after a restart, and after a crash what was written last; a damaged file is told of and left out.
#[test]
fn restarts() {
    let server = Server::start(&["autovacuum=off"]);
    server.announce("corrupted statistics file");
    let counts = "SELECT n_tup_ins, n_dead_tup, calls FROM pg_stat_user_tables, pg_stat_statements \
                  WHERE relname = 't' AND query = 'INSERT INTO t SELECT generate_series($1, $2)'";
    server.ask("CREATE TABLE t (i int)");
    server.ask("INSERT INTO t SELECT generate_series(1, 10)");
    server.ask("DELETE FROM t WHERE i < 4");
    let since = server.ask("SELECT stats_reset FROM pg_stat_io LIMIT 1");
    let before = server
        .ask("SELECT xact_commit, wal_records FROM pg_stat_database, pg_stat_wal WHERE datname = 'postgres'");
    server.stop();
    server.start_again();
    assert_eq!(server.ask(counts), "10|3|1");
    assert_eq!(server.ask("SELECT stats_reset FROM pg_stat_io LIMIT 1"), since);
    let (commits, records) = before.split_once('|').unwrap();
    let grown = format!(
        "SELECT xact_commit > {commits}, wal_records >= {records} FROM pg_stat_database, pg_stat_wal WHERE datname = 'postgres'"
    );
    assert_eq!(server.ask(&grown), "t|t");
    server.ask("INSERT INTO t SELECT generate_series(1, 5)");
    let file = server.data().join("pg_stat/statistics");
    let written = || std::fs::metadata(&file).unwrap().modified().unwrap();
    let last = written();
    server.ask("CHECKPOINT");
    wait_for("the statistics to be written", || written() > last);
    server.kill();
    server.start_again();
    assert_eq!(server.ask(counts), "15|3|2");
    server.stop();
    let mut bytes = std::fs::read(&file).unwrap();
    bytes[100] ^= 1;
    std::fs::write(&file, bytes).unwrap();
    server.start_again();
    server.wait_for_log("corrupted statistics file \"pg_stat/statistics\"", 1);
    assert_eq!(server.ask("SELECT n_tup_ins FROM pg_stat_user_tables WHERE relname = 't'"), "0");
    assert!(!file.exists());
}

/// The background writer cleans pages when others need room, as much ahead of them as its setting says.
#[test]
fn pages_are_cleaned_ahead_of_need() {
    let small = ["shared_buffers=1MB", "autovacuum=off", "bgwriter_delay=10ms"];
    let work = |server: &Server| {
        server.ask("UPDATE t SET filling = filling");
        server.ask("SELECT buffers_clean FROM pg_stat_bgwriter").parse::<u64>().unwrap()
    };
    let server = Server::start(&small);
    server.ask("CREATE TABLE t AS SELECT repeat('x', 1000) AS filling FROM generate_series(1, 2000)");
    wait_for("a page to be cleaned", || work(&server) > 0);

    let server = Server::start(&[&small[..], &["bgwriter_lru_multiplier=0"]].concat());
    server.ask("CREATE TABLE t AS SELECT repeat('x', 1000) AS filling FROM generate_series(1, 2000)");
    assert_eq!((0..3).map(|_| work(&server)).sum::<u64>(), 0);
}
