//! What is logged of statements: their text before they run, and how long they took.
//!
//! `log_statement` picks statements by what they do, `log_min_duration_statement` by how long they took; who was logged with
//! its text before is not logged with it again.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use background::log;
use config::Id;
use error::{Error, Severity, sqlstate};
use parser::ast::Statement;
use shared_memory::ActivityRecord;
use storage_lock::{LockMode, LockTag, LongWait};
use types::{Value, io};

use super::Session;
use super::statement::Prepared;

/// What a statement does, as `log_statement` orders it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Sort {
    Definition,
    Modification,
    Other,
}

/// A step of a statement whose time is taken.
pub(crate) struct Timed {
    started_us: u64,
    was_logged: bool,
}

impl Session {
    /// A step begins.
    pub fn time(&self) -> Timed {
        Timed { started_us: system::clock::monotonic_us(), was_logged: false }
    }

    /// Logs the text of a message's statements if `log_statement` asks for one of them. `form` gives the text and its detail.
    pub fn log_statements<'a>(
        &self,
        timed: &mut Timed,
        statements: impl IntoIterator<Item = &'a Statement>,
        form: impl FnOnce(&Session) -> (String, Option<String>),
    ) {
        let most = match self.settings.borrow().text(Id::LogStatement) {
            "ddl" => Sort::Definition,
            "mod" => Sort::Modification,
            "all" => Sort::Other,
            _ => return,
        };
        if statements.into_iter().any(|statement| self.sort_of(statement) <= most) {
            let (text, detail) = form(self);
            log::statement_message(text, detail);
            timed.was_logged = true;
        }
    }

    /// A step is over: logs how long it took, with its text if that was long enough and is not in the log yet.
    pub fn log_duration(&self, timed: &Timed, form: impl FnOnce(&Session) -> (String, Option<String>)) {
        let (least_ms, sampled_ms, always) = {
            let settings = self.settings.borrow();
            (
                settings.integer(Id::LogMinDurationStatement),
                settings.integer(Id::LogMinDurationSample),
                settings.bool(Id::LogDuration),
            )
        };
        if least_ms < 0 && sampled_ms < 0 && !always && !self.logs_transaction {
            return;
        }
        let took_us = system::clock::monotonic_us() - timed.started_us;
        let lasted = |least_ms: i64| least_ms >= 0 && took_us >= least_ms as u64 * 1000;
        let is_long = lasted(least_ms)
            || self.logs_transaction
            || lasted(sampled_ms) && is_chosen(self.settings.borrow().real(Id::LogStatementSampleRate));
        let took = format!("duration: {}.{:03} ms", took_us / 1000, took_us % 1000);
        if is_long && !timed.was_logged {
            let (text, detail) = form(self);
            log::statement_message(format!("{took}  {text}"), detail);
        } else if is_long || always {
            log::statement_message(took, None);
        }
    }

    fn sort_of(&self, statement: &Statement) -> Sort {
        match statement {
            Statement::Insert(_)
            | Statement::Update(_)
            | Statement::Delete(_)
            | Statement::Merge(_)
            | Statement::Truncate(_) => Sort::Modification,
            Statement::Copy(copy) if copy.is_from => Sort::Modification,
            Statement::Prepare(prepare) => self.sort_of(&prepare.statement),
            Statement::Execute(execute) => match self.statement(&execute.name) {
                Ok(prepared) => {
                    prepared.statement.as_ref().map_or(Sort::Other, |raw| self.sort_of(&raw.statement))
                }
                Err(_) => Sort::Other,
            },
            Statement::Explain(explain) => self.sort_of(&explain.statement),
            Statement::Select(_)
            | Statement::Transaction(_)
            | Statement::Set(_)
            | Statement::Show(_)
            | Statement::ConstraintsSet(_)
            | Statement::DeclareCursor(_)
            | Statement::Fetch(_)
            | Statement::Close(_)
            | Statement::Deallocate(_)
            | Statement::Discard(_)
            | Statement::Listen(_)
            | Statement::Unlisten(_)
            | Statement::Notify(_)
            | Statement::Load(_)
            | Statement::Checkpoint
            | Statement::Do(_)
            | Statement::Call(_)
            | Statement::Copy(_)
            | Statement::Vacuum(_)
            | Statement::Cluster(_)
            | Statement::Reindex(_)
            | Statement::Lock(_) => Sort::Other,
            _ => Sort::Definition,
        }
    }

    /// The values of a portal's parameters, as the detail of a message.
    pub fn parameter_detail(&self, prepared: &Prepared, values: &[Value]) -> Option<String> {
        let longest = usize::try_from(self.settings.borrow().integer(Id::LogParameterMaxLength));
        Some(format!("Parameters: {}", self.parameter_list(prepared, values, longest.unwrap_or(usize::MAX))?))
    }

    /// The values of a portal's parameters, each cut to so many bytes.
    pub fn parameter_list(&self, prepared: &Prepared, values: &[Value], longest: usize) -> Option<String> {
        if values.is_empty() || longest == 0 {
            return None;
        }
        let context = io::Context { settings: &self.formats, catalog: self.services.names() };
        let shown =
            values.iter().zip(&prepared.parameter_types).enumerate().map(|(at, (value, data_type))| {
                let text = match value {
                    Value::Null => "NULL".to_string(),
                    value => match io::output_text(*data_type, value, &context) {
                        Ok(text) if text.len() > longest => {
                            let kept = &text[..text.floor_char_boundary(longest)];
                            format!("'{}...'", kept.replace('\'', "''"))
                        }
                        Ok(text) => format!("'{}'", text.replace('\'', "''")),
                        Err(_) => "?".to_string(),
                    },
                };
                format!("${} = {text}", at + 1)
            });
        Some(shown.collect::<Vec<_>>().join(", "))
    }
}

/// Whether something is one of this share that are chosen.
pub(crate) fn is_chosen(share: f64) -> bool {
    // The upper bits of a random number as a fraction.
    let random = || (system::random::number().unwrap_or(0) >> 11) as f64 / (1u64 << 53) as f64;
    share >= 1.0 || share > 0.0 && random() < share
}

thread_local! {
    /// The session's transaction and its slot, for those who log.
    static CURRENT: RefCell<Option<(Rc<transaction::Session>, usize, ActivityRecord)>> = const { RefCell::new(None) };
}

/// From now on messages tell of this session's transaction.
pub(crate) fn show_in_log(transaction: &Rc<transaction::Session>, slot: usize, activity: ActivityRecord) {
    CURRENT.set(Some((transaction.clone(), slot, activity)));
    log::set_moment(|| {
        CURRENT.with_borrow(|current| {
            let Some((transaction, slot, activity)) = current else { return log::Moment::default() };
            let number = if transaction.level() > 0 { transaction.virtual_number() } else { 0 };
            log::Moment {
                virtual_transaction: format!("{slot}/{number}"),
                transaction: transaction.top_xid().map_or(0, |xid| xid.0),
                query_id: activity.query_id(),
            }
        })
    });
}

/// Logs a wait for a lock that took longer than `deadlock_timeout`.
pub(crate) fn log_long_wait(wait: &LongWait, mode: LockMode, tag: &LockTag, waited_us: u64) {
    let process = system::process::current();
    let took = format!("{}.{:03} ms", waited_us / 1000, waited_us % 1000);
    let what = format!("{} on {tag}", mode.name());
    let listed = |of: &[i32]| of.iter().map(i32::to_string).collect::<Vec<_>>().join(", ");
    let around = |holders: &[i32], queue: &[i32]| {
        let plural = if holders.len() == 1 { "Process" } else { "Processes" };
        format!("{plural} holding the lock: {}. Wait queue: {}.", listed(holders), listed(queue))
    };
    let (text, detail) = match wait {
        LongWait::Waiting { holders, queue } => {
            (format!("process {process} still waiting for {what} after {took}"), around(holders, queue))
        }
        LongWait::Acquired => {
            return log::message(format!("process {process} acquired {what} after {took}"));
        }
        LongWait::Deadlock { holders, queue } => (
            format!("process {process} detected deadlock while waiting for {what} after {took}"),
            around(holders, queue),
        ),
    };
    let report = Error::new(sqlstate::SUCCESSFUL_COMPLETION, text).detail(detail);
    log::report(report.with_severity(Severity::Log).report());
}

/// A prepared statement and a portal as messages name them.
pub(crate) fn name_of(statement: &str, portal: &str) -> String {
    let statement = if statement.is_empty() { "<unnamed>" } else { statement };
    if portal.is_empty() { statement.to_string() } else { format!("{statement}/{portal}") }
}

thread_local! {
    static LEAST_TEMPORARY_BYTES: Cell<u64> = const { Cell::new(0) };
}

/// Temporary files of at least this size are logged.
pub(crate) fn log_temporary_files_from(bytes: u64) {
    LEAST_TEMPORARY_BYTES.set(bytes);
}

/// A temporary file goes.
pub(crate) fn log_temporary_file(path: &str, bytes: u64) {
    if bytes >= LEAST_TEMPORARY_BYTES.get() {
        log::message(format!("temporary file: path \"{path}\", size {bytes}"));
    }
}
