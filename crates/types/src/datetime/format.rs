//! Text of dates, times and timestamps in every `DateStyle`.

use super::calendar::{
    CivilDate, CivilTime, DATE_INFINITY, DATE_NEGATIVE_INFINITY, DAY_NAMES, MONTH_NAMES, TIMESTAMP_INFINITY,
    TIMESTAMP_NEGATIVE_INFINITY, civil_from_days, civil_from_timestamp, day_of_week, days_from_civil,
    split_time,
};
use super::zone::{Offset, TimeZone, write_offset};
use crate::settings::{DateFormat, DateOrder, FormatSettings};

pub(crate) fn two(value: i32, out: &mut Vec<u8>) {
    out.extend_from_slice(&[b'0' + (value / 10 % 10) as u8, b'0' + (value % 10) as u8]);
}

/// The year as shown: at least four digits, 1 BC for year 0.
fn year(year: i32, out: &mut Vec<u8>) {
    let shown = if year <= 0 { 1 - year } else { year };
    if shown < 10_000 {
        two(shown / 100, out);
        two(shown % 100, out);
    } else {
        out.extend_from_slice(itoa::Buffer::new().format(shown).as_bytes());
    }
}

fn era(year: i32, out: &mut Vec<u8>) {
    if year <= 0 {
        out.extend_from_slice(b" BC");
    }
}

/// Appends `.5`, `.000001`, or nothing.
pub(crate) fn fraction(microseconds: i32, out: &mut Vec<u8>) {
    if microseconds != 0 {
        let (mut digits, mut rest) = ([b'0'; 7], microseconds);
        digits[0] = b'.';
        for digit in digits[1..].iter_mut().rev() {
            *digit = b'0' + (rest % 10) as u8;
            rest /= 10;
        }
        let end = digits.iter().rposition(|digit| *digit != b'0').map_or(0, |last| last + 1);
        out.extend_from_slice(&digits[..end]);
    }
}

fn clock(hour: i32, minute: i32, second: i32, microsecond: i32, out: &mut Vec<u8>) {
    two(hour, out);
    out.push(b':');
    two(minute, out);
    out.push(b':');
    two(second, out);
    fraction(microsecond, out);
}

fn date_in_style(date: CivilDate, settings: &FormatSettings, out: &mut Vec<u8>) {
    let CivilDate { year: y, month, day } = date;
    let day_first = settings.date_order == DateOrder::DayMonthYear;
    let separator = match settings.date_format {
        DateFormat::Iso => {
            year(y, out);
            out.push(b'-');
            two(month, out);
            out.push(b'-');
            return two(day, out);
        }
        DateFormat::German => b'.',
        DateFormat::Sql => b'/',
        DateFormat::Postgres => b'-',
    };
    let (first, second) =
        if day_first || settings.date_format == DateFormat::German { (day, month) } else { (month, day) };
    two(first, out);
    out.push(separator);
    two(second, out);
    out.push(separator);
    year(y, out);
}

pub fn write_date(date: i32, settings: &FormatSettings, out: &mut Vec<u8>) {
    match date {
        DATE_INFINITY => out.extend_from_slice(b"infinity"),
        DATE_NEGATIVE_INFINITY => out.extend_from_slice(b"-infinity"),
        _ => {
            let civil = civil_from_days(date);
            date_in_style(civil, settings, out);
            era(civil.year, out);
        }
    }
}

pub fn write_time(time: i64, out: &mut Vec<u8>) {
    let (hour, minute, second, microsecond) = split_time(time);
    clock(hour, minute, second, microsecond, out);
}

pub fn write_timestamp(timestamp: i64, settings: &FormatSettings, out: &mut Vec<u8>) {
    if !write_infinite(timestamp, out) {
        write_civil(civil_from_timestamp(timestamp), None, settings, out);
    }
}

pub fn write_timestamptz(timestamp: i64, settings: &FormatSettings, out: &mut Vec<u8>) {
    write_timestamp_in_zone(timestamp, &settings.time_zone, settings, out);
}

fn write_timestamp_in_zone(timestamp: i64, zone: &TimeZone, settings: &FormatSettings, out: &mut Vec<u8>) {
    if !write_infinite(timestamp, out) {
        let offset = zone.offset_at_timestamp(timestamp);
        let local = timestamp.saturating_add(i64::from(offset.seconds_east) * 1_000_000);
        write_civil(civil_from_timestamp(local), Some(offset), settings, out);
    }
}

fn write_infinite(timestamp: i64, out: &mut Vec<u8>) -> bool {
    match timestamp {
        TIMESTAMP_INFINITY => out.extend_from_slice(b"infinity"),
        TIMESTAMP_NEGATIVE_INFINITY => out.extend_from_slice(b"-infinity"),
        _ => return false,
    }
    true
}

fn write_civil(time: CivilTime, offset: Option<Offset<'_>>, settings: &FormatSettings, out: &mut Vec<u8>) {
    let CivilTime { date, hour, minute, second, microsecond } = time;
    if settings.date_format == DateFormat::Postgres {
        let weekday = day_of_week(days_from_civil(date.year, date.month, date.day) as i32);
        out.extend_from_slice(&DAY_NAMES[weekday as usize].as_bytes()[..3]);
        out.push(b' ');
        let month = &MONTH_NAMES[date.month as usize - 1].as_bytes()[..3];
        if settings.date_order == DateOrder::DayMonthYear {
            two(date.day, out);
            out.push(b' ');
            out.extend_from_slice(month);
        } else {
            out.extend_from_slice(month);
            out.push(b' ');
            two(date.day, out);
        }
        out.push(b' ');
        clock(hour, minute, second, microsecond, out);
        out.push(b' ');
        year(date.year, out);
    } else {
        date_in_style(date, settings, out);
        out.push(b' ');
        clock(hour, minute, second, microsecond, out);
    }
    if let Some(offset) = offset {
        if settings.date_format == DateFormat::Iso {
            write_offset(offset.seconds_east, out);
        } else {
            out.push(b' ');
            if offset.abbreviation.starts_with(|c: char| c.is_ascii_alphabetic()) {
                out.extend_from_slice(offset.abbreviation.as_bytes());
            } else {
                write_offset(offset.seconds_east, out);
            }
        }
    }
    era(date.year, out);
}
