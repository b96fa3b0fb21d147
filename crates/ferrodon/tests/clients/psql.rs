//! psql as a client: queries, errors, and the commands that read the catalogs.

use crate::server::{Server, run};

/// What psql prints for some commands of input, without a start-up file.
fn psql(server: &Server, commands: &[&str]) -> Option<String> {
    let mut program = server.client_program("psql")?;
    program.args(["-X", "-d", "postgres", "-P", "pager=off"]);
    for command in commands {
        program.args(["-c", command]);
    }
    Some(run(&mut program))
}

/// A query's answer, several statements at once, and null.
#[test]
fn queries() {
    let server = Server::start(&[]);
    let Some(answer) = psql(&server, &["SELECT 1 AS one, 'two' AS two, NULL AS nothing"]) else { return };
    assert_eq!(answer, " one | two | nothing \n-----+-----+---------\n   1 | two | \n(1 row)\n\n");
    let several = psql(&server, &["BEGIN", "SELECT 2 + 2 AS four", "COMMIT"]).unwrap();
    assert_eq!(several, "BEGIN\n four \n------\n    4\n(1 row)\n\nCOMMIT\n");
}

/// The commands that list what there is.
#[test]
fn lists() {
    let server = Server::start(&[]);
    server.ask("CREATE TABLE account (id int PRIMARY KEY, balance int NOT NULL)");
    let Some(tables) = psql(&server, &["\\d"]) else { return };
    let expected = "          List of relations\n Schema |  Name   | Type  |  Owner   \n\
                    --------+---------+-------+----------\n public | account | table | postgres\n(1 row)\n\n";
    assert_eq!(tables, expected);
    let indexes = psql(&server, &["\\di"]).unwrap();
    assert!(indexes.contains(" public | account_pkey | index | postgres | account\n(1 row)"), "{indexes}");
    let databases = psql(&server, &["\\l"]).unwrap();
    for name in ["postgres", "template0", "template1"] {
        assert!(databases.contains(&format!("\n {name:9} | postgres | UTF8 ")), "{databases}");
    }
}
