//! min and max through an index: the first row in order instead of all of them.

use error::Result;
use nodes::Expression;
use nodes::expression::{AggregateCall, Parameter, ParameterKind};
use nodes::plan::{Estimate, InitialKind, InitialPlan, Plan, PlanNode, SubPlan, SubPlanTest};
use nodes::query::{FromItem, RangeKind};
use types::Value;

use crate::access::{self, OrderKey};
use crate::cost;
use crate::from::{FromPlanner, take_conditions};
use crate::select::project;
use crate::slots::{Part, Slot, resolved};
use crate::walk;

/// The plan and the targets over its output, if all aggregates of the query are minima and maxima of one table's columns that
/// indexes find cheaper than reading `part`.
pub(crate) fn plan(
    planner: &FromPlanner<'_>,
    targets: &[Expression],
    part: &Part,
) -> Result<Option<(Plan, Vec<Expression>)>> {
    let (global, query) = (planner.global, planner.query);
    let [FromItem::Range(range)] = query.from[..] else { return Ok(None) };
    if !query.group_by.is_empty()
        || !query.grouping_sets.is_empty()
        || !matches!(query.range_table[range].kind, RangeKind::Relation { .. })
    {
        return Ok(None);
    }
    if !planner.semi_joins().is_empty() {
        return Ok(None);
    }
    let mut calls = Vec::new();
    for target in targets {
        crate::group::collect_aggregates(target, &mut calls)?;
    }
    let Some(relation) = planner.relation(range)? else { return Ok(None) };
    let mut found = Vec::new();
    for call in &calls {
        let Some((value, key)) = extreme(planner, call, range)? else { return Ok(None) };
        let mut pending = planner.conditions()?.to_vec();
        let mut own = take_conditions(&mut pending, &[range]);
        if !pending.is_empty() {
            return Ok(None);
        }
        own.push(Expression::IsNull { argument: Box::new(value.clone()), negated: true });
        // Only this column, and those of the conditions.
        let mut slots: Vec<Slot> = Vec::new();
        for condition in &own {
            walk::each_variable(condition, 0, &mut |variable| {
                if !slots.iter().any(|slot| slot.is(&variable)) {
                    slots.push(Slot::of(&variable));
                }
            });
        }
        let table = planner.table(range, &relation, &slots);
        let Some(plan) = access::ordered(global, &table, &own, &[key])? else { return Ok(None) };
        let one = Expression::constant(Value::Int8(1), nodes::DataType::new(types::oid::INT8));
        let estimate = plan.estimate;
        let first = (estimate.total_cost - estimate.startup_cost) / estimate.rows.max(1.0);
        let value = resolved(&value, &slots)?;
        let input = project(global, plan, vec![value], false);
        let (below, output) = (input.estimate, input.output.clone());
        let node =
            PlanNode::Limit { input: Box::new(input), limit: Some(one), offset: None, ties: Vec::new() };
        let mut limited = cost::over(below, node, output, 1.0, 0.0);
        limited.estimate.total_cost = estimate.startup_cost + first;
        let depends = own.iter().any(|condition| {
            condition.any(&mut |part| {
                matches!(part, Expression::Parameter(Parameter { kind: ParameterKind::Execution, .. }))
            })
        });
        found.push((limited, depends));
    }
    let total: f64 = found.iter().map(|(plan, _)| plan.estimate.total_cost).sum();
    if found.is_empty() || total >= part.plan.estimate.total_cost {
        return Ok(None);
    }
    let mut values = Vec::new();
    for (call, (plan, depends)) in calls.iter().zip(found) {
        let subplan = global.add_subplan(plan);
        values.push(if depends {
            // What it is asked with changes, so it cannot run once for all.
            Expression::SubPlan(Box::new(SubPlan {
                is_fixed: false,
                plan: subplan,
                test: SubPlanTest::Scalar,
                parameters: Vec::new(),
                data_type: call.data_type,
            }))
        } else {
            let parameter = global.new_parameter();
            global.add_initial(InitialPlan { subplan, parameter, kind: InitialKind::Scalar });
            let kind = ParameterKind::Execution;
            Expression::Parameter(Parameter { kind, index: parameter, data_type: call.data_type })
        });
    }
    let mut replaced = targets.to_vec();
    for target in &mut replaced {
        walk::replace(target, &mut |part| {
            let Expression::Aggregate(call) = part else { return Ok(false) };
            if let Some(at) = calls.iter().position(|known| *known == **call) {
                *part = values[at].clone();
            }
            Ok(true)
        })?;
    }
    let estimate = Estimate { startup_cost: total, total_cost: total + 0.01, rows: 1.0, width: 0 };
    let node = PlanNode::Result { expressions: Vec::new(), condition: None };
    Ok(Some((Plan { node, output: Vec::new(), estimate }, replaced)))
}

/// The column that a call takes the least or greatest value of, and the order in which that is the first.
fn extreme(
    planner: &FromPlanner<'_>,
    call: &AggregateCall,
    range: usize,
) -> Result<Option<(Expression, OrderKey)>> {
    let [Expression::Variable(variable)] = &call.arguments[..] else { return Ok(None) };
    if call.filter.is_some()
        || !call.order_by.is_empty()
        || variable.range != range
        || variable.levels_up > 0
        || !variable.attribute.is_user()
    {
        return Ok(None);
    }
    let row = planner.global.catalog.aggregate(call.function)?;
    let Some(operator) = row.map(|row| row.aggsortop).filter(|operator| operator.is_valid()) else {
        return Ok(None);
    };
    let key = OrderKey { attribute: variable.attribute, operator, nulls_first: None };
    Ok(Some((call.arguments[0].clone(), key)))
}
