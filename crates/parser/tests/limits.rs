//! However deep or odd the text, the answer is a tree or an error, never a crash.

use proptest::prelude::*;

/// Runs on a stack of the size that a server process has.
fn with_server_stack(check: impl FnOnce() + Send + 'static) {
    let thread = std::thread::Builder::new().stack_size(120 << 20).spawn(check).expect("a thread starts");
    thread.join().expect("the stack is enough");
}

/// Each way to nest must end in 54001 before the stack does.
#[test]
fn deep_nesting_is_an_error() {
    with_server_stack(|| {
        let depth = 50_000;
        let pairs = [
            ("(", ")"),
            ("- ", ""),
            ("not ", ""),
            ("case when ", " then 1 end"),
            ("f(", ")"),
            ("array[", "]"),
            ("a[", "]"),
            ("(select ", ")"),
            ("exists (select ", ")"),
            ("1 in (", ")"),
            ("1 = any (", ")"),
            ("2 ^ (", ")"),
            ("row(", ")"),
            ("@ ", ""),
            ("coalesce(", ")"),
        ];
        for (open, close) in pairs {
            let text = format!("select {}1{}", open.repeat(depth), close.repeat(depth));
            let error = parser::parse(&text).expect_err(open);
            assert_eq!(error.sqlstate().as_str(), "54001", "{open}");
        }
        for text in [
            format!("select * from {}a{}", "(".repeat(depth), ")".repeat(depth)),
            format!("select * from {}", "a join ".repeat(depth)),
            format!("{}select 1{}", "(".repeat(depth), ")".repeat(depth)),
            format!("{}select 1", "with a as (".repeat(depth)),
            format!("{}select 1", "explain create table a as ".repeat(2) + &"(".repeat(depth)),
            format!("select 1 group by {}", "grouping sets (".repeat(depth)),
        ] {
            assert!(parser::parse(&text).is_err());
        }
    });
}

/// What a loop builds must be bounded too, and be dropped, cloned and compared on the same stack.
#[test]
fn long_chains_are_dropped_safely() {
    with_server_stack(|| {
        for link in [" + 1", "::int", " is null", " collate c", " union all select 1", " || 'x'"] {
            let error = parser::parse(&format!("select 1{}", link.repeat(50_000))).expect_err(link);
            assert_eq!(error.sqlstate().as_str(), "54001", "{link}");
            let tree = parser::parse(&format!("select 1{}", link.repeat(2_000))).expect(link);
            assert_eq!(tree, tree.clone());
        }
        let joins = format!("select * from a{}", " cross join a".repeat(50_000));
        assert_eq!(parser::parse(&joins).expect_err("joins").sqlstate().as_str(), "54001");
        let flat = format!("select 1{}", " or 1 = 1".repeat(50_000));
        assert!(parser::parse(&flat).is_ok());
    });
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// Any sequence of words of the language, and any text at all, must be answered.
    #[test]
    fn token_soup_never_panics(words in prop::collection::vec(prop::sample::select(WORDS), 0..40)) {
        let text = words.join(" ");
        let _ = parser::parse(&text);
        let _ = parser::parse_expression(&text);
        let _ = parser::parse_type_name(&text);
    }

    #[test]
    fn any_text_never_panics(text in "\\PC{0,60}", quoted in "[eEuUbBxXnN]?&?['\"\\\\a-f0-9$_é]{0,20}") {
        let _ = parser::parse(&text);
        let _ = parser::parse(&format!("select {quoted}"));
    }
}

const WORDS: &[&str] = &[
    "select",
    "from",
    "where",
    "(",
    ")",
    "[",
    "]",
    ",",
    ";",
    ".",
    "*",
    "a",
    "b",
    "1",
    "1.5",
    "'x'",
    "$1",
    "+",
    "-",
    "=",
    "<",
    "::",
    ":=",
    "=>",
    "and",
    "or",
    "not",
    "is",
    "null",
    "in",
    "like",
    "between",
    "any",
    "all",
    "as",
    "join",
    "on",
    "using",
    "left",
    "union",
    "order",
    "by",
    "limit",
    "fetch",
    "first",
    "rows",
    "only",
    "with",
    "recursive",
    "insert",
    "into",
    "values",
    "update",
    "set",
    "delete",
    "merge",
    "when",
    "matched",
    "then",
    "create",
    "table",
    "index",
    "view",
    "alter",
    "add",
    "drop",
    "column",
    "constraint",
    "primary",
    "key",
    "references",
    "default",
    "check",
    "type",
    "function",
    "returns",
    "language",
    "begin",
    "atomic",
    "end",
    "commit",
    "grant",
    "revoke",
    "to",
    "role",
    "interval",
    "time",
    "zone",
    "case",
    "else",
    "cast",
    "array",
    "row",
    "json",
    "json_table",
    "columns",
    "nested",
    "path",
    "over",
    "partition",
    "window",
    "group",
    "sets",
    "rollup",
    "lateral",
    "int",
    "text",
    "double",
    "precision",
    "copy",
    "stdin",
    "explain",
    "if",
    "exists",
    "for",
    "of",
    "returning",
    "conflict",
    "do",
    "nothing",
    "operator",
    "extract",
    "collate",
    "at",
    "local",
    "similar",
    "escape",
    "trigger",
    "execute",
    "rule",
    "policy",
    "comment",
    "show",
    "reset",
    "declare",
    "cursor",
    "xmltable",
    "\"q\"",
];
