//! `pg_parameter_acl`: privileges on settings.

use common::Oid;

use crate::declaration::catalog;
use crate::field::AclItems;

catalog! {
    /// Privileges on settings.
    PgParameterAcl = 6243 "pg_parameter_acl", row type 10097, shared true, toast 6244 6245 {
        oid: Oid,
        parname: String,
        paracl: Option<AclItems>,
    }
    indexes {
        BY_PARNAME = 6246 "pg_parameter_acl_parname_index" unique (parname) constraint 10279;
        BY_OID = 6247 "pg_parameter_acl_oid_index" primary (oid) constraint 10281;
    }
}
