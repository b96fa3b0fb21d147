//! Batches: columns of equal length and which of their rows count.

use std::ops::Deref;

use crate::column::Column;
use crate::physical_type::PhysicalType;

/// The rows an operator hands over at once, at most.
pub const BATCH_ROWS: usize = 1024;

/// Sorted row numbers.
#[derive(Clone, Debug, Default)]
pub struct Selection(Vec<u16>);

impl Selection {
    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// Appends a row, which must be beyond the last.
    #[inline]
    pub fn push(&mut self, row: u16) {
        debug_assert!(self.0.last().is_none_or(|last| *last < row));
        self.0.push(row);
    }

    pub fn extend(&mut self, rows: impl IntoIterator<Item = u16>) {
        self.0.extend(rows);
    }

    pub fn retain(&mut self, mut keep: impl FnMut(usize) -> bool) {
        self.0.retain(|row| keep(*row as usize));
    }

    pub fn truncate(&mut self, length: usize) {
        self.0.truncate(length);
    }
}

impl Deref for Selection {
    type Target = [u16];
    fn deref(&self) -> &[u16] {
        &self.0
    }
}

impl FromIterator<u16> for Selection {
    fn from_iter<I: IntoIterator<Item = u16>>(rows: I) -> Selection {
        Selection(rows.into_iter().collect())
    }
}

/// Which rows to work on: all of `0..length`, or the selected ones among them.
#[derive(Clone, Copy, Debug)]
pub struct Rows<'a> {
    length: usize,
    selection: Option<&'a [u16]>,
}

impl<'a> Rows<'a> {
    pub fn all(length: usize) -> Rows<'static> {
        Rows { length, selection: None }
    }

    pub fn selected(length: usize, selection: &'a [u16]) -> Rows<'a> {
        debug_assert!(selection.last().is_none_or(|last| (*last as usize) < length));
        Rows { length, selection: Some(selection) }
    }

    /// How long an aligned result column must be.
    #[inline]
    pub fn length(self) -> usize {
        self.length
    }

    #[inline]
    pub fn selection(self) -> Option<&'a [u16]> {
        self.selection
    }

    /// How many rows there are to work on.
    #[inline]
    pub fn count(self) -> usize {
        self.selection.map_or(self.length, <[u16]>::len)
    }

    pub fn is_empty(self) -> bool {
        self.count() == 0
    }

    /// Calls `work` with each row in order.
    #[inline]
    pub fn for_each(self, mut work: impl FnMut(usize)) {
        match self.selection {
            None => (0..self.length).for_each(work),
            Some(selection) => selection.iter().for_each(|row| work(*row as usize)),
        }
    }

    /// Calls `work` with each row in order until it fails.
    #[inline]
    pub fn try_for_each<E>(self, mut work: impl FnMut(usize) -> Result<(), E>) -> Result<(), E> {
        match self.selection {
            None => (0..self.length).try_for_each(work),
            Some(selection) => selection.iter().try_for_each(|row| work(*row as usize)),
        }
    }

    pub fn iter(self) -> impl Iterator<Item = usize> + 'a {
        let all = if self.selection.is_none() { 0..self.length } else { 0..0 };
        all.chain(self.selection.unwrap_or(&[]).iter().map(|row| *row as usize))
    }
}

/// Columns of equal length (or constant) and the rows that count.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    pub columns: Vec<Column>,
    pub rows: usize,
    /// `None`: all rows count.
    pub selection: Option<Selection>,
}

impl Batch {
    pub fn new(types: impl IntoIterator<Item = PhysicalType>) -> Batch {
        Batch { columns: types.into_iter().map(Column::new).collect(), rows: 0, selection: None }
    }

    /// The rows that count.
    pub fn selected(&self) -> Rows<'_> {
        Rows { length: self.rows, selection: self.selection.as_deref() }
    }

    /// How many rows count.
    pub fn count(&self) -> usize {
        self.selected().count()
    }

    pub fn is_empty(&self) -> bool {
        self.count() == 0
    }

    /// Forgets all rows, keeps the memory.
    pub fn clear(&mut self) {
        self.columns.iter_mut().for_each(Column::clear);
        self.rows = 0;
        self.selection = None;
    }

    pub fn memory(&self) -> usize {
        self.columns.iter().map(Column::memory).sum()
    }
}
