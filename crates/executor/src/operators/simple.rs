//! Operators without memory of more than a batch: results, projections, filters, limits, lists.

use common::Oid;
use error::{Result, bail, error};
use expression::RowSource;
use nodes::Expression;
use nodes::expression::DataType;
use nodes::plan::SortKey;
use types::batch::BATCH_ROWS;
use types::{Batch, Column, PhysicalType, Rows, Selection, Value};

use crate::compare::{RowOrder, equal_rows};
use crate::evaluate::{Evaluator, evaluators_memory, truth};
use crate::instrument::Counts;
use crate::operators::{Input, Operator};
use crate::rows::{RowStore, append_rows};
use crate::runtime::Runtime;

/// Puts computed columns into a batch.
fn take_columns(expressions: &[Evaluator], input: &[Column], rows: Rows<'_>, batch: &mut Batch) {
    for (expression, column) in expressions.iter().zip(&mut batch.columns) {
        let computed = expression.result(input);
        column.clear();
        append_rows(column, computed, rows);
    }
    batch.rows = rows.count();
    batch.selection = None;
}

/// One row, or none.
pub(crate) struct ResultRow {
    expressions: Vec<Evaluator>,
    condition: Option<Evaluator>,
    batch: Batch,
    is_done: bool,
}

impl ResultRow {
    pub fn new(expressions: Vec<Evaluator>, condition: Option<Evaluator>, batch: Batch) -> ResultRow {
        ResultRow { expressions, condition, batch, is_done: false }
    }
}

impl Operator for ResultRow {
    fn next(&mut self, runtime: &mut Runtime<'_>) -> Result<bool> {
        if std::mem::replace(&mut self.is_done, true) {
            return Ok(false);
        }
        if let Some(condition) = &mut self.condition {
            condition.compute(runtime, &[], Rows::all(1))?;
            if truth(condition.result(&[]), 0) != Some(true) {
                return Ok(false);
            }
        }
        for expression in &mut self.expressions {
            expression.compute(runtime, &[], Rows::all(1))?;
        }
        take_columns(&self.expressions, &[], Rows::all(1), &mut self.batch);
        Ok(true)
    }

    fn batch(&mut self) -> &mut Batch {
        &mut self.batch
    }

    fn rewind(&mut self, _: &mut Runtime<'_>) -> Result<()> {
        self.is_done = false;
        Ok(())
    }

    fn settle(&mut self) -> Option<usize> {
        self.is_done = false;
        let condition = self.condition.as_ref().map_or(0, Evaluator::memory);
        Some(condition + evaluators_memory(&self.expressions) + self.batch.memory())
    }
}

pub(crate) struct Project {
    input: Input,
    expressions: Vec<Evaluator>,
    batch: Batch,
}

impl Project {
    pub fn new(input: Input, expressions: Vec<Evaluator>, batch: Batch) -> Project {
        Project { input, expressions, batch }
    }
}

impl Operator for Project {
    fn next(&mut self, runtime: &mut Runtime<'_>) -> Result<bool> {
        if !self.input.next(runtime)? {
            return Ok(false);
        }
        let input = self.input.batch();
        let rows = input.selected();
        if rows.is_empty() {
            self.batch.clear();
            return Ok(true);
        }
        for expression in &mut self.expressions {
            expression.compute(runtime, &input.columns, rows)?;
        }
        take_columns(&self.expressions, &input.columns, rows, &mut self.batch);
        Ok(true)
    }

    fn batch(&mut self) -> &mut Batch {
        &mut self.batch
    }

    fn rewind(&mut self, runtime: &mut Runtime<'_>) -> Result<()> {
        self.input.rewind(runtime)
    }

    fn settle(&mut self) -> Option<usize> {
        Some(self.input.settle()? + evaluators_memory(&self.expressions) + self.batch.memory())
    }
}

/// A projection some of whose members give several rows for one.
pub(crate) struct ProjectSet {
    input: Input,
    members: Vec<SetMember>,
    batch: Batch,
    row: usize,
    has_input: bool,
}

enum SetMember {
    Plain(Evaluator),
    Set { start: expression::SetFunction, arguments: Vec<Evaluator>, types: Vec<Oid>, result: Oid },
}

impl ProjectSet {
    pub fn new(
        runtime: &Runtime<'_>,
        input: Input,
        expressions: &[Expression],
        batch: Batch,
    ) -> Result<ProjectSet> {
        let mut members = Vec::new();
        for expression in expressions {
            members.push(match expression {
                Expression::Function(call) if call.returns_set => {
                    let declaration = runtime.function(call.function)?;
                    let expression::Implementation::Set(start) = declaration.implementation else {
                        bail!(INTERNAL_ERROR, "function returns no set");
                    };
                    let arguments = call
                        .arguments
                        .iter()
                        .map(|argument| Evaluator::new(runtime, argument))
                        .collect::<Result<_>>()?;
                    let types = call.arguments.iter().map(|argument| argument.data_type().oid).collect();
                    SetMember::Set { start, arguments, types, result: call.data_type.oid }
                }
                other => SetMember::Plain(Evaluator::new(runtime, other)?),
            });
        }
        Ok(ProjectSet { input, members, batch, row: 0, has_input: false })
    }
}

impl Operator for ProjectSet {
    fn next(&mut self, runtime: &mut Runtime<'_>) -> Result<bool> {
        loop {
            if !self.has_input {
                if !self.input.next(runtime)? {
                    return Ok(false);
                }
                (self.has_input, self.row) = (true, 0);
            }
            let input = self.input.batch();
            let rows: Vec<usize> = input.selected().iter().collect();
            let Some(row) = rows.get(self.row).copied() else {
                self.has_input = false;
                continue;
            };
            self.row += 1;
            // All sets of one input row, side by side; the shorter ones are filled up with nulls.
            let mut columns: Vec<Option<Column>> = Vec::new();
            let mut plain: Vec<Value> = Vec::new();
            let mut longest = 0;
            for (member, out) in self.members.iter_mut().zip(&self.batch.columns) {
                match member {
                    SetMember::Plain(expression) => {
                        plain.push(expression.value(runtime, &input.columns, row)?);
                        columns.push(None);
                    }
                    SetMember::Set { start, arguments, types, result } => {
                        let mut values = Vec::new();
                        for argument in arguments {
                            values.push(argument.value(runtime, &input.columns, row)?);
                        }
                        let mut column = [Column::new(out.physical_type())];
                        let mut context = runtime.call(types, *result, Oid::INVALID);
                        let mut source: Box<dyn RowSource> = start(&mut context, &values)?;
                        while source.next(&mut context, &mut column, BATCH_ROWS)? > 0 {
                            context.session.check_for_interrupts()?;
                        }
                        let [column] = column;
                        longest = longest.max(column.len());
                        plain.push(Value::Null);
                        columns.push(Some(column));
                    }
                }
            }
            if longest == 0 {
                continue;
            }
            for ((out, column), value) in self.batch.columns.iter_mut().zip(&columns).zip(&plain) {
                out.clear();
                for at in 0..longest {
                    match column {
                        Some(column) if at < column.len() => out.push_value(&column.value(at)),
                        Some(_) => out.push_null(),
                        None => out.push_value(value),
                    }
                }
            }
            self.batch.rows = longest;
            self.batch.selection = None;
            return Ok(true);
        }
    }

    fn batch(&mut self) -> &mut Batch {
        &mut self.batch
    }

    fn rewind(&mut self, runtime: &mut Runtime<'_>) -> Result<()> {
        self.has_input = false;
        self.input.rewind(runtime)
    }
}

/// Narrows the selection of its input's batches.
pub(crate) struct Filter {
    input: Input,
    condition: Evaluator,
    removed: u64,
}

impl Filter {
    pub fn new(input: Input, condition: Evaluator) -> Filter {
        Filter { input, condition, removed: 0 }
    }
}

impl Operator for Filter {
    fn next(&mut self, runtime: &mut Runtime<'_>) -> Result<bool> {
        if !self.input.next(runtime)? {
            return Ok(false);
        }
        let batch = self.input.batch();
        let before = batch.count();
        let mut selection = batch.selection.take();
        self.condition.filter(runtime, &batch.columns, batch.rows, &mut selection)?;
        batch.selection = selection;
        self.removed += (before - batch.count()) as u64;
        Ok(true)
    }

    fn batch(&mut self) -> &mut Batch {
        self.input.batch()
    }

    fn counts(&self) -> Counts {
        Counts { removed_by_filter: self.removed, ..Counts::default() }
    }

    fn rewind(&mut self, runtime: &mut Runtime<'_>) -> Result<()> {
        self.input.rewind(runtime)
    }

    fn settle(&mut self) -> Option<usize> {
        Some(self.input.settle()? + self.condition.memory())
    }
}

pub(crate) struct ValuesScan {
    rows: Vec<Vec<Evaluator>>,
    next: usize,
    batch: Batch,
}

impl ValuesScan {
    pub fn new(rows: Vec<Vec<Evaluator>>, batch: Batch) -> ValuesScan {
        ValuesScan { rows, next: 0, batch }
    }
}

impl Operator for ValuesScan {
    fn next(&mut self, runtime: &mut Runtime<'_>) -> Result<bool> {
        let end = (self.next + BATCH_ROWS).min(self.rows.len());
        if self.next == end {
            return Ok(false);
        }
        self.batch.clear();
        for row in &mut self.rows[self.next..end] {
            for (expression, column) in row.iter_mut().zip(&mut self.batch.columns) {
                let value = expression.value(runtime, &[], 0)?;
                column.push_value(&value);
            }
        }
        self.batch.rows = end - self.next;
        self.next = end;
        Ok(true)
    }

    fn batch(&mut self) -> &mut Batch {
        &mut self.batch
    }

    fn rewind(&mut self, _: &mut Runtime<'_>) -> Result<()> {
        self.next = 0;
        Ok(())
    }

    fn settle(&mut self) -> Option<usize> {
        self.next = 0;
        let rows: usize = self.rows.iter().map(|row| evaluators_memory(row)).sum();
        Some(rows + self.batch.memory())
    }
}

/// One input after the other.
pub(crate) struct Append {
    inputs: Vec<Input>,
    current: usize,
}

impl Append {
    pub fn new(inputs: Vec<Input>) -> Append {
        Append { inputs, current: 0 }
    }
}

impl Operator for Append {
    fn next(&mut self, runtime: &mut Runtime<'_>) -> Result<bool> {
        loop {
            if self.inputs[self.current].next(runtime)? {
                return Ok(true);
            }
            if self.current + 1 == self.inputs.len() {
                return Ok(false);
            }
            self.current += 1;
        }
    }

    fn batch(&mut self) -> &mut Batch {
        self.inputs[self.current].batch()
    }

    fn rewind(&mut self, runtime: &mut Runtime<'_>) -> Result<()> {
        self.current = 0;
        self.inputs.iter_mut().try_for_each(|input| input.rewind(runtime))
    }
}

/// Drops rows equal to the one before.
pub(crate) struct Unique {
    input: Input,
    columns: Vec<usize>,
    types: Vec<Oid>,
    last: RowStore,
}

impl Unique {
    pub fn new(input: Input, columns: Vec<usize>, types: Vec<Oid>, store: &[PhysicalType]) -> Unique {
        Unique { input, columns, types, last: RowStore::new(store) }
    }
}

impl Operator for Unique {
    fn next(&mut self, runtime: &mut Runtime<'_>) -> Result<bool> {
        if !self.input.next(runtime)? {
            return Ok(false);
        }
        let batch = self.input.batch();
        let mut kept = Selection::default();
        let mut last: Option<usize> = None;
        let columns: Vec<&Column> = self.columns.iter().map(|column| &batch.columns[*column]).collect();
        for row in batch.selected().iter() {
            let repeats = match last {
                Some(last) => equal_rows(&columns, row, &columns, last, &self.types),
                None if self.last.rows > 0 => {
                    let stored: Vec<&Column> =
                        self.columns.iter().map(|column| &self.last.columns[*column]).collect();
                    equal_rows(&columns, row, &stored, 0, &self.types)
                }
                None => false,
            };
            if !repeats {
                kept.push(row as u16);
                last = Some(row);
            }
        }
        if let Some(last) = last {
            self.last.clear();
            let selection = [last as u16];
            let rows = Rows::selected(batch.rows, &selection);
            for (column, from) in self.last.columns.iter_mut().zip(&batch.columns) {
                append_rows(column, from, rows);
            }
            self.last.rows = 1;
        }
        batch.selection = Some(kept);
        Ok(true)
    }

    fn batch(&mut self) -> &mut Batch {
        self.input.batch()
    }

    fn rewind(&mut self, runtime: &mut Runtime<'_>) -> Result<()> {
        self.last.clear();
        self.input.rewind(runtime)
    }
}

/// LIMIT and OFFSET.
pub(crate) struct Limit {
    input: Input,
    limit: Option<Evaluator>,
    offset: Option<Evaluator>,
    ties: Option<RowOrder>,
    /// The last row that counted, for WITH TIES.
    last: RowStore,
    /// Rows still to be skipped and delivered; `None` until the first call.
    left: Option<(u64, u64)>,
    is_over: bool,
}

impl Limit {
    pub fn new(
        input: Input,
        limit: Option<Evaluator>,
        offset: Option<Evaluator>,
        ties: &[SortKey],
        output: &[DataType],
        types: &[PhysicalType],
    ) -> Limit {
        let ties = (!ties.is_empty()).then(|| RowOrder::new(ties, output, types));
        Limit { input, limit, offset, ties, last: RowStore::new(types), left: None, is_over: false }
    }

    fn bounds(&mut self, runtime: &mut Runtime<'_>) -> Result<(u64, u64)> {
        let mut number = |evaluator: &mut Option<Evaluator>, default: u64| -> Result<Option<u64>> {
            let Some(evaluator) = evaluator else { return Ok(Some(default)) };
            match evaluator.value(runtime, &[], 0)?.as_i64() {
                None => Ok(Some(default)),
                Some(number) => Ok(u64::try_from(number).ok()),
            }
        };
        let skip = number(&mut self.offset, 0)?.ok_or_else(|| {
            error!(INVALID_ROW_COUNT_IN_RESULT_OFFSET_CLAUSE, "OFFSET must not be negative")
        })?;
        let take = number(&mut self.limit, u64::MAX)?
            .ok_or_else(|| error!(INVALID_ROW_COUNT_IN_LIMIT_CLAUSE, "LIMIT must not be negative"))?;
        Ok((skip, take))
    }
}

impl Operator for Limit {
    fn next(&mut self, runtime: &mut Runtime<'_>) -> Result<bool> {
        let (mut skip, mut take) = match self.left {
            Some(left) => left,
            None => self.bounds(runtime)?,
        };
        if self.is_over || (take == 0 && self.ties.is_none()) || !self.input.next(runtime)? {
            self.left = Some((skip, take));
            return Ok(false);
        }
        let batch = self.input.batch();
        let rows: Vec<usize> = batch.selected().iter().collect();
        let skipped = rows.len().min(skip.try_into().unwrap_or(usize::MAX));
        skip -= skipped as u64;
        let taken = (rows.len() - skipped).min(take.try_into().unwrap_or(usize::MAX));
        take -= taken as u64;
        let mut end = skipped + taken;
        if let Some(order) = &self.ties {
            if taken > 0 {
                let selection = [rows[end - 1] as u16];
                self.last.clear();
                let last = Rows::selected(batch.rows, &selection);
                for (column, from) in self.last.columns.iter_mut().zip(&batch.columns) {
                    append_rows(column, from, last);
                }
                self.last.rows = 1;
            }
            if take == 0 && self.last.rows > 0 {
                while end < rows.len()
                    && order.compare(&batch.columns, rows[end], &self.last.columns, 0).is_eq()
                {
                    end += 1;
                }
                self.is_over = end < rows.len();
            } else if take == 0 {
                self.is_over = true;
            }
        }
        if end - skipped < rows.len() {
            batch.selection = Some(rows[skipped..end].iter().map(|row| *row as u16).collect());
        }
        self.left = Some((skip, take));
        Ok(true)
    }

    fn batch(&mut self) -> &mut Batch {
        self.input.batch()
    }

    fn rewind(&mut self, runtime: &mut Runtime<'_>) -> Result<()> {
        (self.left, self.is_over) = (None, false);
        self.last.clear();
        self.input.rewind(runtime)
    }

    fn settle(&mut self) -> Option<usize> {
        (self.left, self.is_over) = (None, false);
        let last: usize = self.last.columns.iter().map(Column::memory).sum();
        self.last.clear();
        Some(self.input.settle()? + last)
    }
}
