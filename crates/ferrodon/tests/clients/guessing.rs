//! Guessing of passwords: each wrong one makes the same role from the same address wait longer; many make the address wait.

use std::time::{Duration, Instant};

use postgres::NoTls;

use crate::server::{Server, wait_for};

/// A server where `ada` and `eve` need their passwords.
fn guarded(settings: &[&str]) -> Server {
    let server = Server::start(settings);
    server.announce("password authentication failed");
    server.ask("CREATE ROLE ada LOGIN PASSWORD 'secret'; CREATE ROLE eve LOGIN PASSWORD 'secret'");
    let lines = "local all postgres trust\nhost all postgres all trust\n\
        local all all scram-sha-256\nhost all all all password\n";
    std::fs::write(server.data().join("pg_hba.conf"), lines).unwrap();
    server.stop();
    server.start_again();
    server
}

/// Tries to connect; gives the SQLSTATE, empty for success, and how long it took.
fn guess(configuration: &mut postgres::Config, user: &str, password: &str) -> (String, Duration) {
    let started = Instant::now();
    let outcome = configuration.user(user).password(password).connect(NoTls);
    let code = match &outcome {
        Ok(_) => String::new(),
        Err(error) => error.code().map_or_else(|| error.to_string(), |code| code.code().to_string()),
    };
    (code, started.elapsed())
}

/// Waits double with every failure; other roles and other addresses are let in at once; the right password ends it.
#[test]
fn guessing_gets_slower() {
    let server = guarded(&["auth_delay.milliseconds=300"]);
    let mut local = server.configuration();
    let started = Instant::now();
    for least_ms in [0, 300, 600] {
        let (code, took) = guess(&mut local, "ada", "wrong");
        assert_eq!(code, "28P01");
        // What passed since the last failure counts.
        assert!(
            took >= Duration::from_millis(least_ms).saturating_sub(Duration::from_millis(50)),
            "{took:?}"
        );
    }
    assert!(started.elapsed() >= Duration::from_millis(850));
    server.wait_for_log(
        "Failure 3 for user \"ada\" from this address; the next attempt is delayed by 1200 ms.",
        1,
    );
    let others = Instant::now();
    assert_eq!(guess(&mut local, "eve", "secret").0, "");
    assert_eq!(guess(&mut server.configuration_over_tcp(), "ada", "secret").0, "");
    assert!(others.elapsed() < Duration::from_millis(1000), "{:?}", others.elapsed());
    let (code, took) = guess(&mut local, "ada", "secret");
    assert_eq!(code, "");
    assert!(took + others.elapsed() >= Duration::from_millis(1100), "{took:?}");
    let started = Instant::now();
    assert_eq!(guess(&mut local, "ada", "secret").0, "");
    assert!(started.elapsed() < Duration::from_millis(1000));
}

/// Those who wait have no connection slot, and a shutdown does not wait for them.
#[test]
fn waiting_guessers_hold_nothing() {
    let server = guarded(&[
        "auth_delay.milliseconds=1000000",
        "max_connections=10",
        "superuser_reserved_connections=0",
    ]);
    server.announce("terminating connection due to administrator command");
    assert_eq!(guess(&mut server.configuration(), "nobody", "wrong").0, "28P01");
    let guessers: Vec<_> = (0..12)
        .map(|_| {
            let mut configuration = server.configuration();
            std::thread::spawn(move || guess(&mut configuration, "nobody", "wrong"))
        })
        .collect();
    wait_for("all to wait", || server.processes_titled("authentication") == 12);
    let sessions: Vec<_> = (0..5).map(|_| server.connect()).collect();
    assert_eq!(
        server.ask("SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'"),
        "6"
    );
    drop(sessions);
    let started = Instant::now();
    server.stop();
    assert!(started.elapsed() < Duration::from_secs(10), "{:?}", started.elapsed());
    for guesser in guessers {
        assert_eq!(guesser.join().unwrap().0, "57P01");
    }
    server.start_again();
}

/// Who tries one role after the other waits too, once there were many failures; who is known from there does not.
#[test]
fn guessing_of_roles_gets_slower() {
    let server = guarded(&["auth_delay.milliseconds=400"]);
    let mut local = server.configuration();
    assert_eq!(guess(&mut local, "eve", "secret").0, "");
    let started = Instant::now();
    for number in 0..11 {
        assert_eq!(guess(&mut local, &format!("user{number}"), "guess").0, "28P01");
    }
    assert!(started.elapsed() < Duration::from_secs(4), "{:?}", started.elapsed());
    server.wait_for_log(
        "Failure 11 for any user from this address; the next attempt of others is delayed by 400 ms.",
        1,
    );
    let started = Instant::now();
    for number in 11..13 {
        assert_eq!(guess(&mut local, &format!("user{number}"), "guess").0, "28P01");
    }
    assert!(started.elapsed() >= Duration::from_millis(1000), "{:?}", started.elapsed());
    // The next stranger would wait for 1600 ms.
    let started = Instant::now();
    assert_eq!(guess(&mut local, "eve", "secret").0, "");
    assert_eq!(guess(&mut server.configuration_over_tcp(), "ada", "secret").0, "");
    assert!(started.elapsed() < Duration::from_millis(1000), "{:?}", started.elapsed());
}
