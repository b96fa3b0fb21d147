//! The files of the data directory: names, open-file cache, reading, writing, syncing.
//!
//! Knows blocks as bytes; checksums, caching and the log are above. Entry point: [`Files`]. The rules are in the README.
#![forbid(unsafe_code)]

mod faults;
mod files;
mod open_file;
mod path;
mod small_file;
mod sync_table;
mod temporary;

pub use faults::{Faults, Loss, undo_unsynced_writes};
pub use files::{BLOCKS_PER_SEGMENT, FileSettings, Files, FilesReservation};
pub use open_file::{OpenFile, wait_for_disk};
pub use path::{
    DEFAULT_TABLESPACE, GLOBAL_TABLESPACE, TABLESPACE_VERSION_DIRECTORY, database_directory, relation_path,
    segment_path,
};
pub use temporary::{
    Extent, TemporaryFile, TemporarySettings, TemporaryUse, configure_temporary, temporary_use,
};
