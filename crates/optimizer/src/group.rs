//! GROUP BY, aggregates and HAVING.

use common::Oid;
use error::{Error, Result};
use nodes::Expression;
use nodes::expression::{AggregateCall, DataType};
use nodes::plan::{Aggregate, AggregateStrategy, Plan, PlanNode};

use crate::cost;
use crate::from::FromPlanner;
use crate::level::Global;
use crate::select::project;
use crate::selectivity;
use crate::slots::{Part, Slot, resolve};
use crate::walk;

/// Groups a part. Gives the plan and the targets over its output.
pub(crate) fn plan(
    planner: &FromPlanner<'_>,
    part: Part,
    mut targets: Vec<Expression>,
    mut having: Option<Expression>,
) -> Result<(Plan, Vec<Expression>)> {
    let (global, query) = (planner.global, planner.query);
    targets.iter_mut().chain(&mut having).for_each(walk::forget_locations);
    let mut keys: Vec<Expression> = query.group_by.iter().map(|item| targets[item.target].clone()).collect();
    let mut aggregates: Vec<AggregateCall> = Vec::new();
    for expression in targets.iter().chain(&having) {
        collect_aggregates(expression, &mut aggregates)?;
    }
    // Columns that the keys determine: the analyzer has checked that they may stand outside of aggregates.
    let mut loose: Vec<Expression> = Vec::new();
    for expression in targets.iter().chain(&having) {
        collect_loose(expression, &keys, &mut loose);
    }
    keys.extend(loose);
    // Every set determines the loose columns, as the analyzer has checked.
    let mut grouping_sets = query.grouping_sets.clone();
    grouping_sets.iter_mut().for_each(|set| set.extend(query.group_by.len()..keys.len()));

    let hashable = all_hashable(global, query.group_by.iter().map(|item| item.equal))?;
    let groups = estimate_groups(planner, &keys, part.rows()) * query.grouping_sets.len().max(1) as f64;
    let input_width = part.plan.output.len();
    // The input's columns, then the keys.
    let mut columns: Vec<Expression> =
        part.slots.iter().enumerate().map(|(at, slot)| Expression::column(at, slot.data_type)).collect();
    let mut group_by = Vec::new();
    for key in &keys {
        let mut resolved = key.clone();
        resolve(&mut resolved, &part.slots)?;
        match resolved {
            Expression::Column(column) => group_by.push(column.index),
            other => {
                group_by.push(columns.len());
                columns.push(other);
            }
        }
    }
    for call in &mut aggregates {
        resolve_call(call, &part.slots)?;
    }
    let originals = {
        let mut originals = Vec::new();
        for expression in targets.iter().chain(&having) {
            collect_aggregates(expression, &mut originals)?;
        }
        originals
    };
    let mut input =
        if columns.len() > input_width { project(global, part.plan, columns, false) } else { part.plan };
    let key_types: Vec<DataType> = keys.iter().map(Expression::data_type).collect();
    let mut output = key_types.clone();
    output.extend(aggregates.iter().map(|call| call.data_type));
    let strategy = if keys.is_empty() && grouping_sets.len() < 2 {
        AggregateStrategy::Plain
    } else if !grouping_sets.is_empty() || (hashable && global.settings.enable_hashagg) {
        AggregateStrategy::Hashed
    } else {
        let clauses: Vec<nodes::plan::SortKey> = group_by
            .iter()
            .map(|column| nodes::plan::SortKey {
                column: *column,
                operator: Oid::INVALID,
                descending: false,
                nulls_first: false,
            })
            .collect();
        input = crate::select::sort(input, clauses, Vec::new());
        AggregateStrategy::Sorted
    };
    let below = input.estimate;
    let work = below.rows * global.settings.cpu_operator_cost * (aggregates.len() + keys.len()).max(1) as f64;
    let node = PlanNode::Aggregate(Aggregate {
        input: Box::new(input),
        strategy,
        group_by,
        grouping_sets,
        aggregates,
    });
    let mut plan = cost::blocking(below, node, output, groups, work);

    let mut over_output = |expression: &mut Expression| replace_grouped(expression, &keys, &originals);
    targets.iter_mut().try_for_each(&mut over_output)?;
    if let Some(mut condition) = having.take() {
        over_output(&mut condition)?;
        let (below, output) = (plan.estimate, plan.output.clone());
        let node = PlanNode::Filter { input: Box::new(plan), condition, one_time: false };
        plan = cost::over(below, node, output, groups * 0.5, global.settings.cpu_operator_cost);
    }
    Ok((plan, targets))
}

fn resolve_call(call: &mut AggregateCall, slots: &[Slot]) -> Result<()> {
    let parts = call.direct_arguments.iter_mut().chain(&mut call.arguments).chain(&mut call.filter);
    parts.into_iter().try_for_each(|part| resolve(part, slots))
}

/// The different aggregate calls of this level in an expression.
pub(crate) fn collect_aggregates(expression: &Expression, calls: &mut Vec<AggregateCall>) -> Result<()> {
    if let Expression::Aggregate(call) = expression {
        if call.levels_up > 0 {
            return Err(Error::unsupported("aggregates of an outer query are not supported yet"));
        }
        if !calls.contains(call) {
            calls.push((**call).clone());
        }
        return Ok(());
    }
    let mut result = Ok(());
    expression.for_each_child(&mut |child| {
        if result.is_ok() {
            result = collect_aggregates(child, calls);
        }
    });
    result
}

/// Variables outside of aggregates and keys.
fn collect_loose(expression: &Expression, keys: &[Expression], loose: &mut Vec<Expression>) {
    if keys.contains(expression) || matches!(expression, Expression::Aggregate(_)) {
        return;
    }
    if let Expression::Variable(variable) = expression {
        if variable.levels_up == 0 && !loose.iter().any(|known| same_variable(known, expression)) {
            loose.push(expression.clone());
        }
        return;
    }
    expression.for_each_child(&mut |child| collect_loose(child, keys, loose));
}

fn same_variable(left: &Expression, right: &Expression) -> bool {
    match (left, right) {
        (Expression::Variable(left), Expression::Variable(right)) => {
            left.range == right.range && left.attribute == right.attribute
        }
        _ => left == right,
    }
}

/// Replaces keys and aggregates by columns of the aggregate's output.
fn replace_grouped(
    expression: &mut Expression,
    keys: &[Expression],
    aggregates: &[AggregateCall],
) -> Result<()> {
    walk::replace(expression, &mut |part| {
        if let Some(at) = keys.iter().position(|key| same_variable(key, part)) {
            *part = Expression::column(at, part.data_type());
            return Ok(true);
        }
        if let Expression::Aggregate(call) = part
            && let Some(at) = aggregates.iter().position(|known| known == &**call)
        {
            *part = Expression::column(keys.len() + at, call.data_type);
            return Ok(true);
        }
        Ok(false)
    })
}

fn estimate_groups(planner: &FromPlanner<'_>, keys: &[Expression], rows: f64) -> f64 {
    if keys.is_empty() {
        return 1.0;
    }
    let distinct: f64 = keys
        .iter()
        .map(|key| selectivity::distinct_values(planner.global, key, &|range| planner.relation_of(range)))
        .product();
    distinct.min(rows).max(1.0)
}

/// Whether values that these functions equate can be hashed.
pub(crate) fn all_hashable(global: &Global<'_>, equals: impl Iterator<Item = Oid>) -> Result<bool> {
    for operator in equals {
        if !global.catalog.operator(operator)?.is_some_and(|row| row.oprcanhash) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// One row of each kind, by hashing all columns.
pub(crate) fn distinct(input: Plan, rows: f64) -> Plan {
    let (below, output) = (input.estimate, input.output.clone());
    let group_by = (0..output.len()).collect();
    let work = below.rows * 0.0025;
    let node = PlanNode::Aggregate(Aggregate {
        input: Box::new(input),
        strategy: AggregateStrategy::Hashed,
        group_by,
        grouping_sets: Vec::new(),
        aggregates: Vec::new(),
    });
    cost::blocking(below, node, output, rows, work)
}
