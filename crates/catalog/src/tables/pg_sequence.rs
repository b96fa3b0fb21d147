//! `pg_sequence`: parameters of sequences.

use common::Oid;

use crate::declaration::catalog;

catalog! {
    /// Parameters of sequences.
    PgSequence = 2224 "pg_sequence", row type 10105, shared false, toast 0 0 {
        seqrelid: Oid,
        seqtypid: Oid,
        seqstart: i64,
        seqincrement: i64,
        seqmax: i64,
        seqmin: i64,
        seqcache: i64,
        seqcycle: bool,
    }
    indexes {
        BY_SEQRELID = 5002 "pg_sequence_seqrelid_index" primary (seqrelid) constraint 10291;
    }
}
