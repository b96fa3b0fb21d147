//! UPDATE, and the assignments that ON CONFLICT shares with it.

use catalog::{Relation, RelationColumn};
use error::{Result, error};
use nodes::Query;
use nodes::expression::Expression;
use nodes::query::{Command, FromItem, Target};
use parser::ast::{self, Assignment, ExpressionKind, SublinkKind};
use types::Value;

use crate::expression::start;
use crate::insert::{assigned, column_type};
use crate::{Analyzer, Clause};

impl Analyzer<'_> {
    pub fn update_statement(&mut self, update: &ast::UpdateStatement) -> Result<Query> {
        self.nested(|this| this.update(update))
    }

    fn update(&mut self, update: &ast::UpdateStatement) -> Result<Query> {
        let mut query = Query::new(Command::Update);
        if let Some(with) = &update.with {
            self.with_clause(with)?;
            query.recursive = with.is_recursive;
        }
        let relation = self.target_relation(&update.table, "update")?;
        let range = self.changed_relation(&relation, &update.table)?;
        self.level().range_table[range].required.update = true;
        query.result_relation = Some(range);
        query.from = self.items_beside_target(range, &update.from)?;
        query.filter = match &update.filter {
            Some(filter) => Some(self.within(Clause::Where, |this| this.condition(filter, "WHERE"))?),
            None => None,
        };
        query.returning = self.returning(update.returning.as_ref())?;
        query.targets = self.assignments(&update.assignments, &relation)?;
        for target in &query.targets {
            self.level().range_table[range].required.updated_columns.push(target.attribute);
        }
        self.finish(&mut query)?;
        Ok(query)
    }

    /// Adds the table that UPDATE or DELETE changes and makes it visible.
    pub fn changed_relation(&mut self, relation: &Relation, table: &ast::RelationReference) -> Result<usize> {
        let range = self.add_relation(relation, table.alias.as_ref(), !table.with_children)?;
        let mut item = self.item_for(range, table.alias.is_none().then_some(relation.oid), true);
        item.row_type = relation.row_type;
        self.level().namespace.push(item);
        Ok(range)
    }

    /// FROM or USING beside the changed table, which joins as its first member.
    pub fn items_beside_target(
        &mut self,
        range: usize,
        items: &[ast::TableReference],
    ) -> Result<Vec<FromItem>> {
        // The items of FROM cannot see the changed table, not even LATERAL ones.
        for item in &mut self.level().namespace {
            (item.lateral_only, item.lateral_allowed) = (true, false);
        }
        let mut from = vec![FromItem::Range(range)];
        from.extend(self.read_from(items)?);
        Ok(from)
    }

    pub fn assignments(&mut self, written: &[Assignment], relation: &Relation) -> Result<Vec<Target>> {
        let mut targets: Vec<Target> = Vec::new();
        for assignment in written {
            match assignment {
                Assignment::Single { target, value } => {
                    let column = self.assigned_column(relation, target)?;
                    let value = self.assigned_value(value, column)?;
                    self.add_assignment(&mut targets, column, value, target)?;
                }
                Assignment::Multiple { targets: columns, source } => {
                    self.multiple_assignment(&mut targets, columns, source, relation)?;
                }
            }
        }
        targets.sort_by_key(|target| target.attribute);
        Ok(targets)
    }

    fn multiple_assignment(
        &mut self,
        targets: &mut Vec<Target>,
        columns: &[ast::ColumnTarget],
        source: &ast::Expression,
        relation: &Relation,
    ) -> Result<()> {
        let wrong_count = || error!(SYNTAX_ERROR, "number of columns does not match number of values");
        match &source.kind {
            ExpressionKind::Row { fields, .. } => {
                if fields.len() != columns.len() {
                    return self.fail(wrong_count(), start(source));
                }
                for (target, field) in columns.iter().zip(fields) {
                    let column = self.assigned_column(relation, target)?;
                    let value = self.assigned_value(field, column)?;
                    self.add_assignment(targets, column, value, target)?;
                }
            }
            ExpressionKind::Sublink(link) if link.kind == SublinkKind::Scalar => {
                self.level().has_sublinks = true;
                let query = self.within(Clause::UpdateSource, |this| {
                    this.nested(|this| this.select_query(&link.query, true))
                })?;
                if query.output().count() != columns.len() {
                    return self.fail(wrong_count(), source.location);
                }
                for (at, target) in columns.iter().enumerate() {
                    let column = self.assigned_column(relation, target)?;
                    let value = crate::sublink::scalar_column(&query, at, source.location);
                    let value = self.assign(value, column, source.location)?;
                    self.add_assignment(targets, column, Some(value), target)?;
                }
            }
            _ if columns.len() == 1 => {
                let column = self.assigned_column(relation, &columns[0])?;
                let value = self.assigned_value(source, column)?;
                self.add_assignment(targets, column, value, &columns[0])?;
            }
            _ => {
                let error = error!(
                    FEATURE_NOT_SUPPORTED,
                    "source for a multiple-column UPDATE item must be a sub-SELECT or ROW() expression"
                );
                return self.fail(error, start(source));
            }
        }
        Ok(())
    }

    /// `None` is DEFAULT.
    fn assigned_value(
        &mut self,
        written: &ast::Expression,
        column: &RelationColumn,
    ) -> Result<Option<Expression>> {
        if let ExpressionKind::Default = written.kind {
            return Ok(None);
        }
        let value = self.within(Clause::UpdateSource, |this| this.expression(written))?;
        self.assign(value, column, start(written)).map(Some)
    }

    fn add_assignment(
        &mut self,
        targets: &mut Vec<Target>,
        column: &RelationColumn,
        value: Option<Expression>,
        target: &ast::ColumnTarget,
    ) -> Result<()> {
        let name = &column.name;
        if targets.iter().any(|other| other.attribute == column.number) {
            return Err(error!(SYNTAX_ERROR, "multiple assignments to same column \"{name}\""));
        }
        let only_default = match (column.generated != 0, column.identity) {
            (true, _) => Some(format!("Column \"{name}\" is a generated column.")),
            (false, b'a') => {
                Some(format!("Column \"{name}\" is an identity column defined as GENERATED ALWAYS."))
            }
            _ => None,
        };
        let value = match (value, only_default) {
            (Some(_), Some(detail)) => {
                let error = error!(GENERATED_ALWAYS, "column \"{name}\" can only be updated to DEFAULT")
                    .detail(detail);
                return self.fail(error, crate::NO_LOCATION);
            }
            (Some(value), None) => value,
            // A generated column is computed anyway.
            (None, _) if column.generated != 0 => return Ok(()),
            (None, _) => match self.default_value(column)? {
                Some(value) => value,
                None => Expression::constant(Value::Null, column_type(column)),
            },
        };
        debug_assert!(target.indirection.is_empty());
        targets.push(assigned(column, value));
        Ok(())
    }
}
