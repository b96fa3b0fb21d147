//! The YAML form: a list with one mapping, laid out as PostgreSQL does.

use super::document::Document;
use super::json::quoted;

pub(super) fn render(members: &[(String, Document)]) -> String {
    format!("- {}", mapping(members, 2).trim_start())
}

/// Without the list around it.
pub(super) fn render_alone(members: &[(String, Document)]) -> String {
    mapping(members, 0)
}

fn mapping(members: &[(String, Document)], indent: usize) -> String {
    let lines: Vec<String> = members
        .iter()
        .map(|(name, value)| format!("{:indent$}{name}: {}", "", document(value, indent + 2)))
        .collect();
    lines.join("\n")
}

/// What stands behind the name and a space; what is below it begins at `indent`.
fn document(value: &Document, indent: usize) -> String {
    match value {
        Document::Text(text) => quoted(text),
        Document::Plain(text) => text.clone(),
        Document::Texts(texts) => {
            texts.iter().map(|text| format!("\n{:indent$}- {}", "", quoted(text))).collect()
        }
        Document::Object(members) if members.is_empty() => String::new(),
        Document::Object(members) => format!("\n{}", mapping(members, indent)),
        Document::List(_, items) => items
            .iter()
            .map(|item| match item {
                Document::Object(members) => {
                    format!("\n{:indent$}- {}", "", mapping(members, indent + 2).trim_start())
                }
                other => format!("\n{:indent$}- {}", "", document(other, indent + 2)),
            })
            .collect(),
    }
}
