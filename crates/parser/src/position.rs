//! Where an error points: byte offsets become character positions, and the words `at or near` quote the source.

use error::{Error, error};

/// The character position, from 1, of byte `offset`.
pub fn character_position(source: &str, offset: usize) -> usize {
    let mut end = offset.min(source.len());
    while !source.is_char_boundary(end) {
        end -= 1;
    }
    source[..end].chars().count() + 1
}

/// 42601 with `at or near "..."` for the bytes from `start` to `end`, or `at end of input`.
pub fn near(source: &str, message: &str, start: usize, end: usize) -> Error {
    let position = character_position(source, start);
    if start >= source.len() {
        return error!(SYNTAX_ERROR, "{message} at end of input").at(position);
    }
    let bytes = &source.as_bytes()[start..end.clamp(start, source.len())];
    // A single byte of a longer character is quoted whole.
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => source[start..].chars().next().map(String::from).unwrap_or_default(),
    };
    error!(SYNTAX_ERROR, "{message} at or near \"{text}\"").at(position)
}
