//! The recursive-descent parser: a cursor over the tokens, and one file for each part of the grammar.
//!
//! Rule 1: a syntax error names the first token with which no valid statement can begin as this one does; so no
//! method consumes a token before it knows that the grammar allows it there, and nothing is ever parsed twice.
//! Rule 2: whatever nests calls [`Parser::descend`]; whatever builds a tree in a loop counts its height.

mod alter;
mod alter_table;
mod clause;
mod copy;
mod create;
mod create_table;
mod definition;
mod expression;
mod from;
mod function;
mod grant;
mod index;
mod json;
mod modify;
mod name;
mod object;
mod role;
mod routine;
mod select;
mod session;
mod statement;
mod type_name;
mod utility;
mod xml;

use error::{Error, Result};

use crate::keyword::Keyword;
use crate::lexer::{Token, TokenKind, Tokens};
use crate::limits;
use crate::position::{character_position, near};

pub struct Parser<'a> {
    source: &'a str,
    tokens: &'a Tokens,
    at: usize,
    depth: u32,
    max_depth: u32,
    max_height: u32,
    /// The height of the highest tree built since it was last reset; see [`Parser::grow`].
    height: u32,
}

impl<'a> Parser<'a> {
    pub fn new(source: &'a str, tokens: &'a Tokens) -> Parser<'a> {
        let (max_depth, max_height) = (limits::max_depth(), limits::max_height());
        Parser { source, tokens, at: 0, depth: 0, max_depth, max_height, height: 0 }
    }

    fn token(&self) -> Token {
        self.tokens.list[self.at.min(self.tokens.list.len() - 1)]
    }

    fn peek(&self) -> TokenKind {
        self.token().kind
    }

    fn peek_at(&self, ahead: usize) -> TokenKind {
        match self.tokens.list.get(self.at + ahead) {
            Some(token) => token.kind,
            None => TokenKind::End,
        }
    }

    fn peek_keyword(&self) -> Option<Keyword> {
        match self.peek() {
            TokenKind::Keyword(keyword) => Some(keyword),
            _ => None,
        }
    }

    fn keyword_at(&self, ahead: usize) -> Option<Keyword> {
        match self.peek_at(ahead) {
            TokenKind::Keyword(keyword) => Some(keyword),
            _ => None,
        }
    }

    fn location(&self) -> u32 {
        self.token().start
    }

    /// Where the last consumed token ends.
    fn previous_end(&self) -> u32 {
        match self.at {
            0 => 0,
            at => self.tokens.list[at - 1].end,
        }
    }

    fn advance(&mut self) {
        self.at += 1;
    }

    fn text(&self, token: Token) -> &'a str {
        self.tokens.text(self.source, token)
    }

    fn is(&self, kind: TokenKind) -> bool {
        self.peek() == kind
    }

    fn is_keyword(&self, keyword: Keyword) -> bool {
        self.peek() == TokenKind::Keyword(keyword)
    }

    fn is_keyword_at(&self, ahead: usize, keyword: Keyword) -> bool {
        self.peek_at(ahead) == TokenKind::Keyword(keyword)
    }

    fn eat(&mut self, kind: TokenKind) -> bool {
        let found = self.peek() == kind;
        if found {
            self.advance();
        }
        found
    }

    fn eat_keyword(&mut self, keyword: Keyword) -> bool {
        self.eat(TokenKind::Keyword(keyword))
    }

    /// Consumes all of `keywords`, or nothing.
    fn eat_keywords(&mut self, keywords: &[Keyword]) -> bool {
        let found = keywords.iter().enumerate().all(|(ahead, keyword)| self.is_keyword_at(ahead, *keyword));
        if found {
            self.at += keywords.len();
        }
        found
    }

    fn expect(&mut self, kind: TokenKind) -> Result<()> {
        if self.eat(kind) { Ok(()) } else { Err(self.unexpected()) }
    }

    fn expect_keyword(&mut self, keyword: Keyword) -> Result<()> {
        self.expect(TokenKind::Keyword(keyword))
    }

    fn expect_keywords(&mut self, keywords: &[Keyword]) -> Result<()> {
        keywords.iter().try_for_each(|keyword| self.expect_keyword(*keyword))
    }

    /// `first` decides; once it is there, the rest must follow.
    fn eat_phrase(&mut self, first: Keyword, rest: &[Keyword]) -> Result<bool> {
        if !self.eat_keyword(first) {
            return Ok(false);
        }
        self.expect_keywords(rest)?;
        Ok(true)
    }

    /// The error for the token at the cursor.
    #[cold]
    fn unexpected(&self) -> Error {
        self.syntax_error("syntax error")
    }

    #[cold]
    fn syntax_error(&self, message: &str) -> Error {
        let token = self.token();
        match (token.kind, &self.tokens.failure) {
            (TokenKind::Failure, Some(failure)) => failure.clone(),
            _ => near(self.source, message, token.start as usize, token.end as usize),
        }
    }

    /// 42601 with a position and no `at or near`.
    #[cold]
    fn error_at(&self, message: impl Into<std::borrow::Cow<'static, str>>, location: u32) -> Error {
        Error::new(error::sqlstate::SYNTAX_ERROR, message).at(self.position(location))
    }

    fn position(&self, location: u32) -> usize {
        character_position(self.source, location as usize)
    }

    /// Runs one level of nesting.
    fn descend<T>(&mut self, inner: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        if self.depth >= self.max_depth {
            return Err(limits::too_deep());
        }
        self.depth += 1;
        let result = inner(self);
        self.depth -= 1;
        result
    }

    /// Counts one more level on top of a tree of height `base` and whatever was parsed since.
    fn grow(&mut self, base: u32) -> Result<()> {
        self.height = self.height.max(base) + 1;
        if self.height > self.max_height { Err(limits::too_deep()) } else { Ok(()) }
    }

    /// `item, item, ...`
    fn comma_list<T>(&mut self, mut item: impl FnMut(&mut Self) -> Result<T>) -> Result<Vec<T>> {
        let mut list = vec![item(self)?];
        while self.eat(TokenKind::Comma) {
            list.push(item(self)?);
        }
        Ok(list)
    }

    /// `(item, item, ...)`
    fn parenthesized_list<T>(&mut self, item: impl FnMut(&mut Self) -> Result<T>) -> Result<Vec<T>> {
        self.expect(TokenKind::LeftParenthesis)?;
        let list = self.comma_list(item)?;
        self.expect(TokenKind::RightParenthesis)?;
        Ok(list)
    }
}
