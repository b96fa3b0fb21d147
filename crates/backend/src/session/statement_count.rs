//! Query identifiers, and what is counted of statements for `pg_stat_statements`.
//!
//! A query's identifier is made when it is analyzed and goes with its plan, so that a prepared statement has it at once. A run is counted
//! when it is over; what fails is not counted.

use std::sync::LazyLock;
use std::time::Instant;

use background::statement_statistics::{RunStart, StatementKey};
use config::Id;
use error::Result;
use nodes::Query;
use parser::ast::{ExplainStatement, Statement, TransactionKind};
use parser::normalize::{Constants, command_identifier, normalize, normalize_command};

use super::Session;

/// The bytes of a text that are one of its statements.
pub(crate) type StatementSpan = (u32, u32);

/// Identifiers of what is run most, which need no look at the text.
static CONTROLS: LazyLock<[i64; 4]> = LazyLock::new(|| {
    ["BEGIN", "START TRANSACTION", "COMMIT", "ROLLBACK"]
        .map(|text| command_identifier(text, (0, text.len() as u32), Constants::Kept))
});

impl Session {
    /// The identifier of a query that was just analyzed, shown as the one that runs; 0 when none are computed. With a span, the query is one
    /// that is counted by itself.
    pub fn identify(&self, query: &Query, source: &str, span: Option<StatementSpan>) -> i64 {
        if !self.computes_ids() {
            return 0;
        }
        let id = nodes::fingerprint(query, None);
        self.activity.set_query_id(id);
        if let Some(span) = span
            && self.counts_statements()
        {
            self.state.statements.remember(&self.statement_key(id), || {
                let mut places = Vec::new();
                nodes::fingerprint(query, Some(&mut places));
                let places: Vec<(u32, u32)> =
                    places.into_iter().map(|place| (place.location, place.list_length)).collect();
                normalize(source, span, &places)
            });
        }
        id
    }

    /// Whether planning times are wanted for a query that is counted by itself.
    pub fn counts_planning(&self, id: i64, span: Option<StatementSpan>) -> bool {
        id != 0
            && span.is_some()
            && self.settings.borrow().bool(Id::PgStatStatementsTrackPlanning)
            && self.counts_statements()
    }

    pub fn count_planning(&self, id: i64, start: Instant) {
        self.state.statements.count_plan(&self.statement_key(id), start.elapsed().as_nanos() as u64);
    }

    /// The start of a run of the query with this identifier; `None` when it is not counted.
    pub fn start_run(&self, id: i64) -> Option<RunStart> {
        (id != 0 && self.counts_statements()).then(RunStart::now)
    }

    /// Counts what was run since; `continues` when more of a run that was counted before.
    pub fn count_run(&self, id: i64, start: &RunStart, rows: u64, continues: bool, source: &str) {
        let run = start.run(rows);
        self.state.statements.count_run(&self.statement_key(id), &run, continues, || source.to_string());
    }

    /// Runs a command, and counts it. Commands that run a statement of their own name leave counting to that.
    pub fn counted(
        &mut self,
        statement: &Statement,
        source: &str,
        span: StatementSpan,
        work: impl FnOnce(&mut Session) -> Result<String>,
    ) -> Result<String> {
        self.span = span;
        if !self.computes_ids() || matches!(statement, Statement::Execute(_)) {
            return work(self);
        }
        let constants = constants_of(statement);
        let id = match control(statement) {
            Some(at) => CONTROLS[at],
            None => command_identifier(source, span, constants),
        };
        self.activity.set_query_id(id);
        let is_counted = !matches!(statement, Statement::Prepare(_))
            && self.settings.borrow().bool(Id::PgStatStatementsTrackUtility);
        let start = if is_counted { self.start_run(id) } else { None };
        let tag = work(self)?;
        // The query of an EXPLAIN or the like has left its own.
        self.activity.set_query_id(id);
        if let Some(start) = start {
            let run = start.run(rows_of(statement, &tag));
            self.state.statements.count_run(&self.statement_key(id), &run, false, || {
                normalize_command(source, span, constants)
            });
        }
        Ok(tag)
    }

    fn computes_ids(&self) -> bool {
        self.settings.borrow().text(Id::ComputeQueryId) != "off"
    }

    fn counts_statements(&self) -> bool {
        self.settings.borrow().text(Id::PgStatStatementsTrack) != "none"
    }

    fn statement_key(&self, query_id: i64) -> StatementKey {
        StatementKey { user: self.user, database: self.transaction.database(), query_id }
    }
}

fn control(statement: &Statement) -> Option<usize> {
    let Statement::Transaction(control) = statement else { return None };
    match &control.kind {
        TransactionKind::Begin(modes) if modes.is_empty() => Some(0),
        TransactionKind::Start(modes) if modes.is_empty() => Some(1),
        TransactionKind::Commit { and_chain: false } => Some(2),
        TransactionKind::Rollback { and_chain: false } => Some(3),
        _ => None,
    }
}

fn constants_of(statement: &Statement) -> Constants {
    match statement {
        Statement::Set(_) => Constants::Value,
        Statement::Transaction(control) => match control.kind {
            TransactionKind::Savepoint(_)
            | TransactionKind::Release(_)
            | TransactionKind::RollbackTo(_)
            | TransactionKind::Prepare(_)
            | TransactionKind::CommitPrepared(_)
            | TransactionKind::RollbackPrepared(_) => Constants::LastWord,
            _ => Constants::Kept,
        },
        Statement::Deallocate(deallocate) if deallocate.name.is_some() => Constants::LastWord,
        Statement::Explain(ExplainStatement { .. })
        | Statement::DeclareCursor(_)
        | Statement::CreateTableAs(_)
        | Statement::Call(_) => Constants::Literals,
        _ => Constants::Kept,
    }
}

/// The rows that a command tells of in its tag.
fn rows_of(statement: &Statement, tag: &str) -> u64 {
    let tells = matches!(statement, Statement::Copy(_) | Statement::Fetch(_) | Statement::CreateTableAs(_));
    let count = tag.rsplit(' ').next().and_then(|word| word.parse().ok());
    if tells { count.unwrap_or(0) } else { 0 }
}
