//! Expressions with operators: precedence climbing.
//!
//! Rule: an operator binds its right operand at a level above its own (left associative). After an operator that
//! does not associate, another of the same level is an error.

use error::Result;

use super::Parser;
use super::type_name::cast;
use crate::ast::*;
use crate::keyword::Keyword as K;
use crate::lexer::TokenKind as T;

/// How tightly operators bind, loosest first.
mod level {
    pub const OR: u8 = 1;
    pub const AND: u8 = 2;
    pub const NOT: u8 = 3;
    pub const IS: u8 = 4;
    pub const COMPARISON: u8 = 5;
    pub const MATCH: u8 = 6;
    pub const OPERATOR: u8 = 8;
    pub const ADDITION: u8 = 9;
    pub const MULTIPLICATION: u8 = 10;
    pub const POWER: u8 = 11;
    pub const AT: u8 = 12;
    pub const COLLATE: u8 = 13;
    pub const SIGN: u8 = 14;
    pub const CAST: u8 = 15;
}

/// What came out of a pair of parentheses that may hold a query or expressions.
pub(super) enum Parenthesized {
    Query(SelectStatement),
    List(Vec<Expression>),
}

pub(super) fn expression(kind: ExpressionKind, location: u32) -> Expression {
    Expression { kind, location }
}

impl Parser<'_> {
    pub(super) fn expression(&mut self) -> Result<Expression> {
        self.operators(0, false)
    }

    /// An expression without the operators that a surrounding grammar needs for itself (AND, OR, IN, LIKE ...).
    pub(super) fn restricted_expression(&mut self) -> Result<Expression> {
        self.operators(level::IS, true)
    }

    pub(super) fn expression_list(&mut self) -> Result<Vec<Expression>> {
        self.comma_list(Self::expression)
    }

    fn operators(&mut self, minimum: u8, is_restricted: bool) -> Result<Expression> {
        let before = std::mem::take(&mut self.height);
        let left = self.descend(|this| this.prefix(is_restricted))?;
        let result = self.operators_after(left, minimum, is_restricted)?;
        self.height = self.height.max(before);
        Ok(result)
    }

    /// Goes on from an operand that has been parsed already.
    pub(super) fn operators_after(
        &mut self,
        mut left: Expression,
        minimum: u8,
        is_restricted: bool,
    ) -> Result<Expression> {
        let mut barred = 0;
        self.grow(0)?;
        while let Some(found) = self.infix_level(is_restricted) {
            if found < minimum {
                break;
            }
            if found == barred {
                return Err(self.unexpected());
            }
            let base = std::mem::take(&mut self.height);
            let at = self.at;
            left = self.descend(|this| this.infix(left, found, is_restricted))?;
            // Only operators that end in an operand can clash with the next one.
            let ends_open =
                matches!(found, level::COMPARISON | level::MATCH | level::IS) && self.ends_open(&left, at);
            barred = if ends_open { found } else { 0 };
            if matches!(found, level::OR | level::AND) {
                // A flat list; a chain of any length is no higher than its highest member.
                self.height = self.height.max(base);
            } else {
                self.grow(base)?;
            }
        }
        Ok(left)
    }

    fn ends_open(&self, made: &Expression, operator_at: usize) -> bool {
        match &made.kind {
            ExpressionKind::Operator { .. }
            | ExpressionKind::Like(_)
            | ExpressionKind::Between(_)
            | ExpressionKind::IsDistinctFrom { .. } => true,
            // NOT IN with a subquery, and the IS tests, end with a closed token.
            _ => self.at == operator_at,
        }
    }

    /// The level of the operator at the cursor, if one is there.
    fn infix_level(&self, is_restricted: bool) -> Option<u8> {
        Some(match self.peek() {
            T::Less | T::Greater | T::Equal | T::LessEqual | T::GreaterEqual | T::NotEqual => {
                level::COMPARISON
            }
            T::Plus | T::Minus => level::ADDITION,
            T::Star | T::Slash | T::Percent => level::MULTIPLICATION,
            T::Caret => level::POWER,
            T::Operator => level::OPERATOR,
            T::TypeCast => level::CAST,
            T::Keyword(keyword) => match keyword {
                K::Operator if self.peek_at(1) == T::LeftParenthesis => level::OPERATOR,
                K::Is => level::IS,
                _ if is_restricted => return None,
                K::Or => level::OR,
                K::And => level::AND,
                K::Isnull | K::Notnull => level::IS,
                K::In | K::Like | K::Ilike | K::Between => level::MATCH,
                K::Similar if self.is_keyword_at(1, K::To) => level::MATCH,
                K::Not if self.is_match_keyword(1) => level::MATCH,
                K::Collate => level::COLLATE,
                K::At if matches!(self.keyword_at(1), Some(K::Time | K::Local)) => level::AT,
                _ => return None,
            },
            _ => return None,
        })
    }

    fn is_match_keyword(&self, ahead: usize) -> bool {
        matches!(self.keyword_at(ahead), Some(K::In | K::Like | K::Ilike | K::Between | K::Similar))
    }

    fn prefix(&mut self, is_restricted: bool) -> Result<Expression> {
        let location = self.location();
        match self.peek() {
            T::Keyword(K::Not) if !is_restricted => {
                self.advance();
                let operand = self.operators(level::NOT, false)?;
                Ok(expression(ExpressionKind::Not(Box::new(operand)), location))
            }
            T::Plus | T::Minus => {
                let name = self.any_operator()?;
                let operand = self.operators(level::SIGN, is_restricted)?;
                Ok(sign(name, operand, location))
            }
            T::Operator => self.prefix_operator(is_restricted),
            T::Keyword(K::Operator) if self.peek_at(1) == T::LeftParenthesis => {
                self.prefix_operator(is_restricted)
            }
            T::Keyword(K::Default) if !is_restricted => {
                self.advance();
                Ok(expression(ExpressionKind::Default, location))
            }
            _ => self.primary(),
        }
    }

    fn prefix_operator(&mut self, is_restricted: bool) -> Result<Expression> {
        let name = self.qualified_operator()?;
        let location = name.location;
        let right = Box::new(self.operators(level::OPERATOR + 1, is_restricted)?);
        Ok(expression(ExpressionKind::Operator { name, left: None, right }, location))
    }

    fn infix(&mut self, left: Expression, found: u8, is_restricted: bool) -> Result<Expression> {
        let location = self.location();
        match found {
            level::CAST => {
                self.advance();
                let type_name = self.type_name()?;
                Ok(cast(left, type_name, location))
            }
            level::OR | level::AND => {
                self.advance();
                let right = self.operators(found + 1, false)?;
                Ok(flatten(found == level::AND, left, right, location))
            }
            level::IS => self.is_test(left, is_restricted),
            level::MATCH => self.match_operator(left),
            level::COLLATE => {
                self.advance();
                let collation = self.qualified_name()?;
                Ok(expression(ExpressionKind::Collate { operand: Box::new(left), collation }, location))
            }
            level::AT => self.at_time_zone(left),
            _ => {
                let name = self.qualified_operator()?;
                if !is_restricted && self.is_quantifier() {
                    return self.quantified(left, name, location);
                }
                let right = Box::new(self.operators(found + 1, is_restricted)?);
                Ok(expression(ExpressionKind::Operator { name, left: Some(Box::new(left)), right }, location))
            }
        }
    }

    fn is_quantifier(&self) -> bool {
        matches!(self.peek_keyword(), Some(K::Any | K::Some | K::All))
    }

    /// `op ANY (...)`, after the operator.
    fn quantified(&mut self, left: Expression, name: OperatorName, location: u32) -> Result<Expression> {
        let is_all = self.is_keyword(K::All);
        self.advance();
        if !self.is(T::LeftParenthesis) {
            return Err(self.unexpected());
        }
        match self.parenthesized_items(false)? {
            Parenthesized::Query(query) => {
                let kind = if is_all { SublinkKind::All } else { SublinkKind::Any };
                let sublink = Sublink { kind, test: Some(left), operator: Some(name), query };
                Ok(expression(ExpressionKind::Sublink(Box::new(sublink)), location))
            }
            Parenthesized::List(mut list) => {
                let Some(right) = list.pop().filter(|_| list.is_empty()) else {
                    return Err(self.unexpected());
                };
                let (left, right) = (Box::new(left), Box::new(right));
                Ok(expression(ExpressionKind::OperatorArray { name, left, right, is_all }, location))
            }
        }
    }

    fn at_time_zone(&mut self, left: Expression) -> Result<Expression> {
        let location = self.location();
        self.advance();
        let arguments = if self.eat_keyword(K::Local) {
            vec![left]
        } else {
            self.expect_keywords(&[K::Time, K::Zone])?;
            vec![self.operators(level::AT + 1, false)?, left]
        };
        Ok(system_call("timezone", arguments, location))
    }

    /// IS and what may follow it; ISNULL and NOTNULL.
    fn is_test(&mut self, left: Expression, is_restricted: bool) -> Result<Expression> {
        let location = self.location();
        let keyword = self.peek_keyword();
        self.advance();
        let operand = Box::new(left);
        if let Some(K::Isnull | K::Notnull) = keyword {
            let is_negated = keyword == Some(K::Notnull);
            return Ok(expression(ExpressionKind::IsNull { operand, is_negated }, location));
        }
        let is_negated = self.eat_keyword(K::Not);
        let negate = |test: Expression| match is_negated {
            true => expression(ExpressionKind::Not(Box::new(test)), location),
            false => test,
        };
        let boolean = |yes, no| if is_negated { no } else { yes };
        let test = match self.peek_keyword() {
            Some(K::Distinct) => {
                self.advance();
                self.expect_keyword(K::From)?;
                let right = Box::new(self.operators(level::IS + 1, is_restricted)?);
                let kind = ExpressionKind::IsDistinctFrom { left: operand, right, is_negated };
                return Ok(expression(kind, location));
            }
            Some(K::Document) => {
                self.advance();
                let document = ExpressionKind::Xml(Box::new(XmlExpression::IsDocument(*operand)));
                return Ok(negate(expression(document, location)));
            }
            _ if is_restricted => return Err(self.unexpected()),
            Some(K::Null) => {
                self.advance();
                return Ok(expression(ExpressionKind::IsNull { operand, is_negated }, location));
            }
            Some(K::True) => boolean(BooleanTest::IsTrue, BooleanTest::IsNotTrue),
            Some(K::False) => boolean(BooleanTest::IsFalse, BooleanTest::IsNotFalse),
            Some(K::Unknown) => boolean(BooleanTest::IsUnknown, BooleanTest::IsNotUnknown),
            Some(form @ (K::Nfc | K::Nfd | K::Nfkc | K::Nfkd)) => {
                self.advance();
                let form = constant_string(form.word().to_uppercase(), self.location());
                self.expect_keyword(K::Normalized)?;
                return Ok(negate(system_call("is_normalized", vec![*operand, form], location)));
            }
            Some(K::Normalized) => {
                self.advance();
                return Ok(negate(system_call("is_normalized", vec![*operand], location)));
            }
            Some(K::Json) => return self.is_json(*operand, is_negated, location),
            _ => return Err(self.unexpected()),
        };
        self.advance();
        Ok(expression(ExpressionKind::BooleanTest { operand, test }, location))
    }

    /// IN, LIKE, ILIKE, SIMILAR TO and BETWEEN, with or without NOT.
    fn match_operator(&mut self, left: Expression) -> Result<Expression> {
        let location = self.location();
        let is_negated = self.eat_keyword(K::Not);
        let keyword = self.peek_keyword();
        self.advance();
        match keyword {
            Some(K::In) => self.in_list(left, is_negated, location),
            Some(K::Between) => self.between(left, is_negated, location),
            _ => {
                let kind = match keyword {
                    Some(K::Like) => LikeKind::Like,
                    Some(K::Ilike) => LikeKind::Ilike,
                    _ => {
                        self.expect_keyword(K::To)?;
                        LikeKind::SimilarTo
                    }
                };
                if kind != LikeKind::SimilarTo && self.is_quantifier() {
                    let symbol = match (kind, is_negated) {
                        (LikeKind::Like, false) => "~~",
                        (LikeKind::Like, true) => "!~~",
                        (_, false) => "~~*",
                        (_, true) => "!~~*",
                    };
                    let name = OperatorName { qualifier: Vec::new(), symbol: symbol.into(), location };
                    return self.quantified(left, name, location);
                }
                let pattern = self.operators(level::MATCH + 1, false)?;
                let escape = if self.eat_keyword(K::Escape) {
                    Some(self.operators(level::MATCH + 1, false)?)
                } else {
                    None
                };
                let like = Like { kind, is_negated, operand: left, pattern, escape };
                Ok(expression(ExpressionKind::Like(Box::new(like)), location))
            }
        }
    }

    fn in_list(&mut self, operand: Expression, is_negated: bool, location: u32) -> Result<Expression> {
        if !self.is(T::LeftParenthesis) {
            return Err(self.unexpected());
        }
        match self.parenthesized()? {
            Parenthesized::Query(query) => {
                let sublink = Sublink { kind: SublinkKind::Any, test: Some(operand), operator: None, query };
                let test = expression(ExpressionKind::Sublink(Box::new(sublink)), location);
                Ok(match is_negated {
                    true => expression(ExpressionKind::Not(Box::new(test)), location),
                    false => test,
                })
            }
            Parenthesized::List(list) => {
                let operand = Box::new(operand);
                Ok(expression(ExpressionKind::In { operand, list, is_negated }, location))
            }
        }
    }

    fn between(&mut self, operand: Expression, is_negated: bool, location: u32) -> Result<Expression> {
        let is_symmetric = self.eat_keyword(K::Symmetric);
        if !is_symmetric {
            self.eat_keyword(K::Asymmetric);
        }
        let lower = self.restricted_expression()?;
        self.expect_keyword(K::And)?;
        let upper = self.operators(level::MATCH + 1, false)?;
        let between = Between { is_negated, is_symmetric, operand, lower, upper };
        Ok(expression(ExpressionKind::Between(Box::new(between)), location))
    }

    /// `( ... )` that holds a query or a list of expressions, with the cursor on the parenthesis.
    ///
    /// A query in parentheses may turn out to be the first part of a longer query or of an expression; which one is
    /// known only after its closing parenthesis.
    pub(super) fn parenthesized(&mut self) -> Result<Parenthesized> {
        self.parenthesized_items(true)
    }

    /// The same; without `takes_list` the expressions can be only one.
    fn parenthesized_items(&mut self, takes_list: bool) -> Result<Parenthesized> {
        self.descend(|this| {
            this.expect(T::LeftParenthesis)?;
            let content = if this.is_query_start() {
                Parenthesized::Query(this.select_statement()?)
            } else if this.is(T::LeftParenthesis) {
                let location = this.location();
                match this.parenthesized()? {
                    Parenthesized::Query(query) => this.after_inner_query(query, location, takes_list)?,
                    Parenthesized::List(list) => {
                        let first = this.after_parentheses(list, location)?;
                        Parenthesized::List(this.rest_of_list(first, takes_list)?)
                    }
                }
            } else {
                let first = this.expression()?;
                Parenthesized::List(this.rest_of_list(first, takes_list)?)
            };
            this.expect(T::RightParenthesis)?;
            Ok(content)
        })
    }

    fn after_inner_query(
        &mut self,
        query: SelectStatement,
        location: u32,
        takes_list: bool,
    ) -> Result<Parenthesized> {
        if self.is(T::RightParenthesis) {
            return Ok(Parenthesized::Query(query));
        }
        if self.continues_query() {
            return self.select_after(None, query).map(Parenthesized::Query);
        }
        let first = self.scalar_sublink(query, location)?;
        let first = self.operators_after(first, 0, false)?;
        Ok(Parenthesized::List(self.rest_of_list(first, takes_list)?))
    }

    /// Goes on after `(list)` as the first operand of an expression.
    fn after_parentheses(&mut self, list: Vec<Expression>, location: u32) -> Result<Expression> {
        let operand = self.parenthesized_operand(list, location)?;
        self.operators_after(operand, 0, false)
    }

    fn rest_of_list(&mut self, first: Expression, takes_list: bool) -> Result<Vec<Expression>> {
        let mut list = vec![first];
        while takes_list && self.eat(T::Comma) {
            list.push(self.expression()?);
        }
        Ok(list)
    }

    pub(super) fn scalar_sublink(&mut self, query: SelectStatement, location: u32) -> Result<Expression> {
        let sublink = Sublink { kind: SublinkKind::Scalar, test: None, operator: None, query };
        let operand = expression(ExpressionKind::Sublink(Box::new(sublink)), location);
        self.indirection_of(operand)
    }

    /// One expression in parentheses is itself, several are a row.
    fn parenthesized_operand(&mut self, mut list: Vec<Expression>, location: u32) -> Result<Expression> {
        if list.len() > 1 {
            let row = expression(ExpressionKind::Row { fields: list, is_explicit: false }, location);
            return self.overlaps(row);
        }
        match list.pop() {
            Some(only) => self.indirection_of(only),
            None => Err(self.unexpected()),
        }
    }

    /// A row may be followed by OVERLAPS and another row.
    fn overlaps(&mut self, left: Expression) -> Result<Expression> {
        if !self.is_keyword(K::Overlaps) {
            return Ok(left);
        }
        let location = self.location();
        self.advance();
        let right = self.row()?;
        let fields = |row: Expression| match row.kind {
            ExpressionKind::Row { fields, .. } => fields,
            _ => Vec::new(),
        };
        let (left_location, right_location) = (left.location, right.location);
        let (mut arguments, right) = (fields(left), fields(right));
        if arguments.len() != 2 {
            let message = "wrong number of parameters on left side of OVERLAPS expression";
            return Err(self.error_at(message, left_location));
        }
        if right.len() != 2 {
            let message = "wrong number of parameters on right side of OVERLAPS expression";
            return Err(self.error_at(message, right_location));
        }
        arguments.extend(right);
        Ok(system_call("overlaps", arguments, location))
    }

    /// `ROW (...)` or `(a, b ...)`.
    pub(super) fn row(&mut self) -> Result<Expression> {
        let location = self.location();
        if self.is_keyword(K::Row) && self.peek_at(1) == T::LeftParenthesis {
            self.advance();
            return self.explicit_row(location);
        }
        self.expect(T::LeftParenthesis)?;
        let mut fields = vec![self.expression()?];
        self.expect(T::Comma)?;
        fields.extend(self.expression_list()?);
        self.expect(T::RightParenthesis)?;
        Ok(expression(ExpressionKind::Row { fields, is_explicit: false }, location))
    }

    fn explicit_row(&mut self, location: u32) -> Result<Expression> {
        self.expect(T::LeftParenthesis)?;
        let fields = if self.is(T::RightParenthesis) { Vec::new() } else { self.expression_list()? };
        self.expect(T::RightParenthesis)?;
        Ok(expression(ExpressionKind::Row { fields, is_explicit: true }, location))
    }

    /// An operand without operators.
    pub(super) fn primary(&mut self) -> Result<Expression> {
        let location = self.location();
        match self.peek() {
            T::Integer | T::Number => Ok(self.number_constant()),
            T::String => self.string_constant(),
            T::BitString | T::HexString => {
                let text = self.text(self.token()).to_owned();
                self.advance();
                Ok(expression(ExpressionKind::Constant(Constant::BitString(text)), location))
            }
            T::Parameter => {
                let number = self.text(self.token())[1..].parse().unwrap_or_default();
                self.advance();
                self.indirection_of(expression(ExpressionKind::Parameter(number), location))
            }
            T::LeftParenthesis => match self.parenthesized()? {
                Parenthesized::Query(query) => self.scalar_sublink(query, location),
                Parenthesized::List(list) => self.parenthesized_operand(list, location),
            },
            T::Identifier => self.name_or_call(),
            T::Keyword(keyword) => self.keyword_operand(keyword),
            _ => Err(self.unexpected()),
        }
    }

    fn keyword_operand(&mut self, keyword: K) -> Result<Expression> {
        let location = self.location();
        let constant = match keyword {
            K::Null => Constant::Null,
            K::True => Constant::Boolean(true),
            K::False => Constant::Boolean(false),
            K::Case => return self.case(),
            K::Exists if self.peek_at(1) == T::LeftParenthesis => {
                self.advance();
                let query = self.query_in_parentheses()?;
                let sublink = Sublink { kind: SublinkKind::Exists, test: None, operator: None, query };
                return Ok(expression(ExpressionKind::Sublink(Box::new(sublink)), location));
            }
            K::Array => return self.array(),
            K::Row if self.peek_at(1) == T::LeftParenthesis => {
                self.advance();
                let row = self.explicit_row(location)?;
                return self.overlaps(row);
            }
            K::Grouping if self.peek_at(1) == T::LeftParenthesis => {
                self.advance();
                let arguments = self.parenthesized_list(Self::expression)?;
                return Ok(expression(ExpressionKind::Grouping(arguments), location));
            }
            _ if self.starts_special_constant(keyword) => {
                // JSON( is a function, JSON 'text' a literal.
                return self.special_constant(keyword);
            }
            _ => {
                if let Some(call) = self.special_function(keyword)? {
                    return self.after_special_function(call);
                }
                return self.name_or_call();
            }
        };
        self.advance();
        Ok(expression(ExpressionKind::Constant(constant), location))
    }

    fn case(&mut self) -> Result<Expression> {
        let location = self.location();
        self.advance();
        let operand = if self.is_keyword(K::When) { None } else { Some(self.expression()?) };
        let mut branches = Vec::new();
        loop {
            let location = self.location();
            if branches.is_empty() {
                self.expect_keyword(K::When)?;
            } else if !self.eat_keyword(K::When) {
                break;
            }
            let condition = self.expression()?;
            self.expect_keyword(K::Then)?;
            let result = self.expression()?;
            branches.push(CaseBranch { condition, result, location });
        }
        let otherwise = if self.eat_keyword(K::Else) { Some(self.expression()?) } else { None };
        self.expect_keyword(K::End)?;
        Ok(expression(ExpressionKind::Case(Box::new(Case { operand, branches, otherwise })), location))
    }

    fn array(&mut self) -> Result<Expression> {
        let location = self.location();
        self.advance();
        if self.is(T::LeftParenthesis) {
            let query = self.query_in_parentheses()?;
            let sublink = Sublink { kind: SublinkKind::Array, test: None, operator: None, query };
            return Ok(expression(ExpressionKind::Sublink(Box::new(sublink)), location));
        }
        let mut array = self.array_elements()?;
        array.location = location;
        Ok(array)
    }

    /// `[...]`: all elements are arrays, or none.
    fn array_elements(&mut self) -> Result<Expression> {
        self.descend(|this| {
            let before = std::mem::take(&mut this.height);
            let location = this.location();
            this.expect(T::LeftBracket)?;
            let elements = match this.peek() {
                T::RightBracket => Vec::new(),
                T::LeftBracket => this.comma_list(Self::array_elements)?,
                _ => this.expression_list()?,
            };
            this.expect(T::RightBracket)?;
            this.grow(before)?;
            Ok(expression(ExpressionKind::Array(elements), location))
        })
    }

    /// `.field`, `.*` and subscripts after an operand.
    pub(super) fn indirection_of(&mut self, operand: Expression) -> Result<Expression> {
        let location = operand.location;
        let steps = self.indirection()?;
        if steps.is_empty() {
            return Ok(operand);
        }
        Ok(expression(ExpressionKind::Indirection { operand: Box::new(operand), steps }, location))
    }

    pub(super) fn indirection(&mut self) -> Result<Vec<IndirectionStep>> {
        let mut steps = Vec::new();
        loop {
            if let Some(IndirectionStep::Star) = steps.last() {
                if matches!(self.peek(), T::Dot | T::LeftBracket) {
                    self.indirection_step()?;
                    return Err(self.syntax_error("improper use of \"*\""));
                }
            }
            match self.peek() {
                T::Dot | T::LeftBracket => steps.push(self.indirection_step()?),
                _ => return Ok(steps),
            }
        }
    }

    fn indirection_step(&mut self) -> Result<IndirectionStep> {
        if self.eat(T::Dot) {
            if self.eat(T::Star) {
                return Ok(IndirectionStep::Star);
            }
            return self.label().map(IndirectionStep::Field);
        }
        self.expect(T::LeftBracket)?;
        let lower = if self.is(T::Colon) { None } else { Some(self.expression()?) };
        if self.eat(T::Colon) {
            let upper = if self.is(T::RightBracket) { None } else { Some(self.expression()?) };
            self.expect(T::RightBracket)?;
            return Ok(IndirectionStep::Slice { lower, upper });
        }
        self.expect(T::RightBracket)?;
        match lower {
            Some(index) => Ok(IndirectionStep::Index(index)),
            None => Err(self.unexpected()),
        }
    }

    /// A column, a function call, or a literal of a named type.
    fn name_or_call(&mut self) -> Result<Expression> {
        let location = self.location();
        let can_be_column = self.is_name();
        if !can_be_column && !self.is_type_or_function_name_at(0) {
            return Err(self.unexpected());
        }
        let can_be_function = self.is_type_or_function_name_at(0);
        let mut fields = vec![self.non_reserved_word()?];
        let mut steps = Vec::new();
        if can_be_column && matches!(self.peek(), T::Dot | T::LeftBracket) {
            while self.is(T::Dot) && matches!(self.peek_at(1), T::Identifier | T::Keyword(_)) {
                self.advance();
                fields.push(self.label()?);
            }
            steps = self.indirection()?;
        }
        let is_plain = steps.is_empty() && (can_be_function || fields.len() > 1);
        match self.peek() {
            T::LeftParenthesis if is_plain => {
                let call = self.call(QualifiedName { parts: fields, location })?;
                return self.call_or_typed_constant(call, location);
            }
            T::String if is_plain => {
                let operand = self.string_constant()?;
                return Ok(cast(operand, super::type_name::plain(fields, Vec::new(), location), location));
            }
            _ if !can_be_column => return Err(self.unexpected()),
            _ => {}
        }
        let has_star = steps.len() == 1 && steps.last() == Some(&IndirectionStep::Star);
        if has_star {
            steps.clear();
        }
        let column = expression(ExpressionKind::ColumnRef(ColumnRef { fields, has_star }), location);
        if steps.is_empty() {
            return Ok(column);
        }
        Ok(expression(ExpressionKind::Indirection { operand: Box::new(column), steps }, location))
    }
}

/// A call that built-in syntax stands for.
pub(super) fn system_call(name: &str, arguments: Vec<Expression>, location: u32) -> Expression {
    let parts = vec!["pg_catalog".to_owned(), name.to_owned()];
    let call = plain_call(QualifiedName { parts, location }, arguments, CallForm::SqlSyntax);
    expression(ExpressionKind::FunctionCall(Box::new(call)), location)
}

pub(super) fn plain_call(name: QualifiedName, arguments: Vec<Expression>, form: CallForm) -> FunctionCall {
    FunctionCall {
        name,
        arguments,
        form,
        is_star: false,
        is_distinct: false,
        is_variadic: false,
        order_by: Vec::new(),
        is_within_group: false,
        filter: None,
        over: None,
    }
}

pub(super) fn constant_string(text: impl Into<String>, location: u32) -> Expression {
    expression(ExpressionKind::Constant(Constant::String(text.into())), location)
}

/// A sign before a numeric literal belongs to the literal.
fn sign(name: OperatorName, operand: Expression, location: u32) -> Expression {
    let is_minus = &*name.symbol == "-";
    match operand.kind {
        ExpressionKind::Constant(Constant::Integer(value)) if is_minus => {
            expression(ExpressionKind::Constant(Constant::Integer(value.wrapping_neg())), location)
        }
        ExpressionKind::Constant(Constant::Number(text)) if is_minus => {
            let text = match text.strip_prefix('-') {
                Some(positive) => positive.to_owned(),
                None => format!("-{text}"),
            };
            expression(ExpressionKind::Constant(Constant::Number(text)), location)
        }
        kind => {
            let right = Box::new(Expression { kind, location: operand.location });
            expression(ExpressionKind::Operator { name, left: None, right }, location)
        }
    }
}

/// Chains of AND, and of OR, become one flat node.
fn flatten(is_and: bool, left: Expression, right: Expression, location: u32) -> Expression {
    match (left.kind, is_and) {
        (ExpressionKind::And(mut list), true) => {
            list.push(right);
            expression(ExpressionKind::And(list), left.location)
        }
        (ExpressionKind::Or(mut list), false) => {
            list.push(right);
            expression(ExpressionKind::Or(list), left.location)
        }
        (kind, true) => {
            expression(ExpressionKind::And(vec![expression(kind, left.location), right]), location)
        }
        (kind, false) => {
            expression(ExpressionKind::Or(vec![expression(kind, left.location), right]), location)
        }
    }
}
