//! `pg_opfamily`: operator families.

use common::Oid;

use crate::declaration::catalog;
use crate::field::Name;

catalog! {
    /// Operator families.
    PgOpfamily = 2753 "pg_opfamily", row type 10011, shared false, toast 0 0 {
        oid: Oid,
        opfmethod: Oid,
        opfname: Name,
        opfnamespace: Oid,
        opfowner: Oid,
    }
    indexes {
        BY_AM_NAME_NSP = 2754 "pg_opfamily_am_name_nsp_index" unique (opfmethod, opfname, opfnamespace) constraint 10142;
        BY_OID = 2755 "pg_opfamily_oid_index" primary (oid) constraint 10144;
    }
}
