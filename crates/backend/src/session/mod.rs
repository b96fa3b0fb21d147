//! A session: statements in, answers out, from the greeting until the client leaves.
//!
//! [`main`] is what the binary hands to the server as its session.

mod assignment;
mod auto_explain;
pub mod autovacuum;
mod blocks;
mod copy;
mod copy_file;
mod definition;
mod explain;
mod extended;
mod function_definition;
mod known_text;
mod output;
mod portal;
mod reports;
mod roles;
mod services;
mod settings;
mod simple;
mod statement;
mod statement_count;
mod statement_log;
mod stored_settings;

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::atomic::Ordering;

use background::{CheckpointOptions, ServerState, log};
use catalog::Catalog;
use common::Oid;
use config::Settings;
use error::{Error, Result, Severity, error};
use expression::Registry;
use protocol::backend::TransactionStatus;
use protocol::frontend::Message;
use shared_memory::{ActivityRecord, ActivityState};
use types::FormatSettings;

use crate::client_socket;
use crate::interrupts;
use crate::startup::SessionStart;
use crate::timeouts::{self, Timeout};
use portal::Portal;
pub use roles::roles;
use services::Services;
use statement::Statements;

/// Where a session is with respect to transaction blocks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Block {
    None,
    /// The statements of one simple query message that has several, or of a pipeline.
    Implicit,
    Explicit,
    /// An error happened: everything but its end is refused.
    Failed,
}

pub(crate) struct Session {
    pub start: SessionStart,
    pub state: &'static ServerState,
    pub registry: &'static Registry,
    pub catalog: Rc<Catalog>,
    pub transaction: Rc<transaction::Session>,
    pub settings: Rc<RefCell<Settings>>,
    pub services: Services,
    pub formats: FormatSettings,
    /// The generation of the settings that `formats` and the search path were made from.
    derived_from: Option<(u64, u64)>,
    pub block: Block,
    /// A statement of the extended protocol was executed since the last Sync: the next is in its transaction.
    pub is_pipelined: bool,
    /// The statement that runs cannot be in a transaction with others.
    pub stands_alone: bool,
    /// Names of savepoints, outermost first; level 2 is the first.
    pub savepoints: Vec<String>,
    pub statements: Statements,
    pub portals: HashMap<String, Portal>,
    pub idle: portal::IdleExecutions,
    pub known_texts: known_text::KnownTexts,
    pub notices: Vec<Error>,
    /// The bytes of the text that are the command that runs.
    pub span: statement_count::StatementSpan,
    /// All statements of the transaction are logged.
    pub logs_transaction: bool,
    /// What others see of this session.
    pub activity: ActivityRecord,
    pub user: Oid,
    pub is_superuser: bool,
}

/// Serves a client until it leaves; gives the process's exit code.
pub fn main(start: SessionStart, registry: &'static Registry) -> i32 {
    let mut session = match Session::open(start, registry) {
        Ok(session) => session,
        Err((mut start, error)) => {
            let error = error.with_severity(Severity::Fatal);
            log::report(error.report());
            start.connection.send_last(&error);
            return 1;
        }
    };
    match session.serve() {
        Ok(()) => {
            session.leave();
            0
        }
        Err(error) => {
            session.start.connection.send_last(&error);
            if error.severity() < Severity::Panic {
                session.leave();
            }
            background::ended_by(error)
        }
    }
}

/// Runs a statement; a Rust panic in it, which is a defect, becomes an error of that statement. Guards have released what they held
/// when it comes here, and one that unwinds through a critical section aborts the process before.
fn contained(work: impl FnOnce() -> Result<()>) -> Result<()> {
    match std::panic::catch_unwind(std::panic::AssertUnwindSafe(work)) {
        Ok(outcome) => outcome,
        Err(payload) => {
            let text = payload
                .downcast_ref::<&str>()
                .map(|text| (*text).to_string())
                .or_else(|| payload.downcast_ref::<String>().cloned())
                .unwrap_or_default();
            Err(Error::internal(format!("unexpected failure: {text}")))
        }
    }
}

thread_local! {
    /// Warnings of damaged pages that the client has not been sent yet.
    static DAMAGE: RefCell<Vec<Error>> = const { RefCell::new(Vec::new()) };
}

/// Damage goes to the log at once, and to the client with the next notices if it concerns it.
fn note_damage(report: Error) {
    log::report(report.report());
    if report.severity() == Severity::Warning {
        DAMAGE.with_borrow_mut(|warnings| warnings.push(report));
    }
}

impl Session {
    /// Finds the database and greets the client.
    fn open(
        mut start: SessionStart,
        registry: &'static Registry,
    ) -> std::result::Result<Session, (Box<SessionStart>, Error)> {
        let state = start.state;
        let locks = state.locks.another_view();
        let transaction = Rc::new(transaction::Session::new(state.transactions(), locks, Oid::INVALID));
        let role = match roles::enter_database(state, &transaction, &start.database)
            .and_then(|()| roles::find_role(state, &transaction, &start.user))
        {
            Ok(role) => role,
            Err(error) => return Err((Box::new(start), error)),
        };
        let slot = start.claim.slot();
        slot.database.store(transaction.database().0, Ordering::Relaxed);
        let activity = state.activity.record(slot.index());
        let catalog = Catalog::new(transaction.clone(), state.pool, state.invalidations);
        let catalog = Rc::new(catalog.counting(state.changes));
        if let Err(error) =
            roles::reading(&transaction, || stored_settings::apply(&catalog, role.0, &mut start.settings))
        {
            return Err((Box::new(start), error));
        }
        if let Err(cause) = client_socket::remember(start.connection.socket()) {
            let error = Error::io("could not duplicate socket", &cause);
            return Err((Box::new(start), error));
        }
        client_socket::apply(&start.settings);
        log::configure(&start.settings);
        statement_log::show_in_log(&transaction, slot.index(), activity);
        let settings = Rc::new(RefCell::new(start.settings.clone()));
        let names = services::SessionNames {
            user: start.user.clone(),
            database: start.database.clone(),
            postmaster: start.postmaster,
        };
        let statements = Statements::default();
        let services =
            Services::new(state, catalog.clone(), settings.clone(), names, role.0, statements.clone());
        let mut session = Session {
            start,
            state,
            registry,
            catalog,
            transaction,
            settings,
            services,
            formats: FormatSettings::default(),
            derived_from: None,
            block: Block::None,
            is_pipelined: false,
            stands_alone: false,
            savepoints: Vec::new(),
            statements,
            portals: HashMap::new(),
            idle: portal::IdleExecutions::default(),
            known_texts: known_text::KnownTexts::default(),
            notices: Vec::new(),
            span: (0, 0),
            logs_transaction: false,
            activity,
            user: role.0,
            is_superuser: role.1,
        };
        state.changes.count(session.transaction.database(), Oid::INVALID, common::Counter::Sessions, 1);
        session.start.greet();
        Ok(session)
    }

    fn serve(&mut self) -> Result<()> {
        self.ready();
        let mut skips_to_sync = false;
        loop {
            self.before_reading();
            let Some(message) = self.start.connection.read_message()? else { return Ok(()) };
            timeouts::stop(Timeout::IdleInTransaction);
            timeouts::stop(Timeout::IdleSession);
            if interrupts::take_reload() {
                self.reload_settings();
            }
            if skips_to_sync && !matches!(message.kind, b'S' | b'X') {
                continue;
            }
            let parsed = match message.parse() {
                Ok(Message::Authentication(_)) => {
                    return Err(error!(PROTOCOL_VIOLATION, "invalid frontend message type {}", message.kind)
                        .with_severity(Severity::Fatal));
                }
                Ok(parsed) => parsed,
                Err(error) => {
                    self.report_error(error)?;
                    // Messages of the extended protocol are answered up to the next Sync, others one by one.
                    skips_to_sync = matches!(message.kind, b'P' | b'B' | b'D' | b'E' | b'C' | b'H');
                    if !skips_to_sync {
                        self.ready();
                    }
                    continue;
                }
            };
            match parsed {
                // Whoever says good-bye at once with its questions still wants the answers.
                Message::Terminate => return self.start.connection.flush(),
                Message::Sync => {
                    skips_to_sync = false;
                    self.sync()?;
                    self.ready();
                }
                Message::Flush => self.start.connection.flush()?,
                Message::Query(text) => {
                    interrupts::query_started();
                    let outcome = contained(|| self.simple_query(text));
                    interrupts::query_ended();
                    if let Err(error) = outcome {
                        self.report_error(error)?;
                    }
                    if !self.start.connection.is_out_of_step() {
                        self.ready();
                    }
                }
                other => {
                    interrupts::query_started();
                    let outcome = contained(|| self.extended(other));
                    interrupts::query_ended();
                    if let Err(error) = outcome {
                        skips_to_sync = message.kind != b'F';
                        self.report_error(error)?;
                        if !skips_to_sync {
                            self.ready();
                        }
                    }
                }
            }
            if self.start.connection.is_out_of_step() {
                return Err(error!(
                    PROTOCOL_VIOLATION,
                    "terminating connection because protocol synchronization was lost"
                )
                .with_severity(Severity::Fatal));
            }
        }
    }

    fn ready(&mut self) {
        let status = match self.block {
            Block::None | Block::Implicit => TransactionStatus::Idle,
            Block::Explicit => TransactionStatus::InTransaction,
            Block::Failed => TransactionStatus::Failed,
        };
        self.report_changed_settings();
        self.start.connection.output.ready_for_query(status);
    }

    /// Titles and timeouts for the time in which the client has the word.
    fn before_reading(&mut self) {
        if self.start.connection.has_buffered_input() {
            return;
        }
        let state = match self.block {
            Block::None | Block::Implicit => ActivityState::Idle,
            Block::Explicit => ActivityState::IdleInTransaction,
            Block::Failed => ActivityState::IdleInFailedTransaction,
        };
        self.start.set_title(state.name().unwrap_or_default());
        log::set_statement(None);
        self.show_state(state);
        interrupts::waits_for_client();
        let in_block = matches!(self.block, Block::Explicit | Block::Failed);
        let (id, timeout) = if in_block {
            (config::Id::IdleInTransactionSessionTimeout, Timeout::IdleInTransaction)
        } else {
            (config::Id::IdleSessionTimeout, Timeout::IdleSession)
        };
        let after = self.settings.borrow().integer(id);
        if after > 0 {
            timeouts::start(timeout, std::time::Duration::from_millis(after as u64));
        }
    }

    /// Shows the state in which the session waits for its client.
    fn show_state(&self, state: ActivityState) {
        let shows = self.settings.borrow().bool(config::Id::TrackActivities);
        let state = if shows { state } else { ActivityState::Disabled };
        self.activity.set_state(state, system::clock::wall_us());
    }

    /// Shows the statement that the session begins to work on.
    pub fn show_statement(&self, text: &str) {
        log::set_statement(Some(text));
        if self.settings.borrow().bool(config::Id::TrackActivities) {
            self.activity.begin_statement(text, system::clock::wall_us());
        }
    }

    /// An error goes to the client and the log, and the transaction is rolled back.
    pub fn report_error(&mut self, error: Error) -> Result<()> {
        timeouts::stop(Timeout::Statement);
        let is_last = self.settings.borrow().bool(config::Id::ExitOnError);
        let severity = error.severity().max(if is_last { Severity::Fatal } else { Severity::Debug });
        let error = error.with_severity(severity);
        if error.severity() >= Severity::Fatal {
            return Err(error);
        }
        log::report(error.report());
        self.send_notices();
        self.start.connection.output.report(error.report());
        self.after_error()
    }

    pub fn send_notices(&mut self) {
        let least = self.least_client_severity();
        DAMAGE.with_borrow_mut(|warnings| self.notices.append(warnings));
        for notice in std::mem::take(&mut self.notices) {
            if notice.severity() >= least {
                self.start.connection.output.report(notice.report());
            }
        }
    }

    pub fn warn(&mut self, warning: Error) {
        self.notices.push(warning.with_severity(Severity::Warning));
    }

    pub fn checkpoint(&self) -> Result<()> {
        if !commands::privilege::has_role(&self.catalog, self.user, commands::bootstrap::CHECKPOINT)? {
            return Err(error!(INSUFFICIENT_PRIVILEGE, "permission denied to execute CHECKPOINT command")
                .detail(
                    "Only roles with privileges of the \"pg_checkpoint\" role may execute this command.",
                ));
        }
        let options = CheckpointOptions::FAST.with(CheckpointOptions::FORCE);
        self.state.request_checkpoint(options, true)
    }

    /// What goes with the session.
    fn leave(&mut self) {
        if self.transaction.level() > 0 {
            // The process ends: nothing is left to be told of a failure.
            let _ = self.roll_back();
        }
        self.transaction.locks().release_session(|_| true);
    }
}
