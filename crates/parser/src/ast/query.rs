//! SELECT and its clauses.

use super::{
    Alias, Expression, IndirectionStep, IntoTarget, Location, OperatorName, RelationName, Statement,
    TableReference,
};

/// A query: a body with the clauses that apply to its whole result.
///
/// Parentheses leave no trace; `(SELECT ...) ORDER BY x` is the query with that ORDER BY.
#[derive(Debug, Clone, PartialEq)]
pub struct SelectStatement {
    pub with: Option<WithClause>,
    pub body: SelectBody,
    pub order_by: Vec<SortBy>,
    pub limit: Option<Limit>,
    pub offset: Option<Expression>,
    pub locking: Vec<LockingClause>,
    pub location: Location,
}

#[derive(Debug, Clone, PartialEq)]
pub enum SelectBody {
    Select(Box<SelectCore>),
    Values(Vec<Vec<Expression>>),
    SetOperation(Box<SetOperation>),
}

/// `SELECT ... FROM ... WHERE ...`; also `TABLE t`, as `SELECT * FROM t`.
#[derive(Debug, Clone, PartialEq)]
pub struct SelectCore {
    pub distinct: Distinct,
    pub targets: Vec<SelectTarget>,
    pub into: Option<IntoTarget>,
    pub from: Vec<TableReference>,
    pub filter: Option<Expression>,
    pub group_by: Vec<GroupingElement>,
    /// `GROUP BY DISTINCT`.
    pub is_group_distinct: bool,
    pub having: Option<Expression>,
    pub windows: Vec<WindowDefinition>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Distinct {
    /// All rows.
    No,
    Yes,
    On(Vec<Expression>),
}

/// One item of a select list or of RETURNING.
#[derive(Debug, Clone, PartialEq)]
pub struct SelectTarget {
    pub value: Expression,
    pub name: Option<String>,
    pub location: Location,
}

#[derive(Debug, Clone, PartialEq)]
pub struct SetOperation {
    pub kind: SetOperationKind,
    pub is_all: bool,
    pub left: SelectStatement,
    pub right: SelectStatement,
    pub location: Location,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SetOperationKind {
    Union,
    Intersect,
    Except,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Limit {
    /// `None` is `LIMIT ALL`.
    pub count: Option<Expression>,
    pub with_ties: bool,
    pub location: Location,
}

#[derive(Debug, Clone, PartialEq)]
pub enum GroupingElement {
    Expression(Expression),
    /// `()`.
    Empty {
        location: Location,
    },
    Rollup {
        elements: Vec<Expression>,
        location: Location,
    },
    Cube {
        elements: Vec<Expression>,
        location: Location,
    },
    Sets {
        sets: Vec<GroupingElement>,
        location: Location,
    },
}

#[derive(Debug, Clone, PartialEq)]
pub struct SortBy {
    pub value: Expression,
    pub direction: SortDirection,
    pub nulls: NullsOrder,
    pub location: Location,
}

#[derive(Debug, Clone, PartialEq)]
pub enum SortDirection {
    Default,
    Ascending,
    Descending,
    Using(OperatorName),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NullsOrder {
    Default,
    First,
    Last,
}

#[derive(Debug, Clone, PartialEq)]
pub struct LockingClause {
    pub strength: RowLockStrength,
    /// Empty: all tables of the query.
    pub tables: Vec<RelationName>,
    pub wait: LockWaitPolicy,
    pub location: Location,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum RowLockStrength {
    KeyShare,
    Share,
    NoKeyUpdate,
    Update,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LockWaitPolicy {
    Block,
    SkipLocked,
    NoWait,
}

/// A window, named in the WINDOW clause or written after OVER.
#[derive(Debug, Clone, PartialEq)]
pub struct WindowDefinition {
    /// The name it is given in the WINDOW clause.
    pub name: Option<String>,
    /// The window it refers to: `OVER name`, or the base window `OVER (name ...)`.
    pub reference: Option<String>,
    /// `OVER name` without parentheses.
    pub is_plain_reference: bool,
    pub partition_by: Vec<Expression>,
    pub order_by: Vec<SortBy>,
    pub frame: Option<WindowFrame>,
    pub location: Location,
}

#[derive(Debug, Clone, PartialEq)]
pub struct WindowFrame {
    pub mode: FrameMode,
    pub start: FrameBound,
    /// `None` when written without BETWEEN.
    pub end: Option<FrameBound>,
    pub exclusion: FrameExclusion,
    pub location: Location,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FrameMode {
    Rows,
    Range,
    Groups,
}

#[derive(Debug, Clone, PartialEq)]
pub enum FrameBound {
    UnboundedPreceding,
    Preceding(Box<Expression>),
    CurrentRow,
    Following(Box<Expression>),
    UnboundedFollowing,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FrameExclusion {
    NoOthers,
    CurrentRow,
    Group,
    Ties,
}

#[derive(Debug, Clone, PartialEq)]
pub struct WithClause {
    pub is_recursive: bool,
    pub queries: Vec<CommonTableExpression>,
    pub location: Location,
}

#[derive(Debug, Clone, PartialEq)]
pub struct CommonTableExpression {
    pub name: String,
    pub columns: Vec<String>,
    /// `Some(true)` is MATERIALIZED, `Some(false)` NOT MATERIALIZED.
    pub materialized: Option<bool>,
    /// SELECT, INSERT, UPDATE, DELETE or MERGE.
    pub statement: Box<Statement>,
    pub search: Option<SearchClause>,
    pub cycle: Option<CycleClause>,
    pub location: Location,
}

#[derive(Debug, Clone, PartialEq)]
pub struct SearchClause {
    pub is_breadth_first: bool,
    pub columns: Vec<String>,
    pub sequence_column: String,
    pub location: Location,
}

#[derive(Debug, Clone, PartialEq)]
pub struct CycleClause {
    pub columns: Vec<String>,
    pub mark_column: String,
    /// The mark's value for a cycle and otherwise; `None` is true and false.
    pub mark_values: Option<Box<(Expression, Expression)>>,
    pub path_column: String,
    pub location: Location,
}

/// A column that INSERT or UPDATE writes, with subscripts or fields after it.
#[derive(Debug, Clone, PartialEq)]
pub struct ColumnTarget {
    pub name: String,
    pub indirection: Vec<IndirectionStep>,
    pub location: Location,
}

/// The left side of `AS alias` for functions that yield records: `AS f(a int, b text)`.
#[derive(Debug, Clone, PartialEq)]
pub struct FunctionAlias {
    pub alias: Option<Alias>,
    pub column_definitions: Vec<super::ColumnDefinition>,
}
