//! `pg_class`: tables, indexes, sequences, views: whatever has columns or looks like it.

use common::Oid;

use crate::declaration::catalog;
use crate::field::{AclItems, Name, NodeTree, Xid};

catalog! {
    /// Tables, indexes, sequences, views: whatever has columns or looks like it.
    PgClass = 1259 "pg_class", row type 83, shared false, toast 0 0 {
        oid: Oid,
        relname: Name,
        relnamespace: Oid,
        reltype: Oid,
        reloftype: Oid,
        relowner: Oid,
        relam: Oid,
        relfilenode: Oid,
        reltablespace: Oid,
        relpages: i32,
        reltuples: f32,
        relallvisible: i32,
        relallfrozen: i32,
        reltoastrelid: Oid,
        relhasindex: bool,
        relisshared: bool,
        relpersistence: u8,
        relkind: u8,
        relnatts: i16,
        relchecks: i16,
        relhasrules: bool,
        relhastriggers: bool,
        relhassubclass: bool,
        relrowsecurity: bool,
        relforcerowsecurity: bool,
        relispopulated: bool,
        relreplident: u8,
        relispartition: bool,
        relrewrite: Oid,
        relfrozenxid: Xid,
        relminmxid: Xid,
        relacl: Option<AclItems>,
        reloptions: Option<Vec<String>>,
        relpartbound: Option<NodeTree>,
    }
    indexes {
        BY_OID = 2662 "pg_class_oid_index" primary (oid) constraint 10126;
        BY_RELNAME_NSP = 2663 "pg_class_relname_nsp_index" unique (relname, relnamespace) constraint 10127;
        BY_TBLSPC_RELFILENODE = 3455 "pg_class_tblspc_relfilenode_index" plain (reltablespace, relfilenode) constraint 0;
    }
}
