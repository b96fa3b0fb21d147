//! The shape of trees where a grammar could plausibly go wrong: precedence, parentheses, folding.

use parser::ast::*;
use parser::{parse, parse_expression, parse_type_name, quote_identifier};

/// Operators and operands in prefix form, which shows the grouping.
fn shape(expression: &Expression) -> String {
    match &expression.kind {
        ExpressionKind::Constant(Constant::Integer(value)) => value.to_string(),
        ExpressionKind::ColumnRef(column) => column.fields.join("."),
        ExpressionKind::Operator { name, left: Some(left), right } => {
            format!("({} {} {})", name.symbol, shape(left), shape(right))
        }
        ExpressionKind::Operator { name, left: None, right } => format!("({} {})", name.symbol, shape(right)),
        ExpressionKind::And(list) => {
            format!("(and {})", list.iter().map(shape).collect::<Vec<_>>().join(" "))
        }
        ExpressionKind::Or(list) => format!("(or {})", list.iter().map(shape).collect::<Vec<_>>().join(" ")),
        ExpressionKind::Not(operand) => format!("(not {})", shape(operand)),
        ExpressionKind::IsNull { operand, .. } => format!("(null? {})", shape(operand)),
        ExpressionKind::Cast { operand, .. } => format!("(cast {})", shape(operand)),
        ExpressionKind::Row { fields, .. } => {
            format!("(row {})", fields.iter().map(shape).collect::<Vec<_>>().join(" "))
        }
        ExpressionKind::Sublink(_) => "(query)".to_owned(),
        other => format!("{other:?}"),
    }
}

#[test]
fn operators_bind_as_in_postgresql() {
    for (text, expected) in [
        ("1 + 2 * 3", "(+ 1 (* 2 3))"),
        ("- a ^ 2", "(^ (- a) 2)"),
        ("a - b - c", "(- (- a b) c)"),
        ("2 ^ 3 ^ 4", "(^ (^ 2 3) 4)"),
        ("not a = b and c or d", "(or (and (not (= a b)) c) d)"),
        ("a || b + c", "(|| a (+ b c))"),
        ("a = b is null", "(null? (= a b))"),
        ("a + b is null = c", "(= (null? (+ a b)) c)"),
        ("- a::int", "(- (cast a))"),
        ("@ a + b", "(@ (+ a b))"),
        ("a and b and (c and d)", "(and a b (and c d))"),
        ("a *-1", "(* a -1)"),
        ("(1, 2) = ((select 1), 3)", "(= (row 1 2) (row (query) 3))"),
        ("((select 1) + 1) * 2", "(* (+ (query) 1) 2)"),
    ] {
        assert_eq!(shape(&parse_expression(text).expect(text)), expected, "{text}");
    }
}

#[test]
fn parentheses_around_queries_fold() {
    let one = |text: &str| match parse(text).expect(text).remove(0).statement {
        Statement::Select(query) => *query,
        other => panic!("{text}: {other:?}"),
    };
    assert_eq!(one("((select 1)) order by 1").order_by.len(), 1);
    let query = one("select 1 union select 2 intersect select 3");
    let SelectBody::SetOperation(union) = query.body else { panic!("no set operation") };
    assert_eq!(union.kind, SetOperationKind::Union);
    assert!(matches!(union.right.body, SelectBody::SetOperation(_)));
}

#[test]
fn statements_know_their_text() {
    let text = " select 1 ;; select 'é' ; ";
    let spans: Vec<&str> = parse(text)
        .expect(text)
        .iter()
        .map(|raw| &text[raw.start as usize..(raw.start + raw.length) as usize])
        .collect();
    assert_eq!(spans, ["select 1", "select 'é'"]);
}

#[test]
fn strings_are_decoded() {
    for (text, expected) in [
        ("'a''b'", "a'b"),
        ("'a'\n 'b'", "ab"),
        (r"E'a\n\x41\101\u00e9\\'", "a\nAAé\\"),
        (r"U&'d\0061t\+000061'", "data"),
        ("U&'!0041' UESCAPE '!'", "A"),
        ("$x$ a $$ b $x$", " a $$ b "),
        (r"'a\b'", r"a\b"),
    ] {
        let kind = parse_expression(text).expect(text).kind;
        assert_eq!(kind, ExpressionKind::Constant(Constant::String(expected.to_owned())), "{text}");
    }
}

#[test]
fn types_come_under_their_catalog_name() {
    for (text, name, modifiers, bounds) in [
        ("int", "int4", 0, 0),
        ("character varying(10)[][3]", "varchar", 1, 2),
        ("char", "bpchar", 1, 0),
        ("timestamp(3) with time zone", "timestamptz", 1, 0),
        ("interval day to second(2)", "interval", 2, 0),
        ("float(30)", "float8", 0, 0),
        ("public.thing array", "thing", 0, 1),
    ] {
        let parsed = parse_type_name(text).expect(text);
        assert_eq!(parsed.name.last().map(String::as_str), Some(name), "{text}");
        assert_eq!((parsed.modifiers.len(), parsed.array_bounds.len()), (modifiers, bounds), "{text}");
    }
}

#[test]
fn long_identifiers_are_cut_with_a_notice() {
    let mut notices = Vec::new();
    let text = format!("select {}é", "A".repeat(62));
    let tree =
        parser::parse_tokens(&text, parser::tokenize(&text).unwrap(), &mut notices).expect("it parses");
    assert_eq!(notices.len(), 1);
    assert_eq!(notices[0].sqlstate().as_str(), "42622");
    assert!(format!("{tree:?}").contains(&format!("\"{}\"", "a".repeat(62))));
}

#[test]
fn identifiers_are_quoted_where_they_must_be() {
    for (name, expected) in [
        ("abc_1", "abc_1"),
        ("Abc", "\"Abc\""),
        ("select", "\"select\""),
        ("a\"b", "\"a\"\"b\""),
        ("name", "name"),
        ("int", "\"int\""),
        ("a$", "\"a$\""),
        ("", "\"\""),
    ] {
        assert_eq!(quote_identifier(name), expected);
    }
}
