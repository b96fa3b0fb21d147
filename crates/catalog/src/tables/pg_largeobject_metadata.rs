//! `pg_largeobject_metadata`: owners and privileges of large objects.

use common::Oid;

use crate::declaration::catalog;
use crate::field::AclItems;

catalog! {
    /// Owners and privileges of large objects.
    PgLargeobjectMetadata = 2995 "pg_largeobject_metadata", row type 10023, shared false, toast 0 0 {
        oid: Oid,
        lomowner: Oid,
        lomacl: Option<AclItems>,
    }
    indexes {
        BY_OID = 2996 "pg_largeobject_metadata_oid_index" primary (oid) constraint 10162;
    }
}
