//! The executor: runs plans. Operators exchange batches of rows as columns.
//!
//! Entry point: [`Execution`]. Everything it may use of the session is in [`Runtime`].
#![forbid(unsafe_code)]

mod build;
mod compare;
mod evaluate;
mod execution;
mod index_build;
mod instrument;
mod memory;
mod merge;
mod operators;
mod recheck;
mod rows;
mod runtime;
mod saved_rows;
mod sorter;
mod table;
mod tuple_store;

pub use evaluate::Evaluator;
pub use execution::Execution;
pub use index_build::build_index;
pub use instrument::{Counts, HashUse, Instruments, NodeReport, SortUse, StorageUse};
pub use memory::{MemoryLimits, set_memory_limits};
pub use runtime::{Parameters, Runtime, Suspended};
pub use table::{TableWriter, index_description, stored_expression};
