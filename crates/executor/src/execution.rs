//! Running a planned statement, and the subplans inside it.

use std::rc::Rc;

use error::{Result, error};
use nodes::plan::{InitialKind, InitialPlan, PlannedStatement};
use types::array::Array;
use types::{Batch, Column, Value};

use crate::memory::memory_limits;
use crate::operators::Operator;
use crate::rows::{RowStore, physical_types};
use crate::runtime::{Runtime, Subplan};
use crate::tuple_store::TupleStore;

/// Bytes that operators which are kept for another run may hold: a session may have many idle statements.
const MOST_KEPT: usize = 64 << 10;

/// The operators of a statement, which live as long as it is run again.
pub struct Execution {
    operator: Box<dyn Operator>,
}

impl Execution {
    /// Prepares a statement to be run; sets up the runtime for it.
    /// # Errors
    /// 0A000 for what cannot be run.
    pub fn new(runtime: &mut Runtime<'_>, statement: &PlannedStatement) -> Result<Execution> {
        Execution::set_up(runtime, statement);
        let operator = crate::build::operator(runtime, &statement.plan)?;
        Ok(Execution { operator })
    }

    /// Ends a run. The execution can then be used for another run of the same plan, as long as the catalog stays as it is;
    /// `None` for what can only be built anew, and for what holds much memory.
    pub fn settle(mut self, runtime: &Runtime<'_>) -> Option<Execution> {
        if !runtime.subplans.is_empty() || runtime.instruments.is_some() {
            return None;
        }
        (self.operator.settle()? <= MOST_KEPT).then_some(self)
    }

    /// Sets up the runtime for a run; that of an execution that was settled needs nothing else.
    pub fn set_up(runtime: &mut Runtime<'_>, statement: &PlannedStatement) {
        runtime.execution = vec![Value::Null; statement.execution_parameters];
        runtime.epochs = vec![0; statement.execution_parameters];
        runtime.initial = statement.initial.clone();
        runtime.subplans = statement
            .subplans
            .iter()
            .map(|plan| Subplan { plan: plan.clone(), operator: None, kept: None, stored: None })
            .collect();
        runtime.work_tables.clear();
        runtime.affected = 0;
    }

    /// The rows that [`Execution::next`] gave last.
    pub fn current(&mut self) -> &mut Batch {
        self.operator.batch()
    }

    /// The next rows; `None` at the end.
    /// # Errors
    /// Whatever the statement meets.
    pub fn next(&mut self, runtime: &mut Runtime<'_>) -> Result<Option<&mut Batch>> {
        loop {
            system::interrupt::check()?;
            if !self.operator.next(runtime)? {
                return Ok(None);
            }
            if !self.operator.batch().is_empty() {
                break;
            }
        }
        Ok(Some(self.operator.batch()))
    }
}

/// Runs a subquery that gives one value for the whole statement.
pub(crate) fn run_initial(runtime: &mut Runtime<'_>, initial: InitialPlan) -> Result<Value> {
    match initial.kind {
        InitialKind::Scalar => scalar(runtime, initial.subplan),
        InitialKind::Exists => exists(runtime, initial.subplan).map(Value::Bool),
        InitialKind::Array => array(runtime, initial.subplan),
    }
}

/// Whether a subplan delivers any row.
pub(crate) fn exists(runtime: &mut Runtime<'_>, number: usize) -> Result<bool> {
    runtime.with_subplan(number, |runtime, operator| {
        operator.rewind(runtime)?;
        while operator.next(runtime)? {
            if !operator.batch().is_empty() {
                return Ok(true);
            }
        }
        Ok(false)
    })
}

/// The one value of the one row of a subplan; null for no row.
/// # Errors
/// 21000 for more than one.
pub(crate) fn scalar(runtime: &mut Runtime<'_>, number: usize) -> Result<Value> {
    runtime.with_subplan(number, |runtime, operator| {
        operator.rewind(runtime)?;
        let mut found = None;
        while operator.next(runtime)? {
            let batch = operator.batch();
            for row in batch.selected().iter() {
                if found.replace(batch.columns[0].value(row)).is_some() {
                    return Err(error!(
                        CARDINALITY_VIOLATION,
                        "more than one row returned by a subquery used as an expression"
                    ));
                }
            }
        }
        Ok(found.unwrap_or_default())
    })
}

/// The values of a subplan's first column as an array.
pub(crate) fn array(runtime: &mut Runtime<'_>, number: usize) -> Result<Value> {
    let element = runtime.subplans[number].plan.output[0].oid;
    let rows = all_rows(runtime, number)?;
    let mut elements = Column::new(runtime.physical(element));
    (0..rows.rows).for_each(|row| elements.push_value(&rows.columns[0].value(row)));
    Ok(Value::Array(Box::new(Array::new(element, elements))))
}

/// All rows of a subplan.
pub(crate) fn all_rows(runtime: &mut Runtime<'_>, number: usize) -> Result<RowStore> {
    let types = physical_types(runtime, &runtime.subplans[number].plan.output);
    runtime.with_subplan(number, |runtime, operator| {
        operator.rewind(runtime)?;
        let mut store = RowStore::new(&types);
        while operator.next(runtime)? {
            system::interrupt::check()?;
            store.append(operator.batch());
        }
        Ok(store)
    })
}

/// All rows of a subplan that does not change while the statement runs.
pub(crate) fn kept_rows(runtime: &mut Runtime<'_>, number: usize) -> Result<Rc<RowStore>> {
    if let Some(kept) = &runtime.subplans[number].kept {
        return Ok(kept.clone());
    }
    let rows = Rc::new(all_rows(runtime, number)?);
    runtime.subplans[number].kept = Some(rows.clone());
    Ok(rows)
}

/// All rows of a WITH query.
pub(crate) fn stored_rows(runtime: &mut Runtime<'_>, number: usize) -> Result<Rc<TupleStore>> {
    if let Some(stored) = &runtime.subplans[number].stored {
        return Ok(stored.clone());
    }
    let types = physical_types(runtime, &runtime.subplans[number].plan.output);
    let mut store = TupleStore::new(runtime.files(), &types, memory_limits().work);
    let store = runtime.with_subplan(number, |runtime, operator| {
        operator.rewind(runtime)?;
        while operator.next(runtime)? {
            system::interrupt::check()?;
            store.append(operator.batch())?;
        }
        Ok(Rc::new(store))
    })?;
    runtime.subplans[number].stored = Some(store.clone());
    Ok(store)
}
