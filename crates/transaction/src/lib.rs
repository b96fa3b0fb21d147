//! Transactions: numbers, outcomes, snapshots, savepoints, and sets of row lockers.
//!
//! Entry points: [`TransactionSystem`] (what all processes share) and [`Session`] (one process's transaction).
//! Knows no row: whether a row version is visible is decided by the heap, from what is told here.
#![forbid(unsafe_code)]

mod commit_log;
mod lock_set;
mod parents;
mod record;
mod redo;
mod session;
mod shared;
mod snapshot;

pub use commit_log::Outcome;
pub use lock_set::{LockSetMember, MemberStatus};
pub use record::{CommitRecord, MANAGER, RecordKind};
pub use redo::{describe, redo, removed_files};
pub use session::{Isolation, Session, TransactionState};
pub use shared::{DeadTransaction, OidSource, SharedReservation, TransactionSystem, TransactionTables};
pub use snapshot::{Snapshot, SnapshotKind};
