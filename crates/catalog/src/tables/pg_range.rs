//! `pg_range`: what makes a type a range type.

use common::Oid;

use crate::declaration::catalog;
use crate::field::RegProc;

catalog! {
    /// What makes a type a range type.
    PgRange = 3541 "pg_range", row type 10101, shared false, toast 0 0 {
        rngtypid: Oid,
        rngsubtype: Oid,
        rngmultitypid: Oid,
        rngcollation: Oid,
        rngsubopc: Oid,
        rngcanonical: RegProc,
        rngsubdiff: RegProc,
    }
    indexes {
        BY_RNGMULTITYPID = 2228 "pg_range_rngmultitypid_index" unique (rngmultitypid) constraint 10286;
        BY_RNGTYPID = 3542 "pg_range_rngtypid_index" primary (rngtypid) constraint 10285;
    }
}
