//! Arithmetic of dates, times and timestamps with intervals and among each other.

use error::{Error, Result, error};
use expression::CallContext;
use expression::sql::*;
use types::Interval;
use types::datetime::TimeZone;
use types::datetime::calendar::*;
use types::datetime::parse::parse_zone;

use super::interval as span;

#[cold]
pub fn timestamp_out_of_range() -> Error {
    error!(DATETIME_FIELD_OVERFLOW, "timestamp out of range")
}

#[cold]
pub fn date_out_of_range() -> Error {
    error!(DATETIME_FIELD_OVERFLOW, "date out of range")
}

/// A timestamp in range.
fn valid(timestamp: Option<i64>) -> Result<i64> {
    timestamp.filter(|timestamp| is_valid_timestamp(*timestamp)).ok_or_else(timestamp_out_of_range)
}

/// What an infinite timestamp or interval gives; `None` if both are finite.
fn infinite_sum(timestamp: i64, interval: Interval) -> Result<Option<i64>> {
    let by_interval = match interval {
        Interval::INFINITY => TIMESTAMP_INFINITY,
        Interval::NEGATIVE_INFINITY => TIMESTAMP_NEGATIVE_INFINITY,
        _ if is_finite_timestamp(timestamp) => return Ok(None),
        _ => return Ok(Some(timestamp)),
    };
    if is_finite_timestamp(timestamp) || timestamp == by_interval {
        Ok(Some(by_interval))
    } else {
        Err(timestamp_out_of_range())
    }
}

/// Adds months and days to a local timestamp; a day that the month does not have becomes its last.
fn add_calendar(local: i64, interval: Interval) -> Result<i64> {
    let mut local = local;
    if interval.months != 0 {
        let mut civil = civil_from_timestamp(local);
        let months =
            i64::from(civil.date.year) * 12 + i64::from(civil.date.month) - 1 + i64::from(interval.months);
        civil.date.year = i32::try_from(months.div_euclid(12)).map_err(|_| timestamp_out_of_range())?;
        civil.date.month = months.rem_euclid(12) as i32 + 1;
        civil.date.day = civil.date.day.min(days_in_month(civil.date.year, civil.date.month));
        local = valid(civil.to_timestamp())?;
    }
    if interval.days != 0 {
        let days = i64::from(interval.days).checked_mul(MICROSECONDS_PER_DAY);
        local = valid(days.and_then(|days| local.checked_add(days)))?;
    }
    Ok(local)
}

/// Local time plus interval.
pub fn add_local(timestamp: i64, interval: Interval) -> Result<i64> {
    if let Some(infinite) = infinite_sum(timestamp, interval)? {
        return Ok(infinite);
    }
    valid(add_calendar(timestamp, interval)?.checked_add(interval.microseconds))
}

/// Moment plus interval; months and days count in a time zone.
pub fn add_in_zone(moment: i64, interval: Interval, zone: &TimeZone) -> Result<i64> {
    if let Some(infinite) = infinite_sum(moment, interval)? {
        return Ok(infinite);
    }
    let mut moment = moment;
    if interval.months != 0 || interval.days != 0 {
        let local = zone.to_local(moment).ok_or_else(timestamp_out_of_range)?;
        moment = valid(zone.to_utc(add_calendar(local, interval)?))?;
    }
    valid(moment.checked_add(interval.microseconds))
}

fn negated(interval: Interval) -> Result<Interval> {
    span::negate(interval)
}

/// The difference in days and time.
fn difference(a: i64, b: i64) -> Result<Interval> {
    match (is_finite_timestamp(a), is_finite_timestamp(b)) {
        (true, true) => {
            let microseconds = a.checked_sub(b).ok_or_else(span::out_of_range)?;
            span::justify_hours(Interval::new(0, 0, microseconds))
        }
        (false, false) if a == b => Err(span::out_of_range()),
        (false, _) if a == TIMESTAMP_INFINITY => Ok(Interval::INFINITY),
        (false, _) => Ok(Interval::NEGATIVE_INFINITY),
        (true, false) if b == TIMESTAMP_INFINITY => Ok(Interval::NEGATIVE_INFINITY),
        (true, false) => Ok(Interval::INFINITY),
    }
}

/// The difference in years, months, days and time, as a person would count.
fn age(a: i64, b: i64) -> Result<Interval> {
    if !is_finite_timestamp(a) || !is_finite_timestamp(b) {
        return difference(a, b);
    }
    let (later, earlier) = (civil_from_timestamp(a.max(b)), civil_from_timestamp(a.min(b)));
    let mut time = later.time_of_day() - earlier.time_of_day();
    let mut days = later.date.day - earlier.date.day;
    let mut months = (later.date.year - earlier.date.year) * 12 + later.date.month - earlier.date.month;
    if time < 0 {
        time += MICROSECONDS_PER_DAY;
        days -= 1;
    }
    while days < 0 {
        days += days_in_month(earlier.date.year, earlier.date.month);
        months -= 1;
    }
    let age = Interval::new(months, days, time);
    if a < b { negated(age) } else { Ok(age) }
}

/// Midnight of today in the session's time zone, as a local timestamp.
fn today(context: &CallContext<'_>) -> i64 {
    let now = context.settings.now;
    let local = context.settings.time_zone.to_local(now).unwrap_or(now);
    local.div_euclid(MICROSECONDS_PER_DAY) * MICROSECONDS_PER_DAY
}

fn local_of(context: &CallContext<'_>, moment: i64) -> Result<i64> {
    if !is_finite_timestamp(moment) {
        return Ok(moment);
    }
    context.settings.time_zone.to_local(moment).ok_or_else(timestamp_out_of_range)
}

fn add_days(date: i32, days: i64) -> Result<i32> {
    if !is_finite_date(date) {
        return Ok(date);
    }
    let sum = i64::from(date) + days;
    i32::try_from(sum).ok().filter(|_| is_valid_date(sum)).ok_or_else(date_out_of_range)
}

/// Midnight of a date as a local timestamp.
pub fn timestamp_of_date(date: i32) -> Result<i64> {
    match date {
        DATE_INFINITY => Ok(TIMESTAMP_INFINITY),
        DATE_NEGATIVE_INFINITY => Ok(TIMESTAMP_NEGATIVE_INFINITY),
        _ => join(date.into(), 0)
            .ok_or_else(|| error!(DATETIME_FIELD_OVERFLOW, "date out of range for timestamp")),
    }
}

/// A time of day, moved around the clock.
fn around_the_clock(time: i64, by: i64) -> i64 {
    (time + by % MICROSECONDS_PER_DAY).rem_euclid(MICROSECONDS_PER_DAY)
}

#[cold]
fn no_infinite_time(action: &str) -> Error {
    error!(
        DATETIME_FIELD_OVERFLOW,
        "cannot {action} infinite interval {} time",
        if action == "add" { "to" } else { "from" }
    )
}

fn shift_time(time: i64, interval: Interval, action: &str) -> Result<i64> {
    if !interval.is_finite() {
        return Err(no_infinite_time(action));
    }
    let by = interval.microseconds % MICROSECONDS_PER_DAY;
    Ok(around_the_clock(time, if action == "add" { by } else { -by }))
}

/// The beginning of the bin of a stride, counted from an origin.
fn bin(stride: Interval, timestamp: i64, origin: i64) -> Result<i64> {
    if !is_finite_timestamp(timestamp) {
        return Ok(timestamp);
    }
    if !is_finite_timestamp(origin) {
        return Err(error!(DATETIME_FIELD_OVERFLOW, "origin out of range"));
    }
    if !stride.is_finite() {
        return Err(error!(DATETIME_FIELD_OVERFLOW, "timestamps cannot be binned into infinite intervals"));
    }
    if stride.months != 0 {
        return Err(error!(
            FEATURE_NOT_SUPPORTED,
            "timestamps cannot be binned into intervals containing months or years"
        ));
    }
    let days = i64::from(stride.days).checked_mul(MICROSECONDS_PER_DAY);
    let width = days.and_then(|days| days.checked_add(stride.microseconds)).ok_or_else(span::out_of_range)?;
    if width <= 0 {
        return Err(error!(DATETIME_FIELD_OVERFLOW, "stride must be greater than zero"));
    }
    let distance = timestamp.checked_sub(origin).ok_or_else(span::out_of_range)?;
    valid(distance.div_euclid(width).checked_mul(width).and_then(|distance| origin.checked_add(distance)))
}

/// The zone that an interval means: its hours and minutes east of UTC.
fn zone_of_interval(interval: Interval) -> Result<TimeZone> {
    if interval.months != 0 || interval.days != 0 {
        let mut text = Vec::new();
        types::interval_text::write_interval(&interval, &types::FormatSettings::default(), &mut text);
        let text = String::from_utf8_lossy(&text).into_owned();
        return Err(error!(
            INVALID_PARAMETER_VALUE,
            "interval time zone \"{text}\" must not include months or days"
        ));
    }
    Ok(TimeZone::fixed((interval.microseconds / MICROSECONDS_PER_SECOND) as i32))
}

fn to_zone(zone: &TimeZone, moment: i64) -> Result<i64> {
    if is_finite_timestamp(moment) {
        zone.to_local(moment).ok_or_else(timestamp_out_of_range)
    } else {
        Ok(moment)
    }
}

pub fn from_zone(zone: &TimeZone, local: i64) -> Result<i64> {
    if is_finite_timestamp(local) { zone.to_utc(local).ok_or_else(timestamp_out_of_range) } else { Ok(local) }
}

expression::builtins! {
    pub static FUNCTIONS:
    2032 "timestamp_pl_interval" (value: timestamp, by: interval) -> timestamp, strict immutable { add_local(value, by) }
    2033 "timestamp_mi_interval" (value: timestamp, by: interval) -> timestamp, strict immutable { add_local(value, negated(by)?) }
    2548 "interval_pl_timestamp" (by: interval, value: timestamp) -> timestamp, strict immutable { add_local(value, by) }
    1189 "timestamptz_pl_interval" (value: timestamptz, by: interval) using context -> timestamptz,
        strict stable {
        add_in_zone(value, by, &context.settings.time_zone)
    }
    1190 "timestamptz_mi_interval" (value: timestamptz, by: interval) using context -> timestamptz,
        strict stable {
        add_in_zone(value, negated(by)?, &context.settings.time_zone)
    }
    2549 "interval_pl_timestamptz" (by: interval, value: timestamptz) using context -> timestamptz,
        strict stable {
        add_in_zone(value, by, &context.settings.time_zone)
    }
    6221 "date_add" (value: timestamptz, by: interval) using context -> timestamptz, strict stable {
        add_in_zone(value, by, &context.settings.time_zone)
    }
    6222 "date_add" (value: timestamptz, by: interval, zone: text) using context -> timestamptz,
        strict immutable {
        add_in_zone(value, by, &parse_zone(zone, context.settings)?)
    }
    6223 "date_subtract" (value: timestamptz, by: interval) using context -> timestamptz, strict stable {
        add_in_zone(value, negated(by)?, &context.settings.time_zone)
    }
    6273 "date_subtract" (value: timestamptz, by: interval, zone: text) using context -> timestamptz,
        strict immutable {
        add_in_zone(value, negated(by)?, &parse_zone(zone, context.settings)?)
    }
    2031 "timestamp_mi" (a: timestamp, b: timestamp) -> interval, strict immutable { difference(a, b) }
    1188 "timestamptz_mi" (a: timestamptz, b: timestamptz) -> interval, strict immutable { difference(a, b) }
    2058 "age" (a: timestamp, b: timestamp) -> interval, strict immutable { age(a, b) }
    1199 "age" (a: timestamptz, b: timestamptz) using context -> interval, strict immutable {
        age(local_of(context, a)?, local_of(context, b)?)
    }
    2059 "age" (value: timestamp) using context -> interval, strict stable { age(today(context), value) }
    1386 "age" (value: timestamptz) using context -> interval, strict stable { age(today(context), local_of(context, value)?) }
    1141 "date_pli" (value: date, days: int4) -> date, strict immutable { add_days(value, days.into()) }
    1142 "date_mii" (value: date, days: int4) -> date, strict immutable { add_days(value, -i64::from(days)) }
    2550 "integer_pl_date" (days: int4, value: date) -> date, strict immutable { add_days(value, days.into()) }
    1140 "date_mi" (a: date, b: date) -> int4, strict immutable {
        if !is_finite_date(a) || !is_finite_date(b) {
            return Err(error!(DATETIME_FIELD_OVERFLOW, "cannot subtract infinite dates"));
        }
        Ok(a.wrapping_sub(b))
    }
    2071 "date_pl_interval" (value: date, by: interval) -> timestamp, strict immutable { add_local(timestamp_of_date(value)?, by) }
    2072 "date_mi_interval" (value: date, by: interval) -> timestamp, strict immutable {
        add_local(timestamp_of_date(value)?, negated(by)?)
    }
    2546 "interval_pl_date" (by: interval, value: date) -> timestamp, strict immutable { add_local(timestamp_of_date(value)?, by) }
    1272 "datetime_pl" (day: date, at: time) -> timestamp, strict immutable {
        let start = timestamp_of_date(day)?;
        if is_finite_timestamp(start) { valid(start.checked_add(at)) } else { Ok(start) }
    }
    1296 "timedate_pl" (at: time, day: date) -> timestamp, strict immutable {
        let start = timestamp_of_date(day)?;
        if is_finite_timestamp(start) { valid(start.checked_add(at)) } else { Ok(start) }
    }
    1747 "time_pl_interval" (value: time, by: interval) -> time, strict immutable { shift_time(value, by, "add") }
    1748 "time_mi_interval" (value: time, by: interval) -> time, strict immutable { shift_time(value, by, "subtract") }
    1848 "interval_pl_time" (by: interval, value: time) -> time, strict immutable { shift_time(value, by, "add") }
    1690 "time_mi_time" (a: time, b: time) -> interval, strict immutable { Ok(types::Interval::new(0, 0, a - b)) }
    1169 "interval_pl" (a: interval, b: interval) -> interval, strict immutable { span::add(a, b) }
    1170 "interval_mi" (a: interval, b: interval) -> interval, strict immutable { span::subtract(a, b) }
    1168 "interval_um" (value: interval) -> interval, strict immutable { span::negate(value) }
    1618 "interval_mul" (value: interval, factor: float8) -> interval, strict immutable { span::multiply(value, factor) }
    1624 "mul_d_interval" (factor: float8, value: interval) -> interval, strict immutable { span::multiply(value, factor) }
    1326 "interval_div" (value: interval, divisor: float8) -> interval, strict immutable { span::divide(value, divisor) }
    1175 "justify_hours" (value: interval) -> interval, strict immutable { span::justify_hours(value) }
    1295 "justify_days" (value: interval) -> interval, strict immutable { span::justify_days(value) }
    2711 "justify_interval" (value: interval) -> interval, strict immutable { span::justify(value) }
    6177 "date_bin" (stride: interval, value: timestamp, origin: timestamp) -> timestamp, strict immutable { bin(stride, value, origin) }
    6178 "date_bin" (stride: interval, value: timestamptz, origin: timestamptz) -> timestamptz, strict immutable {
        bin(stride, value, origin)
    }
    1159 "timezone" (zone: text, value: timestamptz) using context -> timestamp, strict immutable {
        to_zone(&parse_zone(zone, context.settings)?, value)
    }
    2069 "timezone" (zone: text, value: timestamp) using context -> timestamptz, strict immutable {
        from_zone(&parse_zone(zone, context.settings)?, value)
    }
    1026 "timezone" (zone: interval, value: timestamptz) -> timestamp, strict immutable { to_zone(&zone_of_interval(zone)?, value) }
    2070 "timezone" (zone: interval, value: timestamp) -> timestamptz, strict immutable { from_zone(&zone_of_interval(zone)?, value) }
    6334 "timezone" (value: timestamptz) using context -> timestamp, strict stable { to_zone(&context.settings.time_zone, value) }
    6335 "timezone" (value: timestamp) using context -> timestamptz, strict stable { from_zone(&context.settings.time_zone, value) }
    1373 "isfinite" (value: date) -> bool_, strict immutable { Ok(is_finite_date(value)) }
    2048 "isfinite" (value: timestamp) -> bool_, strict immutable { Ok(is_finite_timestamp(value)) }
    1389 "isfinite" (value: timestamptz) -> bool_, strict immutable { Ok(is_finite_timestamp(value)) }
    1390 "isfinite" (value: interval) -> bool_, strict immutable { Ok(value.is_finite()) }
    1138 "date_larger" (a: date, b: date) -> date, strict immutable { Ok(a.max(b)) }
    1139 "date_smaller" (a: date, b: date) -> date, strict immutable { Ok(a.min(b)) }
    1377 "time_larger" (a: time, b: time) -> time, strict immutable { Ok(a.max(b)) }
    1378 "time_smaller" (a: time, b: time) -> time, strict immutable { Ok(a.min(b)) }
    2036 "timestamp_larger" (a: timestamp, b: timestamp) -> timestamp, strict immutable { Ok(a.max(b)) }
    2035 "timestamp_smaller" (a: timestamp, b: timestamp) -> timestamp, strict immutable { Ok(a.min(b)) }
    1196 "timestamptz_larger" (a: timestamptz, b: timestamptz) -> timestamptz, strict immutable { Ok(a.max(b)) }
    1195 "timestamptz_smaller" (a: timestamptz, b: timestamptz) -> timestamptz, strict immutable { Ok(a.min(b)) }
    1198 "interval_larger" (a: interval, b: interval) -> interval, strict immutable { Ok(if a.compare(&b).is_gt() { a } else { b }) }
    1197 "interval_smaller" (a: interval, b: interval) -> interval, strict immutable { Ok(if a.compare(&b).is_lt() { a } else { b }) }
}
