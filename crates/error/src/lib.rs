//! The error value that every layer returns and that becomes an ErrorResponse or NoticeResponse.
//!
//! Entry points: [`Error`], the [`error!`] and [`bail!`] macros, and the codes in [`sqlstate`].
#![forbid(unsafe_code)]

pub mod sqlstate;

use std::borrow::Cow;
use std::fmt;

pub use sqlstate::SqlState;

pub type Result<T, E = Error> = std::result::Result<T, E>;

/// How grave a report is, as in PostgreSQL's protocol and log.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Severity {
    Debug,
    Info,
    Notice,
    Warning,
    Log,
    /// Ends the statement.
    Error,
    /// Ends the session.
    Fatal,
    /// Ends every session: shared state can no longer be trusted.
    Panic,
}

impl Severity {
    pub fn as_str(self) -> &'static str {
        match self {
            Severity::Debug => "DEBUG",
            Severity::Info => "INFO",
            Severity::Notice => "NOTICE",
            Severity::Warning => "WARNING",
            Severity::Log => "LOG",
            Severity::Error => "ERROR",
            Severity::Fatal => "FATAL",
            Severity::Panic => "PANIC",
        }
    }
}

/// An error (or notice) with all the fields that PostgreSQL's protocol knows.
#[derive(Clone)]
pub struct Error(Box<Report>);

/// The fields of an [`Error`]. `None` and 0 mean "not given".
#[derive(Clone, Debug)]
pub struct Report {
    pub severity: Severity,
    pub sqlstate: SqlState,
    pub message: Cow<'static, str>,
    pub detail: Option<String>,
    pub hint: Option<Cow<'static, str>>,
    /// Character position in the query text, from 1.
    pub position: usize,
    pub internal_position: usize,
    pub internal_query: Option<String>,
    /// Call context, innermost first, one line each.
    pub context: Option<String>,
    pub schema: Option<String>,
    pub table: Option<String>,
    pub column: Option<String>,
    pub data_type: Option<String>,
    pub constraint: Option<String>,
}

impl Error {
    pub fn new(sqlstate: SqlState, message: impl Into<Cow<'static, str>>) -> Error {
        Error(Box::new(Report {
            severity: Severity::Error,
            sqlstate,
            message: message.into(),
            detail: None,
            hint: None,
            position: 0,
            internal_position: 0,
            internal_query: None,
            context: None,
            schema: None,
            table: None,
            column: None,
            data_type: None,
            constraint: None,
        }))
    }

    /// A broken assumption of our own: XX000.
    pub fn internal(message: impl Into<Cow<'static, str>>) -> Error {
        Error::new(sqlstate::INTERNAL_ERROR, message)
    }

    /// Stored data that cannot be right: XX001.
    pub fn corrupted(message: impl Into<Cow<'static, str>>) -> Error {
        Error::new(sqlstate::DATA_CORRUPTED, message)
    }

    /// A feature that is not there: 0A000.
    pub fn unsupported(message: impl Into<Cow<'static, str>>) -> Error {
        Error::new(sqlstate::FEATURE_NOT_SUPPORTED, message)
    }

    /// A failed system call, with the SQLSTATE that PostgreSQL gives to its cause.
    ///
    /// `action` reads like `could not open file "base/1/2"`.
    pub fn io(action: impl fmt::Display, cause: &std::io::Error) -> Error {
        use std::io::ErrorKind;
        let sqlstate = match cause.kind() {
            ErrorKind::NotFound => sqlstate::UNDEFINED_FILE,
            ErrorKind::AlreadyExists => sqlstate::DUPLICATE_FILE,
            ErrorKind::PermissionDenied => sqlstate::INSUFFICIENT_PRIVILEGE,
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => sqlstate::DISK_FULL,
            ErrorKind::OutOfMemory => sqlstate::OUT_OF_MEMORY,
            ErrorKind::NotADirectory | ErrorKind::IsADirectory | ErrorKind::DirectoryNotEmpty => {
                sqlstate::WRONG_OBJECT_TYPE
            }
            _ => match cause.raw_os_error() {
                // EMFILE and ENFILE.
                Some(23 | 24) => sqlstate::INSUFFICIENT_RESOURCES,
                // EIO.
                Some(5) => sqlstate::IO_ERROR,
                _ => sqlstate::INTERNAL_ERROR,
            },
        };
        let text = cause.to_string();
        let text = text.split(" (os error").next().unwrap_or(&text);
        Error::new(sqlstate, format!("{action}: {text}"))
    }

    pub fn report(&self) -> &Report {
        &self.0
    }

    pub fn report_mut(&mut self) -> &mut Report {
        &mut self.0
    }

    pub fn sqlstate(&self) -> SqlState {
        self.0.sqlstate
    }

    pub fn message(&self) -> &str {
        &self.0.message
    }

    pub fn severity(&self) -> Severity {
        self.0.severity
    }

    pub fn with_severity(mut self, severity: Severity) -> Error {
        self.0.severity = severity;
        self
    }

    pub fn detail(mut self, detail: impl Into<String>) -> Error {
        self.0.detail = Some(detail.into());
        self
    }

    pub fn hint(mut self, hint: impl Into<Cow<'static, str>>) -> Error {
        self.0.hint = Some(hint.into());
        self
    }

    /// Sets the position (characters from 1) unless one is known already.
    pub fn at(mut self, position: usize) -> Error {
        if self.0.position == 0 {
            self.0.position = position;
        }
        self
    }

    /// Adds an outer line of call context.
    pub fn context(mut self, line: impl fmt::Display) -> Error {
        self.0.context = Some(match self.0.context.take() {
            Some(inner) => format!("{inner}\n{line}"),
            None => line.to_string(),
        });
        self
    }

    pub fn table(mut self, schema: impl Into<String>, table: impl Into<String>) -> Error {
        self.0.schema = Some(schema.into());
        self.0.table = Some(table.into());
        self
    }

    pub fn column(mut self, column: impl Into<String>) -> Error {
        self.0.column = Some(column.into());
        self
    }

    pub fn data_type(mut self, schema: impl Into<String>, name: impl Into<String>) -> Error {
        self.0.schema = Some(schema.into());
        self.0.data_type = Some(name.into());
        self
    }

    pub fn constraint(mut self, constraint: impl Into<String>) -> Error {
        self.0.constraint = Some(constraint.into());
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:  {}: {}", self.0.severity.as_str(), self.0.sqlstate, self.0.message)?;
        if let Some(detail) = &self.0.detail {
            write!(f, "\nDETAIL:  {detail}")?;
        }
        if let Some(hint) = &self.0.hint {
            write!(f, "\nHINT:  {hint}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for Error {}

/// `error!(SQLSTATE_NAME, "format", args...)`: an [`Error`] with a code from the [`sqlstate`] table.
#[macro_export]
macro_rules! error {
    ($state:ident, $message:literal) => {
        $crate::Error::new($crate::sqlstate::$state, $crate::__message(format_args!($message)))
    };
    ($state:ident, $($format:tt)+) => {
        $crate::Error::new($crate::sqlstate::$state, format!($($format)+))
    };
}

/// Returns early with an [`error!`].
#[macro_export]
macro_rules! bail {
    ($($arguments:tt)+) => {
        return Err($crate::error!($($arguments)+))
    };
}

/// Keeps a message without arguments static; what [`error!`] calls.
#[doc(hidden)]
pub fn __message(arguments: fmt::Arguments<'_>) -> Cow<'static, str> {
    match arguments.as_str() {
        Some(text) => Cow::Borrowed(text),
        None => Cow::Owned(arguments.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The macro must keep every field and format inline arguments.
    #[test]
    fn fields_survive() {
        let name = "t";
        let error =
            error!(UNDEFINED_TABLE, "relation \"{name}\" does not exist").at(15).at(3).hint("look again");
        assert_eq!(error.message(), "relation \"t\" does not exist");
        assert_eq!(error.sqlstate().as_str(), "42P01");
        assert_eq!(error.sqlstate().condition(), Some("undefined_table"));
        assert_eq!(error.report().position, 15);
    }

    #[test]
    fn system_errors_get_their_code() {
        let full = std::io::Error::from_raw_os_error(28);
        let error = Error::io("could not write to file \"x\"", &full);
        assert_eq!(error.sqlstate(), sqlstate::DISK_FULL);
        assert_eq!(error.message(), "could not write to file \"x\": No space left on device");
    }
}
