//! `pg_statistic_ext_data`: what extended statistics objects found.

use common::Oid;

use crate::declaration::catalog;
use crate::field::Bytes;

catalog! {
    /// What extended statistics objects found.
    PgStatisticExtData = 3429 "pg_statistic_ext_data", row type 10033, shared false, toast 3430 3431 {
        stxoid: Oid,
        stxdinherit: bool,
        stxdndistinct: Option<Bytes>,
        stxddependencies: Option<Bytes>,
        stxdmcv: Option<Bytes>,
    }
    indexes {
        BY_STXOID_INH = 3433 "pg_statistic_ext_data_stxoid_inh_index" primary (stxoid, stxdinherit) constraint 10177;
    }
}
