//! What administrators ask of a running server: who does what, who waits for whom, and how it is set.

use crate::server::{Server, wait_for};
use crate::session::{Session, ask};

/// A session shows its statement and state, its transaction's start, and its application.
#[test]
fn activity() {
    let server = Server::start(&[]);
    let session = server.session();
    let own = session.run("SET application_name = 'the application'; SELECT pg_backend_pid()");
    let of = |columns: &str| server.ask(&format!("SELECT {columns} FROM pg_stat_activity WHERE pid = {own}"));
    assert_eq!(
        of("datname, usename, application_name, client_port, state, backend_type"),
        "postgres|postgres|the application|-1|idle|client backend"
    );
    session.run("BEGIN");
    session.run("SELECT 'my query'");
    assert_eq!(of("state, query, wait_event"), "idle in transaction|SELECT 'my query'|ClientRead");
    assert_eq!(
        of("xact_start <= query_start, query_start <= state_change, backend_start < xact_start"),
        "t|t|t"
    );
    assert_eq!(of("backend_xid IS NULL"), "t");
    session.run("SELECT pg_current_xact_id()");
    assert_eq!(of("backend_xid IS NOT NULL"), "t");
    session.run("ROLLBACK");
    assert_eq!(of("xact_start IS NULL, state"), "t|idle");
    let others = "SELECT backend_type, wait_event FROM pg_stat_activity \
                  WHERE backend_type = 'walwriter' OR backend_type = 'checkpointer' ORDER BY 1";
    wait_for("the other processes", || {
        server.ask(others) == "checkpointer|CheckpointerMain walwriter|WalWriterMain"
    });
    // Names of any length are cut between characters.
    session.run(&format!("SELECT '{}'", "é".repeat(700)));
    assert_eq!(of("octet_length(query) BETWEEN 1022 AND 1023"), "t");
}

/// Other roles see that somebody works, and not at what.
#[test]
fn activity_of_others() {
    let server = Server::start(&[]);
    server.ask("CREATE ROLE reader LOGIN");
    let own = server.session().run("SELECT pg_backend_pid()");
    let busy = server.session();
    busy.run("SELECT 'secret'");
    let mut reader = server.configuration().user("reader").connect(postgres::NoTls).unwrap();
    let texts =
        "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%secret%' AND query NOT LIKE '%count%'";
    assert_eq!(crate::session::ask(&mut reader, texts), "0");
    let masked = "SELECT DISTINCT query, state FROM pg_stat_activity WHERE usename = 'postgres'";
    assert_eq!(crate::session::ask(&mut reader, masked), "<insufficient privilege>|NULL");
    assert!(!own.is_empty());
}

/// Locks that are held and waited for, and who blocks whom.
#[test]
fn locks() {
    let server = Server::start(&[]);
    server.ask("CREATE TABLE t (i int)");
    let (holder, waiter) = (server.session(), server.session());
    let holder_pid = holder.run("SELECT pg_backend_pid()");
    let waiter_pid = waiter.run("SELECT pg_backend_pid()");
    holder.run("BEGIN; LOCK TABLE t IN ACCESS EXCLUSIVE MODE");
    waiter.start("SELECT count(*) FROM t");
    let of_table = "SELECT pid, mode, granted, fastpath, waitstart IS NULL FROM pg_locks \
                    WHERE relation = 't'::regclass AND locktype = 'relation' ORDER BY granted DESC";
    assert_eq!(
        server.ask(of_table),
        format!("{holder_pid}|AccessExclusiveLock|t|f|t {waiter_pid}|AccessShareLock|f|f|f")
    );
    let blockers = format!("SELECT pg_blocking_pids({waiter_pid}), pg_blocking_pids({holder_pid})");
    assert_eq!(server.ask(&blockers), format!("{{{holder_pid}}}|{{}}"));
    let waits = "SELECT wait_event_type, wait_event, state FROM pg_stat_activity WHERE pid = ";
    assert_eq!(server.ask(&format!("{waits}{waiter_pid}")), "Lock|relation|active");
    holder.run("COMMIT");
    assert_eq!(waiter.answer(), "0");
    waiter.run("BEGIN; SELECT * FROM t");
    let weak = "SELECT mode, fastpath FROM pg_locks WHERE relation = 't'::regclass";
    assert_eq!(server.ask(weak), "AccessShareLock|t");
    let own =
        format!("SELECT locktype FROM pg_locks WHERE pid = {waiter_pid} AND virtualxid = virtualtransaction");
    assert_eq!(server.ask(&own), "virtualxid");
}

/// The settings' view tells value, unit, limits and where the value is from.
#[test]
fn settings() {
    let server = Server::start(&["work_mem=8MB"]);
    let columns = "setting, unit, vartype, context, source, min_val, boot_val, reset_val";
    let of = |name: &str| server.ask(&format!("SELECT {columns} FROM pg_settings WHERE name = '{name}'"));
    assert_eq!(of("work_mem"), "8192|kB|integer|user|command line|64|4096|8192");
    assert_eq!(of("row_security"), "on|NULL|bool|user|default|NULL|on|on");
    let changed =
        "SET work_mem = '1MB'; SELECT setting, source, reset_val FROM pg_settings WHERE name = 'work_mem'";
    assert_eq!(server.ask(changed), "1024|session|8192");
    let choices = "SELECT enumvals FROM pg_settings WHERE name = 'bytea_output'";
    assert_eq!(server.ask(choices), "{escape,hex}");
}

/// Statements and cursors of the session.
#[test]
fn statements_and_cursors() {
    let server = Server::start(&[]);
    let session = server.session();
    let prepare = "PREPARE next (int) AS SELECT $1 + 1 AS n";
    session.run(prepare);
    let statements =
        "SELECT name, statement, parameter_types, result_types, from_sql FROM pg_prepared_statements";
    assert_eq!(session.run(statements), format!("next|{prepare}|{{integer}}|{{integer}}|t"));
    session.run("BEGIN");
    session.run("DECLARE c CURSOR FOR SELECT 1");
    let cursors = "SELECT name, statement, is_holdable, is_binary, is_scrollable FROM pg_cursors";
    assert_eq!(session.run(cursors), "c|DECLARE c CURSOR FOR SELECT 1|f|f|f");
    session.run("COMMIT; DEALLOCATE next");
    assert_eq!(session.run(cursors), "");
    assert_eq!(session.run(statements), "");
}

/// A role's and a database's settings are those of new sessions, the role's before the database's.
#[test]
fn stored_settings() {
    let server = Server::start(&[]);
    server.announce("invalid value for parameter \"work_mem\"");
    server.announce("cannot be changed");
    let of_new =
        |name: &str| server.ask(&format!("SELECT setting, source FROM pg_settings WHERE name = '{name}'"));
    server.ask("ALTER DATABASE postgres SET work_mem = '5MB'");
    assert_eq!(of_new("work_mem"), "5120|database");
    server.ask("ALTER ROLE postgres SET work_mem = '6MB'; ALTER ROLE postgres SET search_path = a, \"B c\"");
    assert_eq!(of_new("work_mem"), "6144|user");
    server.ask("ALTER ROLE postgres IN DATABASE postgres SET work_mem = '7MB'");
    assert_eq!(of_new("work_mem"), "7168|database user");
    assert_eq!(server.ask("SHOW search_path"), "a, \"B c\"");
    assert_eq!(server.ask("SELECT useconfig FROM pg_user"), "{work_mem=6MB,\"search_path=a, \\\"B c\\\"\"}");
    server.ask("ALTER ROLE postgres RESET ALL; ALTER ROLE postgres IN DATABASE postgres RESET work_mem");
    assert_eq!(of_new("work_mem"), "5120|database");
    let session = server.session();
    assert_eq!(session.run("ALTER ROLE postgres SET work_mem = 'much'"), "ERROR 22023");
    assert_eq!(session.run("ALTER ROLE postgres SET shared_buffers = '1GB'"), "ERROR 55P02");
    server.ask("ALTER DATABASE postgres RESET work_mem");
    assert_eq!(server.ask("SELECT count(*) FROM pg_db_role_setting"), "0");
}

/// ALTER SYSTEM writes a file that a reload reads.
#[test]
fn system_settings() {
    let server = Server::start(&[]);
    server.announce("cannot run inside a transaction block");
    server.announce("cannot be changed");
    let of =
        |name: &str| server.ask(&format!("SELECT setting, source FROM pg_settings WHERE name = '{name}'"));
    server.ask("ALTER SYSTEM SET work_mem = '9MB'");
    server.ask("ALTER SYSTEM SET log_line_prefix = 'it''s %m '");
    let lines = "SELECT name, setting, applied, sourcefile LIKE '/%/postgresql.auto.conf' FROM pg_file_settings \
                 WHERE sourcefile LIKE '%auto.conf'";
    assert_eq!(server.ask(lines), "work_mem|9MB|t|t log_line_prefix|it's %m |t|t");
    server.ask("SELECT pg_reload_conf()");
    wait_for("the reload", || of("work_mem") == "9216|configuration file");
    server.ask("ALTER SYSTEM RESET work_mem");
    assert_eq!(server.ask("SELECT count(*) FROM pg_file_settings WHERE name = 'work_mem'"), "0");
    server.ask("ALTER SYSTEM RESET ALL");
    let session = server.session();
    assert_eq!(session.run("ALTER SYSTEM SET data_directory = '/'"), "ERROR 55P02");
    session.run("BEGIN");
    assert_eq!(session.run("ALTER SYSTEM SET work_mem = '1MB'"), "ERROR 25001");
}

/// What only a restart brings into force is marked after a reload, until the restart or until the files say otherwise.
#[test]
fn settings_that_wait_for_a_restart() {
    let server = Server::start(&[]);
    let pending = "SELECT string_agg(name, ',' ORDER BY name) FROM pg_settings WHERE pending_restart";
    assert_eq!(server.ask(pending), "NULL");
    server.ask("ALTER SYSTEM SET max_connections = 50");
    server.ask("ALTER SYSTEM SET work_mem = '5MB'");
    server.ask("SELECT pg_reload_conf()");
    wait_for("the reload", || server.ask(pending) == "max_connections");
    assert_eq!(server.ask("SHOW max_connections"), "100");
    server.ask("ALTER SYSTEM RESET max_connections");
    server.ask("SELECT pg_reload_conf()");
    wait_for("the second reload", || server.ask(pending) == "NULL");
    server.ask("ALTER SYSTEM SET max_connections = 50");
    server.stop();
    server.start_again();
    assert_eq!(server.ask(pending), "NULL");
    assert_eq!(server.ask("SHOW max_connections"), "50");
}

/// Sessions are signalled by their own role, by who has the role for it, and those of superusers by superusers alone.
#[test]
fn who_may_signal() {
    let server = Server::start(&[]);
    server.announce("permission denied to");
    server.announce("permission denied for function");
    server.announce("canceling statement due to user request");
    server.ask("CREATE ROLE one LOGIN; CREATE ROLE two LOGIN; CREATE ROLE watcher LOGIN");
    server.ask("GRANT pg_signal_backend, pg_monitor TO watcher");
    let session_of =
        |role: &str| Session::new(server.configuration().user(role).connect(postgres::NoTls).unwrap());
    let (one, two, watcher, chief) =
        (session_of("one"), session_of("two"), session_of("watcher"), server.session());
    let of = |session: &Session| session.run("SELECT pg_backend_pid()");
    let (of_one, of_chief) = (of(&one), of(&chief));
    assert_eq!(two.run(&format!("SELECT pg_cancel_backend({of_one})")), "ERROR 42501");
    assert_eq!(watcher.run(&format!("SELECT pg_cancel_backend({of_one})")), "t");
    assert_eq!(watcher.run(&format!("SELECT pg_terminate_backend({of_chief})")), "ERROR 42501");
    assert_eq!(two.run("SELECT pg_reload_conf()"), "ERROR 42501");
    assert_eq!(two.run("SELECT pg_cancel_backend(0)"), "f");
    let seen = format!("SELECT query FROM pg_stat_activity WHERE pid = {of_one}");
    assert_eq!(watcher.run(&seen), "SELECT pg_backend_pid()");
    assert_eq!(two.run(&seen), "<insufficient privilege>");
    one.run("SELECT 1");
}

/// The roles for all data read and write what others made; passwords are not for everybody.
#[test]
fn roles_for_all_data() {
    let server = Server::start(&[]);
    server.announce("permission denied for table");
    server.ask("CREATE TABLE t (i int); INSERT INTO t VALUES (1); CREATE ROLE reader LOGIN; CREATE ROLE writer LOGIN");
    server.ask("GRANT pg_read_all_data TO reader; GRANT pg_write_all_data TO writer");
    let session_of =
        |role: &str| Session::new(server.configuration().user(role).connect(postgres::NoTls).unwrap());
    let (reader, writer) = (session_of("reader"), session_of("writer"));
    assert_eq!(reader.run("SELECT * FROM t"), "1");
    assert_eq!(reader.run("INSERT INTO t VALUES (2)"), "ERROR 42501");
    assert_eq!(writer.run("INSERT INTO t VALUES (2)"), "");
    assert_eq!(writer.run("SELECT * FROM t"), "ERROR 42501");
    assert_eq!(writer.run("SELECT rolpassword FROM pg_authid"), "ERROR 42501");
}

/// Scans, rows and transactions are counted when a transaction ends, also one that is rolled back.
#[test]
fn counters() {
    let server = Server::start(&["autovacuum=off", "wal_buffers=64kB"]);
    let session = server.session();
    session.run("CREATE TABLE t (i int PRIMARY KEY, s text)");
    session.run("INSERT INTO t SELECT g, 'x' FROM generate_series(1, 100) g");
    session.run("UPDATE t SET s = 'y' WHERE i <= 10");
    session.run("DELETE FROM t WHERE i > 95");
    session.run("BEGIN; INSERT INTO t VALUES (500, 'r'); ROLLBACK");
    let of =
        |columns: &str| server.ask(&format!("SELECT {columns} FROM pg_stat_user_tables WHERE relname = 't'"));
    assert_eq!(of("n_tup_ins, n_tup_upd, n_tup_del, n_tup_hot_upd"), "101|10|5|10");
    assert_eq!(of("n_live_tup, n_dead_tup, n_ins_since_vacuum"), "95|16|101");
    assert_eq!(of("vacuum_count, last_vacuum IS NULL, analyze_count"), "0|t|0");
    let before: i64 = of("seq_scan").parse().unwrap();
    session.run("SELECT count(s) FROM t");
    assert_eq!(of("seq_scan, last_seq_scan IS NOT NULL"), format!("{}|t", before + 1));
    session.run("SET enable_seqscan = off");
    session.run("SELECT pg_stat_reset()");
    session.run("SELECT s FROM t WHERE i = 7");
    let index = "SELECT idx_scan, idx_tup_read, idx_tup_fetch FROM pg_stat_user_indexes WHERE relname = 't'";
    assert_eq!(server.ask(index), "1|1|1");
    assert_eq!(of("seq_scan, idx_scan, idx_tup_fetch"), "0|1|1");
    session.run("VACUUM ANALYZE t");
    assert_eq!(of("n_live_tup, n_dead_tup, n_mod_since_analyze, n_ins_since_vacuum"), "95|0|0|0");
    assert_eq!(of("vacuum_count, last_vacuum IS NOT NULL, analyze_count"), "1|t|1");
    let database = "SELECT xact_rollback FROM pg_stat_database WHERE datname = current_database()";
    assert_eq!(server.ask(database), "0");
    session.run("BEGIN; SELECT 1; ROLLBACK");
    assert_eq!(server.ask(database), "1");
    assert_eq!(server.ask("SELECT wal_records > 0, wal_bytes > 100 FROM pg_stat_wal"), "t|t");
    // More than the log's buffers hold at once.
    session.run("CREATE TABLE wide AS SELECT repeat(chr(33 + i % 90), 30) || i AS s FROM generate_series(1, 100000) i");
    assert_eq!(server.ask("SELECT wal_buffers_full > 0 FROM pg_stat_wal"), "t");
    // A table's numbers are its own, whatever file it has.
    session
        .run("TRUNCATE t; INSERT INTO t SELECT i, 'x' FROM generate_series(1, 10) i; SELECT pg_stat_reset()");
    session.run("SELECT count(s) FROM t");
    session.run("SET enable_seqscan = on; SELECT count(*) FROM t WHERE i = 3");
    let pages = "SELECT heap_blks_hit > 0, idx_blks_hit > 0 FROM pg_statio_user_tables WHERE relname = 't'";
    assert_eq!(server.ask(pages), "t|t");
}

/// The log's three forms tell of statements, their parameters and their errors.
#[test]
fn log_forms() {
    let server = Server::start(&[
        "logging_collector=on",
        "log_destination=stderr,csvlog,jsonlog",
        "log_filename=all.log",
        "log_min_duration_statement=0",
        "log_statement=ddl",
        "log_line_prefix=%u@%d ",
    ]);
    server.announce("division by zero");
    let mut client = server.connect();
    client.batch_execute("CREATE TABLE logged (i int)").unwrap();
    client.query("SELECT i FROM logged WHERE i = $1", &[&5i32]).unwrap();
    assert!(client.batch_execute("SELECT 1/0 AS \"quoted\"").is_err());
    // Longer than one write to the logger.
    client.batch_execute(&format!("SELECT '{}' AS long", "l".repeat(20_000))).unwrap();
    let read = |ending: &str| {
        std::fs::read_to_string(server.data().join(format!("log/all.{ending}"))).unwrap_or_default()
    };
    let long = "l".repeat(20_000);
    for (ending, texts) in [
        (
            "log",
            [
                "postgres@postgres LOG:  statement: CREATE TABLE logged (i int)\n",
                "postgres@postgres DETAIL:  Parameters: $1 = '5'\n",
                "postgres@postgres ERROR:  division by zero\npostgres@postgres STATEMENT:  SELECT 1/0 AS \"quoted\"\n",
            ],
        ),
        (
            "csv",
            [
                ",LOG,00000,\"statement: CREATE TABLE logged (i int)\",,,,,,,,,\"",
                ",\"Parameters: $1 = '5'\",,,,,,,,",
                ",ERROR,22012,\"division by zero\",,,,,,\"SELECT 1/0 AS \"\"quoted\"\"\",,,",
            ],
        ),
        (
            "json",
            [
                "\"message\":\"statement: CREATE TABLE logged (i int)\",",
                "\"detail\":\"Parameters: $1 = '5'\",",
                "\"state_code\":\"22012\",\"message\":\"division by zero\",\"statement\":\"SELECT 1/0 AS \\\"quoted\\\"\",",
            ],
        ),
    ] {
        wait_for("the whole log", || read(ending).contains(&long));
        for text in texts {
            assert!(read(ending).contains(text), "{text} in {}", read(ending));
        }
    }
}

/// The files that rule access are shown as they are read, with what is wrong with them.
#[test]
fn access_files() {
    let server = Server::start(&[]);
    server.announce("permission denied for function");
    let (hba, ident) = (server.data().join("pg_hba.conf"), server.data().join("pg_ident.conf"));
    let text = std::fs::read_to_string(&hba).unwrap();
    std::fs::write(
        &hba,
        format!(
            "{text}
host a,b +c 10.0.0.0/8 sesame
"
        ),
    )
    .unwrap();
    std::fs::write(ident, "m root postgres\n").unwrap();
    let rule =
        "SELECT rule_number, type, database, user_name, address, auth_method, error FROM pg_hba_file_rules";
    assert_eq!(server.ask(&format!("{rule} LIMIT 1")), "1|local|{all}|{all}|NULL|trust|NULL");
    let faulty = "SELECT rule_number, type, error FROM pg_hba_file_rules WHERE error IS NOT NULL";
    assert_eq!(server.ask(faulty), "NULL|NULL|invalid authentication method \"sesame\"");
    assert_eq!(
        server.ask(
            "SELECT map_number, line_number, map_name, sys_name, pg_username FROM pg_ident_file_mappings"
        ),
        "1|1|m|root|postgres"
    );
    server.ask("CREATE ROLE reader LOGIN");
    let mut reader = server.configuration().user("reader").connect(postgres::NoTls).unwrap();
    assert_eq!(crate::session::ask(&mut reader, "SELECT pg_hba_file_rules()"), "ERROR 42501");
    assert_eq!(
        server.ask("CREATE TABLE n (i int); INSERT INTO n VALUES (NULL); SET transform_null_equals = on; SELECT count(*) FROM n WHERE i = NULL"),
        "1"
    );
}

/// Statements are logged as a sample of the long ones, by transaction, and with as much of their parameters as is wanted.
#[test]
fn samples_in_the_log() {
    let server = Server::start(&[]);
    server.announce("division by zero");
    let mut client = server.connect();
    client.batch_execute("SET log_statement_sample_rate = 0; SET log_min_duration_sample = 0").unwrap();
    client.batch_execute("SELECT 'not chosen'").unwrap();
    client.batch_execute("SET log_statement_sample_rate = 1; SELECT 'chosen'").unwrap();
    client.batch_execute("SET log_min_duration_sample = -1; SELECT 'short'").unwrap();
    client.batch_execute("SET log_transaction_sample_rate = 1; SET log_parameter_max_length = 2").unwrap();
    client.query("SELECT $1::text AS sampled", &[&"abcd"]).unwrap();
    client.batch_execute("SET log_parameter_max_length_on_error = -1").unwrap();
    let error = client.query("SELECT 1 / $1::int", &[&0]).unwrap_err();
    let context = error.as_db_error().unwrap().where_();
    assert_eq!(context, Some("unnamed portal with parameters: $1 = '0'"));
    client.batch_execute("SET exit_on_error = on").unwrap();
    assert!(client.batch_execute("SELECT 1 / 0").is_err());
    assert!(client.batch_execute("SELECT 1").is_err(), "the session lives");
    let log = server.log();
    for (text, expected) in [("'not chosen'", false), ("SELECT 'chosen'", true), ("'short'", false)] {
        assert_eq!(log.contains(text), expected, "{text} in {log}");
    }
    assert!(log.contains("AS sampled\n") && log.contains("DETAIL:  Parameters: $1 = 'ab...'\n"), "{log}");
    let size = "SELECT setting::int * 1024 * 1024 >= (SELECT sum(allocated_size) FROM pg_shmem_allocations) \
                FROM pg_settings WHERE name = 'shared_memory_size'";
    assert_eq!(server.ask(size), "t");
}

/// set_config() checks what SET checks, and what was set goes back with its transaction, also where others see it.
#[test]
fn functions_set_settings_as_statements_do() {
    let server = Server::start(&[]);
    for text in ["invalid value for parameter", "are not supported"] {
        server.announce(text);
    }
    let mut client = server.connect();
    let mut answer = |statement: &str| ask(&mut client, statement);
    assert_eq!(answer("SELECT set_config('timezone', 'nowhere', false)"), "ERROR 22023");
    assert_eq!(answer("SELECT set_config('datestyle', 'soon', false)"), "ERROR 22023");
    assert_eq!(answer("SELECT set_config('client_encoding', 'LATIN1', false)"), "ERROR 0A000");
    assert_eq!(answer("SELECT set_config('standard_conforming_strings', 'off', false)"), "ERROR 0A000");
    assert_eq!(answer("SELECT set_config('datestyle', 'german', false)"), "German, DMY");
    assert_eq!(
        answer("SELECT set_config('timezone', 'europe/berlin', false), current_setting('timezone')"),
        "Europe/Berlin|Europe/Berlin"
    );
    assert_eq!(answer("SELECT date '2026-11-21'"), "21.11.2026");
    let level =
        "SELECT set_config('transaction_isolation', 'repeatable read', true); SHOW transaction_isolation";
    assert_eq!(answer(&format!("BEGIN; {level}")), "repeatable read");
    answer("ROLLBACK");

    let shown = || server.ask("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'mine'");
    assert_eq!(answer("BEGIN; SELECT set_config('application_name', 'mine', true)"), "mine");
    assert_eq!(shown(), "1");
    answer("COMMIT");
    assert_eq!(shown(), "0");
    answer("SET application_name = 'mine'");
    assert_eq!(shown(), "1");
    answer("RESET ALL");
    assert_eq!(shown(), "0");
}
