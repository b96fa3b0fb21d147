//! `pg_ts_template`: text search templates.

use common::Oid;

use crate::declaration::catalog;
use crate::field::{Name, RegProc};

catalog! {
    /// Text search templates.
    PgTsTemplate = 3764 "pg_ts_template", row type 10072, shared false, toast 0 0 {
        oid: Oid,
        tmplname: Name,
        tmplnamespace: Oid,
        tmplinit: RegProc,
        tmpllexize: RegProc,
    }
    indexes {
        BY_TMPLNAME = 3766 "pg_ts_template_tmplname_index" unique (tmplname, tmplnamespace) constraint 10237;
        BY_OID = 3767 "pg_ts_template_oid_index" primary (oid) constraint 10239;
    }
}
