//! `pg_tablespace`: tablespaces.

use common::Oid;

use crate::declaration::catalog;
use crate::field::{AclItems, Name};

catalog! {
    /// Tablespaces.
    PgTablespace = 1213 "pg_tablespace", row type 10056, shared true, toast 4185 4186 {
        oid: Oid,
        spcname: Name,
        spcowner: Oid,
        spcacl: Option<AclItems>,
        spcoptions: Option<Vec<String>>,
    }
    indexes {
        BY_OID = 2697 "pg_tablespace_oid_index" primary (oid) constraint 10212;
        BY_SPCNAME = 2698 "pg_tablespace_spcname_index" unique (spcname) constraint 10213;
    }
}
