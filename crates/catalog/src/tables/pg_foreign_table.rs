//! `pg_foreign_table`: what makes a table a foreign one.

use common::Oid;

use crate::declaration::catalog;

catalog! {
    /// What makes a table a foreign one.
    PgForeignTable = 3118 "pg_foreign_table", row type 10082, shared false, toast 4153 4154 {
        ftrelid: Oid,
        ftserver: Oid,
        ftoptions: Option<Vec<String>>,
    }
    indexes {
        BY_RELID = 3119 "pg_foreign_table_relid_index" primary (ftrelid) constraint 10253;
    }
}
