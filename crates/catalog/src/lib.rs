//! The system catalogs: their declarations, the caches over them, and how they are changed.
#![forbid(unsafe_code)]

mod assemble;
mod catalog;
mod changes;
mod compare;
pub mod declaration;
pub mod field;
mod invalidation;
mod relation;
mod store;
pub mod tables;
mod view;

pub use assemble::operator_class;
pub use catalog::{Catalog, PG_CATALOG, PG_TOAST, PUBLIC};
pub use changes::{KeptTable, SharedTableChanges, TableChanges, TableChangesReservation};
pub use compare::comparator;
pub use invalidation::{Invalidation, InvalidationReservation, SharedInvalidations};
pub use relation::{CheckConstraint, Index, Relation, RelationColumn, RelationKind};
pub use store::{catalog_index, catalog_storage, index_key, liveness};
pub use view::CatalogView;

#[cfg(test)]
mod tests;
