//! Casts among dates, times, timestamps and intervals, and to a number of decimal places.

use error::{Result, error};
use expression::sql::*;
use types::Interval;
use types::datetime::calendar::*;
use types::datetime::parse::{round_time, round_timestamp};
use types::interval_text::apply_modifier;

use super::shift::{from_zone, timestamp_of_date, timestamp_out_of_range};

fn date_of(local: i64) -> i32 {
    match local {
        TIMESTAMP_INFINITY => DATE_INFINITY,
        TIMESTAMP_NEGATIVE_INFINITY => DATE_NEGATIVE_INFINITY,
        _ => local.div_euclid(MICROSECONDS_PER_DAY) as i32,
    }
}

/// The time of day; infinity has none.
fn time_of(local: i64) -> Option<i64> {
    is_finite_timestamp(local).then(|| local.rem_euclid(MICROSECONDS_PER_DAY))
}

fn local_of(context: &expression::CallContext<'_>, moment: i64) -> Result<i64> {
    if !is_finite_timestamp(moment) {
        return Ok(moment);
    }
    context.settings.time_zone.to_local(moment).ok_or_else(timestamp_out_of_range)
}

/// Noted in seconds from 1970.
fn from_unix_seconds(seconds: f64) -> Result<i64> {
    if seconds.is_nan() {
        return Err(error!(DATETIME_FIELD_OVERFLOW, "timestamp cannot be NaN"));
    }
    if seconds.is_infinite() {
        return Ok(if seconds > 0.0 { TIMESTAMP_INFINITY } else { TIMESTAMP_NEGATIVE_INFINITY });
    }
    let microseconds = ((seconds - UNIX_EPOCH_SECONDS as f64) * 1e6).round_ties_even();
    // The cast saturates, and the ends are no valid timestamps.
    let timestamp = microseconds as i64;
    if is_valid_timestamp(timestamp) && is_finite_timestamp(timestamp) {
        return Ok(timestamp);
    }
    Err(error!(DATETIME_FIELD_OVERFLOW, "timestamp out of range: \"{seconds}\""))
}

expression::builtins! {
    pub static CASTS:
    2029 "date" (value: timestamp) -> date, strict immutable { Ok(date_of(value)) }
    1178 "date" (value: timestamptz) using context -> date, strict stable { Ok(date_of(local_of(context, value)?)) }
    2024 "timestamp" (value: date) -> timestamp, strict immutable { timestamp_of_date(value) }
    2027 "timestamp" (value: timestamptz) using context -> timestamp, strict stable { local_of(context, value) }
    1174 "timestamptz" (value: date) using context -> timestamptz, strict stable {
        from_zone(&context.settings.time_zone, timestamp_of_date(value)?)
    }
    2028 "timestamptz" (value: timestamp) using context -> timestamptz, strict stable { from_zone(&context.settings.time_zone, value) }
    2025 "timestamp" (day: date, at: time) -> timestamp, strict immutable {
        let start = timestamp_of_date(day)?;
        Ok(if is_finite_timestamp(start) { start + at } else { start })
    }
    1176 "timestamptz" (day: date, at: time) using context -> timestamptz, strict stable {
        let start = timestamp_of_date(day)?;
        from_zone(&context.settings.time_zone, if is_finite_timestamp(start) { start + at } else { start })
    }
    1316 "time" (value: timestamp) -> time, strict immutable { Ok(time_of(value)) }
    2019 "time" (value: timestamptz) using context -> time, strict stable { Ok(time_of(local_of(context, value)?)) }
    1419 "time" (value: interval) -> time, strict immutable {
        if !value.is_finite() {
            return Err(error!(DATETIME_FIELD_OVERFLOW, "cannot convert infinite interval to time"));
        }
        Ok(value.microseconds.rem_euclid(MICROSECONDS_PER_DAY))
    }
    1370 "interval" (value: time) -> interval, strict immutable leakproof { Ok(Interval::new(0, 0, value)) }
    1968 "time" (value: time, modifier: int4) -> time, strict immutable { Ok(round_time(value, modifier)) }
    1961 "timestamp" (value: timestamp, modifier: int4) -> timestamp, strict immutable { Ok(round_timestamp(value, modifier)) }
    1967 "timestamptz" (value: timestamptz, modifier: int4) -> timestamptz, strict immutable { Ok(round_timestamp(value, modifier)) }
    1200 "interval" (value: interval, modifier: int4) -> interval, strict immutable { Ok(apply_modifier(value, modifier)) }
    1158 "to_timestamp" (seconds: float8) -> timestamptz, strict immutable { from_unix_seconds(seconds) }
    5071 "xid" (value: xid8) -> xid, strict immutable { Ok(common::Oid(value as u32)) }
}
