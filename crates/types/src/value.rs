//! One owned value: what parameters, constants and catalog rows are made of.
//!
//! The SQL type is known from the context; only arrays and records carry the types of what is in them.

use common::{Oid, TupleId};

use crate::array::Array;
use crate::interval::Interval;
use crate::numeric::Numeric;
use crate::physical_type::PhysicalType;
use crate::record::Record;
use crate::text_value::Text;

/// A value or NULL. Equality is identity of form (`NaN` differs from itself, `1.0` from `1.00`):
/// for SQL's equality see [`crate::compare`].
#[derive(Clone, Debug, PartialEq, Default)]
pub enum Value {
    #[default]
    Null,
    Bool(bool),
    Char(u8),
    Int2(i16),
    Int4(i32),
    Int8(i64),
    Oid(Oid),
    Float4(f32),
    Float8(f64),
    Numeric(Numeric),
    Text(Text),
    Bytes(Box<[u8]>),
    Interval(Interval),
    Uuid([u8; 16]),
    Tid(TupleId),
    Array(Box<Array>),
    Record(Box<Record>),
}

const _: () = assert!(size_of::<Value>() <= 24);

impl Value {
    pub fn is_null(&self) -> bool {
        matches!(self, Value::Null)
    }

    pub fn text(text: &str) -> Value {
        Value::Text(Text::new(text))
    }

    /// The form of this value; `None` for NULL.
    pub fn physical_type(&self) -> Option<PhysicalType> {
        Some(match self {
            Value::Null => return None,
            Value::Bool(_) => PhysicalType::Bool,
            Value::Char(_) => PhysicalType::Char,
            Value::Int2(_) => PhysicalType::Int2,
            Value::Int4(_) => PhysicalType::Int4,
            Value::Int8(_) => PhysicalType::Int8,
            Value::Oid(_) => PhysicalType::Oid,
            Value::Float4(_) => PhysicalType::Float4,
            Value::Float8(_) => PhysicalType::Float8,
            Value::Numeric(_) => PhysicalType::Numeric,
            Value::Text(_) => PhysicalType::Text,
            Value::Bytes(_) => PhysicalType::Bytes,
            Value::Interval(_) => PhysicalType::Interval,
            Value::Uuid(_) => PhysicalType::Uuid,
            Value::Tid(_) => PhysicalType::Tid,
            Value::Array(_) => PhysicalType::Array,
            Value::Record(_) => PhysicalType::Record,
        })
    }

    pub fn as_bool(&self) -> Option<bool> {
        if let Value::Bool(value) = self { Some(*value) } else { None }
    }

    /// The number in any of the three integer forms.
    pub fn as_i64(&self) -> Option<i64> {
        match self {
            Value::Int2(value) => Some((*value).into()),
            Value::Int4(value) => Some((*value).into()),
            Value::Int8(value) => Some(*value),
            _ => None,
        }
    }

    pub fn as_oid(&self) -> Option<Oid> {
        if let Value::Oid(value) = self { Some(*value) } else { None }
    }

    pub fn as_str(&self) -> Option<&str> {
        if let Value::Text(value) = self { Some(value) } else { None }
    }

    /// Bytes on the heap.
    pub fn memory(&self) -> usize {
        match self {
            Value::Text(text) => text.memory(),
            Value::Bytes(bytes) => bytes.len(),
            Value::Numeric(number) => number.memory(),
            Value::Array(array) => array.memory(),
            Value::Record(record) => record.memory(),
            _ => 0,
        }
    }
}

macro_rules! conversions {
    ($($from:ty => $variant:ident),*) => {$(
        impl From<$from> for Value {
            fn from(value: $from) -> Value {
                Value::$variant(value)
            }
        }
    )*};
}
conversions!(bool => Bool, i16 => Int2, i32 => Int4, i64 => Int8, Oid => Oid, f32 => Float4, f64 => Float8,
    Numeric => Numeric, Text => Text, Interval => Interval, TupleId => Tid);

impl From<&str> for Value {
    fn from(text: &str) -> Value {
        Value::text(text)
    }
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Value {
        value.map_or(Value::Null, Into::into)
    }
}
