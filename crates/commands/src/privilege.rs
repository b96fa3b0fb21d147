//! Access control lists, as `aclitem` texts: `grantee=privileges/grantor`.

use catalog::field::AclItems;
use catalog::tables::*;
use catalog::{Catalog, CatalogView, Relation, RelationKind};
use common::Oid;
use error::{Error, Result, error};
use nodes::query::Privileges;
use parser::ast::{GrantStatement, GrantTarget, ObjectName, ObjectType, RoleReference};
use storage_lock::LockMode;
use types::Value;

use crate::bootstrap::{MAINTAIN, READ_ALL_DATA, WRITE_ALL_DATA};
use crate::environment::Environment;
use crate::name::relation_name;

/// Whether a role is a superuser, or is or inherits from another one.
pub fn has_role(catalog: &Catalog, member: Oid, role: Oid) -> Result<bool> {
    if member == role || catalog.role(member)?.is_some_and(|row| row.rolsuper) {
        return Ok(true);
    }
    let mut reached = vec![member];
    let mut at = 0;
    while at < reached.len() {
        let keys = [Value::Oid(reached[at])];
        for row in catalog.rows::<PgAuthMembers>(PgAuthMembers::BY_MEMBER_ROLE, &keys)?.iter() {
            if row.inherit_option && !reached.contains(&row.roleid) {
                reached.push(row.roleid);
            }
        }
        at += 1;
    }
    Ok(reached.contains(&role))
}

/// Whether a list grants the role, one that it inherits from, or everybody, the privilege of this letter.
pub(crate) fn grants(catalog: &Catalog, role: Oid, acl: &[String], privilege: char) -> Result<bool> {
    for item in acl.iter().filter_map(|text| parse_item(text)) {
        if !item.letters.iter().any(|(letter, _)| *letter == privilege) {
            continue;
        }
        if item.grantee.is_empty() {
            return Ok(true);
        }
        let name = item.grantee.trim_matches('"').replace("\"\"", "\"");
        if let Some(grantee) = catalog.role_by_name(&name)?
            && has_role(catalog, role, grantee.oid)?
        {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether a role owns a relation or was granted the privilege of this letter.
pub fn may(catalog: &Catalog, relation: &Relation, role: Oid, privilege: char) -> Result<bool> {
    if has_role(catalog, role, relation.owner)?
        || grants(catalog, role, relation.acl.as_deref().unwrap_or_default(), privilege)?
    {
        return Ok(true);
    }
    // Catalogs are written by superusers alone.
    let is_catalog = relation.oid < Oid::FIRST_NORMAL;
    let general = match privilege {
        'r' => READ_ALL_DATA,
        'a' | 'w' | 'd' if !is_catalog => WRITE_ALL_DATA,
        'm' => MAINTAIN,
        _ => return Ok(false),
    };
    has_role(catalog, role, general)
}

/// # Errors
/// 42501 when the role may not do what a statement wants.
pub fn check(catalog: &Catalog, relation: &Relation, role: Oid, wanted: &Privileges) -> Result<()> {
    let wants = [(wanted.select, 'r'), (wanted.insert, 'a'), (wanted.update, 'w'), (wanted.delete, 'd')];
    for (is_wanted, letter) in wants {
        if is_wanted {
            check_letter(catalog, relation, role, letter)?;
        }
    }
    Ok(())
}

pub(crate) fn check_letter(catalog: &Catalog, relation: &Relation, role: Oid, letter: char) -> Result<()> {
    if may(catalog, relation, role, letter)? {
        return Ok(());
    }
    let kind = crate::name::kind_name(relation.kind);
    Err(error!(INSUFFICIENT_PRIVILEGE, "permission denied for {kind} {}", relation.name))
}

/// One entry of a list.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Item {
    /// Empty for everybody.
    grantee: String,
    /// Privileges, and whether they may be passed on.
    letters: Vec<(char, bool)>,
    grantor: String,
}

fn parse_item(text: &str) -> Option<Item> {
    let (grantee, rest) = text.rsplit_once('=')?;
    let (letters, grantor) = rest.split_once('/')?;
    let mut found: Vec<(char, bool)> = Vec::new();
    for letter in letters.chars() {
        match (letter, found.last_mut()) {
            ('*', Some(last)) => last.1 = true,
            _ => found.push((letter, false)),
        }
    }
    Some(Item { grantee: grantee.into(), letters: found, grantor: grantor.into() })
}

fn write_item(item: &Item) -> String {
    let letters: String = item
        .letters
        .iter()
        .flat_map(|(letter, may_grant)| [Some(*letter), may_grant.then_some('*')])
        .flatten()
        .collect();
    format!("{}={letters}/{}", item.grantee, item.grantor)
}

/// The letters of all privileges of a kind of object, in the order in which they are shown.
fn all_letters(object_type: ObjectType) -> &'static str {
    match object_type {
        ObjectType::Sequence => "rwU",
        ObjectType::Schema => "UC",
        ObjectType::Database => "CTc",
        _ => "arwdDxtm",
    }
}

fn letter(name: &str) -> Option<char> {
    Some(match name {
        "select" => 'r',
        "insert" => 'a',
        "update" => 'w',
        "delete" => 'd',
        "truncate" => 'D',
        "references" => 'x',
        "trigger" => 't',
        "maintain" => 'm',
        "usage" => 'U',
        "create" => 'C',
        "connect" => 'c',
        "temporary" | "temp" => 'T',
        _ => return None,
    })
}

/// GRANT and REVOKE on tables, sequences, schemas and databases.
pub(crate) fn run(environment: &mut Environment<'_>, statement: &GrantStatement) -> Result<()> {
    let catalog = environment.catalog;
    let mut grantees = Vec::new();
    for grantee in &statement.grantees {
        grantees.push(match &grantee.role {
            RoleReference::Public => String::new(),
            _ => role_name(environment, environment.role_oid(grantee)?)?,
        });
    }
    match &statement.target {
        GrantTarget::Relations { names, object_type } => {
            for name in names {
                let relation = environment.relation(name, LockMode::AccessShare)?;
                grant_on_relation(environment, statement, *object_type, &relation, &grantees)?;
            }
            Ok(())
        }
        GrantTarget::AllInSchemas { object_type, schemas } => {
            for schema in schemas {
                let schema = environment.schema_oid(schema)?;
                let kinds: &[u8] = if *object_type == ObjectType::Sequence { b"S" } else { b"rvm" };
                for (_, row) in catalog.all::<PgClass>()? {
                    if row.relnamespace == schema
                        && kinds.contains(&row.relkind)
                        && let Some(relation) = catalog.relation(row.oid)?
                    {
                        grant_on_relation(environment, statement, *object_type, &relation, &grantees)?;
                    }
                }
            }
            Ok(())
        }
        GrantTarget::Objects { object_type, names } => {
            for name in names {
                let ObjectName::Name(name) = name else {
                    return Err(Error::unsupported(
                        "privileges on this kind of object are not supported yet",
                    ));
                };
                let name = relation_name(name).name;
                grant_on_object(environment, statement, *object_type, &name, &grantees)?;
            }
            Ok(())
        }
    }
}

fn role_name(environment: &Environment<'_>, role: Oid) -> Result<String> {
    let row = environment.catalog.role(role)?;
    Ok(row.map(|row| parser::quote_identifier(&row.rolname).into_owned()).unwrap_or_default())
}

fn grant_on_relation(
    environment: &Environment<'_>,
    statement: &GrantStatement,
    object_type: ObjectType,
    relation: &Relation,
    grantees: &[String],
) -> Result<()> {
    let is_sequence = relation.kind == RelationKind::Sequence;
    if object_type == ObjectType::Sequence && !is_sequence {
        return Err(error!(WRONG_OBJECT_TYPE, "\"{}\" is not a sequence", relation.name));
    }
    if !environment.has_role(relation.owner)? {
        let kind = crate::name::kind_name(relation.kind);
        return Err(error!(INSUFFICIENT_PRIVILEGE, "permission denied for {kind} {}", relation.name));
    }
    let object_type = if is_sequence { ObjectType::Sequence } else { ObjectType::Table };
    let owner = role_name(environment, relation.owner)?;
    environment.catalog.next_command()?;
    let current = environment.catalog.relation(relation.oid)?.and_then(|relation| relation.acl.clone());
    let acl = changed(statement, object_type, current.map(AclItems), &owner, grantees)?;
    crate::new_relation::change_class(environment.catalog, relation.oid, |row| row.relacl = Some(acl))
}

fn grant_on_object(
    environment: &Environment<'_>,
    statement: &GrantStatement,
    object_type: ObjectType,
    name: &str,
    grantees: &[String],
) -> Result<()> {
    let catalog = environment.catalog;
    catalog.next_command()?;
    let denied = |kind: &str| error!(INSUFFICIENT_PRIVILEGE, "permission denied for {kind} {name}");
    match object_type {
        ObjectType::Schema => {
            let found = catalog.find::<PgNamespace>(PgNamespace::BY_NSPNAME, &[Value::text(name)])?;
            let Some((address, mut row)) = found.into_iter().next() else {
                return Err(error!(UNDEFINED_SCHEMA, "schema \"{name}\" does not exist"));
            };
            if !environment.has_role(row.nspowner)? {
                return Err(denied("schema"));
            }
            let owner = role_name(environment, row.nspowner)?;
            row.nspacl = Some(changed(statement, object_type, row.nspacl.take(), &owner, grantees)?);
            catalog.update(address, &row)
        }
        ObjectType::Database => {
            let found = catalog.find::<PgDatabase>(PgDatabase::BY_DATNAME, &[Value::text(name)])?;
            let Some((address, mut row)) = found.into_iter().next() else {
                return Err(error!(UNDEFINED_DATABASE, "database \"{name}\" does not exist"));
            };
            if !environment.has_role(row.datdba)? {
                return Err(denied("database"));
            }
            let owner = role_name(environment, row.datdba)?;
            row.datacl = Some(changed(statement, object_type, row.datacl.take(), &owner, grantees)?);
            catalog.update(address, &row)
        }
        _ => Err(Error::unsupported("privileges on this kind of object are not supported yet")),
    }
}

/// The list after the statement.
fn changed(
    statement: &GrantStatement,
    object_type: ObjectType,
    acl: Option<AclItems>,
    owner: &str,
    grantees: &[String],
) -> Result<AclItems> {
    let all = all_letters(object_type);
    let mut items: Vec<Item> = match acl {
        Some(acl) => acl.0.iter().filter_map(|text| parse_item(text)).collect(),
        None => {
            let letters = all.chars().map(|letter| (letter, false)).collect();
            let own = Item { grantee: owner.into(), letters, grantor: owner.into() };
            let everybody = (object_type == ObjectType::Database).then(|| Item {
                grantee: String::new(),
                letters: vec![('T', false), ('c', false)],
                grantor: owner.into(),
            });
            everybody.into_iter().chain([own]).collect()
        }
    };
    let mut letters = Vec::new();
    for privilege in statement.privileges.iter().flatten() {
        let Some(name) = privilege.name.as_deref() else {
            return Err(Error::unsupported("privileges on columns are not supported yet"));
        };
        if !privilege.columns.is_empty() {
            return Err(Error::unsupported("privileges on columns are not supported yet"));
        }
        let known = letter(name).filter(|letter| all.contains(*letter));
        letters.push(known.ok_or_else(|| match letter(name) {
            None => error!(SYNTAX_ERROR, "unrecognized privilege type \"{name}\""),
            Some(_) => {
                let kind = match object_type {
                    ObjectType::Sequence => "sequence",
                    ObjectType::Schema => "schema",
                    ObjectType::Database => "database",
                    _ => "relation",
                };
                error!(INVALID_GRANT_OPERATION, "invalid privilege type {} for {kind}", name.to_uppercase())
            }
        })?);
    }
    if statement.privileges.is_none() {
        letters.extend(all.chars());
    }
    for grantee in grantees {
        let place = items.iter().position(|item| item.grantee == *grantee && item.grantor == owner);
        let at = match place {
            Some(at) => at,
            None if !statement.is_grant => continue,
            None => {
                let (grantee, grantor) = (grantee.clone(), owner.to_string());
                items.push(Item { grantee, letters: Vec::new(), grantor });
                items.len() - 1
            }
        };
        let held = &mut items[at].letters;
        for letter in &letters {
            let known = held.iter_mut().find(|(known, _)| known == letter);
            match (statement.is_grant, known) {
                (true, Some(known)) => known.1 |= statement.grant_option,
                (true, None) => held.push((*letter, statement.grant_option)),
                (false, Some(known)) if statement.grant_option => known.1 = false,
                (false, _) if statement.grant_option => {}
                (false, _) => held.retain(|(known, _)| known != letter),
            }
        }
        held.sort_by_key(|(letter, _)| all.find(*letter));
    }
    items.retain(|item| !item.letters.is_empty());
    Ok(AclItems(items.iter().map(write_item).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_survive_being_read_and_written() {
        for text in ["=r/postgres", "joe=ar*w/postgres", "\"a b\"=U/x"] {
            assert_eq!(parse_item(text).map(|item| write_item(&item)).as_deref(), Some(text));
        }
    }
}
