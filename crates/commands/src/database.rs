//! CREATE and DROP DATABASE, and giving databases away.

use catalog::tables::*;
use common::Oid;
use error::{Result, error};
use types::Value;

use crate::depend::{self, Object};
use crate::environment::Environment;

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
