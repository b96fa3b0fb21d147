//! `pg_rewrite`: rewrite rules; a view is one.

use common::Oid;

use crate::declaration::catalog;
use crate::field::{Name, NodeTree};

catalog! {
    /// Rewrite rules; a view is one.
    PgRewrite = 2618 "pg_rewrite", row type 10035, shared false, toast 2838 2839 {
        oid: Oid,
        rulename: Name,
        ev_class: Oid,
        ev_type: u8,
        ev_enabled: u8,
        is_instead: bool,
        ev_qual: NodeTree,
        ev_action: NodeTree,
    }
    indexes {
        BY_OID = 2692 "pg_rewrite_oid_index" primary (oid) constraint 10179;
        BY_REL_RULENAME = 2693 "pg_rewrite_rel_rulename_index" unique (ev_class, rulename) constraint 10180;
    }
}
