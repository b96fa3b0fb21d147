//! The SQL functions over templates.

use error::Result;
use expression::CallContext;
use expression::sql::*;
use types::Numeric;
use types::datetime::calendar::{MICROSECONDS_PER_DAY, is_finite_timestamp};

use super::number::{to_char as number_to_char, to_number};
use super::time::{self, Moment, interval_to_char};
use super::time_input;
use crate::datetime::shift::{from_zone, timestamp_out_of_range};

/// A moment in the session's time zone.
fn local_moment(context: &CallContext<'_>, moment: i64) -> Result<Moment> {
    let zone = &context.settings.time_zone;
    let local = zone.to_local(moment).ok_or_else(timestamp_out_of_range)?;
    let offset = zone.offset_at_timestamp(moment);
    Ok(Moment::new(local, Some((offset.seconds_east, offset.abbreviation.to_owned()))))
}

/// The moment that a text means by a template.
fn read_moment(context: &CallContext<'_>, text: &str, format: &str) -> Result<i64> {
    let parsed = time_input::read(text, format, context.settings)?;
    match parsed.offset {
        Some(offset) => Ok(parsed.local - i64::from(offset) * 1_000_000),
        None => from_zone(&context.settings.time_zone, parsed.local),
    }
}

expression::builtins! {
    pub static FUNCTIONS:
    2049 "to_char" (value: timestamp, format: text) -> text, strict stable {
        let is_shown = is_finite_timestamp(value) && !format.is_empty();
        Ok(is_shown.then(|| time::to_char(&Moment::new(value, None), format)))
    }
    1770 "to_char" (value: timestamptz, format: text) using context -> text, strict stable {
        if !is_finite_timestamp(value) || format.is_empty() {
            return Ok(None);
        }
        Ok(Some(time::to_char(&local_moment(context, value)?, format)))
    }
    1768 "to_char" (value: interval, format: text) -> text, strict stable {
        if !value.is_finite() || format.is_empty() {
            return Ok(None);
        }
        interval_to_char(value, format).map(Some)
    }
    1772 "to_char" (value: numeric, format: text) -> text, strict stable { number_to_char(value, format) }
    1773 "to_char" (value: int4, format: text) -> text, strict stable { number_to_char(&Numeric::from(value), format) }
    1774 "to_char" (value: int8, format: text) -> text, strict stable { number_to_char(&Numeric::from(value), format) }
    1775 "to_char" (value: float4, format: text) -> text, strict stable { number_to_char(&Numeric::from_f32(value), format) }
    1776 "to_char" (value: float8, format: text) -> text, strict stable { number_to_char(&Numeric::from_f64(value), format) }
    1777 "to_number" (value: text, format: text) -> numeric, strict stable {
        if format.is_empty() { Ok(None) } else { to_number(value, format).map(Some) }
    }
    1778 "to_timestamp" (value: text, format: text) using context -> timestamptz, strict stable { read_moment(context, value, format) }
    1780 "to_date" (value: text, format: text) using context -> date, strict stable {
        let parsed = time_input::read(value, format, context.settings)?;
        Ok(parsed.local.div_euclid(MICROSECONDS_PER_DAY) as i32)
    }
}
