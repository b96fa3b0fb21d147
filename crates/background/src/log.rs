//! The server log: what is written, and where it goes.
//!
//! Every process writes its own messages: lines with one `write` each to the standard error, or frames for the logger, so that
//! those of different processes do not mix. The forms are in `log_format.rs`. Entry points: [`report`], [`message`];
//! [`configure`] takes the settings, [`describe_session`] the client that a message tells of.

use std::cell::RefCell;
use std::io::Write;

use config::{Id, Settings};
use error::{Report, Severity, sqlstate};
use system::{clock, process};

use crate::log_format::{Line, Verbosity, rank, rank_of_name};
use crate::log_pipe;
pub use crate::log_pipe::Destination;
use crate::log_time::use_zone;
pub use crate::log_time::{format_time, format_time_ms};

/// Whom a client process serves.
#[derive(Clone, Default, Debug)]
pub struct SessionDescription {
    pub user: String,
    pub database: String,
    pub application: String,
    /// Address or `[local]`.
    pub host: String,
    /// 0 for a Unix-domain socket.
    pub port: u16,
    /// The address at which the client reached the server; empty for a Unix-domain socket.
    pub server_address: String,
}

/// What only the session knows at the moment of a message.
#[derive(Clone, Default, Debug)]
pub struct Moment {
    /// `%v`.
    pub virtual_transaction: String,
    /// `%x`.
    pub transaction: u64,
    /// `%Q`.
    pub query_id: i64,
}

struct Context {
    prefix: String,
    destinations: Vec<Destination>,
    /// A logger reads what is written.
    is_collected: bool,
    least: u32,
    least_for_statement: u32,
    verbosity: Verbosity,
    kind: &'static str,
    session: Option<SessionDescription>,
    started_us: i64,
    number: u64,
    /// The process that the other fields were set in; a forked child counts its lines anew.
    process: i32,
    moment: Option<fn() -> Moment>,
    command: String,
    /// The statement that runs, while `has_statement`.
    statement: String,
    has_statement: bool,
}

thread_local! {
    static CONTEXT: RefCell<Context> = RefCell::new(Context {
        prefix: "%m [%p] ".to_string(),
        destinations: vec![Destination::Stderr],
        is_collected: false,
        least: rank(Severity::Warning),
        least_for_statement: rank(Severity::Error),
        verbosity: Verbosity::Default,
        kind: "postmaster",
        session: None,
        started_us: clock::wall_us(),
        number: 0,
        process: process::current(),
        moment: None,
        command: String::new(),
        statement: String::new(),
        has_statement: false,
    });
}

/// Takes over the settings that shape the log.
pub fn configure(settings: &Settings) {
    use_zone(settings.text(Id::LogTimezone));
    CONTEXT.with_borrow_mut(|context| {
        context.prefix = settings.text(Id::LogLinePrefix).to_string();
        context.destinations = Destination::parse(settings.text(Id::LogDestination));
        context.least = rank_of_name(settings.text(Id::LogMinMessages));
        context.least_for_statement = rank_of_name(settings.text(Id::LogMinErrorStatement));
        context.verbosity = match settings.text(Id::LogErrorVerbosity) {
            "terse" => Verbosity::Terse,
            "verbose" => Verbosity::Verbose,
            _ => Verbosity::Default,
        };
    });
}

/// Whether the standard error of this process and its children is read by the logger.
pub fn set_collected(is_collected: bool) {
    CONTEXT.with_borrow_mut(|context| context.is_collected = is_collected);
}

/// What this process is, for `%b`; a new process's first call.
pub fn set_process_kind(kind: &'static str) {
    CONTEXT.with_borrow_mut(|context| {
        context.kind = kind;
        context.session = None;
        context.started_us = clock::wall_us();
        context.number = 0;
        context.process = process::current();
    });
}

/// The client that this process serves.
pub fn describe_session(session: SessionDescription) {
    CONTEXT.with_borrow_mut(|context| context.session = Some(session));
}

/// `application_name` has changed.
pub fn set_application(name: &str) {
    CONTEXT.with_borrow_mut(|context| {
        if let Some(session) = &mut context.session {
            session.application = name.to_string();
        }
    });
}

/// What the session does: `idle`, `SELECT` ...
pub fn set_command(command: &str) {
    CONTEXT.with_borrow_mut(|context| {
        context.command.clear();
        context.command.push_str(command);
    });
}

/// The statement that runs from now on; logged with errors.
pub fn set_statement(statement: Option<&str>) {
    CONTEXT.with_borrow_mut(|context| {
        context.has_statement = statement.is_some();
        if let Some(statement) = statement {
            context.statement.clear();
            context.statement.push_str(statement);
        }
    });
}

/// Names the function that tells what the session is doing at the moment of a message.
pub fn set_moment(moment: fn() -> Moment) {
    CONTEXT.with_borrow_mut(|context| context.moment = Some(moment));
}

fn log_report(text: String) -> error::Error {
    error::Error::new(sqlstate::SUCCESSFUL_COMPLETION, text).with_severity(Severity::Log)
}

/// Writes a line at level LOG.
pub fn message(text: impl Into<String>) {
    report(log_report(text.into()).report());
}

/// The same for a message that has the statement in it.
pub fn statement_message(text: impl Into<String>, detail: Option<String>) {
    let message = log_report(text.into());
    let message = match detail {
        Some(detail) => message.detail(detail),
        None => message,
    };
    write(message.report(), false);
}

/// The same at another level.
pub fn statement_report(severity: Severity, text: String) {
    write(log_report(text).with_severity(severity).report(), false);
}

/// Whether a report of this severity would be written.
pub fn is_logged(severity: Severity) -> bool {
    CONTEXT.with_borrow(|context| rank(severity) >= context.least)
}

/// Writes a report if its severity is logged.
pub fn report(report: &Report) {
    write(report, true);
}

fn write(report: &Report, with_statement: bool) {
    if !is_logged(report.severity) {
        return;
    }
    let moment = CONTEXT.with_borrow(|context| context.moment).map(|moment| moment()).unwrap_or_default();
    CONTEXT.with_borrow_mut(|context| {
        context.number += 1;
        let tells_statement =
            with_statement && context.has_statement && rank(report.severity) >= context.least_for_statement;
        let line = Line {
            prefix: &context.prefix,
            verbosity: context.verbosity,
            kind: context.kind,
            session: context.session.as_ref(),
            started_us: context.started_us,
            number: context.number,
            process: context.process,
            moment: &moment,
            command: &context.command,
            statement: tells_statement.then_some(&*context.statement),
            report,
            now_us: clock::wall_us(),
        };
        let mut output = std::io::stderr();
        if !context.is_collected {
            // Where the log itself cannot be written there is nowhere left to tell it.
            let _ = output.write_all(line.stderr().as_bytes());
            return;
        }
        for destination in &context.destinations {
            let text = match destination {
                Destination::Stderr => line.stderr(),
                Destination::Csv => line.csv(),
                Destination::Json => line.json(),
            };
            log_pipe::send(&mut output, *destination, context.process, text.as_bytes());
        }
    });
}
