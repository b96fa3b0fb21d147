//! Walking over the expressions of a query, subqueries included.

use nodes::Expression;
use nodes::expression::Variable;
use nodes::query::{FrameBound, FromItem, Query, RangeKind};

/// Calls `visit` with each expression of the query itself, not with those of its subqueries.
pub(crate) fn each_expression<'a>(query: &'a Query, visit: &mut dyn FnMut(&'a Expression)) {
    query.targets.iter().chain(&query.returning).for_each(|target| visit(&target.expression));
    if let Some(conflict) = &query.on_conflict
        && let Some(update) = &conflict.update
    {
        update.targets.iter().for_each(|target| visit(&target.expression));
        update.filter.iter().for_each(&mut *visit);
    }
    let single = [&query.filter, &query.having, &query.limit, &query.offset];
    single.into_iter().flatten().for_each(&mut *visit);
    query.from.iter().for_each(|item| each_in_from(item, visit));
    for entry in &query.range_table {
        match &entry.kind {
            RangeKind::Function { functions, .. } => {
                functions.iter().for_each(|function| visit(&function.expression))
            }
            RangeKind::Values { rows } => rows.iter().flatten().for_each(&mut *visit),
            _ => {}
        }
    }
    for window in &query.windows {
        for bound in [&window.frame.start, &window.frame.end] {
            if let FrameBound::Preceding(offset) | FrameBound::Following(offset) = bound {
                visit(offset);
            }
        }
    }
}

fn each_in_from<'a>(item: &'a FromItem, visit: &mut dyn FnMut(&'a Expression)) {
    if let FromItem::Join(join) = item {
        each_in_from(&join.left, visit);
        each_in_from(&join.right, visit);
        join.condition.iter().for_each(visit);
    }
}

/// As [`each_expression`], for changing them.
pub(crate) fn each_expression_mut(query: &mut Query, change: &mut dyn FnMut(&mut Expression)) {
    query.targets.iter_mut().chain(&mut query.returning).for_each(|target| change(&mut target.expression));
    if let Some(conflict) = &mut query.on_conflict
        && let Some(update) = &mut conflict.update
    {
        update.targets.iter_mut().for_each(|target| change(&mut target.expression));
        update.filter.iter_mut().for_each(&mut *change);
    }
    let single = [&mut query.filter, &mut query.having, &mut query.limit, &mut query.offset];
    single.into_iter().flatten().for_each(&mut *change);
    query.from.iter_mut().for_each(|item| each_in_from_mut(item, change));
    for entry in &mut query.range_table {
        match &mut entry.kind {
            RangeKind::Function { functions, .. } => {
                functions.iter_mut().for_each(|function| change(&mut function.expression))
            }
            RangeKind::Values { rows } => rows.iter_mut().flatten().for_each(&mut *change),
            _ => {}
        }
    }
    for window in &mut query.windows {
        for bound in [&mut window.frame.start, &mut window.frame.end] {
            if let FrameBound::Preceding(offset) | FrameBound::Following(offset) = bound {
                change(offset);
            }
        }
    }
}

fn each_in_from_mut(item: &mut FromItem, change: &mut dyn FnMut(&mut Expression)) {
    if let FromItem::Join(join) = item {
        each_in_from_mut(&mut join.left, change);
        each_in_from_mut(&mut join.right, change);
        join.condition.iter_mut().for_each(change);
    }
}

/// Calls `change` with each query that an expression contains, not with those within them.
pub(crate) fn each_sublink_mut(expression: &mut Expression, change: &mut dyn FnMut(&mut Query)) {
    if let Expression::SubLink(link) = expression {
        change(&mut link.query);
    }
    expression.for_each_child_mut(&mut |child| each_sublink_mut(child, change));
}

/// Calls `visit` with each variable of an expression that belongs to the query `depth` levels out, its subqueries included.
pub(crate) fn each_variable(expression: &Expression, depth: u32, visit: &mut dyn FnMut(Variable)) {
    if let Expression::Variable(variable) = expression
        && variable.levels_up == depth
    {
        visit(*variable);
    }
    if let Expression::SubLink(link) = expression {
        each_variable_of_query(&link.query, depth + 1, visit);
    }
    expression.for_each_child(&mut |child| each_variable(child, depth, visit));
}

/// Calls `visit` with each variable in a query, however deep, that belongs to the query `depth` levels out of it.
pub(crate) fn each_variable_of_query(query: &Query, depth: u32, visit: &mut dyn FnMut(Variable)) {
    each_expression(query, &mut |expression| each_variable(expression, depth, visit));
    for entry in &query.range_table {
        if let RangeKind::Subquery { query, .. } = &entry.kind {
            each_variable_of_query(query, depth + 1, visit);
        }
    }
    query.common_tables.iter().for_each(|table| each_variable_of_query(&table.query, depth + 1, visit));
}

/// Forgets where in the statement an expression was written, so that it equals others that mean the same.
pub(crate) fn forget_locations(expression: &mut Expression) {
    match expression {
        Expression::Constant(constant) => constant.location = u32::MAX,
        Expression::Variable(variable) => variable.location = u32::MAX,
        Expression::Function(call) => call.location = u32::MAX,
        Expression::Aggregate(call) => call.location = u32::MAX,
        Expression::Window(call) => call.location = u32::MAX,
        _ => {}
    }
    expression.for_each_child_mut(&mut forget_locations);
}

/// Replaces parts of an expression from the top down: where `change` gives something, that is taken and not looked into.
pub(crate) fn replace(
    expression: &mut Expression,
    change: &mut dyn FnMut(&mut Expression) -> error::Result<bool>,
) -> error::Result<()> {
    if change(expression)? {
        return Ok(());
    }
    let mut result = Ok(());
    expression.for_each_child_mut(&mut |child| {
        if result.is_ok() {
            result = replace(child, change);
        }
    });
    result
}

/// The parts of a condition that must all hold.
pub(crate) fn conjuncts(expression: Expression, into: &mut Vec<Expression>) {
    match expression {
        Expression::And(parts) => parts.into_iter().for_each(|part| conjuncts(part, into)),
        other => into.push(other),
    }
}

/// Calls `visit` with each of the [`conjuncts`] of a condition.
pub(crate) fn each_conjunct<'a>(expression: &'a Expression, visit: &mut dyn FnMut(&'a Expression)) {
    match expression {
        Expression::And(parts) => parts.iter().for_each(|part| each_conjunct(part, visit)),
        other => visit(other),
    }
}

/// One condition out of several; `None` for none.
pub(crate) fn conjunction(mut parts: Vec<Expression>) -> Option<Expression> {
    match parts.len() {
        0 | 1 => parts.pop(),
        _ => Some(Expression::And(parts)),
    }
}

/// Whether an expression gives another answer each time, or does something.
pub(crate) fn is_volatile(catalog: &dyn catalog::CatalogView, expression: &Expression) -> bool {
    expression.any(&mut |part| match part {
        Expression::Function(call) => {
            catalog.function(call.function).ok().flatten().is_none_or(|row| row.provolatile == b'v')
        }
        Expression::NextValue { .. } | Expression::SubLink(_) | Expression::SubPlan(_) => true,
        _ => false,
    })
}
