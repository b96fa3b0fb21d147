//! Rows in temporary files: pieces of up to a batch, each column after the other.
//!
//! Entry points: [`RowFile`], and [`Partitions`] for rows that are dealt out by their hash.

use std::cell::RefCell;
use std::rc::Rc;

use error::{Error, Result};
use storage_file::{Extent, Files, TemporaryFile};
use types::batch::BATCH_ROWS;
use types::{Batch, Column, PhysicalType, Rows, Selection};

use crate::rows::{RowStore, rows_memory};

/// A piece of a [`RowFile`].
#[derive(Clone, Copy, Debug)]
pub(crate) struct SavedRows {
    extent: Extent,
    pub rows: usize,
}

/// Rows of one form in a temporary file.
pub(crate) struct RowFile {
    file: TemporaryFile,
    buffer: RefCell<Vec<u8>>,
}

impl RowFile {
    pub fn new(files: &'static Files) -> Result<RowFile> {
        Ok(RowFile { file: files.create_temporary()?, buffer: RefCell::default() })
    }

    pub fn bytes(&self) -> u64 {
        self.file.size_bytes()
    }

    /// Writes all rows of the columns, none of which is a constant.
    pub fn write(&mut self, columns: &[Column], rows: usize) -> Result<SavedRows> {
        let buffer = self.buffer.get_mut();
        buffer.clear();
        columns.iter().for_each(|column| column.save(buffer));
        Ok(SavedRows { extent: self.file.append(buffer)?, rows })
    }

    /// Appends the rows of a piece to the columns.
    pub fn read(&self, saved: SavedRows, columns: &mut [Column]) -> Result<()> {
        let mut buffer = self.buffer.borrow_mut();
        self.file.read(saved.extent, &mut buffer)?;
        let mut bytes = &buffer[..];
        let loaded = columns.iter_mut().try_for_each(|column| column.load(saved.rows, &mut bytes));
        loaded.ok_or_else(|| Error::corrupted("a temporary file holds something else than was written"))
    }

    /// Puts the rows of a piece into a batch in place of what is there.
    pub fn read_batch(&self, saved: SavedRows, batch: &mut Batch) -> Result<()> {
        batch.clear();
        self.read(saved, &mut batch.columns)?;
        batch.rows = saved.rows;
        Ok(())
    }
}

/// The rows of one part, in a file that goes when its last part does.
#[derive(Clone)]
pub(crate) struct Part {
    pub file: Rc<RowFile>,
    pub pieces: Vec<SavedRows>,
    pub rows: u64,
    /// What the rows take up in memory.
    pub bytes: usize,
}

/// Rows dealt out to parts by bits of their hashes.
pub(crate) struct Partitions {
    file: RowFile,
    parts: Vec<Dealt>,
    /// Which bits decide: those from here on.
    shift: u32,
    piece_bytes: usize,
}

struct Dealt {
    staged: RowStore,
    staged_bytes: usize,
    pieces: Vec<SavedRows>,
    rows: u64,
    bytes: usize,
    chosen: Selection,
}

/// At each level other bits of the hash decide; beyond this one there are none left.
pub(crate) const LAST_LEVEL: u32 = 9;
const LEVEL_BITS: u32 = 6;
const MOST_PARTS: usize = 1 << LEVEL_BITS;

impl Part {
    /// A part beside this one that has nothing.
    pub fn without_rows(&self) -> Part {
        Part { file: self.file.clone(), pieces: Vec::new(), rows: 0, bytes: 0 }
    }
}

impl Partitions {
    /// As many parts as rows of `bytes` need to fit the limit, with some room for guesses that were too low.
    pub fn new(
        files: &'static Files,
        types: &[PhysicalType],
        bytes: usize,
        limit: usize,
        level: u32,
    ) -> Result<Partitions> {
        let wanted = (bytes / limit.max(1)).saturating_mul(3) / 2 + 1;
        let count = wanted.min(MOST_PARTS).next_power_of_two().max(4);
        Partitions::with_count(files, types, count, limit, level)
    }

    /// The same number of parts as others have, which is a power of two.
    pub fn with_count(
        files: &'static Files,
        types: &[PhysicalType],
        count: usize,
        limit: usize,
        level: u32,
    ) -> Result<Partitions> {
        let dealt = || Dealt {
            staged: RowStore::new(types),
            staged_bytes: 0,
            pieces: Vec::new(),
            rows: 0,
            bytes: 0,
            chosen: Selection::default(),
        };
        Ok(Partitions {
            file: RowFile::new(files)?,
            parts: std::iter::repeat_with(dealt).take(count).collect(),
            shift: u64::BITS - LEVEL_BITS * (level + 1),
            piece_bytes: (limit / 4 / count).clamp(4 << 10, 64 << 10),
        })
    }

    pub fn count(&self) -> usize {
        self.parts.len()
    }

    pub fn part_of(&self, hash: u64) -> usize {
        (hash >> self.shift) as usize & (self.parts.len() - 1)
    }

    /// Deals out rows of the columns; `hashes` has one for each row, at its place.
    pub fn deal(&mut self, columns: &[Column], rows: Rows<'_>, hashes: &[u64]) -> Result<()> {
        for row in rows.iter() {
            let part = self.part_of(hashes[row]);
            self.parts[part].chosen.push(row as u16);
        }
        for part in &mut self.parts {
            if part.chosen.is_empty() {
                continue;
            }
            let chosen = Rows::selected(rows.length(), &part.chosen);
            part.staged.append_columns(columns, chosen);
            part.staged_bytes += rows_memory(columns, chosen);
            part.chosen.clear();
            if part.staged_bytes >= self.piece_bytes || part.staged.rows >= BATCH_ROWS / 2 {
                part.write(&mut self.file)?;
            }
        }
        Ok(())
    }

    /// Writes what is still in memory and gives the parts.
    pub fn finish(mut self) -> Result<Vec<Part>> {
        self.parts.iter_mut().try_for_each(|part| part.write(&mut self.file))?;
        let file = Rc::new(self.file);
        let part = |dealt: Dealt| Part {
            file: file.clone(),
            pieces: dealt.pieces,
            rows: dealt.rows,
            bytes: dealt.bytes,
        };
        Ok(self.parts.into_iter().map(part).collect())
    }
}

impl Dealt {
    fn write(&mut self, file: &mut RowFile) -> Result<()> {
        let mut written = 0;
        // A piece is read back as a batch.
        while written < self.staged.rows {
            let rows = (self.staged.rows - written).min(BATCH_ROWS);
            if rows == self.staged.rows {
                self.pieces.push(file.write(&self.staged.columns, rows)?);
            } else {
                let numbers: Vec<u32> = (written as u32..(written + rows) as u32).collect();
                let mut some = self.staged.like();
                some.append_numbered(&self.staged.columns, &numbers);
                self.pieces.push(file.write(&some.columns, rows)?);
            }
            written += rows;
        }
        self.rows += self.staged.rows as u64;
        self.bytes += self.staged_bytes;
        self.staged.clear();
        self.staged_bytes = 0;
        Ok(())
    }
}
