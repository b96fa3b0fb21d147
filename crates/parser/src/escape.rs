//! Backslash escapes of `E'...'` and Unicode escapes of `U&'...'`.

use error::{Error, error};

use crate::position::{character_position, near};

const STRING_HINT: &str = "Unicode escapes must be \\uXXXX or \\UXXXXXXXX.";
const UNICODE_HINT: &str = "Unicode escapes must be \\XXXX or \\+XXXXXX.";
const SURROGATE_PAIR: &str = "invalid Unicode surrogate pair";
const INVALID_VALUE: &str = "invalid Unicode escape value";

/// Appends the decoded form of `source[start..end]`, the inside of an `E'...'` string.
pub fn decode_escapes(source: &str, start: usize, end: usize, out: &mut Vec<u8>) -> Result<(), Error> {
    let bytes = &source.as_bytes()[..end];
    let mut at = start;
    let mut high_surrogate: Option<u32> = None;
    while at < end {
        let byte = bytes[at];
        let is_unicode = byte == b'\\' && matches!(bytes.get(at + 1), Some(b'u' | b'U'));
        if high_surrogate.is_some() && !is_unicode {
            return Err(near(source, SURROGATE_PAIR, at, at + 1));
        }
        if byte == b'\'' {
            out.push(byte);
            at += 2;
        } else if byte != b'\\' {
            out.push(byte);
            at += 1;
        } else if is_unicode {
            let length = if bytes[at + 1] == b'u' { 4 } else { 8 };
            let Some(value) = hexadecimal(bytes, at + 2, length) else {
                return Err(error!(INVALID_ESCAPE_SEQUENCE, "invalid Unicode escape")
                    .hint(STRING_HINT)
                    .at(character_position(source, at)));
            };
            let next = at + 2 + length;
            match (high_surrogate.take(), value) {
                (Some(high), 0xDC00..=0xDFFF) => push_character(out, combine(high, value)),
                (Some(_), _) | (None, 0xDC00..=0xDFFF) => return Err(near(source, SURROGATE_PAIR, at, next)),
                (None, 0xD800..=0xDBFF) => high_surrogate = Some(value),
                (None, 0 | 0x11_0000..) => return Err(near(source, INVALID_VALUE, at, next)),
                (None, _) => push_character(out, value),
            }
            at = next;
        } else {
            at = decode_plain_escape(bytes, at + 1, out);
        }
    }
    match high_surrogate {
        Some(_) => Err(near(source, SURROGATE_PAIR, end, end + 1)),
        None => Ok(()),
    }
}

/// Decodes what follows a backslash at `at`; returns the place after it.
fn decode_plain_escape(bytes: &[u8], at: usize, out: &mut Vec<u8>) -> usize {
    let Some(&byte) = bytes.get(at) else { return at };
    match byte {
        b'0'..=b'7' => {
            let digits = bytes[at..].iter().take(3).take_while(|b| matches!(b, b'0'..=b'7')).count();
            let value =
                bytes[at..at + digits].iter().fold(0u32, |value, digit| value * 8 + u32::from(digit - b'0'));
            out.push(value as u8);
            at + digits
        }
        b'x' => {
            let digits = bytes[at + 1..].iter().take(2).take_while(|b| b.is_ascii_hexdigit()).count();
            match hexadecimal(bytes, at + 1, digits) {
                Some(value) if digits > 0 => out.push(value as u8),
                _ => out.push(b'x'),
            }
            at + 1 + digits
        }
        _ => {
            out.push(match byte {
                b'b' => 8,
                b'f' => 12,
                b'n' => b'\n',
                b'r' => b'\r',
                b't' => b'\t',
                b'v' => 11,
                other => other,
            });
            at + 1
        }
    }
}

/// The bytes of a decoded string as text; 22021 when octal or hexadecimal escapes made something that is none.
pub fn into_text(bytes: Vec<u8>) -> Result<String, Error> {
    let (invalid_at, length) = match std::str::from_utf8(&bytes) {
        Ok(text) => match text.bytes().position(|b| b == 0) {
            None => return Ok(text.to_owned()),
            Some(zero) => (zero, 1),
        },
        Err(failure) => (failure.valid_up_to(), sequence_length(bytes[failure.valid_up_to()])),
    };
    let shown: Vec<String> = bytes[invalid_at..].iter().take(length).map(|b| format!("0x{b:02x}")).collect();
    Err(error!(
        CHARACTER_NOT_IN_REPERTOIRE,
        "invalid byte sequence for encoding \"UTF8\": {}",
        shown.join(" ")
    ))
}

fn sequence_length(first: u8) -> usize {
    match first {
        0xC0..=0xDF => 2,
        0xE0..=0xEF => 3,
        0xF0..=0xF7 => 4,
        _ => 1,
    }
}

/// Decodes the inside of `U&'...'`, which starts at byte `start` of `source`.
pub fn decode_unicode(source: &str, raw: &str, escape: char, start: usize) -> Result<String, Error> {
    let fail = |message: &'static str, at: usize| {
        Err(error!(SYNTAX_ERROR, "{message}").at(character_position(source, start + at)))
    };
    let bytes = raw.as_bytes();
    let escape = escape as u8;
    let mut out = Vec::with_capacity(raw.len());
    let mut high_surrogate: Option<u32> = None;
    let mut at = 0;
    while at < bytes.len() {
        let is_escape = bytes[at] == escape && bytes.get(at + 1) != Some(&escape);
        if !is_escape {
            if high_surrogate.is_some() {
                return fail(SURROGATE_PAIR, at);
            }
            out.push(bytes[at]);
            at += if bytes[at] == escape { 2 } else { 1 };
            continue;
        }
        let (first, length) = if bytes.get(at + 1) == Some(&b'+') { (at + 2, 6) } else { (at + 1, 4) };
        let Some(value) = hexadecimal(bytes, first, length) else {
            return Err(error!(SYNTAX_ERROR, "invalid Unicode escape")
                .hint(UNICODE_HINT)
                .at(character_position(source, start + at)));
        };
        match (high_surrogate.take(), value) {
            (_, 0 | 0x11_0000..) => return fail(INVALID_VALUE, at),
            (Some(high), 0xDC00..=0xDFFF) => push_character(&mut out, combine(high, value)),
            (Some(_), _) | (None, 0xDC00..=0xDFFF) => return fail(SURROGATE_PAIR, at),
            (None, 0xD800..=0xDBFF) => high_surrogate = Some(value),
            (None, _) => push_character(&mut out, value),
        }
        at = first + length;
    }
    if high_surrogate.is_some() {
        return fail(SURROGATE_PAIR, at);
    }
    into_text(out)
}

fn hexadecimal(bytes: &[u8], start: usize, length: usize) -> Option<u32> {
    let digits = bytes.get(start..start + length)?;
    digits.iter().try_fold(0u32, |value, &digit| Some((value << 4) | (digit as char).to_digit(16)?))
}

fn combine(high: u32, low: u32) -> u32 {
    0x1_0000 + ((high & 0x3FF) << 10) + (low & 0x3FF)
}

fn push_character(out: &mut Vec<u8>, value: u32) {
    let character = char::from_u32(value).unwrap_or(char::REPLACEMENT_CHARACTER);
    out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
}
