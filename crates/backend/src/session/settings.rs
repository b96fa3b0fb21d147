//! SET, SHOW and RESET, and what the session derives from its settings.

use std::rc::Rc;
use std::time::Duration;

use catalog::{CatalogView, PG_CATALOG};
use common::Oid;
use config::{Id, Scope, Settings, TABLE};
use error::{Error, Result, Severity, error};
use executor::MemoryLimits;
use nodes::plan::OutputColumn;
use parser::ast::{SetKind, SetStatement, SetValue, SetValueKind, ShowStatement};
use storage_file::TemporarySettings;
use types::datetime::TimeZone;
use types::settings::{ByteaOutput, IntervalStyle};

use super::Session;
use super::assignment::{Assignment, date_style};
use super::statement::text_column;
use crate::client_socket;

/// What a statement may keep in memory and put into temporary files.
fn limit_memory(settings: &Settings) {
    let bytes = |id| settings.integer(id).saturating_mul(1024) as usize;
    let work = bytes(Id::WorkMem);
    executor::set_memory_limits(MemoryLimits {
        work,
        hash: (work as f64 * settings.real(Id::HashMemMultiplier)) as usize,
        maintenance: bytes(Id::MaintenanceWorkMem),
    });
    storage_file::configure_temporary(TemporarySettings {
        limit_bytes: u64::try_from(settings.integer(Id::TempFileLimit))
            .ok()
            .map(|kilobytes| kilobytes * 1024),
        observer: match settings.integer(Id::LogTempFiles) {
            -1 => None,
            least => {
                super::statement_log::log_temporary_files_from(least as u64 * 1024);
                Some(super::statement_log::log_temporary_file)
            }
        },
    });
}

impl Session {
    fn delay_commits(&self) {
        let settings = self.settings.borrow();
        // Where nobody waits for the disk there is nothing to share.
        let delay_us = if settings.bool(Id::Fsync) { settings.integer(Id::CommitDelay) } else { 0 };
        let siblings = settings.integer(Id::CommitSiblings) as usize;
        let delay = Duration::from_micros(delay_us as u64);
        self.catalog.session().system().delay_commits(delay, siblings);
    }

    /// What settings are set with.
    pub fn assignment(&self) -> Assignment<'_> {
        Assignment { catalog: &self.catalog, settings: &self.settings, is_superuser: self.is_superuser }
    }

    /// Has the log and the other sessions see what the settings say now.
    fn show_settings(&self) {
        let settings = self.settings.borrow();
        background::log::configure(&settings);
        background::log::set_application(settings.text(Id::ApplicationName));
        self.activity.set_application(settings.text(Id::ApplicationName));
    }

    /// Brings what is derived from settings (formats, search path) up to date.
    pub fn derive_settings(&mut self) -> Result<()> {
        let now = (self.settings.borrow().generation(), self.catalog.generation());
        if self.derived_from == Some(now) {
            return Ok(());
        }
        background::apply_to_process(&self.settings.borrow());
        self.show_settings();
        self.delay_commits();
        let watch_ms = self.settings.borrow().real(Id::ClientWatchTime);
        self.start.connection.set_watch_time(Duration::from_secs_f64(watch_ms / 1000.0));
        let (date_style_text, interval_style, zone, digits, bytea, path) = {
            let settings = self.settings.borrow();
            (
                settings.text(Id::DateStyle).to_string(),
                settings.text(Id::IntervalStyle).to_string(),
                settings.text(Id::TimeZone).to_string(),
                settings.integer(Id::ExtraFloatDigits),
                settings.text(Id::ByteaOutput).to_string(),
                settings.text(Id::SearchPath).to_string(),
            )
        };
        let (format, order) = date_style(&date_style_text);
        self.formats.date_format = format;
        self.formats.date_order = order;
        self.formats.interval_style = match interval_style.as_str() {
            "sql_standard" => IntervalStyle::SqlStandard,
            "postgres_verbose" => IntervalStyle::PostgresVerbose,
            "iso_8601" => IntervalStyle::Iso8601,
            _ => IntervalStyle::Postgres,
        };
        if let Some(zone) = TimeZone::named(&zone) {
            self.formats.time_zone = zone;
        }
        self.formats.extra_float_digits = digits as i32;
        self.formats.bytea_output = if bytea == "escape" { ByteaOutput::Escape } else { ByteaOutput::Hex };
        if self.transaction.level() > 0 {
            let path = self.resolve_search_path(&path)?;
            self.catalog.set_search_path(path);
            let now = (self.settings.borrow().generation(), self.catalog.generation());
            self.derived_from = Some(now);
        }
        let settings = self.settings.borrow();
        client_socket::apply(&settings);
        let observer = settings.bool(Id::LogLockWaits).then_some(super::statement_log::log_long_wait as _);
        self.transaction.locks().observe_long_waits(observer);
        self.transaction.locks().set_deadlock_timeout_ms(settings.integer(Id::DeadlockTimeout) as u64);
        let (zero, ignore) = (settings.bool(Id::ZeroDamagedPages), settings.bool(Id::IgnoreChecksumFailure));
        self.catalog.count_changes(settings.bool(Id::TrackCounts));
        parser::quote_all_identifiers(settings.bool(Id::QuoteAllIdentifiers));
        parser::set_stack_limit_kb(settings.integer(Id::MaxStackDepth) as u32);
        self.state.pool.set_lenience(zero, ignore, super::note_damage);
        limit_memory(&settings);
        Ok(())
    }

    /// The existing schemas that a search path names, `pg_catalog` first unless it is named.
    fn resolve_search_path(&self, path: &str) -> Result<Rc<[Oid]>> {
        let mut schemas = Vec::new();
        for name in split_identifiers(path) {
            let name = if name == "$user" { self.start.user.clone() } else { name };
            if let Some(oid) = self.catalog.namespace_by_name(&name)?
                && !schemas.contains(&oid)
            {
                schemas.push(oid);
            }
        }
        if !schemas.contains(&PG_CATALOG) {
            schemas.insert(0, PG_CATALOG);
        }
        Ok(schemas.into())
    }

    pub fn least_client_severity(&self) -> Severity {
        match self.settings.borrow().text(Id::ClientMinMessages) {
            "error" => Severity::Error,
            "warning" => Severity::Warning,
            "notice" => Severity::Notice,
            "log" | "info" => Severity::Info,
            _ => Severity::Debug,
        }
    }

    /// Tells the client of settings that changed and that it wants to know.
    pub fn report_changed_settings(&mut self) {
        let generation = self.settings.borrow().generation();
        if self.services.reported_generation == generation {
            return;
        }
        self.services.reported_generation = generation;
        self.show_settings();
        client_socket::apply(&self.settings.borrow());
        let settings = self.settings.borrow();
        for id in crate::startup::REPORTED_SETTINGS {
            let value = settings.show(TABLE[*id as usize].name).unwrap_or_default();
            let known = self.services.reported.entry(*id as u16).or_default();
            if *known != value {
                self.start.connection.output.parameter_status(TABLE[*id as usize].name, &value);
                *known = value;
            }
        }
    }

    /// Reads the configuration files again.
    pub fn reload_settings(&mut self) {
        background::configuration::reload(&mut self.settings.borrow_mut());
        self.show_settings();
    }

    pub fn set(&mut self, set: &SetStatement) -> Result<String> {
        let scope = if set.is_local { Scope::Transaction } else { Scope::Session };
        if set.is_local && self.block != super::Block::Explicit && self.block != super::Block::Implicit {
            self.warn(error!(NO_ACTIVE_SQL_TRANSACTION, "SET LOCAL can only be used in transaction blocks"));
        }
        match &set.kind {
            SetKind::Value { name, values } => {
                let text = self.set_text(name, values)?;
                self.assignment().assign(name, Some(&text), scope)?;
                Ok("SET".into())
            }
            SetKind::ToDefault { name } => {
                self.assignment().assign(name, None, scope)?;
                Ok("SET".into())
            }
            SetKind::Reset { name } => {
                self.assignment().assign(name, None, Scope::Session)?;
                Ok("RESET".into())
            }
            SetKind::ResetAll => {
                let level = self.transaction.level();
                self.settings.borrow_mut().reset_all(level);
                Ok("RESET".into())
            }
            SetKind::Transaction(modes) => {
                if self.block == super::Block::None {
                    self.warn(error!(
                        NO_ACTIVE_SQL_TRANSACTION,
                        "SET TRANSACTION can only be used in transaction blocks"
                    ));
                }
                self.apply_modes(modes)?;
                Ok("SET".into())
            }
            SetKind::SessionCharacteristics(modes) => {
                use parser::ast::{IsolationLevel, TransactionModeKind};
                for mode in modes {
                    let (name, value) = match mode.kind {
                        TransactionModeKind::Isolation(level) => (
                            "default_transaction_isolation",
                            match level {
                                IsolationLevel::ReadUncommitted => "read uncommitted",
                                IsolationLevel::ReadCommitted => "read committed",
                                IsolationLevel::RepeatableRead => "repeatable read",
                                IsolationLevel::Serializable => "serializable",
                            },
                        ),
                        TransactionModeKind::ReadOnly(on) => {
                            ("default_transaction_read_only", if on { "on" } else { "off" })
                        }
                        TransactionModeKind::Deferrable(on) => {
                            ("default_transaction_deferrable", if on { "on" } else { "off" })
                        }
                    };
                    self.assignment().assign(name, Some(value), Scope::Session)?;
                }
                Ok("SET".into())
            }
            SetKind::FromCurrent { .. } | SetKind::TransactionSnapshot(_) => {
                Err(Error::unsupported("this form of SET is not supported yet"))
            }
        }
    }

    /// The text of the values of a SET clause.
    pub fn set_text(&self, name: &str, values: &[SetValue]) -> Result<String> {
        let mut parts = Vec::new();
        for value in values {
            parts.push(match &value.value {
                SetValueKind::String(text) => text.clone(),
                SetValueKind::Integer(number) => number.to_string(),
                SetValueKind::Number(number) => number.clone(),
                SetValueKind::Interval(_) => {
                    return Err(Error::unsupported("SET TIME ZONE INTERVAL is not supported yet"));
                }
            });
        }
        if parts.len() == 1 && name != "search_path" {
            return Ok(parts.remove(0));
        }
        let quoted: Vec<String> =
            parts.iter().map(|part| parser::quote_identifier(part).into_owned()).collect();
        Ok(quoted.join(", "))
    }

    pub fn show_columns(&self, show: &ShowStatement) -> Vec<OutputColumn> {
        if show.name == "all" {
            return ["name", "setting", "description"].iter().map(|name| text_column(name)).collect();
        }
        let name = config::find(&show.name).map_or(show.name.as_str(), |setting| setting.name);
        vec![text_column(name)]
    }

    pub fn show_rows(&self, show: &ShowStatement) -> Result<Vec<Vec<String>>> {
        let settings = self.settings.borrow();
        if show.name == "all" {
            let mut rows = Vec::new();
            for setting in TABLE {
                let value = self.show_value(&settings, setting.name)?;
                rows.push(vec![setting.name.to_string(), value, setting.description.to_string()]);
            }
            rows.sort();
            return Ok(rows);
        }
        Ok(vec![vec![self.show_value(&settings, &show.name)?]])
    }

    fn show_value(&self, settings: &config::Settings, name: &str) -> Result<String> {
        Ok(match name.to_ascii_lowercase().as_str() {
            "transaction_isolation" => match self.transaction.isolation() {
                transaction::Isolation::ReadCommitted => "read committed".into(),
                transaction::Isolation::RepeatableRead => "repeatable read".into(),
            },
            "transaction_read_only" => {
                if self.transaction.is_read_only() {
                    "on".into()
                } else {
                    "off".into()
                }
            }
            "is_superuser" => {
                if self.is_superuser {
                    "on".into()
                } else {
                    "off".into()
                }
            }
            "session_authorization" => self.start.user.clone(),
            "role" => "none".into(),
            _ => show(settings, name)?,
        })
    }
}

/// What SHOW prints: of what the kernel keeps, the kernel's value.
/// # Errors
/// 42704 for a name that is not known.
pub(crate) fn show(settings: &Settings, name: &str) -> Result<String> {
    match config::find(name).and_then(|setting| client_socket::in_force(setting.id)) {
        Some(value) => Ok(value.to_string()),
        None if is_disabled(settings, name) => Ok("(disabled)".into()),
        None => settings.show(name),
    }
}

/// A command that is not run, whatever it is.
pub(crate) fn is_disabled(settings: &Settings, name: &str) -> bool {
    name.eq_ignore_ascii_case("archive_command") && !background::archiver::is_wanted(settings)
}

/// The names in a list such as a search path, unquoted.
pub(crate) fn split_identifiers(list: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut name = String::new();
    let mut quoted = false;
    let mut was_quoted = false;
    let mut chars = list.chars().peekable();
    let mut push = |name: &mut String, was_quoted: &mut bool| {
        let text = std::mem::take(name);
        let text = if *was_quoted { text } else { text.trim().to_lowercase() };
        if !text.is_empty() {
            names.push(text);
        }
        *was_quoted = false;
    };
    while let Some(c) = chars.next() {
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => {
                chars.next();
                name.push('"');
            }
            '"' => {
                if !quoted {
                    name.clear();
                    was_quoted = true;
                }
                quoted = !quoted;
            }
            ',' if !quoted => push(&mut name, &mut was_quoted),
            other if quoted || !was_quoted => name.push(other),
            _ => {}
        }
    }
    push(&mut name, &mut was_quoted);
    names
}
