//! Casts among the text types, and their lengths.

use error::Result;
use expression::sql::*;
use types::character::{fit, padding, truncate_name};

use crate::rows::*;

/// Text without the blanks that `character(n)` added.
fn trimmed(text: &str) -> &str {
    text.trim_end_matches(' ')
}

/// Appends a text cut and padded to the declared length.
fn write_fitted(text: &str, modifier: i32, is_explicit: bool, out: &mut Vec<u8>) -> Result<()> {
    let fitted = fit(text, modifier, is_explicit, "character")?;
    out.extend_from_slice(fitted.as_bytes());
    out.resize(out.len() + padding(fitted, modifier), b' ');
    Ok(())
}

/// The character of a `"char"`, as its output shows it.
fn char_text(value: u8) -> String {
    match value {
        0 => String::new(),
        1..=127 => (value as char).to_string(),
        _ => format!("\\{:o}{:o}{:o}", value >> 6, value >> 3 & 7, value & 7),
    }
}

/// The `"char"` that a text begins with.
fn first_char(text: &str) -> u8 {
    match text.as_bytes() {
        [b'\\', a @ b'0'..=b'3', b @ b'0'..=b'7', c @ b'0'..=b'7'] => {
            (a - b'0') << 6 | (b - b'0') << 3 | (c - b'0')
        }
        bytes => bytes.first().copied().unwrap_or(0),
    }
}

expression::builtins! {
    pub static CASTS:
    669 "varchar" (value: varchar, modifier: int4, explicit: bool_) -> varchar, strict immutable {
        fit(value, modifier, explicit, "character varying")
    }
    668 "bpchar" (value: bpchar, modifier: int4, explicit: bool_) -> bpchar as out, strict immutable {
        write_fitted(value, modifier, explicit, out)
    }
    401 "text" (value: bpchar) -> text, strict immutable { Ok(trimmed(value)) }
    406 "text" (value: name) -> text, strict immutable leakproof { Ok(value) }
    2971 "text" (value: bool_) -> text, strict immutable { Ok(if value { "true" } else { "false" }) }
    946 "text" (value: char_) -> text, strict immutable { Ok(char_text(value)) }
    944 "char" (value: text) -> char_, strict immutable { Ok(first_char(value)) }
    860 "bpchar" (value: char_) -> bpchar, strict immutable { Ok(char_text(value)) }
    408 "bpchar" (value: name) -> bpchar, strict immutable { Ok(value) }
    1401 "varchar" (value: name) -> varchar, strict immutable leakproof { Ok(value) }
    407 "name" (value: text) -> name, strict immutable leakproof { Ok(truncate_name(value)) }
    1400 "name" (value: varchar) -> name, strict immutable leakproof { Ok(truncate_name(value)) }
    409 "name" (value: bpchar) -> name, strict immutable leakproof { Ok(truncate_name(trimmed(value))) }
    1258 "textcat" (left: text_row, right: text_row) -> text as out, strict immutable {
        out.extend_from_slice(left.bytes());
        out.extend_from_slice(right.bytes());
        Ok(())
    }
    458 "text_larger" (a: text_row, b: text_row) -> text as out, strict immutable leakproof {
        out.extend_from_slice(if a.compare(b).is_gt() { a.bytes() } else { b.bytes() });
        Ok(())
    }
    459 "text_smaller" (a: text_row, b: text_row) -> text as out, strict immutable leakproof {
        out.extend_from_slice(if a.compare(b).is_lt() { a.bytes() } else { b.bytes() });
        Ok(())
    }
}
