//! Target lists: names of output columns and the expansion of stars.

use std::rc::Rc;

use common::AttributeNumber;
use error::{Result, error};
use nodes::expression::{DataType, Expression};
use nodes::query::{RangeKind, Target};
use parser::ast::{self, ExpressionKind, IndirectionStep, SqlValueFunction};
use types::oid;

use crate::walk::raise;
use crate::{Analyzer, Clause};

impl Analyzer<'_> {
    pub fn target_list(&mut self, items: &[ast::SelectTarget], clause: Clause) -> Result<Vec<Target>> {
        self.within(clause, |this| {
            let mut targets = Vec::new();
            for item in items {
                match this.star_columns(&item.value)? {
                    Some(columns) => {
                        for (name, value) in columns {
                            targets.push(this.target(value, name));
                        }
                    }
                    None => {
                        let value = this.expression(&item.value)?;
                        let name = item.name.as_deref().unwrap_or_else(|| column_name(&item.value)).into();
                        targets.push(this.target(value, name));
                    }
                }
            }
            Ok(targets)
        })
    }

    fn target(&self, expression: Expression, name: Rc<str>) -> Target {
        let origin = self.origin(&expression);
        Target { expression, name, attribute: AttributeNumber::WHOLE_ROW, hidden: false, origin }
    }

    /// The table column that an expression is, if it is just that.
    fn origin(&self, expression: &Expression) -> Option<(common::Oid, AttributeNumber)> {
        let Expression::Variable(variable) = expression else { return None };
        let level = self.levels.len().checked_sub(variable.levels_up as usize + 1)?;
        match &self.levels[level].range_table.get(variable.range)?.kind {
            RangeKind::Relation { relation, .. } if variable.attribute != AttributeNumber::WHOLE_ROW => {
                Some((*relation, variable.attribute))
            }
            RangeKind::Subquery { query, view: None } if variable.attribute.is_user() => {
                query.output().nth(variable.attribute.index())?.origin
            }
            _ => None,
        }
    }

    /// The columns that `*`, `t.*` or `(row).*` stands for; `None` for anything else.
    pub fn star_columns(&mut self, value: &ast::Expression) -> Result<Option<Vec<(Rc<str>, Expression)>>> {
        let location = value.location;
        match &value.kind {
            ExpressionKind::ColumnRef(reference) if reference.has_star => {
                let fields: Vec<&str> = reference.fields.iter().map(String::as_str).collect();
                let (schema, table) = match fields.as_slice() {
                    [] => return self.all_columns(location).map(Some),
                    [table] => (None, *table),
                    [schema, table] => (Some(*schema), *table),
                    [database, schema, table] => {
                        self.check_database(database, &reference.fields, location)?;
                        (Some(*schema), *table)
                    }
                    _ => {
                        let name = format!("{}.*", fields.join("."));
                        let error =
                            error!(SYNTAX_ERROR, "improper qualified name (too many dotted names): {name}");
                        return self.fail(error, location);
                    }
                };
                let Some((item, levels_up)) = self.find_item(schema, table, location)? else {
                    // `a.*` may expand a composite column.
                    if schema.is_none() {
                        if let Some(column) = self.look_up_column(table, location)? {
                            return self.composite_columns(column, location).map(Some);
                        }
                    }
                    return self.missing_table(schema, table, location);
                };
                let columns: Vec<_> = item
                    .live_columns()
                    .map(|column| {
                        let value = raise(column.expression, levels_up);
                        (column.name, crate::column::placed(value, location))
                    })
                    .collect();
                columns.iter().for_each(|(_, value)| self.mark_selected(value));
                self.mark_any_selected(item.range, levels_up);
                Ok(Some(columns))
            }
            ExpressionKind::Indirection { operand, steps }
                if matches!(steps.last(), Some(IndirectionStep::Star)) =>
            {
                let rest = &steps[..steps.len() - 1];
                let row = match rest.is_empty() {
                    true => self.expression(operand)?,
                    false => {
                        let kind =
                            ExpressionKind::Indirection { operand: operand.clone(), steps: rest.to_vec() };
                        self.expression(&ast::Expression { kind, location })?
                    }
                };
                self.composite_columns(row, location).map(Some)
            }
            _ => Ok(None),
        }
    }

    /// A table without columns is still read.
    fn mark_any_selected(&mut self, range: usize, levels_up: u32) {
        let at = self.levels.len().saturating_sub(levels_up as usize + 1);
        let entry = self.levels.get_mut(at).and_then(|level| level.range_table.get_mut(range));
        if let Some(entry) = entry.filter(|entry| matches!(entry.kind, RangeKind::Relation { .. })) {
            entry.required.select = true;
        }
    }

    fn all_columns(&mut self, location: u32) -> Result<Vec<(Rc<str>, Expression)>> {
        let items: Vec<_> =
            self.level().namespace.iter().filter(|item| item.are_columns_visible).cloned().collect();
        if items.is_empty() {
            let error = error!(SYNTAX_ERROR, "SELECT * with no tables specified is not valid");
            return self.fail(error, location);
        }
        let mut columns = Vec::new();
        for item in items {
            for column in item.live_columns() {
                columns.push((column.name, crate::column::placed(column.expression, location)));
            }
            if !item.is_join {
                self.mark_any_selected(item.range, 0);
            }
        }
        for (_, value) in &columns {
            self.mark_selected(value);
        }
        Ok(columns)
    }

    fn composite_columns(&mut self, row: Expression, location: u32) -> Result<Vec<(Rc<str>, Expression)>> {
        if let Expression::Row { fields, .. } = row {
            let named = fields.into_iter().enumerate();
            return Ok(named.map(|(at, field)| (format!("f{}", at + 1).into(), field)).collect());
        }
        let data_type = row.data_type().oid;
        let base = crate::coerce::base_type(data_type, self.catalog)?;
        let found = self.catalog.data_type(base)?.filter(|found| found.typrelid.is_valid());
        let relation = match found {
            Some(found) => self.catalog.relation(found.typrelid)?,
            None => None,
        };
        let Some(relation) = relation else {
            if let Expression::Variable(variable) = &row {
                if variable.attribute == AttributeNumber::WHOLE_ROW {
                    return self.columns_of_range(variable);
                }
            }
            let error = match data_type {
                oid::RECORD => error!(WRONG_OBJECT_TYPE, "record type has not been registered"),
                _ => {
                    let name = self.type_text(data_type)?;
                    error!(WRONG_OBJECT_TYPE, "type {name} is not composite")
                }
            };
            return self.fail(error, location);
        };
        let field = |column: &catalog::RelationColumn| {
            let data_type =
                DataType { oid: column.data_type, modifier: column.modifier, collation: column.collation };
            let field = column.number.index();
            let value = Expression::Field { argument: Box::new(row.clone()), field, data_type };
            (column.name.clone(), value)
        };
        Ok(relation.live_columns().map(field).collect())
    }

    fn columns_of_range(
        &mut self,
        variable: &nodes::expression::Variable,
    ) -> Result<Vec<(Rc<str>, Expression)>> {
        let at = self.levels.len().saturating_sub(variable.levels_up as usize + 1);
        let entry = self.levels.get(at).and_then(|level| level.range_table.get(variable.range));
        let columns = entry.map_or(&[][..], |entry| &entry.columns);
        let made = columns.iter().enumerate().filter(|(_, column)| !column.dropped).map(|(at, column)| {
            let attribute = AttributeNumber::from_index(at);
            let value = nodes::expression::Variable { attribute, data_type: column.data_type, ..*variable };
            (column.name.clone(), Expression::Variable(value))
        });
        Ok(made.collect())
    }
}

/// The name of an output column that was given none.
pub(crate) fn column_name(value: &ast::Expression) -> &str {
    guess(value).map_or("?column?", |(name, _)| name)
}

/// A name and whether it is a good one: a cast's type is only second best.
fn guess(value: &ast::Expression) -> Option<(&str, bool)> {
    fn good(name: &str) -> Option<(&str, bool)> {
        Some((name, true))
    }
    match &value.kind {
        ExpressionKind::ColumnRef(reference) => good(reference.fields.last()?),
        ExpressionKind::Indirection { operand, steps } => {
            let field = steps.iter().rev().find_map(|step| match step {
                IndirectionStep::Field(name) => Some(name),
                _ => None,
            });
            match field {
                Some(name) => good(name),
                None => guess(operand),
            }
        }
        ExpressionKind::FunctionCall(call) => good(call.name.parts.last()?),
        ExpressionKind::Cast { operand, type_name } => match guess(operand) {
            Some((name, true)) => Some((name, true)),
            _ => type_name.name.last().map(|name| (name.as_str(), false)),
        },
        ExpressionKind::Collate { operand, .. } => guess(operand),
        ExpressionKind::NullIf { .. } => good("nullif"),
        ExpressionKind::Coalesce(_) => good("coalesce"),
        ExpressionKind::Greatest(_) => good("greatest"),
        ExpressionKind::Least(_) => good("least"),
        ExpressionKind::Grouping(_) => good("grouping"),
        ExpressionKind::MergeAction => good("merge_action"),
        ExpressionKind::Row { .. } => good("row"),
        ExpressionKind::Array(_) => good("array"),
        ExpressionKind::Case(case) => match case.otherwise.as_ref().and_then(guess) {
            Some((name, true)) => Some((name, true)),
            _ => Some(("case", false)),
        },
        ExpressionKind::Sublink(link) => match link.kind {
            ast::SublinkKind::Exists => good("exists"),
            ast::SublinkKind::Array => good("array"),
            ast::SublinkKind::Scalar => first_output(&link.query).map(|name| (name, true)),
            ast::SublinkKind::Any | ast::SublinkKind::All => None,
        },
        ExpressionKind::SqlValueFunction { function, .. } => good(match function {
            SqlValueFunction::CurrentDate => "current_date",
            SqlValueFunction::CurrentTime => "current_time",
            SqlValueFunction::CurrentTimestamp => "current_timestamp",
            SqlValueFunction::LocalTime => "localtime",
            SqlValueFunction::LocalTimestamp => "localtimestamp",
            SqlValueFunction::CurrentRole => "current_role",
            SqlValueFunction::CurrentUser => "current_user",
            SqlValueFunction::User => "user",
            SqlValueFunction::SessionUser => "session_user",
            SqlValueFunction::SystemUser => "system_user",
            SqlValueFunction::CurrentCatalog => "current_catalog",
            SqlValueFunction::CurrentSchema => "current_schema",
        }),
        _ => None,
    }
}

/// A scalar subquery is called like its column.
fn first_output(query: &ast::SelectStatement) -> Option<&str> {
    match &query.body {
        ast::SelectBody::Select(core) => {
            let target = core.targets.first()?;
            match &target.name {
                Some(name) => Some(name),
                None => guess(&target.value).map(|(name, _)| name),
            }
        }
        ast::SelectBody::Values(_) => Some("column1"),
        ast::SelectBody::SetOperation(operation) => first_output(&operation.left),
    }
}
