//! Queries: set operations, SELECT, VALUES, TABLE, and the clauses that apply to a whole result.

use error::Result;

use super::Parser;
use super::expression::{Parenthesized, expression};
use crate::ast::*;
use crate::keyword::Keyword as K;
use crate::lexer::TokenKind as T;

const UNION_LEVEL: u8 = 1;
const INTERSECT_LEVEL: u8 = 2;

impl Parser<'_> {
    /// Whether a query without parentheses starts here.
    pub(super) fn is_query_start(&self) -> bool {
        match self.peek_keyword() {
            Some(K::Select | K::Table | K::With) => true,
            // VALUES can be a column's name, but never before a parenthesis.
            Some(K::Values) => self.peek_at(1) == T::LeftParenthesis,
            _ => false,
        }
    }

    /// Whether what stands here goes on with a query in parentheses before it.
    pub(super) fn continues_query(&self) -> bool {
        matches!(
            self.peek_keyword(),
            Some(K::Union | K::Intersect | K::Except | K::Order | K::Limit | K::Offset | K::Fetch | K::For)
        )
    }

    /// A query, with WITH and all clauses; not in parentheses as a whole unless more follows them.
    pub(super) fn select_statement(&mut self) -> Result<SelectStatement> {
        let with = if self.is_keyword(K::With) { Some(self.with_clause()?) } else { None };
        self.select_with(with)
    }

    /// Goes on after a WITH clause that has been parsed.
    pub(super) fn select_with(&mut self, with: Option<WithClause>) -> Result<SelectStatement> {
        let first = self.select_operand()?;
        self.select_after(with, first)
    }

    /// Goes on after the first operand of a possible set operation.
    pub(super) fn select_after(
        &mut self,
        with: Option<WithClause>,
        first: SelectStatement,
    ) -> Result<SelectStatement> {
        let before = std::mem::take(&mut self.height);
        let mut query = self.set_operations(first, UNION_LEVEL)?;
        self.height = self.height.max(before);
        self.query_clauses(&mut query)?;
        if let Some(with) = with {
            if query.with.is_some() {
                return Err(self.error_at("multiple WITH clauses not allowed", with.location));
            }
            query.with = Some(with);
        }
        Ok(query)
    }

    fn set_operations(&mut self, mut left: SelectStatement, minimum: u8) -> Result<SelectStatement> {
        self.grow(0)?;
        loop {
            let (kind, level) = match self.peek_keyword() {
                Some(K::Union) => (SetOperationKind::Union, UNION_LEVEL),
                Some(K::Except) => (SetOperationKind::Except, UNION_LEVEL),
                Some(K::Intersect) => (SetOperationKind::Intersect, INTERSECT_LEVEL),
                _ => return Ok(left),
            };
            if level < minimum {
                return Ok(left);
            }
            let base = std::mem::take(&mut self.height);
            let location = self.location();
            self.advance();
            let is_all = self.eat_keyword(K::All);
            if !is_all {
                self.eat_keyword(K::Distinct);
            }
            let right = self.select_operand()?;
            let right = self.set_operations(right, level + 1)?;
            let at = left.location;
            let operation = SetOperation { kind, is_all, left, right, location };
            left = bare_query(SelectBody::SetOperation(Box::new(operation)), at);
            self.grow(base)?;
        }
    }

    /// SELECT, VALUES, TABLE, or a query in parentheses.
    fn select_operand(&mut self) -> Result<SelectStatement> {
        let location = self.location();
        match self.peek_keyword() {
            Some(K::Select) => self.descend(Self::select_core),
            Some(K::Values) => {
                self.advance();
                let rows = self.comma_list(|this| this.parenthesized_list(Self::expression))?;
                Ok(bare_query(SelectBody::Values(rows), location))
            }
            Some(K::Table) => {
                self.advance();
                let relation = self.relation_expression()?;
                let column = ColumnRef { fields: Vec::new(), has_star: true };
                let value = expression(ExpressionKind::ColumnRef(column), location);
                let mut core = empty_core();
                core.targets.push(SelectTarget { value, name: None, location });
                core.from.push(TableReference::Relation(relation));
                Ok(bare_query(SelectBody::Select(Box::new(core)), location))
            }
            _ if self.is(T::LeftParenthesis) => self.query_in_parentheses(),
            _ => Err(self.unexpected()),
        }
    }

    fn select_core(&mut self) -> Result<SelectStatement> {
        let location = self.location();
        self.advance();
        let mut core = empty_core();
        if self.eat_keyword(K::Distinct) {
            core.distinct = Distinct::Yes;
            if self.eat_keyword(K::On) {
                core.distinct = Distinct::On(self.parenthesized_list(Self::expression)?);
            }
        } else {
            self.eat_keyword(K::All);
        }
        let can_be_empty = core.distinct == Distinct::No;
        if !(can_be_empty && self.ends_target_list()) {
            core.targets = self.target_list()?;
        }
        if self.eat_keyword(K::Into) {
            core.into = Some(self.select_into_target()?);
        }
        if self.eat_keyword(K::From) {
            core.from = self.comma_list(Self::table_reference)?;
        }
        core.filter = self.where_clause()?;
        if self.eat_phrase(K::Group, &[K::By])? {
            core.is_group_distinct = self.eat_keyword(K::Distinct);
            if !core.is_group_distinct {
                self.eat_keyword(K::All);
            }
            core.group_by = self.comma_list(Self::grouping_element)?;
        }
        if self.eat_keyword(K::Having) {
            core.having = Some(self.expression()?);
        }
        if self.eat_keyword(K::Window) {
            core.windows = self.comma_list(|this| {
                let name = this.name()?;
                this.expect_keyword(K::As)?;
                this.window_specification(Some(name))
            })?;
        }
        Ok(bare_query(SelectBody::Select(Box::new(core)), location))
    }

    /// Whether the select list is left out.
    fn ends_target_list(&self) -> bool {
        match self.peek() {
            T::End | T::Semicolon | T::RightParenthesis => true,
            T::Keyword(keyword) => matches!(
                keyword,
                K::From
                    | K::Into
                    | K::Where
                    | K::Group
                    | K::Having
                    | K::Window
                    | K::Union
                    | K::Intersect
                    | K::Except
                    | K::Order
                    | K::Limit
                    | K::Offset
                    | K::Fetch
                    | K::For
                    | K::With
                    | K::On
                    | K::Returning
            ),
            _ => false,
        }
    }

    pub(super) fn target_list(&mut self) -> Result<Vec<SelectTarget>> {
        self.comma_list(|this| {
            let location = this.location();
            if this.eat(T::Star) {
                let column = ColumnRef { fields: Vec::new(), has_star: true };
                let value = expression(ExpressionKind::ColumnRef(column), location);
                return Ok(SelectTarget { value, name: None, location });
            }
            let value = this.expression()?;
            let name = if this.eat_keyword(K::As) { Some(this.label()?) } else { this.bare_label() };
            Ok(SelectTarget { value, name, location })
        })
    }

    pub(super) fn where_clause(&mut self) -> Result<Option<Expression>> {
        if self.eat_keyword(K::Where) { self.expression().map(Some) } else { Ok(None) }
    }

    /// `INTO [TEMPORARY | UNLOGGED] [TABLE] name`.
    fn select_into_target(&mut self) -> Result<IntoTarget> {
        if (self.is_keyword(K::Local) || self.is_keyword(K::Global))
            && matches!(self.keyword_at(1), Some(K::Temporary | K::Temp))
        {
            self.advance();
        }
        let persistence = match self.peek_keyword() {
            Some(K::Temporary | K::Temp) if self.is_into_continued() => Persistence::Temporary,
            Some(K::Unlogged) if self.is_into_continued() => Persistence::Unlogged,
            _ => Persistence::Permanent,
        };
        if persistence != Persistence::Permanent {
            self.advance();
        }
        self.eat_keyword(K::Table);
        let name = self.relation_name()?;
        Ok(IntoTarget {
            name,
            persistence,
            columns: Vec::new(),
            access_method: None,
            options: Vec::new(),
            on_commit: OnCommit::Unspecified,
            tablespace: None,
        })
    }

    /// Whether TEMP or UNLOGGED is followed by a table's name and thus is not that name itself.
    fn is_into_continued(&self) -> bool {
        self.is_name_at(1) || self.is_keyword_at(1, K::Table)
    }

    fn grouping_element(&mut self) -> Result<GroupingElement> {
        let location = self.location();
        let next = self.peek_at(1);
        match self.peek() {
            T::LeftParenthesis if next == T::RightParenthesis => {
                self.at += 2;
                Ok(GroupingElement::Empty { location })
            }
            T::Keyword(K::Rollup) if next == T::LeftParenthesis => {
                self.advance();
                let elements = self.parenthesized_list(Self::expression)?;
                Ok(GroupingElement::Rollup { elements, location })
            }
            T::Keyword(K::Cube) if next == T::LeftParenthesis => {
                self.advance();
                let elements = self.parenthesized_list(Self::expression)?;
                Ok(GroupingElement::Cube { elements, location })
            }
            T::Keyword(K::Grouping) if next == T::Keyword(K::Sets) => {
                self.at += 2;
                let sets = self.descend(|this| this.parenthesized_list(Self::grouping_element))?;
                Ok(GroupingElement::Sets { sets, location })
            }
            _ => self.expression().map(GroupingElement::Expression),
        }
    }

    /// ORDER BY, LIMIT, OFFSET, FETCH and FOR UPDATE, added to what the query has from inside its parentheses.
    fn query_clauses(&mut self, query: &mut SelectStatement) -> Result<()> {
        if self.is_keyword(K::Order) {
            let at = self.token_after_order();
            let order_by = self.order_by()?;
            if !query.order_by.is_empty() {
                return Err(self.error_at("multiple ORDER BY clauses not allowed", at));
            }
            query.order_by = order_by;
        }
        let mut has_limit = false;
        let mut has_locking = false;
        loop {
            match self.peek_keyword() {
                Some(K::Limit | K::Offset | K::Fetch) if !has_limit => {
                    has_limit = true;
                    self.limit_clauses(query)?;
                }
                Some(K::For) if !has_locking => {
                    has_locking = true;
                    self.locking_clauses(query)?;
                }
                _ => break,
            }
        }
        self.check_with_ties(query)
    }

    fn token_after_order(&self) -> u32 {
        self.tokens.list.get(self.at + 2).map_or(self.location(), |token| token.start)
    }

    fn check_with_ties(&self, query: &SelectStatement) -> Result<()> {
        let Some(limit) = query.limit.as_ref().filter(|limit| limit.with_ties) else { return Ok(()) };
        if query.order_by.is_empty() {
            let message = "WITH TIES cannot be specified without ORDER BY clause";
            return Err(self.error_at(message, limit.location));
        }
        if query.locking.iter().any(|locking| locking.wait == LockWaitPolicy::SkipLocked) {
            let message = "SKIP LOCKED and WITH TIES options cannot be used together";
            return Err(self.error_at(message, limit.location));
        }
        Ok(())
    }

    /// LIMIT and OFFSET in either order, each at most once.
    fn limit_clauses(&mut self, query: &mut SelectStatement) -> Result<()> {
        let (mut has_limit, mut has_offset) = (false, false);
        loop {
            let location = self.location();
            match self.peek_keyword() {
                Some(K::Limit) if !has_limit => {
                    has_limit = true;
                    self.advance();
                    let count = if self.eat_keyword(K::All) { None } else { Some(self.expression()?) };
                    if self.is(T::Comma) {
                        let message = "LIMIT #,# syntax is not supported";
                        self.advance();
                        self.expression()?;
                        return Err(self
                            .error_at(message, location)
                            .hint("Use separate LIMIT and OFFSET clauses."));
                    }
                    self.set_limit(query, Limit { count, with_ties: false, location })?;
                }
                Some(K::Fetch) if !has_limit => {
                    has_limit = true;
                    let limit = self.fetch_first()?;
                    self.set_limit(query, limit)?;
                }
                Some(K::Offset) if !has_offset => {
                    has_offset = true;
                    self.advance();
                    let offset = self.expression()?;
                    if !self.eat_keyword(K::Row) {
                        self.eat_keyword(K::Rows);
                    }
                    if query.offset.replace(offset).is_some() {
                        return Err(self.error_at("multiple OFFSET clauses not allowed", location));
                    }
                }
                _ => return Ok(()),
            }
        }
    }

    fn set_limit(&self, query: &mut SelectStatement, limit: Limit) -> Result<()> {
        let at = limit.location;
        if query.limit.replace(limit).is_some() {
            return Err(self.error_at("multiple LIMIT clauses not allowed", at));
        }
        Ok(())
    }

    fn fetch_first(&mut self) -> Result<Limit> {
        let location = self.location();
        self.advance();
        if !self.eat_keyword(K::First) {
            self.expect_keyword(K::Next)?;
        }
        let count = match self.peek() {
            T::Keyword(K::Row | K::Rows) => super::type_name::integer_constant(1, u32::MAX),
            T::Plus | T::Minus => {
                let at = self.location();
                let is_negative = self.is(T::Minus);
                self.advance();
                if !matches!(self.peek(), T::Integer | T::Number) {
                    return Err(self.unexpected());
                }
                let number = self.number_constant();
                signed(number, is_negative, at)
            }
            _ => self.primary()?,
        };
        if !self.eat_keyword(K::Row) {
            self.expect_keyword(K::Rows)?;
        }
        if self.eat_keyword(K::Only) {
            return Ok(Limit { count: Some(count), with_ties: false, location });
        }
        let ties_at = self.location();
        self.expect_keyword(K::With)?;
        self.expect_keyword(K::Ties)?;
        Ok(Limit { count: Some(count), with_ties: true, location: ties_at })
    }

    fn locking_clauses(&mut self, query: &mut SelectStatement) -> Result<()> {
        while self.is_keyword(K::For) {
            let location = self.location();
            self.advance();
            let strength = match self.peek_keyword() {
                Some(K::Update) => RowLockStrength::Update,
                Some(K::Share) => RowLockStrength::Share,
                Some(K::No) => {
                    self.advance();
                    self.expect_keyword(K::Key)?;
                    RowLockStrength::NoKeyUpdate
                }
                Some(K::Key) => {
                    self.advance();
                    RowLockStrength::KeyShare
                }
                Some(K::Read) if query.locking.is_empty() => {
                    self.advance();
                    self.expect_keyword(K::Only)?;
                    return Ok(());
                }
                _ => return Err(self.unexpected()),
            };
            let last = if matches!(strength, RowLockStrength::Update | RowLockStrength::NoKeyUpdate) {
                K::Update
            } else {
                K::Share
            };
            self.expect_keyword(last)?;
            let tables = if self.eat_keyword(K::Of) { self.relation_name_list()? } else { Vec::new() };
            let wait = if self.eat_keyword(K::Nowait) {
                LockWaitPolicy::NoWait
            } else if self.eat_phrase(K::Skip, &[K::Locked])? {
                LockWaitPolicy::SkipLocked
            } else {
                LockWaitPolicy::Block
            };
            query.locking.push(LockingClause { strength, tables, wait, location });
        }
        Ok(())
    }

    /// A query in a statement of its own: it may stand in any number of parentheses.
    pub(super) fn any_query(&mut self) -> Result<SelectStatement> {
        if !self.is(T::LeftParenthesis) {
            if !self.is_query_start() && !self.is_keyword(K::Values) {
                return Err(self.unexpected());
            }
            return self.select_statement();
        }
        match self.parenthesized()? {
            Parenthesized::Query(query) => self.select_after(None, query),
            Parenthesized::List(list) => Err(self.not_a_query(&list)),
        }
    }
}

fn signed(number: Expression, is_negative: bool, location: u32) -> Expression {
    let kind = match number.kind {
        ExpressionKind::Constant(Constant::Integer(value)) if is_negative => {
            ExpressionKind::Constant(Constant::Integer(value.wrapping_neg()))
        }
        ExpressionKind::Constant(Constant::Number(text)) if is_negative => {
            ExpressionKind::Constant(Constant::Number(format!("-{text}")))
        }
        kind => kind,
    };
    Expression { kind, location }
}

pub(super) fn bare_query(body: SelectBody, location: u32) -> SelectStatement {
    SelectStatement {
        with: None,
        body,
        order_by: Vec::new(),
        limit: None,
        offset: None,
        locking: Vec::new(),
        location,
    }
}

pub(super) fn empty_core() -> SelectCore {
    SelectCore {
        distinct: Distinct::No,
        targets: Vec::new(),
        into: None,
        from: Vec::new(),
        filter: None,
        group_by: Vec::new(),
        is_group_distinct: false,
        having: None,
        windows: Vec::new(),
    }
}
