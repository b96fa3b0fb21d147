//! `pg_collation`: collations.

use common::Oid;

use crate::declaration::catalog;
use crate::field::Name;

catalog! {
    /// Collations.
    PgCollation = 3456 "pg_collation", row type 10095, shared false, toast 6175 6176 {
        oid: Oid,
        collname: Name,
        collnamespace: Oid,
        collowner: Oid,
        collprovider: u8,
        collisdeterministic: bool,
        collencoding: i32,
        collcollate: Option<String>,
        collctype: Option<String>,
        colllocale: Option<String>,
        collicurules: Option<String>,
        collversion: Option<String>,
    }
    indexes {
        BY_OID = 3085 "pg_collation_oid_index" primary (oid) constraint 10278;
        BY_NAME_ENC_NSP = 3164 "pg_collation_name_enc_nsp_index" unique (collname, collencoding, collnamespace) constraint 10276;
    }
}
