//! Writing dirty pages: for room, for a checkpoint, for a relation, ahead of the clock hand.
//!
//! Rule 4: the log first. The checksum is set on a private copy, so that a share lock is enough.

use common::{Oid, RelationFile};
use error::Result;
use shared_memory::{IoCounter, IoPlace, count_io_time, io_clock};
use smallvec::SmallVec;
use storage_file::relation_path;
use storage_page::{PageBytes, PageRef, set_checksum};

use crate::descriptor::*;
use crate::guards::SharedPage;
use crate::lookup::Io;
use crate::pool::BufferPool;
use crate::usage;

/// Pages written by one system call.
const MAX_RUN: usize = 16;

impl BufferPool {
    /// Writes what is dirty now, in the order of files. `pace(done, total)` is called after each page.
    ///
    /// Pages that become dirty meanwhile are left. Returns how many were written.
    pub fn checkpoint(&'static self, pace: &mut dyn FnMut(usize, usize) -> Result<()>) -> Result<usize> {
        self.flush_where(|_| true, pace)
    }

    /// Writes the relation's dirty pages.
    pub fn flush_relation(&'static self, file: RelationFile) -> Result<usize> {
        self.flush_where(|tag| tag.file == file, &mut |_, _| Ok(()))
    }

    /// Writes the dirty pages of a database.
    pub fn flush_database(&'static self, database: Oid) -> Result<usize> {
        self.flush_where(|tag| tag.file.database == database, &mut |_, _| Ok(()))
    }

    /// Has the next `wanted` buffers clean that the clock hand will come to and find free to take. Writes at most `limit`.
    pub fn background_write(&'static self, wanted: usize, limit: usize) -> Result<usize> {
        let (mut found, mut written) = (0, 0);
        let hand = self.hand() as usize;
        for ahead in 0..self.capacity() {
            if found == wanted || written == limit {
                break;
            }
            let buffer = ((hand + ahead) % self.capacity()) as u32;
            let state = self.descriptor(buffer).load();
            if state & (PINS | USAGE) == 0 {
                found += 1;
                if state & DIRTY != 0 {
                    written += usize::from(self.flush_if(buffer, &|_| true)?);
                }
            }
        }
        Ok(written)
    }

    fn flush_where(
        &'static self,
        is_wanted: impl Fn(BufferTag) -> bool,
        pace: &mut dyn FnMut(usize, usize) -> Result<()>,
    ) -> Result<usize> {
        let mut dirty: Vec<(BufferTag, u32)> = self
            .descriptors
            .iter()
            .enumerate()
            .filter(|(_, descriptor)| descriptor.load() & (DIRTY | TAGGED) == DIRTY | TAGGED)
            .map(|(buffer, descriptor)| (descriptor.tag(), buffer as u32))
            .filter(|(tag, _)| is_wanted(*tag))
            .collect();
        dirty.sort_unstable();
        let (mut done, mut written) = (0, 0);
        while done < dirty.len() {
            let run = self.flush_run(&dirty[done..], &is_wanted)?;
            written += run;
            // A run may end early; what is left of it begins the next, which waits for whoever writes it now.
            for _ in 0..run.max(1) {
                done += 1;
                pace(done, dirty.len())?;
            }
        }
        Ok(written)
    }

    /// Writes the first of these buffers if it is still dirty, and with it those of the next that hold its neighbours, by one call.
    /// Gives how many it wrote.
    fn flush_run(
        &'static self,
        dirty: &[(BufferTag, u32)],
        is_wanted: &impl Fn(BufferTag) -> bool,
    ) -> Result<usize> {
        // The page may have been replaced by another one that is dirty too: writing that is no mistake.
        let Some(pin) = self.pin_if(dirty[0].1, is_wanted) else { return Ok(0) };
        let mut pages = vec![pin.share()];
        for (at, (_, buffer)) in dirty.iter().enumerate().take(MAX_RUN).skip(1) {
            let first = pages[0].tag();
            let next = BufferTag { block: common::BlockNumber(first.block.0 + at as u32), ..first };
            // Rule 9: who has some locked waits for no other.
            let page = self.pin_if(*buffer, |tag| tag == next).and_then(|pin| pin.try_share());
            let Some(page) = page else { break };
            pages.push(page);
        }
        self.write_locked(&pages, IoPlace::RelationNormal)
    }

    fn flush_if(&'static self, buffer: u32, is_wanted: &dyn Fn(BufferTag) -> bool) -> Result<bool> {
        match self.pin_if(buffer, is_wanted) {
            Some(pin) => self.flush_locked(&pin.share(), IoPlace::RelationNormal),
            None => Ok(false),
        }
    }

    /// Writes the page if it is dirty; false if it was not.
    pub(crate) fn flush_locked(&self, page: &SharedPage, place: IoPlace) -> Result<bool> {
        Ok(self.write_locked(std::slice::from_ref(page), place)? > 0)
    }

    /// Writes neighbours, as many of the first ones as are dirty and nobody else writes; how many that were.
    fn write_locked(&self, pages: &[SharedPage], place: IoPlace) -> Result<usize> {
        let is_dirty = |page: &&SharedPage| page.pin().descriptor().load() & DIRTY != 0;
        let pages = &pages[..pages.iter().take_while(is_dirty).count()];
        let Some(first) = pages.first() else { return Ok(0) };
        // Rule 4, and Rule 2 of the page: an LSN of zero asks nothing.
        let lsn = pages.iter().map(|page| page.page().lsn()).max().unwrap_or_default();
        self.wal.flush(lsn)?;
        let Some(io) = self.start_io(first.pin(), false) else {
            return Ok(0);
        };
        let mut run: SmallVec<[Io; 1]> = SmallVec::new();
        run.push(io);
        for page in &pages[1..] {
            match self.try_start_io(page.pin(), false) {
                Ok(Some(io)) => run.push(io),
                _ => break,
            }
        }
        let mut copies: SmallVec<[PageBytes; 1]> = SmallVec::with_capacity(run.len());
        for page in &pages[..run.len()] {
            let mut copy = *page.bytes();
            debug_assert!(PageRef::new(&copy).check_header().is_ok());
            set_checksum(&mut copy, page.tag().address());
            copies.push(copy);
        }
        let slices: SmallVec<[&PageBytes; MAX_RUN]> = copies.iter().collect();
        let tag = first.tag();
        let start = io_clock();
        self.files.write(tag.file, tag.fork, tag.block, &slices).map_err(|error| {
            error.context(format_args!(
                "writing block {} of relation \"{}\"",
                tag.block,
                relation_path(tag.file, tag.fork)
            ))
        })?;
        let written = run.len();
        // Nobody changed them: that takes the exclusive lock.
        run.into_iter().for_each(|io| io.finish(0, DIRTY));
        usage::count_written(place, written, count_io_time(place, IoCounter::WriteTime, start));
        Ok(written)
    }
}
