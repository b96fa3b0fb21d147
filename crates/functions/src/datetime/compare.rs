//! The order of dates, timestamps and moments among each other.

use std::cmp::Ordering;

use expression::CallContext;
use types::datetime::calendar::{
    DATE_INFINITY, DATE_NEGATIVE_INFINITY, MICROSECONDS_PER_DAY, is_finite_timestamp,
};

/// A date, in days from 2000.
#[derive(Clone, Copy)]
pub struct Date(pub i32);
/// A timestamp without time zone.
#[derive(Clone, Copy)]
pub struct Timestamp(pub i64);
/// A timestamp with time zone.
#[derive(Clone, Copy)]
pub struct Moment(pub i64);

/// Something with a place on the local time line.
pub trait Local {
    /// Microseconds from 2000; the infinities are at the ends.
    fn local(self) -> i128;
}

impl Local for Date {
    fn local(self) -> i128 {
        match self.0 {
            DATE_INFINITY => i64::MAX.into(),
            DATE_NEGATIVE_INFINITY => i64::MIN.into(),
            days => i128::from(days) * i128::from(MICROSECONDS_PER_DAY),
        }
    }
}

impl Local for Timestamp {
    fn local(self) -> i128 {
        self.0.into()
    }
}

/// Something that is a moment once the session's time zone is known.
pub trait InTime {
    fn moment(self, context: &CallContext<'_>) -> i128;
}

/// The moment of a local time; beyond the range of timestamps the zone does not matter.
fn moment_of(local: i128, context: &CallContext<'_>) -> i128 {
    match i64::try_from(local) {
        Ok(local) if is_finite_timestamp(local) => {
            context.settings.time_zone.to_utc(local).unwrap_or(local).into()
        }
        _ => local,
    }
}

impl InTime for Date {
    fn moment(self, context: &CallContext<'_>) -> i128 {
        moment_of(self.local(), context)
    }
}

impl InTime for Timestamp {
    fn moment(self, context: &CallContext<'_>) -> i128 {
        moment_of(self.local(), context)
    }
}

impl InTime for Moment {
    fn moment(self, _: &CallContext<'_>) -> i128 {
        self.0.into()
    }
}

pub fn compare_local(a: impl Local, b: impl Local) -> Ordering {
    a.local().cmp(&b.local())
}

pub fn compare_moments(a: impl InTime, b: impl InTime, context: &CallContext<'_>) -> Ordering {
    a.moment(context).cmp(&b.moment(context))
}
