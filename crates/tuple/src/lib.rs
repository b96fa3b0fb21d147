//! The bytes of a row version: header, null bitmap and attribute values.
//!
//! Entry points: [`TupleHeader`], [`encode`], [`Decoder`]. Knows nothing of pages or visibility.
#![forbid(unsafe_code)]

mod attribute;
mod decode;
mod encode;
mod header;
mod layout;
mod varlena;

pub use attribute::{load_value, put_column_value, put_value};
pub use decode::{Decoder, PendingExternal, SEGMENT};
pub use encode::{RowSource, assemble, encode};
pub use header::{HEADER_SIZE, LockStrength, TupleHeader, infomask};
pub use layout::{AttributeLayout, RowLayout};
pub use varlena::{ExternalPointer, Varlena, compress, decompress, put_external, put_varlena};

#[cfg(test)]
mod tests;
