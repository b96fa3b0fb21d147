//! `pg_event_trigger`: event triggers.

use common::Oid;

use crate::declaration::catalog;
use crate::field::Name;

catalog! {
    /// Event triggers.
    PgEventTrigger = 3466 "pg_event_trigger", row type 10039, shared false, toast 4145 4146 {
        oid: Oid,
        evtname: Name,
        evtevent: Name,
        evtowner: Oid,
        evtfoid: Oid,
        evtenabled: u8,
        evttags: Option<Vec<String>>,
    }
    indexes {
        BY_EVTNAME = 3467 "pg_event_trigger_evtname_index" unique (evtname) constraint 10184;
        BY_OID = 3468 "pg_event_trigger_oid_index" primary (oid) constraint 10186;
    }
}
