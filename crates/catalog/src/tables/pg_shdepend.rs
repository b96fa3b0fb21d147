//! `pg_shdepend`: what depends on shared objects.

use common::Oid;

use crate::declaration::catalog;

catalog! {
    /// What depends on shared objects.
    PgShdepend = 1214 "pg_shdepend", row type 10060, shared true, toast 0 0 {
        dbid: Oid,
        classid: Oid,
        objid: Oid,
        objsubid: i32,
        refclassid: Oid,
        refobjid: Oid,
        deptype: u8,
    }
    indexes {
        BY_DEPENDER = 1232 "pg_shdepend_depender_index" plain (dbid, classid, objid, objsubid) constraint 0;
        BY_REFERENCE = 1233 "pg_shdepend_reference_index" plain (refclassid, refobjid) constraint 0;
    }
}
