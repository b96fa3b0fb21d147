//! Lines, fields and tokens of pg_hba.conf and pg_ident.conf.
//!
//! A line is fields separated by blanks; a field is tokens separated by commas; a token may be quoted, and then has no special
//! meaning. `@name` puts in the tokens of another file, `include` its lines.

use std::path::{Path, PathBuf};

use error::{Error, Result, Severity, error};

const MAX_DEPTH: u32 = 10;

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Token {
    pub text: String,
    pub quoted: bool,
}

impl Token {
    /// Whether it is this word, unquoted.
    pub fn is(&self, keyword: &str) -> bool {
        !self.quoted && self.text == keyword
    }
}

/// A line with at least one field.
#[derive(Clone, Debug)]
pub struct Line {
    pub file: String,
    pub number: u32,
    /// As written, continuation lines joined.
    pub raw: String,
    pub fields: Vec<Vec<Token>>,
}

impl Line {
    /// A fault of this line, as it goes to the log.
    pub fn fault(&self, message: impl Into<String>) -> Error {
        fault_at(&self.file, self.number, message.into())
    }
}

fn fault_at(file: &str, number: u32, message: String) -> Error {
    error!(CONFIG_FILE_ERROR, "{message}")
        .context(format_args!("line {number} of configuration file \"{file}\""))
        .with_severity(Severity::Log)
}

/// Reads a file and its includes. Faults of lines are collected; a missing file is the error.
pub fn read(path: &str, faults: &mut Vec<Error>) -> Result<Vec<Line>> {
    let mut lines = Vec::new();
    read_into(Path::new(path), 0, &mut lines, faults)?;
    Ok(lines)
}

fn read_text(path: &Path) -> Result<String> {
    match std::fs::read(path) {
        Ok(bytes) => Ok(String::from_utf8_lossy(&bytes).into_owned()),
        Err(cause) => Err(Error::io(format_args!("could not open file \"{}\"", path.display()), &cause)
            .with_severity(Severity::Log)),
    }
}

fn read_into(path: &Path, depth: u32, lines: &mut Vec<Line>, faults: &mut Vec<Error>) -> Result<()> {
    let name = path.display().to_string();
    if depth > MAX_DEPTH {
        return Err(error!(
            CONFIG_FILE_ERROR,
            "could not open file \"{name}\": maximum nesting depth exceeded"
        )
        .with_severity(Severity::Log));
    }
    let text = read_text(path)?;
    for (number, raw) in logical_lines(&text) {
        let fields = match split_fields(&raw, path, depth) {
            Ok(fields) => fields,
            Err(message) => {
                faults.push(fault_at(&name, number, message));
                continue;
            }
        };
        let Some(first) = fields.first().and_then(|field| field.first()) else { continue };
        let included = fields.get(1).and_then(|field| field.first()).map(|token| beside(path, &token.text));
        match (first.text.as_str(), included) {
            ("include", Some(file)) if !first.quoted => {
                if let Err(fault) = read_into(&file, depth + 1, lines, faults) {
                    faults.push(fault);
                }
            }
            ("include_if_exists", Some(file)) if !first.quoted => {
                if file.exists()
                    && let Err(fault) = read_into(&file, depth + 1, lines, faults)
                {
                    faults.push(fault);
                }
            }
            ("include_dir", Some(directory)) if !first.quoted => match configuration_files(&directory) {
                Ok(files) => {
                    for file in files {
                        if let Err(fault) = read_into(&file, depth + 1, lines, faults) {
                            faults.push(fault);
                        }
                    }
                }
                Err(cause) => {
                    let action = format!("could not open directory \"{}\"", directory.display());
                    faults.push(fault_at(&name, number, Error::io(action, &cause).message().to_string()));
                }
            },
            _ => lines.push(Line { file: name.clone(), number, raw, fields }),
        }
    }
    Ok(())
}

fn beside(path: &Path, name: &str) -> PathBuf {
    path.parent().unwrap_or(Path::new("")).join(name)
}

/// The directory's `.conf` files in the order of their names.
fn configuration_files(directory: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(directory)? {
        let path = entry?.path();
        let is_wanted = path.extension().is_some_and(|extension| extension == "conf")
            && path.file_name().is_some_and(|name| !name.as_encoded_bytes().starts_with(b"."));
        if is_wanted {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// Lines with the number of their first physical line; a backslash at the end joins the next.
fn logical_lines(text: &str) -> Vec<(u32, String)> {
    let mut lines: Vec<(u32, String)> = Vec::new();
    let mut joins = false;
    for (at, physical) in text.lines().enumerate() {
        let (content, continues) = match physical.strip_suffix('\\') {
            Some(rest) => (rest, true),
            None => (physical, false),
        };
        match lines.last_mut() {
            Some((_, last)) if joins => last.push_str(content),
            _ => lines.push((at as u32 + 1, content.to_string())),
        }
        joins = continues;
    }
    lines
}

/// The fields of a line. The error is a message without its place.
fn split_fields(line: &str, path: &Path, depth: u32) -> Result<Vec<Vec<Token>>, String> {
    let mut fields = Vec::new();
    let mut rest = line;
    loop {
        rest = rest.trim_start();
        if rest.is_empty() || rest.starts_with('#') {
            return Ok(fields);
        }
        let mut field = Vec::new();
        loop {
            rest = rest.trim_start_matches(' ');
            let (token, after, has_comma) = next_token(rest);
            rest = after;
            match token.text.strip_prefix('@') {
                Some(name) if !token.quoted && !name.is_empty() => {
                    field.extend(tokens_of_file(&beside(path, name), depth + 1)?);
                }
                _ => field.push(token),
            }
            if !has_comma {
                break;
            }
        }
        fields.push(field);
    }
}

/// A token, what follows it, and whether a comma stood between.
fn next_token(text: &str) -> (Token, &str, bool) {
    let mut token = Token { text: String::new(), quoted: false };
    let mut in_quotes = false;
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => {
                let doubled = in_quotes && chars.peek().is_some_and(|(_, next)| *next == '"');
                if doubled {
                    chars.next();
                    token.text.push('"');
                } else {
                    in_quotes = !in_quotes;
                    // A token counts as quoted when it begins so; `+"name"` and `/"a b"` keep their mark.
                    token.quoted |= at == 0;
                }
            }
            ',' if !in_quotes => return (token, &text[at + 1..], true),
            c if c.is_whitespace() && !in_quotes => return (token, &text[at..], false),
            '#' if !in_quotes => return (token, "", false),
            c => token.text.push(c),
        }
    }
    (token, "", false)
}

fn tokens_of_file(path: &Path, depth: u32) -> Result<Vec<Token>, String> {
    if depth > MAX_DEPTH {
        return Err(format!("could not open file \"{}\": maximum nesting depth exceeded", path.display()));
    }
    let text = read_text(path).map_err(|error| error.message().to_string())?;
    let mut tokens = Vec::new();
    for (_, line) in logical_lines(&text) {
        tokens.extend(split_fields(&line, path, depth)?.into_iter().flatten());
    }
    Ok(tokens)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(line: &str, expected: &[&[(&str, bool)]]) {
        let fields = split_fields(line, Path::new("x"), 0).unwrap();
        let fields: Vec<Vec<(&str, bool)>> =
            fields.iter().map(|field| field.iter().map(|t| (t.text.as_str(), t.quoted)).collect()).collect();
        assert_eq!(fields, expected, "{line}");
    }

    /// Quotes, lists and comments are told apart.
    #[test]
    fn fields_and_tokens() {
        check(
            "host  a,b\t\"all\" # x",
            &[&[("host", false)], &[("a", false), ("b", false)], &[("all", true)]],
        );
        check("\"a b\",\"c\"\"d\" +\"e f\"", &[&[("a b", true), ("c\"d", true)], &[("+e f", false)]]);
        check("a, b c", &[&[("a", false), ("b", false)], &[("c", false)]]);
        check("  # nothing", &[]);
        assert_eq!(logical_lines("a \\\nb\nc"), [(1, "a b".to_string()), (3, "c".to_string())]);
    }

    proptest::proptest! {
        /// No text of a file makes the reader panic.
        #[test]
        fn any_line_is_read(line in "[a-z\", #@+/\\\\é\t]*") {
            for (_, line) in logical_lines(&line) {
                let _ = split_fields(&line, Path::new("/nonexistent/x"), 0);
            }
        }
    }
}
