//! `pg_subscription_rel`: tables in subscriptions.

use common::{Lsn, Oid};

use crate::declaration::catalog;

catalog! {
    /// Tables in subscriptions.
    PgSubscriptionRel = 6102 "pg_subscription_rel", row type 10114, shared false, toast 0 0 {
        srsubid: Oid,
        srrelid: Oid,
        srsubstate: u8,
        srsublsn: Option<Lsn>,
    }
    indexes {
        BY_SRRELID_SRSUBID = 6117 "pg_subscription_rel_srrelid_srsubid_index" primary (srrelid, srsubid) constraint 10306;
    }
}
