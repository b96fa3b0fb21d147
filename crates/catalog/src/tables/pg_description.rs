//! `pg_description`: comments on objects of a database.

use common::Oid;

use crate::declaration::catalog;

catalog! {
    /// Comments on objects of a database.
    PgDescription = 2609 "pg_description", row type 10041, shared false, toast 2834 2835 {
        objoid: Oid,
        classoid: Oid,
        objsubid: i32,
        description: String,
    }
    indexes {
        BY_O_C_O = 2675 "pg_description_o_c_o_index" primary (objoid, classoid, objsubid) constraint 10190;
    }
}
