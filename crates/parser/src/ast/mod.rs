//! The syntax tree: what a statement says, before any name in it has been looked up.
//!
//! Plain owned data. Every node that an error can point to carries its `location`, a byte offset into the source text.
//! Nodes for built-in syntax that is only another spelling of a call (`EXTRACT`, `OVERLAY`, `AT TIME ZONE` ...) are
//! [`FunctionCall`]s marked [`CallForm::SqlSyntax`].

mod create_table;
mod ddl;
mod definition;
mod expression;
mod json;
mod modify;
mod name;
mod object;
mod query;
mod routine;
mod session;
mod statement;
mod table_reference;
mod types;
mod utility;

pub use create_table::*;
pub use ddl::*;
pub use definition::*;
pub use expression::*;
pub use json::*;
pub use modify::*;
pub use name::*;
pub use object::*;
pub use query::*;
pub use routine::*;
pub use session::*;
pub use statement::*;
pub use table_reference::*;
pub use types::*;
pub use utility::*;

/// A byte offset into the source text.
pub type Location = u32;
