//! CREATE TABLE and what ALTER TABLE can do.

use super::{
    DefinitionElement, DropBehavior, ExecuteStatement, Expression, Location, ObjectType, OperatorName,
    QualifiedName, RelationName, RoleName, SelectStatement, TypeName,
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Persistence {
    Permanent,
    Unlogged,
    Temporary,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnCommit {
    Unspecified,
    PreserveRows,
    DeleteRows,
    Drop,
}

#[derive(Debug, Clone, PartialEq)]
pub struct CreateTableStatement {
    pub name: RelationName,
    pub persistence: Persistence,
    pub if_not_exists: bool,
    pub elements: Vec<TableElement>,
    pub inherits: Vec<RelationName>,
    pub partition_of: Option<PartitionOf>,
    /// `OF type`.
    pub of_type: Option<TypeName>,
    pub partition_by: Option<PartitionSpecification>,
    pub access_method: Option<String>,
    pub options: Vec<DefinitionElement>,
    pub on_commit: OnCommit,
    pub tablespace: Option<String>,
    /// Makes it a foreign table.
    pub foreign: Option<ForeignTableOptions>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct ForeignTableOptions {
    pub server: String,
    pub options: Vec<DefinitionElement>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct PartitionOf {
    pub parent: RelationName,
    pub bound: PartitionBound,
}

#[derive(Debug, Clone, PartialEq)]
pub enum TableElement {
    Column(ColumnDefinition),
    Constraint(Constraint),
    Like(LikeClause),
}

#[derive(Debug, Clone, PartialEq)]
pub struct ColumnDefinition {
    pub name: String,
    /// Absent in the column options of a typed table or a partition.
    pub type_name: Option<TypeName>,
    pub collation: Option<QualifiedName>,
    pub storage: Option<String>,
    pub compression: Option<String>,
    pub foreign_options: Vec<DefinitionElement>,
    /// In order, attributes such as DEFERRABLE folded into the constraint they follow.
    pub constraints: Vec<Constraint>,
    pub location: Location,
}

/// A constraint of a table, a column or a domain; also DEFAULT, GENERATED and NULL of a column.
#[derive(Debug, Clone, PartialEq)]
pub struct Constraint {
    pub name: Option<String>,
    pub kind: ConstraintKind,
    pub attributes: ConstraintAttributes,
    pub location: Location,
}

/// `None` where nothing was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ConstraintAttributes {
    pub deferrable: Option<bool>,
    pub initially_deferred: Option<bool>,
    pub enforced: Option<bool>,
    pub is_not_valid: bool,
    pub is_no_inherit: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub enum ConstraintKind {
    Null,
    NotNull {
        column: Option<String>,
    },
    Default(Box<Expression>),
    Check(Box<Expression>),
    GeneratedExpression {
        expression: Box<Expression>,
        is_stored: bool,
    },
    Identity {
        is_always: bool,
        options: Vec<SequenceOption>,
    },
    Unique(Box<IndexConstraint>),
    PrimaryKey(Box<IndexConstraint>),
    Exclude {
        index: Box<IndexConstraint>,
        access_method: Option<String>,
        elements: Vec<ExclusionElement>,
        filter: Option<Box<Expression>>,
    },
    ForeignKey(Box<ForeignKey>),
}

/// UNIQUE and PRIMARY KEY; on a column, `columns` is empty.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct IndexConstraint {
    pub columns: Vec<String>,
    pub without_overlaps: bool,
    pub nulls_not_distinct: bool,
    pub include: Vec<String>,
    pub options: Vec<DefinitionElement>,
    pub tablespace: Option<String>,
    /// `USING INDEX name`.
    pub using_index: Option<String>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct ExclusionElement {
    pub element: IndexElement,
    pub operator: OperatorName,
}

#[derive(Debug, Clone, PartialEq)]
pub struct ForeignKey {
    /// Empty on a column.
    pub columns: Vec<String>,
    /// The last column is `PERIOD name`.
    pub has_period: bool,
    pub table: RelationName,
    pub referenced_columns: Vec<String>,
    pub referenced_has_period: bool,
    pub match_type: ForeignKeyMatch,
    pub on_update: ForeignKeyAction,
    pub on_delete: ForeignKeyAction,
    /// The columns of `ON DELETE SET NULL (columns)`.
    pub on_delete_columns: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ForeignKeyMatch {
    Simple,
    Full,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ForeignKeyAction {
    NoAction,
    Restrict,
    Cascade,
    SetNull,
    SetDefault,
}

#[derive(Debug, Clone, PartialEq)]
pub struct LikeClause {
    pub table: RelationName,
    /// In order; each INCLUDING (true) or EXCLUDING (false).
    pub options: Vec<(LikeOption, bool)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LikeOption {
    All,
    Comments,
    Compression,
    Constraints,
    Defaults,
    Generated,
    Identity,
    Indexes,
    Statistics,
    Storage,
}

#[derive(Debug, Clone, PartialEq)]
pub struct PartitionSpecification {
    pub strategy: PartitionStrategy,
    pub keys: Vec<PartitionKey>,
    pub location: Location,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PartitionStrategy {
    List,
    Range,
    Hash,
}

#[derive(Debug, Clone, PartialEq)]
pub struct PartitionKey {
    pub value: IndexValue,
    pub collation: Option<QualifiedName>,
    pub operator_class: Option<QualifiedName>,
    pub location: Location,
}

#[derive(Debug, Clone, PartialEq)]
pub struct PartitionBound {
    pub kind: PartitionBoundKind,
    pub location: Location,
}

#[derive(Debug, Clone, PartialEq)]
pub enum PartitionBoundKind {
    Default,
    Hash {
        modulus: i32,
        remainder: i32,
    },
    In(Vec<Expression>),
    /// MINVALUE and MAXVALUE are column references of that name.
    FromTo {
        from: Vec<Expression>,
        to: Vec<Expression>,
    },
}

#[derive(Debug, Clone, PartialEq)]
pub struct CreateTableAsStatement {
    pub target: IntoTarget,
    pub source: CreateTableAsSource,
    pub if_not_exists: bool,
    pub is_materialized_view: bool,
    pub with_data: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub enum CreateTableAsSource {
    Select(Box<SelectStatement>),
    Execute(ExecuteStatement),
}

/// The table that CREATE TABLE AS, CREATE MATERIALIZED VIEW or SELECT INTO makes.
#[derive(Debug, Clone, PartialEq)]
pub struct IntoTarget {
    pub name: RelationName,
    pub persistence: Persistence,
    pub columns: Vec<String>,
    pub access_method: Option<String>,
    pub options: Vec<DefinitionElement>,
    pub on_commit: OnCommit,
    pub tablespace: Option<String>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum SequenceOption {
    As {
        type_name: TypeName,
        location: Location,
    },
    /// The number as text, with its sign.
    Cache {
        value: String,
        location: Location,
    },
    Cycle {
        is_cycled: bool,
        location: Location,
    },
    Increment {
        value: String,
        location: Location,
    },
    Logged {
        is_logged: bool,
        location: Location,
    },
    /// `None` is NO MAXVALUE.
    MaxValue {
        value: Option<String>,
        location: Location,
    },
    MinValue {
        value: Option<String>,
        location: Location,
    },
    OwnedBy {
        column: QualifiedName,
        location: Location,
    },
    Restart {
        value: Option<String>,
        location: Location,
    },
    SequenceName {
        name: QualifiedName,
        location: Location,
    },
    Start {
        value: String,
        location: Location,
    },
}

#[derive(Debug, Clone, PartialEq)]
pub struct IndexStatement {
    pub name: Option<String>,
    pub is_unique: bool,
    pub concurrently: bool,
    pub if_not_exists: bool,
    pub table: RelationName,
    /// False after ONLY.
    pub with_children: bool,
    pub access_method: Option<String>,
    pub elements: Vec<IndexElement>,
    pub include: Vec<IndexElement>,
    pub nulls_not_distinct: bool,
    pub options: Vec<DefinitionElement>,
    pub tablespace: Option<String>,
    pub filter: Option<Expression>,
    pub location: Location,
}

#[derive(Debug, Clone, PartialEq)]
pub struct IndexElement {
    pub value: IndexValue,
    pub collation: Option<QualifiedName>,
    pub operator_class: Option<QualifiedName>,
    pub operator_class_options: Vec<DefinitionElement>,
    pub direction: super::SortDirection,
    pub nulls: super::NullsOrder,
    pub location: Location,
}

#[derive(Debug, Clone, PartialEq)]
pub enum IndexValue {
    Column(String),
    Expression(Box<Expression>),
}

/// ALTER TABLE, INDEX, SEQUENCE, VIEW, MATERIALIZED VIEW, FOREIGN TABLE; also ALTER TYPE with ADD, DROP or ALTER
/// ATTRIBUTE of a composite type.
#[derive(Debug, Clone, PartialEq)]
pub struct AlterTableStatement {
    pub object_type: ObjectType,
    pub name: RelationName,
    pub with_children: bool,
    pub if_exists: bool,
    pub actions: Vec<AlterTableAction>,
}

/// `ALTER TABLE ALL IN TABLESPACE ...`.
#[derive(Debug, Clone, PartialEq)]
pub struct MoveAllStatement {
    pub object_type: ObjectType,
    pub tablespace: String,
    pub owned_by: Vec<RoleName>,
    pub new_tablespace: String,
    pub nowait: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub enum AlterTableAction {
    AddColumn {
        column: ColumnDefinition,
        if_not_exists: bool,
        behavior: DropBehavior,
    },
    DropColumn {
        column: String,
        if_exists: bool,
        behavior: DropBehavior,
    },
    SetColumnType {
        column: String,
        type_name: TypeName,
        collation: Option<QualifiedName>,
        using: Option<Expression>,
        behavior: DropBehavior,
        location: Location,
    },
    SetDefault {
        column: String,
        value: Expression,
    },
    DropDefault {
        column: String,
    },
    SetNotNull {
        column: String,
    },
    DropNotNull {
        column: String,
    },
    SetExpression {
        column: String,
        expression: Expression,
    },
    DropExpression {
        column: String,
        if_exists: bool,
    },
    AddIdentity {
        column: String,
        is_always: bool,
        options: Vec<SequenceOption>,
        location: Location,
    },
    SetIdentity {
        column: String,
        always: Option<bool>,
        options: Vec<SequenceOption>,
    },
    DropIdentity {
        column: String,
        if_exists: bool,
    },
    /// `None` is DEFAULT; an index's column goes by number.
    SetStatistics {
        column: ColumnSelector,
        target: Option<i32>,
    },
    SetColumnOptions {
        column: String,
        options: Vec<DefinitionElement>,
    },
    ResetColumnOptions {
        column: String,
        options: Vec<DefinitionElement>,
    },
    /// `default` for DEFAULT.
    SetStorage {
        column: String,
        storage: String,
    },
    SetCompression {
        column: String,
        method: String,
    },
    AlterColumnForeignOptions {
        column: String,
        options: Vec<DefinitionElement>,
    },
    AddConstraint(Constraint),
    AlterConstraint {
        name: String,
        attributes: ConstraintAttributes,
        inherit: Option<bool>,
    },
    ValidateConstraint(String),
    DropConstraint {
        name: String,
        if_exists: bool,
        behavior: DropBehavior,
    },
    ClusterOn(String),
    SetWithoutCluster,
    SetWithoutOids,
    SetLogged,
    SetUnlogged,
    /// `None` is DEFAULT.
    SetAccessMethod(Option<String>),
    SetTablespace(String),
    SetOptions(Vec<DefinitionElement>),
    ResetOptions(Vec<DefinitionElement>),
    SetForeignOptions(Vec<DefinitionElement>),
    Trigger {
        target: TriggerSelector,
        firing: TriggerFiring,
    },
    Rule {
        name: String,
        firing: TriggerFiring,
    },
    Inherit(RelationName),
    NoInherit(RelationName),
    OfType(TypeName),
    NotOf,
    OwnerTo(RoleName),
    ReplicaIdentity(ReplicaIdentity),
    EnableRowSecurity,
    DisableRowSecurity,
    ForceRowSecurity,
    NoForceRowSecurity,
    AttachPartition {
        partition: RelationName,
        bound: Option<PartitionBound>,
    },
    DetachPartition {
        partition: RelationName,
        concurrently: bool,
    },
    DetachPartitionFinalize {
        partition: RelationName,
    },
}

#[derive(Debug, Clone, PartialEq)]
pub enum ColumnSelector {
    Name(String),
    Number(i32),
}

#[derive(Debug, Clone, PartialEq)]
pub enum TriggerSelector {
    Name(String),
    All,
    User,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TriggerFiring {
    Enable,
    EnableAlways,
    EnableReplica,
    Disable,
}

#[derive(Debug, Clone, PartialEq)]
pub enum ReplicaIdentity {
    Nothing,
    Full,
    Default,
    UsingIndex(String),
}
