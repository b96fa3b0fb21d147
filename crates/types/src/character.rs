//! Lengths of `varchar(n)` and `character(n)`, names, and cutting text at characters.

use error::{Result, error};

/// The longest name in bytes, without the terminator that PostgreSQL counts.
pub const NAME_LENGTH: usize = 63;

/// The declared length of a type modifier; `None` without one.
pub fn declared_length(modifier: i32) -> Option<usize> {
    usize::try_from(modifier - 4).ok().filter(|_| modifier >= 4)
}

/// Where the first `count` characters end, in bytes; `None` if there are no more than that.
pub fn end_of_characters(text: &str, count: usize) -> Option<usize> {
    // No text has more characters than bytes.
    if text.len() <= count { None } else { text.char_indices().nth(count).map(|(at, _)| at) }
}

/// Cuts to the declared length. Blanks beyond it are dropped; `is_explicit` (a cast) drops anything.
///
/// # Errors
/// 22001 for other characters beyond the length.
pub fn fit<'a>(text: &'a str, modifier: i32, is_explicit: bool, type_name: &str) -> Result<&'a str> {
    let Some(length) = declared_length(modifier) else { return Ok(text) };
    let Some(end) = end_of_characters(text, length) else { return Ok(text) };
    if !is_explicit && text[end..].bytes().any(|byte| byte != b' ') {
        return Err(error!(STRING_DATA_RIGHT_TRUNCATION, "value too long for type {type_name}({length})"));
    }
    Ok(&text[..end])
}

/// How many blanks `character(n)` adds.
pub fn padding(text: &str, modifier: i32) -> usize {
    declared_length(modifier).map_or(0, |length| length.saturating_sub(text.chars().count()))
}

/// The text with blanks behind it. A formatter would write them one by one.
pub fn padded(text: &str, blanks: usize) -> String {
    const BLANKS: &str = "                                                                ";
    let mut padded = String::with_capacity(text.len() + blanks);
    padded.push_str(text);
    let mut left = blanks;
    while left > 0 {
        let some = left.min(BLANKS.len());
        padded.push_str(&BLANKS[..some]);
        left -= some;
    }
    padded
}

/// Cuts a name to 63 bytes at a character.
pub fn truncate_name(name: &str) -> &str {
    &name[..name.floor_char_boundary(NAME_LENGTH)]
}
