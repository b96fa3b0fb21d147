//! Hashes that agree with SQL's equality: for hash joins, grouping, hash indexes.
//!
//! Integers of all widths hash alike, and so do both floats, because their types have equality across widths.
//! The seed is fixed: hash indexes and partitions keep what these functions return.

use std::hash::{BuildHasher, Hasher};

use common::Oid;

use crate::array::Array;
use crate::batch::Rows;
use crate::column::Column;
use crate::compare::without_trailing_blanks;
use crate::oid;
use crate::physical_type::PhysicalType;
use crate::record::Record;
use crate::value::Value;

const SEED: u64 = 0x4665_7272_6f64_6f6e;
const NULL: u64 = 0x9e37_79b9_7f4a_7c15;

/// Hashes one row.
pub type RowHasher = fn(&Column, usize) -> u64;

/// Hashes bytes.
#[inline]
pub fn hash_bytes(bytes: &[u8]) -> u64 {
    let mut hasher = foldhash::quality::FixedState::with_seed(SEED).build_hasher();
    hasher.write(bytes);
    hasher.finish()
}

/// Hashes a number: multiply and fold, so that every input bit reaches every output bit.
#[inline]
pub fn hash_u64(value: u64) -> u64 {
    let product = u128::from(value ^ SEED) * u128::from(0xa076_1d64_78bd_642f_u64 | 1);
    let folded = (product >> 64) as u64 ^ product as u64;
    let product = u128::from(folded ^ NULL) * 0xe703_7ed1_a0b4_28db_u128;
    (product >> 64) as u64 ^ product as u64
}

/// Adds one more column to a row's hash.
#[inline]
pub fn combine(hash: u64, next: u64) -> u64 {
    (hash.rotate_left(23) ^ next).wrapping_mul(0x9fb2_1c65_1e98_df25)
}

fn hash_f64(value: f64) -> u64 {
    let value = if value.is_nan() {
        f64::NAN
    } else if value == 0.0 {
        0.0
    } else {
        value
    };
    hash_u64(value.to_bits())
}

/// The hash function of a type; `None` for types without equality.
pub fn row_hasher(type_oid: Oid, physical: PhysicalType) -> Option<RowHasher> {
    Some(match type_oid {
        oid::BPCHAR => |column, row| hash_bytes(without_trailing_blanks(column.bytes(row))),
        oid::JSON => return None,
        _ => match physical {
            PhysicalType::Bool => |column, row| hash_u64(column.get::<bool>(row).into()),
            PhysicalType::Char => |column, row| hash_u64(column.get::<u8>(row).into()),
            PhysicalType::Int2 => |column, row| hash_u64(i64::from(column.get::<i16>(row)) as u64),
            PhysicalType::Int4 => |column, row| hash_u64(i64::from(column.get::<i32>(row)) as u64),
            PhysicalType::Int8 => |column, row| hash_u64(column.get::<i64>(row) as u64),
            PhysicalType::Oid => |column, row| hash_u64(column.get::<Oid>(row).0.into()),
            PhysicalType::Float4 => |column, row| hash_f64(column.get::<f32>(row).into()),
            PhysicalType::Float8 => |column, row| hash_f64(column.get::<f64>(row)),
            PhysicalType::Numeric => {
                |column, row| foldhash::quality::FixedState::with_seed(SEED).hash_one(column.numeric(row))
            }
            PhysicalType::Text | PhysicalType::Bytes => |column, row| hash_bytes(column.bytes(row)),
            PhysicalType::Interval => |column, row| {
                let span = column.get::<crate::Interval>(row).span();
                combine(hash_u64(span as u64), hash_u64((span >> 64) as u64))
            },
            PhysicalType::Uuid => |column, row| hash_bytes(&column.get::<[u8; 16]>(row)),
            PhysicalType::Tid => |column, row| {
                let tid = column.get::<common::TupleId>(row);
                hash_u64(u64::from(tid.block.0) << 16 | u64::from(tid.offset.0))
            },
            PhysicalType::Array => |column, row| hash_array(column.array(row)),
            PhysicalType::Record => |column, row| hash_record(column.record(row)),
        },
    })
}

/// Hashes the given rows into `hashes[row]`, or, when `is_first` is false, adds to what is there.
pub fn hash_rows(type_oid: Oid, column: &Column, rows: Rows<'_>, is_first: bool, hashes: &mut [u64]) {
    let hasher = row_hasher(type_oid, column.physical_type()).unwrap_or(|_, _| 0);
    rows.for_each(|row| {
        let hash = if column.is_null(row) { NULL } else { hasher(column, row) };
        hashes[row] = if is_first { hash } else { combine(hashes[row], hash) };
    });
}

/// Hashes one value; NULL has a hash of its own.
pub fn hash(type_oid: Oid, value: &Value) -> u64 {
    match value.physical_type() {
        None => NULL,
        Some(physical) => {
            row_hasher(type_oid, physical).map_or(0, |hasher| hasher(&Column::constant(physical, value), 0))
        }
    }
}

fn hash_array(array: &Array) -> u64 {
    let hasher = row_hasher(array.element_type, array.elements.physical_type()).unwrap_or(|_, _| 0);
    (0..array.len()).fold(SEED, |hash, row| {
        combine(hash, if array.elements.is_null(row) { NULL } else { hasher(&array.elements, row) })
    })
}

fn hash_record(record: &Record) -> u64 {
    let fields = record.field_types.iter().zip(&record.fields);
    fields.fold(SEED, |state, (type_oid, value)| combine(state, hash(*type_oid, value)))
}
