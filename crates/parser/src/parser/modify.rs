//! INSERT, UPDATE, DELETE and MERGE.

use error::Result;

use super::Parser;
use crate::ast::*;
use crate::keyword::Keyword as K;
use crate::lexer::TokenKind as T;

impl Parser<'_> {
    pub(super) fn insert(&mut self, with: Option<WithClause>) -> Result<Statement> {
        let location = self.location();
        self.advance();
        self.expect_keyword(K::Into)?;
        let name = self.relation_name()?;
        let alias = if self.eat_keyword(K::As) {
            Some(Alias { name: self.name()?, columns: Vec::new() })
        } else {
            None
        };
        let table = RelationReference { name, with_children: true, alias, sample: None };
        let mut columns = Vec::new();
        if self.is(T::LeftParenthesis) && !self.opens_query() {
            columns = self.parenthesized_list(Self::column_target)?;
        }
        let overriding = self.overriding()?;
        let source = if self.eat_keyword(K::Default) {
            self.expect_keyword(K::Values)?;
            None
        } else {
            Some(Box::new(self.any_query()?))
        };
        let on_conflict = self.on_conflict()?;
        let returning = self.returning_clause()?;
        Ok(Statement::Insert(Box::new(InsertStatement {
            with,
            table,
            columns,
            overriding,
            source,
            on_conflict,
            returning,
            location,
        })))
    }

    /// Whether the parentheses at the cursor hold a query.
    pub(super) fn opens_query(&self) -> bool {
        let mut ahead = 0;
        while self.peek_at(ahead) == T::LeftParenthesis {
            ahead += 1;
        }
        match self.keyword_at(ahead) {
            Some(K::Select | K::With | K::Table) => true,
            Some(K::Values) => self.peek_at(ahead + 1) == T::LeftParenthesis,
            // Nothing but a query may stand in two pairs of parentheses.
            _ => ahead > 1,
        }
    }

    fn column_target(&mut self) -> Result<ColumnTarget> {
        let location = self.location();
        let name = self.name()?;
        let indirection = self.indirection()?;
        Ok(ColumnTarget { name, indirection, location })
    }

    fn overriding(&mut self) -> Result<Overriding> {
        if !self.eat_keyword(K::Overriding) {
            return Ok(Overriding::None);
        }
        let overriding = if self.eat_keyword(K::User) {
            Overriding::UserValue
        } else {
            self.expect_keyword(K::System)?;
            Overriding::SystemValue
        };
        self.expect_keyword(K::Value)?;
        Ok(overriding)
    }

    fn on_conflict(&mut self) -> Result<Option<OnConflict>> {
        let location = self.location();
        if !self.eat_phrase(K::On, &[K::Conflict])? {
            return Ok(None);
        }
        let at = self.location();
        let target = if self.eat_keyword(K::On) {
            self.expect_keyword(K::Constraint)?;
            Some(ConflictTarget::Constraint { name: self.name()?, location: at })
        } else if self.is(T::LeftParenthesis) {
            let elements = self.index_elements()?;
            let filter = self.where_clause()?;
            Some(ConflictTarget::Columns { elements, filter, location: at })
        } else {
            None
        };
        self.expect_keyword(K::Do)?;
        let action = if self.eat_keyword(K::Nothing) {
            ConflictAction::Nothing
        } else {
            self.expect_keywords(&[K::Update, K::Set])?;
            let assignments = self.comma_list(Self::assignment)?;
            ConflictAction::Update { assignments, filter: self.where_clause()? }
        };
        Ok(Some(OnConflict { target, action, location }))
    }

    fn assignment(&mut self) -> Result<Assignment> {
        if self.is(T::LeftParenthesis) {
            let targets = self.parenthesized_list(Self::column_target)?;
            self.expect(T::Equal)?;
            let source = self.expression()?;
            return Ok(Assignment::Multiple { targets, source });
        }
        let target = self.column_target()?;
        self.expect(T::Equal)?;
        let value = self.expression()?;
        Ok(Assignment::Single { target, value })
    }

    /// WHERE, which may be CURRENT OF a cursor.
    fn where_or_current(&mut self) -> Result<Option<Expression>> {
        if !(self.is_keyword(K::Where) && self.is_keyword_at(1, K::Current) && self.is_keyword_at(2, K::Of)) {
            return self.where_clause();
        }
        self.advance();
        let location = self.location();
        self.at += 2;
        let cursor = CursorReference::Name(self.name()?);
        Ok(Some(Expression { kind: ExpressionKind::CurrentOf(cursor), location }))
    }

    pub(super) fn update(&mut self, with: Option<WithClause>) -> Result<Statement> {
        let location = self.location();
        self.advance();
        let table = self.target_relation()?;
        self.expect_keyword(K::Set)?;
        let assignments = self.comma_list(Self::assignment)?;
        let from =
            if self.eat_keyword(K::From) { self.comma_list(Self::table_reference)? } else { Vec::new() };
        let filter = self.where_or_current()?;
        let returning = self.returning_clause()?;
        Ok(Statement::Update(Box::new(UpdateStatement {
            with,
            table,
            assignments,
            from,
            filter,
            returning,
            location,
        })))
    }

    pub(super) fn delete(&mut self, with: Option<WithClause>) -> Result<Statement> {
        let location = self.location();
        self.advance();
        self.expect_keyword(K::From)?;
        let table = self.target_relation()?;
        let using =
            if self.eat_keyword(K::Using) { self.comma_list(Self::table_reference)? } else { Vec::new() };
        let filter = self.where_or_current()?;
        let returning = self.returning_clause()?;
        Ok(Statement::Delete(Box::new(DeleteStatement { with, table, using, filter, returning, location })))
    }

    pub(super) fn merge(&mut self, with: Option<WithClause>) -> Result<Statement> {
        let location = self.location();
        self.advance();
        self.expect_keyword(K::Into)?;
        let table = self.target_relation()?;
        self.expect_keyword(K::Using)?;
        let source = self.table_reference()?;
        self.expect_keyword(K::On)?;
        let condition = self.expression()?;
        let mut clauses = vec![self.merge_clause()?];
        while self.is_keyword(K::When) {
            clauses.push(self.merge_clause()?);
        }
        let returning = self.returning_clause()?;
        let merge = MergeStatement { with, table, source, condition, clauses, returning, location };
        Ok(Statement::Merge(Box::new(merge)))
    }

    fn merge_clause(&mut self) -> Result<MergeClause> {
        let location = self.location();
        self.expect_keyword(K::When)?;
        let when = if self.eat_keyword(K::Matched) {
            MergeWhen::Matched
        } else {
            self.expect_keywords(&[K::Not, K::Matched])?;
            if !self.eat_keyword(K::By) {
                MergeWhen::NotMatchedByTarget
            } else if self.eat_keyword(K::Source) {
                MergeWhen::NotMatchedBySource
            } else {
                self.expect_keyword(K::Target)?;
                MergeWhen::NotMatchedByTarget
            }
        };
        let condition = if self.eat_keyword(K::And) { Some(self.expression()?) } else { None };
        self.expect_keyword(K::Then)?;
        let is_target_missing = when == MergeWhen::NotMatchedByTarget;
        let action = match self.peek_keyword() {
            Some(K::Do) => {
                self.advance();
                self.expect_keyword(K::Nothing)?;
                MergeClauseAction::Nothing
            }
            Some(K::Update) if !is_target_missing => {
                self.advance();
                self.expect_keyword(K::Set)?;
                MergeClauseAction::Update(self.comma_list(Self::assignment)?)
            }
            Some(K::Delete) if !is_target_missing => {
                self.advance();
                MergeClauseAction::Delete
            }
            Some(K::Insert) if is_target_missing => self.merge_insert()?,
            _ => return Err(self.unexpected()),
        };
        Ok(MergeClause { when, condition, action, location })
    }

    fn merge_insert(&mut self) -> Result<MergeClauseAction> {
        self.advance();
        let columns = if self.is(T::LeftParenthesis) {
            self.parenthesized_list(Self::column_target)?
        } else {
            Vec::new()
        };
        let overriding = self.overriding()?;
        let values = if columns.is_empty() && overriding == Overriding::None && self.eat_keyword(K::Default) {
            self.expect_keyword(K::Values)?;
            None
        } else {
            self.expect_keyword(K::Values)?;
            Some(self.parenthesized_list(Self::expression)?)
        };
        Ok(MergeClauseAction::Insert { columns, overriding, values })
    }
}
