//! Variance, standard deviation, correlation and linear regression.
//!
//! Floats go through running means of squares, which do not lose what a difference of two big sums loses; integers and
//! decimals are summed exactly.

use error::Result;
use expression::{Accumulator, AggregateCall, CallContext};
use types::{Column, Native, Numeric};

use super::sum::DecimalSum;
use super::{Fold, Groups, Saved};
use crate::float::overflow;

/// What is asked of the sums of one variable.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Spread {
    /// Divides by one less than the count.
    of_sample: bool,
    is_root: bool,
}

const VAR_POP: Spread = Spread { of_sample: false, is_root: false };
const VAR_SAMP: Spread = Spread { of_sample: true, is_root: false };
const STDDEV_POP: Spread = Spread { of_sample: false, is_root: true };
const STDDEV_SAMP: Spread = Spread { of_sample: true, is_root: true };

/// Count, sums, and sums of squared distances from the mean, of pairs (x, y). One variable uses x only.
#[derive(Clone, Copy, Default)]
pub struct Moments {
    count: f64,
    sum_x: f64,
    squares_x: f64,
    sum_y: f64,
    squares_y: f64,
    products: f64,
}

impl Moments {
    fn add(&mut self, x: f64, y: f64) -> Result<()> {
        let before = self.count;
        let was_finite = self.sum_x.is_finite() && self.sum_y.is_finite() && x.is_finite() && y.is_finite();
        self.count += 1.0;
        self.sum_x += x;
        self.sum_y += y;
        if before > 0.0 {
            let (dx, dy) = (x * self.count - self.sum_x, y * self.count - self.sum_y);
            let scale = 1.0 / (self.count * before);
            self.squares_x += dx * dx * scale;
            self.squares_y += dy * dy * scale;
            self.products += dx * dy * scale;
            let sums = [self.sum_x, self.sum_y, self.squares_x, self.squares_y, self.products];
            if was_finite && sums.iter().any(|sum| sum.is_infinite()) {
                return Err(overflow());
            }
        } else {
            // The first infinity or NaN must show in all results.
            if !x.is_finite() {
                (self.squares_x, self.products) = (f64::NAN, f64::NAN);
            }
            if !y.is_finite() {
                (self.squares_y, self.products) = (f64::NAN, f64::NAN);
            }
        }
        Ok(())
    }

    fn join(&mut self, other: Moments) {
        if self.count == 0.0 || other.count == 0.0 {
            if self.count == 0.0 {
                *self = other;
            }
            return;
        }
        let (n, m) = (self.count, other.count);
        let (dx, dy) = (self.sum_x / n - other.sum_x / m, self.sum_y / n - other.sum_y / m);
        let weight = n * m / (n + m);
        self.squares_x += other.squares_x + dx * dx * weight;
        self.squares_y += other.squares_y + dy * dy * weight;
        self.products += other.products + dx * dy * weight;
        self.count += other.count;
        self.sum_x += other.sum_x;
        self.sum_y += other.sum_y;
    }

    fn spread(&self, asked: Spread) -> Option<f64> {
        let divisor = if asked.of_sample { self.count - 1.0 } else { self.count };
        if divisor <= 0.0 {
            return None;
        }
        let variance = self.squares_x / divisor;
        Some(if asked.is_root { variance.sqrt() } else { variance })
    }

    fn fields(&mut self) -> [&mut f64; 6] {
        [
            &mut self.count,
            &mut self.sum_x,
            &mut self.squares_x,
            &mut self.sum_y,
            &mut self.squares_y,
            &mut self.products,
        ]
    }
}

/// One or two float arguments to an answer.
struct Floats {
    read: fn(&[&Column], usize) -> Option<(f64, f64)>,
    answer: fn(&Moments) -> Option<f64>,
    /// `regr_count` gives an integer.
    is_count: bool,
}

impl Fold for Floats {
    type State = Moments;

    fn add(
        &self,
        _: &mut CallContext<'_>,
        state: &mut Moments,
        arguments: &[&Column],
        row: usize,
    ) -> Result<()> {
        match (self.read)(arguments, row) {
            Some((x, y)) => state.add(x, y),
            None => Ok(()),
        }
    }

    fn finish(&self, _: &mut CallContext<'_>, state: &Moments, out: &mut Column) -> Result<()> {
        match (self.answer)(state) {
            Some(count) if self.is_count => out.push_i64(count as i64),
            Some(answer) => out.push_f64(answer),
            None => out.push_null(),
        }
        Ok(())
    }

    fn save(&self, _: &mut CallContext<'_>, state: &Moments, out: &mut Vec<u8>) -> Result<()> {
        let mut copy = *state;
        copy.fields().into_iter().for_each(|field| out.extend_from_slice(&field.to_le_bytes()));
        Ok(())
    }

    fn merge(&self, _: &mut CallContext<'_>, state: &mut Moments, saved: &mut Saved<'_>) -> Result<()> {
        let mut other = Moments::default();
        for field in other.fields() {
            *field = saved.f64()?;
        }
        state.join(other);
        Ok(())
    }
}

fn one_float4(arguments: &[&Column], row: usize) -> Option<(f64, f64)> {
    (!arguments[0].is_null(row)).then(|| (arguments[0].get::<f32>(row).into(), 0.0))
}

fn one_float8(arguments: &[&Column], row: usize) -> Option<(f64, f64)> {
    (!arguments[0].is_null(row)).then(|| (arguments[0].get::<f64>(row), 0.0))
}

/// SQL names the dependent variable first.
fn pair(arguments: &[&Column], row: usize) -> Option<(f64, f64)> {
    let is_known = !arguments[0].is_null(row) && !arguments[1].is_null(row);
    is_known.then(|| (arguments[1].get::<f64>(row), arguments[0].get::<f64>(row)))
}

/// The exact sums of values and of their squares.
#[derive(Default)]
pub struct Sums {
    sum: DecimalSum,
    squares: DecimalSum,
}

struct Exact {
    spread: Spread,
    read: fn(&Column, usize) -> Numeric,
}

impl Fold for Exact {
    type State = Sums;

    fn add(
        &self,
        _: &mut CallContext<'_>,
        state: &mut Sums,
        arguments: &[&Column],
        row: usize,
    ) -> Result<()> {
        if !arguments[0].is_null(row) {
            let value = (self.read)(arguments[0], row);
            state.squares.add(&value.multiply(&value)?)?;
            state.sum.add(&value)?;
        }
        Ok(())
    }

    fn finish(&self, _: &mut CallContext<'_>, state: &Sums, out: &mut Column) -> Result<()> {
        match spread(state, self.spread)? {
            Some(answer) => out.push_numeric(answer),
            None => out.push_null(),
        }
        Ok(())
    }

    fn save(&self, _: &mut CallContext<'_>, state: &Sums, out: &mut Vec<u8>) -> Result<()> {
        state.sum.save(out);
        state.squares.save(out);
        Ok(())
    }

    fn merge(&self, _: &mut CallContext<'_>, state: &mut Sums, saved: &mut Saved<'_>) -> Result<()> {
        state.sum.merge(saved)?;
        state.squares.merge(saved)
    }
}

fn spread(state: &Sums, asked: Spread) -> Result<Option<Numeric>> {
    let count = state.sum.count;
    let least = if asked.of_sample { 2 } else { 1 };
    if count < least {
        return Ok(None);
    }
    let (sum, squares) = (state.sum.total()?, state.squares.total()?);
    if !sum.is_finite() {
        return Ok(Some(Numeric::NAN));
    }
    let n = Numeric::from(count);
    let distance = n.multiply(&squares)?.subtract(&sum.multiply(&sum)?)?;
    if distance.signum() <= 0 {
        return Ok(Some(Numeric::ZERO));
    }
    let divisor = n.multiply(&Numeric::from(if asked.of_sample { count - 1 } else { count }))?;
    let variance = distance.divide(&divisor)?;
    if !asked.is_root {
        return Ok(Some(variance));
    }
    variance.square_root()?.round(variance.scale() as i32).map(Some)
}

fn integer<T: Native + Copy + Into<i64>>(column: &Column, row: usize) -> Numeric {
    Numeric::from(column.get::<T>(row).into())
}

macro_rules! spreads {
    ($($asked:ident [$int2:ident $int4:ident $int8:ident $numeric:ident $float4:ident $float8:ident];)*) => {$(
        pub fn $int2(_: AggregateCall<'_>) -> Result<Box<dyn Accumulator>> {
            Groups::boxed(Exact { spread: $asked, read: integer::<i16> })
        }

        pub fn $int4(_: AggregateCall<'_>) -> Result<Box<dyn Accumulator>> {
            Groups::boxed(Exact { spread: $asked, read: integer::<i32> })
        }

        pub fn $int8(_: AggregateCall<'_>) -> Result<Box<dyn Accumulator>> {
            Groups::boxed(Exact { spread: $asked, read: integer::<i64> })
        }

        pub fn $numeric(_: AggregateCall<'_>) -> Result<Box<dyn Accumulator>> {
            Groups::boxed(Exact { spread: $asked, read: |column, row| column.numeric(row).clone() })
        }

        pub fn $float4(_: AggregateCall<'_>) -> Result<Box<dyn Accumulator>> {
            Groups::boxed(Floats { read: one_float4, answer: |sums| sums.spread($asked), is_count: false })
        }

        pub fn $float8(_: AggregateCall<'_>) -> Result<Box<dyn Accumulator>> {
            Groups::boxed(Floats { read: one_float8, answer: |sums| sums.spread($asked), is_count: false })
        }
    )*};
}

spreads! {
    VAR_POP [var_pop_int2 var_pop_int4 var_pop_int8 var_pop_numeric var_pop_float4 var_pop_float8];
    VAR_SAMP [var_samp_int2 var_samp_int4 var_samp_int8 var_samp_numeric var_samp_float4 var_samp_float8];
    STDDEV_POP
        [stddev_pop_int2 stddev_pop_int4 stddev_pop_int8 stddev_pop_numeric stddev_pop_float4 stddev_pop_float8];
    STDDEV_SAMP
        [stddev_samp_int2 stddev_samp_int4 stddev_samp_int8 stddev_samp_numeric stddev_samp_float4 stddev_samp_float8];
}

/// An answer that needs at least so many pairs.
fn with(sums: &Moments, least: f64, answer: impl FnOnce(&Moments) -> Option<f64>) -> Option<f64> {
    if sums.count < least { None } else { answer(sums) }
}

macro_rules! regressions {
    ($($name:ident: $least:literal, |$sums:ident| $answer:expr;)*) => {$(
        pub fn $name(_: AggregateCall<'_>) -> Result<Box<dyn Accumulator>> {
            Groups::boxed(Floats {
                read: pair,
                answer: |sums| with(sums, $least, |$sums| $answer),
                is_count: $least == 0.0,
            })
        }
    )*};
}

regressions! {
    regr_count: 0.0, |sums| Some(sums.count);
    regr_sxx: 1.0, |sums| Some(sums.squares_x);
    regr_syy: 1.0, |sums| Some(sums.squares_y);
    regr_sxy: 1.0, |sums| Some(sums.products);
    regr_avgx: 1.0, |sums| Some(sums.sum_x / sums.count);
    regr_avgy: 1.0, |sums| Some(sums.sum_y / sums.count);
    covar_pop: 1.0, |sums| Some(sums.products / sums.count);
    covar_samp: 2.0, |sums| Some(sums.products / (sums.count - 1.0));
    corr: 1.0, |sums| (sums.squares_x != 0.0 && sums.squares_y != 0.0)
        .then(|| (sums.products / (sums.squares_x * sums.squares_y).sqrt()).clamp(-1.0, 1.0));
    regr_r2: 1.0, |sums| match (sums.squares_x == 0.0, sums.squares_y == 0.0) {
        (true, _) => None,
        (_, true) => Some(1.0),
        _ => Some(sums.products * sums.products / (sums.squares_x * sums.squares_y)),
    };
    regr_slope: 1.0, |sums| (sums.squares_x != 0.0).then(|| sums.products / sums.squares_x);
    regr_intercept: 1.0, |sums| (sums.squares_x != 0.0)
        .then(|| (sums.sum_y - sums.sum_x * sums.products / sums.squares_x) / sums.count);
}
