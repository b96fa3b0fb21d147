//! How values lie in memory: the handful of forms that all SQL types share.

/// The in-memory form of a value. Many SQL types map to one form; see [`crate::type_description`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum PhysicalType {
    Bool,
    /// One byte: the type `"char"`.
    Char,
    Int2,
    /// int4 and date (days from 2000-01-01).
    Int4,
    /// int8, time, timestamp and timestamptz (microseconds), xid8 and pg_lsn (as bits).
    Int8,
    /// oid, the reg* types, xid, cid, enum members.
    Oid,
    Float4,
    Float8,
    Numeric,
    /// text, varchar, bpchar, name, json, unknown, cstring.
    Text,
    Bytes,
    Interval,
    Uuid,
    Tid,
    Array,
    Record,
}

impl PhysicalType {
    /// All forms, each at the place of its number. The numbers are part of stored records: a new form goes to the end.
    pub const ALL: [PhysicalType; 16] = [
        PhysicalType::Bool,
        PhysicalType::Char,
        PhysicalType::Int2,
        PhysicalType::Int4,
        PhysicalType::Int8,
        PhysicalType::Oid,
        PhysicalType::Float4,
        PhysicalType::Float8,
        PhysicalType::Numeric,
        PhysicalType::Text,
        PhysicalType::Bytes,
        PhysicalType::Interval,
        PhysicalType::Uuid,
        PhysicalType::Tid,
        PhysicalType::Array,
        PhysicalType::Record,
    ];

    pub fn from_number(number: u8) -> Option<PhysicalType> {
        PhysicalType::ALL.get(usize::from(number)).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_places() {
        for (place, form) in PhysicalType::ALL.iter().enumerate() {
            assert_eq!(*form as usize, place);
            assert_eq!(PhysicalType::from_number(place as u8), Some(*form));
        }
        assert_eq!(PhysicalType::from_number(PhysicalType::ALL.len() as u8), None);
    }
}
