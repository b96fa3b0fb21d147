//! Access control lists, as `aclitem` texts: `grantee=privileges/grantor`.

use catalog::{CatalogView, Relation};
use catalog::field::AclItems;
use error::{Result, error};

use crate::environment::Environment;

/// Whether a list grants the role, or everybody, a privilege.
pub(crate) fn grants(environment: &Environment<'_>, acl: Option<&AclItems>, privilege: char) -> Result<bool> {
    let Some(acl) = acl else { return Ok(false) };
    for item in &acl.0 {
        let Some((grantee, rest)) = item.rsplit_once('=') else { continue };
        let letters = rest.split('/').next().unwrap_or_default();
        if !letters.contains(privilege) {
            continue;
        }
        if grantee.is_empty() {
            return Ok(true);
        }
        if let Some(role) = environment.catalog.role_by_name(grantee.trim_matches('"'))?
            && environment.has_role(role.oid)?
        {
            return Ok(true);
        }
    }
    Ok(false)
}

/// # Errors
/// 42501 unless the role owns the table or was granted the privilege.
pub(crate) fn check_table(environment: &Environment<'_>, relation: &Relation, privilege: char) -> Result<()> {
    let acl = relation.acl.clone().map(AclItems);
    if environment.has_role(relation.owner)? || grants(environment, acl.as_ref(), privilege)? {
        return Ok(());
    }
    Err(error!(INSUFFICIENT_PRIVILEGE, "permission denied for table {}", relation.name))
}
