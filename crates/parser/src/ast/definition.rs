//! Option lists: `WITH (name = value)`, `(name, name = value)` and their kin.

use super::{Expression, Location, OperatorName, TypeName};

/// One option. Options with a syntax of their own come under the name PostgreSQL knows them by.
#[derive(Debug, Clone, PartialEq)]
pub struct DefinitionElement {
    /// `toast` in `toast.autovacuum_enabled`.
    pub namespace: Option<String>,
    pub name: String,
    pub value: Option<DefinitionValue>,
    pub action: DefinitionAction,
    pub location: Location,
}

/// ADD, SET and DROP in the OPTIONS lists of foreign objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DefinitionAction {
    Unspecified,
    Set,
    Add,
    Drop,
}

#[derive(Debug, Clone, PartialEq)]
pub enum DefinitionValue {
    /// A string literal, a keyword or another bare word.
    String(String),
    Integer(i32),
    /// Any other number, with its sign.
    Number(String),
    Boolean(bool),
    /// A bare name, which may mean a type (`int`) or only a word.
    Type(Box<TypeName>),
    Operator(OperatorName),
    Name(Vec<String>),
    Names(Vec<String>),
    Expression(Box<Expression>),
    Expressions(Vec<Expression>),
    Options(Vec<DefinitionElement>),
    Roles(Vec<super::RoleName>),
    Star,
}
