//! INSERT, UPDATE and DELETE.

use std::rc::Rc;

use access_api::{Conflict, LockWait, RowOutcome, StoredRelation};
use access_heap::{BulkInsert, ColumnReader};
use common::{AttributeNumber, TupleId};
use error::{Error, Result, error};
use nodes::plan;
use nodes::query::Command;
use transaction::{Isolation, Snapshot, SnapshotKind};
use tuple::ExternalPointer;
use types::batch::BATCH_ROWS;
use types::{Batch, Column, PhysicalType, Rows};

use crate::evaluate::{Evaluator, evaluators_memory, truth};
use crate::operators::lock::serialization_failure;
use crate::operators::scan::open;
use crate::operators::{Input, Operator};
use crate::recheck::Recheck;
use crate::rows::{RowStore, append_rows};
use crate::runtime::Runtime;
use crate::table::TableWriter;

/// Rows from which a statement is a load that uses pages of its own.
const BULK_ROWS: usize = 64;

/// Changes a table for each row of its input.
pub(crate) struct ModifyTable {
    operation: Command,
    input: Input,
    writer: TableWriter,
    values: Vec<Evaluator>,
    address: Option<usize>,
    recheck: Recheck,
    /// The columns that an UPDATE sets, and what that touches.
    changed: Vec<AttributeNumber>,
    scope: access_heap::UpdateScope,
    conflict: Option<OnConflict>,
    returning: Vec<Evaluator>,
    /// The row type of the table.
    types: Vec<PhysicalType>,
    reader: ColumnReader,
    /// A row that is changed: as it was, followed by its input row.
    old: Vec<Column>,
    /// New rows.
    new: Vec<Column>,
    /// The form of the input rows.
    carried: Vec<PhysicalType>,
    bulk: Option<BulkInsert>,
    batch: Batch,
    is_done: bool,
}

struct OnConflict {
    arbiters: Vec<common::Oid>,
    /// `None` is DO NOTHING.
    update: Option<Vec<Evaluator>>,
    filter: Option<Evaluator>,
    changed: Vec<AttributeNumber>,
    scope: access_heap::UpdateScope,
}

impl OnConflict {
    fn memory(&self) -> usize {
        let update = self.update.as_deref().map_or(0, evaluators_memory);
        update + self.filter.as_ref().map_or(0, Evaluator::memory)
    }
}

impl ModifyTable {
    pub fn new(
        runtime: &Runtime<'_>,
        node: &plan::ModifyTable,
        mut input: Input,
        batch: Batch,
    ) -> Result<ModifyTable> {
        let input_types: Vec<PhysicalType> =
            input.batch().columns.iter().map(Column::physical_type).collect();
        let relation = open(runtime, node.relation)?;
        let types: Vec<PhysicalType> = relation.columns.iter().map(|column| column.physical).collect();
        let reader = whole_rows(&relation);
        let writer = TableWriter::new(runtime, relation)?;
        let all = |list: &[nodes::Expression]| -> Result<Vec<Evaluator>> {
            list.iter().map(|expression| Evaluator::new(runtime, expression)).collect()
        };
        let conflict = match &node.on_conflict {
            None => None,
            Some(conflict) => Some(OnConflict {
                arbiters: conflict.source.arbiters.clone(),
                update: conflict.source.update.as_ref().map(|_| all(&conflict.values)).transpose()?,
                filter: conflict.filter.as_ref().map(|filter| Evaluator::new(runtime, filter)).transpose()?,
                changed: conflict.changed.clone(),
                scope: writer.update_scope(&conflict.changed),
            }),
        };
        Ok(ModifyTable {
            operation: node.operation,
            input,
            changed: node.changed.clone(),
            scope: writer.update_scope(&node.changed),
            values: all(&node.values)?,
            address: node.address,
            recheck: Recheck::new(&node.input, &node.marks),
            conflict,
            returning: all(&node.returning)?,
            reader,
            old: types.iter().chain(&input_types).map(|physical| Column::new(*physical)).collect(),
            new: types.iter().map(|physical| Column::new(*physical)).collect(),
            carried: input_types,
            types,
            writer,
            bulk: None,
            batch,
            is_done: false,
        })
    }

    fn insert(
        &mut self,
        runtime: &mut Runtime<'_>,
        input: &Batch,
        affected: &mut RowStore,
        carried: &mut RowStore,
    ) -> Result<()> {
        let rows = input.selected();
        let count = rows.count();
        let mut columns = std::mem::take(&mut self.new);
        compute_rows(runtime, &mut self.values, &input.columns, rows, &mut columns)?;
        self.writer.check(runtime, &columns, count)?;
        if self.bulk.is_none() && count >= BULK_ROWS {
            self.bulk = Some(BulkInsert::new(runtime.access()));
        }
        let is_bulk = self.bulk.is_some() && self.conflict.is_none();
        if is_bulk && let Some(bulk) = &mut self.bulk {
            self.writer.insert_many(runtime, &columns, 0..count, bulk).map_err(|(_, error)| error)?;
        }
        for (row, input_row) in rows.iter().enumerate() {
            system::interrupt::check()?;
            let stored = match &self.conflict {
                None if is_bulk => true,
                None => {
                    self.writer.insert(runtime, &columns, row, None)?;
                    true
                }
                Some(_) => self.insert_or_update(runtime, &columns, row, affected)?,
            };
            if stored {
                runtime.affected += 1;
                if !self.returning.is_empty() {
                    if self.conflict.is_none() {
                        keep_row(affected, &columns, row);
                    }
                    keep_row(carried, &input.columns, input_row);
                }
            }
        }
        self.new = columns;
        Ok(())
    }

    /// ON CONFLICT. True if a row was inserted or updated, which is then in `affected`.
    fn insert_or_update(
        &mut self,
        runtime: &mut Runtime<'_>,
        columns: &[Column],
        row: usize,
        affected: &mut RowStore,
    ) -> Result<bool> {
        let Some(conflict) = &mut self.conflict else { return Ok(false) };
        loop {
            let existing = match self.writer.insert_or_find(runtime, columns, row, &conflict.arbiters)? {
                Ok(_) => {
                    keep_row(affected, columns, row);
                    return Ok(true);
                }
                Err(existing) => existing,
            };
            let Some(update) = &mut conflict.update else { return Ok(false) };
            let access = runtime.access();
            let relation = self.writer.relation.clone();
            // The newest version of the row that is in the way, locked.
            let address = match newest_version(runtime, &relation, existing)? {
                Some(address) => address,
                None => continue,
            };
            let strength = if conflict.scope.key {
                tuple::LockStrength::Update
            } else {
                tuple::LockStrength::NoKeyUpdate
            };
            match access_heap::lock_row(access, &relation.storage, address, strength, LockWait::Block)? {
                RowOutcome::Done(()) => {}
                RowOutcome::SelfModified(_) | RowOutcome::Invisible => {
                    return Err(error!(
                        CARDINALITY_VIOLATION,
                        "ON CONFLICT DO UPDATE command cannot affect row a second time"
                    )
                    .hint("Ensure that no rows proposed for insertion within the same command have duplicate constrained values."));
                }
                _ if access.session.isolation() == Isolation::RepeatableRead => {
                    return Err(serialization_failure());
                }
                _ => continue,
            }
            let mut both: Vec<Column> = self.types.iter().map(|physical| Column::new(*physical)).collect();
            let found = read_row(runtime, &relation.storage, &mut self.reader, address, &mut both)?;
            let Some(external) = found else { continue };
            both.extend(
                columns.iter().map(|column| Column::constant(column.physical_type(), &column.value(row))),
            );
            if let Some(filter) = &mut conflict.filter {
                filter.compute(runtime, &both, Rows::all(1))?;
                if truth(filter.result(&both), 0) != Some(true) {
                    return Ok(false);
                }
            }
            let mut new = Vec::with_capacity(update.len());
            for (value, physical) in update.iter_mut().zip(&self.types) {
                value.compute(runtime, &both, Rows::all(1))?;
                let mut column = Column::new(*physical);
                column.push_value(&value.result(&both).value(0));
                new.push(column);
            }
            self.writer.check(runtime, &new, 1)?;
            let place = (address, external.as_slice());
            match self.writer.update(runtime, place, &new, 0, &conflict.changed, conflict.scope)? {
                RowOutcome::Done(_) => {
                    keep_row(affected, &new, 0);
                    return Ok(true);
                }
                _ => continue,
            }
        }
    }

    fn change(
        &mut self,
        runtime: &mut Runtime<'_>,
        input: &Batch,
        affected: &mut RowStore,
        carried: &mut RowStore,
    ) -> Result<()> {
        let at = self.address.ok_or_else(|| Error::internal("the rows to be changed have no address"))?;
        for row in input.selected().iter() {
            system::interrupt::check()?;
            let address: TupleId = input.columns[at].get(row);
            if self.change_row(runtime, &input.columns, row, address, affected, carried)? {
                runtime.affected += 1;
            }
        }
        Ok(())
    }

    /// Changes one row; false if it is not there any more. The row and its input row are kept for RETURNING.
    fn change_row(
        &mut self,
        runtime: &mut Runtime<'_>,
        input: &[Column],
        row: usize,
        address: TupleId,
        affected: &mut RowStore,
        carried: &mut RowStore,
    ) -> Result<bool> {
        let access = runtime.access();
        let width = self.types.len();
        let outcome: RowOutcome<()> = if self.operation == Command::Delete {
            if !self.returning.is_empty() {
                let storage = &self.writer.relation.storage;
                read_row(runtime, storage, &mut self.reader, address, &mut self.old[..width])?;
            }
            self.writer.delete(runtime, address)?
        } else {
            let storage = &self.writer.relation.storage;
            let old = &mut self.old[..width];
            let Some(external) = read_row(runtime, storage, &mut self.reader, address, old)? else {
                return Ok(false);
            };
            for (column, from) in self.old[width..].iter_mut().zip(input) {
                column.resize(1);
                column.copy_row(from, row, 0);
            }
            compute_rows(runtime, &mut self.values, &self.old, Rows::all(1), &mut self.new)?;
            self.writer.check(runtime, &self.new, 1)?;
            let place = (address, external.as_slice());
            match self.writer.update(runtime, place, &self.new, 0, &self.changed, self.scope)? {
                RowOutcome::Done(_) => {
                    self.keep(affected, &self.new, carried, input, row);
                    return Ok(true);
                }
                other => other.map_not_done(),
            }
        };
        match outcome {
            RowOutcome::Done(()) => {
                self.keep(affected, &self.old, carried, input, row);
                Ok(true)
            }
            RowOutcome::Invisible | RowOutcome::SelfModified(_) => Ok(false),
            RowOutcome::Updated(_) | RowOutcome::Deleted(_)
                if access.session.isolation() == Isolation::RepeatableRead =>
            {
                Err(serialization_failure())
            }
            RowOutcome::Deleted(_) => Ok(false),
            RowOutcome::Updated(conflict) => self.follow(runtime, input, row, conflict, affected, carried),
            RowOutcome::WouldBlock => Err(Error::internal("a wait was refused")),
        }
    }

    /// Somebody changed the row since the snapshot: in read committed the newest version counts, if it still qualifies.
    fn follow(
        &mut self,
        runtime: &mut Runtime<'_>,
        input: &[Column],
        row: usize,
        conflict: Conflict,
        affected: &mut RowStore,
        carried: &mut RowStore,
    ) -> Result<bool> {
        let relation = self.writer.relation.clone();
        // The statement's snapshot keeps this version from being removed. It may be in the middle of a HOT chain, where
        // only its own address leads; if it was changed in turn, locking it tells.
        let newest = conflict.newer;
        let strength = if self.operation == Command::Delete || self.scope.key {
            tuple::LockStrength::Update
        } else {
            tuple::LockStrength::NoKeyUpdate
        };
        match access_heap::lock_row(runtime.access(), &relation.storage, newest, strength, LockWait::Block)? {
            RowOutcome::Done(()) => {}
            RowOutcome::Updated(conflict) => {
                return self.follow(runtime, input, row, conflict, affected, carried);
            }
            _ => return Ok(false),
        }
        // The row is put together again, of this version and what it was made of besides.
        let mut versions = self.recheck.versions(input, row);
        if let Some(address) = self.address {
            self.recheck.replace(&mut versions, address, newest);
        }
        let Some(values) = self.recheck.run(runtime, versions)? else {
            return Ok(false);
        };
        self.change_row(runtime, &values.columns, 0, newest, affected, carried)
    }

    fn keep(
        &self,
        affected: &mut RowStore,
        changed: &[Column],
        carried: &mut RowStore,
        input: &[Column],
        row: usize,
    ) {
        if !self.returning.is_empty() {
            keep_row(affected, changed, 0);
            keep_row(carried, input, row);
        }
    }

    /// RETURNING over the affected rows followed by the input rows.
    fn deliver(&mut self, runtime: &mut Runtime<'_>, affected: RowStore, carried: RowStore) -> Result<()> {
        let rows = affected.rows;
        let mut input = affected.columns;
        input.extend(carried.columns);
        for expression in &mut self.returning {
            expression.compute(runtime, &input, Rows::all(rows))?;
        }
        for (column, expression) in self.batch.columns.iter_mut().zip(&self.returning) {
            column.clear();
            append_rows(column, expression.result(&input), Rows::all(rows));
        }
        self.batch.rows = rows;
        self.batch.selection = None;
        Ok(())
    }
}

/// Adds one row to a store.
fn keep_row(store: &mut RowStore, columns: &[Column], row: usize) {
    for (column, from) in store.columns.iter_mut().zip(columns) {
        column.push_value(&from.value(row));
    }
    store.rows += 1;
}

/// The values of rows of the table, computed over rows of the input.
fn compute_rows(
    runtime: &mut Runtime<'_>,
    values: &mut [Evaluator],
    input: &[Column],
    rows: Rows<'_>,
    new: &mut [Column],
) -> Result<()> {
    for (value, column) in values.iter_mut().zip(new) {
        value.compute(runtime, input, rows)?;
        column.clear();
        append_rows(column, value.result(input), rows);
    }
    Ok(())
}

/// A reader of all columns of a table.
fn whole_rows(relation: &catalog::Relation) -> ColumnReader {
    let attributes: Vec<AttributeNumber> =
        (0..relation.columns.len()).map(AttributeNumber::from_index).collect();
    ColumnReader::new(relation.oid, relation.layout(), &attributes)
}

/// Reads the row version at an address into the columns, one row each; gives those of its values that lie outside of it.
/// `None` if there is none.
fn read_row(
    runtime: &Runtime<'_>,
    storage: &StoredRelation,
    reader: &mut ColumnReader,
    address: TupleId,
    columns: &mut [Column],
) -> Result<Option<Vec<(usize, ExternalPointer)>>> {
    columns.iter_mut().for_each(|column| column.resize(1));
    let found = access_heap::fetch_any(runtime.access(), storage, address, |fetched, _| {
        reader.read(&fetched, columns, 0)
    })?;
    if found.is_none() {
        return Ok(None);
    }
    let external = reader.pending.iter().map(|external| (external.column, external.pointer)).collect();
    runtime.catalog.fill_external(reader, columns)?;
    Ok(Some(external))
}

/// The newest version of a row, from any address of its chain of versions; `None` when it was deleted.
pub(crate) fn newest_version(
    runtime: &Runtime<'_>,
    relation: &Rc<catalog::Relation>,
    address: TupleId,
) -> Result<Option<TupleId>> {
    let snapshot = Snapshot::special(SnapshotKind::Latest);
    access_heap::fetch(runtime.access(), &relation.storage, &snapshot, address, |fetched| Ok(fetched.address))
}

impl Operator for ModifyTable {
    fn next(&mut self, runtime: &mut Runtime<'_>) -> Result<bool> {
        if self.is_done {
            return Ok(false);
        }
        let (mut affected, mut carried) = (RowStore::default(), RowStore::default());
        if !self.returning.is_empty() {
            affected = RowStore::new(&self.types);
            carried = RowStore::new(&self.carried);
        }
        while self.input.next(runtime)? {
            let input = std::mem::take(self.input.batch());
            match self.operation {
                _ if input.is_empty() => {}
                Command::Insert => self.insert(runtime, &input, &mut affected, &mut carried)?,
                _ => self.change(runtime, &input, &mut affected, &mut carried)?,
            }
            *self.input.batch() = input;
            if affected.rows >= BATCH_ROWS && !self.returning.is_empty() {
                self.deliver(runtime, affected, carried)?;
                return Ok(true);
            }
        }
        self.is_done = true;
        if affected.rows == 0 || self.returning.is_empty() {
            return Ok(false);
        }
        self.deliver(runtime, affected, carried)?;
        Ok(true)
    }

    fn batch(&mut self) -> &mut Batch {
        &mut self.batch
    }

    fn rewind(&mut self, runtime: &mut Runtime<'_>) -> Result<()> {
        self.is_done = false;
        self.input.rewind(runtime)
    }

    fn settle(&mut self) -> Option<usize> {
        (self.is_done, self.bulk) = (false, None);
        let columns = self.old.iter().chain(&self.new).chain(&self.batch.columns);
        let evaluators = [&self.values, &self.returning].map(|list| evaluators_memory(list));
        let own = columns.map(Column::memory).chain(evaluators).sum::<usize>() + self.writer.memory();
        Some(self.input.settle()? + own + self.conflict.as_ref().map_or(0, OnConflict::memory))
    }
}
