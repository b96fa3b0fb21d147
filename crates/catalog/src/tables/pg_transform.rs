//! `pg_transform`: transforms between types and languages.

use common::Oid;

use crate::declaration::catalog;
use crate::field::RegProc;

catalog! {
    /// Transforms between types and languages.
    PgTransform = 3576 "pg_transform", row type 10103, shared false, toast 0 0 {
        oid: Oid,
        trftype: Oid,
        trflang: Oid,
        trffromsql: RegProc,
        trftosql: RegProc,
    }
    indexes {
        BY_OID = 3574 "pg_transform_oid_index" primary (oid) constraint 10288;
        BY_TYPE_LANG = 3575 "pg_transform_type_lang_index" unique (trftype, trflang) constraint 10289;
    }
}
