//! Names: single, qualified, of relations, of operators, of roles; literals that commands take directly.

use std::borrow::Cow;

use error::Result;

use super::Parser;
use crate::ast::*;
use crate::keyword::{Keyword as K, KeywordClass};
use crate::lexer::{Token, TokenKind as T};

impl Parser<'_> {
    /// A token's text as a name; keywords in lower case.
    pub(super) fn name_text(&self, token: Token) -> String {
        match token.kind {
            T::Keyword(keyword) => keyword.word().to_owned(),
            _ => self.text(token).to_owned(),
        }
    }

    fn take_name(&mut self) -> String {
        let name = self.name_text(self.token());
        self.advance();
        name
    }

    pub(super) fn is_name_at(&self, ahead: usize) -> bool {
        match self.peek_at(ahead) {
            T::Identifier => true,
            T::Keyword(keyword) => {
                matches!(keyword.class(), KeywordClass::Unreserved | KeywordClass::ColumnName)
            }
            _ => false,
        }
    }

    /// Whether a column, table or other ordinary name stands here.
    pub(super) fn is_name(&self) -> bool {
        self.is_name_at(0)
    }

    pub(super) fn name(&mut self) -> Result<String> {
        if self.is_name() { Ok(self.take_name()) } else { Err(self.unexpected()) }
    }

    pub(super) fn is_type_or_function_name_at(&self, ahead: usize) -> bool {
        match self.peek_at(ahead) {
            T::Identifier => true,
            T::Keyword(keyword) => {
                matches!(keyword.class(), KeywordClass::Unreserved | KeywordClass::TypeOrFunctionName)
            }
            _ => false,
        }
    }

    pub(super) fn type_or_function_name(&mut self) -> Result<String> {
        if self.is_type_or_function_name_at(0) { Ok(self.take_name()) } else { Err(self.unexpected()) }
    }

    /// Any name that is not reserved.
    pub(super) fn non_reserved_word(&mut self) -> Result<String> {
        if self.is_name() || self.is_type_or_function_name_at(0) {
            Ok(self.take_name())
        } else {
            Err(self.unexpected())
        }
    }

    pub(super) fn is_label(&self) -> bool {
        matches!(self.peek(), T::Identifier | T::Keyword(_))
    }

    /// Any word, reserved ones included.
    pub(super) fn label(&mut self) -> Result<String> {
        if self.is_label() { Ok(self.take_name()) } else { Err(self.unexpected()) }
    }

    /// A column label without AS, if one stands here.
    pub(super) fn bare_label(&mut self) -> Option<String> {
        match self.peek() {
            T::Identifier => Some(self.take_name()),
            T::Keyword(keyword) if keyword.is_bare_label() => Some(self.take_name()),
            _ => None,
        }
    }

    pub(super) fn name_list(&mut self) -> Result<Vec<String>> {
        self.comma_list(Self::name)
    }

    /// `(name, ...)`
    pub(super) fn column_list(&mut self) -> Result<Vec<String>> {
        self.parenthesized_list(Self::name)
    }

    pub(super) fn optional_column_list(&mut self) -> Result<Vec<String>> {
        if self.is(T::LeftParenthesis) { self.column_list() } else { Ok(Vec::new()) }
    }

    /// `name[.name ...]`
    pub(super) fn qualified_name(&mut self) -> Result<QualifiedName> {
        let location = self.location();
        let mut parts = vec![self.name()?];
        self.more_parts(&mut parts)?;
        Ok(QualifiedName { parts, location })
    }

    pub(super) fn more_parts(&mut self, parts: &mut Vec<String>) -> Result<()> {
        while self.eat(T::Dot) {
            parts.push(self.label()?);
        }
        Ok(())
    }

    /// The name of a function: a bare one may be a word that names no column, a qualified one starts like a column.
    pub(super) fn function_name(&mut self) -> Result<QualifiedName> {
        if self.peek_at(1) == T::Dot && self.is_name() {
            return self.qualified_name();
        }
        let location = self.location();
        Ok(QualifiedName { parts: vec![self.type_or_function_name()?], location })
    }

    pub(super) fn relation_name(&mut self) -> Result<RelationName> {
        let name = self.qualified_name()?;
        self.relation_from(name)
    }

    pub(super) fn relation_from(&self, name: QualifiedName) -> Result<RelationName> {
        let QualifiedName { mut parts, location } = name;
        if parts.len() > 3 {
            let message = format!("improper qualified name (too many dotted names): {}", parts.join("."));
            return Err(self.error_at(message, location));
        }
        let name = parts.pop().unwrap_or_default();
        let schema = parts.pop();
        Ok(RelationName { catalog: parts.pop(), schema, name, location })
    }

    pub(super) fn relation_name_list(&mut self) -> Result<Vec<RelationName>> {
        self.comma_list(Self::relation_name)
    }

    /// The symbol of the operator token at the cursor, if it is one.
    pub(super) fn operator_symbol(&self) -> Option<Cow<'static, str>> {
        Some(Cow::Borrowed(match self.peek() {
            T::Operator => return Some(Cow::Owned(self.text(self.token()).to_owned())),
            T::Plus => "+",
            T::Minus => "-",
            T::Star => "*",
            T::Slash => "/",
            T::Percent => "%",
            T::Caret => "^",
            T::Less => "<",
            T::Greater => ">",
            T::Equal => "=",
            T::LessEqual => "<=",
            T::GreaterEqual => ">=",
            T::NotEqual => "<>",
            _ => return None,
        }))
    }

    /// `[schema.]op`, as inside `OPERATOR(...)` and in DDL.
    pub(super) fn any_operator(&mut self) -> Result<OperatorName> {
        let location = self.location();
        let mut qualifier = Vec::new();
        while self.is_name() {
            qualifier.push(self.take_name());
            self.expect(T::Dot)?;
        }
        let Some(symbol) = self.operator_symbol() else { return Err(self.unexpected()) };
        self.advance();
        Ok(OperatorName { qualifier, symbol, location })
    }

    /// An operator token or `OPERATOR(schema.op)`.
    pub(super) fn qualified_operator(&mut self) -> Result<OperatorName> {
        if self.is_keyword(K::Operator) && self.peek_at(1) == T::LeftParenthesis {
            let location = self.location();
            self.at += 2;
            let name = self.any_operator()?;
            self.expect(T::RightParenthesis)?;
            return Ok(OperatorName { location, ..name });
        }
        let location = self.location();
        let Some(symbol) = self.operator_symbol() else { return Err(self.unexpected()) };
        self.advance();
        Ok(OperatorName { qualifier: Vec::new(), symbol, location })
    }

    pub(super) fn string(&mut self) -> Result<String> {
        if !self.is(T::String) {
            return Err(self.unexpected());
        }
        let text = self.text(self.token()).to_owned();
        self.advance();
        Ok(text)
    }

    pub(super) fn string_list(&mut self) -> Result<Vec<String>> {
        self.comma_list(Self::string)
    }

    /// A string or NULL.
    pub(super) fn string_or_null(&mut self) -> Result<Option<String>> {
        if self.eat_keyword(K::Null) { Ok(None) } else { self.string().map(Some) }
    }

    /// An unsigned integer that fits 32 bits.
    pub(super) fn integer(&mut self) -> Result<i32> {
        match self.is(T::Integer).then(|| parse_integer(self.text(self.token()))).flatten() {
            Some(value) => {
                self.advance();
                Ok(value)
            }
            None => Err(self.unexpected()),
        }
    }

    pub(super) fn signed_integer(&mut self) -> Result<i32> {
        if self.eat(T::Minus) {
            return Ok(-self.integer()?);
        }
        self.eat(T::Plus);
        self.integer()
    }

    pub(super) fn is_number(&self) -> bool {
        match self.peek() {
            T::Integer | T::Number => true,
            T::Plus | T::Minus => matches!(self.peek_at(1), T::Integer | T::Number),
            _ => false,
        }
    }

    /// A number with an optional sign, as text in plain decimal where it was written with underscores or a prefix.
    pub(super) fn number_text(&mut self) -> Result<String> {
        let is_negative = self.is(T::Minus);
        if is_negative || self.is(T::Plus) {
            self.advance();
        }
        if !matches!(self.peek(), T::Integer | T::Number) {
            return Err(self.unexpected());
        }
        let text = self.text(self.token());
        let text = match parse_integer(text) {
            Some(value) => value.to_string(),
            None => text.replace('_', ""),
        };
        self.advance();
        Ok(if is_negative { format!("-{text}") } else { text })
    }

    pub(super) fn role(&mut self) -> Result<RoleName> {
        let location = self.location();
        let role = match self.peek() {
            T::Keyword(K::CurrentRole) => RoleReference::CurrentRole,
            T::Keyword(K::CurrentUser) => RoleReference::CurrentUser,
            T::Keyword(K::SessionUser) => RoleReference::SessionUser,
            T::Identifier | T::Keyword(_) => {
                let name = self.non_reserved_word()?;
                let role = match name.as_str() {
                    "public" => RoleReference::Public,
                    "none" => {
                        let error = error::error!(RESERVED_NAME, "role name \"none\" is reserved");
                        return Err(error.at(self.position(location)));
                    }
                    _ => RoleReference::Name(name),
                };
                return Ok(RoleName { role, location });
            }
            _ => return Err(self.unexpected()),
        };
        self.advance();
        Ok(RoleName { role, location })
    }

    pub(super) fn role_list(&mut self) -> Result<Vec<RoleName>> {
        self.comma_list(Self::role)
    }

    /// The name of a role that is to be made: a plain name only.
    pub(super) fn role_id(&mut self) -> Result<String> {
        let role = self.role()?;
        let (message, is_reserved) = match role.role {
            RoleReference::Name(name) => return Ok(name),
            RoleReference::Public => ("role name \"public\" is reserved", true),
            RoleReference::SessionUser => ("SESSION_USER cannot be used as a role name here", false),
            RoleReference::CurrentUser => ("CURRENT_USER cannot be used as a role name here", false),
            RoleReference::CurrentRole => ("CURRENT_ROLE cannot be used as a role name here", false),
        };
        let code = if is_reserved {
            error::sqlstate::RESERVED_NAME
        } else {
            error::sqlstate::INVALID_PARAMETER_VALUE
        };
        Err(error::Error::new(code, message).at(self.position(role.location)))
    }

    pub(super) fn drop_behavior(&mut self) -> DropBehavior {
        if self.eat_keyword(K::Cascade) {
            return DropBehavior::Cascade;
        }
        self.eat_keyword(K::Restrict);
        DropBehavior::Restrict
    }

    /// `IF EXISTS`.
    pub(super) fn if_exists(&mut self) -> Result<bool> {
        self.eat_phrase(K::If, &[K::Exists])
    }

    /// `IF NOT EXISTS`.
    pub(super) fn if_not_exists(&mut self) -> Result<bool> {
        self.eat_phrase(K::If, &[K::Not, K::Exists])
    }
}

/// The value of an integer literal, in any base, when it fits 32 bits.
pub(super) fn parse_integer(text: &str) -> Option<i32> {
    if let Ok(value) = text.parse() {
        return Some(value);
    }
    let digits: String = text.chars().filter(|c| *c != '_').collect();
    let (digits, radix) = match digits.as_bytes() {
        [b'0', b'x' | b'X', ..] => (&digits[2..], 16),
        [b'0', b'o' | b'O', ..] => (&digits[2..], 8),
        [b'0', b'b' | b'B', ..] => (&digits[2..], 2),
        _ => (&digits[..], 10),
    };
    i32::from_str_radix(digits, radix).ok()
}
