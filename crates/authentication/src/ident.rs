//! pg_ident.conf: which account of the operating system may be which role.

use error::{Error, Result};

use crate::pattern::Pattern;
use crate::tokenizer::{self, Line, Token};

#[derive(Clone, Debug)]
pub(crate) struct IdentEntry {
    map: String,
    system_user: Pattern,
    role: Token,
    role_pattern: Pattern,
}

#[derive(Clone, Default, Debug)]
pub struct IdentTable {
    entries: Vec<IdentEntry>,
}

impl IdentTable {
    /// Reads the file.
    /// # Errors
    /// All faults, each with its place.
    pub fn load(path: &str) -> Result<IdentTable, Vec<Error>> {
        let mut faults = Vec::new();
        let lines = match tokenizer::read(path, &mut faults) {
            Ok(lines) => lines,
            Err(fault) => return Err(vec![fault]),
        };
        let mut entries = Vec::new();
        for line in &lines {
            match parse(line) {
                Ok(entry) => entries.push(entry),
                Err(message) => faults.push(line.fault(message)),
            }
        }
        if faults.is_empty() { Ok(IdentTable { entries }) } else { Err(faults) }
    }

    /// Whether the map lets the account be the role. Without a map they must have the same name.
    pub fn allows(&self, map: Option<&str>, system_user: &str, role: &str, memberships: &[String]) -> bool {
        let Some(map) = map else { return system_user == role };
        self.entries.iter().any(|entry| entry.map == map && entry.allows(system_user, role, memberships))
    }
}

impl IdentEntry {
    fn allows(&self, system_user: &str, role: &str, memberships: &[String]) -> bool {
        match &self.system_user {
            Pattern::All => false,
            Pattern::Name(token) => {
                token.text == system_user && self.role_pattern.matches_role(role, memberships)
            }
            Pattern::Members(name) => {
                system_user.strip_prefix('+') == Some(name)
                    && self.role_pattern.matches_role(role, memberships)
            }
            Pattern::Expression(regex) => {
                let mut captures = regex.create_captures();
                regex.captures(system_user, &mut captures);
                if !captures.is_match() {
                    return false;
                }
                match captures.get_group(1) {
                    // What the first parentheses matched stands for \1 in the role.
                    Some(group) if self.role.text.contains("\\1") => {
                        self.role.text.replacen("\\1", &system_user[group.range()], 1) == role
                    }
                    _ => self.role_pattern.matches_role(role, memberships),
                }
            }
        }
    }
}

pub(crate) fn parse(line: &Line) -> Result<IdentEntry, String> {
    let token = |at: usize| -> Result<&Token, String> {
        match line.fields.get(at).map(Vec::as_slice) {
            Some([token]) => Ok(token),
            None | Some([]) => Err("missing entry at end of line".to_string()),
            Some(_) => Err("multiple values in ident field".to_string()),
        }
    };
    let role = token(2)?;
    let system_user = match Pattern::parse(token(1)?)? {
        // `all` has no special meaning for accounts.
        Pattern::All => Pattern::Name(Token { quoted: true, ..token(1)?.clone() }),
        pattern => pattern,
    };
    Ok(IdentEntry {
        map: token(0)?.text.clone(),
        system_user,
        role_pattern: Pattern::parse(role)?,
        role: role.clone(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Plain names, expressions with \1, groups and `all`; without a map the names must be equal.
    #[test]
    fn maps() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let text = "m  ann  bob\nm /^(.*)@corp$ \\1\nm root all\ng joe +staff\n";
        std::fs::write(file.path(), text).unwrap();
        let table = IdentTable::load(file.path().to_str().unwrap()).unwrap();
        let staff = ["staff".to_string()];
        assert!(table.allows(Some("m"), "ann", "bob", &[]));
        assert!(!table.allows(Some("m"), "ann", "ann", &[]));
        assert!(table.allows(Some("m"), "eve@corp", "eve", &[]));
        assert!(!table.allows(Some("m"), "eve@corp", "ann", &[]));
        assert!(table.allows(Some("m"), "root", "anybody", &[]));
        assert!(table.allows(Some("g"), "joe", "ann", &staff));
        assert!(!table.allows(Some("g"), "joe", "ann", &[]));
        assert!(table.allows(None, "ann", "ann", &[]) && !table.allows(None, "ann", "bob", &[]));
        std::fs::write(file.path(), "m ann\n").unwrap();
        let faults = IdentTable::load(file.path().to_str().unwrap()).unwrap_err();
        assert_eq!(faults[0].message(), "missing entry at end of line");
    }
}
