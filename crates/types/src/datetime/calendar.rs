//! The proleptic Gregorian calendar: days, weeks and Julian days, and the ranges of the types.
//!
//! Dates count days and timestamps microseconds from 2000-01-01. Year 0 is 1 BC.

pub const MICROSECONDS_PER_SECOND: i64 = 1_000_000;
pub const MICROSECONDS_PER_MINUTE: i64 = 60 * MICROSECONDS_PER_SECOND;
pub const MICROSECONDS_PER_HOUR: i64 = 60 * MICROSECONDS_PER_MINUTE;
pub const MICROSECONDS_PER_DAY: i64 = 24 * MICROSECONDS_PER_HOUR;

/// Julian day of 2000-01-01.
pub const EPOCH_JULIAN_DAY: i32 = 2_451_545;
/// Days from 1970-01-01 to 2000-01-01.
pub const UNIX_EPOCH_DAYS: i32 = 10_957;
/// Seconds from 1970-01-01 to 2000-01-01.
pub const UNIX_EPOCH_SECONDS: i64 = UNIX_EPOCH_DAYS as i64 * 86_400;

pub const DATE_INFINITY: i32 = i32::MAX;
pub const DATE_NEGATIVE_INFINITY: i32 = i32::MIN;
pub const TIMESTAMP_INFINITY: i64 = i64::MAX;
pub const TIMESTAMP_NEGATIVE_INFINITY: i64 = i64::MIN;

/// 4714-11-24 BC, Julian day 0: the first date.
pub const FIRST_DATE: i32 = -EPOCH_JULIAN_DAY;
/// 5874897-12-31: the last date.
pub const LAST_DATE: i32 = 2_145_031_948;
/// The first timestamp: the first date's midnight.
pub const FIRST_TIMESTAMP: i64 = FIRST_DATE as i64 * MICROSECONDS_PER_DAY;
/// 294277-01-01: the first moment that is too late.
pub const END_TIMESTAMP: i64 = 9_223_371_331_200_000_000;

/// Year, month (1..=12) and day (1..=31).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct CivilDate {
    pub year: i32,
    pub month: i32,
    pub day: i32,
}

/// A local date and time of day.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CivilTime {
    pub date: CivilDate,
    pub hour: i32,
    pub minute: i32,
    pub second: i32,
    pub microsecond: i32,
}

pub fn is_leap_year(year: i32) -> bool {
    year.rem_euclid(4) == 0 && (year.rem_euclid(100) != 0 || year.rem_euclid(400) == 0)
}

pub fn days_in_month(year: i32, month: i32) -> i32 {
    match month {
        2 if is_leap_year(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days from 2000-01-01.
pub fn days_from_civil(year: i32, month: i32, day: i32) -> i64 {
    // Years begin in March, so that the leap day comes last.
    let year = i64::from(year) - i64::from(month <= 2);
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let month = (i64::from(month) + 9) % 12;
    let day_of_year = (153 * month + 2) / 5 + i64::from(day) - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 730_425
}

/// The date that lies `days` after 2000-01-01.
pub fn civil_from_days(days: i32) -> CivilDate {
    let shifted = i64::from(days) + 730_425;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = (day_of_year - (153 * month + 2) / 5 + 1) as i32;
    let month = if month < 10 { month + 3 } else { month - 9 } as i32;
    let year = (year_of_era + era * 400) as i32 + i32::from(month <= 2);
    CivilDate { year, month, day }
}

/// Splits a timestamp that is not infinite.
pub fn civil_from_timestamp(timestamp: i64) -> CivilTime {
    let days = timestamp.div_euclid(MICROSECONDS_PER_DAY);
    let time = timestamp.rem_euclid(MICROSECONDS_PER_DAY);
    let (hour, minute, second, microsecond) = split_time(time);
    CivilTime { date: civil_from_days(days as i32), hour, minute, second, microsecond }
}

/// Hours, minutes, seconds and microseconds of a time of day.
pub fn split_time(time: i64) -> (i32, i32, i32, i32) {
    let seconds = time / MICROSECONDS_PER_SECOND;
    let part = |value: i64| value as i32;
    (part(seconds / 3600), part(seconds / 60 % 60), part(seconds % 60), part(time % MICROSECONDS_PER_SECOND))
}

impl CivilTime {
    /// The timestamp; `None` outside of its range.
    pub fn to_timestamp(self) -> Option<i64> {
        let days = days_from_civil(self.date.year, self.date.month, self.date.day);
        join(days, self.time_of_day())
    }

    pub fn time_of_day(self) -> i64 {
        let seconds = i64::from(self.hour) * 3600 + i64::from(self.minute) * 60 + i64::from(self.second);
        seconds * MICROSECONDS_PER_SECOND + i64::from(self.microsecond)
    }
}

/// A timestamp from days and microseconds; `None` outside of its range.
pub fn join(days: i64, time: i64) -> Option<i64> {
    let timestamp = days.checked_mul(MICROSECONDS_PER_DAY)?.checked_add(time)?;
    is_valid_timestamp(timestamp).then_some(timestamp)
}

pub fn is_valid_timestamp(timestamp: i64) -> bool {
    (FIRST_TIMESTAMP..END_TIMESTAMP).contains(&timestamp)
}

pub fn is_finite_timestamp(timestamp: i64) -> bool {
    timestamp != TIMESTAMP_INFINITY && timestamp != TIMESTAMP_NEGATIVE_INFINITY
}

pub fn is_finite_date(date: i32) -> bool {
    date != DATE_INFINITY && date != DATE_NEGATIVE_INFINITY
}

pub fn is_valid_date(days: i64) -> bool {
    (i64::from(FIRST_DATE)..=i64::from(LAST_DATE)).contains(&days)
}

/// 0 for Sunday.
pub fn day_of_week(days: i32) -> i32 {
    (i64::from(days) + 6).rem_euclid(7) as i32
}

/// From 1.
pub fn day_of_year(date: CivilDate) -> i32 {
    (days_from_civil(date.year, date.month, date.day) - days_from_civil(date.year, 1, 1)) as i32 + 1
}

/// The ISO 8601 year and week: weeks begin on Monday, the first has the year's first Thursday.
pub fn iso_week(days: i32) -> (i32, i32) {
    let monday = i64::from(days) - i64::from((day_of_week(days) + 6) % 7);
    let year = civil_from_days((monday + 3) as i32).year;
    let first = first_iso_monday(year);
    (year, ((monday - first) / 7) as i32 + 1)
}

/// The Monday of the first ISO week of a year, in days from 2000-01-01.
pub fn first_iso_monday(year: i32) -> i64 {
    let fourth = days_from_civil(year, 1, 4);
    fourth - (i64::from(day_of_week(fourth as i32)) + 6) % 7
}

pub const MONTH_NAMES: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
pub const DAY_NAMES: [&str; 7] =
    ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

#[cfg(test)]
mod tests {
    use super::*;

    /// Days and dates must convert without gaps over the whole range.
    #[test]
    fn civil_round_trip() {
        assert_eq!(days_from_civil(2000, 1, 1), 0);
        assert_eq!(days_from_civil(-4713, 11, 24), i64::from(FIRST_DATE));
        assert_eq!(days_from_civil(5874897, 12, 31), i64::from(LAST_DATE));
        for days in (FIRST_DATE..LAST_DATE).step_by(99_991).chain(-1000..1000) {
            let CivilDate { year, month, day } = civil_from_days(days);
            assert_eq!(days_from_civil(year, month, day), i64::from(days));
            assert!((1..=12).contains(&month) && (1..=days_in_month(year, month)).contains(&day));
        }
        assert_eq!(day_of_week(0), 6);
        assert_eq!(iso_week(days_from_civil(2005, 1, 1) as i32), (2004, 53));
    }
}
