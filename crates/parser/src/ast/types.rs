//! Type names as written.

use super::{Expression, Location};

/// A type name with its modifiers and array bounds.
///
/// Types with a grammar of their own come as their catalog name: `int` is `pg_catalog.int4`, `double precision`
/// is `pg_catalog.float8`, `char` is `pg_catalog.bpchar` with modifier 1, `char(n)` with modifier n.
#[derive(Debug, Clone, PartialEq)]
pub struct TypeName {
    pub name: Vec<String>,
    pub is_setof: bool,
    /// `name` is a column reference followed by `%TYPE`.
    pub is_column_type: bool,
    /// The modifiers in parentheses. For `interval` the first is the mask of [`interval_field`], the second the precision.
    pub modifiers: Vec<Expression>,
    /// One entry for each array dimension, with its bound where one is written.
    pub array_bounds: Vec<Option<i32>>,
    pub location: Location,
}

/// The bits of an interval's field mask.
pub mod interval_field {
    pub const YEAR: i32 = 1 << 2;
    pub const MONTH: i32 = 1 << 1;
    pub const DAY: i32 = 1 << 3;
    pub const HOUR: i32 = 1 << 10;
    pub const MINUTE: i32 = 1 << 11;
    pub const SECOND: i32 = 1 << 12;
    /// No restriction, when only a precision was given.
    pub const FULL_RANGE: i32 = 0x7FFF;
}
