//! References to objects of any kind, as DROP, COMMENT, GRANT and the generic ALTERs make them.

use super::{Location, OperatorName, QualifiedName, RoutineParameter, TypeName};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ObjectType {
    AccessMethod,
    Aggregate,
    Cast,
    Collation,
    Column,
    Constraint,
    Conversion,
    Database,
    Domain,
    DomainConstraint,
    EventTrigger,
    Extension,
    ForeignDataWrapper,
    ForeignServer,
    ForeignTable,
    Function,
    Index,
    Language,
    LargeObject,
    MaterializedView,
    Operator,
    OperatorClass,
    OperatorFamily,
    Parameter,
    Policy,
    Procedure,
    Publication,
    Role,
    Routine,
    Rule,
    Schema,
    Sequence,
    Statistics,
    Subscription,
    Table,
    Tablespace,
    TextSearchConfiguration,
    TextSearchDictionary,
    TextSearchParser,
    TextSearchTemplate,
    Transform,
    Trigger,
    Type,
    UserMapping,
    View,
}

/// An object and its kind.
#[derive(Debug, Clone, PartialEq)]
pub struct ObjectReference {
    pub object_type: ObjectType,
    pub name: ObjectName,
    pub location: Location,
}

#[derive(Debug, Clone, PartialEq)]
pub enum ObjectName {
    /// Everything that has a plain name; a column is `table.column`.
    Name(QualifiedName),
    Type(TypeName),
    /// Function, procedure, routine.
    Routine(RoutineSignature),
    Aggregate(AggregateSignature),
    Operator(OperatorSignature),
    /// A constraint, policy, rule or trigger of a relation.
    Member {
        relation: QualifiedName,
        name: String,
    },
    DomainConstraint {
        domain: TypeName,
        name: String,
    },
    /// Operator class or family.
    OfAccessMethod {
        name: QualifiedName,
        access_method: String,
    },
    Cast {
        source: TypeName,
        target: TypeName,
    },
    Transform {
        type_name: TypeName,
        language: String,
    },
    /// The number as text.
    LargeObject(String),
}

/// `name (argument types)`; without parentheses, `arguments` is `None`.
#[derive(Debug, Clone, PartialEq)]
pub struct RoutineSignature {
    pub name: QualifiedName,
    pub arguments: Option<Vec<RoutineParameter>>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct AggregateSignature {
    pub name: QualifiedName,
    /// `*`: no arguments at all.
    pub is_star: bool,
    pub direct: Vec<RoutineParameter>,
    /// What follows ORDER BY; for an ordinary aggregate, `None`.
    pub ordered: Option<Vec<RoutineParameter>>,
}

/// `op (left, right)`, where `None` stands for NONE.
#[derive(Debug, Clone, PartialEq)]
pub struct OperatorSignature {
    pub name: OperatorName,
    pub left: Option<TypeName>,
    pub right: Option<TypeName>,
}

/// CASCADE or RESTRICT; RESTRICT is the default.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DropBehavior {
    Restrict,
    Cascade,
}
