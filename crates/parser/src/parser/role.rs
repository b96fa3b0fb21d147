//! Roles and databases.

use error::Result;

use super::Parser;
use super::definition::option;
use crate::ast::*;
use crate::keyword::Keyword as K;
use crate::lexer::TokenKind as T;

impl Parser<'_> {
    /// CREATE ROLE, USER or GROUP, with the cursor after that word.
    pub(super) fn create_role(&mut self, kind: RoleKind) -> Result<Statement> {
        let location = self.location();
        let name = self.role_id()?;
        self.eat_keyword(K::With);
        let mut options = Vec::new();
        while let Some(made) = self.role_option(true)? {
            options.push(made);
        }
        Ok(Statement::CreateRole(Box::new(CreateRoleStatement { kind, name, options, location })))
    }

    /// ALTER ROLE, USER or GROUP, with the cursor after that word.
    pub(super) fn alter_role(&mut self, kind: RoleKind) -> Result<Statement> {
        if kind != RoleKind::Group && self.eat_keyword(K::All) {
            let database = self.in_database()?;
            let set = self.set_or_reset()?;
            return Ok(Statement::AlterRoleSet(Box::new(AlterRoleSetStatement {
                role: None,
                database,
                set,
            })));
        }
        let role = self.role()?;
        if kind == RoleKind::Group {
            if self.is_keyword(K::Rename) {
                return self.rename_role(role);
            }
            let is_add = self.eat_keyword(K::Add);
            if !is_add {
                self.expect_keyword(K::Drop)?;
            }
            self.expect_keyword(K::User)?;
            let members = self.role_list()?;
            return Ok(Statement::AlterGroup(Box::new(AlterGroupStatement { role, is_add, members })));
        }
        match self.peek_keyword() {
            Some(K::Rename) => return self.rename_role(role),
            Some(K::In | K::Set | K::Reset) => {
                let database = self.in_database()?;
                let set = self.set_or_reset()?;
                let role = Some(role);
                return Ok(Statement::AlterRoleSet(Box::new(AlterRoleSetStatement { role, database, set })));
            }
            _ => {}
        }
        self.eat_keyword(K::With);
        let mut options = Vec::new();
        while let Some(made) = self.role_option(false)? {
            options.push(made);
        }
        Ok(Statement::AlterRole(Box::new(AlterRoleStatement { role, options })))
    }

    fn rename_role(&mut self, role: RoleName) -> Result<Statement> {
        self.advance();
        self.expect_keyword(K::To)?;
        let RoleReference::Name(name) = role.role else {
            return Err(self.error_at("role specification cannot be used here", role.location));
        };
        let new_name = self.role_id()?;
        let location = role.location;
        let name = ObjectName::Name(QualifiedName { parts: vec![name], location });
        Ok(Statement::Rename(Box::new(RenameStatement {
            object: ObjectReference { object_type: ObjectType::Role, name, location },
            member: None,
            if_exists: false,
            with_children: true,
            new_name,
            behavior: DropBehavior::Restrict,
        })))
    }

    fn in_database(&mut self) -> Result<Option<String>> {
        if self.eat_phrase(K::In, &[K::Database])? { self.name().map(Some) } else { Ok(None) }
    }

    fn role_option(&mut self, is_create: bool) -> Result<Option<DefinitionElement>> {
        let location = self.location();
        let made = |name: &str, value| Ok(Some(option(name, value, location)));
        match self.peek() {
            T::Keyword(K::Password) => {
                self.advance();
                let password = self.string_or_null()?.map(DefinitionValue::String);
                made("password", password)
            }
            T::Keyword(K::Encrypted) => {
                self.advance();
                self.expect_keyword(K::Password)?;
                let password = DefinitionValue::String(self.string()?);
                made("password", Some(password))
            }
            T::Keyword(K::Unencrypted) => {
                self.advance();
                self.expect_keyword(K::Password)?;
                self.string()?;
                let error =
                    error::error!(FEATURE_NOT_SUPPORTED, "UNENCRYPTED PASSWORD is no longer supported")
                        .hint("Remove UNENCRYPTED to store the password in encrypted form instead.");
                Err(error.at(self.position(location)))
            }
            T::Keyword(K::Inherit) => {
                self.advance();
                made("inherit", Some(DefinitionValue::Boolean(true)))
            }
            T::Keyword(K::Connection) => {
                self.advance();
                self.expect_keyword(K::Limit)?;
                let limit = self.signed_integer()?;
                made("connectionlimit", Some(DefinitionValue::Integer(limit)))
            }
            T::Keyword(K::Valid) => {
                self.advance();
                self.expect_keyword(K::Until)?;
                let until = self.string()?;
                made("validUntil", Some(DefinitionValue::String(until)))
            }
            T::Keyword(K::User) => {
                self.advance();
                let roles = self.role_list()?;
                made("rolemembers", Some(DefinitionValue::Roles(roles)))
            }
            T::Keyword(K::Sysid) if is_create => {
                self.advance();
                let id = self.integer()?;
                made("sysid", Some(DefinitionValue::Integer(id)))
            }
            T::Keyword(K::Admin | K::Role) if is_create => {
                let name = if self.is_keyword(K::Admin) { "adminmembers" } else { "rolemembers" };
                self.advance();
                let roles = self.role_list()?;
                made(name, Some(DefinitionValue::Roles(roles)))
            }
            T::Keyword(K::In) if is_create => {
                self.advance();
                if !self.eat_keyword(K::Role) {
                    self.expect_keyword(K::Group)?;
                }
                let roles = self.role_list()?;
                made("addroleto", Some(DefinitionValue::Roles(roles)))
            }
            T::Identifier => {
                let word = self.text(self.token()).to_owned();
                let (name, value) = match word.as_str() {
                    "superuser" => ("superuser", true),
                    "nosuperuser" => ("superuser", false),
                    "createrole" => ("createrole", true),
                    "nocreaterole" => ("createrole", false),
                    "replication" => ("isreplication", true),
                    "noreplication" => ("isreplication", false),
                    "createdb" => ("createdb", true),
                    "nocreatedb" => ("createdb", false),
                    "login" => ("canlogin", true),
                    "nologin" => ("canlogin", false),
                    "bypassrls" => ("bypassrls", true),
                    "nobypassrls" => ("bypassrls", false),
                    "noinherit" => ("inherit", false),
                    _ => return Err(self.error_at(format!("unrecognized role option \"{word}\""), location)),
                };
                self.advance();
                made(name, Some(DefinitionValue::Boolean(value)))
            }
            _ => Ok(None),
        }
    }

    /// DROP ROLE, USER or GROUP, with the cursor on that word.
    pub(super) fn drop_role(&mut self) -> Result<Statement> {
        self.advance();
        let if_exists = self.if_exists()?;
        let roles = self.role_list()?;
        Ok(Statement::DropRole(Box::new(DropRoleStatement { roles, if_exists })))
    }

    pub(super) fn reassign_owned(&mut self) -> Result<Statement> {
        self.advance();
        self.expect_keywords(&[K::Owned, K::By])?;
        let roles = self.role_list()?;
        self.expect_keyword(K::To)?;
        let new_owner = self.role()?;
        Ok(Statement::ReassignOwned(Box::new(ReassignOwnedStatement { roles, new_owner })))
    }

    /// CREATE DATABASE, with the cursor after DATABASE.
    pub(super) fn create_database(&mut self) -> Result<Statement> {
        let name = self.name()?;
        self.eat_keyword(K::With);
        let options = self.database_options()?;
        Ok(Statement::CreateDatabase(Box::new(CreateDatabaseStatement { name, options })))
    }

    fn database_options(&mut self) -> Result<Vec<DefinitionElement>> {
        let mut options = Vec::new();
        loop {
            let location = self.location();
            let name = match self.peek() {
                T::Identifier => self.label()?,
                T::Keyword(K::Connection) => {
                    self.advance();
                    self.expect_keyword(K::Limit)?;
                    "connection_limit".to_owned()
                }
                T::Keyword(K::Encoding | K::Location | K::Owner | K::Tablespace | K::Template) => {
                    self.label()?
                }
                _ => return Ok(options),
            };
            self.eat(T::Equal);
            let value = if self.eat_keyword(K::Default) {
                None
            } else if self.is_number() {
                Some(self.number_value()?)
            } else {
                Some(DefinitionValue::String(self.boolean_or_word()?))
            };
            options.push(option(&name, value, location));
        }
    }

    /// ALTER DATABASE, with the cursor after DATABASE; RENAME and OWNER are dealt with before.
    pub(super) fn alter_database(&mut self) -> Result<Statement> {
        let name = self.name()?;
        let action = match self.peek_keyword() {
            Some(K::Refresh) => {
                self.advance();
                self.expect_keywords(&[K::Collation, K::Version])?;
                AlterDatabaseAction::RefreshCollationVersion
            }
            Some(K::Set) if self.is_keyword_at(1, K::Tablespace) => {
                let location = self.location();
                self.at += 2;
                let value = DefinitionValue::String(self.name()?);
                AlterDatabaseAction::Options(vec![option("tablespace", Some(value), location)])
            }
            Some(K::Set | K::Reset) => AlterDatabaseAction::Set(Box::new(self.set_or_reset()?)),
            _ => {
                self.eat_keyword(K::With);
                AlterDatabaseAction::Options(self.database_options()?)
            }
        };
        Ok(Statement::AlterDatabase(Box::new(AlterDatabaseStatement { name, action })))
    }

    /// DROP DATABASE, with the cursor on DATABASE.
    pub(super) fn drop_database(&mut self) -> Result<Statement> {
        self.advance();
        let if_exists = self.if_exists()?;
        let name = self.name()?;
        let mut force = false;
        let has_with = self.eat_keyword(K::With);
        if has_with || self.is(T::LeftParenthesis) {
            self.parenthesized_list(|this| this.expect_keyword(K::Force))?;
            force = true;
        }
        Ok(Statement::DropDatabase(Box::new(DropDatabaseStatement { name, if_exists, force })))
    }
}
