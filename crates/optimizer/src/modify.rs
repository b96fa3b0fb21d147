//! INSERT, UPDATE and DELETE: the rows to be changed, and what is done with them.

use std::rc::Rc;

use catalog::Relation;
use error::{Error, Result};
use nodes::Expression;
use nodes::expression::{DataType, Variable};
use nodes::plan::{ModifyTable, Plan, PlanNode, PlannedConflict, RowMark};
use nodes::query::{Command, FromItem, OnConflict, Query, Target};
use types::Value;

use crate::cost;
use crate::from::{FromPlanner, address_slot, ranges_in};
use crate::level::{Global, Level};
use crate::select::{plan_from, prepare, prepared, project};
use crate::slots::{Slot, resolve};
use crate::walk;

pub(crate) fn plan_modification(global: &Global<'_>, level: &Level<'_>, mut query: Query) -> Result<Plan> {
    let target = query.result_relation.ok_or_else(|| Error::internal("nothing to be modified"))?;
    if query.command == Command::Insert {
        query.from.retain(|item| *item != FromItem::Range(target));
    } else if !query.from.iter().any(|item| ranges_in(item).contains(&target)) {
        query.from.insert(0, FromItem::Range(target));
    }
    let ctid = address_slot(target);
    // A row that somebody else changed is put together again from the same rows of all tables.
    let tables = if query.command == Command::Insert { Vec::new() } else { FromPlanner::addresses(&query) };
    let planner = FromPlanner::new(global, level, &query, &tables);
    let relation =
        planner.relation(target)?.ok_or_else(|| Error::internal("a modified entry is no table"))?;
    let part = plan_from(&planner)?;

    // The input row: new values, the old row's address, then what RETURNING wants of other entries.
    let mut expressions = Vec::new();
    for item in &query.targets {
        let mut expression = prepared(&planner, &item.expression)?;
        resolve(&mut expression, &part.slots)?;
        expressions.push(expression);
    }
    let address = if query.command == Command::Insert {
        None
    } else {
        let at = part.slots.iter().position(|slot| slot.range == target && slot.attribute == ctid.attribute);
        let at = at.ok_or_else(|| Error::internal("the address of the row to be modified is missing"))?;
        expressions.push(Expression::column(at, ctid.data_type));
        Some(expressions.len() - 1)
    };
    let mut others = Vec::new();
    let mut marks = Vec::new();
    for slot in &tables {
        let address = if slot.range == target {
            expressions.len() - 1
        } else {
            let mut column = Expression::Variable(slot.variable());
            resolve(&mut column, &part.slots)?;
            others.push(column);
            expressions.len() + others.len() - 1
        };
        marks.push(RowMark { mark: level.mark(slot.range), address });
    }
    expressions.append(&mut others);
    let mut carried: Vec<(Slot, usize)> = Vec::new();
    for item in &query.returning {
        walk::each_variable(&item.expression, 0, &mut |variable| {
            let slot = Slot::of(&variable);
            let known = carried.iter().any(|(other, _)| other.is(&variable));
            if slot.range != target && !known {
                carried.push((slot, 0));
            }
        });
    }
    for (slot, at) in &mut carried {
        let found = part
            .slots
            .iter()
            .position(|other| other.range == slot.range && other.attribute == slot.attribute);
        let found = found.ok_or_else(|| Error::internal("RETURNING names an entry that is not joined"))?;
        *at = expressions.len();
        expressions.push(Expression::column(found, slot.data_type));
    }
    let input = project(global, part.plan, expressions, query.has_set_functions);

    let width = relation.columns.len();
    let values = match query.command {
        Command::Insert => new_row(&relation, &query.targets, 0, None),
        Command::Update => new_row(&relation, &query.targets, width, Some(())),
        _ => Vec::new(),
    };
    let changed = query.targets.iter().map(|item| item.attribute).filter(|number| number.is_user()).collect();
    let mut returning = Vec::new();
    let mut output = Vec::new();
    for item in &query.returning {
        let mut expression = prepared(&planner, &item.expression)?;
        output.push(expression.data_type());
        over_row(&mut expression, target, &relation, &carried)?;
        returning.push(expression);
    }
    let on_conflict = match &query.on_conflict {
        Some(conflict) => Some(plan_conflict(global, level, &relation, target, conflict)?),
        None => None,
    };
    let rows = if returning.is_empty() { 0.0 } else { input.estimate.rows };
    let below = input.estimate;
    let node = PlanNode::ModifyTable(Box::new(ModifyTable {
        operation: query.command,
        relation: relation.oid,
        alias: query.range_table[target].name.clone(),
        input: Rc::new(input),
        values,
        address,
        marks,
        changed,
        on_conflict,
        returning,
    }));
    let mut plan = cost::over(below, node, output, rows, 0.01);
    plan.estimate.rows = rows;
    Ok(plan)
}

/// For each column of the table: the value that the statement gives it, else its old value (`keep`) or null.
fn new_row(relation: &Relation, targets: &[Target], input_start: usize, keep: Option<()>) -> Vec<Expression> {
    relation
        .columns
        .iter()
        .enumerate()
        .map(|(at, column)| {
            let data_type =
                DataType { oid: column.data_type, modifier: column.modifier, collation: column.collation };
            match targets.iter().position(|target| target.attribute == column.number) {
                Some(target) => Expression::column(input_start + target, data_type),
                None if keep.is_some() => Expression::column(at, data_type),
                None => Expression::constant(Value::Null, data_type),
            }
        })
        .collect()
}

/// Variables of the modified table become columns of its row, others columns of the input row behind it.
fn over_row(
    expression: &mut Expression,
    target: usize,
    relation: &Relation,
    carried: &[(Slot, usize)],
) -> Result<()> {
    let width = relation.columns.len();
    walk::replace(expression, &mut |part| {
        let Expression::Variable(variable) = part else { return Ok(false) };
        let index = if variable.range == target {
            row_column(relation, variable)?
        } else {
            let found = carried.iter().find(|(slot, _)| slot.is(variable)).map(|(_, at)| width + at);
            found.ok_or_else(|| Error::internal("RETURNING names an entry that is not joined"))?
        };
        *part = Expression::column(index, variable.data_type);
        Ok(true)
    })
}

fn row_column(relation: &Relation, variable: &Variable) -> Result<usize> {
    if !variable.attribute.is_user() || variable.attribute.index() >= relation.columns.len() {
        return Err(Error::unsupported("system columns in RETURNING are not supported yet"));
    }
    Ok(variable.attribute.index())
}

/// DO UPDATE: over the existing row followed by the proposed one.
fn plan_conflict(
    global: &Global<'_>,
    level: &Level<'_>,
    relation: &Relation,
    target: usize,
    conflict: &OnConflict,
) -> Result<PlannedConflict> {
    let width = relation.columns.len();
    let over_both = |expression: &Expression| -> Result<Expression> {
        let mut expression = expression.clone();
        prepare(global, level, &mut expression)?;
        walk::replace(&mut expression, &mut |part| {
            let Expression::Variable(variable) = part else { return Ok(false) };
            let at = row_column(relation, variable)?;
            let index = match variable.range {
                range if range == target => at,
                range if range == conflict.excluded => width + at,
                _ => return Err(Error::internal("ON CONFLICT names another table")),
            };
            *part = Expression::column(index, variable.data_type);
            Ok(true)
        })?;
        Ok(expression)
    };
    let mut values = Vec::new();
    let mut changed = Vec::new();
    let mut filter = None;
    if let Some(update) = &conflict.update {
        for column in &relation.columns {
            let data_type =
                DataType { oid: column.data_type, modifier: column.modifier, collation: column.collation };
            values.push(match update.targets.iter().find(|item| item.attribute == column.number) {
                Some(item) => {
                    changed.push(column.number);
                    over_both(&item.expression)?
                }
                None => Expression::column(column.number.index(), data_type),
            });
        }
        filter = update.filter.as_ref().map(over_both).transpose()?;
    }
    Ok(PlannedConflict { source: conflict.clone(), values, changed, filter })
}
