//! SQL's data types: values in memory, their order and hashes, their text and binary forms, their arithmetic.
//!
//! Knows no catalog, no table and no function registry. Entry points: [`Value`], [`Column`], [`Batch`],
//! [`oid::type_description`].
#![forbid(unsafe_code)]

pub mod array;
pub mod array_text;
pub mod batch;
pub mod bytea;
pub mod character;
pub mod column;
pub mod compare;
pub mod datetime;
pub mod float;
pub mod hash;
pub mod integer;
pub mod interval;
pub mod interval_text;
pub mod io;
pub mod nulls;
pub mod numeric;
pub mod oid;
mod physical_type;
pub mod record;
pub mod settings;
mod sort_prefix;
mod text_value;
mod value;
mod views;

pub use array::{Array, Dimension};
pub use batch::{BATCH_ROWS, Batch, Rows, Selection};
pub use column::{Column, Native};
pub use interval::Interval;
pub use numeric::Numeric;
pub use oid::{TypeDescription, type_description};
pub use physical_type::PhysicalType;
pub use record::Record;
pub use settings::FormatSettings;
pub use sort_prefix::{Prefixes, sort_prefixes};
pub use text_value::Text;
pub use value::Value;
