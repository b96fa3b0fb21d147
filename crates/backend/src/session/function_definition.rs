//! How a function's arguments and result are written: `pg_get_function_arguments` and its kin.

use catalog::tables::PgProc;
use catalog::{Catalog, CatalogView};
use common::Oid;
use error::Result;
use nodes::Expression;
use types::Value;

/// What of a function is to be written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    Arguments,
    /// The arguments without their defaults.
    IdentityArguments,
    Result,
}

/// The text of a part; `None` when there is no such function, and for the result of a procedure.
pub(crate) fn function_part(catalog: &Catalog, function: Oid, part: Part) -> Result<Option<String>> {
    let Some(row) = catalog.function(function)? else { return Ok(None) };
    match part {
        Part::Result if row.prokind == b'p' => Ok(None),
        Part::Result => result(catalog, &row).map(Some),
        _ => arguments(catalog, &row, part == Part::Arguments).map(Some),
    }
}

fn type_name(catalog: &Catalog, data_type: Oid) -> Result<String> {
    analyzer::type_format::format_type(catalog, data_type, -1)
}

fn arguments(catalog: &Catalog, row: &PgProc, with_defaults: bool) -> Result<String> {
    let types = row.proallargtypes.as_ref().map_or(&row.proargtypes, |all| &all.0);
    let defaults: Vec<String> = match &row.proargdefaults {
        Some(stored) if with_defaults => {
            nodes::text::read_expressions(stored)?.iter().map(constant_text).collect()
        }
        _ => Vec::new(),
    };
    let first_default = row.pronargs as usize - defaults.len();
    let mut parts = Vec::new();
    let mut input = 0;
    for (at, data_type) in types.iter().enumerate() {
        let mode = row.proargmodes.as_ref().and_then(|modes| modes.0.get(at)).copied().unwrap_or(b'i');
        let word = match mode {
            b'o' => "OUT ",
            b'b' => "INOUT ",
            b't' => continue,
            _ if row.provariadic.is_valid() && input + 1 == row.pronargs as usize => "VARIADIC ",
            _ => "",
        };
        let mut part = word.to_string();
        if let Some(name) = row.proargnames.as_ref().and_then(|names| names.get(at))
            && !name.is_empty()
        {
            part.push_str(&parser::quote_identifier(name));
            part.push(' ');
        }
        part.push_str(&type_name(catalog, *data_type)?);
        if mode != b'o' {
            if let Some(default) = input.checked_sub(first_default).and_then(|at| defaults.get(at)) {
                part.push_str(" DEFAULT ");
                part.push_str(default);
            }
            input += 1;
        }
        parts.push(part);
    }
    Ok(parts.join(", "))
}

/// Defaults of built-in functions are numbers.
fn constant_text(expression: &Expression) -> String {
    match expression {
        Expression::Constant(constant) => match &constant.value {
            Value::Float8(number) => format!("{number:?}"),
            value => value.as_i64().map_or_else(String::new, |number| number.to_string()),
        },
        _ => String::new(),
    }
}

fn result(catalog: &Catalog, row: &PgProc) -> Result<String> {
    let name = type_name(catalog, row.prorettype)?;
    Ok(if row.proretset { format!("SETOF {name}") } else { name })
}
