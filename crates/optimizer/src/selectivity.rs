//! How many rows a condition lets through, from what ANALYZE found out about the columns.

use std::cmp::Ordering;
use std::rc::Rc;

use catalog::CatalogView;
use catalog::tables::{PgOperator, PgStatistic};
use common::{AttributeNumber, Oid};
use nodes::Expression;
use nodes::expression::{Display, FunctionCall, Variable};
use types::Value;
use types::array::Array;

use crate::cost::table_size;
use crate::level::Global;

/// The share of rows that equal a value, when nothing is known of the column.
const DEFAULT_EQUAL: f64 = 0.005;
const DEFAULT_RANGE: f64 = 1.0 / 3.0;
const DEFAULT_BETWEEN: f64 = 0.005;
const DEFAULT_MATCH: f64 = 0.005;
const DEFAULT_OTHER: f64 = 0.25;

/// Slots of `pg_statistic`.
const MOST_COMMON: i16 = 1;
const HISTOGRAM: i16 = 2;
const CORRELATION: i16 = 3;

/// Finds a range table entry's relation.
pub(crate) type RelationOf<'a> = &'a dyn Fn(usize) -> Option<Oid>;

/// The share of rows for which all conditions are true. A lower and an upper bound of one column are taken together.
pub(crate) fn all<'a>(
    global: &Global<'_>,
    conditions: impl IntoIterator<Item = &'a Expression>,
    relation_of: RelationOf<'_>,
) -> f64 {
    let mut share = 1.0;
    let mut bounds: Vec<(Variable, bool, f64)> = Vec::new();
    for condition in conditions {
        let found = selectivity(global, condition, relation_of);
        match bound(global, condition) {
            Some((variable, is_lower)) => bounds.push((variable, is_lower, found)),
            None => share *= found,
        }
    }
    while let Some((variable, is_lower, first)) = bounds.pop() {
        let same = |other: &(Variable, bool, f64)| {
            other.0.range == variable.range && other.0.attribute == variable.attribute && other.1 != is_lower
        };
        share *= match bounds.iter().position(same) {
            Some(at) => {
                let second = bounds.remove(at).2;
                let both = first + second - 1.0;
                if first == DEFAULT_RANGE && second == DEFAULT_RANGE {
                    DEFAULT_BETWEEN
                } else {
                    both.max(1e-10)
                }
            }
            None => first,
        };
    }
    share
}

/// Whether a condition bounds a column by a constant, and from below.
fn bound(global: &Global<'_>, condition: &Expression) -> Option<(Variable, bool)> {
    let Expression::Function(call) = condition else { return None };
    let (operator, variable, _, swapped) = column_and_other(global, call)?;
    match operator.oprname.0.as_str() {
        ">" | ">=" => Some((variable, !swapped)),
        "<" | "<=" => Some((variable, swapped)),
        _ => None,
    }
}

/// The share of rows for which a condition is true.
pub(crate) fn selectivity(global: &Global<'_>, condition: &Expression, relation_of: RelationOf<'_>) -> f64 {
    let recurse = |part: &Expression| selectivity(global, part, relation_of);
    match condition {
        Expression::And(parts) => all(global, parts, relation_of),
        Expression::Or(parts) => 1.0 - parts.iter().map(|part| 1.0 - recurse(part)).product::<f64>(),
        Expression::Not(part) => 1.0 - recurse(part),
        Expression::Constant(constant) => f64::from(u8::from(constant.value == Value::Bool(true))),
        Expression::IsNull { argument, negated } => {
            let nulls = column(argument)
                .and_then(|variable| statistics(global, &variable, relation_of))
                .map_or(DEFAULT_EQUAL, |found| f64::from(found.stanullfrac));
            if *negated { 1.0 - nulls } else { nulls }
        }
        Expression::Function(call) => of_operator(global, call, relation_of),
        Expression::ScalarArray(test) => {
            let elements: Vec<Option<Value>> = match &test.right {
                Expression::Array { elements, .. } => {
                    elements.iter().map(|element| constant(element).cloned()).collect()
                }
                Expression::Constant(constant) => match &constant.value {
                    Value::Array(array) => array.values().map(Some).collect(),
                    _ => vec![None; 10],
                },
                _ => vec![None; 10],
            };
            let each = elements.iter().map(|value| equal(global, &test.left, value.as_ref(), relation_of));
            each.sum::<f64>().min(1.0)
        }
        Expression::Variable(_) => equal(global, condition, Some(&Value::Bool(true)), relation_of).max(0.001),
        _ => DEFAULT_OTHER,
    }
}

fn of_operator(global: &Global<'_>, call: &FunctionCall, relation_of: RelationOf<'_>) -> f64 {
    let Display::Operator(operator) = call.display else { return DEFAULT_OTHER };
    let Some((row, variable, other, swapped)) = column_and_other(global, call) else {
        let Some(row) = global.catalog.operator(operator).ok().flatten() else { return DEFAULT_OTHER };
        return match row.oprname.0.as_str() {
            // Two columns, or expressions.
            "=" => call
                .arguments
                .iter()
                .map(|argument| 1.0 / distinct_values(global, argument, relation_of))
                .fold(1.0, f64::min),
            "<>" => 1.0 - DEFAULT_EQUAL,
            "<" | "<=" | ">" | ">=" => DEFAULT_RANGE,
            "~~" | "~~*" | "~" | "~*" => DEFAULT_MATCH,
            _ => DEFAULT_OTHER,
        };
    };
    let argument = Expression::Variable(variable);
    let symbol = row.oprname.0.as_str();
    match symbol {
        "=" => equal(global, &argument, other, relation_of),
        "<>" => 1.0 - equal(global, &argument, other, relation_of),
        "<" | "<=" | ">" | ">=" => {
            let wants_less = symbol.starts_with('<') != swapped;
            match other {
                Some(value) => {
                    range(global, &variable, value, wants_less, relation_of).unwrap_or(DEFAULT_RANGE)
                }
                None => DEFAULT_RANGE,
            }
        }
        "~~" | "~~*" | "~" | "~*" => DEFAULT_MATCH,
        "!~~" | "!~~*" | "!~" | "!~*" => 1.0 - DEFAULT_MATCH,
        _ => DEFAULT_OTHER,
    }
}

/// An operator between a column and something without columns: its row, the column, the constant if it is one, and whether
/// the column is on the right.
fn column_and_other<'a>(
    global: &Global<'_>,
    call: &'a FunctionCall,
) -> Option<(Rc<PgOperator>, Variable, Option<&'a Value>, bool)> {
    let (Display::Operator(operator), [left, right]) = (call.display, &call.arguments[..]) else {
        return None;
    };
    let (variable, other, swapped) = match (column(left), column(right)) {
        (Some(variable), None) => (variable, right, false),
        (None, Some(variable)) => (variable, left, true),
        _ => return None,
    };
    if !crate::slots::ranges_of(other).is_empty() {
        return None;
    }
    let row = global.catalog.operator(operator).ok().flatten()?;
    Some((row, variable, constant(other), swapped))
}

fn constant(expression: &Expression) -> Option<&Value> {
    if let Expression::Constant(constant) = expression { Some(&constant.value) } else { None }
}

fn column(expression: &Expression) -> Option<Variable> {
    match expression {
        Expression::Variable(variable) if variable.attribute.is_user() && variable.levels_up == 0 => {
            Some(*variable)
        }
        Expression::Relabel { argument, .. } => column(argument),
        _ => None,
    }
}

fn statistics(
    global: &Global<'_>,
    variable: &Variable,
    relation_of: RelationOf<'_>,
) -> Option<Rc<PgStatistic>> {
    let relation = relation_of(variable.range)?;
    global.catalog.statistics(relation, variable.attribute.0).ok().flatten()
}

/// One slot of a column's statistics.
fn slot(found: &PgStatistic, kind: i16) -> Option<(&[f32], Option<&Array>)> {
    let slots = [
        (found.stakind1, &found.stanumbers1, &found.stavalues1),
        (found.stakind2, &found.stanumbers2, &found.stavalues2),
        (found.stakind3, &found.stanumbers3, &found.stavalues3),
    ];
    let (_, numbers, values) = slots.into_iter().find(|(other, ..)| *other == kind)?;
    let numbers = numbers.as_ref().map_or(&[][..], |numbers| &numbers.0[..]);
    Some((numbers, values.as_ref().map(|values| &*values.0)))
}

/// How well the order of a column's values agrees with that of the rows; 0 when it is not known.
pub(crate) fn correlation(catalog: &dyn CatalogView, relation: Oid, attribute: AttributeNumber) -> f64 {
    let found = catalog.statistics(relation, attribute.0).ok().flatten();
    let numbers = found.as_ref().and_then(|found| slot(found, CORRELATION)).map(|(numbers, _)| numbers);
    numbers.and_then(|numbers| numbers.first().copied()).map_or(0.0, f64::from)
}

/// The share of rows whose column equals a value, which may be unknown until the statement runs.
fn equal(
    global: &Global<'_>,
    argument: &Expression,
    value: Option<&Value>,
    relation_of: RelationOf<'_>,
) -> f64 {
    let evenly = 1.0 / distinct_values(global, argument, relation_of);
    let Some(found) = column(argument).and_then(|variable| statistics(global, &variable, relation_of)) else {
        return evenly;
    };
    let nulls = f64::from(found.stanullfrac);
    let Some((shares, Some(common))) = slot(&found, MOST_COMMON) else { return evenly * (1.0 - nulls) };
    let Some(value) = value else { return evenly * (1.0 - nulls) };
    let at =
        common.values().position(|other| order(&other, value, common.element_type) == Some(Ordering::Equal));
    if let Some(share) = at.and_then(|at| shares.get(at)) {
        return f64::from(*share);
    }
    let covered: f64 = shares.iter().map(|share| f64::from(*share)).sum();
    let others = (1.0 / evenly - common.len() as f64).max(1.0);
    let least = shares.iter().copied().fold(1.0, f32::min);
    ((1.0 - covered - nulls).max(0.0) / others).min(f64::from(least)).max(1e-10)
}

/// The share of rows below (or above) a constant.
fn range(
    global: &Global<'_>,
    variable: &Variable,
    value: &Value,
    wants_less: bool,
    relation_of: RelationOf<'_>,
) -> Option<f64> {
    let found = statistics(global, variable, relation_of)?;
    let mut covered = 0.0;
    let mut chosen = 0.0;
    if let Some((shares, Some(common))) = slot(&found, MOST_COMMON) {
        for (other, share) in common.values().zip(shares) {
            covered += f64::from(*share);
            if (order(&other, value, common.element_type)? == Ordering::Less) == wants_less {
                chosen += f64::from(*share);
            }
        }
    }
    let rest = (1.0 - covered - f64::from(found.stanullfrac)).max(0.0);
    let below = match slot(&found, HISTOGRAM) {
        Some((_, Some(bounds))) if bounds.len() > 1 => share_below(bounds, value)?,
        _ if covered > 0.0 => 0.5,
        _ => return None,
    };
    let part = if wants_less { below } else { 1.0 - below };
    Some((chosen + rest * part).clamp(1e-4_f64.min(rest.max(1e-10)), 1.0))
}

/// The share of a histogram that lies below a value.
fn share_below(bounds: &Array, value: &Value) -> Option<f64> {
    let values: Vec<Value> = bounds.values().collect();
    let data_type = bounds.element_type;
    let mut at = 0;
    while at < values.len() && order(&values[at], value, data_type)? == Ordering::Less {
        at += 1;
    }
    if at == 0 {
        return Some(0.0);
    }
    if at == values.len() {
        return Some(1.0);
    }
    let within = match (number(&values[at - 1]), number(&values[at]), number(value)) {
        (Some(low), Some(high), Some(wanted)) if high > low => {
            ((wanted - low) / (high - low)).clamp(0.0, 1.0)
        }
        _ => 0.5,
    };
    Some(((at - 1) as f64 + within) / (values.len() - 1) as f64)
}

/// The order of a column's value and a constant, which may be a number of another width.
fn order(value: &Value, constant: &Value, data_type: Oid) -> Option<Ordering> {
    if let (Some(left), Some(right)) = (number(value), number(constant)) {
        return left.partial_cmp(&right);
    }
    let same = value.physical_type().is_some() && value.physical_type() == constant.physical_type();
    same.then(|| types::compare::compare(data_type, value, constant))
}

fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Float4(number) => Some(f64::from(*number)),
        Value::Float8(number) => Some(*number),
        Value::Numeric(number) => Some(number.to_f64()),
        Value::Bool(truth) => Some(f64::from(u8::from(*truth))),
        other => other.as_i64().map(|number| number as f64),
    }
}

/// How many different values an expression has.
pub(crate) fn distinct_values(
    global: &Global<'_>,
    expression: &Expression,
    relation_of: RelationOf<'_>,
) -> f64 {
    let unknown = 1.0 / DEFAULT_EQUAL;
    let Some(variable) = column(expression) else { return unknown };
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
    if variable.data_type.oid == types::oid::BOOL {
        return 2.0;
    }
    match statistics(global, &variable, relation_of) {
        Some(found) if found.stadistinct > 0.0 => f64::from(found.stadistinct),
        Some(found) if found.stadistinct < 0.0 => f64::from(-found.stadistinct) * rows,
        _ => unknown.min(rows),
    }
    .max(1.0)
}
