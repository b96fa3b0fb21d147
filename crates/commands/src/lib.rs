//! Statements that are no queries: definitions, maintenance, COPY; and the first content of a cluster.
//!
//! Entry point: [`run`]. Knows no protocol: COPY reads and writes through a trait.
#![forbid(unsafe_code)]

pub mod bootstrap;
mod environment;
mod system_views;

use error::{Error, Result};
use parser::ast::Statement;

pub use environment::Environment;

/// Runs a definition or maintenance statement and gives its command tag.
/// # Errors
/// The statement's own; 0A000 for statements that are not there yet.
pub fn run(environment: &mut Environment<'_>, statement: &Statement) -> Result<String> {
    let _ = (environment, statement);
    Err(Error::unsupported("this statement is not supported yet"))
}
