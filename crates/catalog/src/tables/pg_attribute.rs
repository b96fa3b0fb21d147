//! `pg_attribute`: columns of everything that has a row in `pg_class`.

use common::Oid;

use crate::declaration::catalog;
use crate::field::{AclItems, AnyArray, Name};

catalog! {
    /// Columns of everything that has a row in `pg_class`.
    PgAttribute = 1249 "pg_attribute", row type 75, shared false, toast 0 0 {
        attrelid: Oid,
        attname: Name,
        atttypid: Oid,
        attlen: i16,
        attnum: i16,
        atttypmod: i32,
        attndims: i16,
        attbyval: bool,
        attalign: u8,
        attstorage: u8,
        attcompression: u8,
        attnotnull: bool,
        atthasdef: bool,
        atthasmissing: bool,
        attidentity: u8,
        attgenerated: u8,
        attisdropped: bool,
        attislocal: bool,
        attinhcount: i16,
        attcollation: Oid,
        attstattarget: Option<i16>,
        attacl: Option<AclItems>,
        attoptions: Option<Vec<String>>,
        attfdwoptions: Option<Vec<String>>,
        attmissingval: Option<AnyArray>,
    }
    indexes {
        BY_RELID_ATTNAM = 2658 "pg_attribute_relid_attnam_index" unique (attrelid, attname) constraint 10121;
        BY_RELID_ATTNUM = 2659 "pg_attribute_relid_attnum_index" primary (attrelid, attnum) constraint 10124;
    }
}
