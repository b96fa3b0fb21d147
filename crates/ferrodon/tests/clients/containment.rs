//! Killed sessions: what they held is given back, and the others do not notice.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use crate::server::{Server, wait_for};
use crate::session::ask;

/// How many sessions are killed: 40, or as `FERRODON_KILLS` says.
fn kills() -> u64 {
    std::env::var("FERRODON_KILLS").ok().and_then(|kills| kills.parse().ok()).unwrap_or(40)
}

const WORKERS: u64 = 6;

/// What the workers do in turn; `{n}` is a number that differs each time.
const WORK: [&str; 6] = [
    "BEGIN; UPDATE account SET balance = balance + 1 WHERE id = {n} % 20; INSERT INTO history VALUES ({n} % 20); COMMIT",
    "SELECT sum(a.balance) FROM account a, history h WHERE a.id = h.id",
    "BEGIN; SELECT pg_advisory_xact_lock({n} % 3); SELECT * FROM account WHERE id = {n} % 20 FOR UPDATE; \
     SAVEPOINT s; UPDATE account SET balance = balance - 1 WHERE id = {n} % 20; ROLLBACK TO s; COMMIT",
    "BEGIN; DECLARE c CURSOR FOR SELECT * FROM history, generate_series(1, 3); FETCH 100 FROM c; SELECT pg_sleep(0.005); COMMIT",
    "SELECT pg_advisory_lock({n} % 5 + 10), pg_sleep(0.002); SELECT pg_advisory_unlock_all()",
    "CREATE TABLE passing_{n} (id int PRIMARY KEY); INSERT INTO passing_{n} VALUES (1), (2); DROP TABLE passing_{n}",
];

/// Ends the workers also when their watcher panics; the scope would wait for them otherwise, and say nothing.
struct SetWhenDropped<'a>(&'a AtomicBool);

impl Drop for SetWhenDropped<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Of sessions killed at random moments at least 95 of 100 disturb no other; nothing that they held is left.
#[test]
fn killed_sessions_disturb_nobody() {
    let server = Server::start(&["max_connections=40"]);
    for text in [
        "terminating connection because of crash of another server process",
        "the database system is",
        "unexpected EOF on client connection",
    ] {
        server.announce(text);
    }
    server.ask(
        "CREATE TABLE account (id int PRIMARY KEY, balance int NOT NULL); CREATE TABLE history (id int)",
    );
    server.ask("INSERT INTO account SELECT id, 0 FROM generate_series(0, 19) AS id");
    // A session that ends by itself as it is killed would have no consequences to wait for.
    wait_for("the end of the sessions so far", || server.session_count() == 0);

    let wanted = kills();
    let (numbers, is_over) = (AtomicU64::new(0), AtomicBool::new(false));
    std::thread::scope(|scope| {
        let _end = SetWhenDropped(&is_over);
        for worker in 0..WORKERS {
            let (server, numbers, is_over) = (server.configuration(), &numbers, &is_over);
            scope.spawn(move || {
                while !is_over.load(Ordering::Relaxed) {
                    let Ok(mut client) = server.connect(postgres::NoTls) else { continue };
                    loop {
                        let number = numbers.fetch_add(1, Ordering::Relaxed);
                        let work = WORK[((number + worker) % WORK.len() as u64) as usize];
                        let answer = ask(&mut client, &work.replace("{n}", &number.to_string()));
                        if client.is_closed() || is_over.load(Ordering::Relaxed) {
                            break;
                        }
                        assert!(!answer.starts_with("ERROR"), "{answer}: {work}");
                    }
                }
            });
        }
        let mut kills = 0;
        while kills < wanted {
            let before = numbers.load(Ordering::Relaxed);
            wait_for("work between kills", || numbers.load(Ordering::Relaxed) >= before + 1 + kills % 7);
            let over = || {
                let log = server.log();
                let contained = log.matches("has left nothing behind").count();
                contained + log.matches("database system is ready to accept connections").count()
            };
            let before = over();
            if server.kill_a_session(kills as usize) {
                kills += 1;
                wait_for("the end of its consequences", || over() > before);
            }
        }
    });
    let restarts = server.log().matches("all server processes terminated; reinitializing").count() as u64;
    println!("{wanted} sessions killed, {restarts} of them restarted the server");
    server.log().lines().filter(|line| line.contains("in doubt")).for_each(|line| println!("{line}"));
    // Code that is not optimized is several times longer inside its critical sections.
    let one_in = if cfg!(debug_assertions) { 4 } else { 20 };
    assert!(restarts * one_in <= wanted, "{restarts} restarts");

    wait_for("the server to be itself again", || {
        server.try_connect().is_ok_and(|mut client| {
            ask(&mut client, "SELECT count(*) FROM account") == "20" && server.session_count() == 1
        })
    });
    let sums = "SELECT (SELECT sum(balance) FROM account) = (SELECT count(*) FROM history)";
    assert_eq!(server.ask(sums), "t");
    for key in (0..3).chain(10..15) {
        assert_eq!(server.ask(&format!("SELECT pg_try_advisory_lock({key})")), "t");
    }
    // Row locks, relation locks and pins would each hold one of these up.
    assert_eq!(server.ask("SET lock_timeout = '10s'; UPDATE account SET balance = 0"), "");
    assert_eq!(server.ask("VACUUM account"), "");
    assert_eq!(server.ask("SET lock_timeout = '10s'; DROP TABLE account, history"), "");
}

/// Tables that a killed session's transaction had made leave no files.
#[test]
fn a_killed_session_leaves_no_files() {
    let server = Server::start(&[]);
    server.announce("unexpected EOF on client connection");
    let files = || {
        let directory = server.ask("SELECT pg_relation_filepath('pg_class')");
        let directory = server.data().join(directory).parent().unwrap().to_path_buf();
        let mut names: Vec<_> =
            std::fs::read_dir(directory).unwrap().map(|file| file.unwrap().file_name()).collect();
        names.sort();
        names
    };
    server.ask("CREATE TABLE kept (id int PRIMARY KEY, note text)");
    let before = files();
    let mut client = server.connect();
    let process = ask(&mut client, "SELECT pg_backend_pid()");
    ask(
        &mut client,
        "BEGIN; CREATE TABLE a (id int PRIMARY KEY, note text); SAVEPOINT s; CREATE TABLE b (id int); SAVEPOINT t; CREATE TABLE c (id int); \
         ROLLBACK TO t; INSERT INTO a SELECT n, n FROM generate_series(1, 1000) AS n; DROP TABLE kept",
    );
    assert!(files().len() > before.len());
    server.kill_process(&process);
    wait_for("the janitor", || server.log().contains("has left nothing behind"));
    assert_eq!(files(), before);
    assert_eq!(server.ask("SELECT count(*) FROM kept"), "0");
}
