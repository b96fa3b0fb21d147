//! `pg_statistic_ext`: extended statistics objects.

use common::Oid;

use crate::declaration::catalog;
use crate::field::{CharArray, Name, NodeTree};

catalog! {
    /// Extended statistics objects.
    PgStatisticExt = 3381 "pg_statistic_ext", row type 10031, shared false, toast 3439 3440 {
        oid: Oid,
        stxrelid: Oid,
        stxname: Name,
        stxnamespace: Oid,
        stxowner: Oid,
        stxkeys: Vec<i16>,
        stxstattarget: Option<i16>,
        stxkind: CharArray,
        stxexprs: Option<NodeTree>,
    }
    indexes {
        BY_RELID = 3379 "pg_statistic_ext_relid_index" plain (stxrelid) constraint 0;
        BY_OID = 3380 "pg_statistic_ext_oid_index" primary (oid) constraint 10173;
        BY_NAME = 3997 "pg_statistic_ext_name_index" unique (stxname, stxnamespace) constraint 10174;
    }
}
