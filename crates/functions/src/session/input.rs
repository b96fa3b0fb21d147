//! Whether a text is valid input for a type, without raising the error.

use error::{Error, Result};
use expression::sql::*;
use expression::{CallContext, FunctionDeclaration, RowSource};
use types::Value;
use types::io::{self, Context};
use types::oid::*;

use crate::sets::Table;

/// The error that the text causes; `None` when it is valid.
/// # Errors
/// 42704 for an unknown type, and errors that are not about the text.
fn fault(context: &mut CallContext<'_>, text: &str, type_name: &str) -> Result<Option<Error>> {
    let (data_type, modifier) = context.session.type_of_name(type_name)?;
    let input = Context { settings: context.settings, catalog: context.session.catalog() };
    match io::input(data_type, modifier, text, &input) {
        Ok(_) => Ok(None),
        // Class 22 is about data.
        Err(error) if error.sqlstate().as_str().starts_with("22") => Ok(Some(error)),
        Err(error) => Err(error),
    }
}

fn error_info(context: &mut CallContext<'_>, values: &[Value]) -> Result<Box<dyn RowSource>> {
    let text = |at: usize| values.get(at).and_then(Value::as_str).unwrap_or_default();
    let found = fault(context, text(0), text(1))?;
    let optional = |text: Option<&str>| text.map_or(Value::Null, Value::text);
    let row = match &found {
        None => vec![Value::Null; 4],
        Some(error) => {
            let report = error.report();
            vec![
                Value::text(&report.message),
                optional(report.detail.as_deref()),
                optional(report.hint.as_deref()),
                Value::text(error.sqlstate().as_str()),
            ]
        }
    };
    Ok(Table::boxed(vec![row]))
}

expression::builtins! {
    pub static FUNCTIONS:
    6210 "pg_input_is_valid" (value: text, type_name: text) using context -> bool_, strict stable {
        Ok(fault(context, value, type_name)?.is_none())
    }
}

/// The function that returns a row.
pub static SETS: &[FunctionDeclaration] = crate::sets::declare! {
    6211 "pg_input_error_info" (value: text, type_name: text) -> record, strict stable rows(1.0)
        argument_names(&["value", "type_name"])
        columns(&[("message", TEXT), ("detail", TEXT), ("hint", TEXT), ("sql_error_code", TEXT)]) = error_info;
};
