//! `pg_extension`: installed extensions.

use common::Oid;

use crate::declaration::catalog;
use crate::field::{Name, OidArray};

catalog! {
    /// Installed extensions.
    PgExtension = 3079 "pg_extension", row type 10074, shared false, toast 4147 4148 {
        oid: Oid,
        extname: Name,
        extowner: Oid,
        extnamespace: Oid,
        extrelocatable: bool,
        extversion: String,
        extconfig: Option<OidArray>,
        extcondition: Option<Vec<String>>,
    }
    indexes {
        BY_OID = 3080 "pg_extension_oid_index" primary (oid) constraint 10241;
        BY_NAME = 3081 "pg_extension_name_index" unique (extname) constraint 10242;
    }
}
