//! `sum` and `avg`.
//!
//! Integers and decimals are added in 128 bits and overflow, if ever, into big digits.

use error::Result;
use expression::{Accumulator, AggregateCall, CallContext};
use types::{Column, Interval, Native, Numeric};

use super::{Fold, Groups, Saved, save_bytes};
use crate::datetime::interval;
use crate::integer::out_of_range;

/// The sum of integers and how many there were.
#[derive(Default)]
pub struct IntegerSum {
    sum: i128,
    count: i64,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Answer {
    Int8,
    Numeric,
    Average,
}

struct Integers<T> {
    answer: Answer,
    widen: fn(T) -> i128,
}

impl<T: Native + Copy> Fold for Integers<T> {
    type State = IntegerSum;

    fn add(
        &self,
        _: &mut CallContext<'_>,
        state: &mut IntegerSum,
        arguments: &[&Column],
        row: usize,
    ) -> Result<()> {
        if !arguments[0].is_null(row) {
            state.sum += (self.widen)(arguments[0].get::<T>(row));
            state.count += 1;
            // The answer must fit although the sum in between need not.
            if self.answer == Answer::Int8 && i64::try_from(state.sum).is_err() {
                return Err(out_of_range("bigint"));
            }
        }
        Ok(())
    }

    fn finish(&self, _: &mut CallContext<'_>, state: &IntegerSum, out: &mut Column) -> Result<()> {
        if state.count == 0 {
            out.push_null();
            return Ok(());
        }
        let sum = Numeric::from_scaled_i128(state.sum, 0);
        match self.answer {
            Answer::Int8 => out.push_i64(i64::try_from(state.sum).map_err(|_| out_of_range("bigint"))?),
            Answer::Numeric => out.push_numeric(sum),
            Answer::Average => out.push_numeric(sum.divide(&Numeric::from(state.count))?),
        }
        Ok(())
    }

    fn save(&self, _: &mut CallContext<'_>, state: &IntegerSum, out: &mut Vec<u8>) -> Result<()> {
        out.extend_from_slice(&state.sum.to_le_bytes());
        out.extend_from_slice(&state.count.to_le_bytes());
        Ok(())
    }

    fn merge(&self, _: &mut CallContext<'_>, state: &mut IntegerSum, saved: &mut Saved<'_>) -> Result<()> {
        state.sum += saved.i128()?;
        state.count += saved.i64()?;
        Ok(())
    }
}

macro_rules! integers {
    ($($name:ident: $native:ty, $answer:ident;)*) => {$(
        pub fn $name(_: AggregateCall<'_>) -> Result<Box<dyn Accumulator>> {
            Groups::boxed(Integers::<$native> { answer: Answer::$answer, widen: i128::from })
        }
    )*};
}

integers! {
    sum_int2: i16, Int8;
    sum_int4: i32, Int8;
    sum_int8: i64, Numeric;
    avg_int2: i16, Average;
    avg_int4: i32, Average;
    avg_int8: i64, Average;
}

/// The sum of decimals: an integer at one scale, and what did not fit that.
#[derive(Default)]
pub struct DecimalSum {
    scaled: i128,
    scale: u32,
    rest: Option<Numeric>,
    pub count: i64,
}

impl DecimalSum {
    pub fn add(&mut self, value: &Numeric) -> Result<()> {
        self.count += 1;
        if let Some((number, scale)) = value.as_scaled() {
            let (number, scale) = (i128::from(number), u32::from(scale));
            if scale == self.scale
                && let Some(sum) = self.scaled.checked_add(number)
            {
                self.scaled = sum;
                return Ok(());
            }
            if let Some(sum) = self.add_rescaled(number, scale) {
                self.scaled = sum;
                self.scale = self.scale.max(scale);
                return Ok(());
            }
        }
        self.rest = Some(match &self.rest {
            Some(rest) => rest.add(value)?,
            None => value.clone(),
        });
        Ok(())
    }

    fn add_rescaled(&self, number: i128, scale: u32) -> Option<i128> {
        let target = self.scale.max(scale);
        let sum = self.scaled.checked_mul(10i128.checked_pow(target - self.scale)?)?;
        sum.checked_add(number.checked_mul(10i128.checked_pow(target - scale)?)?)
    }

    pub fn total(&self) -> Result<Numeric> {
        let sum = Numeric::from_scaled_i128(self.scaled, self.scale);
        match &self.rest {
            Some(rest) => rest.add(&sum),
            None => Ok(sum),
        }
    }

    pub fn save(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.scaled.to_le_bytes());
        out.extend_from_slice(&i64::from(self.scale).to_le_bytes());
        out.extend_from_slice(&self.count.to_le_bytes());
        let mut rest = Vec::new();
        if let Some(number) = &self.rest {
            number.send(&mut rest);
        }
        save_bytes(&rest, out);
    }

    pub fn merge(&mut self, saved: &mut Saved<'_>) -> Result<()> {
        let (scaled, scale, count) = (saved.i128()?, saved.i64()? as u32, saved.i64()?);
        let before = self.count;
        self.add(&Numeric::from_scaled_i128(scaled, scale))?;
        let rest = saved.block()?;
        if !rest.is_empty() {
            self.add(&Numeric::receive(rest)?)?;
        }
        self.count = before + count;
        Ok(())
    }
}

struct Decimals {
    is_average: bool,
}

impl Fold for Decimals {
    type State = DecimalSum;

    fn add(
        &self,
        _: &mut CallContext<'_>,
        state: &mut DecimalSum,
        arguments: &[&Column],
        row: usize,
    ) -> Result<()> {
        if arguments[0].is_null(row) { Ok(()) } else { state.add(arguments[0].numeric(row)) }
    }

    fn finish(&self, _: &mut CallContext<'_>, state: &DecimalSum, out: &mut Column) -> Result<()> {
        if state.count == 0 {
            out.push_null();
        } else if self.is_average {
            out.push_numeric(state.total()?.divide(&Numeric::from(state.count))?);
        } else {
            out.push_numeric(state.total()?);
        }
        Ok(())
    }

    fn save(&self, _: &mut CallContext<'_>, state: &DecimalSum, out: &mut Vec<u8>) -> Result<()> {
        state.save(out);
        Ok(())
    }

    fn merge(&self, _: &mut CallContext<'_>, state: &mut DecimalSum, saved: &mut Saved<'_>) -> Result<()> {
        state.merge(saved)
    }

    fn memory(&self, state: &DecimalSum) -> usize {
        state.rest.as_ref().map_or(0, Numeric::memory)
    }
}

pub fn sum_numeric(_: AggregateCall<'_>) -> Result<Box<dyn Accumulator>> {
    Groups::boxed(Decimals { is_average: false })
}

pub fn avg_numeric(_: AggregateCall<'_>) -> Result<Box<dyn Accumulator>> {
    Groups::boxed(Decimals { is_average: true })
}

/// The sum of floats and how many there were.
#[derive(Default)]
pub struct FloatSum {
    sum: f64,
    count: i64,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum FloatAnswer {
    /// Added with the precision of `real`.
    Float4,
    Float8,
    Average,
}

struct Floats {
    answer: FloatAnswer,
    is_float4: bool,
}

impl Floats {
    fn join(&self, a: f64, b: f64) -> Result<f64> {
        let sum = match self.answer {
            FloatAnswer::Float4 => f64::from(a as f32 + b as f32),
            _ => a + b,
        };
        if sum.is_infinite() && a.is_finite() && b.is_finite() {
            return Err(crate::float::overflow());
        }
        Ok(sum)
    }
}

impl Fold for Floats {
    type State = FloatSum;

    fn add(
        &self,
        _: &mut CallContext<'_>,
        state: &mut FloatSum,
        arguments: &[&Column],
        row: usize,
    ) -> Result<()> {
        let column = arguments[0];
        if !column.is_null(row) {
            let value = if self.is_float4 { column.get::<f32>(row).into() } else { column.get::<f64>(row) };
            state.sum = if state.count == 0 { value } else { self.join(state.sum, value)? };
            state.count += 1;
        }
        Ok(())
    }

    fn finish(&self, _: &mut CallContext<'_>, state: &FloatSum, out: &mut Column) -> Result<()> {
        match self.answer {
            _ if state.count == 0 => out.push_null(),
            FloatAnswer::Float4 => out.push_f32(state.sum as f32),
            FloatAnswer::Float8 => out.push_f64(state.sum),
            FloatAnswer::Average => out.push_f64(state.sum / state.count as f64),
        }
        Ok(())
    }

    fn save(&self, _: &mut CallContext<'_>, state: &FloatSum, out: &mut Vec<u8>) -> Result<()> {
        out.extend_from_slice(&state.sum.to_le_bytes());
        out.extend_from_slice(&state.count.to_le_bytes());
        Ok(())
    }

    fn merge(&self, _: &mut CallContext<'_>, state: &mut FloatSum, saved: &mut Saved<'_>) -> Result<()> {
        let sum = saved.f64()?;
        state.sum = self.join(state.sum, sum)?;
        state.count += saved.i64()?;
        Ok(())
    }
}

pub fn sum_float4(_: AggregateCall<'_>) -> Result<Box<dyn Accumulator>> {
    Groups::boxed(Floats { answer: FloatAnswer::Float4, is_float4: true })
}

pub fn sum_float8(_: AggregateCall<'_>) -> Result<Box<dyn Accumulator>> {
    Groups::boxed(Floats { answer: FloatAnswer::Float8, is_float4: false })
}

pub fn avg_float4(_: AggregateCall<'_>) -> Result<Box<dyn Accumulator>> {
    Groups::boxed(Floats { answer: FloatAnswer::Average, is_float4: true })
}

pub fn avg_float8(_: AggregateCall<'_>) -> Result<Box<dyn Accumulator>> {
    Groups::boxed(Floats { answer: FloatAnswer::Average, is_float4: false })
}

/// The sum of intervals and how many there were.
#[derive(Default)]
pub struct IntervalSum {
    sum: Interval,
    count: i64,
}

struct Intervals {
    is_average: bool,
}

impl Fold for Intervals {
    type State = IntervalSum;

    fn add(
        &self,
        _: &mut CallContext<'_>,
        state: &mut IntervalSum,
        arguments: &[&Column],
        row: usize,
    ) -> Result<()> {
        if !arguments[0].is_null(row) {
            state.sum = interval::add(state.sum, arguments[0].get(row))?;
            state.count += 1;
        }
        Ok(())
    }

    fn finish(&self, _: &mut CallContext<'_>, state: &IntervalSum, out: &mut Column) -> Result<()> {
        if state.count == 0 {
            out.push_null();
        } else if self.is_average {
            out.push_interval(interval::divide(state.sum, state.count as f64)?);
        } else {
            out.push_interval(state.sum);
        }
        Ok(())
    }

    fn save(&self, _: &mut CallContext<'_>, state: &IntervalSum, out: &mut Vec<u8>) -> Result<()> {
        out.extend_from_slice(&state.sum.microseconds.to_le_bytes());
        out.extend_from_slice(&i64::from(state.sum.days).to_le_bytes());
        out.extend_from_slice(&i64::from(state.sum.months).to_le_bytes());
        out.extend_from_slice(&state.count.to_le_bytes());
        Ok(())
    }

    fn merge(&self, _: &mut CallContext<'_>, state: &mut IntervalSum, saved: &mut Saved<'_>) -> Result<()> {
        let (microseconds, days, months) = (saved.i64()?, saved.i64()? as i32, saved.i64()? as i32);
        state.sum = interval::add(state.sum, Interval { microseconds, days, months })?;
        state.count += saved.i64()?;
        Ok(())
    }
}

pub fn sum_interval(_: AggregateCall<'_>) -> Result<Box<dyn Accumulator>> {
    Groups::boxed(Intervals { is_average: false })
}

pub fn avg_interval(_: AggregateCall<'_>) -> Result<Box<dyn Accumulator>> {
    Groups::boxed(Intervals { is_average: true })
}
