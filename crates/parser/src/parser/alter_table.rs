//! The actions of ALTER TABLE and its kin.

use error::Result;

use super::Parser;
use crate::ast::*;
use crate::keyword::Keyword as K;
use crate::lexer::TokenKind as T;

impl Parser<'_> {
    /// The list of actions on a relation.
    pub(super) fn alter_table_actions(&mut self) -> Result<Vec<AlterTableAction>> {
        self.comma_list(Self::alter_table_action)
    }

    fn alter_table_action(&mut self) -> Result<AlterTableAction> {
        use AlterTableAction as A;
        let keyword = self.peek_keyword();
        match keyword {
            Some(K::Add) => self.add_action(),
            Some(K::Alter) => self.alter_column_or_constraint(),
            Some(K::Drop) => self.drop_action(),
            Some(K::Set) => self.set_action(),
            Some(K::Reset) => {
                self.advance();
                self.storage_options().map(A::ResetOptions)
            }
            Some(K::Validate) => {
                self.advance();
                self.expect_keyword(K::Constraint)?;
                self.name().map(A::ValidateConstraint)
            }
            Some(K::Enable | K::Disable) => self.enable_action(),
            Some(K::Force) => {
                self.advance();
                self.expect_keywords(&[K::Row, K::Level, K::Security])?;
                Ok(A::ForceRowSecurity)
            }
            Some(K::No) => {
                self.advance();
                if self.eat_keyword(K::Inherit) {
                    return self.relation_name().map(A::NoInherit);
                }
                self.expect_keywords(&[K::Force, K::Row, K::Level, K::Security])?;
                Ok(A::NoForceRowSecurity)
            }
            Some(K::Cluster) => {
                self.advance();
                self.expect_keyword(K::On)?;
                self.name().map(A::ClusterOn)
            }
            Some(K::Inherit) => {
                self.advance();
                self.relation_name().map(A::Inherit)
            }
            Some(K::Of) => {
                self.advance();
                let name = self.qualified_name()?;
                Ok(A::OfType(super::type_name::plain(name.parts, Vec::new(), name.location)))
            }
            Some(K::Not) => {
                self.advance();
                self.expect_keyword(K::Of)?;
                Ok(A::NotOf)
            }
            Some(K::Owner) => {
                self.advance();
                self.expect_keyword(K::To)?;
                self.role().map(A::OwnerTo)
            }
            Some(K::Replica) => {
                self.advance();
                self.expect_keyword(K::Identity)?;
                self.replica_identity()
            }
            Some(K::Options) => self.altered_foreign_options().map(A::SetForeignOptions),
            _ => Err(self.unexpected()),
        }
    }

    fn replica_identity(&mut self) -> Result<AlterTableAction> {
        let identity = match self.peek_keyword() {
            Some(K::Nothing) => ReplicaIdentity::Nothing,
            Some(K::Full) => ReplicaIdentity::Full,
            Some(K::Default) => ReplicaIdentity::Default,
            Some(K::Using) => {
                self.advance();
                self.expect_keyword(K::Index)?;
                let index = self.name()?;
                return Ok(AlterTableAction::ReplicaIdentity(ReplicaIdentity::UsingIndex(index)));
            }
            _ => return Err(self.unexpected()),
        };
        self.advance();
        Ok(AlterTableAction::ReplicaIdentity(identity))
    }

    fn add_action(&mut self) -> Result<AlterTableAction> {
        self.advance();
        let is_constraint = match self.peek_keyword() {
            Some(K::Constraint | K::Check | K::Unique | K::Primary | K::Foreign | K::Not) => true,
            Some(K::Exclude) => matches!(self.peek_at(1), T::LeftParenthesis | T::Keyword(K::Using)),
            _ => false,
        };
        if is_constraint {
            return self.table_constraint().map(AlterTableAction::AddConstraint);
        }
        self.eat_keyword(K::Column);
        let if_not_exists = self.if_not_exists()?;
        let column = self.column_definition()?;
        Ok(AlterTableAction::AddColumn { column, if_not_exists, behavior: DropBehavior::Restrict })
    }

    fn drop_action(&mut self) -> Result<AlterTableAction> {
        self.advance();
        let is_constraint = self.eat_keyword(K::Constraint);
        if !is_constraint {
            self.eat_keyword(K::Column);
        }
        let if_exists = self.if_exists()?;
        let name = self.name()?;
        let behavior = self.drop_behavior();
        Ok(match is_constraint {
            true => AlterTableAction::DropConstraint { name, if_exists, behavior },
            false => AlterTableAction::DropColumn { column: name, if_exists, behavior },
        })
    }

    fn set_action(&mut self) -> Result<AlterTableAction> {
        use AlterTableAction as A;
        self.advance();
        if self.is(T::LeftParenthesis) {
            return self.storage_options().map(A::SetOptions);
        }
        let keyword = self.peek_keyword();
        if !matches!(keyword, Some(K::Without | K::Logged | K::Unlogged | K::Access | K::Tablespace)) {
            return Err(self.unexpected());
        }
        self.advance();
        match keyword {
            Some(K::Without) if self.eat_keyword(K::Cluster) => Ok(A::SetWithoutCluster),
            Some(K::Without) => {
                self.expect_keyword(K::Oids)?;
                Ok(A::SetWithoutOids)
            }
            Some(K::Logged) => Ok(A::SetLogged),
            Some(K::Unlogged) => Ok(A::SetUnlogged),
            Some(K::Access) => {
                self.expect_keyword(K::Method)?;
                if self.eat_keyword(K::Default) {
                    return Ok(A::SetAccessMethod(None));
                }
                Ok(A::SetAccessMethod(Some(self.name()?)))
            }
            _ => self.name().map(A::SetTablespace),
        }
    }

    fn enable_action(&mut self) -> Result<AlterTableAction> {
        use AlterTableAction as A;
        let is_enable = self.is_keyword(K::Enable);
        self.advance();
        if self.is_keyword(K::Row) {
            self.advance();
            self.expect_keywords(&[K::Level, K::Security])?;
            return Ok(if is_enable { A::EnableRowSecurity } else { A::DisableRowSecurity });
        }
        let mut firing = if is_enable { TriggerFiring::Enable } else { TriggerFiring::Disable };
        if is_enable && self.eat_keyword(K::Always) {
            firing = TriggerFiring::EnableAlways;
        } else if is_enable && self.eat_keyword(K::Replica) {
            firing = TriggerFiring::EnableReplica;
        }
        if self.eat_keyword(K::Rule) {
            return Ok(A::Rule { name: self.name()?, firing });
        }
        self.expect_keyword(K::Trigger)?;
        let takes_group = matches!(firing, TriggerFiring::Enable | TriggerFiring::Disable);
        let target = if takes_group && self.eat_keyword(K::All) {
            TriggerSelector::All
        } else if takes_group && self.eat_keyword(K::User) {
            TriggerSelector::User
        } else {
            TriggerSelector::Name(self.name()?)
        };
        Ok(A::Trigger { target, firing })
    }

    fn alter_column_or_constraint(&mut self) -> Result<AlterTableAction> {
        self.advance();
        if self.eat_keyword(K::Constraint) {
            return self.alter_constraint();
        }
        self.eat_keyword(K::Column);
        if self.is(T::Integer) {
            let number = self.integer()?;
            self.expect_keywords(&[K::Set, K::Statistics])?;
            let target = if self.eat_keyword(K::Default) { None } else { Some(self.signed_integer()?) };
            return Ok(AlterTableAction::SetStatistics { column: ColumnSelector::Number(number), target });
        }
        let location = self.location();
        let column = self.name()?;
        self.alter_column(column, location)
    }

    fn alter_constraint(&mut self) -> Result<AlterTableAction> {
        let name = self.name()?;
        if self.eat_keyword(K::Inherit) {
            let attributes = ConstraintAttributes::default();
            return Ok(AlterTableAction::AlterConstraint { name, attributes, inherit: Some(true) });
        }
        let at = self.location();
        let mut attributes = self.constraint_attributes()?;
        if attributes.is_not_valid {
            let error = error::error!(FEATURE_NOT_SUPPORTED, "constraints cannot be altered to be NOT VALID");
            return Err(error.at(self.position(at)));
        }
        let inherit = std::mem::take(&mut attributes.is_no_inherit).then_some(false);
        Ok(AlterTableAction::AlterConstraint { name, attributes, inherit })
    }

    fn alter_column(&mut self, column: String, location: u32) -> Result<AlterTableAction> {
        use AlterTableAction as A;
        let keyword = self.peek_keyword();
        match keyword {
            Some(K::Type) => self.column_type(column, location),
            Some(K::Set) => {
                self.advance();
                self.alter_column_set(column, location)
            }
            Some(K::Drop) => {
                self.advance();
                match self.peek_keyword() {
                    Some(K::Default) => {
                        self.advance();
                        Ok(A::DropDefault { column })
                    }
                    Some(K::Not) => {
                        self.advance();
                        self.expect_keyword(K::Null)?;
                        Ok(A::DropNotNull { column })
                    }
                    Some(K::Expression) => {
                        self.advance();
                        Ok(A::DropExpression { column, if_exists: self.if_exists()? })
                    }
                    Some(K::Identity) => {
                        self.advance();
                        Ok(A::DropIdentity { column, if_exists: self.if_exists()? })
                    }
                    _ => Err(self.unexpected()),
                }
            }
            Some(K::Add) => {
                self.advance();
                let location = self.location();
                self.expect_keyword(K::Generated)?;
                let is_always = self.generated_when()?;
                self.expect_keywords(&[K::As, K::Identity])?;
                let options = if self.is(T::LeftParenthesis) {
                    self.sequence_options_in_parentheses()?
                } else {
                    Vec::new()
                };
                Ok(A::AddIdentity { column, is_always, options, location })
            }
            Some(K::Reset) => {
                self.advance();
                Ok(A::ResetColumnOptions { column, options: self.storage_options()? })
            }
            Some(K::Restart) => self.set_identity(column),
            Some(K::Options) => {
                Ok(A::AlterColumnForeignOptions { column, options: self.altered_foreign_options()? })
            }
            _ => Err(self.unexpected()),
        }
    }

    fn generated_when(&mut self) -> Result<bool> {
        let is_always = self.eat_keyword(K::Always);
        if !is_always {
            self.expect_keywords(&[K::By, K::Default])?;
        }
        Ok(is_always)
    }

    /// `TYPE t [COLLATE c] [USING x]`, with the cursor on TYPE.
    fn column_type(&mut self, column: String, location: u32) -> Result<AlterTableAction> {
        self.advance();
        let type_name = self.type_name()?;
        let collation = if self.eat_keyword(K::Collate) { Some(self.qualified_name()?) } else { None };
        let using = if self.eat_keyword(K::Using) { Some(self.expression()?) } else { None };
        let behavior = DropBehavior::Restrict;
        Ok(AlterTableAction::SetColumnType { column, type_name, collation, using, behavior, location })
    }

    /// What follows `ALTER COLUMN name SET`.
    fn alter_column_set(&mut self, column: String, location: u32) -> Result<AlterTableAction> {
        use AlterTableAction as A;
        if self.is(T::LeftParenthesis) {
            return Ok(A::SetColumnOptions { column, options: self.storage_options()? });
        }
        match self.peek_keyword() {
            Some(K::Data) => {
                self.advance();
                if !self.is_keyword(K::Type) {
                    return Err(self.unexpected());
                }
                self.column_type(column, location)
            }
            Some(K::Default) => {
                self.advance();
                Ok(A::SetDefault { column, value: self.expression()? })
            }
            Some(K::Not) => {
                self.advance();
                self.expect_keyword(K::Null)?;
                Ok(A::SetNotNull { column })
            }
            Some(K::Expression) => {
                self.advance();
                self.expect_keyword(K::As)?;
                self.expect(T::LeftParenthesis)?;
                let expression = self.expression()?;
                self.expect(T::RightParenthesis)?;
                Ok(A::SetExpression { column, expression })
            }
            Some(K::Statistics) => {
                self.advance();
                let target = if self.eat_keyword(K::Default) { None } else { Some(self.signed_integer()?) };
                Ok(A::SetStatistics { column: ColumnSelector::Name(column), target })
            }
            Some(K::Storage) => {
                self.advance();
                Ok(A::SetStorage { column, storage: self.storage_word()? })
            }
            Some(K::Compression) => {
                self.advance();
                Ok(A::SetCompression { column, method: self.compression_word()? })
            }
            _ => {
                self.at -= 1;
                self.set_identity(column)
            }
        }
    }

    /// `SET GENERATED ...`, `SET sequence-option`, `RESTART ...`, as many as there are.
    fn set_identity(&mut self, column: String) -> Result<AlterTableAction> {
        let (mut always, mut options) = (None, Vec::new());
        loop {
            match self.peek_keyword() {
                Some(K::Restart) => {}
                Some(K::Set) => {
                    self.advance();
                    if self.eat_keyword(K::Generated) {
                        always = Some(self.generated_when()?);
                        continue;
                    }
                }
                _ => break,
            }
            match self.sequence_option()? {
                Some(option) => options.push(option),
                None => return Err(self.unexpected()),
            }
        }
        Ok(AlterTableAction::SetIdentity { column, always, options })
    }

    /// ATTACH and DETACH PARTITION, which stand alone.
    pub(super) fn partition_action(&mut self) -> Result<AlterTableAction> {
        use AlterTableAction as A;
        let is_attach = self.is_keyword(K::Attach);
        self.advance();
        self.expect_keyword(K::Partition)?;
        let partition = self.relation_name()?;
        if is_attach {
            return Ok(A::AttachPartition { partition, bound: Some(self.partition_bound()?) });
        }
        if self.eat_keyword(K::Finalize) {
            return Ok(A::DetachPartitionFinalize { partition });
        }
        let concurrently = self.eat_keyword(K::Concurrently);
        Ok(A::DetachPartition { partition, concurrently })
    }

    /// `ADD | DROP | ALTER ATTRIBUTE ...` of ALTER TYPE.
    pub(super) fn attribute_actions(&mut self) -> Result<Vec<AlterTableAction>> {
        self.comma_list(|this| {
            let keyword = this.peek_keyword();
            if !matches!(keyword, Some(K::Add | K::Drop | K::Alter)) {
                return Err(this.unexpected());
            }
            this.advance();
            this.expect_keyword(K::Attribute)?;
            match keyword {
                Some(K::Add) => {
                    let column = this.attribute_definition()?;
                    let behavior = this.drop_behavior();
                    Ok(AlterTableAction::AddColumn { column, if_not_exists: false, behavior })
                }
                Some(K::Drop) => {
                    let if_exists = this.if_exists()?;
                    let column = this.name()?;
                    Ok(AlterTableAction::DropColumn { column, if_exists, behavior: this.drop_behavior() })
                }
                _ => {
                    let location = this.location();
                    let column = this.name()?;
                    if this.eat_keyword(K::Set) {
                        this.expect_keyword(K::Data)?;
                    }
                    this.expect_keyword(K::Type)?;
                    let type_name = this.type_name()?;
                    let collation =
                        if this.eat_keyword(K::Collate) { Some(this.qualified_name()?) } else { None };
                    let behavior = this.drop_behavior();
                    let using = None;
                    Ok(AlterTableAction::SetColumnType {
                        column,
                        type_name,
                        collation,
                        using,
                        behavior,
                        location,
                    })
                }
            }
        })
    }

    /// `name type [COLLATE c]`.
    pub(super) fn attribute_definition(&mut self) -> Result<ColumnDefinition> {
        let location = self.location();
        let name = self.name()?;
        let type_name = Some(self.type_name()?);
        let collation = if self.eat_keyword(K::Collate) { Some(self.qualified_name()?) } else { None };
        Ok(super::create_table::bare_column(name, type_name, collation, location))
    }
}
