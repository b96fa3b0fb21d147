//! `numeric` as text and as other numbers.

use error::{Error, Result, error};

use super::arithmetic::{MAX_INTEGER_DIGITS, MAX_SCALE, overflow};
use super::{Digits, Form, Numeric, POWERS, SMALL_SCALE};

fn invalid(text: &str) -> Error {
    error!(INVALID_TEXT_REPRESENTATION, "invalid input syntax for type numeric: \"{text}\"")
}

impl Numeric {
    /// Reads a number: decimal with optional exponent, `0x`, `0o`, `0b`, underscores between digits, NaN, Infinity.
    ///
    /// # Errors
    /// 22P02 for bad syntax, 22003 for what is too large.
    pub fn parse(text: &str) -> Result<Numeric> {
        let trimmed = text.trim_matches(|c: char| c.is_ascii_whitespace() || c == '\x0b');
        let (negative, body) = match trimmed.as_bytes().first() {
            Some(b'-') => (true, &trimmed[1..]),
            Some(b'+') => (false, &trimmed[1..]),
            _ => (false, trimmed),
        };
        let bytes = body.as_bytes();
        match bytes.first() {
            Some(b'0')
                if bytes.len() > 1
                    && bytes[1].is_ascii_alphabetic()
                    && !bytes[1].eq_ignore_ascii_case(&b'e') =>
            {
                parse_radix(bytes, negative).ok_or_else(|| invalid(text))
            }
            Some(b'0'..=b'9' | b'.') => parse_decimal(bytes, negative).ok_or_else(|| invalid(text))?,
            _ if body.eq_ignore_ascii_case("nan") && body.len() == trimmed.len() => Ok(Numeric::NAN),
            _ if body.eq_ignore_ascii_case("inf") || body.eq_ignore_ascii_case("infinity") => {
                Ok(if negative { Numeric::NEGATIVE_INFINITY } else { Numeric::INFINITY })
            }
            _ => Err(invalid(text)),
        }
    }

    /// Appends the text form.
    pub fn write(&self, out: &mut Vec<u8>) {
        match &self.0 {
            Form::Small { value, scale } => write_small(*value, usize::from(*scale), out),
            Form::Big(big) => {
                if big.is_negative {
                    out.push(b'-');
                }
                let mut digits = Vec::new();
                big.digits.write_decimal(&mut digits);
                let scale = big.scale as usize;
                if digits.len() > scale {
                    out.extend_from_slice(&digits[..digits.len() - scale]);
                } else {
                    out.push(b'0');
                }
                if scale > 0 {
                    out.push(b'.');
                    out.extend(std::iter::repeat_n(b'0', scale.saturating_sub(digits.len())));
                    out.extend_from_slice(&digits[digits.len().saturating_sub(scale)..]);
                }
            }
            Form::NotANumber => out.extend_from_slice(b"NaN"),
            Form::Infinity => out.extend_from_slice(b"Infinity"),
            Form::NegativeInfinity => out.extend_from_slice(b"-Infinity"),
        }
    }

    /// The nearest integer of 128 bits, halves away from zero; `None` if it does not fit or is not finite.
    pub fn to_i128(&self) -> Option<i128> {
        let (negative, mut digits, scale) = self.parts()?;
        digits.round_down(scale);
        let value = i128::try_from(digits.to_u128()?).ok()?;
        Some(if negative { -value } else { value })
    }

    /// The nearest integer, halves away from zero. `type_name` is SQL's name of the target.
    ///
    /// # Errors
    /// 0A000 for NaN and infinity, 22003 when out of range.
    pub fn to_integer<T: TryFrom<i128>>(&self, type_name: &str) -> Result<T> {
        if let Form::Small { value, scale: 0 } = self.0
            && let Ok(value) = T::try_from(value.into())
        {
            return Ok(value);
        }
        if self.is_nan() {
            return Err(error!(FEATURE_NOT_SUPPORTED, "cannot convert NaN to {type_name}"));
        }
        if !self.is_finite() {
            return Err(error!(FEATURE_NOT_SUPPORTED, "cannot convert infinity to {type_name}"));
        }
        self.to_i128()
            .and_then(|value| T::try_from(value).ok())
            .ok_or_else(|| error!(NUMERIC_VALUE_OUT_OF_RANGE, "{type_name} out of range"))
    }

    /// The nearest float; infinite when too large.
    pub fn to_f64(&self) -> f64 {
        match &self.0 {
            Form::NotANumber => f64::NAN,
            Form::Infinity => f64::INFINITY,
            Form::NegativeInfinity => f64::NEG_INFINITY,
            // Both are exact as floats, so one division rounds once.
            Form::Small { value, scale } if value.unsigned_abs() < 1 << 53 && *scale <= 15 => {
                *value as f64 / POWERS[usize::from(*scale)] as f64
            }
            _ => self.to_string().parse().unwrap_or(f64::NAN),
        }
    }

    /// The number that 15 significant digits of a float show.
    pub fn from_f64(value: f64) -> Numeric {
        from_float(value, 15)
    }

    /// The number that 6 significant digits of a float show.
    pub fn from_f32(value: f32) -> Numeric {
        from_float(value.into(), 6)
    }
}

fn from_float(value: f64, significant: usize) -> Numeric {
    if value.is_nan() {
        return Numeric::NAN;
    }
    if value.is_infinite() {
        return if value < 0.0 { Numeric::NEGATIVE_INFINITY } else { Numeric::INFINITY };
    }
    let text = format!("{:.*e}", significant - 1, value);
    Numeric::parse(&text).unwrap_or(Numeric::NAN).trim_scale()
}

impl std::fmt::Display for Numeric {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut bytes = Vec::new();
        self.write(&mut bytes);
        f.write_str(crate::text_value::valid_prefix(&bytes))
    }
}

#[inline]
fn write_small(value: i64, scale: usize, out: &mut Vec<u8>) {
    if value < 0 {
        out.push(b'-');
    }
    let mut buffer = itoa::Buffer::new();
    let digits = buffer.format(value.unsigned_abs()).as_bytes();
    if scale == 0 {
        return out.extend_from_slice(digits);
    }
    if digits.len() > scale {
        out.extend_from_slice(&digits[..digits.len() - scale]);
        out.push(b'.');
        out.extend_from_slice(&digits[digits.len() - scale..]);
    } else {
        out.extend_from_slice(b"0.");
        out.extend(std::iter::repeat_n(b'0', scale - digits.len()));
        out.extend_from_slice(digits);
    }
}

/// `None`: bad syntax.
fn parse_radix(bytes: &[u8], negative: bool) -> Option<Numeric> {
    let radix = match bytes[1] | 0x20 {
        b'x' => 16,
        b'o' => 8,
        b'b' => 2,
        _ => return None,
    };
    let mut digits = Digits::ZERO;
    let mut after_underscore = false;
    let mut any = false;
    for byte in &bytes[2..] {
        if *byte == b'_' {
            if after_underscore {
                return None;
            }
            after_underscore = true;
            continue;
        }
        digits.multiply_small(radix);
        digits.add_small((*byte as char).to_digit(radix)?);
        (after_underscore, any) = (false, true);
    }
    (any && !after_underscore).then(|| Numeric::from_parts(negative, digits, 0))
}

/// `None`: bad syntax.
fn parse_decimal(bytes: &[u8], negative: bool) -> Option<Result<Numeric>> {
    let mut digits: Vec<u8> = Vec::new();
    let (mut value, mut small) = (0i64, true);
    let mut scale: i64 = 0;
    let (mut seen_point, mut count) = (false, 0u32);
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            digit @ b'0'..=b'9' => {
                count += 1;
                scale += i64::from(seen_point);
                if small {
                    if value < (i64::MAX - 9) / 10 {
                        value = value * 10 + i64::from(digit - b'0');
                    } else {
                        small = false;
                        digits.extend(value.to_string().bytes().map(|byte| byte - b'0'));
                        digits.push(digit - b'0');
                    }
                } else {
                    digits.push(digit - b'0');
                }
            }
            b'.' if !seen_point => {
                if at > 0 && bytes[at - 1] == b'_' {
                    return None;
                }
                seen_point = true;
            }
            b'_' => {
                let next_to_digits = at > 0
                    && bytes[at - 1].is_ascii_digit()
                    && bytes.get(at + 1).is_some_and(u8::is_ascii_digit);
                if !next_to_digits {
                    return None;
                }
            }
            b'e' | b'E' => break,
            _ => return None,
        }
        at += 1;
    }
    if count == 0 {
        return None;
    }
    let mut exponent = 0i64;
    if at < bytes.len() {
        let text = std::str::from_utf8(&bytes[at + 1..]).ok()?;
        let text = text.replace('_', "");
        exponent = match text.parse::<i64>() {
            Ok(exponent) => exponent,
            Err(_)
                if !text.is_empty()
                    && text.trim_start_matches(['+', '-']).bytes().all(|b| b.is_ascii_digit())
                    && !text.trim_start_matches(['+', '-']).is_empty() =>
            {
                return Some(Err(overflow()));
            }
            Err(_) => return None,
        };
        if exponent.abs() > i64::from(i32::MAX / 2) {
            return Some(Err(overflow()));
        }
    }
    let shown = (scale - exponent).max(0);
    if small && shown <= i64::from(SMALL_SCALE) && exponent <= 0 {
        let value = if negative { -value } else { value };
        return Some(Ok(Numeric(Form::Small { value, scale: shown as u8 })));
    }
    let mut number =
        if small { Digits::from_u128(value.unsigned_abs().into()) } else { Digits::from_decimal(&digits) };
    if scale - exponent < 0 {
        if !number.is_zero() && exponent - scale > i64::from(MAX_INTEGER_DIGITS) {
            return Some(Err(overflow()));
        }
        number.scale_up((exponent - scale) as u32);
    }
    if shown > i64::from(MAX_SCALE) {
        return Some(Err(overflow()));
    }
    Some(Numeric::checked(negative, number, shown as u32))
}
