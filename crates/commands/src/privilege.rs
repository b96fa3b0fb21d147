//! Access control lists, as `aclitem` texts: `grantee=privileges/grantor`.

use catalog::CatalogView;
use catalog::field::AclItems;
use error::Result;

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
