//! `pg_publication_rel`: tables in publications.

use common::Oid;

use crate::declaration::catalog;
use crate::field::NodeTree;

catalog! {
    /// Tables in publications.
    PgPublicationRel = 6106 "pg_publication_rel", row type 10111, shared false, toast 6228 6229 {
        oid: Oid,
        prpubid: Oid,
        prrelid: Oid,
        prqual: Option<NodeTree>,
        prattrs: Option<Vec<i16>>,
    }
    indexes {
        BY_OID = 6112 "pg_publication_rel_oid_index" primary (oid) constraint 10299;
        BY_PRRELID_PRPUBID = 6113 "pg_publication_rel_prrelid_prpubid_index" unique (prrelid, prpubid) constraint 10300;
        BY_PRPUBID = 6116 "pg_publication_rel_prpubid_index" plain (prpubid) constraint 0;
    }
}
