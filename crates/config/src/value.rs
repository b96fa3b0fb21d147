//! A setting's value: from text with units, and back to text.

use std::rc::Rc;
use std::sync::atomic::{AtomicI64, Ordering};

use error::{Error, Result, error};

use crate::declaration::{Kind, Setting, Unit};
use crate::table::Id;

#[derive(Clone, PartialEq, Debug)]
pub enum Value {
    Bool(bool),
    Integer(i64),
    Real(f64),
    Text(Rc<str>),
    /// One of the words of a [`Kind::Choice`].
    Choice(&'static str),
}

/// The value that a setting has when nobody sets it.
pub fn default_value(setting: &Setting) -> Value {
    match setting.kind {
        Kind::Bool(value) => Value::Bool(value),
        Kind::Integer { default, .. } => Value::Integer(default),
        Kind::Real { default, .. } => Value::Real(default),
        Kind::Text(text) => Value::Text(text.into()),
        Kind::Choice { default, .. } => Value::Choice(default),
    }
}

/// Reads the text of a value.
/// # Errors
/// 22023 with PostgreSQL's messages for a wrong form, unit, word or range.
pub fn parse(setting: &Setting, text: &str) -> Result<Value> {
    let name = setting.name;
    match setting.kind {
        Kind::Bool(_) => match parse_bool(text) {
            Some(value) => Ok(Value::Bool(value)),
            None => Err(error!(INVALID_PARAMETER_VALUE, "parameter \"{name}\" requires a Boolean value")),
        },
        Kind::Integer { min, max, unit, .. } => {
            let number = parse_number(setting, text, unit, true)?.round();
            if number < min as f64 || number > max as f64 {
                let suffix = if unit == Unit::None { String::new() } else { format!(" {}", unit.as_str()) };
                return Err(error!(
                    INVALID_PARAMETER_VALUE,
                    "{number}{suffix} is outside the valid range for parameter \"{name}\" ({min}{suffix} .. {max}{suffix})"
                ));
            }
            check_stack_depth(setting, number as i64)?;
            Ok(Value::Integer(number as i64))
        }
        Kind::Real { min, max, unit, .. } => {
            let number = parse_number(setting, text, unit, false)?;
            if !(min..=max).contains(&number) {
                let suffix = if unit == Unit::None { String::new() } else { format!(" {}", unit.as_str()) };
                return Err(error!(
                    INVALID_PARAMETER_VALUE,
                    "{number}{suffix} is outside the valid range for parameter \"{name}\" ({min}{suffix} .. {max}{suffix})"
                ));
            }
            Ok(Value::Real(number))
        }
        Kind::Text(_) if setting.id == Id::ArchiveLibrary && !text.is_empty() => {
            Err(Error::unsupported("archive libraries are not supported")
                .hint("Use \"archive_command\" instead."))
        }
        Kind::Text(_) => Ok(Value::Text(text.into())),
        Kind::Choice { values, .. } => parse_choice(values, text).map(Value::Choice).ok_or_else(|| {
            error!(INVALID_PARAMETER_VALUE, "invalid value for parameter \"{name}\": \"{text}\"")
                .hint(format!("Available values: {}.", values.join(", ")))
        }),
    }
}

/// What the stack keeps for the server itself, whatever `max_stack_depth` says.
const STACK_RESERVE_BYTES: u64 = 512 * 1024;
/// The largest `max_stack_depth`, in kilobytes.
static MAX_STACK_DEPTH: AtomicI64 = AtomicI64::new(i64::MAX);

/// From now on `max_stack_depth` has to fit into a stack of so many bytes; `None` is one without a limit.
pub fn limit_stack_depth(stack_bytes: Option<u64>) {
    let limit =
        stack_bytes.map_or(i64::MAX, |bytes| (bytes.saturating_sub(STACK_RESERVE_BYTES) / 1024) as i64);
    MAX_STACK_DEPTH.store(limit, Ordering::Relaxed);
}

fn check_stack_depth(setting: &Setting, kilobytes: i64) -> Result<()> {
    let limit = MAX_STACK_DEPTH.load(Ordering::Relaxed);
    if setting.id != Id::MaxStackDepth || kilobytes <= limit {
        return Ok(());
    }
    let name = setting.name;
    Err(error!(INVALID_PARAMETER_VALUE, "invalid value for parameter \"{name}\": {kilobytes}")
        .detail(format!("\"{name}\" must not exceed {limit}kB."))
        .hint("Increase the platform's stack depth limit via \"ulimit -s\" or local equivalent."))
}

/// The text that SHOW prints: numbers with the largest unit that keeps them whole.
pub fn show(setting: &Setting, value: &Value) -> String {
    match (value, setting.kind) {
        (Value::Integer(number), Kind::Integer { unit, .. }) if *number > 0 && unit != Unit::None => {
            let whole = unit.suffixes().iter().find_map(|(suffix, factor)| {
                let scaled = *number as f64 / factor;
                (*factor >= 1.0 && scaled.fract() == 0.0 || *factor < 1.0)
                    .then(|| format!("{}{suffix}", scaled.round() as i64))
            });
            whole.unwrap_or_else(|| number.to_string())
        }
        (Value::Real(number), Kind::Real { unit, .. }) if *number > 0.0 && unit != Unit::None => {
            let whole = unit.suffixes().iter().find_map(|(suffix, factor)| {
                let scaled = *number / factor;
                (scaled.fract() == 0.0).then(|| format!("{scaled}{suffix}"))
            });
            whole.unwrap_or_else(|| number.to_string())
        }
        (Value::Integer(number), _)
            if setting.name.ends_with("_mode") || setting.name.ends_with("_permissions") =>
        {
            format!("{number:04o}")
        }
        (value, _) => plain(value),
    }
}

/// The text without units, as `pg_settings.setting` has it.
pub fn plain(value: &Value) -> String {
    match value {
        Value::Bool(true) => "on".into(),
        Value::Bool(false) => "off".into(),
        Value::Integer(number) => number.to_string(),
        Value::Real(number) => number.to_string(),
        Value::Text(text) => text.to_string(),
        Value::Choice(word) => (*word).into(),
    }
}

/// PostgreSQL's Boolean words and their unambiguous beginnings.
pub fn parse_bool(text: &str) -> Option<bool> {
    let text = text.trim().to_ascii_lowercase();
    let begins = |word: &str, least: usize| text.len() >= least && word.starts_with(&text);
    if begins("true", 1) || begins("yes", 1) || begins("on", 2) || text == "1" {
        Some(true)
    } else if begins("false", 1) || begins("no", 1) || begins("off", 2) || text == "0" {
        Some(false)
    } else {
        None
    }
}

fn parse_choice(values: &'static [&'static str], text: &str) -> Option<&'static str> {
    if let Some(word) = values.iter().find(|word| word.eq_ignore_ascii_case(text)) {
        return Some(word);
    }
    // A choice that has on and off takes the other Boolean words too.
    let word = if parse_bool(text)? { "on" } else { "off" };
    values.iter().find(|value| **value == word).copied()
}

fn parse_number(setting: &Setting, text: &str, unit: Unit, whole: bool) -> Result<f64> {
    let invalid = || -> Error {
        error!(INVALID_PARAMETER_VALUE, "invalid value for parameter \"{}\": \"{text}\"", setting.name)
    };
    let trimmed = text.trim();
    let (sign, digits) = match trimmed.strip_prefix('-') {
        Some(rest) => (-1.0, rest),
        None => (1.0, trimmed.strip_prefix('+').unwrap_or(trimmed)),
    };
    let octal =
        whole && digits.len() > 1 && digits.starts_with('0') && digits.bytes().all(|b| b.is_ascii_digit());
    if let Some(hexadecimal) = digits.strip_prefix("0x").filter(|_| whole) {
        return i64::from_str_radix(hexadecimal, 16).map(|n| sign * n as f64).map_err(|_| invalid());
    }
    if octal {
        return i64::from_str_radix(digits, 8).map(|n| sign * n as f64).map_err(|_| invalid());
    }
    let end = digits
        .char_indices()
        .find(|(at, c)| {
            let exponent_sign = matches!(c, '+' | '-') && digits[..*at].ends_with(['e', 'E']);
            let exponent = matches!(c, 'e' | 'E')
                && digits[at + 1..].starts_with(|c: char| c.is_ascii_digit() || c == '-');
            !(c.is_ascii_digit() || *c == '.' || exponent || exponent_sign)
        })
        .map_or(digits.len(), |(at, _)| at);
    let number: f64 = digits[..end].parse().map_err(|_| invalid())?;
    let suffix = digits[end..].trim();
    if suffix.is_empty() {
        return Ok(sign * number);
    }
    match unit.suffixes().iter().find(|(name, _)| *name == suffix) {
        Some((_, factor)) => Ok(sign * number * factor),
        None => Err(match unit.hint() {
            Some(hint) => invalid().hint(hint),
            None => invalid(),
        }),
    }
}
