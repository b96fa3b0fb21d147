//! Whole forks: how long they are, growing, cutting, making, dropping.
//!
//! Rule 7: a fork's length changes only under its extension lock, and what is remembered of it changes with it.

use common::{BlockNumber, ForkNumber, Oid, PAGE_SIZE, RelationFile};
use error::{Error, Result};
use shared_memory::{IoCounter, count_io_time, hash_of, io_clock};
use storage_page::{PageBytes, set_checksum};
use system::interrupt;

use crate::descriptor::*;
use crate::guards::ExclusivePage;
use crate::pin::Pin;
use crate::pool::{BufferPool, ForkKey};
use crate::sweep::Strategy;
use crate::usage;

impl BufferPool {
    /// The number of blocks of a fork.
    ///
    /// # Errors
    /// 58P01 if the fork does not exist.
    pub fn blocks(&self, file: RelationFile, fork: ForkNumber) -> Result<u32> {
        let key = ForkKey { file, fork };
        let hash = hash_of(&key);
        if let Some(blocks) = self.sizes.read(hash).get(hash, &key) {
            return Ok(*blocks);
        }
        let _lock = self.extension_lock(hash).read();
        let blocks = self.files.blocks(file, fork)?;
        self.remember_blocks(key, blocks);
        Ok(blocks)
    }

    /// Whether the fork has a file.
    pub fn exists(&self, file: RelationFile, fork: ForkNumber) -> Result<bool> {
        let key = ForkKey { file, fork };
        let hash = hash_of(&key);
        let is_known = self.sizes.read(hash).get(hash, &key).is_some();
        if is_known { Ok(true) } else { self.files.exists(file, fork) }
    }

    /// Makes the fork, empty; false if it exists.
    pub fn create(&self, file: RelationFile, fork: ForkNumber) -> Result<bool> {
        let key = ForkKey { file, fork };
        self.growing(hash_of(&key), || {
            let is_new = self.files.create(file, fork)?;
            if is_new {
                self.remember_blocks(key, 0);
            }
            Ok(is_new)
        })
    }

    /// Does what makes a fork grow, alone.
    ///
    /// Who dies meanwhile leaves nothing in doubt: a file that is longer than its known size has zeros there, which the next one writes
    /// again, and a size that is not known is asked for.
    fn growing<T>(&self, hash: u32, work: impl FnOnce() -> Result<T>) -> Result<T> {
        self.extension_lock(hash).write().unchanged(work)
    }

    /// Adds `count` zeroed pages at the end of a fork and returns the first of them, locked; no other process has seen it.
    ///
    /// All are valid and have their room on disk. The growth itself is not logged: the records about the pages are.
    /// # Errors
    /// 53100 when the disk is full.
    pub fn extend(
        &'static self,
        file: RelationFile,
        fork: ForkNumber,
        count: u32,
        strategy: Strategy<'_>,
    ) -> Result<ExclusivePage> {
        let key = ForkKey { file, fork };
        let hash = hash_of(&key);
        let count = count.clamp(1, (self.capacity() / 8) as u32);
        self.growing(hash, || self.extend_alone(key, count, strategy))
    }

    /// The extension lock is held.
    fn extend_alone(
        &'static self,
        key: ForkKey,
        count: u32,
        strategy: Strategy<'_>,
    ) -> Result<ExclusivePage> {
        let ForkKey { file, fork } = key;
        let first = self.blocks_locked(key)?;
        // The first one's buffer is found before anything changes: it is the one that must not fail.
        let pin = self.find_or_claim(BufferTag { file, fork, block: BlockNumber(first) }, strategy)?;
        let start = io_clock();
        self.files.extend(file, fork, BlockNumber(first), count)?;
        count_io_time(strategy.place(), IoCounter::ExtendTime, start);
        usage::count_extended(strategy.place(), count);
        self.make_zero(&pin);
        let page = pin.exclusive();
        if !page.page().is_new() {
            return Err(Error::corrupted(format!(
                "unexpected data beyond EOF in block {first} of relation \"{}\"",
                storage_file::relation_path(file, fork)
            )));
        }
        for number in 1..count {
            let tag = BufferTag { file, fork, block: BlockNumber(first + number) };
            match self.find_or_claim(tag, strategy) {
                Ok(pin) => self.make_zero(&pin),
                // The file has the zeros: who wants the page can read them.
                Err(_) => break,
            }
        }
        self.remember_blocks(key, first + count);
        Ok(page)
    }

    /// Redo: the page as zeros, locked, whatever is there; fork and file grow to hold it.
    pub fn zeroed(
        &'static self,
        file: RelationFile,
        fork: ForkNumber,
        block: BlockNumber,
    ) -> Result<ExclusivePage> {
        let mut page = self.unread(file, fork, block)?;
        page.bytes_mut().fill(0);
        Ok(page)
    }

    /// As [`BufferPool::zeroed`], for who overwrites the whole page: it holds anything.
    pub(crate) fn unread(
        &'static self,
        file: RelationFile,
        fork: ForkNumber,
        block: BlockNumber,
    ) -> Result<ExclusivePage> {
        self.grow_to_hold(file, fork, block)?;
        let pin = self.find_or_claim(BufferTag { file, fork, block }, Strategy::Normal)?;
        let io = self.start_io(&pin, true);
        // Locked before it becomes valid: nobody sees what is in it now.
        let page = pin.exclusive();
        if let Some(io) = io {
            io.finish(VALID, 0);
        }
        Ok(page)
    }

    /// Cuts the fork to `blocks` blocks; pages beyond are forgotten, dirty or not.
    pub fn truncate(&'static self, file: RelationFile, fork: ForkNumber, blocks: u32) -> Result<()> {
        let key = ForkKey { file, fork };
        let _lock = self.extension_lock(hash_of(&key)).write();
        let old = self.blocks_locked(key)?;
        if blocks >= old {
            return Ok(());
        }
        self.forget_pages(file, &[(fork, blocks..old)])?;
        self.files.truncate(file, fork, blocks)?;
        self.remember_blocks(key, blocks);
        Ok(())
    }

    /// Forgets all pages of the relation, dirty or not, and removes its files.
    pub fn drop_relation(&'static self, file: RelationFile) -> Result<()> {
        let mut ranges = Vec::new();
        for fork in ForkNumber::ALL {
            if self.exists(file, fork)? {
                ranges.push((fork, 0..self.blocks(file, fork)?));
            }
        }
        self.forget_pages(file, &ranges)?;
        for fork in ForkNumber::ALL {
            let key = ForkKey { file, fork };
            let hash = hash_of(&key);
            let lock = self.extension_lock(hash).write();
            // Who dies meanwhile has its commit finished by the janitor, which drops the relation again.
            lock.unchanged(|| self.files.remove_fork(file, fork))?;
            self.sizes.write(hash).remove(hash, &key);
        }
        Ok(())
    }

    /// Forgets all pages and sizes of a database, and this process's open files; its directory can be removed then.
    pub fn drop_database_buffers(&'static self, database: Oid) -> Result<()> {
        self.forget_where(|tag| tag.file.database == database)?;
        for partition in 0..self.sizes.partition_count() {
            self.sizes.write_partition(partition).retain(|key, _| key.file.database != database);
        }
        self.files.forget_database(database);
        Ok(())
    }

    /// Copies a fork through the cache, as its pages' images in the log. The target exists and is empty.
    pub fn copy_fork(&'static self, from: RelationFile, to: RelationFile, fork: ForkNumber) -> Result<()> {
        self.in_runs(from, fork, |sources| {
            let mut target = Some(self.extend(to, fork, sources.len() as u32, Strategy::Normal)?);
            for source in sources {
                let copy = *source.share().bytes();
                let mut page = match target.take() {
                    Some(first) => first,
                    None => self.read(to, fork, source.block(), Strategy::Normal)?.exclusive(),
                };
                let _section = shared_memory::critical::enter();
                *page.bytes_mut() = copy;
                if copy == [0; PAGE_SIZE] {
                    page.mark_dirty();
                } else {
                    page.log_image()?;
                }
            }
            Ok(())
        })
    }

    /// Goes through a fork by runs of neighbouring pages, which are in the cache.
    fn in_runs(
        &'static self,
        file: RelationFile,
        fork: ForkNumber,
        mut take: impl FnMut(&[Pin]) -> Result<()>,
    ) -> Result<()> {
        let blocks = self.blocks(file, fork)?;
        let mut run = Vec::new();
        let mut first = 0;
        while first < blocks {
            interrupt::check()?;
            let count = (blocks - first) as usize;
            self.read_many(file, fork, BlockNumber(first), count, Strategy::Normal, &mut run)?;
            take(&run)?;
            first += run.len() as u32;
            run.clear();
        }
        Ok(())
    }

    /// Copies a fork into a new file that nobody uses yet, past the cache and without a word in the log: for a new cluster.
    pub fn copy_fork_to_file(
        &'static self,
        from: RelationFile,
        to: RelationFile,
        fork: ForkNumber,
    ) -> Result<()> {
        self.files.create(to, fork)?;
        self.in_runs(from, fork, |sources| {
            let mut copies: Vec<PageBytes> = sources.iter().map(|pin| *pin.share().bytes()).collect();
            for (copy, source) in copies.iter_mut().zip(sources) {
                set_checksum(copy, BufferTag { file: to, fork, block: source.block() }.address());
            }
            let pages: Vec<&PageBytes> = copies.iter().collect();
            self.files.write(to, fork, sources[0].block(), &pages)
        })
    }

    fn grow_to_hold(&self, file: RelationFile, fork: ForkNumber, block: BlockNumber) -> Result<()> {
        let key = ForkKey { file, fork };
        let hash = hash_of(&key);
        if self.sizes.read(hash).get(hash, &key).is_some_and(|blocks| block.0 < *blocks) {
            return Ok(());
        }
        self.growing(hash, || {
            self.files.create(file, fork)?;
            let blocks = self.blocks_locked(key)?;
            if block.0 >= blocks {
                self.files.extend(file, fork, BlockNumber(blocks), block.0 + 1 - blocks)?;
                self.remember_blocks(key, block.0 + 1);
            }
            Ok(())
        })
    }

    /// The extension lock is held.
    fn blocks_locked(&self, key: ForkKey) -> Result<u32> {
        let hash = hash_of(&key);
        let known = self.sizes.read(hash).get(hash, &key).copied();
        known.map_or_else(|| self.files.blocks(key.file, key.fork), Ok)
    }

    /// The extension lock is held.
    fn remember_blocks(&self, key: ForkKey, blocks: u32) {
        let hash = hash_of(&key);
        let mut partition = self.sizes.write(hash);
        if partition.insert(hash, key, blocks).is_none() {
            // Full: others' sizes can be asked for again.
            partition.retain(|_, _| false);
            let _ = partition.insert(hash, key, blocks);
        }
    }

    /// Makes a page valid as zeros if it is not valid yet.
    fn make_zero(&self, pin: &Pin) {
        if let Some(io) = self.start_io(pin, true) {
            // SAFETY: we have the I/O right on a buffer that is not valid: nobody else looks at it.
            unsafe { (*self.frames[pin.buffer as usize].get()).fill(0) };
            io.finish(VALID, 0);
        }
    }

    fn forget_pages(
        &'static self,
        file: RelationFile,
        ranges: &[(ForkNumber, std::ops::Range<u32>)],
    ) -> Result<()> {
        let count: usize = ranges.iter().map(|(_, blocks)| blocks.len()).sum();
        if count > self.capacity() / 16 {
            return self.forget_where(|tag| {
                tag.file == file
                    && ranges.iter().any(|(fork, blocks)| *fork == tag.fork && blocks.contains(&tag.block.0))
            });
        }
        for (fork, blocks) in ranges {
            for block in blocks.clone() {
                let tag = BufferTag { file, fork: *fork, block: BlockNumber(block) };
                let hash = hash_of(&tag);
                let found = self.mapping.read(hash).get(hash, &tag).copied();
                if let Some(buffer) = found {
                    self.forget_page(buffer, tag)?;
                }
            }
        }
        Ok(())
    }

    fn forget_where(&'static self, is_wanted: impl Fn(BufferTag) -> bool) -> Result<()> {
        for (buffer, descriptor) in self.descriptors.iter().enumerate() {
            let tag = descriptor.tag();
            if descriptor.load() & TAGGED != 0 && is_wanted(tag) {
                self.forget_page(buffer as u32, tag)?;
            }
        }
        Ok(())
    }

    /// Empties a buffer if it still holds this page. Only background writers can have it pinned, for a moment.
    fn forget_page(&'static self, buffer: u32, tag: BufferTag) -> Result<()> {
        let descriptor = self.descriptor(buffer);
        let hash = hash_of(&tag);
        loop {
            let mut partition = self.mapping.write(hash);
            if partition.get(hash, &tag) != Some(&buffer) {
                return Ok(());
            }
            if descriptor.update(|state| (state & (PINS | IO) == 0).then_some(0)).is_ok() {
                partition.remove(hash, &tag);
                return Ok(());
            }
            drop(partition);
            if self.is_pinned_here(buffer) {
                return Err(Error::internal(format!(
                    "block {} of relation {} is still referenced by this process",
                    tag.block, tag.file.relation
                )));
            }
            std::thread::yield_now();
        }
    }
}
