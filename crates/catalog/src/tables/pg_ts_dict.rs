//! `pg_ts_dict`: text search dictionaries.

use common::Oid;

use crate::declaration::catalog;
use crate::field::Name;

catalog! {
    /// Text search dictionaries.
    PgTsDict = 3600 "pg_ts_dict", row type 10068, shared false, toast 4169 4170 {
        oid: Oid,
        dictname: Name,
        dictnamespace: Oid,
        dictowner: Oid,
        dicttemplate: Oid,
        dictinitoption: Option<String>,
    }
    indexes {
        BY_DICTNAME = 3604 "pg_ts_dict_dictname_index" unique (dictname, dictnamespace) constraint 10231;
        BY_OID = 3605 "pg_ts_dict_oid_index" primary (oid) constraint 10233;
    }
}
