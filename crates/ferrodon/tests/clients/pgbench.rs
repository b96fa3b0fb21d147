//! pgbench as a client: its tables, its default transactions over each protocol, and the sums that must agree afterwards.

use crate::server::{Server, run};

/// pgbench's tables at scale 1, as its own initialization makes them.
const TABLES: &str = "
    CREATE TABLE pgbench_accounts (aid int NOT NULL, bid int, abalance int, filler char(84));
    CREATE TABLE pgbench_branches (bid int NOT NULL, bbalance int, filler char(88));
    CREATE TABLE pgbench_tellers (tid int NOT NULL, bid int, tbalance int, filler char(84));
    CREATE TABLE pgbench_history (tid int, bid int, aid int, delta int, mtime timestamp, filler char(22));
    INSERT INTO pgbench_branches VALUES (1, 0, '');
    INSERT INTO pgbench_tellers SELECT tid, 1, 0, '' FROM generate_series(1, 10) AS tid;
    INSERT INTO pgbench_accounts SELECT aid, 1, 0, '' FROM generate_series(1, 100000) AS aid;
    ALTER TABLE pgbench_accounts ADD PRIMARY KEY (aid);
    ALTER TABLE pgbench_branches ADD PRIMARY KEY (bid);
    ALTER TABLE pgbench_tellers ADD PRIMARY KEY (tid)";

/// Every transaction adds one amount to an account, a teller and a branch, and to the history.
#[test]
fn default_transactions() {
    let server = Server::start(&[]);
    if server.client_program("pgbench").is_none() {
        return;
    }
    assert_eq!(server.ask(TABLES), "");
    assert_eq!(server.ask("SELECT count(*) FROM pgbench_accounts"), "100000");
    let mut transactions = 0;
    for protocol in ["simple", "extended", "prepared"] {
        let mut bench = server.client_program("pgbench").unwrap();
        bench.args(["-n", "-c", "4", "-t", "50", "-M", protocol, "postgres"]);
        transactions += 200;
        let report = run(&mut bench);
        assert!(report.contains("number of transactions actually processed: 200/200"), "{report}");
        assert!(report.contains("number of failed transactions: 0"), "{report}");
        let sums = server.ask(
            "SELECT (SELECT sum(abalance) FROM pgbench_accounts), (SELECT sum(tbalance) FROM pgbench_tellers), \
             (SELECT sum(bbalance) FROM pgbench_branches), (SELECT sum(delta) FROM pgbench_history), \
             (SELECT count(*) FROM pgbench_history)",
        );
        let sums: Vec<&str> = sums.split('|').collect();
        assert!(sums[..4].iter().all(|sum| *sum == sums[0]), "{protocol}: {sums:?}");
        assert_eq!(sums[4], transactions.to_string());
    }
}

/// Reading by key, and the same under a rate of new connections.
#[test]
fn select_only_and_reconnecting() {
    let server = Server::start(&[]);
    if server.client_program("pgbench").is_none() {
        return;
    }
    assert_eq!(server.ask(TABLES), "");
    for more in [&["-M", "prepared"][..], &["-C"]] {
        let mut bench = server.client_program("pgbench").unwrap();
        let report = run(bench.args(["-n", "-S", "-c", "2", "-t", "50"]).args(more).arg("postgres"));
        assert!(report.contains("number of transactions actually processed: 100/100"), "{report}");
    }
}
