//! The heap: tables as pages of row versions, with MVCC, HOT updates, row locks, pruning and vacuum.
//!
//! Entry points: [`HeapScan`], [`fetch`], [`insert`], [`update`], [`delete`], [`lock_row`], [`vacuum`]. Rows come and go as
//! bytes made by `tuple`; values too big for a page were moved out before.
#![forbid(unsafe_code)]

mod fetch;
mod free_space;
mod insert;
mod lock;
mod log;
mod modify;
mod only_row;
mod prune;
mod redo;
mod row;
mod scan;
mod vacuum;
mod verify;
mod visibility;
mod xid_base;
mod xmax;

pub use fetch::{Fetched, Fetcher, fetch, fetch_any};
pub use insert::{BulkInsert, MAX_ROW_SIZE, insert, insert_batch, kill};
pub use lock::lock_row;
pub use log::MANAGER;
pub use modify::{UpdateScope, Updated, delete, overwrite_in_place, update};
pub use only_row::{OnlyRow, change_only_row};
pub use redo::{describe, redo};
pub use scan::{ColumnReader, HeapScan};
pub use vacuum::{DeadRows, VacuumHooks, VacuumOptions, VacuumReport, vacuum};
pub use verify::{Problem, is_index_target, verify};
pub use visibility::Presence;
