//! `pg_db_role_setting`: settings of roles and databases.

use common::Oid;

use crate::declaration::catalog;

catalog! {
    /// Settings of roles and databases.
    PgDbRoleSetting = 2964 "pg_db_role_setting", row type 10054, shared true, toast 2966 2967 {
        setdatabase: Oid,
        setrole: Oid,
        setconfig: Option<Vec<String>>,
    }
    indexes {
        BY_DATABASEID_ROL = 2965 "pg_db_role_setting_databaseid_rol_index" primary (setdatabase, setrole) constraint 10210;
    }
}
