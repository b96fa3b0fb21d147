//! Column references: which item of FROM they mean, and what to say when they mean none.

use common::{AttributeNumber, Oid};
use error::{Error, Result, error};
use nodes::expression::{DataType, Expression, Variable};
use nodes::query::RangeKind;
use parser::ast::ColumnRef;
use types::oid;

use crate::level::NamespaceItem;
use crate::walk::raise;
use crate::{Analyzer, Clause};

impl Analyzer<'_> {
    pub fn column_reference(&mut self, reference: &ColumnRef, location: u32) -> Result<Expression> {
        let fields: Vec<&str> = reference.fields.iter().map(String::as_str).collect();
        match fields.as_slice() {
            [column] => self.plain_column(column, location),
            [table, column] => self.qualified_column(None, table, column, location),
            [schema, table, column] => self.qualified_column(Some(schema), table, column, location),
            [database, schema, table, column] => {
                self.check_database(database, &reference.fields, location)?;
                self.qualified_column(Some(schema), table, column, location)
            }
            _ => {
                let name = fields.join(".");
                let error = error!(SYNTAX_ERROR, "improper qualified name (too many dotted names): {name}");
                self.fail(error, location)
            }
        }
    }

    pub fn check_database(&self, database: &str, fields: &[String], location: u32) -> Result<()> {
        if database == self.settings.database {
            return Ok(());
        }
        let name = fields.join(".");
        let error = error!(FEATURE_NOT_SUPPORTED, "cross-database references are not implemented: {name}");
        self.fail(error, location)
    }

    fn plain_column(&mut self, column: &str, location: u32) -> Result<Expression> {
        if let Some(found) = self.look_up_column(column, location)? {
            return Ok(found);
        }
        // A table's name alone is its whole row.
        if let Some((item, levels_up)) = self.find_item(None, column, location)? {
            return self.whole_row(&item, levels_up, location);
        }
        let error = error!(UNDEFINED_COLUMN, "column \"{column}\" does not exist");
        let error = self.suggest_column(error, None, column);
        self.fail(error, location)
    }

    /// The column of this name that is visible without a qualifier, innermost level first.
    pub fn look_up_column(&mut self, column: &str, location: u32) -> Result<Option<Expression>> {
        for levels_up in 0..self.levels.len() {
            let level = &self.levels[self.levels.len() - 1 - levels_up];
            let lateral = level.lateral;
            let mut found: Option<(NamespaceItem, Expression)> = None;
            for item in level.namespace.iter().filter(|item| item.are_columns_visible) {
                if item.lateral_only && !lateral {
                    continue;
                }
                let Some(expression) = self.column_of(item, column, levels_up as u32, location)? else {
                    continue;
                };
                if found.is_some() {
                    let error = error!(AMBIGUOUS_COLUMN, "column reference \"{column}\" is ambiguous");
                    return self.fail(error, location);
                }
                found = Some((item.clone(), expression));
            }
            if let Some((item, expression)) = found {
                self.check_lateral(&item, location)?;
                self.mark_selected(&expression);
                return Ok(Some(expression));
            }
        }
        Ok(None)
    }

    fn qualified_column(
        &mut self,
        schema: Option<&str>,
        table: &str,
        column: &str,
        location: u32,
    ) -> Result<Expression> {
        let Some((item, levels_up)) = self.find_item(schema, table, location)? else {
            return self.missing_table(schema, table, location);
        };
        if let Some(found) = self.column_of(&item, column, levels_up, location)? {
            self.mark_selected(&found);
            return Ok(found);
        }
        let row = self.whole_row(&item, levels_up, location)?;
        if let Some(call) = self.functional_column(column, row, location)? {
            return Ok(call);
        }
        let error = error!(UNDEFINED_COLUMN, "column {table}.{column} does not exist");
        let error = self.suggest_column(error, Some(table), column);
        self.fail(error, location)
    }

    /// A column of an item, seen from `levels_up` queries further in.
    pub fn column_of(
        &self,
        item: &NamespaceItem,
        column: &str,
        levels_up: u32,
        location: u32,
    ) -> Result<Option<Expression>> {
        let mut hits = item.live_names().filter(|(_, name)| ***name == *column);
        if let Some((at, _)) = hits.next() {
            if hits.next().is_some() {
                let error = error!(AMBIGUOUS_COLUMN, "column reference \"{column}\" is ambiguous");
                return self.fail(error, location);
            }
            return Ok(Some(placed(raise(item.expression(at), levels_up), location)));
        }
        if item.is_join {
            return Ok(None);
        }
        let Some((number, data_type)) = system_column(column) else { return Ok(None) };
        let level = &self.levels[self.levels.len() - 1 - levels_up as usize];
        let has_system_columns = match level.range_table.get(item.range).map(|entry| &entry.kind) {
            Some(RangeKind::Relation { relation, .. }) => {
                let relation = self.catalog.relation(*relation)?;
                relation.is_some_and(|relation| relation.kind != catalog::RelationKind::View)
            }
            _ => false,
        };
        if !has_system_columns {
            return Ok(None);
        }
        if level.clause == Clause::Check && number != AttributeNumber::TABLEOID {
            let error = error!(
                INVALID_COLUMN_REFERENCE,
                "system column \"{column}\" reference in check constraint is invalid"
            );
            return self.fail(error, location);
        }
        if level.clause == Clause::Generated && number != AttributeNumber::TABLEOID {
            let error = error!(
                INVALID_COLUMN_REFERENCE,
                "cannot use system column \"{column}\" in column generation expression"
            );
            return self.fail(error, location);
        }
        Ok(Some(Expression::Variable(Variable {
            range: item.range,
            attribute: number,
            levels_up,
            data_type: DataType::new(data_type),
            location,
        })))
    }

    /// The item that `table` or `schema.table` names, and how many levels out.
    pub fn find_item(
        &self,
        schema: Option<&str>,
        table: &str,
        location: u32,
    ) -> Result<Option<(NamespaceItem, u32)>> {
        let wanted = match schema {
            None => None,
            Some(schema) => {
                let Some(namespace) = self.catalog.namespace_by_name(schema)? else { return Ok(None) };
                match self.catalog.relation_by_name(namespace, table)? {
                    Some(found) => Some(found),
                    None => return Ok(None),
                }
            }
        };
        for (levels_up, level) in self.levels.iter().rev().enumerate() {
            let mut found: Option<&NamespaceItem> = None;
            for item in level.namespace.iter().filter(|item| item.is_table_visible) {
                if item.lateral_only && !level.lateral {
                    continue;
                }
                let fits = match wanted {
                    Some(wanted) => item.relation == Some(wanted),
                    None => *item.name == *table,
                };
                if !fits {
                    continue;
                }
                if found.is_some() {
                    let error = error!(AMBIGUOUS_ALIAS, "table reference \"{table}\" is ambiguous");
                    return self.fail(error, location);
                }
                found = Some(item);
            }
            if let Some(found) = found {
                self.check_lateral(found, location)?;
                return Ok(Some((found.clone(), levels_up as u32)));
            }
        }
        Ok(None)
    }

    fn check_lateral(&self, item: &NamespaceItem, location: u32) -> Result<()> {
        if !item.lateral_only || item.lateral_allowed {
            return Ok(());
        }
        let name = &item.name;
        let error =
            error!(INVALID_COLUMN_REFERENCE, "invalid reference to FROM-clause entry for table \"{name}\"")
                .detail("The combining JOIN type must be INNER or LEFT for a LATERAL reference.");
        self.fail(error, location)
    }

    pub fn missing_table<T>(&self, schema: Option<&str>, table: &str, location: u32) -> Result<T> {
        let mut hidden = None;
        for level in self.levels.iter().rev() {
            for (range, entry) in level.range_table.iter().enumerate() {
                let is_visible =
                    level.namespace.iter().any(|item| item.range == range && item.is_table_visible);
                if *entry.name == *table && !matches!(entry.kind, RangeKind::Empty) {
                    hidden = Some((entry.name.clone(), is_visible, true));
                    break;
                }
                if let RangeKind::Relation { relation, .. } = &entry.kind {
                    let found = self.catalog.relation(*relation)?;
                    if schema.is_none() && found.is_some_and(|found| *found.name == *table) {
                        hidden = hidden.or(Some((entry.name.clone(), is_visible, false)));
                    }
                }
            }
            if hidden.is_some() {
                break;
            }
        }
        let error = match hidden {
            None => error!(UNDEFINED_TABLE, "missing FROM-clause entry for table \"{table}\""),
            Some((alias, is_visible, same_name)) => {
                let error =
                    error!(UNDEFINED_TABLE, "invalid reference to FROM-clause entry for table \"{table}\"");
                match (same_name, is_visible) {
                    (false, true) => {
                        error.hint(format!("Perhaps you meant to reference the table alias \"{alias}\"."))
                    }
                    _ => {
                        let error = error.detail(format!(
                            "There is an entry for table \"{alias}\", but it cannot be referenced from this part of the query."
                        ));
                        let could_be_lateral = self.levels.iter().rev().any(|level| {
                            level.namespace.iter().any(|item| item.name == alias && item.lateral_only)
                        });
                        match could_be_lateral {
                            true => error
                                .hint("To reference that table, you must mark this subquery with LATERAL."),
                            false => error,
                        }
                    }
                }
            }
        };
        self.fail(error, location)
    }

    /// A reference to all of an item's row.
    pub fn whole_row(&mut self, item: &NamespaceItem, levels_up: u32, location: u32) -> Result<Expression> {
        let row = if item.is_join {
            let fields = item.live_columns().map(|column| raise(column.expression, levels_up)).collect();
            Expression::Row { fields, data_type: DataType::new(oid::RECORD) }
        } else if let (true, Some((only, _))) = (item.is_scalar, item.live_names().next()) {
            placed(raise(item.expression(only), levels_up), location)
        } else {
            Expression::Variable(Variable {
                range: item.range,
                attribute: AttributeNumber::WHOLE_ROW,
                levels_up,
                data_type: DataType::new(item.row_type),
                location,
            })
        };
        self.mark_selected(&row);
        Ok(row)
    }

    /// Notes that the columns in the expression are read, for the permission check.
    pub fn mark_selected(&mut self, expression: &Expression) {
        let count = self.levels.len();
        let mut used = Vec::new();
        crate::walk::variables(expression, &mut |variable, levels_up| {
            used.push((variable.range, variable.attribute, levels_up as usize));
        });
        for (range, attribute, levels_up) in used {
            let Some(level) = count.checked_sub(levels_up + 1).and_then(|at| self.levels.get_mut(at)) else {
                continue;
            };
            let Some(entry) = level.range_table.get_mut(range) else { continue };
            if matches!(entry.kind, RangeKind::Relation { .. }) {
                entry.required.select = true;
                if !entry.required.selected_columns.contains(&attribute) {
                    entry.required.selected_columns.push(attribute);
                }
            }
        }
    }

    /// Adds the hint about a column of a similar name, or about one that is out of reach.
    fn suggest_column(&self, error: Error, table: Option<&str>, column: &str) -> Error {
        let mut best: Vec<String> = Vec::new();
        let mut best_distance = MAX_FUZZY_DISTANCE + 1;
        let mut exact: Vec<String> = Vec::new();
        for level in self.levels.iter().rev() {
            for (range, entry) in level.range_table.iter().enumerate() {
                if matches!(entry.kind, RangeKind::Join { .. } | RangeKind::Empty) {
                    continue;
                }
                let table_distance = match table {
                    Some(table) => distance(table, &entry.name),
                    None => 0,
                };
                let names: Vec<&str> =
                    match level.namespace.iter().find(|item| item.range == range && !item.is_join) {
                        Some(item) => item.live_names().map(|(_, name)| &**name).collect(),
                        None => entry
                            .columns
                            .iter()
                            .filter(|column| !column.dropped)
                            .map(|column| &*column.name)
                            .collect(),
                    };
                for name in names {
                    let column_distance = distance(column, name);
                    let full = format!("{}.{name}", entry.name);
                    if column_distance == 0 && (table.is_none() || table_distance == 0) {
                        exact.push(entry.name.to_string());
                        continue;
                    }
                    if column_distance > column.chars().count() / 2 {
                        continue;
                    }
                    let total = table_distance + column_distance;
                    if total < best_distance {
                        best_distance = total;
                        best = vec![full];
                    } else if total == best_distance && total <= MAX_FUZZY_DISTANCE {
                        best.push(full);
                    }
                }
            }
        }
        if let [table] = exact.as_slice() {
            let error = error.detail(format!(
                "There is a column named \"{column}\" in table \"{table}\", but it cannot be referenced from this part of the query."
            ));
            let could_be_lateral =
                self.levels.iter().rev().any(|level| {
                    level.namespace.iter().any(|item| *item.name == **table && item.lateral_only)
                });
            return match could_be_lateral {
                true => error.hint("To reference that column, you must mark this subquery with LATERAL."),
                false => error,
            };
        }
        match best.as_slice() {
            [one] => error.hint(format!("Perhaps you meant to reference the column \"{one}\".")),
            [one, other] => error.hint(format!(
                "Perhaps you meant to reference the column \"{one}\" or the column \"{other}\"."
            )),
            _ => error,
        }
    }
}

/// The reference's own place, for errors and for the plain columns that it yields.
pub(crate) fn placed(expression: Expression, location: u32) -> Expression {
    match expression {
        Expression::Variable(variable) => Expression::Variable(Variable { location, ..variable }),
        other => other,
    }
}

pub(crate) fn system_column(name: &str) -> Option<(AttributeNumber, Oid)> {
    Some(match name {
        "ctid" => (AttributeNumber::CTID, oid::TID),
        "xmin" => (AttributeNumber::XMIN, oid::XID),
        "cmin" => (AttributeNumber::CMIN, oid::CID),
        "xmax" => (AttributeNumber::XMAX, oid::XID),
        "cmax" => (AttributeNumber::CMAX, oid::CID),
        "tableoid" => (AttributeNumber::TABLEOID, oid::OID),
        _ => return None,
    })
}

/// The number of insertions, deletions and replacements between two names.
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (at, letter) in one.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = at + 1;
        for (column, compared) in other.iter().enumerate() {
            let replaced = diagonal + usize::from(letter != *compared);
            diagonal = row[column + 1];
            row[column + 1] = replaced.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row[other.len()]
}

const MAX_FUZZY_DISTANCE: usize = 3;
