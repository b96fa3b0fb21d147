//! `make_*` and OVERLAPS.

use error::{Error, Result, error};
use expression::sql::*;
use types::Interval;
use types::datetime::calendar::*;
use types::datetime::parse::parse_zone;

use super::interval as span;
use super::shift::{add_in_zone, add_local, from_zone, timestamp_out_of_range};

/// Days from 2000 of a date by its parts; negative years are before the common era.
fn make_date(year: i32, month: i32, day: i32) -> Result<i32> {
    let invalid =
        || error!(DATETIME_FIELD_OVERFLOW, "date field value out of range: {year}-{month:02}-{day:02}");
    // The year before 1 is 0 in calculations, -1 for people, and there is none between.
    let internal = if year < 0 { year.checked_add(1).ok_or_else(invalid)? } else { year };
    if year == 0 || !(1..=12).contains(&month) || !(1..=days_in_month(internal, month)).contains(&day) {
        return Err(invalid());
    }
    let days = days_from_civil(internal, month, day);
    if !is_valid_date(days) {
        return Err(error!(DATETIME_FIELD_OVERFLOW, "date out of range: {year}-{month:02}-{day:02}"));
    }
    Ok(days as i32)
}

/// A time of day by its parts.
fn make_time(hour: i32, minute: i32, seconds: f64) -> Result<i64> {
    let invalid =
        || error!(DATETIME_FIELD_OVERFLOW, "time field value out of range: {hour}:{minute:02}:{seconds:02}");
    if !(0..=24).contains(&hour) || !(0..=59).contains(&minute) || !(0.0..=60.0).contains(&seconds) {
        return Err(invalid());
    }
    let microseconds = (seconds * 1e6).round_ties_even() as i64;
    let time =
        i64::from(hour) * MICROSECONDS_PER_HOUR + i64::from(minute) * MICROSECONDS_PER_MINUTE + microseconds;
    if time > MICROSECONDS_PER_DAY { Err(invalid()) } else { Ok(time) }
}

fn make_timestamp(year: i32, month: i32, day: i32, hour: i32, minute: i32, seconds: f64) -> Result<i64> {
    let (days, time) = (make_date(year, month, day)?, make_time(hour, minute, seconds)?);
    join(days.into(), time).ok_or_else(timestamp_out_of_range)
}

/// Years to seconds; the units that have a fixed relation are added up.
#[derive(Clone, Copy)]
struct Parts {
    years: i32,
    months: i32,
    weeks: i32,
    days: i32,
    hours: i32,
    minutes: i32,
    seconds: f64,
}

fn make_interval(parts: Parts) -> Result<Interval> {
    let out_of_range: fn() -> Error = span::out_of_range;
    if !parts.seconds.is_finite() {
        return Err(out_of_range());
    }
    let microseconds = (parts.seconds * 1e6).round_ties_even();
    if microseconds.abs() >= 9.2e18 {
        return Err(out_of_range());
    }
    let sum = || {
        let clock = i64::from(parts.hours) * MICROSECONDS_PER_HOUR
            + i64::from(parts.minutes) * MICROSECONDS_PER_MINUTE;
        Some(Interval {
            months: parts.years.checked_mul(12)?.checked_add(parts.months)?,
            days: parts.weeks.checked_mul(7)?.checked_add(parts.days)?,
            microseconds: clock.checked_add(microseconds as i64)?,
        })
    };
    sum().ok_or_else(out_of_range)
}

/// Brings the ends of a period into order; a missing start takes the end's place.
fn ordered(start: Option<i64>, end: Option<i64>) -> Option<(i64, Option<i64>)> {
    match (start, end) {
        (None, None) => None,
        (None, Some(end)) => Some((end, None)),
        (Some(start), Some(end)) if start > end => Some((end, Some(start))),
        (Some(start), end) => Some((start, end)),
    }
}

/// Whether two periods overlap, as far as that can be known.
fn overlaps(first: (Option<i64>, Option<i64>), second: (Option<i64>, Option<i64>)) -> Option<bool> {
    let (first_start, first_end) = ordered(first.0, first.1)?;
    let (second_start, second_end) = ordered(second.0, second.1)?;
    // The later start must lie before the end of the other one.
    let (start, own_end, other_end) = if first_start > second_start {
        (first_start, first_end, second_end)
    } else {
        (second_start, second_end, first_end)
    };
    if first_start == second_start {
        return (first_end.is_some() && second_end.is_some()).then_some(true);
    }
    match other_end {
        None => None,
        Some(end) if start < end => Some(true),
        Some(_) => own_end.map(|_| false),
    }
}

/// The end of a period that is given by its length.
fn end_of(
    start: Option<i64>,
    length: Option<Interval>,
    add: impl Fn(i64, Interval) -> Result<i64>,
) -> Result<Option<i64>> {
    start.zip(length).map(|(start, length)| add(start, length)).transpose()
}

fn add_to_time(time: i64, by: Interval) -> Result<i64> {
    Ok((time + by.microseconds % MICROSECONDS_PER_DAY).rem_euclid(MICROSECONDS_PER_DAY))
}

expression::builtins! {
    pub static FUNCTIONS:
    3846 "make_date" (year: int4, month: int4, day: int4) -> date,
        strict immutable argument_names(&["year", "month", "day"]) { make_date(year, month, day) }
    3847 "make_time" (hour: int4, minute: int4, seconds: float8) -> time,
        strict immutable argument_names(&["hour", "min", "sec"]) { make_time(hour, minute, seconds) }
    3461 "make_timestamp" (year: int4, month: int4, day: int4, hour: int4, minute: int4, seconds: float8) -> timestamp,
        strict immutable argument_names(&["year", "month", "mday", "hour", "min", "sec"]) {
        make_timestamp(year, month, day, hour, minute, seconds)
    }
    3462 "make_timestamptz" (year: int4, month: int4, day: int4, hour: int4, minute: int4, seconds: float8) using context -> timestamptz,
        strict stable argument_names(&["year", "month", "mday", "hour", "min", "sec"]) {
        from_zone(&context.settings.time_zone, make_timestamp(year, month, day, hour, minute, seconds)?)
    }
    3463 "make_timestamptz" (year: int4, month: int4, day: int4, hour: int4, minute: int4, seconds: float8, zone: text) using context -> timestamptz,
        strict stable argument_names(&["year", "month", "mday", "hour", "min", "sec", "timezone"]) {
        from_zone(&parse_zone(zone, context.settings)?, make_timestamp(year, month, day, hour, minute, seconds)?)
    }
    3464 "make_interval" (years: int4, months: int4, weeks: int4, days: int4, hours: int4, minutes: int4, seconds: float8) -> interval,
        strict immutable defaults(&["0", "0", "0", "0", "0", "0", "0.0"]) argument_names(&["years", "months", "weeks", "days", "hours", "mins", "secs"]) {
        make_interval(Parts { years, months, weeks, days, hours, minutes, seconds })
    }
    1308 "overlaps" (a: time, b: time, c: time, d: time) -> bool_, nullable immutable {
        Ok(overlaps((a, b), (c, d)))
    }
    1310 "overlaps" (a: time, b: time, c: time, d: interval) -> bool_, nullable immutable {
        let d = end_of(c, d, add_to_time)?;
        Ok(overlaps((a, b), (c, d)))
    }
    1311 "overlaps" (a: time, b: interval, c: time, d: time) -> bool_, nullable immutable {
        let b = end_of(a, b, add_to_time)?;
        Ok(overlaps((a, b), (c, d)))
    }
    1309 "overlaps" (a: time, b: interval, c: time, d: interval) -> bool_, nullable immutable {
        let b = end_of(a, b, add_to_time)?;
        let d = end_of(c, d, add_to_time)?;
        Ok(overlaps((a, b), (c, d)))
    }
    2041 "overlaps" (a: timestamp, b: timestamp, c: timestamp, d: timestamp) -> bool_, nullable immutable {
        Ok(overlaps((a, b), (c, d)))
    }
    2043 "overlaps" (a: timestamp, b: timestamp, c: timestamp, d: interval) -> bool_, nullable immutable {
        let d = end_of(c, d, add_local)?;
        Ok(overlaps((a, b), (c, d)))
    }
    2044 "overlaps" (a: timestamp, b: interval, c: timestamp, d: timestamp) -> bool_, nullable immutable {
        let b = end_of(a, b, add_local)?;
        Ok(overlaps((a, b), (c, d)))
    }
    2042 "overlaps" (a: timestamp, b: interval, c: timestamp, d: interval) -> bool_, nullable immutable {
        let b = end_of(a, b, add_local)?;
        let d = end_of(c, d, add_local)?;
        Ok(overlaps((a, b), (c, d)))
    }
    1304 "overlaps" (a: timestamptz, b: timestamptz, c: timestamptz, d: timestamptz) -> bool_,
        nullable immutable {
        Ok(overlaps((a, b), (c, d)))
    }
    1306 "overlaps" (a: timestamptz, b: timestamptz, c: timestamptz, d: interval) using context -> bool_,
        nullable stable {
        let zone = &context.settings.time_zone;
        let d = end_of(c, d, |at, by| add_in_zone(at, by, zone))?;
        Ok(overlaps((a, b), (c, d)))
    }
    1307 "overlaps" (a: timestamptz, b: interval, c: timestamptz, d: timestamptz) using context -> bool_,
        nullable stable {
        let zone = &context.settings.time_zone;
        let b = end_of(a, b, |at, by| add_in_zone(at, by, zone))?;
        Ok(overlaps((a, b), (c, d)))
    }
    1305 "overlaps" (a: timestamptz, b: interval, c: timestamptz, d: interval) using context -> bool_,
        nullable stable {
        let zone = &context.settings.time_zone;
        let b = end_of(a, b, |at, by| add_in_zone(at, by, zone))?;
        let d = end_of(c, d, |at, by| add_in_zone(at, by, zone))?;
        Ok(overlaps((a, b), (c, d)))
    }
}
