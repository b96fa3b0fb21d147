//! `interval` as text: the PostgreSQL, SQL and ISO 8601 notations in, all four `IntervalStyle`s out.

use error::{Error, Result, error};

use crate::datetime::format::{fraction, two};
use crate::datetime::parse::{fraction_of, round_time};
use crate::interval::{Interval, MICROSECONDS_PER_DAY};
use crate::settings::{FormatSettings, IntervalStyle};

const SECOND: i64 = 1_000_000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;

const YEAR_BIT: i32 = 1 << 2;
const MONTH_BIT: i32 = 1 << 1;
const DAY_BIT: i32 = 1 << 3;
const HOUR_BIT: i32 = 1 << 10;
const MINUTE_BIT: i32 = 1 << 11;
const SECOND_BIT: i32 = 1 << 12;
const FULL_RANGE: i32 = 0x7fff;
const FULL_PRECISION: i32 = 0xffff;

/// Which unit a number counts.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Unit {
    Microsecond,
    Millisecond,
    Second,
    Minute,
    Hour,
    Day,
    Week,
    /// So many months.
    Months(i64),
}

/// The type modifier of a field range (a mask) and a precision (-1: full).
pub fn modifier_of(range: Option<i32>, precision: Option<i32>) -> i32 {
    range.unwrap_or(FULL_RANGE) << 16 | precision.unwrap_or(FULL_PRECISION)
}

/// Cuts an interval to the fields and the precision of a type modifier; -1 leaves it.
pub fn apply_modifier(mut interval: Interval, modifier: i32) -> Interval {
    if modifier < 0 || !interval.is_finite() {
        return interval;
    }
    let (range, precision) = (modifier >> 16 & FULL_RANGE, modifier & FULL_PRECISION);
    if range != FULL_RANGE {
        let least = if range & SECOND_BIT != 0 {
            None
        } else if range & MINUTE_BIT != 0 {
            Some(MINUTE)
        } else if range & HOUR_BIT != 0 {
            Some(HOUR)
        } else {
            Some(i64::MAX)
        };
        match least {
            Some(i64::MAX) => interval.microseconds = 0,
            Some(unit) => interval.microseconds = interval.microseconds / unit * unit,
            None => {}
        }
        let time_bits = DAY_BIT | HOUR_BIT | MINUTE_BIT | SECOND_BIT;
        if range & time_bits == 0 {
            interval.days = 0;
            if range & MONTH_BIT == 0 {
                interval.months = interval.months / 12 * 12;
            }
        }
    }
    if precision != FULL_PRECISION {
        interval.microseconds = round_time(interval.microseconds, precision);
    }
    interval
}

/// The sum so far, with the fields wide enough not to overflow on the way.
#[derive(Default)]
struct Sum {
    months: i64,
    days: i64,
    microseconds: i64,
}

enum Problem {
    Syntax,
    Range,
}

type Outcome<T> = std::result::Result<T, Problem>;

impl Sum {
    /// Adds `whole.fraction` units; the fraction of a unit goes to the smaller ones.
    fn add(&mut self, whole: i64, part: f64, unit: Unit) -> Outcome<()> {
        let time = |sum: &mut Sum, unit: i64| -> Outcome<()> {
            let value = whole.checked_mul(unit).ok_or(Problem::Range)?;
            let value =
                value.checked_add((part * unit as f64).round_ties_even() as i64).ok_or(Problem::Range)?;
            sum.microseconds = sum.microseconds.checked_add(value).ok_or(Problem::Range)?;
            Ok(())
        };
        match unit {
            Unit::Microsecond => time(self, 1),
            Unit::Millisecond => time(self, 1000),
            Unit::Second => time(self, SECOND),
            Unit::Minute => time(self, MINUTE),
            Unit::Hour => time(self, HOUR),
            Unit::Day => self.add_days(whole, part),
            Unit::Week => {
                let days = part * 7.0;
                let whole = whole.checked_mul(7).ok_or(Problem::Range)?;
                self.add_days(whole.saturating_add(days.trunc() as i64), days.fract())
            }
            Unit::Months(1) => {
                self.months = self.months.checked_add(whole).ok_or(Problem::Range)?;
                let days = part * 30.0;
                self.add_days(days.trunc() as i64, days.fract())
            }
            Unit::Months(months) => {
                let whole = whole.checked_mul(months).ok_or(Problem::Range)?;
                let part = (part * months as f64).round_ties_even() as i64;
                self.months = self.months.checked_add(whole.saturating_add(part)).ok_or(Problem::Range)?;
                Ok(())
            }
        }
    }

    fn add_days(&mut self, whole: i64, part: f64) -> Outcome<()> {
        self.days = self.days.checked_add(whole).ok_or(Problem::Range)?;
        let time = (part * MICROSECONDS_PER_DAY as f64).round_ties_even() as i64;
        self.microseconds = self.microseconds.checked_add(time).ok_or(Problem::Range)?;
        Ok(())
    }

    fn negate(&mut self) {
        (self.months, self.days, self.microseconds) = (-self.months, -self.days, -self.microseconds);
    }

    fn finish(self) -> Outcome<Interval> {
        let months = i32::try_from(self.months).map_err(|_| Problem::Range)?;
        let days = i32::try_from(self.days).map_err(|_| Problem::Range)?;
        let interval = Interval::new(months, days, self.microseconds);
        if interval.is_finite() { Ok(interval) } else { Err(Problem::Range) }
    }
}

/// Reads an interval and cuts it to the fields and precision of `modifier`.
///
/// # Errors
/// 22007 for bad syntax, 22015 for fields out of range.
pub fn parse_interval(text: &str, modifier: i32, settings: &FormatSettings) -> Result<Interval> {
    let trimmed = text.trim();
    let lower = trimmed.to_ascii_lowercase();
    match lower.as_str() {
        "infinity" | "+infinity" => return Ok(Interval::INFINITY),
        "-infinity" => return Ok(Interval::NEGATIVE_INFINITY),
        _ => {}
    }
    let sum = match lower.strip_prefix('p') {
        Some(iso) => parse_iso(iso),
        None => parse_words(&lower, modifier, settings),
    };
    sum.and_then(Sum::finish).map(|interval| apply_modifier(interval, modifier)).map_err(|problem| {
        match problem {
            Problem::Syntax => invalid(text),
            Problem::Range => {
                error!(INTERVAL_FIELD_OVERFLOW, "interval field value out of range: \"{text}\"")
            }
        }
    })
}

fn invalid(text: &str) -> Error {
    error!(INVALID_DATETIME_FORMAT, "invalid input syntax for type interval: \"{text}\"")
}

/// Sign, whole part and signed fraction of `[+-]digits[.digits]`.
fn decimal(text: &str) -> Outcome<(i64, f64, bool)> {
    let negative = text.starts_with('-');
    let body = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (whole, digits) = body.split_once('.').unwrap_or((body, ""));
    let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() && digits.is_empty() || !all_digits(whole) || !all_digits(digits) {
        return Err(Problem::Syntax);
    }
    let whole: i64 = if whole.is_empty() { 0 } else { whole.parse().map_err(|_| Problem::Range)? };
    let part: f64 =
        if digits.is_empty() { 0.0 } else { format!("0.{digits}").parse().map_err(|_| Problem::Syntax)? };
    Ok(if negative { (-whole, -part, true) } else { (whole, part, false) })
}

/// After the `P`: `1y2m3dt4h5m6s` or `0001-02-03t04:05:06`.
fn parse_iso(text: &str) -> Outcome<Sum> {
    let mut sum = Sum::default();
    let (dates, times) = match text.split_once('t') {
        Some((dates, times)) => (dates, Some(times)),
        None => (text, None),
    };
    if dates.is_empty() && times.is_none_or(str::is_empty) {
        return Err(Problem::Syntax);
    }
    let has_units = |part: &str| part.bytes().any(|byte| byte.is_ascii_alphabetic());
    for (part, is_time) in [(dates, false), (times.unwrap_or(""), true)] {
        if part.is_empty() {
            continue;
        }
        if !has_units(part) {
            let separator = if is_time { ':' } else { '-' };
            let units = if is_time {
                [Unit::Hour, Unit::Minute, Unit::Second]
            } else {
                [Unit::Months(12), Unit::Months(1), Unit::Day]
            };
            for (number, unit) in part.split(separator).zip(units) {
                let (whole, rest, _) = decimal(number)?;
                sum.add(whole, rest, unit)?;
            }
            continue;
        }
        let mut rest = part;
        while let Some(end) = rest.find(|c: char| c.is_ascii_alphabetic()) {
            let (whole, fraction, _) = decimal(&rest[..end])?;
            let unit = match (rest.as_bytes()[end], is_time) {
                (b'y', false) => Unit::Months(12),
                (b'm', false) => Unit::Months(1),
                (b'w', false) => Unit::Week,
                (b'd', false) => Unit::Day,
                (b'h', true) => Unit::Hour,
                (b'm', true) => Unit::Minute,
                (b's', true) => Unit::Second,
                _ => return Err(Problem::Syntax),
            };
            sum.add(whole, fraction, unit)?;
            rest = &rest[end + 1..];
        }
        if !rest.is_empty() {
            return Err(Problem::Syntax);
        }
    }
    Ok(sum)
}

fn unit_of(word: &str) -> Option<Unit> {
    Some(match word {
        "us" | "usec" | "usecs" | "usecond" | "useconds" | "microsecon" | "microsecond" | "microseconds" => {
            Unit::Microsecond
        }
        "ms" | "msec" | "msecs" | "msecond" | "mseconds" | "millisecon" | "millisecond" | "milliseconds" => {
            Unit::Millisecond
        }
        "s" | "sec" | "secs" | "second" | "seconds" => Unit::Second,
        "m" | "min" | "mins" | "minute" | "minutes" => Unit::Minute,
        "h" | "hr" | "hrs" | "hour" | "hours" => Unit::Hour,
        "d" | "day" | "days" => Unit::Day,
        "w" | "week" | "weeks" => Unit::Week,
        "mon" | "mons" | "month" | "months" => Unit::Months(1),
        "qtr" | "quarter" | "quarters" => Unit::Months(3),
        "y" | "yr" | "yrs" | "year" | "years" => Unit::Months(12),
        "dec" | "decs" | "decade" | "decades" => Unit::Months(120),
        "c" | "cent" | "century" | "centuries" => Unit::Months(1200),
        "mil" | "mils" | "millennia" | "millennium" => Unit::Months(12000),
        _ => return None,
    })
}

/// The unit of a number without one: the smallest field of the type modifier.
fn default_unit(modifier: i32) -> Unit {
    let range = if modifier < 0 { FULL_RANGE } else { modifier >> 16 & FULL_RANGE };
    match range {
        FULL_RANGE => Unit::Second,
        _ if range & SECOND_BIT != 0 => Unit::Second,
        _ if range & MINUTE_BIT != 0 => Unit::Minute,
        _ if range & HOUR_BIT != 0 => Unit::Hour,
        _ if range & DAY_BIT != 0 => Unit::Day,
        _ if range & MONTH_BIT != 0 => Unit::Months(1),
        _ if range & YEAR_BIT != 0 => Unit::Months(12),
        _ => Unit::Second,
    }
}

/// `1 year 2 mons -3 days 04:05:06 ago` and `1-2 3 4:05:06`.
fn parse_words(text: &str, modifier: i32, settings: &FormatSettings) -> Outcome<Sum> {
    let mut sum = Sum::default();
    let tokens = tokens(text)?;
    // In the SQL notation a leading minus counts for all fields that have no sign of their own.
    let leading_minus = settings.interval_style == IntervalStyle::SqlStandard
        && tokens.first().is_some_and(|token| token.starts_with('-'))
        && !tokens.iter().skip(1).any(|token| token.starts_with(['+', '-']));
    let mut any = false;
    let mut at = 0;
    // No unit may come twice; a clock is hours, minutes and seconds.
    let mut seen: Vec<Unit> = Vec::new();
    let mut once = |unit: Unit| {
        if seen.contains(&unit) {
            return Err(Problem::Syntax);
        }
        seen.push(unit);
        Ok(())
    };
    while at < tokens.len() {
        let signed;
        let token = if leading_minus && at > 0 && tokens[at].starts_with(|c: char| c.is_ascii_digit()) {
            signed = format!("-{}", tokens[at]);
            signed.as_str()
        } else {
            tokens[at].as_str()
        };
        at += 1;
        if token == "@" {
            continue;
        }
        if token == "ago" {
            if at != tokens.len() || !any {
                return Err(Problem::Syntax);
            }
            sum.negate();
            continue;
        }
        let body = token.trim_start_matches(['+', '-']);
        if token.contains(':') {
            [Unit::Hour, Unit::Minute, Unit::Second].into_iter().try_for_each(&mut once)?;
            add_clock(&mut sum, token, modifier)?;
        } else if body.contains('-') {
            let (years, months) = body.split_once('-').ok_or(Problem::Syntax)?;
            let number = |part: &str| part.parse::<i64>().map_err(|_| Problem::Syntax);
            let (years, months) = (number(years)?, number(months)?);
            [Unit::Months(12), Unit::Months(1)].into_iter().try_for_each(&mut once)?;
            if months > 11 {
                return Err(Problem::Range);
            }
            let total =
                years.checked_mul(12).and_then(|years| years.checked_add(months)).ok_or(Problem::Range)?;
            sum.months += if token.starts_with('-') { -total } else { total };
        } else if body.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
            let (whole, part, _) = decimal(token)?;
            let unit = match tokens.get(at).and_then(|word| unit_of(word)) {
                Some(unit) => {
                    at += 1;
                    unit
                }
                None if tokens.get(at).is_some_and(|next| next.contains(':')) => Unit::Day,
                None if at < tokens.len()
                    && tokens[at] != "ago"
                    && !tokens[at].starts_with(|c: char| c.is_ascii_digit() || c == '-' || c == '+') =>
                {
                    return Err(Problem::Syntax);
                }
                None => default_unit(modifier),
            };
            once(unit)?;
            sum.add(whole, part, unit)?;
        } else {
            return Err(Problem::Syntax);
        }
        any = true;
    }
    if any { Ok(sum) } else { Err(Problem::Syntax) }
}

/// Words, and numbers with their signs.
fn tokens(text: &str) -> Outcome<Vec<String>> {
    let mut tokens: Vec<String> = Vec::new();
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        let start = at;
        match bytes[at] {
            b' ' | b'\t' | b'\n' | b'\r' | b',' => {
                at += 1;
                continue;
            }
            b'@' => at += 1,
            byte if byte.is_ascii_alphabetic() => {
                while at < bytes.len() && bytes[at].is_ascii_alphabetic() {
                    at += 1;
                }
            }
            b'+' | b'-' | b'0'..=b'9' | b'.' => {
                let sign = if matches!(bytes[at], b'+' | b'-') {
                    at += 1;
                    while at < bytes.len() && bytes[at] == b' ' {
                        at += 1;
                    }
                    &text[start..start + 1]
                } else {
                    ""
                };
                let digits = at;
                while at < bytes.len() {
                    let joins =
                        bytes[at] == b'-' && at > digits && bytes.get(at + 1).is_some_and(u8::is_ascii_digit);
                    if !(bytes[at].is_ascii_digit() || matches!(bytes[at], b'.' | b':') || joins) {
                        break;
                    }
                    at += 1;
                }
                tokens.push(format!("{sign}{}", &text[digits..at]));
                continue;
            }
            _ => return Err(Problem::Syntax),
        }
        tokens.push(text[start..at].to_owned());
    }
    Ok(tokens)
}

/// `[+-]hh:mm[:ss[.fraction]]`, or `mm:ss.fraction`.
fn add_clock(sum: &mut Sum, token: &str, modifier: i32) -> Outcome<()> {
    let negative = token.starts_with('-');
    let body = token.trim_start_matches(['+', '-']);
    let parts: Vec<&str> = body.split(':').collect();
    let number = |part: &str| -> Outcome<i64> {
        if part.is_empty() || !part.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(Problem::Syntax);
        }
        part.parse().map_err(|_| Problem::Range)
    };
    let minutes_first = modifier >= 0 && modifier >> 16 & FULL_RANGE == MINUTE_BIT | SECOND_BIT;
    let (hours, minutes, seconds) = match parts[..] {
        [minutes, seconds] if seconds.contains('.') || minutes_first => (0, number(minutes)?, seconds),
        [hours, minutes] => (number(hours)?, number(minutes)?, "0"),
        [hours, minutes, seconds] => (number(hours)?, number(minutes)?, seconds),
        _ => return Err(Problem::Syntax),
    };
    let (whole, digits) = seconds.split_once('.').unwrap_or((seconds, ""));
    let seconds = number(whole)? * SECOND + fraction_of(digits).ok_or(Problem::Syntax)?;
    if minutes > 59 || seconds > 60 * SECOND {
        return Err(Problem::Range);
    }
    let time = hours.checked_mul(HOUR).and_then(|time| time.checked_add(minutes * MINUTE + seconds));
    let time = time.ok_or(Problem::Range)?;
    sum.microseconds =
        sum.microseconds.checked_add(if negative { -time } else { time }).ok_or(Problem::Range)?;
    Ok(())
}

fn number(value: impl itoa::Integer, out: &mut Vec<u8>) {
    out.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
}

/// `hh:mm:ss.fraction` of a size.
fn write_clock(microseconds: u64, out: &mut Vec<u8>) {
    let hours = microseconds / HOUR as u64;
    if hours < 100 {
        two(hours as i32, out)
    } else {
        number(hours, out)
    }
    write_minutes(microseconds, out);
}

fn write_minutes(microseconds: u64, out: &mut Vec<u8>) {
    out.push(b':');
    two((microseconds / MINUTE as u64 % 60) as i32, out);
    out.push(b':');
    two((microseconds / SECOND as u64 % 60) as i32, out);
    fraction((microseconds % SECOND as u64) as i32, out);
}

/// Appends the text form.
pub fn write_interval(interval: &Interval, settings: &FormatSettings, out: &mut Vec<u8>) {
    if !interval.is_finite() {
        let negative = *interval == Interval::NEGATIVE_INFINITY;
        return out.extend_from_slice(if negative { b"-infinity" } else { b"infinity" });
    }
    match settings.interval_style {
        IntervalStyle::Postgres => write_postgres(interval, out),
        IntervalStyle::PostgresVerbose => write_verbose(interval, out),
        IntervalStyle::SqlStandard => write_sql(interval, out),
        IntervalStyle::Iso8601 => write_iso(interval, out),
    }
}

fn write_postgres(interval: &Interval, out: &mut Vec<u8>) {
    let start = out.len();
    let mut after_negative = false;
    for (value, unit) in
        [(interval.months / 12, "year"), (interval.months % 12, "mon"), (interval.days, "day")]
    {
        if value != 0 {
            if out.len() > start {
                out.push(b' ');
            }
            if after_negative && value > 0 {
                out.push(b'+');
            }
            number(value, out);
            out.push(b' ');
            out.extend_from_slice(unit.as_bytes());
            if value != 1 {
                out.push(b's');
            }
            after_negative = value < 0;
        }
    }
    if interval.microseconds != 0 || out.len() == start {
        if out.len() > start {
            out.push(b' ');
        }
        if interval.microseconds < 0 {
            out.push(b'-');
        } else if after_negative {
            out.push(b'+');
        }
        write_clock(interval.microseconds.unsigned_abs(), out);
    }
}

fn write_verbose(interval: &Interval, out: &mut Vec<u8>) {
    out.push(b'@');
    let time = interval.microseconds;
    // The first field decides the sign of all.
    let mut ago = None;
    let fields = [
        (i64::from(interval.months / 12), "year"),
        (i64::from(interval.months % 12), "mon"),
        (i64::from(interval.days), "day"),
        (time / HOUR, "hour"),
        (time / MINUTE % 60, "min"),
    ];
    for (value, unit) in fields {
        if value != 0 {
            let negative = *ago.get_or_insert(value < 0);
            let value = if negative { -value } else { value };
            out.push(b' ');
            number(value, out);
            out.push(b' ');
            out.extend_from_slice(unit.as_bytes());
            if value != 1 {
                out.push(b's');
            }
        }
    }
    let seconds = time % MINUTE;
    if seconds != 0 {
        let negative = *ago.get_or_insert(seconds < 0);
        out.push(b' ');
        if (seconds < 0) != negative {
            out.push(b'-');
        }
        number(seconds.abs() / SECOND, out);
        fraction((seconds.abs() % SECOND) as i32, out);
        out.extend_from_slice(if seconds.abs() == SECOND { b" sec" } else { b" secs" });
    }
    match ago {
        None => out.extend_from_slice(b" 0"),
        Some(true) => out.extend_from_slice(b" ago"),
        Some(false) => {}
    }
}

fn write_sql(interval: &Interval, out: &mut Vec<u8>) {
    let Interval { months, days, microseconds } = *interval;
    let has_negative = months < 0 || days < 0 || microseconds < 0;
    let has_positive = months > 0 || days > 0 || microseconds > 0;
    let (has_months, has_days, has_time) = (months != 0, days != 0, microseconds != 0);
    let clock = |size: u64, out: &mut Vec<u8>| {
        number(size / HOUR as u64, out);
        write_minutes(size, out);
    };
    let year_month = |months: u32, out: &mut Vec<u8>| {
        number(months / 12, out);
        out.push(b'-');
        number(months % 12, out);
    };
    let sign = |negative: bool| if negative { b'-' } else { b'+' };
    if !has_negative && !has_positive {
        return out.push(b'0');
    }
    if has_negative && has_positive || has_months && (has_days || has_time) {
        // Mixed: every field with its own sign.
        out.push(sign(months < 0));
        year_month(months.unsigned_abs(), out);
        out.push(b' ');
        out.push(sign(days < 0));
        number(days.unsigned_abs(), out);
        out.push(b' ');
        out.push(sign(microseconds < 0));
        return clock(microseconds.unsigned_abs(), out);
    }
    if has_negative {
        out.push(b'-');
    }
    if has_months {
        return year_month(months.unsigned_abs(), out);
    }
    if has_days {
        number(days.unsigned_abs(), out);
        out.push(b' ');
    }
    clock(microseconds.unsigned_abs(), out);
}

fn write_iso(interval: &Interval, out: &mut Vec<u8>) {
    if *interval == Interval::default() {
        return out.extend_from_slice(b"PT0S");
    }
    out.push(b'P');
    for (value, unit) in [(interval.months / 12, b'Y'), (interval.months % 12, b'M'), (interval.days, b'D')] {
        if value != 0 {
            number(value, out);
            out.push(unit);
        }
    }
    let time = interval.microseconds;
    if time != 0 {
        out.push(b'T');
        for (value, unit) in [(time / HOUR, b'H'), (time / MINUTE % 60, b'M')] {
            if value != 0 {
                number(value, out);
                out.push(unit);
            }
        }
        let seconds = time % MINUTE;
        if seconds != 0 {
            if seconds < 0 {
                out.push(b'-');
            }
            number(seconds.abs() / SECOND, out);
            fraction((seconds.abs() % SECOND) as i32, out);
            out.push(b'S');
        }
    }
}
