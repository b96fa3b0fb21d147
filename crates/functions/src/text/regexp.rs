//! The operators `~`, `~*` and the functions `regexp_*`.

use std::rc::Rc;

use error::{Result, error};
use expression::sql::*;
use expression::{CallContext, FunctionDeclaration, RowSource};
use regex_automata::Input;
use regex_automata::meta::Regex;
use regex_automata::util::captures::Captures;
use types::Value;

use super::pattern::{Flags, compile, similar};
use super::quote::text_array;
use crate::sets::Ready;

fn is_match(text: &str, pattern: &str, ignore_case: bool) -> Result<bool> {
    Ok(compile(pattern, Flags { ignore_case, ..Flags::default() })?.is_match(text))
}

/// Where the search begins, in bytes, for a position in characters.
fn start_of(text: &str, start: i32) -> Result<usize> {
    if start <= 0 {
        return Err(error!(INVALID_PARAMETER_VALUE, "invalid value for parameter \"start\": {start}"));
    }
    Ok(text.char_indices().nth(start as usize - 1).map_or(text.len(), |(at, _)| at))
}

fn not_negative(value: i32, name: &str) -> Result<usize> {
    usize::try_from(value)
        .map_err(|_| error!(INVALID_PARAMETER_VALUE, "invalid value for parameter \"{name}\": {value}"))
}

fn positive(value: i32, name: &str) -> Result<usize> {
    match value {
        1.. => Ok(value as usize),
        _ => Err(error!(INVALID_PARAMETER_VALUE, "invalid value for parameter \"{name}\": {value}")),
    }
}

/// Options of a function that finds all matches by itself.
fn flags_without_global(options: &str, function: &str) -> Result<Flags> {
    let flags = Flags::parse(options)?;
    if flags.global {
        return Err(error!(INVALID_PARAMETER_VALUE, "{function}() does not support the \"global\" option"));
    }
    Ok(flags)
}

/// All matches from a place on.
fn matches<'a>(regex: &'a Rc<Regex>, text: &'a str, from: usize) -> impl Iterator<Item = Captures> + 'a {
    regex.captures_iter(Input::new(text).range(from.min(text.len())..))
}

/// The groups of a match as texts; the whole match if the pattern has no groups.
fn groups(text: &str, found: &Captures) -> Vec<Option<String>> {
    let first = usize::from(found.group_len() > 1);
    let spans = (first..found.group_len()).map(|group| found.get_group(group));
    spans.map(|span| span.map(|span| text[span.start..span.end].to_owned())).collect()
}

/// The span of a match, or of one of its groups.
fn span_of(found: &Captures, group: usize) -> Option<std::ops::Range<usize>> {
    found.get_group(group).map(|span| span.start..span.end)
}

fn first_groups(text: &str, pattern: &str, flags: Flags) -> Result<Option<types::Array>> {
    let regex = compile(pattern, flags)?;
    Ok(matches(&regex, text, 0).next().map(|found| text_array(groups(text, &found))))
}

/// Appends a replacement, in which `\1` to `\9` and `\&` stand for what was found.
fn expand(replacement: &str, text: &str, found: &Captures, out: &mut String) {
    let mut letters = replacement.chars();
    while let Some(letter) = letters.next() {
        if letter != '\\' {
            out.push(letter);
            continue;
        }
        match letters.next() {
            Some(digit @ '1'..='9') => {
                if let Some(span) = span_of(found, digit as usize - '0' as usize) {
                    out.push_str(&text[span]);
                }
            }
            Some('&') => {
                if let Some(span) = span_of(found, 0) {
                    out.push_str(&text[span]);
                }
            }
            Some('\\') | None => out.push('\\'),
            Some(other) => {
                out.push('\\');
                out.push(other);
            }
        }
    }
}

/// Replaces the match with the given number, or all of them for 0.
fn replace(
    text: &str,
    pattern: &str,
    replacement: &str,
    start: usize,
    number: usize,
    flags: Flags,
) -> Result<String> {
    let regex = compile(pattern, flags)?;
    let mut out = String::with_capacity(text.len());
    let mut copied = 0;
    for (at, found) in matches(&regex, text, start).enumerate() {
        if number != 0 && at + 1 != number {
            continue;
        }
        let Some(span) = span_of(&found, 0) else { break };
        out.push_str(&text[copied..span.start]);
        expand(replacement, text, &found, &mut out);
        copied = span.end;
        if number != 0 {
            break;
        }
    }
    out.push_str(&text[copied..]);
    Ok(out)
}

/// The text between matches; empty matches at the ends and next to a match do not divide.
fn split(text: &str, pattern: &str, flags: Flags) -> Result<Vec<Option<String>>> {
    let regex = compile(pattern, flags)?;
    let mut parts = Vec::new();
    let mut start = 0;
    for span in matches(&regex, text, 0).filter_map(|found| span_of(&found, 0)) {
        if span.is_empty() && (span.start == start || span.start >= text.len()) {
            continue;
        }
        parts.push(Some(text[start..span.start].to_owned()));
        start = span.end;
    }
    parts.push(Some(text[start..].to_owned()));
    Ok(parts)
}

/// The group of the match with a number.
fn part_of(
    text: &str,
    pattern: &str,
    start: usize,
    number: usize,
    flags: Flags,
    group: usize,
) -> Result<Option<std::ops::Range<usize>>> {
    let regex = compile(pattern, flags)?;
    Ok(matches(&regex, text, start).nth(number - 1).and_then(|found| span_of(&found, group)))
}

/// Where a match begins or ends, in characters from 1; 0 for none.
#[derive(Clone, Copy)]
struct Instance {
    start: i32,
    number: i32,
    end_option: i32,
    group: i32,
}

fn instance(text: &str, pattern: &str, which: Instance, flags: &str) -> Result<i32> {
    let start = start_of(text, positive(which.start, "start")? as i32)?;
    let number = positive(which.number, "n")?;
    if !matches!(which.end_option, 0 | 1) {
        return Err(error!(
            INVALID_PARAMETER_VALUE,
            "invalid value for parameter \"endoption\": {}", which.end_option
        ));
    }
    let group = not_negative(which.group, "subexpr")?;
    let flags = flags_without_global(flags, "regexp_instr")?;
    let span = part_of(text, pattern, start, number, flags, group)?;
    Ok(span.map_or(0, |span| {
        let at = if which.end_option == 1 { span.end } else { span.start };
        text[..at].chars().count() as i32 + 1
    }))
}

fn count(text: &str, pattern: &str, start: i32, flags: &str) -> Result<i32> {
    let regex = compile(pattern, flags_without_global(flags, "regexp_count")?)?;
    Ok(matches(&regex, text, start_of(text, start)?).count() as i32)
}

fn substring(
    text: &str,
    pattern: &str,
    start: i32,
    number: i32,
    flags: &str,
    group: i32,
) -> Result<Option<String>> {
    let flags = flags_without_global(flags, "regexp_substr")?;
    let (number, group) = (positive(number, "n")?, not_negative(group, "subexpr")?);
    let span = part_of(text, pattern, start_of(text, start)?, number, flags, group)?;
    Ok(span.map(|span| text[span].to_owned()))
}

/// `substring(text from pattern)`: the first group, or the whole match.
fn substring_of_pattern(text: &str, pattern: &str) -> Result<Option<String>> {
    let regex = compile(pattern, Flags::default())?;
    let Some(found) = matches(&regex, text, 0).next() else { return Ok(None) };
    let span = span_of(&found, usize::from(found.group_len() > 1));
    Ok(span.map(|span| text[span].to_owned()))
}

macro_rules! matching {
    ($($marker:ident: $equal:literal $equal_name:literal $not:literal $not_name:literal
        $fold:literal $fold_name:literal $fold_not:literal $fold_not_name:literal;)*) => {
        /// The functions of the operators.
        pub static OPERATORS: &[&[FunctionDeclaration]] = &[$({
            expression::builtins! { static FUNCTIONS:
                $equal $equal_name (value: $marker, pattern: text) -> bool_, strict immutable { is_match(value, pattern, false) }
                $not $not_name (value: $marker, pattern: text) -> bool_, strict immutable { Ok(!is_match(value, pattern, false)?) }
                $fold $fold_name (value: $marker, pattern: text) -> bool_, strict immutable { is_match(value, pattern, true) }
                $fold_not $fold_not_name (value: $marker, pattern: text) -> bool_, strict immutable { Ok(!is_match(value, pattern, true)?) }
            }
            FUNCTIONS
        }),*];
    };
}

#[rustfmt::skip]
matching! {
    text: 1254 "textregexeq" 1256 "textregexne" 1238 "texticregexeq" 1239 "texticregexne";
    name: 79 "nameregexeq" 1252 "nameregexne" 1240 "nameicregexeq" 1241 "nameicregexne";
    bpchar: 1658 "bpcharregexeq" 1659 "bpcharregexne" 1656 "bpcharicregexeq" 1657 "bpcharicregexne";
}

expression::builtins! {
    pub static FUNCTIONS:
    2073 "substring" (value: text, pattern: text) -> text, strict immutable { substring_of_pattern(value, pattern) }
    2074 "substring" (value: text, pattern: text, escape: text) -> text, strict immutable {
        substring_of_pattern(value, &similar(pattern, Some(escape))?)
    }
    1987 "similar_to_escape" (pattern: text) -> text, strict immutable { similar(pattern, None) }
    1986 "similar_to_escape" (pattern: text, escape: text) -> text, strict immutable { similar(pattern, Some(escape)) }
    6263 "regexp_like" (value: text, pattern: text) -> bool_,
        strict immutable argument_names(&["string", "pattern"]) { is_match(value, pattern, false) }
    6264 "regexp_like" (value: text, pattern: text, flags: text) -> bool_,
        strict immutable argument_names(&["string", "pattern", "flags"]) {
        Ok(compile(pattern, flags_without_global(flags, "regexp_like")?)?.is_match(value))
    }
    3396 "regexp_match" (value: text, pattern: text) -> text_array,
        strict immutable argument_names(&["string", "pattern"]) { first_groups(value, pattern, Flags::default()) }
    3397 "regexp_match" (value: text, pattern: text, flags: text) -> text_array,
        strict immutable argument_names(&["string", "pattern", "flags"]) {
        let flags = flags_without_global(flags, "regexp_match")
            .map_err(|error| error.hint("Use the regexp_matches function instead."))?;
        first_groups(value, pattern, flags)
    }
    2284 "regexp_replace" (value: text, pattern: text, replacement: text) -> text,
        strict immutable argument_names(&["string", "pattern", "replacement"]) {
        replace(value, pattern, replacement, 0, 1, Flags::default())
    }
    2285 "regexp_replace" (value: text, pattern: text, replacement: text, flags: text) -> text,
        strict immutable argument_names(&["string", "pattern", "replacement", "flags"]) {
        if flags.starts_with(|first: char| first.is_ascii_digit()) {
            return Err(error!(INVALID_PARAMETER_VALUE, "invalid regular expression option: \"{}\"", &flags[..1])
                .hint("If you meant to use regexp_replace() with a start parameter, cast the fourth argument to integer explicitly."));
        }
        let flags = Flags::parse(flags)?;
        replace(value, pattern, replacement, 0, usize::from(!flags.global), flags)
    }
    6253 "regexp_replace" (value: text, pattern: text, replacement: text, start: int4) -> text,
        strict immutable argument_names(&["string", "pattern", "replacement", "start"]) {
        replace(value, pattern, replacement, start_of(value, start)?, 1, Flags::default())
    }
    6252 "regexp_replace" (value: text, pattern: text, replacement: text, start: int4, number: int4) -> text,
        strict immutable argument_names(&["string", "pattern", "replacement", "start", "N"]) {
        let number = not_negative(number, "n")?;
        replace(value, pattern, replacement, start_of(value, start)?, number, Flags::default())
    }
    6251 "regexp_replace" (value: text, pattern: text, replacement: text, start: int4, number: int4, flags: text) -> text,
        strict immutable argument_names(&["string", "pattern", "replacement", "start", "N", "flags"]) {
        let number = not_negative(number, "n")?;
        replace(value, pattern, replacement, start_of(value, start)?, number, Flags::parse(flags)?)
    }
    2767 "regexp_split_to_array" (value: text, pattern: text) -> text_array,
        strict immutable argument_names(&["string", "pattern"]) {
        Ok(text_array(split(value, pattern, Flags::default())?))
    }
    2768 "regexp_split_to_array" (value: text, pattern: text, flags: text) -> text_array,
        strict immutable argument_names(&["string", "pattern", "flags"]) {
        Ok(text_array(split(value, pattern, flags_without_global(flags, "regexp_split_to_array")?)?))
    }
    6254 "regexp_count" (value: text, pattern: text) -> int4,
        strict immutable argument_names(&["string", "pattern"]) { count(value, pattern, 1, "") }
    6255 "regexp_count" (value: text, pattern: text, start: int4) -> int4,
        strict immutable argument_names(&["string", "pattern", "start"]) { count(value, pattern, start, "") }
    6256 "regexp_count" (value: text, pattern: text, start: int4, flags: text) -> int4,
        strict immutable argument_names(&["string", "pattern", "start", "flags"]) {
        count(value, pattern, start, flags)
    }
    6265 "regexp_substr" (value: text, pattern: text) -> text,
        strict immutable argument_names(&["string", "pattern"]) { substring(value, pattern, 1, 1, "", 0) }
    6266 "regexp_substr" (value: text, pattern: text, start: int4) -> text,
        strict immutable argument_names(&["string", "pattern", "start"]) { substring(value, pattern, start, 1, "", 0) }
    6267 "regexp_substr" (value: text, pattern: text, start: int4, number: int4) -> text,
        strict immutable argument_names(&["string", "pattern", "start", "N"]) {
        substring(value, pattern, start, number, "", 0)
    }
    6268 "regexp_substr" (value: text, pattern: text, start: int4, number: int4, flags: text) -> text,
        strict immutable argument_names(&["string", "pattern", "start", "N", "flags"]) {
        substring(value, pattern, start, number, flags, 0)
    }
    6269 "regexp_substr" (value: text, pattern: text, start: int4, number: int4, flags: text, group: int4) -> text,
        strict immutable argument_names(&["string", "pattern", "start", "N", "flags", "subexpr"]) {
        substring(value, pattern, start, number, flags, group)
    }
    6257 "regexp_instr" (value: text, pattern: text) -> int4,
        strict immutable argument_names(&["string", "pattern"]) {
        instance(value, pattern, Instance { start: 1, number: 1, end_option: 0, group: 0 }, "")
    }
    6258 "regexp_instr" (value: text, pattern: text, start: int4) -> int4,
        strict immutable argument_names(&["string", "pattern", "start"]) {
        instance(value, pattern, Instance { start, number: 1, end_option: 0, group: 0 }, "")
    }
    6259 "regexp_instr" (value: text, pattern: text, start: int4, number: int4) -> int4,
        strict immutable argument_names(&["string", "pattern", "start", "N"]) {
        instance(value, pattern, Instance { start, number, end_option: 0, group: 0 }, "")
    }
    6260 "regexp_instr" (value: text, pattern: text, start: int4, number: int4, end_option: int4) -> int4,
        strict immutable argument_names(&["string", "pattern", "start", "N", "endoption"]) {
        instance(value, pattern, Instance { start, number, end_option, group: 0 }, "")
    }
    6261 "regexp_instr" (value: text, pattern: text, start: int4, number: int4, end_option: int4, flags: text) -> int4,
        strict immutable argument_names(&["string", "pattern", "start", "N", "endoption", "flags"]) {
        instance(value, pattern, Instance { start, number, end_option, group: 0 }, flags)
    }
    6262 "regexp_instr" (value: text, pattern: text, start: int4, number: int4, end_option: int4, flags: text, group: int4) -> int4,
        strict immutable argument_names(&["string", "pattern", "start", "N", "endoption", "flags", "subexpr"]) {
        instance(value, pattern, Instance { start, number, end_option, group }, flags)
    }
}

/// The text arguments of a set-returning function; `None` if one is NULL.
fn text_arguments(values: &[Value]) -> Option<Vec<&str>> {
    values.iter().map(Value::as_str).collect()
}

fn regexp_matches(_: &mut CallContext<'_>, values: &[Value]) -> Result<Box<dyn RowSource>> {
    let Some(arguments) = text_arguments(values) else { return Ok(Ready::boxed(Vec::new())) };
    let text = arguments[0];
    let flags = Flags::parse(arguments.get(2).copied().unwrap_or(""))?;
    let regex = compile(arguments[1], flags)?;
    let most = if flags.global { usize::MAX } else { 1 };
    let found = matches(&regex, text, 0).take(most);
    let rows = found.map(|found| Value::Array(Box::new(text_array(groups(text, &found)))));
    Ok(Ready::boxed(rows.collect()))
}

fn regexp_split_to_table(_: &mut CallContext<'_>, values: &[Value]) -> Result<Box<dyn RowSource>> {
    let Some(arguments) = text_arguments(values) else { return Ok(Ready::boxed(Vec::new())) };
    let flags = flags_without_global(arguments.get(2).copied().unwrap_or(""), "regexp_split_to_table")?;
    let parts = split(arguments[0], arguments[1], flags)?;
    Ok(Ready::boxed(parts.into_iter().map(|part| Value::from(part.as_deref())).collect()))
}

/// The functions that return sets.
pub static SETS: &[FunctionDeclaration] = crate::sets::declare! {
    2763 "regexp_matches" (value: text, pattern: text) -> text_array,
        strict immutable rows(1.0) argument_names(&["string", "pattern"]) = regexp_matches;
    2764 "regexp_matches" (value: text, pattern: text, flags: text) -> text_array,
        strict immutable rows(10.0) argument_names(&["string", "pattern", "flags"]) = regexp_matches;
    2765 "regexp_split_to_table" (value: text, pattern: text) -> text,
        strict immutable rows(1000.0) argument_names(&["string", "pattern"]) = regexp_split_to_table;
    2766 "regexp_split_to_table" (value: text, pattern: text, flags: text) -> text,
        strict immutable rows(1000.0) argument_names(&["string", "pattern", "flags"]) = regexp_split_to_table;
};
