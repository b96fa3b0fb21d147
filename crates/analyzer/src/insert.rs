//! INSERT.

use std::rc::Rc;

use catalog::{Relation, RelationColumn, RelationKind};
use common::AttributeNumber;
use error::{Error, Result, error};
use nodes::Query;
use nodes::expression::{DataType, Expression, Variable};
use nodes::query::{Command, FromItem, RangeKind, Target};
use parser::ast::{self, ExpressionKind, Overriding, SelectBody};
use types::{Value, oid};

use crate::coerce::CastContext;
use crate::expression::start;
use crate::from::output_columns;
use crate::{Analyzer, Clause, NO_LOCATION, read_default};

impl Analyzer<'_> {
    pub fn insert_statement(&mut self, insert: &ast::InsertStatement) -> Result<Query> {
        self.nested(|this| this.insert(insert))
    }

    fn insert(&mut self, insert: &ast::InsertStatement) -> Result<Query> {
        let mut query = Query::new(Command::Insert);
        if let Some(with) = &insert.with {
            self.with_clause(with)?;
            query.recursive = with.is_recursive;
        }
        let relation = self.target_relation(&insert.table, "insert into")?;
        let range = self.add_relation(&relation, insert.table.alias.as_ref(), false)?;
        self.level().range_table[range].required.insert = true;
        query.result_relation = Some(range);

        let columns = self.insert_columns(&relation, &insert.columns)?;
        for column in &columns {
            self.level().range_table[range].required.inserted_columns.push(column.number);
        }
        let is_listed = !insert.columns.is_empty();
        let values = match insert.source.as_deref() {
            None => Vec::new(),
            Some(source) => self.insert_source(source, &columns, insert, &mut query)?,
        };
        let count = values.len();
        if insert.source.is_some() && count < columns.len() && is_listed {
            let place = insert.columns.get(count).map_or(NO_LOCATION, |column| column.location);
            let error = error!(SYNTAX_ERROR, "INSERT has more target columns than expressions");
            return self.fail(error, place);
        }
        let rows_are_settled = query.from.iter().any(|item| match item {
            FromItem::Range(at) => matches!(self.level().range_table[*at].kind, RangeKind::Values { .. }),
            FromItem::Join(_) => false,
        });
        for (column, value) in columns.iter().zip(values) {
            // Of several rows each has been settled already.
            let settled = match rows_are_settled && !matches!(value, Expression::SetToDefault(_)) {
                true => Some(value),
                false => self.settle_inserted(column, value, insert.overriding)?,
            };
            if let Some(value) = settled {
                query.targets.push(assigned(column, value));
            }
        }
        for column in relation.live_columns() {
            let is_set = query.targets.iter().any(|target| target.attribute == column.number);
            if is_set || column.generated != 0 {
                continue;
            }
            if let Some(default) = self.default_value(column)? {
                query.targets.push(assigned(column, default));
            }
        }
        query.targets.sort_by_key(|target| target.attribute);
        let item = self.item_for(range, insert.table.alias.is_none().then_some(relation.oid), true);
        self.level().namespace = vec![crate::level::NamespaceItem { row_type: relation.row_type, ..item }];
        if let Some(conflict) = &insert.on_conflict {
            query.on_conflict = Some(self.on_conflict(conflict, &relation, range)?);
        }
        query.returning = self.returning(insert.returning.as_ref())?;
        self.finish(&mut query)?;
        Ok(query)
    }

    /// The table that a statement changes.
    pub fn target_relation(&mut self, table: &ast::RelationReference, verb: &str) -> Result<Rc<Relation>> {
        let name = &table.name;
        if name.schema.is_none() {
            let is_with = self
                .levels
                .iter()
                .any(|level| level.common_tables.iter().any(|common| common.name == name.name));
            if is_with {
                let error = error!(
                    WRONG_OBJECT_TYPE,
                    "relation \"{}\" cannot be the target of a modifying statement", name.name
                );
                return self.fail(error, name.location);
            }
        }
        let relation = self.open_relation(name)?;
        let name = &relation.name;
        match relation.kind {
            RelationKind::Table | RelationKind::PartitionedTable | RelationKind::ForeignTable => Ok(relation),
            RelationKind::View => {
                Err(error!(OBJECT_NOT_IN_PREREQUISITE_STATE, "cannot {verb} view \"{name}\""))
            }
            RelationKind::MaterializedView => {
                Err(error!(WRONG_OBJECT_TYPE, "cannot change materialized view \"{name}\""))
            }
            RelationKind::Sequence => Err(error!(WRONG_OBJECT_TYPE, "cannot change sequence \"{name}\"")),
            RelationKind::Toast => Err(error!(WRONG_OBJECT_TYPE, "cannot change TOAST relation \"{name}\"")),
            _ => Err(error!(WRONG_OBJECT_TYPE, "cannot change relation \"{name}\"")),
        }
    }

    fn insert_columns<'r>(
        &self,
        relation: &'r Relation,
        written: &[ast::ColumnTarget],
    ) -> Result<Vec<&'r RelationColumn>> {
        if written.is_empty() {
            return Ok(relation.live_columns().collect());
        }
        let mut columns: Vec<&RelationColumn> = Vec::with_capacity(written.len());
        for target in written {
            if relation.column(&target.name).is_none() {
                let table = &relation.name;
                let error = error!(
                    UNDEFINED_COLUMN,
                    "column \"{}\" of relation \"{table}\" does not exist", target.name
                );
                return self.fail(error, target.location);
            }
            let column = self.assigned_column(relation, target)?;
            if columns.iter().any(|other| other.number == column.number) {
                let error = error!(DUPLICATE_COLUMN, "column \"{}\" specified more than once", target.name);
                return self.fail(error, target.location);
            }
            columns.push(column);
        }
        Ok(columns)
    }

    /// The column that INSERT or UPDATE names.
    pub fn assigned_column<'r>(
        &self,
        relation: &'r Relation,
        target: &ast::ColumnTarget,
    ) -> Result<&'r RelationColumn> {
        let name = &target.name;
        let Some(column) = relation.column(name) else {
            let error = match crate::column::system_column(name) {
                Some(_) => error!(FEATURE_NOT_SUPPORTED, "cannot assign to system column \"{name}\""),
                None => error!(
                    UNDEFINED_COLUMN,
                    "column \"{name}\" of relation \"{}\" does not exist", relation.name
                ),
            };
            let is_qualified = !target.indirection.is_empty() && **name == *relation.name;
            let error = match is_qualified {
                true => error.hint("SET target columns cannot be qualified with the relation name."),
                false => error,
            };
            return self.fail(error, target.location);
        };
        if !target.indirection.is_empty() {
            let error = Error::unsupported("assignment to a part of a column is not supported");
            return self.fail(error, target.location);
        }
        Ok(column)
    }

    /// The values for the named columns, in order.
    fn insert_source(
        &mut self,
        source: &ast::SelectStatement,
        columns: &[&RelationColumn],
        insert: &ast::InsertStatement,
        query: &mut Query,
    ) -> Result<Vec<Expression>> {
        let is_bare = source.with.is_none()
            && source.order_by.is_empty()
            && source.limit.is_none()
            && source.offset.is_none()
            && source.locking.is_empty();
        if let (SelectBody::Values(rows), true) = (&source.body, is_bare) {
            if let [row] = rows.as_slice() {
                return self.insert_row(row, columns, &insert.columns);
            }
            let mut made: Vec<Vec<Expression>> = Vec::new();
            for row in rows {
                let values = self.insert_row(row, columns, &insert.columns)?;
                if made.first().is_some_and(|first| first.len() != values.len()) {
                    let error = error!(SYNTAX_ERROR, "VALUES lists must all be the same length");
                    return self.fail(error, row.first().map_or(NO_LOCATION, start));
                }
                made.push(values);
            }
            return self.insert_rows(made, columns, insert, query);
        }
        let select = self.nested(|this| this.select_query(source, false))?;
        let mut wanted = Vec::new();
        for (at, target) in select.output().enumerate() {
            let found = target.expression.data_type();
            wanted.push(match columns.get(at) {
                Some(column) if found.oid == oid::UNKNOWN => self.plain_type(column.data_type)?,
                _ if found.oid == oid::UNKNOWN => self.plain_type(oid::TEXT)?,
                _ => found,
            });
        }
        let places: Vec<u32> =
            select.output().map(|target| crate::sort::leftmost(&target.expression)).collect();
        if select.output().count() > columns.len() {
            let place = places.get(columns.len()).copied().unwrap_or(NO_LOCATION);
            return self.fail(self.too_many_values(), place);
        }
        let select = self.convert_output(select, &wanted)?;
        let shown = output_columns(&select);
        let kind = RangeKind::Subquery { query: Box::new(select), view: None };
        let range = self.add_entry(kind, "*SELECT*".into(), shown.clone(), None, false)?;
        query.from.push(FromItem::Range(range));
        let mut values = Vec::new();
        for (at, found) in shown.into_iter().enumerate() {
            let variable = Variable {
                range,
                attribute: AttributeNumber::from_index(at),
                levels_up: 0,
                data_type: found.data_type,
                location: NO_LOCATION,
            };
            let place = places.get(at).copied().unwrap_or(NO_LOCATION);
            values.push(self.assign(Expression::Variable(variable), columns[at], place)?);
        }
        Ok(values)
    }

    fn too_many_values(&self) -> Error {
        error!(SYNTAX_ERROR, "INSERT has more expressions than target columns")
    }

    /// One row of VALUES, converted to its columns.
    fn insert_row(
        &mut self,
        row: &[ast::Expression],
        columns: &[&RelationColumn],
        listed: &[ast::ColumnTarget],
    ) -> Result<Vec<Expression>> {
        let mut values = Vec::new();
        let mut places = Vec::new();
        for written in row {
            if let ExpressionKind::Default = written.kind {
                values.push(None);
                places.push(written.location);
                continue;
            }
            let made =
                self.within(Clause::Values, |this| this.expression_list(std::slice::from_ref(written)))?;
            places.resize(places.len() + made.len(), start(written));
            values.extend(made.into_iter().map(Some));
        }
        if values.len() > columns.len() {
            return self.fail(self.too_many_values(), places[columns.len()]);
        }
        if values.len() < columns.len() && !listed.is_empty() {
            let error = error!(SYNTAX_ERROR, "INSERT has more target columns than expressions");
            let error = match (row, columns.len()) {
                ([ast::Expression { kind: ExpressionKind::Row { fields, is_explicit: false }, .. }], count)
                    if fields.len() == count =>
                {
                    error.hint("The insertion source is a row expression containing the same number of columns expected by the INSERT. Did you accidentally use extra parentheses?")
                }
                _ => error,
            };
            let place = listed.get(values.len()).map_or(NO_LOCATION, |column| column.location);
            return self.fail(error, place);
        }
        let mut made = Vec::new();
        for ((value, column), place) in values.into_iter().zip(columns).zip(places) {
            made.push(match value {
                Some(value) => self.assign(value, column, place)?,
                None => Expression::SetToDefault(column_type(column)),
            });
        }
        Ok(made)
    }

    /// Several rows: a VALUES entry, defaults filled in.
    fn insert_rows(
        &mut self,
        mut rows: Vec<Vec<Expression>>,
        columns: &[&RelationColumn],
        insert: &ast::InsertStatement,
        query: &mut Query,
    ) -> Result<Vec<Expression>> {
        let width = rows.first().map_or(0, Vec::len);
        let mut only_defaults = Vec::new();
        for (at, column) in columns.iter().enumerate().take(width) {
            let is_default = |row: &Vec<Expression>| matches!(row[at], Expression::SetToDefault(_));
            only_defaults.push(rows.iter().all(is_default));
            for row in &mut rows {
                let value = std::mem::replace(&mut row[at], Expression::SetToDefault(column_type(column)));
                row[at] = match self.settle_inserted(column, value, insert.overriding)? {
                    Some(value) => value,
                    None => Expression::constant(Value::Null, column_type(column)),
                };
            }
        }
        let range = self.add_values(rows)?;
        query.from.push(FromItem::Range(range));
        let shown = self.level().range_table[range].columns.clone();
        let mut values = Vec::new();
        for (at, column) in shown.iter().enumerate() {
            let is_generated = columns[at].generated != 0;
            if only_defaults[at] && is_generated {
                values.push(Expression::SetToDefault(column_type(columns[at])));
                continue;
            }
            let variable = Variable {
                range,
                attribute: AttributeNumber::from_index(at),
                levels_up: 0,
                data_type: column.data_type,
                location: NO_LOCATION,
            };
            values.push(Expression::Variable(variable));
        }
        Ok(values)
    }

    /// What is stored for a value given by the user: DEFAULT is replaced, forbidden values are refused. `None` leaves the
    /// column to its null or its generation.
    fn settle_inserted(
        &mut self,
        column: &RelationColumn,
        value: Expression,
        overriding: Overriding,
    ) -> Result<Option<Expression>> {
        let is_default = matches!(value, Expression::SetToDefault(_));
        let name = &column.name;
        if column.generated != 0 {
            if is_default {
                return Ok(None);
            }
            return Err(error!(GENERATED_ALWAYS, "cannot insert a non-DEFAULT value into column \"{name}\"")
                .detail(format!("Column \"{name}\" is a generated column.")));
        }
        if column.identity == b'a' && !is_default && overriding == Overriding::None {
            return Err(error!(GENERATED_ALWAYS, "cannot insert a non-DEFAULT value into column \"{name}\"")
                .detail(format!("Column \"{name}\" is an identity column defined as GENERATED ALWAYS."))
                .hint("Use OVERRIDING SYSTEM VALUE to override."));
        }
        let is_overridden = column.identity != 0 && overriding == Overriding::UserValue;
        if is_default || is_overridden {
            return self.default_value(column);
        }
        Ok(Some(value))
    }

    /// The column's default, or that of its domain.
    pub fn default_value(&mut self, column: &RelationColumn) -> Result<Option<Expression>> {
        if column.generated != 0 {
            return Ok(None);
        }
        if let Some(stored) = &column.default {
            return read_default(stored).map(Some);
        }
        let Some(row) = self.catalog.data_type(column.data_type)? else { return Ok(None) };
        match &row.typdefaultbin {
            Some(stored) => {
                let value = nodes::text::read_expression(stored)?;
                let target = column_type(column);
                self.coerce_to_target(value, target, CastContext::Assignment, NO_LOCATION)
            }
            None => Ok(None),
        }
    }

    /// Converts a value for storage in a column.
    pub fn assign(&mut self, value: Expression, column: &RelationColumn, place: u32) -> Result<Expression> {
        let found = value.data_type().oid;
        let target = column_type(column);
        match self.coerce_to_target(value, target, CastContext::Assignment, place)? {
            Some(value) => Ok(value),
            None => {
                let (wanted, found) = (self.type_text(target.oid)?, self.type_text(found)?);
                let error = error!(
                    DATATYPE_MISMATCH,
                    "column \"{}\" is of type {wanted} but expression is of type {found}", column.name
                )
                .hint("You will need to rewrite or cast the expression.");
                self.fail(error, place)
            }
        }
    }
}

pub(crate) fn column_type(column: &RelationColumn) -> DataType {
    DataType { oid: column.data_type, modifier: column.modifier, collation: column.collation }
}

pub(crate) fn assigned(column: &RelationColumn, expression: Expression) -> Target {
    Target { expression, name: column.name.clone(), attribute: column.number, hidden: false, origin: None }
}
