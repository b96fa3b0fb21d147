//! CREATE and DROP DATABASE, and giving databases away.

use catalog::CatalogView;
use catalog::tables::*;
use common::Oid;
use error::{Error, Result, error, sqlstate};
use parser::ast::{CreateDatabaseStatement, DropDatabaseStatement};
use storage_lock::{LockMode, LockTag};
use types::Value;

use crate::bootstrap::database_row;
use crate::depend::{self, Object};
use crate::environment::Environment;
use crate::new_relation::{option_boolean, option_text};

const DEFAULT_TABLESPACE: Oid = Oid(1663);

/// How long sessions that are leaving a database are waited for.
const PATIENCE_MS: u64 = 5000;

/// The lock on a database that each of its sessions holds in row exclusive mode.
pub fn database_lock(database: Oid) -> LockTag {
    LockTag::object(Oid::INVALID, PgDatabase::OID, database, 0)
}

/// Waits a little for other sessions to leave a database, and lets none in until the transaction ends.
/// # Errors
/// 55006.
fn lock_out(environment: &Environment<'_>, database: Oid, mode: LockMode, what: &str) -> Result<()> {
    let locks = environment.session().locks();
    let usual = locks.lock_timeout_ms();
    locks.set_lock_timeout_ms(PATIENCE_MS);
    let outcome = environment.lock(database_lock(database), mode);
    locks.set_lock_timeout_ms(usual);
    outcome.map_err(|error| {
        if error.sqlstate() != sqlstate::LOCK_NOT_AVAILABLE {
            return error;
        }
        error!(OBJECT_IN_USE, "{what} is being accessed by other users")
    })
}

/// CREATE DATABASE: a copy of a template. Outside of a transaction block, after a checkpoint.
pub(crate) fn create(environment: &mut Environment<'_>, statement: &CreateDatabaseStatement) -> Result<()> {
    let catalog = environment.catalog;
    let name = &statement.name;
    let own = catalog.role(environment.user)?;
    if !environment.is_superuser && !own.is_some_and(|row| row.rolcreatedb) {
        return Err(error!(INSUFFICIENT_PRIVILEGE, "permission denied to create database"));
    }
    let mut template = String::from("template1");
    let mut row = database_row(Oid::INVALID, name, environment.user, false, true);
    for option in &statement.options {
        let text = option_text(option);
        let is_default = option.value.is_none() || text == "default";
        match option.name.as_str() {
            "template" if !is_default => template = text,
            "owner" if !is_default => {
                let owner = catalog.role_by_name(&text)?;
                let owner =
                    owner.ok_or_else(|| error!(UNDEFINED_OBJECT, "role \"{text}\" does not exist"))?;
                row.datdba = owner.oid;
            }
            "encoding" if !is_default => {
                let plain = text.to_ascii_lowercase().replace(['-', '_'], "");
                if !matches!(plain.as_str(), "utf8" | "unicode" | "6") {
                    return Err(Error::unsupported(
                        "databases in another encoding than UTF8 are not supported yet",
                    ));
                }
            }
            "lc_collate" | "lc_ctype" | "locale" if !is_default => {
                let plain = text.to_ascii_lowercase();
                if !matches!(plain.as_str(), "c" | "posix" | "c.utf-8" | "c.utf8") {
                    return Err(Error::unsupported(
                        "databases in another locale than C are not supported yet",
                    ));
                }
            }
            "connection_limit" => row.datconnlimit = text.parse().unwrap_or(-1),
            "is_template" => row.datistemplate = option_boolean(option)?,
            "allow_connections" => row.datallowconn = option_boolean(option)?,
            "tablespace" if !is_default && text != "pg_default" => {
                return Err(error!(UNDEFINED_OBJECT, "tablespace \"{text}\" does not exist"));
            }
            _ => {}
        }
    }
    if !catalog.find::<PgDatabase>(PgDatabase::BY_DATNAME, &[Value::text(name)])?.is_empty() {
        return Err(error!(DUPLICATE_DATABASE, "database \"{name}\" already exists"));
    }
    let found = catalog.find::<PgDatabase>(PgDatabase::BY_DATNAME, &[Value::text(&template)])?;
    let Some((_, source)) = found.into_iter().next() else {
        return Err(error!(UNDEFINED_DATABASE, "template database \"{template}\" does not exist"));
    };
    if !source.datistemplate && !environment.has_role(source.datdba)? {
        return Err(error!(INSUFFICIENT_PRIVILEGE, "permission denied to copy database \"{template}\""));
    }
    lock_out(environment, source.oid, LockMode::Share, &format!("source database \"{template}\""))?;
    row.oid = catalog.new_oid::<PgDatabase>(PgDatabase::BY_OID)?;
    let xid = catalog.session().xid()?;
    let (from, to) = ((DEFAULT_TABLESPACE, source.oid), (DEFAULT_TABLESPACE, row.oid));
    let made = recovery::copy_database(catalog.pool(), xid, from, to).and_then(|_| {
        catalog.insert(&row)?;
        depend::depend_on_owner(catalog, Object::new(PgDatabase::OID, row.oid), row.datdba)?;
        catalog.next_command()
    });
    if made.is_err() {
        recovery::drop_database_logged(catalog.pool(), xid, to.0, to.1)?;
    }
    made
}

/// DROP DATABASE. Outside of a transaction block.
pub(crate) fn drop(environment: &mut Environment<'_>, statement: &DropDatabaseStatement) -> Result<()> {
    let catalog = environment.catalog;
    let name = &statement.name;
    let found = catalog.find::<PgDatabase>(PgDatabase::BY_DATNAME, &[Value::text(name)])?;
    let Some((address, row)) = found.into_iter().next() else {
        if statement.if_exists {
            environment.notice(error!(SUCCESSFUL_COMPLETION, "database \"{name}\" does not exist, skipping"));
            return Ok(());
        }
        return Err(error!(UNDEFINED_DATABASE, "database \"{name}\" does not exist"));
    };
    if !environment.has_role(row.datdba)? {
        return Err(error!(INSUFFICIENT_PRIVILEGE, "must be owner of database {name}"));
    }
    if row.oid == catalog.database() {
        return Err(error!(OBJECT_IN_USE, "cannot drop the currently open database"));
    }
    if row.datistemplate {
        return Err(error!(WRONG_OBJECT_TYPE, "cannot drop a template database"));
    }
    lock_out(environment, row.oid, LockMode::AccessExclusive, &format!("database \"{name}\""))?;
    catalog.delete(address, &row)?;
    crate::stored_setting::forget(catalog, |setting| setting.setdatabase == row.oid)?;
    depend::forget_owner(catalog, Object::new(PgDatabase::OID, row.oid))?;
    let xid = catalog.session().xid()?;
    recovery::drop_database_logged(catalog.pool(), xid, DEFAULT_TABLESPACE, row.oid)?;
    catalog.next_command()
}

/// ALTER DATABASE ... OWNER TO.
pub(crate) fn change_owner(environment: &Environment<'_>, name: &str, owner: Oid) -> Result<()> {
    let catalog = environment.catalog;
    let found = catalog.find::<PgDatabase>(PgDatabase::BY_DATNAME, &[Value::text(name)])?;
    let Some((address, mut row)) = found.into_iter().next() else {
        return Err(error!(UNDEFINED_DATABASE, "database \"{name}\" does not exist"));
    };
    if !environment.has_role(row.datdba)? {
        return Err(error!(INSUFFICIENT_PRIVILEGE, "must be owner of database {name}"));
    }
    row.datdba = owner;
    catalog.update(address, &row)?;
    let object = Object::new(PgDatabase::OID, row.oid);
    depend::forget_owner(catalog, object)?;
    depend::depend_on_owner(catalog, object, owner)?;
    catalog.next_command()
}
