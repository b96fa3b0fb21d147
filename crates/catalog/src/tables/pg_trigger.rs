//! `pg_trigger`: triggers.

use common::Oid;

use crate::declaration::catalog;
use crate::field::{Bytes, Name, NodeTree};

catalog! {
    /// Triggers.
    PgTrigger = 2620 "pg_trigger", row type 10037, shared false, toast 2336 2337 {
        oid: Oid,
        tgrelid: Oid,
        tgparentid: Oid,
        tgname: Name,
        tgfoid: Oid,
        tgtype: i16,
        tgenabled: u8,
        tgisinternal: bool,
        tgconstrrelid: Oid,
        tgconstrindid: Oid,
        tgconstraint: Oid,
        tgdeferrable: bool,
        tginitdeferred: bool,
        tgnargs: i16,
        tgattr: Vec<i16>,
        tgargs: Bytes,
        tgqual: Option<NodeTree>,
        tgoldtable: Option<Name>,
        tgnewtable: Option<Name>,
    }
    indexes {
        BY_TGCONSTRAINT = 2699 "pg_trigger_tgconstraint_index" plain (tgconstraint) constraint 0;
        BY_TGRELID_TGNAME = 2701 "pg_trigger_tgrelid_tgname_index" unique (tgrelid, tgname) constraint 10181;
        BY_OID = 2702 "pg_trigger_oid_index" primary (oid) constraint 10183;
    }
}
