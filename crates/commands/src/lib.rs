//! Statements that are no queries: definitions, maintenance, COPY; and the first content of a cluster.
//!
//! Entry point: [`run`]. Knows no protocol: COPY reads and writes through a trait.
#![forbid(unsafe_code)]

mod alter_table;
pub mod autovacuum;
pub mod bootstrap;
mod comment;
mod constraint;
pub mod copy;
mod create_table;
mod database;
mod depend;
mod drop;
mod environment;
pub mod explain;
mod identity;
mod index;
mod locked_plan;
mod name;
mod new_relation;
pub mod privilege;
mod role;
mod schema;
pub mod sequence;
mod statistics;
mod stored_setting;
mod system_views;
mod toast;
mod truncate;
mod vacuum;
pub mod verify;
mod view;

use error::{Error, Result};
use parser::ast::Statement;

pub use database::database_lock;
pub use environment::Environment;
pub use locked_plan::locked_plan;
pub use stored_setting::{SettingChange, change_setting};

/// Runs a definition or maintenance statement and gives its command tag.
/// # Errors
/// The statement's own; 0A000 for statements that are not there yet.
pub fn run(environment: &mut Environment<'_>, statement: &Statement) -> Result<String> {
    let tag = match statement {
        Statement::CreateTable(statement) => {
            create_table::run(environment, statement)?;
            "CREATE TABLE"
        }
        Statement::CreateIndex(statement) => {
            index::run(environment, statement)?;
            "CREATE INDEX"
        }
        Statement::CreateSequence(statement) => {
            sequence::create_statement(environment, statement)?;
            "CREATE SEQUENCE"
        }
        Statement::AlterSequence(statement) => {
            sequence::alter_statement(environment, statement)?;
            "ALTER SEQUENCE"
        }
        Statement::CreateSchema(statement) => {
            schema::create(environment, statement)?;
            "CREATE SCHEMA"
        }
        Statement::Drop(statement) => return drop::run(environment, statement),
        Statement::AlterTable(statement) => alter_table::run(environment, statement)?,
        Statement::Rename(statement) => alter_table::rename(environment, statement)?,
        Statement::AlterOwner(statement) => alter_table::owner(environment, statement)?,
        Statement::AlterObjectSchema(statement) => alter_table::set_schema(environment, statement)?,
        Statement::Truncate(statement) => {
            truncate::run(environment, statement)?;
            "TRUNCATE TABLE"
        }
        Statement::Reindex(statement) => {
            truncate::reindex(environment, statement)?;
            "REINDEX"
        }
        Statement::Lock(statement) => {
            truncate::lock(environment, statement)?;
            "LOCK TABLE"
        }
        Statement::Vacuum(statement) => vacuum::run(environment, statement)?,
        Statement::CreateView(statement) => {
            view::create(environment, statement)?;
            "CREATE VIEW"
        }
        Statement::CreateTableAs(statement) => match view::create_table_as(environment, statement)? {
            Some(rows) => return Ok(format!("SELECT {rows}")),
            None => "CREATE TABLE AS",
        },
        Statement::CreateRole(statement) => {
            role::create(environment, statement)?;
            "CREATE ROLE"
        }
        Statement::AlterRole(statement) => {
            role::alter(environment, statement)?;
            "ALTER ROLE"
        }
        Statement::DropRole(statement) => {
            role::drop(environment, statement)?;
            "DROP ROLE"
        }
        Statement::GrantRole(statement) => {
            role::grant(environment, statement)?;
            if statement.is_grant { "GRANT ROLE" } else { "REVOKE ROLE" }
        }
        Statement::CreateDatabase(statement) => {
            database::create(environment, statement)?;
            "CREATE DATABASE"
        }
        Statement::DropDatabase(statement) => {
            database::drop(environment, statement)?;
            "DROP DATABASE"
        }
        Statement::Comment(statement) => {
            comment::run(environment, statement)?;
            "COMMENT"
        }
        Statement::Grant(statement) => {
            privilege::run(environment, statement)?;
            if statement.is_grant { "GRANT" } else { "REVOKE" }
        }
        _ => return Err(Error::unsupported("this statement is not supported yet")),
    };
    Ok(tag.to_string())
}
