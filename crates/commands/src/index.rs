//! CREATE INDEX, and the indexes behind PRIMARY KEY and UNIQUE.

use std::rc::Rc;

use catalog::field::Int2Array;
use catalog::tables::*;
use catalog::{CatalogView, Relation, RelationColumn, RelationKind};
use common::{ForkNumber, Oid};
use error::{Error, Result, error};
use parser::ast::{IndexElement, IndexStatement, IndexValue, NullsOrder, SortDirection};
use shared_memory::{Progress, ProgressCommand, ProgressNumber};
use storage_lock::LockMode;
use types::oid;

use crate::bootstrap::{class_row, constraint_row};
use crate::depend::{self, AUTOMATIC, INTERNAL, Object};
use crate::environment::Environment;
use crate::name::kind_name;
use crate::new_relation::{
    NewColumn, already_exists, attribute, change_class, create_file, new_relation_oid, relation_options,
};

const BTREE: Oid = Oid(403);
const MOST_COLUMNS: usize = 32;
const ANY_ARRAY: Oid = Oid(2277);
const ANY_ENUM: Oid = Oid(3500);

/// A key column of an index to be made.
#[derive(Clone, Debug)]
pub(crate) struct KeyColumn {
    pub number: i16,
    pub operator_class: Option<Oid>,
    pub collation: Option<Oid>,
    /// Bit 0 descending, bit 1 nulls first.
    pub options: i16,
}

impl KeyColumn {
    pub fn ascending(number: i16) -> KeyColumn {
        KeyColumn { number, operator_class: None, collation: None, options: 0 }
    }
}

/// An index to be made.
#[derive(Clone, Debug, Default)]
pub(crate) struct NewIndex {
    pub name: String,
    pub keys: Vec<KeyColumn>,
    pub include: Vec<i16>,
    pub is_unique: bool,
    pub is_primary: bool,
    pub nulls_not_distinct: bool,
    pub is_constraint: bool,
    pub options: Option<Vec<String>>,
}

/// CREATE INDEX.
pub(crate) fn run(environment: &mut Environment<'_>, statement: &IndexStatement) -> Result<()> {
    if statement.concurrently {
        return Err(Error::unsupported("CREATE INDEX CONCURRENTLY is not supported yet"));
    }
    if statement.filter.is_some() {
        return Err(Error::unsupported("partial indexes are not supported yet"));
    }
    let method = statement.access_method.as_deref().unwrap_or("btree");
    if method != "btree" {
        return Err(match method {
            "hash" | "gin" | "gist" | "spgist" | "brin" => {
                Error::unsupported(format!("access method \"{method}\" is not supported yet"))
            }
            _ => error!(UNDEFINED_OBJECT, "access method \"{method}\" does not exist"),
        });
    }
    let relation = environment.relation(&statement.table, LockMode::Share)?;
    if relation.kind != RelationKind::Table {
        return Err(error!(WRONG_OBJECT_TYPE, "cannot create index on relation \"{}\"", relation.name)
            .detail(format!("This operation is not supported for {}s.", kind_name(relation.kind))));
    }
    environment.check_owner(&relation)?;
    environment.check_create_in(relation.namespace)?;
    let mut keys = Vec::new();
    for element in &statement.elements {
        keys.push(key_column(environment, &relation, element)?);
    }
    let mut include = Vec::new();
    for element in &statement.include {
        let IndexValue::Column(name) = &element.value else {
            return Err(Error::unsupported("expressions are not supported in included columns"));
        };
        if element.operator_class.is_some() || element.collation.is_some() {
            return Err(Error::unsupported(
                "including column does not support an operator class or collation",
            ));
        }
        include.push(column_by_name(&relation, name)?.number.0);
    }
    let name = match &statement.name {
        Some(name) => name.clone(),
        None => {
            let numbers = keys.iter().map(|key| key.number).chain(include.iter().copied());
            let names = column_names(&relation, numbers);
            environment.free_relation_name(&relation.name, Some(&names), "idx", relation.namespace, &[])?
        }
    };
    if statement.if_not_exists && environment.catalog.relation_by_name(relation.namespace, &name)?.is_some() {
        environment.notice(error!(DUPLICATE_TABLE, "relation \"{name}\" already exists, skipping"));
        return Ok(());
    }
    let new = NewIndex {
        name,
        keys,
        include,
        is_unique: statement.is_unique,
        is_primary: false,
        nulls_not_distinct: statement.nulls_not_distinct,
        is_constraint: false,
        options: relation_options(&statement.options, RelationKind::Index)?,
    };
    create(environment, &relation, &new).map(|_| ())
}

pub(crate) fn column_by_name<'a>(relation: &'a Relation, name: &str) -> Result<&'a RelationColumn> {
    let found = relation.column(name);
    found.ok_or_else(|| error!(UNDEFINED_COLUMN, "column \"{name}\" does not exist"))
}

/// The columns' names in a row, for an index name.
pub(crate) fn column_names(relation: &Relation, numbers: impl Iterator<Item = i16>) -> String {
    let names: Vec<&str> = numbers.map(|number| &*relation.columns[number as usize - 1].name).collect();
    let mut all = names.join("_");
    // No more than a name can hold, whole characters only.
    while all.len() > 63 {
        all.pop();
    }
    all
}

fn key_column(
    environment: &Environment<'_>,
    relation: &Relation,
    element: &IndexElement,
) -> Result<KeyColumn> {
    let IndexValue::Column(name) = &element.value else {
        return Err(Error::unsupported("indexes on expressions are not supported yet"));
    };
    let column = column_by_name(relation, name)?;
    let descending = element.direction == SortDirection::Descending;
    let nulls_first = match element.nulls {
        NullsOrder::First => true,
        NullsOrder::Last => false,
        NullsOrder::Default => descending,
    };
    let operator_class = match &element.operator_class {
        None => None,
        Some(wanted) => {
            let wanted = wanted.parts.last().map_or("", String::as_str);
            let keys = [types::Value::Oid(BTREE), types::Value::text(wanted)];
            let found = environment.catalog.row::<PgOpclass>(PgOpclass::BY_AM_NAME_NSP, &keys)?;
            let found = found.ok_or_else(|| {
                error!(
                    UNDEFINED_OBJECT,
                    "operator class \"{wanted}\" does not exist for access method \"btree\""
                )
            })?;
            Some(found.oid)
        }
    };
    let collation = match &element.collation {
        None => None,
        Some(name) => Some(crate::create_table::collation(environment, name)?),
    };
    Ok(KeyColumn {
        number: column.number.0,
        operator_class,
        collation,
        options: i16::from(descending) | i16::from(nulls_first) << 1,
    })
}

/// The operator class for a column's type, by way of the type that it is stored like where it has none of its own.
fn operator_class(environment: &Environment<'_>, data_type: Oid) -> Result<Rc<PgOpclass>> {
    let catalog = environment.catalog;
    if let Some(class) = catalog.default_operator_class(BTREE, data_type)? {
        return Ok(class);
    }
    let row = catalog.data_type(data_type)?;
    let alike = match row.as_deref() {
        _ if data_type == oid::VARCHAR => oid::TEXT,
        Some(row) if row.typtype == b'd' => return operator_class(environment, row.typbasetype),
        Some(row) if row.typtype == b'e' => ANY_ENUM,
        Some(row) if row.typtype == b'c' => oid::RECORD,
        Some(row) if row.typelem.is_valid() && row.typlen == -1 => ANY_ARRAY,
        _ => Oid::INVALID,
    };
    if let Some(class) = catalog.default_operator_class(BTREE, alike)? {
        return Ok(class);
    }
    let name = analyzer::type_format::format_type(catalog, data_type, -1)?;
    Err(error!(
        UNDEFINED_OBJECT,
        "data type {name} has no default operator class for access method \"btree\""
    )
    .hint("You must specify an operator class for the index or define a default operator class for the data type."))
}

/// Makes an index, with its constraint if it has one, and fills it.
/// # Errors
/// 42P07, 23505, and those of writing.
pub(crate) fn create(environment: &mut Environment<'_>, relation: &Relation, new: &NewIndex) -> Result<Oid> {
    let catalog = environment.catalog;
    if new.keys.len() + new.include.len() > MOST_COLUMNS {
        return Err(error!(TOO_MANY_COLUMNS, "cannot use more than {MOST_COLUMNS} columns in an index"));
    }
    if catalog.relation_by_name(relation.namespace, &new.name)?.is_some() {
        return Err(already_exists(&new.name));
    }
    let numbers: Vec<i16> =
        new.keys.iter().map(|key| key.number).chain(new.include.iter().copied()).collect();
    let mut classes = Vec::new();
    let mut collations = Vec::new();
    for key in &new.keys {
        let column = &relation.columns[key.number as usize - 1];
        classes.push(match key.operator_class {
            Some(class) => class,
            None => operator_class(environment, column.data_type)?.oid,
        });
        collations.push(key.collation.unwrap_or(column.collation));
    }
    let index = new_relation_oid(catalog)?;
    catalog.insert(&PgClass {
        relowner: relation.owner,
        relnatts: numbers.len() as i16,
        relpersistence: relation.persistence,
        reloptions: new.options.clone(),
        reltuples: 0.0,
        ..class_row(index, &new.name, relation.namespace, b'i')
    })?;
    for (at, number) in numbers.iter().enumerate() {
        let column = &relation.columns[*number as usize - 1];
        let collation = collations.get(at).copied().unwrap_or(Oid::INVALID);
        let data_type = nodes::DataType { oid: column.data_type, modifier: column.modifier, collation };
        catalog.insert(&attribute(
            catalog,
            index,
            &NewColumn::new(&column.name, data_type),
            at as i16 + 1,
        )?)?;
    }
    catalog.insert(&PgIndex {
        indexrelid: index,
        indrelid: relation.oid,
        indnatts: numbers.len() as i16,
        indnkeyatts: new.keys.len() as i16,
        indisunique: new.is_unique,
        indnullsnotdistinct: new.nulls_not_distinct,
        indisprimary: new.is_primary,
        indisexclusion: false,
        indimmediate: true,
        indisclustered: false,
        indisvalid: true,
        indcheckxmin: false,
        indisready: true,
        indislive: true,
        indisreplident: false,
        indkey: numbers.clone(),
        indcollation: collations,
        indclass: classes,
        indoption: new.keys.iter().map(|key| key.options).collect(),
        indexprs: None,
        indpred: None,
    })?;
    let object = Object::relation(index);
    if new.is_constraint {
        let constraint = catalog.new_oid::<PgConstraint>(PgConstraint::BY_OID)?;
        let kind = if new.is_primary { b'p' } else { b'u' };
        let keys: Vec<i16> = new.keys.iter().map(|key| key.number).collect();
        catalog.insert(&PgConstraint {
            conindid: index,
            conkey: Some(Int2Array(keys)),
            ..constraint_row(constraint, &new.name, relation.namespace, kind, relation.oid)
        })?;
        let owner = Object::new(PgConstraint::OID, constraint);
        depend::depend(catalog, object, owner, INTERNAL)?;
        for number in &numbers {
            depend::depend(catalog, owner, Object::column(relation.oid, *number), AUTOMATIC)?;
        }
    } else {
        for number in &numbers {
            depend::depend(catalog, object, Object::column(relation.oid, *number), AUTOMATIC)?;
        }
    }
    create_file(catalog, index)?;
    change_class(catalog, relation.oid, |row| row.relhasindex = true)?;
    fill(environment, relation.oid, index)?;
    Ok(index)
}

/// Fills an index from its table and notes the sizes of both.
pub(crate) fn fill(environment: &mut Environment<'_>, table: Oid, index: Oid) -> Result<()> {
    let catalog = environment.catalog;
    let relation = environment.current(table)?;
    let found = relation.indexes.iter().find(|known| known.oid == index).cloned();
    let found = found.ok_or_else(|| Error::internal(format!("index {index} is not of its table")))?;
    let _progress = Progress::start(ProgressCommand::CreateIndex, table);
    // The command of `pg_stat_progress_create_index`, its index, the phase of building, the access method.
    for (number, value) in [(1, 1), (7, index.0.into()), (10, 2), (9, BTREE.0.into())] {
        ProgressNumber(number).set(value);
    }
    let rows =
        environment.with_runtime(|runtime| executor::build_index(runtime, catalog, &relation, &found))?;
    let pages = catalog.pool().blocks(found.storage.file, ForkNumber::Main)?;
    change_class(catalog, index, |row| {
        row.relpages = pages as i32;
        row.reltuples = rows as f32;
    })?;
    let table_pages = catalog.pool().blocks(relation.storage.file, ForkNumber::Main)?;
    if table_pages > 0 {
        change_class(catalog, table, |row| {
            row.relpages = table_pages as i32;
            row.reltuples = rows as f32;
        })?;
    }
    Ok(())
}
