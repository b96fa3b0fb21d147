//! `pg_foreign_server`: foreign servers.

use common::Oid;

use crate::declaration::catalog;
use crate::field::{AclItems, Name};

catalog! {
    /// Foreign servers.
    PgForeignServer = 1417 "pg_foreign_server", row type 10078, shared false, toast 4151 4152 {
        oid: Oid,
        srvname: Name,
        srvowner: Oid,
        srvfdw: Oid,
        srvtype: Option<String>,
        srvversion: Option<String>,
        srvacl: Option<AclItems>,
        srvoptions: Option<Vec<String>>,
    }
    indexes {
        BY_OID = 113 "pg_foreign_server_oid_index" primary (oid) constraint 10247;
        BY_NAME = 549 "pg_foreign_server_name_index" unique (srvname) constraint 10248;
    }
}
