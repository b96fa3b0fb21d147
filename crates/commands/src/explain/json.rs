//! The JSON form: an array with one object, laid out as PostgreSQL does.

use super::document::Document;

pub(super) fn render(members: &[(String, Document)]) -> String {
    format!("[\n  {}\n]", object(members, 1))
}

/// Without the list around it.
pub(super) fn render_alone(members: &[(String, Document)]) -> String {
    object(members, 0)
}

fn object(members: &[(String, Document)], depth: usize) -> String {
    let indent = 2 * depth + 2;
    let lines: Vec<String> = members
        .iter()
        .map(|(name, value)| format!("{:indent$}\"{name}\": {}", "", document(value, depth + 1)))
        .collect();
    format!("{{\n{}\n{:width$}}}", lines.join(",\n"), "", width = 2 * depth)
}

fn document(value: &Document, depth: usize) -> String {
    match value {
        Document::Text(text) => quoted(text),
        Document::Plain(text) => text.clone(),
        Document::Texts(texts) => {
            let items: Vec<String> = texts.iter().map(|text| quoted(text)).collect();
            format!("[{}]", items.join(", "))
        }
        Document::Object(members) => object(members, depth),
        Document::List(_, items) if items.is_empty() => format!("[\n{:width$}]", "", width = 2 * depth),
        Document::List(_, items) => {
            let indent = 2 * depth + 2;
            let items: Vec<String> =
                items.iter().map(|item| format!("{:indent$}{}", "", document(item, depth + 1))).collect();
            format!("[\n{}\n{:width$}]", items.join(",\n"), "", width = 2 * depth)
        }
    }
}

/// A string of JSON.
pub(super) fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for letter in text.chars() {
        match letter {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            control if control < ' ' => out.push_str(&format!("\\u{:04x}", control as u32)),
            other => out.push(other),
        }
    }
    out.push('"');
    out
}
