//! Templates of dates and times: `YYYY-MM-DD HH24:MI:SS`, written.

use error::{Result, error};
use types::Interval;
use types::datetime::calendar::*;

use super::number::roman_numerals;
use super::ordinal;

/// What a template's element shows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Field {
    YearComma,
    /// The last so many digits of the year.
    Year(u8),
    IsoYear(u8),
    Century,
    Quarter,
    Month,
    MonthName,
    MonthShort,
    MonthRoman,
    Day,
    DayName,
    DayShort,
    DayOfYear,
    IsoDayOfYear,
    DayOfWeek,
    IsoDayOfWeek,
    WeekOfMonth,
    WeekOfYear,
    IsoWeek,
    Julian,
    Hour12,
    Hour24,
    Minute,
    Second,
    SecondOfDay,
    Millisecond,
    Microsecond,
    /// The first so many decimals.
    Fraction(u8),
    Meridiem(bool),
    Era(bool),
    Zone,
    ZoneOffset,
    ZoneHour,
    ZoneMinute,
}

/// How names are written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Case {
    Upper,
    Capital,
    Lower,
}

/// One element of a template.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Part {
    Field {
        field: Field,
        case: Case,
        /// FM: no padding.
        fill: bool,
        /// `th` or `TH`.
        ordinal: Option<bool>,
    },
    Literal(char),
}

/// The keywords, longer ones before those they begin with.
#[rustfmt::skip]
const KEYWORDS: &[(&str, Field)] = &[
    ("A.D.", Field::Era(true)), ("AD", Field::Era(false)), ("A.M.", Field::Meridiem(true)),
    ("AM", Field::Meridiem(false)), ("B.C.", Field::Era(true)), ("BC", Field::Era(false)),
    ("CC", Field::Century), ("DAY", Field::DayName), ("DDD", Field::DayOfYear), ("DD", Field::Day),
    ("DY", Field::DayShort), ("D", Field::DayOfWeek), ("FF1", Field::Fraction(1)), ("FF2", Field::Fraction(2)),
    ("FF3", Field::Fraction(3)), ("FF4", Field::Fraction(4)), ("FF5", Field::Fraction(5)),
    ("FF6", Field::Fraction(6)), ("HH24", Field::Hour24), ("HH12", Field::Hour12), ("HH", Field::Hour12),
    ("IDDD", Field::IsoDayOfYear), ("ID", Field::IsoDayOfWeek), ("IW", Field::IsoWeek),
    ("IYYY", Field::IsoYear(4)), ("IYY", Field::IsoYear(3)), ("IY", Field::IsoYear(2)), ("I", Field::IsoYear(1)),
    ("J", Field::Julian), ("MI", Field::Minute), ("MM", Field::Month), ("MONTH", Field::MonthName),
    ("MON", Field::MonthShort), ("MS", Field::Millisecond), ("OF", Field::ZoneOffset), ("P.M.", Field::Meridiem(true)),
    ("PM", Field::Meridiem(false)), ("Q", Field::Quarter), ("RM", Field::MonthRoman), ("SSSSS", Field::SecondOfDay),
    ("SSSS", Field::SecondOfDay), ("SS", Field::Second), ("TZH", Field::ZoneHour), ("TZM", Field::ZoneMinute),
    ("TZ", Field::Zone), ("US", Field::Microsecond), ("WW", Field::WeekOfYear), ("W", Field::WeekOfMonth),
    ("Y,YYY", Field::YearComma), ("YYYY", Field::Year(4)), ("YYY", Field::Year(3)), ("YY", Field::Year(2)),
    ("Y", Field::Year(1)),
];

fn starts_with(text: &str, keyword: &str) -> bool {
    text.get(..keyword.len()).is_some_and(|start| start.eq_ignore_ascii_case(keyword))
}

fn case_of(written: &str) -> Case {
    let mut letters = written.chars().filter(|letter| letter.is_ascii_alphabetic());
    match (letters.next(), letters.next()) {
        (Some(first), _) if first.is_ascii_lowercase() => Case::Lower,
        (_, Some(second)) if second.is_ascii_lowercase() => Case::Capital,
        _ => Case::Upper,
    }
}

/// Takes a template apart.
pub fn parse(format: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut rest = format;
    let mut fill = false;
    while let Some(letter) = rest.chars().next() {
        if starts_with(rest, "FM") {
            fill = true;
            rest = &rest[2..];
            continue;
        }
        if starts_with(rest, "FX") || starts_with(rest, "TM") {
            fill |= starts_with(rest, "TM");
            rest = &rest[2..];
            continue;
        }
        // "month" in lower case is told from "mon" by length only, so that the longest match wins.
        let found = KEYWORDS
            .iter()
            .filter(|(keyword, _)| starts_with(rest, keyword))
            .max_by_key(|(keyword, _)| keyword.len());
        if let Some((keyword, field)) = found {
            let case = case_of(&rest[..keyword.len()]);
            rest = &rest[keyword.len()..];
            let mut ordinal = None;
            if starts_with(rest, "TH") {
                ordinal = Some(rest.starts_with('T'));
                rest = &rest[2..];
            }
            parts.push(Part::Field { field: *field, case, fill, ordinal });
            fill = false;
            continue;
        }
        rest = &rest[letter.len_utf8()..];
        match letter {
            '"' => {
                let mut letters = rest.chars();
                while let Some(quoted) = letters.next() {
                    match quoted {
                        '"' => break,
                        '\\' => parts.extend(letters.next().map(Part::Literal)),
                        _ => parts.push(Part::Literal(quoted)),
                    }
                }
                rest = letters.as_str();
            }
            '\\' if rest.starts_with('"') => {
                parts.push(Part::Literal('"'));
                rest = &rest[1..];
            }
            _ => parts.push(Part::Literal(letter)),
        }
    }
    parts
}

/// A moment with all that a template may ask for.
pub struct Moment {
    pub civil: CivilTime,
    pub days: i32,
    /// Offset and abbreviation of the zone, for a timestamp that has one.
    pub zone: Option<(i32, String)>,
}

impl Moment {
    pub fn new(local: i64, zone: Option<(i32, String)>) -> Moment {
        Moment {
            civil: civil_from_timestamp(local),
            days: local.div_euclid(MICROSECONDS_PER_DAY) as i32,
            zone,
        }
    }
}

/// Writes a timestamp by a template.
pub fn to_char(moment: &Moment, format: &str) -> String {
    let mut out = String::new();
    for part in parse(format) {
        match part {
            Part::Literal(letter) => out.push(letter),
            Part::Field { field, case, fill, ordinal } => {
                let start = out.len();
                write_field(moment, field, case, fill, &mut out);
                add_ordinal(ordinal, start, &mut out);
            }
        }
    }
    out
}

fn add_ordinal(wanted: Option<bool>, start: usize, out: &mut String) {
    if let Some(is_upper) = wanted {
        let ending = ordinal(&out[start..]);
        out.push_str(&if is_upper { ending.to_uppercase() } else { ending.to_owned() });
    }
}

/// A number with at least so many digits unless FM says otherwise.
fn push_number(number: i64, width: usize, fill: bool, out: &mut String) {
    let sign = if number < 0 { "-" } else { "" };
    let digits = number.unsigned_abs();
    if fill {
        out.push_str(&format!("{sign}{digits}"));
    } else {
        out.push_str(&format!("{sign}{digits:0width$}"));
    }
}

fn cased(name: &str, case: Case) -> String {
    match case {
        Case::Upper => name.to_uppercase(),
        Case::Capital => name.to_owned(),
        Case::Lower => name.to_lowercase(),
    }
}

/// A name, padded to nine letters, as long as the longest month.
fn push_name(name: &str, case: Case, fill: bool, out: &mut String) {
    let name = cased(name, case);
    if fill { out.push_str(&name) } else { out.push_str(&format!("{name:<9}")) }
}

/// The hour on a clock face.
fn hour12(hour: i64) -> i64 {
    match hour % 12 {
        0 => 12,
        hour => hour,
    }
}

fn marker(text: &str, has_dots: bool, case: Case) -> String {
    let dotted =
        if has_dots { text.chars().flat_map(|letter| [letter, '.']).collect() } else { text.to_owned() };
    if case == Case::Lower { dotted.to_lowercase() } else { dotted }
}

fn write_clock(field: Field, case: Case, fill: bool, time: i64, out: &mut String) -> bool {
    let (hour, minute) = (time / MICROSECONDS_PER_HOUR, time / MICROSECONDS_PER_MINUTE % 60);
    let (second, microsecond) = (time / MICROSECONDS_PER_SECOND % 60, time % MICROSECONDS_PER_SECOND);
    match field {
        Field::Hour12 => push_number(hour12(hour), 2, fill, out),
        Field::Hour24 => push_number(hour, 2, fill, out),
        Field::Minute => push_number(minute, 2, fill, out),
        Field::Second => push_number(second, 2, fill, out),
        Field::SecondOfDay => push_number(time / MICROSECONDS_PER_SECOND, 1, true, out),
        Field::Millisecond => push_number(microsecond / 1000, 3, false, out),
        Field::Microsecond => push_number(microsecond, 6, false, out),
        Field::Fraction(digits) => {
            push_number(microsecond / 10i64.pow(6 - u32::from(digits)), digits.into(), false, out);
        }
        Field::Meridiem(has_dots) => {
            out.push_str(&marker(if hour % 24 >= 12 { "PM" } else { "AM" }, has_dots, case));
        }
        _ => return false,
    }
    true
}

/// The last digits of a year.
fn push_year(year: i32, digits: u8, fill: bool, out: &mut String) {
    let shown = if digits < 4 { year % 10i32.pow(digits.into()) } else { year };
    push_number(shown.into(), digits.into(), fill, out);
}

fn write_field(moment: &Moment, field: Field, case: Case, fill: bool, out: &mut String) {
    let (date, days) = (moment.civil.date, moment.days);
    if write_clock(field, case, fill, moment.civil.time_of_day(), out) {
        return;
    }
    // People count years before the first from 1, without a sign.
    let shown = |year: i32| if year > 0 { year } else { 1 - year };
    let year = shown(date.year);
    let week_year = iso_week(days).0;
    match field {
        Field::YearComma => {
            let thousands = year / 1000;
            out.push_str(&format!("{thousands},{:03}", year % 1000));
        }
        Field::Year(digits) => push_year(year, digits, fill, out),
        Field::IsoYear(digits) => push_year(shown(week_year), digits, fill, out),
        Field::Century => {
            let century = if date.year > 0 { (date.year - 1) / 100 + 1 } else { date.year / 100 - 1 };
            push_number(century.into(), 2, fill, out);
        }
        Field::Quarter => push_number(((date.month - 1) / 3 + 1).into(), 1, fill, out),
        Field::Month => push_number(date.month.into(), 2, fill, out),
        Field::MonthName => push_name(MONTH_NAMES[date.month as usize - 1], case, fill, out),
        Field::MonthShort => out.push_str(&cased(&MONTH_NAMES[date.month as usize - 1][..3], case)),
        Field::MonthRoman => push_roman_month(date.month, case, fill, out),
        Field::Day => push_number(date.day.into(), 2, fill, out),
        Field::DayName => push_name(DAY_NAMES[day_of_week(days) as usize], case, fill, out),
        Field::DayShort => out.push_str(&cased(&DAY_NAMES[day_of_week(days) as usize][..3], case)),
        Field::DayOfYear => push_number(day_of_year(date).into(), 3, fill, out),
        Field::IsoDayOfYear => {
            push_number(i64::from(days) - first_iso_monday(week_year) + 1, 3, fill, out);
        }
        Field::DayOfWeek => push_number((day_of_week(days) + 1).into(), 1, fill, out),
        Field::IsoDayOfWeek => push_number(((day_of_week(days) + 6) % 7 + 1).into(), 1, fill, out),
        Field::WeekOfMonth => push_number(((date.day - 1) / 7 + 1).into(), 1, fill, out),
        Field::WeekOfYear => push_number(((day_of_year(date) - 1) / 7 + 1).into(), 2, fill, out),
        Field::IsoWeek => push_number(iso_week(days).1.into(), 2, fill, out),
        Field::Julian => push_number(i64::from(days) + i64::from(EPOCH_JULIAN_DAY), 1, fill, out),
        Field::Era(has_dots) => {
            out.push_str(&marker(if date.year > 0 { "AD" } else { "BC" }, has_dots, case));
        }
        _ => write_zone(moment, field, case, out),
    }
}

fn push_roman_month(month: i32, case: Case, fill: bool, out: &mut String) {
    let roman = roman_numerals(month).unwrap_or_default();
    let roman = if case == Case::Lower { roman.to_lowercase() } else { roman };
    if fill { out.push_str(&roman) } else { out.push_str(&format!("{roman:<4}")) }
}

fn write_zone(moment: &Moment, field: Field, case: Case, out: &mut String) {
    let (offset, name) = match &moment.zone {
        Some((offset, name)) => (*offset, name.as_str()),
        None => (0, ""),
    };
    let sign = if offset < 0 { '-' } else { '+' };
    let (hours, minutes) = (offset.abs() / 3600, offset.abs() / 60 % 60);
    match field {
        Field::Zone if case == Case::Lower => out.push_str(&name.to_lowercase()),
        Field::Zone => out.push_str(name),
        Field::ZoneHour => out.push_str(&format!("{sign}{hours:02}")),
        Field::ZoneMinute => out.push_str(&format!("{minutes:02}")),
        Field::ZoneOffset => {
            out.push_str(&format!("{sign}{hours:02}"));
            if minutes != 0 {
                out.push_str(&format!(":{minutes:02}"));
            }
        }
        _ => {}
    }
}

/// Writes an interval by a template.
///
/// # Errors
/// 22007 for elements that only a date has.
pub fn interval_to_char(interval: Interval, format: &str) -> Result<String> {
    let mut out = String::new();
    let (years, months) = (interval.months / 12, interval.months % 12);
    for part in parse(format) {
        let (field, case, fill, ordinal) = match part {
            Part::Literal(letter) => {
                out.push(letter);
                continue;
            }
            Part::Field { field, case, fill, ordinal } => (field, case, fill, ordinal),
        };
        let start = out.len();
        match field {
            Field::YearComma => out.push_str(&format!("{},{:03}", years / 1000, (years % 1000).abs())),
            Field::Year(digits) => push_year(years, digits, fill, &mut out),
            Field::IsoYear(digits) => push_year(years, digits, fill, &mut out),
            Field::Century => push_number((years / 100).into(), 2, fill, &mut out),
            Field::Quarter => push_number(((months.abs() - 1).max(0) / 3 + 1).into(), 1, fill, &mut out),
            Field::Month => push_number(months.into(), 2, fill, &mut out),
            Field::MonthRoman => push_roman_month(months.rem_euclid(12).max(1), case, fill, &mut out),
            // The width of days includes the sign.
            Field::Day if fill => push_number(interval.days.into(), 1, true, &mut out),
            Field::Day => out.push_str(&format!("{:02}", interval.days)),
            Field::DayOfYear => push_number(
                i64::from(years) * 365 + i64::from(months) * 30 + i64::from(interval.days),
                3,
                fill,
                &mut out,
            ),
            Field::WeekOfMonth => push_number(((interval.days - 1) / 7 + 1).into(), 1, fill, &mut out),
            Field::WeekOfYear => push_number(((interval.days - 1) / 7 + 1).into(), 2, fill, &mut out),
            Field::Julian => push_number(
                i64::from(EPOCH_JULIAN_DAY) + i64::from(interval.days) + i64::from(interval.months) * 30,
                1,
                fill,
                &mut out,
            ),
            Field::Hour12 | Field::Meridiem(_) if interval.microseconds < 0 && field == Field::Hour12 => {
                push_number(-hour12(-(interval.microseconds / MICROSECONDS_PER_HOUR)), 2, fill, &mut out);
            }
            _ if write_clock(field, case, fill, interval.microseconds, &mut out) => {}
            _ => {
                return Err(error!(
                    INVALID_DATETIME_FORMAT,
                    "invalid format specification for an interval value"
                )
                .hint("Intervals are not tied to specific calendar dates."));
            }
        }
        add_ordinal(ordinal, start, &mut out);
    }
    Ok(out)
}
