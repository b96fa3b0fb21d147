//! Values as JSON: `to_json`, `array_to_json`, `json_build_object`, `json_build_array`. JSON is text here; none is taken apart.

use common::Oid;
use error::{Error, Result, error};
use expression::sql::*;
use expression::{CallContext, FunctionDeclaration, Implementation};
use types::io::{self, Context};
use types::settings::DateFormat;
use types::{Array, Column, FormatSettings, Rows, Value, oid};

use crate::text::quote::{Values, fill_texts};

/// Appends a string with its quotes.
fn write_string(text: &str, out: &mut String) {
    out.push('"');
    for letter in text.chars() {
        match letter {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            control if control < ' ' => out.push_str(&format!("\\u{:04x}", u32::from(control))),
            other => out.push(other),
        }
    }
    out.push('"');
}

/// The text of a value, times in the form of ISO 8601 whatever the session's style.
fn plain_text(context: &CallContext<'_>, data_type: Oid, value: &Value) -> Result<String> {
    if !matches!(data_type, oid::DATE | oid::TIMESTAMP | oid::TIMESTAMPTZ) {
        return io::output_text(data_type, value, &context.io());
    }
    let settings = FormatSettings { date_format: DateFormat::Iso, ..context.settings.clone() };
    let text = io::output_text(
        data_type,
        value,
        &Context { settings: &settings, catalog: context.session.catalog() },
    )?;
    let Some((date, time)) = text.split_once(' ').filter(|(_, time)| time.contains(':')) else {
        return Ok(text);
    };
    // Offsets are written with their minutes.
    let is_short = time.rfind(['+', '-']).is_some_and(|sign| time.len() - sign == 3);
    let minutes = if data_type == oid::TIMESTAMPTZ && is_short { ":00" } else { "" };
    Ok(format!("{date}T{time}{minutes}"))
}

fn write_array(context: &CallContext<'_>, array: &Array, out: &mut String) -> Result<()> {
    let lengths: Vec<usize> = array.dimensions.iter().map(|dimension| dimension.length as usize).collect();
    let mut next = 0;
    if lengths.is_empty() {
        out.push_str("[]");
        return Ok(());
    }
    write_dimension(context, array, &lengths, &mut next, out)
}

fn write_dimension(
    context: &CallContext<'_>,
    array: &Array,
    lengths: &[usize],
    next: &mut usize,
    out: &mut String,
) -> Result<()> {
    out.push('[');
    for at in 0..lengths[0] {
        if at > 0 {
            out.push(',');
        }
        if lengths.len() > 1 {
            write_dimension(context, array, &lengths[1..], next, out)?;
        } else {
            write_value(context, array.element_type, &array.elements.value(*next), out)?;
            *next += 1;
        }
    }
    out.push(']');
    Ok(())
}

fn write_value(context: &CallContext<'_>, data_type: Oid, value: &Value, out: &mut String) -> Result<()> {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
        Value::Array(array) => write_array(context, array, out)?,
        Value::Record(_) => return Err(Error::unsupported("rows as JSON are not supported yet")),
        value => {
            let text = plain_text(context, data_type, value)?;
            let is_number = matches!(
                data_type,
                oid::INT2 | oid::INT4 | oid::INT8 | oid::FLOAT4 | oid::FLOAT8 | oid::NUMERIC
            );
            // NaN and the infinities are no numbers in JSON.
            let is_finite = text.ends_with(|last: char| last.is_ascii_digit());
            if data_type == oid::JSON || is_number && is_finite {
                out.push_str(&text);
            } else {
                write_string(&text, out);
            }
        }
    }
    Ok(())
}

fn json_of(context: &CallContext<'_>, value: &Value) -> Result<String> {
    let data_type = context.argument_types.first().copied().unwrap_or(oid::TEXT);
    let mut out = String::new();
    write_value(context, data_type, value, &mut out)?;
    Ok(out)
}

fn object(context: &CallContext<'_>, members: &Values) -> Result<String> {
    if !members.values.len().is_multiple_of(2) {
        return Err(error!(INVALID_PARAMETER_VALUE, "argument list must have even number of elements")
            .hint("The arguments of json_build_object() must consist of alternating keys and values."));
    }
    let mut out = String::from("{");
    for (at, (pair, types)) in members.values.chunks(2).zip(members.types.chunks(2)).enumerate() {
        if at > 0 {
            out.push_str(", ");
        }
        match &pair[0] {
            Value::Null => {
                return Err(error!(NULL_VALUE_NOT_ALLOWED, "null value not allowed for object key"));
            }
            Value::Array(_) | Value::Record(_) => return Err(no_scalar()),
            _ if types[0] == oid::JSON => return Err(no_scalar()),
            Value::Bool(key) => write_string(if *key { "true" } else { "false" }, &mut out),
            key => write_string(&plain_text(context, types[0], key)?, &mut out),
        }
        out.push_str(" : ");
        write_value(context, types[1], &pair[1], &mut out)?;
    }
    out.push('}');
    Ok(out)
}

fn no_scalar() -> Error {
    error!(INVALID_PARAMETER_VALUE, "key value must be scalar, not array, composite, or json")
}

fn array(context: &CallContext<'_>, members: &Values) -> Result<String> {
    let mut out = String::from("[");
    for (at, (value, data_type)) in members.values.iter().zip(&members.types).enumerate() {
        if at > 0 {
            out.push_str(", ");
        }
        write_value(context, *data_type, value, &mut out)?;
    }
    out.push(']');
    Ok(out)
}

fn build_object(
    context: &mut CallContext<'_>,
    arguments: &[&Column],
    rows: Rows<'_>,
    out: &mut Column,
) -> Result<()> {
    fill_texts(rows, out, |row| object(context, &Values::of(context, arguments, 0, row)).map(Some))
}

fn build_array(
    context: &mut CallContext<'_>,
    arguments: &[&Column],
    rows: Rows<'_>,
    out: &mut Column,
) -> Result<()> {
    fill_texts(rows, out, |row| array(context, &Values::of(context, arguments, 0, row)).map(Some))
}

expression::builtins! {
    pub static FUNCTIONS:
    3176 "to_json" (value: anyelement) using context -> json, strict stable { json_of(context, &value.value()) }
    3153 "array_to_json" (array: anyarray) using context -> json, strict stable {
        let mut out = String::new();
        write_array(context, array, &mut out)?;
        Ok(out)
    }
}

/// With any number of arguments.
pub static VARIADIC: &[FunctionDeclaration] = &[
    FunctionDeclaration::new(
        3198,
        "json_build_array",
        &[oid::ANY],
        oid::JSON,
        Implementation::Scalar(build_array),
    )
    .stable()
    .variadic(oid::ANY),
    FunctionDeclaration::new(3199, "json_build_array", &[], oid::JSON, Implementation::Scalar(build_array))
        .symbol("json_build_array_noargs")
        .stable(),
    FunctionDeclaration::new(
        3200,
        "json_build_object",
        &[oid::ANY],
        oid::JSON,
        Implementation::Scalar(build_object),
    )
    .stable()
    .variadic(oid::ANY),
    FunctionDeclaration::new(3201, "json_build_object", &[], oid::JSON, Implementation::Scalar(build_object))
        .symbol("json_build_object_noargs")
        .stable(),
];
