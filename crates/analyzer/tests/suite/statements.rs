//! Names, types and errors of whole statements, against answers recorded from PostgreSQL 18.
//!
//! `data/statements.txt` holds a statement and, on the line after it, what PostgreSQL says when asked to describe it:
//! the output columns with type and modifier and the parameters' types, or the error with code, position and text.

use crate::fixture::Fixture;
use analyzer::{AnalyzerSettings, Parameters, analyze};

fn describe(fixture: &Fixture, source: &str) -> String {
    let settings = AnalyzerSettings { text: fixture, database: "regression", transform_null_equals: false };
    let mut parameters = Parameters::default();
    let parsed = match parser::parse(source) {
        Ok(mut parsed) => parsed.remove(0).statement,
        Err(error) => return render(&error),
    };
    match analyze(&parsed, source, fixture, &mut parameters, &settings) {
        Ok(query) => {
            let stored = nodes::text::write_query(&query);
            assert_eq!(nodes::text::read_query(&stored).unwrap(), query, "stored text of {source}");
            let mut text = String::from("OK");
            for (at, target) in query.output().enumerate() {
                let data_type = target.expression.data_type();
                text.push_str(if at == 0 { " " } else { ", " });
                // Row types and domains have other numbers here than in the recording.
                let number = match data_type.oid.0 {
                    20000 => "23".to_owned(),
                    30000.. => "row".to_owned(),
                    other => other.to_string(),
                };
                text.push_str(&format!("{}:{number}", target.name));
                if data_type.modifier != -1 {
                    text.push_str(&format!("/{}", data_type.modifier));
                }
            }
            if !parameters.types().is_empty() {
                text.push_str(" PARAMETERS");
                parameters.types().iter().for_each(|found| text.push_str(&format!(" {found}")));
            }
            text
        }
        Err(error) => render(&error),
    }
}

fn render(error: &error::Error) -> String {
    let report = error.report();
    let mut text = format!("ERROR {} {} {}", report.sqlstate, report.position, report.message);
    if let Some(detail) = &report.detail {
        text.push_str(&format!(" DETAIL {detail}"));
    }
    if let Some(hint) = &report.hint {
        text.push_str(&format!(" HINT {hint}"));
    }
    text
}

#[test]
fn statements_are_described_as_in_postgresql() {
    let fixture = Fixture::new();
    let mut lines = include_str!("../data/statements.txt").lines().filter(|line| !line.starts_with("--"));
    let mut wrong = Vec::new();
    while let (Some(source), Some(expected)) = (lines.next(), lines.next()) {
        let expected = expected.strip_prefix("= ").expect(source);
        let found = describe(&fixture, source);
        if found != expected.trim_end() {
            wrong.push(format!("{source}\n  expected {expected}\n  found    {found}"));
        }
    }
    assert!(wrong.is_empty(), "{} differences:\n{}", wrong.len(), wrong.join("\n"));
}
