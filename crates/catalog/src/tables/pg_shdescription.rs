//! `pg_shdescription`: comments on shared objects.

use common::Oid;

use crate::declaration::catalog;

catalog! {
    /// Comments on shared objects.
    PgShdescription = 2396 "pg_shdescription", row type 10062, shared true, toast 2846 2847 {
        objoid: Oid,
        classoid: Oid,
        description: String,
    }
    indexes {
        BY_O_C = 2397 "pg_shdescription_o_c_index" primary (objoid, classoid) constraint 10223;
    }
}
