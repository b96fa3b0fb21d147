//! Heavyweight locks: PostgreSQL's eight modes on relations, rows, transactions and application-defined keys.
//!
//! Entry point: [`LockManager`]. For short-term locks on memory see `shared_memory::LwLock`.
#![forbid(unsafe_code)]

mod deadlock;
mod fast_path;
mod local;
mod long_wait;
mod manager;
mod mode;
mod report;
mod tag;
mod wait_queue;

pub use local::Scope;
pub use long_wait::{LongWait, LongWaitObserver};
pub use manager::{LockManager, LockReservation, LockSizes, Outcome, Wait};
pub use mode::LockMode;
pub use report::LockInformation;
pub use tag::{LockKind, LockTag};

#[cfg(test)]
mod model_tests;
#[cfg(test)]
mod tests;
