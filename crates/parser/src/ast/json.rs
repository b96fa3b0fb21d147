//! SQL/JSON and SQL/XML expressions.

use super::{Alias, Expression, Location, SelectStatement, SortBy, TypeName, WindowDefinition};

/// `FORMAT JSON [ENCODING name]`.
#[derive(Debug, Clone, PartialEq)]
pub struct JsonFormat {
    pub encoding: Option<String>,
    pub location: Location,
}

/// A value with its format.
#[derive(Debug, Clone, PartialEq)]
pub struct JsonValue {
    pub value: Expression,
    pub format: Option<JsonFormat>,
}

/// `RETURNING type [FORMAT JSON]`.
#[derive(Debug, Clone, PartialEq)]
pub struct JsonReturning {
    pub type_name: TypeName,
    pub format: Option<JsonFormat>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct JsonKeyValue {
    pub key: Expression,
    pub value: JsonValue,
}

/// `x IS [NOT] JSON [kind] [WITH UNIQUE KEYS]`.
#[derive(Debug, Clone, PartialEq)]
pub struct JsonPredicate {
    pub operand: Expression,
    pub format: Option<JsonFormat>,
    pub kind: JsonItemKind,
    pub unique_keys: bool,
    pub is_negated: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JsonItemKind {
    Any,
    Array,
    Object,
    Scalar,
}

#[derive(Debug, Clone, PartialEq)]
pub enum JsonFunction {
    Object {
        entries: Vec<JsonKeyValue>,
        absent_on_null: bool,
        unique_keys: bool,
        returning: Option<JsonReturning>,
    },
    Array {
        elements: Vec<JsonValue>,
        absent_on_null: bool,
        returning: Option<JsonReturning>,
    },
    ArrayQuery {
        query: SelectStatement,
        format: Option<JsonFormat>,
        absent_on_null: bool,
        returning: Option<JsonReturning>,
    },
    /// `JSON(...)`.
    Parse {
        value: JsonValue,
        unique_keys: bool,
    },
    Scalar(Expression),
    Serialize {
        value: JsonValue,
        returning: Option<JsonReturning>,
    },
    Exists(JsonPathCall),
    Query(JsonPathCall),
    Value(JsonPathCall),
}

/// What `JSON_EXISTS`, `JSON_QUERY`, `JSON_VALUE` and `JSON_TABLE` have in common.
#[derive(Debug, Clone, PartialEq)]
pub struct JsonPathCall {
    pub context: JsonValue,
    pub path: Expression,
    pub passing: Vec<JsonArgument>,
    pub returning: Option<JsonReturning>,
    pub wrapper: JsonWrapper,
    pub quotes: Option<JsonQuotes>,
    pub on_empty: Option<JsonBehavior>,
    pub on_error: Option<JsonBehavior>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct JsonArgument {
    pub value: JsonValue,
    pub name: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JsonWrapper {
    Unspecified,
    Without,
    Conditional,
    Unconditional,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JsonQuotes {
    Keep,
    Omit,
}

/// What happens `ON EMPTY` or `ON ERROR`.
#[derive(Debug, Clone, PartialEq)]
pub struct JsonBehavior {
    pub kind: JsonBehaviorKind,
    pub location: Location,
}

#[derive(Debug, Clone, PartialEq)]
pub enum JsonBehaviorKind {
    Null,
    Error,
    Empty,
    EmptyArray,
    EmptyObject,
    True,
    False,
    Unknown,
    Default(Box<Expression>),
}

/// `JSON_OBJECTAGG`, `JSON_ARRAYAGG`.
#[derive(Debug, Clone, PartialEq)]
pub struct JsonAggregate {
    pub kind: JsonAggregateKind,
    pub absent_on_null: bool,
    pub returning: Option<JsonReturning>,
    pub filter: Option<Expression>,
    pub over: Option<WindowDefinition>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum JsonAggregateKind {
    Object { entry: JsonKeyValue, unique_keys: bool },
    Array { element: JsonValue, order_by: Vec<SortBy> },
}

/// `JSON_TABLE(...)` in FROM.
#[derive(Debug, Clone, PartialEq)]
pub struct JsonTable {
    pub context: JsonValue,
    pub path: JsonTablePath,
    pub passing: Vec<JsonArgument>,
    pub columns: Vec<JsonTableColumn>,
    pub on_error: Option<JsonBehavior>,
    pub alias: Option<Alias>,
    pub is_lateral: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub struct JsonTablePath {
    pub path: String,
    pub name: Option<String>,
    pub location: Location,
}

#[derive(Debug, Clone, PartialEq)]
pub struct JsonTableColumn {
    /// Empty for a nested path.
    pub name: String,
    pub kind: JsonTableColumnKind,
    pub location: Location,
}

#[derive(Debug, Clone, PartialEq)]
pub enum JsonTableColumnKind {
    ForOrdinality,
    Regular {
        type_name: TypeName,
        format: Option<JsonFormat>,
        path: Option<JsonTablePath>,
        wrapper: JsonWrapper,
        quotes: Option<JsonQuotes>,
        on_empty: Option<JsonBehavior>,
        on_error: Option<JsonBehavior>,
    },
    Exists {
        type_name: TypeName,
        path: Option<JsonTablePath>,
        on_empty: Option<JsonBehavior>,
        on_error: Option<JsonBehavior>,
    },
    Nested {
        path: JsonTablePath,
        columns: Vec<JsonTableColumn>,
    },
}

#[derive(Debug, Clone, PartialEq)]
pub enum XmlExpression {
    Concat(Vec<Expression>),
    Element { name: String, attributes: Vec<XmlAttribute>, content: Vec<Expression> },
    Exists { path: Expression, document: Expression },
    Forest(Vec<XmlAttribute>),
    Parse { is_document: bool, text: Expression, preserve_whitespace: bool },
    ProcessingInstruction { name: String, content: Option<Expression> },
    Root { document: Expression, version: Option<Expression>, standalone: XmlStandalone },
    Serialize { is_document: bool, value: Expression, type_name: TypeName, indent: bool },
    IsDocument(Expression),
}

#[derive(Debug, Clone, PartialEq)]
pub struct XmlAttribute {
    pub value: Expression,
    pub name: Option<String>,
    pub location: Location,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum XmlStandalone {
    Yes,
    No,
    NoValue,
    Omitted,
}
