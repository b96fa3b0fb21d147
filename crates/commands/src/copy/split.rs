//! Lines out of a stream of bytes, and fields out of lines. Pure.

use error::{Result, error};

use super::options::CopyOptions;

/// How lines end, which the first one decides.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum LineEnd {
    Newline,
    CarriageReturn,
    Both,
}

/// Cuts a stream into lines.
#[derive(Default)]
pub(crate) struct Lines {
    buffer: Vec<u8>,
    /// Where the first unread line begins.
    start: usize,
    /// How far it was searched for its end.
    searched: usize,
    in_quotes: bool,
    /// The byte before was an escape, inside quotes.
    after_escape: bool,
    end: Option<LineEnd>,
    /// `\.` was met: nothing counts from there on.
    pub is_over: bool,
}

impl Lines {
    pub fn feed(&mut self, bytes: &[u8]) {
        if self.start > 0 {
            self.buffer.drain(..self.start);
            self.searched -= self.start;
            self.start = 0;
        }
        self.buffer.extend_from_slice(bytes);
    }

    /// The next line as a range of [`Lines::bytes`], without its end; `None` until more comes.
    ///
    /// After the last bytes were fed, `is_last` gives what is left without an end.
    pub fn next(&mut self, options: &CopyOptions, is_last: bool) -> Option<(usize, usize)> {
        if self.is_over {
            return None;
        }
        let found = if options.csv { self.search_csv(options) } else { self.search_text() };
        let (end, next) = match found {
            Some(at) => self.line_end(at, is_last)?,
            None if is_last && self.start < self.buffer.len() => (self.buffer.len(), self.buffer.len()),
            None => return None,
        };
        let line = (self.start, end);
        self.start = next;
        self.searched = next;
        if !options.csv && &self.buffer[line.0..line.1] == b"\\." {
            self.is_over = true;
            return None;
        }
        Some(line)
    }

    pub fn bytes(&self) -> &[u8] {
        &self.buffer
    }

    pub fn in_quotes(&self) -> bool {
        self.in_quotes
    }

    pub fn end(&self) -> Option<LineEnd> {
        self.end
    }

    /// The end of the line whose first ending byte is at `at`, and the beginning of the next one.
    fn line_end(&mut self, at: usize, is_last: bool) -> Option<(usize, usize)> {
        let end = match (self.end, self.buffer[at]) {
            (Some(end), _) => end,
            (None, b'\n') => LineEnd::Newline,
            (None, _) => match self.buffer.get(at + 1) {
                None if !is_last => {
                    // Whether a newline follows decides; look again when more has come.
                    self.searched = at;
                    return None;
                }
                Some(b'\n') => LineEnd::Both,
                _ => LineEnd::CarriageReturn,
            },
        };
        if end == LineEnd::Both && self.buffer[at] == b'\r' && at + 1 >= self.buffer.len() && !is_last {
            self.searched = at;
            return None;
        }
        self.end = Some(end);
        let length = usize::from(self.buffer[at] == b'\r' && self.buffer.get(at + 1) == Some(&b'\n'));
        Some((at, at + 1 + if end == LineEnd::Both { length } else { 0 }))
    }

    fn is_line_end(&self, byte: u8) -> bool {
        match self.end {
            None => matches!(byte, b'\n' | b'\r'),
            Some(LineEnd::Newline) => byte == b'\n',
            Some(LineEnd::CarriageReturn | LineEnd::Both) => byte == b'\r',
        }
    }

    fn search_text(&mut self) -> Option<usize> {
        let mut from = self.searched;
        loop {
            let rest = &self.buffer[from..];
            let found = match self.end {
                Some(LineEnd::Newline) => memchr::memchr(b'\n', rest),
                Some(_) => memchr::memchr(b'\r', rest),
                None => memchr::memchr2(b'\n', b'\r', rest),
            };
            let Some(at) = found.map(|at| at + from) else {
                self.searched = self.buffer.len();
                return None;
            };
            // A line end after a backslash is data.
            let before = &self.buffer[self.start..at];
            let backslashes = before.iter().rev().take_while(|byte| **byte == b'\\').count();
            if backslashes % 2 == 0 {
                return Some(at);
            }
            from = at + 1;
        }
    }

    fn search_csv(&mut self, options: &CopyOptions) -> Option<usize> {
        for at in self.searched..self.buffer.len() {
            let byte = self.buffer[at];
            if self.in_quotes && byte == options.escape && options.escape != options.quote {
                self.after_escape = !self.after_escape;
                continue;
            }
            if byte == options.quote && !self.after_escape {
                self.in_quotes = !self.in_quotes;
            }
            self.after_escape = false;
            if !self.in_quotes && self.is_line_end(byte) {
                return Some(at);
            }
        }
        self.searched = self.buffer.len();
        None
    }
}

/// The fields of one line.
#[derive(Default)]
pub(crate) struct Fields {
    text: Vec<u8>,
    /// Range in `text`, whether it is null, whether it was quoted.
    fields: Vec<Field>,
}

#[derive(Clone, Copy, Debug)]
struct Field {
    start: usize,
    end: usize,
    is_null: bool,
    is_quoted: bool,
}

impl Fields {
    pub fn len(&self) -> usize {
        self.fields.len()
    }

    /// A field's text; `None` for null.
    pub fn get(&self, at: usize) -> Option<&[u8]> {
        let field = self.fields[at];
        (!field.is_null).then(|| &self.text[field.start..field.end])
    }

    /// The text whether it stands for null or not.
    pub fn raw(&self, at: usize) -> &[u8] {
        let field = self.fields[at];
        &self.text[field.start..field.end]
    }

    pub fn is_quoted(&self, at: usize) -> bool {
        self.fields[at].is_quoted
    }

    /// Cuts a line into fields.
    /// # Errors
    /// 22P04.
    pub fn split(&mut self, line: &[u8], options: &CopyOptions, end: Option<LineEnd>) -> Result<()> {
        self.text.clear();
        self.fields.clear();
        if options.csv {
            return self.split_csv(line, options, end);
        }
        self.split_text(line, options, end)
    }

    fn push(&mut self, start: usize, is_null: bool, is_quoted: bool) {
        self.fields.push(Field { start, end: self.text.len(), is_null, is_quoted });
    }

    fn split_text(&mut self, line: &[u8], options: &CopyOptions, end: Option<LineEnd>) -> Result<()> {
        let stray = match end {
            Some(LineEnd::Newline) => memchr::memchr(b'\r', line).map(|_| ("carriage return", "\\r")),
            _ => None,
        };
        if let Some((what, written)) = stray {
            return Err(error!(BAD_COPY_FILE_FORMAT, "literal {what} found in data")
                .hint(format!("Use \"{written}\" to represent {what}.")));
        }
        let null = options.null.as_bytes();
        if memchr::memchr(b'\\', line).is_none() {
            // Nothing to take out of the text: the ranges of the line itself.
            self.text.extend_from_slice(line);
            let mut start = 0;
            for at in memchr::memchr_iter(options.delimiter, line).chain([line.len()]) {
                let is_null = &line[start..at] == null;
                self.fields.push(Field { start, end: at, is_null, is_quoted: false });
                start = at + 1;
            }
            return Ok(());
        }
        let (mut raw_start, mut start, mut at) = (0, 0, 0);
        while at < line.len() {
            let byte = line[at];
            at += 1;
            if byte == options.delimiter {
                self.push(start, &line[raw_start..at - 1] == null, false);
                (raw_start, start) = (at, self.text.len());
            } else if byte == b'\\' && at < line.len() {
                at += self.unescape(&line[at..]);
            } else {
                self.text.push(byte);
            }
        }
        self.push(start, &line[raw_start..] == null, false);
        Ok(())
    }

    /// Takes in what a backslash stands before; gives how many bytes that were.
    fn unescape(&mut self, rest: &[u8]) -> usize {
        let number = |digits: &[u8], radix: u32| {
            let value = digits
                .iter()
                .fold(0u32, |value, digit| value * radix + char::from(*digit).to_digit(radix).unwrap_or(0));
            (value & 0xff) as u8
        };
        match rest[0] {
            b'b' => self.text.push(8),
            b'f' => self.text.push(12),
            b'n' => self.text.push(b'\n'),
            b'r' => self.text.push(b'\r'),
            b't' => self.text.push(b'\t'),
            b'v' => self.text.push(11),
            b'0'..=b'7' => {
                let digits = rest.iter().take(3).take_while(|byte| (b'0'..=b'7').contains(byte)).count();
                self.text.push(number(&rest[..digits], 8));
                return digits;
            }
            b'x' if rest.get(1).is_some_and(u8::is_ascii_hexdigit) => {
                let digits = rest[1..].iter().take(2).take_while(|byte| byte.is_ascii_hexdigit()).count();
                self.text.push(number(&rest[1..=digits], 16));
                return digits + 1;
            }
            other => self.text.push(other),
        }
        1
    }

    fn split_csv(&mut self, line: &[u8], options: &CopyOptions, end: Option<LineEnd>) -> Result<()> {
        let null = options.null.as_bytes();
        let (mut start, mut at, mut is_quoted, mut in_quotes) = (0, 0, false, false);
        while at < line.len() {
            let byte = line[at];
            at += 1;
            if in_quotes {
                let next = line.get(at).copied();
                if byte == options.escape
                    && next.is_some_and(|next| next == options.quote || next == options.escape)
                {
                    self.text.extend(next);
                    at += 1;
                } else if byte == options.quote {
                    in_quotes = false;
                } else {
                    self.text.push(byte);
                }
            } else if byte == options.delimiter {
                let is_null = !is_quoted && &self.text[start..] == null;
                self.push(start, is_null, is_quoted);
                (start, is_quoted) = (self.text.len(), false);
            } else if byte == options.quote {
                (in_quotes, is_quoted) = (true, true);
            } else {
                if byte == b'\r' && end == Some(LineEnd::Newline) {
                    return Err(error!(BAD_COPY_FILE_FORMAT, "unquoted carriage return found in data")
                        .hint("Use quoted CSV field to represent carriage return."));
                }
                self.text.push(byte);
            }
        }
        if in_quotes {
            return Err(error!(BAD_COPY_FILE_FORMAT, "unterminated CSV quoted field"));
        }
        let is_null = !is_quoted && &self.text[start..] == null;
        self.push(start, is_null, is_quoted);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    //! Lines must come out the same however the stream is cut, and fields must undo what COPY TO writes.

    use super::*;

    fn text() -> CopyOptions {
        super::super::options::read(&[], true).unwrap()
    }

    fn csv() -> CopyOptions {
        CopyOptions { csv: true, delimiter: b',', null: String::new(), ..text() }
    }

    fn lines(input: &[u8], options: &CopyOptions, step: usize) -> Vec<String> {
        let mut lines = Lines::default();
        let mut found = Vec::new();
        let take = |lines: &mut Lines, is_last, found: &mut Vec<String>| {
            while let Some((start, end)) = lines.next(options, is_last) {
                found.push(String::from_utf8_lossy(&lines.bytes()[start..end]).into_owned());
            }
        };
        for part in input.chunks(step) {
            lines.feed(part);
            take(&mut lines, false, &mut found);
        }
        take(&mut lines, true, &mut found);
        found
    }

    fn fields(line: &str, options: &CopyOptions) -> Vec<Option<String>> {
        let mut fields = Fields::default();
        fields.split(line.as_bytes(), options, Some(LineEnd::Newline)).unwrap();
        (0..fields.len())
            .map(|at| fields.get(at).map(|text| String::from_utf8_lossy(text).into_owned()))
            .collect()
    }

    #[test]
    fn lines_do_not_depend_on_how_the_stream_is_cut() {
        for step in 1..9 {
            assert_eq!(lines(b"a\tb\nc\\\nd\n\\.\nrest\n", &text(), step), ["a\tb", "c\\\nd"], "{step}");
            assert_eq!(lines(b"a\r\nb\r\n", &text(), step), ["a", "b"], "{step}");
            assert_eq!(lines(b"1,\"x\ny\"\n2,z", &csv(), step), ["1,\"x\ny\"", "2,z"], "{step}");
        }
    }

    #[test]
    fn text_fields_are_unescaped_after_null_was_looked_for() {
        let some = |text: &str| Some(text.to_string());
        assert_eq!(fields("1\t\\N\tx\\ty", &text()), [some("1"), None, some("x\ty")]);
        assert_eq!(fields("\\\\N\t\\101\\x42", &text()), [some("\\N"), some("AB")]);
        assert_eq!(fields("", &text()), [some("")]);
    }

    #[test]
    fn csv_tells_an_empty_string_from_null() {
        let some = |text: &str| Some(text.to_string());
        assert_eq!(fields("1,,\"\",\"a\"\"b,c\"", &csv()), [some("1"), None, some(""), some("a\"b,c")]);
        let mut broken = Fields::default();
        assert!(broken.split(b"\"x", &csv(), None).is_err());
    }
}
