//! What the session's settings decide about text forms.

use crate::datetime::TimeZone;

/// How dates look and how ambiguous ones are read: the setting `DateStyle`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DateFormat {
    Iso,
    Sql,
    Postgres,
    German,
}

/// Which field comes first.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DateOrder {
    MonthDayYear,
    DayMonthYear,
    YearMonthDay,
}

/// The setting `IntervalStyle`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum IntervalStyle {
    Postgres,
    PostgresVerbose,
    SqlStandard,
    Iso8601,
}

/// The setting `bytea_output`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ByteaOutput {
    Hex,
    Escape,
}

/// The settings that text forms depend on, and the clock.
#[derive(Clone, Debug)]
pub struct FormatSettings {
    pub date_format: DateFormat,
    pub date_order: DateOrder,
    pub interval_style: IntervalStyle,
    pub time_zone: TimeZone,
    pub extra_float_digits: i32,
    pub bytea_output: ByteaOutput,
    /// Start of the transaction, in microseconds from 2000: what `now` means.
    pub now: i64,
}

impl Default for FormatSettings {
    fn default() -> FormatSettings {
        FormatSettings {
            date_format: DateFormat::Iso,
            date_order: DateOrder::MonthDayYear,
            interval_style: IntervalStyle::Postgres,
            time_zone: TimeZone::utc(),
            extra_float_digits: 1,
            bytea_output: ByteaOutput::Hex,
            now: 0,
        }
    }
}
