//! Writing rows to a table: constraints, the heap, and the table's indexes. INSERT, UPDATE and COPY use it.

use std::rc::Rc;

use access_api::{Access, IndexColumn, IndexDescription};
use access_btree::{Duplicate, Key, Liveness, Uniqueness};
use access_heap::BulkInsert;
use access_toast::ToastTable;
use catalog::{CatalogView, Index, Relation, comparator};
use common::{AttributeNumber, Counter, Oid, TupleId};
use error::{Error, Result, error};
use nodes::Expression;
use tuple::ExternalPointer;
use types::{Column, Rows, Value};

use crate::evaluate::{Evaluator, truth};
use crate::runtime::Runtime;

/// An index as its access method wants it.
pub fn index_description(index: &Index) -> IndexDescription {
    let column = |at: usize| {
        let physical = index.physical[at];
        let data_type = index.input_types.get(at).copied().unwrap_or(Oid::INVALID);
        let options = index.options.get(at).copied().unwrap_or(0);
        IndexColumn {
            physical,
            compare: comparator(data_type, physical),
            descending: options & 1 != 0,
            nulls_first: options & 2 != 0,
        }
    };
    IndexDescription {
        relation: index.storage,
        name: index.name.clone(),
        columns: (0..index.columns.len()).map(column).collect(),
        key_count: index.key_count,
        is_unique: index.is_unique,
        nulls_not_distinct: index.nulls_not_distinct,
    }
}

/// A stored expression over the columns of a relation's rows.
/// # Errors
/// XX001 for a damaged text, 0A000 for what cannot be evaluated.
pub fn stored_expression(runtime: &Runtime<'_>, stored: &str) -> Result<Evaluator> {
    let mut expression = nodes::text::read_expression(stored)?;
    columns_for_variables(&mut expression);
    Evaluator::new(runtime, &expression)
}

fn columns_for_variables(expression: &mut Expression) {
    if let Expression::Variable(variable) = expression
        && variable.attribute.is_user()
    {
        *expression = Expression::column(variable.attribute.index(), variable.data_type);
        return;
    }
    expression.for_each_child_mut(&mut columns_for_variables);
}

/// An index of the table, ready for entries.
struct Target {
    description: IndexDescription,
    index: Rc<Index>,
}

/// Writes rows to one table.
pub struct TableWriter {
    pub relation: Rc<Relation>,
    targets: Vec<Target>,
    checks: Vec<(Rc<str>, Evaluator)>,
    toast: Option<ToastTable>,
    /// `attstorage` of each column.
    storage: Vec<u8>,
    row: Vec<u8>,
}

impl TableWriter {
    /// # Errors
    /// 0A000 for an index that cannot be kept up.
    pub fn new(runtime: &Runtime<'_>, relation: Rc<Relation>) -> Result<TableWriter> {
        let mut targets = Vec::new();
        for index in relation.indexes.iter().filter(|index| index.is_ready) {
            if index.columns.contains(&AttributeNumber::WHOLE_ROW) || index.predicate.is_some() {
                return Err(Error::unsupported(
                    "indexes on expressions and partial indexes are not supported yet",
                ));
            }
            targets.push(Target { description: index_description(index), index: index.clone() });
        }
        let mut checks = Vec::new();
        for check in relation.checks.iter().filter(|check| check.is_enforced) {
            checks.push((check.name.clone(), stored_expression(runtime, &check.condition)?));
        }
        let toast = match relation.toast.is_valid() {
            true => Some(runtime.catalog.toast_table(relation.toast)?),
            false => None,
        };
        let storage = relation.columns.iter().map(|column| column.storage).collect();
        Ok(TableWriter { relation, targets, checks, toast, storage, row: Vec::new() })
    }

    /// Bytes that it holds of the rows written last.
    pub fn memory(&self) -> usize {
        self.checks.iter().map(|(_, condition)| condition.memory()).sum::<usize>() + self.row.capacity()
    }

    /// Checks NOT NULL and CHECK constraints of the rows.
    /// # Errors
    /// 23502, 23514.
    pub fn check(&mut self, runtime: &mut Runtime<'_>, columns: &[Column], rows: usize) -> Result<()> {
        let relation = self.relation.clone();
        let schema = |runtime: &Runtime<'_>| -> Result<String> {
            let namespace = runtime.catalog.namespace(relation.namespace)?;
            Ok(namespace.map(|row| row.nspname.0.clone()).unwrap_or_default())
        };
        for (column, values) in relation.columns.iter().zip(columns) {
            if !column.not_null || column.dropped || !values.has_nulls() {
                continue;
            }
            if let Some(row) = (0..rows).find(|row| values.is_null(*row)) {
                let detail = format!("Failing row contains {}.", self.row_text(runtime, columns, row)?);
                return Err(error!(
                    NOT_NULL_VIOLATION,
                    "null value in column \"{}\" of relation \"{}\" violates not-null constraint",
                    column.name,
                    relation.name
                )
                .detail(detail)
                .table(schema(runtime)?, &*relation.name)
                .column(&*column.name));
            }
        }
        for (name, condition) in &mut self.checks {
            condition.compute(runtime, columns, Rows::all(rows))?;
            let answers = condition.result(columns);
            if let Some(row) = (0..rows).find(|row| truth(answers, *row) == Some(false)) {
                let name = name.clone();
                let detail = format!("Failing row contains {}.", self.row_text(runtime, columns, row)?);
                return Err(error!(
                    CHECK_VIOLATION,
                    "new row for relation \"{}\" violates check constraint \"{name}\"", relation.name
                )
                .detail(detail)
                .table(schema(runtime)?, &*relation.name)
                .constraint(&*name));
            }
        }
        Ok(())
    }

    fn row_text(&self, runtime: &Runtime<'_>, columns: &[Column], row: usize) -> Result<String> {
        let mut parts = Vec::new();
        for (column, values) in self.relation.columns.iter().zip(columns) {
            if !column.dropped {
                parts.push(value_text(runtime, column.data_type, &values.value(row))?);
            }
        }
        Ok(format!("({})", parts.join(", ")))
    }

    fn count(&self, runtime: &Runtime<'_>, counter: Counter, rows: u64) {
        runtime.catalog.count(&self.relation.storage, counter, rows);
    }

    /// Makes the bytes of a row; gives the values that were moved out for it.
    fn encode(
        &mut self,
        access: Access<'_>,
        columns: &[Column],
        row: usize,
        kept: &[(usize, ExternalPointer)],
    ) -> Result<Vec<ExternalPointer>> {
        let toast = self.toast.as_ref();
        access_toast::encode_row(access, &(columns, row), &self.storage, toast, kept, &mut self.row)
    }

    /// Stores a row of the columns and its index entries.
    /// # Errors
    /// 23505, 54000, and those of writing.
    pub fn insert(
        &mut self,
        runtime: &mut Runtime<'_>,
        columns: &[Column],
        row: usize,
        bulk: Option<&mut BulkInsert>,
    ) -> Result<TupleId> {
        let access = runtime.access();
        self.encode(access, columns, row, &[])?;
        let address = access_heap::insert(access, &self.relation.storage, &mut self.row, bulk)?;
        self.count(runtime, Counter::Inserted, 1);
        self.add_entries(runtime, columns, row, address)?;
        Ok(address)
    }

    /// Stores rows of the columns a page at a time, and then their index entries.
    /// # Errors
    /// As [`TableWriter::insert`], with the row that is to blame where one is.
    pub fn insert_many(
        &mut self,
        runtime: &mut Runtime<'_>,
        columns: &[Column],
        rows: impl Iterator<Item = usize> + Clone,
        bulk: &mut BulkInsert,
    ) -> std::result::Result<(), (Option<usize>, Error)> {
        let access = runtime.access();
        let mut bytes = Vec::new();
        let mut ends = Vec::new();
        for row in rows.clone() {
            self.encode(access, columns, row, &[]).map_err(|error| (Some(row), error))?;
            bytes.extend_from_slice(&self.row);
            ends.push(bytes.len());
        }
        let mut slices = Vec::with_capacity(ends.len());
        let mut rest = bytes.as_mut_slice();
        let mut start = 0;
        for end in ends {
            let (slice, behind) = rest.split_at_mut(end - start);
            slices.push(slice);
            (rest, start) = (behind, end);
        }
        let mut places = Vec::with_capacity(slices.len());
        access_heap::insert_batch(access, &self.relation.storage, &mut slices, bulk, &mut places)
            .map_err(|error| (rows.clone().nth(places.len()), error))?;
        self.count(runtime, Counter::Inserted, places.len() as u64);
        for (row, address) in rows.zip(places) {
            self.add_entries(runtime, columns, row, address).map_err(|error| (Some(row), error))?;
        }
        Ok(())
    }

    /// Deletes a row version.
    /// # Errors
    /// Those of waiting and writing.
    pub(crate) fn delete(
        &self,
        runtime: &Runtime<'_>,
        address: TupleId,
    ) -> Result<access_api::RowOutcome<()>> {
        let access = runtime.access();
        let storage = &self.relation.storage;
        let outcome = access_heap::delete(access, storage, address, access_api::LockWait::Block)?;
        if matches!(outcome, access_api::RowOutcome::Done(())) {
            self.count(runtime, Counter::Deleted, 1);
        }
        if let (Some(toast), access_api::RowOutcome::Done(())) = (&self.toast, &outcome) {
            let external = access_heap::fetch_any(access, storage, address, |fetched, _| {
                tuple::Decoder::external_values(&self.relation.layout(), fetched.bytes)
            })?;
            for (_, pointer) in external.unwrap_or_default() {
                access_toast::delete(access, toast, pointer.value_id)?;
            }
        }
        Ok(outcome)
    }

    /// Adds the entries of a row version to all indexes.
    pub fn add_entries(
        &mut self,
        runtime: &Runtime<'_>,
        columns: &[Column],
        row: usize,
        address: TupleId,
    ) -> Result<()> {
        for target in &self.targets {
            let key = key_of(&target.index, columns, row, address);
            let uniqueness =
                if target.index.is_unique { Uniqueness::Enforced } else { Uniqueness::NotChecked };
            if self.add_entry(runtime.access(), target, &key, uniqueness)?.is_some() {
                return Err(self.duplicate(runtime, target, &key)?);
            }
        }
        Ok(())
    }

    /// Stores a row unless one of the arbiter indexes (all unique ones if none are named) has its key; gives that row then.
    pub fn insert_or_find(
        &mut self,
        runtime: &mut Runtime<'_>,
        columns: &[Column],
        row: usize,
        arbiters: &[Oid],
    ) -> Result<std::result::Result<TupleId, TupleId>> {
        let is_arbiter =
            |index: &Index| index.is_unique && (arbiters.is_empty() || arbiters.contains(&index.oid));
        loop {
            let access = runtime.access();
            if let Some(found) = self.find_conflict(access, columns, row, &is_arbiter)? {
                return Ok(Err(found));
            }
            let stored = self.encode(access, columns, row, &[])?;
            let address = access_heap::insert(access, &self.relation.storage, &mut self.row, None)?;
            self.count(runtime, Counter::Inserted, 1);
            let mut lost = None;
            for target in &self.targets {
                let key = key_of(&target.index, columns, row, address);
                let uniqueness = match (target.index.is_unique, is_arbiter(&target.index)) {
                    (false, _) => Uniqueness::NotChecked,
                    (true, true) => Uniqueness::Probed,
                    (true, false) => Uniqueness::Enforced,
                };
                match self.add_entry(access, target, &key, uniqueness)? {
                    None => {}
                    Some(_) if !is_arbiter(&target.index) => {
                        return Err(self.duplicate(runtime, target, &key)?);
                    }
                    Some(duplicate) => {
                        lost = Some(duplicate);
                        break;
                    }
                }
            }
            let Some(duplicate) = lost else { return Ok(Ok(address)) };
            // Somebody else was faster: take the row back and look again.
            access_heap::kill(access, &self.relation.storage, address)?;
            if let Some(toast) = &self.toast {
                access_toast::discard(access, toast, &stored)?;
            }
            if let Some(xid) = duplicate.undecided {
                access.session.locks().wait_for_transaction(xid, storage_lock::Wait::Block)?;
            }
        }
    }

    /// The row that has the same key in an arbiter index, once its fate is certain.
    fn find_conflict(
        &self,
        access: Access<'_>,
        columns: &[Column],
        row: usize,
        is_arbiter: &dyn Fn(&Index) -> bool,
    ) -> Result<Option<TupleId>> {
        for target in self.targets.iter().filter(|target| is_arbiter(&target.index)) {
            let key = key_of(&target.index, columns, row, TupleId::default());
            let values = &key.values[..target.index.key_count];
            if values.iter().any(Value::is_null) && !target.index.nulls_not_distinct {
                continue;
            }
            'again: loop {
                let keys = values.iter().enumerate().map(|(column, value)| access_api::ScanKey {
                    column,
                    strategy: if value.is_null() {
                        access_api::ScanStrategy::IsNull
                    } else {
                        access_api::ScanStrategy::Equal
                    },
                    value: value.clone(),
                    compare: target.description.columns[column].compare,
                });
                let mut scan = access_btree::BtreeScan::new(keys.collect(), false, false);
                while let Some(found) = scan.next(access, &target.description)? {
                    match catalog::liveness(access, &self.relation.storage, found.address)? {
                        Liveness::Dead => {}
                        Liveness::Live => return Ok(Some(found.address)),
                        Liveness::Undecided(xid) => {
                            access.session.locks().wait_for_transaction(xid, storage_lock::Wait::Block)?;
                            continue 'again;
                        }
                    }
                }
                break;
            }
        }
        Ok(None)
    }

    fn add_entry(
        &self,
        access: Access<'_>,
        target: &Target,
        key: &Key,
        uniqueness: Uniqueness,
    ) -> Result<Option<Duplicate>> {
        let storage = self.relation.storage;
        let mut liveness = |address| catalog::liveness(access, &storage, address);
        access_btree::insert(access, &target.description, key, uniqueness, &mut liveness)
            .map_err(|error| self.key_error(error, key.address))
    }

    /// Says which row has the key that is too long.
    fn key_error(&self, error: Error, address: TupleId) -> Error {
        if error.sqlstate() == error::sqlstate::PROGRAM_LIMIT_EXCEEDED && error.report().hint.is_some() {
            let name = &self.relation.name;
            return error.detail(format!("Index row references tuple {address} in relation \"{name}\"."));
        }
        error
    }

    fn duplicate(&self, runtime: &Runtime<'_>, target: &Target, key: &Key) -> Result<Error> {
        let mut names = Vec::new();
        let mut values = Vec::new();
        for (at, number) in target.index.columns[..target.index.key_count].iter().enumerate() {
            let column = &self.relation.columns[number.index()];
            names.push(column.name.to_string());
            values.push(value_text(runtime, column.data_type, &key.values[at])?);
        }
        let namespace = runtime.catalog.namespace(self.relation.namespace)?;
        Ok(error!(
            UNIQUE_VIOLATION,
            "duplicate key value violates unique constraint \"{}\"", target.index.name
        )
        .detail(format!("Key ({})=({}) already exists.", names.join(", "), values.join(", ")))
        .table(namespace.map(|row| row.nspname.0.clone()).unwrap_or_default(), &*self.relation.name)
        .constraint(&*target.index.name))
    }

    /// What an update of these columns touches.
    pub fn update_scope(&self, changed: &[AttributeNumber]) -> access_heap::UpdateScope {
        let in_index = |index: &Index| index.columns.iter().any(|column| changed.contains(column));
        access_heap::UpdateScope {
            key: self.targets.iter().any(|target| target.index.is_unique && in_index(&target.index)),
            indexed: self.targets.iter().any(|target| in_index(&target.index)),
        }
    }

    /// Replaces a row version by a row of the columns. Values outside of the old version stay where they are unless they are
    /// of `changed` columns.
    pub(crate) fn update(
        &mut self,
        runtime: &mut Runtime<'_>,
        (address, external): (TupleId, &[(usize, ExternalPointer)]),
        columns: &[Column],
        row: usize,
        changed: &[AttributeNumber],
        scope: access_heap::UpdateScope,
    ) -> Result<access_api::RowOutcome<access_heap::Updated>> {
        let access = runtime.access();
        let (gone, kept): (Vec<_>, Vec<_>) =
            external.iter().partition(|(at, _)| changed.contains(&AttributeNumber::from_index(*at)));
        let stored = self.encode(access, columns, row, &kept)?;
        let wait = access_api::LockWait::Block;
        let outcome =
            access_heap::update(access, &self.relation.storage, address, &mut self.row, scope, wait)?;
        let is_done = matches!(outcome, access_api::RowOutcome::Done(_));
        if is_done {
            self.count(runtime, Counter::Updated, 1);
            if let access_api::RowOutcome::Done(updated) = &outcome {
                if updated.is_hot {
                    self.count(runtime, Counter::HotUpdated, 1);
                }
                if updated.address.block != address.block {
                    self.count(runtime, Counter::NewPageUpdated, 1);
                }
            }
        }
        if let Some(toast) = &self.toast {
            if is_done {
                for (_, pointer) in &gone {
                    access_toast::delete(access, toast, pointer.value_id)?;
                }
            } else {
                access_toast::discard(access, toast, &stored)?;
            }
        }
        if let access_api::RowOutcome::Done(updated) = &outcome
            && !updated.is_hot
        {
            self.add_entries(runtime, columns, row, updated.address)?;
        }
        Ok(outcome)
    }
}

fn key_of(index: &Index, columns: &[Column], row: usize, address: TupleId) -> Key {
    Key { values: index.columns.iter().map(|number| columns[number.index()].value(row)).collect(), address }
}

pub(crate) fn value_text(runtime: &Runtime<'_>, data_type: Oid, value: &Value) -> Result<String> {
    if value.is_null() {
        return Ok("null".into());
    }
    let context = types::io::Context { settings: runtime.settings, catalog: runtime.session.catalog() };
    types::io::output_text(data_type, value, &context)
}
