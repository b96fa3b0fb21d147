//! `pg_attrdef`: column defaults and generation expressions.

use common::Oid;

use crate::declaration::catalog;
use crate::field::NodeTree;

catalog! {
    /// Column defaults and generation expressions.
    PgAttrdef = 2604 "pg_attrdef", row type 10001, shared false, toast 2830 2831 {
        oid: Oid,
        adrelid: Oid,
        adnum: i16,
        adbin: NodeTree,
    }
    indexes {
        BY_ADRELID_ADNUM = 2656 "pg_attrdef_adrelid_adnum_index" unique (adrelid, adnum) constraint 10128;
        BY_OID = 2657 "pg_attrdef_oid_index" primary (oid) constraint 10130;
    }
}
