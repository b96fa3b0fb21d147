//! `pg_namespace`: schemas.

use common::Oid;

use crate::declaration::catalog;
use crate::field::{AclItems, Name};

catalog! {
    /// Schemas.
    PgNamespace = 2615 "pg_namespace", row type 10047, shared false, toast 4163 4164 {
        oid: Oid,
        nspname: Name,
        nspowner: Oid,
        nspacl: Option<AclItems>,
    }
    indexes {
        BY_NSPNAME = 2684 "pg_namespace_nspname_index" unique (nspname) constraint 10198;
        BY_OID = 2685 "pg_namespace_oid_index" primary (oid) constraint 10200;
    }
}
