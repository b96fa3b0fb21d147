//! Values from one kilobyte to twenty megabytes: they come back whole, survive a crash, and go with their rows.

use crate::server::Server;

/// `a` does not compress, `b` does; `size` kilobytes each.
const FILL: &str = "INSERT INTO big SELECT s, \
    (SELECT string_agg(md5((i::bigint * s)::text), '') FROM generate_series(1, s * 32) i), repeat('abcdefgh', s * 128) \
    FROM (VALUES (1), (2), (3), (7), (8), (9), (64), (1000), (20000)) AS sizes(s)";
const PRINTS: &str = "SELECT size, length(a), md5(a), length(b), md5(b) FROM big ORDER BY size";

#[test]
fn big_values_survive_and_vanish() {
    let server = Server::start(&["shared_buffers=4MB"]);
    server.ask("CREATE TABLE big (size int PRIMARY KEY, a text, b text, note text)");
    server.ask(FILL);
    let prints = server.ask(PRINTS);
    assert!(prints.contains("20000|20480000|"), "{prints}");
    // An update of another column leaves the values where they are: the table hardly grows.
    let size = |server: &Server| server.ask("SELECT pg_table_size('big')").parse::<u64>().unwrap();
    let before = size(&server);
    server.ask("UPDATE big SET note = 'changed'");
    assert!(size(&server) < before + 200_000, "unchanged values were written again");
    assert_eq!(server.ask(PRINTS), prints);
    // Neither a rolled back nor an unfinished change leaves a trace.
    server.ask("BEGIN; UPDATE big SET a = b; DELETE FROM big WHERE size > 100; ROLLBACK");
    assert_eq!(server.ask(PRINTS), prints);
    let mut client = server.connect();
    client.batch_execute("BEGIN; UPDATE big SET a = reverse(a)").unwrap();
    server.kill();
    server.start_again();
    assert_eq!(server.ask(PRINTS), prints);
    // Changed values replace the old ones; deleted ones give their room back.
    server.ask("UPDATE big SET a = a || 'z', b = NULL WHERE size = 1000");
    let answer = server.ask("SELECT length(a), right(a, 1), b IS NULL FROM big WHERE size = 1000");
    assert_eq!(answer, "1024001|z|t");
    server.ask("DELETE FROM big WHERE size >= 9");
    server.ask("VACUUM big");
    let after = size(&server);
    assert!(after < 1 << 20, "{after} bytes are left");
    let kept = server.ask(PRINTS);
    assert!(prints.starts_with(&kept) && kept.contains("8|8192|"), "{kept}");
    server.ask("TRUNCATE big");
    server.ask(FILL);
    assert_eq!(server.ask(PRINTS), prints);
}

#[test]
fn big_values_through_copy_and_conflicts() {
    let server = Server::start(&[]);
    assert_eq!(server.ask("CREATE TABLE big (size int PRIMARY KEY, a text)"), "");
    let mut client = server.connect();
    let wanted: String =
        (0..300_000u64).map(|number| char::from(b'a' + (number * number % 23) as u8)).collect();
    let mut copy = client.copy_in("COPY big FROM STDIN").unwrap();
    std::io::Write::write_all(&mut copy, format!("1\t{wanted}\n2\tshort\n").as_bytes()).unwrap();
    copy.finish().unwrap();
    let row = client.query_one("SELECT a FROM big WHERE size = 1", &[]).unwrap();
    assert!(row.get::<_, String>(0) == wanted);
    let answer = server.ask(
        "INSERT INTO big VALUES (1, repeat('n', 100000)) ON CONFLICT (size) \
         DO UPDATE SET a = big.a || excluded.a RETURNING length(a)",
    );
    assert_eq!(answer, "400000");
    // What a definition is made of may be long, too.
    let columns: Vec<String> = (0..900).map(|number| format!("size + {number} AS column_{number}")).collect();
    server.ask(&format!("CREATE VIEW wide AS SELECT {} FROM big", columns.join(", ")));
    assert_eq!(server.ask("SELECT column_899 FROM wide ORDER BY 1 LIMIT 1"), "900");
    server.ask("DROP VIEW wide");
}
