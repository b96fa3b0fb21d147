//! `pg_cast`: casts between types.

use common::Oid;

use crate::declaration::catalog;

catalog! {
    /// Casts between types.
    PgCast = 2605 "pg_cast", row type 10043, shared false, toast 0 0 {
        oid: Oid,
        castsource: Oid,
        casttarget: Oid,
        castfunc: Oid,
        castcontext: u8,
        castmethod: u8,
    }
    indexes {
        BY_OID = 2660 "pg_cast_oid_index" primary (oid) constraint 10192;
        BY_SOURCE_TARGET = 2661 "pg_cast_source_target_index" unique (castsource, casttarget) constraint 10193;
    }
}
