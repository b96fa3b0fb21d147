//! SQL types as Rust types: what the [`builtins!`](crate::builtins) macro reads arguments and writes results by.
//!
//! The markers carry the SQL names, so that a declaration reads like the function's SQL signature.
#![allow(non_camel_case_types)]

use std::borrow::Cow;

use common::{Oid, TupleId};
use types::{Array, Column, Interval, Native, Numeric, Record, Text, Value, oid};

/// A SQL type that functions take and return.
pub trait SqlType {
    const OID: Oid;
    type Reader<'a>: Read;

    fn reader(column: &Column) -> Self::Reader<'_>;
}

/// Access to a column's rows; made once for a batch.
pub trait Read: Copy {
    type Argument;

    fn get(self, row: usize) -> Self::Argument;
}

/// A Rust value that can be the result of a function of SQL type `T`.
pub trait Output<T> {
    fn write(self, out: &mut Column, row: usize);
}

impl<T, V: Output<T>> Output<T> for Option<V> {
    #[inline]
    fn write(self, out: &mut Column, row: usize) {
        match self {
            Some(value) => value.write(out, row),
            None => out.set_null(row),
        }
    }
}

/// Values that are copied: a slice and the mask of its column.
#[derive(Clone, Copy)]
pub struct Slice<'a, T>(&'a [T], usize);

impl<T: Copy> Read for Slice<'_, T> {
    type Argument = T;

    #[inline]
    fn get(self, row: usize) -> T {
        self.0[row & self.1]
    }
}

macro_rules! readers {
    ($($(#[$doc:meta])* $name:ident -> $argument:ty, |$column:ident, $row:ident| $get:expr;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy)]
        pub struct $name<'a>(&'a Column);

        impl<'a> Read for $name<'a> {
            type Argument = $argument;

            #[inline]
            fn get(self, $row: usize) -> $argument {
                let $column: &'a Column = self.0;
                $get
            }
        }
    )*};
}

readers! {
    NumericReader -> &'a Numeric, |column, row| column.numeric(row);
    TextReader -> &'a str, |column, row| column.text(row);
    BytesReader -> &'a [u8], |column, row| column.bytes(row);
    ArrayReader -> &'a Array, |column, row| column.array(row);
    RecordReader -> &'a Record, |column, row| column.record(row);
    AnyReader -> AnyValue<'a>, |column, row| AnyValue { column, row };
}

/// Reads nothing, for types without values.
#[derive(Clone, Copy)]
pub struct NoReader;

impl Read for NoReader {
    type Argument = ();

    fn get(self, _: usize) {}
}

macro_rules! native {
    ($($marker:ident = $oid:ident, $native:ty;)*) => {$(
        pub enum $marker {}

        impl SqlType for $marker {
            const OID: Oid = oid::$oid;
            type Reader<'a> = Slice<'a, $native>;

            #[inline]
            fn reader(column: &Column) -> Slice<'_, $native> {
                Slice(<$native as Native>::slice(column), column.mask())
            }
        }

        impl Output<$marker> for $native {
            #[inline]
            fn write(self, out: &mut Column, row: usize) {
                out.set(row, self);
            }
        }
    )*};
}

native! {
    bool_ = BOOL, bool;
    char_ = CHAR, u8;
    int2 = INT2, i16;
    int4 = INT4, i32;
    int8 = INT8, i64;
    oid_ = OID, Oid;
    xid = XID, Oid;
    cid = CID, Oid;
    xid8 = XID8, i64;
    pg_lsn = PG_LSN, i64;
    regclass = REGCLASS, Oid;
    regproc = REGPROC, Oid;
    regtype = REGTYPE, Oid;
    regprocedure = REGPROCEDURE, Oid;
    regoper = REGOPER, Oid;
    regoperator = REGOPERATOR, Oid;
    regcollation = REGCOLLATION, Oid;
    regrole = REGROLE, Oid;
    regnamespace = REGNAMESPACE, Oid;
    float4 = FLOAT4, f32;
    float8 = FLOAT8, f64;
    date = DATE, i32;
    time = TIME, i64;
    timestamp = TIMESTAMP, i64;
    timestamptz = TIMESTAMPTZ, i64;
    interval = INTERVAL, Interval;
    uuid = UUID, [u8; 16];
    tid = TID, TupleId;
}

pub enum numeric {}

impl SqlType for numeric {
    const OID: Oid = oid::NUMERIC;
    type Reader<'a> = NumericReader<'a>;

    #[inline]
    fn reader(column: &Column) -> NumericReader<'_> {
        NumericReader(column)
    }
}

impl Output<numeric> for Numeric {
    #[inline]
    fn write(self, out: &mut Column, row: usize) {
        out.set(row, self);
    }
}

macro_rules! texts {
    ($($marker:ident = $oid:ident;)*) => {$(
        pub enum $marker {}

        impl SqlType for $marker {
            const OID: Oid = oid::$oid;
            type Reader<'a> = TextReader<'a>;

            fn reader(column: &Column) -> TextReader<'_> {
        TextReader(column)
    }
        }

        texts!(output $marker: &str, String, Cow<'_, str>, Text);
    )*};
    (output $marker:ident: $($rust:ty),*) => {$(
        impl Output<$marker> for $rust {
            #[inline]
            fn write(self, out: &mut Column, row: usize) {
                out.set_text(row, &self);
            }
        }
    )*};
}

texts! {
    text = TEXT;
    varchar = VARCHAR;
    bpchar = BPCHAR;
    name = NAME;
    json = JSON;
    cstring = CSTRING;
    unknown = UNKNOWN;
    aclitem = ACLITEM;
    pg_node_tree = PG_NODE_TREE;
}

pub enum bytea {}

impl SqlType for bytea {
    const OID: Oid = oid::BYTEA;
    type Reader<'a> = BytesReader<'a>;

    fn reader(column: &Column) -> BytesReader<'_> {
        BytesReader(column)
    }
}

impl Output<bytea> for &[u8] {
    fn write(self, out: &mut Column, row: usize) {
        out.set_bytes(row, self);
    }
}

impl Output<bytea> for Vec<u8> {
    fn write(self, out: &mut Column, row: usize) {
        out.set_bytes(row, &self);
    }
}

macro_rules! arrays {
    ($($marker:ident = $oid:ident;)*) => {$(
        pub enum $marker {}

        impl SqlType for $marker {
            const OID: Oid = oid::$oid;
            type Reader<'a> = ArrayReader<'a>;

            fn reader(column: &Column) -> ArrayReader<'_> {
        ArrayReader(column)
    }
        }

        impl Output<$marker> for Array {
            fn write(self, out: &mut Column, row: usize) {
                out.set_array(row, self);
            }
        }

        impl Output<$marker> for &Array {
            fn write(self, out: &mut Column, row: usize) {
                out.set_array(row, self.clone());
            }
        }
    )*};
}

arrays! {
    anyarray = ANYARRAY;
    anycompatiblearray = ANYCOMPATIBLEARRAY;
    text_array = TEXT_ARRAY;
    name_array = NAME_ARRAY;
    cstring_array = CSTRING_ARRAY;
    int2vector = INT2VECTOR;
    oidvector = OIDVECTOR;
    int4_array = INT4_ARRAY;
    int8_array = INT8_ARRAY;
    float8_array = FLOAT8_ARRAY;
    aclitem_array = ACLITEM_ARRAY;
}

pub enum record {}

impl SqlType for record {
    const OID: Oid = oid::RECORD;
    type Reader<'a> = RecordReader<'a>;

    fn reader(column: &Column) -> RecordReader<'_> {
        RecordReader(column)
    }
}

/// One row of a column of any type: what polymorphic arguments are.
#[derive(Clone, Copy)]
pub struct AnyValue<'a> {
    pub column: &'a Column,
    pub row: usize,
}

impl AnyValue<'_> {
    pub fn value(&self) -> Value {
        self.column.value(self.row)
    }
}

macro_rules! polymorphic {
    ($($marker:ident = $oid:ident;)*) => {$(
        pub enum $marker {}

        impl SqlType for $marker {
            const OID: Oid = oid::$oid;
            type Reader<'a> = AnyReader<'a>;

            fn reader(column: &Column) -> AnyReader<'_> {
                AnyReader(column)
            }
        }

        impl Output<$marker> for Value {
            fn write(self, out: &mut Column, row: usize) {
                out.set_value(row, &self);
            }
        }

        impl Output<$marker> for AnyValue<'_> {
            fn write(self, out: &mut Column, row: usize) {
                out.copy_row(self.column, self.row, row);
            }
        }
    )*};
}

polymorphic! {
    any = ANY;
    anyelement = ANYELEMENT;
    anynonarray = ANYNONARRAY;
    anyenum = ANYENUM;
    anycompatible = ANYCOMPATIBLE;
    anycompatiblenonarray = ANYCOMPATIBLENONARRAY;
}

/// Functions that return nothing.
pub enum void {}

impl SqlType for void {
    const OID: Oid = oid::VOID;
    type Reader<'a> = NoReader;

    fn reader(_: &Column) -> NoReader {
        NoReader
    }
}

impl Output<void> for () {
    fn write(self, out: &mut Column, row: usize) {
        out.set_i32(row, 0);
    }
}

/// The type `internal`: only so that signatures can be declared.
pub enum internal {}

impl SqlType for internal {
    const OID: Oid = oid::INTERNAL;
    type Reader<'a> = NoReader;

    fn reader(_: &Column) -> NoReader {
        NoReader
    }
}
