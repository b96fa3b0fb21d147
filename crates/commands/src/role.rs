//! Roles: CREATE, ALTER and DROP ROLE.

use catalog::tables::*;
use error::{Result, error};
use types::Value;

use crate::environment::Environment;

/// ALTER ROLE ... RENAME TO.
pub(crate) fn rename(environment: &Environment<'_>, name: &str, new: &str) -> Result<()> {
    let catalog = environment.catalog;
    if !environment.is_superuser {
        return Err(error!(INSUFFICIENT_PRIVILEGE, "permission denied to rename role"));
    }
    let found = catalog.find::<PgAuthid>(PgAuthid::BY_ROLNAME, &[Value::text(name)])?;
    let Some((address, mut row)) = found.into_iter().next() else {
        return Err(error!(UNDEFINED_OBJECT, "role \"{name}\" does not exist"));
    };
    if !catalog.find::<PgAuthid>(PgAuthid::BY_ROLNAME, &[Value::text(new)])?.is_empty() {
        return Err(error!(DUPLICATE_OBJECT, "role \"{new}\" already exists"));
    }
    row.rolname = new.into();
    catalog.update(address, &row)?;
    catalog.next_command()
}
