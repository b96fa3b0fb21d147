//! Crashes under load: no acknowledged transaction is lost, and none is there in part.

use std::os::unix::fs::MetadataExt;

use crate::load::Load;
use crate::server::Server;

/// Little memory, so that pages are written all the time, and autovacuum that hardly sleeps.
const SETTINGS: &[&str] = &[
    "checkpoint_timeout=30s",
    "shared_buffers=2MB",
    "autovacuum_naptime=1s",
    "autovacuum_vacuum_threshold=5",
    "autovacuum_vacuum_scale_factor=0",
];

/// How often the whole server is killed: 3 times, or as `FERRODON_CRASH_ROUNDS` says.
fn rounds() -> u64 {
    std::env::var("FERRODON_CRASH_ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(3)
}

/// All processes die at once, again and again, some of them in the middle of a checkpoint.
#[test]
fn killed_server_keeps_what_it_acknowledged() {
    let server = Server::start(SETTINGS);
    let load = Load::prepare(&server);
    for round in 0..rounds() {
        load.run_until_struck(&server, 100 + 37 * round, || {
            if round % 2 == 1 {
                // Its answer does not matter: the kill comes while it writes.
                let mut client = server.connect();
                std::thread::spawn(move || client.simple_query("CHECKPOINT").is_ok());
            }
            server.kill();
        });
        server.start_again();
        load.check(&server);
        server.verify();
    }
    assert!(server.log().contains("was not properly shut down; automatic recovery in progress"));
}

/// The power goes: what was written and not synced is lost, torn, or there by chance. Only debug builds keep the journal.
#[cfg(debug_assertions)]
#[test]
fn power_cuts_cost_nothing_that_was_acknowledged() {
    let server = Server::start_with_journal(SETTINGS);
    let load = Load::prepare(&server);
    let mut undone = 0;
    for round in 0..rounds() {
        load.run_until_struck(&server, 60 + 23 * round, || {
            if round % 2 == 1 {
                let mut client = server.connect();
                std::thread::spawn(move || client.simple_query("CHECKPOINT").is_ok());
            }
            undone += server.cut_power(round);
        });
        server.start_again();
        load.check(&server);
        server.verify();
    }
    assert!(undone > 0, "nothing was unsynced, so nothing was tried");
}

/// One session dies of a bad access; the server recovers by itself and lets clients in again.
#[test]
fn crashed_session_costs_no_transaction() {
    let server = Server::start(&[]);
    server.announce("terminating connection because of crash of another server process");
    let load = Load::prepare(&server);
    for round in 0..2 {
        load.run_until_struck(&server, 100, || server.signal_a_session("SEGV"));
        server.wait_for_log("database system is ready to accept connections", round + 2);
        load.check(&server);
    }
    assert!(server.log().contains("was terminated by signal 11: Segmentation fault"));
}

/// A crash leaves files of transactions that the log does not know, and gives out their numbers again: new relations go round them.
#[test]
fn forgotten_files_are_in_nobodys_way() {
    let server = Server::start(&[]);
    server.ask("CREATE TABLE before (id int PRIMARY KEY)");
    let path = server.ask("SELECT pg_relation_filepath('before_pkey')");
    let (directory, number) = path.rsplit_once('/').unwrap();
    let number: u32 = number.parse().unwrap();
    let forgotten = number + 1..number + 50;
    let owner = std::fs::metadata(server.data()).unwrap();
    for number in forgotten.clone() {
        let file = server.data().join(directory).join(number.to_string());
        std::fs::write(&file, [0; 2 * 8192]).unwrap();
        std::os::unix::fs::chown(&file, Some(owner.uid()), Some(owner.gid())).unwrap();
    }
    let create = "CREATE TABLE after (id int PRIMARY KEY, note text, number serial)";
    assert_eq!(server.ask(create), "");
    assert_eq!(server.ask("INSERT INTO after VALUES (1), (2); SELECT count(*) FROM after"), "2");
    assert_eq!(server.ask("TRUNCATE after; INSERT INTO after VALUES (1)"), "");
    let taken = "SELECT relfilenode FROM pg_class WHERE oid > 16384 AND relfilenode <> 0";
    for file in server.ask(taken).split(' ') {
        assert!(!forgotten.contains(&file.parse().unwrap()), "{file}");
    }
    server.verify();
}
