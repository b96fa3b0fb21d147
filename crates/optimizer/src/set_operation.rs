//! UNION, INTERSECT, EXCEPT, and WITH RECURSIVE.

use error::{Error, Result};
use nodes::expression::DataType;
use nodes::plan::{Plan, PlanNode};
use nodes::query::{CommonTable, Query, RangeKind, SetOperation, SetOperationKind};

use crate::cost;
use crate::group;
use crate::level::{Global, KnownTable, Level};
use crate::select;

/// Rows that one round of a recursive query is expected to add, for each of the first.
const ROUNDS: f64 = 10.0;

/// Plans a tree of set operations whose leaves are entries of the range table.
pub(crate) fn plan(
    global: &Global<'_>,
    level: &Level<'_>,
    query: &Query,
    operation: &SetOperation,
) -> Result<Plan> {
    match operation {
        SetOperation::Leaf(range) => leaf(global, level, query, *range),
        SetOperation::Node { kind, all, left, right, columns, sort } => {
            let left = plan(global, level, query, left)?;
            let right = plan(global, level, query, right)?;
            let hashable = group::all_hashable(global, sort.iter().map(|clause| clause.equal))?;
            let is_list = *kind == SetOperationKind::Union && *all;
            if !hashable && !is_list {
                return Err(Error::unsupported(
                    "could not implement UNION/INTERSECT/EXCEPT: values cannot be hashed",
                ));
            }
            Ok(combine(*kind, *all, left, right, columns.clone()))
        }
    }
}

fn leaf(global: &Global<'_>, level: &Level<'_>, query: &Query, range: usize) -> Result<Plan> {
    match &query.range_table[range].kind {
        RangeKind::Subquery { query, .. } => select::plan_query(global, (**query).clone(), Some(level)),
        _ => Err(Error::internal("a set operation's member is no query")),
    }
}

fn combine(kind: SetOperationKind, all: bool, left: Plan, right: Plan, output: Vec<DataType>) -> Plan {
    let (a, b) = (left.estimate, right.estimate);
    if kind != SetOperationKind::Union {
        let rows = if kind == SetOperationKind::Except { a.rows } else { a.rows.min(b.rows) };
        let node = PlanNode::SetOperation { kind, all, left: Box::new(left), right: Box::new(right) };
        let mut plan = cost::blocking(a, node, output, rows, b.total_cost);
        plan.estimate.total_cost += b.rows * 0.0025;
        return plan;
    }
    let rows = a.rows + b.rows;
    // UNION ALL of UNION ALL is one list.
    let inputs = match left.node {
        PlanNode::Append { mut inputs } if all => {
            inputs.push(right);
            inputs
        }
        _ => vec![left, right],
    };
    let mut plan = cost::over(a, PlanNode::Append { inputs }, output, rows, 0.0);
    plan.estimate.total_cost = a.total_cost + b.total_cost;
    if all { plan } else { group::distinct(plan, rows * 0.5) }
}

/// Plans a recursive WITH query as a subplan.
pub(crate) fn recursive(global: &Global<'_>, level: &Level<'_>, table: CommonTable) -> Result<KnownTable> {
    let mut query = table.query;
    let Some(SetOperation::Node { kind: SetOperationKind::Union, all, left, right, columns, .. }) =
        query.set_operation.take()
    else {
        return Err(Error::unsupported("recursive query that is no UNION"));
    };
    let inner = Level::new(Some(level), global.new_marks(query.range_table.len()));
    let start = plan(global, &inner, &query, &left)?;
    let union = global.new_union();
    let rows = start.estimate.rows;
    level.tables.borrow_mut().push((table.name.clone(), KnownTable::WorkTable { union, rows }));
    let step = plan(global, &inner, &query, &right)?;
    level.tables.borrow_mut().pop();
    let total = rows + step.estimate.rows * ROUNDS;
    let work = step.estimate.total_cost * ROUNDS;
    let first = start.estimate;
    let node =
        PlanNode::RecursiveUnion { id: union, start: Box::new(start), step: Box::new(step), distinct: !all };
    let mut plan = cost::over(first, node, columns, total, 0.0);
    plan.estimate.total_cost += work;
    Ok(KnownTable::Subplan { plan: global.add_subplan(plan), rows: total })
}
