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
