//! CREATE INDEX: the entries of all rows of a table, sorted within `maintenance_work_mem`, and the index made of them.

use access_btree::Key;
use catalog::{Catalog, Index, Relation};
use common::{AttributeNumber, ForkNumber, Oid, TupleId};
use error::{Error, Result, error};
use nodes::expression::DataType;
use nodes::plan::SortKey;
use shared_memory::ProgressNumber;
use types::{Batch, Column, Value, oid};

use crate::compare::RowOrder;
use crate::memory::memory_limits;
use crate::rows::RowStore;
use crate::runtime::Runtime;
use crate::sorter::Sorter;
use crate::table::{index_description, value_text};

/// The numbers of `pg_stat_progress_create_index` that building sets, and the phases of a btree.
const BUILD_PHASE: ProgressNumber = ProgressNumber(11);
const SCANNING_TABLE: u64 = 2;
const SORTING: u64 = 3;
const LOADING: u64 = 5;
const ENTRIES: ProgressNumber = ProgressNumber(12);
const LOADED_ENTRIES: ProgressNumber = ProgressNumber(13);
const PAGES: ProgressNumber = ProgressNumber(16);
const SCANNED_PAGES: ProgressNumber = ProgressNumber(17);

/// Fills an index from its table's rows, in order.
/// # Errors
/// 23505 for a key that occurs twice in a unique index.
pub fn build_index(
    runtime: &mut Runtime<'_>,
    catalog: &Catalog,
    relation: &Relation,
    index: &Index,
) -> Result<u64> {
    let access = catalog.access();
    let description = index_description(index);
    access_btree::create(access, &description)?;
    let mut attributes = vec![AttributeNumber::CTID];
    attributes.extend(index.columns.iter().copied());
    let mut reader = access_heap::ColumnReader::new(relation.oid, relation.layout(), &attributes);
    let forms = reader.types().to_vec();
    let mut batch = Batch::new(forms.iter().copied());
    // Columns that are no keys are not compared.
    let output: Vec<DataType> = (0..forms.len())
        .map(|at| match at.checked_sub(1) {
            None => oid::TID,
            Some(at) => index.input_types.get(at).copied().unwrap_or(Oid::INVALID),
        })
        .map(DataType::new)
        .collect();
    let keys = description.columns[..description.key_count].iter().enumerate().map(|(at, column)| SortKey {
        column: at + 1,
        operator: Oid::INVALID,
        descending: column.descending,
        nulls_first: column.nulls_first,
    });
    let mut keys: Vec<SortKey> = keys.collect();
    let equality = RowOrder::new(&keys, &output, &forms);
    keys.push(SortKey { column: 0, operator: Oid::INVALID, descending: false, nulls_first: false });
    let order = RowOrder::new(&keys, &output, &forms);
    let mut sorter = Sorter::new(runtime.files(), order, &forms, memory_limits().maintenance);
    let snapshot = catalog.session().latest_snapshot();
    let mut scan = access_heap::HeapScan::new(access, relation.storage, snapshot)?;
    scan.give_roots();
    BUILD_PHASE.set(SCANNING_TABLE);
    PAGES.set(access.pool.blocks(relation.storage.file, ForkNumber::Main)?.into());
    let mut entries = 0;
    while catalog.next_batch(&mut scan, &mut reader, &mut batch)? {
        system::interrupt::check()?;
        sorter.append(&batch)?;
        entries += batch.rows as u64;
        let last: TupleId = batch.columns[0].get(batch.rows - 1);
        SCANNED_PAGES.set(u64::from(last.block.0) + 1);
    }
    BUILD_PHASE.set(SORTING);
    ENTRIES.set(entries);
    sorter.finish()?;
    BUILD_PHASE.set(LOADING);
    let mut count = 0;
    let mut last = RowStore::new(&forms);
    let mut builder = access_btree::Builder::new(access, &description);
    let mut key = Key { values: vec![Value::Null; forms.len() - 1], address: TupleId::INVALID };
    while sorter.next(&mut batch)? {
        for row in 0..batch.rows {
            if description.is_unique {
                let (before, at) = match row.checked_sub(1) {
                    Some(before) => (&batch.columns, before),
                    None => (&last.columns, 0),
                };
                if (row > 0 || last.rows > 0)
                    && equality.compare(before, at, &batch.columns, row).is_eq()
                    && (index.nulls_not_distinct || !has_null_key(index, &batch.columns, row))
                {
                    return Err(duplicate(runtime, relation, index, &batch.columns, row)?);
                }
            }
            for (value, column) in key.values.iter_mut().zip(&batch.columns[1..]) {
                *value = column.value(row);
            }
            key.address = batch.columns[0].get(row);
            builder.add(&key)?;
        }
        count += batch.rows as u64;
        LOADED_ENTRIES.set(count);
        last.clear();
        last.append_numbered(&batch.columns, &[batch.rows as u32 - 1]);
    }
    builder.finish()?;
    Ok(count)
}

fn has_null_key(index: &Index, columns: &[Column], row: usize) -> bool {
    columns[1..=index.key_count].iter().any(|column| column.is_null(row))
}

fn duplicate(
    runtime: &Runtime<'_>,
    relation: &Relation,
    index: &Index,
    columns: &[Column],
    row: usize,
) -> Result<Error> {
    let mut names = Vec::new();
    let mut values = Vec::new();
    for (number, column) in index.columns[..index.key_count].iter().zip(&columns[1..]) {
        let of = &relation.columns[number.index()];
        names.push(of.name.to_string());
        values.push(value_text(runtime, of.data_type, &column.value(row))?);
    }
    Ok(error!(UNIQUE_VIOLATION, "could not create unique index \"{}\"", index.name)
        .detail(format!("Key ({})=({}) is duplicated.", names.join(", "), values.join(", ")))
        .constraint(&*index.name))
}
