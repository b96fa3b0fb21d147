//! A session of a concurrency script: a connection in a thread, so that the script goes on while a statement waits.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use postgres::{Client, SimpleQueryMessage};

use crate::server::{process_state, title, wait_for};

pub struct Session {
    statements: Sender<String>,
    answers: Receiver<String>,
    process: String,
}

impl Session {
    pub fn new(mut client: Client) -> Session {
        let process = ask(&mut client, "SELECT pg_backend_pid()");
        let (statements, inbox) = channel::<String>();
        let (outbox, answers) = channel();
        std::thread::spawn(move || {
            for statement in inbox {
                if outbox.send(ask(&mut client, &statement)).is_err() {
                    return;
                }
            }
        });
        Session { statements, answers, process }
    }

    /// Runs statements to their end. Gives the last result's rows, or `ERROR` with the SQLSTATE.
    pub fn run(&self, statements: &str) -> String {
        self.send(statements);
        self.answer()
    }

    /// Has statements run behind those that run already.
    pub fn send(&self, statements: &str) {
        self.statements.send(statements.to_string()).unwrap();
    }

    /// Starts a statement that has to wait for another session, and returns when it does.
    pub fn start(&self, statement: &str) {
        self.send(statement);
        // It sleeps, and not for its client.
        let word = statement.split_whitespace().next().unwrap_or_default().to_uppercase();
        wait_for("a statement to wait", || {
            title(&self.process).contains(&word) && process_state(&self.process) == Some('S')
        });
        assert!(self.answers.try_recv().is_err(), "{statement} did not wait");
    }

    /// The next answer to what was sent or started.
    pub fn answer(&self) -> String {
        self.answers.recv_timeout(Duration::from_secs(60)).expect("no answer")
    }
}

/// Runs statements by the simple protocol: the last result's rows, columns parted by `|` and rows by spaces, or the error.
pub fn ask(client: &mut Client, statements: &str) -> String {
    let messages = match client.simple_query(statements) {
        Ok(messages) => messages,
        Err(error) => {
            return error.code().map_or_else(|| error.to_string(), |code| format!("ERROR {}", code.code()));
        }
    };
    let mut rows = Vec::new();
    for message in messages {
        match message {
            SimpleQueryMessage::RowDescription(_) => rows.clear(),
            SimpleQueryMessage::Row(row) => {
                let columns: Vec<&str> =
                    (0..row.len()).map(|column| row.get(column).unwrap_or("NULL")).collect();
                rows.push(columns.join("|"));
            }
            _ => {}
        }
    }
    rows.join(" ")
}

/// SQLSTATE, message and hint of a statement that fails.
#[track_caller]
pub fn failure(client: &mut Client, statement: &str) -> (String, String, String) {
    let error = client.batch_execute(statement).expect_err(statement);
    let report = error.as_db_error().unwrap_or_else(|| panic!("{statement}: {error}"));
    (
        report.code().code().to_string(),
        report.message().to_string(),
        report.hint().unwrap_or_default().to_string(),
    )
}
