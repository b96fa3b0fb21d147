//! `extract`, `date_part` and `date_trunc`.

use error::{Error, Result, error};
use expression::CallContext;
use expression::sql::*;
use types::datetime::TimeZone;
use types::datetime::calendar::*;
use types::datetime::parse::parse_zone;
use types::{Interval, Numeric};

use super::shift::{timestamp_of_date, timestamp_out_of_range};

/// A part of a date, time or interval.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Field {
    Microsecond,
    Millisecond,
    Second,
    Minute,
    Hour,
    Day,
    Week,
    Month,
    Quarter,
    Year,
    Decade,
    Century,
    Millennium,
    IsoYear,
    Julian,
    DayOfWeek,
    IsoDayOfWeek,
    DayOfYear,
    Epoch,
    Zone,
    ZoneHour,
    ZoneMinute,
}

use Field::*;

const DATE: &str = "date";
const TIME: &str = "time without time zone";
const TIMESTAMP: &str = "timestamp without time zone";
const TIMESTAMPTZ: &str = "timestamp with time zone";
const INTERVAL: &str = "interval";

fn field(name: &str, type_name: &str) -> Result<Field> {
    Ok(match name.to_ascii_lowercase().as_str() {
        "microsecond" | "microseconds" | "us" | "usec" | "usecs" | "usecond" | "useconds" | "microsecon" => {
            Microsecond
        }
        "millisecond" | "milliseconds" | "ms" | "msec" | "msecs" | "msecond" | "mseconds" => Millisecond,
        "second" | "seconds" | "s" | "sec" | "secs" => Second,
        "minute" | "minutes" | "m" | "min" | "mins" => Minute,
        "hour" | "hours" | "h" | "hr" | "hrs" => Hour,
        "day" | "days" | "d" => Day,
        "week" | "weeks" | "w" => Week,
        "month" | "months" | "mon" | "mons" => Month,
        "quarter" | "qtr" => Quarter,
        "year" | "years" | "y" | "yr" | "yrs" => Year,
        "decade" | "decades" | "dec" | "decs" => Decade,
        "century" | "centuries" | "c" | "cent" => Century,
        "millennium" | "millennia" | "mil" | "mils" => Millennium,
        "isoyear" => IsoYear,
        "julian" | "jd" | "j" => Julian,
        "dow" => DayOfWeek,
        "isodow" => IsoDayOfWeek,
        "doy" => DayOfYear,
        "epoch" => Epoch,
        "timezone" => Zone,
        "timezone_hour" | "timezone_h" => ZoneHour,
        "timezone_minute" | "timezone_m" => ZoneMinute,
        _ => {
            return Err(error!(
                INVALID_PARAMETER_VALUE,
                "unit \"{}\" not recognized for type {type_name}",
                name.to_ascii_lowercase()
            ));
        }
    })
}

#[cold]
fn not_supported(name: &str, type_name: &str) -> Error {
    error!(FEATURE_NOT_SUPPORTED, "unit \"{}\" not supported for type {type_name}", name.to_ascii_lowercase())
}

fn whole(value: impl Into<i64>) -> Option<Numeric> {
    Some(Numeric::from(value.into()))
}

/// Seconds of a time of day with the decimals that the field shows.
fn clock_field(field: Field, time: i64) -> Option<Numeric> {
    let (hour, minute, second, microsecond) = split_time(time);
    let in_minute = i64::from(second) * MICROSECONDS_PER_SECOND + i64::from(microsecond);
    match field {
        Microsecond => whole(in_minute),
        Millisecond => Some(Numeric::from_scaled(in_minute, 3)),
        Second => Some(Numeric::from_scaled(in_minute, 6)),
        Minute => whole(minute),
        Hour => whole(hour),
        _ => None,
    }
}

/// Years are counted without a year 0 towards people.
fn shown_year(year: i32) -> i32 {
    if year > 0 { year } else { year - 1 }
}

/// The number of the period of so many years; the first one began with the year 1.
fn period(year: i32, length: i32) -> i32 {
    if year > 0 { (year + length - 1) / length } else { -((length - 1 - (year - 1)) / length) }
}

fn decade(year: i32) -> i32 {
    if year >= 0 { year / 10 } else { -((8 - (year - 1)) / 10) }
}

fn date_field(field: Field, days: i32) -> Option<Numeric> {
    let date = civil_from_days(days);
    match field {
        Day => whole(date.day),
        Week => whole(iso_week(days).1),
        Month => whole(date.month),
        Quarter => whole((date.month - 1) / 3 + 1),
        Year => whole(shown_year(date.year)),
        Decade => whole(decade(date.year)),
        Century => whole(period(date.year, 100)),
        Millennium => whole(period(date.year, 1000)),
        IsoYear => whole(shown_year(iso_week(days).0)),
        DayOfWeek => whole(day_of_week(days)),
        IsoDayOfWeek => whole(match day_of_week(days) {
            0 => 7,
            day => day,
        }),
        DayOfYear => whole(day_of_year(date)),
        _ => None,
    }
}

/// What grows with time is infinite at its ends, everything else is NULL there.
fn infinite_field(field: Field, is_positive: bool) -> Option<Numeric> {
    let grows = matches!(field, Year | Decade | Century | Millennium | IsoYear | Julian | Epoch);
    grows.then_some(if is_positive { Numeric::INFINITY } else { Numeric::NEGATIVE_INFINITY })
}

/// The Julian day with the fraction of the day.
fn julian(local: i64) -> Result<Numeric> {
    let days = local.div_euclid(MICROSECONDS_PER_DAY) + i64::from(EPOCH_JULIAN_DAY);
    let time = local.rem_euclid(MICROSECONDS_PER_DAY);
    if time == 0 {
        return Ok(Numeric::from(days));
    }
    let fraction = Numeric::from_scaled(time, 6).divide(&Numeric::from(86_400))?;
    Numeric::from(days).add(&fraction)
}

fn epoch(timestamp: i64) -> Numeric {
    let since_1970 = i128::from(timestamp) + i128::from(UNIX_EPOCH_SECONDS * MICROSECONDS_PER_SECOND);
    Numeric::from_scaled_i128(since_1970, 6)
}

fn of_timestamp(name: &str, timestamp: i64) -> Result<Option<Numeric>> {
    let field = field(name, TIMESTAMP)?;
    if matches!(field, Zone | ZoneHour | ZoneMinute) {
        return Err(not_supported(name, TIMESTAMP));
    }
    if !is_finite_timestamp(timestamp) {
        return Ok(infinite_field(field, timestamp > 0));
    }
    local_field(field, timestamp, epoch(timestamp))
}

fn local_field(field: Field, local: i64, epoch: Numeric) -> Result<Option<Numeric>> {
    Ok(match field {
        Epoch => Some(epoch),
        Julian => Some(julian(local)?),
        _ => clock_field(field, local.rem_euclid(MICROSECONDS_PER_DAY))
            .or_else(|| date_field(field, local.div_euclid(MICROSECONDS_PER_DAY) as i32)),
    })
}

fn of_moment(context: &CallContext<'_>, name: &str, moment: i64) -> Result<Option<Numeric>> {
    let field = field(name, TIMESTAMPTZ)?;
    if !is_finite_timestamp(moment) {
        return Ok(infinite_field(field, moment > 0));
    }
    let zone = &context.settings.time_zone;
    let offset = zone.offset_at_timestamp(moment).seconds_east;
    Ok(match field {
        Zone => whole(offset),
        ZoneHour => whole(offset / 3600),
        ZoneMinute => whole(offset / 60 % 60),
        _ => {
            let local = zone.to_local(moment).ok_or_else(timestamp_out_of_range)?;
            local_field(field, local, epoch(moment))?
        }
    })
}

fn of_date(name: &str, date: i32) -> Result<Option<Numeric>> {
    let field = field(name, DATE)?;
    if matches!(field, Microsecond | Millisecond | Second | Minute | Hour | Zone | ZoneHour | ZoneMinute) {
        return Err(not_supported(name, DATE));
    }
    if !is_finite_date(date) {
        return Ok(infinite_field(field, date > 0));
    }
    Ok(match field {
        Epoch => whole((i64::from(date) + i64::from(UNIX_EPOCH_DAYS)) * 86_400),
        Julian => whole(i64::from(date) + i64::from(EPOCH_JULIAN_DAY)),
        _ => date_field(field, date),
    })
}

fn of_time(name: &str, time: i64) -> Result<Option<Numeric>> {
    match field(name, TIME)? {
        Epoch => Ok(Some(Numeric::from_scaled(time, 6))),
        field => clock_field(field, time).map(Some).ok_or_else(|| not_supported(name, TIME)),
    }
}

fn of_interval(name: &str, value: Interval) -> Result<Option<Numeric>> {
    let field = field(name, INTERVAL)?;
    if !value.is_finite() {
        let grows = matches!(field, Hour | Day | Week | Year | Decade | Century | Millennium | Epoch);
        if !grows && !matches!(field, Microsecond | Millisecond | Second | Minute | Month | Quarter) {
            return Err(not_supported(name, INTERVAL));
        }
        return Ok(grows.then_some(if value == Interval::INFINITY {
            Numeric::INFINITY
        } else {
            Numeric::NEGATIVE_INFINITY
        }));
    }
    let (years, months) = (value.months / 12, value.months % 12);
    let in_minute = value.microseconds % MICROSECONDS_PER_MINUTE;
    Ok(match field {
        Microsecond => whole(in_minute),
        Millisecond => Some(Numeric::from_scaled(in_minute, 3)),
        Second => Some(Numeric::from_scaled(in_minute, 6)),
        Minute => whole(value.microseconds / MICROSECONDS_PER_MINUTE % 60),
        Hour => whole(value.microseconds / MICROSECONDS_PER_HOUR),
        Day => whole(value.days),
        Week => whole(value.days / 7),
        Month => whole(months),
        // The quarters of a negative interval count backwards from -1.
        Quarter if value.months < 0 => whole(months / 3 - 1),
        Quarter => whole(months / 3 + 1),
        Year => whole(years),
        Decade => whole(years / 10),
        Century => whole(years / 100),
        Millennium => whole(years / 1000),
        Epoch => {
            // A year has 365.25 days here, which is 1461 quarters of a day.
            let days = i128::from(years) * 1461 * 6 + (i128::from(months) * 30 + i128::from(value.days)) * 24;
            let seconds = days * 3600 * i128::from(MICROSECONDS_PER_SECOND);
            Some(Numeric::from_scaled_i128(seconds + i128::from(value.microseconds), 6))
        }
        _ => return Err(not_supported(name, INTERVAL)),
    })
}

fn as_float(value: Option<Numeric>) -> Option<f64> {
    value.map(|number| number.to_f64())
}

/// The first year of the period of so many years.
fn period_start(year: i32, length: i32) -> i32 {
    if year > 0 {
        (year + length - 1) / length * length - length + 1
    } else {
        -((length - 1 - (year - 1)) / length) * length + 1
    }
}

fn decade_start(year: i32) -> i32 {
    if year > 0 { year / 10 * 10 } else { -((8 - (year - 1)) / 10) * 10 }
}

/// The beginning of the field that a local timestamp lies in.
fn truncate_local(field: Field, local: i64, name: &str, type_name: &str) -> Result<i64> {
    let unit = match field {
        Microsecond => 1,
        Millisecond => 1000,
        Second => MICROSECONDS_PER_SECOND,
        Minute => MICROSECONDS_PER_MINUTE,
        Hour => MICROSECONDS_PER_HOUR,
        Day => MICROSECONDS_PER_DAY,
        _ => 0,
    };
    if unit > 0 {
        return Ok(local.div_euclid(unit) * unit);
    }
    let days = local.div_euclid(MICROSECONDS_PER_DAY) as i32;
    let date = civil_from_days(days);
    let start = match field {
        Week => i64::from(days) - i64::from((day_of_week(days) + 6) % 7),
        Month => days_from_civil(date.year, date.month, 1),
        Quarter => days_from_civil(date.year, (date.month - 1) / 3 * 3 + 1, 1),
        Year => days_from_civil(date.year, 1, 1),
        Decade => days_from_civil(decade_start(date.year), 1, 1),
        Century => days_from_civil(period_start(date.year, 100), 1, 1),
        Millennium => days_from_civil(period_start(date.year, 1000), 1, 1),
        _ => return Err(not_supported(name, type_name)),
    };
    join(start, 0).ok_or_else(timestamp_out_of_range)
}

fn truncate_timestamp(name: &str, timestamp: i64) -> Result<i64> {
    let field = field(name, TIMESTAMP)?;
    if !is_finite_timestamp(timestamp) {
        truncate_local(field, 0, name, TIMESTAMP)?;
        return Ok(timestamp);
    }
    truncate_local(field, timestamp, name, TIMESTAMP)
}

fn truncate_moment(name: &str, moment: i64, zone: &TimeZone) -> Result<i64> {
    let field = field(name, TIMESTAMPTZ)?;
    if !is_finite_timestamp(moment) {
        truncate_local(field, 0, name, TIMESTAMPTZ)?;
        return Ok(moment);
    }
    let local = zone.to_local(moment).ok_or_else(timestamp_out_of_range)?;
    let truncated = truncate_local(field, local, name, TIMESTAMPTZ)?;
    // Within a day the offset stays what it was, so that repeated hours are not mixed up.
    if field < Day {
        return Ok(truncated - (local - moment));
    }
    zone.to_utc(truncated).ok_or_else(timestamp_out_of_range)
}

fn truncate_interval(name: &str, value: Interval) -> Result<Interval> {
    let field = field(name, INTERVAL)?;
    let months = |unit: i32| Interval::new(value.months / unit * unit, 0, 0);
    let time = |unit: i64| Interval { microseconds: value.microseconds / unit * unit, ..value };
    if !value.is_finite() && (field <= Millennium && field != Week) {
        return Ok(value);
    }
    Ok(match field {
        Microsecond => value,
        Millisecond => time(1000),
        Second => time(MICROSECONDS_PER_SECOND),
        Minute => time(MICROSECONDS_PER_MINUTE),
        Hour => time(MICROSECONDS_PER_HOUR),
        Day => Interval { microseconds: 0, ..value },
        Month => months(1),
        Quarter => months(3),
        Year => months(12),
        Decade => months(120),
        Century => months(1200),
        Millennium => months(12_000),
        Week => {
            return Err(not_supported(name, INTERVAL).detail("Months usually have fractional weeks."));
        }
        _ => return Err(not_supported(name, INTERVAL)),
    })
}

expression::builtins! {
    pub static FUNCTIONS:
    6202 "extract" (field: text, value: timestamp) -> numeric, strict immutable { of_timestamp(field, value) }
    6203 "extract" (field: text, value: timestamptz) using context -> numeric, strict stable { of_moment(context, field, value) }
    6199 "extract" (field: text, value: date) -> numeric, strict immutable { of_date(field, value) }
    6200 "extract" (field: text, value: time) -> numeric, strict immutable { of_time(field, value) }
    6204 "extract" (field: text, value: interval) -> numeric, strict immutable { of_interval(field, value) }
    2021 "date_part" (field: text, value: timestamp) -> float8, strict immutable { Ok(as_float(of_timestamp(field, value)?)) }
    1171 "date_part" (field: text, value: timestamptz) using context -> float8, strict stable {
        Ok(as_float(of_moment(context, field, value)?))
    }
    1384 "date_part" (field: text, value: date) -> float8, strict immutable {
        Ok(as_float(of_timestamp(field, timestamp_of_date(value)?)?))
    }
    1385 "date_part" (field: text, value: time) -> float8, strict immutable { Ok(as_float(of_time(field, value)?)) }
    1172 "date_part" (field: text, value: interval) -> float8, strict immutable { Ok(as_float(of_interval(field, value)?)) }
    2020 "date_trunc" (field: text, value: timestamp) -> timestamp, strict immutable { truncate_timestamp(field, value) }
    1217 "date_trunc" (field: text, value: timestamptz) using context -> timestamptz, strict stable {
        truncate_moment(field, value, &context.settings.time_zone)
    }
    1284 "date_trunc" (field: text, value: timestamptz, zone: text) using context -> timestamptz,
        strict immutable {
        truncate_moment(field, value, &parse_zone(zone, context.settings)?)
    }
    1218 "date_trunc" (field: text, value: interval) -> interval, strict immutable { truncate_interval(field, value) }
}
