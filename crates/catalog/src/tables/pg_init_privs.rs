//! `pg_init_privs`: privileges as they were when an object was made.

use common::Oid;

use crate::declaration::catalog;
use crate::field::AclItems;

catalog! {
    /// Privileges as they were when an object was made.
    PgInitPrivs = 3394 "pg_init_privs", row type 10090, shared false, toast 4155 4156 {
        objoid: Oid,
        classoid: Oid,
        objsubid: i32,
        privtype: u8,
        initprivs: AclItems,
    }
    indexes {
        BY_O_C_O = 3395 "pg_init_privs_o_c_o_index" primary (objoid, classoid, objsubid) constraint 10266;
    }
}
