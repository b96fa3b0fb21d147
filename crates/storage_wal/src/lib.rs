//! The write-ahead log: insertion, flushing, reading; and the control file.
//!
//! Knows pages as bytes only, and never calls the buffer cache. What records mean is the resource managers' business. Entry
//! points: [`Wal`], [`RecordBuilder`], [`Reader`], [`ControlFile`]. The rules are in the README.
#![forbid(unsafe_code)]

mod builder;
mod checkpoint;
mod control;
mod flush;
mod insert;
mod reader;
mod record;
mod segment;
mod usage;
mod wal;

pub use builder::{LogFlags, RecordBuilder, compress_images};
pub use checkpoint::CheckpointDelay;
pub use control::{CheckpointData, ClusterState, ControlFile};
pub use reader::Reader;
pub use record::{BlockReference, Record, ResourceManagerId};
pub use segment::{FIRST_LSN, SEGMENT_SIZE, parse_segment_name, segment_name, segment_start};
pub use usage::{WalUse, wal_use};
pub use wal::{Wal, WalReservation, WalSettings, WalStatistics};

/// Kinds of records of the log's own resource manager.
pub mod log_kind {
    use crate::ResourceManagerId;

    pub const MANAGER: ResourceManagerId = ResourceManagerId(0);
    /// `CheckpointData`; nothing follows, the server shut down.
    pub const CHECKPOINT_SHUTDOWN: u8 = 0;
    /// `CheckpointData`.
    pub const CHECKPOINT_ONLINE: u8 = 1;
    /// Nothing.
    pub const NOOP: u8 = 2;
    /// Object identifiers up to this `u32` may be given out.
    pub const NEXT_OID: u8 = 3;
    /// Fills the rest of a segment.
    pub const SWITCH: u8 = 4;
    /// Images of pages.
    pub const PAGE_IMAGE: u8 = 5;
    /// The image of a page whose hints changed.
    pub const PAGE_IMAGE_FOR_HINT: u8 = 6;
    /// Old timeline (u32), new timeline (u32).
    pub const END_OF_RECOVERY: u8 = 7;
}
