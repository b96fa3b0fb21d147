//! What psql and pg_dump read of a database, compared with what PostgreSQL 18 gave for the same one.
//!
//! `golden/shop.sql` makes the database; the other files there were recorded with it.

use std::io::Write;
use std::path::Path;
use std::process::Stdio;

use postgres::types::Type;

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

/// What drivers and object mappers ask: identifiers given as small integers and lists, and values built as JSON.
#[test]
fn questions_of_drivers() {
    let server = Server::start(&[]);
    let mut client = server.connect();
    let name = client
        .query_typed("SELECT relname::text FROM pg_class WHERE oid = $1", &[(&1259i16, Type::INT2)])
        .unwrap();
    assert_eq!(name[0].get::<_, String>(0), "pg_class");
    let names = client
        .query_typed(
            "SELECT relname::text FROM pg_class WHERE oid = ANY ($1) ORDER BY 1",
            &[(&vec![1259, 1255], Type::INT4_ARRAY)],
        )
        .unwrap();
    assert_eq!(names.len(), 2);
    assert_eq!(server.ask("SELECT ARRAY[1, 2]::oid[], '{3}'::oid[]::int[], 5::int2::oid"), "{1,2}|{3}|5");
    let object = "SELECT json_build_object('a', 1, 'b', NULL, 'c', E'x\"\\n', 'd', ARRAY[[1, NULL]], 2, true, 'n', \
                  'NaN'::float8, 't', timestamptz '2020-01-02 03:04:05.6+00', 'j', '{\"z\":1}'::json)";
    let expected = r#"{"a" : 1, "b" : null, "c" : "x\"\n", "d" : [[1,null]], "2" : true, "n" : "NaN", "t" : "2020-01-02T03:04:05.6+00:00", "j" : {"z":1}}"#;
    assert_eq!(server.ask(object), expected);
    assert_eq!(
        server.ask("SELECT json_build_array(1, 'x', NULL), json_build_object()"),
        r#"[1, "x", null]|{}"#
    );
    assert_eq!(server.ask("SELECT to_json('a'::text), to_json(ARRAY[1, 2])"), r#""a"|[1,2]"#);
}
