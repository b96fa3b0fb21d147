//! COMMENT ON.

use catalog::tables::*;
use catalog::{CatalogView, RelationKind};
use common::Oid;
use error::{Error, Result, error};
use parser::ast::{CommentStatement, ObjectName, ObjectType, QualifiedName};
use storage_lock::LockMode;
use types::Value;

use crate::constraint::column_of;
use crate::depend::Object;
use crate::environment::Environment;
use crate::name::{kind_name, relation_name};

/// COMMENT ON an object, or with no text, none any more.
pub(crate) fn run(environment: &mut Environment<'_>, statement: &CommentStatement) -> Result<()> {
    let object = find(environment, statement.object.object_type, &statement.object.name)?;
    let text = statement.comment.as_deref().filter(|text| !text.is_empty());
    let catalog = environment.catalog;
    if matches!(object.class, PgDatabase::OID | PgAuthid::OID) {
        let keys = [Value::Oid(object.oid), Value::Oid(object.class)];
        for (address, row) in catalog.find::<PgShdescription>(PgShdescription::BY_O_C, &keys)? {
            catalog.delete(address, &row)?;
        }
        let Some(text) = text else { return Ok(()) };
        let (objoid, classoid) = (object.oid, object.class);
        return catalog.insert(&PgShdescription { objoid, classoid, description: text.into() });
    }
    let keys = [Value::Oid(object.oid), Value::Oid(object.class), Value::Int4(object.part)];
    for (address, row) in catalog.find::<PgDescription>(PgDescription::BY_O_C_O, &keys)? {
        catalog.delete(address, &row)?;
    }
    let Some(text) = text else { return Ok(()) };
    catalog.insert(&PgDescription {
        objoid: object.oid,
        classoid: object.class,
        objsubid: object.part,
        description: text.into(),
    })
}

fn find(environment: &Environment<'_>, object_type: ObjectType, name: &ObjectName) -> Result<Object> {
    let catalog = environment.catalog;
    let lock = LockMode::ShareUpdateExclusive;
    match (object_type, name) {
        (ObjectType::Column, ObjectName::Name(name)) => {
            let Some((column, table)) = name.parts.split_last() else {
                return Err(error!(SYNTAX_ERROR, "column name must be qualified"));
            };
            let table = QualifiedName { parts: table.to_vec(), location: name.location };
            let relation = environment.relation(&relation_name(&table), lock)?;
            environment.check_owner(&relation)?;
            Ok(Object::column(relation.oid, column_of(&relation, column)?.number.0))
        }
        (ObjectType::Constraint, ObjectName::Member { relation, name }) => {
            let relation = environment.relation(&relation_name(relation), lock)?;
            environment.check_owner(&relation)?;
            let keys = [Value::Oid(relation.oid)];
            let all = catalog.rows::<PgConstraint>(PgConstraint::BY_CONRELID_CONTYPID_CONNAME, &keys)?;
            let found = all.iter().find(|row| &*row.conname == name.as_str());
            let found = found.ok_or_else(|| {
                error!(
                    UNDEFINED_OBJECT,
                    "constraint \"{name}\" for table \"{}\" does not exist", relation.name
                )
            })?;
            Ok(Object::new(PgConstraint::OID, found.oid))
        }
        (ObjectType::Schema, ObjectName::Name(name)) => {
            let name = relation_name(name).name;
            let schema = environment.schema_oid(&name)?;
            let owner = catalog.namespace(schema)?.map_or(Oid::INVALID, |row| row.nspowner);
            if !environment.has_role(owner)? {
                return Err(error!(INSUFFICIENT_PRIVILEGE, "must be owner of schema {name}"));
            }
            Ok(Object::new(PgNamespace::OID, schema))
        }
        (ObjectType::Database, ObjectName::Name(name)) => {
            let name = relation_name(name).name;
            let row = catalog.row::<PgDatabase>(PgDatabase::BY_DATNAME, &[Value::text(&name)])?;
            let row = row.ok_or_else(|| error!(UNDEFINED_DATABASE, "database \"{name}\" does not exist"))?;
            if !environment.has_role(row.datdba)? {
                return Err(error!(INSUFFICIENT_PRIVILEGE, "must be owner of database {name}"));
            }
            Ok(Object::new(PgDatabase::OID, row.oid))
        }
        (ObjectType::Extension, ObjectName::Name(name)) => crate::extension::owned(environment, name),
        (ObjectType::Role, ObjectName::Name(name)) => {
            let name = relation_name(name).name;
            let row = catalog.role_by_name(&name)?;
            let row = row.ok_or_else(|| error!(UNDEFINED_OBJECT, "role \"{name}\" does not exist"))?;
            Ok(Object::new(PgAuthid::OID, row.oid))
        }
        (_, ObjectName::Name(name)) => {
            let wanted = match object_type {
                ObjectType::Table => RelationKind::Table,
                ObjectType::Index => RelationKind::Index,
                ObjectType::Sequence => RelationKind::Sequence,
                ObjectType::View => RelationKind::View,
                _ => return Err(Error::unsupported("comments on this kind of object are not supported yet")),
            };
            let relation = environment.relation(&relation_name(name), lock)?;
            environment.check_owner(&relation)?;
            if relation.kind != wanted {
                let label = kind_name(wanted);
                let article = if wanted == RelationKind::Index { "an" } else { "a" };
                return Err(error!(WRONG_OBJECT_TYPE, "\"{}\" is not {article} {label}", relation.name));
            }
            Ok(Object::relation(relation.oid))
        }
        _ => Err(Error::unsupported("comments on this kind of object are not supported yet")),
    }
}
