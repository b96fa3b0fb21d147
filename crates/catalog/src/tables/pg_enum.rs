//! `pg_enum`: labels of enum types.

use common::Oid;

use crate::declaration::catalog;
use crate::field::Name;

catalog! {
    /// Labels of enum types.
    PgEnum = 3501 "pg_enum", row type 10045, shared false, toast 0 0 {
        oid: Oid,
        enumtypid: Oid,
        enumsortorder: f32,
        enumlabel: Name,
    }
    indexes {
        BY_OID = 3502 "pg_enum_oid_index" primary (oid) constraint 10195;
        BY_TYPID_LABEL = 3503 "pg_enum_typid_label_index" unique (enumtypid, enumlabel) constraint 10196;
        BY_TYPID_SORTORDER = 3534 "pg_enum_typid_sortorder_index" unique (enumtypid, enumsortorder) constraint 10197;
    }
}
