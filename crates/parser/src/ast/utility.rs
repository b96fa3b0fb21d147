//! Maintenance and bulk commands: COPY, EXPLAIN, VACUUM, ANALYZE, CLUSTER, REINDEX, LOCK, TRUNCATE, CALL.

use super::{
    DefinitionElement, DropBehavior, Expression, FunctionCall, Location, RelationName, RelationReference,
    Statement,
};

#[derive(Debug, Clone, PartialEq)]
pub struct CopyStatement {
    pub source: CopySource,
    pub is_from: bool,
    pub endpoint: CopyEndpoint,
    /// Options of both syntaxes, under the names of the newer one.
    pub options: Vec<DefinitionElement>,
    pub filter: Option<Expression>,
    pub location: Location,
}

#[derive(Debug, Clone, PartialEq)]
pub enum CopySource {
    Table { name: RelationName, columns: Vec<String> },
    Query(Box<Statement>),
}

#[derive(Debug, Clone, PartialEq)]
pub enum CopyEndpoint {
    /// STDIN or STDOUT; either word does for either direction.
    Client,
    File(String),
    Program(String),
}

#[derive(Debug, Clone, PartialEq)]
pub struct ExplainStatement {
    pub statement: Box<Statement>,
    pub options: Vec<DefinitionElement>,
}

/// VACUUM and ANALYZE.
#[derive(Debug, Clone, PartialEq)]
pub struct VacuumStatement {
    pub is_vacuum: bool,
    pub options: Vec<DefinitionElement>,
    pub relations: Vec<VacuumRelation>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct VacuumRelation {
    pub name: RelationName,
    /// False after ONLY.
    pub with_children: bool,
    pub columns: Vec<String>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct ClusterStatement {
    pub table: Option<RelationName>,
    pub index: Option<String>,
    pub options: Vec<DefinitionElement>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct ReindexStatement {
    pub target: ReindexTarget,
    /// `concurrently` among them.
    pub options: Vec<DefinitionElement>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum ReindexTarget {
    Index(RelationName),
    Table(RelationName),
    Schema(String),
    /// `None`: the current database.
    Database(Option<String>),
    System(Option<String>),
}

#[derive(Debug, Clone, PartialEq)]
pub struct LockStatement {
    pub relations: Vec<RelationReference>,
    pub mode: LockMode,
    pub nowait: bool,
}

/// Table lock modes, weakest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LockMode {
    AccessShare,
    RowShare,
    RowExclusive,
    ShareUpdateExclusive,
    Share,
    ShareRowExclusive,
    Exclusive,
    AccessExclusive,
}

#[derive(Debug, Clone, PartialEq)]
pub struct TruncateStatement {
    pub relations: Vec<RelationReference>,
    pub restart_identity: bool,
    pub behavior: DropBehavior,
}

#[derive(Debug, Clone, PartialEq)]
pub struct CallStatement {
    pub call: FunctionCall,
    pub location: Location,
}
