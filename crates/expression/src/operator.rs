//! Operators, casts and operator classes, as their catalogs have them.

use common::Oid;

/// How selective a condition with an operator is expected to be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Selectivity {
    None,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Like,
    ILike,
    NotLike,
    NotILike,
    Regex,
    NotRegex,
    RegexIgnoreCase,
    NotRegexIgnoreCase,
    ArrayContains,
    /// Anything else that has a default guess.
    Contains,
    Matching,
}

/// A row of `pg_operator`.
#[derive(Clone, Copy, Debug)]
pub struct OperatorDeclaration {
    pub oid: Oid,
    pub name: &'static str,
    /// Invalid for prefix operators.
    pub left: Oid,
    pub right: Oid,
    pub result: Oid,
    pub function: Oid,
    pub commutator: Oid,
    pub negator: Oid,
    /// `oprrest` and `oprjoin`, by meaning.
    pub restrict: Selectivity,
    pub join: Selectivity,
    pub can_merge: bool,
    pub can_hash: bool,
}

/// When a cast is applied without being written.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum CastContext {
    Explicit,
    Assignment,
    Implicit,
}

/// How a cast works.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CastMethod {
    Function,
    /// Through the text forms.
    InputOutput,
    /// Same form in memory.
    Binary,
}

/// A row of `pg_cast`.
#[derive(Clone, Copy, Debug)]
pub struct CastDeclaration {
    pub oid: Oid,
    pub source: Oid,
    pub target: Oid,
    /// Invalid unless the method is a function.
    pub function: Oid,
    pub context: CastContext,
    pub method: CastMethod,
}

/// A row of `pg_opfamily`.
#[derive(Clone, Copy, Debug)]
pub struct OperatorFamilyDeclaration {
    pub oid: Oid,
    /// The access method: 403 btree, 405 hash.
    pub method: Oid,
    pub name: &'static str,
}

/// A row of `pg_opclass`.
#[derive(Clone, Copy, Debug)]
pub struct OperatorClassDeclaration {
    pub oid: Oid,
    pub method: Oid,
    pub name: &'static str,
    pub family: Oid,
    pub input: Oid,
    pub is_default: bool,
    /// The type that is stored, when another.
    pub key: Oid,
}

/// A row of `pg_amop`.
#[derive(Clone, Copy, Debug)]
pub struct FamilyOperator {
    pub oid: Oid,
    pub family: Oid,
    pub left: Oid,
    pub right: Oid,
    pub strategy: i16,
    pub operator: Oid,
    pub method: Oid,
}

/// A row of `pg_amproc`.
#[derive(Clone, Copy, Debug)]
pub struct FamilyFunction {
    pub oid: Oid,
    pub family: Oid,
    pub left: Oid,
    pub right: Oid,
    pub number: i16,
    pub function: Oid,
}
