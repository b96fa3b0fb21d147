//! `pg_sequence_parameters` and `pg_get_sequence_data`: how a sequence counts, and how far it is.

use catalog::CatalogView;
use catalog::tables::PgSequence;
use common::Oid;
use error::{Result, error};
use types::Value;

use super::Viewer;

fn sequence(arguments: &[Value]) -> Option<Oid> {
    match arguments.first() {
        Some(Value::Oid(sequence)) => Some(*sequence),
        _ => None,
    }
}

/// The parameters of a sequence, as one row.
pub(crate) fn sequence_parameters(viewer: &Viewer<'_>, arguments: &[Value]) -> Result<Vec<Vec<Value>>> {
    let Some(sequence) = sequence(arguments) else { return Ok(vec![vec![Value::Null; 7]]) };
    let row = viewer.catalog.row::<PgSequence>(PgSequence::BY_SEQRELID, &[Value::Oid(sequence)])?;
    let row = row.ok_or_else(|| error!(INTERNAL_ERROR, "cache lookup failed for sequence {sequence}"))?;
    Ok(vec![vec![
        Value::Int8(row.seqstart),
        Value::Int8(row.seqmin),
        Value::Int8(row.seqmax),
        Value::Int8(row.seqincrement),
        Value::Bool(row.seqcycle),
        Value::Int8(row.seqcache),
        Value::Oid(row.seqtypid),
    ]])
}

/// A sequence's last value and whether it was given out; NULLs for who may not read it.
pub(crate) fn sequence_data(viewer: &Viewer<'_>, arguments: &[Value]) -> Result<Vec<Vec<Value>>> {
    let nothing = || vec![vec![Value::Null; 2]];
    let Some(sequence) = sequence(arguments) else { return Ok(nothing()) };
    if viewer.catalog.relation(sequence)?.is_none() {
        return Ok(nothing());
    }
    let (value, is_called) = commands::sequence::data(viewer.catalog, sequence)?;
    Ok(vec![vec![Value::Int8(value), Value::Bool(is_called)]])
}
