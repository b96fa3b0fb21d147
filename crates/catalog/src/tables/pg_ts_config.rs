//! `pg_ts_config`: text search configurations.

use common::Oid;

use crate::declaration::catalog;
use crate::field::Name;

catalog! {
    /// Text search configurations.
    PgTsConfig = 3602 "pg_ts_config", row type 10064, shared false, toast 0 0 {
        oid: Oid,
        cfgname: Name,
        cfgnamespace: Oid,
        cfgowner: Oid,
        cfgparser: Oid,
    }
    indexes {
        BY_CFGNAME = 3608 "pg_ts_config_cfgname_index" unique (cfgname, cfgnamespace) constraint 10224;
        BY_OID = 3712 "pg_ts_config_oid_index" primary (oid) constraint 10226;
    }
}
