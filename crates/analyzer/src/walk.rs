//! Walks over expressions and the queries inside them, keeping count of query levels.

use nodes::expression::{Expression, Variable};
use nodes::query::{FrameBound, FromItem, Query, RangeKind};

/// Calls `visit` on every expression below this one, and on itself, with its depth in nested queries.
pub(crate) fn walk<'a>(expression: &'a Expression, depth: u32, visit: &mut dyn FnMut(&'a Expression, u32)) {
    visit(expression, depth);
    expression.for_each_child(&mut |child| walk(child, depth, visit));
    if let Expression::SubLink(link) = expression {
        walk_query(&link.query, depth + 1, visit);
    }
}

/// The same for all expressions of a query.
pub(crate) fn walk_query<'a>(query: &'a Query, depth: u32, visit: &mut dyn FnMut(&'a Expression, u32)) {
    let mut each = |expression: &'a Expression| walk(expression, depth, visit);
    query.targets.iter().chain(&query.returning).for_each(|target| each(&target.expression));
    query.filter.iter().chain(&query.having).chain(&query.limit).chain(&query.offset).for_each(&mut each);
    for item in &query.from {
        walk_from(item, &mut each);
    }
    for window in &query.windows {
        for bound in [&window.frame.start, &window.frame.end] {
            if let FrameBound::Preceding(offset) | FrameBound::Following(offset) = bound {
                each(offset);
            }
        }
    }
    if let Some(update) = query.on_conflict.as_ref().and_then(|conflict| conflict.update.as_ref()) {
        update.targets.iter().for_each(|target| each(&target.expression));
        update.filter.iter().for_each(&mut each);
    }
    for entry in &query.range_table {
        match &entry.kind {
            RangeKind::Subquery { query, .. } => walk_query(query, depth + 1, visit),
            RangeKind::Function { functions, .. } => {
                functions.iter().for_each(|function| walk(&function.expression, depth, visit));
            }
            RangeKind::Values { rows } => rows.iter().flatten().for_each(|value| walk(value, depth, visit)),
            RangeKind::Relation { .. }
            | RangeKind::CommonTable { .. }
            | RangeKind::Join { .. }
            | RangeKind::Empty => {}
        }
    }
    for table in &query.common_tables {
        walk_query(&table.query, depth + 1, visit);
    }
}

fn walk_from<'a>(item: &'a FromItem, each: &mut dyn FnMut(&'a Expression)) {
    if let FromItem::Join(join) = item {
        walk_from(&join.left, each);
        walk_from(&join.right, each);
        join.condition.iter().for_each(each);
    }
}

/// Calls `change` on every expression of a tree, children first, with its depth in nested queries.
pub(crate) fn change(expression: &mut Expression, depth: u32, with: &mut dyn FnMut(&mut Expression, u32)) {
    expression.for_each_child_mut(&mut |child| change(child, depth, with));
    if let Expression::SubLink(link) = expression {
        change_query(&mut link.query, depth + 1, with);
    }
    with(expression, depth);
}

/// The same for all expressions of a query.
pub(crate) fn change_query(query: &mut Query, depth: u32, with: &mut dyn FnMut(&mut Expression, u32)) {
    let mut each = |expression: &mut Expression| change(expression, depth, with);
    query.targets.iter_mut().chain(&mut query.returning).for_each(|target| each(&mut target.expression));
    query
        .filter
        .iter_mut()
        .chain(&mut query.having)
        .chain(&mut query.limit)
        .chain(&mut query.offset)
        .for_each(&mut each);
    for item in &mut query.from {
        change_from(item, &mut each);
    }
    for window in &mut query.windows {
        for bound in [&mut window.frame.start, &mut window.frame.end] {
            if let FrameBound::Preceding(offset) | FrameBound::Following(offset) = bound {
                each(offset);
            }
        }
    }
    if let Some(update) = query.on_conflict.as_mut().and_then(|conflict| conflict.update.as_mut()) {
        update.targets.iter_mut().for_each(|target| each(&mut target.expression));
        update.filter.iter_mut().for_each(&mut each);
    }
    for entry in &mut query.range_table {
        match &mut entry.kind {
            RangeKind::Subquery { query, .. } => change_query(query, depth + 1, with),
            RangeKind::Function { functions, .. } => {
                functions.iter_mut().for_each(|function| change(&mut function.expression, depth, with));
            }
            RangeKind::Values { rows } => {
                rows.iter_mut().flatten().for_each(|value| change(value, depth, with));
            }
            RangeKind::Join { columns } => columns.iter_mut().for_each(|column| change(column, depth, with)),
            RangeKind::Relation { .. } | RangeKind::CommonTable { .. } | RangeKind::Empty => {}
        }
    }
    for table in &mut query.common_tables {
        change_query(&mut table.query, depth + 1, with);
    }
}

fn change_from(item: &mut FromItem, each: &mut dyn FnMut(&mut Expression)) {
    if let FromItem::Join(join) = item {
        change_from(&mut join.left, each);
        change_from(&mut join.right, each);
        join.condition.iter_mut().for_each(each);
    }
}

/// Moves an expression `levels` queries further in.
pub(crate) fn raise(mut expression: Expression, levels: u32) -> Expression {
    if levels > 0 {
        change(&mut expression, 0, &mut |part, depth| match part {
            Expression::Variable(variable) if variable.levels_up >= depth => variable.levels_up += levels,
            Expression::Aggregate(call) if call.levels_up >= depth => call.levels_up += levels,
            _ => {}
        });
    }
    expression
}

/// The variables of this expression that belong to the query it stands in or to an outer one, with their level seen
/// from here.
pub(crate) fn variables<'a>(expression: &'a Expression, found: &mut dyn FnMut(&'a Variable, u32)) {
    walk(expression, 0, &mut |part, depth| {
        if let Expression::Variable(variable) = part {
            if variable.levels_up >= depth {
                found(variable, variable.levels_up - depth);
            }
        }
    });
}

/// Whether a variable of the query at hand, or an aggregate or window call, stands in the expression.
pub(crate) fn contains(expression: &Expression, test: &mut dyn FnMut(&Expression, u32) -> bool) -> bool {
    let mut found = false;
    walk(expression, 0, &mut |part, depth| found = found || test(part, depth));
    found
}

/// Moves a query one level further in: what it reads from outside is now one more level out.
pub(crate) fn raise_query(query: &mut Query) {
    change_query(query, 0, &mut |part, depth| match part {
        Expression::Variable(variable) if variable.levels_up > depth => variable.levels_up += 1,
        Expression::Aggregate(call) if call.levels_up > depth => call.levels_up += 1,
        Expression::SubLink(link) => raise_common_tables(&mut link.query, depth + 1),
        _ => {}
    });
    raise_common_tables(query, 0);
}

fn raise_common_tables(query: &mut Query, depth: u32) {
    for entry in &mut query.range_table {
        match &mut entry.kind {
            RangeKind::CommonTable { levels_up, .. } if *levels_up > depth => *levels_up += 1,
            RangeKind::Subquery { query, .. } => raise_common_tables(query, depth + 1),
            _ => {}
        }
    }
    for table in &mut query.common_tables {
        raise_common_tables(&mut table.query, depth + 1);
    }
}
