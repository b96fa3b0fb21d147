//! INTERSECT and EXCEPT, by counting equal rows on both sides.
//!
//! When the different rows of the left side do not fit in memory, the rows of both sides that are not among those that do are dealt out
//! to parts by their hashes, and each pair of parts is worked on in the same way.

use common::Oid;
use error::Result;
use nodes::query::SetOperationKind;
use types::batch::BATCH_ROWS;
use types::{Batch, Column, PhysicalType, Rows};

use crate::memory::memory_limits;
use crate::operators::group_table::GroupTable;
use crate::operators::{Input, Operator};
use crate::runtime::Runtime;
use crate::saved_rows::{LAST_LEVEL, Part, Partitions};

pub(crate) struct SetOperation {
    kind: SetOperationKind,
    all: bool,
    left: Input,
    right: Input,
    forms: Vec<PhysicalType>,
    /// The different rows of the left side, with their counts on both.
    table: GroupTable,
    counts: Vec<(u64, u64)>,
    is_full: bool,
    /// Rows that are not in the table: of the left side, and of the right side those that may equal one of them.
    spilled: (Option<Partitions>, Option<Partitions>),
    tasks: Vec<(Part, Part, u32)>,
    /// The row to be delivered next and how often it was delivered; `None` until the input was read.
    next: Option<(usize, u64)>,
    batch: Batch,
}

impl SetOperation {
    pub fn new(
        kind: SetOperationKind,
        all: bool,
        (left, right): (Input, Input),
        types: Vec<Oid>,
        batch: Batch,
    ) -> SetOperation {
        let forms: Vec<_> = batch.columns.iter().map(Column::physical_type).collect();
        let columns: Vec<usize> = (0..forms.len()).collect();
        let table = GroupTable::new(&columns, types, &forms, vec![columns.clone()]);
        SetOperation {
            kind,
            all,
            left,
            right,
            forms,
            table,
            counts: Vec::new(),
            is_full: false,
            spilled: (None, None),
            tasks: Vec::new(),
            next: None,
            batch,
        }
    }

    fn begin(&mut self) {
        self.table.free();
        self.counts.clear();
        (self.is_full, self.next) = (false, Some((0, 0)));
    }

    fn run(&mut self, runtime: &mut Runtime<'_>) -> Result<()> {
        self.begin();
        for is_left in [true, false] {
            loop {
                system::interrupt::check()?;
                let side = if is_left { &mut self.left } else { &mut self.right };
                if !side.next(runtime)? {
                    break;
                }
                let batch = std::mem::take(side.batch());
                let done = self.add(runtime, &batch.columns, batch.selected(), is_left, 0);
                let side = if is_left { &mut self.left } else { &mut self.right };
                *side.batch() = batch;
                done?;
            }
        }
        self.end(0)
    }

    fn run_task(&mut self, runtime: &mut Runtime<'_>, (left, right, level): (Part, Part, u32)) -> Result<()> {
        self.begin();
        let mut batch = Batch::new(self.forms.iter().copied());
        for (part, is_left) in [(&left, true), (&right, false)] {
            for piece in &part.pieces {
                system::interrupt::check()?;
                part.file.read_batch(*piece, &mut batch)?;
                self.add(runtime, &batch.columns, Rows::all(batch.rows), is_left, level)?;
            }
        }
        self.end(level)
    }

    /// Counts rows of one side.
    fn add(
        &mut self,
        runtime: &Runtime<'_>,
        columns: &[Column],
        rows: Rows<'_>,
        is_left: bool,
        level: u32,
    ) -> Result<()> {
        self.table.find(0, columns, rows, self.is_full || !is_left);
        self.counts.resize(self.table.keys.rows, (0, 0));
        for group in &self.table.groups {
            let counts = &mut self.counts[*group as usize];
            *(if is_left { &mut counts.0 } else { &mut counts.1 }) += 1;
        }
        let limit = memory_limits().hash;
        if !self.table.others.is_empty() && (is_left || self.spilled.0.is_some()) {
            let files = runtime.files();
            let count = self.spilled.0.as_ref().map(Partitions::count);
            let spilled = if is_left { &mut self.spilled.0 } else { &mut self.spilled.1 };
            let partitions = match spilled {
                Some(partitions) => partitions,
                None => spilled.insert(match count {
                    Some(count) => Partitions::with_count(files, &self.forms, count, limit, level)?,
                    None => Partitions::new(files, &self.forms, 8 * limit, limit, level)?,
                }),
            };
            let others = Rows::selected(rows.length(), &self.table.others);
            partitions.deal(columns, others, &self.table.hashes)?;
        }
        // At the last level there are no more bits to deal rows out by.
        self.is_full |= level < LAST_LEVEL && self.table.memory() > limit;
        Ok(())
    }

    /// Both sides are in: what was spilled becomes tasks.
    fn end(&mut self, level: u32) -> Result<()> {
        let (Some(left), right) = (self.spilled.0.take(), self.spilled.1.take()) else { return Ok(()) };
        let left = left.finish()?;
        let right = match right {
            Some(right) => right.finish()?,
            None => left.iter().map(Part::without_rows).collect(),
        };
        let pairs = left.into_iter().zip(right).filter(|(left, _)| left.rows > 0);
        self.tasks.extend(pairs.map(|(left, right)| (left, right, level + 1)));
        Ok(())
    }

    /// How often a row of the table is in the result.
    fn copies(&self, row: usize) -> u64 {
        let (left, right) = self.counts[row];
        match (self.kind, self.all) {
            (SetOperationKind::Intersect, true) => left.min(right),
            (SetOperationKind::Intersect, false) => u64::from(right > 0),
            (SetOperationKind::Except, true) => left.saturating_sub(right),
            (_, _) => u64::from(right == 0),
        }
    }
}

impl Operator for SetOperation {
    fn next(&mut self, runtime: &mut Runtime<'_>) -> Result<bool> {
        if self.next.is_none() {
            self.run(runtime)?;
        }
        loop {
            let (mut row, mut done) = self.next.unwrap_or_default();
            let mut numbers: Vec<usize> = Vec::new();
            while row < self.table.keys.rows && numbers.len() < BATCH_ROWS {
                if done < self.copies(row) {
                    numbers.push(row);
                    done += 1;
                } else {
                    (row, done) = (row + 1, 0);
                }
            }
            self.next = Some((row, done));
            if !numbers.is_empty() {
                self.table.keys.copy_to(&mut self.batch, numbers.into_iter());
                return Ok(true);
            }
            let Some(task) = self.tasks.pop() else { return Ok(false) };
            self.run_task(runtime, task)?;
        }
    }

    fn batch(&mut self) -> &mut Batch {
        &mut self.batch
    }

    fn rewind(&mut self, runtime: &mut Runtime<'_>) -> Result<()> {
        self.next = None;
        self.spilled = (None, None);
        self.tasks.clear();
        self.left.rewind(runtime)?;
        self.right.rewind(runtime)
    }
}
