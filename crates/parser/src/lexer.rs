//! Text to tokens, by PostgreSQL's lexical rules.
//!
//! The whole text is cut at once. Tokens are spans of the source; only text with escapes, doubled quotes or
//! continuation lines is copied, into a side table. The first lexical error becomes the last token: the parser
//! raises it when it gets there, so that an earlier syntax error wins.

use error::{Error, error};

use crate::escape;
use crate::keyword::Keyword;
use crate::position::near;

/// Bytes of the longest identifier; longer ones are cut.
pub const MAX_IDENTIFIER_BYTES: usize = 63;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenKind {
    Keyword(Keyword),
    /// Unquoted and not a keyword, or quoted.
    Identifier,
    String,
    /// `B'...'`.
    BitString,
    /// `X'...'`.
    HexString,
    /// Digits, with or without prefix and underscores.
    Integer,
    Number,
    Parameter,
    /// An operator without a kind of its own.
    Operator,
    Comma,
    LeftParenthesis,
    RightParenthesis,
    LeftBracket,
    RightBracket,
    Dot,
    Semicolon,
    Colon,
    Plus,
    Minus,
    Star,
    Slash,
    Percent,
    Caret,
    Less,
    Greater,
    Equal,
    LessEqual,
    GreaterEqual,
    NotEqual,
    /// `::`.
    TypeCast,
    /// `..`.
    DotDot,
    /// `:=`.
    ColonEqual,
    /// `=>`.
    EqualGreater,
    /// A character that no token starts with.
    Unknown,
    /// A lexical error stands here; see [`Tokens::failure`].
    Failure,
    End,
}

#[derive(Debug, Clone, Copy)]
pub struct Token {
    pub kind: TokenKind,
    pub start: u32,
    pub end: u32,
    /// 1 + index into [`Tokens::texts`]; 0 when the source span (less quotes) is the text.
    text: u32,
}

/// The tokens of one text, ending with [`TokenKind::End`] or [`TokenKind::Failure`].
#[derive(Debug)]
pub struct Tokens {
    pub list: Vec<Token>,
    texts: Vec<String>,
    pub failure: Option<Error>,
    /// One NOTICE for each identifier that had to be cut.
    pub notices: Vec<Error>,
}

impl Tokens {
    /// The text of an identifier or string, with quoting undone.
    pub fn text<'a>(&'a self, source: &'a str, token: Token) -> &'a str {
        match token.text {
            0 => {
                let span = &source[token.start as usize..token.end as usize];
                match span.as_bytes().first() {
                    Some(b'\'' | b'"') => &span[1..span.len() - 1],
                    _ => span,
                }
            }
            index => &self.texts[index as usize - 1],
        }
    }
}

/// Cuts `source`, which is shorter than 4 GiB, into tokens.
pub fn tokenize(source: &str) -> Tokens {
    let mut lexer = Lexer {
        source,
        bytes: source.as_bytes(),
        at: 0,
        out: Tokens {
            list: Vec::with_capacity(source.len() / 4 + 4),
            texts: Vec::new(),
            failure: None,
            notices: Vec::new(),
        },
    };
    match lexer.run() {
        Ok(()) => lexer.push(TokenKind::End, source.len()),
        Err(failure) => {
            let start = lexer.at.min(source.len());
            lexer.out.failure = Some(failure);
            lexer.at = source.len();
            lexer.push(TokenKind::Failure, start);
        }
    }
    lexer.out
}

struct Lexer<'a> {
    source: &'a str,
    bytes: &'a [u8],
    at: usize,
    out: Tokens,
}

type Lexed = Result<(), Error>;

/// What a byte may be part of, by its value.
static CLASSES: [u8; 256] = {
    let mut classes = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        classes[byte] = match byte as u8 {
            b'a'..=b'z' | b'_' | 0x80.. => class::IDENTIFIER_START | class::IDENTIFIER,
            b'A'..=b'Z' => class::IDENTIFIER_START | class::IDENTIFIER | class::CAPITAL,
            b'0'..=b'9' | b'$' => class::IDENTIFIER,
            b'~' | b'!' | b'@' | b'#' | b'^' | b'&' | b'|' | b'`' | b'?' | b'+' | b'-' | b'*' | b'/'
            | b'%' | b'<' | b'>' | b'=' => class::OPERATOR,
            b' ' | b'\t' | b'\n' | b'\r' | 0x0B | 0x0C => class::SPACE,
            _ => 0,
        };
        byte += 1;
    }
    classes
};

mod class {
    pub const IDENTIFIER_START: u8 = 1;
    pub const IDENTIFIER: u8 = 2;
    pub const CAPITAL: u8 = 4;
    pub const OPERATOR: u8 = 8;
    pub const SPACE: u8 = 16;
}

fn is_of(byte: u8, wanted: u8) -> bool {
    CLASSES[byte as usize] & wanted != 0
}

fn is_identifier_start(byte: u8) -> bool {
    is_of(byte, class::IDENTIFIER_START)
}

fn is_identifier_part(byte: u8) -> bool {
    is_of(byte, class::IDENTIFIER)
}

fn is_operator(byte: u8) -> bool {
    is_of(byte, class::OPERATOR)
}

fn is_space(byte: u8) -> bool {
    is_of(byte, class::SPACE)
}

impl<'a> Lexer<'a> {
    fn peek(&self, ahead: usize) -> u8 {
        self.bytes.get(self.at + ahead).copied().unwrap_or(0)
    }

    /// Appends a token that ends at the current place.
    fn push(&mut self, kind: TokenKind, start: usize) {
        self.out.list.push(Token { kind, start: start as u32, end: self.at as u32, text: 0 });
    }

    fn push_text(&mut self, kind: TokenKind, start: usize, text: String) {
        self.out.texts.push(text);
        let text = self.out.texts.len() as u32;
        self.out.list.push(Token { kind, start: start as u32, end: self.at as u32, text });
    }

    fn fail(&self, message: &str, start: usize, end: usize) -> Error {
        near(self.source, message, start, end)
    }

    fn run(&mut self) -> Lexed {
        while let Some(&byte) = self.bytes.get(self.at) {
            let start = self.at;
            match byte {
                _ if is_space(byte) => self.at += 1,
                b'-' if self.peek(1) == b'-' => self.skip_line(),
                b'/' if self.peek(1) == b'*' => self.skip_comment()?,
                b'\'' => self.quoted_string(start)?,
                b'"' => self.quoted_identifier(start)?,
                b'0'..=b'9' => self.number()?,
                b'.' if self.peek(1).is_ascii_digit() => self.number()?,
                b'$' => self.dollar()?,
                b'b' | b'B' if self.peek(1) == b'\'' => self.bit_string(TokenKind::BitString)?,
                b'x' | b'X' if self.peek(1) == b'\'' => self.bit_string(TokenKind::HexString)?,
                b'e' | b'E' if self.peek(1) == b'\'' => self.escape_string()?,
                b'n' | b'N' if self.peek(1) == b'\'' => {
                    self.at += 1;
                    self.push(TokenKind::Keyword(Keyword::Nchar), start);
                }
                b'u' | b'U' if self.peek(1) == b'&' && matches!(self.peek(2), b'\'' | b'"') => {
                    self.unicode()?
                }
                _ if is_identifier_start(byte) => self.word(),
                _ if is_operator(byte) => self.operator()?,
                _ => self.single(byte),
            }
        }
        Ok(())
    }

    fn skip_line(&mut self) {
        let rest = &self.bytes[self.at..];
        self.at += rest.iter().position(|&b| b == b'\n' || b == b'\r').unwrap_or(rest.len());
    }

    fn skip_comment(&mut self) -> Lexed {
        let start = self.at;
        let mut depth = 0usize;
        loop {
            match (self.peek(0), self.peek(1)) {
                (b'/', b'*') => {
                    depth += 1;
                    self.at += 2;
                }
                (b'*', b'/') => {
                    depth -= 1;
                    self.at += 2;
                    if depth == 0 {
                        return Ok(());
                    }
                }
                _ if self.at >= self.bytes.len() => {
                    return Err(self.fail("unterminated /* comment", start, self.bytes.len()));
                }
                _ => self.at += 1,
            }
        }
    }

    fn word(&mut self) {
        let start = self.at;
        let mut found = 0;
        let rest = &self.bytes[start..];
        let length = rest.iter().position(|byte| {
            let class = CLASSES[*byte as usize];
            found |= class;
            class & class::IDENTIFIER == 0
        });
        let word = &rest[..length.unwrap_or(rest.len())];
        let has_upper = found & class::CAPITAL != 0;
        self.at += word.len();
        let mut lower = [0; 32];
        let keyword = if word.len() > lower.len() {
            None
        } else if has_upper {
            let lower = &mut lower[..word.len()];
            lower.copy_from_slice(word);
            lower.make_ascii_lowercase();
            Keyword::lookup(lower)
        } else {
            Keyword::lookup(word)
        };
        if let Some(keyword) = keyword {
            self.push(TokenKind::Keyword(keyword), start);
        } else if has_upper || word.len() > MAX_IDENTIFIER_BYTES {
            let text = self.source[start..self.at].to_ascii_lowercase();
            let text = self.cut(text);
            self.push_text(TokenKind::Identifier, start, text);
        } else {
            self.push(TokenKind::Identifier, start);
        }
    }

    /// Cuts an identifier to its longest allowed length, with a notice.
    fn cut(&mut self, mut text: String) -> String {
        if text.len() > MAX_IDENTIFIER_BYTES {
            let mut end = MAX_IDENTIFIER_BYTES;
            while !text.is_char_boundary(end) {
                end -= 1;
            }
            let notice =
                error!(NAME_TOO_LONG, "identifier \"{text}\" will be truncated to \"{}\"", &text[..end]);
            self.out.notices.push(notice.with_severity(error::Severity::Notice));
            text.truncate(end);
        }
        text
    }

    /// Moves past the closing quote of what was opened before `self.at`; tells whether quotes were doubled.
    fn scan_quoted(&mut self, quote: u8, start: usize, message: &str) -> Result<bool, Error> {
        let mut is_doubled = false;
        loop {
            let rest = &self.bytes[self.at.min(self.bytes.len())..];
            match rest.iter().position(|&b| b == quote) {
                None => return Err(self.fail(message, start, self.bytes.len())),
                Some(found) => self.at += found + 1,
            }
            if self.peek(0) != quote {
                return Ok(is_doubled);
            }
            is_doubled = true;
            self.at += 1;
        }
    }

    /// After a closing quote: whether white space with a line break and another quote follow; moves past that quote.
    fn continues(&mut self) -> bool {
        let mut at = self.at;
        let mut has_newline = false;
        loop {
            match self.bytes.get(at) {
                Some(b'\n' | b'\r') => has_newline = true,
                Some(&byte) if is_space(byte) => {}
                Some(b'-') if self.bytes.get(at + 1) == Some(&b'-') => {
                    while !matches!(self.bytes.get(at), None | Some(b'\n' | b'\r')) {
                        at += 1;
                    }
                    continue;
                }
                Some(b'\'') if has_newline => {
                    self.at = at + 1;
                    return true;
                }
                _ => return false,
            }
            at += 1;
        }
    }

    fn quoted_string(&mut self, start: usize) -> Lexed {
        self.at += 1;
        let mut text: Option<String> = None;
        loop {
            let first = self.at;
            let is_doubled = self.scan_quoted(b'\'', start, "unterminated quoted string")?;
            let piece = &self.source[first..self.at - 1];
            let has_more = self.continues();
            if !is_doubled && !has_more && text.is_none() {
                self.push(TokenKind::String, start);
                return Ok(());
            }
            let mut whole = text.take().unwrap_or_default();
            whole.push_str(&piece.replace("''", "'"));
            if !has_more {
                self.push_text(TokenKind::String, start, whole);
                return Ok(());
            }
            text = Some(whole);
        }
    }

    fn quoted_identifier(&mut self, start: usize) -> Lexed {
        self.at += 1;
        let first = self.at;
        let is_doubled = self.scan_quoted(b'"', start, "unterminated quoted identifier")?;
        let text = &self.source[first..self.at - 1];
        if text.is_empty() {
            return Err(self.fail("zero-length delimited identifier", start, self.at));
        }
        if is_doubled || text.len() > MAX_IDENTIFIER_BYTES {
            let text = self.cut(text.replace("\"\"", "\""));
            self.push_text(TokenKind::Identifier, start, text);
        } else {
            self.push(TokenKind::Identifier, start);
        }
        Ok(())
    }

    fn bit_string(&mut self, kind: TokenKind) -> Lexed {
        let start = self.at;
        let is_bits = kind == TokenKind::BitString;
        let message = if is_bits {
            "unterminated bit string literal"
        } else {
            "unterminated hexadecimal string literal"
        };
        self.at += 2;
        let mut text = String::from(if is_bits { "b" } else { "x" });
        loop {
            let first = self.at;
            let rest = &self.bytes[first..];
            let Some(length) = rest.iter().position(|&b| b == b'\'') else {
                return Err(self.fail(message, start, self.bytes.len()));
            };
            text.push_str(&self.source[first..first + length]);
            self.at = first + length + 1;
            if !self.continues() {
                break;
            }
        }
        self.push_text(kind, start, text);
        Ok(())
    }

    fn escape_string(&mut self) -> Lexed {
        let start = self.at;
        self.at += 2;
        let mut pieces = Vec::new();
        loop {
            let first = self.at;
            loop {
                match self.bytes.get(self.at) {
                    None => {
                        // An invalid escape before the end is found first.
                        escape::decode_escapes(self.source, first, self.bytes.len(), &mut pieces)?;
                        return Err(self.fail("unterminated quoted string", start, self.bytes.len()));
                    }
                    Some(b'\\') => self.at += 2,
                    Some(b'\'') if self.peek(1) == b'\'' => self.at += 2,
                    Some(b'\'') => break,
                    Some(_) => self.at += 1,
                }
            }
            escape::decode_escapes(self.source, first, self.at, &mut pieces)?;
            self.at += 1;
            if !self.continues() {
                break;
            }
        }
        let text = escape::into_text(pieces)?;
        self.push_text(TokenKind::String, start, text);
        Ok(())
    }

    /// `U&'...'` and `U&"..."`, with the `UESCAPE 'c'` that may follow.
    fn unicode(&mut self) -> Lexed {
        let start = self.at;
        self.at += 2;
        let is_string = self.peek(0) == b'\'';
        let before = self.out.list.len();
        if is_string {
            self.quoted_string(start)?;
        } else {
            self.quoted_identifier_raw(start)?;
        }
        let end = self.at;
        let Some(token) = self.out.list.pop() else { return Ok(()) };
        debug_assert_eq!(before, self.out.list.len());
        let raw = match token.text {
            0 => self.source[start + 3..end - 1].to_owned(),
            index => self.out.texts[index as usize - 1].clone(),
        };
        let escape = self.unicode_escape_character()?;
        let text = escape::decode_unicode(self.source, &raw, escape, start + 3)?;
        let after = std::mem::replace(&mut self.at, end);
        if is_string {
            self.push_text(TokenKind::String, start, text);
        } else {
            let text = self.cut(text);
            self.push_text(TokenKind::Identifier, start, text);
        }
        self.at = after;
        Ok(())
    }

    fn quoted_identifier_raw(&mut self, start: usize) -> Lexed {
        self.at += 1;
        let first = self.at;
        self.scan_quoted(b'"', start, "unterminated quoted identifier")?;
        let text = &self.source[first..self.at - 1];
        if text.is_empty() {
            return Err(self.fail("zero-length delimited identifier", start, self.at));
        }
        let text = text.replace("\"\"", "\"");
        self.push_text(TokenKind::Identifier, start, text);
        Ok(())
    }

    fn skip_blanks(&mut self) -> Lexed {
        loop {
            match (self.peek(0), self.peek(1)) {
                (b'-', b'-') => self.skip_line(),
                (b'/', b'*') => self.skip_comment()?,
                (byte, _) if is_space(byte) => self.at += 1,
                _ => return Ok(()),
            }
        }
    }

    fn unicode_escape_character(&mut self) -> Result<char, Error> {
        let end = self.at;
        // An unclosed comment is reported where it stands, by the main loop.
        if self.skip_blanks().is_err() {
            self.at = end;
            return Ok('\\');
        }
        let word_end = self.bytes[self.at..]
            .iter()
            .position(|&b| !is_identifier_part(b))
            .map_or(self.bytes.len(), |n| self.at + n);
        if !self.source[self.at..word_end].eq_ignore_ascii_case("uescape") {
            self.at = end;
            return Ok('\\');
        }
        self.at = word_end;
        self.skip_blanks()?;
        let start = self.at;
        if self.peek(0) != b'\'' {
            let until = self.bytes[start..]
                .iter()
                .position(|&b| !is_identifier_part(b))
                .map_or(self.bytes.len(), |n| start + n);
            let until = until.max((start + 1).min(self.bytes.len()));
            return Err(self.fail("UESCAPE must be followed by a simple string literal", start, until));
        }
        self.quoted_string(start)?;
        let Some(token) = self.out.list.pop() else { return Ok('\\') };
        let text = self.out.text(self.source, token);
        match text.as_bytes() {
            &[byte]
                if !byte.is_ascii_hexdigit()
                    && !matches!(byte, b'+' | b'\'' | b'"')
                    && !is_space(byte)
                    && byte < 0x80 =>
            {
                Ok(byte as char)
            }
            _ => Err(self.fail("invalid Unicode escape character", start, self.at)),
        }
    }

    /// `$1`, `$$text$$`, `$tag$text$tag$`.
    fn dollar(&mut self) -> Lexed {
        let start = self.at;
        if self.peek(1).is_ascii_digit() {
            self.at += 1;
            while self.peek(0).is_ascii_digit() {
                self.at += 1;
            }
            if is_identifier_start(self.peek(0)) {
                self.skip_identifier();
                return Err(self.fail("trailing junk after parameter", start, self.at));
            }
            if self.source[start + 1..self.at].parse::<i32>().is_err() {
                return Err(self.fail("parameter number too large", start, self.at));
            }
            self.push(TokenKind::Parameter, start);
            return Ok(());
        }
        let mut end = start + 1;
        if self.bytes.get(end).is_some_and(|&b| is_identifier_start(b)) {
            while self.bytes.get(end).is_some_and(|&b| is_identifier_part(b) && b != b'$') {
                end += 1;
            }
        }
        if self.bytes.get(end) != Some(&b'$') {
            self.at += 1;
            self.push(TokenKind::Unknown, start);
            return Ok(());
        }
        let tag = &self.source[start..=end];
        let first = end + 1;
        match self.source[first..].find(tag) {
            None => Err(self.fail("unterminated dollar-quoted string", start, self.bytes.len())),
            Some(length) => {
                let text = self.source[first..first + length].to_owned();
                self.at = first + length + tag.len();
                self.push_text(TokenKind::String, start, text);
                Ok(())
            }
        }
    }

    fn skip_identifier(&mut self) {
        while self.at < self.bytes.len() && is_identifier_part(self.bytes[self.at]) {
            self.at += 1;
        }
    }

    /// Moves over digits of one base, each perhaps after one underscore; tells whether there were any.
    fn digits(&mut self, accepts: fn(&u8) -> bool, leading_underscore: bool) -> bool {
        let start = self.at;
        loop {
            let next = self.peek(0);
            if accepts(&next) {
                self.at += 1;
            } else if next == b'_' && accepts(&self.peek(1)) && (leading_underscore || self.at > start) {
                self.at += 2;
            } else {
                return self.at > start;
            }
        }
    }

    fn number(&mut self) -> Lexed {
        let start = self.at;
        if self.peek(0) == b'0' {
            let base: Option<(fn(&u8) -> bool, &str)> = match self.peek(1) {
                b'x' | b'X' => Some((u8::is_ascii_hexdigit, "invalid hexadecimal integer")),
                b'o' | b'O' => Some((|b| matches!(b, b'0'..=b'7'), "invalid octal integer")),
                b'b' | b'B' => Some((|b| matches!(b, b'0' | b'1'), "invalid binary integer")),
                _ => None,
            };
            if let Some((accepts, message)) = base {
                self.at += 2;
                if !self.digits(accepts, true) {
                    if self.peek(0) == b'_' {
                        self.at += 1;
                    }
                    if is_identifier_part(self.peek(0)) {
                        return self.junk(start);
                    }
                    return Err(self.fail(message, start, self.at));
                }
                if is_identifier_part(self.peek(0)) && self.at < self.bytes.len() {
                    return self.junk(start);
                }
                self.push(TokenKind::Integer, start);
                return Ok(());
            }
        }
        let mut kind = TokenKind::Integer;
        if self.peek(0) != b'.' {
            self.digits(u8::is_ascii_digit, false);
        }
        if self.peek(0) == b'.' && self.peek(1) != b'.' {
            kind = TokenKind::Number;
            self.at += 1;
            self.digits(u8::is_ascii_digit, false);
        }
        if matches!(self.peek(0), b'e' | b'E') {
            let sign = usize::from(matches!(self.peek(1), b'+' | b'-'));
            if self.peek(1 + sign).is_ascii_digit() {
                kind = TokenKind::Number;
                self.at += 1 + sign;
                self.digits(u8::is_ascii_digit, false);
            } else if sign == 1 {
                self.at += 2;
                return Err(self.fail("trailing junk after numeric literal", start, self.at));
            }
        }
        if is_identifier_start(self.peek(0)) && self.at < self.bytes.len() {
            return self.junk(start);
        }
        self.push(kind, start);
        Ok(())
    }

    fn junk(&mut self, start: usize) -> Lexed {
        self.skip_identifier();
        Err(self.fail("trailing junk after numeric literal", start, self.at))
    }

    fn operator(&mut self) -> Lexed {
        let start = self.at;
        let rest = &self.bytes[start..];
        let mut length = rest.iter().position(|&b| !is_operator(b)).unwrap_or(rest.len());
        // A comment ends an operator.
        if let Some(comment) = rest[..length].windows(2).position(|pair| pair == b"/*" || pair == b"--") {
            length = comment;
        }
        // A trailing + or - belongs to it only when it has a character that SQL's own operators do not have.
        let is_special =
            |b: &u8| matches!(b, b'~' | b'!' | b'@' | b'#' | b'^' | b'&' | b'|' | b'`' | b'?' | b'%');
        while length > 1
            && matches!(rest[length - 1], b'+' | b'-')
            && !rest[..length - 1].iter().any(is_special)
        {
            length -= 1;
        }
        let kind = match &rest[..length] {
            b"+" => TokenKind::Plus,
            b"-" => TokenKind::Minus,
            b"*" => TokenKind::Star,
            b"/" => TokenKind::Slash,
            b"%" => TokenKind::Percent,
            b"^" => TokenKind::Caret,
            b"<" => TokenKind::Less,
            b">" => TokenKind::Greater,
            b"=" => TokenKind::Equal,
            b"<=" => TokenKind::LessEqual,
            b">=" => TokenKind::GreaterEqual,
            b"<>" | b"!=" => TokenKind::NotEqual,
            b"=>" => TokenKind::EqualGreater,
            _ => TokenKind::Operator,
        };
        self.at += length;
        if length > MAX_IDENTIFIER_BYTES {
            return Err(self.fail("operator too long", start, self.at));
        }
        self.push(kind, start);
        Ok(())
    }

    fn single(&mut self, byte: u8) {
        let start = self.at;
        let (kind, length) = match (byte, self.peek(1)) {
            (b':', b':') => (TokenKind::TypeCast, 2),
            (b':', b'=') => (TokenKind::ColonEqual, 2),
            (b'.', b'.') => (TokenKind::DotDot, 2),
            (b',', _) => (TokenKind::Comma, 1),
            (b'(', _) => (TokenKind::LeftParenthesis, 1),
            (b')', _) => (TokenKind::RightParenthesis, 1),
            (b'[', _) => (TokenKind::LeftBracket, 1),
            (b']', _) => (TokenKind::RightBracket, 1),
            (b'.', _) => (TokenKind::Dot, 1),
            (b';', _) => (TokenKind::Semicolon, 1),
            (b':', _) => (TokenKind::Colon, 1),
            _ => (TokenKind::Unknown, 1),
        };
        self.at += length;
        self.push(kind, start);
    }
}
