//! SQL's default order and equality, row against row.
//!
//! Text is ordered by its bytes (collation "C"); floats have NaN above all and -0 equal to 0; bpchar ignores
//! trailing blanks. Arrays and records compare element by element and then by length.

use std::cmp::Ordering;

use common::Oid;

use crate::array::Array;
use crate::column::Column;
use crate::oid;
use crate::physical_type::PhysicalType;
use crate::record::Record;
use crate::value::Value;

/// Compares two rows that are not NULL.
pub type RowComparator = fn(&Column, usize, &Column, usize) -> Ordering;

/// NaN equals itself and is above everything else.
#[inline]
pub fn compare_f64(a: f64, b: f64) -> Ordering {
    a.partial_cmp(&b).unwrap_or_else(|| a.is_nan().cmp(&b.is_nan()))
}

/// Text without the blanks at its end, which do not count in bpchar.
#[inline]
pub fn without_trailing_blanks(bytes: &[u8]) -> &[u8] {
    let length = bytes.iter().rposition(|byte| *byte != b' ').map_or(0, |last| last + 1);
    &bytes[..length]
}

fn tid_key(tid: common::TupleId) -> (u32, u16) {
    (tid.block.0, tid.offset.0)
}

/// The comparator of a type's default btree order; `None` for types without one.
///
/// A type that is not built in is taken by its form: pass the base type of a domain.
pub fn row_comparator(type_oid: Oid, physical: PhysicalType) -> Option<RowComparator> {
    Some(match type_oid {
        oid::BPCHAR => {
            |a, i, b, j| without_trailing_blanks(a.bytes(i)).cmp(without_trailing_blanks(b.bytes(j)))
        }
        oid::PG_LSN | oid::XID8 => |a, i, b, j| (a.get::<i64>(i) as u64).cmp(&(b.get::<i64>(j) as u64)),
        oid::JSON | oid::XID | oid::CID | oid::ACLITEM => return None,
        _ => match physical {
            PhysicalType::Bool => |a, i, b, j| a.get::<bool>(i).cmp(&b.get::<bool>(j)),
            PhysicalType::Char => |a, i, b, j| a.get::<u8>(i).cmp(&b.get::<u8>(j)),
            PhysicalType::Int2 => |a, i, b, j| a.get::<i16>(i).cmp(&b.get::<i16>(j)),
            PhysicalType::Int4 => |a, i, b, j| a.get::<i32>(i).cmp(&b.get::<i32>(j)),
            PhysicalType::Int8 => |a, i, b, j| a.get::<i64>(i).cmp(&b.get::<i64>(j)),
            PhysicalType::Oid => |a, i, b, j| a.get::<Oid>(i).cmp(&b.get::<Oid>(j)),
            PhysicalType::Float4 => |a, i, b, j| compare_f64(a.get::<f32>(i).into(), b.get::<f32>(j).into()),
            PhysicalType::Float8 => |a, i, b, j| compare_f64(a.get::<f64>(i), b.get::<f64>(j)),
            PhysicalType::Numeric => |a, i, b, j| a.numeric(i).cmp(b.numeric(j)),
            PhysicalType::Text | PhysicalType::Bytes => |a, i, b, j| a.compare_bytes(i, b, j),
            PhysicalType::Interval => {
                |a, i, b, j| a.get::<crate::Interval>(i).compare(&b.get::<crate::Interval>(j))
            }
            PhysicalType::Uuid => |a, i, b, j| a.get::<[u8; 16]>(i).cmp(&b.get::<[u8; 16]>(j)),
            PhysicalType::Tid => {
                |a, i, b, j| tid_key(a.get::<common::TupleId>(i)).cmp(&tid_key(b.get::<common::TupleId>(j)))
            }
            PhysicalType::Array => |a, i, b, j| compare_arrays(a.array(i), b.array(j)),
            PhysicalType::Record => |a, i, b, j| compare_records(a.record(i), b.record(j)),
        },
    })
}

/// Compares two rows of one type; NULL equals NULL and is above everything else.
///
/// Values of a type without an order count as equal.
pub fn compare_rows(type_oid: Oid, a: &Column, i: usize, b: &Column, j: usize) -> Ordering {
    match (a.is_null(i), b.is_null(j)) {
        (false, false) => row_comparator(type_oid, a.physical_type())
            .map_or(Ordering::Equal, |comparator| comparator(a, i, b, j)),
        (a, b) => a.cmp(&b),
    }
}

/// Compares two values of one type; NULL equals NULL and is above everything else.
pub fn compare(type_oid: Oid, a: &Value, b: &Value) -> Ordering {
    match (a.physical_type(), b.physical_type()) {
        (Some(physical), Some(_)) => {
            compare_rows(type_oid, &Column::constant(physical, a), 0, &Column::constant(physical, b), 0)
        }
        _ => a.is_null().cmp(&b.is_null()),
    }
}

/// The order of arrays: elements first, then how many, then the dimensions.
pub fn compare_arrays(a: &Array, b: &Array) -> Ordering {
    let comparator = row_comparator(a.element_type, a.elements.physical_type());
    for row in 0..a.len().min(b.len()) {
        let order = match (a.elements.is_null(row), b.elements.is_null(row)) {
            (false, false) => comparator
                .map_or(Ordering::Equal, |comparator| comparator(&a.elements, row, &b.elements, row)),
            (a, b) => a.cmp(&b),
        };
        if order.is_ne() {
            return order;
        }
    }
    a.len().cmp(&b.len()).then_with(|| a.dimensions.len().cmp(&b.dimensions.len())).then_with(|| {
        let lengths = |array: &Array| array.dimensions.iter().map(|d| d.length).collect::<Vec<_>>();
        let bounds = |array: &Array| array.dimensions.iter().map(|d| d.lower_bound).collect::<Vec<_>>();
        lengths(a).cmp(&lengths(b)).then_with(|| bounds(a).cmp(&bounds(b)))
    })
}

/// The order of rows: field by field, NULL last; a shorter one first.
pub fn compare_records(a: &Record, b: &Record) -> Ordering {
    for ((type_oid, a), b) in a.field_types.iter().zip(&a.fields).zip(&b.fields) {
        let order = compare(*type_oid, a, b);
        if order.is_ne() {
            return order;
        }
    }
    a.fields.len().cmp(&b.fields.len())
}
