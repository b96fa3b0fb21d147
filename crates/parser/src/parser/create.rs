//! CREATE: which kind, and the kinds that are small.

use error::{Error, Result};

use super::Parser;
use super::definition::option;
use super::expression::expression;
use super::select::{bare_query, empty_core};
use crate::ast::*;
use crate::keyword::Keyword as K;
use crate::lexer::TokenKind as T;

impl Parser<'_> {
    pub(super) fn create(&mut self) -> Result<Statement> {
        self.advance();
        let mut or_replace = false;
        if self.eat_keyword(K::Or) {
            self.expect_keyword(K::Replace)?;
            or_replace = true;
            let can_replace = matches!(
                self.peek_keyword(),
                Some(K::Function | K::Procedure | K::View | K::Temp | K::Temporary | K::Local | K::Global)
                    | Some(K::Unlogged | K::Recursive | K::Rule | K::Trigger | K::Constraint | K::Aggregate)
                    | Some(K::Trusted | K::Procedural | K::Language | K::Transform)
            );
            if !can_replace {
                return Err(self.unexpected());
            }
        }
        let persistence = self.persistence();
        if persistence != Persistence::Permanent || or_replace {
            let is_relation = matches!(self.peek_keyword(), Some(K::View | K::Recursive))
                || (!or_replace && matches!(self.peek_keyword(), Some(K::Table | K::Sequence)))
                || (persistence == Persistence::Unlogged && self.is_keyword(K::Materialized));
            if persistence != Persistence::Permanent && !is_relation {
                return Err(self.unexpected());
            }
        }
        self.create_kind(or_replace, persistence)
    }

    fn persistence(&mut self) -> Persistence {
        let is_scoped = matches!(self.peek_keyword(), Some(K::Local | K::Global));
        if is_scoped && matches!(self.keyword_at(1), Some(K::Temp | K::Temporary)) {
            self.advance();
        }
        let persistence = match self.peek_keyword() {
            Some(K::Temp | K::Temporary) => Persistence::Temporary,
            Some(K::Unlogged) => Persistence::Unlogged,
            _ => return Persistence::Permanent,
        };
        self.advance();
        persistence
    }

    fn create_kind(&mut self, or_replace: bool, persistence: Persistence) -> Result<Statement> {
        let Some(keyword) = self.peek_keyword() else { return Err(self.unexpected()) };
        self.advance();
        match keyword {
            K::Table => self.create_table(persistence),
            K::Unique => {
                self.expect_keyword(K::Index)?;
                self.create_index(true)
            }
            K::Index => self.create_index(false),
            K::View => self.create_view(or_replace, persistence, false),
            K::Recursive => {
                self.expect_keyword(K::View)?;
                self.create_view(or_replace, persistence, true)
            }
            K::Materialized => {
                self.expect_keyword(K::View)?;
                self.create_materialized_view(persistence)
            }
            K::Sequence => {
                let if_not_exists = self.if_not_exists()?;
                let name = self.relation_name()?;
                let options = self.sequence_options()?;
                let sequence = CreateSequenceStatement { name, persistence, if_not_exists, options };
                Ok(Statement::CreateSequence(Box::new(sequence)))
            }
            K::Schema => self.create_schema(),
            K::Database => self.create_database(),
            K::Role => self.create_role(RoleKind::Role),
            K::Group => self.create_role(RoleKind::Group),
            K::User if self.eat_keyword(K::Mapping) => self.user_mapping_create(),
            K::User => self.create_role(RoleKind::User),
            K::Type => self.create_type(),
            K::Domain => self.create_domain(),
            K::Function => self.create_function(false, or_replace),
            K::Procedure => self.create_function(true, or_replace),
            K::Aggregate => self.create_aggregate(or_replace),
            K::Operator => self.create_operator(),
            K::Cast => self.create_cast(),
            K::Transform => self.create_transform(or_replace),
            K::Collation => self.create_collation(),
            K::Conversion => self.create_conversion(false),
            K::Default => {
                self.expect_keyword(K::Conversion)?;
                self.create_conversion(true)
            }
            K::Language => self.create_language(or_replace, false),
            K::Procedural | K::Trusted => {
                if keyword == K::Trusted {
                    self.eat_keyword(K::Procedural);
                }
                self.expect_keyword(K::Language)?;
                self.create_language(or_replace, keyword == K::Trusted)
            }
            K::Trigger => self.create_trigger(or_replace, false),
            K::Constraint => {
                self.expect_keyword(K::Trigger)?;
                self.create_trigger(or_replace, true)
            }
            K::Event => {
                self.expect_keyword(K::Trigger)?;
                self.create_event_trigger()
            }
            K::Rule => self.create_rule(or_replace),
            K::Policy => self.create_policy(),
            K::Extension => self.create_extension(),
            K::Tablespace => self.create_tablespace(),
            K::Foreign if self.eat_keyword(K::Table) => self.create_foreign_table(),
            K::Foreign => {
                self.expect_keywords(&[K::Data, K::Wrapper])?;
                self.foreign_data_wrapper(false)
            }
            K::Server => self.create_server(),
            K::Publication => self.create_publication(),
            K::Subscription => self.create_subscription(),
            K::Statistics => self.create_statistics(),
            K::Access => {
                self.expect_keyword(K::Method)?;
                let name = self.name()?;
                self.expect_keyword(K::Type)?;
                let is_index = self.eat_keyword(K::Index);
                if !is_index {
                    self.expect_keyword(K::Table)?;
                }
                self.expect_keyword(K::Handler)?;
                let handler = self.qualified_name()?;
                let method = CreateAccessMethodStatement { name, is_index, handler };
                Ok(Statement::CreateAccessMethod(Box::new(method)))
            }
            K::Text => {
                self.at -= 1;
                let object_type = self.object_type()?;
                let name = DefinedName::Name(self.qualified_name()?);
                self.define(object_type, name)
            }
            K::Assertion => Err(Error::unsupported("CREATE ASSERTION is not yet implemented")),
            _ => {
                self.at -= 1;
                Err(self.unexpected())
            }
        }
    }

    fn define(&mut self, object_type: ObjectType, name: DefinedName) -> Result<Statement> {
        let definition = self.definition()?;
        Ok(Statement::Define(Box::new(defined(object_type, name, definition))))
    }

    fn create_schema(&mut self) -> Result<Statement> {
        let if_not_exists = self.if_not_exists()?;
        let (mut name, mut authorization) = (None, None);
        if !self.is_keyword(K::Authorization) {
            name = Some(self.name()?);
        }
        if self.eat_keyword(K::Authorization) {
            authorization = Some(self.role()?);
        }
        let mut elements = Vec::new();
        let at = self.location();
        while matches!(self.peek_keyword(), Some(K::Create | K::Grant)) {
            let element = self.statement()?;
            let can_be_element = matches!(
                element,
                Statement::CreateTable(_)
                    | Statement::CreateIndex(_)
                    | Statement::CreateSequence(_)
                    | Statement::CreateTrigger(_)
                    | Statement::Grant(_)
                    | Statement::CreateView(_)
            );
            if !can_be_element {
                return Err(self.unexpected());
            }
            elements.push(element);
        }
        if if_not_exists && !elements.is_empty() {
            let message = "CREATE SCHEMA IF NOT EXISTS cannot include schema elements";
            return Err(Error::unsupported(message).at(self.position(at)));
        }
        let schema = CreateSchemaStatement { name, if_not_exists, authorization, elements };
        Ok(Statement::CreateSchema(Box::new(schema)))
    }

    fn create_view(
        &mut self,
        or_replace: bool,
        persistence: Persistence,
        is_recursive: bool,
    ) -> Result<Statement> {
        let location = self.location();
        let name = self.relation_name()?;
        let columns = if is_recursive { self.column_list()? } else { self.optional_column_list()? };
        let options = self.with_storage_options()?;
        self.expect_keyword(K::As)?;
        let mut query = self.any_query()?;
        let check_at = self.location();
        let check_option = self.check_option()?;
        if is_recursive {
            if check_option != ViewCheckOption::None {
                let message = "WITH CHECK OPTION not supported on recursive views";
                return Err(Error::unsupported(message).at(self.position(check_at)));
            }
            query = recursive_view(&name, &columns, query, location);
        }
        let query = Box::new(query);
        Ok(Statement::CreateView(Box::new(CreateViewStatement {
            name,
            or_replace,
            persistence,
            columns,
            options,
            query,
            check_option,
        })))
    }

    fn check_option(&mut self) -> Result<ViewCheckOption> {
        if !self.eat_keyword(K::With) {
            return Ok(ViewCheckOption::None);
        }
        let is_local = self.eat_keyword(K::Local);
        if !is_local {
            self.eat_keyword(K::Cascaded);
        }
        self.expect_keywords(&[K::Check, K::Option])?;
        Ok(if is_local { ViewCheckOption::Local } else { ViewCheckOption::Cascaded })
    }

    fn create_type(&mut self) -> Result<Statement> {
        let name = self.qualified_name()?;
        if !self.eat_keyword(K::As) {
            let definition = if self.is(T::LeftParenthesis) { self.definition()? } else { Vec::new() };
            let define = defined(ObjectType::Type, DefinedName::Name(name), definition);
            return Ok(Statement::Define(Box::new(define)));
        }
        if self.eat_keyword(K::Enum) {
            self.expect(T::LeftParenthesis)?;
            let labels = if self.is(T::RightParenthesis) { Vec::new() } else { self.string_list()? };
            self.expect(T::RightParenthesis)?;
            return Ok(Statement::CreateEnum(Box::new(CreateEnumStatement { name, labels })));
        }
        if self.eat_keyword(K::Range) {
            let options = self.definition()?;
            return Ok(Statement::CreateRange(Box::new(CreateRangeStatement { name, options })));
        }
        self.expect(T::LeftParenthesis)?;
        let columns = if self.is(T::RightParenthesis) {
            Vec::new()
        } else {
            self.comma_list(Self::attribute_definition)?
        };
        self.expect(T::RightParenthesis)?;
        Ok(Statement::CreateCompositeType(Box::new(CreateCompositeTypeStatement { name, columns })))
    }

    fn create_domain(&mut self) -> Result<Statement> {
        let location = self.location();
        let name = self.qualified_name()?;
        self.eat_keyword(K::As);
        let type_name = self.type_name()?;
        let mut column = super::create_table::bare_column(String::new(), None, None, location);
        self.column_constraints(&mut column)?;
        let (collation, constraints) = (column.collation, column.constraints);
        let domain = CreateDomainStatement { name, type_name, collation, constraints };
        Ok(Statement::CreateDomain(Box::new(domain)))
    }

    fn create_aggregate(&mut self, or_replace: bool) -> Result<Statement> {
        let name = self.function_name()?;
        let is_old_style = self.is(T::LeftParenthesis)
            && matches!(self.peek_at(1), T::Identifier | T::Keyword(_))
            && self.peek_at(2) == T::Equal;
        let (name, definition) = if is_old_style {
            (DefinedName::Name(name), self.definition()?)
        } else {
            (DefinedName::Aggregate(self.aggregate_arguments(name)?), self.definition()?)
        };
        let mut define = defined(ObjectType::Aggregate, name, definition);
        (define.or_replace, define.is_old_style) = (or_replace, is_old_style);
        Ok(Statement::Define(Box::new(define)))
    }

    fn create_operator(&mut self) -> Result<Statement> {
        if self.eat_keyword(K::Class) {
            return self.create_operator_class();
        }
        if self.eat_keyword(K::Family) {
            let name = self.qualified_name()?;
            self.expect_keyword(K::Using)?;
            let access_method = self.name()?;
            let family = CreateOperatorFamilyStatement { name, access_method };
            return Ok(Statement::CreateOperatorFamily(Box::new(family)));
        }
        let name = DefinedName::Operator(self.any_operator()?);
        self.define(ObjectType::Operator, name)
    }

    fn create_collation(&mut self) -> Result<Statement> {
        let if_not_exists = self.if_not_exists()?;
        let name = DefinedName::Name(self.qualified_name()?);
        let (mut definition, mut from) = (Vec::new(), None);
        if self.eat_keyword(K::From) {
            from = Some(self.qualified_name()?);
        } else {
            definition = self.definition()?;
        }
        let mut define = defined(ObjectType::Collation, name, definition);
        (define.if_not_exists, define.from) = (if_not_exists, from);
        Ok(Statement::Define(Box::new(define)))
    }

    fn create_conversion(&mut self, is_default: bool) -> Result<Statement> {
        let name = self.qualified_name()?;
        self.expect_keyword(K::For)?;
        let source_encoding = self.string()?;
        self.expect_keyword(K::To)?;
        let target_encoding = self.string()?;
        self.expect_keyword(K::From)?;
        let function = self.qualified_name()?;
        Ok(Statement::CreateConversion(Box::new(CreateConversionStatement {
            is_default,
            name,
            source_encoding,
            target_encoding,
            function,
        })))
    }

    fn create_extension(&mut self) -> Result<Statement> {
        let if_not_exists = self.if_not_exists()?;
        let name = self.name()?;
        self.eat_keyword(K::With);
        let mut options = Vec::new();
        loop {
            let location = self.location();
            if self.eat_keyword(K::Schema) {
                let value = DefinitionValue::String(self.name()?);
                options.push(option("schema", Some(value), location));
            } else if self.eat_keyword(K::Version) {
                let value = DefinitionValue::String(self.word_or_string()?);
                options.push(option("new_version", Some(value), location));
            } else if self.eat_keyword(K::Cascade) {
                options.push(option("cascade", Some(DefinitionValue::Boolean(true)), location));
            } else if self.is_keyword(K::From) {
                let message = "CREATE EXTENSION ... FROM is no longer supported";
                return Err(Error::unsupported(message).at(self.position(location)));
            } else {
                let extension = CreateExtensionStatement { name, if_not_exists, options };
                return Ok(Statement::CreateExtension(Box::new(extension)));
            }
        }
    }

    fn create_tablespace(&mut self) -> Result<Statement> {
        let name = self.name()?;
        let owner = if self.eat_keyword(K::Owner) { Some(self.role()?) } else { None };
        self.expect_keyword(K::Location)?;
        let directory = self.string()?;
        let options = if self.eat_keyword(K::With) { self.storage_options()? } else { Vec::new() };
        let tablespace = CreateTablespaceStatement { name, owner, directory, options };
        Ok(Statement::CreateTablespace(Box::new(tablespace)))
    }

    /// FOREIGN DATA WRAPPER of CREATE and ALTER, with the cursor after WRAPPER.
    pub(super) fn foreign_data_wrapper(&mut self, is_alter: bool) -> Result<Statement> {
        let name = self.name()?;
        let mut functions = Vec::new();
        loop {
            let location = self.location();
            let has_no =
                self.is_keyword(K::No) && matches!(self.keyword_at(1), Some(K::Handler | K::Validator));
            if has_no {
                self.advance();
            }
            let Some(keyword @ (K::Handler | K::Validator)) = self.peek_keyword() else { break };
            self.advance();
            let value = if has_no { None } else { Some(DefinitionValue::Name(self.qualified_name()?.parts)) };
            functions.push(option(keyword.word(), value, location));
        }
        let mut options = Vec::new();
        if is_alter {
            if self.is_keyword(K::Options) || functions.is_empty() {
                options = self.altered_foreign_options()?;
            }
        } else {
            options = self.foreign_options()?;
        }
        let wrapper = CreateForeignDataWrapperStatement { name, functions, options, is_alter };
        Ok(Statement::CreateForeignDataWrapper(Box::new(wrapper)))
    }

    fn create_server(&mut self) -> Result<Statement> {
        let if_not_exists = self.if_not_exists()?;
        let name = self.name()?;
        let server_type = if self.eat_keyword(K::Type) { Some(self.string()?) } else { None };
        let version = if self.eat_keyword(K::Version) { self.string_or_null()? } else { None };
        self.expect_keywords(&[K::Foreign, K::Data, K::Wrapper])?;
        let wrapper = self.name()?;
        let options = self.foreign_options()?;
        let server = CreateServerStatement { name, if_not_exists, server_type, version, wrapper, options };
        Ok(Statement::CreateServer(Box::new(server)))
    }

    /// The role of a user mapping: USER is the current one.
    fn mapping_role(&mut self) -> Result<RoleName> {
        let location = self.location();
        if self.eat_keyword(K::User) {
            return Ok(RoleName { role: RoleReference::CurrentUser, location });
        }
        self.role()
    }

    fn user_mapping(&mut self, action: UserMappingAction) -> Result<Statement> {
        self.expect_keyword(K::For)?;
        let role = self.mapping_role()?;
        self.expect_keyword(K::Server)?;
        let server = self.name()?;
        let options = match action {
            UserMappingAction::Create { .. } => self.foreign_options()?,
            UserMappingAction::Alter => self.altered_foreign_options()?,
            UserMappingAction::Drop { .. } => Vec::new(),
        };
        Ok(Statement::UserMapping(Box::new(UserMappingStatement { action, role, server, options })))
    }

    fn user_mapping_create(&mut self) -> Result<Statement> {
        let if_not_exists = self.if_not_exists()?;
        self.user_mapping(UserMappingAction::Create { if_not_exists })
    }

    /// ALTER USER MAPPING, with the cursor after MAPPING.
    pub(super) fn user_mapping_alter(&mut self) -> Result<Statement> {
        self.user_mapping(UserMappingAction::Alter)
    }

    /// DROP USER MAPPING, with the cursor on USER.
    pub(super) fn user_mapping_drop(&mut self) -> Result<Statement> {
        self.at += 2;
        let if_exists = self.if_exists()?;
        self.user_mapping(UserMappingAction::Drop { if_exists })
    }

    pub(super) fn import_foreign_schema(&mut self) -> Result<Statement> {
        self.advance();
        self.expect_keywords(&[K::Foreign, K::Schema])?;
        let remote_schema = self.name()?;
        let selection = if self.eat_phrase(K::Limit, &[K::To])? {
            ImportSelection::LimitTo(self.parenthesized_list(Self::relation_name)?)
        } else if self.eat_keyword(K::Except) {
            ImportSelection::Except(self.parenthesized_list(Self::relation_name)?)
        } else {
            ImportSelection::All
        };
        self.expect_keywords(&[K::From, K::Server])?;
        let server = self.name()?;
        self.expect_keyword(K::Into)?;
        let local_schema = self.name()?;
        let options = self.foreign_options()?;
        let import = ImportForeignSchemaStatement { remote_schema, selection, server, local_schema, options };
        Ok(Statement::ImportForeignSchema(Box::new(import)))
    }

    fn create_publication(&mut self) -> Result<Statement> {
        let name = self.name()?;
        let (mut for_all_tables, mut objects) = (false, Vec::new());
        if self.eat_keyword(K::For) {
            if self.eat_keyword(K::All) {
                self.expect_keyword(K::Tables)?;
                for_all_tables = true;
            } else {
                objects = self.publication_objects()?;
            }
        }
        let options = self.with_definition()?;
        let publication = CreatePublicationStatement { name, for_all_tables, objects, options };
        Ok(Statement::CreatePublication(Box::new(publication)))
    }

    /// `TABLE a, b, TABLES IN SCHEMA c, d`: an item without a word is of the kind before it.
    pub(super) fn publication_objects(&mut self) -> Result<Vec<PublicationObject>> {
        let mut is_schema = None;
        let start = self.location();
        self.comma_list(|this| {
            let location = this.location();
            if this.eat_keyword(K::Table) {
                is_schema = Some(false);
            } else if this.is_keyword(K::Tables) && this.is_keyword_at(1, K::In) {
                this.at += 2;
                this.expect_keyword(K::Schema)?;
                is_schema = Some(true);
            }
            let kind = match is_schema {
                None => {
                    let message = "invalid publication object list";
                    let detail = "One of TABLE or TABLES IN SCHEMA must be specified before a standalone table or schema name.";
                    if !this.is_name() {
                        return Err(this.unexpected());
                    }
                    return Err(this.error_at(message, start).detail(detail));
                }
                Some(true) if this.eat_keyword(K::CurrentSchema) => PublicationObjectKind::TablesInSchema(None),
                Some(true) => PublicationObjectKind::TablesInSchema(Some(this.name()?)),
                Some(false) => {
                    let relation = this.relation_expression()?;
                    let columns = this.optional_column_list()?;
                    let filter =
                        if this.is_keyword(K::Where) { Some(this.inside(Self::expression)?) } else { None };
                    let with_children = relation.with_children;
                    PublicationObjectKind::Table { name: relation.name, with_children, columns, filter }
                }
            };
            Ok(PublicationObject { kind, location })
        })
    }

    fn create_subscription(&mut self) -> Result<Statement> {
        let name = self.name()?;
        self.expect_keyword(K::Connection)?;
        let connection = self.string()?;
        self.expect_keyword(K::Publication)?;
        let publications = self.name_list()?;
        let options = self.with_definition()?;
        let subscription = CreateSubscriptionStatement { name, connection, publications, options };
        Ok(Statement::CreateSubscription(Box::new(subscription)))
    }

    fn create_statistics(&mut self) -> Result<Statement> {
        let if_not_exists = self.if_not_exists()?;
        let has_name = if_not_exists || self.is_name();
        let name = if has_name { Some(self.qualified_name()?) } else { None };
        let kinds = self.optional_column_list()?;
        self.expect_keyword(K::On)?;
        let expressions = self.comma_list(Self::index_value)?;
        self.expect_keyword(K::From)?;
        let from = self.comma_list(Self::table_reference)?;
        let statistics = CreateStatisticsStatement { name, if_not_exists, kinds, expressions, from };
        Ok(Statement::CreateStatistics(Box::new(statistics)))
    }
}

fn defined(
    object_type: ObjectType,
    name: DefinedName,
    definition: Vec<DefinitionElement>,
) -> DefineStatement {
    DefineStatement {
        object_type,
        name,
        or_replace: false,
        if_not_exists: false,
        is_old_style: false,
        definition,
        from: None,
    }
}

/// `WITH RECURSIVE name (columns) AS (query) SELECT columns FROM name`.
fn recursive_view(
    name: &RelationName,
    columns: &[String],
    query: SelectStatement,
    location: u32,
) -> SelectStatement {
    let mut core = empty_core();
    core.targets = columns
        .iter()
        .map(|column| {
            let reference = ColumnRef { fields: vec![column.clone()], has_star: false };
            let value = expression(ExpressionKind::ColumnRef(reference), u32::MAX);
            SelectTarget { value, name: None, location: u32::MAX }
        })
        .collect();
    let unqualified = RelationName { catalog: None, schema: None, ..name.clone() };
    core.from.push(TableReference::Relation(RelationReference {
        name: unqualified,
        with_children: true,
        alias: None,
        sample: None,
    }));
    let mut outer = bare_query(SelectBody::Select(Box::new(core)), location);
    outer.with = Some(WithClause {
        is_recursive: true,
        queries: vec![CommonTableExpression {
            name: name.name.clone(),
            columns: columns.to_vec(),
            materialized: None,
            statement: Box::new(Statement::Select(Box::new(query))),
            search: None,
            cycle: None,
            location,
        }],
        location,
    });
    outer
}
