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
