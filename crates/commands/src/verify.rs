//! Verification of tables and indexes: what `verify_heapam` and `bt_index_check` answer.

use access_btree::Key;
use access_heap::{ColumnReader, HeapScan};
use catalog::tables::{PgClass, PgIndex};
use catalog::{Catalog, CatalogView, Relation, RelationKind};
use common::{AttributeNumber, Oid};
use error::{Result, error};
use expression::context::HeapProblem;
use storage_lock::{LockMode, LockTag, Scope, Wait};
use types::{Batch, Value};

use crate::name::kind_name;

fn lock(catalog: &Catalog, relation: Oid, mode: LockMode) -> Result<()> {
    let scope = Scope::Transaction { level: catalog.session().level() };
    let tag = LockTag::relation(catalog.database(), relation);
    catalog.session().locks().acquire(tag, mode, scope, Wait::Block)?;
    catalog.accept_invalidations();
    Ok(())
}

/// Verifies the structure of a B-tree index, and that its entries lead to rows; with `all_rows` also that each row has its entry.
/// Writers of the table are kept out until the transaction ends.
/// # Errors
/// XX002 and XX001 for the first thing that is wrong, 0A000 for what is no such index.
pub fn index(catalog: &Catalog, index: Oid, all_rows: bool) -> Result<()> {
    let Some(row) = catalog.row::<PgIndex>(PgIndex::BY_INDEXRELID, &[Value::Oid(index)])? else {
        let class = catalog.row::<PgClass>(PgClass::BY_OID, &[Value::Oid(index)])?;
        let class =
            class.ok_or_else(|| error!(UNDEFINED_TABLE, "could not open relation with OID {index}"))?;
        return Err(error!(FEATURE_NOT_SUPPORTED, "expected \"btree\" index as targets for verification")
            .detail(format!("Relation \"{}\" is not a btree index.", &*class.relname)));
    };
    lock(catalog, row.indrelid, LockMode::Share)?;
    lock(catalog, index, LockMode::AccessShare)?;
    let missing = || error!(UNDEFINED_TABLE, "could not open relation with OID {index}");
    let table = catalog.relation(row.indrelid)?.ok_or_else(missing)?;
    let index = table.indexes.iter().find(|known| known.oid == index).ok_or_else(missing)?;
    let access = catalog.access();
    let entries = access_btree::verify(access, &executor::index_description(index))?;
    for address in entries.addresses() {
        system::interrupt::check()?;
        if !access_heap::is_index_target(access, &table.storage, address)? {
            return Err(error!(
                INDEX_CORRUPTED,
                "index \"{}\" has an entry for {address} of table \"{}\", where no row can be found through it",
                index.name,
                table.name
            ));
        }
    }
    if !all_rows {
        return Ok(());
    }
    let mut attributes = vec![AttributeNumber::CTID];
    attributes.extend(index.columns.iter().copied());
    let mut reader = ColumnReader::new(table.oid, table.layout(), &attributes);
    let mut batch = Batch::new(reader.types().iter().copied());
    let mut scan = HeapScan::new(access, table.storage, catalog.session().latest_snapshot())?;
    scan.give_roots();
    while catalog.next_batch(&mut scan, &mut reader, &mut batch)? {
        for row in 0..batch.rows {
            let values = batch.columns[1..].iter().map(|column| column.value(row)).collect();
            let key = Key { values, address: batch.columns[0].get(row) };
            if !entries.contains(&key) {
                return Err(error!(
                    INDEX_CORRUPTED,
                    "heap tuple {} from table \"{}\" lacks matching index tuple within index \"{}\"",
                    key.address,
                    table.name,
                    index.name
                )
                .hint("Retrying verification using the function bt_index_parent_check() might provide a more specific error."));
            }
        }
    }
    Ok(())
}

/// Verifies a table's pages, rows and values outside of the rows; gives what is wrong.
/// # Errors
/// 42809 for what is no table, and those of reading.
pub fn heap(catalog: &Catalog, relation: Oid) -> Result<Vec<HeapProblem>> {
    lock(catalog, relation, LockMode::AccessShare)?;
    let relation = catalog
        .relation(relation)?
        .ok_or_else(|| error!(UNDEFINED_TABLE, "could not open relation with OID {relation}"))?;
    if !matches!(
        relation.kind,
        RelationKind::Table | RelationKind::Toast | RelationKind::MaterializedView | RelationKind::Sequence
    ) {
        let plural = match kind_name(relation.kind) {
            "index" => "indexes".to_string(),
            other => format!("{other}s"),
        };
        return Err(error!(WRONG_OBJECT_TYPE, "cannot check relation \"{}\"", relation.name)
            .detail(format!("This operation is not supported for {plural}.")));
    }
    let found = access_heap::verify(catalog.access(), &relation.storage, &relation.layout())?;
    let mut problems: Vec<HeapProblem> = found
        .into_iter()
        .map(|problem| HeapProblem {
            block: problem.block.0.into(),
            offset: problem.offset.map(|offset| offset.0.into()),
            attribute: None,
            text: problem.text,
        })
        .collect();
    if problems.is_empty() && relation.toast.is_valid() {
        external_values(catalog, &relation, &mut problems)?;
    }
    Ok(problems)
}

/// Fetches each value that a visible row has outside.
fn external_values(catalog: &Catalog, relation: &Relation, problems: &mut Vec<HeapProblem>) -> Result<()> {
    let access = catalog.access();
    let toast = catalog.toast_table(relation.toast)?;
    let mut attributes = vec![AttributeNumber::CTID];
    let live = relation.live_columns().map(|column| column.number);
    attributes.extend(live);
    let mut reader = ColumnReader::new(relation.oid, relation.layout(), &attributes);
    let mut batch = Batch::new(reader.types().iter().copied());
    let mut scan = HeapScan::new(access, relation.storage, catalog.session().latest_snapshot())?;
    while scan.next_batch(access, &mut reader, &mut batch)? {
        for external in reader.pending.drain(..) {
            let fetched = access_toast::fetch(access, &toast, &external.pointer)
                .and_then(|stored| external.fill(&mut batch.columns, &stored));
            if let Err(error) = fetched {
                let address: common::TupleId = batch.columns[0].get(external.row);
                problems.push(HeapProblem {
                    block: address.block.0.into(),
                    offset: Some(address.offset.0.into()),
                    attribute: Some(attributes[external.column].0.into()),
                    text: error.message().to_string(),
                });
            }
        }
    }
    Ok(())
}
