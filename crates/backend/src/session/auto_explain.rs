//! Plans of long statements in the log: what `auto_explain` is elsewhere.
//!
//! Which statements are watched is decided when they begin, by `auto_explain.sample_rate`; whether one is logged, when it is over.

use std::rc::Rc;
use std::time::Duration;

use background::log;
use commands::explain::{Form, Measured, Options, explain_for_log};
use config::Id;
use error::{Error, Result, Severity, sqlstate};
use executor::Instruments;
use nodes::plan::PlannedStatement;

use super::Session;
use super::portal::Portal;
use super::statement_log::is_chosen;

/// A run whose plan may be logged.
pub(crate) struct WatchedRun {
    /// With `auto_explain.log_analyze`.
    pub instruments: Option<Rc<Instruments>>,
    /// So far.
    pub took: Duration,
}

impl Session {
    /// A query begins: whether it is one of those that are watched.
    pub fn watch_run(&mut self) -> Option<WatchedRun> {
        let (rate, analyzes, timing) = {
            let settings = self.settings.borrow();
            if settings.integer(Id::AutoExplainLogMinDuration) < 0 {
                return None;
            }
            let timing = settings.bool(Id::AutoExplainLogTiming);
            (settings.real(Id::AutoExplainSampleRate), settings.bool(Id::AutoExplainLogAnalyze), timing)
        };
        if !is_chosen(rate) {
            return None;
        }
        let instruments = analyzes.then(|| Rc::new(Instruments::new(timing)));
        Some(WatchedRun { instruments, took: Duration::ZERO })
    }

    /// A watched query is over: its plan is logged if it took long enough.
    /// # Errors
    /// Those of reading the catalog.
    pub fn log_portal_plan(&mut self, portal: &Portal, plan: &PlannedStatement) -> Result<()> {
        let Some(run) = &portal.watched else { return Ok(()) };
        let longest = self.settings.borrow().integer(Id::AutoExplainLogParameterMaxLength);
        let longest = usize::try_from(longest).unwrap_or(usize::MAX);
        let parameters = self.parameter_list(&portal.prepared, &portal.parameters.values, longest);
        self.log_plan(&portal.prepared.source, parameters, plan, run)
    }

    /// The same for a query of this text, with its parameters if it has any.
    /// # Errors
    /// Those of reading the catalog.
    pub fn log_plan(
        &mut self,
        source: &str,
        parameters: Option<String>,
        plan: &PlannedStatement,
        run: &WatchedRun,
    ) -> Result<()> {
        let (options, severity, shows_id) = {
            let settings = self.settings.borrow();
            let least_ms = settings.integer(Id::AutoExplainLogMinDuration);
            if least_ms < 0 || run.took < Duration::from_millis(least_ms as u64) {
                return Ok(());
            }
            let analyze = run.instruments.is_some();
            let options = Options {
                analyze,
                verbose: settings.bool(Id::AutoExplainLogVerbose),
                costs: true,
                buffers: analyze && settings.bool(Id::AutoExplainLogBuffers),
                wal: analyze && settings.bool(Id::AutoExplainLogWal),
                settings: settings.bool(Id::AutoExplainLogSettings),
                timing: analyze && settings.bool(Id::AutoExplainLogTiming),
                summary: false,
                serialize: None,
                form: match settings.text(Id::AutoExplainLogFormat) {
                    "xml" => Form::Xml,
                    "json" => Form::Json,
                    "yaml" => Form::Yaml,
                    _ => Form::Text,
                },
            };
            let severity = match settings.text(Id::AutoExplainLogLevel) {
                "log" => Severity::Log,
                "info" => Severity::Info,
                "notice" => Severity::Notice,
                "warning" => Severity::Warning,
                _ => Severity::Debug,
            };
            let shows_id = settings.text(Id::ComputeQueryId) != "regress";
            (options, severity, shows_id)
        };
        let mut header = vec![("Query Text", source.to_string())];
        if let Some(list) = parameters {
            header.push(("Query Parameters", list));
        }
        let measured = Measured {
            query_id: if shows_id { plan.query_id } else { 0 },
            settings: if options.settings { self.planning_settings() } else { Vec::new() },
            ..Measured::default()
        };
        let catalog = self.catalog.clone();
        let text = self.services.value_text(&self.formats);
        let shown =
            explain_for_log(plan, &options, run.instruments.as_deref(), &measured, header, &*catalog, &text)?;
        let took_us = run.took.as_micros();
        let message = format!("duration: {}.{:03} ms  plan:\n{shown}", took_us / 1000, took_us % 1000);
        if severity != Severity::Log {
            let notice = Error::new(sqlstate::SUCCESSFUL_COMPLETION, message.clone());
            self.notices.push(notice.with_severity(severity));
        }
        log::statement_report(severity, message);
        Ok(())
    }
}
