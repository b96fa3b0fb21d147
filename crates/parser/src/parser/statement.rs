//! Statements: the list in a text, and which grammar each first word opens.

use error::Result;

use super::Parser;
use crate::ast::*;
use crate::keyword::Keyword as K;
use crate::lexer::TokenKind as T;

impl Parser<'_> {
    /// All statements of the text; empty ones leave nothing.
    pub fn statements(&mut self) -> Result<Vec<RawStatement>> {
        let mut list = Vec::new();
        loop {
            while self.eat(T::Semicolon) {}
            if self.is(T::End) {
                return Ok(list);
            }
            let start = self.location();
            let statement = self.statement()?;
            let length = self.previous_end() - start;
            list.push(RawStatement { statement, start, length });
            if !matches!(self.peek(), T::Semicolon | T::End) {
                return Err(self.unexpected());
            }
        }
    }

    /// The whole text as one type name.
    pub fn whole_type_name(&mut self) -> Result<TypeName> {
        let name = self.type_name()?;
        self.expect(T::End)?;
        Ok(name)
    }

    /// The whole text as one expression.
    pub fn whole_expression(&mut self) -> Result<Expression> {
        let value = self.expression()?;
        self.expect(T::End)?;
        Ok(value)
    }

    pub(super) fn statement(&mut self) -> Result<Statement> {
        self.descend(Self::statement_of_any_kind)
    }

    fn statement_of_any_kind(&mut self) -> Result<Statement> {
        if self.is(T::LeftParenthesis) {
            return self.select();
        }
        match self.peek_keyword() {
            Some(
                K::Select | K::Values | K::Table | K::With | K::Insert | K::Update | K::Delete | K::Merge,
            ) => self.preparable_statement(),
            Some(K::Create) => self.create(),
            Some(K::Alter) => self.alter(),
            Some(K::Drop) => self.drop_statement(),
            Some(K::Grant) => self.grant(),
            Some(K::Revoke) => self.revoke(),
            Some(K::Comment) => self.comment(),
            Some(K::Security) => self.security_label(),
            Some(
                K::Begin | K::Start | K::Commit | K::End | K::Rollback | K::Abort | K::Savepoint | K::Release,
            ) => self.transaction(),
            Some(K::Prepare) if self.is_keyword_at(1, K::Transaction) => self.transaction(),
            Some(K::Prepare) => self.prepare(),
            Some(K::Execute) => self.execute().map(Statement::Execute),
            Some(K::Deallocate) => self.deallocate(),
            Some(K::Set) => self.set(),
            Some(K::Reset) => self.reset(),
            Some(K::Show) => self.show(),
            Some(K::Declare) => self.declare_cursor(),
            Some(K::Fetch | K::Move) => self.fetch(),
            Some(K::Close) => self.close(),
            Some(K::Discard) => self.discard(),
            Some(K::Listen | K::Unlisten | K::Notify) => self.notification(),
            Some(K::Copy) => self.copy(),
            Some(K::Explain) => self.explain(),
            Some(K::Vacuum) => self.vacuum(),
            Some(K::Analyze | K::Analyse) => self.analyze(),
            Some(K::Cluster) => self.cluster(),
            Some(K::Reindex) => self.reindex(),
            Some(K::Lock) => self.lock(),
            Some(K::Truncate) => self.truncate(),
            Some(K::Checkpoint) => {
                self.advance();
                Ok(Statement::Checkpoint)
            }
            Some(K::Load) => {
                self.advance();
                self.string().map(Statement::Load)
            }
            Some(K::Do) => self.do_block(),
            Some(K::Call) => self.call_statement(),
            Some(K::Refresh) => self.refresh_materialized_view(),
            Some(K::Import) => self.import_foreign_schema(),
            Some(K::Reassign) => self.reassign_owned(),
            _ => Err(self.unexpected()),
        }
    }

    fn select(&mut self) -> Result<Statement> {
        Ok(Statement::Select(Box::new(self.any_query()?)))
    }

    /// SELECT, INSERT, UPDATE, DELETE or MERGE.
    pub(super) fn preparable_statement(&mut self) -> Result<Statement> {
        if self.is_keyword(K::With) {
            let with = self.with_clause()?;
            return match self.peek_keyword() {
                Some(K::Insert) => self.insert(Some(with)),
                Some(K::Update) => self.update(Some(with)),
                Some(K::Delete) => self.delete(Some(with)),
                Some(K::Merge) => self.merge(Some(with)),
                _ => Ok(Statement::Select(Box::new(self.select_with(Some(with))?))),
            };
        }
        match self.peek_keyword() {
            Some(K::Insert) => self.insert(None),
            Some(K::Update) => self.update(None),
            Some(K::Delete) => self.delete(None),
            Some(K::Merge) => self.merge(None),
            _ => self.select(),
        }
    }

    /// What EXPLAIN can explain.
    fn explainable_statement(&mut self) -> Result<Statement> {
        match self.peek_keyword() {
            Some(K::Declare) => self.declare_cursor(),
            Some(K::Execute) => self.execute().map(Statement::Execute),
            Some(K::Refresh) => self.refresh_materialized_view(),
            Some(K::Create) => match self.create()? {
                made @ Statement::CreateTableAs(_) => Ok(made),
                _ => Err(self.unexpected()),
            },
            _ => self.preparable_statement(),
        }
    }

    fn explain(&mut self) -> Result<Statement> {
        self.advance();
        let mut options = Vec::new();
        if self.is(T::LeftParenthesis) && !self.opens_query() {
            options = self.utility_options()?;
        } else {
            for (word, keywords) in
                [("analyze", [K::Analyze, K::Analyse]), ("verbose", [K::Verbose, K::Verbose])]
            {
                let location = self.location();
                if keywords.into_iter().any(|keyword| self.eat_keyword(keyword)) {
                    options.push(super::definition::option(word, None, location));
                }
            }
        }
        let statement = Box::new(self.explainable_statement()?);
        Ok(Statement::Explain(ExplainStatement { statement, options }))
    }
}
