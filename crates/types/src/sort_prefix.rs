//! Sort prefixes: a 64-bit number for a value, ordered as the values are as far as it goes.
//!
//! Most comparisons of a sort are decided by the prefix alone, without looking at the column.

use common::{Oid, TupleId};

use crate::column::Column;
use crate::compare::without_trailing_blanks;
use crate::oid;
use crate::physical_type::PhysicalType;

/// What equal prefixes mean.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Prefixes {
    /// Equal values.
    Exact,
    /// Nothing yet.
    Leading,
    /// The values of this column have none; the numbers mean nothing.
    Absent,
}

const SIGN: u64 = 1 << 63;

fn of_i64(value: i64) -> u64 {
    value as u64 ^ SIGN
}

fn of_f64(value: f64) -> u64 {
    if value.is_nan() {
        return u64::MAX;
    }
    // Both zeros are one value.
    let bits = if value == 0.0 { 0 } else { value.to_bits() };
    if bits & SIGN == 0 { bits | SIGN } else { !bits }
}

fn of_bytes(bytes: &[u8]) -> u64 {
    let mut prefix = [0; 8];
    let length = bytes.len().min(8);
    prefix[..length].copy_from_slice(&bytes[..length]);
    u64::from_be_bytes(prefix)
}

/// Ten-thousandths, as far as they go.
fn of_scaled(value: i64, scale: u8) -> u64 {
    let scale = u32::from(scale);
    let parts = if scale <= 4 {
        i128::from(value) * 10i128.pow(4 - scale)
    } else {
        i128::from(value).div_euclid(10i128.pow(scale - 4))
    };
    of_i64(parts.clamp(i64::MIN.into(), i64::MAX.into()) as i64)
}

/// Appends the prefixes of rows from `start` on, for an ascending or descending order.
pub fn sort_prefixes(
    type_oid: Oid,
    column: &Column,
    start: usize,
    (descending, nulls_first): (bool, bool),
    prefixes: &mut Vec<u64>,
) -> Prefixes {
    let first = prefixes.len();
    let rows = start..column.len();
    macro_rules! each {
        ($slice:ident, |$value:ident| $prefix:expr) => {
            prefixes.extend(column.$slice()[start..].iter().map(|$value| $prefix))
        };
    }
    // Narrow values leave room for nulls beside them.
    let narrow = |value: u32| u64::from(value) + 1;
    let mut kind = match (type_oid, column.physical_type()) {
        (oid::JSON | oid::XID | oid::CID | oid::ACLITEM, _) => Prefixes::Absent,
        (_, PhysicalType::Bool) => {
            each!(as_bool, |value| narrow((*value).into()));
            Prefixes::Exact
        }
        (_, PhysicalType::Char) => {
            each!(as_char, |value| narrow((*value).into()));
            Prefixes::Exact
        }
        (_, PhysicalType::Int2) => {
            each!(as_i16, |value| narrow((i32::from(*value) as u32) ^ (1 << 31)));
            Prefixes::Exact
        }
        (_, PhysicalType::Int4) => {
            each!(as_i32, |value| narrow(*value as u32 ^ (1 << 31)));
            Prefixes::Exact
        }
        (_, PhysicalType::Oid) => {
            each!(as_oid, |value| narrow(value.0));
            Prefixes::Exact
        }
        (oid::PG_LSN | oid::XID8, PhysicalType::Int8) => {
            each!(as_i64, |value| *value as u64);
            Prefixes::Exact
        }
        (_, PhysicalType::Int8) => {
            each!(as_i64, |value| of_i64(*value));
            Prefixes::Exact
        }
        (_, PhysicalType::Float4) => {
            each!(as_f32, |value| of_f64((*value).into()));
            Prefixes::Exact
        }
        (_, PhysicalType::Float8) => {
            each!(as_f64, |value| of_f64(*value));
            Prefixes::Exact
        }
        (_, PhysicalType::Tid) => {
            each!(as_tid, |tid| of_tid(*tid));
            Prefixes::Exact
        }
        (_, PhysicalType::Uuid) => {
            each!(as_uuid, |value| of_bytes(value));
            Prefixes::Leading
        }
        (oid::BPCHAR, _) => {
            prefixes.extend(rows.map(|row| of_bytes(without_trailing_blanks(column.bytes(row)))));
            Prefixes::Leading
        }
        (_, PhysicalType::Text | PhysicalType::Bytes) => {
            prefixes.extend(rows.map(|row| of_bytes(column.bytes(row))));
            Prefixes::Leading
        }
        (_, PhysicalType::Numeric) => {
            let all = column.as_numeric()[start..].iter().try_for_each(|value| {
                let (value, scale) = value.as_scaled()?;
                prefixes.push(of_scaled(value, scale));
                Some(())
            });
            if all.is_some() { Prefixes::Leading } else { Prefixes::Absent }
        }
        (_, PhysicalType::Interval | PhysicalType::Array | PhysicalType::Record) => Prefixes::Absent,
    };
    prefixes.resize(first + column.len() - start, 0);
    if descending {
        prefixes[first..].iter_mut().for_each(|prefix| *prefix = !*prefix);
    }
    if column.has_nulls() {
        let null = if nulls_first { 0 } else { u64::MAX };
        for row in (start..column.len()).filter(|row| column.is_null(*row)) {
            prefixes[first + row - start] = null;
        }
        let leaves_room = matches!(
            column.physical_type(),
            PhysicalType::Bool
                | PhysicalType::Char
                | PhysicalType::Int2
                | PhysicalType::Int4
                | PhysicalType::Oid
        );
        if kind == Prefixes::Exact && !leaves_room {
            kind = Prefixes::Leading;
        }
    }
    kind
}

fn of_tid(tid: TupleId) -> u64 {
    u64::from(tid.block.0) << 16 | u64::from(tid.offset.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::compare;
    use crate::value::Value;

    /// Prefixes never contradict the order of values, and exact ones tell all of them apart.
    #[test]
    fn prefixes_agree_with_the_order() {
        let numeric = |text: &str| Value::Numeric(crate::Numeric::parse(text).unwrap());
        let kinds: Vec<(Oid, Vec<Value>)> = vec![
            (oid::INT2, [-5, 0, 7, i16::MIN, i16::MAX].map(Value::Int2).to_vec()),
            (oid::INT4, [-5, 0, 7, i32::MIN, i32::MAX].map(Value::Int4).to_vec()),
            (oid::INT8, [-5, 0, 7, i64::MIN, i64::MAX].map(Value::Int8).to_vec()),
            (oid::PG_LSN, [-5, 0, 7, i64::MIN, i64::MAX].map(Value::Int8).to_vec()),
            (oid::OID, [0, 7, u32::MAX].map(|number| Value::Oid(Oid(number))).to_vec()),
            (
                oid::FLOAT8,
                [-1.5, -0.0, 0.0, 3.0, f64::NAN, f64::INFINITY, -1e300].map(Value::Float8).to_vec(),
            ),
            (
                oid::TEXT,
                ["", "a", "a\u{1}", "b", "longer than eight", "longer than nine"].map(Value::text).to_vec(),
            ),
            (oid::BPCHAR, ["", "a", "a  ", "a\u{1}", "b "].map(Value::text).to_vec()),
            (
                oid::NUMERIC,
                ["1", "1.0", "-1.00005", "-1.00006", "0.123456789", "9223372036854775807"]
                    .map(numeric)
                    .to_vec(),
            ),
        ];
        for (data_type, mut values) in kinds {
            values.push(Value::Null);
            let column = Column::from_values(values[0].physical_type().unwrap(), &values);
            for (descending, nulls_first) in [(false, false), (true, false), (false, true), (true, true)] {
                let mut prefixes = Vec::new();
                let kind = sort_prefixes(data_type, &column, 0, (descending, nulls_first), &mut prefixes);
                assert_ne!(kind, Prefixes::Absent);
                for (a, p) in values.iter().zip(&prefixes) {
                    for (b, q) in values.iter().zip(&prefixes) {
                        let mut order = compare(data_type, a, b);
                        if a.is_null() != b.is_null() && nulls_first
                            || !a.is_null() && !b.is_null() && descending
                        {
                            order = order.reverse();
                        }
                        assert!(p.cmp(q) == order || p == q, "{a:?} {b:?} {data_type}");
                        assert!(
                            p != q || kind == Prefixes::Leading || order.is_eq(),
                            "{a:?} {b:?} {data_type}"
                        );
                    }
                }
            }
        }
        let big = Column::from_values(PhysicalType::Numeric, &[numeric("1e30")]);
        assert_eq!(sort_prefixes(oid::NUMERIC, &big, 0, (false, false), &mut Vec::new()), Prefixes::Absent);
    }
}
