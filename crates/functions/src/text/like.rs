//! LIKE and ILIKE.

use std::borrow::Cow;

use error::{Error, Result, error};
use expression::sql::*;

use crate::rows::*;
use crate::text::case::lower;

#[cold]
fn dangling_escape() -> Error {
    error!(INVALID_ESCAPE_SEQUENCE, "LIKE pattern must not end with escape character")
}

/// The length of the character that begins here; 1 for bytes that are no text.
fn character_length(byte: u8, by_characters: bool) -> usize {
    match byte {
        0xc2..=0xdf if by_characters => 2,
        0xe0..=0xef if by_characters => 3,
        0xf0..=0xf4 if by_characters => 4,
        _ => 1,
    }
}

/// Matches a whole text. Only the last `%` need ever be tried again, so the work is at most length times length.
fn matches(text: &[u8], pattern: &[u8], by_characters: bool) -> Result<bool> {
    let (mut at, mut p) = (0, 0);
    // Where to resume: the pattern behind the last `%`, and the text it has swallowed so far.
    let mut retry: Option<(usize, usize)> = None;
    loop {
        let is_match = match pattern.get(p) {
            Some(b'%') => {
                while pattern.get(p) == Some(&b'%') {
                    p += 1;
                }
                if p == pattern.len() {
                    return Ok(true);
                }
                retry = Some((p, at));
                continue;
            }
            Some(b'_') => match text.get(at) {
                Some(byte) => {
                    at = (at + character_length(*byte, by_characters)).min(text.len());
                    p += 1;
                    true
                }
                None => false,
            },
            // Behind the end of the text nothing is left to match, so that the pattern is not looked at.
            Some(b'\\') if at < text.len() => {
                let literal = pattern.get(p + 1).ok_or_else(dangling_escape)?;
                if text.get(at) == Some(literal) {
                    at += 1;
                    p += 2;
                    true
                } else {
                    false
                }
            }
            Some(literal) => {
                if *literal != b'\\' && text.get(at) == Some(literal) {
                    at += 1;
                    p += 1;
                    true
                } else {
                    false
                }
            }
            None if at == text.len() => return Ok(true),
            None => false,
        };
        if !is_match {
            let Some((resume, swallowed)) = retry else { return Ok(false) };
            if swallowed >= text.len() {
                return Ok(false);
            }
            // A byte inside of a character never matches the beginning of one, so bytes are as good as characters -
            // but `_` must not start there.
            let mut next = swallowed + character_length(text[swallowed], by_characters);
            if let Some(first) = pattern.get(resume).filter(|byte| !matches!(byte, b'_' | b'\\' | b'%')) {
                match text[next.min(text.len())..].iter().position(|byte| byte == first) {
                    Some(distance) => next += distance,
                    None => return Ok(false),
                }
            }
            retry = Some((resume, next));
            (p, at) = (resume, next);
            if at > text.len() {
                return Ok(false);
            }
        }
    }
}

fn like(text: &[u8], pattern: &[u8]) -> Result<bool> {
    matches(text, pattern, true)
}

fn ilike(text: &str, pattern: &str) -> Result<bool> {
    matches(lower(text).as_bytes(), lower(pattern).as_bytes(), true)
}

/// The pattern with `escape` as its escape character replaced by a backslash.
pub fn with_escape<'a>(pattern: &'a str, escape: &str) -> Result<Cow<'a, str>> {
    let mut characters = escape.chars();
    let (escape, rest) = (characters.next(), characters.next());
    if rest.is_some() {
        return Err(error!(INVALID_ESCAPE_SEQUENCE, "invalid escape string")
            .hint("Escape string must be empty or one character."));
    }
    if escape == Some('\\') {
        return Ok(pattern.into());
    }
    let mut result = String::with_capacity(pattern.len());
    let mut after_escape = false;
    for letter in pattern.chars() {
        if Some(letter) == escape && !after_escape {
            result.push('\\');
            after_escape = true;
        } else {
            if letter == '\\' && !after_escape {
                result.push('\\');
            }
            result.push(letter);
            after_escape = false;
        }
    }
    Ok(result.into())
}

expression::builtins! {
    pub static FUNCTIONS:
    850 "textlike" (value: text_row, pattern: text_row) -> bool_, strict immutable { like(value.bytes(), pattern.bytes()) }
    851 "textnlike" (value: text_row, pattern: text_row) -> bool_, strict immutable { Ok(!like(value.bytes(), pattern.bytes())?) }
    858 "namelike" (value: name_row, pattern: text_row) -> bool_, strict immutable { like(value.bytes(), pattern.bytes()) }
    859 "namenlike" (value: name_row, pattern: text_row) -> bool_, strict immutable { Ok(!like(value.bytes(), pattern.bytes())?) }
    1631 "bpcharlike" (value: bpchar_row, pattern: text_row) -> bool_, strict immutable { like(value.bytes(), pattern.bytes()) }
    1632 "bpcharnlike" (value: bpchar_row, pattern: text_row) -> bool_, strict immutable { Ok(!like(value.bytes(), pattern.bytes())?) }
    2005 "bytealike" (value: bytea, pattern: bytea) -> bool_, strict immutable { matches(value, pattern, false) }
    2006 "byteanlike" (value: bytea, pattern: bytea) -> bool_, strict immutable { Ok(!matches(value, pattern, false)?) }
    1569 "like" (value: text_row, pattern: text_row) -> bool_, strict immutable { like(value.bytes(), pattern.bytes()) }
    1570 "notlike" (value: text_row, pattern: text_row) -> bool_, strict immutable { Ok(!like(value.bytes(), pattern.bytes())?) }
    1571 "like" (value: name_row, pattern: text_row) -> bool_, strict immutable { like(value.bytes(), pattern.bytes()) }
    1572 "notlike" (value: name_row, pattern: text_row) -> bool_, strict immutable { Ok(!like(value.bytes(), pattern.bytes())?) }
    2007 "like" (value: bytea, pattern: bytea) -> bool_, strict immutable { matches(value, pattern, false) }
    2008 "notlike" (value: bytea, pattern: bytea) -> bool_, strict immutable { Ok(!matches(value, pattern, false)?) }
    1633 "texticlike" (value: text, pattern: text) -> bool_, strict immutable { ilike(value, pattern) }
    1634 "texticnlike" (value: text, pattern: text) -> bool_, strict immutable { Ok(!ilike(value, pattern)?) }
    1635 "nameiclike" (value: name, pattern: text) -> bool_, strict immutable { ilike(value, pattern) }
    1636 "nameicnlike" (value: name, pattern: text) -> bool_, strict immutable { Ok(!ilike(value, pattern)?) }
    1660 "bpchariclike" (value: bpchar, pattern: text) -> bool_, strict immutable { ilike(value, pattern) }
    1661 "bpcharicnlike" (value: bpchar, pattern: text) -> bool_, strict immutable { Ok(!ilike(value, pattern)?) }
    1637 "like_escape" (pattern: text, escape: text) -> text, strict immutable { with_escape(pattern, escape) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The answers are PostgreSQL's.
    #[test]
    fn patterns() {
        for (text, pattern, expected) in [
            ("abc", "abc", true),
            ("abc", "a%", true),
            ("abc", "%c", true),
            ("abc", "_b_", true),
            ("abc", "%%b%%", true),
            ("abc", "b", false),
            ("", "%", true),
            ("", "", true),
            ("", "_", false),
            ("häß", "h_ß", true),
            ("häß", "%_ß", true),
            ("a%c", "a\\%c", true),
            ("abc", "a\\%c", false),
            ("aab", "%ab", true),
            ("aaab", "%a_b", true),
            ("mississippi", "%iss%ip%", true),
            ("mississippi", "%iss%ix%", false),
        ] {
            assert_eq!(like(text.as_bytes(), pattern.as_bytes()).unwrap(), expected, "{text} like {pattern}");
        }
        assert!(!like(b"abc", b"abc\\").unwrap());
        assert!(like(b"abcd", b"abc\\").is_err());
        assert_eq!(with_escape("a#%b\\c", "#").unwrap(), "a\\%b\\\\c");
    }
}
