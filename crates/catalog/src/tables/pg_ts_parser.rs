//! `pg_ts_parser`: text search parsers.

use common::Oid;

use crate::declaration::catalog;
use crate::field::{Name, RegProc};

catalog! {
    /// Text search parsers.
    PgTsParser = 3601 "pg_ts_parser", row type 10070, shared false, toast 0 0 {
        oid: Oid,
        prsname: Name,
        prsnamespace: Oid,
        prsstart: RegProc,
        prstoken: RegProc,
        prsend: RegProc,
        prsheadline: RegProc,
        prslextype: RegProc,
    }
    indexes {
        BY_PRSNAME = 3606 "pg_ts_parser_prsname_index" unique (prsname, prsnamespace) constraint 10234;
        BY_OID = 3607 "pg_ts_parser_oid_index" primary (oid) constraint 10236;
    }
}
