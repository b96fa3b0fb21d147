//! `pg_show_all_settings`: the settings of the session.

use config::{Id, Kind, Setting, Settings, Source, TABLE, value};
use error::Result;
use types::{Array, Column, PhysicalType, Value, oid};

use super::{Viewer, optional};
use crate::client_socket;
use crate::session::settings::is_disabled;

/// One row for each setting, by name; where a value stands in a file is only for superusers.
pub(crate) fn settings(viewer: &Viewer<'_>, settings: &Settings) -> Result<Vec<Vec<Value>>> {
    let sees_files = viewer.has_role(commands::bootstrap::READ_ALL_SETTINGS)?;
    let mut table: Vec<&Setting> = TABLE.iter().collect();
    table.sort_by_key(|setting| setting.name.to_ascii_lowercase());
    Ok(table.into_iter().map(|setting| row(setting, settings, sees_files)).collect())
}

fn row(setting: &Setting, settings: &Settings, sees_files: bool) -> Vec<Value> {
    let (least, most, words) = match setting.kind {
        Kind::Integer { min, max, .. } => (Some(min.to_string()), Some(max.to_string()), None),
        Kind::Real { min, max, .. } => (Some(number(min)), Some(number(max)), None),
        Kind::Choice { values, .. } => (None, None, Some(values)),
        Kind::Bool(_) | Kind::Text(_) => (None, None, None),
    };
    let (file, line) = match settings.source(setting.id) {
        Source::File { file, line } if sees_files => {
            (Some(full_name(settings, file)), Value::Int4(*line as i32))
        }
        _ => (None, Value::Null),
    };
    let disabled = || is_disabled(settings, setting.name).then(|| "(disabled)".to_string());
    let in_force = client_socket::in_force(setting.id).map(|value| value.to_string()).or_else(disabled);
    let unit = setting.kind.unit().as_str();
    vec![
        Value::text(setting.name),
        Value::text(&in_force.unwrap_or_else(|| value::plain(settings.value(setting.id)))),
        optional((!unit.is_empty()).then_some(unit)),
        Value::text(setting.category),
        Value::text(setting.description),
        Value::Null,
        Value::text(setting.context.as_str()),
        Value::text(setting.kind.type_name()),
        Value::text(settings.source(setting.id).as_str()),
        optional(least),
        optional(most),
        words.map_or(Value::Null, text_array),
        Value::text(&value::plain(&value::default_value(setting))),
        Value::text(&value::plain(settings.reset_value(setting.id))),
        optional(file),
        line,
        Value::Bool(settings.is_pending(setting.id)),
    ]
}

/// Files are named from the data directory.
pub(super) fn full_name(settings: &Settings, file: &str) -> String {
    let directory = settings.text(Id::DataDirectory);
    if file.starts_with('/') { file.to_string() } else { format!("{directory}/{file}") }
}

/// What the configuration files say now, line by line, and whether it can be used.
pub(crate) fn file_settings(settings: &Settings) -> Vec<Vec<Value>> {
    let contents = background::configuration::written(settings);
    let mut rows = Vec::new();
    for (at, entry) in contents.entries.iter().enumerate() {
        let is_last =
            !contents.entries[at + 1..].iter().any(|later| later.name.eq_ignore_ascii_case(&entry.name));
        let problem = match config::find(&entry.name) {
            None if entry.name.contains('.') => None,
            None => Some("unrecognized configuration parameter".to_string()),
            Some(setting) => {
                value::parse(setting, &entry.value).err().map(|error| error.message().to_string())
            }
        };
        rows.push(vec![
            Value::text(&full_name(settings, &entry.file)),
            Value::Int4(entry.line as i32),
            Value::Int4(at as i32 + 1),
            Value::text(&entry.name),
            Value::text(&entry.value),
            Value::Bool(is_last && problem.is_none() && contents.faults.is_empty()),
            optional(problem),
        ]);
    }
    for (at, fault) in contents.faults.iter().enumerate() {
        rows.push(vec![
            Value::text(&full_name(settings, &fault.file)),
            Value::Int4(fault.line as i32),
            Value::Int4((contents.entries.len() + at) as i32 + 1),
            Value::Null,
            Value::Null,
            Value::Bool(false),
            Value::text(&fault.message),
        ]);
    }
    rows
}

/// A bound as it is shown: the largest ones in the form of powers.
fn number(value: f64) -> String {
    if value.abs() < 1e15 {
        return value.to_string();
    }
    let text = format!("{value:e}");
    match text.split_once('e') {
        Some((digits, power)) => format!("{digits}e+{power}"),
        None => text,
    }
}

pub(super) fn text_array(words: &[&str]) -> Value {
    let mut column = Column::new(PhysicalType::Text);
    words.iter().for_each(|word| column.push_text(word));
    Value::Array(Box::new(Array::new(oid::TEXT, column)))
}
