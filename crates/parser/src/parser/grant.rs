//! GRANT, REVOKE, ALTER DEFAULT PRIVILEGES, row security policies.

use error::Result;

use super::Parser;
use super::definition::option;
use crate::ast::*;
use crate::keyword::Keyword as K;
use crate::lexer::TokenKind as T;

impl Parser<'_> {
    pub(super) fn grant(&mut self) -> Result<Statement> {
        self.advance();
        let privileges = self.privileges()?;
        if self.eat_keyword(K::On) {
            let target = self.grant_target()?;
            self.expect_keyword(K::To)?;
            let grantees = self.grantees()?;
            let grant_option = self.eat_phrase(K::With, &[K::Grant, K::Option])?;
            let granted_by = self.granted_by()?;
            return Ok(Statement::Grant(Box::new(GrantStatement {
                is_grant: true,
                privileges,
                target,
                grantees,
                grant_option,
                granted_by,
                behavior: DropBehavior::Restrict,
            })));
        }
        let Some(roles) = privileges else { return Err(self.unexpected()) };
        self.expect_keyword(K::To)?;
        let grantees = self.role_list()?;
        let mut options = Vec::new();
        if self.eat_keyword(K::With) {
            options = self.comma_list(|this| {
                let location = this.location();
                let name = this.label()?;
                let value = match this.peek_keyword() {
                    Some(K::Option | K::True) => true,
                    Some(K::False) => false,
                    _ => return Err(this.unexpected()),
                };
                this.advance();
                Ok(option(&name, Some(DefinitionValue::Boolean(value)), location))
            })?;
        }
        let granted_by = self.granted_by()?;
        Ok(Statement::GrantRole(Box::new(GrantRoleStatement {
            is_grant: true,
            roles,
            grantees,
            options,
            granted_by,
            behavior: DropBehavior::Restrict,
        })))
    }

    pub(super) fn revoke(&mut self) -> Result<Statement> {
        self.advance();
        let at = self.location();
        let mut role_option = None;
        if self.peek_at(1) == T::Keyword(K::Option) && self.is_keyword_at(2, K::For) {
            role_option = Some(self.label()?);
            self.at += 2;
        }
        let grant_option = role_option.as_deref() == Some("grant");
        let privileges = self.privileges()?;
        if (role_option.is_none() || grant_option) && self.eat_keyword(K::On) {
            let target = self.grant_target()?;
            self.expect_keyword(K::From)?;
            let grantees = self.grantees()?;
            let granted_by = self.granted_by()?;
            let behavior = self.drop_behavior();
            return Ok(Statement::Grant(Box::new(GrantStatement {
                is_grant: false,
                privileges,
                target,
                grantees,
                grant_option,
                granted_by,
                behavior,
            })));
        }
        let Some(roles) = privileges.filter(|_| !grant_option) else { return Err(self.unexpected()) };
        self.expect_keyword(K::From)?;
        let grantees = self.role_list()?;
        let granted_by = self.granted_by()?;
        let behavior = self.drop_behavior();
        let options = role_option.map(|name| option(&name, Some(DefinitionValue::Boolean(false)), at));
        Ok(Statement::GrantRole(Box::new(GrantRoleStatement {
            is_grant: false,
            roles,
            grantees,
            options: options.into_iter().collect(),
            granted_by,
            behavior,
        })))
    }

    fn granted_by(&mut self) -> Result<Option<RoleName>> {
        if self.eat_phrase(K::Granted, &[K::By])? { self.role().map(Some) } else { Ok(None) }
    }

    fn grantees(&mut self) -> Result<Vec<RoleName>> {
        self.comma_list(|this| {
            this.eat_keyword(K::Group);
            this.role()
        })
    }

    /// A privilege list, which for roles is a list of their names; `None` is ALL [PRIVILEGES].
    fn privileges(&mut self) -> Result<Option<Vec<Privilege>>> {
        if self.is_keyword(K::All) {
            let location = self.location();
            self.advance();
            self.eat_keyword(K::Privileges);
            if !self.is(T::LeftParenthesis) {
                return Ok(None);
            }
            let columns = self.column_list()?;
            return Ok(Some(vec![Privilege { name: None, columns, location }]));
        }
        self.comma_list(|this| {
            let location = this.location();
            if this.eat_keywords(&[K::Alter, K::System]) {
                return Ok(Privilege { name: Some("alter system".into()), columns: Vec::new(), location });
            }
            let name = match this.peek_keyword() {
                Some(K::Select | K::References | K::Create) => this.label()?,
                _ => this.name()?,
            };
            let columns = this.optional_column_list()?;
            Ok(Privilege { name: Some(name), columns, location })
        })
        .map(Some)
    }

    fn grant_target(&mut self) -> Result<GrantTarget> {
        use ObjectType as O;
        if self.is_keyword(K::All) {
            self.advance();
            let object_type = match self.peek_keyword() {
                Some(K::Tables) => O::Table,
                Some(K::Sequences) => O::Sequence,
                Some(K::Functions) => O::Function,
                Some(K::Procedures) => O::Procedure,
                Some(K::Routines) => O::Routine,
                _ => return Err(self.unexpected()),
            };
            self.advance();
            self.expect_keywords(&[K::In, K::Schema])?;
            return Ok(GrantTarget::AllInSchemas { object_type, schemas: self.name_list()? });
        }
        let next_is_name = self.is_name_at(1) || self.is_type_or_function_name_at(1);
        let object_type = match self.peek_keyword() {
            Some(K::Table) => O::Table,
            Some(K::Sequence) if next_is_name => O::Sequence,
            Some(K::Function) if next_is_name => O::Function,
            Some(K::Procedure) if next_is_name => O::Procedure,
            Some(K::Routine) if next_is_name => O::Routine,
            Some(K::Database) if next_is_name => O::Database,
            Some(K::Domain) if next_is_name => O::Domain,
            Some(K::Language) if next_is_name => O::Language,
            Some(K::Schema) if next_is_name => O::Schema,
            Some(K::Tablespace) if next_is_name => O::Tablespace,
            Some(K::Type) if next_is_name => O::Type,
            Some(K::Parameter) if next_is_name => O::Parameter,
            Some(K::Large) if self.is_keyword_at(1, K::Object) => {
                self.at += 2;
                let names = self.comma_list(|this| this.number_text().map(ObjectName::LargeObject))?;
                return Ok(GrantTarget::Objects { object_type: O::LargeObject, names });
            }
            Some(K::Foreign) => {
                self.advance();
                if self.eat_keyword(K::Server) {
                    let names = self.comma_list(|this| this.object_name(O::ForeignServer))?;
                    return Ok(GrantTarget::Objects { object_type: O::ForeignServer, names });
                }
                self.expect_keywords(&[K::Data, K::Wrapper])?;
                let names = self.comma_list(|this| this.object_name(O::ForeignDataWrapper))?;
                return Ok(GrantTarget::Objects { object_type: O::ForeignDataWrapper, names });
            }
            _ => {
                let names = self.relation_name_list()?;
                return Ok(GrantTarget::Relations { object_type: O::Table, names });
            }
        };
        self.advance();
        if matches!(object_type, O::Table | O::Sequence) {
            let names = self.relation_name_list()?;
            return Ok(GrantTarget::Relations { object_type, names });
        }
        let names = self.comma_list(|this| match object_type {
            O::Domain | O::Type => this.qualified_name().map(ObjectName::Name),
            O::Parameter => {
                let location = this.location();
                Ok(ObjectName::Name(QualifiedName { parts: vec![this.setting_name()?], location }))
            }
            _ => this.object_name(object_type),
        })?;
        Ok(GrantTarget::Objects { object_type, names })
    }

    /// ALTER DEFAULT PRIVILEGES, with the cursor after PRIVILEGES.
    pub(super) fn alter_default_privileges(&mut self) -> Result<Statement> {
        let location = self.location();
        let (mut roles, mut schemas) = (Vec::new(), Vec::new());
        loop {
            if self.eat_phrase(K::In, &[K::Schema])? {
                schemas = self.name_list()?;
            } else if self.eat_keyword(K::For) {
                if !self.eat_keyword(K::Role) {
                    self.expect_keyword(K::User)?;
                }
                roles = self.role_list()?;
            } else {
                break;
            }
        }
        let is_grant = self.eat_keyword(K::Grant);
        let mut grant_option = false;
        if !is_grant {
            self.expect_keyword(K::Revoke)?;
            grant_option = self.eat_phrase(K::Grant, &[K::Option, K::For])?;
        }
        let privileges = self.privileges()?;
        self.expect_keyword(K::On)?;
        let object_type = match self.peek_keyword() {
            Some(K::Tables) => ObjectType::Table,
            Some(K::Functions | K::Routines) => ObjectType::Function,
            Some(K::Sequences) => ObjectType::Sequence,
            Some(K::Types) => ObjectType::Type,
            Some(K::Schemas) => ObjectType::Schema,
            Some(K::Large) => {
                self.advance();
                if !self.is_keyword(K::Objects) {
                    return Err(self.unexpected());
                }
                ObjectType::LargeObject
            }
            _ => return Err(self.unexpected()),
        };
        self.advance();
        self.expect_keyword(if is_grant { K::To } else { K::From })?;
        let grantees = self.grantees()?;
        let mut behavior = DropBehavior::Restrict;
        if is_grant {
            grant_option = self.eat_phrase(K::With, &[K::Grant, K::Option])?;
        } else {
            behavior = self.drop_behavior();
        }
        Ok(Statement::AlterDefaultPrivileges(Box::new(AlterDefaultPrivilegesStatement {
            roles,
            schemas,
            is_grant,
            privileges,
            object_type,
            grantees,
            grant_option,
            behavior,
            location,
        })))
    }

    /// CREATE POLICY, with the cursor after POLICY.
    pub(super) fn create_policy(&mut self) -> Result<Statement> {
        let name = self.name()?;
        self.expect_keyword(K::On)?;
        let table = self.relation_name()?;
        let mut is_permissive = true;
        if self.eat_keyword(K::As) {
            let location = self.location();
            if !self.is(T::Identifier) {
                return Err(self.unexpected());
            }
            let word = self.label()?;
            is_permissive = match word.as_str() {
                "permissive" => true,
                "restrictive" => false,
                _ => {
                    let message = format!("unrecognized row security option \"{word}\"");
                    let hint = "Only PERMISSIVE or RESTRICTIVE policies are supported currently.";
                    return Err(self.error_at(message, location).hint(hint));
                }
            };
        }
        let mut command = PolicyCommand::All;
        if self.eat_keyword(K::For) {
            command = match self.peek_keyword() {
                Some(K::All) => PolicyCommand::All,
                Some(K::Select) => PolicyCommand::Select,
                Some(K::Insert) => PolicyCommand::Insert,
                Some(K::Update) => PolicyCommand::Update,
                Some(K::Delete) => PolicyCommand::Delete,
                _ => return Err(self.unexpected()),
            };
            self.advance();
        }
        let at = self.location();
        let public = RoleName { role: RoleReference::Public, location: at };
        let roles = self.policy_roles()?.unwrap_or_else(|| vec![public]);
        let (using, check) = self.policy_expressions()?;
        Ok(Statement::CreatePolicy(Box::new(CreatePolicyStatement {
            name,
            table,
            is_permissive,
            command,
            roles,
            using,
            check,
        })))
    }

    /// ALTER POLICY after `name ON table`.
    pub(super) fn alter_policy(&mut self, name: String, table: RelationName) -> Result<Statement> {
        let roles = self.policy_roles()?;
        let (using, check) = self.policy_expressions()?;
        Ok(Statement::AlterPolicy(Box::new(AlterPolicyStatement { name, table, roles, using, check })))
    }

    fn policy_roles(&mut self) -> Result<Option<Vec<RoleName>>> {
        if self.eat_keyword(K::To) { self.role_list().map(Some) } else { Ok(None) }
    }

    fn policy_expressions(&mut self) -> Result<(Option<Expression>, Option<Expression>)> {
        let using = if self.is_keyword(K::Using) { Some(self.inside(Self::expression)?) } else { None };
        let mut check = None;
        if self.eat_keyword(K::With) {
            if !self.is_keyword(K::Check) {
                return Err(self.unexpected());
            }
            check = Some(self.inside(Self::expression)?);
        }
        Ok((using, check))
    }
}
