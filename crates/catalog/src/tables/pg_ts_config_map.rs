//! `pg_ts_config_map`: dictionaries of token types.

use common::Oid;

use crate::declaration::catalog;

catalog! {
    /// Dictionaries of token types.
    PgTsConfigMap = 3603 "pg_ts_config_map", row type 10066, shared false, toast 0 0 {
        mapcfg: Oid,
        maptokentype: i32,
        mapseqno: i32,
        mapdict: Oid,
    }
    indexes {
        BY_INDEX = 3609 "pg_ts_config_map_index" primary (mapcfg, maptokentype, mapseqno) constraint 10230;
    }
}
