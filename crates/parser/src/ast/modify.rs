//! INSERT, UPDATE, DELETE and MERGE.

use super::{
    ColumnTarget, Expression, IndexElement, Location, RelationReference, SelectStatement, SelectTarget,
    TableReference, WithClause,
};

#[derive(Debug, Clone, PartialEq)]
pub struct InsertStatement {
    pub with: Option<WithClause>,
    /// Its alias comes from `AS alias`.
    pub table: RelationReference,
    pub columns: Vec<ColumnTarget>,
    pub overriding: Overriding,
    /// `None` is DEFAULT VALUES.
    pub source: Option<Box<SelectStatement>>,
    pub on_conflict: Option<OnConflict>,
    pub returning: Option<Returning>,
    pub location: Location,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Overriding {
    None,
    UserValue,
    SystemValue,
}

#[derive(Debug, Clone, PartialEq)]
pub struct OnConflict {
    pub target: Option<ConflictTarget>,
    pub action: ConflictAction,
    pub location: Location,
}

#[derive(Debug, Clone, PartialEq)]
pub enum ConflictTarget {
    Columns { elements: Vec<IndexElement>, filter: Option<Expression>, location: Location },
    Constraint { name: String, location: Location },
}

#[derive(Debug, Clone, PartialEq)]
pub enum ConflictAction {
    Nothing,
    Update { assignments: Vec<Assignment>, filter: Option<Expression> },
}

/// `column = value` or `(columns) = row`.
#[derive(Debug, Clone, PartialEq)]
pub enum Assignment {
    Single { target: ColumnTarget, value: Expression },
    Multiple { targets: Vec<ColumnTarget>, source: Expression },
}

/// RETURNING, with the names given to the old and the new row.
#[derive(Debug, Clone, PartialEq)]
pub struct Returning {
    pub options: Vec<ReturningOption>,
    pub targets: Vec<SelectTarget>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct ReturningOption {
    pub is_new: bool,
    pub name: String,
    pub location: Location,
}

#[derive(Debug, Clone, PartialEq)]
pub struct UpdateStatement {
    pub with: Option<WithClause>,
    pub table: RelationReference,
    pub assignments: Vec<Assignment>,
    pub from: Vec<TableReference>,
    pub filter: Option<Expression>,
    pub returning: Option<Returning>,
    pub location: Location,
}

#[derive(Debug, Clone, PartialEq)]
pub struct DeleteStatement {
    pub with: Option<WithClause>,
    pub table: RelationReference,
    pub using: Vec<TableReference>,
    pub filter: Option<Expression>,
    pub returning: Option<Returning>,
    pub location: Location,
}

#[derive(Debug, Clone, PartialEq)]
pub struct MergeStatement {
    pub with: Option<WithClause>,
    pub table: RelationReference,
    pub source: TableReference,
    pub condition: Expression,
    pub clauses: Vec<MergeClause>,
    pub returning: Option<Returning>,
    pub location: Location,
}

#[derive(Debug, Clone, PartialEq)]
pub struct MergeClause {
    pub when: MergeWhen,
    pub condition: Option<Expression>,
    pub action: MergeClauseAction,
    pub location: Location,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MergeWhen {
    Matched,
    NotMatchedBySource,
    /// `WHEN NOT MATCHED [BY TARGET]`.
    NotMatchedByTarget,
}

#[derive(Debug, Clone, PartialEq)]
pub enum MergeClauseAction {
    Nothing,
    Delete,
    Update(Vec<Assignment>),
    /// `values` is `None` for DEFAULT VALUES.
    Insert {
        columns: Vec<ColumnTarget>,
        overriding: Overriding,
        values: Option<Vec<Expression>>,
    },
}
