//! Values as chunks in a TOAST table: storing, fetching, deleting.
//!
//! ```text
//! chunk_id (4)  chunk_seq (4)  chunk_data, CHUNK_SIZE bytes but for the last
//! ```

use std::cmp::Ordering;

use access_api::{
    Access, IndexColumn, IndexDescription, LockWait, RowOutcome, ScanKey, ScanStrategy, StoredRelation,
};
use access_btree::{BtreeScan, Key, Liveness, Uniqueness};
use access_heap::{BulkInsert, Fetcher};
use common::{Oid, TupleId};
use error::{Error, Result};
use storage_lock::{LockMode, Scope, Wait};
use transaction::{OidSource, Snapshot, SnapshotKind};
use tuple::{ExternalPointer, TupleHeader, Varlena};
use types::{PhysicalType, Value};

/// Bytes of a chunk: four of them with their headers fill a page.
const CHUNK_SIZE: usize = 1994;
/// Chunks that are written at once.
const CHUNKS_AT_ONCE: usize = 64;

/// A TOAST table with its index.
#[derive(Clone, Debug)]
pub struct ToastTable {
    pub heap: StoredRelation,
    pub index: IndexDescription,
}

fn compare_numbers(left: &Value, right: &Value) -> Ordering {
    match (left, right) {
        (Value::Oid(left), Value::Oid(right)) => left.cmp(right),
        (Value::Int4(left), Value::Int4(right)) => left.cmp(right),
        _ => Ordering::Equal,
    }
}

impl ToastTable {
    /// The table and its unique index on `(chunk_id, chunk_seq)`.
    pub fn new(heap: StoredRelation, index: StoredRelation) -> ToastTable {
        let column = |physical| IndexColumn {
            physical,
            compare: compare_numbers,
            descending: false,
            nulls_first: false,
        };
        ToastTable {
            heap,
            index: IndexDescription {
                relation: index,
                name: format!("pg_toast_index of {}", heap.oid).into(),
                columns: vec![column(PhysicalType::Oid), column(PhysicalType::Int4)],
                key_count: 2,
                is_unique: true,
                nulls_not_distinct: false,
            },
        }
    }

    // Rule 4.
    fn lock(&self, access: Access<'_>, mode: LockMode) -> Result<()> {
        let scope = Scope::Transaction { level: access.session.level() };
        access.session.locks().acquire(self.heap.lock_tag(), mode, scope, Wait::Block).map(|_| ())
    }

    fn scan(&self, value: Oid) -> BtreeScan {
        let key = ScanKey {
            column: 0,
            strategy: ScanStrategy::Equal,
            value: Value::Oid(value),
            compare: compare_numbers,
        };
        BtreeScan::new(vec![key], false, false)
    }

    fn damaged(&self, what: impl std::fmt::Display, value: Oid) -> Error {
        Error::corrupted(format!("{what} for toast value {value} in TOAST table {}", self.heap.oid))
    }
}

/// Stores the bytes of a value, which are compressed if they are fewer than `raw_length`.
/// # Errors
/// Those of writing, and 57014.
pub(crate) fn store(
    access: Access<'_>,
    table: &ToastTable,
    raw_length: usize,
    bytes: &[u8],
) -> Result<ExternalPointer> {
    table.lock(access, LockMode::RowExclusive)?;
    // Rule 3.
    let value_id = loop {
        let candidate = access.session.next_oid()?;
        if table.scan(candidate).next(access, &table.index)?.is_none() {
            break candidate;
        }
    };
    let mut bulk = BulkInsert::new(access);
    let mut sequence = 0i32;
    for group in bytes.chunks(CHUNK_SIZE * CHUNKS_AT_ONCE) {
        system::interrupt::check()?;
        let mut rows: Vec<Vec<u8>> = Vec::with_capacity(CHUNKS_AT_ONCE);
        for (chunk, at) in group.chunks(CHUNK_SIZE).zip(sequence..) {
            let values = [Value::Oid(value_id), Value::Int4(at), Value::Bytes(chunk.into())];
            let mut row = Vec::with_capacity(CHUNK_SIZE + 48);
            tuple::encode(values.as_slice(), &mut row);
            rows.push(row);
        }
        let mut places = Vec::with_capacity(rows.len());
        let mut slices: Vec<&mut [u8]> = rows.iter_mut().map(Vec::as_mut_slice).collect();
        access_heap::insert_batch(access, &table.heap, &mut slices, &mut bulk, &mut places)?;
        for address in places {
            let key = Key { values: vec![Value::Oid(value_id), Value::Int4(sequence)], address };
            // The number is new, so nobody can have the key.
            let mut liveness = |_| Ok(Liveness::Dead);
            access_btree::insert(access, &table.index, &key, Uniqueness::NotChecked, &mut liveness)?;
            sequence += 1;
        }
    }
    Ok(ExternalPointer {
        raw_length: raw_length as u32,
        stored_length: bytes.len() as u32,
        value_id,
        toast_relation: table.heap.oid,
    })
}

/// The stored bytes of a value, still compressed if they were. The caller sees a row that has the pointer.
/// # Errors
/// XX001 when chunks are missing or damaged, those of reading, and 57014.
pub fn fetch(access: Access<'_>, table: &ToastTable, pointer: &ExternalPointer) -> Result<Vec<u8>> {
    table.lock(access, LockMode::AccessShare)?;
    let value = pointer.value_id;
    let length = pointer.stored_length as usize;
    let mut bytes = Vec::with_capacity(length);
    let mut expected = 0i32;
    let mut scan = table.scan(value);
    let mut fetcher = Fetcher::new(table.heap);
    let any = Snapshot::special(SnapshotKind::Any);
    while let Some(entry) = scan.next(access, &table.index)? {
        system::interrupt::check()?;
        let chunk = fetcher.fetch(access, &any, entry.address, |fetched| {
            let (sequence, data) = read_chunk(fetched.bytes)
                .ok_or_else(|| table.damaged(format!("damaged chunk {expected}"), value))?;
            if sequence != expected {
                let what = format!("unexpected chunk number {sequence} (expected {expected})");
                return Err(table.damaged(what, value));
            }
            bytes.extend_from_slice(data);
            Ok(())
        })?;
        if chunk.is_some() {
            expected += 1;
        }
    }
    if bytes.len() != length {
        return Err(table.damaged(format!("missing chunk number {expected}"), value));
    }
    Ok(bytes)
}

/// Number and bytes of a chunk.
fn read_chunk(row: &[u8]) -> Option<(i32, &[u8])> {
    let header = TupleHeader::new(row);
    let rest = row.get(header.data_offset()..)?;
    let (numbers, rest) = rest.split_at_checked(8)?;
    match Varlena::read(rest).ok()?.0 {
        Varlena::Plain(data) => Some((i32::from_le_bytes(*numbers.last_chunk::<4>()?), data)),
        _ => None,
    }
}

fn places(access: Access<'_>, table: &ToastTable, value: Oid) -> Result<Vec<TupleId>> {
    let mut scan = table.scan(value);
    let mut found = Vec::new();
    while let Some(entry) = scan.next(access, &table.index)? {
        found.push(entry.address);
    }
    Ok(found)
}

/// Deletes a value with the row that had it.
/// # Errors
/// Those of writing, and XX001 when somebody else deleted it: nobody can have the row's last version but the caller.
pub fn delete(access: Access<'_>, table: &ToastTable, value: Oid) -> Result<()> {
    table.lock(access, LockMode::RowExclusive)?;
    for address in places(access, table, value)? {
        system::interrupt::check()?;
        match access_heap::delete(access, &table.heap, address, LockWait::Block)? {
            RowOutcome::Done(()) => {}
            _ => return Err(table.damaged("chunk deleted by somebody else", value)),
        }
    }
    Ok(())
}

/// Takes back values that this command stored for a row that was not written after all.
/// # Errors
/// Those of writing.
pub fn discard(access: Access<'_>, table: &ToastTable, pointers: &[ExternalPointer]) -> Result<()> {
    for pointer in pointers {
        for address in places(access, table, pointer.value_id)? {
            access_heap::kill(access, &table.heap, address)?;
        }
    }
    Ok(())
}
