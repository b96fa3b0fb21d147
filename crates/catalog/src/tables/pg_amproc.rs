//! `pg_amproc`: support functions that belong to operator families.

use common::Oid;

use crate::declaration::catalog;
use crate::field::RegProc;

catalog! {
    /// Support functions that belong to operator families.
    PgAmproc = 2603 "pg_amproc", row type 10019, shared false, toast 0 0 {
        oid: Oid,
        amprocfamily: Oid,
        amproclefttype: Oid,
        amprocrighttype: Oid,
        amprocnum: i16,
        amproc: RegProc,
    }
    indexes {
        BY_FAM_PROC = 2655 "pg_amproc_fam_proc_index" unique (amprocfamily, amproclefttype, amprocrighttype, amprocnum) constraint 10155;
        BY_OID = 2757 "pg_amproc_oid_index" primary (oid) constraint 10157;
    }
}
