//! What a running statement may use.

use std::rc::Rc;

use access_api::Access;
use catalog::Catalog;
use common::{Oid, TupleId};
use error::{Error, Result};
use expression::{CallContext, Registry, SessionAccess};
use nodes::plan::{InitialPlan, Plan};
use transaction::Snapshot;
use types::{FormatSettings, PhysicalType, Value};

use crate::instrument::Instruments;
use crate::operators::Operator;
use crate::tuple_store::TupleStore;

/// The values of `$1`, `$2`, ...
#[derive(Clone, Debug, Default)]
pub struct Parameters {
    pub values: Vec<Value>,
}

/// The environment of one execution of one statement.
pub struct Runtime<'a> {
    pub catalog: &'a Catalog,
    pub registry: &'static Registry,
    pub settings: &'a FormatSettings,
    pub session: &'a mut dyn SessionAccess,
    pub snapshot: Rc<Snapshot>,
    pub external: &'a Parameters,
    /// Values that plan nodes set for others; moved on with `epochs`.
    pub(crate) execution: Vec<Value>,
    /// For each execution parameter, how often it was set.
    pub(crate) epochs: Vec<u64>,
    pub(crate) initial: Vec<InitialPlan>,
    /// Subplans, built when they are first run.
    pub(crate) subplans: Vec<Subplan>,
    /// The rows of the last round of each recursive union.
    pub(crate) work_tables: Vec<Option<Rc<TupleStore>>>,
    /// Rows that were inserted, updated or deleted.
    pub affected: u64,
    /// What the operators do, for EXPLAIN ANALYZE.
    pub instruments: Option<Rc<Instruments>>,
    /// While a row is put together again: scans with these marks deliver only this version, or nothing.
    pub(crate) only_versions: Vec<(usize, Option<TupleId>)>,
}

/// What a statement that pauses keeps of its runtime.
pub struct Suspended {
    snapshot: Rc<Snapshot>,
    execution: Vec<Value>,
    epochs: Vec<u64>,
    initial: Vec<InitialPlan>,
    subplans: Vec<Subplan>,
    work_tables: Vec<Option<Rc<TupleStore>>>,
    affected: u64,
}

/// A subplan and its operators.
pub(crate) struct Subplan {
    pub plan: Rc<Plan>,
    /// Taken out while it runs.
    pub operator: Option<Box<dyn Operator>>,
    /// The rows of a subquery in an expression, which is run once.
    pub kept: Option<Rc<crate::rows::RowStore>>,
    /// The rows of a WITH query, which is run once.
    pub stored: Option<Rc<TupleStore>>,
}

impl<'a> Runtime<'a> {
    pub fn new(
        catalog: &'a Catalog,
        registry: &'static Registry,
        settings: &'a FormatSettings,
        session: &'a mut dyn SessionAccess,
        snapshot: Rc<Snapshot>,
        external: &'a Parameters,
    ) -> Runtime<'a> {
        Runtime {
            catalog,
            registry,
            settings,
            session,
            snapshot,
            external,
            execution: Vec::new(),
            epochs: Vec::new(),
            initial: Vec::new(),
            subplans: Vec::new(),
            work_tables: Vec::new(),
            affected: 0,
            instruments: None,
            only_versions: Vec::new(),
        }
    }

    /// Pauses a statement; its [`crate::Execution`] goes on with a runtime from [`Runtime::resume`].
    pub fn suspend(self) -> Suspended {
        Suspended {
            snapshot: self.snapshot,
            execution: self.execution,
            epochs: self.epochs,
            initial: self.initial,
            subplans: self.subplans,
            work_tables: self.work_tables,
            affected: self.affected,
        }
    }

    /// Goes on with a paused statement.
    pub fn resume(
        suspended: Suspended,
        catalog: &'a Catalog,
        registry: &'static Registry,
        settings: &'a FormatSettings,
        session: &'a mut dyn SessionAccess,
        external: &'a Parameters,
    ) -> Runtime<'a> {
        Runtime {
            execution: suspended.execution,
            epochs: suspended.epochs,
            initial: suspended.initial,
            subplans: suspended.subplans,
            work_tables: suspended.work_tables,
            affected: suspended.affected,
            ..Runtime::new(catalog, registry, settings, session, suspended.snapshot, external)
        }
    }

    pub fn access(&self) -> Access<'a> {
        self.catalog.access()
    }

    /// Where temporary files are made.
    pub(crate) fn files(&self) -> &'static storage_file::Files {
        self.access().pool.files()
    }

    /// The form of a type's values.
    pub fn physical(&self, data_type: Oid) -> PhysicalType {
        types::io::physical_type(data_type, self.session.catalog()).unwrap_or(PhysicalType::Text)
    }

    /// The context of a function call.
    pub(crate) fn call<'b>(
        &'b mut self,
        argument_types: &'b [Oid],
        result_type: Oid,
        collation: Oid,
    ) -> CallContext<'b> {
        CallContext {
            settings: self.settings,
            session: &mut *self.session,
            argument_types,
            result_type,
            collation,
        }
    }

    /// The value of an execution parameter; a subquery that runs once is run when its value is first wanted.
    pub(crate) fn execution_value(&mut self, index: usize) -> Result<Value> {
        if self.epochs[index] == 0
            && let Some(initial) = self.initial.iter().find(|initial| initial.parameter == index).copied()
        {
            let value = crate::execution::run_initial(self, initial)?;
            self.set_execution(index, value);
        }
        Ok(self.execution[index].clone())
    }

    pub(crate) fn set_execution(&mut self, index: usize, value: Value) {
        self.execution[index] = value;
        self.epochs[index] += 1;
    }

    /// Runs something with a subplan's operators, which nobody else can run meanwhile.
    pub(crate) fn with_subplan<T>(
        &mut self,
        number: usize,
        work: impl FnOnce(&mut Runtime<'a>, &mut dyn Operator) -> Result<T>,
    ) -> Result<T> {
        let mut operator = match self.subplans[number].operator.take() {
            Some(operator) => operator,
            None => {
                let plan = self.subplans[number].plan.clone();
                crate::build::operator(self, &plan)?
            }
        };
        let result = work(self, &mut *operator);
        self.subplans[number].operator = Some(operator);
        result
    }

    pub(crate) fn function(&self, oid: Oid) -> Result<&'static expression::FunctionDeclaration> {
        self.registry
            .function(oid)
            .ok_or_else(|| Error::unsupported(format!("function with OID {oid} is not built in")))
    }
}
