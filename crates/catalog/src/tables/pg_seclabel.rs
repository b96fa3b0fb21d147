//! `pg_seclabel`: security labels of objects of a database.

use common::Oid;

use crate::declaration::catalog;

catalog! {
    /// Security labels of objects of a database.
    PgSeclabel = 3596 "pg_seclabel", row type 10092, shared false, toast 3598 3599 {
        objoid: Oid,
        classoid: Oid,
        objsubid: i32,
        provider: String,
        label: String,
    }
    indexes {
        BY_OBJECT = 3597 "pg_seclabel_object_index" primary (objoid, classoid, objsubid, provider) constraint 10271;
    }
}
