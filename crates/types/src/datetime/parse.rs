//! Reading dates, times and timestamps.
//!
//! The text is cut into tokens (dates, times, numbers, words, zones), each of which fills fields of a [`Fields`];
//! the type then takes the fields it needs. The order of bare numbers follows `DateStyle`.

use error::{Error, Result, error};

use super::abbreviations::abbreviation_offset;
use super::calendar::{
    DATE_INFINITY, DATE_NEGATIVE_INFINITY, DAY_NAMES, MICROSECONDS_PER_DAY, MICROSECONDS_PER_HOUR,
    MICROSECONDS_PER_MINUTE, MICROSECONDS_PER_SECOND, MONTH_NAMES, TIMESTAMP_INFINITY,
    TIMESTAMP_NEGATIVE_INFINITY, UNIX_EPOCH_SECONDS, days_from_civil, days_in_month, is_valid_date,
    is_valid_timestamp, join,
};
use super::zone::TimeZone;
use crate::settings::{DateOrder, FormatSettings};

/// What can be wrong with a text.
#[derive(Clone, Debug)]
enum Problem {
    Syntax,
    Range,
    /// A month or day out of range, perhaps because the order was another.
    MonthOrDay,
    ZoneRange,
    UnknownZone(String),
}

impl Problem {
    fn report(self, text: &str, type_name: &str) -> Error {
        match self {
            Problem::Syntax => {
                error!(INVALID_DATETIME_FORMAT, "invalid input syntax for type {type_name}: \"{text}\"")
            }
            Problem::Range => out_of_field_range(text),
            Problem::MonthOrDay => {
                out_of_field_range(text).hint("Perhaps you need a different \"DateStyle\" setting.")
            }
            Problem::ZoneRange => error!(
                INVALID_TIME_ZONE_DISPLACEMENT_VALUE,
                "time zone displacement out of range: \"{text}\""
            ),
            Problem::UnknownZone(name) => {
                error!(INVALID_PARAMETER_VALUE, "time zone \"{name}\" not recognized")
            }
        }
    }
}

fn out_of_field_range(text: &str) -> Error {
    error!(DATETIME_FIELD_OVERFLOW, "date/time field value out of range: \"{text}\"")
}

#[derive(Clone, Copy, PartialEq, Debug)]
enum Special {
    Now,
    Epoch,
    Infinity,
    NegativeInfinity,
}

#[derive(Clone, Debug)]
enum Zone {
    Offset(i32),
    Named(TimeZone),
}

/// What the tokens said.
#[derive(Default)]
struct Fields {
    year: Option<i64>,
    /// The year had two digits, so that the century is a guess.
    short_year: bool,
    month: Option<i64>,
    day: Option<i64>,
    day_of_year: Option<i64>,
    julian: Option<i64>,
    /// Days from today.
    relative_day: Option<i64>,
    time: Option<i64>,
    afternoon: Option<bool>,
    zone: Option<Zone>,
    special: Option<Special>,
    before_christ: bool,
    /// The month was a word.
    named_month: bool,
    weekday: bool,
    /// After `T`: a number is a time.
    time_follows: bool,
    /// Four or six digits that could be a date as well as a time.
    alone: Option<String>,
}

type Outcome<T> = std::result::Result<T, Problem>;

/// Reads a date: days from 2000-01-01.
///
/// # Errors
/// 22007 for bad syntax, 22008 for values out of range.
pub fn parse_date(text: &str, settings: &FormatSettings) -> Result<i32> {
    if let Some(date) = plain_date(text.as_bytes()) {
        return Ok(date);
    }
    let fields = Fields::read(text, settings).map_err(|problem| problem.report(text, "date"))?;
    let days = match fields.special {
        Some(Special::Infinity) => return Ok(DATE_INFINITY),
        Some(Special::NegativeInfinity) => return Ok(DATE_NEGATIVE_INFINITY),
        Some(Special::Epoch) => days_from_civil(1970, 1, 1),
        Some(Special::Now) => today(settings),
        None => fields.days(settings).map_err(|problem| problem.report(text, "date"))?,
    };
    if !is_valid_date(days) {
        return Err(error!(DATETIME_VALUE_OUT_OF_RANGE, "date out of range: \"{text}\""));
    }
    Ok(days as i32)
}

/// `YYYY-MM-DD`, by far the most frequent form, without the detour over tokens.
fn plain_date(bytes: &[u8]) -> Option<i32> {
    let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] = *bytes else { return None };
    let mut number = [0; 8];
    for (digit, byte) in number.iter_mut().zip([y1, y2, y3, y4, m1, m2, d1, d2]) {
        *digit = i32::from(byte.wrapping_sub(b'0'));
        if *digit > 9 {
            return None;
        }
    }
    let [y1, y2, y3, y4, m1, m2, d1, d2] = number;
    let (year, month, day) = (y1 * 1000 + y2 * 100 + y3 * 10 + y4, m1 * 10 + m2, d1 * 10 + d2);
    let valid = year > 0 && (1..=12).contains(&month) && day > 0 && day <= days_in_month(year, month);
    valid.then(|| days_from_civil(year, month, day) as i32)
}

/// Reads a time of day: microseconds from midnight, rounded to the precision in `modifier`.
pub fn parse_time(text: &str, modifier: i32, settings: &FormatSettings) -> Result<i64> {
    let type_name = "time";
    let mut fields = Fields::read(text, settings).map_err(|problem| problem.report(text, type_name))?;
    if let (Some(digits), None) = (fields.alone.take(), fields.time) {
        fields = Fields::default();
        fields.packed_clock(&digits, "").map_err(|problem| problem.report(text, type_name))?;
    }
    let time = match (fields.special, fields.time) {
        (Some(Special::Now), None) => local_now(settings).rem_euclid(MICROSECONDS_PER_DAY),
        (None, Some(time)) => time,
        _ => return Err(Problem::Syntax.report(text, type_name)),
    };
    if fields.year.is_some() || fields.month.is_some() || fields.day.is_some() {
        fields.days(settings).map_err(|problem| problem.report(text, type_name))?;
    }
    Ok(round_time(time, modifier))
}

/// Reads a timestamp without time zone; a zone in the text is ignored.
pub fn parse_timestamp(text: &str, modifier: i32, settings: &FormatSettings) -> Result<i64> {
    let type_name = "timestamp";
    let fields = Fields::read(text, settings).map_err(|problem| problem.report(text, type_name))?;
    let timestamp = match fields.special {
        Some(Special::Now) => local_now(settings),
        _ => fields.timestamp(text, type_name, settings)?,
    };
    Ok(round_timestamp(timestamp, modifier))
}

/// Reads a timestamp with time zone; without a zone in the text the session's is meant.
pub fn parse_timestamptz(text: &str, modifier: i32, settings: &FormatSettings) -> Result<i64> {
    let type_name = "timestamp with time zone";
    let fields = Fields::read(text, settings).map_err(|problem| problem.report(text, type_name))?;
    let timestamp = match fields.special {
        Some(Special::Now) => settings.now,
        Some(_) => fields.timestamp(text, type_name, settings)?,
        None => {
            let local = fields.timestamp(text, type_name, settings)?;
            let seconds = local.div_euclid(MICROSECONDS_PER_SECOND) + UNIX_EPOCH_SECONDS;
            let offset = match &fields.zone {
                Some(Zone::Offset(offset)) => *offset,
                Some(Zone::Named(zone)) => zone.offset_of_local(seconds),
                None => settings.time_zone.offset_of_local(seconds),
            };
            let moment = local - i64::from(offset) * MICROSECONDS_PER_SECOND;
            if !is_valid_timestamp(moment) {
                return Err(error!(DATETIME_VALUE_OUT_OF_RANGE, "timestamp out of range: \"{text}\""));
            }
            moment
        }
    };
    Ok(round_timestamp(timestamp, modifier))
}

/// The offset or zone that a text names: an abbreviation, a full name, a POSIX rule, or a number of hours.
///
/// # Errors
/// 22023 for unknown names.
pub fn parse_zone(text: &str, settings: &FormatSettings) -> Result<TimeZone> {
    let trimmed = text.trim();
    if let Some(sign @ (b'+' | b'-')) = trimmed.as_bytes().first()
        && let Ok(offset) = numeric_zone(&trimmed[1..])
    {
        return Ok(TimeZone::fixed(if *sign == b'-' { -offset } else { offset }));
    }
    match word_zone(trimmed, settings) {
        Some(Zone::Offset(offset)) => Ok(TimeZone::fixed(offset)),
        Some(Zone::Named(zone)) => Ok(zone),
        None => Err(error!(INVALID_PARAMETER_VALUE, "time zone \"{text}\" not recognized")),
    }
}

/// Rounds a time or timestamp to a number of decimal places; -1 leaves it.
pub fn round_time(time: i64, modifier: i32) -> i64 {
    if !(0..6).contains(&modifier) {
        return time;
    }
    let unit = 10i64.pow(6 - modifier as u32);
    let half = unit / 2;
    if time >= 0 { (time + half) / unit * unit } else { -((-time + half) / unit * unit) }
}

/// Like [`round_time`]; infinite stays infinite.
pub fn round_timestamp(timestamp: i64, modifier: i32) -> i64 {
    match timestamp {
        TIMESTAMP_INFINITY | TIMESTAMP_NEGATIVE_INFINITY => timestamp,
        _ => round_time(timestamp, modifier),
    }
}

fn local_now(settings: &FormatSettings) -> i64 {
    settings.time_zone.to_local(settings.now).unwrap_or(settings.now)
}

fn today(settings: &FormatSettings) -> i64 {
    local_now(settings).div_euclid(MICROSECONDS_PER_DAY)
}

impl Fields {
    fn read(text: &str, settings: &FormatSettings) -> Outcome<Fields> {
        let mut fields = Fields::default();
        let bytes = text.as_bytes();
        if bytes.len() > 200 {
            return Err(Problem::Syntax);
        }
        let mut at = 0;
        let run = |from: usize, accept: &dyn Fn(u8) -> bool| {
            from + bytes[from..].iter().take_while(|byte| accept(**byte)).count()
        };
        while at < bytes.len() {
            let start = at;
            match bytes[at] {
                b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c | b',' => at += 1,
                b'0'..=b'9' => {
                    let end = run(at, &|byte| byte.is_ascii_digit());
                    match bytes.get(end) {
                        Some(b':') => {
                            at = run(end, &|byte| byte.is_ascii_digit() || byte == b':' || byte == b'.');
                            fields.clock(&text[start..at])?;
                        }
                        Some(b'-' | b'/') | Some(b'.') if is_date(&bytes[end..]) => {
                            let separator = bytes[end];
                            at = run(end, &|byte| byte == separator || byte.is_ascii_alphanumeric());
                            // `2024-01-01T10:00` ends at the T.
                            at = cut_at_time_marker(bytes, start, at);
                            fields.dashed_date(&text[start..at], separator as char, settings)?;
                        }
                        _ => {
                            at = run(end, &|byte| byte.is_ascii_digit() || byte == b'.');
                            fields.number(&text[start..at], settings)?;
                        }
                    }
                }
                b'+' | b'-' => {
                    let end = run(at + 1, &|byte| byte == b' ');
                    if bytes.get(end).is_some_and(u8::is_ascii_digit) {
                        at = run(end, &|byte| byte.is_ascii_digit() || byte == b':');
                        fields.numeric_zone(&text[end..at], bytes[start] == b'-')?;
                    } else {
                        at = run(end, &|byte| byte.is_ascii_alphabetic());
                        let word = text[end..at].to_ascii_lowercase();
                        fields.special = match (word.as_str(), bytes[start]) {
                            ("infinity" | "inf", b'+') => Some(Special::Infinity),
                            ("infinity" | "inf", _) => Some(Special::NegativeInfinity),
                            _ => return Err(Problem::Syntax),
                        };
                    }
                }
                byte if byte.is_ascii_alphabetic() => {
                    let end = run(at, &|byte| byte.is_ascii_alphabetic());
                    let word = &text[start..end];
                    match bytes.get(end) {
                        Some(separator @ (b'-' | b'.' | b'/'))
                            if month_of(word).is_some()
                                && bytes.get(end + 1).is_some_and(u8::is_ascii_digit) =>
                        {
                            at = run(end, &|byte| byte == *separator || byte.is_ascii_digit());
                            fields.dashed_date(&text[start..at], *separator as char, settings)?;
                        }
                        Some(b'0'..=b'9') if word.eq_ignore_ascii_case("j") => {
                            at = run(end, &|byte| byte.is_ascii_digit() || byte == b'.');
                            fields.julian_day(&text[end..at])?;
                        }
                        Some(b'0'..=b'9') if word.eq_ignore_ascii_case("t") => {
                            fields.time_follows = true;
                            at = end;
                        }
                        Some(b'0'..=b'9' | b'/' | b'_') => {
                            at = run(end, &|byte| {
                                byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'_' | b'+' | b'-')
                            });
                            fields.zone_name(&text[start..at], settings)?;
                        }
                        _ => {
                            at = end;
                            fields.word(word, settings)?;
                        }
                    }
                }
                // Other punctuation only separates.
                b'.' | b'/' | b':' | b';' | b'(' | b')' | b'|' => at += 1,
                _ => return Err(Problem::Syntax),
            }
        }
        if let (Some(afternoon), Some(time)) = (fields.afternoon, fields.time) {
            fields.time = Some(apply_half_day(time, afternoon)?);
        }
        Ok(fields)
    }

    fn has_date(&self) -> bool {
        self.year.is_some() || self.month.is_some() || self.day.is_some() || self.julian.is_some()
    }

    fn set_zone(&mut self, zone: Zone) -> Outcome<()> {
        if self.zone.is_some() {
            return Err(Problem::Syntax);
        }
        self.zone = Some(zone);
        Ok(())
    }

    fn set_time(&mut self, time: i64) -> Outcome<()> {
        if self.time.is_some() {
            return Err(Problem::Syntax);
        }
        self.time = Some(time);
        self.time_follows = false;
        Ok(())
    }

    /// `hh:mm[:ss[.fraction]]`.
    fn clock(&mut self, text: &str) -> Outcome<()> {
        let mut parts = text.split(':');
        let mut part = |limit: i64| -> Outcome<i64> {
            let value: i64 = parts.next().unwrap_or("0").parse().map_err(|_| Problem::Syntax)?;
            if value > limit { Err(Problem::Range) } else { Ok(value) }
        };
        let (hour, minute) = (part(24)?, part(59)?);
        let seconds = parts.next().unwrap_or("0");
        if parts.next().is_some() {
            return Err(Problem::Syntax);
        }
        let seconds = seconds_of(seconds)?;
        let time = hour * MICROSECONDS_PER_HOUR + minute * MICROSECONDS_PER_MINUTE + seconds;
        if seconds > 60 * MICROSECONDS_PER_SECOND || time > MICROSECONDS_PER_DAY {
            return Err(Problem::Range);
        }
        self.set_time(time)
    }

    /// `hhmmss[.fraction]` or `hhmm`.
    fn packed_clock(&mut self, digits: &str, fraction: &str) -> Outcome<()> {
        let spelled = match digits.len() {
            6 => format!("{}:{}:{}", &digits[..2], &digits[2..4], &digits[4..]),
            4 => format!("{}:{}:00", &digits[..2], &digits[2..]),
            2 => format!("{digits}:00:00"),
            _ => return Err(Problem::Syntax),
        };
        self.clock(&(spelled + fraction))
    }

    /// A date whose parts are joined by `-`, `/` or `.`.
    fn dashed_date(&mut self, text: &str, separator: char, settings: &FormatSettings) -> Outcome<()> {
        if self.has_date() {
            return Err(Problem::Syntax);
        }
        let parts: Vec<&str> = text.split(separator).collect();
        if parts.iter().any(|part| part.is_empty()) || parts.len() > 3 {
            return Err(Problem::Syntax);
        }
        if let [year, day] = parts[..]
            && separator == '.'
        {
            return match day.len() {
                3 => self.year_and_day(year, day),
                _ => Err(Problem::Syntax),
            };
        }
        if parts.len() == 2 && parts.iter().all(|part| part.bytes().all(|byte| byte.is_ascii_digit())) {
            if parts[1].len() == 3 {
                return self.year_and_day(parts[0], parts[1]);
            }
            return Err(Problem::Syntax);
        }
        for part in parts.iter().filter(|part| !part.as_bytes()[0].is_ascii_digit()) {
            self.set_month_name(month_of(part).ok_or(Problem::Syntax)?)?;
        }
        for part in parts.iter().filter(|part| part.as_bytes()[0].is_ascii_digit()) {
            if !part.bytes().all(|byte| byte.is_ascii_digit()) {
                return Err(Problem::Syntax);
            }
            self.date_number(part, settings)?;
        }
        Ok(())
    }

    fn year_and_day(&mut self, year: &str, day: &str) -> Outcome<()> {
        self.year = Some(year.parse().map_err(|_| Problem::Syntax)?);
        self.day_of_year = Some(day.parse().map_err(|_| Problem::Syntax)?);
        Ok(())
    }

    fn set_month_name(&mut self, month: i64) -> Outcome<()> {
        // A number that came first was taken for the month; it must have been the day.
        if let Some(number) = self.month {
            if self.named_month || self.day.is_some() {
                return Err(Problem::Syntax);
            }
            self.day = Some(number);
        }
        self.month = Some(month);
        self.named_month = true;
        Ok(())
    }

    /// Year, month or day, whichever is next.
    fn date_number(&mut self, digits: &str, settings: &FormatSettings) -> Outcome<()> {
        let value: i64 = digits.parse().map_err(|_| Problem::Range)?;
        let order = settings.date_order;
        let is_long = digits.len() >= 3;
        let has = (self.year.is_some(), self.month.is_some(), self.day.is_some());
        if digits.len() == 3 && has.0 && !has.1 {
            self.day_of_year = Some(value);
            return Ok(());
        }
        enum Field {
            Year,
            Month,
            Day,
        }
        let field = match has {
            (false, false, false) if is_long || order == DateOrder::YearMonthDay => Field::Year,
            (false, false, false) if order == DateOrder::DayMonthYear => Field::Day,
            (false, false, false) => Field::Month,
            (true, false, false) => Field::Month,
            (true, true, false) => Field::Day,
            (true, false, true) => Field::Month,
            (false, true, false) if self.named_month && is_long => Field::Year,
            (false, true, false) if self.named_month && order == DateOrder::YearMonthDay => Field::Year,
            (false, true, false) => Field::Day,
            (false, false, true) => Field::Month,
            (false, true, true) => Field::Year,
            (true, true, true) => return Err(Problem::Syntax),
        };
        match field {
            Field::Year => {
                self.year = Some(value);
                self.short_year = digits.len() <= 2;
            }
            Field::Month => self.month = Some(value),
            Field::Day => self.day = Some(value),
        }
        Ok(())
    }

    /// A number on its own: a packed date or time, or the next date field.
    fn number(&mut self, text: &str, settings: &FormatSettings) -> Outcome<()> {
        let (digits, fraction) = text.split_at(text.find('.').unwrap_or(text.len()));
        if self.time_follows {
            return self.packed_clock(digits, fraction);
        }
        if !fraction.is_empty() {
            return match (digits.len(), fraction.len()) {
                (4, 4) if !self.has_date() => self.year_and_day(digits, &fraction[1..]),
                (6, _) if self.has_date() => self.packed_clock(digits, fraction),
                (8, _) | (6, _) if !self.has_date() => Err(Problem::Syntax),
                _ => Err(Problem::Syntax),
            };
        }
        let complete = self.year.is_some() && self.month.is_some() && self.day.is_some();
        match digits.len() {
            8 if !self.has_date() => {
                self.year = digits[..4].parse().ok();
                self.month = digits[4..6].parse().ok();
                self.day = digits[6..].parse().ok();
            }
            6 if !self.has_date() && self.time.is_none() => {
                // Without a date either reading fits; the type decides (see `parse_time`).
                self.year = digits[..2].parse().ok();
                self.short_year = true;
                self.month = digits[2..4].parse().ok();
                self.day = digits[4..].parse().ok();
                self.alone = Some(digits.to_owned());
            }
            4 if !self.has_date() && self.time.is_none() => {
                // A time for times, a year for dates.
                self.alone = Some(digits.to_owned());
                return self.date_number(digits, settings);
            }
            4 | 6 if complete && self.time.is_none() => return self.packed_clock(digits, ""),
            _ => return self.date_number(digits, settings),
        }
        Ok(())
    }

    fn julian_day(&mut self, text: &str) -> Outcome<()> {
        let (digits, fraction) = text.split_at(text.find('.').unwrap_or(text.len()));
        self.julian = Some(digits.parse().map_err(|_| Problem::Range)?);
        if fraction.len() > 1 {
            let part: f64 = format!("0{fraction}").parse().map_err(|_| Problem::Syntax)?;
            self.set_time((part * MICROSECONDS_PER_DAY as f64) as i64)?;
        }
        Ok(())
    }

    fn numeric_zone(&mut self, digits: &str, negative: bool) -> Outcome<()> {
        let seconds = numeric_zone(digits)?;
        self.set_zone(Zone::Offset(if negative { -seconds } else { seconds }))
    }

    fn zone_name(&mut self, name: &str, settings: &FormatSettings) -> Outcome<()> {
        let zone =
            word_zone(name, settings).ok_or_else(|| Problem::UnknownZone(name.to_ascii_lowercase()))?;
        self.set_zone(zone)
    }

    fn word(&mut self, word: &str, settings: &FormatSettings) -> Outcome<()> {
        let lower = word.to_ascii_lowercase();
        if let Some(month) = month_of(&lower) {
            return self.set_month_name(month);
        }
        let is_weekday = DAY_NAMES.iter().any(|name| {
            let name = name.to_ascii_lowercase();
            lower.len() >= 3 && name.starts_with(&lower)
                || matches!(lower.as_str(), "tues" | "wednes" | "thur" | "thurs")
        });
        if is_weekday {
            self.weekday = true;
            return Ok(());
        }
        let relative = |fields: &mut Fields, days: i64| {
            let clash = fields.has_date() || fields.relative_day.is_some() || fields.special.is_some();
            fields.relative_day = Some(days);
            if clash { Err(Problem::Syntax) } else { Ok(()) }
        };
        let special = |fields: &mut Fields, special: Special| {
            let clash = fields.has_date() || fields.special.is_some();
            fields.special = Some(special);
            if clash { Err(Problem::Syntax) } else { Ok(()) }
        };
        match lower.as_str() {
            "now" => special(self, Special::Now),
            "epoch" => special(self, Special::Epoch),
            "infinity" | "inf" => special(self, Special::Infinity),
            "today" => relative(self, 0),
            "tomorrow" => relative(self, 1),
            "yesterday" => relative(self, -1),
            "allballs" => {
                self.set_time(0)?;
                self.set_zone(Zone::Offset(0))
            }
            "am" | "pm" if self.time.is_some() => {
                self.afternoon = Some(lower == "pm");
                Ok(())
            }
            "bc" | "ad" => {
                self.before_christ = lower == "bc";
                Ok(())
            }
            "t" => {
                self.time_follows = true;
                Ok(())
            }
            "at" | "on" => Ok(()),
            "dst" => match &mut self.zone {
                Some(Zone::Offset(offset)) => {
                    *offset += 3600;
                    Ok(())
                }
                _ => Err(Problem::Syntax),
            },
            _ => match word_zone(word, settings) {
                Some(zone) => self.set_zone(zone),
                None => Err(Problem::Syntax),
            },
        }
    }

    /// The date, in days from 2000-01-01.
    fn days(&self, settings: &FormatSettings) -> Outcome<i64> {
        if let Some(days) = self.relative_day {
            return Ok(today(settings) + days);
        }
        if let Some(julian) = self.julian {
            return Ok(julian - i64::from(super::calendar::EPOCH_JULIAN_DAY));
        }
        let year = self.year.ok_or(Problem::Syntax)?;
        let year = match () {
            () if year == 0 && (self.before_christ || !self.short_year) => {
                return Err(Problem::Range);
            }
            () if self.before_christ => 1 - year,
            () if self.short_year && year < 70 => year + 2000,
            () if self.short_year => year + 1900,
            () => year,
        };
        let year = i32::try_from(year).map_err(|_| Problem::Range)?;
        if let Some(day) = self.day_of_year {
            let length = 365 + i64::from(super::calendar::is_leap_year(year));
            if !(1..=length).contains(&day) {
                return Err(Problem::Range);
            }
            return Ok(days_from_civil(year, 1, 1) + day - 1);
        }
        let (month, day) = (self.month.ok_or(Problem::Syntax)?, self.day.ok_or(Problem::Syntax)?);
        if !(1..=12).contains(&month) || !(1..=31).contains(&day) {
            return Err(Problem::MonthOrDay);
        }
        if day > i64::from(days_in_month(year, month as i32)) {
            return Err(Problem::Range);
        }
        Ok(days_from_civil(year, month as i32, day as i32))
    }

    /// The local timestamp.
    fn timestamp(&self, text: &str, type_name: &str, settings: &FormatSettings) -> Result<i64> {
        match self.special {
            Some(Special::Infinity) => return Ok(TIMESTAMP_INFINITY),
            Some(Special::NegativeInfinity) => return Ok(TIMESTAMP_NEGATIVE_INFINITY),
            Some(Special::Epoch) => return Ok(-UNIX_EPOCH_SECONDS * MICROSECONDS_PER_SECOND),
            _ => {}
        }
        let days = self.days(settings).map_err(|problem| problem.report(text, type_name))?;
        join(days, self.time.unwrap_or(0))
            .ok_or_else(|| error!(DATETIME_VALUE_OUT_OF_RANGE, "timestamp out of range: \"{text}\""))
    }
}

/// True if `rest`, which begins with a separator, goes on as a date and not as a fraction.
fn is_date(rest: &[u8]) -> bool {
    let separator = rest[0];
    let next = rest.get(1).copied().unwrap_or(b' ');
    if separator == b'.' {
        let digits = rest[1..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        return digits > 0 && rest.get(1 + digits) == Some(&b'.') || next.is_ascii_alphabetic();
    }
    next.is_ascii_alphanumeric()
}

/// Where a date ends that is followed by `T` and a time without a blank.
fn cut_at_time_marker(bytes: &[u8], start: usize, end: usize) -> usize {
    for at in start + 1..end {
        if matches!(bytes[at], b't' | b'T')
            && bytes[at - 1].is_ascii_digit()
            && bytes.get(at + 1).is_some_and(u8::is_ascii_digit)
        {
            return at;
        }
    }
    // `2024-01-01UTC`: letters after the last number begin a word.
    let letters = bytes[start..end].iter().rev().take_while(|byte| byte.is_ascii_alphabetic()).count();
    if letters > 0 && letters < end - start && bytes[end - letters - 1].is_ascii_digit() {
        return end - letters;
    }
    end
}

/// Microseconds of `ss[.fraction]`.
fn seconds_of(text: &str) -> Outcome<i64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let whole: i64 = whole.parse().map_err(|_| Problem::Syntax)?;
    Ok(whole.min(1000) * MICROSECONDS_PER_SECOND + fraction_of(fraction).ok_or(Problem::Syntax)?)
}

/// Microseconds of a decimal fraction of a second, rounded.
pub(crate) fn fraction_of(digits: &str) -> Option<i64> {
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let mut microseconds = 0;
    for at in 0..6 {
        microseconds = microseconds * 10 + i64::from(digits.as_bytes().get(at).map_or(0, |byte| byte - b'0'));
    }
    Some(microseconds + i64::from(digits.as_bytes().get(6).is_some_and(|byte| *byte >= b'5')))
}

fn apply_half_day(time: i64, afternoon: bool) -> Outcome<i64> {
    let hour = time / MICROSECONDS_PER_HOUR;
    match (hour, afternoon) {
        (13.., _) => Err(Problem::Range),
        (12, false) => Ok(time - 12 * MICROSECONDS_PER_HOUR),
        (0..=11, true) => Ok(time + 12 * MICROSECONDS_PER_HOUR),
        _ => Ok(time),
    }
}

fn month_of(word: &str) -> Option<i64> {
    let lower = word.to_ascii_lowercase();
    if lower == "sept" {
        return Some(9);
    }
    let found = MONTH_NAMES.iter().position(|name| {
        let name = name.to_ascii_lowercase();
        name == lower || lower.len() == 3 && name.starts_with(&lower)
    });
    found.map(|index| index as i64 + 1)
}

/// `hh`, `hhmm`, `hhmmss`, `hh:mm` or `hh:mm:ss` in seconds.
fn numeric_zone(digits: &str) -> Outcome<i32> {
    let number = |text: &str| text.parse::<i32>().map_err(|_| Problem::Syntax);
    let (hours, minutes, seconds) = if digits.contains(':') {
        let parts: Vec<&str> = digits.split(':').collect();
        match parts[..] {
            [h, m] => (number(h)?, number(m)?, 0),
            [h, m, s] => (number(h)?, number(m)?, number(s)?),
            _ => return Err(Problem::Syntax),
        }
    } else {
        match digits.len() {
            1 | 2 => (number(digits)?, 0, 0),
            // The last two digits are minutes.
            count @ 3.. => (number(&digits[..count - 2])?, number(&digits[count - 2..])?, 0),
            _ => return Err(Problem::Syntax),
        }
    };
    if hours > 15 || minutes > 59 || seconds > 59 {
        return Err(Problem::ZoneRange);
    }
    Ok(hours * 3600 + minutes * 60 + seconds)
}

fn word_zone(name: &str, settings: &FormatSettings) -> Option<Zone> {
    if let Some(offset) = settings.time_zone.abbreviation_offset(name) {
        return Some(Zone::Offset(offset));
    }
    if let Some(offset) = abbreviation_offset(name) {
        return Some(Zone::Offset(offset));
    }
    TimeZone::named(name).map(Zone::Named)
}
