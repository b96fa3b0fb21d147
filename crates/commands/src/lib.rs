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
pub mod extension;
mod identity;
mod index;
mod locked_plan;
mod maintenance;
mod name;
mod new_relation;
pub mod privilege;
mod role;
mod schema;
pub mod sequence;
mod statistics;
mod stored_setting;
mod system_views;
mod tag;
mod toast;
mod truncate;
mod vacuum;
pub mod verify;
mod view;

use error::{Error, Result};
use parser::ast::{ObjectType, Statement};

pub use database::database_lock;
pub use environment::{Environment, Watch};
pub use locked_plan::locked_plan;
pub use maintenance::Maintenance;
pub use stored_setting::{SettingChange, change_setting};
pub use tag::tag;

/// Runs a definition or maintenance statement and gives its command tag.
/// # Errors
/// The statement's own; 0A000 for statements that are not there yet.
pub fn run(environment: &mut Environment<'_>, statement: &Statement) -> Result<String> {
    match statement {
        Statement::CreateTable(statement) => create_table::run(environment, statement),
        Statement::CreateIndex(statement) => index::run(environment, statement),
        Statement::CreateSequence(statement) => sequence::create_statement(environment, statement),
        Statement::AlterSequence(statement) => sequence::alter_statement(environment, statement),
        Statement::CreateSchema(statement) => schema::create(environment, statement),
        Statement::CreateExtension(statement) => extension::create(environment, statement),
        Statement::AlterExtension(statement) => extension::alter(environment, statement),
        Statement::Drop(statement) if statement.object_type == ObjectType::Extension => {
            extension::drop(environment, statement)
        }
        Statement::Drop(statement) => drop::run(environment, statement),
        Statement::AlterTable(statement) => alter_table::run(environment, statement),
        Statement::Rename(statement) => alter_table::rename(environment, statement),
        Statement::AlterOwner(statement) => alter_table::owner(environment, statement),
        Statement::AlterObjectSchema(statement) => alter_table::set_schema(environment, statement),
        Statement::Truncate(statement) => truncate::run(environment, statement),
        Statement::Reindex(statement) => truncate::reindex(environment, statement),
        Statement::Lock(statement) => truncate::lock(environment, statement),
        Statement::Vacuum(statement) => vacuum::run(environment, statement),
        Statement::CreateView(statement) => view::create(environment, statement),
        Statement::CreateTableAs(statement) => {
            if let Some(rows) = view::create_table_as(environment, statement)? {
                return Ok(format!("SELECT {rows}"));
            }
            Ok(())
        }
        Statement::CreateRole(statement) => role::create(environment, statement),
        Statement::AlterRole(statement) => role::alter(environment, statement),
        Statement::DropRole(statement) => role::drop(environment, statement),
        Statement::GrantRole(statement) => role::grant(environment, statement),
        Statement::CreateDatabase(statement) => database::create(environment, statement),
        Statement::DropDatabase(statement) => database::drop(environment, statement),
        Statement::Comment(statement) => comment::run(environment, statement),
        Statement::Grant(statement) => privilege::run(environment, statement),
        _ => Err(Error::unsupported("this statement is not supported yet")),
    }?;
    Ok(tag(statement).to_string())
}
