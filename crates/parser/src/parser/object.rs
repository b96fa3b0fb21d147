//! References to objects by kind; DROP, COMMENT, SECURITY LABEL.

use error::Result;

use super::Parser;
use crate::ast::*;
use crate::keyword::Keyword as K;
use crate::lexer::TokenKind as T;

/// How the name of an object of some kind is written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    /// `schema.name`.
    Qualified,
    /// `name`.
    Single,
    Type,
    Routine,
    Aggregate,
    Operator,
    /// `name ON table`.
    Member,
    /// `name USING access_method`.
    AccessMethod,
}

fn form_of(object_type: ObjectType) -> Form {
    use ObjectType as O;
    match object_type {
        O::AccessMethod
        | O::Database
        | O::EventTrigger
        | O::Extension
        | O::ForeignDataWrapper
        | O::ForeignServer
        | O::Language
        | O::Publication
        | O::Role
        | O::Schema
        | O::Subscription
        | O::Tablespace
        | O::UserMapping
        | O::LargeObject
        | O::Cast
        | O::Transform
        | O::Parameter => Form::Single,
        O::Type | O::Domain | O::DomainConstraint => Form::Type,
        O::Function | O::Procedure | O::Routine => Form::Routine,
        O::Aggregate => Form::Aggregate,
        O::Operator => Form::Operator,
        O::Constraint | O::Policy | O::Rule | O::Trigger => Form::Member,
        O::OperatorClass | O::OperatorFamily => Form::AccessMethod,
        O::Collation
        | O::Column
        | O::Conversion
        | O::ForeignTable
        | O::Index
        | O::MaterializedView
        | O::Sequence
        | O::Statistics
        | O::Table
        | O::TextSearchConfiguration
        | O::TextSearchDictionary
        | O::TextSearchParser
        | O::TextSearchTemplate
        | O::View => Form::Qualified,
    }
}

impl Parser<'_> {
    /// The words that name a kind of object: `TABLE`, `MATERIALIZED VIEW`, `TEXT SEARCH PARSER` ...
    pub(super) fn object_type(&mut self) -> Result<ObjectType> {
        use ObjectType as O;
        let Some(keyword) = self.peek_keyword() else { return Err(self.unexpected()) };
        let (object_type, rest): (O, &[K]) = match keyword {
            K::Access => (O::AccessMethod, &[K::Method]),
            K::Aggregate => (O::Aggregate, &[]),
            K::Cast => (O::Cast, &[]),
            K::Collation => (O::Collation, &[]),
            K::Column => (O::Column, &[]),
            K::Constraint => (O::Constraint, &[]),
            K::Conversion => (O::Conversion, &[]),
            K::Database => (O::Database, &[]),
            K::Domain => (O::Domain, &[]),
            K::Event => (O::EventTrigger, &[K::Trigger]),
            K::Extension => (O::Extension, &[]),
            K::Foreign => {
                self.advance();
                if self.eat_keyword(K::Table) {
                    return Ok(O::ForeignTable);
                }
                self.expect_keywords(&[K::Data, K::Wrapper])?;
                return Ok(O::ForeignDataWrapper);
            }
            K::Function => (O::Function, &[]),
            K::Index => (O::Index, &[]),
            K::Language => (O::Language, &[]),
            K::Procedural => (O::Language, &[K::Language]),
            K::Large => (O::LargeObject, &[K::Object]),
            K::Materialized => (O::MaterializedView, &[K::View]),
            K::Operator => {
                self.advance();
                return Ok(match self.peek_keyword() {
                    Some(K::Class) => {
                        self.advance();
                        O::OperatorClass
                    }
                    Some(K::Family) => {
                        self.advance();
                        O::OperatorFamily
                    }
                    _ => O::Operator,
                });
            }
            K::Policy => (O::Policy, &[]),
            K::Procedure => (O::Procedure, &[]),
            K::Publication => (O::Publication, &[]),
            K::Role => (O::Role, &[]),
            K::Routine => (O::Routine, &[]),
            K::Rule => (O::Rule, &[]),
            K::Schema => (O::Schema, &[]),
            K::Sequence => (O::Sequence, &[]),
            K::Server => (O::ForeignServer, &[]),
            K::Statistics => (O::Statistics, &[]),
            K::Subscription => (O::Subscription, &[]),
            K::Table => (O::Table, &[]),
            K::Tablespace => (O::Tablespace, &[]),
            K::Text => {
                self.advance();
                self.expect_keyword(K::Search)?;
                let kind = match self.peek_keyword() {
                    Some(K::Parser) => O::TextSearchParser,
                    Some(K::Dictionary) => O::TextSearchDictionary,
                    Some(K::Template) => O::TextSearchTemplate,
                    Some(K::Configuration) => O::TextSearchConfiguration,
                    _ => return Err(self.unexpected()),
                };
                self.advance();
                return Ok(kind);
            }
            K::Transform => (O::Transform, &[]),
            K::Trigger => (O::Trigger, &[]),
            K::Type => (O::Type, &[]),
            K::View => (O::View, &[]),
            _ => return Err(self.unexpected()),
        };
        self.advance();
        self.expect_keywords(rest)?;
        Ok(object_type)
    }

    /// The name of an object of the kind.
    pub(super) fn object_name(&mut self, object_type: ObjectType) -> Result<ObjectName> {
        match form_of(object_type) {
            Form::Qualified => self.qualified_name().map(ObjectName::Name),
            Form::Single => {
                let location = self.location();
                Ok(ObjectName::Name(QualifiedName { parts: vec![self.name()?], location }))
            }
            Form::Type => self.type_name().map(ObjectName::Type),
            Form::Routine => self.routine_signature().map(ObjectName::Routine),
            Form::Aggregate => self.aggregate_signature().map(ObjectName::Aggregate),
            Form::Operator => self.operator_signature().map(ObjectName::Operator),
            Form::Member => {
                let name = self.name()?;
                self.expect_keyword(K::On)?;
                let relation = self.qualified_name()?;
                Ok(ObjectName::Member { relation, name })
            }
            Form::AccessMethod => {
                let name = self.qualified_name()?;
                self.expect_keyword(K::Using)?;
                Ok(ObjectName::OfAccessMethod { name, access_method: self.name()? })
            }
        }
    }

    /// Kind and name, with the kinds that have a syntax of their own.
    pub(super) fn object_reference(&mut self) -> Result<ObjectReference> {
        let location = self.location();
        let mut object_type = self.object_type()?;
        let name = match object_type {
            ObjectType::Cast => {
                self.expect(T::LeftParenthesis)?;
                let source = self.type_name()?;
                self.expect_keyword(K::As)?;
                let target = self.type_name()?;
                self.expect(T::RightParenthesis)?;
                ObjectName::Cast { source, target }
            }
            ObjectType::Transform => {
                self.expect_keyword(K::For)?;
                let type_name = self.type_name()?;
                self.expect_keyword(K::Language)?;
                ObjectName::Transform { type_name, language: self.name()? }
            }
            ObjectType::LargeObject => ObjectName::LargeObject(self.number_text()?),
            ObjectType::Constraint => {
                let name = self.name()?;
                self.expect_keyword(K::On)?;
                if self.eat_keyword(K::Domain) {
                    object_type = ObjectType::DomainConstraint;
                    let at = self.location();
                    let domain = self.qualified_name()?;
                    ObjectName::DomainConstraint {
                        domain: super::type_name::plain(domain.parts, Vec::new(), at),
                        name,
                    }
                } else {
                    ObjectName::Member { relation: self.qualified_name()?, name }
                }
            }
            _ => self.object_name(object_type)?,
        };
        Ok(ObjectReference { object_type, name, location })
    }

    pub(super) fn routine_signature(&mut self) -> Result<RoutineSignature> {
        let name =
            if self.is_type_or_function_name_at(0) { self.function_name()? } else { self.qualified_name()? };
        if !self.is(T::LeftParenthesis) {
            return Ok(RoutineSignature { name, arguments: None });
        }
        let arguments = self.routine_parameters(false)?;
        Ok(RoutineSignature { name, arguments: Some(arguments) })
    }

    pub(super) fn aggregate_signature(&mut self) -> Result<AggregateSignature> {
        let name = self.function_name()?;
        self.aggregate_arguments(name)
    }

    /// `(*)`, `(types)`, `(types ORDER BY types)`.
    pub(super) fn aggregate_arguments(&mut self, name: QualifiedName) -> Result<AggregateSignature> {
        self.expect(T::LeftParenthesis)?;
        let mut signature = AggregateSignature { name, is_star: false, direct: Vec::new(), ordered: None };
        if self.eat(T::Star) {
            signature.is_star = true;
        } else {
            if !self.is_keyword(K::Order) {
                signature.direct = self.comma_list(|this| this.routine_parameter(false))?;
            }
            if self.eat_phrase(K::Order, &[K::By])? {
                signature.ordered = Some(self.comma_list(|this| this.routine_parameter(false))?);
            }
        }
        self.expect(T::RightParenthesis)?;
        Ok(signature)
    }

    pub(super) fn operator_signature(&mut self) -> Result<OperatorSignature> {
        let name = self.any_operator()?;
        let (left, right) = self.operator_arguments()?;
        Ok(OperatorSignature { name, left, right })
    }

    /// `(left, right)` with NONE for what is missing.
    pub(super) fn operator_arguments(&mut self) -> Result<(Option<TypeName>, Option<TypeName>)> {
        self.expect(T::LeftParenthesis)?;
        let left = self.type_or_none()?;
        if self.is(T::RightParenthesis) {
            return Err(self
                .error_at("missing argument", self.location())
                .hint("Use NONE to denote the missing argument of a unary operator."));
        }
        self.expect(T::Comma)?;
        let right = if left.is_none() { Some(self.type_name()?) } else { self.type_or_none()? };
        self.expect(T::RightParenthesis)?;
        Ok((left, right))
    }

    fn type_or_none(&mut self) -> Result<Option<TypeName>> {
        if self.eat_keyword(K::None) { Ok(None) } else { self.type_name().map(Some) }
    }

    pub(super) fn drop_statement(&mut self) -> Result<Statement> {
        self.advance();
        match self.peek_keyword() {
            Some(K::Role | K::User | K::Group)
                if !(self.is_keyword(K::User) && self.is_keyword_at(1, K::Mapping)) =>
            {
                return self.drop_role();
            }
            Some(K::User) => return self.user_mapping_drop(),
            Some(K::Database) => return self.drop_database(),
            Some(K::Tablespace) => {
                self.advance();
                let if_exists = self.if_exists()?;
                let name = self.name()?;
                return Ok(Statement::DropTablespace(Box::new(DropTablespaceStatement { name, if_exists })));
            }
            Some(K::Subscription) => {
                self.advance();
                let if_exists = self.if_exists()?;
                let name = self.name()?;
                let behavior = self.drop_behavior();
                let drop = DropSubscriptionStatement { name, if_exists, behavior };
                return Ok(Statement::DropSubscription(Box::new(drop)));
            }
            Some(K::Owned) => {
                self.advance();
                self.expect_keyword(K::By)?;
                let roles = self.role_list()?;
                let behavior = self.drop_behavior();
                return Ok(Statement::DropOwned(Box::new(DropOwnedStatement { roles, behavior })));
            }
            Some(K::Column | K::Constraint | K::Large) => return Err(self.unexpected()),
            _ => {}
        }
        let object_type = self.object_type()?;
        let concurrently = object_type == ObjectType::Index && self.eat_keyword(K::Concurrently);
        let if_exists = self.if_exists()?;
        let objects = match object_type {
            ObjectType::Cast => {
                self.expect(T::LeftParenthesis)?;
                let source = self.type_name()?;
                self.expect_keyword(K::As)?;
                let target = self.type_name()?;
                self.expect(T::RightParenthesis)?;
                vec![ObjectName::Cast { source, target }]
            }
            ObjectType::Transform => {
                self.expect_keyword(K::For)?;
                let type_name = self.type_name()?;
                self.expect_keyword(K::Language)?;
                vec![ObjectName::Transform { type_name, language: self.name()? }]
            }
            _ if matches!(form_of(object_type), Form::Member | Form::AccessMethod) => {
                vec![self.object_name(object_type)?]
            }
            _ => self.comma_list(|this| this.object_name(object_type))?,
        };
        let behavior = self.drop_behavior();
        let drop = DropStatement { object_type, objects, if_exists, concurrently, behavior };
        Ok(Statement::Drop(Box::new(drop)))
    }

    pub(super) fn comment(&mut self) -> Result<Statement> {
        self.advance();
        self.expect_keyword(K::On)?;
        let object = self.object_reference()?;
        self.expect_keyword(K::Is)?;
        let comment = self.string_or_null()?;
        Ok(Statement::Comment(Box::new(CommentStatement { object, comment })))
    }

    pub(super) fn security_label(&mut self) -> Result<Statement> {
        self.advance();
        self.expect_keyword(K::Label)?;
        let provider = if self.eat_keyword(K::For) { Some(self.word_or_string()?) } else { None };
        self.expect_keyword(K::On)?;
        let object = self.object_reference()?;
        self.expect_keyword(K::Is)?;
        let label = self.string_or_null()?;
        Ok(Statement::SecurityLabel(Box::new(SecurityLabelStatement { provider, object, label })))
    }
}
