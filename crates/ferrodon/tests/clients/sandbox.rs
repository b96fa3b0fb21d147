//! What processes of the server cannot do, even if somebody makes them try.

use crate::server::Server;
use crate::session::ask;

/// Whether the kernel filters what a process asks for.
fn is_fenced(process: &str) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    status.lines().any(|line| line == "Seccomp:\t2")
}

/// A role gets, in the middle of its session, privileges that the session's process has no means for.
#[test]
fn sessions_cannot_leave_the_cluster() {
    let server = Server::start(&[]);
    server.announce("could not open file \"/etc/hostname\" for reading: Permission denied");
    server.announce("could not execute command \"true\"");
    server.ask("CREATE ROLE plain LOGIN; CREATE TABLE lines (line text); GRANT ALL ON lines TO plain");
    let mut plain = server.configuration().user("plain").connect(postgres::NoTls).unwrap();
    server.ask("GRANT pg_read_server_files, pg_execute_server_program TO plain");
    assert_eq!(ask(&mut plain, "COPY lines FROM '/etc/hostname'"), "ERROR 42501");
    assert!(server.log().contains("could not open file \"/etc/hostname\" for reading: Permission denied"));
    assert!(ask(&mut plain, "COPY lines FROM PROGRAM 'true'").starts_with("ERROR"));
    assert!(server.log().contains("could not execute command \"true\""));
    // Its work is not hindered: files of the cluster, time zones, other sessions.
    assert_eq!(
        ask(&mut plain, "INSERT INTO lines SELECT repeat('x', 100) FROM generate_series(1, 10000)"),
        ""
    );
    assert_eq!(ask(&mut plain, "SELECT count(*) FROM (SELECT line FROM lines ORDER BY line) AS s"), "10000");
    assert_eq!(
        ask(&mut plain, "SET TIME ZONE 'Europe/Berlin'; SELECT '2026-01-01 12:00 UTC'::timestamptz::text"),
        "2026-01-01 13:00:00+01"
    );
    // A session that begins with the privileges may use them.
    let mut privileged = server.configuration().user("plain").connect(postgres::NoTls).unwrap();
    assert_eq!(ask(&mut privileged, "COPY lines FROM PROGRAM 'echo line'"), "");
}

#[test]
fn every_process_is_fenced() {
    let server = Server::start(&[]);
    server.ask("CREATE ROLE plain LOGIN");
    let mut plain = server.configuration().user("plain").connect(postgres::NoTls).unwrap();
    assert!(is_fenced(&ask(&mut plain, "SELECT pg_backend_pid()")));
    let processes = server.ask(
        "SELECT string_agg(pid::text, ' ') FROM pg_stat_activity WHERE backend_type <> 'client backend'",
    );
    assert!(processes.split(' ').count() >= 4, "{processes}");
    for process in processes.split(' ') {
        assert!(is_fenced(process), "{process} of {processes}");
    }
}
