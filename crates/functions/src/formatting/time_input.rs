//! Templates of dates and times, read.
//!
//! A number runs to the next character that is no digit if the template has something else behind it, and has the
//! field's width otherwise. Separators match each other; blanks are skipped.

use error::{Error, Result, error};
use types::FormatSettings;
use types::datetime::calendar::*;
use types::datetime::parse::parse_zone;

use super::number::roman_numerals;
use super::time::{Field, Part, parse};

/// What was read.
#[derive(Default)]
struct Found {
    year: Option<i32>,
    century: Option<i32>,
    /// The year was written with fewer than four digits.
    is_short_year: bool,
    is_before_christ: bool,
    month: Option<i32>,
    day: Option<i32>,
    day_of_year: Option<i32>,
    week_of_month: Option<i32>,
    week_of_year: Option<i32>,
    iso_year: Option<i32>,
    iso_week: Option<i32>,
    iso_day: Option<i32>,
    iso_day_of_year: Option<i32>,
    julian: Option<i32>,
    hour: i64,
    is_clock_face: bool,
    is_afternoon: Option<bool>,
    minute: i64,
    second: i64,
    second_of_day: Option<i64>,
    microsecond: i64,
    /// Seconds east of UTC.
    zone: Option<i32>,
    zone_sign: i32,
}

/// A timestamp in local time, and the offset if the text had one.
pub struct Parsed {
    pub local: i64,
    pub offset: Option<i32>,
}

/// Reads a text by a template.
///
/// # Errors
/// 22007 for text that does not fit, 22008 for values out of range.
pub fn read(text: &str, format: &str, settings: &FormatSettings) -> Result<Parsed> {
    let parts = parse(format);
    let mut reader = Reader { rest: text, found: Found { zone_sign: 1, ..Found::default() }, settings };
    for (at, part) in parts.iter().enumerate() {
        if reader.rest.is_empty() {
            break;
        }
        match part {
            Part::Literal(letter) => reader.literal(*letter),
            Part::Field { field, fill, ordinal, .. } => {
                let is_open = *fill || !parts.get(at + 1).is_some_and(is_number);
                reader.skip_blanks();
                if reader.rest.is_empty() {
                    break;
                }
                reader.field(*field, is_open)?;
                if ordinal.is_some() {
                    reader.take(2);
                }
            }
        }
    }
    reader.found.finish().ok_or_else(|| out_of_range(text))
}

#[cold]
fn out_of_range(text: &str) -> Error {
    error!(DATETIME_FIELD_OVERFLOW, "date/time field value out of range: \"{text}\"")
}

/// Whether an element begins with a digit.
fn is_number(part: &Part) -> bool {
    match part {
        Part::Literal(letter) => letter.is_ascii_digit(),
        Part::Field { field, .. } => !matches!(
            field,
            Field::MonthName
                | Field::MonthShort
                | Field::MonthRoman
                | Field::DayName
                | Field::DayShort
                | Field::Meridiem(_)
                | Field::Era(_)
                | Field::Zone
                | Field::ZoneOffset
                | Field::ZoneHour
        ),
    }
}

/// The width of a number, and its name for messages.
fn shape(field: Field) -> (usize, &'static str) {
    match field {
        Field::Year(4) => (4, "YYYY"),
        Field::Year(3) => (3, "YYY"),
        Field::Year(2) => (2, "YY"),
        Field::Year(_) => (1, "Y"),
        Field::IsoYear(4) => (4, "IYYY"),
        Field::IsoYear(3) => (3, "IYY"),
        Field::IsoYear(2) => (2, "IY"),
        Field::IsoYear(_) => (1, "I"),
        Field::Century => (2, "CC"),
        Field::Quarter => (1, "Q"),
        Field::Month => (2, "MM"),
        Field::Day => (2, "DD"),
        Field::DayOfYear => (3, "DDD"),
        Field::IsoDayOfYear => (3, "IDDD"),
        Field::DayOfWeek => (1, "D"),
        Field::IsoDayOfWeek => (1, "ID"),
        Field::WeekOfMonth => (1, "W"),
        Field::WeekOfYear => (2, "WW"),
        Field::IsoWeek => (2, "IW"),
        Field::Hour12 => (2, "HH12"),
        Field::Hour24 => (2, "HH24"),
        Field::Minute => (2, "MI"),
        Field::Second => (2, "SS"),
        Field::SecondOfDay => (5, "SSSS"),
        Field::Millisecond => (3, "MS"),
        Field::Microsecond => (6, "US"),
        Field::ZoneMinute => (2, "TZM"),
        Field::Fraction(digits) => (digits.into(), "FF"),
        _ => (10, "J"),
    }
}

struct Reader<'a> {
    rest: &'a str,
    found: Found,
    settings: &'a FormatSettings,
}

impl<'a> Reader<'a> {
    fn skip_blanks(&mut self) {
        self.rest = self.rest.trim_start();
    }

    fn take(&mut self, count: usize) -> &'a str {
        let end = self.rest.char_indices().nth(count).map_or(self.rest.len(), |(at, _)| at);
        let (taken, rest) = self.rest.split_at(end);
        self.rest = rest;
        taken
    }

    /// Separators match any separator or nothing, letters any one character.
    fn literal(&mut self, letter: char) {
        if letter.is_alphanumeric() {
            self.take(1);
            return;
        }
        let is_separator = |letter: char| letter.is_whitespace() || letter.is_ascii_punctuation();
        if letter == '-' || letter == '+' || !letter.is_whitespace() {
            self.skip_blanks();
        }
        if self.rest.starts_with(is_separator) {
            // The sign of a number or zone is no separator for a blank.
            if letter.is_whitespace() && self.rest.starts_with(['+', '-']) {
                return;
            }
            self.take(1);
        }
    }

    fn shown(&self) -> &'a str {
        self.rest.split_whitespace().next().unwrap_or("")
    }

    fn number(&mut self, field: Field, is_open: bool) -> Result<(i32, usize)> {
        let (width, name) = shape(field);
        if matches!(field, Field::SecondOfDay) {
            self.rest = self.rest.trim_start_matches('-');
        }
        let signed = self.rest.strip_prefix(['-', '+']);
        let body = signed.unwrap_or(self.rest);
        let most = if is_open { usize::MAX } else { width };
        let digits = body.bytes().take_while(u8::is_ascii_digit).take(most).count();
        let invalid = |detail: String| {
            let shown: String = self.rest.chars().take(width).collect();
            error!(INVALID_DATETIME_FORMAT, "invalid value \"{shown}\" for \"{name}\"").detail(detail)
        };
        if digits == 0 {
            return Err(invalid("Value must be an integer.".to_owned()));
        }
        if !is_open && digits < width {
            let count = self.rest.chars().count();
            if count < width {
                return Err(error!(
                    INVALID_DATETIME_FORMAT,
                    "source string too short for \"{name}\" formatting field"
                )
                .detail(format!("Field requires {width} characters, but only {count} remain."))
                .hint("If your source string is not fixed-width, try using the \"FM\" modifier."));
            }
            return Err(invalid(format!(
                "Field requires {width} characters, but only {digits} could be parsed."
            ))
            .hint("If your source string is not fixed-width, try using the \"FM\" modifier."));
        }
        let Ok(value) = body[..digits].parse::<i32>() else {
            return Err(error!(
                DATETIME_FIELD_OVERFLOW,
                "value for \"{name}\" in source string is out of range"
            )
            .detail("Value must be in the range -2147483648 to 2147483647."));
        };
        let is_negative = signed.is_some() && self.rest.starts_with('-');
        self.rest = &body[digits..];
        Ok((if is_negative { -value } else { value }, digits))
    }

    /// The number of the name that the text begins with, from 1.
    fn name(&mut self, names: &[&str], length: Option<usize>, field: &str) -> Result<i32> {
        let found = names.iter().position(|name| {
            let name = length.map_or(*name, |length| &name[..length]);
            self.rest.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name))
        });
        match found {
            Some(at) => {
                self.take(length.unwrap_or(names[at].len()));
                Ok(at as i32 + 1)
            }
            None => {
                let shown = self.shown();
                Err(error!(INVALID_DATETIME_FORMAT, "invalid value \"{shown}\" for \"{field}\"")
                    .detail("The given value did not match any of the allowed values for this field."))
            }
        }
    }

    /// Decimals of a second in microseconds.
    fn decimals(&mut self, field: Field, is_open: bool) -> Result<i64> {
        let (value, digits) = self.number(field, is_open)?;
        let kept = digits.min(9) as u32;
        let scaled = f64::from(value) / 10f64.powi(kept as i32) * 1e6;
        Ok(scaled.round() as i64)
    }

    fn field(&mut self, field: Field, is_open: bool) -> Result<()> {
        match field {
            Field::MonthName => self.found.month = Some(self.name(&MONTH_NAMES, None, "Month")?),
            Field::MonthShort => self.found.month = Some(self.name(&MONTH_NAMES, Some(3), "Mon")?),
            Field::DayName => {
                self.name(&DAY_NAMES, None, "Day")?;
            }
            Field::DayShort => {
                self.name(&DAY_NAMES, Some(3), "Dy")?;
            }
            Field::MonthRoman => {
                // The longest numeral that fits: VIII before VII.
                let numerals: Vec<(i32, String)> =
                    (1..=12).filter_map(|month| Some((month, roman_numerals(month)?))).collect();
                let fits = |numeral: &str| {
                    self.rest.get(..numeral.len()).is_some_and(|start| start.eq_ignore_ascii_case(numeral))
                };
                let best = numerals.iter().filter(|(_, numeral)| fits(numeral)).max_by_key(|(_, n)| n.len());
                let Some((month, numeral)) = best else {
                    return self.name(&[], None, "RM").map(|_| ());
                };
                self.found.month = Some(*month);
                self.take(numeral.len());
            }
            Field::Meridiem(has_dots) => {
                let names: &[&str] = if has_dots { &["A.M.", "P.M."] } else { &["AM", "PM"] };
                let which = self.name(names, None, names[0])?;
                self.found.is_afternoon = Some(which == 2);
                self.found.is_clock_face = true;
            }
            Field::Era(has_dots) => {
                let names: &[&str] = if has_dots { &["A.D.", "B.C."] } else { &["AD", "BC"] };
                self.found.is_before_christ = self.name(names, None, names[0])? == 2;
            }
            Field::Zone | Field::ZoneOffset => self.zone()?,
            Field::ZoneHour => {
                self.found.zone_sign = if self.rest.starts_with('-') { -1 } else { 1 };
                self.rest = self.rest.strip_prefix(['+', '-']).unwrap_or(self.rest);
                let (hours, _) = self.number(Field::Day, is_open)?;
                self.found.zone = Some(self.found.zone_sign * hours * 3600);
            }
            Field::ZoneMinute => {
                let (minutes, _) = self.number(field, is_open)?;
                let sign = self.found.zone_sign;
                self.found.zone = Some(self.found.zone.unwrap_or(0) + sign * minutes * 60);
            }
            Field::Millisecond => self.found.microsecond = self.decimals(field, is_open)?,
            Field::Microsecond => self.found.microsecond = self.decimals(field, is_open)?,
            Field::Fraction(_) => {
                self.found.microsecond = self.decimals(field, is_open)?;
            }
            Field::YearComma => {
                let digits: String =
                    self.rest.chars().take_while(|c| c.is_ascii_digit() || *c == ',').collect();
                self.take(digits.len());
                self.found.year = digits.replace(',', "").parse().ok();
            }
            _ => {
                let (value, _) = self.number(field, is_open)?;
                self.found.number(field, value)?;
            }
        }
        Ok(())
    }

    fn zone(&mut self) -> Result<()> {
        let is_part =
            |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '+' | '-' | ':' | '/' | '_');
        let end = self.rest.find(|letter| !is_part(letter)).unwrap_or(self.rest.len());
        let name = &self.rest[..end];
        let zone = parse_zone(name, self.settings).map_err(|_| {
            error!(INVALID_DATETIME_FORMAT, "invalid value \"{name}\" for \"TZ\"")
                .detail("Time zone abbreviation is not recognized.")
        })?;
        self.found.zone = Some(zone.offset_at_timestamp(self.settings.now).seconds_east);
        self.rest = &self.rest[end..];
        Ok(())
    }
}

/// A year with fewer than four digits is taken as near to 2020 as it can be.
fn complete_year(year: i32) -> i32 {
    match year {
        0..70 => year + 2000,
        70..100 => year + 1900,
        100..520 => year + 2000,
        520..1000 => year + 1000,
        _ => year,
    }
}

impl Found {
    fn number(&mut self, field: Field, value: i32) -> Result<()> {
        match field {
            Field::Year(digits) => {
                self.is_short_year = digits < 4;
                self.year = Some(value);
            }
            Field::IsoYear(digits) => {
                self.iso_year = Some(if digits < 4 { complete_year(value) } else { value });
            }
            Field::Century => self.century = Some(value),
            Field::Month => self.month = Some(value),
            Field::Day => self.day = Some(value),
            Field::DayOfYear => self.day_of_year = Some(value),
            Field::IsoDayOfYear => self.iso_day_of_year = Some(value),
            Field::IsoDayOfWeek => self.iso_day = Some(value),
            Field::WeekOfMonth => self.week_of_month = Some(value),
            Field::WeekOfYear => self.week_of_year = Some(value),
            Field::IsoWeek => self.iso_week = Some(value),
            Field::Julian => self.julian = Some(value),
            Field::Hour12 => {
                self.is_clock_face = true;
                self.hour = value.into();
            }
            Field::Hour24 => self.hour = value.into(),
            Field::Minute => self.minute = value.into(),
            Field::Second => self.second = value.into(),
            Field::SecondOfDay => self.second_of_day = Some(value.into()),
            // Quarters and days of the week do not decide anything.
            _ => {}
        }
        if field == Field::Hour12 && !(1..=12).contains(&value) {
            return Err(error!(INVALID_DATETIME_FORMAT, "hour \"{value}\" is invalid for the 12-hour clock")
                .hint("Use the 24-hour clock, or give an hour between 1 and 12."));
        }
        Ok(())
    }

    /// The year as calculations count it; 0 is the one before the first.
    fn internal_year(&self) -> i32 {
        let year = match (self.century, self.year) {
            (Some(century), Some(year)) if self.is_short_year => {
                let year = year % 100;
                if year == 0 { century * 100 } else { (century - 1) * 100 + year }
            }
            (_, Some(year)) if self.is_short_year => complete_year(year),
            (_, Some(year)) => year,
            (Some(century), None) => (century - 1) * 100 + 1,
            (None, None) => 0,
        };
        if (self.is_before_christ || year < 0) && year != 0 { 1 - year.abs() } else { year }
    }

    fn date(&self) -> Option<i64> {
        if let Some(julian) = self.julian {
            return Some(i64::from(julian) - i64::from(EPOCH_JULIAN_DAY));
        }
        if let Some(year) = self.iso_year {
            let start = first_iso_monday(year);
            if let Some(day) = self.iso_day_of_year {
                return Some(start + i64::from(day) - 1);
            }
            let week = i64::from(self.iso_week.unwrap_or(1));
            return Some(start + (week - 1) * 7 + i64::from(self.iso_day.unwrap_or(1)) - 1);
        }
        let year = self.internal_year();
        let day_of_year = self.day_of_year.or(self.week_of_year.map(|week| (week - 1) * 7 + 1));
        if let Some(day) = day_of_year.filter(|_| self.month.is_none() && self.day.is_none()) {
            let days_in_year = 365 + i32::from(is_leap_year(year));
            return (1..=days_in_year)
                .contains(&day)
                .then(|| days_from_civil(year, 1, 1) + i64::from(day) - 1);
        }
        let month = self.month.unwrap_or(1);
        let day = self.day.or(self.week_of_month.map(|week| (week - 1) * 7 + 1)).unwrap_or(1);
        if !(1..=12).contains(&month) || !(1..=days_in_month(year, month)).contains(&day) {
            return None;
        }
        Some(days_from_civil(year, month, day))
    }

    fn time(&self) -> Option<i64> {
        if let Some(second) = self.second_of_day {
            return (0..86_400)
                .contains(&second)
                .then_some(second * MICROSECONDS_PER_SECOND + self.microsecond);
        }
        let mut hour = self.hour;
        if self.is_clock_face {
            match self.is_afternoon {
                Some(true) if hour < 12 => hour += 12,
                Some(false) | None if hour == 12 => hour = 0,
                _ => {}
            }
        }
        let is_valid =
            (0..24).contains(&hour) && (0..60).contains(&self.minute) && (0..60).contains(&self.second);
        let seconds = (hour * 60 + self.minute) * 60 + self.second;
        is_valid.then_some(seconds * MICROSECONDS_PER_SECOND + self.microsecond)
    }

    /// `None` for fields out of range.
    fn finish(self) -> Option<Parsed> {
        let (days, time) = (self.date()?, self.time()?);
        let local = join(days, time)?;
        Some(Parsed { local, offset: self.zone })
    }
}
