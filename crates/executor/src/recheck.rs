//! Putting a row together again after one of the rows that it is made of was changed by somebody else.
//!
//! The scans of the tables that are part of it deliver only the versions that are named, whatever the snapshot says; subqueries
//! are read as before.

use std::rc::Rc;

use common::TupleId;
use error::Result;
use nodes::plan::{Plan, RowMark};
use types::{Batch, Column};

use crate::rows::{RowStore, physical_types};
use crate::runtime::Runtime;

/// A plan that can be asked again.
pub(crate) struct Recheck {
    plan: Rc<Plan>,
    marks: Vec<RowMark>,
}

impl Recheck {
    pub fn new(plan: &Rc<Plan>, marks: &[RowMark]) -> Recheck {
        Recheck { plan: plan.clone(), marks: marks.to_vec() }
    }

    /// The versions that a row is made of.
    pub fn versions(&self, columns: &[Column], row: usize) -> Vec<(usize, Option<TupleId>)> {
        let version = |mark: &RowMark| {
            let column = &columns[mark.address];
            (mark.mark, (!column.is_null(row)).then(|| column.get(row)))
        };
        self.marks.iter().map(version).collect()
    }

    /// Puts another version of one table in place.
    pub fn replace(&self, versions: &mut [(usize, Option<TupleId>)], address: usize, newest: TupleId) {
        for (mark, (_, version)) in self.marks.iter().zip(versions) {
            if mark.address == address {
                *version = Some(newest);
            }
        }
    }

    /// The row made of these versions; `None` if they do not qualify together.
    pub fn run(
        &self,
        runtime: &mut Runtime<'_>,
        versions: Vec<(usize, Option<TupleId>)>,
    ) -> Result<Option<RowStore>> {
        let types = physical_types(runtime, &self.plan.output);
        let outer = std::mem::replace(&mut runtime.only_versions, versions);
        let (values, epochs) = (runtime.execution.clone(), runtime.epochs.clone());
        let result = (|| {
            let mut operator = crate::build::operator(runtime, &self.plan)?;
            let mut found = RowStore::new(&types);
            while found.rows == 0 && operator.next(runtime)? {
                found.append(operator.batch());
            }
            Ok((found.rows > 0).then_some(found))
        })();
        runtime.only_versions = outer;
        // Rule 4: operators that are in the middle of their rows find the parameters as they left them.
        for (index, (value, epoch)) in values.into_iter().zip(epochs).enumerate() {
            if epoch > 0 && epoch != runtime.epochs[index] {
                runtime.set_execution(index, value);
            }
        }
        result
    }
}

/// Writes a row that was put together again in the old one's place.
pub(crate) fn overwrite(batch: &mut Batch, row: usize, new: &RowStore) {
    for (column, from) in batch.columns.iter_mut().zip(&new.columns) {
        column.set_value(row, &from.value(0));
    }
}
