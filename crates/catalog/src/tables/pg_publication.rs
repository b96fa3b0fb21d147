//! `pg_publication`: publications of logical replication.

use common::Oid;

use crate::declaration::catalog;
use crate::field::Name;

catalog! {
    /// Publications of logical replication.
    PgPublication = 6104 "pg_publication", row type 10107, shared false, toast 0 0 {
        oid: Oid,
        pubname: Name,
        pubowner: Oid,
        puballtables: bool,
        pubinsert: bool,
        pubupdate: bool,
        pubdelete: bool,
        pubtruncate: bool,
        pubviaroot: bool,
        pubgencols: u8,
    }
    indexes {
        BY_OID = 6110 "pg_publication_oid_index" primary (oid) constraint 10293;
        BY_PUBNAME = 6111 "pg_publication_pubname_index" unique (pubname) constraint 10294;
    }
}
