//! Joining parts: in which order, and how two of them are brought together.

use error::Result;
use nodes::Expression;
use nodes::expression::{DataType, Display, Variable};
use nodes::plan::{HashJoin, JoinKey, Plan, PlanNode};
use nodes::query::{FromItem, JoinKind};

use crate::access;
use crate::cost;
use crate::from::{FromPlanner, take_conditions};
use crate::selectivity;
use crate::slots::{Part, Slot, ranges_of, resolved};
use crate::walk::{self, conjunction};

/// Joins the parts two by two, always the pair that makes the fewest rows at the lowest cost.
pub(crate) fn best_order(
    planner: &FromPlanner<'_>,
    mut parts: Vec<Part>,
    conditions: &mut Vec<Expression>,
) -> Result<Part> {
    while parts.len() > 1 {
        let mut best: Option<(f64, usize, usize, Part)> = None;
        for left in 0..parts.len() {
            for right in 0..parts.len() {
                if left == right || !may_be_right(&parts[right], &parts[left]) {
                    continue;
                }
                let both: Vec<usize> = [&parts[left].ranges[..], &parts[right].ranges].concat();
                let mut rest = conditions.clone();
                let between = take_conditions(&mut rest, &both);
                // A product of unconnected parts only when nothing else is left.
                let connected = !between.is_empty() || !parts[right].lateral.is_empty();
                let joined =
                    join(planner, JoinKind::Inner, parts[left].clone(), parts[right].clone(), between)?;
                let estimate = joined.plan.estimate;
                let weight = estimate.total_cost + estimate.rows * 0.01 + if connected { 0.0 } else { 1e12 };
                if best.as_ref().is_none_or(|(least, ..)| weight < *least) {
                    best = Some((weight, left, right, joined));
                }
            }
        }
        let Some((_, left, right, joined)) = best else {
            return Err(error::error!(FEATURE_NOT_SUPPORTED, "LATERAL references form a cycle"));
        };
        take_conditions(conditions, &joined.ranges);
        parts.remove(left.max(right));
        parts.remove(left.min(right));
        parts.push(joined);
    }
    Ok(parts.remove(0))
}

/// Whether everything that a part takes from its left is there.
fn may_be_right(right: &Part, left: &Part) -> bool {
    left.lateral.is_empty() && right.lateral.iter().all(|(_, variable)| left.covers(variable.range))
}

/// Brings two parts together by conditions that name only them.
pub(crate) fn join(
    planner: &FromPlanner<'_>,
    kind: JoinKind,
    left: Part,
    right: Part,
    conditions: Vec<Expression>,
) -> Result<Part> {
    let settings = planner.global.settings;
    let mut slots = left.slots.clone();
    if !matches!(kind, JoinKind::Semi | JoinKind::Anti) {
        slots.extend(&right.slots);
    }
    let share: f64 = conditions
        .iter()
        .map(|part| selectivity::selectivity(planner.global, part, &|range| planner.relation_of(range)))
        .product();
    let product = (left.rows() * right.rows() * share).max(1.0);
    let rows = match kind {
        JoinKind::Inner => product,
        JoinKind::Left => product.max(left.rows()),
        JoinKind::Right => product.max(right.rows()),
        JoinKind::Full => product.max(left.rows()).max(right.rows()),
        JoinKind::Semi | JoinKind::Anti => (left.rows() * 0.5).max(1.0),
    };
    let mut candidates = Vec::new();
    if right.lateral.is_empty() && left.lateral.is_empty() {
        candidates.extend(hash_join(planner, kind, &left, &right, &conditions, rows, &slots)?);
        if matches!(kind, JoinKind::Inner | JoinKind::Left) {
            candidates.extend(index_loop(planner, kind, &left, &right, &conditions, rows, &slots)?);
        }
    }
    if candidates.is_empty() || (settings.enable_nestloop && right.rows() < 10.0 && !needs_hash(kind)) {
        candidates.push(nested_loop(planner, kind, &left, &right, &conditions, rows, &slots)?);
    }
    let cheapest = candidates.into_iter().reduce(|best, other| {
        if other.estimate.total_cost < best.estimate.total_cost { other } else { best }
    });
    let Some(plan) = cheapest else {
        return Err(error::Error::internal("two tables that cannot be joined"));
    };
    let ranges = [left.ranges, right.ranges].concat();
    Ok(Part { plan, slots, ranges, lateral: left.lateral })
}

/// Kinds that a nested loop cannot do, as it forgets which right rows were matched.
fn needs_hash(kind: JoinKind) -> bool {
    matches!(kind, JoinKind::Right | JoinKind::Full)
}

fn output_of(slots: &[Slot]) -> Vec<DataType> {
    slots.iter().map(|slot| slot.data_type).collect()
}

/// Left slots followed by right slots: what a join's condition sees.
fn both_slots(left: &Part, right: &Part) -> Vec<Slot> {
    [&left.slots[..], &right.slots].concat()
}

fn hash_join(
    planner: &FromPlanner<'_>,
    kind: JoinKind,
    left: &Part,
    right: &Part,
    conditions: &[Expression],
    rows: f64,
    slots: &[Slot],
) -> Result<Option<Plan>> {
    let mut keys = Vec::new();
    let mut rest = Vec::new();
    for condition in conditions {
        match hash_key(planner, left, right, condition)? {
            Some(key) => keys.push(key),
            None => rest.push(condition.clone()),
        }
    }
    // A full join without an equality still works: all rows meet in one bucket.
    if keys.is_empty() && !needs_hash(kind) {
        return Ok(None);
    }
    let condition = conjunction(rest).map(|all| resolved(&all, &both_slots(left, right))).transpose()?;
    let settings = planner.global.settings;
    let (outer, inner) = (left.plan.estimate, right.plan.estimate);
    let mut plan = cost::over(
        left.plan.estimate,
        PlanNode::HashJoin(HashJoin {
            kind,
            left: Box::new(left.plan.clone()),
            right: Box::new(right.plan.clone()),
            keys,
            condition,
            null_aware: false,
        }),
        output_of(slots),
        rows,
        0.0,
    );
    let build = inner.total_cost + inner.rows * (settings.cpu_operator_cost + settings.cpu_tuple_cost);
    plan.estimate.startup_cost = outer.startup_cost + build;
    plan.estimate.total_cost =
        outer.total_cost + build + outer.rows * settings.cpu_operator_cost + rows * settings.cpu_tuple_cost;
    if !settings.enable_hashjoin {
        plan.estimate.total_cost += 1e10;
    }
    Ok(Some(plan))
}

/// `left expression = right expression` by a hashable equality.
fn hash_key(
    planner: &FromPlanner<'_>,
    left: &Part,
    right: &Part,
    condition: &Expression,
) -> Result<Option<JoinKey>> {
    let Expression::Function(call) = condition else { return Ok(None) };
    let (Display::Operator(operator), [first, second]) = (call.display, &call.arguments[..]) else {
        return Ok(None);
    };
    let Some(row) = planner.global.catalog.operator(operator)? else { return Ok(None) };
    if !row.oprcanhash || walk::is_volatile(planner.global.catalog, condition) {
        return Ok(None);
    }
    let only_in = |side: &Expression, part: &Part| {
        let ranges = ranges_of(side);
        !ranges.is_empty() && ranges.iter().all(|range| part.covers(*range))
    };
    let (on_left, on_right) = if only_in(first, left) && only_in(second, right) {
        (first, second)
    } else if only_in(second, left) && only_in(first, right) {
        (second, first)
    } else {
        return Ok(None);
    };
    Ok(Some(JoinKey {
        left: resolved(on_left, &left.slots)?,
        right: resolved(on_right, &right.slots)?,
        equal: call.function,
    }))
}

/// For each left row, the right rows by index.
fn index_loop(
    planner: &FromPlanner<'_>,
    kind: JoinKind,
    left: &Part,
    right: &Part,
    conditions: &[Expression],
    rows: f64,
    slots: &[Slot],
) -> Result<Option<Plan>> {
    let [range] = right.ranges[..] else { return Ok(None) };
    let Some(relation) = planner.relation(range)? else { return Ok(None) };
    if !planner.global.settings.enable_nestloop {
        return Ok(None);
    }
    // The right table alone once more, with left columns as parameters.
    let mut parameters: Vec<(usize, Variable)> = Vec::new();
    let mut inner_conditions = own_conditions(planner, range)?;
    for condition in conditions {
        let mut condition = condition.clone();
        walk::replace(&mut condition, &mut |part| {
            let Expression::Variable(variable) = part else { return Ok(false) };
            if variable.range == range {
                return Ok(true);
            }
            let (parameter, index) = planner.level.parameter_for(planner.global, *variable);
            parameters.push((index, *variable));
            *part = parameter;
            Ok(true)
        })?;
        inner_conditions.push(condition);
    }
    let table = planner.table(range, &relation, &right.slots);
    let inner = access::cheapest(planner.global, &table, &inner_conditions)?;
    let PlanNode::IndexScan(_) = inner.node else { return Ok(None) };
    let per_loop = inner.estimate.total_cost;
    let parameters = parameters
        .into_iter()
        .map(|(index, variable)| Ok((index, resolved(&Expression::Variable(variable), &left.slots)?)))
        .collect::<Result<Vec<_>>>()?;
    let node = PlanNode::NestedLoop {
        kind,
        left: Box::new(left.plan.clone()),
        right: Box::new(inner),
        parameters,
        condition: None,
    };
    Ok(Some(cost::over(left.plan.estimate, node, output_of(slots), rows, per_loop)))
}

/// The conditions of WHERE that name only one entry, which the part's plan has applied already.
fn own_conditions(planner: &FromPlanner<'_>, range: usize) -> Result<Vec<Expression>> {
    let mut all = planner.conditions()?.to_vec();
    let nullable = planner.query.from.iter().any(|item| is_nullable(item, range));
    if nullable {
        // Under an outer join WHERE is asked after the join; what ON says of the entry alone still holds.
        all.clear();
    }
    planner.query.from.iter().try_for_each(|item| on_conditions(planner, item, range, &mut all))?;
    Ok(take_conditions(&mut all, &[range]))
}

fn on_conditions(
    planner: &FromPlanner<'_>,
    item: &FromItem,
    range: usize,
    all: &mut Vec<Expression>,
) -> Result<()> {
    let FromItem::Join(join) = item else { return Ok(()) };
    let in_right = crate::from::ranges_in(&join.right).contains(&range);
    let in_left = crate::from::ranges_in(&join.left).contains(&range);
    let applies = match join.kind {
        JoinKind::Inner => in_left || in_right,
        JoinKind::Left => in_right,
        JoinKind::Right => in_left,
        _ => false,
    };
    if let (true, Some(condition)) = (applies, &join.condition) {
        walk::conjuncts(crate::select::prepared(planner, condition)?, all);
    }
    on_conditions(planner, &join.left, range, all)?;
    on_conditions(planner, &join.right, range, all)
}

/// Whether an outer join may put nulls in place of an entry's row.
fn is_nullable(item: &FromItem, range: usize) -> bool {
    let FromItem::Join(join) = item else { return false };
    let in_right = crate::from::ranges_in(&join.right).contains(&range);
    let in_left = crate::from::ranges_in(&join.left).contains(&range);
    match join.kind {
        JoinKind::Left if in_right => true,
        JoinKind::Right if in_left => true,
        JoinKind::Full if in_left || in_right => true,
        _ => is_nullable(&join.left, range) || is_nullable(&join.right, range),
    }
}

fn nested_loop(
    planner: &FromPlanner<'_>,
    kind: JoinKind,
    left: &Part,
    right: &Part,
    conditions: &[Expression],
    rows: f64,
    slots: &[Slot],
) -> Result<Plan> {
    let condition =
        conjunction(conditions.to_vec()).map(|all| resolved(&all, &both_slots(left, right))).transpose()?;
    let parameters = right
        .lateral
        .iter()
        .map(|(index, variable)| Ok((*index, resolved(&Expression::Variable(*variable), &left.slots)?)))
        .collect::<Result<Vec<_>>>()?;
    // What does not change from left row to left row is kept.
    let inner = if parameters.is_empty() {
        let plan = right.plan.clone();
        let output = plan.output.clone();
        let node = PlanNode::Materialize { input: Box::new(plan) };
        cost::over(right.plan.estimate, node, output, right.rows(), planner.global.settings.cpu_operator_cost)
    } else {
        right.plan.clone()
    };
    let settings = planner.global.settings;
    let per_left = if parameters.is_empty() {
        right.rows() * settings.cpu_operator_cost
    } else {
        right.plan.estimate.total_cost
    };
    let once = if parameters.is_empty() { inner.estimate.total_cost } else { 0.0 };
    let node = PlanNode::NestedLoop {
        kind,
        left: Box::new(left.plan.clone()),
        right: Box::new(inner),
        parameters,
        condition,
    };
    let mut plan = cost::over(left.plan.estimate, node, output_of(slots), rows, per_left);
    plan.estimate.total_cost += once + rows * settings.cpu_tuple_cost;
    Ok(plan)
}
