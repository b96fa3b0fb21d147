//! What psql and pg_dump read of a database, compared with what PostgreSQL 18 gave for the same one.
//!
//! `golden/shop.sql` makes the database; the other files there were recorded with it.

use std::io::Write;
use std::path::Path;
use std::process::Stdio;

use crate::server::{Server, run};

fn golden(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients/golden").join(name);
    std::fs::read_to_string(path).unwrap()
}

/// Runs a script in a database with psql; an error of a statement is a failure.
fn psql(server: &Server, database: &str, script: &str) -> Option<String> {
    let mut program = server.client_program("psql")?;
    program.args(["-X", "-q", "-d", database, "-P", "pager=off", "-v", "ON_ERROR_STOP=1"]);
    let mut running =
        program.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut input = running.stdin.take().unwrap();
    let script = script.to_string();
    let writer = std::thread::spawn(move || input.write_all(script.as_bytes()));
    let output = running.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    let text = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    assert!(output.status.success(), "{text}");
    Some(text)
}

/// The first line in which two texts differ, and their neighbourhoods, make the message.
#[track_caller]
fn check(found: &str, expected: &str) {
    let differs = found.lines().zip(expected.lines()).position(|(found, expected)| found != expected);
    let at = differs.unwrap_or(found.lines().count().min(expected.lines().count()));
    let near = |text: &str| text.lines().skip(at.saturating_sub(5)).take(10).collect::<Vec<_>>().join("\n");
    assert!(found == expected, "line {}:\n{}\n--- expected:\n{}", at + 1, near(found), near(expected));
}

/// Dumps a database; what tells versions and keys is left out.
fn dump(server: &Server, database: &str) -> String {
    let mut program = server.client_program("pg_dump").unwrap();
    let text = run(program.args(["-d", database]));
    let is_content = |line: &&str| !line.starts_with("-- Dumped") && !line.contains("restrict ");
    text.lines().filter(is_content).map(|line| format!("{line}\n")).collect()
}

/// psql describes every kind of object as it does PostgreSQL's.
#[test]
fn descriptions() {
    let server = Server::start(&[]);
    if psql(&server, "postgres", &golden("shop.sql")).is_none() {
        return;
    }
    let found = psql(&server, "postgres", &golden("describe.sql")).unwrap();
    check(&found, &golden("describe.out"));
}

/// A dump is the one of PostgreSQL, and brings the same database back.
#[test]
fn dump_and_load() {
    let server = Server::start(&[]);
    if psql(&server, "postgres", &golden("shop.sql")).is_none() {
        return;
    }
    let first = dump(&server, "postgres");
    check(&first, &golden("shop.dump"));
    server.ask("CREATE DATABASE again");
    psql(&server, "again", &first).unwrap();
    check(&dump(&server, "again"), &first);
}
