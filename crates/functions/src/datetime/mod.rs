//! Functions of dates, times, timestamps and intervals.

pub mod compare;
pub mod interval;
