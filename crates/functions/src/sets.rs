//! Set-returning functions: series, elements of arrays, and what declares them.

use error::{Error, Result, error};
use expression::sql::*;
use expression::{CallContext, FunctionDeclaration, RowSource};
use types::datetime::TimeZone;
use types::datetime::parse::parse_zone;
use types::{Array, Column, Interval, Numeric, Value};

use crate::datetime::shift::{add_in_zone, add_local};

/// Declares set-returning functions as `builtins!` does others; the code is a function that starts the set.
macro_rules! declare {
    ($($oid:literal $name:literal ($($argument:ident : $type:ident),*) -> $result:ident,
        $($flag:ident $(($($value:expr),*))?)* = $start:path;)*) => {
        &[$(
            expression::FunctionDeclaration::new(
                $oid,
                $name,
                &[$(<$type as expression::sql::SqlType>::OID),*],
                <$result as expression::sql::SqlType>::OID,
                expression::Implementation::Set($start),
            )
            $(.$flag($($($value),*)?))*
        ),*]
    };
}
pub(crate) use declare;

/// Rows that are known from the start.
pub struct Ready {
    rows: std::vec::IntoIter<Value>,
}

impl Ready {
    pub fn boxed(rows: Vec<Value>) -> Box<dyn RowSource> {
        Box::new(Ready { rows: rows.into_iter() })
    }
}

impl RowSource for Ready {
    fn next(&mut self, _: &mut CallContext<'_>, columns: &mut [Column], limit: usize) -> Result<usize> {
        let mut count = 0;
        for value in self.rows.by_ref().take(limit) {
            columns[0].push_value(&value);
            count += 1;
        }
        Ok(count)
    }
}

/// Rows of several columns that are known from the start.
pub struct Table {
    rows: std::vec::IntoIter<Vec<Value>>,
}

impl Table {
    pub fn boxed(rows: Vec<Vec<Value>>) -> Box<dyn RowSource> {
        Box::new(Table { rows: rows.into_iter() })
    }
}

impl RowSource for Table {
    fn next(&mut self, _: &mut CallContext<'_>, columns: &mut [Column], limit: usize) -> Result<usize> {
        let mut count = 0;
        for row in self.rows.by_ref().take(limit) {
            columns.iter_mut().zip(&row).for_each(|(column, value)| column.push_value(value));
            count += 1;
        }
        Ok(count)
    }
}

/// What a series counts in.
trait Step: Clone {
    type By: Clone;

    fn next(&self, by: &Self::By, zone: &TimeZone) -> Result<Option<Self>>;
    fn is_beyond(&self, stop: &Self, is_down: bool) -> bool;
    fn push(&self, column: &mut Column);
}

macro_rules! integer_steps {
    ($($native:ty)*) => {$(
        impl Step for $native {
            type By = $native;

            fn next(&self, by: &$native, _: &TimeZone) -> Result<Option<$native>> {
                Ok(self.checked_add(*by))
            }

            fn is_beyond(&self, stop: &$native, is_down: bool) -> bool {
                if is_down { self < stop } else { self > stop }
            }

            fn push(&self, column: &mut Column) {
                column.push(*self);
            }
        }
    )*};
}

integer_steps! { i32 i64 }

impl Step for Numeric {
    type By = Numeric;

    fn next(&self, by: &Numeric, _: &TimeZone) -> Result<Option<Numeric>> {
        self.add(by).map(Some)
    }

    fn is_beyond(&self, stop: &Numeric, is_down: bool) -> bool {
        if is_down { self < stop } else { self > stop }
    }

    fn push(&self, column: &mut Column) {
        column.push(self.clone());
    }
}

/// A timestamp without time zone.
#[derive(Clone)]
struct Local(i64);

/// A timestamp with time zone.
#[derive(Clone)]
struct Moment(i64);

macro_rules! time_steps {
    ($($name:ident, |$at:ident, $by:ident, $zone:ident| $next:expr;)*) => {$(
        impl Step for $name {
            type By = Interval;

            fn next(&self, $by: &Interval, $zone: &TimeZone) -> Result<Option<$name>> {
                let $at = self.0;
                $next.map(|next| Some($name(next)))
            }

            fn is_beyond(&self, stop: &$name, is_down: bool) -> bool {
                if is_down { self.0 < stop.0 } else { self.0 > stop.0 }
            }

            fn push(&self, column: &mut Column) {
                column.push_i64(self.0);
            }
        }
    )*};
}

time_steps! {
    Local, |at, by, _zone| add_local(at, *by);
    Moment, |at, by, zone| add_in_zone(at, *by, zone);
}

/// A series that is counted on demand.
struct Series<T: Step> {
    next: Option<T>,
    stop: T,
    by: T::By,
    is_down: bool,
    zone: TimeZone,
}

impl<T: Step> RowSource for Series<T> {
    fn next(&mut self, context: &mut CallContext<'_>, columns: &mut [Column], limit: usize) -> Result<usize> {
        context.session.check_for_interrupts()?;
        let mut count = 0;
        while count < limit
            && let Some(value) = self.next.take_if(|next| !next.is_beyond(&self.stop, self.is_down))
        {
            value.push(&mut columns[0]);
            count += 1;
            self.next = value.next(&self.by, &self.zone)?;
        }
        Ok(count)
    }
}

#[cold]
fn zero_step() -> Error {
    error!(INVALID_PARAMETER_VALUE, "step size cannot equal zero")
}

fn series<T: Step + 'static>(
    context: &CallContext<'_>,
    start: T,
    stop: T,
    by: T::By,
    is_down: bool,
) -> Box<dyn RowSource> {
    Box::new(Series { next: Some(start), stop, by, is_down, zone: context.settings.time_zone.clone() })
}

fn generate_int4(context: &mut CallContext<'_>, values: &[Value]) -> Result<Box<dyn RowSource>> {
    match values {
        [Value::Int4(start), Value::Int4(stop)] => Ok(series(context, *start, *stop, 1, false)),
        [_, _, Value::Int4(0)] => Err(zero_step()),
        [Value::Int4(start), Value::Int4(stop), Value::Int4(by)] => {
            Ok(series(context, *start, *stop, *by, *by < 0))
        }
        _ => Ok(Ready::boxed(Vec::new())),
    }
}

fn generate_int8(context: &mut CallContext<'_>, values: &[Value]) -> Result<Box<dyn RowSource>> {
    match values {
        [Value::Int8(start), Value::Int8(stop)] => Ok(series(context, *start, *stop, 1, false)),
        [_, _, Value::Int8(0)] => Err(zero_step()),
        [Value::Int8(start), Value::Int8(stop), Value::Int8(by)] => {
            Ok(series(context, *start, *stop, *by, *by < 0))
        }
        _ => Ok(Ready::boxed(Vec::new())),
    }
}

fn generate_numeric(context: &mut CallContext<'_>, values: &[Value]) -> Result<Box<dyn RowSource>> {
    let one = Value::Numeric(Numeric::from(1));
    let by = values.get(2).unwrap_or(&one);
    let (Value::Numeric(start), Value::Numeric(stop), Value::Numeric(by)) = (&values[0], &values[1], by)
    else {
        return Ok(Ready::boxed(Vec::new()));
    };
    for (name, value) in [("start", start), ("stop", stop), ("step size", by)] {
        if !value.is_finite() {
            let name = if name == "step size" { name.to_owned() } else { format!("{name} value") };
            let what = if value.is_nan() { "NaN" } else { "infinity" };
            return Err(error!(INVALID_PARAMETER_VALUE, "{name} cannot be {what}"));
        }
    }
    match by.signum() {
        0 => Err(zero_step()),
        sign => Ok(series(context, start.clone(), stop.clone(), by.clone(), sign < 0)),
    }
}

/// The sign of the step of a series in time.
fn is_backwards(by: &Interval) -> Result<bool> {
    if !by.is_finite() {
        return Err(error!(INVALID_PARAMETER_VALUE, "step size cannot be infinite"));
    }
    match by.span().signum() {
        0 => Err(zero_step()),
        sign => Ok(sign < 0),
    }
}

fn generate_timestamp(context: &mut CallContext<'_>, values: &[Value]) -> Result<Box<dyn RowSource>> {
    let [Value::Int8(start), Value::Int8(stop), Value::Interval(by)] = values else {
        return Ok(Ready::boxed(Vec::new()));
    };
    Ok(series(context, Local(*start), Local(*stop), *by, is_backwards(by)?))
}

fn generate_timestamptz(context: &mut CallContext<'_>, values: &[Value]) -> Result<Box<dyn RowSource>> {
    let [Value::Int8(start), Value::Int8(stop), Value::Interval(by), zone @ ..] = values else {
        return Ok(Ready::boxed(Vec::new()));
    };
    let zone = match zone {
        [] => context.settings.time_zone.clone(),
        [Value::Text(name), ..] => parse_zone(name, context.settings)?,
        _ => return Ok(Ready::boxed(Vec::new())),
    };
    let (next, is_down) = (Some(Moment(*start)), is_backwards(by)?);
    Ok(Box::new(Series { next, stop: Moment(*stop), by: *by, is_down, zone }))
}

/// The elements of an array, one a row.
struct Elements {
    array: Box<Array>,
    next: usize,
}

impl RowSource for Elements {
    fn next(&mut self, _: &mut CallContext<'_>, columns: &mut [Column], limit: usize) -> Result<usize> {
        let end = self.array.len().min(self.next.saturating_add(limit));
        for row in self.next..end {
            columns[0].push_row(&self.array.elements, row);
        }
        let count = end - self.next;
        self.next = end;
        Ok(count)
    }
}

fn unnest(_: &mut CallContext<'_>, values: &[Value]) -> Result<Box<dyn RowSource>> {
    match values.first() {
        Some(Value::Array(array)) => Ok(Box::new(Elements { array: array.clone(), next: 0 })),
        _ => Ok(Ready::boxed(Vec::new())),
    }
}

/// The subscripts of one dimension of an array, upwards or downwards.
fn generate_subscripts(context: &mut CallContext<'_>, values: &[Value]) -> Result<Box<dyn RowSource>> {
    let [Value::Array(array), Value::Int4(dimension), direction @ ..] = values else {
        return Ok(Ready::boxed(Vec::new()));
    };
    let bounds = usize::try_from(*dimension - 1).ok().and_then(|at| array.dimensions.get(at));
    match (bounds, direction) {
        (None, _) | (_, [Value::Null]) => Ok(Ready::boxed(Vec::new())),
        (Some(bounds), [Value::Bool(true)]) => {
            Ok(series(context, bounds.upper_bound(), bounds.lower_bound, -1, true))
        }
        (Some(bounds), _) => Ok(series(context, bounds.lower_bound, bounds.upper_bound(), 1, false)),
    }
}

/// The functions that return sets.
pub static SETS: &[FunctionDeclaration] = declare! {
    1067 "generate_series" (start: int4, stop: int4) -> int4, strict immutable rows(1000.0) = generate_int4;
    1066 "generate_series" (start: int4, stop: int4, by: int4) -> int4, strict immutable rows(1000.0) = generate_int4;
    1069 "generate_series" (start: int8, stop: int8) -> int8, strict immutable rows(1000.0) = generate_int8;
    1068 "generate_series" (start: int8, stop: int8, by: int8) -> int8, strict immutable rows(1000.0) = generate_int8;
    3260 "generate_series" (start: numeric, stop: numeric) -> numeric, strict immutable rows(1000.0) = generate_numeric;
    3259 "generate_series" (start: numeric, stop: numeric, by: numeric) -> numeric,
        strict immutable rows(1000.0) = generate_numeric;
    938 "generate_series" (start: timestamp, stop: timestamp, by: interval) -> timestamp,
        strict immutable rows(1000.0) = generate_timestamp;
    939 "generate_series" (start: timestamptz, stop: timestamptz, by: interval) -> timestamptz,
        strict stable rows(1000.0) = generate_timestamptz;
    6274 "generate_series" (start: timestamptz, stop: timestamptz, by: interval, zone: text) -> timestamptz,
        strict immutable rows(1000.0) = generate_timestamptz;
    2331 "unnest" (array: anyarray) -> anyelement, strict immutable rows(100.0) = unnest;
    1192 "generate_subscripts" (array: anyarray, dimension: int4) -> int4, strict immutable rows(1000.0) = generate_subscripts;
    1191 "generate_subscripts" (array: anyarray, dimension: int4, reverse: bool_) -> int4,
        strict immutable rows(1000.0) = generate_subscripts;
    6160 "string_to_table" (value: text, delimiter: text) -> text, nullable immutable rows(1000.0) = crate::arrays::string_to_table;
    6161 "string_to_table" (value: text, delimiter: text, null_text: text) -> text,
        nullable immutable rows(1000.0) = crate::arrays::string_to_table;
};
