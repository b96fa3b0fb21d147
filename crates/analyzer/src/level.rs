//! One query level while it is being read: its range table, what can be named, what it was found to contain.

use std::rc::Rc;

use common::{AttributeNumber, Oid};
use nodes::Expression;
use nodes::expression::{DataType, Variable};
use nodes::query::{CommonTable, RangeColumn, RangeTableEntry};
use parser::ast;

/// The state of one level.
#[derive(Default)]
pub(crate) struct Level {
    pub range_table: Vec<RangeTableEntry>,
    pub namespace: Vec<NamespaceItem>,
    pub common_tables: Vec<CommonTable>,
    /// Names of WITH queries that are declared but cannot be used yet.
    pub later_common_tables: Vec<String>,
    /// The WITH query of this level that is being read, when it may refer to itself.
    pub recursion: Option<Recursion>,
    pub clause: Clause,
    /// Inside a LATERAL item of FROM.
    pub lateral: bool,
    pub has_aggregates: bool,
    pub has_windows: bool,
    pub has_sublinks: bool,
    pub has_set_functions: bool,
    /// The WINDOW clause as written.
    pub window_definitions: Vec<ast::WindowDefinition>,
    /// OVER clauses with a definition, in order; their windows come after the named ones.
    pub over: Vec<ast::WindowDefinition>,
}

/// A WITH RECURSIVE query while it is being read.
pub(crate) struct Recursion {
    pub name: String,
    pub location: u32,
    /// Column names from its alias.
    pub names: Vec<String>,
    /// Known once its first term has been read.
    pub columns: Option<Vec<RangeColumn>>,
    /// It is a UNION, as it must be to refer to itself.
    pub has_form: bool,
    pub reference_count: usize,
}

/// A name that columns or tables can be found under.
#[derive(Clone)]
pub(crate) struct NamespaceItem {
    pub range: usize,
    pub name: Rc<str>,
    /// The schema and relation of a table without an alias.
    pub relation: Option<Oid>,
    pub columns: NamespaceColumns,
    /// Can be named: `name.column`.
    pub is_table_visible: bool,
    /// Its columns can be named without it.
    pub are_columns_visible: bool,
    /// Visible to LATERAL items only.
    pub lateral_only: bool,
    /// A LATERAL item may refer to it.
    pub lateral_allowed: bool,
    /// The row type of whole-row references.
    pub row_type: Oid,
    pub is_join: bool,
    /// A function that yields one scalar column: its whole row is that column.
    pub is_scalar: bool,
}

/// What columns of a name stand for.
#[derive(Clone)]
pub(crate) enum NamespaceColumns {
    /// Variables of the entry, one for each of its columns.
    Variables(Rc<[RangeColumn]>),
    /// Expressions over the entries that were joined.
    Expressions(Rc<[NamespaceColumn]>),
}

impl NamespaceItem {
    /// The names of its columns that can be named, with their positions.
    pub fn live_names(&self) -> impl Iterator<Item = (usize, &Rc<str>)> {
        let count = match &self.columns {
            NamespaceColumns::Variables(columns) => columns.len(),
            NamespaceColumns::Expressions(columns) => columns.len(),
        };
        (0..count).filter_map(|at| match &self.columns {
            NamespaceColumns::Variables(columns) => (!columns[at].dropped).then_some((at, &columns[at].name)),
            NamespaceColumns::Expressions(columns) => Some((at, &columns[at].name)),
        })
    }

    /// What the column at a position stands for.
    pub fn expression(&self, at: usize) -> Expression {
        match &self.columns {
            NamespaceColumns::Variables(columns) => Expression::Variable(Variable {
                range: self.range,
                attribute: AttributeNumber::from_index(at),
                levels_up: 0,
                data_type: columns[at].data_type,
                location: crate::NO_LOCATION,
            }),
            NamespaceColumns::Expressions(columns) => columns[at].expression.clone(),
        }
    }

    /// The columns that can be named.
    pub fn live_columns(&self) -> impl Iterator<Item = NamespaceColumn> {
        self.live_names()
            .map(|(at, name)| NamespaceColumn { name: name.clone(), expression: self.expression(at) })
    }
}

#[derive(Clone)]
pub(crate) struct NamespaceColumn {
    pub name: Rc<str>,
    pub expression: Expression,
}

impl NamespaceColumn {
    pub fn data_type(&self) -> DataType {
        self.expression.data_type()
    }
}

/// What an expression is part of.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Clause {
    #[default]
    SelectTarget,
    JoinOn,
    FromSubquery,
    FromFunction,
    Where,
    Having,
    Filter,
    WindowPartition,
    WindowOrder,
    WindowRange,
    WindowRows,
    WindowGroups,
    InsertTarget,
    UpdateSource,
    GroupBy,
    OrderBy,
    DistinctOn,
    Limit,
    Offset,
    Returning,
    Values,
    Check,
    Default,
    IndexExpression,
    IndexPredicate,
    Generated,
    /// The conditions of ON CONFLICT.
    ConflictWhere,
    /// Arguments of an aggregate.
    AggregateArgument,
}

impl Clause {
    /// The clause as error messages name it.
    pub fn name(self) -> &'static str {
        match self {
            Clause::SelectTarget => "SELECT",
            Clause::JoinOn => "JOIN/ON",
            Clause::FromSubquery => "sub-SELECT in FROM",
            Clause::FromFunction => "function in FROM",
            Clause::Where | Clause::ConflictWhere => "WHERE",
            Clause::Having => "HAVING",
            Clause::Filter => "FILTER",
            Clause::WindowPartition => "window PARTITION BY",
            Clause::WindowOrder => "window ORDER BY",
            Clause::WindowRange => "window RANGE",
            Clause::WindowRows => "window ROWS",
            Clause::WindowGroups => "window GROUPS",
            Clause::InsertTarget => "INSERT",
            Clause::UpdateSource => "UPDATE",
            Clause::GroupBy => "GROUP BY",
            Clause::OrderBy => "ORDER BY",
            Clause::DistinctOn => "DISTINCT ON",
            Clause::Limit => "LIMIT",
            Clause::Offset => "OFFSET",
            Clause::Returning => "RETURNING",
            Clause::Values => "VALUES",
            Clause::Check => "CHECK",
            Clause::Default => "DEFAULT",
            Clause::IndexExpression => "index expression",
            Clause::IndexPredicate => "index predicate",
            Clause::Generated => "GENERATED AS",
            Clause::AggregateArgument => "aggregate argument",
        }
    }

    /// The place named by `... are not allowed in ...`; `None` where aggregates are allowed.
    pub fn aggregate_place(self) -> Option<&'static str> {
        Some(match self {
            Clause::SelectTarget
            | Clause::Having
            | Clause::WindowPartition
            | Clause::WindowOrder
            | Clause::OrderBy
            | Clause::DistinctOn
            | Clause::AggregateArgument => return None,
            Clause::FromSubquery => "FROM clause of their own query level",
            other => other.place(),
        })
    }

    /// The same for window functions.
    pub fn window_place(self) -> Option<&'static str> {
        Some(match self {
            Clause::SelectTarget | Clause::OrderBy | Clause::DistinctOn => return None,
            Clause::Having => "HAVING",
            Clause::FromSubquery => "FROM clause of their own query level",
            other => other.place(),
        })
    }

    /// The same for functions that return sets.
    pub fn set_place(self) -> Option<&'static str> {
        Some(match self {
            Clause::SelectTarget
            | Clause::FromFunction
            | Clause::FromSubquery
            | Clause::GroupBy
            | Clause::OrderBy
            | Clause::DistinctOn
            | Clause::InsertTarget
            | Clause::WindowPartition
            | Clause::WindowOrder
            | Clause::AggregateArgument => return None,
            Clause::Having => "HAVING",
            other => other.place(),
        })
    }

    /// The same for subqueries.
    pub fn subquery_place(self) -> Option<&'static str> {
        Some(match self {
            Clause::Check => "check constraint",
            Clause::Default => "DEFAULT expression",
            Clause::IndexExpression => "index expression",
            Clause::IndexPredicate => "index predicate",
            Clause::Generated => "column generation expression",
            _ => return None,
        })
    }

    fn place(self) -> &'static str {
        match self {
            Clause::JoinOn => "JOIN conditions",
            Clause::FromFunction => "functions in FROM",
            Clause::Check => "check constraints",
            Clause::Default => "DEFAULT expressions",
            Clause::IndexExpression => "index expressions",
            Clause::IndexPredicate => "index predicates",
            Clause::Generated => "column generation expressions",
            Clause::WindowPartition | Clause::WindowOrder => "window definitions",
            other => other.name(),
        }
    }
}
