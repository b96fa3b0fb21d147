//! B-tree indexes: ordered entries with right links, in pages that many processes split at once.
//!
//! Entry points: [`create`], [`Builder`], [`insert`], [`BtreeScan`], [`remove_dead`]. Knows no heap: whether a duplicate
//! counts is asked of the caller.
#![forbid(unsafe_code)]

mod build;
mod descend;
mod entry;
mod insert;
mod log;
mod page;
mod recycle;
mod redo;
mod scan;
mod split;
mod vacuum;
mod verify;

pub use build::{Builder, create};
pub use entry::{Key, MAX_ENTRY_SIZE, compare_in_column};
pub use insert::{Duplicate, Liveness, Uniqueness, insert};
pub use log::MANAGER;
pub use redo::{describe, redo};
pub use scan::BtreeScan;
pub use vacuum::{IndexVacuumReport, remove_dead};
pub use verify::{IndexEntries, verify};
