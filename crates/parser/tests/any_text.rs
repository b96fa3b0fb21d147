//! Whatever text comes, the parser gives a tree or an error with a position inside of it, and never panics.
//!
//! Runs a second, or as many as `FERRODON_FUZZ_SECONDS` says.

use std::time::{Duration, Instant};

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

const WORDS: &[&str] = &[
    "SELECT",
    "FROM",
    "WHERE",
    "GROUP BY",
    "ORDER BY",
    "WITH",
    "RECURSIVE",
    "AS",
    "(",
    ")",
    ",",
    ";",
    "[",
    "]",
    ":",
    "::",
    ".",
    "..",
    "*",
    "+",
    "-",
    "/",
    "<",
    "=>",
    ":=",
    "||",
    "->",
    "@",
    "'text'",
    "'",
    "\"",
    "\"a b\"",
    "$1",
    "$$",
    "$tag$",
    "1",
    "1.5e3",
    "1e",
    "0x",
    "0b12",
    "1_000",
    "1__0",
    "E'\\x",
    "U&'\\00e9'",
    "U&\"",
    "UESCAPE",
    "B'01'",
    "X'",
    "N'a'",
    "--",
    "/*",
    "*/",
    "\n",
    "é",
    "\u{0}",
    "a",
    "int",
    "interval",
    "CASE",
    "WHEN",
    "THEN",
    "ELSE",
    "END",
    "NOT",
    "NULL",
    "IS",
    "IN",
    "BETWEEN",
    "LIKE",
    "AND",
    "OR",
    "ARRAY",
    "ROW",
    "CAST",
    "EXISTS",
    "ANY",
    "INSERT INTO",
    "VALUES",
    "UPDATE",
    "SET",
    "DELETE",
    "MERGE",
    "USING",
    "ON",
    "CONFLICT",
    "DO",
    "CREATE",
    "TABLE",
    "INDEX",
    "VIEW",
    "FUNCTION",
    "ALTER",
    "DROP",
    "GRANT",
    "COPY",
    "STDIN",
    "JOIN",
    "LEFT",
    "CROSS",
    "LATERAL",
    "UNION",
    "ALL",
    "LIMIT",
    "OFFSET",
    "FETCH",
    "OVER",
    "PARTITION BY",
    "WINDOW",
    "FILTER",
    "RETURNING",
    "PRIMARY KEY",
    "DEFAULT",
    "CHECK",
    "REFERENCES",
    "BEGIN",
    "COMMIT",
    "EXPLAIN",
];

#[test]
fn any_text() {
    let seconds = std::env::var("FERRODON_FUZZ_SECONDS").ok().and_then(|text| text.parse().ok());
    let deadline = Instant::now() + Duration::from_secs(seconds.unwrap_or(1));
    let words = prop::collection::vec(prop::sample::select(WORDS), 0..30);
    let joined = (words, any::<bool>()).prop_map(|(words, spaced)| words.join(if spaced { " " } else { "" }));
    let text = prop_oneof![6 => joined, 1 => any::<String>()];
    let mut runner = TestRunner::default();
    while Instant::now() < deadline {
        let text = text.new_tree(&mut runner).unwrap().current();
        if let Err(error) = parser::parse(&text) {
            let position = error.report().position;
            assert!(position <= text.chars().count() + 1, "{position} in {text:?}");
        }
        // Errors are as good as trees.
        let _ = parser::parse_type_name(&text);
        let _ = parser::parse_expression(&text);
    }
}
