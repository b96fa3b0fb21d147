//! Writing dirty pages: for room, for a checkpoint, for a relation, ahead of the clock hand.
//!
//! Rule 4: the log first. The checksum is set on a private copy, so that a share lock is enough.

use common::{Oid, RelationFile};
use error::Result;
use shared_memory::{IoCounter, IoPlace, count_io_time, io_clock};
use storage_file::relation_path;
use storage_page::{PageRef, set_checksum};

use crate::descriptor::*;
use crate::guards::SharedPage;
use crate::pool::BufferPool;
use crate::usage;

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

    /// Writes unpinned, unpopular pages ahead of the clock hand, at most `limit`, so that others find clean ones.
    pub fn background_write(&'static self, limit: usize) -> Result<usize> {
        let mut written = 0;
        let hand = self.hand() as usize;
        for ahead in 0..self.capacity() {
            if written == limit {
                break;
            }
            let buffer = ((hand + ahead) % self.capacity()) as u32;
            if self.descriptor(buffer).load() & (DIRTY | PINS | USAGE) == DIRTY {
                written += usize::from(self.flush_if(buffer, &|_| true)?);
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
        let total = dirty.len();
        let mut written = 0;
        for (done, (_, buffer)) in dirty.into_iter().enumerate() {
            // The page may have been replaced by another one that is dirty too: writing that is no mistake.
            written += usize::from(self.flush_if(buffer, &is_wanted)?);
            pace(done + 1, total)?;
        }
        Ok(written)
    }

    fn flush_if(&'static self, buffer: u32, is_wanted: &dyn Fn(BufferTag) -> bool) -> Result<bool> {
        match self.pin_if(buffer, is_wanted) {
            Some(pin) => self.flush_locked(&pin.share(), IoPlace::RelationNormal),
            None => Ok(false),
        }
    }

    /// Writes the page if it is dirty; false if it was not.
    pub(crate) fn flush_locked(&self, page: &SharedPage, place: IoPlace) -> Result<bool> {
        let pin = page.pin();
        if pin.descriptor().load() & DIRTY == 0 {
            return Ok(false);
        }
        // Rule 4, and Rule 2 of the page: an LSN of zero asks nothing.
        self.wal.flush(page.page().lsn())?;
        let Some(io) = self.start_io(pin, false) else {
            return Ok(false);
        };
        let tag = pin.tag();
        let mut copy = *page.bytes();
        debug_assert!(PageRef::new(&copy).check_header().is_ok());
        set_checksum(&mut copy, tag.address());
        let start = io_clock();
        self.files.write(tag.file, tag.fork, tag.block, &[&copy]).map_err(|error| {
            error.context(format_args!(
                "writing block {} of relation \"{}\"",
                tag.block,
                relation_path(tag.file, tag.fork)
            ))
        })?;
        // Nobody changed it: that takes the exclusive lock.
        io.finish(0, DIRTY);
        usage::count_written(place, count_io_time(place, IoCounter::WriteTime, start));
        Ok(true)
    }
}
