//! Typed expressions.
//!
//! The analyzer builds them over [`Variable`]s (range table entry and attribute); the optimizer replaces those by
//! [`Expression::Column`], a position in the rows that the plan node's input delivers, before the executor sees them.

use common::{AttributeNumber, Oid};
use types::Value;

use crate::plan::SubPlan;
use crate::query::{Query, SortClause};

/// A type with its modifier (-1: none) and collation (0: not collatable).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct DataType {
    pub oid: Oid,
    pub modifier: i32,
    pub collation: Oid,
}

impl DataType {
    pub fn new(oid: Oid) -> DataType {
        DataType { oid, modifier: -1, collation: Oid::INVALID }
    }
}

#[derive(Clone, PartialEq, Debug)]
pub enum Expression {
    Constant(Constant),
    Variable(Variable),
    /// The value at this position of the input row. Only in plans.
    Column(Column),
    Parameter(Parameter),
    Function(FunctionCall),
    Aggregate(Box<AggregateCall>),
    Window(Box<WindowCall>),
    And(Vec<Expression>),
    Or(Vec<Expression>),
    Not(Box<Expression>),
    Case(Box<Case>),
    /// The value that the enclosing [`Case`] compares its branches with.
    CaseOperand(DataType),
    Coalesce {
        arguments: Vec<Expression>,
        data_type: DataType,
    },
    /// GREATEST and LEAST.
    Extreme {
        greatest: bool,
        arguments: Vec<Expression>,
        data_type: DataType,
    },
    /// `left` unless `equal(left, right)`, then null.
    NullIf {
        equal: Oid,
        left: Box<Expression>,
        right: Box<Expression>,
        data_type: DataType,
    },
    IsNull {
        argument: Box<Expression>,
        negated: bool,
    },
    BooleanTest {
        argument: Box<Expression>,
        test: BooleanTest,
    },
    /// IS [NOT] DISTINCT FROM, by an equality function.
    IsDistinct {
        equal: Oid,
        left: Box<Expression>,
        right: Box<Expression>,
        negated: bool,
    },
    /// `left OPERATOR ANY (array)` or ALL.
    ScalarArray(Box<ScalarArray>),
    Array {
        elements: Vec<Expression>,
        element_type: Oid,
        /// The elements are arrays themselves: ARRAY[[1,2],[3,4]].
        nested: bool,
        data_type: DataType,
    },
    Row {
        fields: Vec<Expression>,
        data_type: DataType,
    },
    /// `array[i]`, `array[i:j]`.
    Subscript {
        argument: Box<Expression>,
        subscripts: Vec<Subscript>,
        data_type: DataType,
    },
    /// A field (from 0) of a composite value.
    Field {
        argument: Box<Expression>,
        field: usize,
        data_type: DataType,
    },
    /// The same bits under another type.
    Relabel {
        argument: Box<Expression>,
        data_type: DataType,
        display: Display,
    },
    /// A conversion by way of text.
    CoerceViaText {
        argument: Box<Expression>,
        data_type: DataType,
        display: Display,
    },
    /// A cast of each element by `element`, in which [`Expression::CaseOperand`] stands for the element.
    ArrayCoerce {
        argument: Box<Expression>,
        element: Box<Expression>,
        data_type: DataType,
        display: Display,
    },
    SubLink(Box<SubLink>),
    /// A sublink after planning.
    SubPlan(Box<SubPlan>),
    /// CURRENT_DATE, CURRENT_USER and their kin.
    SessionValue {
        kind: SessionValue,
        data_type: DataType,
    },
    /// DEFAULT in VALUES or SET; gone after rewriting.
    SetToDefault(DataType),
    /// `nextval` of an identity column's sequence.
    NextValue {
        sequence: Oid,
        data_type: DataType,
    },
    /// A call's named argument (`name => value`), until the call is resolved.
    NamedArgument {
        name: String,
        argument: Box<Expression>,
    },
}

#[derive(Clone, PartialEq, Debug)]
pub struct Constant {
    pub value: Value,
    pub data_type: DataType,
    /// Byte offset in the source text; `u32::MAX` when there is none.
    pub location: u32,
}

/// A column of a range table entry.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Variable {
    /// Position in the range table, from 0.
    pub range: usize,
    /// A user column, a system column, or 0 for the whole row.
    pub attribute: AttributeNumber,
    /// How many queries further out the range table is.
    pub levels_up: u32,
    pub data_type: DataType,
    pub location: u32,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Column {
    pub index: usize,
    pub data_type: DataType,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Parameter {
    pub kind: ParameterKind,
    /// Position among its kind, from 0.
    pub index: usize,
    pub data_type: DataType,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ParameterKind {
    /// `$1` of the statement.
    External,
    /// Set by a plan node while the plan runs.
    Execution,
}

/// How a call was written, and so how it is printed.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Display {
    Call,
    /// Written as this operator.
    Operator(Oid),
    ExplicitCast,
    ImplicitCast,
    /// SQL's special syntax: EXTRACT(... FROM ...), OVERLAY, ...
    SqlSyntax,
}

#[derive(Clone, PartialEq, Debug)]
pub struct FunctionCall {
    pub function: Oid,
    pub arguments: Vec<Expression>,
    pub data_type: DataType,
    pub returns_set: bool,
    /// The last argument is an array that stands for the variadic ones.
    pub variadic: bool,
    pub input_collation: Oid,
    pub display: Display,
    pub location: u32,
}

#[derive(Clone, PartialEq, Debug)]
pub struct AggregateCall {
    pub function: Oid,
    /// `count(*)`.
    pub star: bool,
    pub direct_arguments: Vec<Expression>,
    pub arguments: Vec<Expression>,
    pub distinct: bool,
    /// Positions in `arguments`; those beyond the declared ones are there for sorting only.
    pub order_by: Vec<SortClause>,
    pub argument_count: usize,
    pub filter: Option<Expression>,
    pub data_type: DataType,
    pub input_collation: Oid,
    pub levels_up: u32,
    pub location: u32,
}

#[derive(Clone, PartialEq, Debug)]
pub struct WindowCall {
    pub function: Oid,
    pub is_aggregate: bool,
    pub star: bool,
    pub arguments: Vec<Expression>,
    pub filter: Option<Expression>,
    /// Position among the query's windows.
    pub window: usize,
    pub data_type: DataType,
    pub input_collation: Oid,
    pub location: u32,
}

#[derive(Clone, PartialEq, Debug)]
pub struct Case {
    /// Evaluated once; the conditions refer to it by [`Expression::CaseOperand`].
    pub operand: Option<Expression>,
    /// Condition and result.
    pub branches: Vec<(Expression, Expression)>,
    pub otherwise: Expression,
    pub data_type: DataType,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum BooleanTest {
    IsTrue,
    IsNotTrue,
    IsFalse,
    IsNotFalse,
    IsUnknown,
    IsNotUnknown,
}

#[derive(Clone, PartialEq, Debug)]
pub struct ScalarArray {
    pub operator: Oid,
    pub function: Oid,
    /// ANY rather than ALL.
    pub any: bool,
    pub left: Expression,
    pub right: Expression,
    pub input_collation: Oid,
}

#[derive(Clone, PartialEq, Debug)]
pub enum Subscript {
    Index(Expression),
    Slice { lower: Option<Expression>, upper: Option<Expression> },
}

/// A subquery inside an expression.
#[derive(Clone, PartialEq, Debug)]
pub struct SubLink {
    pub kind: SubLinkKind,
    pub query: Query,
    pub data_type: DataType,
    pub location: u32,
}

#[derive(Clone, PartialEq, Debug)]
pub enum SubLinkKind {
    Exists,
    /// The one column of the one row.
    Scalar,
    /// ARRAY(SELECT ...).
    Array,
    /// `left OPERATOR ANY (SELECT ...)`; IN is `= ANY`.
    Any(Comparison),
    All(Comparison),
}

/// Left sides compared with the subquery's columns, pair by pair.
#[derive(Clone, PartialEq, Debug)]
pub struct Comparison {
    pub left: Vec<Expression>,
    /// Operator and its function for each pair.
    pub operators: Vec<(Oid, Oid)>,
    /// Written as a row comparison, which is lexicographic for < and >.
    pub row: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum SessionValue {
    CurrentDate,
    CurrentTime,
    CurrentTimestamp,
    LocalTime,
    LocalTimestamp,
    CurrentUser,
    SessionUser,
    CurrentCatalog,
    CurrentSchema,
}

impl Expression {
    /// The type of the value. Boolean connectives have `types::oid::BOOL`.
    pub fn data_type(&self) -> DataType {
        match self {
            Expression::Constant(constant) => constant.data_type,
            Expression::Variable(variable) => variable.data_type,
            Expression::Column(column) => column.data_type,
            Expression::Parameter(parameter) => parameter.data_type,
            Expression::Function(call) => call.data_type,
            Expression::Aggregate(call) => call.data_type,
            Expression::Window(call) => call.data_type,
            Expression::Case(case) => case.data_type,
            Expression::SubLink(link) => link.data_type,
            Expression::SubPlan(plan) => plan.data_type,
            Expression::CaseOperand(data_type)
            | Expression::SetToDefault(data_type)
            | Expression::Coalesce { data_type, .. }
            | Expression::Extreme { data_type, .. }
            | Expression::NullIf { data_type, .. }
            | Expression::Array { data_type, .. }
            | Expression::Row { data_type, .. }
            | Expression::Subscript { data_type, .. }
            | Expression::Field { data_type, .. }
            | Expression::Relabel { data_type, .. }
            | Expression::CoerceViaText { data_type, .. }
            | Expression::ArrayCoerce { data_type, .. }
            | Expression::SessionValue { data_type, .. }
            | Expression::NextValue { data_type, .. } => *data_type,
            Expression::NamedArgument { argument, .. } => argument.data_type(),
            Expression::And(_)
            | Expression::Or(_)
            | Expression::Not(_)
            | Expression::IsNull { .. }
            | Expression::BooleanTest { .. }
            | Expression::IsDistinct { .. }
            | Expression::ScalarArray(_) => DataType::new(types::oid::BOOL),
        }
    }

    /// A constant without a place in the source.
    pub fn constant(value: Value, data_type: DataType) -> Expression {
        Expression::Constant(Constant { value, data_type, location: u32::MAX })
    }

    pub fn column(index: usize, data_type: DataType) -> Expression {
        Expression::Column(Column { index, data_type })
    }

    /// Calls `visit` on each direct operand. Subqueries are not entered; their test expressions are.
    pub fn for_each_child<'a>(&'a self, visit: &mut dyn FnMut(&'a Expression)) {
        match self {
            Expression::Constant(_)
            | Expression::Variable(_)
            | Expression::Column(_)
            | Expression::Parameter(_)
            | Expression::CaseOperand(_)
            | Expression::SetToDefault(_)
            | Expression::SessionValue { .. }
            | Expression::NextValue { .. } => {}
            Expression::Function(call) => call.arguments.iter().for_each(visit),
            Expression::Aggregate(call) => {
                call.direct_arguments.iter().chain(&call.arguments).chain(&call.filter).for_each(visit);
            }
            Expression::Window(call) => call.arguments.iter().chain(&call.filter).for_each(visit),
            Expression::And(items) | Expression::Or(items) => items.iter().for_each(visit),
            Expression::Coalesce { arguments, .. } | Expression::Extreme { arguments, .. } => {
                arguments.iter().for_each(visit);
            }
            Expression::Array { elements, .. } => elements.iter().for_each(visit),
            Expression::Row { fields, .. } => fields.iter().for_each(visit),
            Expression::Not(argument)
            | Expression::IsNull { argument, .. }
            | Expression::BooleanTest { argument, .. }
            | Expression::Field { argument, .. }
            | Expression::Relabel { argument, .. }
            | Expression::CoerceViaText { argument, .. }
            | Expression::NamedArgument { argument, .. } => visit(argument),
            Expression::Case(case) => {
                case.operand.iter().for_each(&mut *visit);
                for (condition, result) in &case.branches {
                    visit(condition);
                    visit(result);
                }
                visit(&case.otherwise);
            }
            Expression::NullIf { left, right, .. } | Expression::IsDistinct { left, right, .. } => {
                visit(left);
                visit(right);
            }
            Expression::ScalarArray(test) => {
                visit(&test.left);
                visit(&test.right);
            }
            Expression::Subscript { argument, subscripts, .. } => {
                visit(argument);
                for subscript in subscripts {
                    match subscript {
                        Subscript::Index(index) => visit(index),
                        Subscript::Slice { lower, upper } => lower.iter().chain(upper).for_each(&mut *visit),
                    }
                }
            }
            Expression::ArrayCoerce { argument, element, .. } => {
                visit(argument);
                visit(element);
            }
            Expression::SubLink(link) => {
                if let SubLinkKind::Any(test) | SubLinkKind::All(test) = &link.kind {
                    test.left.iter().for_each(visit);
                }
            }
            Expression::SubPlan(plan) => plan.for_each_expression(visit),
        }
    }

    /// Calls `change` on each direct operand, to be replaced in place.
    pub fn for_each_child_mut(&mut self, change: &mut dyn FnMut(&mut Expression)) {
        match self {
            Expression::Constant(_)
            | Expression::Variable(_)
            | Expression::Column(_)
            | Expression::Parameter(_)
            | Expression::CaseOperand(_)
            | Expression::SetToDefault(_)
            | Expression::SessionValue { .. }
            | Expression::NextValue { .. } => {}
            Expression::Function(call) => call.arguments.iter_mut().for_each(change),
            Expression::Aggregate(call) => {
                call.direct_arguments
                    .iter_mut()
                    .chain(&mut call.arguments)
                    .chain(&mut call.filter)
                    .for_each(change);
            }
            Expression::Window(call) => call.arguments.iter_mut().chain(&mut call.filter).for_each(change),
            Expression::And(items) | Expression::Or(items) => items.iter_mut().for_each(change),
            Expression::Coalesce { arguments, .. } | Expression::Extreme { arguments, .. } => {
                arguments.iter_mut().for_each(change);
            }
            Expression::Array { elements, .. } => elements.iter_mut().for_each(change),
            Expression::Row { fields, .. } => fields.iter_mut().for_each(change),
            Expression::Not(argument)
            | Expression::IsNull { argument, .. }
            | Expression::BooleanTest { argument, .. }
            | Expression::Field { argument, .. }
            | Expression::Relabel { argument, .. }
            | Expression::CoerceViaText { argument, .. }
            | Expression::NamedArgument { argument, .. } => change(argument),
            Expression::Case(case) => {
                case.operand.iter_mut().for_each(&mut *change);
                for (condition, result) in &mut case.branches {
                    change(condition);
                    change(result);
                }
                change(&mut case.otherwise);
            }
            Expression::NullIf { left, right, .. } | Expression::IsDistinct { left, right, .. } => {
                change(left);
                change(right);
            }
            Expression::ScalarArray(test) => {
                change(&mut test.left);
                change(&mut test.right);
            }
            Expression::Subscript { argument, subscripts, .. } => {
                change(argument);
                for subscript in subscripts {
                    match subscript {
                        Subscript::Index(index) => change(index),
                        Subscript::Slice { lower, upper } => {
                            lower.iter_mut().chain(upper).for_each(&mut *change);
                        }
                    }
                }
            }
            Expression::ArrayCoerce { argument, element, .. } => {
                change(argument);
                change(element);
            }
            Expression::SubLink(link) => {
                if let SubLinkKind::Any(test) | SubLinkKind::All(test) = &mut link.kind {
                    test.left.iter_mut().for_each(change);
                }
            }
            Expression::SubPlan(plan) => plan.for_each_expression_mut(change),
        }
    }

    /// Whether `test` holds for this expression or anything below it, subqueries excepted.
    pub fn any(&self, test: &mut dyn FnMut(&Expression) -> bool) -> bool {
        if test(self) {
            return true;
        }
        let mut found = false;
        self.for_each_child(&mut |child| found = found || child.any(test));
        found
    }
}
