//! `interval`: months, days and microseconds, kept apart because a month and a day have no fixed length.

use std::cmp::Ordering;

pub const MICROSECONDS_PER_DAY: i64 = 86_400_000_000;

/// A span of time. All fields at their extreme mean infinity.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Interval {
    pub microseconds: i64,
    pub days: i32,
    pub months: i32,
}

impl Interval {
    pub const INFINITY: Interval = Interval { microseconds: i64::MAX, days: i32::MAX, months: i32::MAX };
    pub const NEGATIVE_INFINITY: Interval =
        Interval { microseconds: i64::MIN, days: i32::MIN, months: i32::MIN };

    pub fn new(months: i32, days: i32, microseconds: i64) -> Interval {
        Interval { microseconds, days, months }
    }

    pub fn is_finite(&self) -> bool {
        *self != Self::INFINITY && *self != Self::NEGATIVE_INFINITY
    }

    /// The length with months of 30 days and days of 24 hours: what comparisons look at.
    pub fn span(&self) -> i128 {
        let days = i128::from(self.months) * 30 + i128::from(self.days);
        days * i128::from(MICROSECONDS_PER_DAY) + i128::from(self.microseconds)
    }

    /// SQL's order.
    pub fn compare(&self, other: &Interval) -> Ordering {
        self.span().cmp(&other.span())
    }
}
