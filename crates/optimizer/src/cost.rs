//! Estimates: rows that a condition lets through, and what nodes cost.

use common::Oid;
use nodes::Expression;
use nodes::expression::{DataType, Display};
use nodes::plan::{Estimate, Plan, PlanNode};
use types::Value;

use crate::level::Global;

/// The share of rows that equal a value, when nothing is known of the column.
const DEFAULT_EQUAL: f64 = 0.005;
const DEFAULT_RANGE: f64 = 1.0 / 3.0;
const DEFAULT_OTHER: f64 = 0.25;
/// Rows of a table that was never analyzed, per page.
const ROWS_PER_PAGE: f64 = 60.0;

/// Bytes of a row with these columns.
pub(crate) fn width(output: &[DataType]) -> u32 {
    output
        .iter()
        .map(|data_type| match types::oid::type_description(data_type.oid).map(|found| found.length) {
            Some(length) if length > 0 => length as u32,
            _ => 32,
        })
        .sum()
}

/// Pages and rows of a table now.
pub(crate) fn table_size(pages: u32, estimated_pages: i32, estimated_rows: f32) -> (f64, f64) {
    let pages = f64::from(pages);
    let per_page = if estimated_rows >= 0.0 && estimated_pages > 0 {
        f64::from(estimated_rows) / f64::from(estimated_pages)
    } else {
        ROWS_PER_PAGE
    };
    (pages, (pages * per_page).max(1.0))
}

/// The share of rows for which a condition is true.
pub(crate) fn selectivity(
    global: &Global<'_>,
    condition: &Expression,
    relation_of: &dyn Fn(usize) -> Option<Oid>,
) -> f64 {
    let recurse = |part: &Expression| selectivity(global, part, relation_of);
    match condition {
        Expression::And(parts) => parts.iter().map(recurse).product(),
        Expression::Or(parts) => 1.0 - parts.iter().map(|part| 1.0 - recurse(part)).product::<f64>(),
        Expression::Not(part) => 1.0 - recurse(part),
        Expression::Constant(constant) => f64::from(u8::from(constant.value == Value::Bool(true))),
        Expression::IsNull { negated, .. } => {
            if *negated {
                0.995
            } else {
                DEFAULT_EQUAL
            }
        }
        Expression::Function(call) => {
            let Display::Operator(operator) = call.display else { return DEFAULT_OTHER };
            let name = global.catalog.operator(operator).ok().flatten();
            match name.as_ref().map(|row| row.oprname.0.as_str()) {
                Some("=") => call
                    .arguments
                    .iter()
                    .map(|argument| 1.0 / distinct_values(global, argument, relation_of))
                    .fold(1.0, f64::min)
                    .min(1.0),
                Some("<>") => 1.0 - DEFAULT_EQUAL,
                Some("<" | "<=" | ">" | ">=") => DEFAULT_RANGE,
                _ => DEFAULT_OTHER,
            }
        }
        Expression::ScalarArray(test) => {
            let count = match &test.right {
                Expression::Array { elements, .. } => elements.len() as f64,
                Expression::Constant(constant) => match &constant.value {
                    Value::Array(array) => array.len() as f64,
                    _ => 10.0,
                },
                _ => 10.0,
            };
            (count / distinct_values(global, &test.left, relation_of)).min(1.0)
        }
        _ => DEFAULT_OTHER,
    }
}

/// How many different values an expression has.
pub(crate) fn distinct_values(
    global: &Global<'_>,
    expression: &Expression,
    relation_of: &dyn Fn(usize) -> Option<Oid>,
) -> f64 {
    let unknown = 1.0 / DEFAULT_EQUAL;
    let variable = match expression {
        Expression::Variable(variable) if variable.attribute.is_user() => variable,
        Expression::Relabel { argument, .. } => return distinct_values(global, argument, relation_of),
        _ => return unknown,
    };
    let Some(oid) = relation_of(variable.range) else { return unknown };
    let Ok(Some(relation)) = global.catalog.relation(oid) else { return unknown };
    let pages = global.catalog.pages(oid).unwrap_or(0);
    let (_, rows) = table_size(pages, relation.estimated_pages, relation.estimated_rows);
    let unique = relation.indexes.iter().any(|index| {
        index.is_unique
            && index.key_count == 1
            && index.columns[0] == variable.attribute
            && index.predicate.is_none()
    });
    if unique {
        return rows;
    }
    match global.catalog.statistics(oid, variable.attribute.0) {
        Ok(Some(statistics)) if statistics.stadistinct > 0.0 => f64::from(statistics.stadistinct),
        Ok(Some(statistics)) if statistics.stadistinct < 0.0 => f64::from(-statistics.stadistinct) * rows,
        _ => unknown.min(rows),
    }
    .max(1.0)
}

/// A plan node on top of an input that costs `per_row` for each row of it and delivers `rows`.
pub(crate) fn over(input: &Plan, node: PlanNode, output: Vec<DataType>, rows: f64, per_row: f64) -> Plan {
    let below = input.estimate;
    let estimate = Estimate {
        startup_cost: below.startup_cost,
        total_cost: below.total_cost + below.rows * per_row,
        rows: rows.max(1.0),
        width: width(&output),
    };
    Plan { node, output, estimate }
}

/// A node that must read all of its input first.
pub(crate) fn blocking(input: &Plan, node: PlanNode, output: Vec<DataType>, rows: f64, work: f64) -> Plan {
    let mut plan = over(input, node, output, rows, 0.0);
    plan.estimate.startup_cost = input.estimate.total_cost + work;
    plan.estimate.total_cost = plan.estimate.startup_cost + rows * 0.0025;
    plan
}
