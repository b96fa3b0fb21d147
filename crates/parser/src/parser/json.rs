//! SQL/JSON: constructors, query functions, predicates and JSON_TABLE.

use error::Result;

use super::Parser;
use super::expression::expression;
use crate::ast::*;
use crate::keyword::Keyword as K;
use crate::lexer::TokenKind as T;

impl Parser<'_> {
    /// `IS [NOT] JSON ...`, with the cursor on JSON.
    pub(super) fn is_json(
        &mut self,
        operand: Expression,
        is_negated: bool,
        location: u32,
    ) -> Result<Expression> {
        self.advance();
        let kind = match self.peek_keyword() {
            Some(K::Value) => JsonItemKind::Any,
            Some(K::Array) => JsonItemKind::Array,
            Some(K::Object) => JsonItemKind::Object,
            Some(K::Scalar) => JsonItemKind::Scalar,
            _ => JsonItemKind::Any,
        };
        if matches!(self.peek_keyword(), Some(K::Value | K::Array | K::Object | K::Scalar)) {
            self.advance();
        }
        let unique_keys = self.json_unique()?.unwrap_or(false);
        let predicate = JsonPredicate { operand, format: None, kind, unique_keys, is_negated };
        Ok(expression(ExpressionKind::JsonPredicate(Box::new(predicate)), location))
    }

    /// `WITH UNIQUE [KEYS]` or `WITHOUT UNIQUE [KEYS]`.
    fn json_unique(&mut self) -> Result<Option<bool>> {
        let with = self.is_keyword(K::With);
        if (with || self.is_keyword(K::Without)) && self.is_keyword_at(1, K::Unique) {
            self.at += 2;
            self.eat_keyword(K::Keys);
            return Ok(Some(with));
        }
        Ok(None)
    }

    fn json_format(&mut self) -> Result<Option<JsonFormat>> {
        if !(self.is_keyword(K::Format) && self.is_keyword_at(1, K::Json)) {
            return Ok(None);
        }
        let location = self.location();
        self.at += 2;
        let encoding = if self.eat_keyword(K::Encoding) { Some(self.name()?) } else { None };
        Ok(Some(JsonFormat { encoding, location }))
    }

    fn json_value(&mut self) -> Result<JsonValue> {
        let value = self.expression()?;
        let format = self.json_format()?;
        Ok(JsonValue { value, format })
    }

    fn json_returning(&mut self) -> Result<Option<JsonReturning>> {
        if !self.eat_keyword(K::Returning) {
            return Ok(None);
        }
        let type_name = self.type_name()?;
        let format = self.json_format()?;
        Ok(Some(JsonReturning { type_name, format }))
    }

    /// `NULL ON NULL` or `ABSENT ON NULL`.
    fn json_null_clause(&mut self, default_absent: bool) -> Result<bool> {
        let absent = self.is_keyword(K::Absent);
        if (absent || self.is_keyword(K::Null)) && self.is_keyword_at(1, K::On) {
            self.at += 2;
            self.expect_keyword(K::Null)?;
            return Ok(absent);
        }
        Ok(default_absent)
    }

    pub(super) fn json_function(&mut self, keyword: K) -> Result<Expression> {
        let location = self.location();
        if keyword == K::JsonObject {
            return self.json_object(location);
        }
        if matches!(keyword, K::JsonObjectagg | K::JsonArrayagg) {
            let (kind, absent_on_null, returning) = self.inside(|this| this.json_aggregate(keyword))?;
            let filter = self.filter_clause()?;
            let over = self.over_clause()?;
            let aggregate = JsonAggregate { kind, absent_on_null, returning, filter, over };
            return Ok(expression(ExpressionKind::JsonAggregate(Box::new(aggregate)), location));
        }
        let function = self.inside(|this| match keyword {
            K::Json => {
                let value = this.json_value()?;
                let unique_keys = this.json_unique()?.unwrap_or(false);
                Ok(JsonFunction::Parse { value, unique_keys })
            }
            K::JsonScalar => this.expression().map(JsonFunction::Scalar),
            K::JsonSerialize => {
                let value = this.json_value()?;
                Ok(JsonFunction::Serialize { value, returning: this.json_returning()? })
            }
            K::JsonArray => this.json_array(),
            K::JsonExists => this.json_path_call(keyword).map(JsonFunction::Exists),
            K::JsonQuery => this.json_path_call(keyword).map(JsonFunction::Query),
            _ => this.json_path_call(keyword).map(JsonFunction::Value),
        })?;
        Ok(expression(ExpressionKind::JsonFunction(Box::new(function)), location))
    }

    /// `JSON_OBJECT(key: value, ...)`, or the function of that name with plain arguments.
    fn json_object(&mut self, location: u32) -> Result<Expression> {
        self.advance();
        self.expect(T::LeftParenthesis)?;
        let mut entries = Vec::new();
        if !matches!(self.peek(), T::RightParenthesis | T::Keyword(K::Returning)) {
            let named = matches!(self.peek_at(1), T::ColonEqual | T::EqualGreater);
            if named {
                return self.json_object_call(Vec::new(), location);
            }
            let key = self.expression()?;
            if matches!(self.peek(), T::Comma | T::RightParenthesis) {
                return self.json_object_call(vec![key], location);
            }
            entries.push(self.json_entry_after(key)?);
            while self.eat(T::Comma) {
                entries.push(self.json_entry()?);
            }
        }
        let (mut absent_on_null, mut unique_keys) = (false, false);
        if !entries.is_empty() {
            absent_on_null = self.json_null_clause(false)?;
            unique_keys = self.json_unique()?.unwrap_or(false);
        }
        let returning = self.json_returning()?;
        self.expect(T::RightParenthesis)?;
        let object = JsonFunction::Object { entries, absent_on_null, unique_keys, returning };
        Ok(expression(ExpressionKind::JsonFunction(Box::new(object)), location))
    }

    fn json_object_call(&mut self, mut arguments: Vec<Expression>, location: u32) -> Result<Expression> {
        while arguments.is_empty() || self.eat(T::Comma) {
            arguments.push(self.argument()?);
        }
        self.expect(T::RightParenthesis)?;
        let parts = vec!["pg_catalog".to_owned(), "json_object".to_owned()];
        let call =
            super::expression::plain_call(QualifiedName { parts, location }, arguments, CallForm::Explicit);
        Ok(expression(ExpressionKind::FunctionCall(Box::new(call)), location))
    }

    /// `key VALUE value` or `key : value`.
    fn json_entry(&mut self) -> Result<JsonKeyValue> {
        let key = self.expression()?;
        self.json_entry_after(key)
    }

    fn json_entry_after(&mut self, key: Expression) -> Result<JsonKeyValue> {
        if !self.eat(T::Colon) {
            self.expect_keyword(K::Value)?;
        }
        let value = self.json_value()?;
        Ok(JsonKeyValue { key, value })
    }

    fn json_array(&mut self) -> Result<JsonFunction> {
        if self.is_query_start() {
            let query = self.select_statement()?;
            let format = self.json_format()?;
            let returning = self.json_returning()?;
            return Ok(JsonFunction::ArrayQuery { query, format, absent_on_null: true, returning });
        }
        let mut elements = Vec::new();
        let mut absent_on_null = true;
        if !matches!(self.peek(), T::RightParenthesis | T::Keyword(K::Returning)) {
            elements = self.comma_list(Self::json_value)?;
            absent_on_null = self.json_null_clause(true)?;
        }
        let returning = self.json_returning()?;
        Ok(JsonFunction::Array { elements, absent_on_null, returning })
    }

    fn json_aggregate(&mut self, keyword: K) -> Result<(JsonAggregateKind, bool, Option<JsonReturning>)> {
        if keyword == K::JsonObjectagg {
            let entry = self.json_entry()?;
            let absent_on_null = self.json_null_clause(false)?;
            let unique_keys = self.json_unique()?.unwrap_or(false);
            return Ok((
                JsonAggregateKind::Object { entry, unique_keys },
                absent_on_null,
                self.json_returning()?,
            ));
        }
        let element = self.json_value()?;
        let order_by = if self.is_keyword(K::Order) { self.order_by()? } else { Vec::new() };
        let absent_on_null = self.json_null_clause(true)?;
        Ok((JsonAggregateKind::Array { element, order_by }, absent_on_null, self.json_returning()?))
    }

    fn json_passing(&mut self) -> Result<Vec<JsonArgument>> {
        if !self.eat_keyword(K::Passing) {
            return Ok(Vec::new());
        }
        self.comma_list(|this| {
            let value = this.json_value()?;
            this.expect_keyword(K::As)?;
            Ok(JsonArgument { value, name: this.label()? })
        })
    }

    fn json_path_call(&mut self, keyword: K) -> Result<JsonPathCall> {
        let context = self.json_value()?;
        self.expect(T::Comma)?;
        let path = self.expression()?;
        let passing = self.json_passing()?;
        let returning = if keyword == K::JsonExists { None } else { self.json_returning()? };
        let (mut wrapper, mut quotes) = (JsonWrapper::Unspecified, None);
        if keyword == K::JsonQuery {
            wrapper = self.json_wrapper()?;
            quotes = self.json_quotes()?;
        }
        let (on_empty, on_error) = if keyword == K::JsonExists {
            // Nothing is ever empty for JSON_EXISTS.
            let on_error = self.json_behavior()?;
            if on_error.is_some() {
                self.expect_keywords(&[K::On, K::Error])?;
            }
            (None, on_error)
        } else {
            self.json_behaviors()?
        };
        Ok(JsonPathCall { context, path, passing, returning, wrapper, quotes, on_empty, on_error })
    }

    fn json_wrapper(&mut self) -> Result<JsonWrapper> {
        let wrapper = match self.peek_keyword() {
            Some(K::Without) => {
                self.advance();
                JsonWrapper::Without
            }
            Some(K::With) => {
                self.advance();
                match self.peek_keyword() {
                    Some(K::Conditional) => {
                        self.advance();
                        JsonWrapper::Conditional
                    }
                    Some(K::Unconditional) => {
                        self.advance();
                        JsonWrapper::Unconditional
                    }
                    _ => JsonWrapper::Unconditional,
                }
            }
            _ => return Ok(JsonWrapper::Unspecified),
        };
        self.eat_keyword(K::Array);
        self.expect_keyword(K::Wrapper)?;
        Ok(wrapper)
    }

    fn json_quotes(&mut self) -> Result<Option<JsonQuotes>> {
        let quotes = match self.peek_keyword() {
            Some(K::Keep) => JsonQuotes::Keep,
            Some(K::Omit) => JsonQuotes::Omit,
            _ => return Ok(None),
        };
        self.advance();
        self.expect_keyword(K::Quotes)?;
        if self.eat_phrase(K::On, &[K::Scalar])? {
            self.expect_keyword(K::String)?;
        }
        Ok(Some(quotes))
    }

    fn json_behavior(&mut self) -> Result<Option<JsonBehavior>> {
        let location = self.location();
        let kind = match self.peek_keyword() {
            Some(K::Error) => JsonBehaviorKind::Error,
            Some(K::Null) => JsonBehaviorKind::Null,
            Some(K::True) => JsonBehaviorKind::True,
            Some(K::False) => JsonBehaviorKind::False,
            Some(K::Unknown) => JsonBehaviorKind::Unknown,
            Some(K::Empty) => {
                self.advance();
                let kind = match self.peek_keyword() {
                    Some(K::Array) => JsonBehaviorKind::EmptyArray,
                    Some(K::Object) => JsonBehaviorKind::EmptyObject,
                    _ => return Ok(Some(JsonBehavior { kind: JsonBehaviorKind::Empty, location })),
                };
                self.advance();
                return Ok(Some(JsonBehavior { kind, location }));
            }
            Some(K::Default) => {
                self.advance();
                let kind = JsonBehaviorKind::Default(Box::new(self.expression()?));
                return Ok(Some(JsonBehavior { kind, location }));
            }
            _ => return Ok(None),
        };
        self.advance();
        Ok(Some(JsonBehavior { kind, location }))
    }

    /// `[behavior ON EMPTY] [behavior ON ERROR]`.
    fn json_behaviors(&mut self) -> Result<(Option<JsonBehavior>, Option<JsonBehavior>)> {
        let Some(first) = self.json_behavior()? else { return Ok((None, None)) };
        self.expect_keyword(K::On)?;
        if self.eat_keyword(K::Error) {
            return Ok((None, Some(first)));
        }
        self.expect_keyword(K::Empty)?;
        let on_error = self.json_behavior()?;
        if on_error.is_some() {
            self.expect_keywords(&[K::On, K::Error])?;
        }
        Ok((Some(first), on_error))
    }

    /// `JSON_TABLE ( ... )` in FROM, without its alias.
    pub(super) fn json_table(&mut self, is_lateral: bool) -> Result<JsonTable> {
        self.inside(|this| {
            let context = this.json_value()?;
            this.expect(T::Comma)?;
            let path_at = this.location();
            let path = this.expression()?;
            let name = if this.eat_keyword(K::As) { Some(this.name()?) } else { None };
            let ExpressionKind::Constant(Constant::String(text)) = path.kind else {
                let message = "only string constants are supported in JSON_TABLE path specification";
                return Err(error::Error::unsupported(message).at(this.position(path_at)));
            };
            let path = JsonTablePath { path: text, name, location: path_at };
            let passing = this.json_passing()?;
            this.expect_keyword(K::Columns)?;
            let columns = this.parenthesized_list(Self::json_table_column)?;
            let on_error = this.json_behavior()?;
            if on_error.is_some() {
                this.expect_keywords(&[K::On, K::Error])?;
            }
            Ok(JsonTable { context, path, passing, columns, on_error, alias: None, is_lateral })
        })
    }

    fn json_table_column(&mut self) -> Result<JsonTableColumn> {
        let location = self.location();
        if self.is_keyword(K::Nested) && (self.peek_at(1) == T::String || self.is_keyword_at(1, K::Path)) {
            return self.descend(|this| {
                this.advance();
                this.eat_keyword(K::Path);
                let path = this.json_column_path()?;
                this.expect_keyword(K::Columns)?;
                let columns = this.parenthesized_list(Self::json_table_column)?;
                let kind = JsonTableColumnKind::Nested { path, columns };
                Ok(JsonTableColumn { name: String::new(), kind, location })
            });
        }
        let name = self.name()?;
        if self.eat_phrase(K::For, &[K::Ordinality])? {
            return Ok(JsonTableColumn { name, kind: JsonTableColumnKind::ForOrdinality, location });
        }
        let type_name = self.type_name()?;
        if self.eat_keyword(K::Exists) {
            let path = self.optional_json_path()?;
            let (on_empty, on_error) = self.json_behaviors()?;
            let kind = JsonTableColumnKind::Exists { type_name, path, on_empty, on_error };
            return Ok(JsonTableColumn { name, kind, location });
        }
        let format = self.json_format()?;
        let path = self.optional_json_path()?;
        let wrapper = self.json_wrapper()?;
        let quotes = self.json_quotes()?;
        let (on_empty, on_error) = self.json_behaviors()?;
        let kind =
            JsonTableColumnKind::Regular { type_name, format, path, wrapper, quotes, on_empty, on_error };
        Ok(JsonTableColumn { name, kind, location })
    }

    fn optional_json_path(&mut self) -> Result<Option<JsonTablePath>> {
        if !self.eat_keyword(K::Path) {
            return Ok(None);
        }
        let location = self.location();
        Ok(Some(JsonTablePath { path: self.string()?, name: None, location }))
    }

    fn json_column_path(&mut self) -> Result<JsonTablePath> {
        let location = self.location();
        let path = self.string()?;
        let name = if self.eat_keyword(K::As) { Some(self.name()?) } else { None };
        Ok(JsonTablePath { path, name, location })
    }
}
