//! `bool_and`, `bool_or`, `every`, and the bitwise ones.

use error::Result;
use expression::{Accumulator, AggregateCall, CallContext};
use types::{Column, Native};

use super::{Fold, Groups, Saved};

/// Joins values with an operation of two; NULLs do not count.
struct Join<T> {
    operation: fn(T, T) -> T,
    encode: fn(T) -> i64,
    decode: fn(i64) -> T,
}

impl<T: Native + Copy> Fold for Join<T> {
    type State = Option<T>;

    fn add(
        &self,
        _: &mut CallContext<'_>,
        state: &mut Option<T>,
        arguments: &[&Column],
        row: usize,
    ) -> Result<()> {
        if !arguments[0].is_null(row) {
            let value = arguments[0].get::<T>(row);
            *state = Some(state.map_or(value, |so_far| (self.operation)(so_far, value)));
        }
        Ok(())
    }

    fn finish(&self, _: &mut CallContext<'_>, state: &Option<T>, out: &mut Column) -> Result<()> {
        match state {
            Some(value) => out.push(*value),
            None => out.push_null(),
        }
        Ok(())
    }

    fn save(&self, _: &mut CallContext<'_>, state: &Option<T>, out: &mut Vec<u8>) -> Result<()> {
        if let Some(value) = state {
            out.extend_from_slice(&(self.encode)(*value).to_le_bytes());
        }
        Ok(())
    }

    fn merge(&self, _: &mut CallContext<'_>, state: &mut Option<T>, saved: &mut Saved<'_>) -> Result<()> {
        if !saved.is_empty() {
            let value = (self.decode)(saved.i64()?);
            *state = Some(state.map_or(value, |so_far| (self.operation)(so_far, value)));
        }
        Ok(())
    }
}

macro_rules! joins {
    ($($name:ident: $native:ty, |$a:ident, $b:ident| $operation:expr, $decode:expr;)*) => {$(
        #[doc = concat!("`", stringify!($name), "`.")]
        pub fn $name(_: AggregateCall<'_>) -> Result<Box<dyn Accumulator>> {
            Groups::boxed(Join::<$native> {
                operation: |$a, $b| $operation,
                encode: |value| value as i64,
                decode: $decode,
            })
        }
    )*};
}

joins! {
    bool_and: bool, |a, b| a && b, |value| value != 0;
    bool_or: bool, |a, b| a || b, |value| value != 0;
    bit_and_int2: i16, |a, b| a & b, |value| value as i16;
    bit_or_int2: i16, |a, b| a | b, |value| value as i16;
    bit_xor_int2: i16, |a, b| a ^ b, |value| value as i16;
    bit_and_int4: i32, |a, b| a & b, |value| value as i32;
    bit_or_int4: i32, |a, b| a | b, |value| value as i32;
    bit_xor_int4: i32, |a, b| a ^ b, |value| value as i32;
    bit_and_int8: i64, |a, b| a & b, |value| value;
    bit_or_int8: i64, |a, b| a | b, |value| value;
    bit_xor_int8: i64, |a, b| a ^ b, |value| value;
}
