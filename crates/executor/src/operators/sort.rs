//! ORDER BY.

use error::Result;
use nodes::expression::DataType;
use nodes::plan::SortKey;
use types::{Batch, PhysicalType};

use crate::compare::RowOrder;
use crate::evaluate::Evaluator;
use crate::operators::{Input, Operator};
use crate::rows::{Cursor, RowStore};
use crate::runtime::Runtime;

/// Reads all of its input, then delivers it in order.
pub(crate) struct Sort {
    input: Input,
    order: RowOrder,
    /// Only this many first rows are wanted.
    bound: Option<Evaluator>,
    store: RowStore,
    /// Row numbers in order.
    sorted: Option<Vec<u32>>,
    cursor: Cursor,
    batch: Batch,
}

impl Sort {
    pub fn new(
        input: Input,
        keys: &[SortKey],
        output: &[DataType],
        types: &[PhysicalType],
        bound: Option<Evaluator>,
        batch: Batch,
    ) -> Sort {
        Sort {
            input,
            order: RowOrder::new(keys, output, types),
            bound,
            store: RowStore::new(types),
            sorted: None,
            cursor: Cursor::default(),
            batch,
        }
    }

    fn sort(&mut self, runtime: &mut Runtime<'_>) -> Result<()> {
        while self.input.next(runtime)? {
            system::interrupt::check()?;
            self.store.append(self.input.batch());
        }
        let mut sorted: Vec<u32> = (0..self.store.rows as u32).collect();
        let bound = match &mut self.bound {
            Some(bound) => bound.value(runtime, &[], 0)?.as_i64().and_then(|rows| usize::try_from(rows).ok()),
            None => None,
        };
        let columns = &self.store.columns;
        // Equal rows keep their order, so that the answer does not depend on the algorithm.
        let compare =
            |a: &u32, b: &u32| self.order.compare(columns, *a as usize, columns, *b as usize).then(a.cmp(b));
        match bound {
            Some(bound) if bound > 0 && bound < sorted.len() => {
                sorted.select_nth_unstable_by(bound - 1, compare);
                sorted.truncate(bound);
                sorted.sort_unstable_by(compare);
            }
            _ => sorted.sort_unstable_by(compare),
        }
        self.sorted = Some(sorted);
        Ok(())
    }
}

impl Operator for Sort {
    fn next(&mut self, runtime: &mut Runtime<'_>) -> Result<bool> {
        if self.sorted.is_none() {
            self.sort(runtime)?;
        }
        let Some(sorted) = &self.sorted else { return Ok(false) };
        let range = self.cursor.next(sorted.len());
        if range.is_empty() {
            return Ok(false);
        }
        self.store.copy_to(&mut self.batch, sorted[range].iter().map(|row| *row as usize));
        Ok(true)
    }

    fn batch(&mut self) -> &mut Batch {
        &mut self.batch
    }

    fn rewind(&mut self, runtime: &mut Runtime<'_>) -> Result<()> {
        self.sorted = None;
        self.store.clear();
        self.cursor.rewind();
        self.input.rewind(runtime)
    }
}
