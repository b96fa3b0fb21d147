//! What table and index access methods share: how a relation is named, and what becomes of an attempt to change a row.
#![forbid(unsafe_code)]

mod index;
mod outcome;
mod relation;

pub use index::{Comparator, IndexColumn, IndexDescription, ScanKey, ScanStrategy};
pub use outcome::{Conflict, LockWait, RowOutcome};
pub use relation::{Access, StoredRelation};
