//! Rows that are kept and read again: WITH queries, recursive unions, materialized inputs.

use std::rc::Rc;

use common::Oid;
use error::Result;
use types::{Batch, Column, Selection};

use crate::compare::{RowIndex, equal_rows, hash_row};
use crate::execution::stored_rows;
use crate::instrument::{Counts, StorageUse};
use crate::memory::memory_limits;
use crate::operators::{Input, Operator};
use crate::rows::{RowStore, append_rows};
use crate::runtime::Runtime;
use crate::tuple_store::TupleStore;

fn tuples_like(runtime: &Runtime<'_>, batch: &Batch) -> TupleStore {
    let forms: Vec<_> = batch.columns.iter().map(Column::physical_type).collect();
    TupleStore::new(runtime.files(), &forms, memory_limits().work)
}

fn store_like(batch: &Batch) -> RowStore {
    let forms: Vec<_> = batch.columns.iter().map(Column::physical_type).collect();
    RowStore::new(&forms)
}

/// Reads its input once and can deliver it many times.
pub(crate) struct Materialize {
    input: Input,
    store: TupleStore,
    is_complete: bool,
    /// What the rows depend on: they are read again when a parameter has changed.
    epochs: Vec<u64>,
    next: usize,
    batch: Batch,
}

impl Materialize {
    pub fn new(runtime: &Runtime<'_>, input: Input, batch: Batch) -> Materialize {
        let store = tuples_like(runtime, &batch);
        Materialize { input, store, is_complete: false, epochs: Vec::new(), next: 0, batch }
    }
}

impl Operator for Materialize {
    fn next(&mut self, runtime: &mut Runtime<'_>) -> Result<bool> {
        if !self.is_complete {
            while self.input.next(runtime)? {
                system::interrupt::check()?;
                self.store.append(self.input.batch())?;
            }
            self.is_complete = true;
            self.epochs = runtime.epochs.clone();
        }
        self.next += 1;
        self.store.read(self.next - 1, &mut self.batch, 0)
    }

    fn batch(&mut self) -> &mut Batch {
        &mut self.batch
    }

    fn counts(&self) -> Counts {
        Counts { storage: self.is_complete.then(|| self.store.storage_use()), ..Counts::default() }
    }

    fn rewind(&mut self, runtime: &mut Runtime<'_>) -> Result<()> {
        self.next = 0;
        if self.epochs != runtime.epochs {
            self.is_complete = false;
            self.store.clear();
            self.input.rewind(runtime)?;
        }
        Ok(())
    }
}

/// Rows of a WITH query.
pub(crate) struct CommonTableScan {
    subplan: usize,
    next: usize,
    batch: Batch,
    storage: Option<StorageUse>,
}

impl CommonTableScan {
    pub fn new(subplan: usize, batch: Batch) -> CommonTableScan {
        CommonTableScan { subplan, next: 0, batch, storage: None }
    }
}

impl Operator for CommonTableScan {
    fn next(&mut self, runtime: &mut Runtime<'_>) -> Result<bool> {
        let store = stored_rows(runtime, self.subplan)?;
        self.storage = Some(store.storage_use());
        self.next += 1;
        store.read(self.next - 1, &mut self.batch, 0)
    }

    fn batch(&mut self) -> &mut Batch {
        &mut self.batch
    }

    fn counts(&self) -> Counts {
        Counts { storage: self.storage, ..Counts::default() }
    }

    fn rewind(&mut self, _: &mut Runtime<'_>) -> Result<()> {
        self.next = 0;
        Ok(())
    }
}

/// Rows of the last round of a recursive query.
pub(crate) struct WorkTableScan {
    union: usize,
    next: usize,
    batch: Batch,
}

impl WorkTableScan {
    pub fn new(union: usize, batch: Batch) -> WorkTableScan {
        WorkTableScan { union, next: 0, batch }
    }
}

impl Operator for WorkTableScan {
    fn next(&mut self, runtime: &mut Runtime<'_>) -> Result<bool> {
        let Some(Some(store)) = runtime.work_tables.get(self.union) else { return Ok(false) };
        self.next += 1;
        store.read(self.next - 1, &mut self.batch, 0)
    }

    fn batch(&mut self) -> &mut Batch {
        &mut self.batch
    }

    fn rewind(&mut self, _: &mut Runtime<'_>) -> Result<()> {
        self.next = 0;
        Ok(())
    }
}

/// WITH RECURSIVE: the start, then rounds until one brings nothing new.
pub(crate) struct RecursiveUnion {
    id: usize,
    start: Input,
    step: Input,
    distinct: bool,
    types: Vec<Oid>,
    /// All rows so far, for UNION.
    seen: RowStore,
    index: RowIndex,
    round: Option<TupleStore>,
    in_step: bool,
    batch: Batch,
}

impl RecursiveUnion {
    pub fn new(
        id: usize,
        start: Input,
        step: Input,
        distinct: bool,
        types: Vec<Oid>,
        batch: Batch,
    ) -> RecursiveUnion {
        let seen = store_like(&batch);
        RecursiveUnion {
            id,
            start,
            step,
            distinct,
            types,
            seen,
            index: RowIndex::default(),
            round: None,
            in_step: false,
            batch,
        }
    }

    /// Takes the new rows of a batch into the round and the output.
    fn take(&mut self, runtime: &Runtime<'_>, from_step: bool) -> Result<()> {
        let input = if from_step { self.step.batch() } else { self.start.batch() };
        if self.distinct {
            let columns: Vec<&Column> = input.columns.iter().collect();
            let mut fresh = Selection::default();
            let rows: Vec<usize> = input.selected().iter().collect();
            for row in rows {
                let hash = hash_row(&columns, &self.types, row);
                let stored: Vec<&Column> = self.seen.columns.iter().collect();
                let same = |other: usize| equal_rows(&columns, row, &stored, other, &self.types);
                if self.index.find(hash, same).is_none() {
                    fresh.push(row as u16);
                    self.index.insert(hash, self.seen.rows);
                    let one = [row as u16];
                    let one = types::Rows::selected(input.rows, &one);
                    for (column, from) in self.seen.columns.iter_mut().zip(&input.columns) {
                        append_rows(column, from, one);
                    }
                    self.seen.rows += 1;
                }
            }
            input.selection = Some(fresh);
        }
        let round = self.round.get_or_insert_with(|| tuples_like(runtime, &self.batch));
        round.append(input)?;
        let rows: Vec<usize> = input.selected().iter().collect();
        crate::rows::copy_rows(&input.columns, &mut self.batch, 0, rows.into_iter());
        Ok(())
    }

    fn publish(&mut self, runtime: &mut Runtime<'_>) -> bool {
        let round = self.round.take().filter(|round| round.rows > 0);
        let has_rows = round.is_some();
        if runtime.work_tables.len() <= self.id {
            runtime.work_tables.resize(self.id + 1, None);
        }
        runtime.work_tables[self.id] = round.map(Rc::new);
        has_rows
    }
}

impl Operator for RecursiveUnion {
    fn next(&mut self, runtime: &mut Runtime<'_>) -> Result<bool> {
        loop {
            system::interrupt::check()?;
            if !self.in_step {
                if self.start.next(runtime)? {
                    self.take(runtime, false)?;
                    return Ok(true);
                }
                self.in_step = true;
                if !self.publish(runtime) {
                    return Ok(false);
                }
                self.step.rewind(runtime)?;
            }
            if self.step.next(runtime)? {
                self.take(runtime, true)?;
                return Ok(true);
            }
            if !self.publish(runtime) {
                return Ok(false);
            }
            self.step.rewind(runtime)?;
        }
    }

    fn batch(&mut self) -> &mut Batch {
        &mut self.batch
    }

    fn rewind(&mut self, runtime: &mut Runtime<'_>) -> Result<()> {
        (self.in_step, self.round) = (false, None);
        self.seen.clear();
        self.index.clear();
        self.start.rewind(runtime)
    }
}
