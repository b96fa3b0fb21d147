//! `pg_shseclabel`: security labels of shared objects.

use common::Oid;

use crate::declaration::catalog;

catalog! {
    /// Security labels of shared objects.
    PgShseclabel = 3592 "pg_shseclabel", row type 4066, shared true, toast 4060 4061 {
        objoid: Oid,
        classoid: Oid,
        provider: String,
        label: String,
    }
    indexes {
        BY_OBJECT = 3593 "pg_shseclabel_object_index" primary (objoid, classoid, provider) constraint 10275;
    }
}
