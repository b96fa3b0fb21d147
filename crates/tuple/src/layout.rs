//! What a reader must know of a table to read its rows.

use types::{PhysicalType, Value};

/// The form of one attribute.
#[derive(Clone, Debug)]
pub struct AttributeLayout {
    pub physical: PhysicalType,
    /// What rows have that were stored before the column was added.
    pub missing: Value,
    /// A dropped column is stored as null and never read.
    pub dropped: bool,
}

/// The attributes of a row, in order.
#[derive(Clone, Debug, Default)]
pub struct RowLayout {
    pub attributes: Vec<AttributeLayout>,
}

impl RowLayout {
    /// A layout without missing or dropped columns.
    pub fn of(types: impl IntoIterator<Item = PhysicalType>) -> RowLayout {
        let attribute = |physical| AttributeLayout { physical, missing: Value::Null, dropped: false };
        RowLayout { attributes: types.into_iter().map(attribute).collect() }
    }
}

/// Stored bytes of a fixed-width form; `None` for those with a length of their own.
pub(crate) fn stored_width(physical: PhysicalType) -> Option<usize> {
    Some(match physical {
        PhysicalType::Bool | PhysicalType::Char => 1,
        PhysicalType::Int2 => 2,
        PhysicalType::Int4 | PhysicalType::Oid | PhysicalType::Float4 => 4,
        PhysicalType::Int8 | PhysicalType::Float8 => 8,
        PhysicalType::Tid => 6,
        PhysicalType::Interval | PhysicalType::Uuid => 16,
        PhysicalType::Numeric
        | PhysicalType::Text
        | PhysicalType::Bytes
        | PhysicalType::Array
        | PhysicalType::Record => return None,
    })
}
