//! From a page's address to a pinned buffer that holds it.

use common::{BlockNumber, ForkNumber, RelationFile};
use error::{Error, Result, sqlstate};
use shared_memory::{IoCounter, IoPlace, WaitEvent, count_io_time, critical, hash_of, io_clock};
use storage_page::PageBytes;
use system::interrupt;

use crate::damage;
use crate::descriptor::*;
use crate::pin::Pin;
use crate::pool::BufferPool;
use crate::sweep::Strategy;
use crate::usage;

/// Pages read by one system call.
const MAX_RUN: usize = 32;

/// The right to read into or write from a buffer, alone; given back on drop.
pub(crate) struct Io {
    descriptor: &'static Descriptor,
    /// Rule 8: dying here leaves doubt.
    _section: critical::CriticalSection,
}

impl Io {
    /// Ends the I/O with success: `set` and `clear` are bits of the state.
    pub(crate) fn finish(self, set: u32, clear: u32) {
        self.descriptor.set(set);
        self.descriptor.clear(clear);
    }
}

impl Drop for Io {
    fn drop(&mut self) {
        self.descriptor.clear(IO);
        self.descriptor.changed.announce();
    }
}

impl BufferPool {
    /// Pins the page, reading it if it is not cached.
    ///
    /// # Errors
    /// XX001 for a page whose checksum or header is wrong, or beyond the end; those of reading, and of writing a page that makes room.
    pub fn read(
        &'static self,
        file: RelationFile,
        fork: ForkNumber,
        block: BlockNumber,
        strategy: Strategy<'_>,
    ) -> Result<Pin> {
        let pin = self.find_or_claim(BufferTag { file, fork, block }, strategy)?;
        if pin.descriptor().load() & VALID == 0 {
            self.read_in(std::slice::from_ref(&pin), strategy.place())?;
        }
        Ok(pin)
    }

    /// As [`BufferPool::read`], for maps that are not logged: a damaged page comes as zeros.
    pub fn read_or_zero(
        &'static self,
        file: RelationFile,
        fork: ForkNumber,
        block: BlockNumber,
        strategy: Strategy<'_>,
    ) -> Result<Pin> {
        match self.read(file, fork, block, strategy) {
            Err(error) if error.sqlstate() == sqlstate::DATA_CORRUPTED => {
                let mut page = self.zeroed(file, fork, block)?;
                page.mark_dirty();
                Ok(page.unlock())
            }
            outcome => outcome,
        }
    }

    /// Pins neighbouring pages that exist, reading absent ones together. Adds one pin per page to `into`, in order.
    ///
    /// At most an eighth of the cache at once: fewer pages than asked may be added, at least one.
    pub fn read_many(
        &'static self,
        file: RelationFile,
        fork: ForkNumber,
        first: BlockNumber,
        count: usize,
        strategy: Strategy<'_>,
        into: &mut Vec<Pin>,
    ) -> Result<()> {
        let count = count.min(MAX_RUN).min(self.capacity() / 8).max(1);
        let start = into.len();
        for number in 0..count as u32 {
            let tag = BufferTag { file, fork, block: BlockNumber(first.0 + number) };
            match self.find_or_claim(tag, strategy) {
                Ok(pin) => into.push(pin),
                // Fewer will do when the cache is full of pins.
                Err(_) if into.len() > start => break,
                Err(error) => return Err(error),
            }
        }
        let outcome = self.read_in(&into[start..], strategy.place());
        if outcome.is_err() {
            into.truncate(start);
        }
        outcome
    }

    /// Tells the kernel that these pages, if not cached, will be read soon.
    pub fn prefetch(&self, file: RelationFile, fork: ForkNumber, blocks: &[BlockNumber]) -> Result<()> {
        let mut run: Option<(u32, usize)> = None;
        for block in blocks {
            let tag = BufferTag { file, fork, block: *block };
            let hash = hash_of(&tag);
            if self.mapping.read(hash).get(hash, &tag).is_some() {
                continue;
            }
            run = match run {
                Some((first, count)) if first + count as u32 == block.0 => Some((first, count + 1)),
                Some((first, count)) => {
                    self.files.prefetch(file, fork, BlockNumber(first), count)?;
                    Some((block.0, 1))
                }
                None => Some((block.0, 1)),
            };
        }
        match run {
            Some((first, count)) => self.files.prefetch(file, fork, BlockNumber(first), count),
            None => Ok(()),
        }
    }

    /// Whether the page is cached now.
    pub fn is_cached(&self, file: RelationFile, fork: ForkNumber, block: BlockNumber) -> bool {
        let tag = BufferTag { file, fork, block };
        let hash = hash_of(&tag);
        self.mapping.read(hash).get(hash, &tag).is_some()
    }

    /// Pins the page's buffer, or gives it one that is not valid yet.
    pub(crate) fn find_or_claim(&'static self, tag: BufferTag, strategy: Strategy<'_>) -> Result<Pin> {
        let hash = hash_of(&tag);
        if let Some(buffer) = self.mapping.read(hash).get(hash, &tag) {
            usage::count_hit(tag.file, strategy.place());
            return Ok(self.pin(*buffer, strategy.raises_usage()));
        }
        let victim = self.victim(strategy)?;
        let mut partition = self.mapping.write(hash);
        if let Some(buffer) = partition.get(hash, &tag) {
            // Somebody else was faster.
            return Ok(self.pin(*buffer, strategy.raises_usage()));
        }
        if partition.insert(hash, tag, victim.buffer).is_none() {
            return Err(Error::internal("buffer mapping has more entries than buffers"));
        }
        let descriptor = victim.descriptor();
        descriptor.set_tag(tag);
        let _ = descriptor.update(|state| Some(state & PINS | TAGGED | USAGE_ONE));
        Ok(victim)
    }

    /// Makes pinned neighbours valid, reading runs of them together.
    fn read_in(&'static self, pins: &[Pin], place: IoPlace) -> Result<()> {
        let mut at = 0;
        while at < pins.len() {
            // Only the first of a run may be waited for: who waits holds no I/O that others may wait for.
            let Some(first) = self.start_io(&pins[at], true) else {
                at += 1;
                continue;
            };
            let mut run = vec![first];
            while at + run.len() < pins.len() {
                match self.try_start_io(&pins[at + run.len()], true) {
                    Ok(Some(io)) => run.push(io),
                    _ => break,
                }
            }
            let count = run.len();
            self.read_run(&pins[at..at + count], run, place)?;
            at += count;
        }
        Ok(())
    }

    fn read_run(&self, pins: &[Pin], run: Vec<Io>, place: IoPlace) -> Result<()> {
        let first = pins[0].tag();
        let mut pages: Vec<&mut PageBytes> = pins
            .iter()
            // SAFETY: we have the I/O right on a buffer that is not valid: nobody else looks at it; the pins differ.
            .map(|pin| unsafe { &mut *self.frames[pin.buffer as usize].get() })
            .collect();
        let start = io_clock();
        self.files.read(first.file, first.fork, first.block, &mut pages)?;
        let time_ns = count_io_time(place, IoCounter::ReadTime, start);
        usage::count_read(first.file, place, pages.len(), time_ns);
        for ((pin, page), io) in pins.iter().zip(pages).zip(run) {
            damage::check(page, pin.tag())?;
            io.finish(VALID, 0);
        }
        Ok(())
    }

    /// The right to do I/O, after waiting for others'; `None` when there is nothing left to do (`reads`: the page is valid; else: clean).
    pub(crate) fn start_io(&self, pin: &Pin, reads: bool) -> Option<Io> {
        let descriptor = pin.descriptor();
        loop {
            match self.try_start_io(pin, reads) {
                Ok(io) => return io,
                Err(Busy) => {
                    // Disks answer: an interrupt can wait.
                    let _hold = interrupt::hold();
                    let _ =
                        descriptor.changed.wait_until(WaitEvent::IpcBufferIo, || descriptor.load() & IO == 0);
                }
            }
        }
    }

    pub(crate) fn try_start_io(&self, pin: &Pin, reads: bool) -> Result<Option<Io>, Busy> {
        let descriptor = pin.descriptor();
        let is_done = |state: u32| if reads { state & VALID != 0 } else { state & DIRTY == 0 };
        let section = critical::enter();
        let outcome = descriptor.update(|state| (state & IO == 0 && !is_done(state)).then_some(state | IO));
        match outcome {
            Ok(_) => Ok(Some(Io { descriptor, _section: section })),
            Err(state) if is_done(state) => Ok(None),
            Err(_) => Err(Busy),
        }
    }
}

/// Somebody else does I/O on the buffer.
pub(crate) struct Busy;
