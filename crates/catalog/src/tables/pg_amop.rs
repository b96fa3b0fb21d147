//! `pg_amop`: operators that belong to operator families.

use common::Oid;

use crate::declaration::catalog;

catalog! {
    /// Operators that belong to operator families.
    PgAmop = 2602 "pg_amop", row type 10017, shared false, toast 0 0 {
        oid: Oid,
        amopfamily: Oid,
        amoplefttype: Oid,
        amoprighttype: Oid,
        amopstrategy: i16,
        amoppurpose: u8,
        amopopr: Oid,
        amopmethod: Oid,
        amopsortfamily: Oid,
    }
    indexes {
        BY_FAM_STRAT = 2653 "pg_amop_fam_strat_index" unique (amopfamily, amoplefttype, amoprighttype, amopstrategy) constraint 10151;
        BY_OPR_FAM = 2654 "pg_amop_opr_fam_index" unique (amopopr, amoppurpose, amopfamily) constraint 10152;
        BY_OID = 2756 "pg_amop_oid_index" primary (oid) constraint 10154;
    }
}
