//! GROUP BY and aggregates.
//!
//! When the groups take up too much memory there are no new ones: rows of groups that are there go on being added, all others are dealt
//! out to parts by their hashes. The groups are delivered, and then each part is grouped by itself in the same way.

use error::Result;
use nodes::plan::{self, AggregateStrategy};
use types::batch::BATCH_ROWS;
use types::{Batch, Column, PhysicalType, Rows};

use crate::instrument::{Counts, HashUse};
use crate::memory::memory_limits;
use crate::operators::aggregate_call::Call;
use crate::operators::group_table::GroupTable;
use crate::operators::{Input, Operator};
use crate::rows::physical_types;
use crate::runtime::Runtime;
use crate::saved_rows::{LAST_LEVEL, Part, Partitions};

/// Groups by hashing, or makes one group of everything.
pub(crate) struct Aggregation {
    input: Input,
    strategy: AggregateStrategy,
    table: GroupTable,
    calls: Vec<Call>,
    first_result: usize,
    input_types: Vec<PhysicalType>,
    /// What the rows of the input are expected to take up.
    expected_bytes: usize,
    /// There is no room for further groups.
    is_full: bool,
    /// Rows until memory is looked at again.
    until_check: usize,
    /// For each grouping set, rows of groups that found no room.
    spilled: Vec<Option<Partitions>>,
    tasks: Vec<Task>,
    /// The group to be delivered next; `None` until the input was read.
    next_group: Option<usize>,
    used: HashUse,
    batch: Batch,
}

/// Rows of one grouping set that are still to be grouped.
struct Task {
    set: usize,
    part: Part,
    level: u32,
}

impl Aggregation {
    pub fn new(
        runtime: &mut Runtime<'_>,
        node: &plan::Aggregate,
        input: Input,
        batch: Batch,
    ) -> Result<Aggregation> {
        let output = &node.input.output;
        let types: Vec<_> = node.group_by.iter().map(|column| output[*column].oid).collect();
        let forms: Vec<_> = types.iter().map(|oid| runtime.physical(*oid)).collect();
        let sets = match &node.grouping_sets[..] {
            [] => vec![(0..node.group_by.len()).collect()],
            sets => sets.to_vec(),
        };
        let is_grouped = !node.group_by.is_empty() || sets.len() > 1;
        let calls = node.aggregates.iter().map(|call| Call::new(runtime, call, is_grouped));
        let expected = node.input.estimate;
        Ok(Aggregation {
            input,
            strategy: node.strategy,
            calls: calls.collect::<Result<_>>()?,
            first_result: node.group_by.len(),
            input_types: physical_types(runtime, output),
            expected_bytes: (expected.rows * f64::from(expected.width)) as usize,
            is_full: false,
            until_check: 0,
            spilled: sets.iter().map(|_| None).collect(),
            table: GroupTable::new(&node.group_by, types, &forms, sets),
            tasks: Vec::new(),
            next_group: None,
            used: HashUse { buckets: 0, batches: 0, kilobytes: 0, disk_kilobytes: 0 },
            batch,
        })
    }

    /// Groups the input.
    fn run(&mut self, runtime: &mut Runtime<'_>) -> Result<()> {
        if self.strategy == AggregateStrategy::Plain {
            self.table.keys.rows = 1;
        } else if self.first_result > 0 || self.table.set_count() > 1 {
            self.table.add_empty_sets();
        }
        self.begin();
        while self.input.next(runtime)? {
            system::interrupt::check()?;
            let input = self.input.batch();
            let rows = input.selected();
            for set in 0..self.table.set_count() {
                let at_hand = (&mut self.table, &mut self.calls[..]);
                let is_plain = self.strategy == AggregateStrategy::Plain;
                add_rows(at_hand, runtime, (set, &input.columns, rows), is_plain, self.is_full)?;
                if !self.table.others.is_empty() {
                    let (spilled, types) = (&mut self.spilled[set], &self.input_types);
                    let others = Rows::selected(rows.length(), &self.table.others);
                    spill(runtime, spilled, types, self.expected_bytes, 0)?.deal(
                        &input.columns,
                        others,
                        &self.table.hashes,
                    )?;
                }
            }
            let rows = rows.count();
            self.look_at_memory(rows);
        }
        self.end(runtime, 0)
    }

    /// Groups rows that found no room before.
    fn run_task(&mut self, runtime: &mut Runtime<'_>, task: &Task) -> Result<()> {
        self.table.free();
        self.calls.iter_mut().for_each(Call::clear);
        self.begin();
        let mut batch = Batch::new(self.input_types.iter().copied());
        for piece in &task.part.pieces {
            system::interrupt::check()?;
            task.part.file.read_batch(*piece, &mut batch)?;
            let rows = Rows::all(batch.rows);
            let at_hand = (&mut self.table, &mut self.calls[..]);
            add_rows(at_hand, runtime, (task.set, &batch.columns, rows), false, self.is_full)?;
            if !self.table.others.is_empty() {
                let others = Rows::selected(rows.length(), &self.table.others);
                let (spilled, types) = (&mut self.spilled[task.set], &self.input_types);
                spill(runtime, spilled, types, task.part.bytes, task.level + 1)?.deal(
                    &batch.columns,
                    others,
                    &self.table.hashes,
                )?;
            }
            // At the last level there are no more bits to deal rows out by.
            if task.level < LAST_LEVEL {
                self.look_at_memory(batch.rows);
            }
        }
        self.end(runtime, task.level + 1)
    }

    fn begin(&mut self) {
        (self.is_full, self.until_check, self.next_group) = (false, 0, Some(0));
        let groups = self.table.keys.rows;
        self.calls.iter_mut().for_each(|call| call.resize(groups));
        self.used.batches += 1;
    }

    /// Notes when there is no more room; looked at the less often the more groups there are, as it takes time for each.
    fn look_at_memory(&mut self, rows: usize) {
        self.until_check = self.until_check.saturating_sub(rows);
        if self.until_check > 0 || self.is_full || self.strategy == AggregateStrategy::Plain {
            return;
        }
        let memory = self.memory();
        self.is_full = memory > memory_limits().hash;
        self.until_check = self.table.keys.rows / 8;
    }

    fn memory(&mut self) -> usize {
        let memory = self.table.memory() + self.calls.iter().map(Call::memory).sum::<usize>();
        self.used.kilobytes = self.used.kilobytes.max(memory.div_ceil(1024) as u64);
        memory
    }

    /// All rows are in: what was spilled becomes tasks.
    fn end(&mut self, runtime: &mut Runtime<'_>, level: u32) -> Result<()> {
        self.memory();
        for (set, spilled) in self.spilled.iter_mut().enumerate() {
            let Some(partitions) = spilled.take() else { continue };
            let parts = partitions.finish()?;
            self.used.disk_kilobytes += parts.first().map_or(0, |part| part.file.bytes() / 1024);
            let parts = parts.into_iter().filter(|part| part.rows > 0);
            self.tasks.extend(parts.map(|part| Task { set, part, level }));
        }
        self.calls.iter_mut().try_for_each(|call| call.feed_kept(runtime))
    }

    /// Puts the results of the next groups into the batch; false when all were delivered.
    fn deliver(&mut self, runtime: &mut Runtime<'_>, from: usize) -> Result<bool> {
        let range = from..self.table.keys.rows.min(from + BATCH_ROWS);
        if range.is_empty() {
            return Ok(false);
        }
        self.next_group = Some(range.end);
        crate::rows::copy_rows(&self.table.keys.columns, &mut self.batch, 0, range.clone());
        for (call, column) in self.calls.iter_mut().zip(&mut self.batch.columns[self.first_result..]) {
            column.clear();
            range.clone().try_for_each(|group| call.finish(runtime, group, column))?;
        }
        self.batch.rows = range.len();
        self.batch.selection = None;
        Ok(true)
    }
}

/// Adds rows to their groups in one grouping set.
fn add_rows(
    (table, calls): (&mut GroupTable, &mut [Call]),
    runtime: &mut Runtime<'_>,
    (set, columns, rows): (usize, &[Column], Rows<'_>),
    is_plain: bool,
    is_full: bool,
) -> Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    if is_plain {
        table.groups.clear();
        table.groups.resize(rows.count(), 0);
    } else {
        table.find(set, columns, rows, is_full);
    }
    let kept = if table.others.is_empty() { rows } else { Rows::selected(rows.length(), &table.kept) };
    for call in calls {
        call.resize(table.keys.rows);
        if !kept.is_empty() {
            call.update(runtime, columns, kept, &table.groups)?;
        }
    }
    Ok(())
}

fn spill<'a>(
    runtime: &Runtime<'_>,
    spilled: &'a mut Option<Partitions>,
    types: &[PhysicalType],
    bytes: usize,
    level: u32,
) -> Result<&'a mut Partitions> {
    Ok(match spilled {
        Some(partitions) => partitions,
        None => {
            let limit = memory_limits().hash;
            spilled.insert(Partitions::new(runtime.files(), types, bytes.max(4 * limit), limit, level)?)
        }
    })
}

impl Operator for Aggregation {
    fn next(&mut self, runtime: &mut Runtime<'_>) -> Result<bool> {
        if self.next_group.is_none() {
            self.run(runtime)?;
        }
        loop {
            if let Some(from) = self.next_group
                && self.deliver(runtime, from)?
            {
                return Ok(true);
            }
            let Some(task) = self.tasks.pop() else { return Ok(false) };
            self.run_task(runtime, &task)?;
        }
    }

    fn batch(&mut self) -> &mut Batch {
        &mut self.batch
    }

    fn counts(&self) -> Counts {
        let is_hashed = self.strategy == AggregateStrategy::Hashed && self.used.batches > 0;
        Counts { hash: is_hashed.then_some(self.used), ..Counts::default() }
    }

    fn rewind(&mut self, runtime: &mut Runtime<'_>) -> Result<()> {
        self.next_group = None;
        self.used.batches = 0;
        self.table.clear();
        self.spilled.iter_mut().for_each(|spilled| *spilled = None);
        self.tasks.clear();
        self.calls.iter_mut().for_each(Call::clear);
        self.input.rewind(runtime)
    }
}
