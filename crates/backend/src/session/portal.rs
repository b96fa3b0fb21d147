//! Portals: statements on their way, with their parameters, from Bind or DECLARE to the last row.

use std::rc::Rc;
use std::time::Instant;

use error::Result;
use executor::{Execution, Parameters, Runtime, Suspended};
use nodes::plan::{OutputColumn, PlannedStatement};
use protocol::Format;

use super::Session;
use super::auto_explain::WatchedRun;
use super::output::send_rows;
use super::statement::Prepared;

/// A statement that is bound to its parameters.
pub(crate) struct Portal {
    pub prepared: Rc<Prepared>,
    pub parameters: Parameters,
    pub formats: Vec<Format>,
    /// The plan, for queries.
    pub plan: Option<Rc<PlannedStatement>>,
    running: Option<Running>,
    /// Rows of a batch that were not sent yet begin here.
    skip: usize,
    pub is_done: bool,
    /// Rows that were sent in all.
    pub sent: u64,
    /// A command's portal can be run once.
    pub was_run: bool,
    /// Its runs are those of a statement that is counted; a cursor's are not.
    pub is_counted: bool,
    /// Watched for the log, if its run is long.
    pub watched: Option<WatchedRun>,
}

struct Running {
    execution: Execution,
    suspended: Suspended,
}

/// Executions of prepared statements that ended, to be run again with their plans; the one that was used last is the last.
/// A plan does not outlive the catalog that it was made with, and so what its operators know of the catalog stays right.
#[derive(Default)]
pub(crate) struct IdleExecutions(Vec<(Rc<PlannedStatement>, Execution)>);

impl IdleExecutions {
    /// How many are kept.
    const MOST: usize = 16;

    fn take(&mut self, plan: &Rc<PlannedStatement>) -> Option<Execution> {
        let at = self.0.iter().rposition(|(known, _)| Rc::ptr_eq(known, plan))?;
        Some(self.0.remove(at).1)
    }

    fn put(&mut self, plan: &Rc<PlannedStatement>, execution: Execution) {
        if self.0.len() == IdleExecutions::MOST {
            self.0.remove(0);
        }
        self.0.push((plan.clone(), execution));
    }

    pub fn clear(&mut self) {
        self.0.clear();
    }
}

/// How far a run of a portal came.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Progress {
    /// Rows that were sent now; the portal has more.
    Suspended(u64),
    /// Rows that were sent or changed in all.
    Complete(u64),
}

impl Portal {
    pub fn new(
        prepared: Rc<Prepared>,
        parameters: Parameters,
        formats: Vec<Format>,
        plan: Option<Rc<PlannedStatement>>,
    ) -> Portal {
        Portal {
            prepared,
            parameters,
            formats,
            plan,
            running: None,
            skip: 0,
            is_done: false,
            sent: 0,
            was_run: false,
            is_counted: false,
            watched: None,
        }
    }

    /// No portal is held beyond its transaction.
    pub fn outlives_transaction(&self) -> bool {
        false
    }

    pub fn columns(&self) -> &[OutputColumn] {
        self.plan.as_ref().map_or(&[], |plan| &plan.columns)
    }
}

/// What is done with the rows.
pub(crate) enum Destination {
    Client,
    /// MOVE: rows are counted only.
    Nowhere,
}

impl Session {
    /// Starts a query's portal without fetching anything: its snapshot is that of now.
    pub fn open_portal(&mut self, portal: &mut Portal) -> Result<()> {
        let Some(plan) = portal.plan.clone() else { return Ok(()) };
        let catalog = self.catalog.clone();
        let snapshot = self.transaction.snapshot();
        let mut runtime = Runtime::new(
            &catalog,
            self.registry,
            &self.formats,
            &mut self.services,
            snapshot,
            &portal.parameters,
        );
        let execution = Execution::new(&mut runtime, &plan)?;
        portal.running = Some(Running { execution, suspended: runtime.suspend() });
        Ok(())
    }

    /// Runs a query's portal until it has delivered `limit` rows (0: all).
    /// # Errors
    /// Whatever the statement meets.
    pub fn run_portal(
        &mut self,
        portal: &mut Portal,
        limit: u64,
        destination: &Destination,
    ) -> Result<Progress> {
        let Some(plan) = portal.plan.clone() else {
            return Err(error::Error::internal("a command is no query"));
        };
        self.activity.set_query_id(plan.query_id);
        let start = if portal.is_counted && !portal.is_done { self.start_run(plan.query_id) } else { None };
        if !portal.is_done && portal.running.is_none() {
            portal.watched = self.watch_run();
        }
        let run_start = portal.watched.is_some().then(Instant::now);
        let (continues, sent_before) = (portal.running.is_some(), portal.sent);
        let progress = self.advance_portal(portal, &plan, limit, destination)?;
        if let (Some(run_start), Some(watched)) = (run_start, &mut portal.watched) {
            watched.took += run_start.elapsed();
            if portal.is_done {
                self.log_plan(portal, &plan)?;
            }
        }
        if let Some(start) = start {
            let rows = match progress {
                Progress::Complete(rows) if plan.command != nodes::query::Command::Select => rows,
                _ => portal.sent - sent_before,
            };
            self.count_run(plan.query_id, &start, rows, continues, &portal.prepared.source);
        }
        Ok(progress)
    }

    fn advance_portal(
        &mut self,
        portal: &mut Portal,
        plan: &Rc<PlannedStatement>,
        limit: u64,
        destination: &Destination,
    ) -> Result<Progress> {
        let wanted = if limit == 0 { u64::MAX } else { limit };
        if !(self.portals.is_empty() && self.services.listed_cursors.is_empty()) {
            self.services.listed_cursors = super::reports::cursors(self.portals.iter());
        }
        let catalog = self.catalog.clone();
        let (execution, mut runtime) = match portal.running.take() {
            Some(running) => (
                Some(running.execution),
                Runtime::resume(
                    running.suspended,
                    &catalog,
                    self.registry,
                    &self.formats,
                    &mut self.services,
                    &portal.parameters,
                ),
            ),
            None if portal.is_done => return Ok(Progress::Complete(0)),
            None => {
                let snapshot = self.transaction.snapshot();
                let mut runtime = Runtime::new(
                    &catalog,
                    self.registry,
                    &self.formats,
                    &mut self.services,
                    snapshot,
                    &portal.parameters,
                );
                runtime.instruments = portal.watched.as_ref().and_then(|watched| watched.instruments.clone());
                (None, runtime)
            }
        };
        let mut execution = match execution {
            Some(execution) => execution,
            None => match self.idle.take(plan) {
                Some(execution) if runtime.instruments.is_none() => {
                    Execution::set_up(&mut runtime, plan);
                    execution
                }
                _ => Execution::new(&mut runtime, plan)?,
            },
        };
        let mut sent = 0;
        let mut is_done = false;
        while sent < wanted {
            // A batch that was delivered in part is still there.
            let batch = if portal.skip > 0 {
                execution.current()
            } else {
                match execution.next(&mut runtime)? {
                    Some(batch) => batch,
                    None => {
                        is_done = true;
                        break;
                    }
                }
            };
            let count = batch.count();
            let take = (count - portal.skip).min((wanted - sent).try_into().unwrap_or(usize::MAX));
            if matches!(destination, Destination::Client) {
                let context =
                    types::io::Context { settings: runtime.settings, catalog: runtime.session.catalog() };
                let output = &mut self.start.connection.output;
                send_rows(output, batch, &plan.columns, &portal.formats, &context, portal.skip, take)?;
            }
            sent += take as u64;
            portal.skip = if portal.skip + take == count { 0 } else { portal.skip + take };
            self.start.connection.flush_if_full()?;
        }
        portal.sent += sent;
        let affected = runtime.affected;
        if is_done {
            portal.is_done = true;
            if portal.prepared.is_plan(plan)
                && let Some(execution) = execution.settle(&runtime)
            {
                self.idle.put(plan, execution);
            }
            let changes = plan.command != nodes::query::Command::Select;
            return Ok(Progress::Complete(if changes { affected } else { portal.sent }));
        }
        portal.running = Some(Running { execution, suspended: runtime.suspend() });
        Ok(Progress::Suspended(sent))
    }
}
