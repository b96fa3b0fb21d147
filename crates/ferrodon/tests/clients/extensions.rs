//! Extensions that are built in: scripts and tools that create them go on, and find them where they look.

use crate::server::{Server, run};
use crate::session::{ask, failure};

#[test]
fn extensions_come_and_go() {
    let server = Server::start(&[]);
    for text in
        ["extension \"", "cannot drop", "must be owner", "does not exist", "permission denied to create"]
    {
        server.announce(text);
    }
    let mut client = server.connect();
    let available = "SELECT name, default_version, installed_version FROM pg_available_extensions ORDER BY 1";
    assert_eq!(
        ask(&mut client, available),
        "amcheck|1.5|NULL pg_buffercache|1.6|NULL pg_stat_statements|1.12|NULL"
    );
    ask(
        &mut client,
        "CREATE SCHEMA monitoring; CREATE EXTENSION pg_buffercache SCHEMA monitoring; CREATE EXTENSION amcheck",
    );
    ask(&mut client, "CREATE EXTENSION IF NOT EXISTS pg_stat_statements WITH SCHEMA public");
    ask(&mut client, "CREATE EXTENSION IF NOT EXISTS pg_stat_statements");
    let known = "SELECT extname, extnamespace::regnamespace, extversion FROM pg_extension ORDER BY 1";
    assert_eq!(
        ask(&mut client, known),
        "amcheck|public|1.5 pg_buffercache|monitoring|1.6 pg_stat_statements|public|1.12"
    );
    assert_eq!(ask(&mut client, "SELECT count(*) > 0 FROM public.pg_stat_statements"), "t");
    assert_eq!(ask(&mut client, "SELECT count(*) > 0 FROM monitoring.pg_buffercache"), "t");
    ask(&mut client, "CREATE ROLE reader");
    let readable = "SELECT has_table_privilege('reader', 'public.pg_stat_statements', 'SELECT')";
    assert_eq!(ask(&mut client, readable), "t");
    for (statement, code, message) in [
        ("CREATE EXTENSION amcheck", "42710", "extension \"amcheck\" already exists"),
        ("CREATE EXTENSION nosuch", "0A000", "extension \"nosuch\" is not available"),
        ("CREATE EXTENSION IF NOT EXISTS nosuch", "0A000", "extension \"nosuch\" is not available"),
        ("DROP EXTENSION nosuch", "42704", "extension \"nosuch\" does not exist"),
        (
            "ALTER EXTENSION amcheck UPDATE TO '9'",
            "22023",
            "extension \"amcheck\" has no update path from version \"1.5\" to version \"9\"",
        ),
        (
            "DROP VIEW monitoring.pg_buffercache",
            "2BP01",
            "cannot drop view monitoring.pg_buffercache because extension pg_buffercache requires it",
        ),
        (
            "DROP SCHEMA monitoring",
            "2BP01",
            "cannot drop schema monitoring because other objects depend on it",
        ),
    ] {
        let (found, text, _) = failure(&mut client, statement);
        assert_eq!((found.as_str(), text.as_str()), (code, message), "{statement}");
    }
    ask(&mut client, "COMMENT ON EXTENSION amcheck IS 'checks'; ALTER EXTENSION amcheck UPDATE");
    let comment = "SELECT obj_description(oid, 'pg_extension') FROM pg_extension WHERE extname = 'amcheck'";
    assert_eq!(ask(&mut client, comment), "checks");
    if let Some(mut psql) = server.client_program("psql") {
        let listed = run(psql.args(["-XAt", "-c", "\\dx pg_buff*", "postgres"]));
        assert_eq!(listed.trim(), "pg_buffercache|1.6|1.6|monitoring|examine the shared buffer cache");
    }
    if let Some(mut pg_dump) = server.client_program("pg_dump") {
        let dump = run(pg_dump.args(["-s", "postgres"]));
        assert!(
            dump.contains("CREATE EXTENSION IF NOT EXISTS pg_buffercache WITH SCHEMA monitoring;"),
            "{dump}"
        );
        assert!(!dump.contains("CREATE VIEW"), "{dump}");
    }
    ask(&mut client, "DROP EXTENSION pg_stat_statements; DROP EXTENSION IF EXISTS pg_stat_statements");
    assert_eq!(ask(&mut client, "SELECT count(*) FROM public.pg_stat_statements"), "ERROR 42P01");
    ask(&mut client, "DROP SCHEMA monitoring CASCADE; DROP EXTENSION amcheck");
    assert_eq!(ask(&mut client, known), "");
    assert_eq!(
        ask(&mut client, "SELECT count(*) FROM pg_depend WHERE refclassid = 'pg_extension'::regclass"),
        "0"
    );
    let reader = server.configuration().user("reader").to_owned();
    ask(&mut client, "ALTER ROLE reader LOGIN");
    let mut reader = reader.connect(postgres::NoTls).unwrap();
    assert_eq!(failure(&mut reader, "CREATE EXTENSION amcheck").0, "42501");
}
