//! CREATE TABLE.

use catalog::{CatalogView, RelationKind};
use common::Oid;
use error::{Error, Result, error};
use nodes::DataType;
use parser::ast;
use parser::ast::{
    ColumnDefinition, Constraint, ConstraintKind, CreateTableStatement, IndexConstraint, OnCommit,
    QualifiedName, SequenceOption, TableElement, TypeName,
};
use types::oid;

use crate::bootstrap::SYSTEM_COLUMNS;
use crate::constraint::{
    add_check, add_index_constraint, add_not_null, analyze_default, check_attributes, next_value,
    store_default,
};
use crate::environment::Environment;
use crate::new_relation::{self, NewColumn, NewRelation, already_exists, persistence, relation_options};
use crate::sequence;

/// What a column definition asks for besides the column.
#[derive(Default)]
pub(crate) struct ColumnExtras<'a> {
    pub default: Option<&'a ast::Expression>,
    /// A sequence is to be made: for an identity column (`Some`) with these options, or for `serial`.
    pub sequence: Option<&'a [SequenceOption]>,
    pub not_null: Option<Option<&'a str>>,
    pub checks: Vec<(&'a Constraint, &'a ast::Expression)>,
    pub indexes: Vec<(Option<&'a str>, &'a IndexConstraint, bool)>,
}

/// CREATE TABLE.
/// # Errors
/// What PostgreSQL reports, 0A000 for what there is not yet.
pub(crate) fn run(environment: &mut Environment<'_>, statement: &CreateTableStatement) -> Result<()> {
    let persistence = check_supported(statement)?;
    let schema = environment.creation_schema(&statement.name)?;
    let name = &statement.name.name;
    if environment.catalog.relation_by_name(schema, name)?.is_some() {
        if statement.if_not_exists {
            environment.notice(error!(DUPLICATE_TABLE, "relation \"{name}\" already exists, skipping"));
            return Ok(());
        }
        return Err(already_exists(name));
    }
    let mut columns: Vec<NewColumn> = Vec::new();
    let mut extras: Vec<ColumnExtras<'_>> = Vec::new();
    let mut table_constraints: Vec<&Constraint> = Vec::new();
    for element in &statement.elements {
        match element {
            TableElement::Column(definition) => {
                if columns.iter().any(|column| column.name == definition.name) {
                    return Err(error!(
                        DUPLICATE_COLUMN,
                        "column \"{}\" specified more than once", definition.name
                    ));
                }
                let (column, extra) = column(environment, name, definition)?;
                columns.push(column);
                extras.push(extra);
            }
            TableElement::Constraint(constraint) => table_constraints.push(constraint),
            TableElement::Like(_) => return Err(Error::unsupported("LIKE is not supported yet")),
        }
    }
    if columns.len() > 1600 {
        return Err(error!(TOO_MANY_COLUMNS, "tables can have at most 1600 columns"));
    }
    let mut check_count = extras.iter().map(|extra| extra.checks.len()).sum::<usize>();
    let mut primary: Option<&[String]> = None;
    for constraint in &table_constraints {
        match &constraint.kind {
            ConstraintKind::Check(_) => check_count += 1,
            ConstraintKind::PrimaryKey(key) => primary = Some(&key.columns),
            ConstraintKind::NotNull { column: Some(wanted) } => {
                let Some(at) = columns.iter().position(|column| column.name == *wanted) else {
                    return Err(error!(
                        UNDEFINED_COLUMN,
                        "column \"{wanted}\" of relation \"{name}\" does not exist"
                    ));
                };
                columns[at].not_null = true;
                extras[at].not_null = Some(constraint.name.as_deref());
            }
            _ => {}
        }
    }
    for column in primary.into_iter().flatten() {
        if let Some(at) = columns.iter().position(|known| known.name == *column) {
            columns[at].not_null = true;
            extras[at].not_null.get_or_insert(None);
        }
    }
    let new = NewRelation {
        name: name.clone(),
        schema,
        kind: RelationKind::Table,
        persistence,
        columns,
        options: relation_options(&statement.options, RelationKind::Table)?,
        check_count: check_count as i16,
    };
    let table = new_relation::create(environment, &new)?;
    environment.catalog.next_command()?;
    for (at, extra) in extras.iter().enumerate() {
        finish_column(environment, table, at as i16 + 1, &new.columns[at], extra)?;
    }
    finish_constraints(environment, table, &extras, &new.columns, &table_constraints)?;
    crate::toast::ensure(environment, table)
}

fn check_supported(statement: &CreateTableStatement) -> Result<u8> {
    let unsupported = |what: &str| Err(Error::unsupported(format!("{what} not supported yet")));
    if !statement.inherits.is_empty() {
        return unsupported("table inheritance is");
    }
    if statement.partition_of.is_some() || statement.partition_by.is_some() {
        return unsupported("partitioned tables are");
    }
    if statement.of_type.is_some() {
        return unsupported("typed tables are");
    }
    if statement.foreign.is_some() {
        return unsupported("foreign tables are");
    }
    if let Some(method) = statement.access_method.as_deref().filter(|method| *method != "heap") {
        return Err(error!(UNDEFINED_OBJECT, "access method \"{method}\" does not exist"));
    }
    if let Some(tablespace) = statement.tablespace.as_deref().filter(|name| *name != "pg_default") {
        return Err(error!(UNDEFINED_OBJECT, "tablespace \"{tablespace}\" does not exist"));
    }
    let persistence = persistence(statement.persistence, "tables")?;
    if statement.on_commit != OnCommit::Unspecified {
        return Err(error!(INVALID_TABLE_DEFINITION, "ON COMMIT can only be used on temporary tables"));
    }
    Ok(persistence)
}

/// The type behind `serial` and its kin.
fn serial_type(name: &TypeName) -> Option<Oid> {
    match name.name.as_slice() {
        [only] if name.array_bounds.is_empty() => match only.as_str() {
            "smallserial" | "serial2" => Some(oid::INT2),
            "serial" | "serial4" => Some(oid::INT4),
            "bigserial" | "serial8" => Some(oid::INT8),
            _ => None,
        },
        _ => None,
    }
}

/// A collation by name.
/// # Errors
/// 42704.
pub(crate) fn collation(environment: &Environment<'_>, name: &QualifiedName) -> Result<Oid> {
    let catalog = environment.catalog;
    let missing = || {
        let written = name.parts.join(".");
        error!(UNDEFINED_OBJECT, "collation \"{written}\" for encoding \"UTF8\" does not exist")
            .at(environment.position(name.location))
    };
    match name.parts.as_slice() {
        [only] => {
            for schema in catalog.search_path()?.iter().chain([&catalog::PG_CATALOG]) {
                if let Some(found) = catalog.collation_by_name(*schema, only)? {
                    return Ok(found);
                }
            }
            Err(missing())
        }
        [.., schema, last] => {
            let schema = environment.schema_oid(schema)?;
            catalog.collation_by_name(schema, last)?.ok_or_else(missing)
        }
        [] => Err(missing()),
    }
}

/// Reads a column definition.
pub(crate) fn column<'a>(
    environment: &Environment<'_>,
    table: &str,
    definition: &'a ColumnDefinition,
) -> Result<(NewColumn, ColumnExtras<'a>)> {
    let catalog = environment.catalog;
    let Some(type_name) = &definition.type_name else {
        return Err(Error::unsupported("columns without a type are not supported yet"));
    };
    if SYSTEM_COLUMNS.iter().any(|(name, ..)| *name == definition.name) {
        return Err(error!(
            DUPLICATE_COLUMN,
            "column name \"{}\" conflicts with a system column name", definition.name
        ));
    }
    let serial = serial_type(type_name);
    let mut data_type = match serial {
        Some(data_type) => DataType { oid: data_type, modifier: -1, collation: Oid::INVALID },
        None => analyzer::resolve_type_name(type_name, environment.source, catalog)?,
    };
    if let Some(row) = catalog.data_type(data_type.oid)?
        && row.typtype == b'p'
    {
        let shown = analyzer::type_format::format_type(catalog, data_type.oid, -1)?;
        return Err(error!(
            INVALID_TABLE_DEFINITION,
            "column \"{}\" has pseudo-type {shown}", definition.name
        ));
    }
    if let Some(name) = &definition.collation {
        let found = collation(environment, name)?;
        if !data_type.collation.is_valid() {
            let shown = analyzer::type_format::format_type(catalog, data_type.oid, -1)?;
            return Err(error!(DATATYPE_MISMATCH, "collations are not supported by type {shown}")
                .at(environment.position(name.location)));
        }
        data_type.collation = found;
    }
    let mut column = NewColumn::new(&definition.name, data_type);
    column.dimensions = type_name.array_bounds.len() as i16;
    let mut extras = ColumnExtras::default();
    if serial.is_some() {
        column.not_null = true;
        column.has_default = true;
        extras.not_null = Some(None);
        extras.sequence = Some(&[]);
    }
    let mut is_null = false;
    let name = &definition.name;
    for constraint in &definition.constraints {
        let at = |error: Error| Err(error.at(environment.position(constraint.location)));
        match &constraint.kind {
            ConstraintKind::Null => is_null = true,
            ConstraintKind::NotNull { .. } => {
                column.not_null = true;
                if extras.not_null.flatten().is_none() {
                    extras.not_null = Some(constraint.name.as_deref());
                }
            }
            ConstraintKind::Default(_) | ConstraintKind::Identity { .. }
                if extras.default.is_some() || extras.sequence.is_some() =>
            {
                let is_default = matches!(constraint.kind, ConstraintKind::Default(_));
                let what = match (is_default, column.identity != 0) {
                    (false, true) => "multiple identity specifications",
                    (true, true) | (false, false) => {
                        return at(error!(
                            SYNTAX_ERROR,
                            "both default and identity specified for column \"{name}\" of table \"{table}\""
                        ));
                    }
                    (true, false) => "multiple default values",
                };
                return at(error!(
                    SYNTAX_ERROR,
                    "{what} specified for column \"{name}\" of table \"{table}\""
                ));
            }
            ConstraintKind::Default(value) => {
                column.has_default = true;
                extras.default = Some(value);
            }
            ConstraintKind::Identity { is_always, options } => {
                column.identity = if *is_always { b'a' } else { b'd' };
                column.not_null = true;
                extras.not_null.get_or_insert(None);
                extras.sequence = Some(options);
            }
            ConstraintKind::Check(condition) => extras.checks.push((constraint, condition)),
            ConstraintKind::Unique(key) => {
                check_attributes(&constraint.attributes, "unique")?;
                extras.indexes.push((constraint.name.as_deref(), key, false));
            }
            ConstraintKind::PrimaryKey(key) => {
                check_attributes(&constraint.attributes, "primary key")?;
                column.not_null = true;
                extras.not_null.get_or_insert(None);
                extras.indexes.push((constraint.name.as_deref(), key, true));
            }
            ConstraintKind::GeneratedExpression { .. } => {
                return Err(Error::unsupported("generated columns are not supported yet"));
            }
            ConstraintKind::Exclude { .. } => {
                return Err(Error::unsupported("exclusion constraints are not supported yet"));
            }
            ConstraintKind::ForeignKey(_) => {
                return Err(Error::unsupported("foreign key constraints are not supported yet"));
            }
        }
    }
    if is_null && column.not_null {
        return Err(error!(
            SYNTAX_ERROR,
            "conflicting NULL/NOT NULL declarations for column \"{name}\" of table \"{table}\""
        ));
    }
    Ok((column, extras))
}

/// The sequence and the default of a new column.
pub(crate) fn finish_column(
    environment: &mut Environment<'_>,
    table: Oid,
    number: i16,
    column: &NewColumn,
    extras: &ColumnExtras<'_>,
) -> Result<()> {
    let relation = environment.current(table)?;
    if let Some(options) = extras.sequence {
        let name = match options.iter().find_map(|option| match option {
            SequenceOption::SequenceName { name, .. } => name.parts.last(),
            _ => None,
        }) {
            Some(name) => name.clone(),
            None => environment.free_relation_name(
                &relation.name,
                Some(&column.name),
                "seq",
                relation.namespace,
                &[],
            )?,
        };
        let data_type = column.data_type.oid;
        let made = sequence::create(
            environment,
            &name,
            relation.namespace,
            relation.persistence,
            Some(data_type),
            options,
        )?;
        sequence::tie(environment.catalog, made, table, number, column.identity != 0)?;
        if column.identity == 0 {
            store_default(environment, table, number, &next_value(made, data_type))?;
        }
        environment.catalog.next_command()?;
        environment.catalog.invalidate_relation(table);
        environment.catalog.next_command()?;
    }
    if let Some(value) = extras.default {
        let written = &relation.columns[number as usize - 1];
        let value = analyze_default(environment, &relation, written, value)?;
        store_default(environment, table, number, &value)?;
    }
    Ok(())
}

/// The constraints of new columns and those of the table.
pub(crate) fn finish_constraints(
    environment: &mut Environment<'_>,
    table: Oid,
    extras: &[ColumnExtras<'_>],
    columns: &[NewColumn],
    table_constraints: &[&Constraint],
) -> Result<()> {
    let relation = environment.current(table)?;
    let number_of = |column: &NewColumn| relation.column(&column.name).map_or(0, |found| found.number.0);
    let column_checks = extras.iter().flat_map(|extra| extra.checks.iter().copied());
    let table_checks = table_constraints.iter().filter_map(|constraint| match &constraint.kind {
        ConstraintKind::Check(condition) => Some((*constraint, &**condition)),
        _ => None,
    });
    for (constraint, condition) in column_checks.chain(table_checks) {
        add_check(environment, &relation, constraint, condition)?;
    }
    for (column, extra) in columns.iter().zip(extras) {
        if let Some(name) = extra.not_null {
            add_not_null(environment, &relation, number_of(column), name)?;
        }
    }
    // The primary key first.
    for wants_primary in [true, false] {
        for (column, extra) in columns.iter().zip(extras) {
            for (name, key, is_primary) in &extra.indexes {
                if *is_primary == wants_primary {
                    let columns = [column.name.clone()];
                    add_index_constraint(environment, table, *name, key, &columns, *is_primary)?;
                }
            }
        }
        for constraint in table_constraints {
            let name = constraint.name.as_deref();
            match &constraint.kind {
                ConstraintKind::PrimaryKey(key) if wants_primary => {
                    check_attributes(&constraint.attributes, "primary key")?;
                    add_index_constraint(environment, table, name, key, &key.columns, true)?;
                }
                ConstraintKind::Unique(key) if !wants_primary => {
                    check_attributes(&constraint.attributes, "unique")?;
                    add_index_constraint(environment, table, name, key, &key.columns, false)?;
                }
                ConstraintKind::Exclude { .. } => {
                    return Err(Error::unsupported("exclusion constraints are not supported yet"));
                }
                ConstraintKind::ForeignKey(_) => {
                    return Err(Error::unsupported("foreign key constraints are not supported yet"));
                }
                _ => {}
            }
        }
    }
    Ok(())
}
