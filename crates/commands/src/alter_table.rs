//! ALTER TABLE and its kin, RENAME, OWNER TO and SET SCHEMA.

use std::rc::Rc;

use access_heap::{ColumnReader, HeapScan};
use catalog::field::AnyArray;
use catalog::tables::*;
use catalog::{CatalogView, Relation, RelationKind};
use common::{AttributeNumber, Oid};
use error::{Error, Result, error};
use nodes::expression::Expression;
use parser::ast::{
    AlterOwnerStatement, AlterSchemaStatement, AlterTableAction, AlterTableStatement, ColumnDefinition,
    Constraint, ConstraintKind, DropBehavior, ObjectName, ObjectReference, ObjectType, RelationName,
    RenameStatement, RenamedMember,
};
use storage_lock::LockMode;
use types::{Array, Batch, Column, Rows, Value};

use crate::constraint::{
    add_check, add_index_constraint, add_not_null, analyze_default, check_attributes, check_no_nulls,
    column_of, count_checks, store_default,
};
use crate::create_table;
use crate::depend::{self, Object};
use crate::drop::drop_objects;
use crate::environment::Environment;
use crate::identity;
use crate::name::{kind_name, relation_name};
use crate::new_relation::{
    already_exists, array_name, attribute, change_attribute, change_class, change_type, relation_options,
};

/// The relation that is to be altered, locked; nothing if it is missing and that is no error.
fn target(
    environment: &mut Environment<'_>,
    name: &RelationName,
    if_exists: bool,
) -> Result<Option<Rc<Relation>>> {
    match environment.find_relation(name, LockMode::AccessExclusive)? {
        Some(relation) => {
            environment.check_owner(&relation)?;
            Ok(Some(relation))
        }
        None if if_exists => {
            let missing = environment.no_such_relation(name);
            let text = format!("{}, skipping", missing.message());
            environment.notice(Error::new(error::sqlstate::SUCCESSFUL_COMPLETION, text));
            Ok(None)
        }
        None => Err(environment.no_such_relation(name).at(environment.position(name.location))),
    }
}

/// ALTER TABLE with its list of actions.
pub(crate) fn run(environment: &mut Environment<'_>, statement: &AlterTableStatement) -> Result<()> {
    let Some(relation) = target(environment, &statement.name, statement.if_exists)? else { return Ok(()) };
    // Drops come first, then new columns, then the rest, as PostgreSQL does it.
    let pass = |action: &AlterTableAction| match action {
        AlterTableAction::DropColumn { .. } | AlterTableAction::DropConstraint { .. } => 0,
        AlterTableAction::AddColumn { .. } => 1,
        AlterTableAction::AddConstraint(_) => 3,
        _ => 2,
    };
    for number in 0..4 {
        for action in statement.actions.iter().filter(|action| pass(action) == number) {
            apply(environment, relation.oid, action)?;
            environment.catalog.next_command()?;
        }
    }
    crate::toast::ensure(environment, relation.oid)?;
    Ok(())
}

fn apply(environment: &mut Environment<'_>, table: Oid, action: &AlterTableAction) -> Result<()> {
    let relation = environment.current(table)?;
    let catalog = environment.catalog;
    match action {
        AlterTableAction::OwnerTo(role) => {
            let owner = environment.role_oid(role)?;
            return change_owner(environment, table, owner);
        }
        AlterTableAction::SetOptions(options) => {
            let new = relation_options(options, relation.kind)?.unwrap_or_default();
            let names: Vec<&str> = new.iter().filter_map(|option| option.split('=').next()).collect();
            return set_options(environment, &relation, &names, &new);
        }
        AlterTableAction::ResetOptions(options) => {
            let names: Vec<&str> = options.iter().map(|option| option.name.as_str()).collect();
            return set_options(environment, &relation, &names, &[]);
        }
        _ => {}
    }
    if relation.kind != RelationKind::Table {
        return Err(error!(
            WRONG_OBJECT_TYPE,
            "ALTER action cannot be performed on relation \"{}\"", relation.name
        )
        .detail(format!("This operation is not supported for {}s.", kind_name(relation.kind))));
    }
    match action {
        AlterTableAction::AddColumn { column, if_not_exists, .. } => {
            add_column(environment, &relation, column, *if_not_exists)
        }
        AlterTableAction::DropColumn { column, if_exists, behavior } => {
            drop_column(environment, &relation, column, *if_exists, *behavior)
        }
        AlterTableAction::SetDefault { column, value } => {
            let written = column_of(&relation, column)?;
            if written.identity != 0 {
                return Err(error!(
                    SYNTAX_ERROR,
                    "column \"{column}\" of relation \"{}\" is an identity column", relation.name
                )
                .hint("Use ALTER TABLE ... ALTER COLUMN ... DROP IDENTITY instead."));
            }
            let value = analyze_default(environment, &relation, written, value)?;
            drop_default(environment, table, written.number.0)?;
            change_attribute(catalog, table, written.number.0, |row| row.atthasdef = true)?;
            store_default(environment, table, written.number.0, &value)
        }
        AlterTableAction::DropDefault { column } => {
            drop_default(environment, table, column_of(&relation, column)?.number.0)
        }
        AlterTableAction::SetNotNull { column } => {
            let written = column_of(&relation, column)?;
            set_not_null(environment, &relation, written.number.0, None)
        }
        AlterTableAction::DropNotNull { column } => drop_not_null(environment, &relation, column),
        AlterTableAction::AddConstraint(constraint) => add_constraint(environment, &relation, constraint),
        AlterTableAction::DropConstraint { name, if_exists, behavior } => {
            drop_constraint(environment, &relation, name, *if_exists, *behavior)
        }
        AlterTableAction::SetStatistics { column: parser::ast::ColumnSelector::Name(column), target } => {
            let number = column_of(&relation, column)?.number.0;
            let target = target.filter(|target| *target >= 0).map(|target| target.min(10_000) as i16);
            change_attribute(catalog, table, number, |row| row.attstattarget = target)
        }
        AlterTableAction::SetStorage { column, storage } => {
            let letter = match storage.to_ascii_lowercase().as_str() {
                "plain" => b'p',
                "external" => b'e',
                "extended" | "default" => b'x',
                "main" => b'm',
                _ => return Err(error!(INVALID_PARAMETER_VALUE, "invalid storage type \"{storage}\"")),
            };
            let number = column_of(&relation, column)?.number.0;
            change_attribute(catalog, table, number, |row| row.attstorage = letter)
        }
        AlterTableAction::AddIdentity { column, is_always, options, .. } => {
            identity::add(environment, &relation, column, *is_always, options)
        }
        AlterTableAction::SetIdentity { column, always, options } => {
            identity::set(environment, &relation, column, *always, options)
        }
        AlterTableAction::DropIdentity { column, if_exists } => {
            identity::remove(environment, &relation, column, *if_exists)
        }
        _ => Err(Error::unsupported("this ALTER TABLE action is not supported yet")),
    }
}

fn set_options(
    environment: &Environment<'_>,
    relation: &Relation,
    names: &[&str],
    new: &[String],
) -> Result<()> {
    let kept = relation.options.iter().filter(|option| {
        let name = option.split('=').next().unwrap_or_default();
        !names.contains(&name)
    });
    let options: Vec<String> = kept.chain(new).cloned().collect();
    change_class(environment.catalog, relation.oid, |row| {
        row.reloptions = (!options.is_empty()).then_some(options);
    })
}

fn add_column(
    environment: &mut Environment<'_>,
    relation: &Relation,
    definition: &ColumnDefinition,
    if_not_exists: bool,
) -> Result<()> {
    let catalog = environment.catalog;
    let (table, name) = (relation.oid, &definition.name);
    if relation.column(name).is_some() {
        let text = format!("column \"{name}\" of relation \"{}\" already exists", relation.name);
        if if_not_exists {
            environment.notice(Error::new(error::sqlstate::DUPLICATE_COLUMN, format!("{text}, skipping")));
            return Ok(());
        }
        return Err(Error::new(error::sqlstate::DUPLICATE_COLUMN, text));
    }
    let (column, extras) = create_table::column(environment, &relation.name, definition)?;
    let number = relation.columns.len() as i16 + 1;
    let has_rows = catalog.pages(table)? > 0;
    if has_rows && extras.sequence.is_some() && any_row(environment, relation)? {
        return Err(Error::unsupported(
            "adding a serial or identity column to a table with rows is not supported yet",
        ));
    }
    catalog.insert(&attribute(catalog, table, &column, number)?)?;
    change_class(catalog, table, |row| row.relnatts = number)?;
    let data_type = Object::new(PgType::OID, column.data_type.oid);
    depend::depend(catalog, Object::column(table, number), data_type, depend::NORMAL)?;
    create_table::finish_column(environment, table, number, &column, &extras)?;
    let relation = environment.current(table)?;
    if has_rows && extras.sequence.is_none() {
        fill_missing(environment, &relation, number)?;
    }
    let relation = environment.current(table)?;
    if has_rows && column.not_null {
        check_no_nulls(environment, &relation, number)?;
    }
    create_table::finish_constraints(environment, table, &[extras], &[column], &[])?;
    count_checks(environment, table)?;
    let relation = environment.current(table)?;
    if has_rows { validate_checks(environment, &relation, None) } else { Ok(()) }
}

fn any_row(environment: &Environment<'_>, relation: &Relation) -> Result<bool> {
    let catalog = environment.catalog;
    let mut reader = ColumnReader::new(relation.oid, relation.layout(), &[AttributeNumber::CTID]);
    let mut batch = Batch::new(reader.types().iter().copied());
    let mut scan = HeapScan::new(catalog.access(), relation.storage, catalog.session().latest_snapshot())?;
    scan.next_batch(catalog.access(), &mut reader, &mut batch)
}

/// Gives the rows that are older than a column its default, computed once.
fn fill_missing(environment: &mut Environment<'_>, relation: &Relation, number: i16) -> Result<()> {
    let column = &relation.columns[number as usize - 1];
    let Some(stored) = &column.default else { return Ok(()) };
    let expression = nodes::text::read_expression(stored)?;
    if is_volatile(environment, &expression)? {
        if any_row(environment, relation)? {
            return Err(Error::unsupported(
                "adding a column with a volatile default to a table with rows is not supported yet",
            ));
        }
        return Ok(());
    }
    let value = environment.with_runtime(|runtime| {
        let mut evaluator = executor::Evaluator::new(runtime, &expression)?;
        evaluator.compute(runtime, &[], Rows::all(1))?;
        Ok(evaluator.result(&[]).value(0))
    })?;
    if value.is_null() {
        return Ok(());
    }
    let elements = Column::from_values(column.physical, [&value]);
    let array = AnyArray(Box::new(Array::new(column.data_type, elements)));
    change_attribute(environment.catalog, relation.oid, number, |row| {
        row.atthasmissing = true;
        row.attmissingval = Some(array);
    })
}

fn is_volatile(environment: &Environment<'_>, expression: &Expression) -> Result<bool> {
    let mut functions = Vec::new();
    let is_plainly = expression.any(&mut |part| {
        if let Expression::Function(call) = part {
            functions.push(call.function);
        }
        matches!(part, Expression::NextValue { .. } | Expression::SubLink(_))
    });
    if is_plainly {
        return Ok(true);
    }
    for function in functions {
        if environment.catalog.function(function)?.is_none_or(|row| row.provolatile == b'v') {
            return Ok(true);
        }
    }
    Ok(false)
}

fn drop_column(
    environment: &mut Environment<'_>,
    relation: &Relation,
    name: &str,
    if_exists: bool,
    behavior: DropBehavior,
) -> Result<()> {
    let column = match column_of(relation, name) {
        Ok(column) => column,
        Err(missing) if if_exists => {
            let text = format!("{}, skipping", missing.message());
            environment.notice(Error::new(error::sqlstate::SUCCESSFUL_COMPLETION, text));
            return Ok(());
        }
        Err(missing) => return Err(missing),
    };
    drop_objects(environment, &[Object::column(relation.oid, column.number.0)], behavior)
}

fn drop_default(environment: &mut Environment<'_>, table: Oid, number: i16) -> Result<()> {
    let keys = [Value::Oid(table), Value::Int2(number)];
    let found = environment.catalog.find::<PgAttrdef>(PgAttrdef::BY_ADRELID_ADNUM, &keys)?;
    let defaults: Vec<Object> = found.iter().map(|(_, row)| Object::new(PgAttrdef::OID, row.oid)).collect();
    drop_objects(environment, &defaults, DropBehavior::Restrict)
}

fn set_not_null(
    environment: &Environment<'_>,
    relation: &Relation,
    number: i16,
    name: Option<&str>,
) -> Result<()> {
    if !relation.columns[number as usize - 1].not_null {
        check_no_nulls(environment, relation, number)?;
        change_attribute(environment.catalog, relation.oid, number, |row| row.attnotnull = true)?;
    }
    add_not_null(environment, relation, number, name)
}

fn drop_not_null(environment: &mut Environment<'_>, relation: &Relation, name: &str) -> Result<()> {
    let column = column_of(relation, name)?;
    if column.identity != 0 {
        return Err(error!(
            SYNTAX_ERROR,
            "column \"{name}\" of relation \"{}\" is an identity column", relation.name
        ));
    }
    let is_key = |index: &Rc<catalog::Index>| {
        index.is_primary && index.columns[..index.key_count].contains(&column.number)
    };
    if relation.indexes.iter().any(is_key) {
        return Err(error!(INVALID_TABLE_DEFINITION, "column \"{name}\" is in a primary key"));
    }
    let constraint = not_null_constraint(environment, relation.oid, column.number.0)?;
    let objects: Vec<Object> = constraint.into_iter().collect();
    drop_objects(environment, &objects, DropBehavior::Restrict)
}

fn not_null_constraint(environment: &Environment<'_>, table: Oid, number: i16) -> Result<Option<Object>> {
    let keys = [Value::Oid(table)];
    let all = environment.catalog.find::<PgConstraint>(PgConstraint::BY_CONRELID_CONTYPID_CONNAME, &keys)?;
    let found = all.into_iter().find(|(_, row)| {
        row.contype == b'n' && row.conkey.as_ref().is_some_and(|key| key.0.as_slice() == [number])
    });
    Ok(found.map(|(_, row)| Object::new(PgConstraint::OID, row.oid)))
}

fn add_constraint(
    environment: &mut Environment<'_>,
    relation: &Relation,
    constraint: &Constraint,
) -> Result<()> {
    let name = constraint.name.as_deref();
    match &constraint.kind {
        ConstraintKind::PrimaryKey(key) => {
            check_attributes(&constraint.attributes, "primary key")?;
            add_index_constraint(environment, relation.oid, name, key, &key.columns, true)
        }
        ConstraintKind::Unique(key) => {
            check_attributes(&constraint.attributes, "unique")?;
            add_index_constraint(environment, relation.oid, name, key, &key.columns, false)
        }
        ConstraintKind::Check(condition) => {
            let name = add_check(environment, relation, constraint, condition)?;
            count_checks(environment, relation.oid)?;
            if constraint.attributes.is_not_valid || constraint.attributes.enforced == Some(false) {
                return Ok(());
            }
            let relation = environment.current(relation.oid)?;
            validate_checks(environment, &relation, Some(&name))
        }
        ConstraintKind::NotNull { column: Some(column) } => {
            let number = column_of(relation, column)?.number.0;
            set_not_null(environment, relation, number, name)
        }
        ConstraintKind::ForeignKey(_) => {
            Err(Error::unsupported("foreign key constraints are not supported yet"))
        }
        _ => Err(Error::unsupported("this kind of constraint is not supported yet")),
    }
}

/// Checks that all rows satisfy one or all CHECK constraints.
/// # Errors
/// 23514.
fn validate_checks(environment: &mut Environment<'_>, relation: &Relation, only: Option<&str>) -> Result<()> {
    let checks: Vec<_> = relation
        .checks
        .iter()
        .filter(|check| check.is_enforced && only.is_none_or(|only| &*check.name == only))
        .collect();
    if checks.is_empty() {
        return Ok(());
    }
    let catalog = environment.catalog;
    let schema = environment.schema_name(relation.namespace)?;
    environment.with_runtime(|runtime| {
        let access = catalog.access();
        let attributes: Vec<AttributeNumber> =
            (0..relation.columns.len()).map(AttributeNumber::from_index).collect();
        let mut reader = ColumnReader::new(relation.oid, relation.layout(), &attributes);
        let mut batch = Batch::new(reader.types().iter().copied());
        let mut scan = HeapScan::new(access, relation.storage, catalog.session().latest_snapshot())?;
        let mut conditions = Vec::new();
        for check in &checks {
            conditions.push((&check.name, executor::stored_expression(runtime, &check.condition)?));
        }
        while catalog.next_batch(&mut scan, &mut reader, &mut batch)? {
            for (name, condition) in &mut conditions {
                condition.compute(runtime, &batch.columns, Rows::all(batch.rows))?;
                let answers = condition.result(&batch.columns);
                let is_false = |row: usize| answers.value(row) == Value::Bool(false);
                if (0..batch.rows).any(is_false) {
                    return Err(error!(
                        CHECK_VIOLATION,
                        "check constraint \"{name}\" of relation \"{}\" is violated by some row",
                        relation.name
                    )
                    .table(schema.as_str(), &*relation.name)
                    .constraint(&***name));
                }
            }
        }
        Ok(())
    })
}

fn drop_constraint(
    environment: &mut Environment<'_>,
    relation: &Relation,
    name: &str,
    if_exists: bool,
    behavior: DropBehavior,
) -> Result<()> {
    let keys = [Value::Oid(relation.oid)];
    let all = environment.catalog.find::<PgConstraint>(PgConstraint::BY_CONRELID_CONTYPID_CONNAME, &keys)?;
    let Some((_, row)) = all.into_iter().find(|(_, row)| &*row.conname == name) else {
        let text = format!("constraint \"{name}\" of relation \"{}\" does not exist", relation.name);
        if if_exists {
            let text = format!("{text}, skipping");
            environment.notice(Error::new(error::sqlstate::SUCCESSFUL_COMPLETION, text));
            return Ok(());
        }
        return Err(Error::new(error::sqlstate::UNDEFINED_OBJECT, text));
    };
    if row.contype == b'n' {
        let numbers = row.conkey.map(|key| key.0).unwrap_or_default();
        for number in numbers {
            let column = relation.columns[number as usize - 1].name.clone();
            drop_not_null(environment, relation, &column)?;
        }
        return Ok(());
    }
    drop_objects(environment, &[Object::new(PgConstraint::OID, row.oid)], behavior)
}

/// The relation that an object reference names, for the generic ALTERs.
fn referenced(object: &ObjectReference) -> Result<RelationName> {
    match &object.name {
        ObjectName::Name(name) => Ok(relation_name(name)),
        _ => Err(Error::unsupported("this kind of object is not supported yet")),
    }
}

fn is_relation(object_type: ObjectType) -> bool {
    matches!(
        object_type,
        ObjectType::Table
            | ObjectType::Index
            | ObjectType::View
            | ObjectType::Sequence
            | ObjectType::MaterializedView
    )
}

/// ALTER ... RENAME.
pub(crate) fn rename(environment: &mut Environment<'_>, statement: &RenameStatement) -> Result<()> {
    let object_type = statement.object.object_type;
    let new_name = &statement.new_name;
    let catalog = environment.catalog;
    let name = referenced(&statement.object)?;
    match object_type {
        ObjectType::Schema => {
            crate::schema::rename(environment, &name.name, new_name)?;
            return Ok(());
        }
        ObjectType::Role => {
            crate::role::rename(environment, &name.name, new_name)?;
            return Ok(());
        }
        _ if is_relation(object_type) => {}
        _ => return Err(Error::unsupported("renaming this kind of object is not supported yet")),
    }
    let Some(relation) = target(environment, &name, statement.if_exists)? else { return Ok(()) };
    match &statement.member {
        Some(RenamedMember::Column(old) | RenamedMember::Attribute(old)) => {
            let Some(column) = relation.column(old) else {
                return Err(error!(UNDEFINED_COLUMN, "column \"{old}\" does not exist"));
            };
            if relation.column(new_name).is_some() {
                return Err(error!(
                    DUPLICATE_COLUMN,
                    "column \"{new_name}\" of relation \"{}\" already exists", relation.name
                ));
            }
            change_attribute(catalog, relation.oid, column.number.0, |row| {
                row.attname = new_name.as_str().into();
            })?;
            // The columns of indexes go by the names of the table's.
            for index in &relation.indexes {
                for (at, number) in index.columns.iter().enumerate() {
                    if *number == column.number {
                        change_attribute(catalog, index.oid, at as i16 + 1, |row| {
                            row.attname = new_name.as_str().into();
                        })?;
                    }
                }
            }
        }
        Some(RenamedMember::Constraint(old)) => rename_constraint(environment, &relation, old, new_name)?,
        None => rename_relation(environment, &relation, new_name)?,
    }
    Ok(())
}

fn rename_constraint(environment: &Environment<'_>, relation: &Relation, old: &str, new: &str) -> Result<()> {
    let catalog = environment.catalog;
    crate::constraint::check_name(environment, relation, new)?;
    let keys = [Value::Oid(relation.oid)];
    let all = catalog.find::<PgConstraint>(PgConstraint::BY_CONRELID_CONTYPID_CONNAME, &keys)?;
    let Some((address, mut row)) = all.into_iter().find(|(_, row)| &*row.conname == old) else {
        return Err(error!(
            UNDEFINED_OBJECT,
            "constraint \"{old}\" for table \"{}\" does not exist", relation.name
        ));
    };
    row.conname = new.into();
    catalog.update(address, &row)?;
    if row.conindid.is_valid() {
        change_class(catalog, row.conindid, |index| index.relname = new.into())?;
    }
    Ok(())
}

fn rename_relation(environment: &Environment<'_>, relation: &Relation, new: &str) -> Result<()> {
    let catalog = environment.catalog;
    if catalog.relation_by_name(relation.namespace, new)?.is_some() {
        return Err(already_exists(new));
    }
    change_class(catalog, relation.oid, |row| row.relname = new.into())?;
    if relation.row_type.is_valid() {
        rename_type(environment, relation.row_type, relation.namespace, new)?;
    }
    // An index and its constraint share their name.
    if relation.kind == RelationKind::Index {
        for (owner, kind) in depend::references(catalog, Object::relation(relation.oid))? {
            if kind == depend::INTERNAL && owner.class == PgConstraint::OID {
                let found = catalog.find::<PgConstraint>(PgConstraint::BY_OID, &[Value::Oid(owner.oid)])?;
                for (address, mut row) in found {
                    row.conname = new.into();
                    catalog.update(address, &row)?;
                }
            }
        }
    }
    catalog.next_command()
}

fn rename_type(environment: &Environment<'_>, row_type: Oid, schema: Oid, new: &str) -> Result<()> {
    let catalog = environment.catalog;
    if catalog.type_by_name(schema, new)?.is_some() {
        return Err(error!(DUPLICATE_OBJECT, "type \"{new}\" already exists"));
    }
    let array = catalog.data_type(row_type)?.map_or(Oid::INVALID, |row| row.typarray);
    change_type(catalog, row_type, |row| row.typname = new.into())?;
    if array.is_valid() {
        let name = array_name(catalog, schema, new)?;
        change_type(catalog, array, |row| row.typname = name.into())?;
    }
    Ok(())
}

/// ALTER ... OWNER TO.
pub(crate) fn owner(environment: &mut Environment<'_>, statement: &AlterOwnerStatement) -> Result<()> {
    let object_type = statement.object.object_type;
    let name = referenced(&statement.object)?;
    let owner = environment.role_oid(&statement.new_owner)?;
    match object_type {
        ObjectType::Schema => crate::schema::change_owner(environment, &name.name, owner)?,
        ObjectType::Database => crate::database::change_owner(environment, &name.name, owner)?,
        _ if is_relation(object_type) => {
            if let Some(relation) = target(environment, &name, false)? {
                change_owner(environment, relation.oid, owner)?;
            }
        }
        _ => {
            return Err(Error::unsupported("changing the owner of this kind of object is not supported yet"));
        }
    }
    Ok(())
}

/// Gives a relation, its indexes and its own sequences to another role.
fn change_owner(environment: &Environment<'_>, table: Oid, owner: Oid) -> Result<()> {
    let catalog = environment.catalog;
    if !environment.has_role(owner)? {
        let name = catalog.role(owner)?.map(|row| row.rolname.0.clone()).unwrap_or_default();
        return Err(error!(INSUFFICIENT_PRIVILEGE, "must be able to SET ROLE \"{name}\""));
    }
    let relation = environment.current(table)?;
    change_class(catalog, table, |row| row.relowner = owner)?;
    if relation.row_type.is_valid() {
        change_type(catalog, relation.row_type, |row| row.typowner = owner)?;
    }
    depend::forget_owner(catalog, Object::relation(table))?;
    depend::depend_on_owner(catalog, Object::relation(table), owner)?;
    for part in parts_of(environment, &relation)? {
        change_owner(environment, part, owner)?;
    }
    Ok(())
}

/// Indexes of a table, and sequences of its columns.
fn parts_of(environment: &Environment<'_>, relation: &Relation) -> Result<Vec<Oid>> {
    let mut parts: Vec<Oid> = relation.indexes.iter().map(|index| index.oid).collect();
    for (object, kind) in depend::dependents(environment.catalog, Object::relation(relation.oid))? {
        let is_own = matches!(kind, depend::AUTOMATIC | depend::INTERNAL) && object.class == PgClass::OID;
        if is_own && !parts.contains(&object.oid) {
            parts.push(object.oid);
        }
    }
    Ok(parts)
}

/// ALTER ... SET SCHEMA.
pub(crate) fn set_schema(environment: &mut Environment<'_>, statement: &AlterSchemaStatement) -> Result<()> {
    if !is_relation(statement.object.object_type) {
        return Err(Error::unsupported("moving this kind of object is not supported yet"));
    }
    let name = referenced(&statement.object)?;
    let Some(relation) = target(environment, &name, statement.if_exists)? else { return Ok(()) };
    let schema = environment.schema_oid(&statement.new_schema)?;
    environment.check_create_in(schema)?;
    if schema == relation.namespace {
        return Ok(());
    }
    if environment.catalog.relation_by_name(schema, &relation.name)?.is_some() {
        return Err(error!(
            DUPLICATE_TABLE,
            "relation \"{}\" already exists in schema \"{}\"", relation.name, statement.new_schema
        ));
    }
    move_relation(environment, &relation, schema)?;
    for part in parts_of(environment, &relation)? {
        let part = environment.current(part)?;
        if part.kind != RelationKind::Toast {
            move_relation(environment, &part, schema)?;
        }
    }
    Ok(())
}

fn move_relation(environment: &Environment<'_>, relation: &Relation, schema: Oid) -> Result<()> {
    let catalog = environment.catalog;
    change_class(catalog, relation.oid, |row| row.relnamespace = schema)?;
    if relation.row_type.is_valid() {
        let array = catalog.data_type(relation.row_type)?.map_or(Oid::INVALID, |row| row.typarray);
        for data_type in [relation.row_type, array].into_iter().filter(|oid| oid.is_valid()) {
            change_type(catalog, data_type, |row| row.typnamespace = schema)?;
        }
    }
    let keys = [Value::Oid(relation.oid)];
    for (address, mut row) in
        catalog.find::<PgConstraint>(PgConstraint::BY_CONRELID_CONTYPID_CONNAME, &keys)?
    {
        row.connamespace = schema;
        catalog.update(address, &row)?;
    }
    let object = Object::relation(relation.oid);
    if relation.kind != RelationKind::Index {
        depend::forget(catalog, object, Some(PgNamespace::OID))?;
        depend::depend(catalog, object, Object::new(PgNamespace::OID, schema), depend::NORMAL)?;
    }
    catalog.next_command()
}
