//! Functions of dates, times, timestamps and intervals.

pub mod casts;
pub mod compare;
pub mod fields;
pub mod interval;
pub mod make;
pub mod shift;
