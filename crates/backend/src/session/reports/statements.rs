//! `pg_prepared_statement` and `pg_cursor`: what the session has prepared and opened.

use common::Oid;
use protocol::Format;
use types::{Array, Column, PhysicalType, Value, oid};

use super::moment;
use crate::session::portal::Portal;
use crate::session::statement::Statements;

fn type_array(types: impl Iterator<Item = Oid>) -> Value {
    let mut column = Column::new(PhysicalType::Oid);
    types.for_each(|data_type| column.push(data_type));
    Value::Array(Box::new(Array::new(oid::REGTYPE, column)))
}

/// One row for each statement that has a name.
pub(crate) fn prepared_statements(statements: &Statements) -> Vec<Vec<Value>> {
    let statements = statements.borrow();
    let named = statements.iter().filter(|(name, _)| !name.is_empty());
    named
        .map(|(name, prepared)| {
            let results = prepared.result_types();
            vec![
                Value::text(name),
                Value::text(&prepared.source),
                moment(prepared.prepared_us),
                type_array(prepared.parameter_types.iter().copied()),
                results.map_or(Value::Null, |types| type_array(types.into_iter())),
                Value::Bool(prepared.is_sql),
                Value::Int8(0),
                Value::Int8(0),
            ]
        })
        .collect()
}

/// One row for each portal that waits for its next use.
pub(crate) fn cursors<'a>(portals: impl Iterator<Item = (&'a String, &'a Portal)>) -> Vec<Vec<Value>> {
    portals
        .map(|(name, portal)| {
            vec![
                Value::text(name),
                Value::text(&portal.prepared.source),
                Value::Bool(false),
                Value::Bool(portal.formats.first() == Some(&Format::Binary)),
                Value::Bool(false),
                moment(portal.prepared.prepared_us),
            ]
        })
        .collect()
}
