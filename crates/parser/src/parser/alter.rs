//! ALTER: the generic changes (RENAME, OWNER TO, SET SCHEMA, DEPENDS ON) and each kind's own.

use error::{Result, error};

use super::Parser;
use super::definition::option;
use crate::ast::*;
use crate::keyword::Keyword as K;
use crate::lexer::TokenKind as T;

impl Parser<'_> {
    pub(super) fn alter(&mut self) -> Result<Statement> {
        self.advance();
        match self.peek_keyword() {
            Some(K::Default) => {
                self.advance();
                self.expect_keyword(K::Privileges)?;
                self.alter_default_privileges()
            }
            Some(K::System) => {
                self.advance();
                let set = self.set_or_reset_system()?;
                Ok(Statement::AlterSystem(Box::new(AlterSystemStatement { set })))
            }
            Some(K::Role) => {
                self.advance();
                self.alter_role(RoleKind::Role)
            }
            Some(K::User) => {
                self.advance();
                if self.is_keyword(K::Mapping) && self.is_keyword_at(1, K::For) {
                    self.advance();
                    return self.user_mapping_alter();
                }
                self.alter_role(RoleKind::User)
            }
            Some(K::Group) => {
                self.advance();
                self.alter_role(RoleKind::Group)
            }
            Some(K::Column | K::Cast | K::Transform) => Err(self.unexpected()),
            _ => self.alter_object(),
        }
    }

    fn set_or_reset_system(&mut self) -> Result<SetStatement> {
        let location = self.location();
        let kind = if self.eat_keyword(K::Reset) {
            self.reset_rest()?
        } else {
            self.expect_keyword(K::Set)?;
            self.set_rest_more()?
        };
        Ok(SetStatement { kind, is_local: false, location })
    }

    fn alter_object(&mut self) -> Result<Statement> {
        use ObjectType as O;
        let location = self.location();
        let object_type = self.object_type()?;
        match object_type {
            O::Table | O::Index | O::Sequence | O::View | O::MaterializedView | O::ForeignTable => {
                self.alter_relation(object_type, location)
            }
            O::Constraint => Err(self.unexpected()),
            O::LargeObject => {
                let name = ObjectName::LargeObject(self.number_text()?);
                let object = ObjectReference { object_type, name, location };
                self.expect_keywords(&[K::Owner, K::To])?;
                let new_owner = self.role()?;
                Ok(Statement::AlterOwner(Box::new(AlterOwnerStatement { object, new_owner })))
            }
            O::Database => {
                let is_generic = matches!(self.keyword_at(1), Some(K::Rename | K::Owner));
                if is_generic { self.alter_named(object_type, location) } else { self.alter_database() }
            }
            O::ForeignDataWrapper => {
                let is_generic = matches!(self.keyword_at(1), Some(K::Rename | K::Owner));
                if is_generic {
                    self.alter_named(object_type, location)
                } else {
                    self.foreign_data_wrapper(true)
                }
            }
            _ => self.alter_named(object_type, location),
        }
    }

    /// An object with a name, then what is to change.
    fn alter_named(&mut self, object_type: ObjectType, location: u32) -> Result<Statement> {
        use ObjectType as O;
        let if_exists = matches!(object_type, O::Policy | O::Statistics) && self.if_exists()?;
        // Types are named plainly here, without modifiers.
        let name = match object_type {
            O::Type | O::Domain => ObjectName::Name(self.qualified_name()?),
            _ => self.object_name(object_type)?,
        };
        let object = ObjectReference { object_type, name, location };
        match self.peek_keyword() {
            Some(K::Rename) => self.rename(object, if_exists),
            Some(K::Owner) if self.is_keyword_at(1, K::To) => self.owner_to(object),
            Some(K::Set) if self.is_keyword_at(1, K::Schema) && has_schema(object_type) => {
                self.at += 2;
                let new_schema = self.name()?;
                let alter = AlterSchemaStatement { object, if_exists: false, new_schema };
                Ok(Statement::AlterObjectSchema(Box::new(alter)))
            }
            Some(K::No | K::Depends) if can_depend(object_type) && !self.is_keyword_at(1, K::Inherit) => {
                self.depends(object)
            }
            _ => self.alter_special(object, if_exists),
        }
    }

    fn owner_to(&mut self, object: ObjectReference) -> Result<Statement> {
        self.at += 2;
        let new_owner = self.role()?;
        Ok(Statement::AlterOwner(Box::new(AlterOwnerStatement { object, new_owner })))
    }

    fn depends(&mut self, object: ObjectReference) -> Result<Statement> {
        let is_removed = self.eat_keyword(K::No);
        self.expect_keywords(&[K::Depends, K::On, K::Extension])?;
        let extension = self.name()?;
        Ok(Statement::AlterDepends(Box::new(AlterDependsStatement { object, extension, is_removed })))
    }

    /// `RENAME TO name`, or of an attribute, a value or a constraint.
    fn rename(&mut self, object: ObjectReference, if_exists: bool) -> Result<Statement> {
        self.advance();
        let mut member = None;
        match (object.object_type, self.peek_keyword()) {
            (ObjectType::Type, Some(K::Attribute)) => {
                self.advance();
                member = Some(RenamedMember::Attribute(self.name()?));
            }
            (ObjectType::Type, Some(K::Value)) => {
                self.advance();
                let old = self.string()?;
                self.expect_keyword(K::To)?;
                let new = self.string()?;
                let ObjectName::Name(name) = object.name else { return Err(self.unexpected()) };
                let action = AlterEnumAction::RenameValue { old, new };
                return Ok(Statement::AlterEnum(Box::new(AlterEnumStatement { name, action })));
            }
            (ObjectType::Domain, Some(K::Constraint)) => {
                self.advance();
                member = Some(RenamedMember::Constraint(self.name()?));
            }
            _ => {}
        }
        self.expect_keyword(K::To)?;
        let new_name = self.name()?;
        let is_attribute = matches!(member, Some(RenamedMember::Attribute(_)));
        let behavior = if is_attribute { self.drop_behavior() } else { DropBehavior::Restrict };
        let rename = RenameStatement { object, member, if_exists, with_children: true, new_name, behavior };
        Ok(Statement::Rename(Box::new(rename)))
    }

    /// What only one kind of object can do.
    fn alter_special(&mut self, object: ObjectReference, if_exists: bool) -> Result<Statement> {
        use ObjectType as O;
        match (object.object_type, object.name) {
            (object_type @ (O::Function | O::Procedure | O::Routine), name) => {
                self.alter_function_options(ObjectReference { object_type, name, location: object.location })
            }
            (O::Type, ObjectName::Name(name)) => self.alter_type(name),
            (O::Domain, ObjectName::Name(name)) => self.alter_domain(name),
            (O::Operator, ObjectName::Operator(operator)) => {
                self.expect_keyword(K::Set)?;
                let options = self.definition()?;
                Ok(Statement::AlterOperator(Box::new(AlterOperatorStatement { operator, options })))
            }
            (O::OperatorFamily, ObjectName::OfAccessMethod { name, access_method })
                if matches!(self.peek_keyword(), Some(K::Add | K::Drop)) =>
            {
                self.alter_operator_family(name, access_method)
            }
            (O::Collation, ObjectName::Name(name)) => {
                self.expect_keywords(&[K::Refresh, K::Version])?;
                Ok(Statement::AlterCollation(Box::new(AlterCollationStatement { name })))
            }
            (O::Policy, ObjectName::Member { relation, name }) => {
                let table = self.relation_from(relation)?;
                self.alter_policy(name, table)
            }
            (O::EventTrigger, ObjectName::Name(name)) => {
                let firing = match self.peek_keyword() {
                    Some(K::Disable) => TriggerFiring::Disable,
                    Some(K::Enable) => match self.keyword_at(1) {
                        Some(K::Always) => TriggerFiring::EnableAlways,
                        Some(K::Replica) => TriggerFiring::EnableReplica,
                        _ => TriggerFiring::Enable,
                    },
                    _ => return Err(self.unexpected()),
                };
                let words = matches!(firing, TriggerFiring::EnableAlways | TriggerFiring::EnableReplica);
                self.at += if words { 2 } else { 1 };
                let name = last_part(name);
                Ok(Statement::AlterEventTrigger(Box::new(AlterEventTriggerStatement { name, firing })))
            }
            (O::Extension, ObjectName::Name(name)) => self.alter_extension(last_part(name)),
            (O::Tablespace, ObjectName::Name(name)) => {
                let is_reset = self.eat_keyword(K::Reset);
                if !is_reset {
                    self.expect_keyword(K::Set)?;
                }
                let options = self.storage_options()?;
                let alter = AlterTablespaceStatement { name: last_part(name), is_reset, options };
                Ok(Statement::AlterTablespace(Box::new(alter)))
            }
            (O::ForeignServer, ObjectName::Name(name)) => {
                let version = if self.eat_keyword(K::Version) { Some(self.string_or_null()?) } else { None };
                let mut options = Vec::new();
                if version.is_none() || self.is_keyword(K::Options) {
                    options = self.altered_foreign_options()?;
                }
                let alter = AlterServerStatement { name: last_part(name), version, options };
                Ok(Statement::AlterServer(Box::new(alter)))
            }
            (O::Publication, ObjectName::Name(name)) => self.alter_publication(last_part(name)),
            (O::Subscription, ObjectName::Name(name)) => self.alter_subscription(last_part(name)),
            (O::Statistics, ObjectName::Name(name)) => {
                self.expect_keywords(&[K::Set, K::Statistics])?;
                let target = if self.eat_keyword(K::Default) { None } else { Some(self.signed_integer()?) };
                Ok(Statement::AlterStatistics(Box::new(AlterStatisticsStatement { name, if_exists, target })))
            }
            (O::TextSearchDictionary, ObjectName::Name(name)) => {
                let options = self.definition()?;
                let alter = AlterTextSearchDictionaryStatement { name, options };
                Ok(Statement::AlterTextSearchDictionary(Box::new(alter)))
            }
            (O::TextSearchConfiguration, ObjectName::Name(name)) => self.alter_text_search(name),
            _ => Err(self.unexpected()),
        }
    }

    fn alter_type(&mut self, name: QualifiedName) -> Result<Statement> {
        if self.is_keyword(K::Set) {
            self.advance();
            let options = self.definition()?;
            return Ok(Statement::AlterType(Box::new(AlterTypeStatement { name, options })));
        }
        if self.is_keyword(K::Add) && self.is_keyword_at(1, K::Value) {
            self.at += 2;
            let if_not_exists = self.if_not_exists()?;
            let label = self.string()?;
            let position = if self.eat_keyword(K::Before) {
                EnumPosition::Before(self.string()?)
            } else if self.eat_keyword(K::After) {
                EnumPosition::After(self.string()?)
            } else {
                EnumPosition::Last
            };
            let action = AlterEnumAction::AddValue { label, if_not_exists, position };
            return Ok(Statement::AlterEnum(Box::new(AlterEnumStatement { name, action })));
        }
        if self.is_keyword(K::Drop) && self.is_keyword_at(1, K::Value) {
            let at = self.location();
            self.at += 2;
            self.string()?;
            let error = error!(FEATURE_NOT_SUPPORTED, "dropping an enum value is not implemented");
            return Err(error.at(self.position(at)));
        }
        let actions = self.attribute_actions()?;
        let name = self.relation_from(name)?;
        Ok(Statement::AlterTable(Box::new(AlterTableStatement {
            object_type: ObjectType::Type,
            name,
            with_children: true,
            if_exists: false,
            actions,
        })))
    }

    fn alter_domain(&mut self, name: QualifiedName) -> Result<Statement> {
        use AlterDomainAction as A;
        let keyword = self.peek_keyword();
        if !matches!(keyword, Some(K::Set | K::Drop | K::Add | K::Validate)) {
            return Err(self.unexpected());
        }
        self.advance();
        let action = match keyword {
            Some(K::Set) if self.eat_keyword(K::Default) => A::SetDefault(self.expression()?),
            Some(K::Set) => {
                self.expect_keywords(&[K::Not, K::Null])?;
                A::SetNotNull
            }
            Some(K::Drop) if self.eat_keyword(K::Default) => A::DropDefault,
            Some(K::Drop) if self.eat_keyword(K::Not) => {
                self.expect_keyword(K::Null)?;
                A::DropNotNull
            }
            Some(K::Drop) => {
                self.expect_keyword(K::Constraint)?;
                let if_exists = self.if_exists()?;
                let name = self.name()?;
                A::DropConstraint { name, if_exists, behavior: self.drop_behavior() }
            }
            Some(K::Add) => A::AddConstraint(self.domain_constraint()?),
            _ => {
                self.expect_keyword(K::Constraint)?;
                A::ValidateConstraint(self.name()?)
            }
        };
        Ok(Statement::AlterDomain(Box::new(AlterDomainStatement { name, action })))
    }

    fn domain_constraint(&mut self) -> Result<Constraint> {
        let location = self.location();
        let name = if self.eat_keyword(K::Constraint) { Some(self.name()?) } else { None };
        let kind = if self.is_keyword(K::Check) {
            ConstraintKind::Check(Box::new(self.inside(Self::expression)?))
        } else {
            self.expect_keywords(&[K::Not, K::Null])?;
            ConstraintKind::NotNull { column: None }
        };
        let attributes = self.constraint_attributes()?;
        Ok(Constraint { name, kind, attributes, location })
    }

    fn alter_extension(&mut self, name: String) -> Result<Statement> {
        if self.eat_keyword(K::Update) {
            let location = self.location();
            let mut options = Vec::new();
            while self.eat_keyword(K::To) {
                let value = DefinitionValue::String(self.word_or_string()?);
                options.push(option("new_version", Some(value), location));
            }
            return Ok(Statement::AlterExtension(Box::new(AlterExtensionStatement { name, options })));
        }
        let is_add = self.eat_keyword(K::Add);
        if !is_add {
            self.expect_keyword(K::Drop)?;
        }
        let object = self.object_reference()?;
        let alter = AlterExtensionContentsStatement { extension: name, is_add, object };
        Ok(Statement::AlterExtensionContents(Box::new(alter)))
    }

    fn alter_publication(&mut self, name: String) -> Result<Statement> {
        use AlterPublicationAction as A;
        let keyword = self.peek_keyword();
        if !matches!(keyword, Some(K::Add | K::Set | K::Drop)) {
            return Err(self.unexpected());
        }
        self.advance();
        let action = match keyword {
            Some(K::Set) if self.is(T::LeftParenthesis) => A::Options(self.definition()?),
            Some(K::Set) => A::Set(self.publication_objects()?),
            Some(K::Add) => A::Add(self.publication_objects()?),
            _ => A::Drop(self.publication_objects()?),
        };
        Ok(Statement::AlterPublication(Box::new(AlterPublicationStatement { name, action })))
    }

    fn alter_subscription(&mut self, name: String) -> Result<Statement> {
        use AlterSubscriptionAction as A;
        let keyword = self.peek_keyword();
        let is_action = matches!(
            keyword,
            Some(K::Set | K::Connection | K::Refresh | K::Add | K::Drop | K::Enable | K::Disable | K::Skip)
        );
        if !is_action {
            return Err(self.unexpected());
        }
        self.advance();
        let mut options = Vec::new();
        let action = match keyword {
            Some(K::Set) if self.is(T::LeftParenthesis) => {
                options = self.definition()?;
                A::Options
            }
            Some(K::Connection) => A::Connection(self.string()?),
            Some(K::Refresh) => {
                self.expect_keyword(K::Publication)?;
                options = self.with_definition()?;
                A::Refresh
            }
            Some(K::Enable) => A::Enable,
            Some(K::Disable) => A::Disable,
            Some(K::Skip) => {
                options = self.definition()?;
                A::Skip
            }
            _ => {
                self.expect_keyword(K::Publication)?;
                let names = self.name_list()?;
                options = self.with_definition()?;
                match keyword {
                    Some(K::Set) => A::SetPublications(names),
                    Some(K::Add) => A::AddPublications(names),
                    _ => A::DropPublications(names),
                }
            }
        };
        Ok(Statement::AlterSubscription(Box::new(AlterSubscriptionStatement { name, action, options })))
    }

    fn alter_text_search(&mut self, name: QualifiedName) -> Result<Statement> {
        use TextSearchMappingAction as A;
        let keyword = self.peek_keyword();
        if !matches!(keyword, Some(K::Add | K::Alter | K::Drop)) {
            return Err(self.unexpected());
        }
        self.advance();
        self.expect_keyword(K::Mapping)?;
        let if_exists = keyword == Some(K::Drop) && self.if_exists()?;
        let mut tokens = Vec::new();
        if keyword != Some(K::Alter) || self.is_keyword(K::For) {
            self.expect_keyword(K::For)?;
            tokens = self.name_list()?;
        }
        let action = match keyword {
            Some(K::Drop) => A::Drop { tokens, if_exists },
            Some(K::Alter) if self.eat_keyword(K::Replace) => {
                let old = self.qualified_name()?;
                self.expect_keyword(K::With)?;
                A::Replace { tokens, old, new: self.qualified_name()? }
            }
            _ if tokens.is_empty() => return Err(self.unexpected()),
            _ => {
                self.expect_keyword(K::With)?;
                let dictionaries = self.comma_list(Self::qualified_name)?;
                match keyword {
                    Some(K::Add) => A::Add { tokens, dictionaries },
                    _ => A::Alter { tokens, dictionaries },
                }
            }
        };
        let alter = AlterTextSearchConfigurationStatement { name, action };
        Ok(Statement::AlterTextSearchConfiguration(Box::new(alter)))
    }

    /// ALTER TABLE, INDEX, SEQUENCE, VIEW, MATERIALIZED VIEW and FOREIGN TABLE.
    fn alter_relation(&mut self, object_type: ObjectType, location: u32) -> Result<Statement> {
        use ObjectType as O;
        let can_move = matches!(object_type, O::Table | O::Index | O::MaterializedView);
        if can_move && self.is_keyword(K::All) {
            return self.move_all(object_type);
        }
        let if_exists = self.if_exists()?;
        let relation = if matches!(object_type, O::Table | O::ForeignTable) {
            self.relation_expression()?
        } else {
            let name = self.relation_name()?;
            RelationReference { name, with_children: true, alias: None, sample: None }
        };
        let with_children = relation.with_children;
        match self.peek_keyword() {
            Some(K::Rename) => {
                let object = relation_object(object_type, relation.name, location);
                self.rename_in_relation(object, if_exists, with_children)
            }
            Some(K::Set) if self.is_keyword_at(1, K::Schema) && object_type != O::Index => {
                self.at += 2;
                let new_schema = self.name()?;
                let object = relation_object(object_type, relation.name, location);
                let alter = AlterSchemaStatement { object, if_exists, new_schema };
                Ok(Statement::AlterObjectSchema(Box::new(alter)))
            }
            Some(K::No | K::Depends)
                if matches!(object_type, O::Index | O::MaterializedView)
                    && (self.is_keyword(K::Depends) || self.is_keyword_at(1, K::Depends)) =>
            {
                self.depends(relation_object(object_type, relation.name, location))
            }
            Some(K::Attach | K::Detach) if matches!(object_type, O::Table | O::Index) => {
                let action = if object_type == O::Index {
                    self.advance();
                    self.expect_keyword(K::Partition)?;
                    AlterTableAction::AttachPartition { partition: self.relation_name()?, bound: None }
                } else {
                    self.partition_action()?
                };
                self.altered(object_type, relation, if_exists, vec![action])
            }
            _ if object_type == O::Sequence => {
                let options = self.sequence_options()?;
                if options.is_empty() || self.is_keyword(K::Owner) {
                    let actions = self.alter_table_actions()?;
                    return self.altered(object_type, relation, if_exists, actions);
                }
                let alter = AlterSequenceStatement { name: relation.name, if_exists, options };
                Ok(Statement::AlterSequence(Box::new(alter)))
            }
            _ => {
                let actions = self.alter_table_actions()?;
                self.altered(object_type, relation, if_exists, actions)
            }
        }
    }

    fn altered(
        &self,
        object_type: ObjectType,
        relation: RelationReference,
        if_exists: bool,
        actions: Vec<AlterTableAction>,
    ) -> Result<Statement> {
        Ok(Statement::AlterTable(Box::new(AlterTableStatement {
            object_type,
            name: relation.name,
            with_children: relation.with_children,
            if_exists,
            actions,
        })))
    }

    fn rename_in_relation(
        &mut self,
        object: ObjectReference,
        if_exists: bool,
        with_children: bool,
    ) -> Result<Statement> {
        self.advance();
        let mut member = None;
        if !self.is_keyword(K::To) {
            if self.eat_keyword(K::Constraint) {
                member = Some(RenamedMember::Constraint(self.name()?));
            } else {
                self.eat_keyword(K::Column);
                member = Some(RenamedMember::Column(self.name()?));
            }
        }
        self.expect_keyword(K::To)?;
        let new_name = self.name()?;
        let behavior = DropBehavior::Restrict;
        let rename = RenameStatement { object, member, if_exists, with_children, new_name, behavior };
        Ok(Statement::Rename(Box::new(rename)))
    }

    fn move_all(&mut self, object_type: ObjectType) -> Result<Statement> {
        self.advance();
        self.expect_keywords(&[K::In, K::Tablespace])?;
        let tablespace = self.name()?;
        let owned_by = if self.eat_phrase(K::Owned, &[K::By])? { self.role_list()? } else { Vec::new() };
        self.expect_keywords(&[K::Set, K::Tablespace])?;
        let new_tablespace = self.name()?;
        let nowait = self.eat_keyword(K::Nowait);
        let alter = MoveAllStatement { object_type, tablespace, owned_by, new_tablespace, nowait };
        Ok(Statement::MoveAll(Box::new(alter)))
    }
}

fn relation_object(object_type: ObjectType, relation: RelationName, location: u32) -> ObjectReference {
    let at = relation.location;
    let parts = [relation.catalog, relation.schema, Some(relation.name)].into_iter().flatten().collect();
    let name = ObjectName::Name(QualifiedName { parts, location: at });
    ObjectReference { object_type, name, location }
}

fn last_part(mut name: QualifiedName) -> String {
    name.parts.pop().unwrap_or_default()
}

fn has_schema(object_type: ObjectType) -> bool {
    use ObjectType as O;
    matches!(
        object_type,
        O::Aggregate
            | O::Collation
            | O::Conversion
            | O::Domain
            | O::Extension
            | O::Function
            | O::Operator
            | O::OperatorClass
            | O::OperatorFamily
            | O::Procedure
            | O::Routine
            | O::Statistics
            | O::TextSearchConfiguration
            | O::TextSearchDictionary
            | O::TextSearchParser
            | O::TextSearchTemplate
            | O::Type
    )
}

fn can_depend(object_type: ObjectType) -> bool {
    use ObjectType as O;
    matches!(object_type, O::Function | O::Procedure | O::Routine | O::Trigger)
}
