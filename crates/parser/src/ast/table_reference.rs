//! What may stand in FROM.

use super::{
    Alias, ColumnDefinition, Expression, FunctionAlias, JsonTable, Location, QualifiedName, RelationName,
    SelectStatement, TypeName,
};

#[derive(Debug, Clone, PartialEq)]
pub enum TableReference {
    Relation(RelationReference),
    Subquery(Box<SubqueryReference>),
    Function(Box<FunctionReference>),
    Join(Box<JoinExpression>),
    XmlTable(Box<XmlTable>),
    JsonTable(Box<JsonTable>, Location),
}

/// `[ONLY] name [*] [alias] [TABLESAMPLE ...]`.
#[derive(Debug, Clone, PartialEq)]
pub struct RelationReference {
    pub name: RelationName,
    /// False after ONLY.
    pub with_children: bool,
    pub alias: Option<Alias>,
    pub sample: Option<Box<TableSample>>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct TableSample {
    pub method: QualifiedName,
    pub arguments: Vec<Expression>,
    pub repeatable: Option<Expression>,
    pub location: Location,
}

#[derive(Debug, Clone, PartialEq)]
pub struct SubqueryReference {
    pub is_lateral: bool,
    pub query: SelectStatement,
    pub alias: Option<Alias>,
    pub location: Location,
}

/// A function, or `ROWS FROM (...)`, in FROM.
#[derive(Debug, Clone, PartialEq)]
pub struct FunctionReference {
    pub is_lateral: bool,
    pub is_rows_from: bool,
    pub functions: Vec<RowsFromItem>,
    pub with_ordinality: bool,
    pub alias: FunctionAlias,
    pub location: Location,
}

#[derive(Debug, Clone, PartialEq)]
pub struct RowsFromItem {
    /// A call, or a special form such as `CURRENT_DATE`.
    pub function: Expression,
    pub column_definitions: Vec<ColumnDefinition>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct JoinExpression {
    pub kind: JoinKind,
    pub left: TableReference,
    pub right: TableReference,
    pub condition: JoinCondition,
    /// `(a JOIN b ...) AS alias`.
    pub alias: Option<Alias>,
    pub location: Location,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JoinKind {
    Inner,
    Left,
    Right,
    Full,
    /// Its condition is always `None`.
    Cross,
}

#[derive(Debug, Clone, PartialEq)]
pub enum JoinCondition {
    None,
    Natural,
    Using { columns: Vec<String>, alias: Option<Alias> },
    On(Box<Expression>),
}

#[derive(Debug, Clone, PartialEq)]
pub struct XmlTable {
    pub is_lateral: bool,
    /// (name, uri); the default namespace has no name.
    pub namespaces: Vec<(Option<String>, Expression)>,
    pub row_path: Expression,
    pub document: Expression,
    pub columns: Vec<XmlTableColumn>,
    pub alias: Option<Alias>,
    pub location: Location,
}

#[derive(Debug, Clone, PartialEq)]
pub struct XmlTableColumn {
    pub name: String,
    /// `None` is FOR ORDINALITY.
    pub type_name: Option<TypeName>,
    pub path: Option<Expression>,
    pub default: Option<Expression>,
    pub is_not_null: bool,
    pub location: Location,
}
