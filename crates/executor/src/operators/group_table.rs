//! The groups of an aggregation, found by the hash of their keys.

use common::Oid;
use types::compare::RowComparator;
use types::{Column, PhysicalType, Rows, Selection};

use crate::compare::{RowIndex, comparator, hash_columns};
use crate::rows::RowStore;

/// Bytes of a group beside its keys: its entry of the index, which has room to spare, and its set.
const GROUP_BYTES: usize = 40;

pub(crate) struct GroupTable {
    /// Input columns.
    group_by: Vec<usize>,
    types: Vec<Oid>,
    comparators: Vec<RowComparator>,
    /// For each grouping set, which of the keys it groups by.
    sets: Vec<Vec<usize>>,
    /// The groups' keys; null where a group's set does not have the key.
    pub keys: RowStore,
    /// For each group, its set.
    set_of: Vec<u16>,
    index: RowIndex,
    pub hashes: Vec<u64>,
    /// The group of each row that was looked up last.
    pub groups: Vec<u32>,
    /// Of those rows the ones that have a group, and the others; empty while all have one.
    pub kept: Selection,
    pub others: Selection,
}

impl GroupTable {
    pub fn new(
        group_by: &[usize],
        types: Vec<Oid>,
        forms: &[PhysicalType],
        sets: Vec<Vec<usize>>,
    ) -> GroupTable {
        let comparators = types.iter().zip(forms).map(|(oid, form)| comparator(*oid, *form, *form)).collect();
        GroupTable {
            group_by: group_by.to_vec(),
            types,
            comparators,
            sets,
            keys: RowStore::new(forms),
            set_of: Vec::new(),
            index: RowIndex::default(),
            hashes: Vec::new(),
            groups: Vec::new(),
            kept: Selection::default(),
            others: Selection::default(),
        }
    }

    pub fn set_count(&self) -> usize {
        self.sets.len()
    }

    pub fn clear(&mut self) {
        self.keys.clear();
        self.set_of.clear();
        self.index.clear();
    }

    /// Gives back what the groups took up.
    pub fn free(&mut self) {
        self.keys = self.keys.like();
        self.set_of = Vec::new();
        self.index = RowIndex::default();
    }

    pub fn memory(&self) -> usize {
        self.keys.columns.iter().map(Column::memory).sum::<usize>() + GROUP_BYTES * self.keys.rows
    }

    /// Makes the groups of empty sets, which are there whether there are rows or not.
    pub fn add_empty_sets(&mut self) {
        for set in (0..self.sets.len()).filter(|set| self.sets[*set].is_empty()) {
            self.keys.columns.iter_mut().for_each(Column::push_null);
            self.index.insert(set_hash(0, set), self.keys.rows);
            self.keys.rows += 1;
            self.set_of.push(set as u16);
        }
    }

    /// Finds the group of each row in one grouping set. New groups are added, or when `is_full` their rows are among the others.
    pub fn find(&mut self, set: usize, input: &[Column], rows: Rows<'_>, is_full: bool) {
        let members = &self.sets[set];
        let columns: Vec<&Column> = members.iter().map(|key| &input[self.group_by[*key]]).collect();
        let types: Vec<Oid> = members.iter().map(|key| self.types[*key]).collect();
        hash_columns(columns.iter().copied(), &types, rows, &mut self.hashes);
        self.groups.clear();
        self.kept.clear();
        self.others.clear();
        for row in rows.iter() {
            let hash = set_hash(self.hashes[row], set);
            let (keys, set_of, comparators) = (&self.keys.columns, &self.set_of, &self.comparators);
            let same = |group: usize| {
                usize::from(set_of[group]) == set
                    && members.iter().zip(&columns).all(|(key, column)| {
                        let stored = &keys[*key];
                        match (column.is_null(row), stored.is_null(group)) {
                            (false, false) => comparators[*key](column, row, stored, group).is_eq(),
                            (a, b) => a && b,
                        }
                    })
            };
            let group = match self.index.find(hash, same) {
                Some(group) => group,
                None if is_full => {
                    self.others.push(row as u16);
                    continue;
                }
                None => {
                    let group = self.keys.rows;
                    for (key, column) in self.keys.columns.iter_mut().enumerate() {
                        match members.contains(&key) {
                            true => column.push_row(&input[self.group_by[key]], row),
                            false => column.push_null(),
                        }
                    }
                    self.keys.rows += 1;
                    self.set_of.push(set as u16);
                    self.index.insert(hash, group);
                    group
                }
            };
            self.groups.push(group as u32);
            if is_full {
                self.kept.push(row as u16);
            }
        }
    }
}

/// Groups of different sets with the same keys are different groups.
fn set_hash(hash: u64, set: usize) -> u64 {
    hash ^ (set as u64).rotate_left(48)
}
