//! `pg_publication_namespace`: schemas in publications.

use common::Oid;

use crate::declaration::catalog;

catalog! {
    /// Schemas in publications.
    PgPublicationNamespace = 6237 "pg_publication_namespace", row type 10109, shared false, toast 0 0 {
        oid: Oid,
        pnpubid: Oid,
        pnnspid: Oid,
    }
    indexes {
        BY_OID = 6238 "pg_publication_namespace_oid_index" primary (oid) constraint 10296;
        BY_PNNSPID_PNPUBID = 6239 "pg_publication_namespace_pnnspid_pnpubid_index" unique (pnnspid, pnpubid) constraint 10297;
    }
}
