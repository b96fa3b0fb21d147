//! `pg_foreign_data_wrapper`: foreign-data wrappers.

use common::Oid;

use crate::declaration::catalog;
use crate::field::{AclItems, Name};

catalog! {
    /// Foreign-data wrappers.
    PgForeignDataWrapper = 2328 "pg_foreign_data_wrapper", row type 10076, shared false, toast 4149 4150 {
        oid: Oid,
        fdwname: Name,
        fdwowner: Oid,
        fdwhandler: Oid,
        fdwvalidator: Oid,
        fdwacl: Option<AclItems>,
        fdwoptions: Option<Vec<String>>,
    }
    indexes {
        BY_OID = 112 "pg_foreign_data_wrapper_oid_index" primary (oid) constraint 10244;
        BY_NAME = 548 "pg_foreign_data_wrapper_name_index" unique (fdwname) constraint 10245;
    }
}
