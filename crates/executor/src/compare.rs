//! Equality and order of rows, for hashing, sorting and grouping.

use std::cmp::Ordering;

use common::Oid;
use hashbrown::HashTable;
use nodes::expression::DataType;
use nodes::plan::SortKey;
use types::compare::{RowComparator, compare_f64, row_comparator};
use types::hash::{combine, row_hasher};
use types::{Column, PhysicalType, Prefixes, Rows};

/// The order of two values that are not null, which may be numbers of different width.
pub(crate) fn comparator(data_type: Oid, left: PhysicalType, right: PhysicalType) -> RowComparator {
    if left == right {
        // Types without an order of their own are compared by their form.
        let by_form = || row_comparator(Oid::INVALID, left);
        return row_comparator(data_type, left).or_else(by_form).unwrap_or(|_, _, _, _| Ordering::Equal);
    }
    match left {
        PhysicalType::Float4 | PhysicalType::Float8 => |a, i, b, j| compare_f64(wide(a, i), wide(b, j)),
        _ => |a, i, b, j| a.value(i).as_i64().cmp(&b.value(j).as_i64()),
    }
}

fn wide(column: &Column, row: usize) -> f64 {
    match column.physical_type() {
        PhysicalType::Float4 => column.get::<f32>(row).into(),
        _ => column.get::<f64>(row),
    }
}

/// Compares rows by sort keys.
pub(crate) struct RowOrder {
    keys: Vec<(SortKey, RowComparator)>,
    /// The type of the first key.
    first: Oid,
}

impl RowOrder {
    pub fn new(keys: &[SortKey], output: &[DataType], types: &[PhysicalType]) -> RowOrder {
        let key = |key: &SortKey| {
            let physical = types[key.column];
            (*key, comparator(output[key.column].oid, physical, physical))
        };
        let first = keys.first().map_or(Oid::INVALID, |first| output[first.column].oid);
        RowOrder { keys: keys.iter().map(key).collect(), first }
    }

    pub fn has_one_key(&self) -> bool {
        self.keys.len() == 1
    }

    /// Appends prefixes of the first key for rows from `start` on.
    pub fn prefixes(&self, columns: &[Column], start: usize, prefixes: &mut Vec<u64>) -> Prefixes {
        match self.keys.first() {
            None => Prefixes::Absent,
            Some((key, _)) => {
                let direction = (key.descending, key.nulls_first);
                types::sort_prefixes(self.first, &columns[key.column], start, direction, prefixes)
            }
        }
    }

    pub fn compare(&self, left: &[Column], i: usize, right: &[Column], j: usize) -> Ordering {
        for (key, compare) in &self.keys {
            let (a, b) = (&left[key.column], &right[key.column]);
            let order = match (a.is_null(i), b.is_null(j)) {
                (true, true) => Ordering::Equal,
                (true, false) => {
                    if key.nulls_first {
                        Ordering::Less
                    } else {
                        Ordering::Greater
                    }
                }
                (false, true) => {
                    if key.nulls_first {
                        Ordering::Greater
                    } else {
                        Ordering::Less
                    }
                }
                (false, false) => {
                    let order = compare(a, i, b, j);
                    if key.descending { order.reverse() } else { order }
                }
            };
            if order != Ordering::Equal {
                return order;
            }
        }
        Ordering::Equal
    }
}

/// A row's hash; nulls are values like others.
pub(crate) fn hash_row(columns: &[&Column], types: &[Oid], row: usize) -> u64 {
    columns.iter().zip(types).fold(0, |hash, (column, data_type)| {
        let next = if column.is_null(row) {
            0x5bd1_e995
        } else {
            row_hasher(*data_type, column.physical_type()).map_or(0, |hasher| hasher(column, row))
        };
        combine(hash, next)
    })
}

/// The hashes of rows, each at its row's place; nulls are values like others.
pub(crate) fn hash_columns<'a>(
    columns: impl Iterator<Item = &'a Column>,
    types: &[Oid],
    rows: Rows<'_>,
    hashes: &mut Vec<u64>,
) {
    hashes.clear();
    hashes.resize(rows.length(), 0);
    for (at, (column, data_type)) in columns.zip(types).enumerate() {
        types::hash::hash_rows(*data_type, column, rows, at == 0, hashes);
    }
}

/// Whether two rows are equal; nulls equal each other.
pub(crate) fn equal_rows(left: &[&Column], i: usize, right: &[&Column], j: usize, types: &[Oid]) -> bool {
    left.iter().zip(right).zip(types).all(|((a, b), data_type)| match (a.is_null(i), b.is_null(j)) {
        (true, true) => true,
        (false, false) => {
            comparator(*data_type, a.physical_type(), b.physical_type())(a, i, b, j) == Ordering::Equal
        }
        _ => false,
    })
}

/// Numbers of stored rows by their hash.
#[derive(Default)]
pub(crate) struct RowIndex {
    table: HashTable<(u64, u32)>,
}

impl RowIndex {
    pub fn find(&self, hash: u64, mut is_equal: impl FnMut(usize) -> bool) -> Option<usize> {
        self.table
            .find(hash, |(other, row)| *other == hash && is_equal(*row as usize))
            .map(|(_, row)| *row as usize)
    }

    pub fn insert(&mut self, hash: u64, row: usize) {
        self.table.insert_unique(hash, (hash, row as u32), |(hash, _)| *hash);
    }

    pub fn clear(&mut self) {
        self.table.clear();
    }
}
