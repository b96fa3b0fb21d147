//! `pg_am`: access methods of tables and indexes.

use common::Oid;

use crate::declaration::catalog;
use crate::field::{Name, RegProc};

catalog! {
    /// Access methods of tables and indexes.
    PgAm = 2601 "pg_am", row type 10015, shared false, toast 0 0 {
        oid: Oid,
        amname: Name,
        amhandler: RegProc,
        amtype: u8,
    }
    indexes {
        BY_NAME = 2651 "pg_am_name_index" unique (amname) constraint 10148;
        BY_OID = 2652 "pg_am_oid_index" primary (oid) constraint 10150;
    }
}
