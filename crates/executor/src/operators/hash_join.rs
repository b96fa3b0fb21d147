//! Joins by a hash table of the right side.
//!
//! When the right side does not fit in memory, both sides are dealt out to parts by their hashes, and part is joined with part. A part
//! that is still too big is dealt out once more; one that cannot be split, because all of it has one key, is joined block by block:
//! as many of its right rows as fit, with all of its left rows, and then the next ones.

use error::Result;
use nodes::plan;
use nodes::query::JoinKind;
use types::batch::BATCH_ROWS;
use types::{Batch, Column, PhysicalType, Rows, Selection};

use crate::compare::hash_columns;
use crate::evaluate::{Evaluator, truth};
use crate::instrument::{Counts, HashUse};
use crate::memory::memory_limits;
use crate::operators::hash_table::{JoinTable, NONE, ROW_BYTES};
use crate::operators::join::fill_nulls;
use crate::operators::{Input, Operator};
use crate::runtime::Runtime;
use crate::saved_rows::{LAST_LEVEL, Part, Partitions};

#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    Start,
    Probing,
    /// The right rows from here on that have had no partner are delivered.
    Unmatched(usize),
    NextPart,
    Done,
}

/// Two parts to be joined.
struct Task {
    left: Part,
    right: Part,
    level: u32,
    can_split: bool,
}

/// The parts that are being joined.
struct Running {
    left: Part,
    right: Part,
    /// The pieces to be read next.
    next_left: usize,
    next_right: usize,
    batch: Batch,
    /// Which left rows have had a partner in an earlier block; empty when there is only one block.
    found: Vec<bool>,
    /// The number of the batch's first row among the left rows.
    first_row: usize,
}

pub(crate) struct HashJoin {
    kind: JoinKind,
    left: Input,
    right: Input,
    left_keys: Vec<Evaluator>,
    condition: Option<Evaluator>,
    left_width: usize,
    left_types: Vec<PhysicalType>,
    right_types: Vec<PhysicalType>,
    /// What the right side is expected to take up.
    expected_bytes: usize,
    batch: Batch,
    table: JoinTable,
    phase: Phase,
    tasks: Vec<Task>,
    running: Option<Running>,
    /// The rows of the left batch to be looked up, and the next of them.
    rows: Vec<u32>,
    at: usize,
    /// The row that is being looked up and its next candidate.
    row: usize,
    candidate: u32,
    hashes: Vec<u64>,
    /// For each row of the left batch, whether it has had a partner.
    found: Vec<bool>,
    has_left: bool,
    picks: (Vec<u32>, Vec<u32>),
    used: HashUse,
}

impl HashJoin {
    pub fn new(
        runtime: &Runtime<'_>,
        join: &plan::HashJoin,
        (left, right): (Input, Input),
        batch: Batch,
        right_types: &[PhysicalType],
    ) -> Result<HashJoin> {
        let left_keys = join.keys.iter().map(|key| Evaluator::new(runtime, &key.left));
        let expected = join.right.estimate;
        Ok(HashJoin {
            kind: join.kind,
            left,
            right,
            left_keys: left_keys.collect::<Result<_>>()?,
            condition: join.condition.as_ref().map(|part| Evaluator::new(runtime, part)).transpose()?,
            left_width: join.left.output.len(),
            left_types: crate::rows::physical_types(runtime, &join.left.output),
            right_types: right_types.to_vec(),
            expected_bytes: (expected.rows * (f64::from(expected.width) + ROW_BYTES as f64)) as usize,
            batch,
            table: JoinTable::new(runtime, &join.keys, right_types)?,
            phase: Phase::Start,
            tasks: Vec::new(),
            running: None,
            rows: Vec::new(),
            at: 0,
            row: 0,
            candidate: NONE,
            hashes: Vec::new(),
            found: Vec::new(),
            has_left: false,
            picks: (Vec::new(), Vec::new()),
            used: HashUse { buckets: 0, batches: 0, kilobytes: 0, disk_kilobytes: 0 },
        })
    }

    fn keeps_left(&self) -> bool {
        matches!(self.kind, JoinKind::Left | JoinKind::Full | JoinKind::Anti)
    }

    fn keeps_right(&self) -> bool {
        matches!(self.kind, JoinKind::Right | JoinKind::Full)
    }

    /// Reads the right side: into the table, or when that is too small into partitions, and then the left side too.
    fn build(&mut self, runtime: &mut Runtime<'_>) -> Result<()> {
        let limit = memory_limits().hash;
        let mut partitions: Option<Partitions> = None;
        self.table.clear();
        while self.right.next(runtime)? {
            system::interrupt::check()?;
            let input = self.right.batch();
            let rows = input.selected();
            match &mut partitions {
                _ if rows.is_empty() => {}
                Some(partitions) => {
                    let hashes = self.table.hashes_of(runtime, &input.columns, rows)?;
                    partitions.deal(&input.columns, rows, hashes)?;
                }
                None => {
                    self.table.add(runtime, &input.columns, rows)?;
                    if self.table.bytes > limit {
                        self.note_memory();
                        // There will be more than there is now.
                        let bytes = self.expected_bytes.max(4 * self.table.bytes);
                        let made = Partitions::new(runtime.files(), &self.right_types, bytes, limit, 0)?;
                        self.table.move_to(partitions.insert(made))?;
                    }
                }
            }
        }
        let Some(right) = partitions else {
            self.begin_table();
            let is_empty = self.table.rows.rows == 0;
            self.phase = if is_empty && !self.keeps_left() { Phase::Done } else { Phase::Probing };
            return Ok(());
        };
        let count = right.count();
        let right = right.finish()?;
        let mut left = Partitions::with_count(runtime.files(), &self.left_types, count, limit, 0)?;
        while self.left.next(runtime)? {
            system::interrupt::check()?;
            let input = self.left.batch();
            let rows = input.selected();
            let keys = compute_keys(&mut self.left_keys, runtime, &input.columns, rows)?;
            hash_columns(keys.iter().copied(), self.table.key_types(), rows, &mut self.hashes);
            left.deal(&input.columns, rows, &self.hashes)?;
        }
        self.add_tasks(left.finish()?, right, 0, u64::MAX);
        self.phase = Phase::NextPart;
        Ok(())
    }

    /// Notes parts to be joined. `before` is how many rows the right side had before it was split.
    fn add_tasks(&mut self, left: Vec<Part>, right: Vec<Part>, level: u32, before: u64) {
        let written = left.first().map_or(0, |part| part.file.bytes())
            + right.first().map_or(0, |part| part.file.bytes());
        self.used.disk_kilobytes += written / 1024;
        for (left, right) in left.into_iter().zip(right) {
            if (left.rows > 0 || self.keeps_right()) && (right.rows > 0 || self.keeps_left()) {
                let can_split = level < LAST_LEVEL && right.rows < before;
                self.tasks.push(Task { left, right, level, can_split });
            }
        }
    }

    /// Begins with the next parts, or the next block of those that are being joined; false when there are none.
    fn begin_part(&mut self, runtime: &mut Runtime<'_>) -> Result<bool> {
        let limit = memory_limits().hash;
        if let Some(running) = &mut self.running {
            if running.next_right < running.right.pieces.len() {
                (running.next_left, running.first_row) = (0, 0);
                self.load_block(runtime, limit)?;
                return Ok(true);
            }
            self.running = None;
        }
        while let Some(task) = self.tasks.pop() {
            let bytes = task.right.bytes + task.right.rows as usize * ROW_BYTES;
            if bytes > limit && task.can_split {
                self.split(runtime, &task, bytes, limit)?;
                continue;
            }
            let found =
                if bytes > limit { vec![false; (task.left.rows as usize).max(1)] } else { Vec::new() };
            self.running = Some(Running {
                left: task.left,
                right: task.right,
                next_left: 0,
                next_right: 0,
                batch: Batch::new(self.left_types.iter().copied()),
                found,
                first_row: 0,
            });
            self.load_block(runtime, limit)?;
            return Ok(true);
        }
        Ok(false)
    }

    /// Deals two parts out again, by other bits of the hashes.
    fn split(&mut self, runtime: &mut Runtime<'_>, task: &Task, bytes: usize, limit: usize) -> Result<()> {
        let level = task.level + 1;
        let mut right = Partitions::new(runtime.files(), &self.right_types, bytes, limit, level)?;
        let mut left =
            Partitions::with_count(runtime.files(), &self.left_types, right.count(), limit, level)?;
        let mut batch = Batch::new(self.right_types.iter().copied());
        for piece in &task.right.pieces {
            system::interrupt::check()?;
            task.right.file.read_batch(*piece, &mut batch)?;
            let rows = Rows::all(batch.rows);
            let hashes = self.table.hashes_of(runtime, &batch.columns, rows)?;
            right.deal(&batch.columns, rows, hashes)?;
        }
        let mut batch = Batch::new(self.left_types.iter().copied());
        for piece in &task.left.pieces {
            system::interrupt::check()?;
            task.left.file.read_batch(*piece, &mut batch)?;
            let rows = Rows::all(batch.rows);
            let keys = compute_keys(&mut self.left_keys, runtime, &batch.columns, rows)?;
            hash_columns(keys.iter().copied(), self.table.key_types(), rows, &mut self.hashes);
            left.deal(&batch.columns, rows, &self.hashes)?;
        }
        self.add_tasks(left.finish()?, right.finish()?, level, task.right.rows);
        Ok(())
    }

    /// Fills the table with the right rows of the part, or those that fit.
    fn load_block(&mut self, runtime: &mut Runtime<'_>, limit: usize) -> Result<()> {
        let Some(running) = &mut self.running else { return Ok(()) };
        let mut batch = Batch::new(self.right_types.iter().copied());
        let is_whole = running.found.is_empty();
        self.table.clear();
        while let Some(piece) = running.right.pieces.get(running.next_right)
            && (is_whole || self.table.bytes < limit)
        {
            system::interrupt::check()?;
            running.right.file.read_batch(*piece, &mut batch)?;
            self.table.add(runtime, &batch.columns, Rows::all(batch.rows))?;
            running.next_right += 1;
        }
        self.begin_table();
        Ok(())
    }

    /// The table has its rows.
    fn begin_table(&mut self) {
        self.table.link();
        self.used.buckets = self.used.buckets.max(self.table.buckets() as u64);
        self.used.batches += 1;
        self.note_memory();
    }

    fn note_memory(&mut self) {
        self.used.kilobytes = self.used.kilobytes.max((self.table.bytes as u64).div_ceil(1024));
    }

    /// Takes the next left batch and finds out which of its rows are to be looked up.
    fn probe(&mut self, runtime: &mut Runtime<'_>) -> Result<bool> {
        let input = match &mut self.running {
            None => {
                if !self.left.next(runtime)? {
                    return Ok(false);
                }
                self.found.clear();
                self.left.batch()
            }
            Some(running) => {
                let Some(piece) = running.left.pieces.get(running.next_left) else { return Ok(false) };
                if running.next_left > 0 {
                    running.first_row += running.batch.rows;
                }
                running.left.file.read_batch(*piece, &mut running.batch)?;
                running.next_left += 1;
                self.found.clear();
                if !running.found.is_empty() {
                    let first = running.first_row;
                    self.found.extend_from_slice(&running.found[first..first + running.batch.rows]);
                }
                &mut running.batch
            }
        };
        let rows = input.selected();
        let keys = compute_keys(&mut self.left_keys, runtime, &input.columns, rows)?;
        hash_columns(keys.iter().copied(), self.table.key_types(), rows, &mut self.hashes);
        let has_nulls = keys.iter().any(|key| key.has_nulls());
        self.found.resize(input.rows, false);
        let first_only = matches!(self.kind, JoinKind::Semi | JoinKind::Anti);
        let (found, table, hashes) = (&self.found, &self.table, &self.hashes);
        let is_wanted = |row: &usize| {
            let is_null = has_nulls && keys.iter().any(|key| key.is_null(*row));
            let is_done = first_only && found[*row];
            !is_null && !is_done && table.first(hashes[*row]) != NONE
        };
        self.rows.clear();
        self.rows.extend(rows.iter().filter(is_wanted).map(|row| row as u32));
        (self.at, self.candidate) = (0, NONE);
        self.has_left = true;
        Ok(true)
    }

    fn has_candidates(&self) -> bool {
        self.candidate != NONE || self.at < self.rows.len()
    }

    /// Finds up to a batch of pairs with equal keys.
    fn find_pairs(&mut self) {
        let first_only = matches!(self.kind, JoinKind::Semi | JoinKind::Anti) && self.condition.is_none();
        let input = match &mut self.running {
            None => self.left.batch(),
            Some(running) => &mut running.batch,
        };
        let keys: Vec<&Column> = self.left_keys.iter().map(|key| key.result(&input.columns)).collect();
        let (lefts, rights) = &mut self.picks;
        lefts.clear();
        rights.clear();
        while lefts.len() < BATCH_ROWS {
            if self.candidate == NONE {
                let Some(row) = self.rows.get(self.at) else { break };
                self.at += 1;
                self.row = *row as usize;
                self.candidate = self.table.first(self.hashes[self.row]);
            }
            let hash = self.hashes[self.row];
            while self.candidate != NONE && lefts.len() < BATCH_ROWS {
                let candidate = self.candidate;
                self.candidate = self.table.next(candidate);
                if self.table.is_equal(hash, &keys, self.row, candidate) {
                    lefts.push(self.row as u32);
                    rights.push(candidate);
                    if first_only {
                        self.candidate = NONE;
                    }
                }
            }
        }
    }

    /// Joins up to a batch of pairs.
    fn join_pairs(&mut self, runtime: &mut Runtime<'_>) -> Result<()> {
        self.find_pairs();
        let (lefts, rights) = &self.picks;
        let first_only = matches!(self.kind, JoinKind::Semi | JoinKind::Anti);
        // What only decides is not copied.
        if self.kind != JoinKind::Anti || self.condition.is_some() {
            let input = match &mut self.running {
                None => self.left.batch(),
                Some(running) => &mut running.batch,
            };
            let (left_columns, right_columns) = self.batch.columns.split_at_mut(self.left_width);
            for (column, from) in left_columns.iter_mut().zip(&input.columns) {
                column.clear();
                column.append_numbered(from, lefts);
            }
            for (column, from) in right_columns.iter_mut().zip(&self.table.rows.columns) {
                column.clear();
                column.append_numbered(from, rights);
            }
        }
        self.batch.rows = lefts.len();
        self.batch.selection = None;
        if let Some(condition) = &mut self.condition {
            condition.compute(runtime, &self.batch.columns, Rows::all(lefts.len()))?;
            let column = condition.result(&self.batch.columns);
            let kept: Selection =
                (0..lefts.len() as u16).filter(|at| truth(column, usize::from(*at)) == Some(true)).collect();
            self.batch.selection = Some(kept);
        }
        let mut firsts = Selection::default();
        for at in self.batch.selected().iter() {
            self.table.matched[rights[at] as usize] = true;
            if !std::mem::replace(&mut self.found[lefts[at] as usize], true) {
                firsts.push(at as u16);
            }
        }
        if first_only {
            if self.found.get(self.row) == Some(&true) {
                self.candidate = NONE;
            }
            self.batch.selection = Some(firsts);
        }
        Ok(())
    }

    /// Delivers the left batch's rows without a partner, with nulls on the right.
    fn lonely_left(&mut self) {
        let input = match &mut self.running {
            None => self.left.batch(),
            Some(running) => &mut running.batch,
        };
        let rows: Vec<usize> = input.selected().iter().filter(|row| !self.found[*row]).collect();
        crate::rows::copy_rows(&input.columns, &mut self.batch, 0, rows.iter().copied());
        let right = self.left_width..self.batch.columns.len();
        fill_nulls(&mut self.batch, right, rows.len());
    }

    /// Delivers right rows without a partner, with nulls on the left.
    fn lonely_right(&mut self, from: usize) -> bool {
        let rows: Vec<usize> =
            (from..self.table.rows.rows).filter(|row| !self.table.matched[*row]).take(BATCH_ROWS).collect();
        self.phase = Phase::Unmatched(rows.last().map_or(self.table.rows.rows, |last| last + 1));
        let columns = &self.table.rows.columns;
        crate::rows::copy_rows(columns, &mut self.batch, self.left_width, rows.iter().copied());
        fill_nulls(&mut self.batch, 0..self.left_width, rows.len());
        !rows.is_empty()
    }

    /// The left batch is through; true if there are rows of it to deliver.
    fn end_batch(&mut self) -> bool {
        if !std::mem::take(&mut self.has_left) {
            return false;
        }
        let is_last_block = match &mut self.running {
            Some(running) if !running.found.is_empty() => {
                let first = running.first_row;
                running.found[first..first + running.batch.rows].copy_from_slice(&self.found);
                running.next_right == running.right.pieces.len()
            }
            _ => true,
        };
        if !is_last_block || !self.keeps_left() {
            return false;
        }
        self.lonely_left();
        !self.batch.is_empty()
    }
}

fn compute_keys<'a>(
    keys: &'a mut [Evaluator],
    runtime: &mut Runtime<'_>,
    columns: &'a [Column],
    rows: Rows<'_>,
) -> Result<Vec<&'a Column>> {
    for key in keys.iter_mut() {
        key.compute(runtime, columns, rows)?;
    }
    Ok(keys.iter().map(|key| key.result(columns)).collect())
}

impl Operator for HashJoin {
    fn next(&mut self, runtime: &mut Runtime<'_>) -> Result<bool> {
        loop {
            system::interrupt::check()?;
            match self.phase {
                Phase::Start => self.build(runtime)?,
                Phase::Done => return Ok(false),
                Phase::NextPart => {
                    self.phase = if self.begin_part(runtime)? { Phase::Probing } else { Phase::Done };
                }
                Phase::Unmatched(from) => {
                    if self.lonely_right(from) {
                        return Ok(true);
                    }
                    self.phase = Phase::NextPart;
                }
                Phase::Probing => {
                    if self.has_candidates() {
                        self.join_pairs(runtime)?;
                        if self.kind == JoinKind::Anti || self.batch.is_empty() {
                            continue;
                        }
                        return Ok(true);
                    }
                    if self.end_batch() {
                        return Ok(true);
                    }
                    if !self.probe(runtime)? {
                        self.phase = if self.keeps_right() { Phase::Unmatched(0) } else { Phase::NextPart };
                    }
                }
            }
        }
    }

    fn batch(&mut self) -> &mut Batch {
        &mut self.batch
    }

    fn counts(&self) -> Counts {
        Counts { hash: (self.used.batches > 0).then_some(self.used), ..Counts::default() }
    }

    fn rewind(&mut self, runtime: &mut Runtime<'_>) -> Result<()> {
        // The right side may depend on parameters, so its table is made again.
        self.phase = Phase::Start;
        self.tasks.clear();
        self.running = None;
        self.rows.clear();
        (self.at, self.candidate, self.has_left, self.used.batches) = (0, NONE, false, 0);
        self.left.rewind(runtime)?;
        self.right.rewind(runtime)
    }
}
