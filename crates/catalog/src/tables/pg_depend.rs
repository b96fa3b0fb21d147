//! `pg_depend`: what depends on what within a database.

use common::Oid;

use crate::declaration::catalog;

catalog! {
    /// What depends on what within a database.
    PgDepend = 2608 "pg_depend", row type 10051, shared false, toast 0 0 {
        classid: Oid,
        objid: Oid,
        objsubid: i32,
        refclassid: Oid,
        refobjid: Oid,
        refobjsubid: i32,
        deptype: u8,
    }
    indexes {
        BY_DEPENDER = 2673 "pg_depend_depender_index" plain (classid, objid, objsubid) constraint 0;
        BY_REFERENCE = 2674 "pg_depend_reference_index" plain (refclassid, refobjid, refobjsubid) constraint 0;
    }
}
