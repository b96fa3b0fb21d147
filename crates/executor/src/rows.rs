//! Rows that are kept: columns of any length, filled from batches and read back as batches.

use nodes::expression::DataType;
use types::batch::BATCH_ROWS;
use types::{Batch, Column, PhysicalType, Rows};

use crate::runtime::Runtime;

/// Rows as columns.
#[derive(Clone, Debug, Default)]
pub(crate) struct RowStore {
    pub columns: Vec<Column>,
    pub rows: usize,
}

impl RowStore {
    pub fn new(types: &[PhysicalType]) -> RowStore {
        RowStore { columns: types.iter().map(|physical| Column::new(*physical)).collect(), rows: 0 }
    }

    /// An empty one for rows of the same form.
    pub fn like(&self) -> RowStore {
        RowStore {
            columns: self.columns.iter().map(|column| Column::new(column.physical_type())).collect(),
            rows: 0,
        }
    }

    /// Adds the selected rows of a batch.
    pub fn append(&mut self, batch: &Batch) {
        self.append_columns(&batch.columns, batch.selected());
    }

    /// Adds rows of columns; there may be more columns than are kept.
    pub fn append_columns(&mut self, columns: &[Column], rows: Rows<'_>) {
        for (column, from) in self.columns.iter_mut().zip(columns) {
            append_rows(column, from, rows);
        }
        self.rows += rows.count();
    }

    /// The same for columns that lie in different places.
    pub fn append_references(&mut self, columns: &[&Column], rows: Rows<'_>) {
        for (column, from) in self.columns.iter_mut().zip(columns) {
            append_rows(column, from, rows);
        }
        self.rows += rows.count();
    }

    /// Adds rows, named by number.
    pub fn append_numbered(&mut self, columns: &[Column], numbers: &[u32]) {
        for (column, from) in self.columns.iter_mut().zip(columns) {
            column.append_numbered(from, numbers);
        }
        self.rows += numbers.len();
    }

    pub fn clear(&mut self) {
        self.columns.iter_mut().for_each(Column::clear);
        self.rows = 0;
    }

    /// Copies rows, named by number, into a batch.
    pub fn copy_to(&self, batch: &mut Batch, numbers: impl ExactSizeIterator<Item = usize>) {
        copy_rows(&self.columns, batch, 0, numbers);
    }
}

/// Bytes that these rows take up when they are kept.
pub(crate) fn rows_memory(columns: &[Column], rows: Rows<'_>) -> usize {
    columns.iter().map(|column| column.rows_memory(rows)).sum()
}

/// Adds rows of a column, which may be a constant, to another.
pub(crate) fn append_rows(column: &mut Column, from: &Column, rows: Rows<'_>) {
    if from.is_constant() {
        let start = column.len();
        column.grow_by(rows.count());
        (0..rows.count()).for_each(|at| column.copy_row(from, 0, start + at));
    } else {
        column.append_selected(from, rows);
    }
}

/// Copies rows, named by number, into the batch's columns from `first` on.
pub(crate) fn copy_rows(
    from: &[Column],
    batch: &mut Batch,
    first: usize,
    numbers: impl ExactSizeIterator<Item = usize>,
) {
    let numbers: Vec<u32> = numbers.map(|number| number as u32).collect();
    for (column, from) in batch.columns[first..].iter_mut().zip(from) {
        column.clear();
        column.append_numbered(from, &numbers);
    }
    batch.rows = numbers.len();
    batch.selection = None;
}

/// Reads stored rows batch by batch.
#[derive(Default)]
pub(crate) struct Cursor(usize);

impl Cursor {
    /// The next rows' numbers; empty at the end.
    pub fn next(&mut self, rows: usize) -> std::ops::Range<usize> {
        let start = self.0.min(rows);
        self.0 = (start + BATCH_ROWS).min(rows);
        start..self.0
    }

    pub fn rewind(&mut self) {
        self.0 = 0;
    }
}

/// An empty batch for rows of these types.
pub(crate) fn batch_for(runtime: &Runtime<'_>, output: &[DataType]) -> Batch {
    Batch::new(physical_types(runtime, output))
}

pub(crate) fn physical_types(runtime: &Runtime<'_>, output: &[DataType]) -> Vec<PhysicalType> {
    output.iter().map(|data_type| runtime.physical(data_type.oid)).collect()
}
