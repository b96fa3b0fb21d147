//! The shared buffer cache. Public interface; the rules will be in the README.
#![allow(unsafe_code)]
use common::*;
use error::Result;
use shared_memory::{ProcessSlot, Region, RegionBuilder};
use storage_file::Files;
use storage_page::{PageBytes, PageMut, PageRef};
use storage_wal::{Record, ResourceManagerId, Wal};

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct BufferTag {
    pub file: RelationFile,
    pub fork: ForkNumber,
    pub block: BlockNumber,
}

#[derive(Clone, Copy, Debug)]
pub struct BufferSettings {
    /// Pages in the cache (`shared_buffers`).
    pub buffers: usize,
    /// Relations forks whose sizes are remembered.
    pub relation_sizes: usize,
}
pub struct BufferPoolReservation(());
pub struct BufferPool(());

/// A private ring of a few buffers that a big scan reuses, so that it does not flush the cache.
pub struct BufferRing(());
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RingKind {
    BulkRead,
    BulkWrite,
    Vacuum,
}
impl BufferRing {
    pub fn new(_pool: &'static BufferPool, _kind: RingKind) -> BufferRing {
        unimplemented!()
    }
}

/// How buffers are found for pages that are not cached.
#[derive(Clone, Copy)]
pub enum Strategy<'a> {
    Normal,
    Ring(&'a BufferRing),
}

impl BufferPool {
    pub fn reserve(_builder: &mut RegionBuilder, _settings: &BufferSettings) -> BufferPoolReservation {
        unimplemented!()
    }
    pub fn attach(
        _reservation: BufferPoolReservation,
        _region: &Region,
        _files: &'static Files,
        _wal: &'static Wal,
    ) -> &'static BufferPool {
        unimplemented!()
    }
    pub fn initialize(&self) {
        unimplemented!()
    }

    /// Pins the page, reading it if need be. XX001 for a bad checksum or header.
    pub fn read(
        &'static self,
        _file: RelationFile,
        _fork: ForkNumber,
        _block: BlockNumber,
        _strategy: Strategy<'_>,
    ) -> Result<Pin> {
        unimplemented!()
    }
    /// Pins neighbouring pages, reading absent ones in as few system calls as possible. May return fewer than asked, at least one.
    pub fn read_many(
        &'static self,
        _file: RelationFile,
        _fork: ForkNumber,
        _first: BlockNumber,
        _count: usize,
        _strategy: Strategy<'_>,
        _into: &mut Vec<Pin>,
    ) -> Result<()> {
        unimplemented!()
    }
    /// Tells the kernel that these pages will be wanted.
    pub fn prefetch(
        &'static self,
        _file: RelationFile,
        _fork: ForkNumber,
        _blocks: &[BlockNumber],
    ) -> Result<()> {
        unimplemented!()
    }
    /// Adds `count` zeroed pages at the end; the first new one, locked exclusively (nobody else has seen it). All are valid.
    pub fn extend(
        &'static self,
        _file: RelationFile,
        _fork: ForkNumber,
        _count: u32,
        _strategy: Strategy<'_>,
    ) -> Result<ExclusivePage> {
        unimplemented!()
    }
    /// Redo: the page zeroed and locked exclusively, whatever was there; extends the file if need be.
    pub fn zeroed(
        &'static self,
        _file: RelationFile,
        _fork: ForkNumber,
        _block: BlockNumber,
    ) -> Result<ExclusivePage> {
        unimplemented!()
    }

    /// Number of blocks of a fork; remembered across processes. 0 blocks if the file does not exist only where `exists` is false.
    pub fn blocks(&'static self, _file: RelationFile, _fork: ForkNumber) -> Result<u32> {
        unimplemented!()
    }
    pub fn exists(&'static self, _file: RelationFile, _fork: ForkNumber) -> Result<bool> {
        unimplemented!()
    }
    pub fn create(&'static self, _file: RelationFile, _fork: ForkNumber) -> Result<()> {
        unimplemented!()
    }
    /// Cuts the fork; its buffers beyond the new end are dropped.
    pub fn truncate(&'static self, _file: RelationFile, _fork: ForkNumber, _blocks: u32) -> Result<()> {
        unimplemented!()
    }
    /// Forgets all buffers of the relation, dirty or not, and removes its files.
    pub fn drop_relation(&'static self, _file: RelationFile) -> Result<()> {
        unimplemented!()
    }
    pub fn drop_database_buffers(&'static self, _database: Oid) -> Result<()> {
        unimplemented!()
    }
    pub fn flush_relation(&'static self, _file: RelationFile) -> Result<()> {
        unimplemented!()
    }
    pub fn flush_database(&'static self, _database: Oid) -> Result<()> {
        unimplemented!()
    }
    /// Writes everything that is dirty now, in file order; `pace(done, total)` is called between writes.
    pub fn checkpoint(&'static self, _pace: &mut dyn FnMut(usize, usize) -> Result<()>) -> Result<usize> {
        unimplemented!()
    }
    /// Cleans up to `limit` buffers ahead of the clock hand.
    pub fn background_write(&'static self, _limit: usize) -> Result<usize> {
        unimplemented!()
    }
    /// Janitor: releases a dead process's pins.
    pub fn release_pins_of(&'static self, _slot: &ProcessSlot) {
        unimplemented!()
    }

    /// Starts a log record about pages. With `is_logged` false (temporary, unlogged) `insert` only marks the pages dirty.
    pub fn record<'a>(
        &'static self,
        _manager: ResourceManagerId,
        _kind: u8,
        _is_logged: bool,
    ) -> PageRecord<'a> {
        unimplemented!()
    }
    /// Redo of one block reference: restores an image, or says whether the change is still to be made.
    pub fn redo_block(&'static self, _record: &Record, _reference: u8) -> Result<Redo> {
        unimplemented!()
    }
    /// The same for a page that the record initialises: always zeroed and to be redone (or restored).
    pub fn redo_new_block(&'static self, _record: &Record, _reference: u8) -> Result<Redo> {
        unimplemented!()
    }
}

/// A pinned page: it stays in the cache, its content may change. Cloning is cheap. Unpins on drop.
#[derive(Clone)]
pub struct Pin(());
impl Pin {
    pub fn tag(&self) -> BufferTag {
        unimplemented!()
    }
    pub fn block(&self) -> BlockNumber {
        unimplemented!()
    }
    /// Locks the content; the guard holds a pin of its own.
    pub fn share(&self) -> SharedPage {
        unimplemented!()
    }
    pub fn exclusive(&self) -> ExclusivePage {
        unimplemented!()
    }
    pub fn try_exclusive(&self) -> Option<ExclusivePage> {
        unimplemented!()
    }
    /// Waits until this is the only pin (interruptible), then locks exclusively. The caller has exactly one pin on the page.
    pub fn cleanup(&self) -> Result<ExclusivePage> {
        unimplemented!()
    }
    pub fn try_cleanup(&self) -> Option<ExclusivePage> {
        unimplemented!()
    }
}

/// The content, locked for reading.
pub struct SharedPage(());
impl SharedPage {
    pub fn pin(&self) -> &Pin {
        unimplemented!()
    }
    pub fn block(&self) -> BlockNumber {
        unimplemented!()
    }
    pub fn page(&self) -> PageRef<'_> {
        unimplemented!()
    }
    /// Writes hints (bits whose loss is harmless) if nobody else has the content locked now; false if somebody has.
    pub fn hint(&mut self, _change: impl FnOnce(&mut PageMut<'_>)) -> Result<bool> {
        unimplemented!()
    }
    /// Unlocks, keeping the pin.
    pub fn unlock(self) -> Pin {
        unimplemented!()
    }
}

/// The content, locked for writing.
pub struct ExclusivePage(());
impl ExclusivePage {
    pub fn pin(&self) -> &Pin {
        unimplemented!()
    }
    pub fn block(&self) -> BlockNumber {
        unimplemented!()
    }
    pub fn page(&self) -> PageRef<'_> {
        unimplemented!()
    }
    /// Access to change; whoever changes calls `mark_dirty` or logs the page in the same critical section.
    pub fn page_mut(&mut self) -> PageMut<'_> {
        unimplemented!()
    }
    pub fn bytes_mut(&mut self) -> &mut PageBytes {
        unimplemented!()
    }
    pub fn mark_dirty(&mut self) {
        unimplemented!()
    }
    /// Marks changes dirty whose loss is harmless; logs an image if the page's first change since the checkpoint.
    pub fn mark_dirty_hint(&mut self) -> Result<()> {
        unimplemented!()
    }
    pub fn set_lsn(&mut self, _lsn: Lsn) {
        unimplemented!()
    }
    /// Whether this process's pin is the only one now (a cleanup lock).
    pub fn is_sole_pin(&self) -> bool {
        unimplemented!()
    }
    pub fn downgrade(self) -> SharedPage {
        unimplemented!()
    }
    pub fn unlock(self) -> Pin {
        unimplemented!()
    }
}

/// How a page goes into a record. Combine with `|`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LogFlags(pub u8);
impl LogFlags {
    pub const NONE: LogFlags = LogFlags(0);
    /// Redo builds the page anew: no image is needed.
    pub const WILL_INITIALIZE: LogFlags = LogFlags(1);
    pub const FORCE_IMAGE: LogFlags = LogFlags(2);
    pub const NO_IMAGE: LogFlags = LogFlags(4);
    /// `lower..upper` is free and left out of the image.
    pub const STANDARD: LogFlags = LogFlags(8);
    /// Block data is wanted even if an image is logged.
    pub const KEEP_DATA: LogFlags = LogFlags(16);
}
impl std::ops::BitOr for LogFlags {
    type Output = LogFlags;
    fn bitor(self, o: LogFlags) -> LogFlags {
        LogFlags(self.0 | o.0)
    }
}

/// A record under construction. Critical section: change pages, `page(..)`, `block_data`, `data`, `insert`.
pub struct PageRecord<'a>(std::marker::PhantomData<&'a mut ()>);
impl<'a> PageRecord<'a> {
    pub fn page(&mut self, _reference: u8, _page: &'a mut ExclusivePage, _flags: LogFlags) {
        unimplemented!()
    }
    pub fn block_data(&mut self, _reference: u8, _bytes: &[u8]) {
        unimplemented!()
    }
    pub fn data(&mut self, _bytes: &[u8]) {
        unimplemented!()
    }
    /// Inserts the record, sets the pages' LSN and marks them dirty. Errors are PANICs.
    pub fn insert(self, _xid: TransactionId) -> Result<Lsn> {
        unimplemented!()
    }
}

/// What redo has to do for a block. The guards are locked exclusively; `mark_dirty` and `set_lsn(record.end())` after a change.
pub enum Redo {
    /// The image was restored, LSN and dirtiness are set: nothing to do.
    Restored(ExclusivePage),
    NeedsRedo(ExclusivePage),
    /// The page has the change already.
    Done,
    /// The file is not there: it is dropped or truncated later in the log.
    NotFound,
}
