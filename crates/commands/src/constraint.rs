//! Constraints and defaults of a table's columns: analysis, names, and rows of `pg_constraint` and `pg_attrdef`.

use analyzer::ExpressionKind;
use catalog::field::{Int2Array, NodeTree};
use catalog::tables::*;
use catalog::{Relation, RelationColumn};
use common::Oid;
use error::{Error, Result, error};
use nodes::DataType;
use nodes::expression::{Constant, Display, Expression, FunctionCall};
use parser::ast;
use parser::ast::{Constraint, ConstraintAttributes, IndexConstraint};
use types::{Value, oid};

use crate::bootstrap::constraint_row;
use crate::depend::{self, AUTOMATIC, Object};
use crate::environment::Environment;
use crate::index::{KeyColumn, NewIndex, column_names};
use crate::new_relation::{change_attribute, change_class, relation_options};

const NO_LOCATION: u32 = u32::MAX;
const NEXTVAL: Oid = Oid(1574);

/// # Errors
/// 42703.
pub(crate) fn column_of<'a>(relation: &'a Relation, name: &str) -> Result<&'a RelationColumn> {
    relation.column(name).ok_or_else(|| {
        error!(UNDEFINED_COLUMN, "column \"{name}\" of relation \"{}\" does not exist", relation.name)
    })
}

/// # Errors
/// 0A000 for what constraints cannot be yet.
pub(crate) fn check_attributes(attributes: &ConstraintAttributes, what: &str) -> Result<()> {
    if attributes.deferrable == Some(true) || attributes.initially_deferred == Some(true) {
        return Err(Error::unsupported(format!("deferrable {what} constraints are not supported yet")));
    }
    Ok(())
}

/// Stores the default of a column that is marked as having one.
pub(crate) fn store_default(
    environment: &Environment<'_>,
    relation: Oid,
    column: i16,
    value: &Expression,
) -> Result<()> {
    let catalog = environment.catalog;
    let default = catalog.new_oid::<PgAttrdef>(PgAttrdef::BY_OID)?;
    catalog.insert(&PgAttrdef {
        oid: default,
        adrelid: relation,
        adnum: column,
        adbin: NodeTree(nodes::text::write_expression(value)),
    })?;
    let object = Object::new(PgAttrdef::OID, default);
    depend::depend(catalog, object, Object::column(relation, column), AUTOMATIC)?;
    depend::depend_on_expression(catalog, object, value)
}

/// Analyzes the default of a column.
pub(crate) fn analyze_default(
    environment: &Environment<'_>,
    relation: &Relation,
    column: &RelationColumn,
    value: &ast::Expression,
) -> Result<Expression> {
    let data_type =
        DataType { oid: column.data_type, modifier: column.modifier, collation: column.collation };
    let target = Some((&*column.name, data_type));
    let settings = environment.analyzer_settings();
    let source = environment.source;
    let kind = ExpressionKind::Default;
    analyzer::analyze_expression(value, source, relation, kind, target, environment.catalog, &settings)
}

/// `nextval('sequence')`, as a column of this type wants it.
pub(crate) fn next_value(sequence: Oid, data_type: Oid) -> Expression {
    let plain = |oid| DataType { oid, modifier: -1, collation: Oid::INVALID };
    let call = |function, argument, result, display| {
        Expression::Function(FunctionCall {
            function,
            arguments: vec![argument],
            data_type: plain(result),
            returns_set: false,
            variadic: false,
            input_collation: Oid::INVALID,
            display,
            location: NO_LOCATION,
        })
    };
    let name = Expression::Constant(Constant {
        value: Value::Oid(sequence),
        data_type: plain(oid::REGCLASS),
        location: NO_LOCATION,
    });
    let next = call(NEXTVAL, name, oid::INT8, Display::Call);
    match data_type {
        oid::INT4 => call(Oid(480), next, oid::INT4, Display::ImplicitCast),
        oid::INT2 => call(Oid(714), next, oid::INT2, Display::ImplicitCast),
        _ => next,
    }
}

/// Adds a CHECK constraint; `column` when it was written at one. Existing rows are not looked at.
pub(crate) fn add_check(
    environment: &Environment<'_>,
    relation: &Relation,
    constraint: &Constraint,
    condition: &ast::Expression,
) -> Result<String> {
    let catalog = environment.catalog;
    let settings = environment.analyzer_settings();
    let source = environment.source;
    let kind = ExpressionKind::Check;
    let value = analyzer::analyze_expression(condition, source, relation, kind, None, catalog, &settings)?;
    let columns = depend::columns_of(&value);
    let name = match &constraint.name {
        Some(name) => {
            check_name(environment, relation, name)?;
            name.clone()
        }
        None => {
            let only = match columns.as_slice() {
                [only] => Some(&*relation.columns[*only as usize - 1].name),
                _ => None,
            };
            environment.free_constraint_name(&relation.name, only, "check", relation.namespace, &[])?
        }
    };
    let oid = catalog.new_oid::<PgConstraint>(PgConstraint::BY_OID)?;
    catalog.insert(&PgConstraint {
        conkey: (!columns.is_empty()).then(|| Int2Array(columns.clone())),
        conbin: Some(NodeTree(nodes::text::write_expression(&value))),
        convalidated: !constraint.attributes.is_not_valid,
        conenforced: constraint.attributes.enforced != Some(false),
        connoinherit: constraint.attributes.is_no_inherit,
        ..constraint_row(oid, &name, relation.namespace, b'c', relation.oid)
    })?;
    let object = Object::new(PgConstraint::OID, oid);
    for column in &columns {
        depend::depend(catalog, object, Object::column(relation.oid, *column), AUTOMATIC)?;
    }
    if columns.is_empty() {
        depend::depend(catalog, object, Object::relation(relation.oid), AUTOMATIC)?;
    }
    catalog.next_command()?;
    Ok(name)
}

/// # Errors
/// 42710 when the table has a constraint of this name.
pub(crate) fn check_name(environment: &Environment<'_>, relation: &Relation, name: &str) -> Result<()> {
    let keys = [Value::Oid(relation.oid)];
    let all = environment.catalog.rows::<PgConstraint>(PgConstraint::BY_CONRELID_CONTYPID_CONNAME, &keys)?;
    if all.iter().any(|row| &*row.conname == name) {
        return Err(error!(
            DUPLICATE_OBJECT,
            "constraint \"{name}\" for relation \"{}\" already exists", relation.name
        ));
    }
    Ok(())
}

/// Adds the constraint that stands for NOT NULL of a column, unless there is one.
pub(crate) fn add_not_null(
    environment: &Environment<'_>,
    relation: &Relation,
    column: i16,
    name: Option<&str>,
) -> Result<()> {
    let catalog = environment.catalog;
    let keys = [Value::Oid(relation.oid)];
    let all = catalog.find::<PgConstraint>(PgConstraint::BY_CONRELID_CONTYPID_CONNAME, &keys)?;
    let is_it = |row: &PgConstraint| {
        row.contype == b'n' && row.conkey.as_ref().is_some_and(|key| key.0.as_slice() == [column])
    };
    if all.iter().any(|(_, row)| is_it(row)) {
        return Ok(());
    }
    let name = match name {
        Some(name) => {
            check_name(environment, relation, name)?;
            name.to_string()
        }
        None => {
            let column = &relation.columns[column as usize - 1].name;
            environment.free_constraint_name(
                &relation.name,
                Some(column),
                "not_null",
                relation.namespace,
                &[],
            )?
        }
    };
    let oid = catalog.new_oid::<PgConstraint>(PgConstraint::BY_OID)?;
    catalog.insert(&PgConstraint {
        conkey: Some(Int2Array(vec![column])),
        connoinherit: false,
        ..constraint_row(oid, &name, relation.namespace, b'n', relation.oid)
    })?;
    let object = Object::new(PgConstraint::OID, oid);
    depend::depend(catalog, object, Object::column(relation.oid, column), AUTOMATIC)?;
    catalog.next_command()
}

/// The index of a PRIMARY KEY or UNIQUE constraint. `columns` are those of the constraint or the column it was written at.
pub(crate) fn constraint_index(
    environment: &Environment<'_>,
    relation: &Relation,
    name: Option<&str>,
    constraint: &IndexConstraint,
    columns: &[String],
    is_primary: bool,
) -> Result<NewIndex> {
    if constraint.using_index.is_some() || constraint.without_overlaps {
        return Err(Error::unsupported("this form of constraint is not supported yet"));
    }
    let label = if is_primary { "primary key" } else { "unique" };
    let number_of = |name: &String| -> Result<i16> {
        let column = relation
            .column(name)
            .ok_or_else(|| error!(UNDEFINED_COLUMN, "column \"{name}\" named in key does not exist"))?;
        Ok(column.number.0)
    };
    let mut keys: Vec<KeyColumn> = Vec::new();
    for column in columns {
        let number = number_of(column)?;
        if keys.iter().any(|key| key.number == number) {
            return Err(error!(DUPLICATE_COLUMN, "column \"{column}\" appears twice in {label} constraint"));
        }
        keys.push(KeyColumn::ascending(number));
    }
    let include = constraint.include.iter().map(number_of).collect::<Result<Vec<i16>>>()?;
    let name = match name {
        Some(name) => {
            check_name(environment, relation, name)?;
            name.to_string()
        }
        None if is_primary => {
            environment.free_relation_name(&relation.name, None, "pkey", relation.namespace, &[])?
        }
        None => {
            let numbers = keys.iter().map(|key| key.number).chain(include.iter().copied());
            let names = column_names(relation, numbers);
            environment.free_relation_name(&relation.name, Some(&names), "key", relation.namespace, &[])?
        }
    };
    Ok(NewIndex {
        name,
        keys,
        include,
        is_unique: true,
        is_primary,
        nulls_not_distinct: constraint.nulls_not_distinct,
        is_constraint: true,
        options: relation_options(&constraint.options, catalog::RelationKind::Index)?,
    })
}

/// Adds PRIMARY KEY or UNIQUE to a table that exists.
pub(crate) fn add_index_constraint(
    environment: &mut Environment<'_>,
    relation: Oid,
    name: Option<&str>,
    constraint: &IndexConstraint,
    columns: &[String],
    is_primary: bool,
) -> Result<()> {
    let relation = environment.current(relation)?;
    if is_primary && relation.indexes.iter().any(|index| index.is_primary) {
        return Err(error!(
            INVALID_TABLE_DEFINITION,
            "multiple primary keys for table \"{}\" are not allowed", relation.name
        ));
    }
    let index = constraint_index(environment, &relation, name, constraint, columns, is_primary)?;
    if is_primary {
        for key in &index.keys {
            let column = &relation.columns[key.number as usize - 1];
            if !column.not_null {
                check_no_nulls(environment, &relation, key.number)?;
                change_attribute(environment.catalog, relation.oid, key.number, |row| row.attnotnull = true)?;
            }
            add_not_null(environment, &relation, key.number, None)?;
        }
    }
    let relation = environment.current(relation.oid)?;
    crate::index::create(environment, &relation, &index).map(|_| ())
}

/// # Errors
/// 23502 when a row has no value in the column.
pub(crate) fn check_no_nulls(environment: &Environment<'_>, relation: &Relation, number: i16) -> Result<()> {
    let catalog = environment.catalog;
    let access = catalog.access();
    let attributes = [common::AttributeNumber(number)];
    let mut reader = access_heap::ColumnReader::new(relation.oid, relation.layout(), &attributes);
    let mut batch = types::Batch::new(reader.types().iter().copied());
    let snapshot = catalog.session().latest_snapshot();
    let mut scan = access_heap::HeapScan::new(access, relation.storage, snapshot)?;
    while catalog.next_batch(&mut scan, &mut reader, &mut batch)? {
        if (0..batch.rows).any(|row| batch.columns[0].is_null(row)) {
            let column = &relation.columns[number as usize - 1].name;
            return Err(error!(
                NOT_NULL_VIOLATION,
                "column \"{column}\" of relation \"{}\" contains null values", relation.name
            )
            .table(environment.schema_name(relation.namespace)?, &*relation.name)
            .column(&**column));
        }
    }
    Ok(())
}

/// Counts the CHECK constraints of a table anew.
pub(crate) fn count_checks(environment: &Environment<'_>, relation: Oid) -> Result<()> {
    let catalog = environment.catalog;
    catalog.next_command()?;
    let keys = [Value::Oid(relation)];
    let all = catalog.find::<PgConstraint>(PgConstraint::BY_CONRELID_CONTYPID_CONNAME, &keys)?;
    let count = all.iter().filter(|(_, row)| row.contype == b'c').count();
    change_class(catalog, relation, |row| row.relchecks = count as i16)
}
