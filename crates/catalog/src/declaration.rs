//! How a system catalog is declared: once, as a Rust struct with its identifiers.
//!
//! From a [`catalog!`] block come the struct, its columns, the conversion to and from stored values, and its indexes.

use common::Oid;
use error::{Error, Result};
use types::Value;

/// What is known of a catalog without reading it.
#[derive(Debug)]
pub struct CatalogDeclaration {
    pub oid: Oid,
    pub name: &'static str,
    /// The type of its rows.
    pub row_type: Oid,
    /// One for all databases.
    pub is_shared: bool,
    /// Its TOAST table and that one's index; 0 for none.
    pub toast: Oid,
    pub toast_index: Oid,
    pub columns: &'static [ColumnDeclaration],
    pub indexes: &'static [IndexDeclaration],
}

#[derive(Debug)]
pub struct ColumnDeclaration {
    pub name: &'static str,
    pub data_type: Oid,
    pub is_nullable: bool,
}

/// An index of a catalog. Its place in [`CatalogDeclaration::indexes`] names it in look-ups.
#[derive(Debug)]
pub struct IndexDeclaration {
    pub oid: Oid,
    pub name: &'static str,
    pub kind: IndexKind,
    /// Column names, in key order.
    pub columns: &'static [&'static str],
    /// Its row in `pg_constraint`; 0 when there is none.
    pub constraint: Oid,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum IndexKind {
    Primary,
    Unique,
    Plain,
}

impl CatalogDeclaration {
    /// The position of a column that is known to exist.
    pub fn position(&self, column: &str) -> usize {
        match self.columns.iter().position(|declared| declared.name == column) {
            Some(position) => position,
            None => panic!("{} has no column {column}", self.name),
        }
    }
}

/// A row of a system catalog.
pub trait CatalogRow: Sized + Clone + 'static {
    const DECLARATION: &'static CatalogDeclaration;

    fn to_values(&self) -> Vec<Value>;

    /// # Errors
    /// XX001 for a null or a value of another form where the declaration has none.
    fn from_values(values: &[Value]) -> Result<Self>;
}

/// What [`catalog!`] calls for each field.
pub(crate) fn field<T: crate::field::Field>(values: &[Value], at: usize, name: &str) -> Result<T> {
    values
        .get(at)
        .and_then(T::from_value)
        .ok_or_else(|| Error::corrupted(format!("catalog column \"{name}\" has a value that cannot be")))
}

macro_rules! catalog {
    (
        $(#[$doc:meta])*
        $row:ident = $oid:literal $name:literal, row type $row_type:literal, shared $shared:literal,
            toast $toast:literal $toast_index:literal {
            $($field:ident: $type:ty,)*
        }
        indexes {
            $($index:ident = $index_oid:literal $index_name:literal $kind:ident ($($key:ident),*)
                constraint $constraint:literal;)*
        }
    ) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq)]
        pub struct $row { $(pub $field: $type,)* }

        impl $row {
            pub const OID: common::Oid = common::Oid($oid);
            catalog!(@indexes 0usize, $($index)*);
        }

        impl $crate::declaration::CatalogRow for $row {
            const DECLARATION: &'static $crate::declaration::CatalogDeclaration =
                &$crate::declaration::CatalogDeclaration {
                    oid: common::Oid($oid),
                    name: $name,
                    row_type: common::Oid($row_type),
                    is_shared: $shared,
                    toast: common::Oid($toast),
                    toast_index: common::Oid($toast_index),
                    columns: &[$($crate::declaration::ColumnDeclaration {
                        name: stringify!($field),
                        data_type: <$type as $crate::field::Field>::TYPE,
                        is_nullable: <$type as $crate::field::Field>::NULLABLE,
                    },)*],
                    indexes: &[$($crate::declaration::IndexDeclaration {
                        oid: common::Oid($index_oid),
                        name: $index_name,
                        kind: catalog!(@kind $kind),
                        columns: &[$(stringify!($key)),*],
                        constraint: common::Oid($constraint),
                    },)*],
                };

            fn to_values(&self) -> Vec<types::Value> {
                vec![$($crate::field::Field::to_value(&self.$field),)*]
            }

            fn from_values(values: &[types::Value]) -> error::Result<$row> {
                let mut at = 0..;
                let mut next = || at.next().unwrap_or(usize::MAX);
                Ok($row { $($field: $crate::declaration::field(values, next(), stringify!($field))?,)* })
            }
        }
    };
    (@indexes $at:expr, ) => {};
    (@indexes $at:expr, $index:ident $($rest:ident)*) => {
        /// The place of this index in the declaration.
        pub const $index: usize = $at;
        catalog!(@indexes $at + 1usize, $($rest)*);
    };
    (@kind primary) => { $crate::declaration::IndexKind::Primary };
    (@kind unique) => { $crate::declaration::IndexKind::Unique };
    (@kind plain) => { $crate::declaration::IndexKind::Plain };
}

pub(crate) use catalog;
