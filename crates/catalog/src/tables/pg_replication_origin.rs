//! `pg_replication_origin`: origins of replicated changes.

use common::Oid;

use crate::declaration::catalog;

catalog! {
    /// Origins of replicated changes.
    PgReplicationOrigin = 6000 "pg_replication_origin", row type 10086, shared true, toast 0 0 {
        roident: Oid,
        roname: String,
    }
    indexes {
        BY_ROIIDENT = 6001 "pg_replication_origin_roiident_index" primary (roident) constraint 10258;
        BY_RONAME = 6002 "pg_replication_origin_roname_index" unique (roname) constraint 10259;
    }
}
