//! What functions ask of the session: names, settings, sequences, locks, definitions.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::time::Duration;

use analyzer::ValueText;
use background::ServerState;
use background::server_statistics::SharedStatistics;
use background::statement_statistics::StatementKey;
use catalog::tables::{
    PgAuthid, PgClass, PgDatabase, PgDepend, PgDescription, PgEnum, PgShdescription, PgTablespace, PgType,
};
use catalog::{Catalog, CatalogView, Relation};
use common::{Counter, ForkNumber, Lsn, Oid};
use config::{Scope, Settings};
use error::{Error, Result, error};
use expression::SessionAccess;
use expression::context::{AdvisoryLock, HeapProblem, ObjectKind, Report};
use storage_lock::{LockMode, LockTag, Outcome, Wait};
use system::process::{self, ProcessId};
use system::{clock, random};
use types::io::{TypeCatalog, UserType};
use types::{FormatSettings, Value, oid};

use super::assignment::Assignment;
use super::statement::Statements;

/// Microseconds from 1970 to 2000.
pub(crate) const EPOCH_DIFFERENCE_US: i64 = 946_684_800_000_000;

/// A time counted from 1970 as one counted from 2000.
pub(crate) fn to_2000(unix_us: i64) -> i64 {
    unix_us - EPOCH_DIFFERENCE_US
}

/// Names and types, from the catalog.
pub(crate) struct Names {
    catalog: Rc<Catalog>,
}

pub(crate) struct Services {
    state: &'static ServerState,
    names: Names,
    catalog: Rc<Catalog>,
    settings: Rc<RefCell<Settings>>,
    user: Oid,
    user_name: String,
    database_name: String,
    postmaster: ProcessId,
    pub statement_timestamp: i64,
    /// What the client was told of its settings, and at which generation.
    pub reported: HashMap<u16, String>,
    pub reported_generation: u64,
    /// The last value that this session took from each sequence.
    sequence_values: HashMap<Oid, i64>,
    /// Values that sequences with CACHE gave this session ahead.
    sequence_ahead: HashMap<Oid, commands::sequence::Values>,
    last_sequence: Option<Oid>,
    statements: Statements,
    /// Rows of `pg_cursors`.
    pub listed_cursors: Vec<Vec<Value>>,
    random_state: Option<u64>,
}

/// Whose session it is, and whose child.
pub(crate) struct SessionNames {
    pub user: String,
    pub database: String,
    pub postmaster: ProcessId,
}

/// How a refusal to signal a process is worded.
struct SignalWords {
    what: &'static str,
    of_superuser: &'static str,
    of_other: &'static str,
}

const CANCEL: SignalWords = SignalWords {
    what: "cancel query",
    of_superuser: "Only roles with the SUPERUSER attribute may cancel queries of roles with the SUPERUSER attribute.",
    of_other: "Only roles with privileges of the role whose query is being canceled or with privileges of the \
               \"pg_signal_backend\" role may cancel this query.",
};

const TERMINATE: SignalWords = SignalWords {
    what: "terminate process",
    of_superuser: "Only roles with the SUPERUSER attribute may terminate processes of roles with the SUPERUSER attribute.",
    of_other: "Only roles with privileges of the role whose process is being terminated or with privileges of the \
               \"pg_signal_backend\" role may terminate this process.",
};

impl Services {
    pub fn new(
        state: &'static ServerState,
        catalog: Rc<Catalog>,
        settings: Rc<RefCell<Settings>>,
        names: SessionNames,
        user: Oid,
        statements: Statements,
    ) -> Services {
        let mut reported = HashMap::new();
        for id in crate::startup::REPORTED_SETTINGS {
            let value = settings.borrow().show(config::TABLE[*id as usize].name).unwrap_or_default();
            reported.insert(*id as u16, value);
        }
        let reported_generation = settings.borrow().generation();
        Services {
            state,
            names: Names { catalog: catalog.clone() },
            catalog,
            settings,
            user,
            user_name: names.user,
            database_name: names.database,
            postmaster: names.postmaster,
            statement_timestamp: 0,
            reported,
            reported_generation,
            sequence_values: HashMap::new(),
            sequence_ahead: HashMap::new(),
            last_sequence: None,
            statements,
            listed_cursors: Vec::new(),
            random_state: None,
        }
    }

    fn check_may_verify(&self, function: &str) -> Result<()> {
        if self.catalog.role(self.user)?.is_some_and(|row| row.rolsuper) {
            return Ok(());
        }
        Err(error!(INSUFFICIENT_PRIVILEGE, "permission denied for function {function}"))
    }

    pub fn names(&self) -> &dyn TypeCatalog {
        &self.names
    }

    /// The reader and writer of literals, in the session's formats.
    pub fn value_text(&self, formats: &FormatSettings) -> SessionText {
        SessionText { names: Names { catalog: self.catalog.clone() }, formats: formats.clone() }
    }

    pub fn transaction_ended(&mut self, _committed: bool) {
        self.statement_timestamp = 0;
    }

    pub fn forget_sequences(&mut self) {
        self.sequence_values.clear();
        self.sequence_ahead.clear();
        self.last_sequence = None;
    }

    fn database_of(&self, name: &str) -> Result<Option<Oid>> {
        Ok(self.catalog.row::<PgDatabase>(PgDatabase::BY_DATNAME, &[Value::text(name)])?.map(|row| row.oid))
    }

    fn advisory_tag(&self, lock: AdvisoryLock) -> LockTag {
        let database = self.catalog.database();
        if lock.is_pair {
            LockTag::advisory_two(database, (lock.key >> 32) as i32, lock.key as i32)
        } else {
            LockTag::advisory_one(database, lock.key)
        }
    }
}

/// Text of values in a session's formats.
pub(crate) struct SessionText {
    names: Names,
    formats: FormatSettings,
}

impl ValueText for SessionText {
    fn input(&self, data_type: Oid, modifier: i32, text: &str) -> Result<Value> {
        let context = types::io::Context { settings: &self.formats, catalog: &self.names };
        types::io::input(data_type, modifier, text, &context)
    }

    fn output(&self, data_type: Oid, value: &Value) -> Result<String> {
        let context = types::io::Context { settings: &self.formats, catalog: &self.names };
        types::io::output_text(data_type, value, &context)
    }
}

impl TypeCatalog for Names {
    fn user_type(&self, type_oid: Oid) -> Option<UserType> {
        let row: Rc<PgType> = self.catalog.data_type(type_oid).ok()??;
        match row.typtype {
            b'e' => Some(UserType::Enum),
            b'd' => Some(UserType::Domain(row.typbasetype, row.typtypmod)),
            b'c' => {
                let relation = self.catalog.relation(row.typrelid).ok()??;
                Some(UserType::Composite(
                    relation.live_columns().map(|column| (column.data_type, column.modifier)).collect(),
                ))
            }
            _ if row.typelem.is_valid() => Some(UserType::Array(row.typelem, row.typdelim)),
            _ => None,
        }
    }

    fn type_name(&self, type_oid: Oid) -> String {
        analyzer::type_format::format_type(&*self.catalog, type_oid, -1)
            .unwrap_or_else(|_| type_oid.to_string())
    }

    fn enum_label(&self, member: Oid) -> Option<String> {
        let row = self.catalog.row::<PgEnum>(PgEnum::BY_OID, &[Value::Oid(member)]).ok()??;
        Some(row.enumlabel.0.clone())
    }

    fn enum_member(&self, type_oid: Oid, label: &str) -> Option<Oid> {
        let keys = [Value::Oid(type_oid), Value::text(label)];
        let row = self.catalog.row::<PgEnum>(PgEnum::BY_TYPID_LABEL, &keys).ok()??;
        Some(row.oid)
    }

    fn object_name(&self, reg_type: Oid, object: Oid) -> Option<String> {
        let quote = |name: &str| parser::quote_identifier(name).into_owned();
        match reg_type {
            oid::REGCLASS => {
                let relation = self.catalog.relation(object).ok()??;
                Some(self.qualified(
                    relation.namespace,
                    &relation.name,
                    |catalog, namespace| catalog.relation_by_name(namespace, &relation.name),
                    object,
                ))
            }
            oid::REGTYPE => Some(self.type_name(object)),
            oid::REGPROC | oid::REGPROCEDURE => Some(quote(&self.catalog.function(object).ok()??.proname)),
            oid::REGOPER | oid::REGOPERATOR => Some(self.catalog.operator(object).ok()??.oprname.0.clone()),
            oid::REGNAMESPACE => Some(quote(&self.catalog.namespace(object).ok()??.nspname)),
            oid::REGROLE => Some(quote(&self.catalog.role(object).ok()??.rolname)),
            _ => None,
        }
    }

    fn object_of_name(&self, reg_type: Oid, name: &str) -> Result<Oid> {
        let parts = split_name(name);
        let (schema, object) = match &parts[..] {
            [object] => (None, object),
            [schema, object] => (Some(schema), object),
            _ => return Err(error!(INVALID_NAME, "invalid name syntax")),
        };
        let namespaces: Vec<Oid> = match schema {
            Some(schema) => match self.catalog.namespace_by_name(schema)? {
                Some(oid) => vec![oid],
                None => return Err(error!(UNDEFINED_SCHEMA, "schema \"{schema}\" does not exist")),
            },
            None => self.catalog.search_path()?.to_vec(),
        };
        match reg_type {
            oid::REGCLASS => {
                for namespace in namespaces {
                    if let Some(found) = self.catalog.relation_by_name(namespace, object)? {
                        return Ok(found);
                    }
                }
                Err(error!(UNDEFINED_TABLE, "relation \"{name}\" does not exist"))
            }
            oid::REGTYPE => {
                let parsed = parser::parse_type_name(name)?;
                Ok(analyzer::resolve_type_name(&parsed, name, &*self.catalog)?.oid)
            }
            oid::REGPROC | oid::REGPROCEDURE => {
                let plain = object.split('(').next().unwrap_or(object);
                let found = self.catalog.functions_by_name(plain)?;
                let mut candidates = found.iter().filter(|row| namespaces.contains(&row.pronamespace));
                match (candidates.next(), candidates.next()) {
                    (Some(only), None) => Ok(only.oid),
                    (None, _) => Err(error!(UNDEFINED_FUNCTION, "function \"{name}\" does not exist")),
                    _ => Err(error!(AMBIGUOUS_FUNCTION, "more than one function named \"{name}\"")),
                }
            }
            oid::REGNAMESPACE => self
                .catalog
                .namespace_by_name(object)?
                .ok_or_else(|| error!(UNDEFINED_SCHEMA, "schema \"{object}\" does not exist")),
            oid::REGROLE => self
                .catalog
                .role_by_name(object)?
                .map(|row| row.oid)
                .ok_or_else(|| error!(UNDEFINED_OBJECT, "role \"{object}\" does not exist")),
            _ => Err(Error::unsupported("names of this kind cannot be looked up yet")),
        }
    }
}

impl Names {
    /// A name, with its schema unless the search path finds the same object without.
    fn qualified(
        &self,
        namespace: Oid,
        name: &str,
        find: impl Fn(&Catalog, Oid) -> Result<Option<Oid>>,
        object: Oid,
    ) -> String {
        let path = self.catalog.search_path().unwrap_or_default();
        let first = path.iter().find_map(|namespace| find(&self.catalog, *namespace).ok().flatten());
        let quoted = parser::quote_identifier(name).into_owned();
        if first == Some(object) {
            return quoted;
        }
        match self.catalog.namespace(namespace) {
            Ok(Some(row)) => format!("{}.{quoted}", parser::quote_identifier(&row.nspname)),
            _ => quoted,
        }
    }
}

/// The parts of a possibly qualified and quoted name.
fn split_name(name: &str) -> Vec<String> {
    let mut parts = Vec::new();
    let mut part = String::new();
    let mut quoted = false;
    for c in name.trim().chars() {
        match c {
            '"' => quoted = !quoted,
            '.' if !quoted => parts.push(std::mem::take(&mut part)),
            other if quoted => part.push(other),
            other => part.extend(other.to_lowercase()),
        }
    }
    parts.push(part);
    parts
}

impl SessionAccess for Services {
    fn catalog(&self) -> &dyn TypeCatalog {
        &self.names
    }

    fn current_database(&self) -> Result<String> {
        Ok(self.database_name.clone())
    }

    fn current_user(&self) -> Result<String> {
        Ok(self.user_name.clone())
    }

    fn session_user(&self) -> Result<String> {
        Ok(self.user_name.clone())
    }

    fn current_schemas(&mut self, include_implicit: bool) -> Result<Vec<String>> {
        let path = self.settings.borrow().text(config::Id::SearchPath).to_string();
        let named = super::settings::split_identifiers(&path);
        let mut names = Vec::new();
        for oid in self.catalog.search_path()?.iter() {
            if let Some(row) = self.catalog.namespace(*oid)? {
                let is_named = named.iter().any(|name| *name == row.nspname.0 || name == "$user");
                if include_implicit || is_named {
                    names.push(row.nspname.0.clone());
                }
            }
        }
        Ok(names)
    }

    fn server_version(&self) -> String {
        let settings = self.settings.borrow();
        format!(
            "PostgreSQL {} (Ferrodon {})",
            settings.text(config::Id::ServerVersion),
            env!("CARGO_PKG_VERSION")
        )
    }

    fn process_id(&self) -> i32 {
        process::current()
    }

    fn setting(&mut self, name: &str, missing_ok: bool) -> Result<Option<String>> {
        match super::settings::show(&self.settings.borrow(), name) {
            Ok(value) => Ok(Some(value)),
            Err(_) if missing_ok => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn set_setting(&mut self, name: &str, value: Option<&str>, is_local: bool) -> Result<String> {
        let scope = if is_local { Scope::Transaction } else { Scope::Session };
        let is_superuser = self.catalog.role(self.user)?.is_some_and(|row| row.rolsuper);
        Assignment { catalog: &self.catalog, settings: &self.settings, is_superuser }
            .assign(name, value, scope)?;
        super::settings::show(&self.settings.borrow(), name)
    }

    fn statement_timestamp(&self) -> i64 {
        self.statement_timestamp
    }

    fn clock_timestamp(&self) -> i64 {
        to_2000(clock::wall_us())
    }

    fn next_value(&mut self, sequence: Oid) -> Result<i64> {
        let kept = match self.sequence_ahead.get_mut(&sequence) {
            Some(values) => values.take(&self.catalog, sequence)?,
            None => None,
        };
        let value = match kept {
            Some(value) => value,
            None => {
                let (value, more) = commands::sequence::next_value(&self.catalog, sequence)?;
                self.sequence_ahead.insert(sequence, more);
                value
            }
        };
        self.sequence_values.insert(sequence, value);
        self.last_sequence = Some(sequence);
        Ok(value)
    }

    fn current_value(&mut self, sequence: Oid) -> Result<i64> {
        self.sequence_values.get(&sequence).copied().ok_or_else(|| {
            let name = self.names.object_name(oid::REGCLASS, sequence).unwrap_or_default();
            error!(
                OBJECT_NOT_IN_PREREQUISITE_STATE,
                "currval of sequence \"{name}\" is not yet defined in this session"
            )
        })
    }

    fn last_value(&mut self) -> Result<i64> {
        let value = self.last_sequence.and_then(|sequence| self.sequence_values.get(&sequence));
        value.copied().ok_or_else(|| {
            error!(OBJECT_NOT_IN_PREREQUISITE_STATE, "lastval is not yet defined in this session")
        })
    }

    fn set_value(&mut self, sequence: Oid, value: i64, is_called: bool) -> Result<()> {
        commands::sequence::set_value(&self.catalog, sequence, value, is_called)?;
        self.sequence_ahead.remove(&sequence);
        if is_called {
            self.sequence_values.insert(sequence, value);
            self.last_sequence.get_or_insert(sequence);
        }
        Ok(())
    }

    fn transaction_id(&mut self, assign: bool) -> Result<Option<u64>> {
        let session = self.catalog.session();
        if assign {
            session.xid()?;
        }
        Ok(session.top_xid().map(|xid| xid.0))
    }

    fn snapshot_text(&mut self) -> Result<String> {
        let snapshot = self.catalog.session().snapshot();
        let running: Vec<String> = snapshot.running.iter().map(ToString::to_string).collect();
        Ok(format!("{}:{}:{}", snapshot.xmin, snapshot.xmax, running.join(",")))
    }

    fn advisory_lock(&mut self, lock: AdvisoryLock, wait: bool) -> Result<bool> {
        let session = self.catalog.session();
        let mode = if lock.is_shared { LockMode::Share } else { LockMode::Exclusive };
        let scope = if lock.in_transaction {
            storage_lock::Scope::Transaction { level: session.level() }
        } else {
            storage_lock::Scope::Session
        };
        let wait = if wait { Wait::Block } else { Wait::No };
        let outcome = session.locks().acquire(self.advisory_tag(lock), mode, scope, wait)?;
        Ok(outcome != Outcome::NotAvailable)
    }

    fn advisory_unlock(&mut self, lock: AdvisoryLock) -> Result<bool> {
        let mode = if lock.is_shared { LockMode::Share } else { LockMode::Exclusive };
        Ok(self.catalog.session().locks().release(self.advisory_tag(lock), mode, true))
    }

    fn verify_index(&mut self, index: Oid, all_rows: bool) -> Result<()> {
        self.check_may_verify("bt_index_check")?;
        commands::verify::index(&self.catalog, index, all_rows)
    }

    fn verify_heap(&mut self, relation: Oid) -> Result<Vec<HeapProblem>> {
        self.check_may_verify("verify_heapam")?;
        commands::verify::heap(&self.catalog, relation)
    }

    fn advisory_unlock_all(&mut self) -> Result<()> {
        let is_advisory = |tag: &LockTag| tag.kind() == storage_lock::LockKind::Advisory;
        self.catalog.session().locks().release_session(is_advisory);
        Ok(())
    }

    fn relation_size(&mut self, relation: Oid, fork: &str) -> Result<Option<i64>> {
        let fork = match fork {
            "main" => ForkNumber::Main,
            "fsm" => ForkNumber::FreeSpaceMap,
            "vm" => ForkNumber::VisibilityMap,
            "init" => ForkNumber::Init,
            _ => {
                return Err(error!(INVALID_PARAMETER_VALUE, "invalid fork name")
                    .hint("Valid fork names are \"main\", \"fsm\", \"vm\", and \"init\"."));
            }
        };
        let Some(relation) = self.catalog.relation(relation)? else { return Ok(None) };
        fork_size(self.state, &relation.storage, fork).map(Some)
    }

    fn relation_total_size(&mut self, relation: Oid, with_indexes: bool) -> Result<Option<i64>> {
        let Some(relation) = self.catalog.relation(relation)? else { return Ok(None) };
        let mut total = 0;
        for fork in ForkNumber::ALL {
            total += fork_size(self.state, &relation.storage, fork)?;
        }
        if relation.toast.is_valid() {
            total += self.relation_total_size(relation.toast, true)?.unwrap_or(0);
        }
        if with_indexes {
            for index in &relation.indexes {
                for fork in ForkNumber::ALL {
                    total += fork_size(self.state, &index.storage, fork)?;
                }
            }
        }
        Ok(Some(total))
    }

    fn database_size(&mut self, database: Oid) -> Result<Option<i64>> {
        let directory = storage_file::database_directory(storage_file::DEFAULT_TABLESPACE, database);
        let Ok(entries) = std::fs::read_dir(directory) else { return Ok(None) };
        let sizes = entries.flatten().filter_map(|entry| entry.metadata().ok()).map(|data| data.len() as i64);
        Ok(Some(sizes.sum()))
    }

    fn has_privilege(
        &mut self,
        kind: ObjectKind,
        role: Oid,
        object: Oid,
        _column: i16,
        privilege: &str,
    ) -> Result<Option<bool>> {
        let Some(row) = self.catalog.role(role)? else { return Ok(Some(false)) };
        if row.rolsuper {
            return Ok(Some(true));
        }
        match kind {
            ObjectKind::Relation | ObjectKind::Column | ObjectKind::Sequence | ObjectKind::View => {
                let Some(relation) = self.catalog.relation(object)? else { return Ok(None) };
                let letter = match privilege.to_ascii_uppercase().as_str() {
                    "SELECT" => 'r',
                    "INSERT" => 'a',
                    "UPDATE" => 'w',
                    "DELETE" => 'd',
                    "TRUNCATE" => 'D',
                    "REFERENCES" => 'x',
                    "TRIGGER" => 't',
                    "USAGE" => 'U',
                    _ => 'm',
                };
                commands::privilege::may(&self.catalog, &relation, role, letter).map(Some)
            }
            // Everybody may use what nobody has restricted.
            _ => Ok(Some(true)),
        }
    }

    fn is_visible(&mut self, kind: ObjectKind, object: Oid) -> Result<Option<bool>> {
        let path = self.catalog.search_path()?;
        Ok(match kind {
            ObjectKind::Relation | ObjectKind::Index | ObjectKind::View | ObjectKind::Sequence => {
                let Some(relation) = self.catalog.relation(object)? else {
                    return self.index_visible(object);
                };
                let mut first = None;
                for namespace in path.iter() {
                    first = first.or(self.catalog.relation_by_name(*namespace, &relation.name)?);
                }
                Some(first == Some(object))
            }
            ObjectKind::Type => {
                let Some(row) = self.catalog.data_type(object)? else { return Ok(None) };
                Some(path.contains(&row.typnamespace))
            }
            ObjectKind::Function => {
                let Some(row) = self.catalog.function(object)? else { return Ok(None) };
                Some(path.contains(&row.pronamespace))
            }
            _ => Some(true),
        })
    }

    fn definition(
        &mut self,
        kind: ObjectKind,
        object: Oid,
        detail: i32,
        pretty: bool,
    ) -> Result<Option<String>> {
        let text = self.value_text(&FormatSettings::default());
        super::definition::definition(&self.catalog, &text, kind, object, detail, pretty)
    }

    fn expression_text(&mut self, expression: &str, relation: Oid, pretty: bool) -> Result<Option<String>> {
        let Some(relation) = self.catalog.relation(relation)? else { return Ok(None) };
        let expression = nodes::text::read_expression(expression)?;
        let text = self.value_text(&FormatSettings::default());
        analyzer::deparse::deparse_over_relation(&expression, &relation, pretty, &*self.catalog, &text)
            .map(Some)
    }

    fn format_type(&mut self, type_oid: Oid, modifier: Option<i32>) -> Result<Option<String>> {
        analyzer::type_format::format_type(&*self.catalog, type_oid, modifier.unwrap_or(-1)).map(Some)
    }

    fn description(&mut self, object: Oid, catalog: &str, column: i32) -> Result<Option<String>> {
        let Some(class) = catalog::tables::CATALOGS.iter().find(|known| known.name == catalog) else {
            return Ok(None);
        };
        if class.is_shared {
            let keys = [Value::Oid(object), Value::Oid(class.oid)];
            let rows = self.catalog.rows::<PgShdescription>(PgShdescription::BY_O_C, &keys)?;
            return Ok(rows.first().map(|row| row.description.clone()));
        }
        let keys = [Value::Oid(object), Value::Oid(class.oid), Value::Int4(column)];
        let rows = self.catalog.rows::<PgDescription>(PgDescription::BY_O_C_O, &keys)?;
        Ok(rows.first().map(|row| row.description.clone()))
    }

    fn object_of_name(&mut self, kind: ObjectKind, name: &str) -> Result<Oid> {
        match kind {
            ObjectKind::Relation | ObjectKind::Sequence | ObjectKind::Index | ObjectKind::View => {
                self.names.object_of_name(oid::REGCLASS, name)
            }
            ObjectKind::Type => self.names.object_of_name(oid::REGTYPE, name),
            ObjectKind::Function => self.names.object_of_name(oid::REGPROC, name),
            ObjectKind::Schema => self.names.object_of_name(oid::REGNAMESPACE, name),
            ObjectKind::Role => self.role_of_name(name),
            ObjectKind::Database => self.find_database(name),
            ObjectKind::Tablespace => {
                let found =
                    self.catalog.row::<PgTablespace>(PgTablespace::BY_SPCNAME, &[Value::text(name)])?;
                found
                    .map(|row| row.oid)
                    .ok_or_else(|| error!(UNDEFINED_OBJECT, "tablespace \"{name}\" does not exist"))
            }
            _ => Err(Error::unsupported("names of this kind cannot be looked up yet")),
        }
    }

    fn type_of_name(&mut self, name: &str) -> Result<(Oid, i32)> {
        let parsed = parser::parse_type_name(name)?;
        let found = analyzer::resolve_type_name(&parsed, name, &*self.catalog)?;
        Ok((found.oid, found.modifier))
    }

    fn column_of_name(&mut self, relation: Oid, name: &str) -> Result<i16> {
        let relation = self.catalog.relation(relation)?;
        let column = relation.as_ref().and_then(|relation| relation.column(name));
        column.map(|column| column.number.0).ok_or_else(|| {
            let table = relation.as_ref().map_or("?", |relation| &relation.name);
            error!(UNDEFINED_COLUMN, "column \"{name}\" of relation \"{table}\" does not exist")
        })
    }

    fn serial_sequence(&mut self, relation: Oid, column: &str) -> Result<Option<String>> {
        let number = self.column_of_name(relation, column)?;
        let keys = [Value::Oid(PgClass::OID), Value::Oid(relation), Value::Int4(number.into())];
        for row in self.catalog.rows::<PgDepend>(PgDepend::BY_REFERENCE, &keys)?.iter() {
            let is_part = row.classid == PgClass::OID && matches!(row.deptype, b'a' | b'i');
            if is_part
                && let Some(sequence) = self.catalog.relation(row.objid)?
                && sequence.kind == catalog::RelationKind::Sequence
            {
                let quote = |name: &str| parser::quote_identifier(name).into_owned();
                let schema = self.catalog.namespace(sequence.namespace)?;
                let schema = schema.map(|row| quote(&row.nspname)).unwrap_or_default();
                return Ok(Some(format!("{schema}.{}", quote(&sequence.name))));
            }
        }
        Ok(None)
    }

    fn relation_file_number(&mut self, relation: Oid) -> Result<Option<Oid>> {
        let Some(relation) = self.catalog.relation(relation)?.filter(has_file) else { return Ok(None) };
        Ok(Some(relation.storage.file.relation))
    }

    fn relation_file_path(&mut self, relation: Oid) -> Result<Option<String>> {
        let Some(relation) = self.catalog.relation(relation)?.filter(has_file) else { return Ok(None) };
        Ok(Some(storage_file::relation_path(relation.storage.file, ForkNumber::Main)))
    }

    fn tablespace_size(&mut self, tablespace: Oid) -> Result<Option<i64>> {
        super::reports::tablespace_size(&self.catalog, tablespace)
    }

    fn report(&mut self, report: Report, arguments: &[Value]) -> Result<Vec<Vec<Value>>> {
        let viewer = super::reports::Viewer { state: self.state, catalog: &self.catalog, role: self.user };
        match report {
            Report::Settings => super::reports::settings(&viewer, &self.settings.borrow()),
            Report::FileSettings => {
                self.only_superuser("pg_show_all_file_settings")?;
                Ok(super::reports::file_settings(&self.settings.borrow()))
            }
            Report::HbaFileRules => {
                self.only_superuser("pg_hba_file_rules")?;
                Ok(super::reports::hba_file_rules(&self.settings.borrow()))
            }
            Report::IdentFileMappings => {
                self.only_superuser("pg_ident_file_mappings")?;
                Ok(super::reports::ident_file_mappings(&self.settings.borrow()))
            }
            Report::Locks => Ok(super::reports::locks(&viewer)),
            Report::Activity => super::reports::activity(&viewer, arguments),
            Report::SharedMemory => Ok(super::reports::shared_memory(&viewer)),
            Report::SequenceParameters => super::reports::sequence_parameters(&viewer, arguments),
            Report::WalStatistics => Ok(super::reports::wal_statistics(&viewer)),
            Report::SequenceData => super::reports::sequence_data(&viewer, arguments),
            Report::Progress => super::reports::progress(&viewer, arguments),
            Report::Buffers => super::reports::buffers(&viewer),
            Report::BufferSummary => super::reports::buffer_summary(&viewer),
            Report::BufferUsage => super::reports::buffer_usage(&viewer),
            Report::Io => Ok(super::reports::io(&viewer)),
            Report::BackendIo => Ok(super::reports::backend_io(&viewer, arguments)),
            Report::AvailableExtensions => Ok(super::reports::available_extensions()),
            Report::AvailableExtensionVersions => Ok(super::reports::available_extension_versions()),
            Report::Archiver => Ok(super::reports::archiver(&viewer)),
            Report::Statements => super::reports::statement_counts(&viewer, arguments),
            Report::StatementsInformation => Ok(super::reports::statement_count_information(&viewer)),
            Report::PreparedStatements => Ok(super::reports::prepared_statements(&self.statements)),
            Report::Cursors => Ok(self.listed_cursors.clone()),
        }
    }

    fn counter(&mut self, counter: Counter, object: Oid) -> i64 {
        let database = self.catalog.database();
        let of = |object| super::reports::counter(self.state, database, counter, object);
        let is_by_file = matches!(counter, Counter::PagesHit | Counter::PagesRead);
        // Pages are counted by file: the first, which has the relation's number, and the present one.
        match self.catalog.row::<PgClass>(PgClass::BY_OID, &[Value::Oid(object)]) {
            Ok(Some(row)) if is_by_file && row.relfilenode.is_valid() && row.relfilenode != object => {
                of(object) + of(row.relfilenode)
            }
            _ => of(object),
        }
    }

    fn database_counter(&mut self, counter: Counter, database: Oid) -> i64 {
        super::reports::database_counter(self.state, counter, database)
    }

    fn reset_counters(&mut self) -> Result<()> {
        self.only_superuser("pg_stat_reset")?;
        self.state.changes.reset(self.catalog.database(), system::clock::wall_us());
        Ok(())
    }

    fn reset_relation_counters(&mut self, relation: Oid) -> Result<()> {
        self.only_superuser("pg_stat_reset_single_table_counters")?;
        for database in [self.catalog.database(), Oid::INVALID] {
            self.state.changes.reset_relation(database, relation);
        }
        self.state.changes.set(
            self.catalog.database(),
            Oid::INVALID,
            Counter::Reset,
            clock::wall_us() as u64,
        );
        Ok(())
    }

    fn reset_shared_counters(&mut self, target: Option<&str>) -> Result<()> {
        self.only_superuser("pg_stat_reset_shared")?;
        let now_us = clock::wall_us();
        let what = match target {
            None => {
                let all = SharedStatistics::ALL;
                all.into_iter().for_each(|what| self.state.reset_shared_statistics(what, now_us));
                return Ok(());
            }
            Some("archiver") => SharedStatistics::Archiver,
            Some("bgwriter") => SharedStatistics::BackgroundWriter,
            Some("checkpointer") => SharedStatistics::Checkpointer,
            Some("io") => SharedStatistics::Io,
            Some("wal") => SharedStatistics::Log,
            // Nothing is counted of these.
            Some("recovery_prefetch" | "slru") => return Ok(()),
            Some(other) => {
                return Err(error!(INVALID_PARAMETER_VALUE, "unrecognized reset target: \"{other}\"").hint(
                    "Target must be \"archiver\", \"bgwriter\", \"checkpointer\", \"io\", \"recovery_prefetch\", \"slru\", or \"wal\".",
                ));
            }
        };
        self.state.reset_shared_statistics(what, now_us);
        Ok(())
    }

    fn reset_backend_counters(&mut self, process: i32) -> Result<()> {
        self.only_superuser("pg_stat_reset_backend_stats")?;
        if let Some(slot) = self.state.slots.find(process) {
            self.state.io.reset_slot(slot.index(), clock::wall_us());
        }
        Ok(())
    }

    fn reset_statements(
        &mut self,
        role: Oid,
        database: Oid,
        query_id: i64,
        extremes_only: bool,
    ) -> Result<i64> {
        self.only_superuser("pg_stat_statements_reset")?;
        let key = StatementKey { user: role, database, query_id };
        let now_us = clock::wall_us();
        self.state.statements.reset(&key, extremes_only, now_us);
        Ok(to_2000(now_us))
    }

    fn blocking_processes(&mut self, process_id: i32) -> Vec<i32> {
        self.state.locks.blockers(process_id)
    }

    fn server_times(&self) -> (i64, i64) {
        let (started_us, settings_read_us) = self.state.times_us();
        (to_2000(started_us), to_2000(settings_read_us))
    }

    fn is_publishable(&mut self, relation: Oid) -> Result<Option<bool>> {
        let Some(relation) = self.catalog.relation(relation)? else { return Ok(None) };
        let is_table = relation.kind == catalog::RelationKind::Table;
        Ok(Some(is_table && relation.persistence == b'p' && relation.oid >= Oid::FIRST_NORMAL))
    }

    fn role_name(&mut self, role: Oid) -> Result<Option<String>> {
        Ok(self
            .catalog
            .row::<PgAuthid>(PgAuthid::BY_OID, &[Value::Oid(role)])?
            .map(|row| row.rolname.0.clone()))
    }

    fn role_of_name(&mut self, name: &str) -> Result<Oid> {
        let found = self.catalog.role_by_name(name)?;
        found.map(|row| row.oid).ok_or_else(|| error!(UNDEFINED_OBJECT, "role \"{name}\" does not exist"))
    }

    fn cancel_backend(&mut self, process_id: i32) -> Result<bool> {
        self.signal(process_id, system::signal::Signal::Interrupt, &CANCEL)
    }

    fn terminate_backend(&mut self, process_id: i32, _timeout_ms: i64) -> Result<bool> {
        self.signal(process_id, system::signal::Signal::Terminate, &TERMINATE)
    }

    fn reload_configuration(&mut self) -> Result<bool> {
        self.only_superuser("pg_reload_conf")?;
        Ok(process::kill(self.postmaster, system::signal::Signal::HangUp).is_ok())
    }

    fn is_in_recovery(&mut self) -> Result<bool> {
        Ok(false)
    }

    fn current_log_position(&mut self) -> Result<Lsn> {
        Ok(self.state.wal.insert_position())
    }

    fn switch_log(&mut self) -> Result<Lsn> {
        self.only_superuser("pg_switch_wal")?;
        let end = self.state.wal.switch_segment()?;
        self.state.wal.flush(end)?;
        Ok(end)
    }

    fn log_file_name(&self, position: Lsn) -> String {
        background::archiver::segment_of(self.state, position)
    }

    fn sleep(&mut self, microseconds: i64) -> Result<()> {
        let duration = Duration::from_micros(microseconds.max(0) as u64);
        shared_memory::sleep(shared_memory::WaitEvent::TimeoutPgSleep, duration)
    }

    fn notify(&mut self, _: &str, _: &str) -> Result<()> {
        Err(Error::unsupported("NOTIFY is not supported yet"))
    }

    fn check_for_interrupts(&mut self) -> Result<()> {
        system::interrupt::check()
    }

    fn random(&mut self) -> u64 {
        // An xorshift generator (Marsaglia, 2003), seeded by the kernel in this very process.
        let mut state = match self.random_state {
            Some(state) => state,
            None => random::number().unwrap_or(1) | 1,
        };
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        self.random_state = Some(state);
        state
    }

    fn set_seed(&mut self, seed: f64) {
        self.random_state = Some(seed.to_bits() | 1);
    }

    fn random_bytes(&mut self, bytes: &mut [u8]) -> Result<()> {
        random::fill(bytes).map_err(|cause| Error::io("could not generate random values", &cause))
    }
}

impl Services {
    /// Signals another process, if the role may.
    fn signal(&self, process_id: i32, signal: system::signal::Signal, words: &SignalWords) -> Result<bool> {
        let Some(slot) = self.state.slots.find(process_id) else { return Ok(false) };
        let owner = Oid(slot.role.load(std::sync::atomic::Ordering::Relaxed));
        let denied = |detail: &str| {
            error!(INSUFFICIENT_PRIVILEGE, "permission denied to {}", words.what).detail(detail.to_string())
        };
        let is_superuser =
            |role| -> Result<bool> { Ok(self.catalog.role(role)?.is_some_and(|row| row.rolsuper)) };
        if !is_superuser(self.user)? {
            // Processes that serve nobody belong to the server.
            if !owner.is_valid() || is_superuser(owner)? {
                return Err(denied(words.of_superuser));
            }
            let signal_backend = commands::bootstrap::SIGNAL_BACKEND;
            let has = |role| commands::privilege::has_role(&self.catalog, self.user, role);
            if !has(owner)? && !has(signal_backend)? {
                return Err(denied(words.of_other));
            }
        }
        Ok(process::kill(process_id, signal).is_ok())
    }

    /// A function that is not everybody's.
    fn only_superuser(&self, function: &str) -> Result<()> {
        if self.catalog.role(self.user)?.is_some_and(|row| row.rolsuper) {
            return Ok(());
        }
        Err(error!(INSUFFICIENT_PRIVILEGE, "permission denied for function {function}"))
    }

    /// Indexes are found by their row alone.
    fn index_visible(&self, object: Oid) -> Result<Option<bool>> {
        let Some(row) = self.catalog.row::<PgClass>(PgClass::BY_OID, &[Value::Oid(object)])? else {
            return Ok(None);
        };
        Ok(Some(self.catalog.search_path()?.contains(&row.relnamespace)))
    }

    /// The database of a name, for functions that take either.
    pub fn find_database(&self, name: &str) -> Result<Oid> {
        self.database_of(name)?
            .ok_or_else(|| error!(UNDEFINED_DATABASE, "database \"{name}\" does not exist"))
    }
}

fn has_file(relation: &Rc<Relation>) -> bool {
    use catalog::RelationKind::{Index, MaterializedView, Sequence, Table, Toast};
    matches!(relation.kind, Table | Index | Sequence | Toast | MaterializedView)
}

fn fork_size(state: &ServerState, storage: &access_api::StoredRelation, fork: ForkNumber) -> Result<i64> {
    if !state.pool.exists(storage.file, fork)? {
        return Ok(0);
    }
    Ok(i64::from(state.pool.blocks(storage.file, fork)?) * common::PAGE_SIZE as i64)
}
