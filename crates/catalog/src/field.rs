//! The Rust types of catalog columns and the SQL types that they stand for.

use std::fmt;
use std::ops::Deref;

use common::{Lsn, Oid};
use types::array::Array;
use types::{Column, PhysicalType, Value, oid};

/// A type that a catalog column can have.
pub trait Field: Sized {
    const TYPE: Oid;
    const NULLABLE: bool = false;

    fn to_value(&self) -> Value;
    /// `None` for a value of another form.
    fn from_value(value: &Value) -> Option<Self>;
}

macro_rules! plain_fields {
    ($($type:ty = $oid:ident, $variant:ident;)*) => {$(
        impl Field for $type {
            const TYPE: Oid = oid::$oid;

            fn to_value(&self) -> Value {
                Value::$variant(self.clone().into())
            }

            fn from_value(value: &Value) -> Option<Self> {
                if let Value::$variant(value) = value { Some(value.clone().into()) } else { None }
            }
        }
    )*};
}

plain_fields! {
    Oid = OID, Oid;
    RegProc = REGPROC, Oid;
    Xid = XID, Oid;
    u8 = CHAR, Char;
    bool = BOOL, Bool;
    i16 = INT2, Int2;
    i32 = INT4, Int4;
    i64 = INT8, Int8;
    f32 = FLOAT4, Float4;
    TimestampTz = TIMESTAMPTZ, Int8;
    Bytes = BYTEA, Bytes;
}

/// A reference to a function: `regproc`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct RegProc(pub Oid);

/// A transaction number as clients see it: its low 32 bits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Xid(pub u32);

/// Microseconds since 2000-01-01 UTC.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct TimestampTz(pub i64);

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Bytes(pub Box<[u8]>);

impl From<Bytes> for Box<[u8]> {
    fn from(bytes: Bytes) -> Box<[u8]> {
        bytes.0
    }
}

impl From<Box<[u8]>> for Bytes {
    fn from(bytes: Box<[u8]>) -> Bytes {
        Bytes(bytes)
    }
}

impl From<RegProc> for Oid {
    fn from(function: RegProc) -> Oid {
        function.0
    }
}

impl From<Oid> for RegProc {
    fn from(oid: Oid) -> RegProc {
        RegProc(oid)
    }
}

impl From<Xid> for Oid {
    fn from(xid: Xid) -> Oid {
        Oid(xid.0)
    }
}

impl From<Oid> for Xid {
    fn from(oid: Oid) -> Xid {
        Xid(oid.0)
    }
}

impl From<TimestampTz> for i64 {
    fn from(timestamp: TimestampTz) -> i64 {
        timestamp.0
    }
}

impl From<i64> for TimestampTz {
    fn from(microseconds: i64) -> TimestampTz {
        TimestampTz(microseconds)
    }
}

macro_rules! text_fields {
    ($($(#[$doc:meta])* $type:ident = $oid:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
        pub struct $type(pub String);

        impl Field for $type {
            const TYPE: Oid = oid::$oid;

            fn to_value(&self) -> Value {
                Value::text(&self.0)
            }

            fn from_value(value: &Value) -> Option<Self> {
                value.as_str().map(|text| $type(text.into()))
            }
        }

        impl Deref for $type {
            type Target = str;
            fn deref(&self) -> &str {
                &self.0
            }
        }

        impl From<&str> for $type {
            fn from(text: &str) -> Self {
                $type(text.into())
            }
        }

        impl From<String> for $type {
            fn from(text: String) -> Self {
                $type(text)
            }
        }

        impl fmt::Debug for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&self.0, f)
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    )*};
}

text_fields! {
    /// An identifier of at most 63 bytes: `name`.
    Name = NAME;
    /// A stored expression or query: `pg_node_tree`.
    NodeTree = PG_NODE_TREE;
}

impl Field for String {
    const TYPE: Oid = oid::TEXT;

    fn to_value(&self) -> Value {
        Value::text(self)
    }

    fn from_value(value: &Value) -> Option<Self> {
        value.as_str().map(str::to_string)
    }
}

impl Field for Lsn {
    const TYPE: Oid = oid::PG_LSN;

    fn to_value(&self) -> Value {
        Value::Int8(self.0 as i64)
    }

    fn from_value(value: &Value) -> Option<Self> {
        value.as_i64().map(|bits| Lsn(bits as u64))
    }
}

impl<T: Field> Field for Option<T> {
    const TYPE: Oid = T::TYPE;
    const NULLABLE: bool = true;

    fn to_value(&self) -> Value {
        self.as_ref().map_or(Value::Null, T::to_value)
    }

    fn from_value(value: &Value) -> Option<Self> {
        if value.is_null() { Some(None) } else { T::from_value(value).map(Some) }
    }
}

/// Any array, whatever its elements: the most common values and bounds of `pg_statistic`.
#[derive(Clone, PartialEq, Debug)]
pub struct AnyArray(pub Box<Array>);

impl Field for AnyArray {
    const TYPE: Oid = oid::ANYARRAY;

    fn to_value(&self) -> Value {
        Value::Array(self.0.clone())
    }

    fn from_value(value: &Value) -> Option<Self> {
        if let Value::Array(array) = value { Some(AnyArray(array.clone())) } else { None }
    }
}

macro_rules! array_fields {
    ($($(#[$doc:meta])* $type:ty = $oid:ident, $element:ident, $lower_bound:literal,
        |$list:ident| $elements:expr, |$made:ident| $make:expr;)*) => {$(
        impl Field for $type {
            const TYPE: Oid = oid::$oid;

            fn to_value(&self) -> Value {
                let $list = self;
                make_array(oid::$element, $lower_bound, $elements)
            }

            fn from_value(value: &Value) -> Option<Self> {
                let $made = array_items(value)?;
                $make
            }
        }
    )*};
}

fn make_array(element: Oid, lower_bound: i32, values: Vec<Value>) -> Value {
    let physical = oid::type_description(element).map_or(PhysicalType::Text, |found| found.physical);
    let elements = Column::from_values(physical, &values);
    Value::Array(Box::new(Array::with_lower_bound(element, elements, lower_bound)))
}

fn array_items(value: &Value) -> Option<Vec<Value>> {
    if let Value::Array(array) = value { Some(array.values().collect()) } else { None }
}

/// All items as `T`s, or nothing when one is not.
fn collect<T: Field>(items: Vec<Value>) -> Option<Vec<T>> {
    items.iter().map(T::from_value).collect()
}

/// `oid[]`.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct OidArray(pub Vec<Oid>);

/// `aclitem[]`, in text form.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct AclItems(pub Vec<String>);

/// `int2[]`.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Int2Array(pub Vec<i16>);

/// `float4[]`.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Float4Array(pub Vec<f32>);

/// `"char"[]`.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct CharArray(pub Vec<u8>);

array_fields! {
    Vec<i16> = INT2VECTOR, INT2, 0, |list| list.iter().map(Field::to_value).collect(), |items| collect(items);
    Vec<Oid> = OIDVECTOR, OID, 0, |list| list.iter().map(Field::to_value).collect(), |items| collect(items);
    Vec<String> = TEXT_ARRAY, TEXT, 1, |list| list.iter().map(Field::to_value).collect(), |items| collect(items);
    OidArray = OID_ARRAY, OID, 1, |list| list.0.iter().map(Field::to_value).collect(), |items| collect(items).map(OidArray);
    Int2Array = INT2_ARRAY, INT2, 1, |list| list.0.iter().map(Field::to_value).collect(), |items| collect(items).map(Int2Array);
    Float4Array = FLOAT4_ARRAY, FLOAT4, 1, |list| list.0.iter().map(Field::to_value).collect(), |items| collect(items).map(Float4Array);
    CharArray = CHAR_ARRAY, CHAR, 1, |list| list.0.iter().map(Field::to_value).collect(), |items| collect(items).map(CharArray);
    AclItems = ACLITEM_ARRAY, ACLITEM, 1, |list| list.0.iter().map(Field::to_value).collect(), |items| collect(items).map(AclItems);
}
