//! Relation files: names, open-file cache, reading and writing of blocks, syncing.
#![forbid(unsafe_code)]
use shared_memory::{Region, RegionBuilder};

/// Sizes of what lies in shared memory.
#[derive(Clone, Copy, Debug)]
pub struct FileSettings {
    /// Entries of the queue of files to be synced by the checkpointer.
    pub sync_queue_entries: usize,
    /// Files that one process keeps open.
    pub open_files: usize,
}
pub struct FilesReservation(());
/// All relation files of the data directory, which is the current directory.
pub struct Files(());
impl Files {
    pub fn reserve(_builder: &mut RegionBuilder, _settings: &FileSettings) -> FilesReservation {
        unimplemented!()
    }
    pub fn attach(_reservation: FilesReservation, _region: &Region) -> &'static Files {
        unimplemented!()
    }
    pub fn initialize(&self) {
        unimplemented!()
    }
}
