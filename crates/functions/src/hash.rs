//! Hash functions of the hash operator classes.
//!
//! They give what hash joins, hash indexes and partitions use, cut to the width that SQL's functions have.

use common::Oid;
use expression::sql::{AnyValue, Read, SqlType};
use types::hash::{combine, hash_u64, row_hasher};
use types::{Column, oid};

/// The hash of a row by the type that the column has in SQL.
fn hash(type_oid: Oid, value: AnyValue<'_>) -> u64 {
    row_hasher(type_oid, value.column.physical_type()).map_or(0, |hasher| hasher(value.column, value.row))
}

/// A reader that hands over rows of any type.
#[derive(Clone, Copy)]
struct Rows<'a>(&'a Column);

impl<'a> Read for Rows<'a> {
    type Argument = AnyValue<'a>;

    fn get(self, row: usize) -> AnyValue<'a> {
        AnyValue { column: self.0, row }
    }
}

macro_rules! hashes {
    ($($marker:ident = $oid:ident: $function:literal $name:literal, $extended:literal $extended_name:literal;)*) => {
        $(
        /// A type whose functions hash any of its rows.
        enum $marker {}

        impl SqlType for $marker {
            const OID: Oid = oid::$oid;
            type Reader<'a> = Rows<'a>;

            fn reader(column: &Column) -> Rows<'_> {
                Rows(column)
            }
        }
        )*

        /// The hash functions.
        pub static TABLE: &[&[expression::FunctionDeclaration]] = &[$({
            use expression::sql::{int4, int8};
            expression::builtins! {
                static BOTH:
                $function $name (value: $marker) -> int4, strict immutable leakproof {
                    Ok(hash(oid::$oid, value) as i32)
                }
                $extended $extended_name (value: $marker, seed: int8) -> int8, strict immutable leakproof {
                    let plain = hash(oid::$oid, value);
                    Ok(if seed == 0 { plain } else { combine(hash_u64(seed as u64), plain) } as i64)
                }
            }
            BOTH
        }),*];
    };
}

hashes! {
    HashedAnyarray = ANYARRAY: 626 "hash_array", 782 "hash_array_extended";
    HashedBool = BOOL: 6417 "hashbool", 6418 "hashboolextended";
    HashedBpchar = BPCHAR: 1080 "hashbpchar", 972 "hashbpcharextended";
    HashedBytea = BYTEA: 6413 "hashbytea", 6414 "hashbyteaextended";
    HashedChar = CHAR: 454 "hashchar", 446 "hashcharextended";
    HashedCid = CID: 6423 "hashcid", 6424 "hashcidextended";
    HashedDate = DATE: 6415 "hashdate", 6416 "hashdateextended";
    HashedFloat4 = FLOAT4: 451 "hashfloat4", 443 "hashfloat4extended";
    HashedFloat8 = FLOAT8: 452 "hashfloat8", 444 "hashfloat8extended";
    HashedInt2 = INT2: 449 "hashint2", 441 "hashint2extended";
    HashedInt4 = INT4: 450 "hashint4", 425 "hashint4extended";
    HashedInt8 = INT8: 949 "hashint8", 442 "hashint8extended";
    HashedInterval = INTERVAL: 1697 "interval_hash", 3418 "interval_hash_extended";
    HashedName = NAME: 455 "hashname", 447 "hashnameextended";
    HashedNumeric = NUMERIC: 432 "hash_numeric", 780 "hash_numeric_extended";
    HashedOid = OID: 453 "hashoid", 445 "hashoidextended";
    HashedOidvector = OIDVECTOR: 457 "hashoidvector", 776 "hashoidvectorextended";
    HashedPgLsn = PG_LSN: 3252 "pg_lsn_hash", 3413 "pg_lsn_hash_extended";
    HashedRecord = RECORD: 6192 "hash_record", 6193 "hash_record_extended";
    HashedText = TEXT: 400 "hashtext", 448 "hashtextextended";
    HashedTid = TID: 2233 "hashtid", 2234 "hashtidextended";
    HashedTime = TIME: 1688 "time_hash", 3409 "time_hash_extended";
    HashedTimestamp = TIMESTAMP: 2039 "timestamp_hash", 3411 "timestamp_hash_extended";
    HashedTimestamptz = TIMESTAMPTZ: 6425 "timestamptz_hash", 6426 "timestamptz_hash_extended";
    HashedUuid = UUID: 2963 "uuid_hash", 3412 "uuid_hash_extended";
    HashedXid = XID: 6419 "hashxid", 6420 "hashxidextended";
    HashedXid8 = XID8: 6421 "hashxid8", 6422 "hashxid8extended";
}
