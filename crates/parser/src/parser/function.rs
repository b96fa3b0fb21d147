//! Function calls, aggregate and window clauses, and the functions with a syntax of their own.

use error::Result;

use super::Parser;
use super::expression::{Parenthesized, constant_string, expression, plain_call, system_call};
use super::type_name::{cast, plain};
use crate::ast::*;
use crate::keyword::Keyword as K;
use crate::lexer::TokenKind as T;

impl Parser<'_> {
    /// The parenthesized arguments of a call.
    pub(super) fn call(&mut self, name: QualifiedName) -> Result<FunctionCall> {
        let mut call = plain_call(name, Vec::new(), CallForm::Explicit);
        self.expect(T::LeftParenthesis)?;
        if self.eat(T::RightParenthesis) {
            return Ok(call);
        }
        if self.eat(T::Star) {
            call.is_star = true;
            self.expect(T::RightParenthesis)?;
            return Ok(call);
        }
        let has_quantifier = self.is_keyword(K::All) || self.is_keyword(K::Distinct);
        if has_quantifier {
            call.is_distinct = self.is_keyword(K::Distinct);
            self.advance();
        }
        loop {
            if !has_quantifier && self.eat_keyword(K::Variadic) {
                call.is_variadic = true;
                call.arguments.push(self.argument()?);
                break;
            }
            call.arguments.push(self.argument()?);
            if !self.eat(T::Comma) {
                break;
            }
        }
        if self.is_keyword(K::Order) {
            call.order_by = self.order_by()?;
        }
        self.expect(T::RightParenthesis)?;
        Ok(call)
    }

    pub(super) fn argument(&mut self) -> Result<Expression> {
        let is_named = matches!(self.peek_at(1), T::ColonEqual | T::EqualGreater);
        if is_named && self.is_type_or_function_name_at(0) {
            let location = self.location();
            let name = self.type_or_function_name()?;
            self.advance();
            let value = Box::new(self.expression()?);
            return Ok(expression(ExpressionKind::NamedArgument { name, value }, location));
        }
        self.expression()
    }

    /// `name(arguments) 'literal'` is a literal of a type with modifiers; anything else is a call.
    pub(super) fn call_or_typed_constant(&mut self, call: FunctionCall, location: u32) -> Result<Expression> {
        let is_typed = self.is(T::String)
            && !call.is_star
            && !call.is_distinct
            && !call.is_variadic
            && !call.arguments.is_empty();
        if is_typed {
            if let Some(named) =
                call.arguments.iter().find(|a| matches!(a.kind, ExpressionKind::NamedArgument { .. }))
            {
                return Err(self.error_at("type modifier cannot have parameter name", named.location));
            }
            if !call.order_by.is_empty() {
                return Err(self.error_at("type modifier cannot have ORDER BY", location));
            }
            let operand = self.string_constant()?;
            return Ok(cast(operand, plain(call.name.parts, call.arguments, location), location));
        }
        self.aggregate_clauses(call, location)
    }

    /// WITHIN GROUP, FILTER and OVER.
    fn aggregate_clauses(&mut self, mut call: FunctionCall, location: u32) -> Result<Expression> {
        if self.is_keyword(K::Within) && self.is_keyword_at(1, K::Group) {
            let at = self.location();
            self.at += 2;
            self.expect(T::LeftParenthesis)?;
            if !call.order_by.is_empty() {
                return Err(self.error_at("cannot use multiple ORDER BY clauses with WITHIN GROUP", at));
            }
            if call.is_distinct {
                return Err(self.error_at("cannot use DISTINCT with WITHIN GROUP", at));
            }
            if call.is_variadic {
                return Err(self.error_at("cannot use VARIADIC with WITHIN GROUP", at));
            }
            call.order_by = self.order_by()?;
            call.is_within_group = true;
            self.expect(T::RightParenthesis)?;
        }
        call.filter = self.filter_clause()?;
        call.over = self.over_clause()?;
        Ok(expression(ExpressionKind::FunctionCall(Box::new(call)), location))
    }

    pub(super) fn filter_clause(&mut self) -> Result<Option<Expression>> {
        if !self.eat_keyword(K::Filter) {
            return Ok(None);
        }
        self.expect(T::LeftParenthesis)?;
        self.expect_keyword(K::Where)?;
        let filter = self.expression()?;
        self.expect(T::RightParenthesis)?;
        Ok(Some(filter))
    }

    pub(super) fn over_clause(&mut self) -> Result<Option<WindowDefinition>> {
        if !self.eat_keyword(K::Over) {
            return Ok(None);
        }
        if self.is(T::LeftParenthesis) {
            return self.window_specification(None).map(Some);
        }
        let location = self.location();
        let reference = Some(self.name()?);
        Ok(Some(WindowDefinition {
            name: None,
            reference,
            is_plain_reference: true,
            partition_by: Vec::new(),
            order_by: Vec::new(),
            frame: None,
            location,
        }))
    }

    /// A plain call in a special syntax may carry the aggregate clauses too.
    pub(super) fn after_special_function(&mut self, call: Expression) -> Result<Expression> {
        if !matches!(self.peek_keyword(), Some(K::Filter | K::Over | K::Within)) {
            return Ok(call);
        }
        match call.kind {
            ExpressionKind::FunctionCall(inner) => self.aggregate_clauses(*inner, call.location),
            _ if self.is_keyword(K::Within) && !self.is_keyword_at(1, K::Group) => Ok(call),
            // PostgreSQL's grammar lets these clauses follow only what is a call in the end.
            _ => Err(self.unexpected()),
        }
    }

    /// A function with a syntax of its own, if `keyword` starts one.
    pub(super) fn special_function(&mut self, keyword: K) -> Result<Option<Expression>> {
        use SqlValueFunction as F;
        let location = self.location();
        let has_arguments = self.peek_at(1) == T::LeftParenthesis;
        let (function, takes_precision) = match keyword {
            K::CurrentDate => (F::CurrentDate, false),
            K::CurrentTime => (F::CurrentTime, true),
            K::CurrentTimestamp => (F::CurrentTimestamp, true),
            K::Localtime => (F::LocalTime, true),
            K::Localtimestamp => (F::LocalTimestamp, true),
            K::CurrentRole => (F::CurrentRole, false),
            K::CurrentUser => (F::CurrentUser, false),
            K::SessionUser => (F::SessionUser, false),
            K::SystemUser => (F::SystemUser, false),
            K::User => (F::User, false),
            K::CurrentCatalog => (F::CurrentCatalog, false),
            K::CurrentSchema if !has_arguments => (F::CurrentSchema, false),
            K::Collation if self.is_keyword_at(1, K::For) => {
                self.at += 2;
                self.expect(T::LeftParenthesis)?;
                let operand = self.expression()?;
                self.expect(T::RightParenthesis)?;
                return Ok(Some(system_call("pg_collation_for", vec![operand], location)));
            }
            _ if !has_arguments => return Ok(None),
            _ => return self.special_call(keyword),
        };
        self.advance();
        let mut precision = None;
        if takes_precision && self.eat(T::LeftParenthesis) {
            precision = Some(self.integer()?);
            self.expect(T::RightParenthesis)?;
        }
        Ok(Some(expression(ExpressionKind::SqlValueFunction { function, precision }, location)))
    }

    /// `KEYWORD ( ... )` with a special syntax inside the parentheses.
    fn special_call(&mut self, keyword: K) -> Result<Option<Expression>> {
        let location = self.location();
        let kind = match keyword {
            K::Extract => return self.inside(|this| this.extract(location)).map(Some),
            K::Overlay => return self.inside(|this| this.overlay(location)).map(Some),
            K::Position => return self.inside(|this| this.position_of(location)).map(Some),
            K::Substring => return self.inside(|this| this.substring(location)).map(Some),
            K::Trim => return self.inside(|this| this.trim(location)).map(Some),
            K::Normalize => return self.inside(|this| this.normalize(location)).map(Some),
            K::Treat => return self.inside(|this| this.treat(location)).map(Some),
            K::Cast => self.inside(Self::cast_arguments)?,
            K::Coalesce => self.inside(|this| this.expression_list().map(ExpressionKind::Coalesce))?,
            K::Greatest => self.inside(|this| this.expression_list().map(ExpressionKind::Greatest))?,
            K::Least => self.inside(|this| this.expression_list().map(ExpressionKind::Least))?,
            K::Nullif => self.inside(|this| {
                let left = Box::new(this.expression()?);
                this.expect(T::Comma)?;
                let right = Box::new(this.expression()?);
                Ok(ExpressionKind::NullIf { left, right })
            })?,
            K::MergeAction => self.inside(|_| Ok(ExpressionKind::MergeAction))?,
            K::Xmlconcat
            | K::Xmlelement
            | K::Xmlexists
            | K::Xmlforest
            | K::Xmlparse
            | K::Xmlpi
            | K::Xmlroot
            | K::Xmlserialize => self.xml_function(keyword)?,
            K::Json
            | K::JsonObject
            | K::JsonArray
            | K::JsonScalar
            | K::JsonSerialize
            | K::JsonQuery
            | K::JsonValue
            | K::JsonExists
            | K::JsonObjectagg
            | K::JsonArrayagg => return self.json_function(keyword).map(Some),
            _ => return Ok(None),
        };
        Ok(Some(expression(kind, location)))
    }

    /// Skips the keyword and parses `( inner )`.
    pub(super) fn inside<R>(&mut self, inner: impl FnOnce(&mut Self) -> Result<R>) -> Result<R> {
        self.advance();
        self.expect(T::LeftParenthesis)?;
        let result = inner(self)?;
        self.expect(T::RightParenthesis)?;
        Ok(result)
    }

    fn cast_arguments(&mut self) -> Result<ExpressionKind> {
        let operand = Box::new(self.expression()?);
        self.expect_keyword(K::As)?;
        let type_name = Box::new(self.type_name()?);
        Ok(ExpressionKind::Cast { operand, type_name })
    }

    fn extract(&mut self, location: u32) -> Result<Expression> {
        let at = self.location();
        let field = match self.peek() {
            T::String => self.string()?,
            T::Identifier | T::Keyword(K::Year | K::Month | K::Day | K::Hour | K::Minute | K::Second) => {
                self.label()?
            }
            _ => return Err(self.unexpected()),
        };
        self.expect_keyword(K::From)?;
        let source = self.expression()?;
        Ok(system_call("extract", vec![constant_string(field, at), source], location))
    }

    /// A call of the plain function of that name, once its first argument may have been parsed.
    fn plain_special(&mut self, name: &str, first: Option<Expression>, location: u32) -> Result<Expression> {
        let mut arguments = Vec::from_iter(first);
        if arguments.is_empty() && !self.is(T::RightParenthesis) {
            arguments.push(self.argument()?);
        }
        while !arguments.is_empty() && self.eat(T::Comma) {
            arguments.push(self.argument()?);
        }
        let parts = vec![name.to_owned()];
        let call = plain_call(QualifiedName { parts, location }, arguments, CallForm::Explicit);
        Ok(expression(ExpressionKind::FunctionCall(Box::new(call)), location))
    }

    fn is_plain_argument(&self) -> bool {
        self.is(T::RightParenthesis) || matches!(self.peek_at(1), T::ColonEqual | T::EqualGreater)
    }

    fn overlay(&mut self, location: u32) -> Result<Expression> {
        if self.is_plain_argument() {
            return self.plain_special("overlay", None, location);
        }
        let first = self.expression()?;
        if !self.eat_keyword(K::Placing) {
            return self.plain_special("overlay", Some(first), location);
        }
        let mut arguments = vec![first, self.expression()?];
        self.expect_keyword(K::From)?;
        arguments.push(self.expression()?);
        if self.eat_keyword(K::For) {
            arguments.push(self.expression()?);
        }
        Ok(system_call("overlay", arguments, location))
    }

    fn position_of(&mut self, location: u32) -> Result<Expression> {
        let sought = self.restricted_expression()?;
        self.expect_keyword(K::In)?;
        let text = self.restricted_expression()?;
        Ok(system_call("position", vec![text, sought], location))
    }

    fn substring(&mut self, location: u32) -> Result<Expression> {
        if self.is_plain_argument() {
            return self.plain_special("substring", None, location);
        }
        let text = self.expression()?;
        let arguments = match self.peek_keyword() {
            Some(K::From) => {
                self.advance();
                let mut arguments = vec![text, self.expression()?];
                if self.eat_keyword(K::For) {
                    arguments.push(self.expression()?);
                }
                arguments
            }
            Some(K::For) => {
                self.advance();
                let length = self.expression()?;
                if self.eat_keyword(K::From) {
                    vec![text, self.expression()?, length]
                } else {
                    let one = super::type_name::integer_constant(1, u32::MAX);
                    let integer = plain(vec!["pg_catalog".into(), "int4".into()], Vec::new(), u32::MAX);
                    vec![text, one, cast(length, integer, u32::MAX)]
                }
            }
            Some(K::Similar) => {
                self.advance();
                let pattern = self.expression()?;
                self.expect_keyword(K::Escape)?;
                vec![text, pattern, self.expression()?]
            }
            _ => return self.plain_special("substring", Some(text), location),
        };
        Ok(system_call("substring", arguments, location))
    }

    fn trim(&mut self, location: u32) -> Result<Expression> {
        let name = match self.peek_keyword() {
            Some(K::Leading) => "ltrim",
            Some(K::Trailing) => "rtrim",
            _ => "btrim",
        };
        if matches!(self.peek_keyword(), Some(K::Leading | K::Trailing | K::Both)) {
            self.advance();
        }
        if self.eat_keyword(K::From) {
            return Ok(system_call(name, self.expression_list()?, location));
        }
        let first = self.expression()?;
        let mut arguments = Vec::new();
        if self.eat_keyword(K::From) {
            arguments.extend(self.expression_list()?);
            arguments.push(first);
        } else {
            arguments.push(first);
            while self.eat(T::Comma) {
                arguments.push(self.expression()?);
            }
        }
        Ok(system_call(name, arguments, location))
    }

    fn normalize(&mut self, location: u32) -> Result<Expression> {
        let mut arguments = vec![self.expression()?];
        if self.eat(T::Comma) {
            let at = self.location();
            let Some(form @ (K::Nfc | K::Nfd | K::Nfkc | K::Nfkd)) = self.peek_keyword() else {
                return Err(self.unexpected());
            };
            self.advance();
            arguments.push(constant_string(form.word().to_uppercase(), at));
        }
        Ok(system_call("normalize", arguments, location))
    }

    /// `TREAT (x AS t)` calls the function named like the type.
    fn treat(&mut self, location: u32) -> Result<Expression> {
        let operand = self.expression()?;
        self.expect_keyword(K::As)?;
        let type_name = self.type_name()?;
        let name = type_name.name.last().cloned().unwrap_or_default();
        let mut call = system_call(&name, vec![operand], location);
        if let ExpressionKind::FunctionCall(call) = &mut call.kind {
            call.form = CallForm::Explicit;
        }
        Ok(call)
    }

    /// `( query )`.
    pub(super) fn query_in_parentheses(&mut self) -> Result<SelectStatement> {
        if !self.is(T::LeftParenthesis) {
            return Err(self.unexpected());
        }
        match self.parenthesized()? {
            Parenthesized::Query(query) => Ok(query),
            Parenthesized::List(list) => Err(self.not_a_query(&list)),
        }
    }

    /// Where only a query may stand in parentheses, the error names the expression's first token.
    pub(super) fn not_a_query(&self, list: &[Expression]) -> error::Error {
        let at = list.first().map_or(self.location(), |first| first.location);
        let token = self.tokens.list.iter().find(|token| token.start >= at).copied().unwrap_or(self.token());
        crate::position::near(self.source, "syntax error", token.start as usize, token.end as usize)
    }
}
