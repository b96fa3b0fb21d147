//! The archive of the log: every full segment reaches it, once the command lets it, and none is removed before that.

use std::path::PathBuf;

use crate::server::{Server, wait_for};

/// Where the command copies to, in a directory that the server may write to.
fn archive(server: &Server) -> PathBuf {
    let archive = server.data().join("archive");
    server.ask("CREATE TABLE IF NOT EXISTS t (i int)");
    archive
}

fn names(directory: &std::path::Path) -> Vec<String> {
    let entries = std::fs::read_dir(directory).into_iter().flatten();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

const COMMAND: &str = "archive_command=mkdir -p archive && test ! -f archive/%f && cp %p archive/%f";

/// Segments are archived as they become full, by `pg_switch_wal` and by `archive_timeout`; the views tell of it, also after a restart.
#[test]
fn full_segments_are_archived() {
    let server = Server::start(&["archive_mode=on", COMMAND]);
    let archive = archive(&server);
    let first = server.ask("SELECT pg_walfile_name(pg_current_wal_lsn())");
    server.ask("INSERT INTO t SELECT generate_series(1, 1000)");
    server.ask("SELECT pg_switch_wal()");
    wait_for("the first segment", || names(&archive).contains(&first));
    wait_for("its mark", || {
        server.ask(
            "SELECT last_archived_wal, last_archived_time IS NOT NULL, failed_count FROM pg_stat_archiver",
        ) == format!("{first}|t|0")
    });
    assert!(names(&server.data().join("pg_wal/archive_status")).contains(&format!("{first}.done")));
    assert_eq!(std::fs::metadata(archive.join(&first)).unwrap().len(), 16 << 20);
    // Nothing was logged since: there is nothing to switch.
    assert_eq!(server.ask("SELECT pg_switch_wal() = pg_switch_wal()"), "t");
    let count: u64 = server.ask("SELECT archived_count FROM pg_stat_archiver").parse().unwrap();
    let second = server.ask("INSERT INTO t VALUES (1); SELECT pg_walfile_name(pg_current_wal_lsn())");
    server.ask("ALTER SYSTEM SET archive_timeout = 1");
    server.ask("SELECT pg_reload_conf()");
    wait_for("the second segment", || names(&archive).contains(&second));
    server.ask("ALTER SYSTEM RESET archive_timeout");
    server.stop();
    server.start_again();
    let kept = server.ask("SELECT archived_count FROM pg_stat_archiver").parse::<u64>().unwrap();
    assert!(kept > count, "{kept}");
    assert_eq!(
        server.ask("SELECT pg_stat_reset_shared('archiver'); SELECT failed_count FROM pg_stat_archiver"),
        "0"
    );
    // What came last is archived at the server's end.
    let third = server.ask("INSERT INTO t VALUES (1); SELECT pg_walfile_name(pg_current_wal_lsn())");
    server.ask("SELECT pg_switch_wal()");
    server.stop();
    assert!(names(&archive).contains(&third));
    server.start_again();
}

/// A command that fails is tried again, and until it succeeds no checkpoint removes a segment. The archiver's death disturbs nobody.
#[test]
fn a_failing_command_is_tried_again() {
    let server = Server::start(&["archive_mode=on", "archive_command=test -f allowed && cp %p allowed-%f"]);
    for text in ["failed too many times", "archiver process"] {
        server.announce(text);
    }
    let first = server.ask("CREATE TABLE t (i int); SELECT pg_walfile_name(pg_current_wal_lsn())");
    for _ in 0..3 {
        server.ask("INSERT INTO t SELECT generate_series(1, 1000); SELECT pg_switch_wal()");
        server.ask("CHECKPOINT");
    }
    server.wait_for_log("archive command failed with exit code 1", 3);
    server.wait_for_log("will try again later", 1);
    let failures =
        "SELECT failed_count >= 3, last_failed_wal IS NOT NULL, archived_count FROM pg_stat_archiver";
    assert_eq!(server.ask(failures), "t|t|0");
    assert!(server.data().join("pg_wal").join(&first).exists());
    let kept = names(&server.data().join("pg_wal/archive_status"));
    assert!(kept.contains(&format!("{first}.ready")), "{kept:?}");
    let archiver = server.ask("SELECT pid FROM pg_stat_activity WHERE backend_type = 'archiver'");
    let session = server.session();
    server.kill_process(&archiver);
    wait_for("a new archiver", || {
        let found = server.ask("SELECT pid FROM pg_stat_activity WHERE backend_type = 'archiver'");
        !found.is_empty() && found != archiver
    });
    assert_eq!(session.run("SELECT 1"), "1");
    std::fs::write(server.data().join("allowed"), "").unwrap();
    server.ask("SELECT pg_switch_wal()");
    let copied = || server.data().join(format!("allowed-{first}")).exists();
    // The next full segment ends the pause.
    wait_for("the copy", || {
        server.ask("INSERT INTO t VALUES (1); SELECT pg_switch_wal()");
        copied()
    });
    wait_for("all copies", || {
        !names(&server.data().join("pg_wal/archive_status")).iter().any(|name| name.ends_with(".ready"))
    });
    server.ask("INSERT INTO t VALUES (1)");
    server.ask("CHECKPOINT");
    server.ask("INSERT INTO t VALUES (1)");
    server.ask("CHECKPOINT");
    assert!(!server.data().join("pg_wal").join(&first).exists());
}

/// What is not archived says so, and what there is not of replication is empty.
#[test]
fn nothing_is_archived_or_replicated() {
    let server = Server::start(&[]);
    server.announce("archive libraries are not supported");
    server.announce("permission denied for function pg_switch_wal");
    assert_eq!(server.ask("SHOW archive_command"), "(disabled)");
    assert_eq!(server.ask("SELECT setting FROM pg_settings WHERE name = 'archive_command'"), "(disabled)");
    assert_eq!(server.ask("ALTER SYSTEM SET archive_library = 'x'"), "ERROR 0A000");
    assert_eq!(
        server.ask("SELECT pg_walfile_name('0/2000000'), pg_walfile_name('1/FF000001')"),
        "000000010000000000000002|0000000100000001000000FF"
    );
    assert_eq!(
        server.ask("SELECT archived_count, last_archived_wal, failed_count FROM pg_stat_archiver"),
        "0|NULL|0"
    );
    for view in [
        "pg_stat_replication",
        "pg_stat_wal_receiver",
        "pg_stat_recovery_prefetch",
        "pg_stat_subscription",
        "pg_stat_subscription_stats",
        "pg_replication_slots",
        "pg_stat_replication_slots",
        "pg_replication_origin_status",
        "pg_prepared_xacts",
    ] {
        assert_eq!(server.ask(&format!("SELECT * FROM {view}")), "", "{view}");
    }
    assert_eq!(server.ask("SELECT sum(confl_lock) FROM pg_stat_database_conflicts"), "0");
    server.ask("CREATE ROLE reader LOGIN");
    let mut reader = server.configuration().user("reader").connect(postgres::NoTls).unwrap();
    assert_eq!(crate::session::ask(&mut reader, "SELECT pg_switch_wal()"), "ERROR 42501");
}
