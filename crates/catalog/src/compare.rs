//! Comparators for index columns, by type.

use std::cmp::Ordering;

use access_api::Comparator;
use common::Oid;
use types::{PhysicalType, Value, oid};

/// Orders values of one physical form, whose default order is that of the built-in type `T`.
fn by_type<const T: u32>(left: &Value, right: &Value) -> Ordering {
    types::compare::compare(Oid(T), left, right)
}

/// Orders integers of any width, also against each other.
fn integers(left: &Value, right: &Value) -> Ordering {
    match (left, right) {
        (Value::Int4(left), Value::Int4(right)) => left.cmp(right),
        _ => left.as_i64().cmp(&right.as_i64()),
    }
}

fn floats(left: &Value, right: &Value) -> Ordering {
    let wide = |value: &Value| match value {
        Value::Float4(value) => f64::from(*value),
        Value::Float8(value) => *value,
        _ => f64::NAN,
    };
    types::compare::compare_f64(wide(left), wide(right))
}

fn object_identifiers(left: &Value, right: &Value) -> Ordering {
    left.as_oid().cmp(&right.as_oid())
}

/// The default B-tree order of a type with this form.
pub fn comparator(data_type: Oid, physical: PhysicalType) -> Comparator {
    match (data_type, physical) {
        (oid::BPCHAR, _) => by_type::<{ oid::BPCHAR.0 }>,
        (oid::PG_LSN | oid::XID8, _) => by_type::<{ oid::XID8.0 }>,
        (_, PhysicalType::Int2 | PhysicalType::Int4 | PhysicalType::Int8) => integers,
        (_, PhysicalType::Oid) => object_identifiers,
        (_, PhysicalType::Float4 | PhysicalType::Float8) => floats,
        (_, PhysicalType::Bool) => by_type::<{ oid::BOOL.0 }>,
        (_, PhysicalType::Char) => by_type::<{ oid::CHAR.0 }>,
        (_, PhysicalType::Numeric) => by_type::<{ oid::NUMERIC.0 }>,
        (_, PhysicalType::Text) => by_type::<{ oid::TEXT.0 }>,
        (_, PhysicalType::Bytes) => by_type::<{ oid::BYTEA.0 }>,
        (_, PhysicalType::Interval) => by_type::<{ oid::INTERVAL.0 }>,
        (_, PhysicalType::Uuid) => by_type::<{ oid::UUID.0 }>,
        (_, PhysicalType::Tid) => by_type::<{ oid::TID.0 }>,
        (_, PhysicalType::Array) => by_type::<{ oid::INT4_ARRAY.0 }>,
        (_, PhysicalType::Record) => by_type::<{ oid::RECORD.0 }>,
    }
}
