//! `pg_language`: languages of functions.

use common::Oid;

use crate::declaration::catalog;
use crate::field::{AclItems, Name};

catalog! {
    /// Languages of functions.
    PgLanguage = 2612 "pg_language", row type 10021, shared false, toast 4157 4158 {
        oid: Oid,
        lanname: Name,
        lanowner: Oid,
        lanispl: bool,
        lanpltrusted: bool,
        lanplcallfoid: Oid,
        laninline: Oid,
        lanvalidator: Oid,
        lanacl: Option<AclItems>,
    }
    indexes {
        BY_NAME = 2681 "pg_language_name_index" unique (lanname) constraint 10158;
        BY_OID = 2682 "pg_language_oid_index" primary (oid) constraint 10160;
    }
}
