//! Maintenance: VACUUM, ANALYZE, CLUSTER, REINDEX, LOCK, TRUNCATE, CALL, DO, REFRESH.

use error::Result;

use super::Parser;
use super::definition::option;
use crate::ast::*;
use crate::keyword::Keyword as K;
use crate::lexer::TokenKind as T;

impl Parser<'_> {
    pub(super) fn vacuum(&mut self) -> Result<Statement> {
        self.advance();
        let mut options = Vec::new();
        if self.is(T::LeftParenthesis) {
            options = self.utility_options()?;
        } else {
            for (keyword, name) in [(K::Full, "full"), (K::Freeze, "freeze"), (K::Verbose, "verbose")] {
                self.option_word(keyword, name, &mut options);
            }
            self.option_word(K::Analyze, "analyze", &mut options);
            self.option_word(K::Analyse, "analyze", &mut options);
        }
        let relations = self.vacuum_relations()?;
        Ok(Statement::Vacuum(VacuumStatement { is_vacuum: true, options, relations }))
    }

    pub(super) fn analyze(&mut self) -> Result<Statement> {
        self.advance();
        let mut options = Vec::new();
        if self.is(T::LeftParenthesis) {
            options = self.utility_options()?;
        } else {
            self.option_word(K::Verbose, "verbose", &mut options);
        }
        let relations = self.vacuum_relations()?;
        Ok(Statement::Vacuum(VacuumStatement { is_vacuum: false, options, relations }))
    }

    fn option_word(&mut self, keyword: K, name: &str, options: &mut Vec<DefinitionElement>) {
        let location = self.location();
        if self.eat_keyword(keyword) {
            options.push(option(name, None, location));
        }
    }

    fn vacuum_relations(&mut self) -> Result<Vec<VacuumRelation>> {
        if !self.is_name() && !self.is_keyword(K::Only) {
            return Ok(Vec::new());
        }
        self.comma_list(|this| {
            let relation = this.relation_expression()?;
            let columns = this.optional_column_list()?;
            Ok(VacuumRelation { name: relation.name, with_children: relation.with_children, columns })
        })
    }

    pub(super) fn cluster(&mut self) -> Result<Statement> {
        self.advance();
        let mut options = Vec::new();
        let has_list = self.is(T::LeftParenthesis);
        if has_list {
            options = self.utility_options()?;
        } else {
            self.option_word(K::Verbose, "verbose", &mut options);
        }
        let (mut table, mut index) = (None, None);
        if self.is_name() {
            let name = self.relation_name()?;
            if self.eat_keyword(K::Using) {
                index = Some(self.name()?);
            } else if !has_list && self.is_keyword(K::On) && name.schema.is_none() {
                self.advance();
                index = Some(name.name);
                table = Some(self.relation_name()?);
                return Ok(Statement::Cluster(ClusterStatement { table, index, options }));
            }
            table = Some(name);
        }
        Ok(Statement::Cluster(ClusterStatement { table, index, options }))
    }

    pub(super) fn reindex(&mut self) -> Result<Statement> {
        self.advance();
        let mut options = if self.is(T::LeftParenthesis) { self.utility_options()? } else { Vec::new() };
        let keyword = self.peek_keyword();
        if !matches!(keyword, Some(K::Index | K::Table | K::Schema | K::Database | K::System)) {
            return Err(self.unexpected());
        }
        self.advance();
        self.option_word(K::Concurrently, "concurrently", &mut options);
        let target = match keyword {
            Some(K::Index) => ReindexTarget::Index(self.relation_name()?),
            Some(K::Table) => ReindexTarget::Table(self.relation_name()?),
            Some(K::Schema) => ReindexTarget::Schema(self.name()?),
            _ => {
                let name = if self.is_name() { Some(self.name()?) } else { None };
                if keyword == Some(K::Database) {
                    ReindexTarget::Database(name)
                } else {
                    ReindexTarget::System(name)
                }
            }
        };
        Ok(Statement::Reindex(ReindexStatement { target, options }))
    }

    pub(super) fn lock(&mut self) -> Result<Statement> {
        self.advance();
        self.eat_keyword(K::Table);
        let relations = self.comma_list(Self::relation_expression)?;
        let mut mode = LockMode::AccessExclusive;
        if self.eat_keyword(K::In) {
            mode = self.lock_mode()?;
            self.expect_keyword(K::Mode)?;
        }
        let nowait = self.eat_keyword(K::Nowait);
        Ok(Statement::Lock(LockStatement { relations, mode, nowait }))
    }

    fn lock_mode(&mut self) -> Result<LockMode> {
        let first = self.peek_keyword();
        if !matches!(first, Some(K::Access | K::Row | K::Share | K::Exclusive)) {
            return Err(self.unexpected());
        }
        self.advance();
        let is_exclusive = |this: &mut Self| -> Result<bool> {
            if this.eat_keyword(K::Exclusive) {
                return Ok(true);
            }
            this.expect_keyword(K::Share)?;
            Ok(false)
        };
        Ok(match first {
            Some(K::Access) => {
                if is_exclusive(self)? {
                    LockMode::AccessExclusive
                } else {
                    LockMode::AccessShare
                }
            }
            Some(K::Row) => {
                if is_exclusive(self)? {
                    LockMode::RowExclusive
                } else {
                    LockMode::RowShare
                }
            }
            Some(K::Exclusive) => LockMode::Exclusive,
            _ => match self.peek_keyword() {
                Some(K::Update) => {
                    self.advance();
                    self.expect_keyword(K::Exclusive)?;
                    LockMode::ShareUpdateExclusive
                }
                Some(K::Row) => {
                    self.advance();
                    self.expect_keyword(K::Exclusive)?;
                    LockMode::ShareRowExclusive
                }
                _ => LockMode::Share,
            },
        })
    }

    pub(super) fn truncate(&mut self) -> Result<Statement> {
        self.advance();
        self.eat_keyword(K::Table);
        let relations = self.comma_list(Self::relation_expression)?;
        let restart_identity = self.eat_keyword(K::Restart);
        if restart_identity || self.eat_keyword(K::Continue) {
            self.expect_keyword(K::Identity)?;
        }
        let behavior = self.drop_behavior();
        Ok(Statement::Truncate(TruncateStatement { relations, restart_identity, behavior }))
    }

    pub(super) fn call_statement(&mut self) -> Result<Statement> {
        let location = self.location();
        self.advance();
        let name = self.function_name()?;
        let call = self.call(name)?;
        Ok(Statement::Call(Box::new(CallStatement { call, location })))
    }

    pub(super) fn do_block(&mut self) -> Result<Statement> {
        self.advance();
        let mut options = Vec::new();
        loop {
            let location = self.location();
            if self.is(T::String) {
                options.push((DoOption::Code(self.string()?), location));
            } else if self.eat_keyword(K::Language) {
                options.push((DoOption::Language(self.word_or_string()?), location));
            } else if options.is_empty() {
                return Err(self.unexpected());
            } else {
                return Ok(Statement::Do(DoStatement { options }));
            }
        }
    }

    pub(super) fn refresh_materialized_view(&mut self) -> Result<Statement> {
        self.advance();
        self.expect_keywords(&[K::Materialized, K::View])?;
        let concurrently = self.eat_keyword(K::Concurrently);
        let name = self.relation_name()?;
        let with_data = self.with_data()?;
        let refresh = RefreshMaterializedViewStatement { name, concurrently, with_data };
        Ok(Statement::RefreshMaterializedView(Box::new(refresh)))
    }

    /// `WITH [NO] DATA`; with data when not written.
    pub(super) fn with_data(&mut self) -> Result<bool> {
        if !self.eat_keyword(K::With) {
            return Ok(true);
        }
        let has_no = self.eat_keyword(K::No);
        self.expect_keyword(K::Data)?;
        Ok(!has_no)
    }
}
