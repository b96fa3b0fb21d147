//! CREATE SCHEMA, and renaming and giving away schemas.

use catalog::CatalogView;
use catalog::tables::*;
use common::Oid;
use error::{Error, Result, error};
use parser::ast::{CreateSchemaStatement, RoleReference};
use types::Value;

use crate::depend::{self, Object};
use crate::environment::Environment;

/// CREATE SCHEMA.
pub(crate) fn create(environment: &mut Environment<'_>, statement: &CreateSchemaStatement) -> Result<()> {
    if !statement.elements.is_empty() {
        return Err(Error::unsupported("CREATE SCHEMA with elements is not supported yet"));
    }
    let catalog = environment.catalog;
    let owner = match &statement.authorization {
        Some(role) => environment.role_oid(role)?,
        None => environment.user,
    };
    let name = match (&statement.name, &statement.authorization) {
        (Some(name), _) => name.clone(),
        (None, Some(role)) => match &role.role {
            RoleReference::Name(name) => name.clone(),
            _ => catalog.role(owner)?.map(|row| row.rolname.0.clone()).unwrap_or_default(),
        },
        (None, None) => return Err(error!(SYNTAX_ERROR, "a schema needs a name")),
    };
    check_new_name(&name)?;
    let database = catalog.row::<PgDatabase>(PgDatabase::BY_OID, &[Value::Oid(catalog.database())])?;
    if let Some(database) = database
        && !environment.has_role(database.datdba)?
        && !crate::privilege::grants(
            catalog,
            environment.user,
            database.datacl.as_ref().map_or(&[][..], |acl| &acl.0),
            'C',
        )?
    {
        return Err(error!(
            INSUFFICIENT_PRIVILEGE,
            "permission denied for database {}", environment.database
        ));
    }
    if catalog.namespace_by_name(&name)?.is_some() {
        if statement.if_not_exists {
            environment.notice(error!(DUPLICATE_SCHEMA, "schema \"{name}\" already exists, skipping"));
            return Ok(());
        }
        return Err(error!(DUPLICATE_SCHEMA, "schema \"{name}\" already exists"));
    }
    let oid = catalog.new_oid::<PgNamespace>(PgNamespace::BY_OID)?;
    catalog.insert(&PgNamespace { oid, nspname: name.into(), nspowner: owner, nspacl: None })?;
    depend::depend_on_owner(catalog, Object::new(PgNamespace::OID, oid), owner)?;
    catalog.next_command()
}

fn check_new_name(name: &str) -> Result<()> {
    if name.starts_with("pg_") {
        return Err(error!(RESERVED_NAME, "unacceptable schema name \"{name}\"")
            .detail("The prefix \"pg_\" is reserved for system schemas."));
    }
    Ok(())
}

fn change(environment: &Environment<'_>, name: &str, change: impl FnOnce(&mut PgNamespace)) -> Result<Oid> {
    let catalog = environment.catalog;
    let found = catalog.find::<PgNamespace>(PgNamespace::BY_NSPNAME, &[Value::text(name)])?;
    let Some((address, mut row)) = found.into_iter().next() else {
        return Err(error!(UNDEFINED_SCHEMA, "schema \"{name}\" does not exist"));
    };
    if !environment.has_role(row.nspowner)? {
        return Err(error!(INSUFFICIENT_PRIVILEGE, "must be owner of schema {name}"));
    }
    change(&mut row);
    catalog.update(address, &row)?;
    catalog.next_command()?;
    Ok(row.oid)
}

/// ALTER SCHEMA ... RENAME TO.
pub(crate) fn rename(environment: &Environment<'_>, name: &str, new: &str) -> Result<()> {
    check_new_name(new)?;
    if environment.catalog.namespace_by_name(new)?.is_some() {
        return Err(error!(DUPLICATE_SCHEMA, "schema \"{new}\" already exists"));
    }
    change(environment, name, |row| row.nspname = new.into()).map(|_| ())
}

/// ALTER SCHEMA ... OWNER TO.
pub(crate) fn change_owner(environment: &Environment<'_>, name: &str, owner: Oid) -> Result<()> {
    let schema = change(environment, name, |row| row.nspowner = owner)?;
    let object = Object::new(PgNamespace::OID, schema);
    depend::forget_owner(environment.catalog, object)?;
    depend::depend_on_owner(environment.catalog, object, owner)
}
