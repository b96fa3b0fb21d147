//! Type modifiers: from the numbers in a type's parentheses, and back to what `format_type` shows.

use error::{Error, Result, error};
use expression::sql::*;
use types::interval_text;
use types::numeric::{modifier_of, modifier_parts};
use types::{Array, Value};

const MAX_LENGTH: i32 = 10_485_760;
const FULL_RANGE: i32 = 0x7fff;
const FULL_PRECISION: i32 = 0xffff;

#[cold]
fn invalid(what: &str) -> Error {
    error!(INVALID_PARAMETER_VALUE, "invalid {what}type modifier")
}

/// The numbers of an array of texts.
fn numbers(modifiers: &Array) -> Result<Vec<i32>> {
    let text = |value: Value| value.as_str().map(|text| types::integer::parse(text, "integer"));
    modifiers.values().map(|value| text(value).unwrap_or_else(|| Err(invalid("")))).collect()
}

/// `varchar(n)` and `character(n)`.
fn length(modifiers: &Array, name: &str) -> Result<i32> {
    match numbers(modifiers)?[..] {
        [length] if length < 1 => {
            Err(error!(INVALID_PARAMETER_VALUE, "length for type {name} must be at least 1"))
        }
        [length] if length > MAX_LENGTH => {
            Err(error!(INVALID_PARAMETER_VALUE, "length for type {name} cannot exceed {MAX_LENGTH}"))
        }
        [length] => Ok(length + 4),
        _ => Err(invalid("")),
    }
}

fn length_text(modifier: i32) -> String {
    if modifier > 4 { format!("({})", modifier - 4) } else { String::new() }
}

fn numeric_modifier(modifiers: &Array) -> Result<i32> {
    let (precision, scale) = match numbers(modifiers)?[..] {
        [precision] => (precision, 0),
        [precision, scale] => (precision, scale),
        _ => return Err(invalid("NUMERIC ")),
    };
    if !(1..=1000).contains(&precision) {
        return Err(error!(
            INVALID_PARAMETER_VALUE,
            "NUMERIC precision {precision} must be between 1 and 1000"
        ));
    }
    if !(-1000..=1000).contains(&scale) {
        return Err(error!(INVALID_PARAMETER_VALUE, "NUMERIC scale {scale} must be between -1000 and 1000"));
    }
    Ok(modifier_of(precision, scale))
}

/// The decimals of a time; more than six are cut.
fn time_modifier(modifiers: &Array, name: &str, suffix: &str) -> Result<i32> {
    match numbers(modifiers)?[..] {
        [precision] => precision_of(precision, name, suffix),
        _ => Err(invalid("")),
    }
}

fn precision_of(precision: i32, name: &str, suffix: &str) -> Result<i32> {
    if precision < 0 {
        return Err(error!(
            INVALID_PARAMETER_VALUE,
            "{name}({precision}){suffix} precision must not be negative"
        ));
    }
    Ok(precision.min(6))
}

fn time_text(modifier: i32, zone: &str) -> String {
    if modifier >= 0 { format!("({modifier}) {zone}") } else { zone.to_owned() }
}

/// `interval` with a mask of fields, a precision, or both.
fn interval_modifier(modifiers: &Array) -> Result<i32> {
    let (range, precision) = match numbers(modifiers)?[..] {
        [range] => (range, None),
        [range, precision] => (range, Some(precision_of(precision, "INTERVAL", "")?)),
        _ => return Err(error!(INVALID_PARAMETER_VALUE, "invalid INTERVAL type modifier")),
    };
    if range_name(range).is_none() {
        return Err(error!(INVALID_PARAMETER_VALUE, "invalid INTERVAL type modifier"));
    }
    if range == FULL_RANGE && precision.is_none() {
        return Ok(-1);
    }
    Ok(interval_text::modifier_of(Some(range), precision))
}

/// The fields of a mask, in words.
fn range_name(range: i32) -> Option<&'static str> {
    Some(match range {
        0x0004 => " year",
        0x0002 => " month",
        0x0006 => " year to month",
        0x0008 => " day",
        0x0400 => " hour",
        0x0800 => " minute",
        0x1000 => " second",
        0x0408 => " day to hour",
        0x0c08 => " day to minute",
        0x1c08 => " day to second",
        0x0c00 => " hour to minute",
        0x1c00 => " hour to second",
        0x1800 => " minute to second",
        FULL_RANGE => "",
        _ => return None,
    })
}

fn interval_modifier_text(modifier: i32) -> Result<String> {
    if modifier < 0 {
        return Ok(String::new());
    }
    let (range, precision) = (modifier >> 16 & FULL_RANGE, modifier & FULL_PRECISION);
    let range = range_name(range)
        .ok_or_else(|| Error::internal(format!("invalid INTERVAL typmod: {modifier:#x}")))?;
    Ok(if precision == FULL_PRECISION { range.to_owned() } else { format!("{range}({precision})") })
}

expression::builtins! {
    pub static FUNCTIONS:
    2915 "varchartypmodin" (modifiers: cstring_array) -> int4, strict immutable { length(modifiers, "varchar") }
    2913 "bpchartypmodin" (modifiers: cstring_array) -> int4, strict immutable { length(modifiers, "char") }
    2916 "varchartypmodout" (modifier: int4) -> cstring, strict immutable { Ok(length_text(modifier)) }
    2914 "bpchartypmodout" (modifier: int4) -> cstring, strict immutable { Ok(length_text(modifier)) }
    2917 "numerictypmodin" (modifiers: cstring_array) -> int4, strict immutable { numeric_modifier(modifiers) }
    2918 "numerictypmodout" (modifier: int4) -> cstring, strict immutable {
        Ok(modifier_parts(modifier).map_or_else(String::new, |(precision, scale)| format!("({precision},{scale})")))
    }
    2909 "timetypmodin" (modifiers: cstring_array) -> int4, strict immutable { time_modifier(modifiers, "TIME", "") }
    2905 "timestamptypmodin" (modifiers: cstring_array) -> int4, strict immutable { time_modifier(modifiers, "TIMESTAMP", "") }
    2907 "timestamptztypmodin" (modifiers: cstring_array) -> int4, strict immutable {
        time_modifier(modifiers, "TIMESTAMP", " WITH TIME ZONE")
    }
    2910 "timetypmodout" (modifier: int4) -> cstring, strict immutable { Ok(time_text(modifier, "without time zone")) }
    2906 "timestamptypmodout" (modifier: int4) -> cstring, strict immutable { Ok(time_text(modifier, "without time zone")) }
    2908 "timestamptztypmodout" (modifier: int4) -> cstring, strict immutable { Ok(time_text(modifier, "with time zone")) }
    2903 "intervaltypmodin" (modifiers: cstring_array) -> int4, strict immutable { interval_modifier(modifiers) }
    2904 "intervaltypmodout" (modifier: int4) -> cstring, strict immutable { interval_modifier_text(modifier) }
}
