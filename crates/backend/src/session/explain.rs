//! EXPLAIN: plans the statement and, for ANALYZE, runs it under watch.

use std::rc::Rc;
use std::time::Instant;

use commands::explain::{Form, Measured, Options, Serialize, Serialized};
use config::Id;
use error::{Error, Result, error};
use executor::{Execution, Instruments, Parameters, Runtime};
use nodes::plan::{OutputColumn, PlannedStatement};
use parser::ast::{CreateTableAsSource, ExplainStatement, Statement};
use protocol::Format;
use protocol::backend::Output;
use types::io::Context;
use types::{Value, oid};

use super::Session;
use super::auto_explain::WatchedRun;
use super::output::send_rows;
use super::statement::{is_query, text_column};

/// Settings outside of query tuning that plans may depend on.
const OTHER_PLANNING_SETTINGS: [Id; 6] = [
    Id::WorkMem,
    Id::HashMemMultiplier,
    Id::TempBuffers,
    Id::SearchPath,
    Id::MaxParallelWorkers,
    Id::MaxParallelWorkersPerGather,
];

/// The one column of the answer.
pub(crate) fn columns(statement: &ExplainStatement) -> Vec<OutputColumn> {
    let mut column = text_column("QUERY PLAN");
    if Options::of(statement).is_ok_and(|options| options.form == Form::Json) {
        column.data_type = nodes::DataType::new(oid::JSON);
    }
    vec![column]
}

impl Session {
    /// Answers with the plan of a statement; ANALYZE runs it first.
    /// # Errors
    /// Those of the options, of planning, and of running.
    pub fn explain(
        &mut self,
        explain: &ExplainStatement,
        source: &str,
        parameters: &Parameters,
        formats: &[Format],
        describes: bool,
    ) -> Result<String> {
        let options = Options::of(explain)?;
        let start = Instant::now();
        let buffers = commands::explain::buffer_use();
        let (plan, values) = self.explained(&explain.statement, source, parameters, options.analyze)?;
        let shows_id = self.settings.borrow().text(Id::ComputeQueryId) != "regress";
        let mut measured = Measured {
            query_id: if shows_id { plan.query_id } else { 0 },
            settings: if options.settings { self.planning_settings() } else { Vec::new() },
            planning: start.elapsed(),
            planning_buffers: Some(commands::explain::buffer_use() - buffers),
            serialized: None,
            execution: None,
        };
        let mut instruments = None;
        if options.analyze {
            let watch = Rc::new(Instruments::new(options.timing));
            let watched = self.watch_run();
            let start = Instant::now();
            measured.serialized =
                self.run_watched(&plan, &Parameters { values }, watch.clone(), options.serialize)?;
            let took = start.elapsed();
            measured.execution = Some(took);
            if let Some(run) = watched {
                let instruments = run.instruments.map(|_| watch.clone());
                self.log_plan(source, None, &plan, &WatchedRun { instruments, took })?;
            }
            instruments = Some(watch);
        } else if let Some(run) = self.watch_run() {
            // What did not run took no time, which is long enough for a limit of 0.
            self.log_plan(source, None, &plan, &WatchedRun { instruments: None, ..run })?;
        }
        let catalog = self.catalog.clone();
        let text = self.services.value_text(&self.formats);
        let rows =
            commands::explain::explain(&plan, &options, instruments.as_deref(), &measured, &*catalog, &text)?;
        let rows: Vec<Vec<String>> = rows.into_iter().map(|row| vec![row]).collect();
        self.send_text_rows(&columns(explain), &rows, formats, describes)?;
        Ok("EXPLAIN".into())
    }

    /// Settings that bear on planning and differ from what they are by default.
    pub fn planning_settings(&self) -> Vec<(String, String)> {
        let settings = self.settings.borrow();
        let bears = |setting: &&config::Setting| {
            setting.category.starts_with("Query Tuning") || OTHER_PLANNING_SETTINGS.contains(&setting.id)
        };
        let differs =
            |setting: &&config::Setting| *settings.value(setting.id) != config::value::default_value(setting);
        let found = config::TABLE.iter().filter(bears).filter(differs);
        let mut found: Vec<(String, String)> = found
            .map(|setting| (setting.name.into(), settings.show(setting.name).unwrap_or_default()))
            .collect();
        found.sort();
        found
    }

    /// The plan of what is to be explained, and the values of its parameters.
    fn explained(
        &mut self,
        statement: &Statement,
        source: &str,
        parameters: &Parameters,
        runs: bool,
    ) -> Result<(Rc<PlannedStatement>, Vec<Value>)> {
        match statement {
            Statement::Execute(execute) => {
                let prepared = self.statement(&execute.name)?;
                let is_plan = prepared.statement.as_ref().is_some_and(|raw| is_query(&raw.statement));
                if !is_plan {
                    return Err(Error::unsupported(
                        "EXPLAIN of this prepared statement is not supported yet",
                    ));
                }
                let values = self.argument_values(execute, &prepared, source)?;
                Ok((self.locked_plan(|session| session.current_plan(&prepared))?, values))
            }
            Statement::DeclareCursor(declare) => {
                let query = Statement::Select(declare.query.clone());
                Ok((self.locked_query(&query, source)?, Vec::new()))
            }
            Statement::CreateTableAs(create) => {
                if runs {
                    return Err(Error::unsupported("EXPLAIN ANALYZE CREATE TABLE AS is not supported yet"));
                }
                match &create.source {
                    CreateTableAsSource::Select(select) => {
                        let query = Statement::Select(select.clone());
                        Ok((self.locked_query(&query, source)?, Vec::new()))
                    }
                    CreateTableAsSource::Execute(execute) => {
                        let prepared = self.statement(&execute.name)?;
                        let values = self.argument_values(execute, &prepared, source)?;
                        Ok((self.locked_plan(|session| session.current_plan(&prepared))?, values))
                    }
                }
            }
            query if is_query(query) => {
                let plan = self.locked_query(query, source)?;
                Ok((plan, parameters.values.clone()))
            }
            _ => Err(error!(FEATURE_NOT_SUPPORTED, "EXPLAIN of this statement is not supported yet")),
        }
    }

    /// Runs a plan to its end without sending rows; they may be made ready for it all the same.
    fn run_watched(
        &mut self,
        plan: &PlannedStatement,
        parameters: &Parameters,
        watch: Rc<Instruments>,
        serialize: Option<Serialize>,
    ) -> Result<Option<Serialized>> {
        let catalog = self.catalog.clone();
        let snapshot = self.transaction.snapshot();
        let mut runtime =
            Runtime::new(&catalog, self.registry, &self.formats, &mut self.services, snapshot, parameters);
        runtime.instruments = Some(watch);
        let mut execution = Execution::new(&mut runtime, plan)?;
        let Some(serialize) = serialize else {
            while execution.next(&mut runtime)?.is_some() {}
            return Ok(None);
        };
        let format = if serialize == Serialize::Binary { Format::Binary } else { Format::Text };
        let (mut output, mut serialized) = (Output::default(), Serialized::default());
        while let Some(batch) = execution.next(&mut runtime)? {
            if plan.columns.is_empty() {
                continue;
            }
            let (start, buffers) = (Instant::now(), commands::explain::buffer_use());
            let context = Context { settings: runtime.settings, catalog: runtime.session.catalog() };
            send_rows(&mut output, batch, &plan.columns, &[format], &context, 0, batch.count())?;
            serialized.bytes += output.len() as u64;
            output.clear();
            serialized.took += start.elapsed();
            serialized.buffers += commands::explain::buffer_use() - buffers;
        }
        Ok(Some(serialized))
    }
}
