//! Sequences: no value twice, also over crashes, and hardly any log for it.

use crate::server::Server;

/// Whoever saw a value, nobody sees it again, wherever the crash falls between log records and checkpoints.
#[test]
fn no_value_is_given_twice_over_crashes() {
    let server = Server::start(&[]);
    server.ask("CREATE SEQUENCE s");
    let mut last = 0;
    for (values, checkpoint) in [(1, false), (40, false), (5, true), (20, true), (50, true), (3, false)] {
        let mut client = server.connect();
        for number in 0..values {
            if checkpoint && number == values / 2 {
                // Reading must not bring the page's present state into the log, which is behind by the end of the round.
                client.batch_execute("CHECKPOINT; SELECT * FROM s").unwrap();
            }
            let value: i64 = client.query_one("SELECT nextval('s')", &[]).unwrap().get(0);
            assert!(value > last, "{value} was given after {last}");
            last = value;
        }
        server.kill();
        server.start_again();
    }
    // Each crash costs at most the values of one record.
    assert!(last < 119 + 6 * 33, "{last}");
}

#[test]
fn most_calls_write_no_log_and_take_no_transaction() {
    let server = Server::start(&[]);
    server.ask("CREATE SEQUENCE s");
    server.ask("SELECT nextval('s')");
    let before = server.ask("SELECT pg_current_wal_lsn()");
    for value in 2..5 {
        assert_eq!(server.ask("SELECT nextval('s')"), value.to_string());
    }
    assert_eq!(server.ask("SELECT pg_current_wal_lsn()"), before);
    assert_eq!(server.ask("SELECT last_value, log_cnt, is_called FROM s"), "4|29|t");
    assert_eq!(
        server.ask("BEGIN; SELECT nextval('s'); SELECT txid_current_if_assigned() IS NULL; COMMIT"),
        "t"
    );
}

/// Sessions keep what CACHE gives them, and lose it when the sequence is reset.
#[test]
fn sessions_keep_cached_values() {
    let server = Server::start(&[]);
    server.ask("CREATE SEQUENCE s CACHE 3");
    let (one, two) = (server.session(), server.session());
    let next = "SELECT nextval('s')";
    let given = [&one, &two, &one, &two, &one, &one].map(|session| session.run(next));
    assert_eq!(given, ["1", "4", "2", "5", "3", "7"]);
    server.ask("ALTER SEQUENCE s RESTART 100");
    assert_eq!([one.run(next), two.run(next)], ["100", "103"]);
}
