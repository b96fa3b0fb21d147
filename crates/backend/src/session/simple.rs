//! The simple query protocol, and what both protocols do with a statement.

use std::rc::Rc;
use std::time::Duration;

use authentication::scram::Verifier;
use background::CheckpointOptions;
use commands::{Environment, Maintenance, Watch};
use config::Id;
use error::{Error, Result, error};
use executor::Parameters;
use nodes::plan::OutputColumn;
use parser::ast::{AlterDatabaseAction, RawStatement, ReindexTarget, Statement, TransactionKind};
use protocol::Format;
use types::{Batch, Column, PhysicalType, Value};

use super::known_text::KnownText;
use super::output::{describe, send_rows};
use super::portal::{Destination, Portal, Progress};
use super::statement::{is_query, tag_of};
use super::{Block, Session};
use crate::client_socket;
use crate::connection::Connection;
use crate::timeouts::{self, Timeout};

impl Session {
    /// A Query message: any number of statements.
    pub fn simple_query(&mut self, text: &str) -> Result<()> {
        self.show_statement(text);
        let mut timed = self.time();
        let told = |_: &Session| (format!("statement: {text}"), None);
        let mut is_timed = self.start_timeouts(false);
        // The unnamed statement and portal do not survive a simple query.
        self.statements.borrow_mut().remove("");
        self.portals.remove("");
        let tokens = parser::tokenize(text)?;
        if let Some((known, values)) = self.known_text(text, &tokens) {
            if let Some(raw) = known.prepared.statement.clone() {
                self.log_statements(&mut timed, [&raw.statement], told);
                self.simple_statement(&raw, text, Some((&known, values)))?;
            }
            timeouts::stop(Timeout::Statement);
            self.log_duration(&timed, told);
            return Ok(());
        }
        let mut notices = Vec::new();
        let statements = parser::parse_tokens(text, tokens, &mut notices)?;
        self.notices.extend(notices);
        if statements.is_empty() {
            self.send_notices();
            self.start.connection.output.empty_query_response();
            self.log_duration(&timed, told);
            return Ok(());
        }
        self.log_statements(&mut timed, statements.iter().map(|raw| &raw.statement), told);
        let several = statements.len() > 1;
        self.join_pipeline();
        self.is_pipelined = false;
        for (index, raw) in statements.into_iter().enumerate() {
            // The one before may have been a SET.
            if index > 0 {
                is_timed = self.start_timeouts(is_timed);
            }
            if several && self.block == Block::None {
                self.block = Block::Implicit;
            }
            self.simple_statement(&raw, text, None)?;
        }
        if self.block == Block::Implicit {
            self.block = Block::None;
            self.commit()?;
        }
        timeouts::stop(Timeout::Statement);
        self.log_duration(&timed, told);
        Ok(())
    }

    /// Starts the statement's time if it is limited and does not run; says whether it runs. Waits for locks are limited from now on.
    pub fn start_timeouts(&mut self, is_timed: bool) -> bool {
        let (statement, lock) = {
            let settings = self.settings.borrow();
            (settings.integer(Id::StatementTimeout), settings.integer(Id::LockTimeout))
        };
        client_socket::watch_client();
        self.transaction.locks().set_lock_timeout_ms(lock as u64);
        if statement > 0 && !is_timed {
            timeouts::start(Timeout::Statement, Duration::from_millis(statement as u64));
        }
        is_timed || statement > 0
    }

    /// Runs one statement. If it is `known`, then `raw` has parameters for these values.
    fn simple_statement(
        &mut self,
        raw: &RawStatement,
        source: &str,
        known: Option<(&KnownText, Vec<Value>)>,
    ) -> Result<()> {
        self.refuse_if_failed(&raw.statement)?;
        let is_control = matches!(raw.statement, Statement::Transaction(_));
        if !is_control {
            self.begin_if_needed()?;
        }
        self.catalog.accept_invalidations();
        self.derive_settings()?;
        self.start.set_title(commands::tag(&raw.statement));
        let tag = if is_query(&raw.statement) {
            let mut portal = self.simple_portal(raw, source, known)?;
            let plan = portal.plan.clone().ok_or_else(|| Error::internal("a query without a plan"))?;
            if !plan.columns.is_empty() || plan.command == nodes::query::Command::Select {
                self.start.connection.output.row_description(describe(&plan.columns), |_| Format::Text);
            }
            match self.run_portal(&mut portal, 0, &Destination::Client)? {
                Progress::Complete(rows) => tag_of(plan.command, rows),
                Progress::Suspended(rows) => tag_of(plan.command, rows),
            }
        } else {
            let span = (raw.start, raw.start + raw.length);
            self.counted(&raw.statement, source, span, |session| {
                session.command(&raw.statement, source, &[], true)
            })?
        };
        if !is_control {
            self.statement_done()?;
        }
        self.send_notices();
        if !tag.is_empty() {
            self.start.connection.output.command_complete(&tag);
        }
        self.start.connection.flush_if_full()
    }

    /// A query's portal, its relations locked.
    fn simple_portal(
        &mut self,
        raw: &RawStatement,
        source: &str,
        known: Option<(&KnownText, Vec<Value>)>,
    ) -> Result<Portal> {
        let Some((text, values)) = known else { return self.written_portal(raw, source) };
        let mut is_known = false;
        let plan = self.locked_plan(|session| {
            let plan = session.known_plan(text)?;
            is_known = plan.is_some();
            match plan {
                Some(plan) => Ok(plan),
                None => session.plan_text(source),
            }
        })?;
        if is_known {
            return Ok(Portal::counted(text.prepared.clone(), Parameters { values }, plan));
        }
        self.forget_text();
        let prepared = Rc::new(self.prepare(source.into(), None, Vec::new())?);
        Ok(Portal::counted(prepared, Parameters::default(), plan))
    }

    /// The portal of a query that is planned as it is written.
    fn written_portal(&mut self, raw: &RawStatement, source: &str) -> Result<Portal> {
        let plan = self.locked_plan(|session| Ok(session.plan_counted(raw, source, Vec::new())?.0))?;
        self.note_text(raw, source, &plan)?;
        let prepared = Rc::new(self.prepare(source.into(), None, Vec::new())?);
        Ok(Portal::counted(prepared, Parameters::default(), plan))
    }

    /// # Errors
    /// 25P02 for everything but the end of a failed block.
    pub fn refuse_if_failed(&self, statement: &Statement) -> Result<()> {
        if self.block != Block::Failed {
            return Ok(());
        }
        if let Statement::Transaction(control) = statement
            && matches!(
                control.kind,
                TransactionKind::Commit { .. }
                    | TransactionKind::Rollback { .. }
                    | TransactionKind::RollbackTo(_)
                    | TransactionKind::Prepare(_)
            )
        {
            return Ok(());
        }
        Err(error!(
            IN_FAILED_SQL_TRANSACTION,
            "current transaction is aborted, commands ignored until end of transaction block"
        ))
    }

    /// Runs a statement that is no query. Gives its tag; with `describes`, a RowDescription precedes its rows.
    pub fn command(
        &mut self,
        statement: &Statement,
        source: &str,
        formats: &[Format],
        describes: bool,
    ) -> Result<String> {
        match statement {
            Statement::Transaction(control) => self.control(&control.kind).map(str::to_string),
            Statement::Set(set) => self.set(set),
            Statement::Show(show) => {
                let columns = self.show_columns(show);
                let rows = self.show_rows(show)?;
                self.send_text_rows(&columns, &rows, formats, describes)?;
                Ok("SHOW".into())
            }
            Statement::Checkpoint => {
                self.checkpoint()?;
                Ok("CHECKPOINT".into())
            }
            Statement::Prepare(prepare) => self.sql_prepare(prepare, source),
            Statement::Execute(execute) => self.sql_execute(execute, source, formats, describes),
            Statement::Deallocate(deallocate) => self.sql_deallocate(deallocate),
            Statement::DeclareCursor(declare) => self.declare_cursor(declare, source),
            Statement::Fetch(fetch) => self.fetch(fetch, formats, describes),
            Statement::Close(close) => self.close_cursor(close),
            Statement::Discard(target) => self.discard(*target),
            Statement::Explain(explain) => {
                self.explain(explain, source, &Parameters::default(), formats, describes)
            }
            Statement::Copy(copy) => self.copy(copy, source),
            Statement::AlterRoleSet(alter) => {
                self.prevent_read_only("ALTER ROLE")?;
                self.alter_role_set(alter)
            }
            Statement::AlterDatabase(alter) if let AlterDatabaseAction::Set(set) = &alter.action => {
                self.prevent_read_only("ALTER DATABASE")?;
                self.alter_database_set(&alter.name, set)
            }
            Statement::ConstraintsSet(set) => self.set_constraints(&set.constraints),
            Statement::AlterSystem(alter) => self.alter_system(&alter.set),
            other => self.definition(other, source),
        }
    }

    /// A definition or maintenance statement.
    fn definition(&mut self, statement: &Statement, source: &str) -> Result<String> {
        // Locks and maintenance change nothing that a query could see.
        if !matches!(statement, Statement::Lock(_) | Statement::Vacuum(_) | Statement::Reindex(_)) {
            self.prevent_read_only(commands::tag(statement))?;
        }
        if matches!(statement, Statement::Lock(_)) {
            self.require_company("LOCK TABLE")?;
        }
        if let Some(what) = stands_alone(statement) {
            self.prevent_block(what)?;
        }
        if matches!(statement, Statement::CreateDatabase(_)) {
            // The copy must find the template's pages.
            let options = CheckpointOptions::FAST.with(CheckpointOptions::FORCE);
            self.state.request_checkpoint(options, true)?;
        }
        self.catalog.next_command()?;
        self.with_environment(source, |environment, _| commands::run(environment, statement))
    }

    /// Does something with what a command may use, and with the connection beside it.
    pub fn with_environment<T>(
        &mut self,
        source: &str,
        work: impl FnOnce(&mut Environment<'_>, &mut Connection) -> Result<T>,
    ) -> Result<T> {
        let catalog = self.catalog.clone();
        let text = self.services.value_text(&self.formats);
        let database = self.start.database.clone();
        let planner = self.planner_settings();
        let maintenance = Maintenance::new(&self.settings.borrow());
        let iterations = self.settings.borrow().integer(Id::ScramIterations) as u32;
        let watched = self.watch_run();
        let mut watch = Watch {
            is_wanted: watched.is_some(),
            instruments: watched.as_ref().and_then(|run| run.instruments.clone()),
            finished: None,
        };
        let mut notices = Vec::new();
        let mut environment = Environment {
            catalog: &catalog,
            registry: self.registry,
            formats: &self.formats,
            access: &mut self.services,
            text: &text,
            user: self.user,
            is_superuser: self.is_superuser,
            database: &database,
            planner: &planner,
            maintenance,
            hash_password: &|password| hash_password(password, iterations),
            source,
            watch: &mut watch,
            notices: &mut notices,
        };
        let result = work(&mut environment, &mut self.start.connection);
        self.notices.extend(notices);
        if let (Some(mut run), Some((plan, took)), Ok(_)) = (watched, watch.finished, &result) {
            run.took = took;
            self.log_plan(source, None, &plan, &run)?;
        }
        result
    }

    /// Sends rows of text columns.
    pub fn send_text_rows(
        &mut self,
        columns: &[OutputColumn],
        rows: &[Vec<String>],
        formats: &[Format],
        describes: bool,
    ) -> Result<()> {
        if describes {
            self.start.connection.output.row_description(describe(columns), |_| Format::Text);
        }
        let mut batch = Batch::new(columns.iter().map(|_| PhysicalType::Text));
        let catalog = self.services.names();
        let context = types::io::Context { settings: &self.formats, catalog };
        for chunk in rows.chunks(types::batch::BATCH_ROWS) {
            batch.clear();
            for row in chunk {
                batch
                    .columns
                    .iter_mut()
                    .zip(row)
                    .for_each(|(column, text): (&mut Column, _)| column.push_text(text));
            }
            batch.rows = chunk.len();
            let output = &mut self.start.connection.output;
            send_rows(output, &batch, columns, formats, &context, 0, chunk.len())?;
        }
        Ok(())
    }
}

/// What a statement is called that cannot be in a transaction with others.
fn stands_alone(statement: &Statement) -> Option<&'static str> {
    Some(match statement {
        Statement::Vacuum(vacuum) if vacuum.is_vacuum => "VACUUM",
        Statement::CreateDatabase(_) => "CREATE DATABASE",
        Statement::DropDatabase(_) => "DROP DATABASE",
        Statement::CreateTablespace(_) => "CREATE TABLESPACE",
        Statement::DropTablespace(_) => "DROP TABLESPACE",
        Statement::Cluster(cluster) if cluster.table.is_none() => "CLUSTER",
        Statement::CreateIndex(index) if index.concurrently => "CREATE INDEX CONCURRENTLY",
        Statement::Drop(drop) if drop.concurrently => "DROP INDEX CONCURRENTLY",
        Statement::Reindex(reindex) => match reindex.target {
            ReindexTarget::Schema(_) => "REINDEX SCHEMA",
            ReindexTarget::Database(_) => "REINDEX DATABASE",
            ReindexTarget::System(_) => "REINDEX SYSTEM",
            ReindexTarget::Index(_) | ReindexTarget::Table(_) => {
                reindex.options.iter().find(|option| option.name == "concurrently")?;
                "REINDEX CONCURRENTLY"
            }
        },
        _ => return None,
    })
}

/// What is stored of a password; one that is a verifier already is kept.
fn hash_password(password: &str, iterations: u32) -> Result<String> {
    match Verifier::parse(password) {
        Some(_) => Ok(password.to_string()),
        None => Ok(Verifier::generate(password, iterations)?.to_string()),
    }
}
