//! The extended query protocol, PREPARE and cursors: statements and portals by name.

use std::rc::Rc;

use background::log;
use common::Oid;
use error::{Error, Result, error};
use executor::Parameters;
use expression::SessionAccess;
use parser::ast;
use protocol::Format;
use protocol::frontend::{Bind, Message, Target};
use types::{Value, io, oid};

use super::Session;
use super::output::describe;
use super::portal::{Destination, Portal, Progress};
use super::statement::{Prepared, is_query, tag_of};
use super::statement_log::name_of;

impl Session {
    /// One message of the extended protocol.
    pub fn extended(&mut self, message: Message<'_>) -> Result<()> {
        match message {
            Message::Parse { statement, query, parameter_types } => {
                let types: Vec<Oid> = parameter_types.iter().map(Oid).collect();
                self.parse_message(statement, query, types)
            }
            Message::Bind(bind) => self.bind(&bind),
            Message::Describe(target) => self.describe(target),
            Message::Execute { portal, row_limit } => self.execute(portal, row_limit.into()),
            Message::Close(target) => {
                match target {
                    Target::Statement(name) => drop(self.statements.borrow_mut().remove(name)),
                    Target::Portal(name) => drop(self.portals.remove(name)),
                }
                self.start.connection.output.close_complete();
                Ok(())
            }
            Message::FunctionCall => Err(Error::unsupported("fastpath function calls are not supported")),
            // Left over from a COPY that failed.
            _ => Ok(()),
        }
    }

    fn parse_message(&mut self, name: &str, query: &str, types: Vec<Oid>) -> Result<()> {
        self.start_timeouts(false);
        self.show_statement(query);
        self.start.set_title("PARSE");
        let timed = self.time();
        if name.is_empty() {
            self.statements.borrow_mut().remove("");
        } else if self.statements.borrow().contains_key(name) {
            return Err(error!(DUPLICATE_PSTATEMENT, "prepared statement \"{name}\" already exists"));
        }
        let mut statements = parser::parse(query)?;
        if statements.len() > 1 {
            return Err(error!(SYNTAX_ERROR, "cannot insert multiple commands into a prepared statement"));
        }
        let raw = statements.pop();
        if let Some(raw) = &raw {
            self.refuse_if_failed(&raw.statement)?;
            if !matches!(raw.statement, ast::Statement::Transaction(_)) {
                self.begin_if_needed()?;
            }
        }
        self.catalog.accept_invalidations();
        let mut prepared = self.prepare(query.into(), raw, types)?;
        prepared.name = name.into();
        self.statements.borrow_mut().insert(name.into(), Rc::new(prepared));
        self.start.connection.output.parse_complete();
        self.log_duration(&timed, |_| (format!("parse {}: {query}", name_of(name, "")), None));
        Ok(())
    }

    pub fn statement(&self, name: &str) -> Result<Rc<Prepared>> {
        self.statements.borrow().get(name).cloned().ok_or_else(|| {
            if name.is_empty() {
                error!(UNDEFINED_PSTATEMENT, "unnamed prepared statement does not exist")
            } else {
                error!(UNDEFINED_PSTATEMENT, "prepared statement \"{name}\" does not exist")
            }
        })
    }

    fn bind(&mut self, bind: &Bind<'_>) -> Result<()> {
        let prepared = self.statement(bind.statement)?;
        log::set_statement(Some(&prepared.source));
        self.start.set_title("BIND");
        let timed = self.time();
        if let Some(raw) = &prepared.statement {
            self.refuse_if_failed(&raw.statement)?;
            if !matches!(raw.statement, ast::Statement::Transaction(_)) {
                self.begin_if_needed()?;
            }
        }
        if bind.parameter_count != prepared.parameter_types.len() {
            return Err(error!(
                PROTOCOL_VIOLATION,
                "bind message supplies {} parameters, but prepared statement \"{}\" requires {}",
                bind.parameter_count,
                bind.statement,
                prepared.parameter_types.len()
            ));
        }
        let mut values = Vec::with_capacity(bind.parameter_count);
        {
            let context = io::Context { settings: &self.formats, catalog: self.services.names() };
            for (index, bytes) in bind.parameters().enumerate() {
                let data_type = prepared.parameter_types[index];
                values.push(match bytes {
                    None => Value::Null,
                    Some(bytes) => match bind.parameter_format(index) {
                        Format::Text => {
                            let text = protocol::frontend::validate_text(bytes)?;
                            io::input(data_type, -1, text, &context)?
                        }
                        Format::Binary => io::receive(data_type, -1, bytes, &context).map_err(|error| {
                            match error.message() {
                                "incorrect binary data format" => error!(
                                    INVALID_BINARY_REPRESENTATION,
                                    "incorrect binary data format in bind parameter {}",
                                    index + 1
                                ),
                                _ => error,
                            }
                        })?,
                    },
                });
            }
        }
        let plan = match &prepared.statement {
            Some(raw) if is_query(&raw.statement) => {
                Some(self.locked_plan(|session| session.current_plan(&prepared))?)
            }
            _ => None,
        };
        if !bind.portal.is_empty() && self.portals.contains_key(bind.portal) {
            return Err(error!(DUPLICATE_CURSOR, "cursor \"{}\" already exists", bind.portal));
        }
        let columns = plan.as_ref().map_or(0, |plan| plan.columns.len());
        let count = bind.result_formats.count();
        if plan.is_some() && count > 1 && count != columns {
            return Err(error!(
                PROTOCOL_VIOLATION,
                "bind message has {count} result formats but query has {columns} columns"
            ));
        }
        let formats = (0..count).map(|at| bind.result_formats.of(at)).collect();
        let mut portal = Portal::new(prepared, Parameters { values }, formats, plan);
        portal.is_counted = true;
        self.log_duration(&timed, |session| {
            session.tell("bind", bind.portal, &portal.prepared, &portal.parameters.values)
        });
        self.portals.insert(bind.portal.into(), portal);
        self.start.connection.output.bind_complete();
        Ok(())
    }

    fn describe(&mut self, target: Target<'_>) -> Result<()> {
        match target {
            Target::Statement(name) => {
                let prepared = self.statement(name)?;
                let types = prepared.parameter_types.iter().map(|oid| oid.0);
                self.start.connection.output.parameter_description(types);
                match &prepared.statement {
                    Some(raw) if is_query(&raw.statement) => {
                        let plan = self.current_plan(&prepared)?;
                        self.describe_columns(&plan.columns, &[]);
                    }
                    Some(raw) => self.describe_command(&raw.statement.clone(), &[])?,
                    None => self.start.connection.output.no_data(),
                }
            }
            Target::Portal(name) => {
                let portal = self.portals.get(name).ok_or_else(|| missing_portal(name))?;
                let formats = portal.formats.clone();
                match (&portal.plan, &portal.prepared.statement) {
                    (Some(plan), _) => {
                        let plan = plan.clone();
                        self.describe_columns(&plan.columns, &formats);
                    }
                    (None, Some(raw)) => {
                        let raw = raw.clone();
                        self.describe_command(&raw.statement, &formats)?;
                    }
                    (None, None) => self.start.connection.output.no_data(),
                }
            }
        }
        Ok(())
    }

    fn describe_columns(&mut self, columns: &[nodes::plan::OutputColumn], formats: &[Format]) {
        if columns.is_empty() {
            return self.start.connection.output.no_data();
        }
        let format = |at: usize| super::output::format_of(formats, at);
        self.start.connection.output.row_description(describe(columns), format);
    }

    fn describe_command(&mut self, statement: &ast::Statement, formats: &[Format]) -> Result<()> {
        let columns = match statement {
            ast::Statement::Show(show) => self.show_columns(show),
            ast::Statement::Explain(explain) => super::explain::columns(explain),
            ast::Statement::Fetch(fetch) => match self.portals.get(&fetch.cursor) {
                Some(portal) if !fetch.is_move => portal.columns().to_vec(),
                _ => Vec::new(),
            },
            ast::Statement::Execute(execute) => match self.statement(&execute.name).ok() {
                Some(prepared) if prepared.statement.as_ref().is_some_and(|raw| is_query(&raw.statement)) => {
                    self.current_plan(&prepared)?.columns.clone()
                }
                _ => Vec::new(),
            },
            _ => Vec::new(),
        };
        self.describe_columns(&columns, formats);
        Ok(())
    }

    fn execute(&mut self, name: &str, limit: u64) -> Result<()> {
        let mut portal = self.portals.remove(name).ok_or_else(|| missing_portal(name))?;
        let mut timed = self.time();
        let Some(raw) = portal.prepared.statement.clone() else {
            self.start.connection.output.empty_query_response();
            self.portals.insert(name.into(), portal);
            return Ok(());
        };
        self.refuse_if_failed(&raw.statement)?;
        self.join_pipeline();
        self.start.set_title(commands::tag(&raw.statement));
        self.show_statement(&portal.prepared.source);
        let doing = if portal.sent > 0 { "execute fetch from" } else { "execute" };
        self.log_statements(&mut timed, [&raw.statement], |session| {
            session.tell(doing, name, &portal.prepared, &portal.parameters.values)
        });
        if portal.plan.is_some() {
            self.begin_if_needed()?;
            let command = portal.plan.as_ref().map(|plan| plan.command);
            let outcome = self.run_portal(&mut portal, limit, &Destination::Client);
            let progress = outcome.map_err(|error| self.with_parameters(error, name, &portal))?;
            self.transaction.release_snapshots();
            self.catalog.next_command()?;
            self.is_pipelined = true;
            self.send_notices();
            match (progress, command) {
                (Progress::Complete(rows), Some(command)) => {
                    let tag = tag_of(command, rows);
                    self.start.connection.output.command_complete(&tag);
                }
                _ => self.start.connection.output.portal_suspended(),
            }
            self.log_duration(&timed, |session| {
                session.tell(doing, name, &portal.prepared, &portal.parameters.values)
            });
            self.portals.insert(name.into(), portal);
            return Ok(());
        }
        if std::mem::replace(&mut portal.was_run, true) {
            return Err(error!(OBJECT_NOT_IN_PREREQUISITE_STATE, "portal \"{name}\" cannot be run"));
        }
        let is_control = matches!(raw.statement, ast::Statement::Transaction(_));
        if !is_control {
            self.begin_if_needed()?;
            self.derive_settings()?;
        }
        let prepared = portal.prepared.clone();
        let source = prepared.source.clone();
        let formats = portal.formats.clone();
        let parameters = Parameters { values: portal.parameters.values.clone() };
        self.portals.insert(name.into(), portal);
        let span = (raw.start, raw.start + raw.length);
        let tag = self.counted(&raw.statement, &source, span, |session| match &raw.statement {
            ast::Statement::Explain(explain) => {
                session.explain(explain, &source, &parameters, &formats, false)
            }
            statement => session.command(statement, &source, &formats, false),
        })?;
        self.leave_in_pipeline(&raw.statement)?;
        self.send_notices();
        if !tag.is_empty() {
            self.start.connection.output.command_complete(&tag);
        }
        self.log_duration(&timed, |session| session.tell(doing, name, &prepared, &parameters.values));
        Ok(())
    }

    /// An error with the values that its portal had, if that is wanted.
    fn with_parameters(&self, error: Error, name: &str, portal: &Portal) -> Error {
        let longest = self.settings.borrow().integer(config::Id::LogParameterMaxLengthOnError);
        let longest = usize::try_from(longest).unwrap_or(usize::MAX);
        match self.parameter_list(&portal.prepared, &portal.parameters.values, longest) {
            None => error,
            Some(list) if name.is_empty() => {
                error.context(format_args!("unnamed portal with parameters: {list}"))
            }
            Some(list) => error.context(format_args!("portal \"{name}\" with parameters: {list}")),
        }
    }

    /// A portal as the log tells of it: text and detail.
    fn tell(
        &self,
        doing: &str,
        name: &str,
        prepared: &Prepared,
        values: &[Value],
    ) -> (String, Option<String>) {
        let text = format!("{doing} {}: {}", name_of(&prepared.name, name), prepared.source);
        (text, self.parameter_detail(prepared, values))
    }

    // PREPARE, EXECUTE, DEALLOCATE.

    pub fn sql_prepare(&mut self, prepare: &ast::PrepareStatement, source: &str) -> Result<String> {
        if self.statements.borrow().contains_key(&prepare.name) {
            return Err(error!(
                DUPLICATE_PSTATEMENT,
                "prepared statement \"{}\" already exists", prepare.name
            ));
        }
        let mut types = Vec::new();
        for name in &prepare.parameter_types {
            types.push(analyzer::resolve_type_name(name, source, &*self.catalog)?.oid);
        }
        let raw = ast::RawStatement {
            statement: (*prepare.statement).clone(),
            start: self.span.0,
            length: self.span.1 - self.span.0,
        };
        let mut prepared = self.prepare(source.into(), Some(raw), types)?;
        prepared.is_sql = true;
        prepared.name = prepare.name.clone();
        self.statements.borrow_mut().insert(prepare.name.clone(), Rc::new(prepared));
        Ok("PREPARE".into())
    }

    pub fn sql_execute(
        &mut self,
        execute: &ast::ExecuteStatement,
        source: &str,
        formats: &[Format],
        describes: bool,
    ) -> Result<String> {
        let prepared = self.statement(&execute.name)?;
        let Some(raw) = prepared.statement.clone() else { return Ok(String::new()) };
        if !is_query(&raw.statement) {
            return self.command(&raw.statement, &prepared.source, formats, describes);
        }
        let values = self.argument_values(execute, &prepared, source)?;
        let plan = self.locked_plan(|session| session.current_plan(&prepared))?;
        let mut portal = Portal::new(prepared, Parameters { values }, formats.to_vec(), Some(plan.clone()));
        portal.is_counted = true;
        if describes && !plan.columns.is_empty() {
            self.start.connection.output.row_description(describe(&plan.columns), |_| Format::Text);
        }
        match self.run_portal(&mut portal, 0, &Destination::Client)? {
            Progress::Complete(rows) | Progress::Suspended(rows) => Ok(tag_of(plan.command, rows)),
        }
    }

    /// The values of EXECUTE's arguments: each is a query of its own.
    /// # Errors
    /// 42601 for a wrong number of them.
    pub fn argument_values(
        &mut self,
        execute: &ast::ExecuteStatement,
        prepared: &Prepared,
        source: &str,
    ) -> Result<Vec<Value>> {
        if execute.arguments.len() != prepared.parameter_types.len() {
            return Err(error!(
                SYNTAX_ERROR,
                "wrong number of parameters for prepared statement \"{}\"", execute.name
            )
            .detail(format!(
                "Expected {} parameters but got {}.",
                prepared.parameter_types.len(),
                execute.arguments.len()
            )));
        }
        let mut values = Vec::new();
        for (argument, data_type) in execute.arguments.iter().zip(&prepared.parameter_types) {
            let value = self.evaluate_alone(argument, source, *data_type)?;
            values.push(value);
        }
        Ok(values)
    }

    /// The value of an expression without tables, as this type.
    fn evaluate_alone(&mut self, argument: &ast::Expression, source: &str, data_type: Oid) -> Result<Value> {
        let select = ast::SelectStatement {
            with: None,
            body: ast::SelectBody::Values(vec![vec![argument.clone()]]),
            order_by: Vec::new(),
            limit: None,
            offset: None,
            locking: Vec::new(),
            location: argument.location,
        };
        let (plan, _) = self.plan(&ast::Statement::Select(Box::new(select)), source, Vec::new())?;
        let catalog = self.catalog.clone();
        let parameters = Parameters::default();
        let snapshot = self.transaction.snapshot();
        let mut runtime = executor::Runtime::new(
            &catalog,
            self.registry,
            &self.formats,
            &mut self.services,
            snapshot,
            &parameters,
        );
        let mut execution = executor::Execution::new(&mut runtime, &plan)?;
        let value = match execution.next(&mut runtime)? {
            Some(batch) => batch.columns[0].value(0),
            None => Value::Null,
        };
        let from = plan.columns[0].data_type.oid;
        if from == data_type || value.is_null() {
            return Ok(value);
        }
        // Of another type: through text, as an assignment would when there is no cast.
        let context = io::Context { settings: &self.formats, catalog: self.services.names() };
        let from = if from == oid::UNKNOWN { oid::TEXT } else { from };
        let text = io::output_text(from, &value, &context)?;
        io::input(data_type, -1, &text, &context)
    }

    pub fn sql_deallocate(&mut self, deallocate: &ast::DeallocateStatement) -> Result<String> {
        match &deallocate.name {
            None => {
                self.statements.borrow_mut().clear();
                self.idle.clear();
                Ok("DEALLOCATE ALL".into())
            }
            Some(name) => {
                self.statement(name)?;
                self.statements.borrow_mut().remove(name);
                Ok("DEALLOCATE".into())
            }
        }
    }

    // Cursors.

    pub fn declare_cursor(&mut self, declare: &ast::DeclareCursorStatement, source: &str) -> Result<String> {
        if declare.with_hold {
            return Err(Error::unsupported("DECLARE CURSOR WITH HOLD is not supported yet"));
        }
        if declare.scroll == Some(true) {
            return Err(Error::unsupported("DECLARE SCROLL CURSOR is not supported yet"));
        }
        self.require_company("DECLARE CURSOR")?;
        if self.portals.contains_key(&declare.name) {
            return Err(error!(DUPLICATE_CURSOR, "cursor \"{}\" already exists", declare.name));
        }
        let statement = ast::Statement::Select(declare.query.clone());
        let plan = self.locked_query(&statement, source)?;
        let prepared = Rc::new(self.prepare(source.into(), None, Vec::new())?);
        let formats = if declare.is_binary { vec![Format::Binary] } else { Vec::new() };
        let mut portal = Portal::new(prepared, Parameters::default(), formats, Some(plan));
        // A cursor sees what was there when it was declared.
        self.open_portal(&mut portal)?;
        self.portals.insert(declare.name.clone(), portal);
        Ok("DECLARE CURSOR".into())
    }

    pub fn fetch(
        &mut self,
        fetch: &ast::FetchStatement,
        formats: &[Format],
        describes: bool,
    ) -> Result<String> {
        let mut portal = self
            .portals
            .remove(&fetch.cursor)
            .ok_or_else(|| error!(UNDEFINED_CURSOR, "cursor \"{}\" does not exist", fetch.cursor))?;
        let limit = match fetch.direction {
            ast::FetchDirection::Forward(count) if count >= 0 => Some(count as u64),
            ast::FetchDirection::ForwardAll => None,
            _ => {
                self.portals.insert(fetch.cursor.clone(), portal);
                return Err(error!(OBJECT_NOT_IN_PREREQUISITE_STATE, "cursor can only scan forward")
                    .hint("Declare it with SCROLL option to enable backward scan."));
            }
        };
        if describes && !fetch.is_move {
            let own = portal.formats.clone();
            self.describe_columns(portal.columns(), &own);
        }
        if !formats.is_empty() {
            portal.formats = formats.to_vec();
        }
        let destination = if fetch.is_move { Destination::Nowhere } else { Destination::Client };
        let before = portal.sent;
        if limit != Some(0) {
            self.run_portal(&mut portal, limit.unwrap_or(0), &destination)?;
        }
        let rows = portal.sent - before;
        self.portals.insert(fetch.cursor.clone(), portal);
        Ok(format!("{} {rows}", if fetch.is_move { "MOVE" } else { "FETCH" }))
    }

    pub fn close_cursor(&mut self, close: &ast::CloseStatement) -> Result<String> {
        match &close.cursor {
            None => {
                self.portals.clear();
                Ok("CLOSE CURSOR ALL".into())
            }
            Some(name) => match self.portals.remove(name) {
                Some(_) => Ok("CLOSE CURSOR".into()),
                None => Err(error!(UNDEFINED_CURSOR, "cursor \"{name}\" does not exist")),
            },
        }
    }

    pub fn discard(&mut self, target: ast::DiscardTarget) -> Result<String> {
        match target {
            ast::DiscardTarget::All => {
                self.prevent_block("DISCARD ALL")?;
                self.portals.clear();
                self.statements.borrow_mut().clear();
                self.idle.clear();
                self.settings.borrow_mut().reset_all(1);
                self.services.advisory_unlock_all()?;
                self.services.forget_sequences();
                Ok("DISCARD ALL".into())
            }
            ast::DiscardTarget::Plans => {
                self.catalog.forget_everything();
                self.idle.clear();
                Ok("DISCARD PLANS".into())
            }
            ast::DiscardTarget::Sequences => {
                self.services.forget_sequences();
                Ok("DISCARD SEQUENCES".into())
            }
            ast::DiscardTarget::Temporary => Ok("DISCARD TEMP".into()),
        }
    }
}

fn missing_portal(name: &str) -> Error {
    error!(UNDEFINED_CURSOR, "portal \"{name}\" does not exist")
}
