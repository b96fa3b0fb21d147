//! The trees between the analyzer and the executor: expressions, queries and plans, as plain owned data.
//!
//! No node knows how to execute, cost or print itself; the crates above do that.
#![forbid(unsafe_code)]

pub mod expression;
pub mod fingerprint;
pub mod plan;
pub mod query;
pub mod text;

pub use expression::{DataType, Expression};
pub use fingerprint::{ConstantPlace, fingerprint};
pub use plan::{Plan, PlanNode};
pub use query::Query;
