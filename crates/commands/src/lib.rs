//! Statements that are no queries: definitions, maintenance, COPY; and the first content of a cluster.
//!
//! Entry point: [`run`]. Knows no protocol: COPY reads and writes through a trait.
#![forbid(unsafe_code)]

mod alter_table;
pub mod bootstrap;
mod constraint;
pub mod copy;
mod create_table;
mod database;
mod depend;
mod drop;
mod environment;
mod index;
mod name;
mod new_relation;
mod privilege;
mod role;
mod schema;
pub mod sequence;
mod statistics;
mod system_views;
mod truncate;
mod vacuum;

use error::{Error, Result};
use parser::ast::Statement;

pub use environment::Environment;

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
        _ => return Err(Error::unsupported("this statement is not supported yet")),
    };
    Ok(tag.to_string())
}
