//! One aggregate call of a query: its arguments, its filter, and rows that wait for DISTINCT or ORDER BY.

use common::Oid;
use error::{Error, Result};
use expression::Accumulator;
use nodes::expression::AggregateCall;
use nodes::plan::SortKey;
use types::{Batch, Column, PhysicalType, Rows, Selection, oid};

use crate::compare::{RowOrder, equal_rows};
use crate::evaluate::{Evaluator, truth};
use crate::memory::memory_limits;
use crate::rows::RowStore;
use crate::runtime::Runtime;
use crate::sorter::Sorter;

pub(crate) struct Call {
    accumulator: Box<dyn Accumulator>,
    arguments: Vec<Evaluator>,
    filter: Option<Evaluator>,
    types: Vec<Oid>,
    result: Oid,
    collation: Oid,
    kept: Option<Kept>,
}

/// Arguments that wait until all rows are there: they are sorted by their group first.
struct Kept {
    sorter: Sorter,
    forms: Vec<PhysicalType>,
    types: Vec<Oid>,
    distinct: bool,
    groups: Column,
}

impl Call {
    /// `is_grouped`: there may be more than one group.
    pub fn new(runtime: &Runtime<'_>, call: &AggregateCall, is_grouped: bool) -> Result<Call> {
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
        let is_kept = call.distinct || !call.order_by.is_empty();
        Ok(Call {
            accumulator,
            arguments,
            filter: call.filter.as_ref().map(|filter| Evaluator::new(runtime, filter)).transpose()?,
            types,
            result: call.data_type.oid,
            collation: call.input_collation,
            kept: is_kept.then(|| Kept::new(runtime, call, is_grouped)),
        })
    }

    /// Makes room for this many groups.
    pub fn resize(&mut self, groups: usize) {
        self.accumulator.resize(groups);
    }

    /// Bytes held, without rows that wait: those have a limit of their own.
    pub fn memory(&self) -> usize {
        self.accumulator.memory()
    }

    /// Adds rows to their groups.
    pub fn update(
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
        let mut columns: Vec<&Column> =
            self.arguments.iter().map(|argument| argument.result(input)).collect();
        if let Some(kept) = &mut self.kept {
            kept.groups.resize(rows.length());
            for (row, group) in rows.iter().zip(groups) {
                kept.groups.set_i32(row, *group as i32);
            }
            columns.push(&kept.groups);
            return kept.sorter.append_references(&columns, rows);
        }
        let mut context = runtime.call(&self.types, self.result, self.collation);
        self.accumulator.update(&mut context, groups, &columns[..self.types.len()], rows)
    }

    /// Feeds what was kept, in order and without repetitions.
    pub fn feed_kept(&mut self, runtime: &mut Runtime<'_>) -> Result<()> {
        let Some(kept) = &mut self.kept else { return Ok(()) };
        kept.sorter.finish()?;
        let mut batch = Batch::new(kept.forms.iter().copied());
        let mut last = RowStore::new(&kept.forms);
        let group = kept.forms.len() - 1;
        while kept.sorter.next(&mut batch)? {
            system::interrupt::check()?;
            if kept.distinct {
                batch.selection = Some(kept.fresh(&batch, &mut last));
            }
            let rows = batch.selected();
            let groups: Vec<u32> =
                rows.iter().map(|row| batch.columns[group].get::<i32>(row) as u32).collect();
            let arguments: Vec<&Column> = batch.columns[..self.types.len()].iter().collect();
            let mut context = runtime.call(&self.types, self.result, self.collation);
            self.accumulator.update(&mut context, &groups, &arguments, rows)?;
        }
        Ok(())
    }

    /// Appends the result of a group.
    pub fn finish(&mut self, runtime: &mut Runtime<'_>, group: usize, out: &mut Column) -> Result<()> {
        let mut context = runtime.call(&self.types, self.result, self.collation);
        self.accumulator.finish(&mut context, group, out)
    }

    /// Forgets all groups.
    pub fn clear(&mut self) {
        self.accumulator.clear();
        if let Some(kept) = &mut self.kept {
            kept.sorter.clear();
        }
    }
}

impl Kept {
    fn new(runtime: &Runtime<'_>, call: &AggregateCall, is_grouped: bool) -> Kept {
        let mut types: Vec<Oid> = call.arguments.iter().map(|argument| argument.data_type().oid).collect();
        let mut forms: Vec<PhysicalType> = types.iter().map(|oid| runtime.physical(*oid)).collect();
        let group = types.len();
        types.push(oid::INT4);
        forms.push(PhysicalType::Int4);
        let ascending =
            |column| SortKey { column, operator: Oid::INVALID, descending: false, nulls_first: false };
        let mut order: Vec<SortKey> = vec![ascending(group)];
        order.extend(call.order_by.iter().map(|clause| SortKey {
            column: clause.target,
            operator: clause.operator,
            descending: clause.descending,
            nulls_first: clause.nulls_first,
        }));
        if call.distinct {
            // Equal rows must come together.
            let others = (0..group).filter(|column| !call.order_by.iter().any(|by| by.target == *column));
            order.extend(others.map(ascending));
        }
        if !is_grouped && order.len() > 1 {
            order.remove(0);
        }
        let output: Vec<nodes::DataType> = types.iter().map(|oid| nodes::DataType::new(*oid)).collect();
        let order = RowOrder::new(&order, &output, &forms);
        let sorter = Sorter::new(runtime.files(), order, &forms, memory_limits().work);
        Kept { sorter, forms, types, distinct: call.distinct, groups: Column::new(PhysicalType::Int4) }
    }

    /// The rows that differ from the one before; `last` is the one before the batch.
    fn fresh(&self, batch: &Batch, last: &mut RowStore) -> Selection {
        let columns: Vec<&Column> = batch.columns.iter().collect();
        let before: Vec<&Column> = last.columns.iter().collect();
        let fresh = (0..batch.rows)
            .filter(|row| match row.checked_sub(1) {
                Some(previous) => !equal_rows(&columns, *row, &columns, previous, &self.types),
                None => last.rows == 0 || !equal_rows(&columns, *row, &before, 0, &self.types),
            })
            .map(|row| row as u16)
            .collect();
        last.clear();
        last.append_numbered(&batch.columns, &[batch.rows as u32 - 1]);
        fresh
    }
}
