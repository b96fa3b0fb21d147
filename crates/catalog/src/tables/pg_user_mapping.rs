//! `pg_user_mapping`: users on foreign servers.

use common::Oid;

use crate::declaration::catalog;

catalog! {
    /// Users on foreign servers.
    PgUserMapping = 1418 "pg_user_mapping", row type 10080, shared false, toast 4173 4174 {
        oid: Oid,
        umuser: Oid,
        umserver: Oid,
        umoptions: Option<Vec<String>>,
    }
    indexes {
        BY_OID = 174 "pg_user_mapping_oid_index" primary (oid) constraint 10250;
        BY_USER_SERVER = 175 "pg_user_mapping_user_server_index" unique (umuser, umserver) constraint 10251;
    }
}
