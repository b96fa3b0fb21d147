//! `pg_hba_file_rules` and `pg_ident_file_mappings`: what the files that rule access say now.

use authentication::{FileLine, hba_rules, ident_mappings};
use config::{Id, Settings};
use types::Value;

use super::optional;
use super::settings::{full_name, text_array};

/// One row for each line of pg_hba.conf.
pub(crate) fn hba_file_rules(settings: &Settings) -> Vec<Vec<Value>> {
    let words = |words: &[String]| text_array(&words.iter().map(String::as_str).collect::<Vec<_>>());
    rows(settings, &hba_rules(settings.text(Id::HbaFile)), 7, |rule| {
        let options = if rule.options.is_empty() { Value::Null } else { words(&rule.options) };
        vec![
            Value::text(&rule.connection_type),
            words(&rule.databases),
            words(&rule.roles),
            optional(rule.address.as_ref()),
            optional(rule.mask.as_ref()),
            Value::text(rule.method),
            options,
        ]
    })
}

/// One row for each line of pg_ident.conf.
pub(crate) fn ident_file_mappings(settings: &Settings) -> Vec<Vec<Value>> {
    rows(settings, &ident_mappings(settings.text(Id::IdentFile)), 3, |mapping| {
        [&mapping.map, &mapping.system_user, &mapping.role].map(|text| Value::text(text)).into()
    })
}

/// Number, place, what the line says, and its fault; only lines without one are numbered.
fn rows<T>(
    settings: &Settings,
    lines: &[FileLine<T>],
    columns: usize,
    show: impl Fn(&T) -> Vec<Value>,
) -> Vec<Vec<Value>> {
    let mut number = 0;
    let row = |line: &FileLine<T>| {
        let place = if line.number == 0 { Value::Null } else { Value::Int4(line.number as i32) };
        let file = Value::text(&full_name(settings, &line.file));
        let mut row = match &line.content {
            Ok(_) => {
                number += 1;
                vec![Value::Int4(number), file, place]
            }
            Err(_) => vec![Value::Null, file, place],
        };
        match &line.content {
            Ok(content) => {
                row.extend(show(content));
                row.push(Value::Null);
            }
            Err(fault) => {
                row.extend(std::iter::repeat_n(Value::Null, columns));
                row.push(Value::text(fault));
            }
        }
        row
    };
    lines.iter().map(row).collect()
}
