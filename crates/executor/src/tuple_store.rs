//! Rows in the order in which they came, to be read any number of times; beyond a limit they are in a temporary file.
//!
//! One store for all who keep rows: WITH queries, materialized inputs, rounds of recursive queries, partitions of windows.

use error::Result;
use storage_file::Files;
use types::batch::BATCH_ROWS;
use types::{Batch, Column, PhysicalType, Rows};

use crate::instrument::StorageUse;
use crate::rows::{RowStore, rows_memory};
use crate::saved_rows::{RowFile, SavedRows};

/// Rows in pieces, each of which is read as one batch.
pub(crate) struct TupleStore {
    files: &'static Files,
    limit: usize,
    pieces: Vec<Piece>,
    /// The piece that is being filled.
    last: RowStore,
    last_bytes: usize,
    /// Bytes of the pieces in memory.
    bytes: usize,
    most_bytes: usize,
    file: Option<RowFile>,
    pub rows: usize,
}

enum Piece {
    Memory(RowStore),
    File(SavedRows),
}

/// Pieces become full at this size, so that wide rows do not pile up.
const PIECE_BYTES: usize = 128 << 10;

impl TupleStore {
    pub fn new(files: &'static Files, types: &[PhysicalType], limit: usize) -> TupleStore {
        TupleStore {
            files,
            limit,
            pieces: Vec::new(),
            last: RowStore::new(types),
            last_bytes: 0,
            bytes: 0,
            most_bytes: 0,
            file: None,
            rows: 0,
        }
    }

    pub fn clear(&mut self) {
        self.pieces.clear();
        self.last.clear();
        (self.last_bytes, self.bytes, self.rows, self.file) = (0, 0, 0, None);
    }

    /// Adds the selected rows of a batch.
    pub fn append(&mut self, batch: &Batch) -> Result<()> {
        self.append_columns(&batch.columns, batch.selected())
    }

    /// Adds rows of columns, at most a batch.
    pub fn append_columns(&mut self, columns: &[Column], rows: Rows<'_>) -> Result<()> {
        let count = rows.count();
        if count == 0 {
            return Ok(());
        }
        if self.last.rows + count > BATCH_ROWS {
            self.end_piece()?;
        }
        self.last.append_columns(columns, rows);
        self.last_bytes += rows_memory(columns, rows);
        self.rows += count;
        if self.last_bytes >= PIECE_BYTES {
            self.end_piece()?;
        }
        self.most_bytes = self.most_bytes.max(self.bytes + self.last_bytes);
        Ok(())
    }

    fn end_piece(&mut self) -> Result<()> {
        if self.last.rows == 0 {
            return Ok(());
        }
        self.bytes += std::mem::take(&mut self.last_bytes);
        if self.file.is_none() && self.bytes <= self.limit {
            let next = self.last.like();
            self.pieces.push(Piece::Memory(std::mem::replace(&mut self.last, next)));
            return Ok(());
        }
        let file = match &mut self.file {
            Some(file) => file,
            None => self.file.insert(RowFile::new(self.files)?),
        };
        for piece in &mut self.pieces {
            if let Piece::Memory(rows) = piece {
                *piece = Piece::File(file.write(&rows.columns, rows.rows)?);
            }
        }
        self.pieces.push(Piece::File(file.write(&self.last.columns, self.last.rows)?));
        self.last.clear();
        self.bytes = 0;
        Ok(())
    }

    /// Puts a piece, numbered from 0, into the batch's columns from `first` on; false behind the last.
    pub fn read(&self, number: usize, batch: &mut Batch, first: usize) -> Result<bool> {
        batch.selection = None;
        let columns = &mut batch.columns[first..];
        columns.iter_mut().for_each(Column::clear);
        batch.rows = match self.pieces.get(number) {
            Some(Piece::Memory(rows)) => copy_all(rows, columns),
            Some(Piece::File(saved)) => {
                if let Some(file) = &self.file {
                    file.read(*saved, columns)?;
                }
                saved.rows
            }
            None if number == self.pieces.len() && self.last.rows > 0 => copy_all(&self.last, columns),
            None => return Ok(false),
        };
        Ok(true)
    }

    pub fn storage_use(&self) -> StorageUse {
        let most = match &self.file {
            Some(file) => file.bytes(),
            None => self.most_bytes as u64,
        };
        StorageUse { on_disk: self.file.is_some(), kilobytes: most.div_ceil(1024) }
    }
}

fn copy_all(rows: &RowStore, columns: &mut [Column]) -> usize {
    for (column, from) in columns.iter_mut().zip(&rows.columns) {
        column.append_selected(from, Rows::all(rows.rows));
    }
    rows.rows
}
