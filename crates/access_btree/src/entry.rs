//! Entries: encoding, and their order.
//!
//! ```text
//! child (4, only above the leaves) | row address (6) | flags (1) | null bitmap if there are nulls | values
//! ```
//! Entries are ordered by their values and then by row address, so no two are equal and a duplicate key has one right place.
//! The first entry of a page above the leaves is smaller than anything (flag `LOWEST`, no values).

use std::cmp::Ordering;

use access_api::{IndexColumn, IndexDescription};
use common::{BlockNumber, TupleId};
use error::{Error, Result, error};
use types::Value;

/// Bytes that an entry may have: three must fit a page.
pub const MAX_ENTRY_SIZE: usize = 2704;

/// Entries beyond this get PostgreSQL's other message.
const LONGEST_REPORTED: usize = 8191;
/// Values longer than this are compressed.
const COMPRESS_BEYOND: usize = 508;

const HAS_NULLS: u8 = 1;
const LOWEST: u8 = 2;

/// The values of an entry, one per index column (key columns first), and the row that they come from.
#[derive(Clone, Debug, PartialEq)]
pub struct Key {
    pub values: Vec<Value>,
    pub address: TupleId,
}

impl Key {
    pub(crate) fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.address.to_bytes());
        let has_nulls = self.values.iter().any(Value::is_null);
        out.push(if has_nulls { HAS_NULLS } else { 0 });
        if has_nulls {
            let start = out.len();
            out.resize(start + self.values.len().div_ceil(8), 0);
            for (at, _) in self.values.iter().enumerate().filter(|(_, value)| value.is_null()) {
                out[start + at / 8] |= 1 << (at % 8);
            }
        }
        for value in self.values.iter().filter(|value| !value.is_null()) {
            let start = out.len();
            tuple::put_value(out, value);
            if out.len() - start > COMPRESS_BEYOND {
                compress_last(out, start, value);
            }
        }
    }

    /// Whether a key column is null.
    pub(crate) fn has_null_key(&self, index: &IndexDescription) -> bool {
        self.values[..index.key_count].iter().any(Value::is_null)
    }
}

/// Compresses the value that begins at `start` if it has a length of its own and gets shorter.
fn compress_last(out: &mut Vec<u8>, start: usize, value: &Value) {
    let has_length = matches!(
        value,
        Value::Text(_) | Value::Bytes(_) | Value::Numeric(_) | Value::Array(_) | Value::Record(_)
    );
    if !has_length {
        return;
    }
    let mut compressed = Vec::new();
    let is_shorter = match tuple::Varlena::read(&out[start..]) {
        Ok((tuple::Varlena::Plain(raw), _)) => tuple::compress(&mut compressed, raw),
        _ => false,
    };
    if is_shorter {
        out.truncate(start);
        out.extend_from_slice(&compressed);
    }
}

/// Encodes a leaf entry.
/// # Errors
/// 54000 for one that is too long.
pub(crate) fn leaf_item(index: &IndexDescription, key: &Key) -> Result<Vec<u8>> {
    let mut item = Vec::with_capacity(32);
    key.encode(&mut item);
    if item.len() > LONGEST_REPORTED {
        return Err(error!(
            PROGRAM_LIMIT_EXCEEDED,
            "index row requires {} bytes, maximum size is {LONGEST_REPORTED}",
            item.len()
        ));
    }
    if item.len() > MAX_ENTRY_SIZE {
        return Err(error!(
            PROGRAM_LIMIT_EXCEEDED,
            "index row size {} exceeds btree version 4 maximum {MAX_ENTRY_SIZE} for index \"{}\"",
            item.len(),
            index.name
        )
        .hint(
            "Values larger than 1/3 of a buffer page cannot be indexed.\nConsider a function index of an MD5 \
             hash of the value, or use full text indexing.",
        ));
    }
    Ok(item)
}

/// The entry of a parent for a child whose entries are greater than `bound` (a leaf-form item).
pub(crate) fn child_item(child: BlockNumber, bound: &[u8]) -> Vec<u8> {
    let mut item = Vec::with_capacity(bound.len() + 4);
    item.extend_from_slice(&child.0.to_le_bytes());
    item.extend_from_slice(bound);
    item
}

/// The first entry of a page above the leaves.
pub(crate) fn lowest_item(child: BlockNumber) -> Vec<u8> {
    let mut item = child_item(child, &TupleId::default().to_bytes());
    item.push(LOWEST);
    item
}

/// The same child without values, as the first entry of a page above the leaves.
pub(crate) fn as_lowest(item: &[u8]) -> Result<Vec<u8>> {
    child_of(item).map(lowest_item)
}

pub(crate) fn child_of(item: &[u8]) -> Result<BlockNumber> {
    item.first_chunk::<4>().map(|bytes| BlockNumber(u32::from_le_bytes(*bytes))).ok_or_else(damaged)
}

/// What is behind the child number of an item above the leaves.
pub(crate) fn bound_of(item: &[u8]) -> Result<&[u8]> {
    item.get(4..).ok_or_else(damaged)
}

pub(crate) fn address_of(item: &[u8]) -> Result<TupleId> {
    item.first_chunk::<6>().map(|bytes| TupleId::from_bytes(*bytes)).ok_or_else(damaged)
}

/// Reads the values of a leaf-form item one by one; `None` is null.
pub(crate) struct ValueReader<'a> {
    nulls: Option<&'a [u8]>,
    rest: &'a [u8],
    at: usize,
}

impl<'a> ValueReader<'a> {
    /// `None` for an entry that is smaller than anything.
    pub fn new(item: &'a [u8], columns: usize) -> Result<Option<ValueReader<'a>>> {
        let flags = *item.get(6).ok_or_else(damaged)?;
        if flags & LOWEST != 0 {
            return Ok(None);
        }
        let rest = &item[7..];
        if flags & HAS_NULLS == 0 {
            return Ok(Some(ValueReader { nulls: None, rest, at: 0 }));
        }
        let (nulls, rest) = rest.split_at_checked(columns.div_ceil(8)).ok_or_else(damaged)?;
        Ok(Some(ValueReader { nulls: Some(nulls), rest, at: 0 }))
    }

    pub fn next(&mut self, column: &IndexColumn) -> Result<Value> {
        let at = self.at;
        self.at += 1;
        if self.nulls.is_some_and(|nulls| nulls[at / 8] & 1 << (at % 8) != 0) {
            return Ok(Value::Null);
        }
        let (value, rest) = tuple::load_value(self.rest, column.physical)?;
        self.rest = rest;
        Ok(value)
    }
}

/// All values of a leaf item.
pub(crate) fn values_of(index: &IndexDescription, item: &[u8]) -> Result<Vec<Value>> {
    let mut reader = ValueReader::new(item, index.columns.len())?.ok_or_else(damaged)?;
    index.columns.iter().map(|column| reader.next(column)).collect()
}

/// The order of two values in a column of the index, nulls and direction considered.
pub fn compare_in_column(column: &IndexColumn, left: &Value, right: &Value) -> Ordering {
    match (left.is_null(), right.is_null()) {
        (true, true) => Ordering::Equal,
        (true, false) => {
            if column.nulls_first {
                Ordering::Less
            } else {
                Ordering::Greater
            }
        }
        (false, true) => {
            if column.nulls_first {
                Ordering::Greater
            } else {
                Ordering::Less
            }
        }
        (false, false) => {
            let order = (column.compare)(left, right);
            if column.descending { order.reverse() } else { order }
        }
    }
}

/// Where a search goes among equal keys.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Tie {
    /// Before all entries with these values.
    Before,
    /// At the entry of this row.
    At(TupleId),
    /// Behind all entries with these values.
    Behind,
}

/// Compares what is searched for, the first columns of a key, with a leaf-form item.
pub(crate) fn compare(index: &IndexDescription, values: &[Value], tie: Tie, item: &[u8]) -> Result<Ordering> {
    let Some(mut reader) = ValueReader::new(item, index.columns.len())? else { return Ok(Ordering::Greater) };
    for (value, column) in values.iter().zip(&index.columns[..index.key_count]) {
        let order = compare_in_column(column, value, &reader.next(column)?);
        if order != Ordering::Equal {
            return Ok(order);
        }
    }
    Ok(match tie {
        Tie::Before => Ordering::Less,
        Tie::Behind => Ordering::Greater,
        Tie::At(address) => address.cmp(&address_of(item)?),
    })
}

pub(crate) fn damaged() -> Error {
    Error::corrupted("index entry is damaged")
}
