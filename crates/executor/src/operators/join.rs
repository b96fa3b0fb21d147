//! Joins that go through the right side again for each left row.

use error::Result;
use nodes::query::JoinKind;
use types::Batch;

use crate::evaluate::Evaluator;
use crate::operators::{Input, Operator};
use crate::runtime::Runtime;

/// Fills the columns from `first` on with nulls for `count` rows.
pub(crate) fn fill_nulls(batch: &mut Batch, columns: std::ops::Range<usize>, count: usize) {
    for column in &mut batch.columns[columns] {
        column.resize(count);
        (0..count).for_each(|row| column.set_null(row));
    }
}

/// For each left row, the right side from the start.
pub(crate) struct NestedLoop {
    kind: JoinKind,
    left: Input,
    right: Input,
    left_width: usize,
    parameters: Vec<(usize, Evaluator)>,
    condition: Option<Evaluator>,
    batch: Batch,
    /// The left row at work: its place among the selected rows.
    row: Option<usize>,
    has_left: bool,
    matched: bool,
}

impl NestedLoop {
    pub fn new(
        kind: JoinKind,
        (left, right): (Input, Input),
        left_width: usize,
        parameters: Vec<(usize, Evaluator)>,
        condition: Option<Evaluator>,
        batch: Batch,
    ) -> NestedLoop {
        NestedLoop {
            kind,
            left,
            right,
            left_width,
            parameters,
            condition,
            batch,
            row: None,
            has_left: false,
            matched: false,
        }
    }

    /// Moves on to the next left row and starts the right side for it.
    fn advance(&mut self, runtime: &mut Runtime<'_>) -> Result<bool> {
        loop {
            if !self.has_left {
                if !self.left.next(runtime)? {
                    return Ok(false);
                }
                self.has_left = true;
                self.row = None;
            }
            let next = self.row.map_or(0, |row| row + 1);
            let input = self.left.batch();
            let Some(row) = input.selected().iter().nth(next) else {
                self.has_left = false;
                continue;
            };
            self.row = Some(next);
            self.matched = false;
            for (index, outer) in &mut self.parameters {
                let value = outer.value(runtime, &input.columns, row)?;
                runtime.set_execution(*index, value);
            }
            self.right.rewind(runtime)?;
            return Ok(true);
        }
    }

    fn left_row(&mut self) -> usize {
        let at = self.row.unwrap_or(0);
        self.left.batch().selected().iter().nth(at).unwrap_or(0)
    }

    /// Puts the left row, repeated, into the batch.
    fn repeat_left(&mut self, count: usize) {
        let row = self.left_row();
        let input = self.left.batch();
        for (column, from) in self.batch.columns[..self.left_width].iter_mut().zip(&input.columns) {
            column.resize(count);
            (0..count).for_each(|at| column.copy_row(from, row, at));
        }
        self.batch.rows = count;
        self.batch.selection = None;
    }
}

impl Operator for NestedLoop {
    fn next(&mut self, runtime: &mut Runtime<'_>) -> Result<bool> {
        loop {
            system::interrupt::check()?;
            if self.row.is_none() || !self.has_left {
                if !self.advance(runtime)? {
                    return Ok(false);
                }
            }
            if self.right.next(runtime)? {
                let inner = self.right.batch();
                let rows: Vec<usize> = inner.selected().iter().collect();
                if rows.is_empty() {
                    continue;
                }
                crate::rows::copy_rows(
                    &inner.columns,
                    &mut self.batch,
                    self.left_width,
                    rows.iter().copied(),
                );
                self.repeat_left(rows.len());
                if let Some(condition) = &mut self.condition {
                    let batch = &mut self.batch;
                    condition.filter(runtime, &batch.columns, batch.rows, &mut batch.selection)?;
                }
                if self.batch.is_empty() {
                    continue;
                }
                self.matched = true;
                match self.kind {
                    JoinKind::Semi => {
                        self.repeat_left(1);
                        if !self.advance(runtime)? {
                            self.row = None;
                            self.has_left = false;
                        }
                        return Ok(true);
                    }
                    JoinKind::Anti => {
                        if !self.advance(runtime)? {
                            return Ok(false);
                        }
                        continue;
                    }
                    _ => return Ok(true),
                }
            }
            // The right side is at its end for this left row.
            let lonely = !self.matched && matches!(self.kind, JoinKind::Left | JoinKind::Anti);
            if lonely {
                self.repeat_left(1);
                let all = self.left_width..self.batch.columns.len();
                fill_nulls(&mut self.batch, all, 1);
            }
            let more = self.advance(runtime)?;
            if !more {
                self.row = None;
                self.has_left = false;
            }
            if lonely {
                return Ok(true);
            }
            if !more {
                return Ok(false);
            }
        }
    }

    fn batch(&mut self) -> &mut Batch {
        &mut self.batch
    }

    fn rewind(&mut self, runtime: &mut Runtime<'_>) -> Result<()> {
        (self.row, self.has_left) = (None, false);
        self.left.rewind(runtime)
    }

    fn settle(&mut self) -> Option<usize> {
        (self.row, self.has_left) = (None, false);
        let evaluators = self.parameters.iter().map(|(_, outer)| outer).chain(&self.condition);
        let own = evaluators.map(Evaluator::memory).sum::<usize>() + self.batch.memory();
        Some(self.left.settle()? + self.right.settle()? + own)
    }
}
