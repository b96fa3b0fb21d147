//! What an index method is told of an index: it never looks into the catalog itself.

use std::cmp::Ordering;
use std::rc::Rc;

use types::{PhysicalType, Value};

use crate::relation::StoredRelation;

/// Orders two values that are not null.
pub type Comparator = fn(&Value, &Value) -> Ordering;

/// A key or included column of an index.
#[derive(Clone, Debug)]
pub struct IndexColumn {
    pub physical: PhysicalType,
    pub compare: Comparator,
    pub descending: bool,
    pub nulls_first: bool,
}

/// An index with its comparators resolved.
#[derive(Clone, Debug)]
pub struct IndexDescription {
    pub relation: StoredRelation,
    pub name: Rc<str>,
    /// Key columns first.
    pub columns: Vec<IndexColumn>,
    pub key_count: usize,
    pub is_unique: bool,
    /// Nulls equal each other in the unique check.
    pub nulls_not_distinct: bool,
}

/// How a scan key limits a column, with PostgreSQL's B-tree strategy numbers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ScanStrategy {
    Less,
    LessEqual,
    Equal,
    GreaterEqual,
    Greater,
    IsNull,
    IsNotNull,
}

/// `column STRATEGY value`.
#[derive(Clone, Debug)]
pub struct ScanKey {
    /// Position among the key columns.
    pub column: usize,
    pub strategy: ScanStrategy,
    /// Null for the null tests.
    pub value: Value,
    /// Orders an index value (left) against `value`, which may be of another type of the same family.
    pub compare: Comparator,
}
