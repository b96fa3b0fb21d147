//! `pg_auth_members`: which role is a member of which.

use common::Oid;

use crate::declaration::catalog;

catalog! {
    /// Which role is a member of which.
    PgAuthMembers = 1261 "pg_auth_members", row type 2843, shared true, toast 0 0 {
        oid: Oid,
        roleid: Oid,
        member: Oid,
        grantor: Oid,
        admin_option: bool,
        inherit_option: bool,
        set_option: bool,
    }
    indexes {
        BY_ROLE_MEMBER = 2694 "pg_auth_members_role_member_index" unique (roleid, member, grantor) constraint 10219;
        BY_MEMBER_ROLE = 2695 "pg_auth_members_member_role_index" unique (member, roleid, grantor) constraint 10220;
        BY_GRANTOR = 6302 "pg_auth_members_grantor_index" plain (grantor) constraint 0;
        BY_OID = 6303 "pg_auth_members_oid_index" primary (oid) constraint 10218;
    }
}
