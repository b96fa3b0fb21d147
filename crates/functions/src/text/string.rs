//! Lengths, parts, searching, padding, trimming and replacing of text.

use error::{Error, Result, error};
use expression::sql::*;
use md5::Digest;
use types::compare::without_trailing_blanks;

use crate::rows::*;

/// The longest text that a function makes.
const MAX_BYTES: usize = 1 << 30;

#[cold]
fn too_large() -> Error {
    error!(PROGRAM_LIMIT_EXCEEDED, "requested length too large")
}

/// Characters are counted by the bytes that begin one.
fn count_characters(bytes: &[u8]) -> i32 {
    bytes.iter().filter(|byte| **byte as i8 >= -0x40).count() as i32
}

/// Where the character with this number begins, counted from 0; the end for all beyond.
fn byte_of(text: &str, character: usize) -> usize {
    if text.is_ascii() {
        return character.min(text.len());
    }
    text.char_indices().nth(character).map_or(text.len(), |(at, _)| at)
}

/// The characters `from` (counted from 1) to before `from + length`.
///
/// # Errors
/// 22011 for a negative length.
pub fn substring(text: &str, from: i32, length: Option<i32>) -> Result<&str> {
    let from = i64::from(from);
    let end = match length {
        None => i64::MAX,
        Some(length) if length < 0 => {
            return Err(error!(SUBSTRING_ERROR, "negative substring length not allowed"));
        }
        Some(length) => from + i64::from(length),
    };
    let start = from.max(1) - 1;
    let end = end.max(1) - 1;
    if end <= start {
        return Ok("");
    }
    let rest = &text[byte_of(text, start as usize)..];
    Ok(&rest[..byte_of(rest, usize::try_from(end - start).unwrap_or(usize::MAX))])
}

/// The bytes `from` (counted from 1) to before `from + length`.
pub fn substring_bytes(bytes: &[u8], from: i32, length: Option<i32>) -> Result<&[u8]> {
    let from = i64::from(from);
    let end = match length {
        None => i64::MAX,
        Some(length) if length < 0 => {
            return Err(error!(SUBSTRING_ERROR, "negative substring length not allowed"));
        }
        Some(length) => from + i64::from(length),
    };
    let most = bytes.len() as i64;
    let start = (from.max(1) - 1).min(most);
    let end = (end.max(1) - 1).clamp(start, most);
    Ok(&bytes[start as usize..end as usize])
}

/// The number of the character at which `part` begins, from 1; 0 if nowhere.
fn position(text: &str, part: &str) -> i32 {
    text.find(part).map_or(0, |at| count_characters(&text.as_bytes()[..at]) + 1)
}

/// `text` with the characters from `from` on replaced.
fn overlay(text: &str, replacement: &str, from: i32, length: i32) -> Result<String> {
    if from <= 0 {
        return Err(error!(SUBSTRING_ERROR, "negative substring length not allowed"));
    }
    let behind = from.checked_add(length).ok_or_else(|| crate::integer::out_of_range("integer"))?;
    let head = substring(text, 1, Some(from - 1))?;
    Ok([head, replacement, substring(text, behind, None)?].concat())
}

/// The first `count` characters, or all but the last `-count`.
fn left(text: &str, count: i32) -> &str {
    let count = if count < 0 { count_characters(text.as_bytes()) + count } else { count };
    &text[..byte_of(text, count.max(0) as usize)]
}

/// The last `count` characters, or all but the first `-count`.
fn right(text: &str, count: i32) -> &str {
    let skipped = if count < 0 {
        count.unsigned_abs() as i64
    } else {
        i64::from(count_characters(text.as_bytes())) - i64::from(count)
    };
    &text[byte_of(text, skipped.max(0) as usize)..]
}

fn is_in<'a>(set: &'a str) -> impl Fn(char) -> bool + 'a {
    move |letter| set.contains(letter)
}

/// What fills up to `length` characters; `None` if the text is cut instead.
fn filling(text: &str, length: i32, fill: &str) -> Result<std::result::Result<String, usize>> {
    let (wanted, has) = (length.max(0) as usize, count_characters(text.as_bytes()) as usize);
    if has >= wanted {
        return Ok(Err(byte_of(text, wanted)));
    }
    if wanted.saturating_mul(4) > MAX_BYTES {
        return Err(too_large());
    }
    if fill.is_empty() {
        return Ok(Err(text.len()));
    }
    Ok(Ok(fill.chars().cycle().take(wanted - has).collect()))
}

fn pad_left(text: &str, length: i32, fill: &str) -> Result<String> {
    Ok(match filling(text, length, fill)? {
        Ok(filling) => filling + text,
        Err(end) => text[..end].to_owned(),
    })
}

fn pad_right(text: &str, length: i32, fill: &str) -> Result<String> {
    Ok(match filling(text, length, fill)? {
        Ok(filling) => text.to_owned() + &filling,
        Err(end) => text[..end].to_owned(),
    })
}

/// One of the parts between delimiters, counted from 1 or, if negative, from the end.
fn split_part<'a>(text: &'a str, delimiter: &str, number: i32) -> Result<&'a str> {
    if number == 0 {
        return Err(error!(INVALID_PARAMETER_VALUE, "field position must not be zero"));
    }
    let index = (number.unsigned_abs() - 1) as usize;
    if delimiter.is_empty() {
        return Ok(if index == 0 { text } else { "" });
    }
    let part = if number > 0 { text.split(delimiter).nth(index) } else { text.rsplit(delimiter).nth(index) };
    Ok(part.unwrap_or(""))
}

/// Replaces characters of one set by those at the same places in another, or drops them.
fn translate(text: &str, from: &str, to: &str) -> String {
    let mapped = |letter: char| match from.chars().position(|known| known == letter) {
        Some(at) => to.chars().nth(at),
        None => Some(letter),
    };
    text.chars().filter_map(mapped).collect()
}

fn character(code: i32) -> Result<String> {
    match u32::try_from(code) {
        Err(_) => Err(error!(INVALID_PARAMETER_VALUE, "character number must be positive")),
        Ok(0) => Err(error!(PROGRAM_LIMIT_EXCEEDED, "null character not permitted")),
        Ok(code) if code > 0x10_ffff => {
            Err(error!(PROGRAM_LIMIT_EXCEEDED, "requested character too large for encoding: {code}"))
        }
        Ok(code) => char::from_u32(code).map(String::from).ok_or_else(|| {
            error!(PROGRAM_LIMIT_EXCEEDED, "requested character not valid for encoding: {code}")
        }),
    }
}

fn trim_bytes<'a>(mut bytes: &'a [u8], set: &[u8], at_start: bool, at_end: bool) -> &'a [u8] {
    while at_start && bytes.first().is_some_and(|byte| set.contains(byte)) {
        bytes = &bytes[1..];
    }
    while at_end && bytes.last().is_some_and(|byte| set.contains(byte)) {
        bytes = &bytes[..bytes.len() - 1];
    }
    bytes
}

fn position_of_bytes(bytes: &[u8], part: &[u8]) -> i32 {
    if part.is_empty() {
        return 1;
    }
    bytes.windows(part.len()).position(|window| window == part).map_or(0, |at| at as i32 + 1)
}

fn byte_at(bytes: &[u8], index: i64) -> Result<usize> {
    usize::try_from(index).ok().filter(|at| *at < bytes.len()).ok_or_else(|| {
        let last = bytes.len() as i64 - 1;
        error!(ARRAY_SUBSCRIPT_ERROR, "index {index} out of valid range, 0..{last}")
    })
}

fn bit_at(bytes: &[u8], index: i64) -> Result<usize> {
    usize::try_from(index).ok().filter(|at| *at < bytes.len() * 8).ok_or_else(|| {
        let last = bytes.len() as i64 * 8 - 1;
        error!(ARRAY_SUBSCRIPT_ERROR, "index {index} out of valid range, 0..{last}")
    })
}

expression::builtins! {
    pub static FUNCTIONS:
    1317 "length" (value: text_row) -> int4, strict immutable { Ok(count_characters(value.bytes())) }
    1381 "char_length" (value: text_row) -> int4, strict immutable { Ok(count_characters(value.bytes())) }
    1369 "character_length" (value: text_row) -> int4, strict immutable { Ok(count_characters(value.bytes())) }
    1257 "textlen" (value: text_row) -> int4, strict immutable { Ok(count_characters(value.bytes())) }
    1318 "length" (value: bpchar_row) -> int4, strict immutable { Ok(count_characters(without_trailing_blanks(value.bytes()))) }
    1372 "char_length" (value: bpchar_row) -> int4, strict immutable { Ok(count_characters(without_trailing_blanks(value.bytes()))) }
    1367 "character_length" (value: bpchar_row) -> int4, strict immutable { Ok(count_characters(without_trailing_blanks(value.bytes()))) }
    1374 "octet_length" (value: text_row) -> int4, strict immutable { Ok(value.bytes().len() as i32) }
    1375 "octet_length" (value: bpchar_row) -> int4, strict immutable { Ok(value.bytes().len() as i32) }
    720 "octet_length" (value: bytea) -> int4, strict immutable { Ok(value.len() as i32) }
    2010 "length" (value: bytea) -> int4, strict immutable { Ok(value.len() as i32) }
    1811 "bit_length" (value: text_row) -> int4, strict immutable { Ok(value.bytes().len() as i32 * 8) }
    1810 "bit_length" (value: bytea) -> int4, strict immutable { Ok(value.len() as i32 * 8) }
    937 "substring" (value: text, from: int4) -> text, strict immutable { substring(value, from, None) }
    936 "substring" (value: text, from: int4, length: int4) -> text, strict immutable { substring(value, from, Some(length)) }
    883 "substr" (value: text, from: int4) -> text, strict immutable { substring(value, from, None) }
    877 "substr" (value: text, from: int4, length: int4) -> text, strict immutable { substring(value, from, Some(length)) }
    2013 "substring" (value: bytea, from: int4) -> bytea, strict immutable { substring_bytes(value, from, None) }
    2012 "substring" (value: bytea, from: int4, length: int4) -> bytea, strict immutable { substring_bytes(value, from, Some(length)) }
    2086 "substr" (value: bytea, from: int4) -> bytea, strict immutable { substring_bytes(value, from, None) }
    2085 "substr" (value: bytea, from: int4, length: int4) -> bytea, strict immutable { substring_bytes(value, from, Some(length)) }
    1405 "overlay" (value: text, replacement: text, from: int4) -> text, strict immutable {
        overlay(value, replacement, from, count_characters(replacement.as_bytes()))
    }
    1404 "overlay" (value: text, replacement: text, from: int4, length: int4) -> text, strict immutable {
        overlay(value, replacement, from, length)
    }
    849 "position" (value: text, part: text) -> int4, strict immutable { Ok(position(value, part)) }
    868 "strpos" (value: text, part: text) -> int4, strict immutable { Ok(position(value, part)) }
    2014 "position" (value: bytea, part: bytea) -> int4, strict immutable { Ok(position_of_bytes(value, part)) }
    3696 "starts_with" (value: text_row, prefix: text_row) -> bool_, strict immutable leakproof { Ok(value.bytes().starts_with(prefix.bytes())) }
    3060 "left" (value: text, count: int4) -> text, strict immutable { Ok(left(value, count)) }
    3061 "right" (value: text, count: int4) -> text, strict immutable { Ok(right(value, count)) }
    885 "btrim" (value: text) -> text, strict immutable { Ok(value.trim_matches(' ')) }
    881 "ltrim" (value: text) -> text, strict immutable { Ok(value.trim_start_matches(' ')) }
    882 "rtrim" (value: text) -> text, strict immutable { Ok(value.trim_end_matches(' ')) }
    884 "btrim" (value: text, set: text) -> text, strict immutable { Ok(value.trim_matches(is_in(set))) }
    875 "ltrim" (value: text, set: text) -> text, strict immutable { Ok(value.trim_start_matches(is_in(set))) }
    876 "rtrim" (value: text, set: text) -> text, strict immutable { Ok(value.trim_end_matches(is_in(set))) }
    2015 "btrim" (value: bytea, set: bytea) -> bytea, strict immutable { Ok(trim_bytes(value, set, true, true)) }
    6195 "ltrim" (value: bytea, set: bytea) -> bytea, strict immutable { Ok(trim_bytes(value, set, true, false)) }
    6196 "rtrim" (value: bytea, set: bytea) -> bytea, strict immutable { Ok(trim_bytes(value, set, false, true)) }
    879 "lpad" (value: text, length: int4) -> text, strict immutable { pad_left(value, length, " ") }
    873 "lpad" (value: text, length: int4, fill: text) -> text, strict immutable { pad_left(value, length, fill) }
    880 "rpad" (value: text, length: int4) -> text, strict immutable { pad_right(value, length, " ") }
    874 "rpad" (value: text, length: int4, fill: text) -> text, strict immutable { pad_right(value, length, fill) }
    2087 "replace" (value: text, from: text, to: text) -> text, strict immutable {
        Ok(if from.is_empty() { value.to_owned() } else { value.replace(from, to) })
    }
    1622 "repeat" (value: text, count: int4) -> text, strict immutable {
        let count = count.max(0) as usize;
        if value.len().saturating_mul(count) > MAX_BYTES {
            return Err(too_large());
        }
        Ok(value.repeat(count))
    }
    3062 "reverse" (value: text) -> text, strict immutable { Ok(value.chars().rev().collect::<String>()) }
    6382 "reverse" (value: bytea) -> bytea, strict immutable { Ok(value.iter().rev().copied().collect::<Vec<u8>>()) }
    2088 "split_part" (value: text, delimiter: text, number: int4) -> text, strict immutable { split_part(value, delimiter, number) }
    878 "translate" (value: text, from: text, to: text) -> text, strict immutable { Ok(translate(value, from, to)) }
    1620 "ascii" (value: text) -> int4, strict immutable { Ok(value.chars().next().map_or(0, |letter| letter as i32)) }
    1621 "chr" (code: int4) -> text, strict immutable { character(code) }
    2089 "to_hex" (value: int4) -> text, strict immutable { Ok(format!("{value:x}")) }
    2090 "to_hex" (value: int8) -> text, strict immutable { Ok(format!("{value:x}")) }
    6332 "to_oct" (value: int4) -> text, strict immutable { Ok(format!("{value:o}")) }
    6333 "to_oct" (value: int8) -> text, strict immutable { Ok(format!("{value:o}")) }
    6330 "to_bin" (value: int4) -> text, strict immutable { Ok(format!("{value:b}")) }
    6331 "to_bin" (value: int8) -> text, strict immutable { Ok(format!("{value:b}")) }
    2011 "byteacat" (a: bytea, b: bytea) -> bytea as out, strict immutable {
        out.extend_from_slice(a);
        out.extend_from_slice(b);
        Ok(())
    }
    6393 "bytea_larger" (a: bytea, b: bytea) -> bytea, strict immutable leakproof { Ok(a.max(b)) }
    6394 "bytea_smaller" (a: bytea, b: bytea) -> bytea, strict immutable leakproof { Ok(a.min(b)) }
    721 "get_byte" (value: bytea, index: int4) -> int4, strict immutable { Ok(i32::from(value[byte_at(value, index.into())?])) }
    722 "set_byte" (value: bytea, index: int4, byte: int4) -> bytea, strict immutable {
        let at = byte_at(value, index.into())?;
        let mut bytes = value.to_vec();
        bytes[at] = byte as u8;
        Ok(bytes)
    }
    723 "get_bit" (value: bytea, index: int8) -> int4, strict immutable {
        let at = bit_at(value, index)?;
        Ok(i32::from(value[at / 8] >> (at % 8) & 1))
    }
    724 "set_bit" (value: bytea, index: int8, bit: int4) -> bytea, strict immutable {
        let at = bit_at(value, index)?;
        if !matches!(bit, 0 | 1) {
            return Err(error!(INVALID_PARAMETER_VALUE, "new bit must be 0 or 1"));
        }
        let mut bytes = value.to_vec();
        bytes[at / 8] = bytes[at / 8] & !(1 << (at % 8)) | (bit as u8) << (at % 8);
        Ok(bytes)
    }
    6163 "bit_count" (value: bytea) -> int8, strict immutable { Ok(value.iter().map(|byte| i64::from(byte.count_ones())).sum::<i64>()) }
    6367 "bytea" (value: int2) -> bytea, strict immutable leakproof { Ok(value.to_be_bytes().to_vec()) }
    6368 "bytea" (value: int4) -> bytea, strict immutable leakproof { Ok(value.to_be_bytes().to_vec()) }
    6369 "bytea" (value: int8) -> bytea, strict immutable leakproof { Ok(value.to_be_bytes().to_vec()) }
    6370 "int2" (value: bytea) -> int2, strict immutable { Ok(from_bytes(value, 2, "smallint")? as i16) }
    6371 "int4" (value: bytea) -> int4, strict immutable { Ok(from_bytes(value, 4, "integer")? as i32) }
    6372 "int8" (value: bytea) -> int8, strict immutable { from_bytes(value, 8, "bigint") }
    2311 "md5" (value: text_row) -> text, strict immutable leakproof { Ok(md5(value.bytes())) }
    2321 "md5" (value: bytea) -> text, strict immutable leakproof { Ok(md5(value)) }
    3419 "sha224" (value: bytea) -> bytea, strict immutable leakproof { Ok(sha2::Sha224::digest(value).to_vec()) }
    3420 "sha256" (value: bytea) -> bytea, strict immutable leakproof { Ok(sha2::Sha256::digest(value).to_vec()) }
    3421 "sha384" (value: bytea) -> bytea, strict immutable leakproof { Ok(sha2::Sha384::digest(value).to_vec()) }
    3422 "sha512" (value: bytea) -> bytea, strict immutable leakproof { Ok(sha2::Sha512::digest(value).to_vec()) }
    1946 "encode" (value: bytea, format: text) -> text, strict immutable { encode(value, format) }
    1947 "decode" (value: text, format: text) -> bytea, strict immutable { decode(value, format) }
    1714 "convert_from" (value: bytea, encoding: name) -> text, strict stable {
        check_encoding(encoding, "source")?;
        match std::str::from_utf8(value) {
            Ok(text) if !text.contains('\0') => Ok(text.to_owned()),
            Ok(_) => Err(invalid_bytes(&[0])),
            Err(error) => Err(invalid_bytes(&value[error.valid_up_to()..][..1])),
        }
    }
    1717 "convert_to" (value: text, encoding: name) -> bytea, strict stable {
        check_encoding(encoding, "destination")?;
        Ok(value.as_bytes())
    }
}

#[cold]
fn invalid_bytes(bytes: &[u8]) -> Error {
    let shown: Vec<String> = bytes.iter().map(|byte| format!("0x{byte:02x}")).collect();
    error!(CHARACTER_NOT_IN_REPERTOIRE, "invalid byte sequence for encoding \"UTF8\": {}", shown.join(" "))
}

/// UTF8 is the one encoding that text can have.
fn check_encoding(name: &str, side: &str) -> Result<()> {
    let plain: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
    if plain.eq_ignore_ascii_case("utf8") || plain.eq_ignore_ascii_case("unicode") {
        Ok(())
    } else {
        Err(error!(INVALID_PARAMETER_VALUE, "invalid {side} encoding name \"{name}\""))
    }
}

/// A big-endian integer of up to `width` bytes; a short one is widened by its sign.
fn from_bytes(bytes: &[u8], width: usize, type_name: &str) -> Result<i64> {
    if bytes.len() > width {
        return Err(crate::integer::out_of_range(type_name));
    }
    let start = match bytes.first() {
        Some(first) if bytes.len() == width && *first >= 0x80 => -1,
        _ => 0,
    };
    Ok(bytes.iter().fold(start, |value: i64, byte| value << 8 | i64::from(*byte)))
}

fn md5(bytes: &[u8]) -> String {
    md5::Md5::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

const BASE64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

fn encode(bytes: &[u8], format: &str) -> Result<String> {
    let mut out = Vec::new();
    match format.to_ascii_lowercase().as_str() {
        "hex" => types::bytea::write_hex(bytes, &mut out),
        "escape" => types::bytea::write_escape(bytes, &mut out),
        "base64" => {
            for (line, chunk) in bytes.chunks(57).enumerate() {
                if line > 0 {
                    out.push(b'\n');
                }
                for group in chunk.chunks(3) {
                    let bits = group.iter().fold(0u32, |bits, byte| bits << 8 | u32::from(*byte))
                        << (8 * (3 - group.len()));
                    for at in 0..4 {
                        out.push(if at <= group.len() {
                            BASE64[(bits >> (18 - 6 * at)) as usize & 63]
                        } else {
                            b'='
                        });
                    }
                }
            }
        }
        _ => return Err(unknown_encoding(format)),
    }
    Ok(String::from_utf8_lossy(&out).into_owned())
}

#[cold]
fn unknown_encoding(format: &str) -> Error {
    error!(INVALID_PARAMETER_VALUE, "unrecognized encoding: \"{format}\"")
}

fn decode(text: &str, format: &str) -> Result<Vec<u8>> {
    match format.to_ascii_lowercase().as_str() {
        "hex" => types::bytea::decode_hex(text),
        "escape" => types::bytea::decode_escape(text),
        "base64" => decode_base64(text),
        _ => Err(unknown_encoding(format)),
    }
}

fn decode_base64(text: &str) -> Result<Vec<u8>> {
    let (mut out, mut bits, mut count, mut padding) = (Vec::new(), 0u32, 0, 0);
    for letter in text.chars().filter(|letter| !matches!(letter, ' ' | '\t' | '\n' | '\r')) {
        let value = if letter == '=' {
            if padding == 0 && count < 2 {
                return Err(error!(
                    INVALID_PARAMETER_VALUE,
                    "unexpected \"=\" while decoding base64 sequence"
                ));
            }
            padding += 1;
            0
        } else {
            let known = u8::try_from(letter).ok().filter(|_| padding == 0);
            known.and_then(|byte| BASE64.iter().position(|code| *code == byte)).ok_or_else(|| {
                error!(
                    INVALID_PARAMETER_VALUE,
                    "invalid symbol \"{letter}\" found while decoding base64 sequence"
                )
            })?
        };
        bits = bits << 6 | value as u32;
        count += 1;
        if count == 4 {
            out.extend_from_slice(&bits.to_be_bytes()[1..4 - padding.min(2)]);
            (bits, count) = (0, 0);
        }
    }
    if count != 0 {
        return Err(error!(INVALID_PARAMETER_VALUE, "invalid base64 end sequence")
            .hint("Input data is missing padding, is truncated, or is otherwise corrupted."));
    }
    Ok(out)
}
