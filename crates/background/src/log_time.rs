//! Times as the server log prints them, in the zone of `log_timezone`.

use std::cell::RefCell;

use types::datetime::TimeZone;

thread_local! {
    /// `None` is UTC.
    static ZONE: RefCell<Option<TimeZone>> = const { RefCell::new(None) };
}

/// The zone of all times from now on; a name that is not known is UTC.
pub(crate) fn use_zone(name: &str) {
    let is_known = |zone: &Option<TimeZone>| zone.as_ref().map_or("UTC", TimeZone::name) == name;
    if !ZONE.with_borrow(is_known) {
        ZONE.set(TimeZone::named(name).filter(|zone| zone.name() != "UTC"));
    }
}

/// The moment as it would be written in the zone, and the zone's abbreviation then.
fn local(us: i64) -> (i64, String) {
    ZONE.with_borrow(|zone| match zone {
        None => (us, "UTC".to_string()),
        Some(zone) => {
            let offset = zone.offset_at(us.div_euclid(1_000_000));
            (us + i64::from(offset.seconds_east) * 1_000_000, offset.abbreviation.to_string())
        }
    })
}

/// Year, month and day of a number of days since 1970, in the Gregorian calendar.
fn civil_date(days: i64) -> (i64, u32, u32) {
    // Days are counted from 0000-03-01, so that a leap day ends its year.
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month as u32, day as u32)
}

/// A moment's parts: date, and seconds of the day.
fn parts(us: i64) -> ((i64, u32, u32), i64) {
    let seconds = us.div_euclid(1_000_000);
    (civil_date(seconds.div_euclid(86_400)), seconds.rem_euclid(86_400))
}

/// `2026-01-31 23:59:59 UTC`, from microseconds since 1970.
pub fn format_time(us: i64) -> String {
    let (us, zone) = local(us);
    let ((year, month, day), second) = parts(us);
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02} {zone}")
}

/// The same with milliseconds.
pub fn format_time_ms(us: i64) -> String {
    let text = format_time(us);
    // Date and time have a fixed length; the zone has not.
    let (time, zone) = text.split_at(text.rfind(' ').unwrap_or(text.len()));
    format!("{time}.{:03}{zone}", us.rem_euclid(1_000_000) / 1000)
}

/// Fills in a file name's `%Y %m %d %H %M %S %y %j %a %b %%`; others stay as they are.
pub fn format_pattern(pattern: &str, us: i64) -> String {
    const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let (us, _) = local(us);
    let ((year, month, day), second) = parts(us);
    let days = us.div_euclid(86_400_000_000);
    let mut text = String::new();
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        if c != '%' {
            text.push(c);
            continue;
        }
        match chars.next() {
            Some('Y') => text += &year.to_string(),
            Some('y') => text += &format!("{:02}", year.rem_euclid(100)),
            Some('m') => text += &format!("{month:02}"),
            Some('d') => text += &format!("{day:02}"),
            Some('H') => text += &format!("{:02}", second / 3600),
            Some('M') => text += &format!("{:02}", second / 60 % 60),
            Some('S') => text += &format!("{:02}", second % 60),
            Some('a') => text += DAYS[days.rem_euclid(7) as usize],
            Some('b') => text += MONTHS[month as usize - 1],
            Some('j') => {
                let first = (0..366).find(|back| civil_date(days - back) == (year, 1, 1)).unwrap_or(0);
                text += &format!("{:03}", first + 1);
            }
            Some('%') | None => text.push('%'),
            Some(other) => {
                text.push('%');
                text.push(other);
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Known moments, leap days and times before 1970 among them.
    #[test]
    fn known_moments() {
        assert_eq!(format_time(0), "1970-01-01 00:00:00 UTC");
        assert_eq!(format_time(951_782_400_000_000), "2000-02-29 00:00:00 UTC");
        assert_eq!(format_time_ms(1_709_251_199_987_654), "2024-02-29 23:59:59.987 UTC");
        assert_eq!(format_time(-1_000_000), "1969-12-31 23:59:59 UTC");
        let name = format_pattern("p-%Y-%m-%d_%H%M%S-%a-%j%%.log", 1_709_251_199_000_000);
        assert_eq!(name, "p-2024-02-29_235959-Thu-060%.log");
        use_zone("America/New_York");
        assert_eq!(format_time_ms(1_709_251_199_987_654), "2024-02-29 18:59:59.987 EST");
        assert_eq!(format_time(1_720_000_000_000_000), "2024-07-03 05:46:40 EDT");
        use_zone("UTC");
        assert_eq!(format_time(0), "1970-01-01 00:00:00 UTC");
    }
}
