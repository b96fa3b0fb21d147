//! A message of the log in its three forms: lines with a prefix, a CSV row, a JSON object.
//!
//! Columns, keys and their order are PostgreSQL 18's, as log analysers read them by place.

use std::fmt::Write;

use error::{Report, Severity, sqlstate};

use crate::log::{Moment, SessionDescription};
use crate::log_time::{format_time, format_time_ms};

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verbosity {
    Terse,
    Default,
    Verbose,
}

/// What is told of a message.
pub(crate) struct Line<'a> {
    pub prefix: &'a str,
    pub verbosity: Verbosity,
    pub kind: &'a str,
    pub session: Option<&'a SessionDescription>,
    pub started_us: i64,
    pub number: u64,
    pub process: i32,
    pub moment: &'a Moment,
    pub command: &'a str,
    /// The statement that is at work, if it is to be logged.
    pub statement: Option<&'a str>,
    pub report: &'a Report,
    pub now_us: i64,
}

impl Line<'_> {
    fn session_id(&self) -> String {
        format!("{:x}.{:x}", self.started_us / 1_000_000, self.process)
    }

    fn place(&self) -> String {
        match self.session {
            Some(session) if session.port != 0 => format!("{}:{}", session.host, session.port),
            Some(session) => session.host.clone(),
            None => String::new(),
        }
    }

    /// Fields that a terse log leaves out.
    fn more<'t>(&self, text: Option<&'t str>) -> Option<&'t str> {
        text.filter(|_| self.verbosity != Verbosity::Terse)
    }

    /// As lines, the first of which is the message.
    pub fn stderr(&self) -> String {
        let report = self.report;
        let mut text = String::new();
        let mut line = |label: &str, content: &str| {
            text += &self.expanded_prefix();
            text += label;
            text += ":  ";
            text += &content.replace('\n', "\n\t");
            text.push('\n');
        };
        let mut message = String::new();
        if self.verbosity == Verbosity::Verbose {
            message = format!("{}: ", report.sqlstate);
        }
        message += &report.message;
        if report.position > 0 {
            message += &format!(" at character {}", report.position);
        } else if report.internal_position > 0 {
            message += &format!(" at character {}", report.internal_position);
        }
        line(report.severity.as_str(), &message);
        let fields = [
            ("DETAIL", report.detail.as_deref()),
            ("HINT", report.hint.as_deref()),
            ("QUERY", report.internal_query.as_deref()),
            ("CONTEXT", report.context.as_deref()),
        ];
        for (label, content) in fields {
            if let Some(content) = self.more(content) {
                line(label, content);
            }
        }
        if let Some(statement) = self.statement {
            line("STATEMENT", statement);
        }
        text
    }

    /// As a row of 26 columns.
    pub fn csv(&self) -> String {
        let report = self.report;
        let quoted = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
        let known = |text: Option<&str>| text.filter(|text| !text.is_empty()).map_or(String::new(), quoted);
        let optional = |text: Option<&str>| text.map_or(String::new(), quoted);
        let position = |at: usize| if at > 0 { at.to_string() } else { String::new() };
        let session = self.session;
        let columns = [
            format_time_ms(self.now_us),
            known(session.map(|session| session.user.as_str())),
            known(session.map(|session| session.database.as_str())),
            self.process.to_string(),
            optional(session.map(|_| self.place()).as_deref()),
            self.session_id(),
            self.number.to_string(),
            optional(session.map(|_| self.command)),
            format_time(self.started_us),
            self.moment.virtual_transaction.clone(),
            self.moment.transaction.to_string(),
            report.severity.as_str().to_string(),
            report.sqlstate.to_string(),
            quoted(&report.message),
            optional(self.more(report.detail.as_deref())),
            optional(self.more(report.hint.as_deref())),
            optional(self.more(report.internal_query.as_deref())),
            position(report.internal_position),
            optional(self.more(report.context.as_deref())),
            optional(self.statement),
            self.statement.map_or(String::new(), |_| position(report.position)),
            String::new(),
            quoted(session.map_or("", |session| &session.application)),
            quoted(self.kind),
            String::new(),
            self.moment.query_id.to_string(),
        ];
        columns.join(",") + "\n"
    }

    /// As a JSON object; what is not there has no key.
    pub fn json(&self) -> String {
        let report = self.report;
        let mut object = Object(String::from("{"));
        object.text("timestamp", Some(&format_time_ms(self.now_us)));
        if let Some(session) = self.session {
            let known = |text: &'_ str| (!text.is_empty()).then(|| text.to_string());
            object.text("user", known(&session.user).as_deref());
            object.text("dbname", known(&session.database).as_deref());
        }
        object.number("pid", self.process.into());
        if let Some(session) = self.session {
            object.text("remote_host", Some(&session.host));
            if session.port != 0 {
                object.number("remote_port", session.port.into());
            }
        }
        object.text("session_id", Some(&self.session_id()));
        object.number("line_num", self.number as i64);
        object.text("ps", self.session.map(|_| self.command));
        object.text("session_start", Some(&format_time(self.started_us)));
        let virtual_transaction = &self.moment.virtual_transaction;
        object.text("vxid", (!virtual_transaction.is_empty()).then_some(virtual_transaction));
        object.number("txid", self.moment.transaction as i64);
        object.text("error_severity", Some(report.severity.as_str()));
        if report.sqlstate != sqlstate::SUCCESSFUL_COMPLETION {
            object.text("state_code", Some(&report.sqlstate.to_string()));
        }
        object.text("message", Some(&report.message));
        object.text("detail", self.more(report.detail.as_deref()));
        object.text("hint", self.more(report.hint.as_deref()));
        object.text("internal_query", self.more(report.internal_query.as_deref()));
        if report.internal_position > 0 {
            object.number("internal_position", report.internal_position as i64);
        }
        object.text("context", self.more(report.context.as_deref()));
        if let Some(statement) = self.statement {
            object.text("statement", Some(statement));
            if report.position > 0 {
                object.number("cursor_position", report.position as i64);
            }
        }
        let application = self.session.map_or("", |session| &session.application);
        object.text("application_name", (!application.is_empty()).then_some(application));
        object.text("backend_type", Some(self.kind));
        object.number("query_id", self.moment.query_id);
        object.0 + "}\n"
    }

    fn expanded_prefix(&self) -> String {
        let mut text = String::new();
        let mut chars = self.prefix.chars().peekable();
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
            let Some(escape) = chars.next() else { break };
            if escape == 'q' {
                match self.session {
                    None => break,
                    Some(_) => continue,
                }
            }
            let Some(field) = self.escape(escape) else { continue };
            match is_left {
                true => text += &format!("{field:<width$}"),
                false => text += &format!("{field:>width$}"),
            }
        }
        text
    }

    /// The content of an escape of `log_line_prefix`; `None` for a letter without meaning.
    fn escape(&self, letter: char) -> Option<String> {
        let of_session = |get: fn(&SessionDescription) -> &str| {
            self.session.map_or(String::new(), |session| match get(session) {
                "" => "[unknown]".to_string(),
                known => known.to_string(),
            })
        };
        let host = || self.session.map_or(String::new(), |session| session.host.clone());
        Some(match letter {
            'a' => of_session(|session| &session.application),
            'u' => of_session(|session| &session.user),
            'd' => of_session(|session| &session.database),
            'r' => match self.session {
                Some(session) if session.port != 0 => format!("{}({})", session.host, session.port),
                _ => host(),
            },
            // The server's own address; a socket of this machine is "[local]".
            'L' => match self.session {
                Some(session) if session.port == 0 => "[local]".to_string(),
                Some(session) => session.server_address.clone(),
                None => "[none]".to_string(),
            },
            'h' => host(),
            'b' => self.kind.to_string(),
            'p' => self.process.to_string(),
            // The leader of a parallel group; there is none.
            'P' => String::new(),
            't' => format_time(self.now_us),
            'm' => format_time_ms(self.now_us),
            'n' => format!("{}.{:03}", self.now_us / 1_000_000, self.now_us / 1000 % 1000),
            'i' => self.command.to_string(),
            'e' => self.report.sqlstate.to_string(),
            'c' => self.session_id(),
            'l' => self.number.to_string(),
            's' => format_time(self.started_us),
            'v' => self.moment.virtual_transaction.clone(),
            'x' => self.moment.transaction.to_string(),
            'Q' => self.moment.query_id.to_string(),
            '%' => "%".to_string(),
            _ => return None,
        })
    }
}

/// A JSON object that is being written.
struct Object(String);

impl Object {
    fn key(&mut self, key: &str) {
        if self.0.len() > 1 {
            self.0.push(',');
        }
        let _ = write!(self.0, "\"{key}\":");
    }

    fn number(&mut self, key: &str, value: i64) {
        self.key(key);
        let _ = write!(self.0, "{value}");
    }

    fn text(&mut self, key: &str, value: Option<&str>) {
        let Some(value) = value else { return };
        self.key(key);
        self.0.push('"');
        for c in value.chars() {
            match c {
                '"' => self.0 += "\\\"",
                '\\' => self.0 += "\\\\",
                '\n' => self.0 += "\\n",
                '\r' => self.0 += "\\r",
                '\t' => self.0 += "\\t",
                '\u{8}' => self.0 += "\\b",
                '\u{c}' => self.0 += "\\f",
                c if c < ' ' => drop(write!(self.0, "\\u{:04x}", c as u32)),
                c => self.0.push(c),
            }
        }
        self.0.push('"');
    }
}

/// The log's own order, in which LOG stands between ERROR and FATAL.
pub(crate) fn rank(severity: Severity) -> u32 {
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

pub(crate) fn rank_of_name(name: &str) -> u32 {
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

    fn check(
        prefix: &str,
        session: Option<SessionDescription>,
        report: &Report,
        expected: &str,
        form: fn(&Line<'_>) -> String,
    ) {
        let moment = Moment { virtual_transaction: "3/4".into(), transaction: 9, query_id: -5 };
        let line = Line {
            prefix,
            verbosity: Verbosity::Default,
            kind: "client backend",
            session: session.as_ref(),
            started_us: 0,
            number: 3,
            process: 255,
            moment: &moment,
            command: "SELECT",
            statement: (report.severity == Severity::Error).then_some("SELECT\n\"1\""),
            report,
            now_us: 1_500_000,
        };
        assert_eq!(form(&line), expected);
    }

    fn session() -> SessionDescription {
        SessionDescription {
            user: "ada".into(),
            database: "shop".into(),
            host: "10.0.0.1".into(),
            port: 99,
            ..SessionDescription::default()
        }
    }

    /// Prefix escapes, continuation lines and the added lines are PostgreSQL's.
    #[test]
    fn lines_are_formed() {
        let error = error::error!(SYNTAX_ERROR, "syntax error\nhere").at(7).hint("Look.");
        check(
            "%m %u@%d %r %a %e %c %-5l %Q %i %v|",
            Some(session()),
            error.report(),
            "1970-01-01 00:00:01.500 UTC ada@shop 10.0.0.1(99) [unknown] 42601 0.ff 3     -5 SELECT 3/4|ERROR:  syntax error\n\
             \there at character 7\n\
             1970-01-01 00:00:01.500 UTC ada@shop 10.0.0.1(99) [unknown] 42601 0.ff 3     -5 SELECT 3/4|HINT:  Look.\n\
             1970-01-01 00:00:01.500 UTC ada@shop 10.0.0.1(99) [unknown] 42601 0.ff 3     -5 SELECT 3/4|STATEMENT:  SELECT\n\t\"1\"\n",
            |line| line.stderr(),
        );
        let note = error::error!(SUCCESSFUL_COMPLETION, "x").with_severity(Severity::Notice);
        check("%t %q%u ", None, note.report(), "1970-01-01 00:00:01 UTC NOTICE:  x\n", |line| line.stderr());
    }

    /// The columns of the CSV form and the keys of the JSON form, with quotes and line ends in their texts.
    #[test]
    fn rows_and_objects_are_formed() {
        let error = error::error!(SYNTAX_ERROR, "no \"x\"").at(7).hint("Look.");
        check(
            "",
            Some(session()),
            error.report(),
            "1970-01-01 00:00:01.500 UTC,\"ada\",\"shop\",255,\"10.0.0.1:99\",0.ff,3,\"SELECT\",1970-01-01 00:00:00 UTC,3/4,9,\
             ERROR,42601,\"no \"\"x\"\"\",,\"Look.\",,,,\"SELECT\n\"\"1\"\"\",7,,\"\",\"client backend\",,-5\n",
            |line| line.csv(),
        );
        check(
            "",
            Some(session()),
            error.report(),
            "{\"timestamp\":\"1970-01-01 00:00:01.500 UTC\",\"user\":\"ada\",\"dbname\":\"shop\",\"pid\":255,\
             \"remote_host\":\"10.0.0.1\",\"remote_port\":99,\"session_id\":\"0.ff\",\"line_num\":3,\"ps\":\"SELECT\",\
             \"session_start\":\"1970-01-01 00:00:00 UTC\",\"vxid\":\"3/4\",\"txid\":9,\"error_severity\":\"ERROR\",\
             \"state_code\":\"42601\",\"message\":\"no \\\"x\\\"\",\"hint\":\"Look.\",\"statement\":\"SELECT\\n\\\"1\\\"\",\
             \"cursor_position\":7,\"backend_type\":\"client backend\",\"query_id\":-5}\n",
            |line| line.json(),
        );
    }
}
