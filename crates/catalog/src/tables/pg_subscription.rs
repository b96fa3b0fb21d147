//! `pg_subscription`: subscriptions of logical replication.

use common::{Lsn, Oid};

use crate::declaration::catalog;
use crate::field::Name;

catalog! {
    /// Subscriptions of logical replication.
    PgSubscription = 6100 "pg_subscription", row type 6101, shared true, toast 4183 4184 {
        oid: Oid,
        subdbid: Oid,
        subskiplsn: Lsn,
        subname: Name,
        subowner: Oid,
        subenabled: bool,
        subbinary: bool,
        substream: u8,
        subtwophasestate: u8,
        subdisableonerr: bool,
        subpasswordrequired: bool,
        subrunasowner: bool,
        subfailover: bool,
        subconninfo: String,
        subslotname: Option<Name>,
        subsynccommit: String,
        subpublications: Vec<String>,
        suborigin: Option<String>,
    }
    indexes {
        BY_OID = 6114 "pg_subscription_oid_index" primary (oid) constraint 10302;
        BY_SUBNAME = 6115 "pg_subscription_subname_index" unique (subdbid, subname) constraint 10303;
    }
}
