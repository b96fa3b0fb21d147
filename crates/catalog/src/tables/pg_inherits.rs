//! `pg_inherits`: inheritance and partitioning links.

use common::Oid;

use crate::declaration::catalog;

catalog! {
    /// Inheritance and partitioning links.
    PgInherits = 2611 "pg_inherits", row type 10005, shared false, toast 0 0 {
        inhrelid: Oid,
        inhparent: Oid,
        inhseqno: i32,
        inhdetachpending: bool,
    }
    indexes {
        BY_PARENT = 2187 "pg_inherits_parent_index" plain (inhparent) constraint 0;
        BY_RELID_SEQNO = 2680 "pg_inherits_relid_seqno_index" primary (inhrelid, inhseqno) constraint 10136;
    }
}
