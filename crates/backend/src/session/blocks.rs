//! Beginning and ending transactions. The steps at the end of a transaction are listed here and nowhere else.

use background::ServerState;
use catalog::tables::PgConstraint;
use catalog::{Catalog, CatalogView};
use config::Id;
use error::{Error, Result, error};
use parser::ast::{
    IsolationLevel, RelationName, Statement, TransactionKind, TransactionMode, TransactionModeKind,
};
use transaction::Isolation;
use types::Value;

use super::statement_log::is_chosen;
use super::{Block, Session};
use crate::timeouts::{self, Timeout};

/// Commits the transaction of a process that has nothing but a transaction and a catalog.
/// # Errors
/// Those of writing; the transaction was rolled back then.
pub(crate) fn commit_plain(state: &'static ServerState, catalog: &Catalog) -> Result<()> {
    let (dropped, _) = match catalog.session().record_commit(true) {
        Ok(recorded) => recorded,
        Err(error) => {
            roll_back_plain(state, catalog)?;
            return Err(error);
        }
    };
    catalog.announce_commit();
    let removed = dropped.iter().try_for_each(|file| state.pool.drop_relation(*file));
    catalog.session().finish();
    removed
}

/// Rolls the transaction of such a process back.
pub(crate) fn roll_back_plain(state: &'static ServerState, catalog: &Catalog) -> Result<()> {
    let created = catalog.session().record_rollback();
    catalog.forget_rollback();
    let removed = match &created {
        Ok(created) => created.iter().try_for_each(|file| state.pool.drop_relation(*file)),
        Err(_) => Ok(()),
    };
    catalog.session().finish();
    created.map(|_| ()).and(removed)
}

impl Session {
    /// Makes sure that a transaction runs.
    pub fn begin_if_needed(&mut self) -> Result<()> {
        if self.transaction.level() > 0 {
            return Ok(());
        }
        let (isolation, read_only, transaction_timeout, logged_share) = {
            let settings = self.settings.borrow();
            let isolation = match settings.text(Id::DefaultTransactionIsolation) {
                "repeatable read" => Isolation::RepeatableRead,
                "serializable" => return Err(serializable_unsupported()),
                _ => Isolation::ReadCommitted,
            };
            let timeout = settings.integer(Id::TransactionTimeout);
            let logged = settings.real(Id::LogTransactionSampleRate);
            (isolation, settings.bool(Id::DefaultTransactionReadOnly), timeout, logged)
        };
        self.transaction.begin(isolation, read_only);
        self.logs_transaction = is_chosen(logged_share);
        self.activity.begin_transaction(self.transaction.started_us(), self.transaction.virtual_number());
        if transaction_timeout > 0 {
            timeouts::start(
                Timeout::Transaction,
                std::time::Duration::from_millis(transaction_timeout as u64),
            );
        }
        self.formats.now = super::services::to_2000(self.transaction.started_us());
        self.services.statement_timestamp = self.formats.now;
        self.catalog.accept_invalidations();
        Ok(())
    }

    /// Commits what runs; on failure it is rolled back and the error given.
    pub fn commit(&mut self) -> Result<()> {
        if self.transaction.level() == 0 {
            return Ok(());
        }
        while self.transaction.level() > 1 {
            self.transaction.commit_subtransaction();
        }
        self.savepoints.clear();
        // Portals hold snapshots and pins.
        self.portals.retain(|_, portal| portal.outlives_transaction());
        let wait = self.settings.borrow().text(Id::SynchronousCommit) != "off";
        let committed = self.transaction.record_commit(wait);
        match committed {
            Ok((dropped, _)) => {
                self.catalog.announce_commit();
                let removed = dropped.iter().try_for_each(|file| self.state.pool.drop_relation(*file));
                self.finish(true);
                if let Err(error) = removed {
                    // The commit stands; files that could not be removed are only in the way.
                    background::log::report(error.with_severity(error::Severity::Warning).report());
                }
                Ok(())
            }
            Err(error) => {
                self.roll_back()?;
                Err(error)
            }
        }
    }

    /// Rolls back what runs.
    pub fn roll_back(&mut self) -> Result<()> {
        if self.transaction.level() == 0 {
            return Ok(());
        }
        self.portals.clear();
        self.savepoints.clear();
        let mut created = Vec::new();
        while self.transaction.level() > 1 {
            created.extend(self.transaction.rollback_subtransaction());
        }
        let recorded = self.transaction.record_rollback();
        self.catalog.forget_rollback();
        if let Ok(more) = &recorded {
            created.extend(more);
        }
        let removed = created.iter().try_for_each(|file| self.state.pool.drop_relation(*file));
        self.finish(false);
        recorded.map(|_| ()).and(removed)
    }

    fn finish(&mut self, committed: bool) {
        timeouts::stop(Timeout::Transaction);
        self.transaction.finish();
        self.activity.end_transaction();
        self.services.transaction_ended(committed);
        let mut settings = self.settings.borrow_mut();
        if committed { settings.commit(1) } else { settings.rollback(1) }
    }

    /// After an error: a single statement's transaction ends, a block is marked.
    pub fn after_error(&mut self) -> Result<()> {
        (self.is_pipelined, self.stands_alone) = (false, false);
        match self.block {
            Block::Explicit | Block::Failed => {
                self.block = Block::Failed;
                self.portals.clear();
                self.catalog.forget_partial_rollback();
                if self.savepoints.is_empty() {
                    // What the transaction did is undone now, so that others need not wait for it.
                    self.roll_back_keeping_block()?;
                }
                Ok(())
            }
            Block::None | Block::Implicit => {
                self.block = Block::None;
                self.roll_back()
            }
        }
    }

    fn roll_back_keeping_block(&mut self) -> Result<()> {
        self.roll_back()?;
        self.block = Block::Failed;
        Ok(())
    }

    /// A single statement is over: outside of a block it is committed.
    pub fn statement_done(&mut self) -> Result<()> {
        self.stands_alone = false;
        self.transaction.release_snapshots();
        match self.block {
            Block::None => self.commit(),
            _ => self.catalog.next_command(),
        }
    }

    /// The statements of a message are over.
    pub fn sync(&mut self) -> Result<()> {
        self.is_pipelined = false;
        if self.block == Block::Implicit {
            self.block = Block::None;
        }
        if self.block == Block::None && self.transaction.level() > 0 {
            if let Err(error) = self.commit() {
                self.report_error(error)?;
            }
        }
        Ok(())
    }

    /// A statement of the extended protocol begins: behind another it is in a block with it.
    pub fn join_pipeline(&mut self) {
        if self.is_pipelined && self.block == Block::None {
            self.block = Block::Implicit;
        }
    }

    /// A statement of the extended protocol is done. Its transaction goes on until Sync, unless it stands alone.
    pub fn leave_in_pipeline(&mut self, statement: &Statement) -> Result<()> {
        let stands_alone = std::mem::take(&mut self.stands_alone);
        self.is_pipelined = !matches!(statement, Statement::Transaction(_))
            && (!stands_alone || matches!(statement, Statement::Vacuum(_)));
        if stands_alone {
            return self.commit();
        }
        match self.transaction.level() {
            0 => Ok(()),
            _ => self.catalog.next_command(),
        }
    }

    /// BEGIN, COMMIT, ROLLBACK, SAVEPOINT and their kin. Gives the command tag.
    pub fn control(&mut self, kind: &TransactionKind) -> Result<&'static str> {
        match kind {
            TransactionKind::Begin(modes) | TransactionKind::Start(modes) => {
                let tag =
                    if matches!(kind, TransactionKind::Begin(_)) { "BEGIN" } else { "START TRANSACTION" };
                if self.block == Block::Explicit {
                    self.warn(error!(ACTIVE_SQL_TRANSACTION, "there is already a transaction in progress"));
                    return Ok(tag);
                }
                self.begin_if_needed()?;
                self.apply_modes(modes)?;
                self.block = Block::Explicit;
                Ok(tag)
            }
            TransactionKind::Commit { and_chain } => {
                let failed = self.block == Block::Failed;
                if *and_chain {
                    self.require_block("COMMIT AND CHAIN")?;
                }
                if self.block == Block::None || self.block == Block::Implicit {
                    self.no_transaction_warning();
                }
                let isolation = self.transaction.isolation();
                let read_only = self.transaction.is_read_only();
                let outcome = if failed { self.roll_back() } else { self.commit() };
                self.block = Block::None;
                outcome?;
                if *and_chain {
                    self.chain(isolation, read_only)?;
                }
                Ok(if failed { "ROLLBACK" } else { "COMMIT" })
            }
            TransactionKind::Rollback { and_chain } => {
                if *and_chain {
                    self.require_block("ROLLBACK AND CHAIN")?;
                }
                if self.block == Block::None || self.block == Block::Implicit {
                    self.no_transaction_warning();
                }
                let isolation = self.transaction.isolation();
                let read_only = self.transaction.is_read_only();
                self.roll_back()?;
                self.block = Block::None;
                if *and_chain {
                    self.chain(isolation, read_only)?;
                }
                Ok("ROLLBACK")
            }
            TransactionKind::Savepoint(name) => {
                self.require_block("SAVEPOINT")?;
                self.catalog.next_command()?;
                self.transaction.begin_subtransaction();
                self.savepoints.push(name.clone());
                Ok("SAVEPOINT")
            }
            TransactionKind::Release(name) => {
                self.require_block("RELEASE SAVEPOINT")?;
                let at = self.find_savepoint(name)?;
                while self.savepoints.len() > at {
                    let level = self.transaction.level();
                    self.settings.borrow_mut().commit(level);
                    self.transaction.commit_subtransaction();
                    self.savepoints.pop();
                }
                Ok("RELEASE")
            }
            TransactionKind::RollbackTo(name) => {
                self.require_block("ROLLBACK TO SAVEPOINT")?;
                let at = self.find_savepoint(name)?;
                self.portals.clear();
                let mut created = Vec::new();
                while self.savepoints.len() > at {
                    let level = self.transaction.level();
                    self.settings.borrow_mut().rollback(level);
                    created.extend(self.transaction.rollback_subtransaction());
                    self.savepoints.pop();
                }
                self.catalog.forget_partial_rollback();
                created.iter().try_for_each(|file| self.state.pool.drop_relation(*file))?;
                // The savepoint itself stays.
                self.catalog.next_command()?;
                self.transaction.begin_subtransaction();
                self.savepoints.push(name.clone());
                self.block = Block::Explicit;
                Ok("ROLLBACK")
            }
            TransactionKind::Prepare(_) => {
                let failed = self.block == Block::Failed;
                let is_block = failed || self.block == Block::Explicit;
                self.roll_back()?;
                self.block = Block::None;
                if !is_block {
                    self.no_transaction_warning();
                }
                if is_block && !failed {
                    return Err(error!(
                        OBJECT_NOT_IN_PREREQUISITE_STATE,
                        "prepared transactions are disabled"
                    )
                    .hint("Set \"max_prepared_transactions\" to a nonzero value."));
                }
                Ok("ROLLBACK")
            }
            TransactionKind::CommitPrepared(name) => self.end_prepared("COMMIT PREPARED", name),
            TransactionKind::RollbackPrepared(name) => self.end_prepared("ROLLBACK PREPARED", name),
        }
    }

    /// As long as transactions cannot be prepared, there is none to end.
    fn end_prepared(&mut self, what: &str, name: &str) -> Result<&'static str> {
        self.prevent_block(what)?;
        let text = format!("prepared transaction with identifier \"{name}\" does not exist");
        Err(error!(UNDEFINED_OBJECT, "{text}"))
    }

    fn chain(&mut self, isolation: Isolation, read_only: bool) -> Result<()> {
        self.begin_if_needed()?;
        self.transaction.set_isolation(isolation)?;
        self.transaction.set_read_only(read_only);
        self.block = Block::Explicit;
        Ok(())
    }

    fn no_transaction_warning(&mut self) {
        self.warn(error!(NO_ACTIVE_SQL_TRANSACTION, "there is no transaction in progress"));
    }

    /// # Errors
    /// 25P01 outside of a block.
    pub fn require_block(&self, what: &str) -> Result<()> {
        match self.block {
            Block::Explicit | Block::Failed => Ok(()),
            _ => Err(error!(NO_ACTIVE_SQL_TRANSACTION, "{what} can only be used in transaction blocks")),
        }
    }

    /// For what makes no sense alone, but may be one of several statements of a message.
    /// # Errors
    /// 25P01 for a statement alone.
    pub fn require_company(&self, what: &str) -> Result<()> {
        if self.has_company() { Ok(()) } else { self.require_block(what) }
    }

    /// Whether the statement is one of several of a transaction.
    fn has_company(&self) -> bool {
        self.block != Block::None
    }

    /// The statement is committed at once.
    /// # Errors
    /// 25001 inside of a block.
    pub fn prevent_block(&mut self, what: &str) -> Result<()> {
        if self.block == Block::None {
            self.stands_alone = true;
            return Ok(());
        }
        Err(error!(ACTIVE_SQL_TRANSACTION, "{what} cannot run inside a transaction block"))
    }

    fn find_savepoint(&self, name: &str) -> Result<usize> {
        self.savepoints
            .iter()
            .rposition(|savepoint| savepoint == name)
            .ok_or_else(|| error!(S_E_INVALID_SPECIFICATION, "savepoint \"{name}\" does not exist"))
    }

    /// SET CONSTRAINTS: no constraint is deferrable, so there is nothing to do for those that exist.
    /// # Errors
    /// 42704 and 42809 for constraints that are named.
    pub fn set_constraints(&mut self, names: &[RelationName]) -> Result<String> {
        if !self.has_company() {
            self.warn(error!(
                NO_ACTIVE_SQL_TRANSACTION,
                "SET CONSTRAINTS can only be used in transaction blocks"
            ));
        }
        // Whatever is named first is an error.
        if let Some(name) = names.first() {
            let rows = self
                .catalog
                .rows::<PgConstraint>(PgConstraint::BY_CONNAME_NSP, &[Value::text(&name.name)])?;
            let schemas = match &name.schema {
                Some(schema) => self.catalog.namespace_by_name(schema)?.into_iter().collect(),
                None => self.catalog.search_path()?.to_vec(),
            };
            let name = &name.name;
            if rows.iter().any(|row| schemas.contains(&row.connamespace)) {
                return Err(error!(WRONG_OBJECT_TYPE, "constraint \"{name}\" is not deferrable"));
            }
            return Err(error!(UNDEFINED_OBJECT, "constraint \"{name}\" does not exist"));
        }
        Ok("SET CONSTRAINTS".into())
    }

    /// The modes of BEGIN and SET TRANSACTION.
    pub fn apply_modes(&mut self, modes: &[TransactionMode]) -> Result<()> {
        for mode in modes {
            match mode.kind {
                TransactionModeKind::Isolation(level) => self.transaction.set_isolation(match level {
                    IsolationLevel::ReadUncommitted | IsolationLevel::ReadCommitted => {
                        Isolation::ReadCommitted
                    }
                    IsolationLevel::RepeatableRead => Isolation::RepeatableRead,
                    IsolationLevel::Serializable => return Err(serializable_unsupported()),
                })?,
                TransactionModeKind::ReadOnly(read_only) => self.transaction.set_read_only(read_only),
                // Only serializable transactions are ever deferred.
                TransactionModeKind::Deferrable(_) => {}
            }
        }
        Ok(())
    }

    /// # Errors
    /// 25006 in a read-only transaction.
    pub fn prevent_read_only(&self, what: &str) -> Result<()> {
        if !self.transaction.is_read_only() {
            return Ok(());
        }
        Err(error!(READ_ONLY_SQL_TRANSACTION, "cannot execute {what} in a read-only transaction"))
    }
}

pub(crate) fn serializable_unsupported() -> Error {
    Error::unsupported("the isolation level SERIALIZABLE is not supported yet")
        .hint("REPEATABLE READ prevents everything but write skew.")
}
