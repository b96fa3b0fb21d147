//! From names to schemas, relations and roles; new names for constraints and indexes; who may change what.

use std::rc::Rc;

use catalog::tables::*;
use catalog::{CatalogView, PG_CATALOG, Relation, RelationKind};
use common::Oid;
use error::{Error, Result, error};
use parser::ast::{QualifiedName, RelationName, RoleName, RoleReference};
use storage_lock::{LockMode, LockTag, Scope, Wait};
use types::Value;

use crate::environment::Environment;

/// Bytes of the longest name.
const LONGEST_NAME: usize = 63;

/// What a relation is called in messages.
pub(crate) fn kind_name(kind: RelationKind) -> &'static str {
    match kind {
        RelationKind::Table | RelationKind::PartitionedTable => "table",
        RelationKind::Index | RelationKind::PartitionedIndex => "index",
        RelationKind::Sequence => "sequence",
        RelationKind::Toast => "toast table",
        RelationKind::View => "view",
        RelationKind::MaterializedView => "materialized view",
        RelationKind::Composite => "type",
        RelationKind::ForeignTable => "foreign table",
    }
}

/// A qualified name as that of a relation.
pub(crate) fn relation_name(name: &QualifiedName) -> RelationName {
    let mut parts = name.parts.iter().rev().cloned();
    let last = parts.next().unwrap_or_default();
    RelationName { name: last, schema: parts.next(), catalog: parts.next(), location: name.location }
}

impl Environment<'_> {
    /// Character position of a place in the statement.
    pub(crate) fn position(&self, location: u32) -> usize {
        self.source.get(..location as usize).map_or(0, |before| before.chars().count() + 1)
    }

    pub(crate) fn schema_oid(&self, name: &str) -> Result<Oid> {
        let found = self.catalog.namespace_by_name(name)?;
        found.ok_or_else(|| error!(UNDEFINED_SCHEMA, "schema \"{name}\" does not exist"))
    }

    /// The schema in which a new relation goes.
    /// # Errors
    /// 3F000, 42501, 0A000 for another database.
    pub(crate) fn creation_schema(&self, name: &RelationName) -> Result<Oid> {
        if let Some(other) = name.catalog.as_ref().filter(|other| *other != self.database) {
            return Err(Error::unsupported(format!(
                "cross-database references are not implemented: \"{other}.{}.{}\"",
                name.schema.as_deref().unwrap_or_default(),
                name.name
            )));
        }
        let schema = match &name.schema {
            Some(schema) => {
                let found = self.catalog.namespace_by_name(schema)?;
                found.ok_or_else(|| {
                    error!(UNDEFINED_SCHEMA, "schema \"{schema}\" does not exist")
                        .at(self.position(name.location))
                })?
            }
            None => self.default_schema()?,
        };
        self.check_create_in(schema)?;
        Ok(schema)
    }

    /// The first schema of the search path that things can be made in.
    pub(crate) fn default_schema(&self) -> Result<Oid> {
        let path = self.catalog.search_path()?;
        let first = path.iter().copied().find(|schema| *schema != PG_CATALOG);
        first.ok_or_else(|| error!(UNDEFINED_SCHEMA, "no schema has been selected to create in"))
    }

    /// # Errors
    /// 42501 when the role may not create in the schema.
    pub(crate) fn check_create_in(&self, schema: Oid) -> Result<()> {
        if self.is_superuser && schema != PG_CATALOG {
            return Ok(());
        }
        let Some(row) = self.catalog.namespace(schema)? else { return Ok(()) };
        let is_database_owner = || -> Result<bool> {
            let database =
                self.catalog.row::<PgDatabase>(PgDatabase::BY_OID, &[Value::Oid(self.catalog.database())])?;
            Ok(database.is_some_and(|database| database.datdba == self.user))
        };
        let acl = row.nspacl.as_ref().map_or(&[][..], |acl| &acl.0);
        let allowed = schema != PG_CATALOG
            && (row.nspowner == self.user
                || row.nspowner == Oid(6171) && is_database_owner()?
                || crate::privilege::grants(self.catalog, self.user, acl, 'C')?);
        if allowed {
            return Ok(());
        }
        Err(error!(INSUFFICIENT_PRIVILEGE, "permission denied for schema {}", &*row.nspname))
    }

    /// Locks a relation by name and gives it as it is then; nothing if there is none.
    pub(crate) fn find_relation(&self, name: &RelationName, mode: LockMode) -> Result<Option<Rc<Relation>>> {
        self.catalog.accept_invalidations();
        loop {
            let Some(oid) = analyzer::resolve_relation_name(name, self.database, self.catalog)? else {
                return Ok(None);
            };
            self.lock_relation(oid, mode)?;
            self.catalog.accept_invalidations();
            if analyzer::resolve_relation_name(name, self.database, self.catalog)? != Some(oid) {
                continue;
            }
            if let Some(relation) = self.catalog.relation(oid)? {
                return Ok(Some(relation));
            }
        }
    }

    /// # Errors
    /// 42P01.
    pub(crate) fn relation(&self, name: &RelationName, mode: LockMode) -> Result<Rc<Relation>> {
        match self.find_relation(name, mode)? {
            Some(relation) => Ok(relation),
            None => Err(self.no_such_relation(name).at(self.position(name.location))),
        }
    }

    pub(crate) fn no_such_relation(&self, name: &RelationName) -> Error {
        let written = match &name.schema {
            Some(schema) => format!("{schema}.{}", name.name),
            None => name.name.clone(),
        };
        error!(UNDEFINED_TABLE, "relation \"{written}\" does not exist")
    }

    /// A relation by number, as it is after what this command did so far.
    pub(crate) fn current(&self, relation: Oid) -> Result<Rc<Relation>> {
        self.catalog.next_command()?;
        let found = self.catalog.relation(relation)?;
        found.ok_or_else(|| Error::internal(format!("could not open relation with OID {relation}")))
    }

    pub(crate) fn lock_relation(&self, relation: Oid, mode: LockMode) -> Result<()> {
        let tag = LockTag::relation(self.catalog.database(), relation);
        self.lock(tag, mode)
    }

    pub(crate) fn lock(&self, tag: LockTag, mode: LockMode) -> Result<()> {
        let scope = Scope::Transaction { level: self.session().level() };
        self.session().locks().acquire(tag, mode, scope, Wait::Block).map(|_| ())
    }

    /// # Errors
    /// 42501 unless the role owns the relation; nobody changes system catalogs.
    pub(crate) fn check_owner(&self, relation: &Relation) -> Result<()> {
        if relation.oid < Oid::FIRST_NORMAL && relation.namespace == PG_CATALOG {
            return Err(error!(
                INSUFFICIENT_PRIVILEGE,
                "permission denied: \"{}\" is a system catalog", relation.name
            ));
        }
        if self.has_role(relation.owner)? {
            return Ok(());
        }
        let kind = kind_name(relation.kind);
        Err(error!(INSUFFICIENT_PRIVILEGE, "must be owner of {kind} {}", relation.name))
    }

    /// Whether the role is, or inherits from, another one.
    pub(crate) fn has_role(&self, role: Oid) -> Result<bool> {
        crate::privilege::has_role(self.catalog, self.user, role)
    }

    /// # Errors
    /// 42704.
    pub(crate) fn role_oid(&self, role: &RoleName) -> Result<Oid> {
        match &role.role {
            RoleReference::Name(name) => match self.catalog.role_by_name(name)? {
                Some(row) => Ok(row.oid),
                None => Err(error!(UNDEFINED_OBJECT, "role \"{name}\" does not exist").at(0)),
            },
            RoleReference::Public => Err(error!(UNDEFINED_OBJECT, "role \"public\" does not exist")),
            RoleReference::CurrentRole | RoleReference::CurrentUser => Ok(self.user),
            RoleReference::SessionUser => {
                let name = self.access.session_user()?;
                let row = self.catalog.role_by_name(&name)?;
                row.map(|row| row.oid)
                    .ok_or_else(|| error!(UNDEFINED_OBJECT, "role \"{name}\" does not exist"))
            }
        }
    }

    pub(crate) fn schema_name(&self, schema: Oid) -> Result<String> {
        Ok(self.catalog.namespace(schema)?.map(|row| row.nspname.0.clone()).unwrap_or_default())
    }

    /// A relation name that is free in a schema: `first_second_label`, with a number if need be. `taken` are promised names.
    pub(crate) fn free_relation_name(
        &self,
        first: &str,
        second: Option<&str>,
        label: &str,
        schema: Oid,
        taken: &[String],
    ) -> Result<String> {
        for number in 0.. {
            let label = if number == 0 { label.to_string() } else { format!("{label}{number}") };
            let name = compose(first, second, &label);
            if self.catalog.relation_by_name(schema, &name)?.is_none() && !taken.contains(&name) {
                return Ok(name);
            }
        }
        Err(Error::internal("no name is free"))
    }

    /// A constraint name that no constraint of the schema has.
    pub(crate) fn free_constraint_name(
        &self,
        first: &str,
        second: Option<&str>,
        label: &str,
        schema: Oid,
        taken: &[String],
    ) -> Result<String> {
        for number in 0.. {
            let label = if number == 0 { label.to_string() } else { format!("{label}{number}") };
            let name = compose(first, second, &label);
            let keys = [Value::text(&name), Value::Oid(schema)];
            let found = self.catalog.rows::<PgConstraint>(PgConstraint::BY_CONNAME_NSP, &keys)?;
            if found.is_empty() && !taken.contains(&name) {
                return Ok(name);
            }
        }
        Err(Error::internal("no name is free"))
    }
}

/// `first_second_label`, the longer of the first two cut until it all fits into a name.
pub(crate) fn compose(first: &str, second: Option<&str>, label: &str) -> String {
    let overhead = label.len() + 1 + usize::from(second.is_some());
    let room = LONGEST_NAME.saturating_sub(overhead);
    let (mut a, mut b) = (first.len(), second.map_or(0, str::len));
    while a + b > room {
        if a > b { a -= 1 } else { b -= 1 }
    }
    let mut name = cut(first, a).to_string();
    if let Some(second) = second {
        name.push('_');
        name.push_str(cut(second, b));
    }
    name.push('_');
    name.push_str(label);
    name
}

/// At most so many bytes of a text, whole characters only.
fn cut(text: &str, mut bytes: usize) -> &str {
    while !text.is_char_boundary(bytes) {
        bytes -= 1;
    }
    &text[..bytes]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_names_lose_the_end_of_their_longer_part() {
        assert_eq!(compose("t", Some("a"), "key"), "t_a_key");
        assert_eq!(compose("t", None, "pkey"), "t_pkey");
        let long = compose(&"x".repeat(63), Some("column"), "key");
        assert_eq!(long.len(), 63);
        assert!(long.ends_with("_column_key"));
        assert!(compose(&"ä".repeat(31), Some("c"), "key").len() <= 63);
    }
}
