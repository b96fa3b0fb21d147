//! Merging sorted runs of a temporary file.
//!
//! A heap has the first row of each run: its prefix and the run's number. When there are more runs than fit in memory with a piece
//! each, groups of neighbouring runs are merged into longer ones first.

use std::cmp::Ordering;

use error::Result;
use storage_file::Files;
use types::{Column, Prefixes};

use crate::compare::RowOrder;
use crate::rows::RowStore;
use crate::saved_rows::{RowFile, SavedRows};

pub(crate) struct Merge {
    file: RowFile,
    runs: Vec<Run>,
    /// Of each run that is not at its end the prefix of its row, and its number; the least first.
    heap: Vec<(u64, u32)>,
    has_prefixes: bool,
    /// Rows that are still wanted.
    left: usize,
    picks: Vec<(u32, u32)>,
}

struct Run {
    pieces: std::vec::IntoIter<SavedRows>,
    rows: RowStore,
    prefixes: Vec<u64>,
    /// Equal prefixes mean equal rows.
    is_exact: bool,
    at: usize,
}

/// Rows in a piece of a run that was merged from others.
const PIECE_ROWS: usize = 1024;

impl Merge {
    /// `bound`: only this many rows are wanted. `like` has the columns' forms.
    pub fn of_runs(
        (files, file): (&'static Files, RowFile),
        mut runs: Vec<Vec<SavedRows>>,
        (order, has_prefixes): (&RowOrder, bool),
        like: &RowStore,
        fan_in: usize,
        bound: Option<usize>,
    ) -> Result<Merge> {
        let mut file = file;
        while runs.len() > fan_in {
            let mut longer_file = RowFile::new(files)?;
            let mut longer = Vec::new();
            // As many groups as it takes, of about the same size.
            let groups = runs.len().div_ceil(fan_in);
            let size = runs.len().div_ceil(groups);
            for group in runs.chunks(size) {
                let mut merge = Merge::new(file, group.to_vec(), order, has_prefixes, like, bound)?;
                let mut rows = like.like();
                let mut run = Vec::new();
                loop {
                    system::interrupt::check()?;
                    rows.clear();
                    rows.rows = merge.next(order, &mut rows.columns, PIECE_ROWS)?;
                    if rows.rows == 0 {
                        break;
                    }
                    run.push(longer_file.write(&rows.columns, rows.rows)?);
                }
                longer.push(run);
                file = merge.file;
            }
            (file, runs) = (longer_file, longer);
        }
        Merge::new(file, runs, order, has_prefixes, like, bound)
    }

    fn new(
        file: RowFile,
        runs: Vec<Vec<SavedRows>>,
        order: &RowOrder,
        has_prefixes: bool,
        like: &RowStore,
        bound: Option<usize>,
    ) -> Result<Merge> {
        let run = |pieces: Vec<SavedRows>| Run {
            pieces: pieces.into_iter(),
            rows: like.like(),
            prefixes: Vec::new(),
            is_exact: false,
            at: 0,
        };
        let mut merge = Merge {
            file,
            runs: runs.into_iter().map(run).collect(),
            heap: Vec::new(),
            has_prefixes,
            left: bound.unwrap_or(usize::MAX),
            picks: Vec::new(),
        };
        for number in 0..merge.runs.len() {
            if merge.load(number, order)? {
                merge.heap.push((merge.prefix(number), number as u32));
            }
        }
        for place in (0..merge.heap.len() / 2).rev() {
            merge.sink(place, order);
        }
        Ok(merge)
    }

    /// Reads a run's next piece; false at its end.
    fn load(&mut self, number: usize, order: &RowOrder) -> Result<bool> {
        let run = &mut self.runs[number];
        run.at = 0;
        run.rows.clear();
        run.prefixes.clear();
        let Some(piece) = run.pieces.next() else {
            run.rows = RowStore::default();
            return Ok(false);
        };
        self.file.read(piece, &mut run.rows.columns)?;
        run.rows.rows = piece.rows;
        if self.has_prefixes {
            let kind = order.prefixes(&run.rows.columns, 0, &mut run.prefixes);
            run.is_exact = kind == Prefixes::Exact && order.has_one_key();
        }
        Ok(true)
    }

    fn prefix(&self, number: usize) -> u64 {
        let run = &self.runs[number];
        if self.has_prefixes { run.prefixes[run.at] } else { 0 }
    }

    fn compare(&self, a: (u64, u32), b: (u64, u32), order: &RowOrder) -> Ordering {
        a.0.cmp(&b.0)
            .then_with(|| {
                let (left, right) = (&self.runs[a.1 as usize], &self.runs[b.1 as usize]);
                if left.is_exact && right.is_exact {
                    return Ordering::Equal;
                }
                order.compare(&left.rows.columns, left.at, &right.rows.columns, right.at)
            })
            .then(a.1.cmp(&b.1))
    }

    /// Lets the entry at this place of the heap sink to where it belongs.
    fn sink(&mut self, mut place: usize, order: &RowOrder) {
        loop {
            let mut least = 2 * place + 1;
            if least >= self.heap.len() {
                return;
            }
            if least + 1 < self.heap.len()
                && self.compare(self.heap[least + 1], self.heap[least], order).is_lt()
            {
                least += 1;
            }
            if self.compare(self.heap[place], self.heap[least], order).is_lt() {
                return;
            }
            self.heap.swap(place, least);
            place = least;
        }
    }

    /// Appends up to `most` rows to the columns; gives how many.
    pub fn next(&mut self, order: &RowOrder, columns: &mut [Column], most: usize) -> Result<usize> {
        let most = most.min(self.left);
        let mut given = 0;
        while given + self.picks.len() < most && !self.heap.is_empty() {
            let number = self.heap[0].1 as usize;
            let run = &mut self.runs[number];
            self.picks.push((number as u32, run.at as u32));
            run.at += 1;
            if run.at < run.rows.rows {
                self.heap[0].0 = self.prefix(number);
            } else {
                // The piece goes, so what was picked of it is copied first.
                given += self.copy_picks(columns);
                if self.load(number, order)? {
                    self.heap[0].0 = self.prefix(number);
                } else {
                    self.heap.swap_remove(0);
                }
            }
            self.sink(0, order);
        }
        given += self.copy_picks(columns);
        self.left -= given;
        Ok(given)
    }

    fn copy_picks(&mut self, columns: &mut [Column]) -> usize {
        for (at, column) in columns.iter_mut().enumerate() {
            // A run at its end has no columns any more, and is not picked.
            let empty = Column::new(column.physical_type());
            let from: Vec<&Column> =
                self.runs.iter().map(|run| run.rows.columns.get(at).unwrap_or(&empty)).collect();
            column.append_picked(&from, &self.picks);
        }
        let count = self.picks.len();
        self.picks.clear();
        count
    }
}
