//! `pg_index`: what makes a relation an index.

use common::Oid;

use crate::declaration::catalog;
use crate::field::NodeTree;

catalog! {
    /// What makes a relation an index.
    PgIndex = 2610 "pg_index", row type 10007, shared false, toast 6351 6352 {
        indexrelid: Oid,
        indrelid: Oid,
        indnatts: i16,
        indnkeyatts: i16,
        indisunique: bool,
        indnullsnotdistinct: bool,
        indisprimary: bool,
        indisexclusion: bool,
        indimmediate: bool,
        indisclustered: bool,
        indisvalid: bool,
        indcheckxmin: bool,
        indisready: bool,
        indislive: bool,
        indisreplident: bool,
        indkey: Vec<i16>,
        indcollation: Vec<Oid>,
        indclass: Vec<Oid>,
        indoption: Vec<i16>,
        indexprs: Option<NodeTree>,
        indpred: Option<NodeTree>,
    }
    indexes {
        BY_INDRELID = 2678 "pg_index_indrelid_index" plain (indrelid) constraint 0;
        BY_INDEXRELID = 2679 "pg_index_indexrelid_index" primary (indexrelid) constraint 10138;
    }
}
