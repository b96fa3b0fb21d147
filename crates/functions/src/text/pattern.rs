//! PostgreSQL's regular expressions, run by the crate `regex-automata`.
//!
//! The syntax is translated; compiled patterns are kept by the process. What has no counterpart there - references
//! back and looking around - is refused. Among alternatives the first that matches is taken.

use std::cell::RefCell;
use std::rc::Rc;

use error::{Error, Result, error};
use regex_automata::meta::Regex;
use regex_automata::util::syntax;

/// How many compiled patterns are kept.
const CACHED: usize = 32;
/// The most a compiled pattern may occupy.
const SIZE_LIMIT_BYTES: usize = 16 << 20;

thread_local! {
    static CACHE: RefCell<Vec<(Box<str>, Flags, Rc<Regex>)>> = const { RefCell::new(Vec::new()) };
}

/// How a pattern is read.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Flags {
    pub ignore_case: bool,
    /// `.` and sets exclude line ends.
    pub dot_stops: bool,
    /// `^` and `$` match at lines.
    pub lines: bool,
    /// White space and comments do not count.
    pub extended: bool,
    /// The pattern is a plain string.
    pub literal: bool,
    pub global: bool,
}

impl Flags {
    /// Reads option letters.
    ///
    /// # Errors
    /// 22023 for unknown ones.
    pub fn parse(options: &str) -> Result<Flags> {
        let mut flags = Flags::default();
        for option in options.chars() {
            if option == 'g' {
                flags.global = true;
            } else {
                flags.apply(option).map_err(|()| {
                    error!(INVALID_PARAMETER_VALUE, "invalid regular expression option: \"{option}\"")
                })?;
            }
        }
        Ok(flags)
    }

    fn apply(&mut self, option: char) -> std::result::Result<(), ()> {
        match option {
            'b' | 'e' | 't' => {}
            'c' => self.ignore_case = false,
            'i' => self.ignore_case = true,
            'm' | 'n' => (self.dot_stops, self.lines) = (true, true),
            'p' => (self.dot_stops, self.lines) = (true, false),
            's' => (self.dot_stops, self.lines) = (false, false),
            'w' => (self.dot_stops, self.lines) = (false, true),
            'q' => self.literal = true,
            'x' => self.extended = true,
            _ => return Err(()),
        }
        Ok(())
    }
}

#[cold]
fn invalid(reason: &str) -> Error {
    error!(INVALID_REGULAR_EXPRESSION, "invalid regular expression: {reason}")
}

/// The compiled form of a pattern.
///
/// # Errors
/// 2201B for bad syntax.
pub fn compile(pattern: &str, flags: Flags) -> Result<Rc<Regex>> {
    let flags = Flags { global: false, ..flags };
    CACHE.with(|cache| {
        let mut cache = cache.borrow_mut();
        if let Some(at) = cache.iter().position(|(known, with, _)| *with == flags && **known == *pattern) {
            // The ones used last stay in front.
            cache[..=at].rotate_right(1);
            return Ok(Rc::clone(&cache[0].2));
        }
        let regex = Rc::new(build(pattern, flags)?);
        cache.truncate(CACHED - 1);
        cache.insert(0, (pattern.into(), flags, Rc::clone(&regex)));
        Ok(regex)
    })
}

fn build(pattern: &str, flags: Flags) -> Result<Regex> {
    let (pattern, flags) = directors(pattern, flags)?;
    let translated = if flags.literal { escape(pattern) } else { Translator::new(pattern, flags).run()? };
    let syntax = syntax::Config::new()
        .case_insensitive(flags.ignore_case)
        .multi_line(flags.lines)
        .dot_matches_new_line(!flags.dot_stops);
    let config = Regex::config().nfa_size_limit(Some(SIZE_LIMIT_BYTES));
    Regex::builder().syntax(syntax).configure(config).build(&translated).map_err(|error| {
        if error.size_limit().is_some() {
            invalid("regular expression is too complex")
        } else {
            invalid("invalid syntax")
        }
    })
}

/// Options that the pattern itself begins with: `***=`, `***:` and `(?letters)`.
fn directors(pattern: &str, mut flags: Flags) -> Result<(&str, Flags)> {
    if flags.literal {
        return Ok((pattern, flags));
    }
    if let Some(rest) = pattern.strip_prefix("***=") {
        flags.literal = true;
        return Ok((rest, flags));
    }
    let pattern = pattern.strip_prefix("***:").unwrap_or(pattern);
    if let Some(rest) = pattern.strip_prefix("(?")
        && rest.starts_with(|letter: char| letter.is_ascii_lowercase())
        && let Some((letters, rest)) = rest.split_once(')')
    {
        for letter in letters.chars() {
            flags.apply(letter).map_err(|()| invalid("invalid embedded option"))?;
        }
        return Ok((rest, flags));
    }
    Ok((pattern, flags))
}

fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    for letter in text.chars() {
        push_literal(letter, &mut out);
    }
    out
}

fn push_literal(letter: char, out: &mut String) {
    if letter.is_ascii_punctuation() {
        out.push('\\');
    }
    out.push(letter);
}

/// Rewrites a pattern in the syntax of the engine.
struct Translator<'a> {
    rest: std::iter::Peekable<std::str::Chars<'a>>,
    flags: Flags,
    out: String,
    depth: usize,
    /// Whether a quantifier may follow.
    has_atom: bool,
}

impl<'a> Translator<'a> {
    fn new(pattern: &'a str, flags: Flags) -> Translator<'a> {
        let out = String::with_capacity(pattern.len() + 16);
        Translator { rest: pattern.chars().peekable(), flags, out, depth: 0, has_atom: false }
    }

    fn run(mut self) -> Result<String> {
        while let Some(letter) = self.rest.next() {
            match letter {
                '\\' => self.escape()?,
                '[' => self.bracket()?,
                '(' => self.open()?,
                ')' => {
                    self.depth =
                        self.depth.checked_sub(1).ok_or_else(|| invalid("parentheses () not balanced"))?;
                    self.out.push(')');
                    self.has_atom = true;
                }
                '*' | '+' | '?' => self.quantifier(letter)?,
                '{' if self.rest.peek().is_some_and(char::is_ascii_digit) => self.bounds()?,
                '|' | '^' => {
                    self.out.push(letter);
                    self.has_atom = false;
                }
                '$' => {
                    self.out.push('$');
                    self.has_atom = false;
                }
                '.' => {
                    self.out.push('.');
                    self.has_atom = true;
                }
                '#' if self.flags.extended => while self.rest.next().is_some_and(|letter| letter != '\n') {},
                _ if self.flags.extended && letter.is_whitespace() => {}
                _ => {
                    push_literal(letter, &mut self.out);
                    self.has_atom = true;
                }
            }
        }
        if self.depth > 0 {
            return Err(invalid("parentheses () not balanced"));
        }
        Ok(self.out)
    }

    fn open(&mut self) -> Result<()> {
        self.depth += 1;
        self.has_atom = false;
        self.out.push('(');
        if self.rest.next_if_eq(&'?').is_some() {
            match self.rest.next() {
                Some(':') => self.out.push_str("?:"),
                Some('#') => {
                    // A comment: nothing of the group remains.
                    self.out.pop();
                    self.depth -= 1;
                    while self.rest.next().is_some_and(|letter| letter != ')') {}
                }
                Some('=' | '!' | '<') => {
                    return Err(Error::unsupported("lookaround constraints in regular expressions"));
                }
                _ => return Err(invalid("quantifier operand invalid")),
            }
        }
        Ok(())
    }

    fn quantifier(&mut self, letter: char) -> Result<()> {
        if !self.has_atom {
            return Err(invalid("quantifier operand invalid"));
        }
        self.out.push(letter);
        self.lazy()
    }

    fn lazy(&mut self) -> Result<()> {
        if self.rest.next_if_eq(&'?').is_some() {
            self.out.push('?');
        }
        self.has_atom = false;
        if matches!(self.rest.peek(), Some('*' | '+' | '?')) {
            return Err(invalid("quantifier operand invalid"));
        }
        Ok(())
    }

    fn number(&mut self) -> Option<u32> {
        let mut number = None;
        while let Some(digit) = self.rest.peek().and_then(|letter| letter.to_digit(10)) {
            self.rest.next();
            number = Some(number.unwrap_or(0u32).saturating_mul(10).saturating_add(digit));
        }
        number
    }

    fn bounds(&mut self) -> Result<()> {
        if !self.has_atom {
            return Err(invalid("quantifier operand invalid"));
        }
        let least = self.number().unwrap_or(0);
        let most = if self.rest.next_if_eq(&',').is_some() { self.number() } else { Some(least) };
        if self.rest.next() != Some('}') {
            return Err(invalid("braces {} not balanced"));
        }
        if least > 255 || most.is_some_and(|most| most > 255 || most < least) {
            return Err(invalid("invalid repetition count(s)"));
        }
        match most {
            Some(most) if most == least => self.out.push_str(&format!("{{{least}}}")),
            Some(most) => self.out.push_str(&format!("{{{least},{most}}}")),
            None => self.out.push_str(&format!("{{{least},}}")),
        }
        self.lazy()
    }

    /// The character that a numeric escape stands for.
    fn code(&mut self, digits: usize) -> Result<char> {
        let mut code = 0u32;
        let mut count = 0;
        while count < digits
            && let Some(digit) = self.rest.peek().and_then(|letter| letter.to_digit(16))
        {
            self.rest.next();
            code = code << 4 | digit;
            count += 1;
        }
        if count == 0 {
            return Err(invalid("invalid escape \\ sequence"));
        }
        char::from_u32(code).ok_or_else(|| invalid("invalid escape \\ sequence"))
    }

    /// An escape that stands for one character, inside of brackets and outside.
    fn escaped_character(&mut self, letter: char) -> Result<char> {
        Ok(match letter {
            'a' => '\x07',
            'b' => '\x08',
            'B' => '\\',
            'e' => '\x1b',
            'f' => '\x0c',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'v' => '\x0b',
            '0' => '\0',
            'c' => self.rest.next().map_or('c', |letter| ((letter as u32 & 0x1f) as u8) as char),
            'u' => self.code(4)?,
            'U' => self.code(8)?,
            'x' => self.code(2)?,
            _ if letter.is_alphanumeric() => return Err(invalid("invalid escape \\ sequence")),
            _ => letter,
        })
    }

    fn escape(&mut self) -> Result<()> {
        let letter = self.rest.next().ok_or_else(|| invalid("invalid escape \\ sequence"))?;
        self.has_atom = true;
        match letter {
            'd' => self.out.push_str("[[:digit:]]"),
            'D' => self.out.push_str("[^[:digit:]]"),
            's' => self.out.push_str("\\s"),
            'S' => self.out.push_str("\\S"),
            'w' => self.out.push_str("\\w"),
            'W' => self.out.push_str("\\W"),
            'A' | 'Z' | 'm' | 'M' | 'y' | 'Y' => {
                self.has_atom = false;
                self.out.push_str(match letter {
                    'A' => "\\A",
                    'Z' => "\\z",
                    'm' => "\\b{start}",
                    'M' => "\\b{end}",
                    'y' => "\\b",
                    _ => "\\B",
                });
            }
            '1'..='9' => return Err(Error::unsupported("back references in regular expressions")),
            _ => {
                let character = self.escaped_character(letter)?;
                push_literal(character, &mut self.out);
            }
        }
        Ok(())
    }

    /// A bracket expression, whose syntax has more special characters in the engine than here.
    fn bracket(&mut self) -> Result<()> {
        let unbalanced = || invalid("brackets [] not balanced");
        // [[:<:]] and [[:>:]] are word boundaries.
        let ahead: String = self.rest.clone().take(6).collect();
        for (form, boundary) in [("[:<:]]", "\\b{start}"), ("[:>:]]", "\\b{end}")] {
            if ahead == form {
                self.rest.nth(5);
                self.out.push_str(boundary);
                self.has_atom = false;
                return Ok(());
            }
        }
        self.has_atom = true;
        self.out.push('[');
        if self.rest.next_if_eq(&'^').is_some() {
            self.out.push('^');
            if self.flags.dot_stops {
                self.out.push_str("\\n");
            }
        }
        let mut is_first = true;
        loop {
            let letter = self.rest.next().ok_or_else(unbalanced)?;
            match letter {
                ']' if !is_first => break,
                '[' if matches!(self.rest.peek(), Some(':' | '.' | '=')) => {
                    let kind = self.rest.next().ok_or_else(unbalanced)?;
                    let mut name = String::new();
                    loop {
                        let letter = self.rest.next().ok_or_else(unbalanced)?;
                        if letter == kind && self.rest.next_if_eq(&']').is_some() {
                            break;
                        }
                        name.push(letter);
                    }
                    self.class(kind, &name)?;
                }
                '\\' => {
                    let letter = self.rest.next().ok_or_else(|| invalid("invalid escape \\ sequence"))?;
                    match letter {
                        'd' => self.out.push_str("[:digit:]"),
                        's' | 'w' | 'S' | 'W' => {
                            self.out.push('\\');
                            self.out.push(letter);
                        }
                        _ => {
                            let character = self.escaped_character(letter)?;
                            push_literal(character, &mut self.out);
                        }
                    }
                }
                // A hyphen is a range, or itself at either end.
                '-' if !is_first && self.rest.peek() != Some(&']') => self.out.push('-'),
                _ => push_literal(letter, &mut self.out),
            }
            is_first = false;
        }
        self.out.push(']');
        Ok(())
    }

    fn class(&mut self, kind: char, name: &str) -> Result<()> {
        let unicode = match name {
            _ if kind != ':' => {
                let mut letters = name.chars();
                let (Some(letter), None) = (letters.next(), letters.next()) else {
                    return Err(invalid("invalid collating element"));
                };
                push_literal(letter, &mut self.out);
                return Ok(());
            }
            "alpha" => "\\p{Alphabetic}",
            "alnum" => "\\p{Alphabetic}\\p{N}",
            "upper" => "\\p{Uppercase}",
            "lower" => "\\p{Lowercase}",
            "space" => "\\s",
            "digit" => "[:digit:]",
            "xdigit" => "[:xdigit:]",
            "punct" => "[:punct:]\\p{P}",
            "blank" => " \\t",
            "cntrl" => "\\p{Cc}",
            "print" => "[^\\p{C}]",
            "graph" => "[^\\p{C}\\p{Z}]",
            "word" => "\\w",
            "ascii" => "[:ascii:]",
            _ => return Err(invalid("invalid character class")),
        };
        self.out.push_str(unicode);
        Ok(())
    }
}

/// A SQL regular expression (SIMILAR TO) as one of the usual kind, to match a whole text.
///
/// # Errors
/// 22019 for an escape of more than one character.
pub fn similar(pattern: &str, escape: Option<&str>) -> Result<String> {
    let escape = match escape {
        None => Some('\\'),
        Some(escape) => {
            let mut letters = escape.chars();
            let first = letters.next();
            if letters.next().is_some() {
                return Err(error!(INVALID_ESCAPE_SEQUENCE, "invalid escape string")
                    .hint("Escape string must be empty or one character."));
            }
            first
        }
    };
    let mut out = String::from("^(?:");
    let (mut letters, mut in_bracket) = (pattern.chars().peekable(), false);
    let mut quotes = 0;
    while let Some(letter) = letters.next() {
        if Some(letter) == escape {
            match letters.next() {
                // Escaped quotes divide the pattern for SUBSTRING: before, wanted, behind.
                Some('"') if !in_bracket => {
                    out.push_str(if quotes == 0 { "){1,1}?(" } else { "){1,1}(?:" });
                    quotes += 1;
                    if quotes > 2 {
                        return Err(error!(
                            INVALID_USE_OF_ESCAPE_CHARACTER,
                            "SQL regular expression may not contain more than two escape-double-quote separators"
                        ));
                    }
                }
                Some(next) => {
                    out.push('\\');
                    out.push(next);
                }
                None => {}
            }
            continue;
        }
        match letter {
            _ if in_bracket => {
                if letter == '\\' {
                    out.push('\\');
                }
                out.push(letter);
                in_bracket = letter != ']';
            }
            '[' => {
                out.push('[');
                in_bracket = true;
            }
            '%' => out.push_str(".*"),
            '_' => out.push('.'),
            '(' => out.push_str("(?:"),
            '\\' | '.' | '^' | '$' => {
                out.push('\\');
                out.push(letter);
            }
            _ => out.push(letter),
        }
    }
    out.push_str(")$");
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_match(pattern: &str, text: &str) -> bool {
        compile(pattern, Flags::default()).unwrap().is_match(text)
    }

    /// What PostgreSQL's syntax has that the engine's has not, and the reverse.
    #[test]
    fn syntax() {
        for (pattern, text, expected) in [
            ("^(pg_class)$", "pg_class", true),
            ("a.c", "a\nc", true),
            ("^b", "a\nb", false),
            ("(?n)^b", "a\nb", true),
            ("\\mword\\M", "a word.", true),
            ("[[:<:]]ord", "word", false),
            ("[a&&b]", "&", true),
            ("[]x]", "]", true),
            ("[a-]", "-", true),
            ("x{2}", "xx", true),
            ("a{", "a{", true),
            ("***=a.c", "abc", false),
            ("(?i)ABC", "abc", true),
            ("[[:alpha:]]+", "é", true),
            ("\\u00e9", "é", true),
            ("[\\d.]", "5", true),
        ] {
            assert_eq!(is_match(pattern, text), expected, "{pattern} against {text:?}");
        }
    }

    /// Bad syntax must be told in PostgreSQL's words.
    #[test]
    fn errors() {
        for (pattern, reason) in [
            ("(a", "parentheses () not balanced"),
            ("a)", "parentheses () not balanced"),
            ("*a", "quantifier operand invalid"),
            ("[a", "brackets [] not balanced"),
            ("a{3,1}", "invalid repetition count(s)"),
            ("a\\", "invalid escape \\ sequence"),
            ("[[:foo:]]", "invalid character class"),
        ] {
            let error = compile(pattern, Flags::default()).unwrap_err();
            assert_eq!(error.message(), format!("invalid regular expression: {reason}"), "{pattern}");
        }
    }
}
