//! Joins: for each left row the right side again, or by a hash table of the right side.

use common::Oid;
use error::Result;
use nodes::plan;
use nodes::query::JoinKind;
use types::batch::BATCH_ROWS;
use types::{Batch, Column, PhysicalType, Rows, Selection};

use crate::compare::{RowIndex, equal_rows, hash_row};
use crate::evaluate::{Evaluator, truth};
use crate::operators::{Input, Operator};
use crate::rows::RowStore;
use crate::runtime::Runtime;

/// Fills the columns from `first` on with nulls for `count` rows.
fn fill_nulls(batch: &mut Batch, columns: std::ops::Range<usize>, count: usize) {
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
}

/// A table of the right side, asked for each left row.
pub(crate) struct HashJoin {
    kind: JoinKind,
    left: Input,
    right: Input,
    left_keys: Vec<Evaluator>,
    right_keys: Vec<Evaluator>,
    key_types: Vec<Oid>,
    condition: Option<Evaluator>,
    left_width: usize,
    batch: Batch,
    /// The right rows, with their keys behind their columns.
    store: RowStore,
    right_width: usize,
    index: RowIndex,
    /// For each stored row, the next one with the same keys plus one.
    chain: Vec<u32>,
    matched: Vec<bool>,
    is_built: bool,
    /// Pairs of a left row and the next candidate, still to be looked at, last first.
    pending: Vec<(usize, usize)>,
    /// For each row of the left batch, whether it has had a partner.
    found: Vec<bool>,
    has_left: bool,
    /// The next stored row to be delivered without a partner, once the left side is at its end.
    unmatched_from: Option<usize>,
}

const NONE: u32 = u32::MAX;

impl HashJoin {
    pub fn new(
        runtime: &Runtime<'_>,
        join: &plan::HashJoin,
        (left, right): (Input, Input),
        batch: Batch,
        right_types: &[PhysicalType],
    ) -> Result<HashJoin> {
        let mut left_keys = Vec::new();
        let mut right_keys = Vec::new();
        let mut stored = right_types.to_vec();
        for key in &join.keys {
            left_keys.push(Evaluator::new(runtime, &key.left)?);
            right_keys.push(Evaluator::new(runtime, &key.right)?);
            stored.push(runtime.physical(key.right.data_type().oid));
        }
        Ok(HashJoin {
            kind: join.kind,
            left,
            right,
            key_types: join.keys.iter().map(|key| key.right.data_type().oid).collect(),
            left_keys,
            right_keys,
            condition: join.condition.as_ref().map(|part| Evaluator::new(runtime, part)).transpose()?,
            left_width: join.left.output.len(),
            batch,
            store: RowStore::new(&stored),
            right_width: right_types.len(),
            index: RowIndex::default(),
            chain: Vec::new(),
            matched: Vec::new(),
            is_built: false,
            pending: Vec::new(),
            found: Vec::new(),
            has_left: false,
            unmatched_from: None,
        })
    }

    fn build(&mut self, runtime: &mut Runtime<'_>) -> Result<()> {
        self.store.clear();
        self.index.clear();
        self.chain.clear();
        while self.right.next(runtime)? {
            system::interrupt::check()?;
            let input = self.right.batch();
            let rows = input.selected();
            if rows.is_empty() {
                continue;
            }
            for key in &mut self.right_keys {
                key.compute(runtime, &input.columns, rows)?;
            }
            let start = self.store.rows;
            for (column, from) in self.store.columns[..self.right_width].iter_mut().zip(&input.columns) {
                crate::rows::append_rows(column, from, rows);
            }
            for (column, key) in self.store.columns[self.right_width..].iter_mut().zip(&self.right_keys) {
                crate::rows::append_rows(column, key.result(&input.columns), rows);
            }
            self.store.rows += rows.count();
            self.chain.resize(self.store.rows, NONE);
            let keys: Vec<&Column> = self.store.columns[self.right_width..].iter().collect();
            for row in start..self.store.rows {
                // A null key equals nothing.
                if keys.iter().any(|key| key.is_null(row)) {
                    continue;
                }
                let hash = hash_row(&keys, &self.key_types, row);
                let same = |other: usize| equal_rows(&keys, row, &keys, other, &self.key_types);
                match self.index.find(hash, same) {
                    Some(first) => {
                        // Behind the first, so that the table keeps pointing to it.
                        self.chain[row] = self.chain[first];
                        self.chain[first] = row as u32;
                    }
                    None => self.index.insert(hash, row),
                }
            }
        }
        self.matched = vec![false; self.store.rows];
        self.is_built = true;
        Ok(())
    }

    /// Looks the left batch's rows up; `pending` gets each row's first candidate.
    fn probe(&mut self, runtime: &mut Runtime<'_>) -> Result<bool> {
        if !self.left.next(runtime)? {
            return Ok(false);
        }
        let input = self.left.batch();
        let rows = input.selected();
        for key in &mut self.left_keys {
            key.compute(runtime, &input.columns, rows)?;
        }
        let keys: Vec<&Column> = self.left_keys.iter().map(|key| key.result(&input.columns)).collect();
        let stored: Vec<&Column> = self.store.columns[self.right_width..].iter().collect();
        self.pending.clear();
        self.found.clear();
        self.found.resize(input.rows, false);
        for row in rows.iter() {
            if keys.iter().any(|key| key.is_null(row)) {
                continue;
            }
            let hash = hash_row(&keys, &self.key_types, row);
            let same = |other: usize| equal_rows(&keys, row, &stored, other, &self.key_types);
            if let Some(first) = self.index.find(hash, same) {
                self.pending.push((row, first));
            }
        }
        self.pending.reverse();
        self.has_left = true;
        Ok(true)
    }

    /// Joins up to a batch of pairs.
    fn join_pairs(&mut self, runtime: &mut Runtime<'_>) -> Result<()> {
        let first_only = matches!(self.kind, JoinKind::Semi | JoinKind::Anti);
        let mut pairs: Vec<(usize, usize)> = Vec::new();
        while pairs.len() < BATCH_ROWS {
            let Some((row, candidate)) = self.pending.pop() else { break };
            pairs.push((row, candidate));
            if self.chain[candidate] != NONE && !(first_only && self.condition.is_none()) {
                self.pending.push((row, self.chain[candidate] as usize));
            }
        }
        let input = self.left.batch();
        for (column, from) in self.batch.columns[..self.left_width].iter_mut().zip(&input.columns) {
            column.resize(pairs.len());
            pairs.iter().enumerate().for_each(|(at, (row, _))| column.copy_row(from, *row, at));
        }
        for (column, from) in self.batch.columns[self.left_width..].iter_mut().zip(&self.store.columns) {
            column.resize(pairs.len());
            pairs.iter().enumerate().for_each(|(at, (_, stored))| column.copy_row(from, *stored, at));
        }
        self.batch.rows = pairs.len();
        self.batch.selection = None;
        if let Some(condition) = &mut self.condition {
            condition.compute(runtime, &self.batch.columns, Rows::all(pairs.len()))?;
            let column = condition.result(&self.batch.columns);
            let kept: Selection =
                (0..pairs.len() as u16).filter(|at| truth(column, usize::from(*at)) == Some(true)).collect();
            self.batch.selection = Some(kept);
        }
        let kept: Vec<usize> = self.batch.selected().iter().collect();
        let mut firsts = Selection::default();
        for at in kept {
            let (row, stored) = pairs[at];
            self.matched[stored] = true;
            if !std::mem::replace(&mut self.found[row], true) {
                firsts.push(at as u16);
            }
        }
        if first_only {
            self.pending.retain(|(row, _)| !self.found[*row]);
            self.batch.selection = Some(firsts);
        }
        Ok(())
    }

    /// Delivers the left batch's rows without a partner, with nulls on the right.
    fn lonely_left(&mut self) {
        let input = self.left.batch();
        let rows: Vec<usize> = input.selected().iter().filter(|row| !self.found[*row]).collect();
        crate::rows::copy_rows(&input.columns, &mut self.batch, 0, rows.iter().copied());
        let right = self.left_width..self.batch.columns.len();
        fill_nulls(&mut self.batch, right, rows.len());
    }

    /// Delivers stored rows without a partner, with nulls on the left.
    fn lonely_right(&mut self, from: usize) -> bool {
        let rows: Vec<usize> =
            (from..self.store.rows).filter(|row| !self.matched[*row]).take(BATCH_ROWS).collect();
        self.unmatched_from = Some(rows.last().map_or(self.store.rows, |last| last + 1));
        crate::rows::copy_rows(&self.store.columns, &mut self.batch, self.left_width, rows.iter().copied());
        fill_nulls(&mut self.batch, 0..self.left_width, rows.len());
        !rows.is_empty()
    }
}

impl Operator for HashJoin {
    fn next(&mut self, runtime: &mut Runtime<'_>) -> Result<bool> {
        if !self.is_built {
            self.build(runtime)?;
        }
        loop {
            system::interrupt::check()?;
            if let Some(from) = self.unmatched_from {
                return Ok(self.lonely_right(from));
            }
            if !self.pending.is_empty() {
                self.join_pairs(runtime)?;
                if self.kind == JoinKind::Anti || self.batch.is_empty() {
                    continue;
                }
                return Ok(true);
            }
            if std::mem::take(&mut self.has_left)
                && matches!(self.kind, JoinKind::Left | JoinKind::Full | JoinKind::Anti)
            {
                self.lonely_left();
                if !self.batch.is_empty() {
                    return Ok(true);
                }
            }
            if !self.probe(runtime)? {
                if matches!(self.kind, JoinKind::Right | JoinKind::Full) {
                    self.unmatched_from = Some(0);
                    continue;
                }
                return Ok(false);
            }
        }
    }

    fn batch(&mut self) -> &mut Batch {
        &mut self.batch
    }

    fn rewind(&mut self, runtime: &mut Runtime<'_>) -> Result<()> {
        // The right side may depend on parameters, so its table is made again.
        self.is_built = false;
        self.pending.clear();
        (self.has_left, self.unmatched_from) = (false, None);
        self.left.rewind(runtime)?;
        self.right.rewind(runtime)
    }
}
