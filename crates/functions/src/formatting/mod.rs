//! `to_char`, `to_number`, `to_date` and `to_timestamp`: text by templates.

pub mod functions;
pub mod number;
pub mod time;
pub mod time_input;

/// The ending of an ordinal number.
fn ordinal(digits: &str) -> &'static str {
    let mut last = digits.bytes().rev();
    match (last.next(), last.next()) {
        (_, Some(b'1')) => "th",
        (Some(b'1'), _) => "st",
        (Some(b'2'), _) => "nd",
        (Some(b'3'), _) => "rd",
        _ => "th",
    }
}
