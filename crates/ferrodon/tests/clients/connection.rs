//! Settings that concern the connection itself, and the client at its other end.

use std::io::Write;
use std::net::TcpStream;

use postgres::NoTls;

use crate::server::{Server, wait_for};
use crate::session::{ask, failure};

/// Keepalive times go to the kernel when they are set, come back with RESET and ROLLBACK, and are nothing to a Unix-domain socket.
#[test]
fn keepalive_times_are_the_kernels() {
    let server = Server::start(&["tcp_keepalives_interval=33"]);
    let mut client = server.configuration_over_tcp().connect(NoTls).unwrap();
    let shown = "SELECT string_agg(setting, ',' ORDER BY name) FROM pg_settings WHERE name LIKE 'tcp_%'";
    let system = |name: &str| {
        std::fs::read_to_string(format!("/proc/sys/net/ipv4/tcp_keepalive_{name}"))
            .unwrap()
            .trim()
            .to_string()
    };
    let (idle, probes) = (system("time"), system("probes"));
    assert_eq!(ask(&mut client, shown), format!("{probes},{idle},33,0"));
    ask(&mut client, "SET tcp_keepalives_idle = 100; SET tcp_user_timeout = '1.5s'");
    assert_eq!(ask(&mut client, shown), format!("{probes},100,33,1500"));
    assert_eq!(ask(&mut client, "SHOW tcp_user_timeout"), "1500");
    ask(&mut client, "BEGIN");
    assert_eq!(ask(&mut client, "SET LOCAL tcp_keepalives_count = 3; SHOW tcp_keepalives_count"), "3");
    ask(&mut client, "ROLLBACK");
    assert_eq!(ask(&mut client, "RESET tcp_keepalives_idle; SHOW tcp_keepalives_count"), probes);
    assert_eq!(ask(&mut client, "SELECT current_setting('tcp_keepalives_idle')"), idle);
    assert_eq!(server.ask("SET tcp_keepalives_idle = 100; SHOW tcp_keepalives_idle"), "0");
    assert_eq!(server.ask(shown), "0,0,0,0");
}

/// With `client_connection_check_interval` a statement ends when its client goes, also when it only waits.
#[test]
fn a_statement_ends_with_its_client() {
    let server = Server::start(&["client_connection_check_interval=20"]);
    server.announce("connection to client lost");
    server.ask("CREATE TABLE t (i int)");
    let holder = server.session();
    holder.run("BEGIN; LOCK TABLE t");
    let mut stream = TcpStream::connect(("127.0.0.1", server.port())).unwrap();
    stream.write_all(b"\0\0\0\x17\0\x03\0\0user\0postgres\0\0").unwrap();
    stream.write_all(b"Q\0\0\0\x0cTABLE t\0").unwrap();
    let waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'";
    wait_for("the statement to wait", || server.ask(waiting) == "1");
    drop(stream);
    wait_for("the statement to end", || server.ask(waiting) == "0");
    server.wait_for_log("connection to client lost", 1);
    // Others are not disturbed, however long they run.
    assert_eq!(server.ask("SELECT count(*) > 1 FROM generate_series(1, 300000)"), "t");
    holder.run("COMMIT");
}

/// `max_stack_depth` has to fit into the stack that the server has.
#[test]
fn stack_depth_is_limited_by_the_stack() {
    let server = Server::start(&[]);
    server.announce("invalid value for parameter");
    let mut client = server.connect();
    let (code, message, hint) = failure(&mut client, "SET max_stack_depth = '1GB'");
    assert_eq!(code, "22023");
    assert_eq!(message, "invalid value for parameter \"max_stack_depth\": 1048576");
    assert_eq!(hint, "Increase the platform's stack depth limit via \"ulimit -s\" or local equivalent.");
    assert_eq!(ask(&mut client, "SET max_stack_depth = '7000kB'; SHOW max_stack_depth"), "7000kB");
}
