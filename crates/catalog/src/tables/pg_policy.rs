//! `pg_policy`: row security policies.

use common::Oid;

use crate::declaration::catalog;
use crate::field::{Name, NodeTree, OidArray};

catalog! {
    /// Row security policies.
    PgPolicy = 3256 "pg_policy", row type 10084, shared false, toast 4167 4168 {
        oid: Oid,
        polname: Name,
        polrelid: Oid,
        polcmd: u8,
        polpermissive: bool,
        polroles: OidArray,
        polqual: Option<NodeTree>,
        polwithcheck: Option<NodeTree>,
    }
    indexes {
        BY_OID = 3257 "pg_policy_oid_index" primary (oid) constraint 10255;
        BY_POLRELID_POLNAME = 3258 "pg_policy_polrelid_polname_index" unique (polrelid, polname) constraint 10256;
    }
}
