//! Writers whose work can be checked after a crash: what was acknowledged must be there, and nothing may be there in part.

use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use postgres::{Config, NoTls};

use crate::server::{Server, wait_for};
use crate::session::ask;

const WRITERS: u64 = 4;

/// For each writer the number of its last acknowledged transaction.
pub struct Load {
    acknowledged: Mutex<HashMap<u64, u64>>,
    total: AtomicU64,
}

impl Load {
    /// Makes the tables. A transaction is TPC-B's: an amount is added to an account, a teller and the branch, and to the history; and
    /// the writer adds to its journal and its counter.
    pub fn prepare(server: &Server) -> Load {
        server
            .ask("CREATE TABLE journal (writer int, number int, filling text, PRIMARY KEY (writer, number))");
        server.ask("CREATE TABLE counter (writer int PRIMARY KEY, number int)");
        for writer in 0..WRITERS {
            server.ask(&format!("INSERT INTO counter VALUES ({writer}, 0)"));
        }
        for table in ["account", "teller", "branch"] {
            server.ask(&format!("CREATE TABLE {table} (id int PRIMARY KEY, balance int NOT NULL)"));
        }
        server.ask("INSERT INTO account SELECT id, 0 FROM generate_series(0, 999) AS id");
        server.ask("INSERT INTO teller SELECT id, 0 FROM generate_series(0, 9) AS id");
        server.ask(
            "INSERT INTO branch VALUES (0, 0); CREATE TABLE history (account int, amount int, at timestamp)",
        );
        Load { acknowledged: Mutex::default(), total: AtomicU64::new(0) }
    }

    /// Lets the writers work until `transactions` more are acknowledged, strikes, and returns when all of them have lost the server.
    pub fn run_until_struck(&self, server: &Server, transactions: u64, strike: impl FnOnce()) {
        let wanted = self.total.load(Ordering::Relaxed) + transactions;
        let configuration = server.configuration();
        std::thread::scope(|scope| {
            for writer in 0..WRITERS {
                let configuration = &configuration;
                scope.spawn(move || self.write(writer, configuration));
            }
            wait_for("acknowledged transactions", || self.total.load(Ordering::Relaxed) >= wanted);
            strike();
        });
    }

    /// Writes until the server does not answer any more.
    fn write(&self, writer: u64, configuration: &Config) {
        let mut client = configuration.connect(NoTls).unwrap();
        let mut number = 1 + ask(&mut client, &format!("SELECT number FROM counter WHERE writer = {writer}"))
            .parse::<u64>()
            .unwrap();
        loop {
            let (account, amount) = ((number * 389 + writer * 7) % 1000, (number * 37) % 10_000);
            let transaction = format!(
                "BEGIN; INSERT INTO journal VALUES ({writer}, {number}, repeat('x', {number} % 300)); \
                 UPDATE counter SET number = number + 1 WHERE writer = {writer}; \
                 UPDATE account SET balance = balance + {amount} WHERE id = {account}; \
                 SELECT balance FROM account WHERE id = {account}; \
                 UPDATE teller SET balance = balance + {amount} WHERE id = {account} % 10; \
                 UPDATE branch SET balance = balance + {amount} WHERE id = 0; \
                 INSERT INTO history VALUES ({account}, {amount}, current_timestamp); COMMIT"
            );
            if client.simple_query(&transaction).is_err() {
                return;
            }
            self.acknowledged.lock().unwrap().insert(writer, number);
            self.total.fetch_add(1, Ordering::Relaxed);
            number += 1;
        }
    }

    /// Everything acknowledged is there, at most one transaction of each writer more, and all of them whole.
    pub fn check(&self, server: &Server) {
        let acknowledged = self.acknowledged.lock().unwrap();
        for writer in 0..WRITERS {
            let known = acknowledged.get(&writer).copied().unwrap_or(0);
            let journal = server.ask(&format!(
                "SELECT count(*), coalesce(max(number), 0), coalesce(sum(number), 0), \
                 count(*) FILTER (WHERE length(filling) <> number % 300) FROM journal WHERE writer = {writer}"
            ));
            let counter: u64 =
                server.ask(&format!("SELECT number FROM counter WHERE writer = {writer}")).parse().unwrap();
            assert!(counter == known || counter == known + 1, "{known} acknowledged, {counter} there");
            assert_eq!(journal, format!("{counter}|{counter}|{}|0", counter * (counter + 1) / 2));
        }
        let sums = "SELECT coalesce(sum(balance), 0) = (SELECT coalesce(sum(amount), 0) FROM history) FROM";
        for table in ["account", "teller", "branch"] {
            assert_eq!(server.ask(&format!("{sums} {table}")), "t", "{table}");
        }
        let whole = "SELECT (SELECT count(*) FROM history) = (SELECT count(*) FROM journal)";
        assert_eq!(server.ask(whole), "t");
        // The index finds what the table has.
        let found = server.ask(
            "SELECT count(*) FROM counter c JOIN journal j ON j.writer = c.writer AND j.number = c.number",
        );
        let written = server.ask("SELECT count(*) FROM counter WHERE number > 0");
        assert_eq!(found, written);
    }
}
