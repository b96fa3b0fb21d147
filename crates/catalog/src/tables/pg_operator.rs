//! `pg_operator`: operators.

use common::Oid;

use crate::declaration::catalog;
use crate::field::{Name, RegProc};

catalog! {
    /// Operators.
    PgOperator = 2617 "pg_operator", row type 10009, shared false, toast 0 0 {
        oid: Oid,
        oprname: Name,
        oprnamespace: Oid,
        oprowner: Oid,
        oprkind: u8,
        oprcanmerge: bool,
        oprcanhash: bool,
        oprleft: Oid,
        oprright: Oid,
        oprresult: Oid,
        oprcom: Oid,
        oprnegate: Oid,
        oprcode: RegProc,
        oprrest: RegProc,
        oprjoin: RegProc,
    }
    indexes {
        BY_OID = 2688 "pg_operator_oid_index" primary (oid) constraint 10140;
        BY_OPRNAME_L_R_N = 2689 "pg_operator_oprname_l_r_n_index" unique (oprname, oprleft, oprright, oprnamespace) constraint 10141;
    }
}
