//! The rows of system catalogs: reading them by index, writing them with their index entries.

use std::rc::Rc;

use access_api::{Access, IndexColumn, IndexDescription, ScanKey, ScanStrategy, StoredRelation};
use access_btree::{BtreeScan, Key, Liveness, Uniqueness};
use access_heap::{ColumnReader, Fetcher, HeapScan, Presence};
use access_toast::ToastTable;
use common::{AttributeNumber, Oid, RelationFile, TupleId};
use error::{Error, Result, error};
use transaction::{OidSource, Snapshot};
use tuple::{Decoder, PendingExternal, RowLayout};
use types::oid::type_description;
use types::{Batch, Column, PhysicalType, Value};

use crate::compare::comparator;
use crate::declaration::{CatalogDeclaration, CatalogRow, IndexDeclaration, IndexKind};

const GLOBAL_TABLESPACE: Oid = Oid(1664);
const DEFAULT_TABLESPACE: Oid = Oid(1663);

/// The files of a catalog or of one of its indexes, as a session of this database sees them.
pub fn catalog_storage(is_shared: bool, oid: Oid, database: Oid) -> StoredRelation {
    let (tablespace, database) =
        if is_shared { (GLOBAL_TABLESPACE, Oid::INVALID) } else { (DEFAULT_TABLESPACE, database) };
    StoredRelation { oid, file: RelationFile { tablespace, database, relation: oid }, is_logged: true }
}

pub(crate) fn physical(data_type: Oid) -> PhysicalType {
    type_description(data_type).map_or(PhysicalType::Text, |found| found.physical)
}

pub(crate) fn layout(catalog: &CatalogDeclaration) -> RowLayout {
    RowLayout::of(catalog.columns.iter().map(|column| physical(column.data_type)))
}

/// An index of a catalog with its comparators.
pub fn catalog_index(
    catalog: &CatalogDeclaration,
    index: &IndexDeclaration,
    database: Oid,
) -> IndexDescription {
    let columns = index.columns.iter().map(|name| {
        let data_type = catalog.columns[catalog.position(name)].data_type;
        let physical = physical(data_type);
        IndexColumn {
            physical,
            compare: comparator(data_type, physical),
            descending: false,
            nulls_first: false,
        }
    });
    IndexDescription {
        relation: catalog_storage(catalog.is_shared, index.oid, database),
        name: index.name.into(),
        key_count: index.columns.len(),
        columns: columns.collect(),
        is_unique: index.kind != IndexKind::Plain,
        nulls_not_distinct: false,
    }
}

/// The values of a row that an index holds.
pub fn index_key(
    catalog: &CatalogDeclaration,
    index: &IndexDeclaration,
    values: &[Value],
    address: TupleId,
) -> Key {
    let values = index.columns.iter().map(|name| values[catalog.position(name)].clone()).collect();
    Key { values, address }
}

/// The TOAST table of a catalog, if it has one.
pub fn catalog_toast(catalog: &CatalogDeclaration, database: Oid) -> Option<ToastTable> {
    catalog.toast.is_valid().then(|| {
        let storage = |oid| catalog_storage(catalog.is_shared, oid, database);
        ToastTable::new(storage(catalog.toast), storage(catalog.toast_index))
    })
}

/// Fetches values that lie outside of their rows and puts them where they belong.
/// # Errors
/// XX001 for a value that is not there, and those of reading.
pub(crate) fn fill_external(
    access: Access<'_>,
    table: &ToastTable,
    pending: &mut Vec<PendingExternal>,
    columns: &mut [Column],
) -> Result<()> {
    for external in pending.drain(..) {
        let stored = access_toast::fetch(access, table, &external.pointer)?;
        external.fill(columns, &stored)?;
    }
    Ok(())
}

fn fill_catalog(
    access: Access<'_>,
    catalog: &CatalogDeclaration,
    pending: &mut Vec<PendingExternal>,
    columns: &mut [Column],
) -> Result<()> {
    if pending.is_empty() {
        return Ok(());
    }
    let toast = catalog_toast(catalog, access.session.database())
        .ok_or_else(|| Error::corrupted(format!("catalog {} has no TOAST table", catalog.name)))?;
    fill_external(access, &toast, pending, columns)
}

fn decoder(layout: &RowLayout) -> Decoder {
    let all: Vec<usize> = (0..layout.attributes.len()).collect();
    Decoder::new(layout.clone(), &all)
}

/// The rows whose first index columns equal `keys`, in index order.
pub(crate) fn find<T: CatalogRow>(
    access: Access<'_>,
    index: usize,
    keys: &[Value],
    snapshot: &Snapshot,
) -> Result<Vec<(TupleId, T)>> {
    let catalog = T::DECLARATION;
    let database = access.session.database();
    let description = catalog_index(catalog, &catalog.indexes[index], database);
    let scan_keys = keys.iter().enumerate().map(|(column, value)| ScanKey {
        column,
        strategy: ScanStrategy::Equal,
        value: value.clone(),
        compare: description.columns[column].compare,
    });
    let mut scan = BtreeScan::new(scan_keys.collect(), false, false);
    let mut fetcher = Fetcher::new(catalog_storage(catalog.is_shared, catalog.oid, database));
    let layout = layout(catalog);
    let decoder = decoder(&layout);
    let mut pending = Vec::new();
    let mut found = Vec::new();
    while let Some(entry) = scan.next(access, &description)? {
        let mut columns: Vec<Column> =
            layout.attributes.iter().map(|attribute| Column::new(attribute.physical)).collect();
        columns.iter_mut().for_each(|column| column.resize(1));
        let row = fetcher.fetch(access, snapshot, entry.address, |fetched| {
            decoder.decode(fetched.bytes, &mut columns, 0, &mut pending).map(|()| fetched.address)
        })?;
        if let Some(address) = row {
            fill_catalog(access, catalog, &mut pending, &mut columns)?;
            let values: Vec<Value> = columns.iter().map(|column| column.value(0)).collect();
            found.push((address, T::from_values(&values)?));
        }
    }
    Ok(found)
}

/// All rows of a catalog.
pub(crate) fn all<T: CatalogRow>(access: Access<'_>, snapshot: Rc<Snapshot>) -> Result<Vec<(TupleId, T)>> {
    let catalog = T::DECLARATION;
    let storage = catalog_storage(catalog.is_shared, catalog.oid, access.session.database());
    let mut attributes = vec![AttributeNumber::CTID];
    attributes.extend((0..catalog.columns.len()).map(AttributeNumber::from_index));
    let mut reader = ColumnReader::new(catalog.oid, layout(catalog), &attributes);
    let mut batch = Batch::new(reader.types().iter().copied());
    let mut scan = HeapScan::new(access, storage, snapshot)?;
    let mut found = Vec::new();
    while scan.next_batch(access, &mut reader, &mut batch)? {
        fill_catalog(access, catalog, &mut reader.pending, &mut batch.columns)?;
        for row in 0..batch.rows {
            let values: Vec<Value> = batch.columns[1..].iter().map(|column| column.value(row)).collect();
            found.push((batch.columns[0].get(row), T::from_values(&values)?));
        }
    }
    Ok(found)
}

fn encoded(access: Access<'_>, catalog: &CatalogDeclaration, values: &[Value]) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let toast = catalog_toast(catalog, access.session.database());
    access_toast::encode_row(access, values, &[], toast.as_ref(), &[], &mut bytes)?;
    Ok(bytes)
}

/// Deletes the values that a row has outside of it, once the row was changed or deleted.
fn delete_external(
    access: Access<'_>,
    catalog: &CatalogDeclaration,
    storage: &StoredRelation,
    address: TupleId,
) -> Result<()> {
    let Some(toast) = catalog_toast(catalog, access.session.database()) else { return Ok(()) };
    let external = access_heap::fetch_any(access, storage, address, |fetched, _| {
        Decoder::external_values(&layout(catalog), fetched.bytes)
    })?;
    for (_, pointer) in external.unwrap_or_default() {
        access_toast::delete(access, &toast, pointer.value_id)?;
    }
    Ok(())
}

/// Adds a row and its index entries.
/// # Errors
/// 23505 when a unique index has the key already.
pub(crate) fn insert(access: Access<'_>, catalog: &CatalogDeclaration, values: &[Value]) -> Result<TupleId> {
    let storage = catalog_storage(catalog.is_shared, catalog.oid, access.session.database());
    let address = access_heap::insert(access, &storage, &mut encoded(access, catalog, values)?, None)?;
    add_entries(access, catalog, values, address)?;
    Ok(address)
}

fn add_entries(
    access: Access<'_>,
    catalog: &CatalogDeclaration,
    values: &[Value],
    address: TupleId,
) -> Result<()> {
    let database = access.session.database();
    let storage = catalog_storage(catalog.is_shared, catalog.oid, database);
    for index in catalog.indexes {
        let description = catalog_index(catalog, index, database);
        let uniqueness = if description.is_unique { Uniqueness::Enforced } else { Uniqueness::NotChecked };
        let key = index_key(catalog, index, values, address);
        let mut liveness = |other| liveness(access, &storage, other);
        if access_btree::insert(access, &description, &key, uniqueness, &mut liveness)?.is_some() {
            return Err(error!(
                UNIQUE_VIOLATION,
                "duplicate key value violates unique constraint \"{}\"", index.name
            )
            .table("pg_catalog", catalog.name)
            .constraint(index.name));
        }
    }
    Ok(())
}

/// Whether the row that an index entry leads to counts in a unique check.
/// # Errors
/// Those of reading the heap.
pub fn liveness(access: Access<'_>, storage: &StoredRelation, address: TupleId) -> Result<Liveness> {
    let snapshot = Snapshot::special(transaction::SnapshotKind::Dirty);
    let found = access_heap::fetch(access, storage, &snapshot, address, |fetched| Ok(fetched.address))?;
    let Some(version) = found else { return Ok(Liveness::Dead) };
    let presence = access_heap::fetch_any(access, storage, version, |_, presence| Ok(presence))?;
    Ok(match presence {
        None | Some(Presence::Absent) => Liveness::Dead,
        Some(Presence::Present) => Liveness::Live,
        Some(Presence::Arriving(xid) | Presence::Leaving(xid)) => Liveness::Undecided(xid),
    })
}

fn concurrently<T>(outcome: access_api::RowOutcome<T>) -> Result<T> {
    match outcome {
        access_api::RowOutcome::Done(done) => Ok(done),
        access_api::RowOutcome::Deleted(_) => Err(error!(INTERNAL_ERROR, "tuple concurrently deleted")),
        _ => Err(error!(INTERNAL_ERROR, "tuple concurrently updated")),
    }
}

/// Replaces a row.
/// # Errors
/// 23505, and XX000 when somebody else changed the row since it was read.
pub(crate) fn update(
    access: Access<'_>,
    catalog: &CatalogDeclaration,
    address: TupleId,
    values: &[Value],
) -> Result<TupleId> {
    let storage = catalog_storage(catalog.is_shared, catalog.oid, access.session.database());
    // Which indexed columns differ would have to be read: entries are made anew unless nothing is indexed.
    let scope = access_heap::UpdateScope { key: false, indexed: true };
    let wait = access_api::LockWait::Block;
    let mut row = encoded(access, catalog, values)?;
    let updated = concurrently(access_heap::update(access, &storage, address, &mut row, scope, wait)?)?;
    delete_external(access, catalog, &storage, address)?;
    add_entries(access, catalog, values, updated.address)?;
    Ok(updated.address)
}

/// Removes a row.
/// # Errors
/// XX000 when somebody else changed the row since it was read.
pub(crate) fn delete(access: Access<'_>, catalog: &CatalogDeclaration, address: TupleId) -> Result<()> {
    let storage = catalog_storage(catalog.is_shared, catalog.oid, access.session.database());
    concurrently(access_heap::delete(access, &storage, address, access_api::LockWait::Block)?)?;
    delete_external(access, catalog, &storage, address)
}

/// Replaces a row in place, for everybody at once; the new one must be as long as the old.
pub(crate) fn overwrite(
    access: Access<'_>,
    catalog: &CatalogDeclaration,
    address: TupleId,
    values: &[Value],
) -> Result<()> {
    let storage = catalog_storage(catalog.is_shared, catalog.oid, access.session.database());
    access_heap::overwrite_in_place(access, &storage, address, &encoded(access, catalog, values)?)
}

/// A new object identifier that no row of the catalog has.
pub(crate) fn new_oid<T: CatalogRow>(access: Access<'_>, oid_index: usize) -> Result<Oid> {
    loop {
        let oid = access.session.next_oid()?;
        let any = Snapshot::special(transaction::SnapshotKind::Dirty);
        if find::<T>(access, oid_index, &[Value::Oid(oid)], &any)?.is_empty() {
            return Ok(oid);
        }
    }
}
