//! The system catalogs: their declarations, the caches over them, and how they are changed.
#![forbid(unsafe_code)]

pub mod declaration;
pub mod field;
mod relation;
pub mod tables;
mod view;

pub use relation::{CheckConstraint, Index, Relation, RelationColumn, RelationKind};
pub use view::CatalogView;

#[cfg(test)]
mod tests;
