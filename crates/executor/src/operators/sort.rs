//! ORDER BY.

use error::Result;
use nodes::expression::DataType;
use nodes::plan::SortKey;
use types::{Batch, PhysicalType};

use crate::compare::RowOrder;
use crate::evaluate::Evaluator;
use crate::instrument::Counts;
use crate::memory::memory_limits;
use crate::operators::{Input, Operator};
use crate::runtime::Runtime;
use crate::sorter::Sorter;

/// Reads all of its input, then delivers it in order.
pub(crate) struct Sort {
    input: Input,
    sorter: Sorter,
    /// Only as many first rows are wanted as these say together.
    bound: Vec<Evaluator>,
    batch: Batch,
}

impl Sort {
    pub fn new(
        runtime: &Runtime<'_>,
        input: Input,
        keys: &[SortKey],
        output: &[DataType],
        types: &[PhysicalType],
        bound: Vec<Evaluator>,
        batch: Batch,
    ) -> Sort {
        let order = RowOrder::new(keys, output, types);
        let sorter = Sorter::new(runtime.files(), order, types, memory_limits().work);
        Sort { input, sorter, bound, batch }
    }

    fn sort(&mut self, runtime: &mut Runtime<'_>) -> Result<()> {
        let mut bound = (!self.bound.is_empty()).then_some(0usize);
        for (at, part) in self.bound.iter_mut().enumerate() {
            let rows = match part.value(runtime, &[], 0)?.as_i64() {
                // LIMIT NULL is no limit, OFFSET NULL no offset; what they will refuse is no bound.
                None => (at > 0).then_some(0),
                Some(rows) => usize::try_from(rows).ok(),
            };
            bound = bound.zip(rows).map(|(sum, rows)| sum.saturating_add(rows));
        }
        self.sorter.set_bound(bound.filter(|rows| *rows > 0));
        while self.input.next(runtime)? {
            system::interrupt::check()?;
            self.sorter.append(self.input.batch())?;
        }
        self.sorter.finish()
    }
}

impl Operator for Sort {
    fn next(&mut self, runtime: &mut Runtime<'_>) -> Result<bool> {
        if !self.sorter.is_finished() {
            self.sort(runtime)?;
        }
        self.sorter.next(&mut self.batch)
    }

    fn batch(&mut self) -> &mut Batch {
        &mut self.batch
    }

    fn counts(&self) -> Counts {
        Counts { sort: self.sorter.is_finished().then(|| self.sorter.sort_use()), ..Counts::default() }
    }

    fn rewind(&mut self, runtime: &mut Runtime<'_>) -> Result<()> {
        self.sorter.clear();
        self.input.rewind(runtime)
    }
}
