//! From text to something that can be run: parsed, analyzed, planned, and planned again when the catalog has changed.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::time::Instant;

use analyzer::{AnalyzerSettings, Parameters};
use common::Oid;
use error::{Error, Result, error};
use nodes::plan::{OutputColumn, PlannedStatement};
use nodes::query::Command;
use optimizer::PlannerSettings;
use parser::ast::{RawStatement, Statement};

use super::Session;
use super::statement_count::StatementSpan;

/// The prepared statements of a session, by name.
pub(crate) type Statements = Rc<RefCell<HashMap<String, Rc<Prepared>>>>;

/// A statement that was prepared, by PREPARE or Parse.
pub(crate) struct Prepared {
    /// Empty for the unnamed one, and for what was not prepared by name.
    pub name: String,
    pub source: Rc<str>,
    /// `None` for an empty query.
    pub statement: Option<Rc<RawStatement>>,
    pub parameter_types: Vec<Oid>,
    /// When, in microseconds since 1970.
    pub prepared_us: i64,
    /// By PREPARE.
    pub is_sql: bool,
    /// The plan and the catalog generation that it was made in.
    plan: RefCell<Option<(u64, Rc<PlannedStatement>)>>,
}

impl Prepared {
    /// The types of the columns that the statement gives; `None` when it gives no rows.
    pub fn result_types(&self) -> Option<Vec<Oid>> {
        let plan = self.plan.borrow();
        let (_, plan) = plan.as_ref()?;
        let types: Vec<Oid> = plan.columns.iter().map(|column| column.data_type.oid).collect();
        (!types.is_empty()).then_some(types)
    }
}

/// Whether a statement is a query, which is planned, or a command.
pub(crate) fn is_query(statement: &Statement) -> bool {
    matches!(
        statement,
        Statement::Select(_)
            | Statement::Insert(_)
            | Statement::Update(_)
            | Statement::Delete(_)
            | Statement::Merge(_)
    )
}

impl Prepared {
    /// Whether this plan is the statement's own, to be used again.
    pub fn is_plan(&self, plan: &Rc<PlannedStatement>) -> bool {
        !self.name.is_empty()
            && self.plan.borrow().as_ref().is_some_and(|(_, current)| Rc::ptr_eq(current, plan))
    }
}

impl Session {
    /// Prepares one statement; its parameters' types are found out.
    /// # Errors
    /// Those of analysis.
    pub fn prepare(
        &mut self,
        source: Rc<str>,
        statement: Option<RawStatement>,
        types: Vec<Oid>,
    ) -> Result<Prepared> {
        let mut prepared = Prepared {
            name: String::new(),
            source,
            statement: statement.map(Rc::new),
            parameter_types: types,
            prepared_us: self.activity.statement_start_us(),
            is_sql: false,
            plan: RefCell::new(None),
        };
        if let Some(raw) = prepared.statement.clone()
            && let Statement::Explain(explain) = &raw.statement
            && is_query(&explain.statement)
        {
            let source = prepared.source.clone();
            (_, prepared.parameter_types) =
                self.plan(&explain.statement, &source, prepared.parameter_types.clone())?;
        }
        if let Some(raw) = prepared.statement.clone()
            && is_query(&raw.statement)
        {
            let (plan, types) =
                self.plan_counted(&raw, &prepared.source.clone(), prepared.parameter_types.clone())?;
            prepared.parameter_types = types;
            prepared.plan = RefCell::new(Some((self.catalog.generation(), plan)));
        }
        Ok(prepared)
    }

    /// The plan of a prepared query, made again if the catalog has changed since.
    pub fn current_plan(&mut self, prepared: &Prepared) -> Result<Rc<PlannedStatement>> {
        self.catalog.accept_invalidations();
        self.derive_settings()?;
        if let Some((generation, plan)) = &*prepared.plan.borrow()
            && *generation == self.catalog.generation()
        {
            return Ok(plan.clone());
        }
        let Some(raw) = &prepared.statement else { return Err(Error::internal("empty query has no plan")) };
        let (plan, _) = self.plan_counted(raw, &prepared.source, prepared.parameter_types.clone())?;
        if let Some((_, old)) = &*prepared.plan.borrow() {
            let types = |plan: &PlannedStatement| -> Vec<Oid> {
                plan.columns.iter().map(|column| column.data_type.oid).collect()
            };
            if types(old) != types(&plan) {
                return Err(error!(FEATURE_NOT_SUPPORTED, "cached plan must not change result type"));
            }
        }
        *prepared.plan.borrow_mut() = Some((self.catalog.generation(), plan.clone()));
        Ok(plan)
    }

    /// Analyzes and plans a query; gives the types of its parameters too.
    pub fn plan(
        &mut self,
        statement: &Statement,
        source: &str,
        types: Vec<Oid>,
    ) -> Result<(Rc<PlannedStatement>, Vec<Oid>)> {
        self.plan_in(statement, source, types, None)
    }

    /// The same for a query that is a statement of its own, and counted as one.
    pub fn plan_counted(
        &mut self,
        raw: &RawStatement,
        source: &str,
        types: Vec<Oid>,
    ) -> Result<(Rc<PlannedStatement>, Vec<Oid>)> {
        self.plan_in(&raw.statement, source, types, Some((raw.start, raw.start + raw.length)))
    }

    fn plan_in(
        &mut self,
        statement: &Statement,
        source: &str,
        types: Vec<Oid>,
        span: Option<StatementSpan>,
    ) -> Result<(Rc<PlannedStatement>, Vec<Oid>)> {
        self.derive_settings()?;
        let mut parameters = Parameters::declared(types);
        let text = self.services.value_text(&self.formats);
        let database = self.start.database.clone();
        let transform_null_equals = self.settings.borrow().bool(config::Id::TransformNullEquals);
        let settings = AnalyzerSettings { text: &text, database: &database, transform_null_equals };
        let mut query = analyzer::analyze(statement, source, &*self.catalog, &mut parameters, &settings)?;
        let query_id = self.identify(&query, source, span);
        let start = self.counts_planning(query_id, span).then(Instant::now);
        analyzer::rewrite(&mut query, &*self.catalog)?;
        let mut plan = optimizer::plan(query, &*self.catalog, &self.planner_settings())?;
        plan.query_id = query_id;
        if let Some(start) = start {
            self.count_planning(query_id, start);
        }
        Ok((Rc::new(plan), parameters.types().to_vec()))
    }

    /// A plan that `make` gives, with its relations locked for its user.
    /// # Errors
    /// Those of [`commands::locked_plan`].
    pub fn locked_plan(
        &mut self,
        mut make: impl FnMut(&mut Session) -> Result<Rc<PlannedStatement>>,
    ) -> Result<Rc<PlannedStatement>> {
        let (catalog, user, is_superuser) = (self.catalog.clone(), self.user, self.is_superuser);
        commands::locked_plan(&catalog, user, is_superuser, || make(self))
    }

    /// The plan of a query, with its relations locked.
    /// # Errors
    /// Those of analysis and of [`Session::locked_plan`].
    pub fn locked_query(&mut self, query: &Statement, source: &str) -> Result<Rc<PlannedStatement>> {
        self.locked_plan(|session| Ok(session.plan(query, source, Vec::new())?.0))
    }

    pub fn planner_settings(&self) -> PlannerSettings {
        use config::Id;
        let settings = self.settings.borrow();
        PlannerSettings {
            enable_seqscan: settings.bool(Id::EnableSeqscan),
            enable_indexscan: settings.bool(Id::EnableIndexscan),
            enable_indexonlyscan: settings.bool(Id::EnableIndexonlyscan),
            enable_bitmapscan: settings.bool(Id::EnableBitmapscan),
            enable_hashjoin: settings.bool(Id::EnableHashjoin),
            enable_nestloop: settings.bool(Id::EnableNestloop),
            enable_hashagg: settings.bool(Id::EnableHashagg),
            enable_sort: settings.bool(Id::EnableSort),
            seq_page_cost: settings.real(Id::SeqPageCost),
            random_page_cost: settings.real(Id::RandomPageCost),
            cpu_tuple_cost: settings.real(Id::CpuTupleCost),
            cpu_index_tuple_cost: settings.real(Id::CpuIndexTupleCost),
            cpu_operator_cost: settings.real(Id::CpuOperatorCost),
        }
    }
}

/// The command tag of a query.
pub(crate) fn tag_of(command: Command, rows: u64) -> String {
    match command {
        Command::Select => format!("SELECT {rows}"),
        Command::Insert => format!("INSERT 0 {rows}"),
        Command::Update => format!("UPDATE {rows}"),
        Command::Delete => format!("DELETE {rows}"),
    }
}

/// A column of a command's answer.
pub(crate) fn text_column(name: &str) -> OutputColumn {
    OutputColumn { name: name.into(), data_type: nodes::DataType::new(types::oid::TEXT), origin: None }
}
