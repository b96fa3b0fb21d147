//! Names in the files: plain, keyword, group (`+role`), or regular expression (`/...`).

use regex_automata::meta::Regex;

use crate::tokenizer::Token;

#[derive(Clone, Debug)]
pub enum Pattern {
    /// `all`.
    All,
    /// An unquoted word that means something in its place (`sameuser`, `replication` ...), or a name.
    Name(Token),
    /// Members of the role.
    Members(String),
    Expression(Regex),
}

impl Pattern {
    /// The error is a message without its place.
    pub fn parse(token: &Token) -> Result<Pattern, String> {
        if token.is("all") {
            return Ok(Pattern::All);
        }
        if token.quoted {
            return Ok(Pattern::Name(token.clone()));
        }
        if let Some(role) = token.text.strip_prefix('+') {
            return Ok(Pattern::Members(role.to_string()));
        }
        match token.text.strip_prefix('/') {
            Some(source) => {
                let regex = Regex::new(source)
                    .map_err(|cause| format!("invalid regular expression \"{source}\": {cause}"))?;
                Ok(Pattern::Expression(regex))
            }
            None => Ok(Pattern::Name(token.clone())),
        }
    }

    /// Whether it stands for this role, whose memberships are given.
    pub fn matches_role(&self, name: &str, memberships: &[String]) -> bool {
        match self {
            Pattern::All => true,
            Pattern::Name(token) => token.text == name,
            Pattern::Members(role) => role == name || memberships.contains(role),
            Pattern::Expression(regex) => regex.is_match(name),
        }
    }
}
