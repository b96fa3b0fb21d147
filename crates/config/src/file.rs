//! The syntax of postgresql.conf: `name = value` lines, quoting, comments and includes.

use std::path::Path;

/// One assignment and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub name: String,
    pub value: String,
    pub file: String,
    pub line: u32,
}

/// Something wrong in a file; it never stops the rest from being read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    pub file: String,
    pub line: u32,
    pub message: String,
}

/// Everything read from a file and the files that it includes, in order.
#[derive(Clone, Debug, Default)]
pub struct Contents {
    pub entries: Vec<Entry>,
    pub faults: Vec<Fault>,
}

const MAX_INCLUDE_DEPTH: u32 = 10;

/// Reads a file and its includes. A missing `path` itself is a fault unless `optional`.
pub fn read(path: &str, optional: bool) -> Contents {
    let mut contents = Contents::default();
    read_into(path, optional, 0, &mut contents);
    contents
}

fn read_into(path: &str, optional: bool, depth: u32, contents: &mut Contents) {
    let mut fault = |message: String| contents.faults.push(Fault { file: path.into(), line: 0, message });
    if depth > MAX_INCLUDE_DEPTH {
        return fault(format!(
            "could not open configuration file \"{path}\": maximum nesting depth exceeded"
        ));
    }
    let text = match std::fs::read(path) {
        Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        Err(cause) if optional && cause.kind() == std::io::ErrorKind::NotFound => return,
        Err(cause) => {
            return fault(
                error::Error::io(format_args!("could not open configuration file \"{path}\""), &cause)
                    .message()
                    .into(),
            );
        }
    };
    for (index, line) in text.lines().enumerate() {
        let line_number = index as u32 + 1;
        match parse_line(line) {
            Ok(None) => {}
            Ok(Some((name, value))) => match name.to_ascii_lowercase().as_str() {
                "include" => read_into(&beside(path, &value), false, depth + 1, contents),
                "include_if_exists" => read_into(&beside(path, &value), true, depth + 1, contents),
                "include_dir" => read_directory(&beside(path, &value), path, line_number, depth, contents),
                _ => contents.entries.push(Entry { name, value, file: path.into(), line: line_number }),
            },
            Err(near) => {
                let message = match near {
                    Some(near) => {
                        format!("syntax error in file \"{path}\" line {line_number}, near token \"{near}\"")
                    }
                    None => format!("syntax error in file \"{path}\" line {line_number}, near end of line"),
                };
                contents.faults.push(Fault { file: path.into(), line: line_number, message });
            }
        }
    }
}

fn read_directory(directory: &str, from: &str, line: u32, depth: u32, contents: &mut Contents) {
    let names = match std::fs::read_dir(directory) {
        Ok(entries) => entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()),
        Err(cause) => {
            let message = error::Error::io(
                format_args!("could not open configuration directory \"{directory}\""),
                &cause,
            );
            return contents.faults.push(Fault {
                file: from.into(),
                line,
                message: message.message().into(),
            });
        }
    };
    let mut names: Vec<String> =
        names.filter(|name| name.ends_with(".conf") && !name.starts_with('.')).collect();
    names.sort();
    names.iter().for_each(|name| read_into(&format!("{directory}/{name}"), false, depth + 1, contents));
}

fn beside(path: &str, name: &str) -> String {
    match Path::new(path).parent() {
        Some(folder) if !name.starts_with('/') && !folder.as_os_str().is_empty() => {
            format!("{}/{name}", folder.display())
        }
        _ => name.into(),
    }
}

/// Reads one line: nothing, or a name and its value.
/// # Errors
/// The offending token, or `None` for the end of the line.
pub fn parse_line(line: &str) -> Result<Option<(String, String)>, Option<String>> {
    let rest = line.trim_start();
    if rest.is_empty() || rest.starts_with('#') {
        return Ok(None);
    }
    let name_end =
        rest.find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '.' | '$'))).unwrap_or(rest.len());
    if name_end == 0 || rest.starts_with(|c: char| c.is_ascii_digit()) {
        return Err(Some(first_token(rest)));
    }
    let (name, rest) = rest.split_at(name_end);
    let rest = rest.trim_start();
    let rest = rest.strip_prefix('=').unwrap_or(rest).trim_start();
    let (value, rest) = if let Some(quoted) = rest.strip_prefix('\'') {
        unquote(quoted).ok_or_else(|| Some(rest.to_string()))?
    } else {
        let end =
            rest.find(|c: char| c.is_whitespace() || matches!(c, '#' | '\'' | '=')).unwrap_or(rest.len());
        if end == 0 {
            return Err((!rest.is_empty() && !rest.starts_with('#')).then(|| first_token(rest)));
        }
        (rest[..end].to_string(), &rest[end..])
    };
    let rest = rest.trim_start();
    if rest.is_empty() || rest.starts_with('#') {
        Ok(Some((name.into(), value)))
    } else {
        Err(Some(first_token(rest)))
    }
}

/// Reads a quoted value after its opening quote; gives what follows the closing one.
fn unquote(text: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        match c {
            '\'' if chars.peek().is_some_and(|(_, next)| *next == '\'') => {
                chars.next();
                value.push('\'');
            }
            '\'' => return Some((value, &text[at + 1..])),
            '\\' => {
                let (_, escaped) = chars.next()?;
                match escaped {
                    'n' => value.push('\n'),
                    't' => value.push('\t'),
                    'r' => value.push('\r'),
                    'b' => value.push('\u{8}'),
                    'f' => value.push('\u{c}'),
                    other => value.push(other),
                }
            }
            other => value.push(other),
        }
    }
    None
}

/// Writes a value so that [`parse_line`] reads it back.
pub fn quote(value: &str) -> String {
    format!("'{}'", value.replace('\\', "\\\\").replace('\'', "''").replace('\n', "\\n"))
}

fn first_token(text: &str) -> String {
    let end = text.find(char::is_whitespace).unwrap_or(text.len());
    text[..end].into()
}
