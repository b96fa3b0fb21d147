//! Transactions, settings, cursors, prepared statements and notifications.

use error::{Result, error};

use super::Parser;
use crate::ast::*;
use crate::keyword::Keyword as K;
use crate::lexer::TokenKind as T;

impl Parser<'_> {
    pub(super) fn transaction(&mut self) -> Result<Statement> {
        let location = self.location();
        let keyword = self.peek_keyword();
        self.advance();
        let kind = match keyword {
            Some(K::Begin) => {
                self.work_or_transaction();
                TransactionKind::Begin(self.transaction_modes()?)
            }
            Some(K::Start) => {
                self.expect_keyword(K::Transaction)?;
                TransactionKind::Start(self.transaction_modes()?)
            }
            Some(K::Commit) if self.eat_keyword(K::Prepared) => {
                TransactionKind::CommitPrepared(self.string()?)
            }
            Some(K::Commit | K::End) => {
                self.work_or_transaction();
                TransactionKind::Commit { and_chain: self.and_chain()? }
            }
            Some(K::Savepoint) => TransactionKind::Savepoint(self.name()?),
            Some(K::Release) => {
                self.savepoint_word();
                TransactionKind::Release(self.name()?)
            }
            Some(K::Prepare) => {
                self.advance();
                TransactionKind::Prepare(self.string()?)
            }
            Some(K::Rollback) if self.eat_keyword(K::Prepared) => {
                TransactionKind::RollbackPrepared(self.string()?)
            }
            _ => {
                self.work_or_transaction();
                if keyword == Some(K::Rollback) && self.eat_keyword(K::To) {
                    self.savepoint_word();
                    TransactionKind::RollbackTo(self.name()?)
                } else {
                    TransactionKind::Rollback { and_chain: self.and_chain()? }
                }
            }
        };
        Ok(Statement::Transaction(TransactionStatement { kind, location }))
    }

    fn work_or_transaction(&mut self) {
        if !self.eat_keyword(K::Work) {
            self.eat_keyword(K::Transaction);
        }
    }

    /// SAVEPOINT, unless it is the name itself.
    fn savepoint_word(&mut self) {
        if self.is_name_at(1) {
            self.eat_keyword(K::Savepoint);
        }
    }

    fn and_chain(&mut self) -> Result<bool> {
        if !self.eat_keyword(K::And) {
            return Ok(false);
        }
        let has_no = self.eat_keyword(K::No);
        self.expect_keyword(K::Chain)?;
        Ok(!has_no)
    }

    /// Modes, each perhaps after a comma; may be none.
    fn transaction_modes(&mut self) -> Result<Vec<TransactionMode>> {
        let mut modes = Vec::new();
        loop {
            if !modes.is_empty() && self.eat(T::Comma) {
                let Some(mode) = self.transaction_mode()? else { return Err(self.unexpected()) };
                modes.push(mode);
            } else if let Some(mode) = self.transaction_mode()? {
                modes.push(mode);
            } else {
                return Ok(modes);
            }
        }
    }

    fn required_transaction_modes(&mut self) -> Result<Vec<TransactionMode>> {
        let modes = self.transaction_modes()?;
        if modes.is_empty() { Err(self.unexpected()) } else { Ok(modes) }
    }

    fn transaction_mode(&mut self) -> Result<Option<TransactionMode>> {
        let location = self.location();
        let kind = match self.peek_keyword() {
            Some(K::Isolation) => {
                self.advance();
                self.expect_keyword(K::Level)?;
                TransactionModeKind::Isolation(self.isolation_level()?)
            }
            Some(K::Read) => {
                self.advance();
                let is_read_only = self.eat_keyword(K::Only);
                if !is_read_only {
                    self.expect_keyword(K::Write)?;
                }
                TransactionModeKind::ReadOnly(is_read_only)
            }
            Some(K::Deferrable) => {
                self.advance();
                TransactionModeKind::Deferrable(true)
            }
            Some(K::Not) => {
                self.advance();
                self.expect_keyword(K::Deferrable)?;
                TransactionModeKind::Deferrable(false)
            }
            _ => return Ok(None),
        };
        Ok(Some(TransactionMode { kind, location }))
    }

    fn isolation_level(&mut self) -> Result<IsolationLevel> {
        let level = match self.peek_keyword() {
            Some(K::Serializable) => IsolationLevel::Serializable,
            Some(K::Repeatable) => {
                self.advance();
                if !self.is_keyword(K::Read) {
                    return Err(self.unexpected());
                }
                IsolationLevel::RepeatableRead
            }
            Some(K::Read) => {
                self.advance();
                match self.peek_keyword() {
                    Some(K::Committed) => IsolationLevel::ReadCommitted,
                    Some(K::Uncommitted) => IsolationLevel::ReadUncommitted,
                    _ => return Err(self.unexpected()),
                }
            }
            _ => return Err(self.unexpected()),
        };
        self.advance();
        Ok(level)
    }

    /// SET in all its forms, CONSTRAINTS included.
    pub(super) fn set(&mut self) -> Result<Statement> {
        let location = self.location();
        self.advance();
        if self.is_keyword(K::Constraints) {
            self.advance();
            return self.set_constraints();
        }
        let is_prefix = |this: &Self| !matches!(this.peek_at(1), T::Equal | T::Dot | T::Keyword(K::To));
        let is_local = self.is_keyword(K::Local) && is_prefix(self);
        let is_session =
            self.is_keyword(K::Session) && is_prefix(self) && !self.is_keyword_at(1, K::Authorization);
        if is_local || is_session {
            self.advance();
        }
        if is_session && self.is_keyword(K::Characteristics) {
            self.advance();
            self.expect_keywords(&[K::As, K::Transaction])?;
            let kind = SetKind::SessionCharacteristics(self.required_transaction_modes()?);
            return Ok(Statement::Set(SetStatement { kind, is_local, location }));
        }
        let kind = self.set_rest()?;
        Ok(Statement::Set(SetStatement { kind, is_local, location }))
    }

    /// What follows SET [LOCAL | SESSION].
    fn set_rest(&mut self) -> Result<SetKind> {
        if self.is_keyword(K::Transaction)
            && !matches!(self.peek_at(1), T::Equal | T::Dot | T::Keyword(K::To))
        {
            self.advance();
            if self.eat_keyword(K::Snapshot) {
                return Ok(SetKind::TransactionSnapshot(self.string()?));
            }
            return self.required_transaction_modes().map(SetKind::Transaction);
        }
        self.set_rest_more()
    }

    /// What SET can do to a function, role or database as well.
    pub(super) fn set_rest_more(&mut self) -> Result<SetKind> {
        let is_plain = matches!(self.peek_at(1), T::Equal | T::Dot | T::Keyword(K::To | K::From));
        match self.peek_keyword() {
            _ if is_plain => {}
            Some(K::Time) if self.is_keyword_at(1, K::Zone) => {
                self.at += 2;
                return self.time_zone_value();
            }
            Some(K::Catalog) => {
                self.advance();
                let at = self.location();
                self.string()?;
                let error = error!(FEATURE_NOT_SUPPORTED, "current database cannot be changed");
                return Err(error.at(self.position(at)));
            }
            Some(K::Schema) => {
                self.advance();
                return self.string_setting("search_path");
            }
            Some(K::Names) => {
                self.advance();
                if self.eat_keyword(K::Default) || !self.is(T::String) {
                    return Ok(SetKind::ToDefault { name: "client_encoding".into() });
                }
                return self.string_setting("client_encoding");
            }
            Some(K::Role) => {
                self.advance();
                return self.word_setting("role");
            }
            Some(K::Session) if self.is_keyword_at(1, K::Authorization) => {
                self.at += 2;
                if self.eat_keyword(K::Default) {
                    return Ok(SetKind::ToDefault { name: "session_authorization".into() });
                }
                return self.word_setting("session_authorization");
            }
            Some(K::Xml) if self.is_keyword_at(1, K::Option) => {
                self.at += 2;
                let at = self.location();
                let is_document = self.eat_keyword(K::Document);
                if !is_document {
                    self.expect_keyword(K::Content)?;
                }
                let word = if is_document { "DOCUMENT" } else { "CONTENT" };
                return Ok(single("xmloption", word.into(), at));
            }
            Some(K::Transaction) if self.is_keyword_at(1, K::Snapshot) => {
                self.at += 2;
                return Ok(SetKind::TransactionSnapshot(self.string()?));
            }
            _ => {}
        }
        let name = self.setting_name()?;
        if self.eat_phrase(K::From, &[K::Current])? {
            return Ok(SetKind::FromCurrent { name });
        }
        if !self.eat(T::Equal) {
            self.expect_keyword(K::To)?;
        }
        if self.eat_keyword(K::Default) {
            return Ok(SetKind::ToDefault { name });
        }
        let values = self.comma_list(Self::set_value)?;
        Ok(SetKind::Value { name, values })
    }

    pub(super) fn setting_name(&mut self) -> Result<String> {
        let mut name = self.name()?;
        while self.eat(T::Dot) {
            name.push('.');
            name.push_str(&self.name()?);
        }
        Ok(name)
    }

    fn string_setting(&mut self, name: &str) -> Result<SetKind> {
        let at = self.location();
        Ok(single(name, self.string()?, at))
    }

    fn word_setting(&mut self, name: &str) -> Result<SetKind> {
        let at = self.location();
        Ok(single(name, self.word_or_string()?, at))
    }

    fn set_value(&mut self) -> Result<SetValue> {
        let location = self.location();
        let value = if self.is_number() {
            match self.number_value()? {
                DefinitionValue::Integer(value) => SetValueKind::Integer(value),
                DefinitionValue::Number(text) => SetValueKind::Number(text),
                _ => return Err(self.unexpected()),
            }
        } else {
            SetValueKind::String(self.boolean_or_word()?)
        };
        Ok(SetValue { value, location })
    }

    fn time_zone_value(&mut self) -> Result<SetKind> {
        let name = "timezone".to_owned();
        let location = self.location();
        let value = match self.peek() {
            T::Keyword(K::Default | K::Local) => {
                self.advance();
                return Ok(SetKind::ToDefault { name });
            }
            T::Keyword(K::Interval) => {
                let interval = self.interval_constant()?;
                self.check_zone_interval(&interval)?;
                SetValueKind::Interval(Box::new(interval))
            }
            T::String => SetValueKind::String(self.string()?),
            T::Identifier => SetValueKind::String(self.label()?),
            _ if self.is_number() => return Ok(SetKind::Value { name, values: vec![self.set_value()?] }),
            _ => return Err(self.unexpected()),
        };
        Ok(SetKind::Value { name, values: vec![SetValue { value, location }] })
    }

    fn check_zone_interval(&self, interval: &Expression) -> Result<()> {
        use interval_field::{FULL_RANGE, HOUR, MINUTE};
        let ExpressionKind::Cast { type_name, .. } = &interval.kind else { return Ok(()) };
        let fields_at = type_name.modifiers.first().map_or(interval.location, |mask| mask.location);
        match type_name.modifiers.first().map(|mask| &mask.kind) {
            None => Ok(()),
            Some(ExpressionKind::Constant(Constant::Integer(mask)))
                if [HOUR, HOUR | MINUTE, FULL_RANGE].contains(mask) =>
            {
                Ok(())
            }
            Some(_) => Err(self.error_at("time zone interval must be HOUR or HOUR TO MINUTE", fields_at)),
        }
    }

    fn set_constraints(&mut self) -> Result<Statement> {
        let constraints = if self.eat_keyword(K::All) { Vec::new() } else { self.relation_name_list()? };
        let is_deferred = self.eat_keyword(K::Deferred);
        if !is_deferred {
            self.expect_keyword(K::Immediate)?;
        }
        Ok(Statement::ConstraintsSet(ConstraintsSetStatement { constraints, is_deferred }))
    }

    pub(super) fn reset(&mut self) -> Result<Statement> {
        let location = self.location();
        self.advance();
        let kind = self.reset_rest()?;
        Ok(Statement::Set(SetStatement { kind, is_local: false, location }))
    }

    pub(super) fn reset_rest(&mut self) -> Result<SetKind> {
        let name = match self.special_setting_name()? {
            Some(name) => name,
            None if self.eat_keyword(K::All) => return Ok(SetKind::ResetAll),
            None => self.setting_name()?,
        };
        Ok(SetKind::Reset { name })
    }

    /// TIME ZONE, TRANSACTION ISOLATION LEVEL, SESSION AUTHORIZATION.
    fn special_setting_name(&mut self) -> Result<Option<String>> {
        if self.eat_keywords(&[K::Time, K::Zone]) {
            return Ok(Some("timezone".into()));
        }
        if self.eat_keywords(&[K::Transaction, K::Isolation]) {
            self.expect_keyword(K::Level)?;
            return Ok(Some("transaction_isolation".into()));
        }
        Ok(self.eat_keywords(&[K::Session, K::Authorization]).then(|| "session_authorization".into()))
    }

    pub(super) fn show(&mut self) -> Result<Statement> {
        self.advance();
        let name = match self.special_setting_name()? {
            Some(name) => name,
            None if self.eat_keyword(K::All) => "all".into(),
            None => self.setting_name()?,
        };
        Ok(Statement::Show(ShowStatement { name }))
    }

    /// SET or RESET inside ALTER ROLE, ALTER DATABASE and ALTER SYSTEM; the cursor is on it.
    pub(super) fn set_or_reset(&mut self) -> Result<SetStatement> {
        let location = self.location();
        let kind = if self.eat_keyword(K::Reset) {
            self.reset_rest()?
        } else {
            self.expect_keyword(K::Set)?;
            self.set_rest()?
        };
        Ok(SetStatement { kind, is_local: false, location })
    }

    pub(super) fn declare_cursor(&mut self) -> Result<Statement> {
        let location = self.location();
        self.advance();
        let name = self.name()?;
        let (mut is_binary, mut insensitive, mut scroll) = (false, None, None);
        loop {
            match self.peek_keyword() {
                Some(K::Binary) => is_binary = true,
                Some(K::Insensitive) => insensitive = Some(true),
                Some(K::Asensitive) => insensitive = Some(false),
                Some(K::Scroll) => scroll = Some(true),
                Some(K::No) => {
                    self.advance();
                    if !self.is_keyword(K::Scroll) {
                        return Err(self.unexpected());
                    }
                    scroll = Some(false);
                }
                _ => break,
            }
            self.advance();
        }
        self.expect_keyword(K::Cursor)?;
        let mut with_hold = false;
        if self.is_keyword(K::With) || self.is_keyword(K::Without) {
            with_hold = self.is_keyword(K::With);
            self.advance();
            self.expect_keyword(K::Hold)?;
        }
        self.expect_keyword(K::For)?;
        let query = Box::new(self.any_query()?);
        Ok(Statement::DeclareCursor(Box::new(DeclareCursorStatement {
            name,
            is_binary,
            insensitive,
            scroll,
            with_hold,
            query,
            location,
        })))
    }

    pub(super) fn fetch(&mut self) -> Result<Statement> {
        let is_move = self.is_keyword(K::Move);
        self.advance();
        let is_bare_name =
            self.is_name() && matches!(self.peek_at(1), T::End | T::Semicolon | T::RightParenthesis);
        let direction = if is_bare_name { FetchDirection::Forward(1) } else { self.fetch_direction()? };
        if !self.eat_keyword(K::From) {
            self.eat_keyword(K::In);
        }
        let cursor = self.name()?;
        Ok(Statement::Fetch(FetchStatement { is_move, direction, cursor }))
    }

    fn fetch_direction(&mut self) -> Result<FetchDirection> {
        use FetchDirection::*;
        if self.is_number() {
            return Ok(Forward(self.signed_integer()?.into()));
        }
        let Some(keyword) = self.peek_keyword() else { return Ok(Forward(1)) };
        let direction = match keyword {
            K::Next => Forward(1),
            K::Prior => Backward(1),
            K::First => Absolute(1),
            K::Last => Absolute(-1),
            K::All => ForwardAll,
            K::Absolute | K::Relative => {
                self.advance();
                let count = self.signed_integer()?.into();
                return Ok(if keyword == K::Absolute { Absolute(count) } else { Relative(count) });
            }
            K::Forward | K::Backward => {
                self.advance();
                let is_forward = keyword == K::Forward;
                if self.eat_keyword(K::All) {
                    return Ok(if is_forward { ForwardAll } else { BackwardAll });
                }
                let count = if self.is_number() { self.signed_integer()?.into() } else { 1 };
                return Ok(if is_forward { Forward(count) } else { Backward(count) });
            }
            _ => return Ok(Forward(1)),
        };
        self.advance();
        Ok(direction)
    }

    pub(super) fn close(&mut self) -> Result<Statement> {
        self.advance();
        let cursor = if self.eat_keyword(K::All) { None } else { Some(self.name()?) };
        Ok(Statement::Close(CloseStatement { cursor }))
    }

    pub(super) fn prepare(&mut self) -> Result<Statement> {
        self.advance();
        let name = self.name()?;
        let parameter_types =
            if self.is(T::LeftParenthesis) { self.parenthesized_list(Self::type_name)? } else { Vec::new() };
        self.expect_keyword(K::As)?;
        let statement = Box::new(self.preparable_statement()?);
        Ok(Statement::Prepare(PrepareStatement { name, parameter_types, statement }))
    }

    pub(super) fn execute(&mut self) -> Result<ExecuteStatement> {
        self.advance();
        let name = self.name()?;
        let arguments =
            if self.is(T::LeftParenthesis) { self.parenthesized_list(Self::expression)? } else { Vec::new() };
        Ok(ExecuteStatement { name, arguments })
    }

    pub(super) fn deallocate(&mut self) -> Result<Statement> {
        self.advance();
        if self.is_keyword(K::Prepare) && (self.is_name_at(1) || self.is_keyword_at(1, K::All)) {
            self.advance();
        }
        let location = self.location();
        let name = if self.eat_keyword(K::All) { None } else { Some(self.name()?) };
        Ok(Statement::Deallocate(DeallocateStatement { name, location }))
    }

    pub(super) fn discard(&mut self) -> Result<Statement> {
        self.advance();
        let target = match self.peek_keyword() {
            Some(K::All) => DiscardTarget::All,
            Some(K::Plans) => DiscardTarget::Plans,
            Some(K::Sequences) => DiscardTarget::Sequences,
            Some(K::Temp | K::Temporary) => DiscardTarget::Temporary,
            _ => return Err(self.unexpected()),
        };
        self.advance();
        Ok(Statement::Discard(target))
    }

    /// LISTEN, UNLISTEN and NOTIFY.
    pub(super) fn notification(&mut self) -> Result<Statement> {
        let keyword = self.peek_keyword();
        self.advance();
        match keyword {
            Some(K::Listen) => self.name().map(Statement::Listen),
            Some(K::Unlisten) if self.eat(T::Star) => Ok(Statement::Unlisten(None)),
            Some(K::Unlisten) => self.name().map(|channel| Statement::Unlisten(Some(channel))),
            _ => {
                let channel = self.name()?;
                let payload = if self.eat(T::Comma) { Some(self.string()?) } else { None };
                Ok(Statement::Notify(NotifyStatement { channel, payload }))
            }
        }
    }
}

fn single(name: &str, value: String, location: u32) -> SetKind {
    let values = vec![SetValue { value: SetValueKind::String(value), location }];
    SetKind::Value { name: name.into(), values }
}
