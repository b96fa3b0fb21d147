//! Files that are damaged, missing or unreadable, and a clock that jumps: who needs the bad file gets PostgreSQL's error, the others go
//! on, and nothing wrong is taken for right.

use std::fs::{File, Permissions};
use std::os::unix::fs::{FileExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use postgres::{Client, NoTls};

use crate::server::Server;
use crate::session::{ask, failure};

/// Turns one bit of a file over.
fn flip(path: &Path, offset: u64) {
    let file = File::options().read(true).write(true).open(path).unwrap();
    let mut byte = [0];
    file.read_exact_at(&mut byte, offset).unwrap();
    file.write_all_at(&[byte[0] ^ 0x10], offset).unwrap();
}

/// A connection, and the notices that it gets.
fn listening(server: &Server) -> (Client, Arc<Mutex<Vec<String>>>) {
    let notices = Arc::new(Mutex::new(Vec::new()));
    let heard = notices.clone();
    let mut configuration = server.configuration();
    configuration.notice_callback(move |notice| {
        heard.lock().unwrap().push(format!(
            "{} {} {}",
            notice.severity(),
            notice.code().code(),
            notice.message()
        ));
    });
    (configuration.connect(NoTls).unwrap(), notices)
}

fn file_of(server: &Server, table: &str) -> (String, PathBuf) {
    let name = server.ask(&format!("SELECT pg_relation_filepath('{table}')"));
    let path = server.data().join(&name);
    (name, path)
}

/// A damaged page is an error for whoever needs it; other tables and other pages are read as ever, and settings save what is left.
#[test]
fn a_damaged_page() {
    let server = Server::start(&["autovacuum=off"]);
    for text in ["invalid page in block 1 ", "ignoring checksum failure in block 1 "] {
        server.announce(text);
    }
    server.ask("CREATE TABLE hit (a int, b text); CREATE TABLE other (a int); INSERT INTO other VALUES (7)");
    server.ask("INSERT INTO hit SELECT i, repeat('x', 500) FROM generate_series(1, 100) AS i; CHECKPOINT");
    let on_page_1: usize =
        server.ask("SELECT count(*) FROM hit WHERE ctid::text LIKE '(1,%'").parse().unwrap();
    let (name, path) = file_of(&server, "hit");
    server.stop();
    flip(&path, 8192 + 4000);
    server.start_again();
    let (mut client, notices) = listening(&server);
    let place = format!("block 1 of relation \"{name}\"");
    assert_eq!(
        failure(&mut client, "SELECT count(*) FROM hit"),
        ("XX001".into(), format!("invalid page in {place}"), String::new())
    );
    server.wait_for_log("LOG:  page verification failed, calculated checksum ", 1);
    assert_eq!(server.ask("SELECT a FROM hit WHERE ctid = '(0,1)'"), "1");
    assert_eq!(server.ask("SELECT a FROM other"), "7");
    assert_eq!(*notices.lock().unwrap(), [""; 0]);

    // The byte that is wrong lies in a text.
    assert_eq!(ask(&mut client, "SET ignore_checksum_failure = on; SELECT count(*) FROM hit"), "100");
    assert_eq!(*notices.lock().unwrap(), [format!("WARNING XX001 ignoring checksum failure in {place}")]);
    server.stop();
    server.start_again();
    let (mut client, notices) = listening(&server);
    let left = ask(&mut client, "SET zero_damaged_pages = on; SELECT count(*) FROM hit");
    assert_eq!(left, (100 - on_page_1).to_string());
    assert_eq!(
        *notices.lock().unwrap(),
        [format!("WARNING XX001 invalid page in {place}; zeroing out page")]
    );
    assert_eq!(server.ask("DROP TABLE hit; CHECKPOINT; SELECT a FROM other"), "7");
}

/// A file that may not be read, and one that is gone.
#[test]
fn unreadable_and_missing_files() {
    let server = Server::start(&["autovacuum=off"]);
    server.announce("could not open file");
    server.ask("CREATE TABLE t (a int); INSERT INTO t VALUES (1); CREATE TABLE other (a int)");
    server.ask("INSERT INTO other VALUES (7)");
    let (name, path) = file_of(&server, "t");
    server.stop();
    let modes = std::fs::metadata(&path).unwrap().permissions();
    std::fs::set_permissions(&path, Permissions::from_mode(0o0)).unwrap();
    server.start_again();
    let mut client = server.connect();
    let message = |reason| format!("could not open file \"{name}\": {reason}");
    for statement in ["SELECT a FROM t", "INSERT INTO t VALUES (2)"] {
        let (code, text, _) = failure(&mut client, statement);
        assert_eq!((code, text), ("42501".to_string(), message("Permission denied")));
    }
    assert_eq!(server.ask("INSERT INTO other VALUES (8); SELECT sum(a) FROM other"), "15");
    std::fs::set_permissions(&path, modes).unwrap();
    assert_eq!(ask(&mut client, "INSERT INTO t VALUES (2); SELECT count(*) FROM t"), "2");

    server.stop();
    let aside = path.with_extension("aside");
    std::fs::rename(&path, &aside).unwrap();
    server.start_again();
    let mut client = server.connect();
    for statement in ["SELECT a FROM t", "INSERT INTO t VALUES (3)"] {
        let (code, text, _) = failure(&mut client, statement);
        assert_eq!((code, text), ("58P01".to_string(), message("No such file or directory")));
    }
    assert_eq!(server.ask("CHECKPOINT; SELECT sum(a) FROM other"), "15");
    std::fs::rename(&aside, &path).unwrap();
    assert_eq!(ask(&mut client, "SELECT count(*) FROM t"), "2");
}

/// Of a table with two segments the second is gone: rows there are errors, rows in the first are read.
#[test]
fn a_missing_segment() {
    let server = Server::start(&["autovacuum=off"]);
    server.announce("could not open file");
    server.ask("CREATE TABLE t (a int PRIMARY KEY, b text); INSERT INTO t VALUES (1, 'first')");
    let (name, path) = file_of(&server, "t");
    server.stop();
    // Empty pages up to the segment's end, none of which takes room.
    File::options().write(true).open(&path).unwrap().set_len(1 << 30).unwrap();
    server.start_again();
    let wide = "INSERT INTO t SELECT i, repeat('x', 1900) FROM generate_series(2, 5) i";
    server.ask(wide);
    for round in 0..200 {
        if path.with_extension("1").exists() {
            break;
        }
        // Free pages are filled as they are found; only a few are known.
        server.ask(&format!(
            "INSERT INTO t SELECT i, repeat('x', 1900) FROM generate_series({}, {}) i",
            10 + round * 4,
            13 + round * 4
        ));
    }
    let behind = server.ask("SELECT max(a) FROM t WHERE ctid >= '(131072,0)'");
    assert_ne!(behind, "");
    server.stop();
    let (segment, aside) = (path.with_extension("1"), path.with_extension("aside"));
    std::fs::rename(&segment, &aside).unwrap();
    server.start_again();
    let mut client = server.connect();
    let (code, text, _) = failure(&mut client, &format!("SELECT b FROM t WHERE a = {behind}"));
    assert_eq!(code, "58P01");
    assert_eq!(
        text,
        format!("could not open file \"{name}.1\" (target block 131072): No such file or directory")
    );
    assert_eq!(ask(&mut client, "SELECT b FROM t WHERE a = 1"), "first");
    std::fs::rename(&aside, &segment).unwrap();
    assert_eq!(ask(&mut client, &format!("SELECT length(b) FROM t WHERE a = {behind}")), "1900");
    server.ask("DROP TABLE t");
}

/// Recovery ends at a record that was damaged: what came before is there, nothing behind it is, and the log goes on from there.
#[test]
fn a_damaged_log() {
    let server = Server::start(&["autovacuum=off"]);
    server.ask("CREATE TABLE t (a int PRIMARY KEY); CHECKPOINT");
    let mut client = server.connect();
    for number in 1..=100 {
        ask(&mut client, &format!("INSERT INTO t VALUES ({number})"));
    }
    server.kill();
    let (segment, end) = end_of_log(&server.data().join("pg_wal"));
    flip(&segment, end - 4000);
    server.start_again();
    let count: u32 = server.ask("SELECT count(*) FROM t").parse().unwrap();
    assert!((1..100).contains(&count), "{count} rows");
    assert_eq!(server.ask("SELECT min(a), max(a) FROM t"), format!("1|{count}"));
    server.ask("INSERT INTO t VALUES (1000)");
    server.kill();
    server.start_again();
    assert_eq!(server.ask("SELECT count(*), max(a) FROM t"), format!("{}|1000", count + 1));
    server.verify();
}

/// The last segment with records, and how many of its bytes are written.
fn end_of_log(directory: &Path) -> (PathBuf, u64) {
    let names = std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    let mut segments: Vec<PathBuf> = names.filter(|path| path.is_file()).collect();
    segments.sort();
    let written = segments.into_iter().rev().find_map(|path| {
        let bytes = std::fs::read(&path).unwrap();
        let last = bytes.iter().rposition(|byte| *byte != 0)?;
        Some((path, last as u64))
    });
    written.unwrap()
}

/// The wall clock is for people: set back by years or forward, it shows in `now()` and disturbs no timeout, sleep, commit or recovery.
#[cfg(debug_assertions)]
#[test]
fn a_clock_that_jumps() {
    let server = Server::start_with_faults(&["autovacuum_naptime=1s"]);
    server.announce("canceling statement due to statement timeout");
    server.announce("canceling statement due to lock timeout");
    server.announce("deadlock detected");
    server.ask("CREATE TABLE t (a int); INSERT INTO t VALUES (1), (2)");
    let year = || server.ask("SELECT extract(year FROM now())").parse::<i32>().unwrap();
    let now = year();
    for years in [-40, 40, -3] {
        server.set_clock(i64::from(years) * 366 * 86_400);
        assert!((now + years - 1..=now + years + 1).contains(&year()));
        let started = Instant::now();
        assert_eq!(server.ask("SELECT pg_sleep(0.2)"), "");
        assert!(started.elapsed() >= Duration::from_millis(200));
        assert_eq!(server.ask("SET statement_timeout = '100ms'; SELECT pg_sleep(60)"), "ERROR 57014");
        let mut holder = server.connect();
        holder.batch_execute("BEGIN; UPDATE t SET a = a WHERE a = 1").unwrap();
        assert_eq!(server.ask("SET lock_timeout = '100ms'; UPDATE t SET a = a"), "ERROR 55P03");
        let other = server.session();
        assert_eq!(other.run("BEGIN; UPDATE t SET a = a WHERE a = 2"), "");
        other.start("UPDATE t SET a = a WHERE a = 1");
        let outcomes = [ask(&mut holder, "UPDATE t SET a = a WHERE a = 2; ROLLBACK"), other.answer()];
        assert_eq!(outcomes.iter().filter(|outcome| *outcome == "ERROR 40P01").count(), 1, "{outcomes:?}");
        drop(holder);
        drop(other);
        server.ask("CHECKPOINT; INSERT INTO t VALUES (3)");
        assert!(started.elapsed() < Duration::from_secs(30), "{:?}", started.elapsed());
        server.kill();
        server.start_again();
    }
    assert_eq!(server.ask("SELECT count(*) FROM t"), "5");
    server.verify();
}

/// A control file that was damaged keeps the server from starting, and so does one that is missing; the right one lets it start.
#[test]
fn a_damaged_control_file() {
    let server = Server::start(&[]);
    server.announce("FATAL:  ");
    server.announce("PANIC:  ");
    server.ask("CREATE TABLE t (a int); INSERT INTO t VALUES (1)");
    server.stop();
    let control = server.data().join("global/pg_control");
    let good = std::fs::read(&control).unwrap();
    flip(&control, 40);
    assert!(server.try_start_again().is_err_and(|text| text.contains("control file")));
    std::fs::remove_file(&control).unwrap();
    assert!(
        server
            .try_start_again()
            .is_err_and(|text| text.contains("control file") || text.contains("pg_control"))
    );
    std::fs::write(&control, good).unwrap();
    server.start_again();
    assert_eq!(server.ask("SELECT a FROM t"), "1");
}
