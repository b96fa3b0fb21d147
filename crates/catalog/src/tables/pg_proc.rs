//! `pg_proc`: functions, procedures, aggregates and window functions.

use common::Oid;

use crate::declaration::catalog;
use crate::field::{AclItems, CharArray, Name, NodeTree, OidArray, RegProc};

catalog! {
    /// Functions, procedures, aggregates and window functions.
    PgProc = 1255 "pg_proc", row type 81, shared false, toast 2836 2837 {
        oid: Oid,
        proname: Name,
        pronamespace: Oid,
        proowner: Oid,
        prolang: Oid,
        procost: f32,
        prorows: f32,
        provariadic: Oid,
        prosupport: RegProc,
        prokind: u8,
        prosecdef: bool,
        proleakproof: bool,
        proisstrict: bool,
        proretset: bool,
        provolatile: u8,
        proparallel: u8,
        pronargs: i16,
        pronargdefaults: i16,
        prorettype: Oid,
        proargtypes: Vec<Oid>,
        proallargtypes: Option<OidArray>,
        proargmodes: Option<CharArray>,
        proargnames: Option<Vec<String>>,
        proargdefaults: Option<NodeTree>,
        protrftypes: Option<OidArray>,
        prosrc: String,
        probin: Option<String>,
        prosqlbody: Option<NodeTree>,
        proconfig: Option<Vec<String>>,
        proacl: Option<AclItems>,
    }
    indexes {
        BY_OID = 2690 "pg_proc_oid_index" primary (oid) constraint 10116;
        BY_PRONAME_ARGS_NSP = 2691 "pg_proc_proname_args_nsp_index" unique (proname, proargtypes, pronamespace) constraint 10117;
    }
}
