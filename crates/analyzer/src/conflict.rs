//! ON CONFLICT: which unique indexes decide, and what is done with the row that is there.

use catalog::{Index, Relation};
use common::{AttributeNumber, Oid};
use error::{Error, Result, error};
use nodes::expression::{Expression, Variable};
use nodes::query::{ConflictUpdate, OnConflict};
use parser::ast::{self, ConflictAction, ConflictTarget, IndexValue};

use crate::sort::without_locations;
use crate::walk::change;
use crate::{Analyzer, Clause};

impl Analyzer<'_> {
    /// `range` is the changed table, the only thing visible so far.
    pub fn on_conflict(
        &mut self,
        conflict: &ast::OnConflict,
        relation: &Relation,
        range: usize,
    ) -> Result<OnConflict> {
        let arbiters = match &conflict.target {
            None => {
                if let ConflictAction::Update { .. } = conflict.action {
                    let error = error!(
                        SYNTAX_ERROR,
                        "ON CONFLICT DO UPDATE requires inference specification or constraint name"
                    )
                    .hint("For example, ON CONFLICT (column_name).");
                    return self.fail(error, conflict.location);
                }
                Vec::new()
            }
            Some(ConflictTarget::Constraint { name, .. }) => vec![constraint_index(relation, name)?],
            Some(ConflictTarget::Columns { elements, filter, .. }) => {
                self.infer_arbiters(elements, filter.as_ref(), relation, range)?
            }
        };
        let alias = ast::Alias { name: "excluded".into(), columns: Vec::new() };
        let excluded = self.add_relation(relation, Some(&alias), false)?;
        let update = match &conflict.action {
            ConflictAction::Nothing => None,
            ConflictAction::Update { assignments, filter } => {
                self.level().range_table[range].required.update = true;
                let mut item = self.item_for(excluded, None, true);
                item.row_type = relation.row_type;
                // Plain column names mean the existing row; `excluded` must be said.
                self.level().namespace.push(item);
                let targets = self.assignments(assignments, relation)?;
                for target in &targets {
                    self.level().range_table[range].required.updated_columns.push(target.attribute);
                }
                let filter = match filter {
                    Some(filter) => {
                        Some(self.within(Clause::ConflictWhere, |this| this.condition(filter, "WHERE"))?)
                    }
                    None => None,
                };
                self.level().namespace.pop();
                Some(ConflictUpdate { targets, filter })
            }
        };
        // The proposed row is nobody's to read but ours.
        self.level().range_table[excluded].required = nodes::query::Privileges::default();
        Ok(OnConflict { arbiters, update, excluded })
    }

    fn infer_arbiters(
        &mut self,
        elements: &[ast::IndexElement],
        filter: Option<&ast::Expression>,
        relation: &Relation,
        range: usize,
    ) -> Result<Vec<Oid>> {
        let mut columns = Vec::new();
        let mut expressions = Vec::new();
        for element in elements {
            let value = match &element.value {
                IndexValue::Column(name) => match relation.column(name) {
                    Some(column) => {
                        columns.push(column.number);
                        continue;
                    }
                    None => {
                        let error = error!(UNDEFINED_COLUMN, "column \"{name}\" does not exist");
                        return self.fail(error, element.location);
                    }
                },
                IndexValue::Expression(value) => value,
            };
            let made = self.within(Clause::IndexExpression, |this| this.expression(value))?;
            match &made {
                Expression::Variable(Variable { attribute, .. }) if attribute.is_user() => {
                    columns.push(*attribute)
                }
                _ => expressions.push(at_range(&made, range, 0)),
            }
        }
        for column in &columns {
            self.level().range_table[range].required.selected_columns.push(*column);
            self.level().range_table[range].required.select = true;
        }
        let filter = match filter {
            Some(filter) => {
                let made = self.within(Clause::IndexPredicate, |this| this.condition(filter, "WHERE"))?;
                Some(at_range(&made, range, 0))
            }
            None => None,
        };
        let mut arbiters = Vec::new();
        for index in &relation.indexes {
            if index.is_unique
                && index.is_ready
                && self.fits(index, &columns, &expressions, filter.as_ref())?
            {
                if !index.is_immediate {
                    return Err(error!(
                        OBJECT_NOT_IN_PREREQUISITE_STATE,
                        "ON CONFLICT does not support deferrable unique constraints/exclusion constraints as arbiters"
                    ));
                }
                arbiters.push(index.oid);
            }
        }
        if arbiters.is_empty() {
            return Err(error!(
                INVALID_COLUMN_REFERENCE,
                "there is no unique or exclusion constraint matching the ON CONFLICT specification"
            ));
        }
        Ok(arbiters)
    }

    fn fits(
        &self,
        index: &Index,
        columns: &[AttributeNumber],
        expressions: &[Expression],
        filter: Option<&Expression>,
    ) -> Result<bool> {
        let keys = &index.columns[..index.key_count];
        let plain: Vec<_> = keys.iter().filter(|key| key.is_user()).collect();
        if !plain.iter().all(|key| columns.contains(key)) || !columns.iter().all(|key| keys.contains(key)) {
            return Ok(false);
        }
        let mut stored = Vec::new();
        for text in &index.expressions {
            stored.push(at_range(&nodes::text::read_expression(text)?, 0, 0));
        }
        if !stored.iter().all(|item| expressions.contains(item))
            || !expressions.iter().all(|item| stored.contains(item))
        {
            return Ok(false);
        }
        let Some(predicate) = &index.predicate else { return Ok(true) };
        let predicate = at_range(&nodes::text::read_expression(predicate)?, 0, 0);
        let Some(filter) = filter else { return Ok(false) };
        // The condition given must imply the index's: here, contain each of its parts.
        let given = parts(filter);
        Ok(parts(&predicate).iter().all(|part| given.contains(part)))
    }
}

fn parts(condition: &Expression) -> Vec<&Expression> {
    match condition {
        Expression::And(parts) => parts.iter().collect(),
        other => vec![other],
    }
}

/// The expression without places, its variables moved from one range table position to another.
fn at_range(expression: &Expression, from: usize, to: usize) -> Expression {
    let mut copy = without_locations(expression);
    change(&mut copy, 0, &mut |part, depth| {
        if let Expression::Variable(variable) = part {
            if variable.levels_up == depth && variable.range == from {
                variable.range = to;
            }
        }
    });
    copy
}

fn constraint_index(relation: &Relation, name: &str) -> Result<Oid> {
    // A unique constraint and its index share a name.
    let found = relation.indexes.iter().find(|index| &*index.name == name && index.is_unique);
    match found {
        Some(index) => Ok(index.oid),
        None => {
            let table = &relation.name;
            let error: Error =
                error!(UNDEFINED_OBJECT, "constraint \"{name}\" for table \"{table}\" does not exist");
            Err(error)
        }
    }
}
