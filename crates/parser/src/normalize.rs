//! The text of a statement with its constants replaced by parameters, and an identifier for statements that are no queries.
//!
//! Looks at tokens only. Which constants a query has, the caller knows from analysis. Entry points: [`normalize`],
//! [`normalize_command`], [`command_identifier`].

use std::hash::{DefaultHasher, Hash, Hasher};

use crate::keyword::Keyword;
use crate::lexer::{Token, TokenKind, Tokens, tokenize};

/// What of a command are not its words but its arguments.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Constants {
    /// Nothing: constants are parts of a definition.
    Kept,
    /// Every literal, as in the query that EXPLAIN, DECLARE and CREATE TABLE AS contain.
    Literals,
    /// All that stands behind the first TO or `=`: the value that SET gives.
    Value,
    /// The last word: the name of a savepoint or prepared statement.
    LastWord,
}

/// A place in the text that becomes a parameter.
#[derive(Clone, Copy)]
struct Span {
    start: u32,
    end: u32,
    is_list: bool,
}

/// The statement in these bytes of `source`, with parameters instead of the constants at `places`. The second number is not 0 where a list of
/// so many constants begins, which becomes one parameter. Numbers follow the highest that the statement uses itself.
pub fn normalize(source: &str, statement: (u32, u32), places: &[(u32, u32)]) -> String {
    let tokens = tokenize(source);
    let mut spans: Vec<Span> =
        places.iter().filter_map(|(location, length)| span_at(&tokens, *location, *length)).collect();
    spans.sort_by_key(|span| (span.start, !span.is_list));
    replace(source, statement, &tokens, &spans)
}

/// The same for a command.
pub fn normalize_command(source: &str, statement: (u32, u32), constants: Constants) -> String {
    let tokens = tokenize(source);
    let spans = command_spans(inside(&tokens, statement), constants);
    replace(source, statement, &tokens, &spans)
}

/// A number for what a command means, whatever its constants, case and white space are; never 0.
pub fn command_identifier(source: &str, statement: (u32, u32), constants: Constants) -> i64 {
    let tokens = tokenize(source);
    let own = inside(&tokens, statement);
    let spans = command_spans(own, constants);
    let mut hasher = DefaultHasher::new();
    for token in own {
        match spans.iter().find(|span| (span.start..span.end).contains(&token.start)) {
            Some(span) if span.start == token.start => 0u8.hash(&mut hasher),
            Some(_) => {}
            None => match token.kind {
                TokenKind::Keyword(keyword) => (1u8, keyword as u16).hash(&mut hasher),
                _ => (2u8, tokens.text(source, *token)).hash(&mut hasher),
            },
        }
    }
    hasher.finish() as i64 | 1
}

/// The tokens of one of the statements, without what ends it.
fn inside(tokens: &Tokens, (start, end): (u32, u32)) -> &[Token] {
    let list = &tokens.list;
    let first = list.partition_point(|token| token.start < start);
    let last = list.partition_point(|token| token.start < end);
    let mut own = &list[first..last.max(first)];
    while let [rest @ .., token] = own
        && matches!(token.kind, TokenKind::Semicolon | TokenKind::End | TokenKind::Failure)
    {
        own = rest;
    }
    own
}

fn is_literal(kind: TokenKind) -> bool {
    matches!(
        kind,
        TokenKind::String
            | TokenKind::BitString
            | TokenKind::HexString
            | TokenKind::Integer
            | TokenKind::Number
            | TokenKind::Keyword(Keyword::True | Keyword::False | Keyword::Null)
    )
}

fn span_at(tokens: &Tokens, location: u32, list_length: u32) -> Option<Span> {
    let list = &tokens.list;
    let at = list.binary_search_by_key(&location, |token| token.start).ok()?;
    if list_length > 0 {
        return list_around(list, at, list_length);
    }
    let mut end = at;
    if list[at].kind == TokenKind::Minus {
        end += 1;
    } else if !is_literal(list[at].kind)
        && let Some(literal) = list[at + 1..].iter().take(4).position(|token| token.kind == TokenKind::String)
        && is_type_name(&list[at..=at + literal])
    {
        // A type's name before its literal stays.
        let found = list[at + 1 + literal];
        return Some(Span { start: found.start, end: found.end, is_list: false });
    }
    Some(Span { start: list[at].start, end: list.get(end)?.end, is_list: false })
}

fn is_type_name(tokens: &[Token]) -> bool {
    tokens
        .iter()
        .all(|token| matches!(token.kind, TokenKind::Identifier | TokenKind::Keyword(_) | TokenKind::Dot))
}

/// The inside of the parentheses or brackets that a list's element stands in, if there are no other elements.
fn list_around(list: &[Token], at: usize, length: u32) -> Option<Span> {
    let opens = |token: &Token| matches!(token.kind, TokenKind::LeftParenthesis | TokenKind::LeftBracket);
    let closes = |token: &Token| matches!(token.kind, TokenKind::RightParenthesis | TokenKind::RightBracket);
    let mut depth = 0usize;
    let mut first = at;
    loop {
        let previous = first.checked_sub(1)?;
        if opens(&list[previous]) {
            let is_cast = previous
                .checked_sub(1)
                .is_some_and(|before| matches!(list[before].kind, TokenKind::Keyword(Keyword::Cast)));
            // An element in parentheses of its own is still inside of them.
            let is_inner = previous.checked_sub(1).is_some_and(|before| {
                matches!(list[before].kind, TokenKind::LeftParenthesis | TokenKind::LeftBracket)
            });
            if depth == 0 && !is_cast && !is_inner {
                break;
            }
            depth = depth.saturating_sub(1);
        } else if closes(&list[previous]) {
            depth += 1;
        }
        first = previous;
    }
    let (mut last, mut found) = (first, 1);
    let mut depth = 0usize;
    loop {
        let token = list.get(last)?;
        if depth == 0 && token.kind == TokenKind::Comma {
            found += 1;
        }
        if opens(token) {
            depth += 1;
        } else if closes(token) {
            if depth == 0 {
                break;
            }
            depth -= 1;
        }
        last += 1;
    }
    let end = list[last.checked_sub(1)?].end;
    (found == length).then(|| Span { start: list[first].start, end, is_list: true })
}

fn command_spans(own: &[Token], constants: Constants) -> Vec<Span> {
    let whole = |tokens: &[Token]| match tokens {
        [] => Vec::new(),
        [first, ..] => vec![Span { start: first.start, end: tokens[tokens.len() - 1].end, is_list: false }],
    };
    match constants {
        Constants::Kept => Vec::new(),
        Constants::LastWord => whole(&own[own.len().saturating_sub(1)..]),
        Constants::Value => {
            let assigns =
                |token: &Token| matches!(token.kind, TokenKind::Equal | TokenKind::Keyword(Keyword::To));
            match own.iter().position(assigns) {
                Some(at) => match &own[at + 1..] {
                    [only] if matches!(only.kind, TokenKind::Keyword(Keyword::Default)) => Vec::new(),
                    value => whole(value),
                },
                None => Vec::new(),
            }
        }
        Constants::Literals => {
            let literals = own.iter().filter(|token| is_literal(token.kind));
            literals.map(|token| Span { start: token.start, end: token.end, is_list: false }).collect()
        }
    }
}

fn replace(source: &str, (start, end): (u32, u32), tokens: &Tokens, spans: &[Span]) -> String {
    let own = inside(tokens, (start, end));
    let Some((first, last)) = own.first().zip(own.last()) else { return String::new() };
    let parameters = own.iter().filter(|token| token.kind == TokenKind::Parameter);
    let numbers = parameters
        .filter_map(|token| source[token.start as usize + 1..token.end as usize].parse::<u32>().ok());
    let mut number = numbers.max().unwrap_or(0);
    let mut out = String::with_capacity((last.end - first.start) as usize + 16);
    let mut at = first.start;
    for span in spans {
        if span.start < at || span.end > last.end {
            continue;
        }
        number = number.saturating_add(1);
        out.push_str(&source[at as usize..span.start as usize]);
        out.push('$');
        out.push_str(&number.to_string());
        if span.is_list {
            out.push_str(" /*, ... */");
        }
        at = span.end;
    }
    out.push_str(&source[at as usize..last.end as usize]);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Constants become parameters behind those that are there, lists one, and nothing else changes.
    #[test]
    fn constants_become_parameters() {
        let check = |source: &str, places: &[(&str, u32)], wanted: &str| {
            let places: Vec<(u32, u32)> =
                places.iter().map(|(text, length)| (source.find(text).unwrap() as u32, *length)).collect();
            assert_eq!(normalize(source, (0, source.len() as u32), &places), wanted);
        };
        check("SELECT a  FROM t WHERE b = -5 ;", &[("-5", 0)], "SELECT a  FROM t WHERE b = $1");
        check("select $1 + 7, 'x'", &[("7", 0), ("'x'", 0)], "select $1 + $2, $3");
        check("select DATE '2020-01-01'", &[("DATE", 0)], "select DATE $1");
        let places = [("1", 0), ("2", 2), ("2", 0), ("3", 0), ("4", 0)];
        check("select 1 in (2, 3), 4", &places, "select $1 in ($2 /*, ... */), $3");
        check("x IN (2, x, 3)", &[("2", 2), ("2", 0), ("3", 0)], "x IN ($1, x, $2)");
        check("x IN (cast(1 as text), 'b')", &[("1", 2)], "x IN ($1 /*, ... */)");
        check("array[(1), 2]", &[("1", 2)], "array[$1 /*, ... */]");
    }

    /// Commands mean the same in any spelling, and their arguments do not count where they are arguments.
    #[test]
    fn commands_have_identifiers() {
        let id = |text: &str, constants| command_identifier(text, (0, text.len() as u32), constants);
        assert_eq!(id("SET  work_mem = 5", Constants::Value), id("set WORK_MEM = '7MB';", Constants::Value));
        assert_ne!(id("SET work_mem = 5", Constants::Value), id("SET x = 5", Constants::Value));
        assert_eq!(id("SAVEPOINT a", Constants::LastWord), id("savepoint b", Constants::LastWord));
        assert_ne!(id("DROP TABLE a", Constants::Kept), id("DROP TABLE b", Constants::Kept));
        let text = "begin; SET a TO 'x', y; SELECT";
        let normal = |constants| normalize_command(text, (7, 22), constants);
        assert_eq!(
            (&*normal(Constants::Value), &*normal(Constants::Kept)),
            ("SET a TO $1", "SET a TO 'x', y")
        );
    }
}
