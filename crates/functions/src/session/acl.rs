//! Access control lists: what privileges an object has by default, and lists taken apart.
//!
//! An item is the text `grantee=privileges/grantor`; an asterisk behind a letter lets the grantee pass the privilege on.

use common::Oid;
use error::{Result, error};
use expression::sql::*;
use expression::{CallContext, FunctionDeclaration, RowSource};
use types::{Array, Column, PhysicalType, Value, oid};

use crate::sets::Table;

/// The letters of privileges and their names.
const PRIVILEGES: [(char, &str); 15] = [
    ('a', "INSERT"),
    ('r', "SELECT"),
    ('w', "UPDATE"),
    ('d', "DELETE"),
    ('D', "TRUNCATE"),
    ('x', "REFERENCES"),
    ('t', "TRIGGER"),
    ('X', "EXECUTE"),
    ('U', "USAGE"),
    ('C', "CREATE"),
    ('T', "TEMPORARY"),
    ('c', "CONNECT"),
    ('s', "SET"),
    ('A', "ALTER SYSTEM"),
    ('m', "MAINTAIN"),
];

/// What the owner of a new object of this kind may do, and what everybody may; empty for nothing.
fn defaults(kind: u8) -> Result<(&'static str, &'static str)> {
    Ok(match kind {
        b'c' => ("", ""),
        b'r' => ("arwdDxtm", ""),
        b's' => ("rwU", ""),
        b'd' => ("CTc", "Tc"),
        b'f' => ("X", "X"),
        b'l' | b'T' => ("U", "U"),
        b'L' => ("rw", ""),
        b'n' => ("UC", ""),
        b'p' => ("sA", ""),
        b't' => ("C", ""),
        b'F' | b'S' => ("U", ""),
        other => {
            let kind = char::from(other);
            return Err(error!(INTERNAL_ERROR, "unrecognized object type abbreviation: {kind}"));
        }
    })
}

fn default_items(context: &mut CallContext<'_>, kind: u8, owner: Oid) -> Result<Array> {
    let (own, everybody) = defaults(kind)?;
    let owner = match context.session.role_name(owner)? {
        Some(name) => crate::text::quote::quote_identifier(&name),
        None => owner.to_string(),
    };
    let mut items = Column::new(PhysicalType::Text);
    if !everybody.is_empty() {
        items.push_text(&format!("={everybody}/{owner}"));
    }
    if !own.is_empty() {
        items.push_text(&format!("{owner}={own}/{owner}"));
    }
    Ok(Array::new(oid::ACLITEM, items))
}

/// The role at the start of a text, and what follows it.
fn split_role(text: &str) -> (String, &str) {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find(['=', '/']).unwrap_or(text.len());
        return (text[..end].to_owned(), &text[end..]);
    };
    let mut name = String::new();
    let mut rest = quoted;
    while let Some(end) = rest.find('"') {
        name.push_str(&rest[..end]);
        rest = &rest[end + 1..];
        match rest.strip_prefix('"') {
            Some(more) => {
                name.push('"');
                rest = more;
            }
            None => break,
        }
    }
    (name, rest)
}

fn role_number(context: &mut CallContext<'_>, name: &str) -> Result<Value> {
    // A role that is gone is shown by its number; nobody is everybody.
    let role = match name {
        "" => Oid::INVALID,
        _ => match name.parse() {
            Ok(number) => Oid(number),
            Err(_) => context.session.role_of_name(name)?,
        },
    };
    Ok(Value::Oid(role))
}

fn explode(context: &mut CallContext<'_>, values: &[Value]) -> Result<Box<dyn RowSource>> {
    let mut rows = Vec::new();
    if let Some(Value::Array(items)) = values.first() {
        for item in items.values() {
            let text = item.as_str().unwrap_or_default();
            let (grantee, rest) = split_role(text);
            let (letters, grantor) = rest.trim_start_matches('=').split_once('/').unwrap_or((rest, ""));
            let (grantor, _) = split_role(grantor);
            let (grantor, grantee) = (role_number(context, &grantor)?, role_number(context, &grantee)?);
            let mut letters = letters.chars().peekable();
            while let Some(letter) = letters.next() {
                let may_grant = letters.next_if_eq(&'*').is_some();
                let Some((_, name)) = PRIVILEGES.iter().find(|(known, _)| *known == letter) else { continue };
                rows.push(vec![grantor.clone(), grantee.clone(), Value::text(name), Value::Bool(may_grant)]);
            }
        }
    }
    Ok(Table::boxed(rows))
}

expression::builtins! {
    pub static FUNCTIONS:
    3943 "acldefault" (kind: char_, owner: oid_) using context -> aclitem_array, strict immutable {
        default_items(context, kind, owner)
    }
}

/// The functions that return sets.
pub static SETS: &[FunctionDeclaration] = crate::sets::declare! {
    1689 "aclexplode" (acl: aclitem_array) -> record, strict stable rows(10.0) argument_names(&["acl"])
        columns(&[
            ("grantor", oid::OID),
            ("grantee", oid::OID),
            ("privilege_type", oid::TEXT),
            ("is_grantable", oid::BOOL)
        ]) = explode;
};
