//! The stored form of single values.
//!
//! Fixed-width forms are little-endian. Arrays and records nest: their elements are stored like attributes.
//!
//! ```text
//! array   element type (4), dimensions (1), per dimension length (4) and lower bound (4), has nulls (1),
//!         null bitmap when there are nulls, elements
//! record  type (4), fields (2), per field type (4) and null (1), fields that are not null
//! ```

use common::{Oid, TupleId};
use error::{Error, Result};
use types::array::{Array, Dimension};
use types::interval::Interval;
use types::record::Record;
use types::{Column, Native, Numeric, PhysicalType, Text, Value};

use crate::layout::stored_width;
use crate::varlena::{Varlena, decompress, put_varlena};

/// Appends the stored form of a value that is not null.
pub fn put_value(out: &mut Vec<u8>, value: &Value) {
    match value {
        Value::Null => debug_assert!(false, "null has no stored form"),
        Value::Bool(value) => out.push((*value).into()),
        Value::Char(value) => out.push(*value),
        Value::Int2(value) => out.extend_from_slice(&value.to_le_bytes()),
        Value::Int4(value) => out.extend_from_slice(&value.to_le_bytes()),
        Value::Int8(value) => out.extend_from_slice(&value.to_le_bytes()),
        Value::Oid(value) => out.extend_from_slice(&value.0.to_le_bytes()),
        Value::Float4(value) => out.extend_from_slice(&value.to_le_bytes()),
        Value::Float8(value) => out.extend_from_slice(&value.to_le_bytes()),
        Value::Interval(value) => put_interval(out, value),
        Value::Uuid(value) => out.extend_from_slice(value),
        Value::Tid(value) => out.extend_from_slice(&value.to_bytes()),
        Value::Numeric(value) => put_varlena(out, |out| value.store(out)),
        Value::Text(value) => put_varlena(out, |out| out.extend_from_slice(value.as_bytes())),
        Value::Bytes(value) => put_varlena(out, |out| out.extend_from_slice(value)),
        Value::Array(array) => put_varlena(out, |out| put_array(out, array)),
        Value::Record(record) => put_varlena(out, |out| put_record(out, record)),
    }
}

/// Appends the stored form of a row of a column, which is not null.
pub fn put_column_value(out: &mut Vec<u8>, column: &Column, row: usize) {
    match column.physical_type() {
        PhysicalType::Bool => out.push(column.get::<bool>(row).into()),
        PhysicalType::Char => out.push(column.get::<u8>(row)),
        PhysicalType::Int2 => out.extend_from_slice(&column.get::<i16>(row).to_le_bytes()),
        PhysicalType::Int4 => out.extend_from_slice(&column.get::<i32>(row).to_le_bytes()),
        PhysicalType::Int8 => out.extend_from_slice(&column.get::<i64>(row).to_le_bytes()),
        PhysicalType::Oid => out.extend_from_slice(&column.get::<Oid>(row).0.to_le_bytes()),
        PhysicalType::Float4 => out.extend_from_slice(&column.get::<f32>(row).to_le_bytes()),
        PhysicalType::Float8 => out.extend_from_slice(&column.get::<f64>(row).to_le_bytes()),
        PhysicalType::Interval => put_interval(out, &column.get::<Interval>(row)),
        PhysicalType::Uuid => out.extend_from_slice(&column.get::<[u8; 16]>(row)),
        PhysicalType::Tid => out.extend_from_slice(&column.get::<TupleId>(row).to_bytes()),
        PhysicalType::Numeric => put_varlena(out, |out| column.numeric(row).store(out)),
        PhysicalType::Text | PhysicalType::Bytes => {
            put_varlena(out, |out| out.extend_from_slice(column.bytes(row)));
        }
        PhysicalType::Array => put_varlena(out, |out| put_array(out, column.array(row))),
        PhysicalType::Record => put_varlena(out, |out| put_record(out, column.record(row))),
    }
}

fn put_interval(out: &mut Vec<u8>, value: &Interval) {
    out.extend_from_slice(&value.microseconds.to_le_bytes());
    out.extend_from_slice(&value.days.to_le_bytes());
    out.extend_from_slice(&value.months.to_le_bytes());
}

fn put_array(out: &mut Vec<u8>, array: &Array) {
    out.extend_from_slice(&array.element_type.0.to_le_bytes());
    out.push(array.dimensions.len() as u8);
    for dimension in &array.dimensions {
        out.extend_from_slice(&dimension.length.to_le_bytes());
        out.extend_from_slice(&dimension.lower_bound.to_le_bytes());
    }
    let has_nulls = array.elements.has_nulls();
    out.push(has_nulls.into());
    if has_nulls {
        let start = out.len();
        out.resize(start + array.len().div_ceil(8), 0);
        for row in (0..array.len()).filter(|row| array.elements.is_null(*row)) {
            out[start + row / 8] |= 1 << (row % 8);
        }
    }
    for row in (0..array.len()).filter(|row| !array.elements.is_null(*row)) {
        put_column_value(out, &array.elements, row);
    }
}

fn put_record(out: &mut Vec<u8>, record: &Record) {
    out.extend_from_slice(&record.type_oid.0.to_le_bytes());
    out.extend_from_slice(&(record.fields.len() as u16).to_le_bytes());
    for (field_type, field) in record.field_types.iter().zip(&record.fields) {
        out.extend_from_slice(&field_type.0.to_le_bytes());
        out.push(field.is_null().into());
        if let Some(physical) = field.physical_type() {
            out.push(physical as u8);
            put_value(out, field);
        }
    }
}

/// Reads the value at `place` of each row's fixed part into the rows of a column from `first` on.
///
/// The parts are long enough, as the column's form is that of the attribute.
pub(crate) fn load_fixed(parts: &[&[u8]], place: usize, column: &mut Column, first: usize) {
    fn load<const N: usize, T: Native>(
        parts: &[&[u8]],
        place: usize,
        column: &mut Column,
        first: usize,
        value: impl Fn([u8; N]) -> T,
    ) {
        column.set_rows(first, parts.iter().map(|part| value(array_of(&part[place..place + N]))));
    }
    match column.physical_type() {
        PhysicalType::Bool => load(parts, place, column, first, |[byte]| byte != 0),
        PhysicalType::Char => load(parts, place, column, first, |[byte]| byte),
        PhysicalType::Int2 => load(parts, place, column, first, i16::from_le_bytes),
        PhysicalType::Int4 => load(parts, place, column, first, i32::from_le_bytes),
        PhysicalType::Int8 => load(parts, place, column, first, i64::from_le_bytes),
        PhysicalType::Oid => load(parts, place, column, first, |bytes| Oid(u32::from_le_bytes(bytes))),
        PhysicalType::Float4 => load(parts, place, column, first, f32::from_le_bytes),
        PhysicalType::Float8 => load(parts, place, column, first, f64::from_le_bytes),
        PhysicalType::Tid => load(parts, place, column, first, TupleId::from_bytes),
        PhysicalType::Interval => load(parts, place, column, first, |bytes: [u8; 16]| load_interval(&bytes)),
        PhysicalType::Uuid => load(parts, place, column, first, |bytes: [u8; 16]| bytes),
        _ => unreachable!("variable-width forms have no fixed place"),
    }
}

/// Reads a value at the start of `bytes` into a row of a column; gives what follows it. An external value is not
/// fetched: it comes back as the second result.
/// # Errors
/// XX001 for bytes that no value of this form has.
pub(crate) fn load_into<'a>(
    bytes: &'a [u8],
    column: &mut Column,
    row: usize,
) -> Result<(&'a [u8], Option<crate::ExternalPointer>)> {
    let physical = column.physical_type();
    let Some(width) = stored_width(physical) else {
        let (value, rest) = Varlena::read(bytes)?;
        match value {
            Varlena::Plain(bytes) => set_varlena(column, row, bytes)?,
            Varlena::Compressed { raw_length, block } => {
                set_varlena(column, row, &decompress(block, raw_length)?)?;
            }
            Varlena::External(pointer) => return Ok((rest, Some(pointer))),
        }
        return Ok((rest, None));
    };
    let (value, rest) = bytes.split_at_checked(width).ok_or_else(damaged)?;
    load_fixed(&[value], 0, column, row);
    Ok((rest, None))
}

/// Sets a row from the raw bytes of a variable-width value.
pub(crate) fn set_varlena(column: &mut Column, row: usize, bytes: &[u8]) -> Result<()> {
    match column.physical_type() {
        PhysicalType::Text | PhysicalType::Bytes => column.set_bytes(row, bytes),
        PhysicalType::Numeric => column.set_numeric(row, Numeric::load(bytes).ok_or_else(damaged)?),
        PhysicalType::Array => column.set_array(row, load_array(bytes)?),
        PhysicalType::Record => column.set_value(row, &Value::Record(Box::new(load_record(bytes)?))),
        other => return Err(Error::internal(format!("{other:?} has no length of its own"))),
    }
    Ok(())
}

/// Skips a value at the start of `bytes`.
pub(crate) fn skip(bytes: &[u8], physical: PhysicalType) -> Result<&[u8]> {
    match stored_width(physical) {
        Some(width) => bytes.get(width..).ok_or_else(damaged),
        None => Varlena::read(bytes).map(|(_, rest)| rest),
    }
}

/// Reads one value that is not external; gives what follows it.
/// # Errors
/// XX001 for bytes that no value of this form has.
pub fn load_value(bytes: &[u8], physical: PhysicalType) -> Result<(Value, &[u8])> {
    if physical == PhysicalType::Text
        && let (Varlena::Plain(text), rest) = Varlena::read(bytes)?
    {
        let text = std::str::from_utf8(text).map_err(|_| damaged())?;
        return Ok((Value::Text(Text::new(text)), rest));
    }
    if let Some(width) = stored_width(physical) {
        let (value, rest) = bytes.split_at_checked(width).ok_or_else(damaged)?;
        return Ok((fixed_value(value, physical), rest));
    }
    let mut column = Column::new(physical);
    column.resize(1);
    match load_into(bytes, &mut column, 0)? {
        (rest, None) => Ok((column.value(0), rest)),
        (_, Some(_)) => Err(Error::internal("external value where none can be")),
    }
}

/// A value of a form whose width `bytes` have.
fn fixed_value(bytes: &[u8], physical: PhysicalType) -> Value {
    match physical {
        PhysicalType::Bool => Value::Bool(bytes[0] != 0),
        PhysicalType::Char => Value::Char(bytes[0]),
        PhysicalType::Int2 => Value::Int2(i16::from_le_bytes(array_of(bytes))),
        PhysicalType::Int4 => Value::Int4(i32::from_le_bytes(array_of(bytes))),
        PhysicalType::Int8 => Value::Int8(i64::from_le_bytes(array_of(bytes))),
        PhysicalType::Oid => Value::Oid(Oid(u32::from_le_bytes(array_of(bytes)))),
        PhysicalType::Float4 => Value::Float4(f32::from_le_bytes(array_of(bytes))),
        PhysicalType::Float8 => Value::Float8(f64::from_le_bytes(array_of(bytes))),
        PhysicalType::Tid => Value::Tid(TupleId::from_bytes(array_of(bytes))),
        PhysicalType::Interval => Value::Interval(load_interval(bytes)),
        PhysicalType::Uuid => Value::Uuid(array_of(bytes)),
        _ => unreachable!("variable-width forms have no width"),
    }
}

fn load_interval(bytes: &[u8]) -> Interval {
    Interval {
        microseconds: i64::from_le_bytes(array_of(&bytes[..8])),
        days: i32::from_le_bytes(array_of(&bytes[8..12])),
        months: i32::from_le_bytes(array_of(&bytes[12..])),
    }
}

fn load_array(bytes: &[u8]) -> Result<Array> {
    let mut reader = Reader(bytes);
    let element_type = Oid(reader.u32()?);
    let description = types::oid::type_description(element_type);
    // An element type that is not built in (an enum, a composite) says so by the elements' own form.
    let physical = description.map_or(PhysicalType::Oid, |description| description.physical);
    let mut dimensions = Vec::new();
    let mut length = 1usize;
    for _ in 0..reader.byte()? {
        let dimension = Dimension { length: reader.u32()? as i32, lower_bound: reader.u32()? as i32 };
        length = length.saturating_mul(usize::try_from(dimension.length).map_err(|_| damaged())?);
        dimensions.push(dimension);
    }
    let length = if dimensions.is_empty() { 0 } else { length };
    if length > bytes.len() * 8 {
        return Err(damaged());
    }
    let nulls = if reader.byte()? != 0 { reader.take(length.div_ceil(8))? } else { &[] };
    let mut elements = Column::new(physical);
    elements.resize(length);
    for row in 0..length {
        if nulls.get(row / 8).is_some_and(|byte| byte & 1 << (row % 8) != 0) {
            elements.set_null(row);
        } else {
            reader.0 = load_into(reader.0, &mut elements, row)?.0;
        }
    }
    Ok(Array { element_type, dimensions, elements })
}

fn load_record(bytes: &[u8]) -> Result<Record> {
    let mut reader = Reader(bytes);
    let type_oid = Oid(reader.u32()?);
    let count = u16::from_le_bytes(array_of(reader.take(2)?));
    let mut field_types = Vec::with_capacity(count.into());
    let mut fields = Vec::with_capacity(count.into());
    for _ in 0..count {
        field_types.push(Oid(reader.u32()?));
        if reader.byte()? != 0 {
            fields.push(Value::Null);
            continue;
        }
        let form = reader.byte()?;
        let physical = PhysicalType::from_number(form).ok_or_else(damaged)?;
        let (value, rest) = load_value(reader.0, physical)?;
        reader.0 = rest;
        fields.push(value);
    }
    Ok(Record { type_oid, field_types: field_types.into(), fields: fields.into() })
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count).ok_or_else(damaged)?;
        self.0 = rest;
        Ok(taken)
    }

    fn byte(&mut self) -> Result<u8> {
        self.take(1).map(|bytes| bytes[0])
    }

    fn u32(&mut self) -> Result<u32> {
        self.take(4).map(|bytes| u32::from_le_bytes(array_of(bytes)))
    }
}

/// A slice whose length was checked, as an array.
pub(crate) fn array_of<const N: usize>(bytes: &[u8]) -> [u8; N] {
    let mut array = [0; N];
    array.copy_from_slice(bytes);
    array
}

fn damaged() -> Error {
    Error::corrupted("stored value is damaged")
}
