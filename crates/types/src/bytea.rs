//! `bytea` as text: the formats `hex` and `escape`.

use error::{Result, error};

use crate::settings::ByteaOutput;

const HEX: &[u8; 16] = b"0123456789abcdef";

/// Reads `\x0aff`, or text with `\\` and `\nnn` escapes.
///
/// # Errors
/// 22023 for bad hexadecimal digits, 22P02 for bad escapes.
pub fn parse(text: &str) -> Result<Vec<u8>> {
    match text.strip_prefix("\\x") {
        Some(hex) => decode_hex(hex),
        None => decode_escape(text),
    }
}

/// Pairs of hexadecimal digits; blanks between pairs are skipped.
pub fn decode_hex(text: &str) -> Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() / 2);
    let mut characters = text.chars();
    let digit = |c: char| {
        c.to_digit(16).ok_or_else(|| error!(INVALID_PARAMETER_VALUE, "invalid hexadecimal digit: \"{c}\""))
    };
    while let Some(first) = characters.next() {
        if matches!(first, ' ' | '\n' | '\t' | '\r') {
            continue;
        }
        let high = digit(first)?;
        let Some(second) = characters.next() else {
            return Err(error!(INVALID_PARAMETER_VALUE, "invalid hexadecimal data: odd number of digits"));
        };
        bytes.push((high << 4 | digit(second)?) as u8);
    }
    Ok(bytes)
}

/// `\\` and three octal digits after a backslash; all else stands for itself.
pub fn decode_escape(text: &str) -> Result<Vec<u8>> {
    let source = text.as_bytes();
    let mut bytes = Vec::with_capacity(source.len());
    let mut at = 0;
    while at < source.len() {
        if source[at] != b'\\' {
            bytes.push(source[at]);
            at += 1;
            continue;
        }
        match source[at + 1..] {
            [b'\\', ..] => {
                bytes.push(b'\\');
                at += 2;
            }
            [a @ b'0'..=b'3', b @ b'0'..=b'7', c @ b'0'..=b'7', ..] => {
                bytes.push((a - b'0') << 6 | (b - b'0') << 3 | (c - b'0'));
                at += 4;
            }
            _ => return Err(error!(INVALID_TEXT_REPRESENTATION, "invalid input syntax for type bytea")),
        }
    }
    Ok(bytes)
}

pub fn write_hex(bytes: &[u8], out: &mut Vec<u8>) {
    out.reserve(bytes.len() * 2);
    for byte in bytes {
        out.extend_from_slice(&[HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]]);
    }
}

pub fn write_escape(bytes: &[u8], out: &mut Vec<u8>) {
    for byte in bytes {
        match byte {
            b'\\' => out.extend_from_slice(b"\\\\"),
            0x20..=0x7e => out.push(*byte),
            _ => {
                out.extend_from_slice(&[
                    b'\\',
                    b'0' + (byte >> 6),
                    b'0' + (byte >> 3 & 7),
                    b'0' + (byte & 7),
                ]);
            }
        }
    }
}

pub fn write(bytes: &[u8], format: ByteaOutput, out: &mut Vec<u8>) {
    match format {
        ByteaOutput::Hex => {
            out.extend_from_slice(b"\\x");
            write_hex(bytes, out);
        }
        ByteaOutput::Escape => write_escape(bytes, out),
    }
}
