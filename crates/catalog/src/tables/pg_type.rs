//! `pg_type`: types.

use common::Oid;

use crate::declaration::catalog;
use crate::field::{AclItems, Name, NodeTree, RegProc};

catalog! {
    /// Types.
    PgType = 1247 "pg_type", row type 71, shared false, toast 4171 4172 {
        oid: Oid,
        typname: Name,
        typnamespace: Oid,
        typowner: Oid,
        typlen: i16,
        typbyval: bool,
        typtype: u8,
        typcategory: u8,
        typispreferred: bool,
        typisdefined: bool,
        typdelim: u8,
        typrelid: Oid,
        typsubscript: RegProc,
        typelem: Oid,
        typarray: Oid,
        typinput: RegProc,
        typoutput: RegProc,
        typreceive: RegProc,
        typsend: RegProc,
        typmodin: RegProc,
        typmodout: RegProc,
        typanalyze: RegProc,
        typalign: u8,
        typstorage: u8,
        typnotnull: bool,
        typbasetype: Oid,
        typtypmod: i32,
        typndims: i32,
        typcollation: Oid,
        typdefaultbin: Option<NodeTree>,
        typdefault: Option<String>,
        typacl: Option<AclItems>,
    }
    indexes {
        BY_OID = 2703 "pg_type_oid_index" primary (oid) constraint 10119;
        BY_TYPNAME_NSP = 2704 "pg_type_typname_nsp_index" unique (typname, typnamespace) constraint 10120;
    }
}
