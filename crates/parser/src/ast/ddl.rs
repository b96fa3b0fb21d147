//! The other definitions: schemas, views, sequences, types, domains, roles, privileges, policies, databases,
//! extensions, foreign data, publications, text search, statistics; DROP, COMMENT, and the generic ALTERs.

use super::{
    ColumnDefinition, Constraint, DefinitionElement, DropBehavior, Expression, Location, ObjectName,
    ObjectReference, ObjectType, Persistence, QualifiedName, RelationName, RoleName, SelectStatement,
    SequenceOption, SetStatement, Statement, TypeName,
};

#[derive(Debug, Clone, PartialEq)]
pub struct CreateSchemaStatement {
    pub name: Option<String>,
    pub if_not_exists: bool,
    pub authorization: Option<RoleName>,
    pub elements: Vec<Statement>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct CreateViewStatement {
    pub name: RelationName,
    pub or_replace: bool,
    pub persistence: Persistence,
    pub columns: Vec<String>,
    pub options: Vec<DefinitionElement>,
    /// RECURSIVE views come rewritten to `WITH RECURSIVE`.
    pub query: Box<SelectStatement>,
    pub check_option: ViewCheckOption,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ViewCheckOption {
    None,
    Local,
    Cascaded,
}

#[derive(Debug, Clone, PartialEq)]
pub struct RefreshMaterializedViewStatement {
    pub name: RelationName,
    pub concurrently: bool,
    pub with_data: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub struct CreateSequenceStatement {
    pub name: RelationName,
    pub persistence: Persistence,
    pub if_not_exists: bool,
    pub options: Vec<SequenceOption>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct AlterSequenceStatement {
    pub name: RelationName,
    pub if_exists: bool,
    pub options: Vec<SequenceOption>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct CreateCompositeTypeStatement {
    pub name: QualifiedName,
    pub columns: Vec<ColumnDefinition>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct CreateEnumStatement {
    pub name: QualifiedName,
    pub labels: Vec<String>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct CreateRangeStatement {
    pub name: QualifiedName,
    pub options: Vec<DefinitionElement>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct AlterEnumStatement {
    pub name: QualifiedName,
    pub action: AlterEnumAction,
}

#[derive(Debug, Clone, PartialEq)]
pub enum AlterEnumAction {
    AddValue { label: String, if_not_exists: bool, position: EnumPosition },
    RenameValue { old: String, new: String },
}

#[derive(Debug, Clone, PartialEq)]
pub enum EnumPosition {
    Last,
    Before(String),
    After(String),
}

#[derive(Debug, Clone, PartialEq)]
pub struct CreateDomainStatement {
    pub name: QualifiedName,
    pub type_name: TypeName,
    pub collation: Option<QualifiedName>,
    pub constraints: Vec<Constraint>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct AlterDomainStatement {
    pub name: QualifiedName,
    pub action: AlterDomainAction,
}

#[derive(Debug, Clone, PartialEq)]
pub enum AlterDomainAction {
    SetDefault(Expression),
    DropDefault,
    SetNotNull,
    DropNotNull,
    AddConstraint(Constraint),
    DropConstraint { name: String, if_exists: bool, behavior: DropBehavior },
    ValidateConstraint(String),
}

#[derive(Debug, Clone, PartialEq)]
pub struct CreateExtensionStatement {
    pub name: String,
    pub if_not_exists: bool,
    /// `schema`, `new_version`, `cascade`.
    pub options: Vec<DefinitionElement>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct AlterExtensionStatement {
    pub name: String,
    pub options: Vec<DefinitionElement>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct AlterExtensionContentsStatement {
    pub extension: String,
    pub is_add: bool,
    pub object: ObjectReference,
}

#[derive(Debug, Clone, PartialEq)]
pub struct CreateTablespaceStatement {
    pub name: String,
    pub owner: Option<RoleName>,
    pub directory: String,
    pub options: Vec<DefinitionElement>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct DropTablespaceStatement {
    pub name: String,
    pub if_exists: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub struct AlterTablespaceStatement {
    pub name: String,
    pub is_reset: bool,
    pub options: Vec<DefinitionElement>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct CreateDatabaseStatement {
    pub name: String,
    pub options: Vec<DefinitionElement>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct AlterDatabaseStatement {
    pub name: String,
    pub action: AlterDatabaseAction,
}

#[derive(Debug, Clone, PartialEq)]
pub enum AlterDatabaseAction {
    Options(Vec<DefinitionElement>),
    RefreshCollationVersion,
    Set(Box<SetStatement>),
}

#[derive(Debug, Clone, PartialEq)]
pub struct DropDatabaseStatement {
    pub name: String,
    pub if_exists: bool,
    pub force: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub struct AlterSystemStatement {
    pub set: SetStatement,
}

#[derive(Debug, Clone, PartialEq)]
pub struct CreateRoleStatement {
    pub kind: RoleKind,
    pub name: String,
    /// `password` (value absent: NULL), `superuser`, `inherit`, `createrole`, `createdb`, `canlogin`, `isreplication`,
    /// `bypassrls`, `connectionlimit`, `validUntil`, `rolemembers`, `adminmembers`, `addroleto`, `sysid`.
    pub options: Vec<DefinitionElement>,
    pub location: Location,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RoleKind {
    Role,
    User,
    Group,
}

#[derive(Debug, Clone, PartialEq)]
pub struct AlterRoleStatement {
    pub role: RoleName,
    pub options: Vec<DefinitionElement>,
}

/// ALTER GROUP ... ADD or DROP USER.
#[derive(Debug, Clone, PartialEq)]
pub struct AlterGroupStatement {
    pub role: RoleName,
    pub is_add: bool,
    pub members: Vec<RoleName>,
}

/// `role` is `None` for ALTER ROLE ALL.
#[derive(Debug, Clone, PartialEq)]
pub struct AlterRoleSetStatement {
    pub role: Option<RoleName>,
    pub database: Option<String>,
    pub set: SetStatement,
}

#[derive(Debug, Clone, PartialEq)]
pub struct DropRoleStatement {
    pub roles: Vec<RoleName>,
    pub if_exists: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub struct GrantStatement {
    pub is_grant: bool,
    /// `None` is ALL PRIVILEGES.
    pub privileges: Option<Vec<Privilege>>,
    pub target: GrantTarget,
    pub grantees: Vec<RoleName>,
    /// WITH GRANT OPTION, or GRANT OPTION FOR.
    pub grant_option: bool,
    pub granted_by: Option<RoleName>,
    pub behavior: DropBehavior,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Privilege {
    /// In lower case; `None` is ALL with a column list.
    pub name: Option<String>,
    pub columns: Vec<String>,
    pub location: Location,
}

#[derive(Debug, Clone, PartialEq)]
pub enum GrantTarget {
    /// Tables, views, sequences by name.
    Relations {
        object_type: ObjectType,
        names: Vec<RelationName>,
    },
    Objects {
        object_type: ObjectType,
        names: Vec<ObjectName>,
    },
    AllInSchemas {
        object_type: ObjectType,
        schemas: Vec<String>,
    },
}

#[derive(Debug, Clone, PartialEq)]
pub struct GrantRoleStatement {
    pub is_grant: bool,
    /// The roles as privileges were written.
    pub roles: Vec<Privilege>,
    pub grantees: Vec<RoleName>,
    /// `admin`, `inherit`, `set` with their value.
    pub options: Vec<DefinitionElement>,
    pub granted_by: Option<RoleName>,
    pub behavior: DropBehavior,
}

#[derive(Debug, Clone, PartialEq)]
pub struct AlterDefaultPrivilegesStatement {
    /// Empty: the current role.
    pub roles: Vec<RoleName>,
    pub schemas: Vec<String>,
    pub is_grant: bool,
    pub privileges: Option<Vec<Privilege>>,
    pub object_type: ObjectType,
    pub grantees: Vec<RoleName>,
    pub grant_option: bool,
    pub behavior: DropBehavior,
    pub location: Location,
}

#[derive(Debug, Clone, PartialEq)]
pub struct DropOwnedStatement {
    pub roles: Vec<RoleName>,
    pub behavior: DropBehavior,
}

#[derive(Debug, Clone, PartialEq)]
pub struct ReassignOwnedStatement {
    pub roles: Vec<RoleName>,
    pub new_owner: RoleName,
}

#[derive(Debug, Clone, PartialEq)]
pub struct CreatePolicyStatement {
    pub name: String,
    pub table: RelationName,
    pub is_permissive: bool,
    pub command: PolicyCommand,
    pub roles: Vec<RoleName>,
    pub using: Option<Expression>,
    pub check: Option<Expression>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PolicyCommand {
    All,
    Select,
    Insert,
    Update,
    Delete,
}

#[derive(Debug, Clone, PartialEq)]
pub struct AlterPolicyStatement {
    pub name: String,
    pub table: RelationName,
    pub roles: Option<Vec<RoleName>>,
    pub using: Option<Expression>,
    pub check: Option<Expression>,
}

/// DROP of everything that has no statement of its own.
#[derive(Debug, Clone, PartialEq)]
pub struct DropStatement {
    pub object_type: ObjectType,
    pub objects: Vec<ObjectName>,
    pub if_exists: bool,
    pub concurrently: bool,
    pub behavior: DropBehavior,
}

#[derive(Debug, Clone, PartialEq)]
pub struct CommentStatement {
    pub object: ObjectReference,
    pub comment: Option<String>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct SecurityLabelStatement {
    pub provider: Option<String>,
    pub object: ObjectReference,
    pub label: Option<String>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct RenameStatement {
    pub object: ObjectReference,
    /// The column, attribute or constraint inside the object that is renamed.
    pub member: Option<RenamedMember>,
    pub if_exists: bool,
    /// False after ONLY.
    pub with_children: bool,
    pub new_name: String,
    pub behavior: DropBehavior,
}

#[derive(Debug, Clone, PartialEq)]
pub enum RenamedMember {
    Column(String),
    Attribute(String),
    Constraint(String),
}

#[derive(Debug, Clone, PartialEq)]
pub struct AlterOwnerStatement {
    pub object: ObjectReference,
    pub new_owner: RoleName,
}

#[derive(Debug, Clone, PartialEq)]
pub struct AlterSchemaStatement {
    pub object: ObjectReference,
    pub if_exists: bool,
    pub new_schema: String,
}

#[derive(Debug, Clone, PartialEq)]
pub struct AlterDependsStatement {
    pub object: ObjectReference,
    pub extension: String,
    pub is_removed: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub struct AlterCollationStatement {
    pub name: QualifiedName,
}

#[derive(Debug, Clone, PartialEq)]
pub struct CreateForeignDataWrapperStatement {
    pub name: String,
    /// `handler`, `validator`; no value for NO HANDLER.
    pub functions: Vec<DefinitionElement>,
    pub options: Vec<DefinitionElement>,
    pub is_alter: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub struct CreateServerStatement {
    pub name: String,
    pub if_not_exists: bool,
    pub server_type: Option<String>,
    pub version: Option<String>,
    pub wrapper: String,
    pub options: Vec<DefinitionElement>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct AlterServerStatement {
    pub name: String,
    /// `Some(None)` is VERSION NULL.
    pub version: Option<Option<String>>,
    pub options: Vec<DefinitionElement>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct UserMappingStatement {
    pub action: UserMappingAction,
    pub role: RoleName,
    pub server: String,
    pub options: Vec<DefinitionElement>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UserMappingAction {
    Create { if_not_exists: bool },
    Alter,
    Drop { if_exists: bool },
}

#[derive(Debug, Clone, PartialEq)]
pub struct ImportForeignSchemaStatement {
    pub remote_schema: String,
    pub selection: ImportSelection,
    pub server: String,
    pub local_schema: String,
    pub options: Vec<DefinitionElement>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum ImportSelection {
    All,
    LimitTo(Vec<RelationName>),
    Except(Vec<RelationName>),
}

#[derive(Debug, Clone, PartialEq)]
pub struct CreatePublicationStatement {
    pub name: String,
    pub for_all_tables: bool,
    pub objects: Vec<PublicationObject>,
    pub options: Vec<DefinitionElement>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct PublicationObject {
    pub kind: PublicationObjectKind,
    pub location: Location,
}

#[derive(Debug, Clone, PartialEq)]
pub enum PublicationObjectKind {
    Table {
        name: RelationName,
        with_children: bool,
        columns: Vec<String>,
        filter: Option<Expression>,
    },
    /// `None` is CURRENT_SCHEMA.
    TablesInSchema(Option<String>),
}

#[derive(Debug, Clone, PartialEq)]
pub struct AlterPublicationStatement {
    pub name: String,
    pub action: AlterPublicationAction,
}

#[derive(Debug, Clone, PartialEq)]
pub enum AlterPublicationAction {
    Options(Vec<DefinitionElement>),
    Add(Vec<PublicationObject>),
    Set(Vec<PublicationObject>),
    Drop(Vec<PublicationObject>),
}

#[derive(Debug, Clone, PartialEq)]
pub struct CreateSubscriptionStatement {
    pub name: String,
    pub connection: String,
    pub publications: Vec<String>,
    pub options: Vec<DefinitionElement>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct AlterSubscriptionStatement {
    pub name: String,
    pub action: AlterSubscriptionAction,
    pub options: Vec<DefinitionElement>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum AlterSubscriptionAction {
    Options,
    Connection(String),
    Refresh,
    AddPublications(Vec<String>),
    DropPublications(Vec<String>),
    SetPublications(Vec<String>),
    Enable,
    Disable,
    Skip,
}

#[derive(Debug, Clone, PartialEq)]
pub struct DropSubscriptionStatement {
    pub name: String,
    pub if_exists: bool,
    pub behavior: DropBehavior,
}

#[derive(Debug, Clone, PartialEq)]
pub struct CreateStatisticsStatement {
    pub name: Option<QualifiedName>,
    pub if_not_exists: bool,
    pub kinds: Vec<String>,
    pub expressions: Vec<super::IndexValue>,
    pub from: Vec<super::TableReference>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct AlterStatisticsStatement {
    pub name: QualifiedName,
    pub if_exists: bool,
    /// `None` is DEFAULT.
    pub target: Option<i32>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct AlterTextSearchDictionaryStatement {
    pub name: QualifiedName,
    pub options: Vec<DefinitionElement>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct AlterTextSearchConfigurationStatement {
    pub name: QualifiedName,
    pub action: TextSearchMappingAction,
}

#[derive(Debug, Clone, PartialEq)]
pub enum TextSearchMappingAction {
    Add {
        tokens: Vec<String>,
        dictionaries: Vec<QualifiedName>,
    },
    Alter {
        tokens: Vec<String>,
        dictionaries: Vec<QualifiedName>,
    },
    /// Empty `tokens`: in every mapping.
    Replace {
        tokens: Vec<String>,
        old: QualifiedName,
        new: QualifiedName,
    },
    Drop {
        tokens: Vec<String>,
        if_exists: bool,
    },
}
