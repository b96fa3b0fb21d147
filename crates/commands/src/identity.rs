//! Identity columns of tables that exist: `ALTER TABLE ... ALTER COLUMN ... ADD GENERATED`, `SET GENERATED`, `DROP IDENTITY`.
//!
//! An identity column has a sequence that is a part of it.

use catalog::tables::PgClass;
use catalog::{Relation, RelationColumn};
use common::Oid;
use error::{Error, Result, error};
use nodes::DataType;
use parser::ast::{DropBehavior, SequenceOption};
use storage_lock::LockMode;

use crate::constraint::column_of;
use crate::create_table::{ColumnExtras, finish_column};
use crate::depend::{self, INTERNAL, Object};
use crate::drop::drop_objects;
use crate::environment::Environment;
use crate::new_relation::{NewColumn, change_attribute};
use crate::sequence;

fn letter(is_always: bool) -> u8 {
    if is_always { b'a' } else { b'd' }
}

/// ADD GENERATED ... AS IDENTITY.
pub(crate) fn add(
    environment: &mut Environment<'_>,
    relation: &Relation,
    column: &str,
    is_always: bool,
    options: &[SequenceOption],
) -> Result<()> {
    let written = column_of(relation, column)?;
    let what = |problem: &str| format!("column \"{column}\" of relation \"{}\" {problem}", relation.name);
    if !written.not_null {
        let text = what("must be declared NOT NULL before identity can be added");
        return Err(Error::new(error::sqlstate::OBJECT_NOT_IN_PREREQUISITE_STATE, text));
    }
    if written.identity != 0 {
        let text = what("is already an identity column");
        return Err(Error::new(error::sqlstate::OBJECT_NOT_IN_PREREQUISITE_STATE, text));
    }
    if written.default.is_some() {
        let text = what("already has a default value");
        return Err(Error::new(error::sqlstate::OBJECT_NOT_IN_PREREQUISITE_STATE, text));
    }
    let data_type =
        DataType { oid: written.data_type, modifier: written.modifier, collation: written.collation };
    let identity = letter(is_always);
    let number = written.number.0;
    let new = NewColumn { identity, ..NewColumn::new(column, data_type) };
    let extras = ColumnExtras { sequence: Some(options), ..ColumnExtras::default() };
    finish_column(environment, relation.oid, number, &new, &extras)?;
    change_attribute(environment.catalog, relation.oid, number, |row| row.attidentity = identity)
}

/// The column's sequence.
fn sequence_of(environment: &Environment<'_>, relation: &Relation, column: &RelationColumn) -> Result<Oid> {
    let object = Object::column(relation.oid, column.number.0);
    let parts = depend::dependents(environment.catalog, object)?;
    let sequence = parts.iter().find(|(part, kind)| *kind == INTERNAL && part.class == PgClass::OID);
    let found = sequence.map(|(part, _)| part.oid);
    found.ok_or_else(|| Error::internal(format!("no owned sequence found for column \"{}\"", column.name)))
}

fn no_identity(relation: &Relation, column: &str) -> Error {
    error!(
        OBJECT_NOT_IN_PREREQUISITE_STATE,
        "column \"{column}\" of relation \"{}\" is not an identity column", relation.name
    )
}

/// SET GENERATED, and SET with options of the sequence.
pub(crate) fn set(
    environment: &mut Environment<'_>,
    relation: &Relation,
    column: &str,
    always: Option<bool>,
    options: &[SequenceOption],
) -> Result<()> {
    let written = column_of(relation, column)?;
    if written.identity == 0 {
        return Err(no_identity(relation, column));
    }
    if !options.is_empty() {
        let sequence = sequence_of(environment, relation, written)?;
        environment.lock_relation(sequence, LockMode::ShareRowExclusive)?;
        let sequence = environment.current(sequence)?;
        sequence::alter(environment, &sequence, options)?;
    }
    match always {
        None => Ok(()),
        Some(is_always) => {
            let number = written.number.0;
            change_attribute(environment.catalog, relation.oid, number, |row| {
                row.attidentity = letter(is_always);
            })
        }
    }
}

/// DROP IDENTITY: the sequence goes.
pub(crate) fn remove(
    environment: &mut Environment<'_>,
    relation: &Relation,
    column: &str,
    if_exists: bool,
) -> Result<()> {
    let written = column_of(relation, column)?;
    if written.identity == 0 {
        let error = no_identity(relation, column);
        if !if_exists {
            return Err(error);
        }
        let text = format!("{}, skipping", error.message());
        environment.notice(Error::new(error::sqlstate::SUCCESSFUL_COMPLETION, text));
        return Ok(());
    }
    let sequence = sequence_of(environment, relation, written)?;
    change_attribute(environment.catalog, relation.oid, written.number.0, |row| row.attidentity = 0)?;
    environment.catalog.next_command()?;
    depend::forget(environment.catalog, Object::relation(sequence), Some(PgClass::OID))?;
    drop_objects(environment, &[Object::relation(sequence)], DropBehavior::Restrict)
}
