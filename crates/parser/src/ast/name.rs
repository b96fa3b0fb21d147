//! Names as written: qualified names, relation names, operator names, role names.

use std::borrow::Cow;

use super::Location;

/// A name of one or more parts, outermost first: `schema.object`, `catalog.schema.object` ...
#[derive(Debug, Clone, PartialEq)]
pub struct QualifiedName {
    pub parts: Vec<String>,
    pub location: Location,
}

/// The name of a table, view, index or sequence.
#[derive(Debug, Clone, PartialEq)]
pub struct RelationName {
    pub catalog: Option<String>,
    pub schema: Option<String>,
    pub name: String,
    pub location: Location,
}

/// An operator, possibly qualified: `+` or `OPERATOR(pg_catalog.+)`.
///
/// `!=` is stored as `<>`.
#[derive(Debug, Clone, PartialEq)]
pub struct OperatorName {
    /// The schema parts before the operator; mostly empty.
    pub qualifier: Vec<String>,
    pub symbol: Cow<'static, str>,
    pub location: Location,
}

/// A role where a command expects one.
#[derive(Debug, Clone, PartialEq)]
pub struct RoleName {
    pub role: RoleReference,
    pub location: Location,
}

#[derive(Debug, Clone, PartialEq)]
pub enum RoleReference {
    Name(String),
    CurrentRole,
    CurrentUser,
    SessionUser,
    Public,
}

/// `AS name (columns)`.
#[derive(Debug, Clone, PartialEq)]
pub struct Alias {
    pub name: String,
    pub columns: Vec<String>,
}
