//! Trees printed as SQL, against what PostgreSQL prints; printed SQL must also mean what was printed.
//!
//! `data/views.txt` holds queries, each with `pg_get_viewdef` of a view of it in the plain and the pretty style.

use crate::fixture::{Fixture, PUBLIC};
use analyzer::deparse::{deparse_over_relation, deparse_query};
use analyzer::{AnalyzerSettings, ExpressionKind, Parameters, analyze, analyze_expression, rewrite};
use catalog::CatalogView;
use common::Oid;
use nodes::Query;
use nodes::query::RangeKind;

fn settings(fixture: &Fixture) -> AnalyzerSettings<'_> {
    AnalyzerSettings { text: fixture, database: "regression", transform_null_equals: false }
}

fn read(fixture: &Fixture, source: &str) -> Query {
    let statement = parser::parse(source).expect(source).remove(0).statement;
    analyze(&statement, source, fixture, &mut Parameters::none(), &settings(fixture)).expect(source)
}

#[test]
fn views_are_printed_as_in_postgresql() {
    let fixture = Fixture::new();
    let mut wrong = Vec::new();
    for block in include_str!("../data/views.txt").split("====\n").filter(|block| !block.is_empty()) {
        let (source, printed) = block.split_once('\n').unwrap();
        let (plain, pretty) = printed.split_once("----\n").unwrap();
        let query = read(&fixture, source);
        for (is_pretty, expected) in [(false, plain), (true, pretty)] {
            let found = deparse_query(&query, is_pretty, None, &fixture, &fixture).unwrap() + ";\n";
            if found != expected {
                wrong.push(format!("{source}\nexpected\n{expected}found\n{found}"));
            }
            read(&fixture, &found);
        }
    }
    assert!(wrong.is_empty(), "{} differences:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn stored_expressions_are_printed_as_in_postgresql() {
    let fixture = Fixture::new();
    let relation = fixture.relation(Oid(30000)).unwrap().unwrap();
    for (source, plain, pretty) in [
        ("a > 0 and a < 10", "((a > 0) AND (a < 10))", "a > 0 AND a < 10"),
        (
            "b in ('p', 'q') or length(b) > 3",
            "((b = ANY (ARRAY['p'::text, 'q'::text])) OR (length(b) > 3))",
            "(b = ANY (ARRAY['p'::text, 'q'::text])) OR length(b) > 3",
        ),
        ("b = 'x' || 'y'", "(b = ('x'::text || 'y'::text))", "b = ('x'::text || 'y'::text)"),
        ("a * 2 + 1 > 3", "(((a * 2) + 1) > 3)", "(a * 2 + 1) > 3"),
        ("b is not null", "(b IS NOT NULL)", "b IS NOT NULL"),
    ] {
        let expression = parser::parse_expression(source).unwrap();
        let settings = settings(&fixture);
        let kind = ExpressionKind::Check;
        let made =
            analyze_expression(&expression, source, &relation, kind, None, &fixture, &settings).unwrap();
        let print = |style| deparse_over_relation(&made, &relation, style, &fixture, &fixture).unwrap();
        assert_eq!(print(false), plain);
        assert_eq!(print(true), pretty);
    }
}

/// A view's tables are checked as the view's owner, the view itself as whoever reads it.
#[test]
fn views_become_their_queries() {
    let mut fixture = Fixture::new();
    let inner = read(&fixture, "select a, upper(b) as ub from t where a > 1");
    fixture.set_view(&nodes::text::write_query(&inner));
    let view = fixture.relation_by_name(PUBLIC, "v").unwrap();
    let mut query = read(&fixture, "select ub from v where a in (select a from v)");
    rewrite(&mut query, &fixture).unwrap();
    let entry = &query.range_table[0];
    assert!(entry.required.select && entry.required.selected_columns.len() == 2);
    assert_eq!(entry.check_as, Oid::INVALID);
    let RangeKind::Subquery { query: inner, view: found } = &entry.kind else { panic!("{entry:?}") };
    assert_eq!(*found, view);
    assert_eq!(inner.range_table[0].check_as, Oid(10));
    let mut expanded = 0;
    query.filter.as_ref().unwrap().any(&mut |part| {
        if let nodes::Expression::SubLink(link) = part {
            expanded += usize::from(matches!(link.query.range_table[0].kind, RangeKind::Subquery { .. }));
        }
        false
    });
    assert_eq!(expanded, 1);
}
