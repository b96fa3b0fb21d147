//! GROUP BY and aggregates.

use common::Oid;
use error::{Error, Result, error};
use expression::Accumulator;
use nodes::expression::AggregateCall;
use nodes::plan::{self, AggregateStrategy};
use types::{Batch, Column, Rows, Selection};

use crate::compare::{RowIndex, equal_rows, hash_row};
use crate::evaluate::{Evaluator, truth};
use crate::operators::{Input, Operator};
use crate::rows::{Cursor, RowStore, append_rows};
use crate::runtime::Runtime;

/// One aggregate call.
struct Call {
    accumulator: Box<dyn Accumulator>,
    arguments: Vec<Evaluator>,
    filter: Option<Evaluator>,
    types: Vec<Oid>,
    result: Oid,
    collation: Oid,
    /// DISTINCT or ORDER BY: arguments are kept, with their group, until the end.
    kept: Option<Kept>,
}

struct Kept {
    store: RowStore,
    groups: Vec<u32>,
    distinct: bool,
    order: Vec<plan::SortKey>,
}

/// Groups by hashing, or makes one group of everything.
pub(crate) struct Aggregation {
    input: Input,
    group_by: Vec<usize>,
    group_types: Vec<Oid>,
    is_plain: bool,
    /// For each grouping set, which of the keys it groups by; one set of all keys when there are none.
    sets: Vec<Vec<usize>>,
    calls: Vec<Call>,
    /// The groups' keys; null where a group's set does not have the key.
    keys: RowStore,
    /// For each group, its set.
    set_of: Vec<usize>,
    index: RowIndex,
    groups: Vec<u32>,
    results: Option<Vec<Column>>,
    cursor: Cursor,
    batch: Batch,
}

impl Aggregation {
    pub fn new(
        runtime: &mut Runtime<'_>,
        node: &plan::Aggregate,
        input: Input,
        batch: Batch,
    ) -> Result<Aggregation> {
        let output = &node.input.output;
        let group_types: Vec<Oid> = node.group_by.iter().map(|column| output[*column].oid).collect();
        let key_types: Vec<_> = group_types.iter().map(|oid| runtime.physical(*oid)).collect();
        let calls =
            node.aggregates.iter().map(|call| Call::new(runtime, call)).collect::<Result<Vec<_>>>()?;
        Ok(Aggregation {
            input,
            group_by: node.group_by.clone(),
            group_types,
            is_plain: node.strategy == AggregateStrategy::Plain,
            sets: match &node.grouping_sets[..] {
                [] => vec![(0..node.group_by.len()).collect()],
                sets => sets.to_vec(),
            },
            set_of: Vec::new(),
            calls,
            keys: RowStore::new(&key_types),
            index: RowIndex::default(),
            groups: Vec::new(),
            results: None,
            cursor: Cursor::default(),
            batch,
        })
    }

    fn run(&mut self, runtime: &mut Runtime<'_>) -> Result<()> {
        if self.is_plain {
            self.keys.rows = 1;
        } else if !self.group_by.is_empty() || self.sets.len() > 1 {
            // The empty set has its group whether there are rows or not.
            for set in self.sets.iter().enumerate().filter(|(_, keys)| keys.is_empty()).map(|(set, _)| set) {
                self.keys.columns.iter_mut().for_each(Column::push_null);
                self.index.insert(set_hash(0, set), self.keys.rows);
                self.keys.rows += 1;
                self.set_of.push(set);
            }
        }
        self.calls.iter_mut().for_each(|call| call.accumulator.resize(self.keys.rows));
        while self.input.next(runtime)? {
            system::interrupt::check()?;
            let input = self.input.batch();
            let rows = input.selected();
            if rows.is_empty() {
                continue;
            }
            for set in 0..self.sets.len() {
                self.groups.clear();
                if self.is_plain {
                    self.groups.resize(rows.count(), 0);
                } else {
                    find_groups(
                        (&self.group_by, &self.group_types),
                        (set, &self.sets[set]),
                        (&input.columns, rows),
                        (&mut self.keys, &mut self.set_of, &mut self.index),
                        &mut self.groups,
                    );
                }
                for call in &mut self.calls {
                    call.accumulator.resize(self.keys.rows);
                    call.update(runtime, &input.columns, rows, &self.groups)?;
                }
            }
        }
        let mut results = Vec::new();
        let first = self.group_by.len();
        for (call, column) in self.calls.iter_mut().zip(&self.batch.columns[first..]) {
            results.push(call.finish(runtime, self.keys.rows, column.physical_type())?);
        }
        self.results = Some(results);
        Ok(())
    }
}

/// Groups of different sets with the same keys are different groups.
fn set_hash(hash: u64, set: usize) -> u64 {
    hash ^ (set as u64).rotate_left(48)
}

/// The group of each row in one grouping set; new groups are added.
fn find_groups(
    (group_by, group_types): (&[usize], &[Oid]),
    (number, set): (usize, &[usize]),
    (input, rows): (&[Column], Rows<'_>),
    (keys, set_of, index): (&mut RowStore, &mut Vec<usize>, &mut RowIndex),
    groups: &mut Vec<u32>,
) {
    let columns: Vec<&Column> = set.iter().map(|key| &input[group_by[*key]]).collect();
    let types: Vec<Oid> = set.iter().map(|key| group_types[*key]).collect();
    for row in rows.iter() {
        let hash = set_hash(hash_row(&columns, &types, row), number);
        let stored: Vec<&Column> = set.iter().map(|key| &keys.columns[*key]).collect();
        let same =
            |group: usize| set_of[group] == number && equal_rows(&columns, row, &stored, group, &types);
        let group = match index.find(hash, same) {
            Some(group) => group,
            None => {
                let group = keys.rows;
                let selection = [row as u16];
                let one = Rows::selected(rows.length(), &selection);
                for (key, column) in keys.columns.iter_mut().enumerate() {
                    if set.contains(&key) {
                        append_rows(column, &input[group_by[key]], one);
                    } else {
                        column.push_null();
                    }
                }
                keys.rows += 1;
                set_of.push(number);
                index.insert(hash, group);
                group
            }
        };
        groups.push(group as u32);
    }
}

impl Operator for Aggregation {
    fn next(&mut self, runtime: &mut Runtime<'_>) -> Result<bool> {
        if self.results.is_none() {
            self.run(runtime)?;
        }
        let Some(results) = &self.results else { return Ok(false) };
        let range = self.cursor.next(self.keys.rows);
        if range.is_empty() {
            return Ok(false);
        }
        crate::rows::copy_rows(&self.keys.columns, &mut self.batch, 0, range.clone());
        crate::rows::copy_rows(results, &mut self.batch, self.group_by.len(), range);
        Ok(true)
    }

    fn batch(&mut self) -> &mut Batch {
        &mut self.batch
    }

    fn rewind(&mut self, runtime: &mut Runtime<'_>) -> Result<()> {
        self.results = None;
        self.keys.clear();
        self.set_of.clear();
        self.index.clear();
        self.cursor.rewind();
        self.calls.iter_mut().for_each(Call::clear);
        self.input.rewind(runtime)
    }
}

impl Call {
    fn new(runtime: &Runtime<'_>, call: &AggregateCall) -> Result<Call> {
        let declaration = runtime.registry.aggregate(call.function).ok_or_else(|| {
            Error::unsupported(format!("aggregate with OID {} is not built in", call.function))
        })?;
        let types: Vec<Oid> =
            call.arguments[..call.argument_count].iter().map(|argument| argument.data_type().oid).collect();
        let accumulator = (declaration.new)(expression::AggregateCall {
            argument_types: &types,
            result_type: call.data_type.oid,
        })?;
        let arguments: Vec<Evaluator> =
            call.arguments.iter().map(|argument| Evaluator::new(runtime, argument)).collect::<Result<_>>()?;
        let forms: Vec<_> =
            call.arguments.iter().map(|argument| runtime.physical(argument.data_type().oid)).collect();
        let kept = (call.distinct || !call.order_by.is_empty()).then(|| Kept {
            store: RowStore::new(&forms),
            groups: Vec::new(),
            distinct: call.distinct,
            order: call
                .order_by
                .iter()
                .map(|clause| plan::SortKey {
                    column: clause.target,
                    operator: clause.operator,
                    descending: clause.descending,
                    nulls_first: clause.nulls_first,
                })
                .collect(),
        });
        Ok(Call {
            accumulator,
            arguments,
            filter: call.filter.as_ref().map(|filter| Evaluator::new(runtime, filter)).transpose()?,
            types,
            result: call.data_type.oid,
            collation: call.input_collation,
            kept,
        })
    }

    fn update(
        &mut self,
        runtime: &mut Runtime<'_>,
        input: &[Column],
        rows: Rows<'_>,
        groups: &[u32],
    ) -> Result<()> {
        let mut selection: Selection;
        let mut chosen: Vec<u32>;
        let (mut rows, mut groups) = (rows, groups);
        if let Some(filter) = &mut self.filter {
            filter.compute(runtime, input, rows)?;
            let column = filter.result(input);
            selection = Selection::default();
            chosen = Vec::new();
            for (row, group) in rows.iter().zip(groups) {
                if truth(column, row) == Some(true) {
                    selection.push(row as u16);
                    chosen.push(*group);
                }
            }
            rows = Rows::selected(rows.length(), &selection);
            groups = &chosen;
        }
        if rows.is_empty() {
            return Ok(());
        }
        for argument in &mut self.arguments {
            argument.compute(runtime, input, rows)?;
        }
        let columns: Vec<&Column> = self.arguments.iter().map(|argument| argument.result(input)).collect();
        if let Some(kept) = &mut self.kept {
            for (column, from) in kept.store.columns.iter_mut().zip(&columns) {
                append_rows(column, from, rows);
            }
            kept.store.rows += rows.count();
            kept.groups.extend(groups);
            return Ok(());
        }
        let mut context = runtime.call(&self.types, self.result, self.collation);
        self.accumulator.update(&mut context, groups, &columns[..self.types.len()], rows)
    }

    /// Feeds what was kept, in order and without repetitions.
    fn feed_kept(&mut self, runtime: &mut Runtime<'_>) -> Result<()> {
        let Some(kept) = &self.kept else { return Ok(()) };
        let output: Vec<nodes::DataType> =
            self.arguments.iter().map(|argument| nodes::DataType::new(argument.data_type())).collect();
        let forms: Vec<_> = kept.store.columns.iter().map(Column::physical_type).collect();
        let order = crate::compare::RowOrder::new(&kept.order, &output, &forms);
        let types: Vec<Oid> = output.iter().map(|data_type| data_type.oid).collect();
        let columns: Vec<&Column> = kept.store.columns.iter().collect();
        let mut numbers: Vec<usize> = (0..kept.store.rows).collect();
        if kept.distinct {
            let mut seen = RowIndex::default();
            numbers.retain(|row| {
                let hash = hash_row(&columns, &types, *row) ^ u64::from(kept.groups[*row]).rotate_left(32);
                let same = |other: usize| {
                    kept.groups[other] == kept.groups[*row]
                        && equal_rows(&columns, *row, &columns, other, &types)
                };
                if seen.find(hash, same).is_some() {
                    return false;
                }
                seen.insert(hash, *row);
                true
            });
        }
        numbers
            .sort_by(|a, b| order.compare(&kept.store.columns, *a, &kept.store.columns, *b).then(a.cmp(b)));
        let mut batch = Batch::new(forms);
        for chunk in numbers.chunks(types::batch::BATCH_ROWS) {
            kept.store.copy_to(&mut batch, chunk.iter().copied());
            let groups: Vec<u32> = chunk.iter().map(|row| kept.groups[*row]).collect();
            let arguments: Vec<&Column> = batch.columns[..self.types.len()].iter().collect();
            let mut context = runtime.call(&self.types, self.result, self.collation);
            self.accumulator.update(&mut context, &groups, &arguments, Rows::all(chunk.len()))?;
        }
        Ok(())
    }

    fn finish(
        &mut self,
        runtime: &mut Runtime<'_>,
        groups: usize,
        physical: types::PhysicalType,
    ) -> Result<Column> {
        self.feed_kept(runtime)?;
        let mut out = Column::new(physical);
        let mut context = runtime.call(&self.types, self.result, self.collation);
        for group in 0..groups {
            self.accumulator.finish(&mut context, group, &mut out)?;
        }
        if out.len() != groups {
            return Err(error!(INTERNAL_ERROR, "aggregate gave {} results for {groups} groups", out.len()));
        }
        Ok(out)
    }

    fn clear(&mut self) {
        self.accumulator.clear();
        if let Some(kept) = &mut self.kept {
            kept.store.clear();
            kept.groups.clear();
        }
    }
}
