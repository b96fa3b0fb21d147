//! Sorting: in memory while the rows fit, else by runs in a temporary file that are merged (`merge.rs`).
//!
//! Equal rows keep their order. Most comparisons look only at a 64-bit prefix of the first key.

use error::Result;
use storage_file::Files;
use types::batch::BATCH_ROWS;
use types::{Batch, Column, PhysicalType, Prefixes, Rows, Selection};

use crate::compare::RowOrder;
use crate::instrument::SortUse;
use crate::merge::Merge;
use crate::rows::{RowStore, rows_memory};
use crate::saved_rows::{RowFile, SavedRows};

/// Bytes a row takes up while it is sorted, beside its values: its prefix, and that with its number.
const ROW_BYTES: usize = 24;
/// Bounded sorts throw away what is beyond the bound when there are as many rows more.
const LEAST_SURPLUS: usize = 512;
/// What PostgreSQL's smallest sort takes.
const LEAST_KILOBYTES: u64 = 25;

/// Takes rows, then gives them in order.
pub(crate) struct Sorter {
    files: &'static Files,
    order: RowOrder,
    limit: usize,
    /// Only this many first rows are wanted.
    bound: Option<usize>,
    store: RowStore,
    bytes: usize,
    most_bytes: usize,
    rows: u64,
    /// The first `bound` stored rows are in order, and nothing beyond them is wanted.
    is_pruned: bool,
    has_prefixes: bool,
    runs: Vec<Vec<SavedRows>>,
    file: Option<RowFile>,
    output: Option<Output>,
    used: SortUse,
}

enum Output {
    Memory { sorted: Vec<u32>, at: usize },
    Merge(Box<Merge>),
}

impl Sorter {
    pub fn new(files: &'static Files, order: RowOrder, types: &[PhysicalType], limit: usize) -> Sorter {
        Sorter {
            files,
            order,
            limit,
            bound: None,
            store: RowStore::new(types),
            bytes: 0,
            most_bytes: 0,
            rows: 0,
            is_pruned: false,
            has_prefixes: true,
            runs: Vec::new(),
            file: None,
            output: None,
            used: SortUse { method: "quicksort", on_disk: false, kilobytes: LEAST_KILOBYTES },
        }
    }

    /// Forgets all rows.
    pub fn clear(&mut self) {
        self.store.clear();
        self.runs.clear();
        (self.bytes, self.most_bytes, self.rows, self.is_pruned, self.has_prefixes) = (0, 0, 0, false, true);
        (self.file, self.output) = (None, None);
    }

    /// Only this many first rows are wanted; to be said before rows come.
    pub fn set_bound(&mut self, bound: Option<usize>) {
        self.bound = bound;
    }

    /// Whether all rows are in.
    pub fn is_finished(&self) -> bool {
        self.output.is_some()
    }

    pub fn sort_use(&self) -> SortUse {
        self.used
    }

    /// Adds the selected rows of a batch.
    pub fn append(&mut self, batch: &Batch) -> Result<()> {
        self.append_columns(&batch.columns, batch.selected())
    }

    /// Adds rows of columns, at most a batch.
    pub fn append_columns(&mut self, columns: &[Column], rows: Rows<'_>) -> Result<()> {
        let wanted: Selection;
        self.rows += rows.count() as u64;
        let rows = match self.bound {
            Some(bound) if self.is_pruned && bound > 0 => {
                let kept =
                    |row: &usize| self.order.compare(columns, *row, &self.store.columns, bound - 1).is_lt();
                wanted = rows.iter().filter(kept).map(|row| row as u16).collect();
                Rows::selected(rows.length(), &wanted)
            }
            _ => rows,
        };
        if rows.is_empty() {
            return Ok(());
        }
        self.store.append_columns(columns, rows);
        self.note_rows(rows_memory(columns, rows) + ROW_BYTES * rows.count())
    }

    /// Adds rows of columns that lie in different places; for sorts without a bound.
    pub fn append_references(&mut self, columns: &[&Column], rows: Rows<'_>) -> Result<()> {
        self.rows += rows.count() as u64;
        self.store.append_references(columns, rows);
        let bytes: usize = columns.iter().map(|column| column.rows_memory(rows)).sum();
        self.note_rows(bytes + ROW_BYTES * rows.count())
    }

    fn note_rows(&mut self, bytes: usize) -> Result<()> {
        self.bytes += bytes;
        self.most_bytes = self.most_bytes.max(self.bytes);
        if let Some(bound) = self.bound
            && self.store.rows >= bound.saturating_add(bound.max(LEAST_SURPLUS))
        {
            self.prune(bound);
        }
        if self.bytes > self.limit {
            self.write_run()?;
        }
        Ok(())
    }

    /// Keeps the first rows only.
    fn prune(&mut self, bound: usize) {
        let mut sorted = self.sorted();
        sorted.truncate(bound);
        let mut kept = self.store.like();
        kept.append_numbered(&self.store.columns, &sorted);
        self.bytes = rows_memory(&kept.columns, Rows::all(kept.rows)) + ROW_BYTES * kept.rows;
        self.store = kept;
        self.is_pruned = true;
    }

    /// The numbers of the stored rows in order.
    fn sorted(&mut self) -> Vec<u32> {
        let columns = &self.store.columns;
        let mut prefixes = Vec::with_capacity(self.store.rows);
        let kind = self.order.prefixes(columns, 0, &mut prefixes);
        self.has_prefixes &= kind != Prefixes::Absent;
        let compare =
            |a: u32, b: u32| self.order.compare(columns, a as usize, columns, b as usize).then(a.cmp(&b));
        let numbers = 0..self.store.rows as u32;
        if kind == Prefixes::Absent {
            let mut sorted: Vec<u32> = numbers.collect();
            sorted.sort_unstable_by(|a, b| compare(*a, *b));
            return sorted;
        }
        let mut keyed: Vec<(u64, u32)> = prefixes.into_iter().zip(numbers).collect();
        if kind == Prefixes::Exact && self.order.has_one_key() {
            keyed.sort_unstable();
        } else {
            keyed.sort_unstable_by(|a, b| a.0.cmp(&b.0).then_with(|| compare(a.1, b.1)));
        }
        keyed.into_iter().map(|(_, number)| number).collect()
    }

    /// Writes what is stored as a sorted run.
    fn write_run(&mut self) -> Result<()> {
        let mut sorted = self.sorted();
        if let Some(bound) = self.bound {
            sorted.truncate(bound);
        }
        let file = match &mut self.file {
            Some(file) => file,
            None => self.file.insert(RowFile::new(self.files)?),
        };
        let piece_rows =
            (piece_bytes(self.limit) / (self.bytes / self.store.rows.max(1)).max(1)).clamp(1, 4096);
        let mut piece = self.store.like();
        let mut run = Vec::with_capacity(sorted.len().div_ceil(piece_rows));
        for numbers in sorted.chunks(piece_rows) {
            system::interrupt::check()?;
            piece.clear();
            piece.append_numbered(&self.store.columns, numbers);
            run.push(file.write(&piece.columns, piece.rows)?);
        }
        self.runs.push(run);
        self.store.clear();
        (self.bytes, self.is_pruned) = (0, false);
        Ok(())
    }

    /// All rows are in.
    pub fn finish(&mut self) -> Result<()> {
        if self.runs.is_empty() {
            let bounded = self.bound.filter(|bound| self.rows > 2 * *bound as u64);
            if let Some(bound) = bounded {
                self.prune(bound);
                self.most_bytes = self.bytes;
            }
            let mut sorted =
                if bounded.is_some() { (0..self.store.rows as u32).collect() } else { self.sorted() };
            sorted.truncate(self.bound.unwrap_or(usize::MAX));
            self.used = SortUse {
                method: if bounded.is_some() { "top-N heapsort" } else { "quicksort" },
                on_disk: false,
                kilobytes: (self.most_bytes as u64).div_ceil(1024).max(LEAST_KILOBYTES),
            };
            self.output = Some(Output::Memory { sorted, at: 0 });
            return Ok(());
        }
        if self.store.rows > 0 {
            self.write_run()?;
        }
        self.store = self.store.like();
        let runs = std::mem::take(&mut self.runs);
        if let Some(file) = self.file.take() {
            let kilobytes = file.bytes().div_ceil(1024);
            self.used = SortUse { method: "external merge", on_disk: true, kilobytes };
            let fan_in = (self.limit / (2 * piece_bytes(self.limit))).max(6);
            let merge = Merge::of_runs(
                (self.files, file),
                runs,
                (&self.order, self.has_prefixes),
                &self.store,
                fan_in,
                self.bound,
            )?;
            self.output = Some(Output::Merge(Box::new(merge)));
        }
        Ok(())
    }

    /// The next rows in order; false at the end.
    pub fn next(&mut self, batch: &mut Batch) -> Result<bool> {
        match &mut self.output {
            None => Ok(false),
            Some(Output::Memory { sorted, at }) => {
                let numbers = &sorted[*at..sorted.len().min(*at + BATCH_ROWS)];
                *at += numbers.len();
                batch.clear();
                for (column, from) in batch.columns.iter_mut().zip(&self.store.columns) {
                    column.append_numbered(from, numbers);
                }
                batch.rows = numbers.len();
                Ok(batch.rows > 0)
            }
            Some(Output::Merge(merge)) => {
                batch.clear();
                batch.rows = merge.next(&self.order, &mut batch.columns, BATCH_ROWS)?;
                Ok(batch.rows > 0)
            }
        }
    }
}

/// How big the pieces of a run are, so that one of each run is in memory during a merge.
fn piece_bytes(limit: usize) -> usize {
    (limit / 64).clamp(8 << 10, 256 << 10)
}
