//! What the lines of pg_hba.conf and pg_ident.conf say, for people to look at: the views of both files.
//!
//! The files are read anew; what the server goes by may be older, or be kept because these have faults.

use error::Error;

use crate::address::AddressPattern;
use crate::hba::{self, HbaEntry};
use crate::ident;
use crate::tokenizer::{self, Line};

/// A line, or what is wrong with it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FileLine<T> {
    pub file: String,
    /// 0 when the fault is the file's.
    pub number: u32,
    pub content: Result<T, String>,
}

/// A rule of pg_hba.conf.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct HbaRule {
    pub connection_type: String,
    pub databases: Vec<String>,
    pub roles: Vec<String>,
    /// A keyword, a host's name, or an address with its mask.
    pub address: Option<String>,
    pub mask: Option<String>,
    pub method: &'static str,
    /// `name=value`.
    pub options: Vec<String>,
}

/// A line of pg_ident.conf.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct IdentMapping {
    pub map: String,
    pub system_user: String,
    pub role: String,
}

/// The lines of pg_hba.conf.
pub fn hba_rules(path: &str) -> Vec<FileLine<HbaRule>> {
    lines(path, |line| match hba::parse(line) {
        Ok(entry) => Ok(rule(line, &entry)),
        Err(fault) => Err(fault.message),
    })
}

/// The lines of pg_ident.conf; a file that is missing is an empty one.
pub fn ident_mappings(path: &str) -> Vec<FileLine<IdentMapping>> {
    if !std::path::Path::new(path).exists() {
        return Vec::new();
    }
    let text = |line: &Line, at: usize| {
        line.fields
            .get(at)
            .and_then(|field| field.first())
            .map(|token| token.text.clone())
            .unwrap_or_default()
    };
    lines(path, |line| {
        ident::parse(line).map(|_| IdentMapping {
            map: text(line, 0),
            system_user: text(line, 1),
            role: text(line, 2),
        })
    })
}

fn lines<T>(path: &str, read: impl Fn(&Line) -> Result<T, String>) -> Vec<FileLine<T>> {
    let mut faults = Vec::new();
    let found = tokenizer::read(path, &mut faults).unwrap_or_else(|fault| {
        faults.push(fault);
        Vec::new()
    });
    let mut lines: Vec<FileLine<T>> = found
        .iter()
        .map(|line| FileLine { file: line.file.clone(), number: line.number, content: read(line) })
        .collect();
    lines.extend(faults.iter().map(|fault| faulty(path, fault)));
    lines
}

/// A fault that kept a line, or a whole file, from being taken apart; its place is in its context.
fn faulty<T>(path: &str, fault: &Error) -> FileLine<T> {
    let context = fault.report().context.as_deref().unwrap_or_default();
    let place = context
        .strip_prefix("line ")
        .and_then(|rest| rest.split_once(" of configuration file \""))
        .and_then(|(number, file)| Some((number.parse().ok()?, file.strip_suffix('"')?)));
    let (number, file) = place.unwrap_or((0, path));
    FileLine { file: file.to_string(), number, content: Err(fault.message().to_string()) }
}

fn rule(line: &Line, entry: &HbaEntry) -> HbaRule {
    let texts = |at: usize| -> Vec<String> {
        line.fields.get(at).into_iter().flatten().map(|token| token.text.clone()).collect()
    };
    let is_local = texts(0).first().is_some_and(|kind| kind == "local");
    let (address, mask) = match entry.address() {
        _ if is_local => (None, None),
        AddressPattern::All => (Some("all".to_string()), None),
        AddressPattern::SameHost => (Some("samehost".to_string()), None),
        AddressPattern::SameNet => (Some("samenet".to_string()), None),
        AddressPattern::Range { address, mask } => (Some(address.to_string()), Some(mask.to_string())),
        AddressPattern::HostName(name) => (Some(name.clone()), None),
    };
    HbaRule {
        connection_type: texts(0).concat(),
        databases: texts(1),
        roles: texts(2),
        address,
        mask,
        method: entry.method.name(),
        options: entry.map.iter().map(|map| format!("map={map}")).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each line is shown as it was understood, or with what is wrong with it.
    #[test]
    fn lines_are_shown() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let path = file.path().to_str().unwrap();
        std::fs::write(
            path,
            "# x\nlocal a,\"all\" +s peer map=m\nhost all all ::1/128 trust\nhost all all x\n",
        )
        .unwrap();
        let found = hba_rules(path);
        assert_eq!(found.iter().map(|line| line.number).collect::<Vec<_>>(), [2, 3, 4]);
        let first = found[0].content.as_ref().unwrap();
        assert_eq!(
            (first.databases.join(" "), &first.address, first.method),
            ("a all".into(), &None, "peer")
        );
        assert_eq!(
            (&first.roles[..], &first.options[..]),
            (&["+s".to_string()][..], &["map=m".to_string()][..])
        );
        let second = found[1].content.as_ref().unwrap();
        assert_eq!(second.address.as_deref(), Some("::1"));
        assert_eq!(second.mask.as_deref(), Some("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"));
        assert_eq!(found[2].content, Err("end-of-line before authentication method".to_string()));
        std::fs::write(path, "m a b\nm a\n").unwrap();
        let found = ident_mappings(path);
        let first = IdentMapping { map: "m".into(), system_user: "a".into(), role: "b".into() };
        assert_eq!(found[0].content, Ok(first));
        assert_eq!(found[1].content, Err("missing entry at end of line".to_string()));
        assert_eq!(hba_rules("/nowhere")[0].number, 0);
    }
}
