//! Text of floats: the shortest that reads back the same, or rounded to fewer digits by `extra_float_digits`.

use error::{Error, Result, error};

fn invalid(text: &str, type_name: &str) -> Error {
    error!(INVALID_TEXT_REPRESENTATION, "invalid input syntax for type {type_name}: \"{text}\"")
}

fn out_of_range(text: &str, type_name: &str) -> Error {
    error!(NUMERIC_VALUE_OUT_OF_RANGE, "\"{text}\" is out of range for type {type_name}")
}

fn special(text: &str) -> Option<f64> {
    let lower = text.to_ascii_lowercase();
    Some(match lower.as_str() {
        "nan" => f64::NAN,
        "infinity" | "+infinity" | "inf" | "+inf" => f64::INFINITY,
        "-infinity" | "-inf" => f64::NEG_INFINITY,
        _ => return None,
    })
}

/// True if a nonzero digit stands before the exponent.
fn is_nonzero(text: &str) -> bool {
    text.bytes().take_while(|byte| !matches!(byte, b'e' | b'E')).any(|byte| (b'1'..=b'9').contains(&byte))
}

/// # Errors
/// 22P02 for bad syntax, 22003 for what a float8 cannot hold.
pub fn parse_f64(text: &str) -> Result<f64> {
    let trimmed = text.trim_matches(|c: char| c.is_ascii_whitespace());
    if trimmed.bytes().any(|byte| byte.is_ascii_digit()) {
        let value: f64 = trimmed.parse().map_err(|_| invalid(text, "double precision"))?;
        if value.is_infinite() || value == 0.0 && is_nonzero(trimmed) {
            return Err(out_of_range(trimmed, "double precision"));
        }
        return Ok(value);
    }
    special(trimmed).ok_or_else(|| invalid(text, "double precision"))
}

/// # Errors
/// 22P02 for bad syntax, 22003 for what a float4 cannot hold.
pub fn parse_f32(text: &str) -> Result<f32> {
    let trimmed = text.trim_matches(|c: char| c.is_ascii_whitespace());
    if trimmed.bytes().any(|byte| byte.is_ascii_digit()) {
        let value: f32 = trimmed.parse().map_err(|_| invalid(text, "real"))?;
        if value.is_infinite() || value == 0.0 && is_nonzero(trimmed) {
            return Err(out_of_range(trimmed, "real"));
        }
        return Ok(value);
    }
    special(trimmed).map(|value| value as f32).ok_or_else(|| invalid(text, "real"))
}

pub fn write_f64(value: f64, extra_digits: i32, out: &mut Vec<u8>) {
    if !write_special(value, out) {
        match extra_digits {
            1.. => layout(zmij::Buffer::new().format_finite(value), 15, out),
            _ => rounded(value, (15 + extra_digits).max(1) as usize, out),
        }
    }
}

pub fn write_f32(value: f32, extra_digits: i32, out: &mut Vec<u8>) {
    if !write_special(value.into(), out) {
        match extra_digits {
            1.. => layout(zmij::Buffer::new().format_finite(value), 6, out),
            _ => rounded(value.into(), (6 + extra_digits).max(1) as usize, out),
        }
    }
}

fn write_special(value: f64, out: &mut Vec<u8>) -> bool {
    if value.is_nan() {
        out.extend_from_slice(b"NaN");
    } else if value.is_infinite() {
        out.extend_from_slice(if value < 0.0 { b"-Infinity" } else { b"Infinity" });
    } else {
        return false;
    }
    true
}

/// `significant` digits without zeros at the end, in plain notation where the exponent allows.
fn rounded(value: f64, significant: usize, out: &mut Vec<u8>) {
    layout(&format!("{:.*e}", significant - 1, value), significant as i32, out);
}

/// Lays the digits of a shortest representation out as PostgreSQL does: plain from 10^-4 up to `plain` digits
/// before the point, else with an exponent of at least two digits.
fn layout(shortest: &str, plain: i32, out: &mut Vec<u8>) {
    let body = shortest.strip_prefix('-').unwrap_or(shortest);
    if body.len() < shortest.len() {
        out.push(b'-');
    }
    let (mantissa, exponent) = body.split_once(['e', 'E']).unwrap_or((body, "0"));
    let (whole, part) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let mut digits = [0u8; 40];
    let mut count = 0;
    for byte in whole.bytes().chain(part.bytes()) {
        if count < digits.len() {
            digits[count] = byte;
            count += 1;
        }
    }
    let mut point = whole.len() as i32 + exponent.parse::<i32>().unwrap_or(0);
    let zeros = digits[..count].iter().take_while(|digit| **digit == b'0').count();
    point -= zeros as i32;
    let end = digits[..count].iter().rposition(|digit| *digit != b'0').map_or(zeros, |last| last + 1);
    let digits = &digits[zeros..end];
    if digits.is_empty() {
        return out.push(b'0');
    }
    let exponent = point - 1;
    if (-4..plain).contains(&exponent) {
        if point <= 0 {
            out.extend_from_slice(b"0.");
            out.extend(std::iter::repeat_n(b'0', -point as usize));
            return out.extend_from_slice(digits);
        }
        let point = point as usize;
        if digits.len() <= point {
            out.extend_from_slice(digits);
            out.extend(std::iter::repeat_n(b'0', point - digits.len()));
        } else {
            out.extend_from_slice(&digits[..point]);
            out.push(b'.');
            out.extend_from_slice(&digits[point..]);
        }
        return;
    }
    out.push(digits[0]);
    if digits.len() > 1 {
        out.push(b'.');
        out.extend_from_slice(&digits[1..]);
    }
    out.extend_from_slice(if exponent < 0 { b"e-" } else { b"e+" });
    let size = exponent.unsigned_abs();
    if size < 10 {
        out.push(b'0');
    }
    out.extend_from_slice(itoa::Buffer::new().format(size).as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Notation must switch where PostgreSQL's does.
    #[test]
    fn notation() {
        let text = |value: f64| {
            let mut out = Vec::new();
            write_f64(value, 1, &mut out);
            String::from_utf8(out).unwrap()
        };
        for (value, expected) in [
            (0.1, "0.1"),
            (-0.0, "-0"),
            (100.0, "100"),
            (1e15, "1e+15"),
            (123456789012345.0, "123456789012345"),
            (0.0001, "0.0001"),
            (0.00001, "1e-05"),
            (1.5e300, "1.5e+300"),
            (5e-324, "5e-324"),
            (f64::NEG_INFINITY, "-Infinity"),
        ] {
            assert_eq!(text(value), expected);
            assert_eq!(parse_f64(expected).unwrap().to_bits(), value.to_bits());
        }
        assert_eq!(
            parse_f64("1e400").unwrap_err().message(),
            "\"1e400\" is out of range for type double precision"
        );
    }
}
