//! What a function may use besides its arguments: settings, and the session behind a trait.

use common::{Counter, Lsn, Oid};
use error::Result;
use types::io::{Context, TypeCatalog};
use types::{FormatSettings, Value};

/// The environment of a call.
pub struct CallContext<'a> {
    pub settings: &'a FormatSettings,
    pub session: &'a mut dyn SessionAccess,
    /// Actual argument types: what polymorphic functions go by.
    pub argument_types: &'a [Oid],
    /// Actual result type.
    pub result_type: Oid,
    /// The collation of the call; invalid for none.
    pub collation: Oid,
}

impl CallContext<'_> {
    /// The context for text and binary forms.
    pub fn io(&self) -> Context<'_> {
        Context { settings: self.settings, catalog: self.session.catalog() }
    }
}

/// How an advisory lock is held.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct AdvisoryLock {
    pub key: i64,
    /// The lock was named by two integers and not by one.
    pub is_pair: bool,
    pub is_shared: bool,
    /// Until the end of the transaction, else of the session.
    pub in_transaction: bool,
}

/// A kind of object that privileges or descriptions can be asked about.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ObjectKind {
    Database,
    Schema,
    Relation,
    Column,
    Function,
    Language,
    Type,
    Tablespace,
    Role,
    Sequence,
    Server,
    ForeignDataWrapper,
    Constraint,
    Index,
    View,
    Trigger,
    Rule,
    StatisticsObject,
    PartitionKey,
    Operator,
    OperatorClass,
    OperatorFamily,
    Collation,
    Conversion,
    TextSearchConfiguration,
    TextSearchDictionary,
    TextSearchParser,
    TextSearchTemplate,
}

/// Something that is wrong with a table: `verify_heapam`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HeapProblem {
    pub block: i64,
    pub offset: Option<i32>,
    pub attribute: Option<i32>,
    pub text: String,
}

/// A table about the session or the server that a function shows; its columns are those of the function.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Report {
    /// `pg_show_all_settings`.
    Settings,
    /// `pg_show_all_file_settings`.
    FileSettings,
    /// `pg_hba_file_rules`.
    HbaFileRules,
    /// `pg_ident_file_mappings`.
    IdentFileMappings,
    /// `pg_lock_status`.
    Locks,
    /// `pg_stat_get_activity`; its argument is a process or NULL for all.
    Activity,
    /// `pg_prepared_statement`.
    PreparedStatements,
    /// `pg_cursor`.
    Cursors,
    /// `pg_get_shmem_allocations`.
    SharedMemory,
    /// `pg_sequence_parameters`; its argument is the sequence.
    SequenceParameters,
    /// `pg_get_sequence_data`; its argument is the sequence.
    SequenceData,
    /// `pg_stat_get_wal`.
    WalStatistics,
    /// `pg_available_extensions`, and the same with versions.
    AvailableExtensions,
    AvailableExtensionVersions,
    /// `pg_stat_get_archiver`.
    Archiver,
    /// `pg_stat_statements`; its argument tells whether texts are wanted.
    Statements,
    /// `pg_stat_get_progress_info`; its argument names the command.
    Progress,
    /// `pg_buffercache_pages`.
    Buffers,
    /// `pg_buffercache_summary`.
    BufferSummary,
    /// `pg_buffercache_usage_counts`.
    BufferUsage,
    /// `pg_stat_get_io`.
    Io,
    /// `pg_stat_get_backend_io`; its argument is a process.
    BackendIo,
    /// `pg_stat_statements_info`.
    StatementsInformation,
}

/// What functions need of the session and the server. Implemented once, far above.
pub trait SessionAccess {
    fn catalog(&self) -> &dyn TypeCatalog;

    fn current_database(&self) -> Result<String>;
    fn current_user(&self) -> Result<String>;
    fn session_user(&self) -> Result<String>;
    /// The search path's existing schemas, in order; with the implicit ones if asked for.
    fn current_schemas(&mut self, include_implicit: bool) -> Result<Vec<String>>;
    fn server_version(&self) -> String;
    fn process_id(&self) -> i32;

    /// A setting's value; `None` if it does not exist and `missing_ok`.
    fn setting(&mut self, name: &str, missing_ok: bool) -> Result<Option<String>>;
    /// Sets a setting and returns the new value.
    fn set_setting(&mut self, name: &str, value: Option<&str>, is_local: bool) -> Result<String>;

    /// Microseconds from 2000: the statement's start and the clock. The transaction's start is in the settings.
    fn statement_timestamp(&self) -> i64;
    fn clock_timestamp(&self) -> i64;

    fn next_value(&mut self, sequence: Oid) -> Result<i64>;
    fn current_value(&mut self, sequence: Oid) -> Result<i64>;
    fn last_value(&mut self) -> Result<i64>;
    fn set_value(&mut self, sequence: Oid, value: i64, is_called: bool) -> Result<()>;

    /// The transaction's number; assigns one if `assign`.
    fn transaction_id(&mut self, assign: bool) -> Result<Option<u64>>;
    /// The snapshot as `xmin:xmax:xip,...`.
    fn snapshot_text(&mut self) -> Result<String>;

    /// Takes an advisory lock; with `wait` false returns whether it was free.
    fn advisory_lock(&mut self, lock: AdvisoryLock, wait: bool) -> Result<bool>;
    /// Returns whether the lock was held.
    fn advisory_unlock(&mut self, lock: AdvisoryLock) -> Result<bool>;
    fn advisory_unlock_all(&mut self) -> Result<()>;

    /// Bytes of one fork of a relation; `None` if it does not exist.
    fn relation_size(&mut self, relation: Oid, fork: &str) -> Result<Option<i64>>;
    /// Bytes with indexes and TOAST as asked.
    fn relation_total_size(&mut self, relation: Oid, with_indexes: bool) -> Result<Option<i64>>;
    fn database_size(&mut self, database: Oid) -> Result<Option<i64>>;

    /// Whether a role has a privilege; `None` if the object is gone. `column` is for columns only; 0 asks for any.
    ///
    /// The invalid role is everybody. Unknown privileges are an error (22023).
    fn has_privilege(
        &mut self,
        kind: ObjectKind,
        role: Oid,
        object: Oid,
        column: i16,
        privilege: &str,
    ) -> Result<Option<bool>>;
    /// Whether an object is found without its schema's name; `None` if it is gone.
    fn is_visible(&mut self, kind: ObjectKind, object: Oid) -> Result<Option<bool>>;
    /// The object with this name, which may be qualified where the kind has schemas.
    fn object_of_name(&mut self, kind: ObjectKind, name: &str) -> Result<Oid>;
    /// The type and modifier that a text such as `varchar(4)` names.
    fn type_of_name(&mut self, name: &str) -> Result<(Oid, i32)>;
    /// A column's number; an error for a name that the relation does not have.
    fn column_of_name(&mut self, relation: Oid, name: &str) -> Result<i16>;
    /// The SQL text that defines an object (the `pg_get_*` functions); `None` if it is gone.
    ///
    /// `detail` is the column of an index, the wrap column of a view, and for functions what of them: 0 all,
    /// 1 the arguments, 2 those that identify it, 3 the result.
    fn definition(
        &mut self,
        kind: ObjectKind,
        object: Oid,
        detail: i32,
        pretty: bool,
    ) -> Result<Option<String>>;
    /// The SQL text of a stored expression over a relation.
    fn expression_text(&mut self, expression: &str, relation: Oid, pretty: bool) -> Result<Option<String>>;
    /// `format_type`.
    fn format_type(&mut self, type_oid: Oid, modifier: Option<i32>) -> Result<Option<String>>;
    /// A comment.
    fn description(&mut self, object: Oid, catalog: &str, column: i32) -> Result<Option<String>>;
    /// The sequence that a column owns, as a qualified name.
    fn serial_sequence(&mut self, relation: Oid, column: &str) -> Result<Option<String>>;
    /// The number of the file in which a relation is stored; `None` if it is gone or has no file.
    fn relation_file_number(&mut self, relation: Oid) -> Result<Option<Oid>>;
    /// The path of that file, from the data directory.
    fn relation_file_path(&mut self, relation: Oid) -> Result<Option<String>>;
    /// Bytes of a tablespace; `None` if it is gone.
    fn tablespace_size(&mut self, tablespace: Oid) -> Result<Option<i64>>;
    /// The rows of a table about the session or the server.
    fn report(&mut self, report: Report, arguments: &[Value]) -> Result<Vec<Vec<Value>>>;
    /// A number for the statistics views: of a relation of this database, of a database, or of the server. Times are
    /// microseconds since 1970, durations microseconds.
    fn counter(&mut self, counter: Counter, object: Oid) -> i64;
    /// The same for a database.
    fn database_counter(&mut self, counter: Counter, database: Oid) -> i64;
    /// Sets the counters of this database back, for superusers.
    /// # Errors
    /// 42501 for other roles.
    fn reset_counters(&mut self) -> Result<()>;
    /// The same for one relation of this database or shared by all.
    fn reset_relation_counters(&mut self, relation: Oid) -> Result<()>;
    /// The same for counters of the server, by the names of `pg_stat_reset_shared`; `None` is all.
    /// # Errors
    /// 22023 for other names.
    fn reset_shared_counters(&mut self, target: Option<&str>) -> Result<()>;
    /// The same for what a process reads and writes.
    fn reset_backend_counters(&mut self, process: i32) -> Result<()>;
    /// Forgets counted statements: of a role, of a database, with an identifier (0 for all); gives the time, as microseconds from 2000.
    /// # Errors
    /// 42501 for roles that are no superusers.
    fn reset_statements(
        &mut self,
        role: Oid,
        database: Oid,
        query_id: i64,
        extremes_only: bool,
    ) -> Result<i64>;
    /// The processes that keep another one waiting for a lock.
    fn blocking_processes(&mut self, process_id: i32) -> Vec<i32>;
    /// Microseconds from 2000: when the server started, and when its settings were last read.
    fn server_times(&self) -> (i64, i64);
    /// Whether a publication may contain a relation; `None` if it is gone.
    fn is_publishable(&mut self, relation: Oid) -> Result<Option<bool>>;
    fn role_name(&mut self, role: Oid) -> Result<Option<String>>;
    fn role_of_name(&mut self, name: &str) -> Result<Oid>;

    /// Signals another backend; returns whether it was there.
    fn cancel_backend(&mut self, process_id: i32) -> Result<bool>;
    fn terminate_backend(&mut self, process_id: i32, timeout_ms: i64) -> Result<bool>;
    fn reload_configuration(&mut self) -> Result<bool>;
    fn is_in_recovery(&mut self) -> Result<bool>;
    fn current_log_position(&mut self) -> Result<Lsn>;
    /// Ends the present segment of the log; gives where it ended.
    fn switch_log(&mut self) -> Result<Lsn>;
    /// The name of the file of the log that has this position.
    fn log_file_name(&self, position: Lsn) -> String;
    /// Sleeps, interruptibly.
    fn sleep(&mut self, microseconds: i64) -> Result<()>;
    /// Sends a NOTIFY at commit.
    fn notify(&mut self, channel: &str, payload: &str) -> Result<()>;

    /// Verifies an index; with `all_rows` that each row of the table has its entry.
    fn verify_index(&mut self, index: Oid, all_rows: bool) -> Result<()>;
    /// What is wrong with a table.
    fn verify_heap(&mut self, relation: Oid) -> Result<Vec<HeapProblem>>;

    /// Returns an error when the statement was cancelled; for loops that can be long.
    fn check_for_interrupts(&mut self) -> Result<()>;
    /// A random number between 0 and 1, from the session's generator; `seed` restarts it.
    fn random(&mut self) -> u64;
    fn set_seed(&mut self, seed: f64);
    /// Unpredictable bytes.
    fn random_bytes(&mut self, bytes: &mut [u8]) -> Result<()>;
}
