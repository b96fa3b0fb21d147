//! Arithmetic of intervals.

use error::{Error, Result, error};
use types::Interval;
use types::interval::MICROSECONDS_PER_DAY;

#[cold]
pub fn out_of_range() -> Error {
    error!(DATETIME_FIELD_OVERFLOW, "interval out of range")
}

/// A result that must not have become an infinity by chance.
fn finite(interval: Interval) -> Result<Interval> {
    if interval.is_finite() { Ok(interval) } else { Err(out_of_range()) }
}

pub fn add(a: Interval, b: Interval) -> Result<Interval> {
    match (a.is_finite(), b.is_finite()) {
        (true, true) => {
            let sum = || {
                Some(Interval {
                    microseconds: a.microseconds.checked_add(b.microseconds)?,
                    days: a.days.checked_add(b.days)?,
                    months: a.months.checked_add(b.months)?,
                })
            };
            finite(sum().ok_or_else(out_of_range)?)
        }
        (false, true) => Ok(a),
        (true, false) => Ok(b),
        (false, false) if a == b => Ok(a),
        (false, false) => Err(out_of_range()),
    }
}

pub fn negate(a: Interval) -> Result<Interval> {
    if a == Interval::INFINITY {
        return Ok(Interval::NEGATIVE_INFINITY);
    } else if a == Interval::NEGATIVE_INFINITY {
        return Ok(Interval::INFINITY);
    }
    let negated = || {
        Some(Interval {
            microseconds: a.microseconds.checked_neg()?,
            days: a.days.checked_neg()?,
            months: a.months.checked_neg()?,
        })
    };
    finite(negated().ok_or_else(out_of_range)?)
}

pub fn subtract(a: Interval, b: Interval) -> Result<Interval> {
    match (a.is_finite(), b.is_finite()) {
        (true, true) => {
            let difference = || {
                Some(Interval {
                    microseconds: a.microseconds.checked_sub(b.microseconds)?,
                    days: a.days.checked_sub(b.days)?,
                    months: a.months.checked_sub(b.months)?,
                })
            };
            finite(difference().ok_or_else(out_of_range)?)
        }
        (false, true) => Ok(a),
        (true, false) => negate(b),
        (false, false) if a == b => Err(out_of_range()),
        (false, false) => Ok(a),
    }
}

/// Rounds to six decimal places, which is as exact as microseconds are.
fn round_microseconds(seconds: f64) -> f64 {
    (seconds * 1e6).round_ties_even() / 1e6
}

/// Scales all fields; what is left of a month or a day spills into days and seconds.
fn scale(interval: Interval, by: impl Fn(f64) -> f64) -> Result<Interval> {
    let to_i32 = |value: f64| -> Result<i32> {
        if !(-2_147_483_648.0..2_147_483_648.0).contains(&value) {
            return Err(out_of_range());
        }
        Ok(value as i32)
    };
    let (months, days) = (by(interval.months.into()), by(interval.days.into()));
    let whole_months = to_i32(months)?;
    let mut whole_days = to_i32(days)?;
    let month_days = round_microseconds((months - f64::from(whole_months)) * 30.0);
    let mut seconds =
        round_microseconds((days - f64::from(whole_days) + month_days - month_days.trunc()) * 86_400.0);
    if seconds.abs() >= 86_400.0 {
        let carried = (seconds / 86_400.0).trunc();
        whole_days = whole_days.checked_add(carried as i32).ok_or_else(out_of_range)?;
        seconds -= carried * 86_400.0;
    }
    whole_days = whole_days.checked_add(month_days as i32).ok_or_else(out_of_range)?;
    let microseconds = (by(interval.microseconds as f64) + seconds * 1e6).round_ties_even();
    if microseconds.is_nan() || microseconds.abs() >= 9_223_372_036_854_775_808.0 {
        return Err(out_of_range());
    }
    finite(Interval { microseconds: microseconds as i64, days: whole_days, months: whole_months })
}

fn signed_infinity(interval: Interval, is_negative: bool) -> Interval {
    if (interval == Interval::INFINITY) == is_negative {
        Interval::NEGATIVE_INFINITY
    } else {
        Interval::INFINITY
    }
}

pub fn multiply(interval: Interval, factor: f64) -> Result<Interval> {
    if factor.is_nan() {
        return Err(out_of_range());
    }
    if !interval.is_finite() {
        return if factor == 0.0 { Err(out_of_range()) } else { Ok(signed_infinity(interval, factor < 0.0)) };
    }
    if factor.is_infinite() {
        let sign = interval.span().signum();
        return match sign {
            0 => Err(out_of_range()),
            _ if (sign < 0) == (factor < 0.0) => Ok(Interval::INFINITY),
            _ => Ok(Interval::NEGATIVE_INFINITY),
        };
    }
    scale(interval, |value| value * factor)
}

/// # Errors
/// 22012 for zero.
pub fn divide(interval: Interval, divisor: f64) -> Result<Interval> {
    if divisor == 0.0 {
        return Err(crate::integer::division_by_zero());
    }
    if divisor.is_nan() {
        return Err(out_of_range());
    }
    if !interval.is_finite() {
        return if divisor.is_infinite() {
            Err(out_of_range())
        } else {
            Ok(signed_infinity(interval, divisor < 0.0))
        };
    }
    scale(interval, |value| value / divisor)
}

/// Turns whole days of 24 hours into days.
pub fn justify_hours(mut interval: Interval) -> Result<Interval> {
    if !interval.is_finite() {
        return Ok(interval);
    }
    let carried = interval.microseconds / MICROSECONDS_PER_DAY;
    interval.microseconds -= carried * MICROSECONDS_PER_DAY;
    interval.days = add_days(interval.days, carried)?;
    if interval.days > 0 && interval.microseconds < 0 {
        interval.microseconds += MICROSECONDS_PER_DAY;
        interval.days -= 1;
    } else if interval.days < 0 && interval.microseconds > 0 {
        interval.microseconds -= MICROSECONDS_PER_DAY;
        interval.days += 1;
    }
    Ok(interval)
}

/// Turns whole months of 30 days into months.
pub fn justify_days(mut interval: Interval) -> Result<Interval> {
    if !interval.is_finite() {
        return Ok(interval);
    }
    let carried = interval.days / 30;
    interval.days -= carried * 30;
    interval.months = interval.months.checked_add(carried).ok_or_else(out_of_range)?;
    if interval.months > 0 && interval.days < 0 {
        interval.days += 30;
        interval.months -= 1;
    } else if interval.months < 0 && interval.days > 0 {
        interval.days -= 30;
        interval.months += 1;
    }
    Ok(interval)
}

/// Both, with one sign for all fields.
pub fn justify(mut interval: Interval) -> Result<Interval> {
    if !interval.is_finite() {
        return Ok(interval);
    }
    let carried = interval.microseconds / MICROSECONDS_PER_DAY;
    interval.microseconds -= carried * MICROSECONDS_PER_DAY;
    interval.days = add_days(interval.days, carried)?;
    let carried = interval.days / 30;
    interval.days -= carried * 30;
    interval.months = interval.months.checked_add(carried).ok_or_else(out_of_range)?;
    let is_below = interval.days < 0 || (interval.days == 0 && interval.microseconds < 0);
    let is_above = interval.days > 0 || (interval.days == 0 && interval.microseconds > 0);
    if interval.months > 0 && is_below {
        interval.days += 30;
        interval.months -= 1;
    } else if interval.months < 0 && is_above {
        interval.days -= 30;
        interval.months += 1;
    }
    if interval.days > 0 && interval.microseconds < 0 {
        interval.microseconds += MICROSECONDS_PER_DAY;
        interval.days -= 1;
    } else if interval.days < 0 && interval.microseconds > 0 {
        interval.microseconds -= MICROSECONDS_PER_DAY;
        interval.days += 1;
    }
    Ok(interval)
}

fn add_days(days: i32, carried: i64) -> Result<i32> {
    i32::try_from(i64::from(days) + carried).map_err(|_| out_of_range())
}
