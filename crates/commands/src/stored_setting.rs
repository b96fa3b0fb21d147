//! Settings that a database or a role gives its sessions: the rows of `pg_db_role_setting`.
//!
//! Values are checked by who has the settings; here they are only kept.

use catalog::Catalog;
use catalog::tables::PgDbRoleSetting;
use common::Oid;
use error::Result;
use types::Value;

/// What becomes of the settings of a database and a role.
pub enum SettingChange<'a> {
    /// One is set, or with no value taken away.
    One(&'a str, Option<&'a str>),
    All,
}

/// Changes the settings of a database (0 for all) and a role (0 for all).
/// # Errors
/// Those of writing.
pub fn change_setting(catalog: &Catalog, database: Oid, role: Oid, change: &SettingChange<'_>) -> Result<()> {
    catalog.next_command()?;
    let keys = [Value::Oid(database), Value::Oid(role)];
    let found =
        catalog.find::<PgDbRoleSetting>(PgDbRoleSetting::BY_DATABASEID_ROL, &keys)?.into_iter().next();
    let mut items = found.as_ref().and_then(|(_, row)| row.setconfig.clone()).unwrap_or_default();
    match change {
        SettingChange::All => items.clear(),
        SettingChange::One(name, value) => {
            let is_this = |item: &String| {
                item.split_once('=').is_some_and(|(known, _)| known.eq_ignore_ascii_case(name))
            };
            let place = items.iter().position(is_this);
            match (place, value) {
                (Some(at), Some(value)) => items[at] = format!("{name}={value}"),
                (None, Some(value)) => items.push(format!("{name}={value}")),
                (Some(at), None) => drop(items.remove(at)),
                (None, None) => {}
            }
        }
    }
    match found {
        Some((address, row)) if items.is_empty() => catalog.delete(address, &row),
        Some((address, row)) => catalog.update(address, &PgDbRoleSetting { setconfig: Some(items), ..row }),
        None if items.is_empty() => Ok(()),
        None => {
            catalog.insert(&PgDbRoleSetting { setdatabase: database, setrole: role, setconfig: Some(items) })
        }
    }
}

/// Takes away all settings of a role or a database that goes.
pub(crate) fn forget(catalog: &Catalog, is_gone: impl Fn(&PgDbRoleSetting) -> bool) -> Result<()> {
    for (address, row) in catalog.all::<PgDbRoleSetting>()? {
        if is_gone(&row) {
            catalog.delete(address, &row)?;
        }
    }
    Ok(())
}
