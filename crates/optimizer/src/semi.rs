//! IN and EXISTS as joins: a hash join that keeps the rows that have a partner, or for NOT EXISTS those that have none.
//!
//! NOT IN stays a subplan, as a null on either side makes its answer unknown.

use common::Oid;
use error::Result;
use nodes::Expression;
use nodes::expression::{Display, SubLinkKind};
use nodes::plan::{HashJoin, JoinKey, Plan, PlanNode};
use nodes::query::{Command, Distinct, JoinKind, Query, Target};

use crate::cost;
use crate::from::FromPlanner;
use crate::select::{self, prepared};
use crate::slots::{Part, resolved};
use crate::walk;

/// Whether a condition may become a join.
pub(crate) fn is_candidate(condition: &Expression) -> bool {
    let exists = |condition: &Expression| {
        matches!(condition, Expression::SubLink(link)
            if matches!(link.kind, SubLinkKind::Exists) && is_simple(&link.query))
    };
    match condition {
        Expression::Not(inner) => exists(inner),
        Expression::SubLink(link) if matches!(link.kind, SubLinkKind::Any(_)) => true,
        other => exists(other),
    }
}

/// Nothing stands between the joined rows and their reader.
fn is_simple(query: &Query) -> bool {
    query.command == Command::Select
        && !query.from.is_empty()
        && query.group_by.is_empty()
        && query.grouping_sets.is_empty()
        && query.having.is_none()
        && query.distinct == Distinct::No
        && query.limit.is_none()
        && query.offset.is_none()
        && query.row_locks.is_empty()
        && query.set_operation.is_none()
        && query.common_tables.is_empty()
        && !(query.has_aggregates || query.has_windows || query.has_set_functions)
}

/// The rows of a part for which a candidate holds, by whichever is cheaper: a join, or the condition as it stands.
pub(crate) fn applied(planner: &FromPlanner<'_>, part: Part, condition: &Expression) -> Result<Part> {
    let global = planner.global;
    let first = global.mark();
    let joined = joined(planner, &part, condition)?;
    let second = global.mark();
    let rows = part.rows();
    let condition = prepared(planner, condition)?;
    let mut per_row = 0.0;
    condition.any(&mut |part| {
        if let Expression::SubPlan(plan) = part {
            per_row += global.subplan_cost(plan);
        }
        false
    });
    match joined {
        Some(plan) if plan.estimate.total_cost <= part.plan.estimate.total_cost + per_row * rows => {
            global.forget_from(second);
            Ok(Part { plan, ..part })
        }
        _ => {
            global.forget_initial(first, second);
            planner.filtered(part, vec![condition])
        }
    }
}

/// A pair to be equal: what the outer row gives, and the function.
struct Pair {
    outer: Expression,
    equal: Oid,
}

fn joined(planner: &FromPlanner<'_>, part: &Part, condition: &Expression) -> Result<Option<Plan>> {
    let (link, kind) = match condition {
        Expression::SubLink(link) => (link, JoinKind::Semi),
        Expression::Not(inner) => match &**inner {
            Expression::SubLink(link) => (link, JoinKind::Anti),
            _ => return Ok(None),
        },
        _ => return Ok(None),
    };
    let mut query = link.query.clone();
    let mut pairs = Vec::new();
    if let SubLinkKind::Any(comparison) = &link.kind {
        for (left, (operator, function)) in comparison.left.iter().zip(&comparison.operators) {
            if !is_hashable(planner, *operator)? || !is_plain(planner, left) {
                return Ok(None);
            }
            pairs.push(Pair { outer: left.clone(), equal: *function });
        }
    } else {
        // What EXISTS selects does not matter, nor in which order.
        query.targets.clear();
        query.order_by.clear();
    }
    if is_simple(&query) {
        pull_up(planner, &mut query, &mut pairs)?;
    }
    let names_outer = |pair: &Pair| !crate::slots::ranges_of(&pair.outer).is_empty();
    if pairs.is_empty() || !pairs.iter().all(names_outer) {
        return Ok(None);
    }
    let level = planner.level;
    let (right, requested) = level.collecting(|| select::plan_query(planner.global, query, Some(level)))?;
    if !requested.is_empty() {
        return Ok(None);
    }
    let mut keys = Vec::new();
    for (at, pair) in pairs.into_iter().enumerate() {
        let left = resolved(&prepared(planner, &pair.outer)?, &part.slots)?;
        let right = Expression::column(at, right.output[at]);
        keys.push(JoinKey { left, right, equal: pair.equal });
    }
    let settings = planner.global.settings;
    let (outer, inner) = (part.plan.estimate, right.estimate);
    let rows = (outer.rows * 0.5).max(1.0);
    let node = PlanNode::HashJoin(HashJoin {
        kind,
        left: Box::new(part.plan.clone()),
        right: Box::new(right),
        keys,
        condition: None,
        null_aware: false,
    });
    let mut plan = cost::over(outer, node, part.plan.output.clone(), rows, settings.cpu_operator_cost);
    let build = inner.total_cost + inner.rows * (settings.cpu_operator_cost + settings.cpu_tuple_cost);
    plan.estimate.startup_cost += build;
    plan.estimate.total_cost += build + rows * settings.cpu_tuple_cost;
    if !settings.enable_hashjoin {
        plan.estimate.total_cost += 1e10;
    }
    Ok(Some(plan))
}

fn is_hashable(planner: &FromPlanner<'_>, operator: Oid) -> Result<bool> {
    Ok(planner.global.catalog.operator(operator)?.is_some_and(|row| row.oprcanhash))
}

/// An expression of columns that gives the same wherever it is computed.
fn is_plain(planner: &FromPlanner<'_>, expression: &Expression) -> bool {
    !walk::is_volatile(planner.global.catalog, expression)
        && !expression.any(&mut |part| matches!(part, Expression::Aggregate(_) | Expression::Window(_)))
}

/// Takes equalities with the outer row out of the subquery's WHERE; their inner sides become columns of it.
fn pull_up(planner: &FromPlanner<'_>, query: &mut Query, pairs: &mut Vec<Pair>) -> Result<()> {
    let mut conditions = Vec::new();
    if let Some(filter) = query.filter.take() {
        walk::conjuncts(filter, &mut conditions);
    }
    let mut kept = Vec::new();
    for condition in conditions {
        match pair_of(planner, &condition)? {
            Some((pair, inner)) => {
                pairs.push(pair);
                query.targets.push(Target {
                    expression: inner,
                    name: "".into(),
                    attribute: common::AttributeNumber(0),
                    hidden: false,
                    origin: None,
                });
            }
            None => kept.push(condition),
        }
    }
    query.filter = walk::conjunction(kept);
    Ok(())
}

fn pair_of(planner: &FromPlanner<'_>, condition: &Expression) -> Result<Option<(Pair, Expression)>> {
    let Expression::Function(call) = condition else { return Ok(None) };
    let (Display::Operator(operator), [first, second]) = (call.display, &call.arguments[..]) else {
        return Ok(None);
    };
    if !is_hashable(planner, operator)? || !is_plain(planner, first) || !is_plain(planner, second) {
        return Ok(None);
    }
    let only_of = |expression: &Expression, level: u32| {
        let mut found = false;
        let others = expression.any(&mut |part| match part {
            Expression::Variable(variable) => {
                found |= variable.levels_up == level;
                variable.levels_up != level
            }
            _ => false,
        });
        found && !others
    };
    let (outer, inner) = if only_of(first, 1) && only_of(second, 0) {
        (first, second)
    } else if only_of(second, 1) && only_of(first, 0) {
        (second, first)
    } else {
        return Ok(None);
    };
    let mut outer = outer.clone();
    walk::replace(&mut outer, &mut |part| {
        let Expression::Variable(variable) = part else { return Ok(false) };
        variable.levels_up = 0;
        Ok(true)
    })?;
    Ok(Some((Pair { outer, equal: call.function }, inner.clone())))
}
