//! What the memory of the server's processes is allowed: no page is writable and executable at once, and dumps hold no secrets.
//!
//! A session reads the files under `/proc`, as it has the account of the server, which the test may not have.

use postgres::Client;

use crate::server::{Server, wait_for};
use crate::session::ask;

/// The lines of a file that the server can read.
fn lines(client: &mut Client, file: &str) -> Result<Vec<String>, String> {
    let read = format!("TRUNCATE lines; COPY lines FROM '{file}' WITH (DELIMITER E'\\x01')");
    match ask(client, &read).as_str() {
        "" => {}
        error => return Err(error.to_string()),
    }
    let rows = client.query("SELECT line FROM lines", &[]).unwrap();
    Ok(rows.iter().map(|row| row.get(0)).collect())
}

/// In every process, sessions and helpers, what can be written cannot be executed.
#[test]
fn no_page_is_writable_and_executable() {
    let server = Server::start(&["allow_core_dumps=on", "autovacuum_naptime=1s"]);
    let mut client = server.connect();
    client
        .batch_execute("CREATE TABLE lines (line text); SELECT sum(i) FROM generate_series(1, 100000) i")
        .unwrap();
    let processes = server.processes();
    assert!(processes.len() > 5, "{processes:?}");
    let mut seen = 0;
    for process in processes {
        // A helper may have ended meanwhile.
        let Ok(maps) = lines(&mut client, &format!("/proc/{process}/maps")) else { continue };
        let both = |line: &&String| {
            line.split(' ').nth(1).is_some_and(|rights| rights.contains('w') && rights.contains('x'))
        };
        assert_eq!(maps.iter().find(both), None);
        assert!(maps.iter().any(|line| line.contains("rw-s")), "{process} has no shared memory");
        seen += 1;
    }
    assert!(seen > 5, "only {seen} processes could be looked at");
}

/// Where the kernel has large pages to give, every session runs its code from them: they have no file behind them.
#[test]
fn code_lies_on_large_pages_unless_they_are_not_wanted() {
    let offer = std::fs::read_to_string("/sys/kernel/mm/transparent_hugepage/enabled").unwrap_or_default();
    let has_large_pages = offer.contains("[madvise]") || offer.contains("[always]");
    for (setting, expected) in [("large_code_pages=on", has_large_pages), ("large_code_pages=off", false)] {
        let server = Server::start(&[setting, "allow_core_dumps=on"]);
        let mut client = server.connect();
        client.batch_execute("CREATE TABLE lines (line text)").unwrap();
        let map = lines(&mut client, "/proc/self/maps").unwrap();
        let is_copy = |line: &String| line.contains(" r-xp ") && line.split_whitespace().nth(4) == Some("0");
        let copies = map.iter().filter(|line| is_copy(line) && !line.contains('[')).count();
        assert_eq!(copies > 0, expected, "{setting}: {map:?}");
    }
}

/// Shared memory that is in use comes to lie on large pages, in every session, unless they are not wanted; what it holds stays.
#[test]
fn shared_memory_on_large_pages() {
    let setting = |name| {
        std::fs::read_to_string(format!("/sys/kernel/mm/transparent_hugepage/{name}")).unwrap_or_default()
    };
    let can = setting("enabled").contains("[madvise]") && !setting("shmem_enabled").contains("[deny]");
    for (wanted, expected) in [("try", "on"), ("off", "off")] {
        let wanted = format!("huge_pages={wanted}");
        let server = Server::start(&[&wanted, "shared_buffers=16MB", "allow_core_dumps=on"]);
        let mut client = server.connect();
        if can {
            assert_eq!(ask(&mut client, "SHOW huge_pages_status"), expected, "{wanted}");
        }
        client
            .batch_execute(
                "CREATE TABLE lines (line text); CREATE TABLE t AS SELECT n, repeat('x', 100) FROM generate_series(1, 50000) n",
            )
            .unwrap();
        let is_large = || {
            let mut other = server.connect();
            assert_eq!(ask(&mut other, "SELECT count(*), sum(n) FROM t"), "50000|1250025000");
            let map = lines(&mut other, "/proc/self/smaps").unwrap();
            map.iter().any(|line| line.starts_with("ShmemPmdMapped:") && !line.ends_with(" 0 kB"))
        };
        if can && expected == "on" {
            wait_for("large pages", is_large);
        } else {
            assert!(!is_large(), "{wanted}");
        }
    }
}

/// Shared memory is left out of core dumps; and unless they are allowed, no process can be dumped or looked into at all.
#[test]
fn core_dumps_have_no_secrets() {
    let server = Server::start(&["allow_core_dumps=on"]);
    let mut client = server.connect();
    client.batch_execute("CREATE TABLE lines (line text)").unwrap();
    let map = lines(&mut client, "/proc/self/smaps").unwrap();
    let mut shared = 0;
    for (at, line) in map.iter().enumerate().filter(|(_, line)| line.contains(" rw-s ")) {
        let flags = map[at..].iter().find(|line| line.starts_with("VmFlags:")).unwrap();
        assert!(format!("{flags} ").contains(" dd "), "{line}: {flags}");
        shared += 1;
    }
    assert!(shared > 5, "{shared} shared segments");

    let server = Server::start(&[]);
    server.announce("could not open file");
    let mut client = server.connect();
    client.batch_execute("CREATE TABLE lines (line text)").unwrap();
    for process in server.processes() {
        if process != ask(&mut client, "SELECT pg_backend_pid()") {
            assert_eq!(lines(&mut client, &format!("/proc/{process}/maps")), Err("ERROR 42501".to_string()));
        }
    }
}
