//! Transactions, settings, cursors, prepared statements, notifications.

use super::{Expression, Location, RelationName, Statement, TypeName};

#[derive(Debug, Clone, PartialEq)]
pub struct TransactionStatement {
    pub kind: TransactionKind,
    pub location: Location,
}

#[derive(Debug, Clone, PartialEq)]
pub enum TransactionKind {
    Begin(Vec<TransactionMode>),
    /// START TRANSACTION.
    Start(Vec<TransactionMode>),
    Commit {
        and_chain: bool,
    },
    Rollback {
        and_chain: bool,
    },
    Savepoint(String),
    Release(String),
    RollbackTo(String),
    Prepare(String),
    CommitPrepared(String),
    RollbackPrepared(String),
}

#[derive(Debug, Clone, PartialEq)]
pub struct TransactionMode {
    pub kind: TransactionModeKind,
    pub location: Location,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TransactionModeKind {
    Isolation(IsolationLevel),
    ReadOnly(bool),
    Deferrable(bool),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IsolationLevel {
    ReadUncommitted,
    ReadCommitted,
    RepeatableRead,
    Serializable,
}

/// SET and RESET.
#[derive(Debug, Clone, PartialEq)]
pub struct SetStatement {
    pub kind: SetKind,
    pub is_local: bool,
    pub location: Location,
}

#[derive(Debug, Clone, PartialEq)]
pub enum SetKind {
    /// `name = values`. SET TIME ZONE, NAMES, ROLE, SCHEMA ... come under the setting they stand for.
    Value {
        name: String,
        values: Vec<SetValue>,
    },
    ToDefault {
        name: String,
    },
    FromCurrent {
        name: String,
    },
    Transaction(Vec<TransactionMode>),
    /// SET SESSION CHARACTERISTICS AS TRANSACTION.
    SessionCharacteristics(Vec<TransactionMode>),
    TransactionSnapshot(String),
    Reset {
        name: String,
    },
    ResetAll,
}

#[derive(Debug, Clone, PartialEq)]
pub struct SetValue {
    pub value: SetValueKind,
    pub location: Location,
}

#[derive(Debug, Clone, PartialEq)]
pub enum SetValueKind {
    /// A word or a string.
    String(String),
    Integer(i32),
    Number(String),
    /// `SET TIME ZONE INTERVAL '...' HOUR TO MINUTE`: a cast expression.
    Interval(Box<Expression>),
}

/// SHOW; `all` is `name == "all"` and not quoted apart, as in PostgreSQL.
#[derive(Debug, Clone, PartialEq)]
pub struct ShowStatement {
    pub name: String,
}

#[derive(Debug, Clone, PartialEq)]
pub struct ConstraintsSetStatement {
    /// Empty is ALL.
    pub constraints: Vec<RelationName>,
    pub is_deferred: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub struct DeclareCursorStatement {
    pub name: String,
    pub is_binary: bool,
    /// `Some(true)` is INSENSITIVE, `Some(false)` ASENSITIVE.
    pub insensitive: Option<bool>,
    pub scroll: Option<bool>,
    pub with_hold: bool,
    pub query: Box<super::SelectStatement>,
    pub location: Location,
}

#[derive(Debug, Clone, PartialEq)]
pub struct FetchStatement {
    pub is_move: bool,
    pub direction: FetchDirection,
    pub cursor: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FetchDirection {
    /// A negative count turns the direction.
    Forward(i64),
    ForwardAll,
    Backward(i64),
    BackwardAll,
    Absolute(i64),
    Relative(i64),
}

/// CLOSE; `None` is ALL.
#[derive(Debug, Clone, PartialEq)]
pub struct CloseStatement {
    pub cursor: Option<String>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct PrepareStatement {
    pub name: String,
    pub parameter_types: Vec<TypeName>,
    pub statement: Box<Statement>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct ExecuteStatement {
    pub name: String,
    pub arguments: Vec<Expression>,
}

/// DEALLOCATE; `None` is ALL.
#[derive(Debug, Clone, PartialEq)]
pub struct DeallocateStatement {
    pub name: Option<String>,
    pub location: Location,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DiscardTarget {
    All,
    Plans,
    Sequences,
    Temporary,
}

#[derive(Debug, Clone, PartialEq)]
pub struct NotifyStatement {
    pub channel: String,
    pub payload: Option<String>,
}
