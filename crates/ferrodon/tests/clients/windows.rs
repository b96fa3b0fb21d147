//! Window functions: each kind of function and of frame, with grouping and in subqueries.

use crate::server::Server;

fn server() -> Server {
    let server = Server::start(&[]);
    server.ask("CREATE TABLE w (id int, g int, v int, n numeric, d date)");
    server.ask(
        "INSERT INTO w SELECT i, i % 3, nullif(i * 7 % 10, 5), i * 5 % 11 / 4.0, \
         date '2024-01-01' + i * 3 % 17 FROM generate_series(1, 12) i",
    );
    server
}

/// Each call's answers in the order of `id`, nulls as `-`, are those of PostgreSQL.
#[test]
fn functions_and_frames() {
    let server = server();
    for (call, expected) in [
        ("row_number() OVER (ORDER BY id DESC)", "12 11 10 9 8 7 6 5 4 3 2 1"),
        ("rank() OVER (ORDER BY g)", "5 9 1 5 9 1 5 9 1 5 9 1"),
        ("dense_rank() OVER (ORDER BY g)", "2 3 1 2 3 1 2 3 1 2 3 1"),
        (
            "(percent_rank() OVER (ORDER BY g))::numeric(4,3)",
            "0.364 0.727 0.000 0.364 0.727 0.000 0.364 0.727 0.000 0.364 0.727 0.000",
        ),
        ("cume_dist() OVER (PARTITION BY g ORDER BY v)", "0.5 0.25 0.25 0.75 1 0.5 1 0.5 0.75 0.25 0.75 1"),
        ("ntile(5) OVER (ORDER BY id)", "1 1 1 2 2 2 3 3 4 4 5 5"),
        ("lag(v, 2, -1) OVER (ORDER BY id)", "-1 -1 7 4 1 8 - 2 9 6 3 0"),
        ("lead(v) OVER (PARTITION BY g ORDER BY id)", "8 - 2 9 6 3 0 7 4 - - -"),
        ("first_value(v) OVER (PARTITION BY g ORDER BY id)", "7 4 1 7 4 1 7 4 1 7 4 1"),
        (
            "last_value(id) OVER (ORDER BY id RANGE BETWEEN 1 PRECEDING AND 2 FOLLOWING)",
            "3 4 5 6 7 8 9 10 11 12 12 12",
        ),
        ("nth_value(id, 2) OVER (PARTITION BY g ORDER BY id)", "- - - 4 5 6 4 5 6 4 5 6"),
        ("sum(v) OVER (ORDER BY id)", "7 11 12 20 20 22 31 37 40 40 47 51"),
        ("count(*) FILTER (WHERE v > 3) OVER (PARTITION BY g)", "3 3 1 3 3 1 3 3 1 3 3 1"),
        (
            "sum(v) OVER (ORDER BY id ROWS BETWEEN 2 PRECEDING AND 1 FOLLOWING)",
            "11 12 20 13 11 19 17 20 18 16 14 11",
        ),
        (
            "array_agg(id) OVER (ORDER BY id ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING EXCLUDE CURRENT ROW)",
            "{2} {1,3} {2,4} {3,5} {4,6} {5,7} {6,8} {7,9} {8,10} {9,11} {10,12} {11}",
        ),
        ("count(*) OVER (ORDER BY v RANGE BETWEEN 2 PRECEDING AND 1 FOLLOWING)", "4 4 3 5 1 4 4 5 5 2 4 4"),
        (
            "count(*) OVER (ORDER BY v DESC RANGE BETWEEN 1 PRECEDING AND UNBOUNDED FOLLOWING)",
            "10 6 3 11 12 4 11 9 6 2 10 6",
        ),
        (
            "sum(n) OVER (ORDER BY n RANGE BETWEEN 0.5 PRECEDING AND 0.25 FOLLOWING)",
            "5.75000000000000000000 6.7500000000000000 4.75000000000000000000 8.5000000000000000 2.50000000000000000000 7.5000000000000000 1.50000000000000000000 7.7500000000000000 0.75000000000000000000 6.75000000000000000000 0.25000000000000000000 5.75000000000000000000",
        ),
        (
            "count(*) OVER (ORDER BY d RANGE BETWEEN '3 days' PRECEDING AND '1 day' FOLLOWING)",
            "4 4 4 4 4 2 4 3 3 3 3 3",
        ),
        (
            "sum(id) OVER (ORDER BY g GROUPS BETWEEN 1 PRECEDING AND CURRENT ROW EXCLUDE TIES)",
            "31 24 3 34 27 6 37 30 9 40 33 12",
        ),
        (
            "sum(id) OVER (ORDER BY g GROUPS BETWEEN CURRENT ROW AND 1 FOLLOWING EXCLUDE GROUP)",
            "26 - 22 26 - 22 26 - 22 26 - 22",
        ),
    ] {
        let answers = format!("SELECT id, {call} AS x FROM w");
        let query = format!("SELECT string_agg(coalesce(x::text, '-'), ' ' ORDER BY id) FROM ({answers}) q");
        assert_eq!(server.ask(&query), expected, "{call}");
    }
}

/// Windows stand over groups, share sorts, and are shown in plans.
#[test]
fn groups_and_plans() {
    let server = server();
    let query = "SELECT g, sum(sum(id)) OVER (ORDER BY g), rank() OVER (ORDER BY sum(id) DESC) FROM w GROUP BY g ORDER BY g";
    assert_eq!(server.ask(query), "0|30|1 1|52|3 2|78|2");
    let query = "SELECT id FROM (SELECT id, row_number() OVER (PARTITION BY g ORDER BY v DESC NULLS LAST) r FROM w) q \
                 WHERE r = 1 ORDER BY id";
    assert_eq!(server.ask(query), "7 11 12");
    let plan = server.ask(
        "EXPLAIN (COSTS OFF) SELECT sum(v) OVER (PARTITION BY g ORDER BY id), count(*) OVER (PARTITION BY g) FROM w",
    );
    assert_eq!(plan.matches("Sort Key").count(), 1, "{plan}");
    assert!(plan.contains("Window: w1 AS (PARTITION BY g ORDER BY id)"), "{plan}");
}
