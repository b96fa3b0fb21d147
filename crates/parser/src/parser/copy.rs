//! COPY, with the options of both syntaxes.

use error::{Result, error};

use super::Parser;
use super::definition::option;
use crate::ast::*;
use crate::keyword::Keyword as K;
use crate::lexer::TokenKind as T;

impl Parser<'_> {
    pub(super) fn copy(&mut self) -> Result<Statement> {
        let location = self.location();
        self.advance();
        let mut options = Vec::new();
        let source = if self.eat(T::LeftParenthesis) {
            let query = Box::new(self.preparable_statement()?);
            self.expect(T::RightParenthesis)?;
            CopySource::Query(query)
        } else {
            let at = self.location();
            if self.is_keyword(K::Binary) {
                self.advance();
                options.push(option("format", Some(DefinitionValue::String("binary".into())), at));
            }
            let name = self.relation_name()?;
            CopySource::Table { name, columns: self.optional_column_list()? }
        };
        let is_from = matches!(source, CopySource::Table { .. }) && self.is_keyword(K::From);
        if !is_from && !self.is_keyword(K::To) {
            return Err(self.unexpected());
        }
        self.advance();
        let is_program = self.eat_keyword(K::Program);
        let endpoint = match self.peek() {
            T::String if is_program => CopyEndpoint::Program(self.string()?),
            T::String => CopyEndpoint::File(self.string()?),
            T::Keyword(K::Stdin | K::Stdout) => {
                if is_program {
                    return Err(error!(SYNTAX_ERROR, "STDIN/STDOUT not allowed with PROGRAM"));
                }
                self.advance();
                CopyEndpoint::Client
            }
            _ => return Err(self.unexpected()),
        };
        if matches!(source, CopySource::Table { .. }) {
            self.copy_delimiter(&mut options)?;
        }
        self.eat_keyword(K::With);
        if self.is(T::LeftParenthesis) {
            options.extend(self.copy_options()?);
        } else {
            while let Some(element) = self.old_copy_option()? {
                options.push(element);
            }
        }
        let where_at = self.location();
        let filter = if is_from || self.is_keyword(K::Where) { self.where_clause()? } else { None };
        if filter.is_some() && !is_from {
            return Err(self
                .error_at("WHERE clause not allowed with COPY TO", where_at)
                .hint("Try the COPY (SELECT ... WHERE ...) TO variant."));
        }
        Ok(Statement::Copy(Box::new(CopyStatement { source, is_from, endpoint, options, filter, location })))
    }

    /// `[USING] DELIMITERS 'x'`.
    fn copy_delimiter(&mut self, options: &mut Vec<DefinitionElement>) -> Result<()> {
        let location = self.location();
        if !self.is_keyword(K::Using) && !self.is_keyword(K::Delimiters) {
            return Ok(());
        }
        self.eat_keyword(K::Using);
        self.expect_keyword(K::Delimiters)?;
        let value = DefinitionValue::String(self.string()?);
        options.push(option("delimiter", Some(value), location));
        Ok(())
    }

    fn copy_options(&mut self) -> Result<Vec<DefinitionElement>> {
        self.parenthesized_list(|this| {
            let location = this.location();
            let name = this.label()?;
            let value = match this.peek() {
                T::Comma | T::RightParenthesis => None,
                T::Star => {
                    this.advance();
                    Some(DefinitionValue::Star)
                }
                T::Keyword(K::Default) => {
                    this.advance();
                    Some(DefinitionValue::String("default".into()))
                }
                T::LeftParenthesis => {
                    Some(DefinitionValue::Names(this.parenthesized_list(Self::boolean_or_word)?))
                }
                _ if this.is_number() => Some(this.number_value()?),
                _ => Some(DefinitionValue::String(this.boolean_or_word()?)),
            };
            Ok(option(&name, value, location))
        })
    }

    /// One option of the syntax without parentheses.
    fn old_copy_option(&mut self) -> Result<Option<DefinitionElement>> {
        let location = self.location();
        let Some(keyword) = self.peek_keyword() else { return Ok(None) };
        let word = |text: &str| Some(DefinitionValue::String(text.into()));
        let (name, value) = match keyword {
            K::Binary => ("format", word("binary")),
            K::Csv => ("format", word("csv")),
            K::Freeze => ("freeze", Some(DefinitionValue::Boolean(true))),
            K::Header => ("header", Some(DefinitionValue::Boolean(true))),
            K::Delimiter | K::Null | K::Quote | K::Escape => {
                self.advance();
                self.eat_keyword(K::As);
                let value = Some(DefinitionValue::String(self.string()?));
                return Ok(Some(option(keyword.word(), value, location)));
            }
            K::Encoding => {
                self.advance();
                let value = Some(DefinitionValue::String(self.string()?));
                return Ok(Some(option("encoding", value, location)));
            }
            K::Force => {
                self.advance();
                let name = match self.peek_keyword() {
                    Some(K::Quote) => "force_quote",
                    Some(K::Null) => "force_null",
                    Some(K::Not) => {
                        self.advance();
                        "force_not_null"
                    }
                    _ => return Err(self.unexpected()),
                };
                if name == "force_not_null" && !self.is_keyword(K::Null) {
                    return Err(self.unexpected());
                }
                self.advance();
                let value = if self.eat(T::Star) {
                    DefinitionValue::Star
                } else {
                    DefinitionValue::Names(self.name_list()?)
                };
                return Ok(Some(option(name, Some(value), location)));
            }
            _ => return Ok(None),
        };
        self.advance();
        Ok(Some(option(name, value, location)))
    }
}
