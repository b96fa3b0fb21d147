//! Scalar expressions.

use super::{
    JsonAggregate, JsonFunction, JsonPredicate, JsonTable, Location, OperatorName, QualifiedName,
    SelectStatement, SortBy, TypeName, WindowDefinition, XmlExpression,
};

/// An expression and where errors about it point: the operator of an operator expression, the first token of most
/// others.
#[derive(Debug, Clone, PartialEq)]
pub struct Expression {
    pub kind: ExpressionKind,
    pub location: Location,
}

#[derive(Debug, Clone, PartialEq)]
pub enum ExpressionKind {
    Constant(Constant),
    /// `a`, `t.a`, `s.t.a`; with `star`, `t.*` or, without fields, `*`.
    ColumnRef(ColumnRef),
    /// `$1`.
    Parameter(i32),
    /// `DEFAULT`, where the analyzer allows it.
    Default,
    /// Field selection or subscripting of something that is not a plain column name.
    Indirection {
        operand: Box<Expression>,
        steps: Vec<IndirectionStep>,
    },
    /// A binary operator, or a prefix operator when `left` is absent.
    Operator {
        name: OperatorName,
        left: Option<Box<Expression>>,
        right: Box<Expression>,
    },
    /// `left op ANY (array)` or `left op ALL (array)`.
    OperatorArray {
        name: OperatorName,
        left: Box<Expression>,
        right: Box<Expression>,
        is_all: bool,
    },
    And(Vec<Expression>),
    Or(Vec<Expression>),
    Not(Box<Expression>),
    IsNull {
        operand: Box<Expression>,
        is_negated: bool,
    },
    BooleanTest {
        operand: Box<Expression>,
        test: BooleanTest,
    },
    IsDistinctFrom {
        left: Box<Expression>,
        right: Box<Expression>,
        is_negated: bool,
    },
    /// `[NOT] IN (list)`; with a subquery it is a [`Sublink`].
    In {
        operand: Box<Expression>,
        list: Vec<Expression>,
        is_negated: bool,
    },
    Like(Box<Like>),
    Between(Box<Between>),
    NullIf {
        left: Box<Expression>,
        right: Box<Expression>,
    },
    Coalesce(Vec<Expression>),
    Greatest(Vec<Expression>),
    Least(Vec<Expression>),
    Case(Box<Case>),
    /// `CAST (x AS t)`, `x::t`, `t 'literal'`.
    Cast {
        operand: Box<Expression>,
        type_name: Box<TypeName>,
    },
    Collate {
        operand: Box<Expression>,
        collation: QualifiedName,
    },
    FunctionCall(Box<FunctionCall>),
    /// `name => value` in an argument list.
    NamedArgument {
        name: String,
        value: Box<Expression>,
    },
    /// `ROW(...)`, or `(a, b)` when not `is_explicit`.
    Row {
        fields: Vec<Expression>,
        is_explicit: bool,
    },
    /// `ARRAY[...]`, or a nested `[...]` inside one.
    Array(Vec<Expression>),
    Sublink(Box<Sublink>),
    SqlValueFunction {
        function: SqlValueFunction,
        precision: Option<i32>,
    },
    /// `GROUPING(...)`.
    Grouping(Vec<Expression>),
    /// `MERGE_ACTION()`.
    MergeAction,
    /// `WHERE CURRENT OF cursor`.
    CurrentOf(CursorReference),
    Xml(Box<XmlExpression>),
    JsonPredicate(Box<JsonPredicate>),
    JsonFunction(Box<JsonFunction>),
    JsonAggregate(Box<JsonAggregate>),
    /// Only as a range item.
    JsonTable(Box<JsonTable>),
}

#[derive(Debug, Clone, PartialEq)]
pub enum Constant {
    Null,
    Boolean(bool),
    /// Fits an `i32`.
    Integer(i32),
    /// Any other number, as decimal (or 0x, 0o, 0b) text without underscores.
    Number(String),
    String(String),
    /// `B'101'` as `b101`, `X'1F'` as `x1F`.
    BitString(String),
}

#[derive(Debug, Clone, PartialEq)]
pub struct ColumnRef {
    pub fields: Vec<String>,
    pub has_star: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub enum IndirectionStep {
    Field(String),
    Star,
    Index(Expression),
    Slice { lower: Option<Expression>, upper: Option<Expression> },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BooleanTest {
    IsTrue,
    IsNotTrue,
    IsFalse,
    IsNotFalse,
    IsUnknown,
    IsNotUnknown,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LikeKind {
    Like,
    Ilike,
    SimilarTo,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Like {
    pub kind: LikeKind,
    pub is_negated: bool,
    pub operand: Expression,
    pub pattern: Expression,
    pub escape: Option<Expression>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Between {
    pub is_negated: bool,
    pub is_symmetric: bool,
    pub operand: Expression,
    pub lower: Expression,
    pub upper: Expression,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Case {
    pub operand: Option<Expression>,
    pub branches: Vec<CaseBranch>,
    pub otherwise: Option<Expression>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct CaseBranch {
    pub condition: Expression,
    pub result: Expression,
    pub location: Location,
}

/// How a call was written, which decides how it is printed again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallForm {
    /// `name(arguments)`.
    Explicit,
    /// `EXTRACT(...)`, `AT TIME ZONE`, `TRIM(...)` and the like.
    SqlSyntax,
}

#[derive(Debug, Clone, PartialEq)]
pub struct FunctionCall {
    pub name: QualifiedName,
    pub arguments: Vec<Expression>,
    pub form: CallForm,
    /// `count(*)`.
    pub is_star: bool,
    pub is_distinct: bool,
    /// The last argument is `VARIADIC`.
    pub is_variadic: bool,
    /// `ORDER BY` inside the parentheses, or that of `WITHIN GROUP`.
    pub order_by: Vec<SortBy>,
    pub is_within_group: bool,
    pub filter: Option<Expression>,
    pub over: Option<WindowDefinition>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Sublink {
    pub kind: SublinkKind,
    /// The left side of `IN`, `ANY`, `ALL`.
    pub test: Option<Expression>,
    /// The operator of `ANY` and `ALL`; absent for `IN`.
    pub operator: Option<OperatorName>,
    pub query: SelectStatement,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SublinkKind {
    Scalar,
    Exists,
    /// `IN (SELECT ...)`, `op ANY (SELECT ...)`; `NOT IN` is a `Not` around it.
    Any,
    All,
    Array,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SqlValueFunction {
    CurrentDate,
    CurrentTime,
    CurrentTimestamp,
    LocalTime,
    LocalTimestamp,
    CurrentRole,
    CurrentUser,
    User,
    SessionUser,
    SystemUser,
    CurrentCatalog,
    CurrentSchema,
}

#[derive(Debug, Clone, PartialEq)]
pub enum CursorReference {
    Name(String),
    /// A cursor variable of a procedural language, put there by that language.
    Parameter(i32),
}
