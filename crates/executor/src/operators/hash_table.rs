//! The table of a hash join: the rows of one side, found by the hash of their keys.
//!
//! Rows are added first; `link` then makes the chains, of rows whose hashes end alike.

use common::Oid;
use error::Result;
use nodes::Expression;
use nodes::plan::JoinKey;
use types::batch::BATCH_ROWS;
use types::compare::RowComparator;
use types::{Column, PhysicalType, Rows};

use crate::compare::{comparator, hash_columns};
use crate::evaluate::Evaluator;
use crate::rows::{RowStore, rows_memory};
use crate::runtime::Runtime;
use crate::saved_rows::Partitions;

/// No row.
pub(crate) const NONE: u32 = u32::MAX;
/// The least number of chains.
const LEAST_BUCKETS: usize = 1024;
/// Bytes that a row takes up beside its values: hash, link, start of a chain, mark.
pub(crate) const ROW_BYTES: usize = 8 + 4 + 6 + 1;

pub(crate) struct JoinTable {
    /// The rows, with those of their keys that are no plain columns behind their columns.
    pub rows: RowStore,
    width: usize,
    keys: Vec<Evaluator>,
    key_types: Vec<Oid>,
    /// Where each key is among the columns of `rows`.
    places: Vec<usize>,
    /// Equality of a key of the other side with one of this.
    comparators: Vec<RowComparator>,
    hashes: Vec<u64>,
    heads: Vec<u32>,
    next: Vec<u32>,
    /// Rows that have had a partner.
    pub matched: Vec<bool>,
    pub bytes: usize,
    scratch: Vec<u64>,
}

impl JoinTable {
    /// `types` are of the columns of this side.
    pub fn new(runtime: &Runtime<'_>, keys: &[JoinKey], types: &[PhysicalType]) -> Result<JoinTable> {
        let mut forms = types.to_vec();
        let mut places = Vec::new();
        let mut comparators = Vec::new();
        for key in keys {
            let data_type = key.right.data_type().oid;
            let physical = runtime.physical(data_type);
            match &key.right {
                Expression::Column(column) => places.push(column.index),
                _ => {
                    places.push(forms.len());
                    forms.push(physical);
                }
            }
            comparators.push(comparator(data_type, runtime.physical(key.left.data_type().oid), physical));
        }
        Ok(JoinTable {
            rows: RowStore::new(&forms),
            width: types.len(),
            keys: keys.iter().map(|key| Evaluator::new(runtime, &key.right)).collect::<Result<_>>()?,
            key_types: keys.iter().map(|key| key.right.data_type().oid).collect(),
            places,
            comparators,
            hashes: Vec::new(),
            heads: Vec::new(),
            next: Vec::new(),
            matched: Vec::new(),
            bytes: 0,
            scratch: Vec::new(),
        })
    }

    pub fn clear(&mut self) {
        self.rows.clear();
        self.hashes.clear();
        self.bytes = 0;
    }

    pub fn key_types(&self) -> &[Oid] {
        &self.key_types
    }

    pub fn buckets(&self) -> usize {
        self.heads.len()
    }

    /// The hashes of the keys of rows of this side, each at its row's place.
    pub fn hashes_of(
        &mut self,
        runtime: &mut Runtime<'_>,
        columns: &[Column],
        rows: Rows<'_>,
    ) -> Result<&[u64]> {
        for key in &mut self.keys {
            key.compute(runtime, columns, rows)?;
        }
        let keys = self.keys.iter().map(|key| key.result(columns));
        hash_columns(keys, &self.key_types, rows, &mut self.scratch);
        Ok(&self.scratch)
    }

    /// Adds rows of this side's columns.
    pub fn add(&mut self, runtime: &mut Runtime<'_>, columns: &[Column], rows: Rows<'_>) -> Result<()> {
        self.hashes_of(runtime, columns, rows)?;
        let (plain, computed) = self.rows.columns.split_at_mut(self.width);
        for (column, from) in plain.iter_mut().zip(columns) {
            crate::rows::append_rows(column, from, rows);
        }
        for (key, place) in self.keys.iter().zip(&self.places) {
            if let Some(at) = place.checked_sub(self.width) {
                crate::rows::append_rows(&mut computed[at], key.result(columns), rows);
            }
        }
        self.rows.rows += rows.count();
        self.hashes.extend(rows.iter().map(|row| self.scratch[row]));
        self.bytes += rows_memory(columns, rows) + ROW_BYTES * rows.count();
        Ok(())
    }

    /// Moves all rows into partitions.
    pub fn move_to(&mut self, partitions: &mut Partitions) -> Result<()> {
        let mut some = RowStore::new(
            &self.rows.columns[..self.width].iter().map(Column::physical_type).collect::<Vec<_>>(),
        );
        for start in (0..self.rows.rows).step_by(BATCH_ROWS) {
            let end = self.rows.rows.min(start + BATCH_ROWS);
            let numbers: Vec<u32> = (start as u32..end as u32).collect();
            some.clear();
            some.append_numbered(&self.rows.columns, &numbers);
            partitions.deal(&some.columns, Rows::all(some.rows), &self.hashes[start..end])?;
        }
        self.rows = self.rows.like();
        self.hashes = Vec::new();
        self.bytes = 0;
        Ok(())
    }

    /// Makes the chains; each has its rows in the order in which they came.
    pub fn link(&mut self) {
        let rows = self.rows.rows;
        let buckets = rows.next_power_of_two().max(LEAST_BUCKETS);
        self.heads.clear();
        self.heads.resize(buckets, NONE);
        self.next.clear();
        self.next.resize(rows, NONE);
        self.matched.clear();
        self.matched.resize(rows, false);
        let keys: Vec<&Column> = self.places.iter().map(|place| &self.rows.columns[*place]).collect();
        let has_nulls = keys.iter().any(|key| key.has_nulls());
        for row in (0..rows).rev() {
            // A null key equals nothing.
            if has_nulls && keys.iter().any(|key| key.is_null(row)) {
                continue;
            }
            let bucket = self.hashes[row] as usize & (buckets - 1);
            self.next[row] = std::mem::replace(&mut self.heads[bucket], row as u32);
        }
    }

    /// The first row that a row with this hash may equal.
    pub fn first(&self, hash: u64) -> u32 {
        self.heads[hash as usize & (self.heads.len() - 1)]
    }

    pub fn next(&self, row: u32) -> u32 {
        self.next[row as usize]
    }

    /// Whether the keys of the other side's row equal those of one of this.
    pub fn is_equal(&self, hash: u64, keys: &[&Column], other: usize, row: u32) -> bool {
        let row = row as usize;
        let mut places = self.places.iter().zip(&self.comparators).zip(keys);
        self.hashes[row] == hash
            && places
                .all(|((place, compare), key)| compare(key, other, &self.rows.columns[*place], row).is_eq())
    }
}
