//! Type names to types: search path, modifiers, arrays.

use catalog::CatalogView;
use catalog::tables::PgType;
use common::Oid;
use error::{Error, Result, error};
use nodes::DataType;
use parser::ast::{Constant, Expression, ExpressionKind, TypeName};
use std::rc::Rc;
use types::oid;

use crate::resolve::schema_of;
use crate::type_format::{ARRAY_SUBSCRIPT, BIT, TIMETZ, VARBIT};

/// The type that a name means. `source` is the text that its locations point into.
///
/// # Errors
/// 42704 for an unknown type, 42601 and 22023 for wrong modifiers.
pub fn resolve_type_name(name: &TypeName, source: &str, catalog: &dyn CatalogView) -> Result<DataType> {
    let place = |error: Error| {
        let before = source.get(..name.location as usize);
        error.at(before.map_or(0, |before| before.chars().count() + 1))
    };
    let Some(found) = look_up(name, catalog).map_err(place)? else {
        return Err(place(error!(UNDEFINED_OBJECT, "type \"{}\" does not exist", written(name))));
    };
    if !found.typisdefined {
        return Err(place(error!(UNDEFINED_OBJECT, "type \"{}\" is only a shell", written(name))));
    }
    let modifier = modifier(name, &found).map_err(place)?;
    let row = match name.array_bounds.is_empty() || is_array(&found) {
        true => found,
        false => {
            let array = catalog.data_type(found.typarray)?;
            array.ok_or_else(|| {
                place(error!(UNDEFINED_OBJECT, "could not find array type for data type {}", &*found.typname))
            })?
        }
    };
    let modifier = if modifier == -1 && row.typtype == b'd' { -1 } else { modifier };
    Ok(DataType { oid: row.oid, modifier, collation: row.typcollation })
}

pub(crate) fn is_array(row: &PgType) -> bool {
    row.typsubscript.0 == ARRAY_SUBSCRIPT && row.typelem.is_valid() && row.typlen == -1
}

/// The type's row, modifiers and array bounds aside.
fn look_up(name: &TypeName, catalog: &dyn CatalogView) -> Result<Option<Rc<PgType>>> {
    if name.is_column_type {
        return column_type(name, catalog);
    }
    match name.name.as_slice() {
        [only] => {
            for schema in catalog.search_path()?.iter() {
                if let Some(found) = catalog.type_by_name(*schema, only)? {
                    return Ok(Some(found));
                }
            }
            Ok(None)
        }
        [.., schema, last] => catalog.type_by_name(schema_of(schema, catalog)?, last),
        [] => Ok(None),
    }
}

/// `table.column%TYPE`.
fn column_type(name: &TypeName, catalog: &dyn CatalogView) -> Result<Option<Rc<PgType>>> {
    let [path @ .., column] = name.name.as_slice() else { return Ok(None) };
    let found = match path {
        [table] => crate::resolve::find_in_path(table, catalog)?,
        [.., schema, table] => catalog.relation_by_name(schema_of(schema, catalog)?, table)?,
        [] => return Err(error!(SYNTAX_ERROR, "improper %TYPE reference (too few dotted names): {column}")),
    };
    let table = path.join(".");
    let relation = match found {
        Some(found) => catalog.relation(found)?,
        None => None,
    };
    let relation = relation.ok_or_else(|| error!(UNDEFINED_TABLE, "relation \"{table}\" does not exist"))?;
    let found = relation.column(column).ok_or_else(|| {
        error!(UNDEFINED_COLUMN, "column \"{column}\" of relation \"{table}\" does not exist")
    })?;
    catalog.data_type(found.data_type)
}

/// The name as written, for messages.
pub(crate) fn written(name: &TypeName) -> String {
    let mut text = name.name.join(".");
    if name.is_column_type {
        text.push_str("%TYPE");
    }
    if !name.array_bounds.is_empty() {
        text.push_str("[]");
    }
    text
}

fn modifier(name: &TypeName, row: &PgType) -> Result<i32> {
    if name.modifiers.is_empty() {
        return Ok(-1);
    }
    let values = name.modifiers.iter().map(integer).collect::<Result<Vec<i32>>>()?;
    let invalid = || error!(INVALID_PARAMETER_VALUE, "invalid type modifier");
    let length = |label: &str| match values.as_slice() {
        [length] if *length < 1 => {
            Err(error!(INVALID_PARAMETER_VALUE, "length for type {label} must be at least 1"))
        }
        [length] if *length > MAX_LENGTH => {
            Err(error!(INVALID_PARAMETER_VALUE, "length for type {label} cannot exceed {MAX_LENGTH}"))
        }
        [length] => Ok(*length),
        _ => Err(invalid()),
    };
    let time = |label: &str, zone: &str| match values.as_slice() {
        [precision] if *precision < 0 => {
            Err(error!(INVALID_PARAMETER_VALUE, "{label}({precision}){zone} precision must not be negative"))
        }
        [precision] => Ok((*precision).min(MAX_TIME_PRECISION)),
        _ => Err(invalid()),
    };
    match row.oid {
        oid::VARCHAR => Ok(length("varchar")? + 4),
        oid::BPCHAR => Ok(length("char")? + 4),
        BIT => length("bit"),
        VARBIT => length("bit varying"),
        oid::TIME => time("TIME", ""),
        TIMETZ => time("TIME", " WITH TIME ZONE"),
        oid::TIMESTAMP => time("TIMESTAMP", ""),
        oid::TIMESTAMPTZ => time("TIMESTAMP", " WITH TIME ZONE"),
        oid::INTERVAL => interval(&values),
        oid::NUMERIC => numeric(&values),
        _ => Err(error!(SYNTAX_ERROR, "type modifier is not allowed for type \"{}\"", written(name))),
    }
}

fn numeric(values: &[i32]) -> Result<i32> {
    let (precision, scale) = match values {
        [precision] => (*precision, 0),
        [precision, scale] => (*precision, *scale),
        _ => return Err(error!(INVALID_PARAMETER_VALUE, "invalid NUMERIC type modifier")),
    };
    if !(1..=1000).contains(&precision) {
        return Err(error!(
            INVALID_PARAMETER_VALUE,
            "NUMERIC precision {precision} must be between 1 and 1000"
        ));
    }
    if !(-1000..=1000).contains(&scale) {
        return Err(error!(INVALID_PARAMETER_VALUE, "NUMERIC scale {scale} must be between -1000 and 1000"));
    }
    Ok(((precision << 16) | (scale & 0x7ff)) + 4)
}

fn interval(values: &[i32]) -> Result<i32> {
    match values {
        [mask] => Ok(((mask & 0x7fff) << 16) | 0xffff),
        [_, precision] if *precision < 0 => {
            Err(error!(INVALID_PARAMETER_VALUE, "INTERVAL({precision}) precision must not be negative"))
        }
        [mask, precision] => Ok(((mask & 0x7fff) << 16) | (*precision).min(MAX_TIME_PRECISION)),
        _ => Err(error!(INVALID_PARAMETER_VALUE, "invalid INTERVAL type modifier")),
    }
}

fn integer(value: &Expression) -> Result<i32> {
    let text = match &value.kind {
        ExpressionKind::Constant(Constant::Integer(value)) => return Ok(*value),
        ExpressionKind::Constant(Constant::Number(text) | Constant::String(text)) => text.as_str(),
        ExpressionKind::ColumnRef(column) if column.fields.len() == 1 => column.fields[0].as_str(),
        _ => return Err(error!(SYNTAX_ERROR, "type modifiers must be simple constants or identifiers")),
    };
    text.parse()
        .map_err(|_| error!(INVALID_TEXT_REPRESENTATION, "invalid input syntax for type integer: \"{text}\""))
}

/// The collation of a type when nothing else is said.
pub(crate) fn plain(row: &PgType) -> DataType {
    DataType { oid: row.oid, modifier: -1, collation: row.typcollation }
}

const MAX_LENGTH: i32 = 10_485_760;
const MAX_TIME_PRECISION: i32 = 6;

/// The array type over an element type; `INVALID` when there is none.
pub(crate) fn array_type(element: Oid, catalog: &dyn CatalogView) -> Result<Oid> {
    Ok(catalog.data_type(element)?.map_or(Oid::INVALID, |row| row.typarray))
}
