//! Columns as bytes, for temporary files: read back by the process that wrote them, never kept.
//!
//! ```text
//! column: has nulls (1) | null words (8 each), if it has | values
//! fixed width: as they are, little-endian        text, bytes: all lengths (4 each) | all bytes
//! numeric: length (4) | stored form              array: type (4) | dimensions (1 + 8 each) | rows (4) | form (1) | column
//! record: type (4) | fields (4) | for each: type (4) | form (1) | column of one row
//! ```

use common::{BlockNumber, OffsetNumber, Oid, TupleId};

use super::{Column, Values};
use crate::array::{Array, Dimension};
use crate::interval::Interval;
use crate::numeric::Numeric;
use crate::physical_type::PhysicalType;
use crate::record::Record;
use crate::value::Value;

fn save_fixed<T: Copy, const N: usize>(values: &[T], out: &mut Vec<u8>, to_bytes: impl Fn(T) -> [u8; N]) {
    let start = out.len();
    out.resize(start + values.len() * N, 0);
    for (place, value) in out[start..].chunks_exact_mut(N).zip(values) {
        place.copy_from_slice(&to_bytes(*value));
    }
}

fn load_fixed<T, const N: usize>(
    values: &mut Vec<T>,
    rows: usize,
    bytes: &mut &[u8],
    from_bytes: impl Fn([u8; N]) -> T,
) -> Option<()> {
    let (taken, rest) = bytes.split_at_checked(rows.checked_mul(N)?)?;
    *bytes = rest;
    values.extend(taken.as_chunks::<N>().0.iter().map(|chunk| from_bytes(*chunk)));
    Some(())
}

fn take<'a>(bytes: &mut &'a [u8], length: usize) -> Option<&'a [u8]> {
    let (taken, rest) = bytes.split_at_checked(length)?;
    *bytes = rest;
    Some(taken)
}

fn take_u32(bytes: &mut &[u8]) -> Option<u32> {
    Some(u32::from_le_bytes(take(bytes, 4)?.try_into().ok()?))
}

fn take_form(bytes: &mut &[u8]) -> Option<PhysicalType> {
    PhysicalType::from_number(take(bytes, 1)?[0])
}

fn interval_bytes(interval: Interval) -> [u8; 16] {
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&interval.microseconds.to_le_bytes());
    bytes[8..12].copy_from_slice(&interval.days.to_le_bytes());
    bytes[12..].copy_from_slice(&interval.months.to_le_bytes());
    bytes
}

fn interval_from(bytes: [u8; 16]) -> Interval {
    let number = u128::from_le_bytes(bytes);
    Interval { microseconds: number as i64, days: (number >> 64) as i32, months: (number >> 96) as i32 }
}

fn save_array(array: &Array, out: &mut Vec<u8>) {
    out.extend_from_slice(&array.element_type.0.to_le_bytes());
    out.push(array.dimensions.len() as u8);
    for dimension in &array.dimensions {
        out.extend_from_slice(&dimension.length.to_le_bytes());
        out.extend_from_slice(&dimension.lower_bound.to_le_bytes());
    }
    out.extend_from_slice(&(array.elements.len() as u32).to_le_bytes());
    out.push(array.elements.physical_type() as u8);
    array.elements.save(out);
}

fn load_array(bytes: &mut &[u8]) -> Option<Array> {
    let element_type = Oid(take_u32(bytes)?);
    let count = take(bytes, 1)?[0];
    let dimensions = (0..count)
        .map(|_| Some(Dimension { length: take_u32(bytes)? as i32, lower_bound: take_u32(bytes)? as i32 }))
        .collect::<Option<_>>()?;
    let rows = take_u32(bytes)? as usize;
    let mut elements = Column::new(take_form(bytes)?);
    elements.load(rows, bytes)?;
    Some(Array { element_type, dimensions, elements })
}

fn save_record(record: &Record, out: &mut Vec<u8>) {
    out.extend_from_slice(&record.type_oid.0.to_le_bytes());
    out.extend_from_slice(&(record.fields.len() as u32).to_le_bytes());
    for (data_type, field) in record.field_types.iter().zip(&record.fields) {
        let form = field.physical_type().unwrap_or(PhysicalType::Bool);
        out.extend_from_slice(&data_type.0.to_le_bytes());
        out.push(form as u8);
        Column::from_values(form, [field]).save(out);
    }
}

fn load_record(bytes: &mut &[u8]) -> Option<Record> {
    let type_oid = Oid(take_u32(bytes)?);
    let count = take_u32(bytes)?;
    let (mut field_types, mut fields): (Vec<Oid>, Vec<Value>) = Default::default();
    for _ in 0..count {
        field_types.push(Oid(take_u32(bytes)?));
        let mut column = Column::new(take_form(bytes)?);
        column.load(1, bytes)?;
        fields.push(column.value(0));
    }
    Some(Record { type_oid, field_types: field_types.into(), fields: fields.into() })
}

fn save_boxed<T>(values: &[Option<Box<T>>], out: &mut Vec<u8>, save: fn(&T, &mut Vec<u8>)) {
    for value in values {
        out.push(u8::from(value.is_some()));
        if let Some(value) = value {
            save(value, out);
        }
    }
}

fn load_boxed<T>(
    values: &mut Vec<Option<Box<T>>>,
    rows: usize,
    bytes: &mut &[u8],
    load: fn(&mut &[u8]) -> Option<T>,
) -> Option<()> {
    for _ in 0..rows {
        let is_there = take(bytes, 1)?[0] != 0;
        values.push(if is_there { Some(Box::new(load(bytes)?)) } else { None });
    }
    Some(())
}

impl Column {
    /// Appends all rows as bytes. The column is no constant.
    pub fn save(&self, out: &mut Vec<u8>) {
        debug_assert!(!self.is_constant());
        out.push(u8::from(self.has_nulls()));
        if self.has_nulls() {
            for word in 0..self.len().div_ceil(64) {
                out.extend_from_slice(&self.nulls.words().get(word).unwrap_or(&0).to_le_bytes());
            }
        }
        match &self.values {
            Values::Bool(values) => save_fixed(values, out, |value| [u8::from(value)]),
            Values::Char(values) => out.extend_from_slice(values),
            Values::Int2(values) => save_fixed(values, out, i16::to_le_bytes),
            Values::Int4(values) => save_fixed(values, out, i32::to_le_bytes),
            Values::Int8(values) => save_fixed(values, out, i64::to_le_bytes),
            Values::Oid(values) => save_fixed(values, out, |value| value.0.to_le_bytes()),
            Values::Float4(values) => save_fixed(values, out, f32::to_le_bytes),
            Values::Float8(values) => save_fixed(values, out, f64::to_le_bytes),
            Values::Numeric(values) => {
                for value in values {
                    let start = out.len();
                    out.extend_from_slice(&[0; 4]);
                    value.store(out);
                    let length = (out.len() - start - 4) as u32;
                    out[start..start + 4].copy_from_slice(&length.to_le_bytes());
                }
            }
            Values::Text(values) | Values::Bytes(values) => values.save(out),
            Values::Interval(values) => save_fixed(values, out, interval_bytes),
            Values::Uuid(values) => save_fixed(values, out, |value| value),
            Values::Tid(values) => save_fixed(values, out, |tid| {
                let mut bytes = [0; 6];
                bytes[..4].copy_from_slice(&tid.block.0.to_le_bytes());
                bytes[4..].copy_from_slice(&tid.offset.0.to_le_bytes());
                bytes
            }),
            Values::Array(values) => save_boxed(values, out, save_array),
            Values::Record(values) => save_boxed(values, out, save_record),
        }
    }

    /// Appends rows that [`Column::save`] wrote and takes their bytes away; `None` for bytes that are damaged.
    pub fn load(&mut self, rows: usize, bytes: &mut &[u8]) -> Option<()> {
        let start = self.len();
        if take(bytes, 1)?[0] != 0 {
            let words = take(bytes, rows.div_ceil(64) * 8)?;
            for (number, word) in words.as_chunks::<8>().0.iter().enumerate() {
                let mut word = u64::from_le_bytes(*word);
                while word != 0 {
                    self.nulls.set(start + number * 64 + word.trailing_zeros() as usize);
                    word &= word - 1;
                }
            }
        }
        match &mut self.values {
            Values::Bool(values) => load_fixed(values, rows, bytes, |[byte]| byte != 0),
            Values::Char(values) => load_fixed(values, rows, bytes, |[byte]| byte),
            Values::Int2(values) => load_fixed(values, rows, bytes, i16::from_le_bytes),
            Values::Int4(values) => load_fixed(values, rows, bytes, i32::from_le_bytes),
            Values::Int8(values) => load_fixed(values, rows, bytes, i64::from_le_bytes),
            Values::Oid(values) => load_fixed(values, rows, bytes, |bytes| Oid(u32::from_le_bytes(bytes))),
            Values::Float4(values) => load_fixed(values, rows, bytes, f32::from_le_bytes),
            Values::Float8(values) => load_fixed(values, rows, bytes, f64::from_le_bytes),
            Values::Numeric(values) => {
                for _ in 0..rows {
                    let length = take_u32(bytes)?;
                    values.push(Numeric::load(take(bytes, length as usize)?)?);
                }
                Some(())
            }
            Values::Text(values) | Values::Bytes(values) => values.load(rows, bytes),
            Values::Interval(values) => load_fixed(values, rows, bytes, interval_from),
            Values::Uuid(values) => load_fixed(values, rows, bytes, |bytes| bytes),
            Values::Tid(values) => load_fixed(values, rows, bytes, |[a, b, c, d, e, f]| TupleId {
                block: BlockNumber(u32::from_le_bytes([a, b, c, d])),
                offset: OffsetNumber(u16::from_le_bytes([e, f])),
            }),
            Values::Array(values) => load_boxed(values, rows, bytes, load_array),
            Values::Record(values) => load_boxed(values, rows, bytes, load_record),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Values of every form come back, with their nulls, behind rows that are there already; damage is noticed.
    #[test]
    fn every_form_comes_back() {
        let numeric = |text: &str| Value::Numeric(Numeric::parse(text).unwrap());
        let array = Array::new(
            crate::oid::TEXT,
            Column::from_values(PhysicalType::Text, &[Value::text("a"), Value::Null]),
        );
        let record = Record {
            type_oid: crate::oid::RECORD,
            field_types: [crate::oid::INT4, crate::oid::TEXT].into(),
            fields: [Value::Int4(5), Value::Null].into(),
        };
        let interval = Interval { microseconds: -7, days: -2, months: 9 };
        let tid = TupleId { block: BlockNumber(70_000), offset: OffsetNumber(9) };
        let kinds: Vec<Vec<Value>> = vec![
            vec![Value::Bool(true), Value::Bool(false)],
            vec![Value::Char(7)],
            vec![Value::Int2(-3)],
            vec![Value::Int4(-70_000), Value::Int4(5)],
            vec![Value::Int8(i64::MIN)],
            vec![Value::Oid(Oid(4_000_000_000))],
            vec![Value::Float4(-0.5)],
            vec![Value::Float8(1e300)],
            vec![
                numeric("1.50"),
                numeric("-123456789012345678901234567890.5"),
                Value::Numeric(Numeric::INFINITY),
            ],
            vec![Value::text("short"), Value::text("a text that is longer than its view"), Value::text("")],
            vec![Value::Bytes([0, 255].into())],
            vec![Value::Interval(interval)],
            vec![Value::Uuid([9; 16])],
            vec![Value::Tid(tid)],
            vec![Value::Array(array.into())],
            vec![Value::Record(record.into())],
        ];
        assert_eq!(kinds.len(), PhysicalType::ALL.len());
        for values in kinds {
            let mut values: Vec<Value> = (0..50).flat_map(|_| values.clone()).collect();
            values.insert(1, Value::Null);
            let column = Column::from_values(values[0].physical_type().unwrap(), &values);
            let mut bytes = Vec::new();
            column.save(&mut bytes);
            let mut back = column.clone();
            let mut rest = &bytes[..];
            back.load(values.len(), &mut rest).unwrap();
            assert!(rest.is_empty());
            let found: Vec<Value> = (0..back.len()).map(|row| back.value(row)).collect();
            assert_eq!(found, [values.clone(), values.clone()].concat());
            assert!(column.clone().load(values.len(), &mut &bytes[..bytes.len() - 1]).is_none());
        }
    }
}
