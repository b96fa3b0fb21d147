//! A query from FROM to LIMIT.

use std::rc::Rc;

use error::Result;
use nodes::Expression;
use nodes::expression::DataType;
use nodes::plan::{Estimate, Plan, PlanNode, PlannedRowLock, RowMark, SortKey};
use nodes::query::{Command, Distinct, Query, RangeKind, SortClause, Target};

use crate::access::OrderKey;
use crate::cost;
use crate::extreme;
use crate::from::FromPlanner;
use crate::group;
use crate::level::{Global, KnownTable, Level};
use crate::modify;
use crate::semi;
use crate::set_operation;
use crate::slots::{Part, resolve};
use crate::sublink::plan_sublinks;
use crate::walk;
use crate::window;

/// Plans a query at a new level.
pub(crate) fn plan_query(global: &Global<'_>, query: Query, up: Option<&Level<'_>>) -> Result<Plan> {
    let level = Level::new(up, global.new_marks(query.range_table.len()));
    let mut query = query;
    for table in std::mem::take(&mut query.common_tables) {
        let name = table.name.clone();
        let known = if table.recursive {
            set_operation::recursive(global, &level, table)?
        } else {
            let plan = plan_query(global, table.query, Some(&level))?;
            let rows = plan.estimate.rows;
            KnownTable::Subplan { plan: global.add_subplan(plan), rows }
        };
        level.tables.borrow_mut().push((name, known));
    }
    match query.command {
        Command::Select => plan_select(global, &level, query),
        _ => modify::plan_modification(global, &level, query),
    }
}

/// An expression of this level as the plan wants it: subqueries planned, outer variables as parameters.
pub(crate) fn prepared(planner: &FromPlanner<'_>, expression: &Expression) -> Result<Expression> {
    let mut copy = expression.clone();
    prepare(planner.global, planner.level, &mut copy)?;
    Ok(copy)
}

pub(crate) fn prepare(global: &Global<'_>, level: &Level<'_>, expression: &mut Expression) -> Result<()> {
    plan_sublinks(global, level, expression)?;
    level.replace_outer(global, expression)
}

/// FROM and WHERE of a query; one empty row when there is no FROM.
pub(crate) fn plan_from(planner: &FromPlanner<'_>) -> Result<Part> {
    let conditions = planner.conditions()?;
    if let Some(mut part) = planner.plan(&planner.query.from, conditions.to_vec())? {
        for condition in planner.semi_joins() {
            part = semi::applied(planner, part, condition)?;
        }
        return Ok(part);
    }
    let estimate = Estimate { startup_cost: 0.0, total_cost: 0.01, rows: 1.0, width: 0 };
    let node =
        PlanNode::Result { expressions: Vec::new(), condition: walk::conjunction(conditions.to_vec()) };
    let plan = Plan { node, output: Vec::new(), estimate };
    Ok(Part { plan, slots: Vec::new(), ranges: Vec::new(), lateral: Vec::new() })
}

fn plan_select(global: &Global<'_>, level: &Level<'_>, mut query: Query) -> Result<Plan> {
    if let Some(operation) = query.set_operation.take() {
        let input = set_operation::plan(global, level, &query, &operation)?;
        return finish(global, level, query, input, Below::default());
    }
    // A row that is asked for again is put together from the same rows of all tables.
    let locked = if query.row_locks.is_empty() { Vec::new() } else { FromPlanner::addresses(&query) };
    let mut is_sorted = false;
    let (mut plan, mut targets, lock_columns) = {
        let planner = FromPlanner::new(global, level, &query, &locked);
        let mut part = plan_from(&planner)?;
        let mut targets: Vec<Expression> = Vec::with_capacity(query.targets.len());
        for target in &query.targets {
            targets.push(prepared(&planner, &target.expression)?);
        }
        if query.has_aggregates || !query.group_by.is_empty() || query.having.is_some() {
            let having = query.having.as_ref().map(|having| prepared(&planner, having)).transpose()?;
            let by_index = match &having {
                None if !query.has_windows => extreme::plan(&planner, &targets, &part)?,
                _ => None,
            };
            let (plan, targets) = match by_index {
                Some(found) => found,
                None => group::plan(&planner, part, targets, having)?,
            };
            (plan, targets, Vec::new())
        } else {
            if let Some(sorted) = in_order(&planner, &part, &targets)? {
                (part, is_sorted) = (sorted, true);
            }
            targets.iter_mut().try_for_each(|target| resolve(target, &part.slots))?;
            let mut lock_columns = Vec::new();
            for slot in &locked {
                let mut address = Expression::Variable(slot.variable());
                resolve(&mut address, &part.slots)?;
                lock_columns.push(targets.len());
                targets.push(address);
            }
            (part.plan, targets, lock_columns)
        }
    };
    if query.has_windows {
        (plan, is_sorted) = window::plan(global, level, &query, plan, &mut targets)?;
    }
    plan = project(global, plan, targets, query.has_set_functions);
    let column_of = |range: usize| locked.iter().position(|slot| slot.range == range);
    let mut locks = Vec::new();
    for lock in &query.row_locks {
        if let RangeKind::Relation { relation, .. } = query.range_table[lock.range].kind
            && let Some(address) = column_of(lock.range).and_then(|at| lock_columns.get(at).copied())
        {
            locks.push(PlannedRowLock { lock: *lock, relation, address });
        }
    }
    let marks = locked.iter().zip(lock_columns);
    let marks = marks.map(|(slot, address)| RowMark { mark: level.mark(slot.range), address }).collect();
    finish(global, level, query, plan, Below { locks, marks, is_sorted })
}

/// The number of rows that LIMIT or OFFSET names, if it is written down.
fn count_of(expression: &Expression) -> Option<f64> {
    match expression {
        Expression::Constant(constant) => constant.value.as_i64().map(|count| count.max(0) as f64),
        Expression::Function(call) if call.arguments.len() == 1 => count_of(&call.arguments[0]),
        _ => None,
    }
}

/// The rows of FROM in the order of ORDER BY by an index, if that is cheaper than sorting them.
fn in_order(planner: &FromPlanner<'_>, part: &Part, targets: &[Expression]) -> Result<Option<Part>> {
    let query = planner.query;
    let is_changed = query.has_set_functions || query.has_windows;
    if query.order_by.is_empty() || query.distinct != Distinct::No || is_changed {
        return Ok(None);
    }
    let mut order = Vec::new();
    for clause in &query.order_by {
        let Expression::Variable(variable) = &targets[clause.target] else { return Ok(None) };
        if variable.levels_up > 0 || !variable.attribute.is_user() {
            return Ok(None);
        }
        order.push(OrderKey {
            attribute: variable.attribute,
            operator: clause.operator,
            nulls_first: Some(clause.nulls_first),
        });
    }
    let Some(sorted) = planner.ordered(&order)? else { return Ok(None) };
    let rows = part.rows();
    let wanted = match (&query.limit, &query.offset) {
        (Some(limit), offset) => {
            let skipped = offset.as_ref().and_then(count_of).unwrap_or(0.0);
            (count_of(limit).unwrap_or(rows * 0.1) + skipped).clamp(1.0, rows)
        }
        (None, _) => rows,
    };
    let estimate = sorted.plan.estimate;
    let run = estimate.total_cost - estimate.startup_cost;
    let by_index = estimate.startup_cost + run * wanted / rows.max(1.0);
    let per_compare = 2.0 * planner.global.settings.cpu_operator_cost;
    let mut by_sort = part.plan.estimate.total_cost
        + rows * wanted.max(2.0).log2() * per_compare
        + wanted * planner.global.settings.cpu_operator_cost;
    if !planner.global.settings.enable_sort {
        by_sort += 1e10;
    }
    Ok((by_index < by_sort).then_some(sorted))
}

/// A projection, left out when it would change nothing.
pub(crate) fn project(
    global: &Global<'_>,
    input: Plan,
    expressions: Vec<Expression>,
    has_sets: bool,
) -> Plan {
    let below = input.estimate;
    let output: Vec<DataType> = expressions.iter().map(Expression::data_type).collect();
    let returns_set = |expression: &Expression| {
        expression.any(&mut |part| matches!(part, Expression::Function(call) if call.returns_set))
    };
    if has_sets && expressions.iter().any(returns_set) {
        let rows = below.rows * 100.0;
        let node = PlanNode::ProjectSet { input: Box::new(input), expressions };
        return cost::over(below, node, output, rows, global.settings.cpu_operator_cost);
    }
    let unchanged = expressions.len() == input.output.len()
        && expressions
            .iter()
            .enumerate()
            .all(|(at, expression)| matches!(expression, Expression::Column(column) if column.index == at));
    if unchanged {
        return input;
    }
    let node = match input.node {
        PlanNode::Result { expressions: none, condition } if none.is_empty() => {
            let node = PlanNode::Result { expressions, condition };
            return Plan { node, estimate: Estimate { width: cost::width(&output), ..below }, output };
        }
        node => PlanNode::Project { input: Box::new(Plan { node, ..input }), expressions },
    };
    cost::over(below, node, output, below.rows, global.settings.cpu_operator_cost)
}

pub(crate) fn sort_keys(clauses: &[SortClause]) -> Vec<SortKey> {
    clauses
        .iter()
        .map(|clause| SortKey {
            column: clause.target,
            operator: clause.operator,
            descending: clause.descending,
            nulls_first: clause.nulls_first,
        })
        .collect()
}

pub(crate) fn sort(input: Plan, keys: Vec<SortKey>, bound: Vec<Expression>) -> Plan {
    let (below, output) = (input.estimate, input.output.clone());
    let work = below.rows * below.rows.max(2.0).log2() * 0.005;
    let node = PlanNode::Sort { input: Box::new(input), keys, bound };
    cost::blocking(below, node, output, below.rows, work)
}

/// What is known of the rows below: what FOR UPDATE and its kin lock, with what is needed to ask for a row again.
#[derive(Default)]
struct Below {
    locks: Vec<PlannedRowLock>,
    marks: Vec<RowMark>,
    /// They come in the order of ORDER BY.
    is_sorted: bool,
}

/// DISTINCT, ORDER BY, row locks, LIMIT and the final columns, over a plan that delivers all targets.
fn finish(
    global: &Global<'_>,
    level: &Level<'_>,
    query: Query,
    mut plan: Plan,
    Below { locks, marks, is_sorted }: Below,
) -> Result<Plan> {
    let mut is_sorted = is_sorted || query.order_by.is_empty();
    match &query.distinct {
        Distinct::No => {}
        Distinct::All(clauses) | Distinct::On(clauses) => {
            let on = matches!(query.distinct, Distinct::On(_));
            let mut keys = sort_keys(&query.order_by);
            let missing = clauses.iter().filter(|clause| !keys.iter().any(|key| key.column == clause.target));
            keys.extend(sort_keys(&missing.copied().collect::<Vec<_>>()));
            let rows = (plan.estimate.rows * 0.3).max(1.0);
            let columns: Vec<usize> = clauses.iter().map(|clause| clause.target).collect();
            let covers_all = columns.len() == plan.output.len();
            let hashable = !on && is_sorted && covers_all && global.settings.enable_hashagg;
            if hashable && group::all_hashable(global, clauses.iter().map(|clause| clause.equal))? {
                plan = group::distinct(plan, rows);
            } else {
                plan = sort(plan, keys, Vec::new());
                let (below, output) = (plan.estimate, plan.output.clone());
                let node = PlanNode::Unique { input: Box::new(plan), columns };
                plan = cost::over(below, node, output, rows, global.settings.cpu_operator_cost);
                is_sorted = true;
            }
        }
    }
    let bound = |expression: &Option<Expression>| -> Result<Option<Expression>> {
        let mut copy = expression.clone();
        if let Some(expression) = &mut copy {
            prepare(global, level, expression)?;
        }
        Ok(copy)
    };
    let (limit, offset) = (bound(&query.limit)?, bound(&query.offset)?);
    if !is_sorted {
        let first_rows = match &limit {
            Some(limit) if locks.is_empty() && !query.limit_with_ties => {
                std::iter::once(limit).chain(&offset).cloned().collect()
            }
            _ => Vec::new(),
        };
        plan = sort(plan, sort_keys(&query.order_by), first_rows);
    }
    if !locks.is_empty() {
        let (below, output) = (plan.estimate, plan.output.clone());
        let node = PlanNode::LockRows { input: Rc::new(plan), locks, marks };
        plan = cost::over(below, node, output, below.rows, global.settings.cpu_tuple_cost);
    }
    if limit.is_some() || offset.is_some() {
        let ties = if query.limit_with_ties { sort_keys(&query.order_by) } else { Vec::new() };
        let (below, output) = (plan.estimate, plan.output.clone());
        let count = match &limit {
            Some(limit) => count_of(limit).unwrap_or(below.rows * 0.1),
            None => below.rows,
        };
        let rows = count.min(below.rows).max(1.0);
        let share = rows / below.rows.max(1.0);
        let node = PlanNode::Limit { input: Box::new(plan), limit, offset, ties };
        plan = cost::over(below, node, output, rows, 0.0);
        plan.estimate.total_cost = below.startup_cost + (below.total_cost - below.startup_cost) * share;
    }
    let visible = |targets: &[Target]| -> Vec<usize> {
        targets.iter().enumerate().filter(|(_, target)| !target.hidden).map(|(at, _)| at).collect()
    };
    let kept = visible(&query.targets);
    if kept.len() == plan.output.len() {
        return Ok(plan);
    }
    let expressions = kept.into_iter().map(|at| Expression::column(at, plan.output[at])).collect();
    Ok(project(global, plan, expressions, false))
}
