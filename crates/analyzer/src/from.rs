//! FROM: tables, subqueries, functions.

use std::rc::Rc;

use common::Oid;
use error::{Error, Result, error};
use nodes::expression::{DataType, Display, Expression, FunctionCall};
use nodes::query::{FromItem, Privileges, RangeColumn, RangeFunction, RangeKind, RangeTableEntry};
use parser::ast::{self, TableReference};
use types::oid;

use crate::level::{NamespaceColumns, NamespaceItem};
use crate::resolve::resolve_relation_name;
use crate::type_name::resolve_type_name;
use crate::{Analyzer, Clause};

impl Analyzer<'_> {
    pub fn read_from(&mut self, items: &[TableReference]) -> Result<Vec<FromItem>> {
        let mut made = Vec::new();
        for item in items {
            let (item, mut names) = self.table_item(item)?;
            self.check_names(&names)?;
            for name in &mut names {
                (name.lateral_only, name.lateral_allowed) = (true, true);
            }
            self.level().namespace.append(&mut names);
            made.push(item);
        }
        for name in &mut self.level().namespace {
            (name.lateral_only, name.lateral_allowed) = (false, true);
        }
        Ok(made)
    }

    /// The same name may not stand for two things.
    pub fn check_names(&mut self, newcomers: &[NamespaceItem]) -> Result<()> {
        for newcomer in newcomers.iter().filter(|item| item.is_table_visible) {
            for other in self.level().namespace.iter().filter(|item| item.is_table_visible) {
                let differ = newcomer.relation.is_some()
                    && other.relation.is_some()
                    && newcomer.relation != other.relation;
                if other.name == newcomer.name && !differ {
                    return Err(error!(
                        DUPLICATE_ALIAS,
                        "table name \"{}\" specified more than once", newcomer.name
                    ));
                }
            }
        }
        Ok(())
    }

    pub fn table_item(&mut self, item: &TableReference) -> Result<(FromItem, Vec<NamespaceItem>)> {
        let range = match item {
            TableReference::Relation(relation) => self.relation_reference(relation)?,
            TableReference::Subquery(subquery) => {
                return self.subquery_reference(subquery);
            }
            TableReference::Function(function) => self.function_reference(function)?,
            TableReference::Join(join) => return self.join(join),
            TableReference::XmlTable(table) => {
                return self.fail(Error::unsupported("XMLTABLE is not supported"), table.location);
            }
            TableReference::JsonTable(_, location) => {
                return self.fail(Error::unsupported("JSON_TABLE is not supported"), *location);
            }
        };
        Ok((FromItem::Range(range.range), vec![range]))
    }

    fn relation_reference(&mut self, reference: &ast::RelationReference) -> Result<NamespaceItem> {
        if reference.sample.is_some() {
            let location = reference.name.location;
            return self.fail(Error::unsupported("TABLESAMPLE is not supported"), location);
        }
        if reference.name.schema.is_none() {
            if let Some(item) = self.common_table_reference(reference)? {
                return Ok(item);
            }
        }
        let relation = self.open_relation(&reference.name)?;
        let range = self.add_relation(&relation, reference.alias.as_ref(), !reference.with_children)?;
        self.level().range_table[range].required.select = true;
        let shown = reference.alias.is_none().then_some(relation.oid);
        let mut item = self.item_for(range, shown, true);
        item.row_type = relation.row_type;
        Ok(item)
    }

    pub fn open_relation(&mut self, name: &ast::RelationName) -> Result<Rc<catalog::Relation>> {
        let found = match resolve_relation_name(name, self.settings.database, self.catalog) {
            Ok(found) => found,
            Err(error) => return self.fail(error, name.location),
        };
        let relation = match found {
            Some(found) => self.catalog.relation(found)?,
            None => None,
        };
        let Some(relation) = relation else {
            let full = match &name.schema {
                Some(schema) => format!("{schema}.{}", name.name),
                None => name.name.clone(),
            };
            let error = error!(UNDEFINED_TABLE, "relation \"{full}\" does not exist");
            let is_later = name.schema.is_none()
                && self.levels.iter().any(|level| level.later_common_tables.contains(&name.name));
            let error = match is_later {
                true => error
                    .detail(format!(
                        "There is a WITH item named \"{full}\", but it cannot be referenced from this part of the query."
                    ))
                    .hint("Use WITH RECURSIVE, or re-order the WITH items to remove forward references."),
                false => error,
            };
            return self.fail(error, name.location);
        };
        use catalog::RelationKind as Kind;
        if matches!(relation.kind, Kind::Index | Kind::PartitionedIndex | Kind::Composite) {
            let error = error!(WRONG_OBJECT_TYPE, "cannot open relation \"{}\"", relation.name);
            let detail = match relation.kind {
                Kind::Composite => "This operation is not supported for composite types.",
                Kind::PartitionedIndex => "This operation is not supported for partitioned indexes.",
                _ => "This operation is not supported for indexes.",
            };
            return self.fail(error.detail(detail), name.location);
        }
        Ok(relation)
    }

    /// Adds a relation to the range table, under its alias.
    pub fn add_relation(
        &mut self,
        relation: &catalog::Relation,
        alias: Option<&ast::Alias>,
        only: bool,
    ) -> Result<usize> {
        let kind = RangeKind::Relation { relation: relation.oid, only };
        self.add_entry(kind, relation.name.clone(), relation.range_columns.clone(), alias, false)
    }

    /// Adds an entry; the alias renames it and its first columns.
    pub fn add_entry(
        &mut self,
        kind: RangeKind,
        name: Rc<str>,
        columns: impl Into<Rc<[RangeColumn]>>,
        alias: Option<&ast::Alias>,
        lateral: bool,
    ) -> Result<usize> {
        let mut columns: Rc<[RangeColumn]> = columns.into();
        let name = alias.map_or(name, |alias| alias.name.as_str().into());
        if let Some(alias) = alias.filter(|alias| !alias.columns.is_empty()) {
            let available = columns.iter().filter(|column| !column.dropped).count();
            let given = alias.columns.len();
            if given > available {
                let what = if matches!(kind, RangeKind::Join { .. }) { "join expression" } else { "table" };
                return Err(error!(
                    INVALID_COLUMN_REFERENCE,
                    "{what} \"{name}\" has {available} columns available but {given} columns specified"
                ));
            }
            let live = Rc::make_mut(&mut columns).iter_mut().filter(|column| !column.dropped);
            for (column, renamed) in live.zip(&alias.columns) {
                column.name = renamed.as_str().into();
            }
        }
        let required = Privileges::default();
        let entry = RangeTableEntry { kind, name, columns, lateral, required, check_as: Oid::INVALID };
        let level = self.level();
        level.range_table.push(entry);
        Ok(level.range_table.len() - 1)
    }

    /// How a plain entry is named.
    pub fn item_for(&mut self, range: usize, relation: Option<Oid>, visible: bool) -> NamespaceItem {
        let entry = &self.level().range_table[range];
        NamespaceItem {
            range,
            name: entry.name.clone(),
            relation,
            columns: NamespaceColumns::Variables(entry.columns.clone()),
            is_table_visible: visible,
            are_columns_visible: true,
            lateral_only: false,
            lateral_allowed: true,
            row_type: oid::RECORD,
            is_join: false,
            is_scalar: false,
        }
    }

    fn subquery_reference(
        &mut self,
        subquery: &ast::SubqueryReference,
    ) -> Result<(FromItem, Vec<NamespaceItem>)> {
        let was_lateral = std::mem::replace(&mut self.level().lateral, subquery.is_lateral);
        let query = self.within(Clause::FromSubquery, |this| {
            this.nested(|this| this.select_query(&subquery.query, true))
        });
        self.level().lateral = was_lateral;
        let query = query?;
        let columns = output_columns(&query);
        let lateral = subquery.is_lateral;
        let kind = RangeKind::Subquery { query: Box::new(query), view: None };
        let alias = subquery.alias.as_ref();
        let range = self.add_entry(kind, "unnamed_subquery".into(), columns, alias, lateral)?;
        let item = self.item_for(range, None, alias.is_some());
        Ok((FromItem::Range(range), vec![item]))
    }

    fn function_reference(&mut self, reference: &ast::FunctionReference) -> Result<NamespaceItem> {
        let was_lateral = std::mem::replace(&mut self.level().lateral, true);
        let item = self.within(Clause::FromFunction, |this| this.functions(reference));
        self.level().lateral = was_lateral;
        item
    }

    fn functions(&mut self, reference: &ast::FunctionReference) -> Result<NamespaceItem> {
        let alias = reference.alias.alias.as_ref();
        let mut functions = Vec::new();
        let mut columns = Vec::new();
        let mut row_type = oid::RECORD;
        let mut is_scalar = false;
        let mut first_name = String::new();
        let (mut lateral, mut had_set) = (false, self.level().has_set_functions);
        for item in &reference.functions {
            // `unnest(a, b)` in ROWS FROM or alone is one unnest for each argument.
            for written in split_unnest(&item.function) {
                let expression = self.expression(&written)?;
                let expression = self.resolve_unknown(expression)?;
                lateral |= crate::walk::contains(
                    &expression,
                    &mut |part, depth| matches!(part, Expression::Variable(variable) if variable.levels_up == depth),
                );
                let name = crate::target::column_name(&written).to_owned();
                if first_name.is_empty() {
                    first_name.clone_from(&name);
                }
                let definitions = match item.column_definitions.is_empty() {
                    true => &reference.alias.column_definitions,
                    false => &item.column_definitions,
                };
                let declared = self.column_definitions(definitions)?;
                let single = reference.functions.len() == 1;
                // A single function's only column is called like the table.
                let column = match alias {
                    Some(alias) if single => alias.name.clone(),
                    _ => name,
                };
                let (made, kind, scalar) =
                    self.function_columns(&expression, column, declared, written.location)?;
                (row_type, is_scalar) = (kind, scalar && single && !reference.with_ordinality);
                let column_count = made.len();
                let declared = if row_type == oid::RECORD { made.clone() } else { Vec::new() };
                columns.extend(made);
                functions.push(RangeFunction { expression, column_count, columns: declared });
            }
        }
        if reference.with_ordinality {
            let data_type = DataType::new(oid::INT8);
            columns.push(RangeColumn { name: "ordinality".into(), data_type, dropped: false });
        }
        if functions.len() > 1 || reference.with_ordinality {
            row_type = oid::RECORD;
            is_scalar = false;
        }
        std::mem::swap(&mut self.level().has_set_functions, &mut had_set);
        let kind = RangeKind::Function { functions, ordinality: reference.with_ordinality };
        let range =
            self.add_entry(kind, first_name.into(), columns, alias, reference.is_lateral || lateral)?;
        let mut item = self.item_for(range, None, true);
        (item.row_type, item.is_scalar) = (row_type, is_scalar);
        Ok(item)
    }

    fn column_definitions(&mut self, definitions: &[ast::ColumnDefinition]) -> Result<Vec<RangeColumn>> {
        let mut columns: Vec<RangeColumn> = Vec::new();
        for definition in definitions {
            let Some(type_name) = &definition.type_name else { continue };
            if type_name.is_setof {
                let error = error!(
                    INVALID_TABLE_DEFINITION,
                    "column \"{}\" cannot be declared SETOF", definition.name
                );
                return self.fail(error, definition.location);
            }
            if columns.iter().any(|column| *column.name == *definition.name) {
                let error =
                    error!(DUPLICATE_COLUMN, "column name \"{}\" specified more than once", definition.name);
                return self.fail(error, definition.location);
            }
            let data_type = resolve_type_name(type_name, self.source, self.catalog)?;
            columns.push(RangeColumn { name: definition.name.as_str().into(), data_type, dropped: false });
        }
        Ok(columns)
    }

    /// The columns that a function in FROM delivers, its row type, and whether it is one scalar.
    fn function_columns(
        &mut self,
        expression: &Expression,
        name: String,
        declared: Vec<RangeColumn>,
        location: u32,
    ) -> Result<(Vec<RangeColumn>, Oid, bool)> {
        let data_type = expression.data_type();
        let found = self.catalog.data_type(crate::coerce::base_type(data_type.oid, self.catalog)?)?;
        let relation = match found.filter(|found| found.typrelid.is_valid()) {
            Some(found) => self.catalog.relation(found.typrelid)?,
            None => None,
        };
        if let Some(relation) = relation {
            if !declared.is_empty() {
                let error = error!(
                    SYNTAX_ERROR,
                    "a column definition list is redundant for a function returning a named composite type"
                );
                return self.fail(error, location);
            }
            return Ok((relation.range_columns.to_vec(), data_type.oid, false));
        }
        let outputs = match expression {
            Expression::Function(call) => self.output_parameters(call, &name)?,
            _ => None,
        };
        if let Some(columns) = outputs {
            if !declared.is_empty() {
                let error = error!(
                    SYNTAX_ERROR,
                    "a column definition list is redundant for a function with OUT parameters"
                );
                return self.fail(error, location);
            }
            return Ok((columns, oid::RECORD, false));
        }
        if data_type.oid == oid::RECORD {
            if declared.is_empty() {
                let error = error!(
                    SYNTAX_ERROR,
                    "a column definition list is required for functions returning \"record\""
                );
                return self.fail(error, location);
            }
            return Ok((declared, oid::RECORD, false));
        }
        if !declared.is_empty() {
            let error = error!(
                SYNTAX_ERROR,
                "a column definition list is only allowed for functions returning \"record\""
            );
            return self.fail(error, location);
        }
        let name = self.single_output_name(expression)?.unwrap_or(name);
        Ok((vec![RangeColumn { name: name.into(), data_type, dropped: false }], data_type.oid, true))
    }

    /// The name of a function's only OUT parameter, which is its column's whatever the alias.
    fn single_output_name(&self, expression: &Expression) -> Result<Option<String>> {
        let Expression::Function(call) = expression else { return Ok(None) };
        let Some(row) = self.catalog.function(call.function)? else { return Ok(None) };
        let (Some(modes), Some(names)) = (&row.proargmodes, &row.proargnames) else { return Ok(None) };
        let mut outputs = modes.0.iter().zip(names).filter(|(mode, _)| matches!(mode, b'o' | b'b' | b't'));
        Ok(outputs.next().map(|(_, name)| name.clone()).filter(|name| !name.is_empty()))
    }

    /// The columns of a function with two or more OUT parameters.
    fn output_parameters(&self, call: &FunctionCall, name: &str) -> Result<Option<Vec<RangeColumn>>> {
        if call.display != Display::Call && call.display != Display::SqlSyntax {
            return Ok(None);
        }
        let Some(row) = self.catalog.function(call.function)? else { return Ok(None) };
        let (Some(all), Some(modes)) = (&row.proallargtypes, &row.proargmodes) else { return Ok(None) };
        if row.prorettype != oid::RECORD {
            return Ok(None);
        }
        let names = row.proargnames.clone().unwrap_or_default();
        let inputs: Vec<Oid> = call.arguments.iter().map(|argument| argument.data_type().oid).collect();
        let mut columns = Vec::new();
        for (at, (found, mode)) in all.0.iter().zip(&modes.0).enumerate() {
            if !matches!(mode, b'o' | b'b' | b't') {
                continue;
            }
            let concrete =
                crate::polymorphic::resolve_polymorphic(&inputs, &row.proargtypes, *found, self.catalog)?;
            let found = concrete.map(|concrete| concrete.result).unwrap_or(*found);
            let column = names.get(at).filter(|name| !name.is_empty()).cloned();
            let column = column.unwrap_or_else(|| match columns.is_empty() {
                true if all.0.len() == 1 => name.to_owned(),
                _ => format!("column{}", columns.len() + 1),
            });
            columns.push(RangeColumn {
                name: column.into(),
                data_type: self.plain_type(found)?,
                dropped: false,
            });
        }
        Ok(if columns.is_empty() { None } else { Some(columns) })
    }
}

/// The columns that a query's reader sees.
pub(crate) fn output_columns(query: &nodes::Query) -> Vec<RangeColumn> {
    let column = |target: &nodes::query::Target| RangeColumn {
        name: target.name.clone(),
        data_type: target.expression.data_type(),
        dropped: false,
    };
    query.output().map(column).collect()
}

fn split_unnest(function: &ast::Expression) -> Vec<ast::Expression> {
    if let ast::ExpressionKind::FunctionCall(call) = &function.kind {
        let is_unnest = matches!(call.name.parts.as_slice(), [name] if name == "unnest")
            && call.arguments.len() > 1
            && !call.is_variadic
            && call.order_by.is_empty();
        if is_unnest {
            let one = |argument: &ast::Expression| {
                let call = ast::FunctionCall { arguments: vec![argument.clone()], ..call.as_ref().clone() };
                let kind = ast::ExpressionKind::FunctionCall(Box::new(call));
                ast::Expression { kind, location: function.location }
            };
            return call.arguments.iter().map(one).collect();
        }
    }
    vec![function.clone()]
}
