//! What authentication needs to know of a role.

use common::Oid;
use error::Result;

/// A role as the catalog has it.
#[derive(Clone, Debug)]
pub struct RoleEntry {
    pub oid: Oid,
    /// A SCRAM verifier; anything else cannot be used.
    pub password: Option<String>,
    pub can_login: bool,
    pub is_superuser: bool,
    /// Microseconds since 1970 after which the password does not count; `None` is "for ever".
    pub valid_until_us: Option<i64>,
    /// -1 is "no limit".
    pub connection_limit: i32,
    /// Names of all roles that it is a member of, directly or not.
    pub memberships: Vec<String>,
}

/// Where roles are looked up.
pub trait RoleSource {
    /// The role of this name, or `None`.
    fn role(&self, name: &str) -> Result<Option<RoleEntry>>;
}
