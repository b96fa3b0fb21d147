//! The query tree: what the analyzer makes of a statement and the optimizer plans.

use std::rc::Rc;

use common::{AttributeNumber, Oid};

use crate::expression::{DataType, Expression};

#[derive(Clone, PartialEq, Debug)]
pub struct Query {
    pub command: Command,
    pub range_table: Vec<RangeTableEntry>,
    pub from: Vec<FromItem>,
    pub filter: Option<Expression>,
    /// For SELECT the output; for INSERT and UPDATE the new values, whose `attribute` tells the column.
    pub targets: Vec<Target>,
    /// The range table position of the table that INSERT, UPDATE or DELETE changes.
    pub result_relation: Option<usize>,
    pub on_conflict: Option<OnConflict>,
    pub returning: Vec<Target>,
    pub common_tables: Vec<CommonTable>,
    pub recursive: bool,
    pub group_by: Vec<GroupItem>,
    /// GROUPING SETS as lists of positions in `group_by`; empty when there are none.
    pub grouping_sets: Vec<Vec<usize>>,
    pub having: Option<Expression>,
    pub windows: Vec<Window>,
    pub distinct: Distinct,
    /// Positions in `targets`.
    pub order_by: Vec<SortClause>,
    pub limit: Option<Expression>,
    /// FETCH FIRST ... WITH TIES.
    pub limit_with_ties: bool,
    pub offset: Option<Expression>,
    pub row_locks: Vec<RowLock>,
    /// UNION and its kin: leaves are subquery entries of the range table.
    pub set_operation: Option<SetOperation>,
    pub has_aggregates: bool,
    pub has_windows: bool,
    pub has_sublinks: bool,
    pub has_set_functions: bool,
}

impl Query {
    /// A query without anything.
    pub fn new(command: Command) -> Query {
        Query {
            command,
            range_table: Vec::new(),
            from: Vec::new(),
            filter: None,
            targets: Vec::new(),
            result_relation: None,
            on_conflict: None,
            returning: Vec::new(),
            common_tables: Vec::new(),
            recursive: false,
            group_by: Vec::new(),
            grouping_sets: Vec::new(),
            having: None,
            windows: Vec::new(),
            distinct: Distinct::No,
            order_by: Vec::new(),
            limit: None,
            limit_with_ties: false,
            offset: None,
            row_locks: Vec::new(),
            set_operation: None,
            has_aggregates: false,
            has_windows: false,
            has_sublinks: false,
            has_set_functions: false,
        }
    }

    /// The columns that the query delivers to its reader.
    pub fn output(&self) -> impl Iterator<Item = &Target> {
        let targets = if self.command == Command::Select { &self.targets } else { &self.returning };
        targets.iter().filter(|target| !target.hidden)
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Command {
    Select,
    Insert,
    Update,
    Delete,
}

/// A member of the target list.
#[derive(Clone, PartialEq, Debug)]
pub struct Target {
    pub expression: Expression,
    pub name: Rc<str>,
    /// For INSERT and UPDATE: the column that is set. For SELECT: 0.
    pub attribute: AttributeNumber,
    /// There for sorting or grouping only.
    pub hidden: bool,
    /// The column that a plain reference comes from, for RowDescription.
    pub origin: Option<(Oid, AttributeNumber)>,
}

/// Something that FROM can name.
#[derive(Clone, PartialEq, Debug)]
pub struct RangeTableEntry {
    pub kind: RangeKind,
    /// The alias, or the name of what it stands for.
    pub name: Rc<str>,
    /// A table's are those that the catalog made for all of its entries.
    pub columns: Rc<[RangeColumn]>,
    pub lateral: bool,
    /// Privileges to be checked on a relation.
    pub required: Privileges,
    /// The role whose privileges count; `INVALID` is the current one. Set for what a view reads.
    pub check_as: Oid,
}

#[derive(Clone, PartialEq, Debug)]
pub struct RangeColumn {
    pub name: Rc<str>,
    pub data_type: DataType,
    /// The column was dropped: it keeps its number but cannot be named.
    pub dropped: bool,
}

#[derive(Clone, PartialEq, Debug)]
pub enum RangeKind {
    /// A table, index, sequence or materialized view. `only`: not its children.
    Relation {
        relation: Oid,
        only: bool,
    },
    Subquery {
        query: Box<Query>,
        view: Option<Oid>,
    },
    Function {
        functions: Vec<RangeFunction>,
        ordinality: bool,
    },
    Values {
        rows: Vec<Vec<Expression>>,
    },
    /// A WITH query: its name, how many queries out it is declared, whether this is the recursive reference.
    CommonTable {
        name: String,
        levels_up: u32,
        recursive_reference: bool,
    },
    /// A join's merged columns: each is an expression over the entries that were joined.
    Join {
        columns: Vec<Expression>,
    },
    /// A FROM clause without tables.
    Empty,
}

#[derive(Clone, PartialEq, Debug)]
pub struct RangeFunction {
    pub expression: Expression,
    pub column_count: usize,
    /// For functions that return `record`: the columns as declared.
    pub columns: Vec<RangeColumn>,
}

/// What a statement wants to do with a relation, for the permission check.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Privileges {
    pub select: bool,
    pub insert: bool,
    pub update: bool,
    pub delete: bool,
    pub selected_columns: Vec<AttributeNumber>,
    pub inserted_columns: Vec<AttributeNumber>,
    pub updated_columns: Vec<AttributeNumber>,
}

#[derive(Clone, PartialEq, Debug)]
pub enum FromItem {
    /// A position in the range table.
    Range(usize),
    Join(Box<Join>),
}

#[derive(Clone, PartialEq, Debug)]
pub struct Join {
    pub kind: JoinKind,
    pub left: FromItem,
    pub right: FromItem,
    pub condition: Option<Expression>,
    /// The range table position of the join itself.
    pub range: usize,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum JoinKind {
    Inner,
    Left,
    Right,
    Full,
    /// Left rows that have a partner.
    Semi,
    /// Left rows that have none.
    Anti,
}

#[derive(Clone, PartialEq, Debug)]
pub struct CommonTable {
    pub name: String,
    pub query: Query,
    pub columns: Vec<RangeColumn>,
    /// MATERIALIZED, NOT MATERIALIZED, or nothing said.
    pub materialized: Option<bool>,
    pub recursive: bool,
    pub reference_count: usize,
}

/// A sort key: a position in a target list and the operators that order and equate its values.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SortClause {
    pub target: usize,
    /// `<` or, for DESC, `>`.
    pub operator: Oid,
    pub equal: Oid,
    pub descending: bool,
    pub nulls_first: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct GroupItem {
    pub target: usize,
    pub equal: Oid,
}

#[derive(Clone, PartialEq, Debug)]
pub enum Distinct {
    No,
    All(Vec<SortClause>),
    On(Vec<SortClause>),
}

#[derive(Clone, PartialEq, Debug)]
pub struct Window {
    pub name: Option<String>,
    pub partition_by: Vec<SortClause>,
    pub order_by: Vec<SortClause>,
    pub frame: Frame,
}

#[derive(Clone, PartialEq, Debug)]
pub struct Frame {
    pub mode: FrameMode,
    pub start: FrameBound,
    pub end: FrameBound,
    pub exclusion: FrameExclusion,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FrameMode {
    Rows,
    Range,
    Groups,
}

#[derive(Clone, PartialEq, Debug)]
pub enum FrameBound {
    UnboundedPreceding,
    Preceding(Expression),
    CurrentRow,
    Following(Expression),
    UnboundedFollowing,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FrameExclusion {
    None,
    CurrentRow,
    Group,
    Ties,
}

/// FOR UPDATE and its kin on one range table entry.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RowLock {
    pub range: usize,
    pub strength: RowLockStrength,
    pub wait: LockWait,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum RowLockStrength {
    KeyShare,
    Share,
    NoKeyUpdate,
    Update,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LockWait {
    Block,
    SkipLocked,
    Error,
}

#[derive(Clone, PartialEq, Debug)]
pub enum SetOperation {
    /// A subquery entry of the range table.
    Leaf(usize),
    Node {
        kind: SetOperationKind,
        all: bool,
        left: Box<SetOperation>,
        right: Box<SetOperation>,
        columns: Vec<DataType>,
        /// How rows are compared, one per column.
        sort: Vec<SortClause>,
    },
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SetOperationKind {
    Union,
    Intersect,
    Except,
}

#[derive(Clone, PartialEq, Debug)]
pub struct OnConflict {
    /// Unique indexes that decide; empty means any conflict (DO NOTHING only).
    pub arbiters: Vec<Oid>,
    /// `None` is DO NOTHING.
    pub update: Option<ConflictUpdate>,
    /// The range table position of `excluded`.
    pub excluded: usize,
}

#[derive(Clone, PartialEq, Debug)]
pub struct ConflictUpdate {
    pub targets: Vec<Target>,
    pub filter: Option<Expression>,
}
