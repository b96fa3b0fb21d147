//! `pg_constraint`: check, not-null, primary key, unique, foreign key and exclusion constraints.

use common::Oid;

use crate::declaration::catalog;
use crate::field::{Int2Array, Name, NodeTree, OidArray};

catalog! {
    /// Check, not-null, primary key, unique, foreign key and exclusion constraints.
    PgConstraint = 2606 "pg_constraint", row type 10003, shared false, toast 2832 2833 {
        oid: Oid,
        conname: Name,
        connamespace: Oid,
        contype: u8,
        condeferrable: bool,
        condeferred: bool,
        conenforced: bool,
        convalidated: bool,
        conrelid: Oid,
        contypid: Oid,
        conindid: Oid,
        conparentid: Oid,
        confrelid: Oid,
        confupdtype: u8,
        confdeltype: u8,
        confmatchtype: u8,
        conislocal: bool,
        coninhcount: i16,
        connoinherit: bool,
        conperiod: bool,
        conkey: Option<Int2Array>,
        confkey: Option<Int2Array>,
        conpfeqop: Option<OidArray>,
        conppeqop: Option<OidArray>,
        conffeqop: Option<OidArray>,
        confdelsetcols: Option<Int2Array>,
        conexclop: Option<OidArray>,
        conbin: Option<NodeTree>,
    }
    indexes {
        BY_CONPARENTID = 2579 "pg_constraint_conparentid_index" plain (conparentid) constraint 0;
        BY_CONNAME_NSP = 2664 "pg_constraint_conname_nsp_index" plain (conname, connamespace) constraint 0;
        BY_CONRELID_CONTYPID_CONNAME = 2665 "pg_constraint_conrelid_contypid_conname_index" unique (conrelid, contypid, conname) constraint 10131;
        BY_CONTYPID = 2666 "pg_constraint_contypid_index" plain (contypid) constraint 0;
        BY_OID = 2667 "pg_constraint_oid_index" primary (oid) constraint 10133;
    }
}
