//! `pg_largeobject`: pages of large objects.

use common::Oid;

use crate::declaration::catalog;
use crate::field::Bytes;

catalog! {
    /// Pages of large objects.
    PgLargeobject = 2613 "pg_largeobject", row type 10025, shared false, toast 0 0 {
        loid: Oid,
        pageno: i32,
        data: Bytes,
    }
    indexes {
        BY_LOID_PN = 2683 "pg_largeobject_loid_pn_index" primary (loid, pageno) constraint 10165;
    }
}
