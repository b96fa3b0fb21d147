//! The XML form, laid out as PostgreSQL does.

use super::document::Document;

pub(super) fn render(members: &[(String, Document)]) -> String {
    let query =
        element("Query", &members.iter().map(|(name, value)| (&**name, value)).collect::<Vec<_>>(), 2);
    format!("<explain xmlns=\"http://www.postgresql.org/2009/explain\">\n{query}\n</explain>")
}

/// Without the element of the query around it.
pub(super) fn render_alone(members: &[(String, Document)]) -> String {
    let lines: Vec<String> = members.iter().map(|(name, value)| document(name, value, 2)).collect();
    format!("<explain xmlns=\"http://www.postgresql.org/2009/explain\">\n{}\n</explain>", lines.join("\n"))
}

/// An element with other elements in it.
fn element(name: &str, members: &[(&str, &Document)], indent: usize) -> String {
    let tag = tag(name);
    let mut out = format!("{:indent$}<{tag}>\n", "");
    for (name, value) in members {
        out.push_str(&document(name, value, indent + 2));
        out.push('\n');
    }
    out.push_str(&format!("{:indent$}</{tag}>", ""));
    out
}

fn document(name: &str, value: &Document, indent: usize) -> String {
    match value {
        Document::Text(text) | Document::Plain(text) => {
            let tag = tag(name);
            format!("{:indent$}<{tag}>{}</{tag}>", "", escaped(text))
        }
        Document::Texts(texts) => {
            let items: Vec<Document> = texts.iter().map(|text| Document::Text(text.clone())).collect();
            element(name, &items.iter().map(|item| ("Item", item)).collect::<Vec<_>>(), indent)
        }
        Document::Object(members) => {
            element(name, &members.iter().map(|(name, value)| (&**name, value)).collect::<Vec<_>>(), indent)
        }
        Document::List(each, items) => {
            element(name, &items.iter().map(|item| (*each, item)).collect::<Vec<_>>(), indent)
        }
    }
}

fn tag(name: &str) -> String {
    let is_allowed = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_' | '.');
    name.chars().map(|letter| if is_allowed(letter) { letter } else { '-' }).collect()
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '\r' => out.push_str("&#x0d;"),
            other => out.push(other),
        }
    }
    out
}
