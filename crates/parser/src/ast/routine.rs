//! Functions, procedures, aggregates, operators, casts, triggers and rules.

use super::{
    DefinitionElement, Expression, Location, ObjectReference, OperatorName, OperatorSignature, QualifiedName,
    RelationName, RoutineSignature, SetStatement, Statement, TypeName,
};

#[derive(Debug, Clone, PartialEq)]
pub struct CreateFunctionStatement {
    pub name: QualifiedName,
    pub is_procedure: bool,
    pub or_replace: bool,
    pub parameters: Vec<RoutineParameter>,
    pub returns: FunctionReturns,
    pub options: Vec<FunctionOption>,
    pub body: Option<FunctionBody>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum FunctionReturns {
    Unspecified,
    Type(TypeName),
    /// The parameters carry mode [`ParameterMode::Table`].
    Table {
        columns: Vec<RoutineParameter>,
        location: Location,
    },
}

/// The standard's body, in place of `AS 'text'`.
#[derive(Debug, Clone, PartialEq)]
pub enum FunctionBody {
    Return {
        value: Box<Expression>,
        location: Location,
    },
    /// `BEGIN ATOMIC ... END`.
    Atomic(Vec<Statement>),
}

#[derive(Debug, Clone, PartialEq)]
pub struct RoutineParameter {
    pub name: Option<String>,
    pub mode: ParameterMode,
    pub type_name: TypeName,
    pub default: Option<Expression>,
    pub location: Location,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ParameterMode {
    /// Nothing written, which means IN.
    Default,
    In,
    Out,
    InOut,
    Variadic,
    Table,
}

#[derive(Debug, Clone, PartialEq)]
pub struct FunctionOption {
    pub kind: FunctionOptionKind,
    pub location: Location,
}

#[derive(Debug, Clone, PartialEq)]
pub enum FunctionOptionKind {
    /// One string, or object file and link symbol.
    As(Vec<String>),
    Language(String),
    Transform(Vec<TypeName>),
    Window,
    Strict(bool),
    Volatility(Volatility),
    SecurityDefiner(bool),
    Leakproof(bool),
    /// The number as text.
    Cost(String),
    Rows(String),
    Support(QualifiedName),
    Set(Box<SetStatement>),
    Parallel(String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Volatility {
    Immutable,
    Stable,
    Volatile,
}

/// ALTER FUNCTION, PROCEDURE or ROUTINE with options.
#[derive(Debug, Clone, PartialEq)]
pub struct AlterFunctionStatement {
    pub object: ObjectReference,
    pub options: Vec<FunctionOption>,
}

/// CREATE AGGREGATE, OPERATOR, TYPE (base type), COLLATION, TEXT SEARCH ...: a name and a definition list.
#[derive(Debug, Clone, PartialEq)]
pub struct DefineStatement {
    pub object_type: super::ObjectType,
    pub name: DefinedName,
    pub or_replace: bool,
    pub if_not_exists: bool,
    /// The old style `CREATE AGGREGATE name (basetype = ...)`.
    pub is_old_style: bool,
    pub definition: Vec<DefinitionElement>,
    /// `CREATE COLLATION name FROM other`.
    pub from: Option<QualifiedName>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum DefinedName {
    Name(QualifiedName),
    Operator(OperatorName),
    Aggregate(super::AggregateSignature),
}

#[derive(Debug, Clone, PartialEq)]
pub struct CreateCastStatement {
    pub source: TypeName,
    pub target: TypeName,
    pub method: CastMethod,
    pub context: CastContext,
}

#[derive(Debug, Clone, PartialEq)]
pub enum CastMethod {
    Function(RoutineSignature),
    WithoutFunction,
    InOut,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CastContext {
    Explicit,
    Assignment,
    Implicit,
}

#[derive(Debug, Clone, PartialEq)]
pub struct CreateTransformStatement {
    pub or_replace: bool,
    pub type_name: TypeName,
    pub language: String,
    pub from_sql: Option<RoutineSignature>,
    pub to_sql: Option<RoutineSignature>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct CreateOperatorClassStatement {
    pub name: QualifiedName,
    pub is_default: bool,
    pub type_name: TypeName,
    pub access_method: String,
    pub family: Option<QualifiedName>,
    pub items: Vec<OperatorClassItem>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct CreateOperatorFamilyStatement {
    pub name: QualifiedName,
    pub access_method: String,
}

#[derive(Debug, Clone, PartialEq)]
pub struct AlterOperatorFamilyStatement {
    pub name: QualifiedName,
    pub access_method: String,
    pub is_drop: bool,
    pub items: Vec<OperatorClassItem>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum OperatorClassItem {
    /// `types` is empty when not written.
    Operator {
        number: i32,
        name: OperatorName,
        types: Option<(Option<TypeName>, Option<TypeName>)>,
        order_family: Option<QualifiedName>,
    },
    Function {
        number: i32,
        types: Vec<TypeName>,
        function: RoutineSignature,
    },
    Storage(TypeName),
    /// ALTER OPERATOR FAMILY ... DROP OPERATOR or FUNCTION.
    DropOperator {
        number: i32,
        types: Vec<TypeName>,
    },
    DropFunction {
        number: i32,
        types: Vec<TypeName>,
    },
}

#[derive(Debug, Clone, PartialEq)]
pub struct AlterOperatorStatement {
    pub operator: OperatorSignature,
    pub options: Vec<DefinitionElement>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct AlterTypeStatement {
    pub name: QualifiedName,
    pub options: Vec<DefinitionElement>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct CreateLanguageStatement {
    pub or_replace: bool,
    pub name: String,
    pub is_trusted: bool,
    pub handler: Option<QualifiedName>,
    pub inline: Option<QualifiedName>,
    pub validator: Option<QualifiedName>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct CreateTriggerStatement {
    pub or_replace: bool,
    pub is_constraint: bool,
    pub name: String,
    pub timing: TriggerTiming,
    pub events: Vec<TriggerEvent>,
    pub table: RelationName,
    /// FROM of a constraint trigger.
    pub constraint_table: Option<RelationName>,
    pub attributes: super::ConstraintAttributes,
    pub transitions: Vec<TriggerTransition>,
    pub for_each_row: bool,
    pub condition: Option<Expression>,
    pub function: QualifiedName,
    pub arguments: Vec<String>,
    pub location: Location,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TriggerTiming {
    Before,
    After,
    InsteadOf,
}

#[derive(Debug, Clone, PartialEq)]
pub enum TriggerEvent {
    Insert,
    Delete,
    /// With the columns of `UPDATE OF`.
    Update(Vec<String>),
    Truncate,
}

#[derive(Debug, Clone, PartialEq)]
pub struct TriggerTransition {
    pub is_new: bool,
    pub is_table: bool,
    pub name: String,
}

#[derive(Debug, Clone, PartialEq)]
pub struct CreateEventTriggerStatement {
    pub name: String,
    pub event: String,
    /// (variable, values)
    pub filters: Vec<(String, Vec<String>)>,
    pub function: QualifiedName,
}

#[derive(Debug, Clone, PartialEq)]
pub struct AlterEventTriggerStatement {
    pub name: String,
    pub firing: super::TriggerFiring,
}

#[derive(Debug, Clone, PartialEq)]
pub struct RuleStatement {
    pub or_replace: bool,
    pub name: String,
    pub table: RelationName,
    pub event: RuleEvent,
    pub is_instead: bool,
    pub condition: Option<Expression>,
    /// Empty is NOTHING.
    pub actions: Vec<Statement>,
    /// Source text position of the condition and actions.
    pub location: Location,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RuleEvent {
    Select,
    Insert,
    Update,
    Delete,
}

#[derive(Debug, Clone, PartialEq)]
pub struct DoStatement {
    pub options: Vec<(DoOption, Location)>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum DoOption {
    Code(String),
    Language(String),
}

#[derive(Debug, Clone, PartialEq)]
pub struct CreateConversionStatement {
    pub is_default: bool,
    pub name: QualifiedName,
    pub source_encoding: String,
    pub target_encoding: String,
    pub function: QualifiedName,
}

#[derive(Debug, Clone, PartialEq)]
pub struct CreateAccessMethodStatement {
    pub name: String,
    /// True for INDEX, false for TABLE.
    pub is_index: bool,
    pub handler: QualifiedName,
}
