//! Definitions that change under a session which waits for them, and what roles may do with them.

use postgres::NoTls;

use crate::server::Server;
use crate::session::Session;

fn server() -> Server {
    let server = Server::start(&[]);
    server.ask("CREATE TABLE item (id int PRIMARY KEY, name text)");
    server.ask("INSERT INTO item VALUES (1, 'one'), (2, 'two')");
    server
}

fn session_of(server: &Server, role: &str) -> Session {
    Session::new(server.configuration().user(role).connect(NoTls).unwrap())
}

/// A statement that waited for a table's change sees the table as it is after it.
#[test]
fn plans_are_of_after_the_wait() {
    let server = server();
    server.announce("relation \"item\" does not exist");
    server.announce("column \"name\" of relation \"item\" does not exist");
    let (changer, user) = (server.session(), server.session());
    user.run("PREPARE reading AS SELECT * FROM item ORDER BY id");
    assert_eq!(user.run("EXECUTE reading"), "1|one 2|two");

    let after = |change: &str, statement: &str| {
        changer.run(&format!("BEGIN; {change}"));
        user.start(statement);
        changer.run("COMMIT");
        user.answer()
    };
    assert_eq!(after("TRUNCATE item", "SELECT count(*) FROM item"), "0");
    assert_eq!(after("TRUNCATE item; INSERT INTO item VALUES (3, 'three')", "EXECUTE reading"), "3|three");
    assert_eq!(after("ALTER TABLE item ADD COLUMN price int DEFAULT 5", "SELECT * FROM item"), "3|three|5");
    assert_eq!(
        after("TRUNCATE item; INSERT INTO item VALUES (4)", "CREATE TABLE copied AS SELECT * FROM item"),
        ""
    );
    assert_eq!(user.run("SELECT id FROM copied"), "4");
    assert_eq!(
        after("ALTER TABLE item DROP COLUMN name", "INSERT INTO item (id, name) VALUES (5, 'five')"),
        "ERROR 42703"
    );
    assert_eq!(after("DROP TABLE item", "UPDATE item SET price = 6"), "ERROR 42P01");
}

/// Privileges come by grant, by membership and by ownership, and hold for everything that reads or writes.
#[test]
fn privileges_of_roles() {
    let server = server();
    server.announce("permission denied for table item");
    server.ask("CREATE ROLE readers; CREATE ROLE joe LOGIN; CREATE ROLE ann LOGIN; GRANT readers TO ann");
    server.ask("CREATE VIEW names AS SELECT name FROM item; GRANT SELECT ON names TO joe");
    server.ask("GRANT SELECT ON item TO readers");
    let (joe, ann) = (session_of(&server, "joe"), session_of(&server, "ann"));
    assert_eq!(ann.run("SELECT count(*) FROM item"), "2");
    assert_eq!(ann.run("DELETE FROM item"), "ERROR 42501");
    assert_eq!(joe.run("SELECT count(*) FROM names"), "2");
    server.ask("CREATE SCHEMA AUTHORIZATION joe");
    for refused in [
        "SELECT count(*) FROM item",
        "COPY (SELECT name FROM item) TO STDOUT",
        "COPY item TO STDOUT",
        "CREATE TABLE joe.stolen AS SELECT * FROM item",
        "UPDATE item SET name = ''",
        "TRUNCATE item",
    ] {
        assert_eq!(joe.run(refused), "ERROR 42501", "{refused}");
    }
    assert_eq!(
        server.ask(
            "SELECT has_table_privilege('ann', 'item', 'SELECT'), has_table_privilege('joe', 'item', 'SELECT')"
        ),
        "t|f"
    );
}

/// A database that somebody is in can be neither dropped nor copied; one that was left can.
#[test]
fn databases_in_use() {
    let server = server();
    server.announce("database \"shop\" is being accessed by other users");
    server.announce("source database \"shop\" is being accessed by other users");
    server.ask("CREATE DATABASE shop");
    let visitor = Session::new(server.configuration().dbname("shop").connect(NoTls).unwrap());
    visitor.run("CREATE TABLE goods (id int)");
    visitor.run("DISCARD ALL");
    assert_eq!(server.ask("DROP DATABASE shop"), "ERROR 55006");
    assert_eq!(server.ask("CREATE DATABASE branch TEMPLATE shop"), "ERROR 55006");
    drop(visitor);
    assert_eq!(server.ask("CREATE DATABASE branch TEMPLATE shop"), "");
    assert_eq!(server.ask("DROP DATABASE shop"), "");
    assert_eq!(server.ask("SELECT datname FROM pg_database WHERE datname IN ('shop', 'branch')"), "branch");
}

/// An index that is made after rows were updated in place leads to them.
#[test]
fn an_index_leads_to_rows_updated_before_it() {
    let server = Server::start(&[]);
    server.ask("CREATE TABLE t (a int, b int)");
    server.ask("INSERT INTO t SELECT i, 0 FROM generate_series(1, 20) i");
    server.ask("UPDATE t SET b = 1");
    server.ask("UPDATE t SET b = b + 1 WHERE a > 10");
    server.ask("CREATE INDEX i ON t (a)");
    let answer = server.ask("SET enable_seqscan = off; SELECT b FROM t WHERE a IN (5, 15) ORDER BY a");
    assert_eq!(answer, "1 2");
    server.ask("UPDATE t SET b = 7 WHERE a = 5");
    server.ask("VACUUM t");
    assert_eq!(server.ask("SET enable_seqscan = off; SELECT b FROM t WHERE a IN (5, 15) ORDER BY a"), "7 2");
}

/// COPY writes and reads files of the server's machine and talks to programs, for those who may.
#[test]
fn copies_of_files_and_programs() {
    let server = server();
    for text in [
        "permission denied to COPY",
        "relative path not allowed",
        "could not open file",
        "program \"exit 3\" failed",
    ] {
        server.announce(text);
    }
    let file = server.file("item.csv");
    assert_eq!(server.ask(&format!("COPY item TO '{file}' (FORMAT csv, HEADER)")), "");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "id,name\n1,one\n2,two\n");
    server.ask(&format!("TRUNCATE item; COPY item FROM '{file}' (FORMAT csv, HEADER)"));
    assert_eq!(server.ask("SELECT * FROM item ORDER BY id"), "1|one 2|two");
    server.ask("COPY item FROM PROGRAM 'printf \"3\\tthree\\n\"'");
    let counted = server.file("counted");
    server.ask(&format!("COPY item TO PROGRAM 'wc -l > {counted}'"));
    assert_eq!(std::fs::read_to_string(&counted).unwrap().trim(), "3");
    assert_eq!(server.ask("COPY item TO PROGRAM 'exit 3'"), "ERROR 38000");
    assert_eq!(server.ask("COPY item TO 'item.csv'"), "ERROR 42602");
    assert_eq!(server.ask("COPY item FROM '/nowhere'"), "ERROR 58P01");
    server.ask("CREATE ROLE joe LOGIN; GRANT ALL ON item TO joe");
    let joe = session_of(&server, "joe");
    assert_eq!(joe.run(&format!("COPY item FROM '{file}'")), "ERROR 42501");
    assert_eq!(joe.run("COPY item TO PROGRAM 'true'"), "ERROR 42501");
    server.ask("GRANT pg_read_server_files TO joe");
    // What a session's process may open is settled when it begins.
    let joe = session_of(&server, "joe");
    assert_eq!(joe.run("DELETE FROM item"), "");
    assert_eq!(joe.run(&format!("COPY item FROM '{file}' (FORMAT csv, HEADER)")), "");
}
