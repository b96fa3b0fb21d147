//! `pg_opclass`: operator classes of index methods.

use common::Oid;

use crate::declaration::catalog;
use crate::field::Name;

catalog! {
    /// Operator classes of index methods.
    PgOpclass = 2616 "pg_opclass", row type 10013, shared false, toast 0 0 {
        oid: Oid,
        opcmethod: Oid,
        opcname: Name,
        opcnamespace: Oid,
        opcowner: Oid,
        opcfamily: Oid,
        opcintype: Oid,
        opcdefault: bool,
        opckeytype: Oid,
    }
    indexes {
        BY_AM_NAME_NSP = 2686 "pg_opclass_am_name_nsp_index" unique (opcmethod, opcname, opcnamespace) constraint 10145;
        BY_OID = 2687 "pg_opclass_oid_index" primary (oid) constraint 10147;
    }
}
