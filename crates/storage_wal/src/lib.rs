//! The write-ahead log: insertion, flushing, reading; and the control file.
#![forbid(unsafe_code)]
use common::*;
use error::Result;
use shared_memory::{Region, RegionBuilder};

/// Which resource manager replays a record.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ResourceManagerId(pub u8);

#[derive(Clone, Copy, Debug)]
pub struct WalSettings {
    /// Bytes of the ring in shared memory, a power of two.
    pub buffer_bytes: usize,
    /// Log an image with every record (consistency checking).
    pub always_log_images: bool,
}
pub struct WalReservation(());
pub struct Wal(());
impl Wal {
    pub fn reserve(_builder: &mut RegionBuilder, _settings: &WalSettings) -> WalReservation {
        unimplemented!()
    }
    pub fn attach(_reservation: WalReservation, _region: &Region) -> &'static Wal {
        unimplemented!()
    }
    /// Makes everything up to `lsn` durable; one process flushes for all that wait.
    pub fn flush(&self, _lsn: Lsn) -> Result<()> {
        unimplemented!()
    }
    pub fn insert_position(&self) -> Lsn {
        unimplemented!()
    }
    pub fn write_position(&self) -> Lsn {
        unimplemented!()
    }
    pub fn flush_position(&self) -> Lsn {
        unimplemented!()
    }
}

/// A record that was read from the log.
pub struct Record(());
impl Record {
    /// Where it starts.
    pub fn start(&self) -> Lsn {
        unimplemented!()
    }
    /// Where the next one starts; the LSN that its pages carry.
    pub fn end(&self) -> Lsn {
        unimplemented!()
    }
    pub fn xid(&self) -> TransactionId {
        unimplemented!()
    }
    pub fn manager(&self) -> ResourceManagerId {
        unimplemented!()
    }
    pub fn kind(&self) -> u8 {
        unimplemented!()
    }
    pub fn data(&self) -> &[u8] {
        unimplemented!()
    }
    /// File, fork and block of a block reference.
    pub fn block(&self, _reference: u8) -> Option<(RelationFile, ForkNumber, BlockNumber)> {
        unimplemented!()
    }
    /// The data given with `block_data`; empty if none.
    pub fn block_data(&self, _reference: u8) -> &[u8] {
        unimplemented!()
    }
    pub fn has_image(&self, _reference: u8) -> bool {
        unimplemented!()
    }
}
