//! The plan tree: what the optimizer decided and the executor runs.
//!
//! A node's expressions refer to the columns of its input by position ([`Expression::Column`]); a join's input row is its left
//! input's row followed by its right input's.

use std::rc::Rc;

use common::{AttributeNumber, Oid};

use crate::expression::{DataType, Expression};
use crate::query::{JoinKind, OnConflict, RowLock};

#[derive(Clone, PartialEq, Debug)]
pub struct Plan {
    pub node: PlanNode,
    /// The types of the columns that the node delivers.
    pub output: Vec<DataType>,
    pub estimate: Estimate,
}

/// What the optimizer expects; costs in units of a sequential page read.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Estimate {
    pub startup_cost: f64,
    pub total_cost: f64,
    pub rows: f64,
    /// Bytes per row.
    pub width: u32,
}

/// A whole statement, ready to run.
#[derive(Clone, PartialEq, Debug)]
pub struct PlannedStatement {
    pub plan: Plan,
    /// Plans of subqueries, by [`SubPlan::plan`] and [`PlanNode::CommonTableScan`].
    pub subplans: Vec<Rc<Plan>>,
    /// Subplans that run once, before they are first asked, and set execution parameters.
    pub initial: Vec<InitialPlan>,
    pub execution_parameters: usize,
    /// Relations to be locked and checked before the plan runs.
    pub relations: Vec<PlannedRelation>,
    pub columns: Vec<OutputColumn>,
    pub command: crate::query::Command,
    /// The statement changes data somewhere, if only in WITH.
    pub modifies_data: bool,
    /// See [`crate::fingerprint()`]; 0 when it was not computed.
    pub query_id: i64,
}

#[derive(Clone, PartialEq, Debug)]
pub struct PlannedRelation {
    pub relation: Oid,
    pub name: Rc<str>,
    pub required: crate::query::Privileges,
    pub check_as: Oid,
    pub row_lock: bool,
}

/// A column as the client sees it.
#[derive(Clone, PartialEq, Debug)]
pub struct OutputColumn {
    pub name: Rc<str>,
    pub data_type: DataType,
    pub origin: Option<(Oid, AttributeNumber)>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct InitialPlan {
    pub subplan: usize,
    /// The execution parameter that receives the value.
    pub parameter: usize,
    pub kind: InitialKind,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum InitialKind {
    Scalar,
    Exists,
    Array,
}

/// A subquery in an expression, run for each row or hashed.
#[derive(Clone, PartialEq, Debug)]
pub struct SubPlan {
    pub plan: usize,
    pub test: SubPlanTest,
    /// Execution parameters and the outer values that they take.
    pub parameters: Vec<(usize, Expression)>,
    /// Nothing from any outer query is used: the rows are the same for the whole statement.
    pub is_fixed: bool,
    pub data_type: DataType,
}

#[derive(Clone, PartialEq, Debug)]
pub enum SubPlanTest {
    Exists,
    Scalar,
    Array,
    /// True when `condition` (over the subquery's columns as `Column`, the outer values as parameters) holds for any row.
    Any(Vec<RowTest>),
    All(Vec<RowTest>),
}

/// One pair of `left OPERATOR subquery column`.
#[derive(Clone, PartialEq, Debug)]
pub struct RowTest {
    pub left: Expression,
    pub operator: Oid,
    pub function: Oid,
    /// The function is the equality of a hashable type.
    pub hashable: bool,
    pub input_collation: Oid,
}

impl SubPlan {
    pub fn for_each_expression<'a>(&'a self, visit: &mut dyn FnMut(&'a Expression)) {
        self.parameters.iter().for_each(|(_, outer)| visit(outer));
        if let SubPlanTest::Any(tests) | SubPlanTest::All(tests) = &self.test {
            tests.iter().for_each(|test| visit(&test.left));
        }
    }

    pub fn for_each_expression_mut(&mut self, change: &mut dyn FnMut(&mut Expression)) {
        self.parameters.iter_mut().for_each(|(_, outer)| change(outer));
        if let SubPlanTest::Any(tests) | SubPlanTest::All(tests) = &mut self.test {
            tests.iter_mut().for_each(|test| change(&mut test.left));
        }
    }
}

#[derive(Clone, PartialEq, Debug)]
pub enum PlanNode {
    /// One row (or none, when `condition` is not true) without an input.
    Result {
        expressions: Vec<Expression>,
        condition: Option<Expression>,
    },
    Project {
        input: Box<Plan>,
        expressions: Vec<Expression>,
    },
    /// Like Project, but members may be set-returning calls.
    ProjectSet {
        input: Box<Plan>,
        expressions: Vec<Expression>,
    },
    Filter {
        input: Box<Plan>,
        condition: Expression,
        /// The condition has no column of the input: it decides once for all rows.
        one_time: bool,
    },
    SequentialScan(Scan),
    IndexScan(IndexScan),
    /// Row addresses from `condition`: constants or parameters of type tid.
    TidScan {
        scan: Scan,
        addresses: Vec<Expression>,
    },
    ValuesScan {
        entry: EntryNames,
        rows: Vec<Vec<Expression>>,
    },
    FunctionScan {
        entry: EntryNames,
        functions: Vec<Expression>,
        column_counts: Vec<usize>,
        ordinality: bool,
    },
    /// Rows of a subplan that is run once and kept.
    CommonTableScan {
        entry: EntryNames,
        subplan: usize,
    },
    /// Rows of the last round of the enclosing [`PlanNode::RecursiveUnion`].
    WorkTableScan {
        entry: EntryNames,
        union: usize,
    },
    RecursiveUnion {
        /// Its number, by which its [`PlanNode::WorkTableScan`] finds it.
        id: usize,
        start: Box<Plan>,
        step: Box<Plan>,
        /// UNION rather than UNION ALL.
        distinct: bool,
    },
    NestedLoop {
        kind: JoinKind,
        left: Box<Plan>,
        right: Box<Plan>,
        /// Execution parameters that the right side takes from a left row.
        parameters: Vec<(usize, Expression)>,
        condition: Option<Expression>,
    },
    HashJoin(HashJoin),
    MergeJoin(MergeJoin),
    Sort {
        input: Box<Plan>,
        keys: Vec<SortKey>,
        /// Only as many first rows are wanted as these say together, LIMIT and OFFSET; all if there are none.
        bound: Vec<Expression>,
    },
    Aggregate(Aggregate),
    /// The input, which comes sorted by `partition_by` and `order_by`, with the functions' answers as further columns.
    WindowAggregate {
        input: Box<Plan>,
        /// The name to print.
        name: String,
        partition_by: Vec<usize>,
        order_by: Vec<SortKey>,
        frame: crate::query::Frame,
        functions: Vec<crate::expression::WindowCall>,
    },
    /// Drops rows equal to the one before in these columns.
    Unique {
        input: Box<Plan>,
        columns: Vec<usize>,
    },
    Limit {
        input: Box<Plan>,
        limit: Option<Expression>,
        offset: Option<Expression>,
        /// WITH TIES: rows equal to the last in these keys come too.
        ties: Vec<SortKey>,
    },
    Append {
        inputs: Vec<Plan>,
    },
    /// INTERSECT and EXCEPT by hashing.
    SetOperation {
        kind: crate::query::SetOperationKind,
        all: bool,
        left: Box<Plan>,
        right: Box<Plan>,
    },
    Materialize {
        input: Box<Plan>,
    },
    /// Keeps the right side's answers by parameter values.
    Memoize {
        input: Box<Plan>,
        parameters: Vec<usize>,
    },
    LockRows {
        input: Rc<Plan>,
        locks: Vec<PlannedRowLock>,
        /// Every table whose rows the input's rows are made of.
        marks: Vec<RowMark>,
    },
    ModifyTable(Box<ModifyTable>),
}

/// What a scan of something that is no table prints.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct EntryNames {
    /// What is read: a WITH query; empty where that goes without saying.
    pub name: String,
    pub alias: Rc<str>,
    pub columns: Vec<Rc<str>>,
}

/// A table read: the columns are those of `attributes`, in that order.
#[derive(Clone, PartialEq, Debug)]
pub struct Scan {
    pub relation: Oid,
    /// The statement's number for this entry of a range table; scans of the same entry share it.
    pub mark: usize,
    /// The name to print.
    pub alias: Rc<str>,
    /// User and system columns; their positions are those of the output.
    pub attributes: Vec<AttributeNumber>,
    /// Over the output columns.
    pub filter: Option<Expression>,
}

#[derive(Clone, PartialEq, Debug)]
pub struct IndexScan {
    pub scan: Scan,
    pub index: Oid,
    /// Conditions on index columns, in index column order.
    pub keys: Vec<IndexKey>,
    /// The same conditions over the output columns, for row versions that did not come from the index.
    pub recheck: Vec<Expression>,
    pub backward: bool,
    /// All columns come from the index; the heap is asked only where the page is not all-visible.
    pub index_only: bool,
    /// Collect the addresses first and visit the heap in physical order.
    pub bitmap: bool,
}

/// `index column OPERATOR value`, or a null test.
#[derive(Clone, PartialEq, Debug)]
pub struct IndexKey {
    /// Position among the index's columns, from 0.
    pub column: usize,
    pub test: IndexTest,
}

#[derive(Clone, PartialEq, Debug)]
pub enum IndexTest {
    Compare {
        strategy: Strategy,
        operator: Oid,
        /// Free of columns of this scan: constants and parameters.
        value: Expression,
    },
    /// `= ANY (array)`.
    AnyOf {
        operator: Oid,
        array: Expression,
    },
    IsNull,
    IsNotNull,
}

/// B-tree strategies with PostgreSQL's numbers.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[repr(u16)]
pub enum Strategy {
    Less = 1,
    LessEqual = 2,
    Equal = 3,
    GreaterEqual = 4,
    Greater = 5,
}

#[derive(Clone, PartialEq, Debug)]
pub struct HashJoin {
    pub kind: JoinKind,
    pub left: Box<Plan>,
    /// The side that the table is built from.
    pub right: Box<Plan>,
    /// Pairs of expressions over the left and over the right row, with their equality function.
    pub keys: Vec<JoinKey>,
    /// Over the joined row.
    pub condition: Option<Expression>,
    /// NOT IN: a null key on the right means no row at all.
    pub null_aware: bool,
}

#[derive(Clone, PartialEq, Debug)]
pub struct JoinKey {
    pub left: Expression,
    pub right: Expression,
    pub equal: Oid,
}

#[derive(Clone, PartialEq, Debug)]
pub struct MergeJoin {
    pub kind: JoinKind,
    pub left: Box<Plan>,
    pub right: Box<Plan>,
    pub keys: Vec<JoinKey>,
    pub order: Vec<SortKey>,
    pub condition: Option<Expression>,
}

/// A column of the input and how its values are ordered.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct SortKey {
    pub column: usize,
    /// The ordering operator: `<`, or `>` for descending.
    pub operator: Oid,
    pub descending: bool,
    pub nulls_first: bool,
}

/// Output: the grouping columns, then the aggregates.
#[derive(Clone, PartialEq, Debug)]
pub struct Aggregate {
    pub input: Box<Plan>,
    pub strategy: AggregateStrategy,
    /// Input columns.
    pub group_by: Vec<usize>,
    /// Positions in `group_by`; empty for plain grouping.
    pub grouping_sets: Vec<Vec<usize>>,
    /// Their arguments are over the input columns.
    pub aggregates: Vec<crate::expression::AggregateCall>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AggregateStrategy {
    /// One group, also of no rows.
    Plain,
    /// The input comes sorted by the grouping columns.
    Sorted,
    Hashed,
}

#[derive(Clone, PartialEq, Debug)]
pub struct PlannedRowLock {
    pub lock: RowLock,
    pub relation: Oid,
    /// The input column that holds the row's address.
    pub address: usize,
}

/// Where a row says which version of a table's row is part of it, so that it can be put together again.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RowMark {
    /// The [`Scan::mark`] of the table.
    pub mark: usize,
    /// The column that holds the version's address; null where an outer join found no row.
    pub address: usize,
}

#[derive(Clone, PartialEq, Debug)]
pub struct ModifyTable {
    pub operation: crate::query::Command,
    pub relation: Oid,
    /// The name to print.
    pub alias: Rc<str>,
    pub input: Rc<Plan>,
    /// INSERT: for each table column (by position) the expression over the input row; generated and dropped columns included.
    /// UPDATE: the same over the old row (`old_columns`) followed by the input row; unchanged columns refer to the old row.
    pub values: Vec<Expression>,
    /// UPDATE and DELETE: the input column that holds the old row's address.
    pub address: Option<usize>,
    /// UPDATE and DELETE: every table whose rows the input's rows are made of.
    pub marks: Vec<RowMark>,
    /// UPDATE: table columns that the statement sets.
    pub changed: Vec<AttributeNumber>,
    pub on_conflict: Option<PlannedConflict>,
    /// Over the affected row's columns (new for INSERT and UPDATE, old for DELETE) followed by the input row.
    pub returning: Vec<Expression>,
}

#[derive(Clone, PartialEq, Debug)]
pub struct PlannedConflict {
    pub source: OnConflict,
    /// DO UPDATE: new values over the existing row's columns followed by the proposed row's.
    pub values: Vec<Expression>,
    pub changed: Vec<AttributeNumber>,
    pub filter: Option<Expression>,
}
