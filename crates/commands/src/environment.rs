//! What a command may use of the session.

use std::rc::Rc;
use std::time::{Duration, Instant};

use analyzer::{AnalyzerSettings, ValueText};
use catalog::Catalog;
use common::Oid;
use error::{Error, Result};
use executor::{Instruments, Parameters, Runtime};
use expression::{Registry, SessionAccess};
use nodes::Query;
use nodes::plan::PlannedStatement;
use optimizer::PlannerSettings;
use transaction::Session;
use types::FormatSettings;

use crate::maintenance::Maintenance;

/// A query that a command runs, which the session may want to log.
#[derive(Default)]
pub struct Watch {
    pub is_wanted: bool,
    /// What its nodes do is measured with these.
    pub instruments: Option<Rc<Instruments>>,
    /// The plan that ran, and how long.
    pub finished: Option<(Rc<PlannedStatement>, Duration)>,
}

impl Watch {
    /// Notes what ran since `start`.
    pub(crate) fn finish(&mut self, plan: Rc<PlannedStatement>, start: Instant) {
        if self.is_wanted {
            self.finished = Some((plan, start.elapsed()));
        }
    }
}

/// The session, as a command sees it.
pub struct Environment<'a> {
    pub catalog: &'a Catalog,
    pub registry: &'static Registry,
    pub formats: &'a FormatSettings,
    pub access: &'a mut dyn SessionAccess,
    pub text: &'a dyn ValueText,
    /// The role whose privileges count, and whether it is a superuser.
    pub user: Oid,
    pub is_superuser: bool,
    pub database: &'a str,
    pub planner: &'a PlannerSettings,
    pub maintenance: Maintenance,
    /// Makes of a password what is stored of it.
    pub hash_password: &'a dyn Fn(&str) -> Result<String>,
    /// The text that the statement's locations refer to.
    pub source: &'a str,
    pub watch: &'a mut Watch,
    /// What is to be told the client besides the result.
    pub notices: &'a mut Vec<Error>,
}

impl Environment<'_> {
    pub fn session(&self) -> &Rc<Session> {
        self.catalog.session()
    }

    pub fn notice(&mut self, notice: Error) {
        self.notices.push(notice.with_severity(error::Severity::Notice));
    }

    pub fn warning(&mut self, warning: Error) {
        self.notices.push(warning.with_severity(error::Severity::Warning));
    }

    /// What expressions of a command are analyzed with.
    pub fn analyzer_settings(&self) -> AnalyzerSettings<'_> {
        AnalyzerSettings { text: self.text, database: self.database, transform_null_equals: false }
    }

    /// Plans a query that the closure analyzes; its relations are locked, and the role may read them.
    /// # Errors
    /// Those of analysis and of [`crate::locked_plan`].
    pub(crate) fn plan_query(&self, mut analyze: impl FnMut() -> Result<Query>) -> Result<PlannedStatement> {
        crate::locked_plan(self.catalog, self.user, self.is_superuser, || {
            let mut query = analyze()?;
            analyzer::rewrite(&mut query, self.catalog)?;
            optimizer::plan(query, self.catalog, self.planner)
        })
    }

    /// The value of a setting that is a bare number.
    pub(crate) fn integer_setting(&mut self, name: &str) -> Result<Option<usize>> {
        Ok(self.access.setting(name, true)?.and_then(|text| text.parse().ok()))
    }

    /// Runs something that evaluates expressions or writes rows.
    pub fn with_runtime<T>(&mut self, work: impl FnOnce(&mut Runtime<'_>) -> Result<T>) -> Result<T> {
        let parameters = Parameters::default();
        let snapshot = self.catalog.session().latest_snapshot();
        let mut runtime =
            Runtime::new(self.catalog, self.registry, self.formats, &mut *self.access, snapshot, &parameters);
        work(&mut runtime)
    }
}
