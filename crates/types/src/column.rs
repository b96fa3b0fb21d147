//! A column: the values of one physical type for the rows of a batch, with a null mask.
//!
//! Two ways to fill one: *aligned* (`resize`, then `set_*` any row) and *appending* (`push_*`). `clear` keeps the
//! memory. A *constant* column holds one row that stands for every row: readers index with `row & column.mask()`,
//! which all accessors that take a row do by themselves.

use common::{Oid, TupleId};

use crate::array::Array;
use crate::batch::Rows;
use crate::interval::Interval;
use crate::nulls::NullMask;
use crate::numeric::Numeric;
use crate::physical_type::PhysicalType;
use crate::record::Record;
use crate::text_value::{Text, valid_prefix};
use crate::value::Value;
use crate::views::Views;

/// Values of one physical type by row.
#[derive(Clone, Debug)]
pub struct Column {
    values: Values,
    nulls: NullMask,
    /// `usize::MAX`, or 0 for a constant.
    mask: usize,
}

#[derive(Clone, Debug)]
enum Values {
    Bool(Vec<bool>),
    Char(Vec<u8>),
    Int2(Vec<i16>),
    Int4(Vec<i32>),
    Int8(Vec<i64>),
    Oid(Vec<Oid>),
    Float4(Vec<f32>),
    Float8(Vec<f64>),
    Numeric(Vec<Numeric>),
    Text(Views),
    Bytes(Views),
    Interval(Vec<Interval>),
    Uuid(Vec<[u8; 16]>),
    Tid(Vec<TupleId>),
    Array(Vec<Option<Box<Array>>>),
    Record(Vec<Option<Box<Record>>>),
}

/// Runs the same code on whichever vector is there.
macro_rules! each {
    ($values:expr, $vector:ident => $code:expr) => {
        match $values {
            Values::Bool($vector) => $code,
            Values::Char($vector) => $code,
            Values::Int2($vector) => $code,
            Values::Int4($vector) => $code,
            Values::Int8($vector) => $code,
            Values::Oid($vector) => $code,
            Values::Float4($vector) => $code,
            Values::Float8($vector) => $code,
            Values::Numeric($vector) => $code,
            Values::Text($vector) => $code,
            Values::Bytes($vector) => $code,
            Values::Interval($vector) => $code,
            Values::Uuid($vector) => $code,
            Values::Tid($vector) => $code,
            Values::Array($vector) => $code,
            Values::Record($vector) => $code,
        }
    };
}

mod gather;
mod saved;

/// A Rust type that a column stores as itself.
pub trait Native: Clone + Default + 'static {
    const PHYSICAL: PhysicalType;

    /// All rows of the column. A column of another physical type is a defect of the caller and panics.
    fn slice(column: &Column) -> &[Self];
    fn slice_mut(column: &mut Column) -> &mut [Self];
    fn vector_mut(column: &mut Column) -> &mut Vec<Self>;
}

#[cold]
#[inline(never)]
fn wrong_type(column: &Column, wanted: PhysicalType) -> ! {
    panic!("column of {:?} used as {wanted:?}", column.physical_type())
}

macro_rules! natives {
    ($($variant:ident $native:ty, $slice:ident $slice_mut:ident $set:ident $push:ident;)*) => {
        $(impl Native for $native {
            const PHYSICAL: PhysicalType = PhysicalType::$variant;

            #[inline]
            fn slice(column: &Column) -> &[$native] {
                match &column.values {
                    Values::$variant(values) => values,
                    _ => wrong_type(column, PhysicalType::$variant),
                }
            }

            #[inline]
            fn slice_mut(column: &mut Column) -> &mut [$native] {
                Self::vector_mut(column)
            }

            #[inline]
            fn vector_mut(column: &mut Column) -> &mut Vec<$native> {
                if column.physical_type() != PhysicalType::$variant {
                    wrong_type(column, PhysicalType::$variant);
                }
                match &mut column.values {
                    Values::$variant(values) => values,
                    _ => unreachable!("checked above"),
                }
            }
        })*

        impl Column {
            $(
            #[inline]
            pub fn $slice(&self) -> &[$native] {
                <$native as Native>::slice(self)
            }

            #[inline]
            pub fn $slice_mut(&mut self) -> &mut [$native] {
                <$native as Native>::slice_mut(self)
            }

            #[inline]
            pub fn $set(&mut self, row: usize, value: $native) {
                self.set(row, value);
            }

            #[inline]
            pub fn $push(&mut self, value: $native) {
                self.push(value);
            }
            )*
        }
    };
}

natives! {
    Bool bool, as_bool as_bool_mut set_bool push_bool;
    Char u8, as_char as_char_mut set_char push_char;
    Int2 i16, as_i16 as_i16_mut set_i16 push_i16;
    Int4 i32, as_i32 as_i32_mut set_i32 push_i32;
    Int8 i64, as_i64 as_i64_mut set_i64 push_i64;
    Oid Oid, as_oid as_oid_mut set_oid push_oid;
    Float4 f32, as_f32 as_f32_mut set_f32 push_f32;
    Float8 f64, as_f64 as_f64_mut set_f64 push_f64;
    Numeric Numeric, as_numeric as_numeric_mut set_numeric push_numeric;
    Interval Interval, as_interval as_interval_mut set_interval push_interval;
    Uuid [u8; 16], as_uuid as_uuid_mut set_uuid push_uuid;
    Tid TupleId, as_tid as_tid_mut set_tid push_tid;
}

impl Column {
    pub fn new(physical: PhysicalType) -> Column {
        let values = match physical {
            PhysicalType::Bool => Values::Bool(Vec::new()),
            PhysicalType::Char => Values::Char(Vec::new()),
            PhysicalType::Int2 => Values::Int2(Vec::new()),
            PhysicalType::Int4 => Values::Int4(Vec::new()),
            PhysicalType::Int8 => Values::Int8(Vec::new()),
            PhysicalType::Oid => Values::Oid(Vec::new()),
            PhysicalType::Float4 => Values::Float4(Vec::new()),
            PhysicalType::Float8 => Values::Float8(Vec::new()),
            PhysicalType::Numeric => Values::Numeric(Vec::new()),
            PhysicalType::Text => Values::Text(Views::default()),
            PhysicalType::Bytes => Values::Bytes(Views::default()),
            PhysicalType::Interval => Values::Interval(Vec::new()),
            PhysicalType::Uuid => Values::Uuid(Vec::new()),
            PhysicalType::Tid => Values::Tid(Vec::new()),
            PhysicalType::Array => Values::Array(Vec::new()),
            PhysicalType::Record => Values::Record(Vec::new()),
        };
        Column { values, nulls: NullMask::default(), mask: usize::MAX }
    }

    /// A column that has `value` in every row. `physical` decides the form of a NULL.
    pub fn constant(physical: PhysicalType, value: &Value) -> Column {
        let mut column = Column::new(physical);
        column.push_value(value);
        column.mask = 0;
        column
    }

    /// A column with the given rows.
    pub fn from_values<'a>(physical: PhysicalType, values: impl IntoIterator<Item = &'a Value>) -> Column {
        let mut column = Column::new(physical);
        for value in values {
            column.push_value(value);
        }
        column
    }

    #[inline]
    pub fn physical_type(&self) -> PhysicalType {
        match &self.values {
            Values::Bool(_) => PhysicalType::Bool,
            Values::Char(_) => PhysicalType::Char,
            Values::Int2(_) => PhysicalType::Int2,
            Values::Int4(_) => PhysicalType::Int4,
            Values::Int8(_) => PhysicalType::Int8,
            Values::Oid(_) => PhysicalType::Oid,
            Values::Float4(_) => PhysicalType::Float4,
            Values::Float8(_) => PhysicalType::Float8,
            Values::Numeric(_) => PhysicalType::Numeric,
            Values::Text(_) => PhysicalType::Text,
            Values::Bytes(_) => PhysicalType::Bytes,
            Values::Interval(_) => PhysicalType::Interval,
            Values::Uuid(_) => PhysicalType::Uuid,
            Values::Tid(_) => PhysicalType::Tid,
            Values::Array(_) => PhysicalType::Array,
            Values::Record(_) => PhysicalType::Record,
        }
    }

    /// Rows that are stored: 1 for a constant.
    #[inline]
    pub fn len(&self) -> usize {
        each!(&self.values, values => values.len())
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub fn is_constant(&self) -> bool {
        self.mask == 0
    }

    /// `row & mask()` is where a row is stored.
    #[inline]
    pub fn mask(&self) -> usize {
        self.mask
    }

    /// Declares that the one stored row stands for every row, or that it does not.
    pub fn set_constant(&mut self, constant: bool) {
        debug_assert!(!constant || self.len() == 1);
        self.mask = if constant { 0 } else { usize::MAX };
    }

    /// Forgets all rows, keeps the memory. The column is no constant any more.
    pub fn clear(&mut self) {
        each!(&mut self.values, values => values.clear());
        self.nulls.clear();
        self.mask = usize::MAX;
    }

    /// Makes `length` rows, none of them NULL, for aligned writes; what they hold is unspecified.
    pub fn resize(&mut self, length: usize) {
        match &mut self.values {
            Values::Text(values) | Values::Bytes(values) => {
                values.clear();
                values.resize(length);
            }
            Values::Array(values) => {
                values.clear();
                values.resize(length, None);
            }
            Values::Record(values) => {
                values.clear();
                values.resize(length, None);
            }
            Values::Bool(values) => values.resize(length, false),
            Values::Char(values) => values.resize(length, 0),
            Values::Int2(values) => values.resize(length, 0),
            Values::Int4(values) => values.resize(length, 0),
            Values::Int8(values) => values.resize(length, 0),
            Values::Oid(values) => values.resize(length, Oid::INVALID),
            Values::Float4(values) => values.resize(length, 0.0),
            Values::Float8(values) => values.resize(length, 0.0),
            Values::Numeric(values) => values.resize(length, Numeric::default()),
            Values::Interval(values) => values.resize(length, Interval::default()),
            Values::Uuid(values) => values.resize(length, [0; 16]),
            Values::Tid(values) => values.resize(length, TupleId::default()),
        }
        self.nulls.clear();
        self.mask = usize::MAX;
    }

    /// Forgets rows from `length` on.
    pub fn truncate(&mut self, length: usize) {
        match &mut self.values {
            Values::Text(values) | Values::Bytes(values) => {
                if length < values.len() {
                    values.resize(length);
                }
            }
            Values::Bool(values) => values.truncate(length),
            Values::Char(values) => values.truncate(length),
            Values::Int2(values) => values.truncate(length),
            Values::Int4(values) => values.truncate(length),
            Values::Int8(values) => values.truncate(length),
            Values::Oid(values) => values.truncate(length),
            Values::Float4(values) => values.truncate(length),
            Values::Float8(values) => values.truncate(length),
            Values::Numeric(values) => values.truncate(length),
            Values::Interval(values) => values.truncate(length),
            Values::Uuid(values) => values.truncate(length),
            Values::Tid(values) => values.truncate(length),
            Values::Array(values) => values.truncate(length),
            Values::Record(values) => values.truncate(length),
        }
        self.nulls.truncate(length);
    }

    // Nulls.

    #[inline]
    pub fn is_null(&self, row: usize) -> bool {
        self.nulls.get(row & self.mask)
    }

    /// False means that no row is NULL.
    #[inline]
    pub fn has_nulls(&self) -> bool {
        self.nulls.any()
    }

    pub fn nulls(&self) -> &NullMask {
        &self.nulls
    }

    pub fn nulls_mut(&mut self) -> &mut NullMask {
        &mut self.nulls
    }

    /// Makes the row NULL. Only for columns that are no constants.
    #[inline]
    pub fn set_null(&mut self, row: usize) {
        self.nulls.set(row);
    }

    pub fn push_null(&mut self) {
        let row = self.len();
        match &mut self.values {
            Values::Bool(values) => values.push(false),
            Values::Char(values) => values.push(0),
            Values::Int2(values) => values.push(0),
            Values::Int4(values) => values.push(0),
            Values::Int8(values) => values.push(0),
            Values::Oid(values) => values.push(Oid::INVALID),
            Values::Float4(values) => values.push(0.0),
            Values::Float8(values) => values.push(0.0),
            Values::Numeric(values) => values.push(Numeric::default()),
            Values::Text(values) | Values::Bytes(values) => values.push(b""),
            Values::Interval(values) => values.push(Interval::default()),
            Values::Uuid(values) => values.push([0; 16]),
            Values::Tid(values) => values.push(TupleId::default()),
            Values::Array(values) => values.push(None),
            Values::Record(values) => values.push(None),
        }
        self.nulls.set(row);
    }

    // Fixed-width values.

    #[inline]
    pub fn get<T: Native + Copy>(&self, row: usize) -> T {
        T::slice(self)[row & self.mask]
    }

    #[inline]
    pub fn set<T: Native>(&mut self, row: usize, value: T) {
        T::slice_mut(self)[row] = value;
        self.nulls.unset(row);
    }

    /// Sets the rows from `first` on, which are there.
    #[inline]
    pub fn set_rows<T: Native>(&mut self, first: usize, values: impl ExactSizeIterator<Item = T>) {
        if self.nulls.any() {
            (first..first + values.len()).for_each(|row| self.nulls.unset(row));
        }
        let rows = &mut T::slice_mut(self)[first..first + values.len()];
        rows.iter_mut().zip(values).for_each(|(row, value)| *row = value);
    }

    #[inline]
    pub fn push<T: Native>(&mut self, value: T) {
        T::vector_mut(self).push(value);
    }

    pub fn numeric(&self, row: usize) -> &Numeric {
        &self.as_numeric()[row & self.mask]
    }

    // Text and bytes.

    #[inline]
    fn views(&self) -> &Views {
        match &self.values {
            Values::Text(values) | Values::Bytes(values) => values,
            _ => wrong_type(self, PhysicalType::Text),
        }
    }

    #[inline]
    fn views_mut(&mut self) -> &mut Views {
        if !matches!(self.values, Values::Text(_) | Values::Bytes(_)) {
            wrong_type(self, PhysicalType::Text);
        }
        match &mut self.values {
            Values::Text(values) | Values::Bytes(values) => values,
            _ => unreachable!("checked above"),
        }
    }

    /// The row's text. Checks UTF-8 again, so kernels that can work on bytes should use [`Column::bytes`].
    #[inline]
    pub fn text(&self, row: usize) -> &str {
        valid_prefix(self.bytes(row))
    }

    /// The bytes of a text or bytea.
    #[inline]
    pub fn bytes(&self, row: usize) -> &[u8] {
        self.views().get(row & self.mask)
    }

    /// The length in bytes of a text or bytea.
    pub fn byte_length(&self, row: usize) -> usize {
        self.views().length(row & self.mask)
    }

    pub fn set_text(&mut self, row: usize, text: &str) {
        self.set_bytes(row, text.as_bytes());
    }

    /// Sets bytes, which in a text column must be UTF-8.
    pub fn set_bytes(&mut self, row: usize, bytes: &[u8]) {
        self.views_mut().set(row, bytes);
        self.nulls.unset(row);
    }

    /// Sets the concatenation of `parts`, which in a text column must be UTF-8.
    pub fn set_parts(&mut self, row: usize, parts: &[&[u8]]) {
        self.views_mut().set_parts(row, parts);
        self.nulls.unset(row);
    }

    /// Sets what `write` appends to the vector it is given (in a text column: UTF-8).
    pub fn set_bytes_with<R>(&mut self, row: usize, write: impl FnOnce(&mut Vec<u8>) -> R) -> R {
        self.nulls.unset(row);
        self.views_mut().set_with(row, write)
    }

    pub fn push_text(&mut self, text: &str) {
        self.push_bytes(text.as_bytes());
    }

    pub fn push_bytes(&mut self, bytes: &[u8]) {
        self.views_mut().push(bytes);
    }

    /// Byte order of two texts or byteas.
    #[inline]
    pub fn compare_bytes(&self, row: usize, other: &Column, other_row: usize) -> std::cmp::Ordering {
        self.views().compare(row & self.mask, other.views(), other_row & other.mask)
    }

    #[inline]
    pub fn equal_bytes(&self, row: usize, other: &Column, other_row: usize) -> bool {
        self.views().equal(row & self.mask, other.views(), other_row & other.mask)
    }

    // Arrays and records.

    /// The array of a row that is not NULL.
    pub fn array(&self, row: usize) -> &Array {
        match &self.values {
            Values::Array(values) => match &values[row & self.mask] {
                Some(array) => array,
                None => panic!("the array of a NULL row was asked for"),
            },
            _ => wrong_type(self, PhysicalType::Array),
        }
    }

    pub fn set_array(&mut self, row: usize, array: impl Into<Box<Array>>) {
        self.set_value(row, &Value::Array(array.into()));
    }

    /// The record of a row that is not NULL.
    pub fn record(&self, row: usize) -> &Record {
        match &self.values {
            Values::Record(values) => match &values[row & self.mask] {
                Some(record) => record,
                None => panic!("the record of a NULL row was asked for"),
            },
            _ => wrong_type(self, PhysicalType::Record),
        }
    }

    // Any type.

    /// The row as an owned value.
    pub fn value(&self, row: usize) -> Value {
        let row = row & self.mask;
        if self.nulls.get(row) {
            return Value::Null;
        }
        match &self.values {
            Values::Bool(values) => Value::Bool(values[row]),
            Values::Char(values) => Value::Char(values[row]),
            Values::Int2(values) => Value::Int2(values[row]),
            Values::Int4(values) => Value::Int4(values[row]),
            Values::Int8(values) => Value::Int8(values[row]),
            Values::Oid(values) => Value::Oid(values[row]),
            Values::Float4(values) => Value::Float4(values[row]),
            Values::Float8(values) => Value::Float8(values[row]),
            Values::Numeric(values) => Value::Numeric(values[row].clone()),
            Values::Text(values) => Value::Text(Text::new(valid_prefix(values.get(row)))),
            Values::Bytes(values) => Value::Bytes(values.get(row).into()),
            Values::Interval(values) => Value::Interval(values[row]),
            Values::Uuid(values) => Value::Uuid(values[row]),
            Values::Tid(values) => Value::Tid(values[row]),
            Values::Array(values) => values[row].clone().map_or(Value::Null, Value::Array),
            Values::Record(values) => values[row].clone().map_or(Value::Null, Value::Record),
        }
    }

    /// Sets a row to a value of this column's form, or to NULL.
    pub fn set_value(&mut self, row: usize, value: &Value) {
        match (&mut self.values, value) {
            (_, Value::Null) => return self.nulls.set(row),
            (Values::Bool(values), Value::Bool(value)) => values[row] = *value,
            (Values::Char(values), Value::Char(value)) => values[row] = *value,
            (Values::Int2(values), Value::Int2(value)) => values[row] = *value,
            (Values::Int4(values), Value::Int4(value)) => values[row] = *value,
            (Values::Int8(values), Value::Int8(value)) => values[row] = *value,
            (Values::Oid(values), Value::Oid(value)) => values[row] = *value,
            (Values::Float4(values), Value::Float4(value)) => values[row] = *value,
            (Values::Float8(values), Value::Float8(value)) => values[row] = *value,
            (Values::Numeric(values), Value::Numeric(value)) => values[row] = value.clone(),
            (Values::Text(values), Value::Text(value)) => values.set(row, value.as_bytes()),
            (Values::Bytes(values), Value::Bytes(value)) => values.set(row, value),
            (Values::Interval(values), Value::Interval(value)) => values[row] = *value,
            (Values::Uuid(values), Value::Uuid(value)) => values[row] = *value,
            (Values::Tid(values), Value::Tid(value)) => values[row] = *value,
            (Values::Array(values), Value::Array(value)) => values[row] = Some(value.clone()),
            (Values::Record(values), Value::Record(value)) => values[row] = Some(value.clone()),
            _ => panic!("value {value:?} set in a column of {:?}", self.physical_type()),
        }
        self.nulls.unset(row);
    }

    pub fn push_value(&mut self, value: &Value) {
        let row = self.len();
        self.grow_by(1);
        self.set_value(row, value);
    }

    /// Copies one row from a column of the same form.
    pub fn copy_row(&mut self, from: &Column, from_row: usize, to_row: usize) {
        let from_row = from_row & from.mask;
        if from.nulls.get(from_row) {
            return self.nulls.set(to_row);
        }
        match (&mut self.values, &from.values) {
            (Values::Bool(to), Values::Bool(from)) => to[to_row] = from[from_row],
            (Values::Char(to), Values::Char(from)) => to[to_row] = from[from_row],
            (Values::Int2(to), Values::Int2(from)) => to[to_row] = from[from_row],
            (Values::Int4(to), Values::Int4(from)) => to[to_row] = from[from_row],
            (Values::Int8(to), Values::Int8(from)) => to[to_row] = from[from_row],
            (Values::Oid(to), Values::Oid(from)) => to[to_row] = from[from_row],
            (Values::Float4(to), Values::Float4(from)) => to[to_row] = from[from_row],
            (Values::Float8(to), Values::Float8(from)) => to[to_row] = from[from_row],
            (Values::Numeric(to), Values::Numeric(from)) => to[to_row] = from[from_row].clone(),
            (Values::Text(to) | Values::Bytes(to), Values::Text(from) | Values::Bytes(from)) => {
                to.copy(from, from_row, to_row);
            }
            (Values::Interval(to), Values::Interval(from)) => to[to_row] = from[from_row],
            (Values::Uuid(to), Values::Uuid(from)) => to[to_row] = from[from_row],
            (Values::Tid(to), Values::Tid(from)) => to[to_row] = from[from_row],
            (Values::Array(to), Values::Array(from)) => to[to_row] = from[from_row].clone(),
            (Values::Record(to), Values::Record(from)) => to[to_row] = from[from_row].clone(),
            _ => wrong_type(from, self.physical_type()),
        }
        self.nulls.unset(to_row);
    }

    /// Appends one row of a column of the same form.
    pub fn push_row(&mut self, from: &Column, from_row: usize) {
        let row = self.len();
        if from.is_null(from_row) {
            return self.push_null();
        }
        self.grow_by(1);
        self.copy_row(from, from_row, row);
    }

    /// Appends the given rows of a column of the same form.
    pub fn append_selected(&mut self, from: &Column, rows: Rows<'_>) {
        let start = self.len();
        let count = rows.count();
        self.grow_by(count);
        macro_rules! copy {
            ($to:ident, $from:ident) => {
                if from.mask == 0 {
                    for row in 0..count {
                        $to[start + row] = $from[0].clone();
                    }
                } else if let Some(selection) = rows.selection() {
                    for (to, &row) in $to[start..].iter_mut().zip(selection) {
                        *to = $from[row as usize].clone();
                    }
                } else {
                    $to[start..].clone_from_slice(&$from[..count]);
                }
            };
        }
        match (&mut self.values, &from.values) {
            (Values::Bool(to), Values::Bool(values)) => copy!(to, values),
            (Values::Char(to), Values::Char(values)) => copy!(to, values),
            (Values::Int2(to), Values::Int2(values)) => copy!(to, values),
            (Values::Int4(to), Values::Int4(values)) => copy!(to, values),
            (Values::Int8(to), Values::Int8(values)) => copy!(to, values),
            (Values::Oid(to), Values::Oid(values)) => copy!(to, values),
            (Values::Float4(to), Values::Float4(values)) => copy!(to, values),
            (Values::Float8(to), Values::Float8(values)) => copy!(to, values),
            (Values::Numeric(to), Values::Numeric(values)) => copy!(to, values),
            (Values::Text(to) | Values::Bytes(to), Values::Text(values) | Values::Bytes(values)) => {
                let mut to_row = start;
                rows.for_each(|row| {
                    to.copy(values, row & from.mask, to_row);
                    to_row += 1;
                });
            }
            (Values::Interval(to), Values::Interval(values)) => copy!(to, values),
            (Values::Uuid(to), Values::Uuid(values)) => copy!(to, values),
            (Values::Tid(to), Values::Tid(values)) => copy!(to, values),
            (Values::Array(to), Values::Array(values)) => copy!(to, values),
            (Values::Record(to), Values::Record(values)) => copy!(to, values),
            _ => wrong_type(from, self.physical_type()),
        }
        if from.has_nulls() {
            let mut to_row = start;
            rows.for_each(|row| {
                if from.is_null(row) {
                    self.nulls.set(to_row);
                }
                to_row += 1;
            });
        }
    }

    /// Appends rows with unspecified, non-NULL values.
    pub fn grow_by(&mut self, count: usize) {
        let length = self.len() + count;
        match &mut self.values {
            Values::Bool(values) => values.resize(length, false),
            Values::Char(values) => values.resize(length, 0),
            Values::Int2(values) => values.resize(length, 0),
            Values::Int4(values) => values.resize(length, 0),
            Values::Int8(values) => values.resize(length, 0),
            Values::Oid(values) => values.resize(length, Oid::INVALID),
            Values::Float4(values) => values.resize(length, 0.0),
            Values::Float8(values) => values.resize(length, 0.0),
            Values::Numeric(values) => values.resize(length, Numeric::default()),
            Values::Text(values) | Values::Bytes(values) => values.resize(length),
            Values::Interval(values) => values.resize(length, Interval::default()),
            Values::Uuid(values) => values.resize(length, [0; 16]),
            Values::Tid(values) => values.resize(length, TupleId::default()),
            Values::Array(values) => values.resize(length, None),
            Values::Record(values) => values.resize(length, None),
        }
    }

    /// Bytes that the column occupies.
    pub fn memory(&self) -> usize {
        fn of<T>(values: &Vec<T>) -> usize {
            values.capacity() * size_of::<T>()
        }
        let values = match &self.values {
            Values::Bool(values) => of(values),
            Values::Char(values) => of(values),
            Values::Int2(values) => of(values),
            Values::Int4(values) => of(values),
            Values::Int8(values) => of(values),
            Values::Oid(values) => of(values),
            Values::Float4(values) => of(values),
            Values::Float8(values) => of(values),
            Values::Numeric(values) => of(values) + values.iter().map(Numeric::memory).sum::<usize>(),
            Values::Text(values) | Values::Bytes(values) => values.memory(),
            Values::Interval(values) => of(values),
            Values::Uuid(values) => of(values),
            Values::Tid(values) => of(values),
            Values::Array(values) => {
                of(values) + values.iter().flatten().map(|array| array.memory()).sum::<usize>()
            }
            Values::Record(values) => {
                of(values) + values.iter().flatten().map(|record| record.memory()).sum::<usize>()
            }
        };
        values + self.nulls.memory()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::batch::Selection;

    /// Values of every length must come back, inline or not, also after overwriting.
    #[test]
    fn text_views() {
        let mut column = Column::new(PhysicalType::Text);
        let texts: Vec<String> = (0..40).map(|n| "é".repeat(n)).collect();
        column.resize(texts.len());
        for (row, text) in texts.iter().enumerate() {
            column.set_text(row, "something that is longer than the view");
            column.set_text(row, text);
        }
        for (row, text) in texts.iter().enumerate() {
            assert_eq!(column.text(row), text);
            assert_eq!(column.value(row), Value::text(text));
        }
        assert!(column.compare_bytes(3, &column, 4).is_lt());
        assert!(column.compare_bytes(13, &column, 12).is_gt());
        assert!(column.equal_bytes(13, &column.clone(), 13));
    }

    /// Nulls, selections and constants must survive copying.
    #[test]
    fn append_selected_rows() {
        let values = [Value::Int4(1), Value::Null, Value::Int4(3), Value::Int4(4)];
        let from = Column::from_values(PhysicalType::Int4, &values);
        let mut selection = Selection::default();
        selection.extend([1u16, 3]);
        let mut to = Column::new(PhysicalType::Int4);
        to.push_i32(9);
        to.append_selected(&from, Rows::selected(4, &selection));
        to.append_selected(&Column::constant(PhysicalType::Int4, &Value::Int4(7)), Rows::all(2));
        let all: Vec<Value> = (0..to.len()).map(|row| to.value(row)).collect();
        let seven = Value::Int4(7);
        assert_eq!(all, [Value::Int4(9), Value::Null, Value::Int4(4), seven.clone(), seven]);
        to.clear();
        to.push_i32(1);
        assert!(!to.is_null(0) && !to.has_nulls());
    }
}
