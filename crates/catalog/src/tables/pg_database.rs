//! `pg_database`: the databases of the cluster.

use common::Oid;

use crate::declaration::catalog;
use crate::field::{AclItems, Name, Xid};

catalog! {
    /// The databases of the cluster.
    PgDatabase = 1262 "pg_database", row type 1248, shared true, toast 4177 4178 {
        oid: Oid,
        datname: Name,
        datdba: Oid,
        encoding: i32,
        datlocprovider: u8,
        datistemplate: bool,
        datallowconn: bool,
        dathasloginevt: bool,
        datconnlimit: i32,
        datfrozenxid: Xid,
        datminmxid: Xid,
        dattablespace: Oid,
        datcollate: String,
        datctype: String,
        datlocale: Option<String>,
        daticurules: Option<String>,
        datcollversion: Option<String>,
        datacl: Option<AclItems>,
    }
    indexes {
        BY_DATNAME = 2671 "pg_database_datname_index" unique (datname) constraint 10205;
        BY_OID = 2672 "pg_database_oid_index" primary (oid) constraint 10207;
    }
}
