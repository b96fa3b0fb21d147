//! Text of integers: decimal, hexadecimal, octal and binary, with underscores between digits.

use error::{Error, Result, error};

/// Reads an integer of any width. `type_name` is SQL's name of the type, for messages.
///
/// # Errors
/// 22P02 for bad syntax, 22003 when out of range.
pub fn parse<T: TryFrom<i128>>(text: &str, type_name: &str) -> Result<T> {
    let value = parse_i128(text, type_name)?;
    T::try_from(value).map_err(|_| out_of_range(text, type_name))
}

fn invalid(text: &str, type_name: &str) -> Error {
    error!(INVALID_TEXT_REPRESENTATION, "invalid input syntax for type {type_name}: \"{text}\"")
}

fn out_of_range(text: &str, type_name: &str) -> Error {
    error!(NUMERIC_VALUE_OUT_OF_RANGE, "value \"{text}\" is out of range for type {type_name}")
}

fn parse_i128(text: &str, type_name: &str) -> Result<i128> {
    let trimmed = text.trim_matches(|c: char| c.is_ascii_whitespace() || c == '\x0b').as_bytes();
    let (negative, body) = match trimmed {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, trimmed),
    };
    let (radix, digits) = match body {
        [b'0', b'x' | b'X', rest @ ..] => (16, rest),
        [b'0', b'o' | b'O', rest @ ..] => (8, rest),
        [b'0', b'b' | b'B', rest @ ..] => (2, rest),
        _ => (10, body),
    };
    let mut value = 0i128;
    // An underscore needs a digit before it, or the radix prefix, and one behind it.
    let mut digit_expected = true;
    let mut underscore_allowed = radix != 10;
    for byte in digits {
        if *byte == b'_' && underscore_allowed {
            underscore_allowed = false;
            digit_expected = true;
            continue;
        }
        let digit = (*byte as char).to_digit(radix).ok_or_else(|| invalid(text, type_name))?;
        // Beyond 64 bits the exact value does not matter.
        if value < 1 << 100 {
            value = value * i128::from(radix) + i128::from(digit);
        }
        digit_expected = false;
        underscore_allowed = true;
    }
    if digit_expected {
        return Err(invalid(text, type_name));
    }
    Ok(if negative { -value } else { value })
}
