//! The catalog rows and files of a new relation, and changes of such rows.

use catalog::field::RegProc;
use catalog::tables::*;
use catalog::{Catalog, CatalogView, RelationKind};
use common::{ForkNumber, Oid, RelationFile};
use error::{Error, Result, error};
use nodes::DataType;
use parser::ast::{DefinitionElement, DefinitionValue, Persistence};
use types::Value;

use crate::bootstrap::{SYSTEM_COLUMNS, attribute_row, class_row, row_type};
use crate::depend::{self, INTERNAL, NORMAL, Object};
use crate::environment::Environment;

const DEFAULT_TABLESPACE: Oid = Oid(1663);

/// A column to be made.
#[derive(Clone, Debug)]
pub(crate) struct NewColumn {
    pub name: String,
    pub data_type: DataType,
    pub dimensions: i16,
    pub not_null: bool,
    pub has_default: bool,
    pub identity: u8,
}

impl NewColumn {
    pub fn new(name: &str, data_type: DataType) -> NewColumn {
        NewColumn {
            name: name.into(),
            data_type,
            dimensions: 0,
            not_null: false,
            has_default: false,
            identity: 0,
        }
    }
}

/// A relation to be made.
pub(crate) struct NewRelation {
    pub name: String,
    pub schema: Oid,
    pub kind: RelationKind,
    pub persistence: u8,
    pub columns: Vec<NewColumn>,
    pub options: Option<Vec<String>>,
    pub check_count: i16,
}

/// Makes a table, sequence or view: its rows in the catalogs, its row type, its file. Visible after the next command step.
/// # Errors
/// 42P07 for a name in use, 42710 for a type's, and those of writing.
pub(crate) fn create(environment: &Environment<'_>, new: &NewRelation) -> Result<Oid> {
    let catalog = environment.catalog;
    if catalog.relation_by_name(new.schema, &new.name)?.is_some() {
        return Err(already_exists(&new.name));
    }
    let has_type = new.kind != RelationKind::Sequence;
    if has_type && let Some(existing) = catalog.type_by_name(new.schema, &new.name)? {
        if !existing.typelem.is_valid() || existing.typtype != b'b' {
            return Err(error!(DUPLICATE_OBJECT, "type \"{}\" already exists", new.name).hint(
                "A relation has an associated type of the same name, so you must use a name that doesn't conflict with any existing type.",
            ));
        }
        move_array_type(catalog, &existing)?;
    }
    let relation = new_relation_oid(catalog)?;
    let type_oid = if has_type { catalog.new_oid::<PgType>(PgType::BY_OID)? } else { Oid::INVALID };
    let has_file = new.kind != RelationKind::View;
    catalog.insert(&PgClass {
        reltype: type_oid,
        relowner: environment.user,
        relam: if new.kind == RelationKind::Table { Oid(2) } else { Oid::INVALID },
        relfilenode: if has_file { relation } else { Oid::INVALID },
        relpages: i32::from(new.kind == RelationKind::Sequence),
        reltuples: match new.kind {
            RelationKind::Table => -1.0,
            RelationKind::Sequence => 1.0,
            _ => 0.0,
        },
        relnatts: new.columns.len() as i16,
        relchecks: new.check_count,
        relhasrules: new.kind == RelationKind::View,
        relpersistence: new.persistence,
        reloptions: new.options.clone(),
        ..class_row(relation, &new.name, new.schema, new.kind.letter())
    })?;
    for (at, column) in new.columns.iter().enumerate() {
        catalog.insert(&attribute(catalog, relation, column, at as i16 + 1)?)?;
    }
    if new.kind != RelationKind::View {
        for (name, number, data_type) in SYSTEM_COLUMNS {
            catalog.insert(&PgAttribute {
                attnotnull: true,
                ..attribute_row(relation, name, number, data_type)
            })?;
        }
    }
    if has_type {
        create_types(environment, new, relation, type_oid)?;
    }
    let object = Object::relation(relation);
    depend::depend(catalog, object, Object::new(PgNamespace::OID, new.schema), NORMAL)?;
    depend::depend_on_owner(catalog, object, environment.user)?;
    for (at, column) in new.columns.iter().enumerate() {
        let on = Object::new(PgType::OID, column.data_type.oid);
        depend::depend(catalog, Object::column(relation, at as i16 + 1), on, NORMAL)?;
    }
    if has_file {
        create_file(catalog, relation)?;
    }
    Ok(relation)
}

pub(crate) fn already_exists(name: &str) -> Error {
    error!(DUPLICATE_TABLE, "relation \"{name}\" already exists")
}

/// An identifier that no relation has, and no file: a crash can leave files of transactions that it forgot, and then gives out
/// the numbers of the last of them again.
pub(crate) fn new_relation_oid(catalog: &Catalog) -> Result<Oid> {
    loop {
        let oid = catalog.new_oid::<PgClass>(PgClass::BY_OID)?;
        if !catalog.pool().exists(file_of(catalog, oid), ForkNumber::Main)? {
            return Ok(oid);
        }
    }
}

fn file_of(catalog: &Catalog, number: Oid) -> RelationFile {
    RelationFile { tablespace: DEFAULT_TABLESPACE, database: catalog.database(), relation: number }
}

/// Makes the file of a relation, which goes again if the transaction is rolled back.
pub(crate) fn create_file(catalog: &Catalog, file: Oid) -> Result<RelationFile> {
    let file = file_of(catalog, file);
    let session = catalog.session();
    let xid = session.xid()?;
    session.note_created(file);
    recovery::create_logged(catalog.pool(), xid, file, ForkNumber::Main)?;
    Ok(file)
}

/// Row of `pg_attribute` for a new column.
pub(crate) fn attribute(
    catalog: &Catalog,
    relation: Oid,
    column: &NewColumn,
    number: i16,
) -> Result<PgAttribute> {
    let data_type = column.data_type;
    let known = catalog
        .data_type(data_type.oid)?
        .ok_or_else(|| Error::internal(format!("cache lookup failed for type {}", data_type.oid)))?;
    Ok(PgAttribute {
        attlen: known.typlen,
        attbyval: known.typbyval,
        attalign: known.typalign,
        attstorage: known.typstorage,
        atttypmod: data_type.modifier,
        attndims: column.dimensions,
        attcollation: data_type.collation,
        attnotnull: column.not_null,
        atthasdef: column.has_default,
        attidentity: column.identity,
        ..attribute_row(relation, &column.name, number, data_type.oid)
    })
}

/// The type of a relation's rows and that of arrays of them.
fn create_types(
    environment: &Environment<'_>,
    new: &NewRelation,
    relation: Oid,
    type_oid: Oid,
) -> Result<()> {
    let catalog = environment.catalog;
    let array = catalog.new_oid::<PgType>(PgType::BY_OID)?;
    let rows = PgType {
        typnamespace: new.schema,
        typowner: environment.user,
        typarray: array,
        ..row_type(type_oid, &new.name, relation)
    };
    catalog.insert(&PgType {
        oid: array,
        typname: array_name(catalog, new.schema, &new.name)?.into(),
        typnamespace: new.schema,
        typowner: environment.user,
        typtype: b'b',
        typcategory: b'A',
        typrelid: Oid::INVALID,
        typsubscript: RegProc(Oid(6179)),
        typelem: type_oid,
        typarray: Oid::INVALID,
        typinput: RegProc(Oid(750)),
        typoutput: RegProc(Oid(751)),
        typreceive: RegProc(Oid(2400)),
        typsend: RegProc(Oid(2401)),
        ..row_type(array, &new.name, relation)
    })?;
    catalog.insert(&rows)?;
    let object = Object::new(PgType::OID, type_oid);
    depend::depend(catalog, object, Object::relation(relation), INTERNAL)?;
    depend::depend(catalog, Object::new(PgType::OID, array), object, INTERNAL)
}

/// `_name`, with more underscores while that is taken.
pub(crate) fn array_name(catalog: &Catalog, schema: Oid, name: &str) -> Result<String> {
    let mut prefix = String::from("_");
    loop {
        let mut candidate = format!("{prefix}{name}");
        while candidate.len() > 63 {
            candidate.pop();
        }
        if catalog.type_by_name(schema, &candidate)?.is_none() || prefix.len() > 60 {
            return Ok(candidate);
        }
        prefix.push('_');
    }
}

/// An array type makes way for somebody who wants its name.
fn move_array_type(catalog: &Catalog, existing: &PgType) -> Result<()> {
    let name = array_name(catalog, existing.typnamespace, &existing.typname)?;
    change_type(catalog, existing.oid, |row| row.typname = name.into())
}

/// Changes a row of `pg_class`.
pub(crate) fn change_class(
    catalog: &Catalog,
    relation: Oid,
    change: impl FnOnce(&mut PgClass),
) -> Result<()> {
    catalog.next_command()?;
    let found = catalog.find::<PgClass>(PgClass::BY_OID, &[Value::Oid(relation)])?;
    let Some((address, mut row)) = found.into_iter().next() else {
        return Err(Error::internal(format!("cache lookup failed for relation {relation}")));
    };
    change(&mut row);
    catalog.update(address, &row)?;
    catalog.next_command()
}

/// Changes a row of `pg_attribute`.
pub(crate) fn change_attribute(
    catalog: &Catalog,
    relation: Oid,
    number: i16,
    change: impl FnOnce(&mut PgAttribute),
) -> Result<()> {
    catalog.next_command()?;
    let keys = [Value::Oid(relation), Value::Int2(number)];
    let found = catalog.find::<PgAttribute>(PgAttribute::BY_RELID_ATTNUM, &keys)?;
    let Some((address, mut row)) = found.into_iter().next() else {
        return Err(Error::internal(format!(
            "cache lookup failed for attribute {number} of relation {relation}"
        )));
    };
    change(&mut row);
    catalog.update(address, &row)?;
    catalog.next_command()
}

/// Changes a row of `pg_type`.
pub(crate) fn change_type(catalog: &Catalog, type_oid: Oid, change: impl FnOnce(&mut PgType)) -> Result<()> {
    catalog.next_command()?;
    let found = catalog.find::<PgType>(PgType::BY_OID, &[Value::Oid(type_oid)])?;
    let Some((address, mut row)) = found.into_iter().next() else {
        return Err(Error::internal(format!("cache lookup failed for type {type_oid}")));
    };
    change(&mut row);
    catalog.update(address, &row)?;
    catalog.next_command()
}

/// The text of an option's value.
pub(crate) fn option_text(element: &DefinitionElement) -> String {
    match &element.value {
        None => "true".into(),
        Some(DefinitionValue::String(text) | DefinitionValue::Number(text)) => text.clone(),
        Some(DefinitionValue::Integer(number)) => number.to_string(),
        Some(DefinitionValue::Boolean(value)) => value.to_string(),
        Some(DefinitionValue::Type(name)) => name.name.join("."),
        Some(DefinitionValue::Name(parts)) => parts.join("."),
        Some(DefinitionValue::Star) => "*".into(),
        Some(_) => String::new(),
    }
}

/// A boolean option.
/// # Errors
/// 42601 for something else.
pub(crate) fn option_boolean(element: &DefinitionElement) -> Result<bool> {
    match option_text(element).to_ascii_lowercase().as_str() {
        "true" | "on" | "1" | "yes" => Ok(true),
        "false" | "off" | "0" | "no" => Ok(false),
        _ => Err(error!(SYNTAX_ERROR, "{} requires a Boolean value", element.name)),
    }
}

/// Storage parameters as `reloptions` holds them.
/// # Errors
/// 22023 for unknown ones and values out of bounds.
pub(crate) fn relation_options(
    elements: &[DefinitionElement],
    kind: RelationKind,
) -> Result<Option<Vec<String>>> {
    let mut options = Vec::new();
    for element in elements {
        if element.namespace.as_deref() == Some("toast") {
            continue;
        }
        if let Some(other) = &element.namespace {
            return Err(error!(INVALID_PARAMETER_VALUE, "unrecognized parameter namespace \"{other}\""));
        }
        let name = element.name.as_str();
        let known = match kind {
            RelationKind::Index => matches!(name, "fillfactor" | "deduplicate_items"),
            RelationKind::View => matches!(name, "security_barrier" | "security_invoker" | "check_option"),
            _ => {
                matches!(
                    name,
                    "fillfactor"
                        | "toast_tuple_target"
                        | "parallel_workers"
                        | "user_catalog_table"
                        | "vacuum_index_cleanup"
                        | "vacuum_truncate"
                        | "vacuum_max_eager_freeze_failure_rate"
                        | "log_autovacuum_min_duration"
                ) || name.starts_with("autovacuum_")
            }
        };
        if !known {
            return Err(error!(INVALID_PARAMETER_VALUE, "unrecognized parameter \"{name}\""));
        }
        let value = option_text(element);
        if name == "fillfactor" {
            let number = value.parse::<i32>().map_err(|_| {
                error!(INVALID_PARAMETER_VALUE, "invalid value for integer option \"{name}\": {value}")
            })?;
            if !(10..=100).contains(&number) {
                return Err(error!(
                    INVALID_PARAMETER_VALUE,
                    "value {value} out of bounds for option \"{name}\""
                )
                .detail("Valid values are between \"10\" and \"100\"."));
            }
        }
        if options.iter().any(|known: &String| known.split('=').next() == Some(name)) {
            return Err(error!(INVALID_PARAMETER_VALUE, "parameter \"{name}\" specified more than once"));
        }
        options.push(format!("{name}={value}"));
    }
    Ok((!options.is_empty()).then_some(options))
}

/// How a relation of this kind (in the plural) is kept, as `relpersistence`.
/// # Errors
/// 0A000 for all but permanent ones: nothing empties an unlogged relation after a crash yet.
pub(crate) fn persistence(written: Persistence, kind: &str) -> Result<u8> {
    match written {
        Persistence::Permanent => Ok(b'p'),
        Persistence::Unlogged => Err(Error::unsupported(format!("unlogged {kind} are not supported yet"))),
        Persistence::Temporary => Err(Error::unsupported(format!("temporary {kind} are not supported yet"))),
    }
}
