//! Markers for text-like types whose functions look at bytes: they are handed the row and not a checked `&str`.
#![allow(non_camel_case_types)]

use common::Oid;
use expression::sql::{Read, SqlType};
use types::{Column, oid};

/// One row of a text or bytea column.
#[derive(Clone, Copy)]
pub struct Row<'a> {
    pub column: &'a Column,
    pub row: usize,
}

impl<'a> Row<'a> {
    #[inline]
    pub fn bytes(self) -> &'a [u8] {
        self.column.bytes(self.row)
    }

    #[inline]
    pub fn compare(self, other: Row<'_>) -> std::cmp::Ordering {
        self.column.compare_bytes(self.row, other.column, other.row)
    }

    #[inline]
    pub fn equals(self, other: Row<'_>) -> bool {
        self.column.equal_bytes(self.row, other.column, other.row)
    }
}

#[derive(Clone, Copy)]
pub struct RowReader<'a>(&'a Column);

impl<'a> Read for RowReader<'a> {
    type Argument = Row<'a>;

    #[inline]
    fn get(self, row: usize) -> Row<'a> {
        Row { column: self.0, row }
    }
}

macro_rules! rows {
    ($($marker:ident = $oid:ident;)*) => {$(
        pub enum $marker {}

        impl SqlType for $marker {
            const OID: Oid = oid::$oid;
            type Reader<'a> = RowReader<'a>;

            fn reader(column: &Column) -> RowReader<'_> {
                RowReader(column)
            }
        }
    )*};
}

rows! {
    text_row = TEXT;
    bpchar_row = BPCHAR;
    name_row = NAME;
    bytea_row = BYTEA;
}
