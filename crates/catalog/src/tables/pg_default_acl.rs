//! `pg_default_acl`: privileges that new objects begin with.

use common::Oid;

use crate::declaration::catalog;
use crate::field::AclItems;

catalog! {
    /// Privileges that new objects begin with.
    PgDefaultAcl = 826 "pg_default_acl", row type 10088, shared false, toast 4143 4144 {
        oid: Oid,
        defaclrole: Oid,
        defaclnamespace: Oid,
        defaclobjtype: u8,
        defaclacl: AclItems,
    }
    indexes {
        BY_ROLE_NSP_OBJ = 827 "pg_default_acl_role_nsp_obj_index" unique (defaclrole, defaclnamespace, defaclobjtype) constraint 10260;
        BY_OID = 828 "pg_default_acl_oid_index" primary (oid) constraint 10262;
    }
}
