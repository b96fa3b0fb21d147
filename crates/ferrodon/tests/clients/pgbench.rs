//! pgbench as a client: its initialization, its default transactions over each protocol, and the sums that must agree afterwards.

use crate::server::{Server, run};

/// A server with the tables that pgbench makes at scale 1; nothing where there is no pgbench.
fn initialized() -> Option<Server> {
    let server = Server::start(&[]);
    let report = run(server.client_program("pgbench")?.args(["-i", "-q", "postgres"]));
    assert_eq!(report, "");
    assert_eq!(server.ask("SELECT count(*), sum(abalance) FROM pgbench_accounts"), "100000|0");
    Some(server)
}

/// Every transaction adds one amount to an account, a teller and a branch, and to the history.
#[test]
fn default_transactions() {
    let Some(server) = initialized() else { return };
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
    let Some(server) = initialized() else { return };
    for more in [&["-M", "prepared"][..], &["-C"]] {
        let mut bench = server.client_program("pgbench").unwrap();
        let report = run(bench.args(["-n", "-S", "-c", "2", "-t", "50"]).args(more).arg("postgres"));
        assert!(report.contains("number of transactions actually processed: 100/100"), "{report}");
    }
}
