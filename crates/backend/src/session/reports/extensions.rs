//! `pg_available_extensions` and `pg_available_extension_versions`: the extensions that are built in.

use commands::extension::BUILT_IN;
use types::Value;

pub(crate) fn available_extensions() -> Vec<Vec<Value>> {
    let row = |it: &commands::extension::BuiltIn| [it.name, it.version, it.comment].map(Value::text).to_vec();
    BUILT_IN.iter().map(row).collect()
}

pub(crate) fn available_extension_versions() -> Vec<Vec<Value>> {
    let row = |it: &commands::extension::BuiltIn| {
        vec![
            Value::text(it.name),
            Value::text(it.version),
            // Only superusers create it, and it stays in its schema.
            Value::Bool(true),
            Value::Bool(false),
            Value::Bool(false),
            Value::Null,
            Value::Null,
            Value::text(it.comment),
        ]
    };
    BUILT_IN.iter().map(row).collect()
}
