//! Blocks of relation forks: read, write, grow, cut, remove, sync.

use std::cell::RefCell;
use std::collections::HashMap;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::atomic::{AtomicU64, Ordering};

use common::{BlockNumber, ForkNumber, PAGE_SIZE, RelationFile};
use error::{Error, Result, error};
use shared_memory::{
    IoCounter, IoPlace, Region, RegionBuilder, WaitEvent, Waiting, count_io, count_io_time, hash_of, io_clock,
};
use storage_page::PageBytes;

use crate::faults::{Faults, Operation};
use crate::open_file::OpenFile;
use crate::path::{database_directory, relation_path, segment_path};
use crate::sync_table::{SegmentKey, SyncTable, SyncTableReservation};

/// 1 GiB.
pub const BLOCKS_PER_SEGMENT: u32 = (1 << 30) / PAGE_SIZE as u32;

/// Sizes.
#[derive(Clone, Copy, Debug)]
pub struct FileSettings {
    /// Segments that can wait for a sync by the checkpointer.
    pub sync_requests: usize,
    /// Files that one process keeps open (`max_files_per_process`).
    pub open_files: usize,
}

/// Handed out by [`Files::reserve`].
pub struct FilesReservation {
    table: SyncTableReservation,
    open_files: usize,
}

/// All files of the data directory.
pub struct Files {
    root: PathBuf,
    /// Tells the open files of one data directory from another's in the same process.
    identity: u64,
    open_files: usize,
    table: SyncTable,
    pub(crate) faults: Faults,
}

thread_local! {
    static OPEN: RefCell<HashMap<(u64, SegmentKey), Rc<OpenFile>>> = RefCell::new(HashMap::new());
}

static NEXT_IDENTITY: AtomicU64 = AtomicU64::new(1);

impl Files {
    pub fn reserve(builder: &mut RegionBuilder, settings: &FileSettings) -> FilesReservation {
        let table = SyncTable::reserve(builder, settings.sync_requests.max(1));
        FilesReservation { table, open_files: settings.open_files.max(16) }
    }

    /// The current directory is the data directory.
    pub fn attach(reservation: FilesReservation, region: &Region) -> &'static Files {
        Files::attach_at(reservation, region, Path::new(""))
    }

    /// Another directory than the current one.
    pub fn attach_at(reservation: FilesReservation, region: &Region, root: &Path) -> &'static Files {
        Box::leak(Box::new(Files {
            root: root.to_path_buf(),
            identity: NEXT_IDENTITY.fetch_add(1, Ordering::Relaxed),
            open_files: reservation.open_files,
            table: SyncTable::attach(reservation.table, region),
            faults: Faults::default(),
        }))
    }

    pub fn initialize(&self) {
        self.table.initialize();
    }

    /// The data directory; empty when it is the current one.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// For tests: what shall go wrong.
    pub fn faults(&self) -> &Faults {
        &self.faults
    }

    /// Whether the fork has a file.
    pub fn exists(&self, file: RelationFile, fork: ForkNumber) -> Result<bool> {
        Ok(self.open(file, fork, 0)?.is_some())
    }

    /// Makes the fork's first, empty file, and its database's directory if need be. False if it exists.
    pub fn create(&self, file: RelationFile, fork: ForkNumber) -> Result<bool> {
        let key = SegmentKey { file, fork, segment: 0 };
        if OPEN.with_borrow(|open| open.contains_key(&(self.identity, key))) {
            return Ok(false);
        }
        let name = relation_path(file, fork);
        let mut made = OpenFile::create(&self.root, &name, true);
        if made.as_ref().is_err_and(|cause| cause.kind() == ErrorKind::NotFound) {
            self.create_directory(&database_directory(file.tablespace, file.database))?;
            made = OpenFile::create(&self.root, &name, true);
        }
        match made {
            Ok(made) => self.remember_open(key, Rc::new(made)),
            Err(cause) if cause.kind() == ErrorKind::AlreadyExists => return Ok(false),
            Err(cause) => return Err(Error::io(format_args!("could not create file \"{name}\""), &cause)),
        }
        self.note_written(key, 1)?;
        Ok(true)
    }

    /// The number of blocks, by asking the kernel.
    ///
    /// # Errors
    /// 58P01 if the fork does not exist.
    pub fn blocks(&self, file: RelationFile, fork: ForkNumber) -> Result<u32> {
        let mut segment = 0;
        let mut opened = self.must_open(file, fork, 0, None)?;
        loop {
            let blocks = (opened.size_bytes()? / PAGE_SIZE as u64) as u32;
            if blocks >= BLOCKS_PER_SEGMENT
                && let Some(next) = self.open(file, fork, segment + 1)?
            {
                segment += 1;
                opened = next;
                continue;
            }
            return Ok(segment * BLOCKS_PER_SEGMENT + blocks.min(BLOCKS_PER_SEGMENT));
        }
    }

    /// Reads neighbouring blocks.
    ///
    /// # Errors
    /// XX001 if the file ends before; 58030 if the device fails.
    pub fn read(
        &self,
        file: RelationFile,
        fork: ForkNumber,
        first: BlockNumber,
        pages: &mut [&mut PageBytes],
    ) -> Result<()> {
        let mut rest = pages;
        let mut block = first.0;
        while !rest.is_empty() {
            let (segment, offset, count) = within_segment(block, rest.len());
            let (now, later) = rest.split_at_mut(count);
            let opened = self.must_open(file, fork, segment, Some(block))?;
            let waiting = Waiting::start(WaitEvent::IoDataFileRead);
            let got = self.faults.before(Operation::Read, opened.name()).and_then(|()| match now {
                [single] => opened.read_at(&mut single[..], offset),
                several => {
                    let mut slices: Vec<&mut [u8]> = several.iter_mut().map(|page| &mut page[..]).collect();
                    opened.read_vectored_at(&mut slices, offset)
                }
            });
            drop(waiting);
            let last = block + count as u32 - 1;
            let what = || format!("could not read blocks {block}..{last} in file \"{}\"", opened.name());
            let got = got.map_err(|cause| Error::io(what(), &cause))?;
            let wanted = count * PAGE_SIZE;
            if got < wanted {
                return Err(Error::corrupted(format!("{}: read only {got} of {wanted} bytes", what())));
            }
            block += count as u32;
            rest = later;
        }
        Ok(())
    }

    /// Writes neighbouring blocks that exist, and notes that they must be synced.
    pub fn write(
        &self,
        file: RelationFile,
        fork: ForkNumber,
        first: BlockNumber,
        pages: &[&PageBytes],
    ) -> Result<()> {
        let mut rest = pages;
        let mut block = first.0;
        while !rest.is_empty() {
            let (segment, offset, count) = within_segment(block, rest.len());
            let (now, later) = rest.split_at(count);
            let opened = self.open_or_create(file, fork, segment)?;
            let waiting = Waiting::start(WaitEvent::IoDataFileWrite);
            let done = match now {
                [single] => opened.write_at(&single[..], offset, &self.faults),
                several => {
                    let slices: Vec<&[u8]> = several.iter().map(|page| &page[..]).collect();
                    opened.write_vectored_at(&slices, offset, &self.faults)
                }
            };
            drop(waiting);
            let last = block + count as u32 - 1;
            done.map_err(|cause| {
                Error::io(
                    format_args!("could not write blocks {block}..{last} in file \"{}\"", opened.name()),
                    &cause,
                )
            })?;
            self.note_written(SegmentKey { file, fork, segment }, count)?;
            block += count as u32;
            rest = later;
        }
        Ok(())
    }

    /// Adds zeroed blocks at the end; `first` is the present number of blocks. Reserves the room on disk.
    ///
    /// # Errors
    /// 53100 when the disk is full; the file then has its old size. 54000 beyond the largest block number.
    pub fn extend(&self, file: RelationFile, fork: ForkNumber, first: BlockNumber, count: u32) -> Result<()> {
        let end = u64::from(first.0) + u64::from(count);
        if end > u64::from(BlockNumber::INVALID.0) {
            return Err(error!(
                PROGRAM_LIMIT_EXCEEDED,
                "cannot extend file \"{}\" beyond {} blocks",
                relation_path(file, fork),
                BlockNumber::INVALID.0
            ));
        }
        let mut block = first.0;
        while u64::from(block) < end {
            let (segment, offset, count) = within_segment(block, (end - u64::from(block)) as usize);
            let opened = self.open_or_create(file, fork, segment)?;
            let waiting = Waiting::start(WaitEvent::IoDataFileExtend);
            let done = opened.append_zeros(offset, (count * PAGE_SIZE) as u64, &self.faults);
            drop(waiting);
            if let Err(cause) = done {
                // Growth that got stuck half-way must not leave part of a block behind.
                let _ = opened.set_size(offset, &self.faults);
                return Err(Error::io(format_args!("could not extend file \"{}\"", opened.name()), &cause)
                    .hint("Check free disk space."));
            }
            self.note_written(SegmentKey { file, fork, segment }, count)?;
            block += count as u32;
        }
        Ok(())
    }

    /// Cuts the fork to `blocks` blocks.
    pub fn truncate(&self, file: RelationFile, fork: ForkNumber, blocks: u32) -> Result<()> {
        let mut segment = blocks / BLOCKS_PER_SEGMENT;
        let mut keep = blocks % BLOCKS_PER_SEGMENT;
        while let Some(opened) = self.open(file, fork, segment)? {
            let size = u64::from(keep) * PAGE_SIZE as u64;
            if opened.size_bytes()? > size {
                let waiting = Waiting::start(WaitEvent::IoDataFileTruncate);
                let done = opened.set_size(size, &self.faults);
                drop(waiting);
                done.map_err(|cause| {
                    let name = opened.name();
                    Error::io(format_args!("could not truncate file \"{name}\" to {keep} blocks"), &cause)
                })?;
                self.note_written(SegmentKey { file, fork, segment }, 1)?;
            }
            segment += 1;
            keep = 0;
        }
        Ok(())
    }

    /// Removes all forks of the relation; what is absent is no error.
    pub fn remove(&self, file: RelationFile) -> Result<()> {
        for fork in ForkNumber::ALL {
            self.remove_fork(file, fork)?;
        }
        Ok(())
    }

    /// Removes one fork; an absent one is no error.
    pub fn remove_fork(&self, file: RelationFile, fork: ForkNumber) -> Result<()> {
        for segment in 0.. {
            OPEN.with_borrow_mut(|open| {
                open.remove(&(self.identity, SegmentKey { file, fork, segment }));
            });
            let name = segment_path(file, fork, segment);
            match fs::remove_file(self.root.join(&name)) {
                Ok(()) => {}
                Err(cause) if cause.kind() == ErrorKind::NotFound => break,
                Err(cause) => {
                    return Err(Error::io(format_args!("could not remove file \"{name}\""), &cause));
                }
            }
        }
        Ok(())
    }

    /// Forgets this process's open files and all sync requests of a database whose directory is removed.
    pub fn forget_database(&self, database: common::Oid) {
        OPEN.with_borrow_mut(|open| open.retain(|(_, key), _| key.file.database != database));
        self.table.forget_where(|file| file.database == database);
    }

    /// Forgets this process's open files.
    pub fn close_all(&self) {
        OPEN.with_borrow_mut(|open| open.retain(|(identity, _), _| *identity != self.identity));
    }

    /// Tells the kernel that these neighbouring blocks will be read soon.
    pub fn prefetch(
        &self,
        file: RelationFile,
        fork: ForkNumber,
        first: BlockNumber,
        count: usize,
    ) -> Result<()> {
        let (segment, offset, count) = within_segment(first.0, count);
        if let Some(opened) = self.open(file, fork, segment)? {
            let length = std::num::NonZeroU64::new((count * PAGE_SIZE) as u64);
            // Advice only: a refusal changes nothing.
            let _ = rustix::fs::fadvise(opened.file(), offset, length, rustix::fs::Advice::WillNeed);
        }
        Ok(())
    }

    /// Makes one fork durable at once.
    pub fn sync(&self, file: RelationFile, fork: ForkNumber) -> Result<()> {
        for segment in 0.. {
            match self.open(file, fork, segment)? {
                Some(opened) => {
                    opened.sync(&self.faults)?;
                    count_io(IoPlace::RelationNormal, IoCounter::Syncs, 1);
                }
                None => break,
            }
        }
        Ok(())
    }

    /// Makes everything durable that was written before the call; `between(done, total)` is called between files.
    ///
    /// The disk gets all of it to do before the first file is waited for: files then share what a sync costs.
    /// # Errors
    /// A PANIC when a sync fails (Rule 3).
    pub fn sync_all(&self, mut between: impl FnMut(usize, usize) -> Result<()>) -> Result<usize> {
        let requests = self.table.snapshot();
        self.start_writing(&requests)?;
        for (done, (key, writes)) in requests.iter().enumerate() {
            self.sync_segment(*key, *writes)?;
            between(done + 1, requests.len())?;
        }
        Ok(requests.len())
    }

    /// As [`Files::sync_all`], for one of several processes that share the work: each has its own `part`, from 0.
    pub fn sync_part(&self, part: usize, parts: usize) -> Result<()> {
        let mut requests = self.table.snapshot();
        requests.retain(|(key, _)| hash_of(key) as usize % parts == part);
        self.start_writing(&requests)?;
        requests.iter().try_for_each(|(key, writes)| self.sync_segment(*key, *writes))
    }

    fn start_writing(&self, requests: &[(SegmentKey, u64)]) -> Result<()> {
        for (key, pages) in requests {
            if let Some(opened) = self.open(key.file, key.fork, key.segment)? {
                let start = io_clock();
                opened.start_writing();
                count_io(IoPlace::RelationNormal, IoCounter::Writebacks, *pages);
                count_io_time(IoPlace::RelationNormal, IoCounter::WritebackTime, start);
            }
        }
        Ok(())
    }

    fn sync_segment(&self, key: SegmentKey, writes: u64) -> Result<()> {
        if let Some(opened) = self.open(key.file, key.fork, key.segment)? {
            let waiting = Waiting::start(WaitEvent::IoDataFileSync);
            let start = io_clock();
            opened.sync(&self.faults)?;
            count_io(IoPlace::RelationNormal, IoCounter::Syncs, 1);
            count_io_time(IoPlace::RelationNormal, IoCounter::SyncTime, start);
            drop(waiting);
        }
        self.table.forget(key, writes);
        Ok(())
    }

    /// Has a fork synced with what is written now, although nobody wrote to it since the server's start: a server that died may
    /// have, and what it wrote need not be durable.
    pub fn note_unsynced(&self, file: RelationFile, fork: ForkNumber) -> Result<()> {
        for segment in 0.. {
            if self.open(file, fork, segment)?.is_none() {
                break;
            }
            self.note_written(SegmentKey { file, fork, segment }, 1)?;
        }
        Ok(())
    }

    /// As [`Files::note_unsynced`], of the segment that holds a block.
    pub fn note_unsynced_block(
        &self,
        file: RelationFile,
        fork: ForkNumber,
        block: BlockNumber,
    ) -> Result<()> {
        self.note_written(SegmentKey { file, fork, segment: block.0 / BLOCKS_PER_SEGMENT }, 1)
    }

    /// `pages` were written to a segment, or perhaps were.
    fn note_written(&self, key: SegmentKey, pages: usize) -> Result<()> {
        if self.table.note(key, pages as u64) {
            return Ok(());
        }
        count_io(IoPlace::RelationNormal, IoCounter::Syncs, 1);
        self.must_open(key.file, key.fork, key.segment, None)?.sync(&self.faults)
    }

    fn must_open(
        &self,
        file: RelationFile,
        fork: ForkNumber,
        segment: u32,
        block: Option<u32>,
    ) -> Result<Rc<OpenFile>> {
        self.open(file, fork, segment)?.ok_or_else(|| {
            let name = segment_path(file, fork, segment);
            let target = match block {
                Some(block) if segment > 0 => format!(" (target block {block})"),
                _ => String::new(),
            };
            error!(UNDEFINED_FILE, "could not open file \"{name}\"{target}: No such file or directory")
        })
    }

    fn open_or_create(&self, file: RelationFile, fork: ForkNumber, segment: u32) -> Result<Rc<OpenFile>> {
        if segment > 0 && self.open(file, fork, segment)?.is_none() {
            let name = segment_path(file, fork, segment);
            OpenFile::create(&self.root, &name, false)
                .map_err(|cause| Error::io(format_args!("could not create file \"{name}\""), &cause))?;
        }
        self.must_open(file, fork, segment, None)
    }

    fn open(&self, file: RelationFile, fork: ForkNumber, segment: u32) -> Result<Option<Rc<OpenFile>>> {
        let key = (self.identity, SegmentKey { file, fork, segment });
        if let Some(opened) = OPEN.with_borrow(|open| open.get(&key).cloned()) {
            return Ok(Some(opened));
        }
        let name = segment_path(file, fork, segment);
        let opened = match OpenFile::open(&self.root, &name) {
            Ok(opened) => Rc::new(opened),
            Err(cause) if cause.kind() == ErrorKind::NotFound => return Ok(None),
            Err(cause) => return Err(Error::io(format_args!("could not open file \"{name}\""), &cause)),
        };
        self.remember_open(key.1, opened.clone());
        Ok(Some(opened))
    }

    fn remember_open(&self, key: SegmentKey, opened: Rc<OpenFile>) {
        OPEN.with_borrow_mut(|open| {
            if open.len() >= self.open_files {
                open.clear();
            }
            open.insert((self.identity, key), opened);
        });
    }
}

/// Segment, byte offset in it, and how many of `count` blocks lie in it.
fn within_segment(block: u32, count: usize) -> (u32, u64, usize) {
    let inside = block % BLOCKS_PER_SEGMENT;
    let offset = u64::from(inside) * PAGE_SIZE as u64;
    (block / BLOCKS_PER_SEGMENT, offset, count.min((BLOCKS_PER_SEGMENT - inside) as usize))
}
