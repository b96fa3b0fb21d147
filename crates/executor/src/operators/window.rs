//! Window functions: the rows of the input, each with the functions' answers.
//!
//! The input comes sorted. A partition's rows are kept together; each function goes through them once. Frames are in
//! `window_frame.rs`.

use common::Oid;
use error::{Error, Result, error};
use expression::Accumulator;
use nodes::expression::{DataType, WindowCall};
use nodes::plan::SortKey;
use nodes::query::{Frame, FrameExclusion};
use types::batch::BATCH_ROWS;
use types::{Batch, Column, PhysicalType, Rows, Value};

use crate::compare::equal_rows;
use crate::evaluate::{Evaluator, truth};
use crate::operators::window_frame::{Frames, Partition, Stretches};
use crate::operators::{Input, Operator};
use crate::rows::{Cursor, RowStore};
use crate::runtime::Runtime;

/// What a function computes its answers from.
enum Work {
    Aggregate(Box<dyn Accumulator>),
    RowNumber,
    Rank,
    DenseRank,
    PercentRank,
    CumulativeDistribution,
    Tiles,
    /// The value of a row before or after this one.
    Neighbour {
        is_after: bool,
    },
    First,
    Last,
    Nth,
}

/// One call.
struct Call {
    work: Work,
    arguments: Vec<Evaluator>,
    argument_forms: Vec<PhysicalType>,
    filter: Option<Evaluator>,
    types: Vec<Oid>,
    result: Oid,
    collation: Oid,
    physical: PhysicalType,
    /// The arguments of all rows, a batch's worth at a time, with what the filter says of each.
    kept: Vec<(RowStore, Vec<bool>)>,
}

/// Columns that tell rows apart.
struct Key {
    columns: Vec<usize>,
    types: Vec<Oid>,
}

impl Key {
    fn new(columns: Vec<usize>, output: &[DataType]) -> Key {
        let types = columns.iter().map(|column| output[*column].oid).collect();
        Key { columns, types }
    }

    fn same(&self, rows: &[Column], a: usize, b: usize) -> bool {
        let columns: Vec<&Column> = self.columns.iter().map(|column| &rows[*column]).collect();
        equal_rows(&columns, a, &columns, b, &self.types)
    }
}

pub(crate) struct Window {
    input: Input,
    partition_by: Key,
    order_by: Key,
    frames: Frames,
    has_exclusion: bool,
    calls: Vec<Call>,
    store: RowStore,
    results: Option<Vec<Column>>,
    cursor: Cursor,
    batch: Batch,
}

/// What a window is, as the plan says it.
pub(crate) struct Definition<'a> {
    pub partition_by: &'a [usize],
    pub order_by: &'a [SortKey],
    pub frame: &'a Frame,
    pub functions: &'a [WindowCall],
}

impl Window {
    /// `output` and `types` are of the input's columns.
    pub fn new(
        runtime: &mut Runtime<'_>,
        input: Input,
        definition: Definition<'_>,
        output: &[DataType],
        types: &[PhysicalType],
        batch: Batch,
    ) -> Result<Window> {
        let Definition { partition_by, order_by, frame, functions } = definition;
        let key = order_by.first().map(|key| (*key, output[key.column].oid));
        Ok(Window {
            input,
            partition_by: Key::new(partition_by.to_vec(), output),
            order_by: Key::new(order_by.iter().map(|key| key.column).collect(), output),
            frames: Frames::new(runtime, frame, key)?,
            has_exclusion: frame.exclusion != FrameExclusion::None,
            calls: functions.iter().map(|call| Call::new(runtime, call)).collect::<Result<_>>()?,
            store: RowStore::new(types),
            results: None,
            cursor: Cursor::default(),
            batch,
        })
    }

    fn run(&mut self, runtime: &mut Runtime<'_>) -> Result<()> {
        while self.input.next(runtime)? {
            system::interrupt::check()?;
            let batch = self.input.batch();
            if batch.is_empty() {
                continue;
            }
            for call in &mut self.calls {
                call.keep(runtime, &batch.columns, batch.selected())?;
            }
            self.store.append(batch);
        }
        let mut results: Vec<Column> = self.calls.iter().map(|call| Column::new(call.physical)).collect();
        if self.store.rows > 0 {
            self.frames.begin(runtime, &self.store.columns)?;
        }
        let mut start = 0;
        while start < self.store.rows {
            let partition = self.partition(start);
            for (call, out) in self.calls.iter_mut().zip(&mut results) {
                let view = View {
                    rows: &self.store.columns,
                    partition: &partition,
                    frames: &self.frames,
                    has_exclusion: self.has_exclusion,
                };
                call.answer(runtime, &view, out)?;
            }
            start = partition.end;
        }
        self.results = Some(results);
        Ok(())
    }

    /// The partition that begins with this row.
    fn partition(&self, start: usize) -> Partition {
        let rows = &self.store.columns;
        let mut groups = vec![start];
        let mut end = start + 1;
        while end < self.store.rows && self.partition_by.same(rows, end - 1, end) {
            if !self.order_by.same(rows, end - 1, end) {
                groups.push(end);
            }
            end += 1;
        }
        Partition { start, end, groups }
    }
}

impl Operator for Window {
    fn next(&mut self, runtime: &mut Runtime<'_>) -> Result<bool> {
        if self.results.is_none() {
            self.run(runtime)?;
        }
        let Some(results) = &self.results else { return Ok(false) };
        let range = self.cursor.next(self.store.rows);
        if range.is_empty() {
            return Ok(false);
        }
        crate::rows::copy_rows(&self.store.columns, &mut self.batch, 0, range.clone());
        crate::rows::copy_rows(results, &mut self.batch, self.store.columns.len(), range);
        Ok(true)
    }

    fn batch(&mut self) -> &mut Batch {
        &mut self.batch
    }

    fn rewind(&mut self, runtime: &mut Runtime<'_>) -> Result<()> {
        self.results = None;
        self.store.clear();
        self.cursor.rewind();
        self.calls.iter_mut().for_each(|call| call.kept.clear());
        self.input.rewind(runtime)
    }
}

/// A partition and its frames.
struct View<'a> {
    rows: &'a [Column],
    partition: &'a Partition,
    frames: &'a Frames,
    has_exclusion: bool,
}

impl View<'_> {
    /// Calls `visit` with each row of the partition, its group and its frame.
    fn each_frame(
        &self,
        runtime: &mut Runtime<'_>,
        mut visit: impl FnMut(&mut Runtime<'_>, usize, Stretches) -> Result<()>,
    ) -> Result<()> {
        for group in 0..self.partition.groups.len() {
            let mut common = None;
            for row in self.partition.group(group) {
                system::interrupt::check()?;
                let frame = match common {
                    Some(frame) => frame,
                    None => self.frames.frame(runtime, self.rows, self.partition, row, group)?,
                };
                if self.frames.is_by_group() {
                    common = Some(frame);
                }
                let stretches = self.frames.stretches(frame, self.partition, row, group);
                visit(runtime, row, stretches)?;
            }
        }
        Ok(())
    }
}

impl Call {
    fn new(runtime: &mut Runtime<'_>, call: &WindowCall) -> Result<Call> {
        let types: Vec<Oid> = call.arguments.iter().map(|argument| argument.data_type().oid).collect();
        let work = if call.is_aggregate {
            let declaration = runtime.registry.aggregate(call.function).ok_or_else(|| {
                Error::unsupported(format!("aggregate with OID {} is not built in", call.function))
            })?;
            let result_type = call.data_type.oid;
            Work::Aggregate((declaration.new)(expression::AggregateCall {
                argument_types: &types,
                result_type,
            })?)
        } else {
            match call.function.0 {
                3100 => Work::RowNumber,
                3101 => Work::Rank,
                3102 => Work::DenseRank,
                3103 => Work::PercentRank,
                3104 => Work::CumulativeDistribution,
                3105 => Work::Tiles,
                3106..=3108 => Work::Neighbour { is_after: false },
                3109..=3111 => Work::Neighbour { is_after: true },
                3112 => Work::First,
                3113 => Work::Last,
                3114 => Work::Nth,
                other => {
                    return Err(Error::unsupported(format!(
                        "window function with OID {other} is not built in"
                    )));
                }
            }
        };
        let evaluators = call.arguments.iter().map(|argument| Evaluator::new(runtime, argument));
        Ok(Call {
            work,
            arguments: evaluators.collect::<Result<_>>()?,
            argument_forms: types.iter().map(|data_type| runtime.physical(*data_type)).collect(),
            filter: call.filter.as_ref().map(|filter| Evaluator::new(runtime, filter)).transpose()?,
            types,
            result: call.data_type.oid,
            collation: call.input_collation,
            physical: runtime.physical(call.data_type.oid),
            kept: Vec::new(),
        })
    }

    /// Keeps the arguments of these rows.
    fn keep(&mut self, runtime: &mut Runtime<'_>, input: &[Column], rows: Rows<'_>) -> Result<()> {
        for evaluator in self.arguments.iter_mut().chain(&mut self.filter) {
            evaluator.compute(runtime, input, rows)?;
        }
        let columns: Vec<&Column> = self.arguments.iter().map(|argument| argument.result(input)).collect();
        let filter = self.filter.as_ref().map(|filter| filter.result(input));
        for row in rows.iter() {
            if self.kept.last().is_none_or(|(store, _)| store.rows == BATCH_ROWS) {
                self.kept.push((RowStore::new(&self.argument_forms), Vec::new()));
            }
            let Some((store, passes)) = self.kept.last_mut() else { continue };
            for (column, from) in store.columns.iter_mut().zip(&columns) {
                column.push_row(from, if from.is_constant() { 0 } else { row });
            }
            store.rows += 1;
            if let Some(filter) = filter {
                passes.push(truth(filter, if filter.is_constant() { 0 } else { row }) == Some(true));
            }
        }
        Ok(())
    }

    /// The value of an argument for a row.
    fn argument(&self, number: usize, row: usize) -> Value {
        self.kept[row / BATCH_ROWS].0.columns[number].value(row % BATCH_ROWS)
    }

    /// Appends the answers for all rows of a partition.
    fn answer(&mut self, runtime: &mut Runtime<'_>, view: &View<'_>, out: &mut Column) -> Result<()> {
        let partition = view.partition;
        let (start, end) = (partition.start, partition.end);
        let count = end - start;
        match &self.work {
            Work::Aggregate(_) => return self.aggregate(runtime, view, out),
            Work::RowNumber => (1..=count as i64).for_each(|number| out.push_i64(number)),
            Work::Rank | Work::DenseRank | Work::PercentRank | Work::CumulativeDistribution => {
                for group in 0..partition.groups.len() {
                    let peers = partition.group(group);
                    let before = peers.start - start;
                    for _ in peers.clone() {
                        match self.work {
                            Work::Rank => out.push_i64(before as i64 + 1),
                            Work::DenseRank => out.push_i64(group as i64 + 1),
                            Work::PercentRank if count == 1 => out.push_f64(0.0),
                            Work::PercentRank => out.push_f64(before as f64 / (count - 1) as f64),
                            _ => out.push_f64((peers.end - start) as f64 / count as f64),
                        }
                    }
                }
            }
            Work::Tiles => self.tiles(partition, out)?,
            Work::Neighbour { is_after } => {
                for row in start..end {
                    self.neighbour(partition, row, *is_after, out);
                }
            }
            Work::First | Work::Last | Work::Nth => {
                return view.each_frame(runtime, |_, row, stretches| {
                    let place = match self.work {
                        Work::First => Some(1),
                        Work::Last => Some(length(&stretches)),
                        _ => match self.argument(1, row).as_i64() {
                            None => None,
                            Some(place) => Some(
                                usize::try_from(place).ok().filter(|place| *place > 0).ok_or_else(|| {
                                    error!(
                                        INVALID_ARGUMENT_FOR_NTH_VALUE,
                                        "argument of nth_value must be greater than zero"
                                    )
                                })?,
                            ),
                        },
                    };
                    match place.and_then(|place| nth(&stretches, place)) {
                        Some(found) => out.push_value(&self.argument(0, found)),
                        None => out.push_null(),
                    }
                    Ok(())
                });
            }
        }
        Ok(())
    }

    /// Rows dealt out to a number of tiles, the first of which get the rest.
    fn tiles(&self, partition: &Partition, out: &mut Column) -> Result<()> {
        let rows = partition.start..partition.end;
        // Nulls give null until a row says how many tiles there are; that holds for the rows after it.
        let mut left = rows.len() as i64;
        let mut dealt: Option<(i64, i64, i64)> = None;
        for row in rows {
            let (tile, in_tile, tiles) = match dealt {
                Some(dealt) => dealt,
                None => match self.argument(0, row).as_i64() {
                    None => {
                        out.push_null();
                        continue;
                    }
                    Some(tiles) if tiles <= 0 => {
                        return Err(error!(
                            INVALID_ARGUMENT_FOR_NTILE,
                            "argument of ntile must be greater than zero"
                        ));
                    }
                    Some(tiles) => {
                        left = (partition.end - partition.start) as i64;
                        (1, 0, tiles)
                    }
                },
            };
            let size = left / tiles + i64::from(tile <= left % tiles);
            let (tile, in_tile) = if in_tile >= size.max(1) { (tile + 1, 1) } else { (tile, in_tile + 1) };
            out.push_i32(i32::try_from(tile).unwrap_or(i32::MAX));
            dealt = Some((tile, in_tile, tiles));
        }
        Ok(())
    }

    fn neighbour(&self, partition: &Partition, row: usize, is_after: bool, out: &mut Column) {
        let distance = match self.arguments.len() {
            1 => Some(1),
            _ => self.argument(1, row).as_i64(),
        };
        let Some(distance) = distance else { return out.push_null() };
        let place = row as i64 + if is_after { distance } else { -distance };
        match usize::try_from(place).ok().filter(|place| (partition.start..partition.end).contains(place)) {
            Some(place) => out.push_value(&self.argument(0, place)),
            None if self.arguments.len() > 2 => out.push_value(&self.argument(2, row)),
            None => out.push_null(),
        }
    }

    /// An aggregate over each frame; a frame that only grew is added to, others are computed anew.
    fn aggregate(&mut self, runtime: &mut Runtime<'_>, view: &View<'_>, out: &mut Column) -> Result<()> {
        let mut last: Option<Stretches> = None;
        view.each_frame(runtime, |runtime, _, stretches| {
            if last == Some(stretches) {
                let value = out.value(out.len() - 1);
                out.push_value(&value);
                return Ok(());
            }
            let grown = match last {
                Some([(start, end), ..]) if !view.has_exclusion => {
                    let [(new_start, new_end), ..] = stretches;
                    (start == new_start && end <= new_end).then_some((end, new_end))
                }
                _ => None,
            };
            match grown {
                Some(stretch) => self.add(runtime, stretch)?,
                None => {
                    if let Work::Aggregate(accumulator) = &mut self.work {
                        accumulator.clear();
                        accumulator.resize(1);
                    }
                    stretches.iter().try_for_each(|stretch| self.add(runtime, *stretch))?;
                }
            }
            last = Some(stretches);
            let mut context = runtime.call(&self.types, self.result, self.collation);
            match &mut self.work {
                Work::Aggregate(accumulator) => accumulator.finish(&mut context, 0, out),
                _ => Ok(()),
            }
        })
    }

    /// Adds a stretch of rows to the aggregate.
    fn add(&mut self, runtime: &mut Runtime<'_>, (start, end): (usize, usize)) -> Result<()> {
        let Work::Aggregate(accumulator) = &mut self.work else { return Ok(()) };
        let mut from = start;
        while from < end {
            let (store, passes) = &self.kept[from / BATCH_ROWS];
            let first = from % BATCH_ROWS;
            let to = store.rows.min(first + (end - from));
            let selection: Vec<u16> =
                (first..to).filter(|row| passes.get(*row) != Some(&false)).map(|row| row as u16).collect();
            if !selection.is_empty() {
                let groups = vec![0; selection.len()];
                let columns: Vec<&Column> = store.columns.iter().collect();
                let mut context = runtime.call(&self.types, self.result, self.collation);
                accumulator.update(
                    &mut context,
                    &groups,
                    &columns,
                    Rows::selected(store.rows, &selection),
                )?;
            }
            from += to - first;
        }
        Ok(())
    }
}

fn length(stretches: &Stretches) -> usize {
    stretches.iter().map(|(start, end)| end - start).sum()
}

/// The row at a place of the frame, counted from 1.
fn nth(stretches: &Stretches, place: usize) -> Option<usize> {
    let mut left = place.checked_sub(1)?;
    for (start, end) in stretches {
        if left < end - start {
            return Some(start + left);
        }
        left -= end - start;
    }
    None
}
