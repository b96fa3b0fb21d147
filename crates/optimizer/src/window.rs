//! Window functions: a sort and a node for each window, over what FROM and GROUP BY deliver.
//!
//! A window whose order begins another's comes after it and needs no sort of its own.

use error::Result;
use nodes::Expression;
use nodes::expression::WindowCall;
use nodes::plan::{Plan, PlanNode, SortKey};
use nodes::query::{Distinct, FrameBound, Query, SortClause};

use crate::cost;
use crate::level::{Global, Level};
use crate::select::{prepare, project, sort};
use crate::walk;

/// Puts the windows' nodes over `plan`; `targets` are over its columns, before and after.
///
/// The second part of the answer: the rows come in the order of ORDER BY.
pub(crate) fn plan(
    global: &Global<'_>,
    level: &Level<'_>,
    query: &Query,
    plan: Plan,
    targets: &mut [Expression],
) -> Result<(Plan, bool)> {
    let mut calls: Vec<WindowCall> = Vec::new();
    targets.iter().for_each(|target| collect(target, &mut calls));
    let (mut plan, places) = with_sorted_columns(global, query, plan, targets);
    let key = |clause: &SortClause| SortKey {
        column: places[clause.target].unwrap_or_default(),
        operator: clause.operator,
        descending: clause.descending,
        nulls_first: clause.nulls_first,
    };
    let mut windows: Vec<(usize, Vec<SortKey>)> = Vec::new();
    for (at, window) in query.windows.iter().enumerate() {
        if !calls.iter().any(|call| call.window == at) {
            continue;
        }
        let mut keys: Vec<SortKey> = Vec::new();
        for clause in window.partition_by.iter().chain(&window.order_by) {
            let key = key(clause);
            if !keys.iter().any(|known| known.column == key.column) {
                keys.push(key);
            }
        }
        windows.push((at, keys));
    }
    // A longer order first, then those that begin like it.
    windows.sort_by_key(|(_, keys)| std::cmp::Reverse(keys.len()));
    let mut unnamed = query.windows.iter().filter_map(|window| window.name.as_deref()).count();
    let mut order: Vec<SortKey> = Vec::new();
    let mut found: Vec<(WindowCall, usize)> = Vec::new();
    while !windows.is_empty() {
        let next = windows.iter().position(|(_, keys)| order.starts_with(keys)).unwrap_or(0);
        let (at, keys) = windows.remove(next);
        if !order.starts_with(&keys) {
            plan = sort(plan, keys.clone(), Vec::new());
            order = keys;
        }
        let window = &query.windows[at];
        let functions: Vec<WindowCall> = calls.iter().filter(|call| call.window == at).cloned().collect();
        let first = plan.output.len();
        found.extend(functions.iter().cloned().enumerate().map(|(n, call)| (call, first + n)));
        let mut frame = window.frame.clone();
        for bound in [&mut frame.start, &mut frame.end] {
            if let FrameBound::Preceding(offset) | FrameBound::Following(offset) = bound {
                prepare(global, level, offset)?;
            }
        }
        let name = window.name.clone().unwrap_or_else(|| {
            unnamed += 1;
            format!("w{unnamed}")
        });
        let mut output = plan.output.clone();
        output.extend(functions.iter().map(|call| call.data_type));
        let below = plan.estimate;
        let settings = global.settings;
        let work =
            settings.cpu_operator_cost * (functions.len() + order.len()) as f64 + settings.cpu_tuple_cost;
        let node = PlanNode::WindowAggregate {
            input: Box::new(plan),
            name,
            partition_by: window.partition_by.iter().map(|clause| key(clause).column).collect(),
            order_by: window.order_by.iter().map(key).collect(),
            frame,
            functions,
        };
        plan = cost::over(below, node, output, below.rows, work);
    }
    for (target, place) in targets.iter_mut().zip(&places) {
        if let Some(column) = place {
            *target = Expression::column(*column, target.data_type());
            continue;
        }
        walk::replace(target, &mut |part| {
            let Expression::Window(call) = part else { return Ok(false) };
            let Some((_, column)) = found.iter().find(|(known, _)| known == &**call) else {
                return Ok(false);
            };
            *part = Expression::column(*column, call.data_type);
            Ok(true)
        })?;
    }
    let wanted: Option<Vec<usize>> = query.order_by.iter().map(|clause| places[clause.target]).collect();
    let is_sorted = query.distinct == Distinct::No
        && !query.has_set_functions
        && wanted.is_some()
        && order.starts_with(&query.order_by.iter().map(key).collect::<Vec<_>>());
    Ok((plan, is_sorted))
}

/// Computes what windows sort by, once; where each such target is to be found.
fn with_sorted_columns(
    global: &Global<'_>,
    query: &Query,
    plan: Plan,
    targets: &[Expression],
) -> (Plan, Vec<Option<usize>>) {
    let mut columns: Vec<Expression> =
        plan.output.iter().enumerate().map(|(at, data_type)| Expression::column(at, *data_type)).collect();
    let width = columns.len();
    let mut places = vec![None; targets.len()];
    for clause in query.windows.iter().flat_map(|window| window.partition_by.iter().chain(&window.order_by)) {
        if places[clause.target].is_some() {
            continue;
        }
        places[clause.target] = Some(match &targets[clause.target] {
            Expression::Column(column) => column.index,
            other => {
                columns.push(other.clone());
                columns.len() - 1
            }
        });
    }
    let plan = if columns.len() > width { project(global, plan, columns, false) } else { plan };
    (plan, places)
}

/// The different window calls of an expression.
fn collect(expression: &Expression, calls: &mut Vec<WindowCall>) {
    if let Expression::Window(call) = expression {
        if !calls.contains(call) {
            calls.push((**call).clone());
        }
        return;
    }
    expression.for_each_child(&mut |child| collect(child, calls));
}
