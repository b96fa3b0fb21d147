//! Dates, times and timestamps: calendar, time zones, text forms and arithmetic.
//!
//! A date is an `i32` of days, a time and a timestamp an `i64` of microseconds; see `calendar.rs` for the epochs.

pub mod abbreviations;
pub mod calendar;
pub mod format;
pub mod parse;
pub mod zone;

pub use zone::TimeZone;
