//! The server log, in PostgreSQL's stderr format.
//!
//! Every process writes its own messages, each with one `write`, so that lines of different processes do not mix. Entry points:
//! [`report`], [`message`]; [`configure`] takes the settings, [`describe_session`] the client that the prefix tells of.

use std::cell::RefCell;
use std::io::Write;

use config::{Id, Settings};
use error::{Report, Severity, SqlState, sqlstate};
use system::{clock, process};

pub use crate::log_time::{format_time, format_time_ms};

/// Whom a client process serves, as `log_line_prefix` shows it.
#[derive(Clone, Default, Debug)]
pub struct SessionDescription {
    pub user: String,
    pub database: String,
    pub application: String,
    /// Address or `[local]`.
    pub host: String,
    /// 0 for a Unix-domain socket.
    pub port: u16,
}

/// What only the session knows at the moment of a message.
#[derive(Clone, Default, Debug)]
pub struct Moment {
    /// `%i`.
    pub command: &'static str,
    /// `%v`.
    pub virtual_transaction: String,
    /// `%x`.
    pub transaction: u64,
    /// The statement that runs; logged with errors.
    pub statement: Option<String>,
}

struct Context {
    prefix: String,
    least: u32,
    least_for_statement: u32,
    verbosity: Verbosity,
    kind: &'static str,
    session: Option<SessionDescription>,
    started_us: i64,
    line: u64,
    /// The process that the other fields were set in; a forked child counts its lines anew.
    process: i32,
    moment: Option<fn() -> Moment>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Verbosity {
    Terse,
    Default,
    Verbose,
}

thread_local! {
    static CONTEXT: RefCell<Context> = RefCell::new(Context {
        prefix: "%m [%p] ".to_string(),
        least: rank(Severity::Warning),
        least_for_statement: rank(Severity::Error),
        verbosity: Verbosity::Default,
        kind: "postmaster",
        session: None,
        started_us: clock::wall_us(),
        line: 0,
        process: process::current(),
        moment: None,
    });
}

/// Takes over the settings that shape the log.
pub fn configure(settings: &Settings) {
    CONTEXT.with_borrow_mut(|context| {
        context.prefix = settings.text(Id::LogLinePrefix).to_string();
        context.least = rank_of_name(settings.text(Id::LogMinMessages));
        context.least_for_statement = rank_of_name(settings.text(Id::LogMinErrorStatement));
        context.verbosity = match settings.text(Id::LogErrorVerbosity) {
            "terse" => Verbosity::Terse,
            "verbose" => Verbosity::Verbose,
            _ => Verbosity::Default,
        };
    });
}

/// What this process is, for `%b`; a new process's first call.
pub fn set_process_kind(kind: &'static str) {
    CONTEXT.with_borrow_mut(|context| {
        context.kind = kind;
        context.session = None;
        context.started_us = clock::wall_us();
        context.line = 0;
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

/// Names the function that tells what the session is doing at the moment of a message.
pub fn set_moment(moment: fn() -> Moment) {
    CONTEXT.with_borrow_mut(|context| context.moment = Some(moment));
}

/// Writes a line at level LOG.
pub fn message(text: impl Into<String>) {
    let error = error::Error::new(sqlstate::SUCCESSFUL_COMPLETION, text.into());
    report(error.with_severity(Severity::Log).report());
}

/// Whether a report of this severity would be written.
pub fn is_logged(severity: Severity) -> bool {
    CONTEXT.with_borrow(|context| rank(severity) >= context.least)
}

/// Writes a report if its severity is logged.
pub fn report(report: &Report) {
    if !is_logged(report.severity) {
        return;
    }
    let moment = CONTEXT.with_borrow(|context| context.moment).map(|moment| moment()).unwrap_or_default();
    let text = CONTEXT.with_borrow_mut(|context| {
        context.line += 1;
        format_report(context, &moment, report, clock::wall_us())
    });
    // Where the log itself cannot be written there is nowhere left to tell it.
    let _ = std::io::stderr().write_all(text.as_bytes());
}

fn format_report(context: &Context, moment: &Moment, report: &Report, now_us: i64) -> String {
    let mut text = String::new();
    let mut line = |label: &str, content: &str| {
        text += &prefix(context, moment, report.sqlstate, now_us);
        text += label;
        text += ":  ";
        text += &content.replace('\n', "\n\t");
        text.push('\n');
    };
    let mut message = String::new();
    if context.verbosity == Verbosity::Verbose {
        message = format!("{}: ", report.sqlstate);
    }
    message += &report.message;
    if report.position > 0 {
        message += &format!(" at character {}", report.position);
    } else if report.internal_position > 0 {
        message += &format!(" at character {}", report.internal_position);
    }
    line(report.severity.as_str(), &message);
    if context.verbosity != Verbosity::Terse {
        let fields = [
            ("DETAIL", report.detail.as_deref()),
            ("HINT", report.hint.as_deref()),
            ("QUERY", report.internal_query.as_deref()),
            ("CONTEXT", report.context.as_deref()),
        ];
        for (label, content) in fields {
            if let Some(content) = content {
                line(label, content);
            }
        }
    }
    if let Some(statement) = &moment.statement
        && rank(report.severity) >= context.least_for_statement
    {
        line("STATEMENT", statement);
    }
    text
}

fn prefix(context: &Context, moment: &Moment, sqlstate: SqlState, now_us: i64) -> String {
    let mut text = String::new();
    let mut chars = context.prefix.chars().peekable();
    while let Some(c) = chars.next() {
        if c != '%' {
            text.push(c);
            continue;
        }
        let is_left = chars.next_if_eq(&'-').is_some();
        let mut width = 0usize;
        while let Some(digit) = chars.peek().and_then(|c| c.to_digit(10)) {
            width = (width * 10 + digit as usize).min(1000);
            chars.next();
        }
        let session = context.session.as_ref();
        let of_session = |get: fn(&SessionDescription) -> &str| {
            session.map_or(String::new(), |session| match get(session) {
                "" => "[unknown]".to_string(),
                known => known.to_string(),
            })
        };
        let host = || session.map_or(String::new(), |session| session.host.clone());
        let field = match chars.next() {
            Some('a') => of_session(|session| &session.application),
            Some('u') => of_session(|session| &session.user),
            Some('d') => of_session(|session| &session.database),
            Some('r') => match session {
                Some(session) if session.port != 0 => format!("{}({})", session.host, session.port),
                _ => host(),
            },
            Some('h') => host(),
            Some('b') => context.kind.to_string(),
            Some('p') => process::current().to_string(),
            Some('P') => String::new(),
            Some('t') => format_time(now_us),
            Some('m') => format_time_ms(now_us),
            Some('n') => format!("{}.{:03}", now_us / 1_000_000, now_us / 1000 % 1000),
            Some('i') => moment.command.to_string(),
            Some('e') => sqlstate.to_string(),
            Some('c') => format!("{:x}.{:x}", context.started_us / 1_000_000, context.process),
            Some('l') => context.line.to_string(),
            Some('s') => format_time(context.started_us),
            Some('v') => moment.virtual_transaction.clone(),
            Some('x') => moment.transaction.to_string(),
            Some('Q') => "0".to_string(),
            Some('q') if session.is_none() => break,
            Some('q') => continue,
            Some('%') => "%".to_string(),
            Some(_) => continue,
            None => break,
        };
        match is_left {
            true => text += &format!("{field:<width$}"),
            false => text += &format!("{field:>width$}"),
        }
    }
    text
}

/// The log's own order, in which LOG stands between ERROR and FATAL.
fn rank(severity: Severity) -> u32 {
    match severity {
        Severity::Debug => 1,
        Severity::Info => 2,
        Severity::Notice => 3,
        Severity::Warning => 4,
        Severity::Error => 5,
        Severity::Log => 6,
        Severity::Fatal => 7,
        Severity::Panic => 8,
    }
}

fn rank_of_name(name: &str) -> u32 {
    match name {
        "info" => 2,
        "notice" => 3,
        "warning" => 4,
        "error" => 5,
        "log" => 6,
        "fatal" => 7,
        "panic" => 8,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(prefix: &str, session: Option<SessionDescription>, report: &Report, expected: &str) {
        let context = Context {
            prefix: prefix.to_string(),
            least: 0,
            least_for_statement: 5,
            verbosity: Verbosity::Default,
            kind: "client backend",
            session,
            started_us: 0,
            line: 3,
            process: 255,
            moment: None,
        };
        let moment = Moment { statement: Some("SELECT\n1".to_string()), ..Moment::default() };
        assert_eq!(format_report(&context, &moment, report, 1_500_000), expected);
    }

    /// Prefix escapes, continuation lines and the added lines are PostgreSQL's.
    #[test]
    fn lines_are_formed() {
        let error = error::error!(SYNTAX_ERROR, "syntax error\nhere").at(7).hint("Look.");
        let session = SessionDescription {
            user: "ada".into(),
            database: "shop".into(),
            host: "10.0.0.1".into(),
            port: 99,
            ..SessionDescription::default()
        };
        check(
            "%m %u@%d %r %a %e %c %-5l|",
            Some(session),
            error.report(),
            "1970-01-01 00:00:01.500 UTC ada@shop 10.0.0.1(99) [unknown] 42601 0.ff 3    |ERROR:  syntax error\n\
             \there at character 7\n\
             1970-01-01 00:00:01.500 UTC ada@shop 10.0.0.1(99) [unknown] 42601 0.ff 3    |HINT:  Look.\n\
             1970-01-01 00:00:01.500 UTC ada@shop 10.0.0.1(99) [unknown] 42601 0.ff 3    |STATEMENT:  SELECT\n\t1\n",
        );
        let note = error::error!(SUCCESSFUL_COMPLETION, "x").with_severity(Severity::Notice);
        check("%t %q%u ", None, note.report(), "1970-01-01 00:00:01 UTC NOTICE:  x\n");
    }
}
