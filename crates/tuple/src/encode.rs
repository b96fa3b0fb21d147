//! From values to the bytes of a row version.

use types::{Column, Value};

use crate::attribute::{put_column_value, put_value};
use crate::header::{HEADER_SIZE, TupleHeader, infomask};
use crate::layout::stored_width;

/// A row's values, wherever they are.
pub trait RowSource {
    fn attribute_count(&self) -> usize;
    fn is_null(&self, attribute: usize) -> bool;
    /// Appends the stored form of a value that is not null.
    fn put(&self, attribute: usize, out: &mut Vec<u8>);
    /// Whether the attribute's form has a length of its own.
    fn has_length(&self, attribute: usize) -> bool;
}

impl RowSource for [Value] {
    fn attribute_count(&self) -> usize {
        self.len()
    }

    fn is_null(&self, attribute: usize) -> bool {
        self[attribute].is_null()
    }

    fn put(&self, attribute: usize, out: &mut Vec<u8>) {
        put_value(out, &self[attribute]);
    }

    fn has_length(&self, attribute: usize) -> bool {
        self[attribute].physical_type().is_some_and(|physical| stored_width(physical).is_none())
    }
}

/// One row of columns: `(columns, row)`.
impl RowSource for (&[Column], usize) {
    fn attribute_count(&self) -> usize {
        self.0.len()
    }

    fn is_null(&self, attribute: usize) -> bool {
        self.0[attribute].is_null(self.1)
    }

    fn put(&self, attribute: usize, out: &mut Vec<u8>) {
        put_column_value(out, &self.0[attribute], self.1);
    }

    fn has_length(&self, attribute: usize) -> bool {
        stored_width(self.0[attribute].physical_type()).is_none()
    }
}

/// Replaces `out` by the row version's bytes. The header has the attribute count and HAS_NULLS; the rest is zero.
pub fn encode(source: &(impl RowSource + ?Sized), out: &mut Vec<u8>) {
    start(source.attribute_count(), |attribute| source.is_null(attribute), out);
    for attribute in 0..source.attribute_count() {
        if !source.is_null(attribute) {
            source.put(attribute, out);
        }
    }
}

/// Replaces `out` by a row version made of stored attribute values; `None` is null.
pub fn assemble(attributes: &[Option<Vec<u8>>], has_external: bool, out: &mut Vec<u8>) {
    start(attributes.len(), |attribute| attributes[attribute].is_none(), out);
    attributes.iter().flatten().for_each(|value| out.extend_from_slice(value));
    if has_external {
        TupleHeader::new(&mut out[..]).change_infomask(0, infomask::HAS_EXTERNAL);
    }
}

fn start(count: usize, is_null: impl Fn(usize) -> bool, out: &mut Vec<u8>) {
    out.clear();
    out.resize(HEADER_SIZE, 0);
    let has_nulls = (0..count).any(&is_null);
    let mut header = TupleHeader::new(&mut out[..]);
    header.set_attribute_count(count);
    if has_nulls {
        header.change_infomask(0, infomask::HAS_NULLS);
        out.resize(HEADER_SIZE + count.div_ceil(8), 0);
        for attribute in (0..count).filter(|attribute| is_null(*attribute)) {
            out[HEADER_SIZE + attribute / 8] |= 1 << (attribute % 8);
        }
    }
}
