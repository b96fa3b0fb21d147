//! Built-in functions as data: how they are declared, and the registry that finds them.
//!
//! Knows no function itself (see the crate `functions`) and no catalog. Entry points: [`builtins!`], [`Registry`],
//! [`FunctionDeclaration`], [`CallContext`].
#![forbid(unsafe_code)]

pub mod aggregate;
mod builtins;
pub mod context;
pub mod function;
pub mod operator;
pub mod registry;
pub mod sql;

pub use aggregate::{Accumulator, AggregateCall, AggregateDeclaration};
pub use context::{CallContext, SessionAccess};
pub use function::{BatchFunction, FunctionDeclaration, Implementation, RowSource, SetFunction};
pub use operator::{CastDeclaration, OperatorDeclaration};
pub use registry::{Declarations, Registry};

/// What the macro's expansion names.
#[doc(hidden)]
pub mod __private {
    pub use error::Result;
    pub use types::{Column, Rows};
}

/// XX000: fewer columns than arguments.
#[doc(hidden)]
#[cold]
pub fn missing_argument(function: u32) -> error::Error {
    error::Error::internal(format!("function {function} was called with too few arguments"))
}
