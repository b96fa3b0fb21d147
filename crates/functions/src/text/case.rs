//! Upper and lower case, letter by letter.

use expression::sql::*;

/// The counterpart of a letter, if that is one letter.
fn single(letter: char, mut mapped: impl Iterator<Item = char>) -> char {
    match (mapped.next(), mapped.next()) {
        (Some(one), None) => one,
        _ => letter,
    }
}

fn lower_letter(letter: char) -> char {
    if letter.is_ascii() { letter.to_ascii_lowercase() } else { single(letter, letter.to_lowercase()) }
}

fn upper_letter(letter: char) -> char {
    if letter.is_ascii() { letter.to_ascii_uppercase() } else { single(letter, letter.to_uppercase()) }
}

pub fn lower(text: &str) -> String {
    if text.is_ascii() { text.to_ascii_lowercase() } else { text.chars().map(lower_letter).collect() }
}

pub fn upper(text: &str) -> String {
    if text.is_ascii() { text.to_ascii_uppercase() } else { text.chars().map(upper_letter).collect() }
}

/// The first letter of each word in upper case, the others in lower case.
fn capitalize(text: &str) -> String {
    let mut in_word = false;
    text.chars()
        .map(|letter| {
            let changed = if in_word { lower_letter(letter) } else { upper_letter(letter) };
            in_word = letter.is_alphanumeric();
            changed
        })
        .collect()
}

expression::builtins! {
    pub static FUNCTIONS:
    870 "lower" (value: text) -> text, strict immutable { Ok(lower(value)) }
    871 "upper" (value: text) -> text, strict immutable { Ok(upper(value)) }
    872 "initcap" (value: text) -> text, strict immutable { Ok(capitalize(value)) }
    6412 "casefold" (value: text) -> text, strict immutable { Ok(lower(value)) }
}
