//! DROP: collects what goes along, complains where CASCADE is needed, and removes rows and files.

use catalog::tables::*;
use catalog::{CatalogView, RelationKind};
use common::Oid;
use error::{Error, Result, error};
use parser::ast::{DropBehavior, DropStatement, ObjectName, ObjectType, RelationName};
use storage_lock::LockMode;
use types::Value;

use crate::depend::{self, AUTOMATIC, EXTENSION, INTERNAL, NORMAL, Object};
use crate::environment::Environment;
use crate::name::{kind_name, relation_name};
use crate::new_relation::{change_attribute, change_class};

/// Everything that a drop takes along.
#[derive(Default)]
struct Collected {
    targets: Vec<Object>,
    /// In the order in which they were found, each with what it depends on among the others.
    found: Vec<(Object, Vec<(Object, u8)>)>,
    /// Dependents before what they depend on.
    order: Vec<Object>,
}

/// DROP TABLE, INDEX, SEQUENCE, VIEW, SCHEMA.
pub(crate) fn run(environment: &mut Environment<'_>, statement: &DropStatement) -> Result<()> {
    let kind = match statement.object_type {
        ObjectType::Table => Some(RelationKind::Table),
        ObjectType::Index => Some(RelationKind::Index),
        ObjectType::Sequence => Some(RelationKind::Sequence),
        ObjectType::View => Some(RelationKind::View),
        ObjectType::Schema => None,
        _ => return Err(Error::unsupported("this kind of object is not supported yet")),
    };
    if statement.concurrently {
        return Err(Error::unsupported("DROP INDEX CONCURRENTLY is not supported yet"));
    }
    let mut targets = Vec::new();
    for object in &statement.objects {
        let ObjectName::Name(name) = object else { continue };
        let name = relation_name(name);
        let found = match kind {
            Some(kind) => find_relation(environment, &name, kind, statement.if_exists)?,
            None => find_schema(environment, &name.name, statement.if_exists)?,
        };
        targets.extend(found);
    }
    drop_objects(environment, &targets, statement.behavior)
}

fn find_relation(
    environment: &mut Environment<'_>,
    name: &RelationName,
    kind: RelationKind,
    if_exists: bool,
) -> Result<Option<Object>> {
    let label = kind_name(kind);
    let Some(relation) = environment.find_relation(name, LockMode::AccessExclusive)? else {
        let schema = name.schema.as_deref();
        let missing = match schema {
            Some(schema) if environment.catalog.namespace_by_name(schema)?.is_none() => {
                error!(UNDEFINED_SCHEMA, "schema \"{schema}\" does not exist")
            }
            _ if kind == RelationKind::Index => {
                error!(UNDEFINED_OBJECT, "index \"{}\" does not exist", name.name)
            }
            _ => error!(UNDEFINED_TABLE, "{label} \"{}\" does not exist", name.name),
        };
        if !if_exists {
            return Err(missing);
        }
        let text = format!("{}, skipping", missing.message());
        environment.notice(Error::new(error::sqlstate::SUCCESSFUL_COMPLETION, text));
        return Ok(None);
    };
    if relation.kind != kind {
        let is = kind_name(relation.kind);
        let article = |word: &str| if word.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
        return Err(error!(WRONG_OBJECT_TYPE, "\"{}\" is not {} {label}", relation.name, article(label))
            .hint(format!("Use DROP {} to remove {} {is}.", is.to_uppercase(), article(is))));
    }
    if let Some(table) = index_table(environment, relation.oid)? {
        environment.lock_relation(table, LockMode::AccessExclusive)?;
    }
    environment.check_owner(&relation)?;
    Ok(Some(Object::relation(relation.oid)))
}

fn index_table(environment: &Environment<'_>, index: Oid) -> Result<Option<Oid>> {
    let row = environment.catalog.row::<PgIndex>(PgIndex::BY_INDEXRELID, &[Value::Oid(index)])?;
    Ok(row.map(|row| row.indrelid))
}

fn find_schema(environment: &mut Environment<'_>, name: &str, if_exists: bool) -> Result<Option<Object>> {
    let Some(schema) = environment.catalog.namespace_by_name(name)? else {
        if if_exists {
            environment.notice(error!(SUCCESSFUL_COMPLETION, "schema \"{name}\" does not exist, skipping"));
            return Ok(None);
        }
        return Err(error!(UNDEFINED_SCHEMA, "schema \"{name}\" does not exist"));
    };
    let owner = environment.catalog.namespace(schema)?.map_or(Oid::INVALID, |row| row.nspowner);
    if !environment.has_role(owner)? {
        return Err(error!(INSUFFICIENT_PRIVILEGE, "must be owner of schema {name}"));
    }
    if schema < Oid::FIRST_NORMAL && schema != catalog::PUBLIC {
        return Err(error!(
            DEPENDENT_OBJECTS_STILL_EXIST,
            "cannot drop schema {name} because it is required by the database system"
        ));
    }
    Ok(Some(Object::new(PgNamespace::OID, schema)))
}

/// Drops objects and what must go with them.
/// # Errors
/// 2BP01 when something else depends on them and CASCADE was not said, or when one is a part of something.
pub(crate) fn drop_objects(
    environment: &mut Environment<'_>,
    targets: &[Object],
    behavior: DropBehavior,
) -> Result<()> {
    environment.catalog.next_command()?;
    let mut collected = Collected { targets: targets.to_vec(), ..Collected::default() };
    for target in targets {
        for (owner, kind) in depend::references(environment.catalog, *target)? {
            if matches!(kind, INTERNAL | EXTENSION)
                && target.part == 0
                && !targets.iter().any(|other| owner.is_within(*other))
            {
                let (what, owner) = (describe(environment, *target)?, describe(environment, owner)?);
                return Err(error!(
                    DEPENDENT_OBJECTS_STILL_EXIST,
                    "cannot drop {what} because {owner} requires it"
                )
                .hint(format!("You can drop {owner} instead.")));
            }
        }
        visit(environment, &mut collected, *target)?;
    }
    report(environment, &collected, behavior)?;
    for object in &collected.order {
        remove(environment, *object)?;
    }
    environment.catalog.next_command()
}

fn visit(environment: &Environment<'_>, collected: &mut Collected, object: Object) -> Result<()> {
    if collected.found.iter().any(|(found, _)| *found == object) {
        return Ok(());
    }
    collected.found.push((object, Vec::new()));
    for (dependent, kind) in depend::dependents(environment.catalog, object)? {
        let mut dependent = dependent;
        if kind == NORMAL {
            // What is a part of something else takes the whole along.
            let mut owners = depend::references(environment.catalog, dependent)?.into_iter();
            if let Some((owner, _)) = owners.find(|(_, kind)| matches!(*kind, INTERNAL | EXTENSION)) {
                dependent = owner;
            }
        }
        if dependent.is_within(object) {
            continue;
        }
        if dependent.class == PgClass::OID {
            environment.lock_relation(dependent.oid, LockMode::AccessExclusive)?;
        }
        // A column of something that goes as a whole.
        let whole = Object { part: 0, ..dependent };
        if dependent.part != 0 && collected.found.iter().any(|(found, _)| *found == whole) {
            continue;
        }
        visit(environment, collected, dependent)?;
        if let Some((_, reasons)) = collected.found.iter_mut().find(|(found, _)| *found == dependent) {
            reasons.push((object, kind));
        }
    }
    collected.order.push(object);
    Ok(())
}

/// Tells of what goes only because of CASCADE.
fn report(environment: &mut Environment<'_>, collected: &Collected, behavior: DropBehavior) -> Result<()> {
    let is_forced = |(object, reasons): &&(Object, Vec<(Object, u8)>)| {
        !collected.targets.iter().any(|target| object.is_within(*target))
            && !reasons.iter().any(|(_, kind)| matches!(*kind, AUTOMATIC | INTERNAL | EXTENSION))
    };
    let mut lines = Vec::new();
    let mut names = Vec::new();
    for (object, reasons) in collected.found.iter().filter(is_forced) {
        let name = describe(environment, *object)?;
        if let Some((on, _)) = reasons.first() {
            lines.push(format!("{name} depends on {}", describe(environment, *on)?));
        }
        names.push(name);
    }
    if names.is_empty() {
        return Ok(());
    }
    if behavior == DropBehavior::Restrict {
        let message = match collected.targets.as_slice() {
            [only] => {
                let what = describe(environment, *only)?;
                format!("cannot drop {what} because other objects depend on it")
            }
            _ => "cannot drop desired object(s) because other objects depend on them".to_string(),
        };
        return Err(Error::new(error::sqlstate::DEPENDENT_OBJECTS_STILL_EXIST, message)
            .detail(lines.join("\n"))
            .hint("Use DROP ... CASCADE to drop the dependent objects too."));
    }
    let notice = match names.as_slice() {
        [only] => error!(SUCCESSFUL_COMPLETION, "drop cascades to {only}"),
        _ => {
            let lines: Vec<String> = names.iter().map(|name| format!("drop cascades to {name}")).collect();
            error!(SUCCESSFUL_COMPLETION, "drop cascades to {} other objects", names.len())
                .detail(lines.join("\n"))
        }
    };
    environment.notice(notice);
    Ok(())
}

/// A relation's name, with its schema unless it is found without.
pub(crate) fn visible_name(environment: &Environment<'_>, oid: Oid) -> Result<(&'static str, String)> {
    let catalog = environment.catalog;
    let Some(row) = catalog.row::<PgClass>(PgClass::BY_OID, &[Value::Oid(oid)])? else {
        return Ok(("relation", oid.to_string()));
    };
    let kind = RelationKind::from_letter(row.relkind).map_or("relation", kind_name);
    let name = RelationName { catalog: None, schema: None, name: row.relname.0.clone(), location: u32::MAX };
    let found = analyzer::resolve_relation_name(&name, environment.database, catalog)?;
    let quoted = parser::quote_identifier(&row.relname).into_owned();
    if found == Some(oid) {
        return Ok((kind, quoted));
    }
    let schema = environment.schema_name(row.relnamespace)?;
    Ok((kind, format!("{}.{quoted}", parser::quote_identifier(&schema))))
}

/// An object in words: `table t`, `column a of table t`.
pub(crate) fn describe(environment: &Environment<'_>, object: Object) -> Result<String> {
    let catalog = environment.catalog;
    let key = [Value::Oid(object.oid)];
    let on_relation = |relation: Oid| -> Result<String> {
        let (kind, name) = visible_name(environment, relation)?;
        Ok(format!("{kind} {name}"))
    };
    let column_name = |relation: Oid, number: i16| -> Result<String> {
        let keys = [Value::Oid(relation), Value::Int2(number)];
        let row = catalog.row::<PgAttribute>(PgAttribute::BY_RELID_ATTNUM, &keys)?;
        Ok(row.map(|row| row.attname.0.clone()).unwrap_or_default())
    };
    Ok(match object.class {
        PgClass::OID if object.part != 0 => {
            let column = column_name(object.oid, object.part as i16)?;
            format!("column {column} of {}", on_relation(object.oid)?)
        }
        PgClass::OID => on_relation(object.oid)?,
        PgAttrdef::OID => match catalog.row::<PgAttrdef>(PgAttrdef::BY_OID, &key)? {
            Some(row) => {
                let column = column_name(row.adrelid, row.adnum)?;
                format!("default value for column {column} of {}", on_relation(row.adrelid)?)
            }
            None => "default value".into(),
        },
        PgConstraint::OID => match catalog.row::<PgConstraint>(PgConstraint::BY_OID, &key)? {
            Some(row) => format!("constraint {} on {}", &*row.conname, on_relation(row.conrelid)?),
            None => "constraint".into(),
        },
        PgRewrite::OID => match catalog.row::<PgRewrite>(PgRewrite::BY_OID, &key)? {
            Some(row) => format!("rule {} on {}", &*row.rulename, on_relation(row.ev_class)?),
            None => "rule".into(),
        },
        PgType::OID => {
            format!("type {}", analyzer::type_format::format_type(catalog, object.oid, -1)?)
        }
        PgExtension::OID => match catalog.row::<PgExtension>(PgExtension::BY_OID, &key)? {
            Some(row) => format!("extension {}", &*row.extname),
            None => "extension".into(),
        },
        PgNamespace::OID => format!("schema {}", environment.schema_name(object.oid)?),
        PgProc::OID => match catalog.function(object.oid)? {
            Some(row) => format!("function {}", &*row.proname),
            None => "function".into(),
        },
        other => format!("object {} of catalog {other}", object.oid),
    })
}

/// Deletes all rows of a catalog that an index finds by these keys.
fn delete_rows<T: catalog::declaration::CatalogRow>(
    environment: &Environment<'_>,
    index: usize,
    keys: &[Value],
) -> Result<()> {
    for (address, row) in environment.catalog.find::<T>(index, keys)? {
        environment.catalog.delete(address, &row)?;
    }
    Ok(())
}

fn remove(environment: &Environment<'_>, object: Object) -> Result<()> {
    let catalog = environment.catalog;
    catalog.next_command()?;
    let key = [Value::Oid(object.oid)];
    match object.class {
        PgClass::OID if object.part != 0 => remove_column(environment, object)?,
        PgClass::OID => remove_relation(environment, object.oid)?,
        PgAttrdef::OID => {
            for (address, row) in catalog.find::<PgAttrdef>(PgAttrdef::BY_OID, &key)? {
                catalog.delete(address, &row)?;
                change_attribute(catalog, row.adrelid, row.adnum, |column| column.atthasdef = false)?;
            }
        }
        PgConstraint::OID => {
            for (address, row) in catalog.find::<PgConstraint>(PgConstraint::BY_OID, &key)? {
                catalog.delete(address, &row)?;
                if row.contype == b'c' {
                    change_class(catalog, row.conrelid, |table| table.relchecks -= 1)?;
                }
                if row.contype == b'n' {
                    for number in row.conkey.iter().flat_map(|key| key.0.iter().copied()) {
                        change_attribute(catalog, row.conrelid, number, |column| column.attnotnull = false)?;
                    }
                }
            }
        }
        PgRewrite::OID => delete_rows::<PgRewrite>(environment, PgRewrite::BY_OID, &key)?,
        PgType::OID => delete_rows::<PgType>(environment, PgType::BY_OID, &key)?,
        PgExtension::OID => delete_rows::<PgExtension>(environment, PgExtension::BY_OID, &key)?,
        PgNamespace::OID => delete_rows::<PgNamespace>(environment, PgNamespace::BY_OID, &key)?,
        other => return Err(Error::internal(format!("objects of catalog {other} cannot be dropped"))),
    }
    depend::forget(catalog, object, None)?;
    depend::forget_owner(catalog, object)?;
    let keys = [Value::Oid(object.oid), Value::Oid(object.class)];
    for (address, row) in catalog.find::<PgDescription>(PgDescription::BY_O_C_O, &keys)? {
        if object.part == 0 || row.objsubid == object.part {
            catalog.delete(address, &row)?;
        }
    }
    Ok(())
}

fn remove_column(environment: &Environment<'_>, object: Object) -> Result<()> {
    let catalog = environment.catalog;
    let number = object.part as i16;
    change_attribute(catalog, object.oid, number, |row| {
        row.attname = format!("........pg.dropped.{number}........").into();
        row.atttypid = Oid::INVALID;
        row.attnotnull = false;
        row.atthasdef = false;
        row.atthasmissing = false;
        row.attmissingval = None;
        row.attidentity = 0;
        row.attgenerated = 0;
        row.attisdropped = true;
        row.attstattarget = None;
        row.attacl = None;
        row.attoptions = None;
    })?;
    let keys = [Value::Oid(object.oid), Value::Int2(number)];
    delete_rows::<PgStatistic>(environment, PgStatistic::BY_RELID_ATT_INH, &keys)
}

fn remove_relation(environment: &Environment<'_>, oid: Oid) -> Result<()> {
    let catalog = environment.catalog;
    let key = [Value::Oid(oid)];
    if let Some(relation) = catalog.relation(oid)?
        && relation.kind != RelationKind::View
    {
        catalog.session().note_dropped(relation.storage.file);
    }
    // Should this be rolled back, counting begins anew.
    if let Some(changes) = catalog.shared_changes() {
        changes.forget(catalog.database(), oid);
    }
    delete_rows::<PgAttribute>(environment, PgAttribute::BY_RELID_ATTNUM, &key)?;
    delete_rows::<PgIndex>(environment, PgIndex::BY_INDEXRELID, &key)?;
    delete_rows::<PgSequence>(environment, PgSequence::BY_SEQRELID, &key)?;
    delete_rows::<PgStatistic>(environment, PgStatistic::BY_RELID_ATT_INH, &key)?;
    delete_rows::<PgClass>(environment, PgClass::BY_OID, &key)
}
