//! `pg_authid`: roles, with their passwords.

use common::Oid;

use crate::declaration::catalog;
use crate::field::{Name, TimestampTz};

catalog! {
    /// Roles, with their passwords.
    PgAuthid = 1260 "pg_authid", row type 2842, shared true, toast 0 0 {
        oid: Oid,
        rolname: Name,
        rolsuper: bool,
        rolinherit: bool,
        rolcreaterole: bool,
        rolcreatedb: bool,
        rolcanlogin: bool,
        rolreplication: bool,
        rolbypassrls: bool,
        rolconnlimit: i32,
        rolpassword: Option<String>,
        rolvaliduntil: Option<TimestampTz>,
    }
    indexes {
        BY_ROLNAME = 2676 "pg_authid_rolname_index" unique (rolname) constraint 10214;
        BY_OID = 2677 "pg_authid_oid_index" primary (oid) constraint 10216;
    }
}
