//! `pg_statistic`: what ANALYZE found out about columns.

use common::Oid;

use crate::declaration::catalog;
use crate::field::{AnyArray, Float4Array};

catalog! {
    /// What ANALYZE found out about columns.
    PgStatistic = 2619 "pg_statistic", row type 10029, shared false, toast 2840 2841 {
        starelid: Oid,
        staattnum: i16,
        stainherit: bool,
        stanullfrac: f32,
        stawidth: i32,
        stadistinct: f32,
        stakind1: i16,
        stakind2: i16,
        stakind3: i16,
        stakind4: i16,
        stakind5: i16,
        staop1: Oid,
        staop2: Oid,
        staop3: Oid,
        staop4: Oid,
        staop5: Oid,
        stacoll1: Oid,
        stacoll2: Oid,
        stacoll3: Oid,
        stacoll4: Oid,
        stacoll5: Oid,
        stanumbers1: Option<Float4Array>,
        stanumbers2: Option<Float4Array>,
        stanumbers3: Option<Float4Array>,
        stanumbers4: Option<Float4Array>,
        stanumbers5: Option<Float4Array>,
        stavalues1: Option<AnyArray>,
        stavalues2: Option<AnyArray>,
        stavalues3: Option<AnyArray>,
        stavalues4: Option<AnyArray>,
        stavalues5: Option<AnyArray>,
    }
    indexes {
        BY_RELID_ATT_INH = 2696 "pg_statistic_relid_att_inh_index" primary (starelid, staattnum, stainherit) constraint 10171;
    }
}
