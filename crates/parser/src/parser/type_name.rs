//! Type names: generic ones, and those with a grammar of their own.

use error::{Result, error};

use super::Parser;
use super::name::parse_integer;
use crate::ast::*;
use crate::keyword::{Keyword as K, KeywordClass};
use crate::lexer::TokenKind as T;

impl Parser<'_> {
    /// A type with its array bounds.
    pub(super) fn type_name(&mut self) -> Result<TypeName> {
        let is_setof = self.eat_keyword(K::Setof);
        self.type_after_setof(is_setof)
    }

    /// A type of a parameter or result: also `table.column%TYPE`.
    pub(super) fn function_type(&mut self) -> Result<TypeName> {
        let is_setof = self.eat_keyword(K::Setof);
        let location = self.location();
        if self.is_type_or_function_name_at(0) && self.peek_at(1) == T::Dot {
            let mut parts = vec![self.type_or_function_name()?];
            self.more_parts(&mut parts)?;
            if self.eat(T::Percent) {
                self.expect_keyword(K::Type)?;
                let mut name = plain(parts, Vec::new(), location);
                (name.is_setof, name.is_column_type) = (is_setof, true);
                return Ok(name);
            }
            let modifiers = self.type_modifiers()?;
            let mut name = plain(parts, modifiers, location);
            name.is_setof = is_setof;
            self.array_bounds(&mut name)?;
            return Ok(name);
        }
        self.type_after_setof(is_setof)
    }

    fn type_after_setof(&mut self, is_setof: bool) -> Result<TypeName> {
        let mut name = self.simple_type()?;
        name.is_setof = is_setof;
        self.array_bounds(&mut name)?;
        Ok(name)
    }

    fn array_bounds(&mut self, name: &mut TypeName) -> Result<()> {
        if self.eat_keyword(K::Array) {
            let bound = if self.eat(T::LeftBracket) {
                let bound = self.integer()?;
                self.expect(T::RightBracket)?;
                Some(bound)
            } else {
                None
            };
            name.array_bounds.push(bound);
            return Ok(());
        }
        while self.eat(T::LeftBracket) {
            let bound = if self.is(T::RightBracket) { None } else { Some(self.integer()?) };
            self.expect(T::RightBracket)?;
            name.array_bounds.push(bound);
        }
        Ok(())
    }

    /// A type without array bounds.
    fn simple_type(&mut self) -> Result<TypeName> {
        if let Some(keyword) = self.peek_keyword() {
            if keyword == K::Interval {
                return self.interval_type();
            }
            if let Some(name) = self.special_type(keyword)? {
                return Ok(name);
            }
        }
        let location = self.location();
        let mut parts = vec![self.type_or_function_name()?];
        self.more_parts(&mut parts)?;
        let modifiers = self.type_modifiers()?;
        Ok(plain(parts, modifiers, location))
    }

    pub(super) fn type_modifiers(&mut self) -> Result<Vec<Expression>> {
        if !self.is(T::LeftParenthesis) {
            return Ok(Vec::new());
        }
        self.parenthesized_list(Self::expression)
    }

    /// Whether a typed literal (`type 'text'`) with a special type starts here.
    pub(super) fn starts_special_constant(&self, keyword: K) -> bool {
        let next = self.peek_at(1);
        match keyword {
            K::Double => next == T::Keyword(K::Precision),
            _ if keyword.class() != KeywordClass::ColumnName => false,
            K::Int | K::Integer | K::Smallint | K::Bigint | K::Real | K::Boolean | K::Json => {
                next == T::String
            }
            K::Float | K::Decimal | K::Dec | K::Numeric | K::Interval => {
                matches!(next, T::String | T::LeftParenthesis)
            }
            K::Bit | K::Char | K::Character | K::Nchar | K::Varchar => {
                matches!(next, T::String | T::LeftParenthesis | T::Keyword(K::Varying))
            }
            K::National => matches!(next, T::Keyword(K::Char | K::Character)),
            K::Time | K::Timestamp => match next {
                T::String | T::LeftParenthesis => true,
                T::Keyword(K::With | K::Without) => self.is_keyword_at(2, K::Time),
                _ => false,
            },
            _ => false,
        }
    }

    /// The types whose names are several words or take a special meaning; `None` for a generic name.
    fn special_type(&mut self, keyword: K) -> Result<Option<TypeName>> {
        let location = self.location();
        let system =
            |name: &str, modifiers| plain(vec!["pg_catalog".into(), name.into()], modifiers, location);
        let simple = match keyword {
            K::Int | K::Integer => "int4",
            K::Smallint => "int2",
            K::Bigint => "int8",
            K::Real => "float4",
            K::Boolean => "bool",
            K::Json => "json",
            K::Double if self.is_keyword_at(1, K::Precision) => {
                self.advance();
                "float8"
            }
            K::Float => {
                self.advance();
                return Ok(Some(system(self.float_name()?, Vec::new())));
            }
            K::Decimal | K::Dec | K::Numeric => {
                self.advance();
                return Ok(Some(system("numeric", self.type_modifiers()?)));
            }
            K::Bit => {
                self.advance();
                let is_varying = self.eat_keyword(K::Varying);
                let mut modifiers = self.type_modifiers()?;
                if modifiers.is_empty() && !is_varying {
                    modifiers.push(integer_constant(1, u32::MAX));
                }
                return Ok(Some(system(if is_varying { "varbit" } else { "bit" }, modifiers)));
            }
            K::Char | K::Character | K::Nchar | K::National | K::Varchar => {
                return self.character_type(keyword).map(Some);
            }
            K::Time | K::Timestamp => {
                self.advance();
                let modifiers = self.time_precision()?;
                let has_zone = self.time_zone_clause()?;
                let name = match (keyword, has_zone) {
                    (K::Time, false) => "time",
                    (K::Time, true) => "timetz",
                    (_, false) => "timestamp",
                    (_, true) => "timestamptz",
                };
                return Ok(Some(system(name, modifiers)));
            }
            _ => return Ok(None),
        };
        self.advance();
        Ok(Some(system(simple, Vec::new())))
    }

    fn float_name(&mut self) -> Result<&'static str> {
        if !self.eat(T::LeftParenthesis) {
            return Ok("float8");
        }
        let location = self.location();
        let precision = self.integer()?;
        self.expect(T::RightParenthesis)?;
        let message = match precision {
            ..1 => "precision for type float must be at least 1 bit",
            1..25 => return Ok("float4"),
            25..54 => return Ok("float8"),
            _ => "precision for type float must be less than 54 bits",
        };
        Err(error!(INVALID_PARAMETER_VALUE, "{message}").at(self.position(location)))
    }

    fn character_type(&mut self, keyword: K) -> Result<TypeName> {
        let location = self.location();
        self.advance();
        if keyword == K::National {
            if !self.eat_keyword(K::Char) {
                self.expect_keyword(K::Character)?;
            }
        }
        let is_varying = keyword == K::Varchar || self.eat_keyword(K::Varying);
        let mut modifiers = Vec::new();
        if self.eat(T::LeftParenthesis) {
            let at = self.location();
            modifiers.push(integer_constant(self.integer()?, at));
            self.expect(T::RightParenthesis)?;
        } else if !is_varying {
            modifiers.push(integer_constant(1, u32::MAX));
        }
        let name = if is_varying { "varchar" } else { "bpchar" };
        Ok(plain(vec!["pg_catalog".into(), name.into()], modifiers, location))
    }

    fn time_precision(&mut self) -> Result<Vec<Expression>> {
        if !self.eat(T::LeftParenthesis) {
            return Ok(Vec::new());
        }
        let at = self.location();
        let precision = self.integer()?;
        self.expect(T::RightParenthesis)?;
        Ok(vec![integer_constant(precision, at)])
    }

    /// `WITH TIME ZONE` is true; WITH or WITHOUT that TIME does not follow belongs to something else.
    fn time_zone_clause(&mut self) -> Result<bool> {
        let has_zone = self.is_keyword(K::With);
        if (has_zone || self.is_keyword(K::Without)) && self.is_keyword_at(1, K::Time) {
            self.at += 2;
            self.expect_keyword(K::Zone)?;
            return Ok(has_zone);
        }
        Ok(false)
    }

    /// `INTERVAL [fields]` or `INTERVAL(precision)`.
    fn interval_type(&mut self) -> Result<TypeName> {
        let location = self.location();
        self.advance();
        let modifiers =
            if self.is(T::LeftParenthesis) { self.interval_precision()? } else { self.interval_fields()? };
        Ok(plain(vec!["pg_catalog".into(), "interval".into()], modifiers, location))
    }

    fn interval_precision(&mut self) -> Result<Vec<Expression>> {
        let mut modifiers = vec![integer_constant(interval_field::FULL_RANGE, u32::MAX)];
        modifiers.extend(self.time_precision()?);
        Ok(modifiers)
    }

    /// `interval '...' fields` and `interval(p) '...'`.
    pub(super) fn interval_constant(&mut self) -> Result<Expression> {
        let location = self.location();
        self.advance();
        let mut modifiers = Vec::new();
        let has_precision = self.is(T::LeftParenthesis);
        if has_precision {
            modifiers = self.interval_precision()?;
        }
        let operand = self.string_constant()?;
        if !has_precision {
            modifiers = self.interval_fields()?;
        }
        let type_name = plain(vec!["pg_catalog".into(), "interval".into()], modifiers, location);
        Ok(cast(operand, type_name, location))
    }

    fn interval_fields(&mut self) -> Result<Vec<Expression>> {
        use interval_field::*;
        let location = self.location();
        let (first, ends): (i32, &[K]) = match self.peek_keyword() {
            Some(K::Year) => (YEAR, &[K::Month]),
            Some(K::Month) => (MONTH, &[]),
            Some(K::Day) => (DAY, &[K::Hour, K::Minute, K::Second]),
            Some(K::Hour) => (HOUR, &[K::Minute, K::Second]),
            Some(K::Minute) => (MINUTE, &[K::Second]),
            Some(K::Second) => (SECOND, &[]),
            _ => return Ok(Vec::new()),
        };
        self.advance();
        let mut mask = first;
        let mut has_seconds = first == SECOND;
        if !ends.is_empty() && self.eat_keyword(K::To) {
            let Some(end) = self.peek_keyword().filter(|end| ends.contains(end)) else {
                return Err(self.unexpected());
            };
            self.advance();
            has_seconds = end == K::Second;
            mask |= match end {
                K::Month => MONTH,
                K::Hour => HOUR,
                K::Minute if first == DAY => HOUR | MINUTE,
                K::Minute => MINUTE,
                _ if first == DAY => HOUR | MINUTE | SECOND,
                _ => MINUTE | SECOND,
            };
        }
        let mut modifiers = vec![integer_constant(mask, location)];
        if has_seconds {
            modifiers.extend(self.time_precision()?);
        }
        Ok(modifiers)
    }

    /// `type 'literal'` for a special type.
    pub(super) fn special_constant(&mut self, keyword: K) -> Result<Expression> {
        if keyword == K::Interval {
            return self.interval_constant();
        }
        let location = self.location();
        let Some(type_name) = self.special_type(keyword)? else { return Err(self.unexpected()) };
        let operand = self.string_constant()?;
        Ok(cast(operand, type_name, location))
    }

    pub(super) fn string_constant(&mut self) -> Result<Expression> {
        let location = self.location();
        let text = self.string()?;
        Ok(Expression { kind: ExpressionKind::Constant(Constant::String(text)), location })
    }

    /// A numeric literal as an expression.
    pub(super) fn number_constant(&mut self) -> Expression {
        let location = self.location();
        let text = self.text(self.token());
        let constant = match self.is(T::Integer).then(|| parse_integer(text)).flatten() {
            Some(value) => Constant::Integer(value),
            None => Constant::Number(text.replace('_', "")),
        };
        self.advance();
        Expression { kind: ExpressionKind::Constant(constant), location }
    }
}

pub(super) fn plain(name: Vec<String>, modifiers: Vec<Expression>, location: u32) -> TypeName {
    TypeName { name, is_setof: false, is_column_type: false, modifiers, array_bounds: Vec::new(), location }
}

pub(super) fn integer_constant(value: i32, location: u32) -> Expression {
    Expression { kind: ExpressionKind::Constant(Constant::Integer(value)), location }
}

pub(super) fn cast(operand: Expression, type_name: TypeName, location: u32) -> Expression {
    let kind = ExpressionKind::Cast { operand: Box::new(operand), type_name: Box::new(type_name) };
    Expression { kind, location }
}
