//! The TOAST table of a table: whether it needs one, and making it.
//!
//! It is a part of its table: it goes with it, has its owner and no type of its own. Rows reach it through `access_toast` alone.

use catalog::tables::*;
use catalog::{PG_TOAST, Relation, RelationKind};
use common::Oid;
use error::Result;
use types::oid;

use crate::bootstrap::{SYSTEM_COLUMNS, attribute_row, class_row};
use crate::depend::{self, INTERNAL, Object};
use crate::environment::Environment;
use crate::index::{self, KeyColumn, NewIndex};
use crate::new_relation::{change_class, create_file, new_relation_oid};

/// Rows of a table that are never longer than this need no TOAST table.
const THRESHOLD: usize = 2032;
/// Header of a row as the rule counts it.
const ROW_HEADER: usize = 23;
/// Most bytes of a character.
const CHARACTER: usize = 4;

/// The columns of every TOAST table, and their types.
pub(crate) const COLUMNS: [(&str, Oid); 3] =
    [("chunk_id", oid::OID), ("chunk_seq", oid::INT4), ("chunk_data", oid::BYTEA)];

/// Bytes that a value of the type has at most; `None` when there is no limit.
fn longest(data_type: Oid, modifier: i32) -> Option<usize> {
    let size = usize::try_from(modifier).ok()?;
    match data_type {
        oid::VARCHAR | oid::BPCHAR => Some(size.saturating_sub(4) * CHARACTER + 4),
        oid::NUMERIC => {
            let precision = (size.saturating_sub(4) >> 16) & 0xffff;
            Some((precision + 6) / 4 * 2 + 8)
        }
        _ => None,
    }
}

fn is_needed(relation: &Relation) -> bool {
    let mut is_toastable = false;
    let mut total = 0;
    let mut is_unlimited = false;
    for column in relation.live_columns() {
        if column.length > 0 {
            total += (column.length as usize).next_multiple_of(4);
            continue;
        }
        is_toastable |= column.storage != b'p';
        match longest(column.data_type, column.modifier) {
            Some(length) => total = total.next_multiple_of(4) + length,
            None => is_unlimited = true,
        }
    }
    let header = (ROW_HEADER + relation.columns.len().div_ceil(8)).next_multiple_of(8);
    is_toastable && (is_unlimited || header + total.next_multiple_of(8) > THRESHOLD)
}

/// Makes the TOAST table if the table needs one and has none.
/// # Errors
/// Those of writing.
pub(crate) fn ensure(environment: &mut Environment<'_>, table: Oid) -> Result<()> {
    let catalog = environment.catalog;
    let relation = environment.current(table)?;
    let has_rows = matches!(relation.kind, RelationKind::Table | RelationKind::MaterializedView);
    if !has_rows || relation.toast.is_valid() || !is_needed(&relation) {
        return Ok(());
    }
    let toast = new_relation_oid(catalog)?;
    let name = format!("pg_toast_{table}");
    catalog.insert(&PgClass {
        relowner: relation.owner,
        reltuples: -1.0,
        relnatts: COLUMNS.len() as i16,
        relpersistence: relation.persistence,
        ..class_row(toast, &name, PG_TOAST, b't')
    })?;
    for (at, (name, data_type)) in COLUMNS.into_iter().enumerate() {
        let attstorage = b'p';
        catalog
            .insert(&PgAttribute { attstorage, ..attribute_row(toast, name, at as i16 + 1, data_type) })?;
    }
    for (name, number, data_type) in SYSTEM_COLUMNS {
        catalog.insert(&PgAttribute { attnotnull: true, ..attribute_row(toast, name, number, data_type) })?;
    }
    create_file(catalog, toast)?;
    depend::depend(catalog, Object::relation(toast), Object::relation(table), INTERNAL)?;
    catalog.next_command()?;
    let key = |number| KeyColumn { number, operator_class: None, collation: None, options: 0 };
    let new = NewIndex {
        name: format!("{name}_index"),
        keys: vec![key(1), key(2)],
        include: Vec::new(),
        is_unique: true,
        is_primary: true,
        nulls_not_distinct: false,
        is_constraint: false,
        options: None,
    };
    let made = environment.current(toast)?;
    index::create(environment, &made, &new)?;
    change_class(catalog, table, |row| row.reltoastrelid = toast)
}
