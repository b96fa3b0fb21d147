//! Recovery, checkpoints, and the table of resource managers.
//!
//! Knows no record but those of the log itself and of whole files; the others' are their managers'. Entry points: [`recover`],
//! [`checkpoint`], [`describe_record`]. The rules are in the README.
#![forbid(unsafe_code)]

mod checkpoint;
mod database;
mod dump;
mod log_manager;
mod manager;
mod replay;
mod storage_manager;

pub use checkpoint::{CheckpointHooks, CheckpointKind, CheckpointReport, NoHooks, checkpoint};
pub use database::{copy_database, copy_database_to_files};
pub use dump::describe_record;
pub use log_manager::{LogManager, log_next_oid};
pub use manager::{RedoContext, ResourceManager, ResourceManagers};
pub use replay::{Recovered, recover, startup_is_clean};
pub use storage_manager::{
    STORAGE_MANAGER, StorageManager, create_logged, created_file, drop_database_logged, drop_logged,
    truncate_logged,
};
