//! `pg_conversion`: encoding conversions.

use common::Oid;

use crate::declaration::catalog;
use crate::field::{Name, RegProc};

catalog! {
    /// Encoding conversions.
    PgConversion = 2607 "pg_conversion", row type 10049, shared false, toast 0 0 {
        oid: Oid,
        conname: Name,
        connamespace: Oid,
        conowner: Oid,
        conforencoding: i32,
        contoencoding: i32,
        conproc: RegProc,
        condefault: bool,
    }
    indexes {
        BY_DEFAULT = 2668 "pg_conversion_default_index" unique (connamespace, conforencoding, contoencoding, oid) constraint 10201;
        BY_NAME_NSP = 2669 "pg_conversion_name_nsp_index" unique (conname, connamespace) constraint 10202;
        BY_OID = 2670 "pg_conversion_oid_index" primary (oid) constraint 10204;
    }
}
