//! Option lists: definitions `(name = value)`, storage options, utility options, OPTIONS of foreign objects.

use error::Result;

use super::Parser;
use super::name::parse_integer;
use crate::ast::*;
use crate::keyword::{Keyword as K, KeywordClass};
use crate::lexer::TokenKind as T;

pub(super) fn option(name: &str, value: Option<DefinitionValue>, location: u32) -> DefinitionElement {
    let action = DefinitionAction::Unspecified;
    DefinitionElement { namespace: None, name: name.to_owned(), value, action, location }
}

impl Parser<'_> {
    /// `(name [= value], ...)`.
    pub(super) fn definition(&mut self) -> Result<Vec<DefinitionElement>> {
        self.parenthesized_list(|this| {
            let location = this.location();
            let name = this.label()?;
            let value = if this.eat(T::Equal) { this.definition_value()? } else { None };
            Ok(option(&name, value, location))
        })
    }

    /// `([namespace.]name [= value], ...)`.
    pub(super) fn storage_options(&mut self) -> Result<Vec<DefinitionElement>> {
        self.parenthesized_list(|this| {
            let location = this.location();
            let mut name = this.label()?;
            let mut namespace = None;
            if this.eat(T::Dot) {
                namespace = Some(std::mem::replace(&mut name, this.label()?));
            }
            let value = if this.eat(T::Equal) { this.definition_value()? } else { None };
            let mut made = option(&name, value, location);
            made.namespace = namespace;
            Ok(made)
        })
    }

    /// `WITH (options)`, if it is there.
    pub(super) fn with_storage_options(&mut self) -> Result<Vec<DefinitionElement>> {
        if self.is_keyword(K::With) && self.peek_at(1) == T::LeftParenthesis {
            self.advance();
            return self.storage_options();
        }
        Ok(Vec::new())
    }

    /// `WITH (definition)`, if it is there.
    pub(super) fn with_definition(&mut self) -> Result<Vec<DefinitionElement>> {
        if self.eat_keyword(K::With) { self.definition() } else { Ok(Vec::new()) }
    }

    /// The right side of an option: a type or word, a reserved word, an operator, a number, a string, NONE.
    pub(super) fn definition_value(&mut self) -> Result<Option<DefinitionValue>> {
        if self.is_number() {
            return self.number_value().map(Some);
        }
        match self.peek() {
            T::String => Ok(Some(DefinitionValue::String(self.string()?))),
            T::Keyword(K::None) => {
                self.advance();
                Ok(Some(DefinitionValue::String("none".into())))
            }
            T::Keyword(K::Operator) if self.peek_at(1) == T::LeftParenthesis => {
                Ok(Some(DefinitionValue::Operator(self.qualified_operator()?)))
            }
            T::Keyword(keyword) if keyword.class() == KeywordClass::Reserved => {
                self.advance();
                Ok(Some(DefinitionValue::String(keyword.word().into())))
            }
            _ if self.operator_symbol().is_some() => {
                Ok(Some(DefinitionValue::Operator(self.any_operator()?)))
            }
            _ => Ok(Some(DefinitionValue::Type(Box::new(self.function_type()?)))),
        }
    }

    pub(super) fn number_value(&mut self) -> Result<DefinitionValue> {
        let text = self.number_text()?;
        Ok(match parse_integer(&text) {
            Some(value) => DefinitionValue::Integer(value),
            None => DefinitionValue::Number(text),
        })
    }

    /// `(name [value], ...)` of EXPLAIN, VACUUM, COPY and their kin.
    pub(super) fn utility_options(&mut self) -> Result<Vec<DefinitionElement>> {
        self.parenthesized_list(|this| {
            let location = this.location();
            let name = match this.peek_keyword() {
                Some(K::Analyse) => {
                    this.advance();
                    "analyze".to_owned()
                }
                Some(K::Analyze | K::Format) => this.label()?,
                _ => this.non_reserved_word()?,
            };
            let value = this.utility_option_value()?;
            Ok(option(&name, value, location))
        })
    }

    fn utility_option_value(&mut self) -> Result<Option<DefinitionValue>> {
        if self.is_number() {
            return self.number_value().map(Some);
        }
        match self.peek() {
            T::Comma | T::RightParenthesis => Ok(None),
            _ => self.boolean_or_word().map(|word| Some(DefinitionValue::String(word))),
        }
    }

    /// TRUE, FALSE, ON, any word that is not reserved, or a string.
    pub(super) fn boolean_or_word(&mut self) -> Result<String> {
        match self.peek() {
            T::String => self.string(),
            T::Keyword(K::True | K::False | K::On) => self.label(),
            _ => self.non_reserved_word(),
        }
    }

    /// A word that is not reserved, or a string.
    pub(super) fn word_or_string(&mut self) -> Result<String> {
        if self.is(T::String) { self.string() } else { self.non_reserved_word() }
    }

    /// `OPTIONS (name 'value', ...)`, if it is there.
    pub(super) fn foreign_options(&mut self) -> Result<Vec<DefinitionElement>> {
        if !self.eat_keyword(K::Options) {
            return Ok(Vec::new());
        }
        self.parenthesized_list(|this| this.foreign_option(DefinitionAction::Unspecified))
    }

    fn foreign_option(&mut self, action: DefinitionAction) -> Result<DefinitionElement> {
        let location = self.location();
        let name = self.label()?;
        let value = Some(DefinitionValue::String(self.string()?));
        Ok(DefinitionElement { action, ..option(&name, value, location) })
    }

    /// `OPTIONS ([ADD | SET | DROP] name ['value'], ...)`, with the cursor on OPTIONS.
    pub(super) fn altered_foreign_options(&mut self) -> Result<Vec<DefinitionElement>> {
        self.expect_keyword(K::Options)?;
        self.parenthesized_list(|this| {
            let action = match this.peek_keyword() {
                Some(K::Set) => DefinitionAction::Set,
                Some(K::Add) => DefinitionAction::Add,
                Some(K::Drop) => DefinitionAction::Drop,
                _ => DefinitionAction::Unspecified,
            };
            // One of these words followed by a string is the option's own name.
            if action == DefinitionAction::Unspecified || this.peek_at(1) == T::String {
                return this.foreign_option(DefinitionAction::Unspecified);
            }
            this.advance();
            if action == DefinitionAction::Drop {
                let location = this.location();
                let name = this.label()?;
                return Ok(DefinitionElement { action, ..option(&name, None, location) });
            }
            this.foreign_option(action)
        })
    }
}
