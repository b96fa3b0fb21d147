//! Writing the ring to segments, and making it durable for everybody at once.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::atomic::Ordering;
use std::thread;

use common::Lsn;
use error::{Error, Result, Severity};
use shared_memory::{
    IoCounter, IoPlace, WaitEvent, Waiting, count_io, count_io_time, current_slot, log_io_clock,
};
use storage_file::OpenFile;
use system::interrupt;

use crate::segment::{self, SEGMENT_SIZE};
use crate::wal::Wal;

/// Bytes per system call.
const CHUNK: usize = 256 * 1024;

struct Current {
    wal: usize,
    timeline: u32,
    segment: u64,
    file: Rc<OpenFile>,
}

thread_local! {
    static CURRENT: RefCell<Option<Current>> = const { RefCell::new(None) };
    static OUT: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// The right to write for everybody; whoever waits is told when it is dropped.
///
/// A killed leader leaves nothing half-done: positions move after what they tell of.
struct Leader<'a> {
    wal: &'a Wal,
    _hold: interrupt::Hold,
}

impl Drop for Leader<'_> {
    fn drop(&mut self) {
        self.wal.state.leader.0.store(0, Ordering::SeqCst);
        self.wal.state.flush_advanced.announce();
    }
}

/// Rule 7.
fn into_panic(error: Error) -> Error {
    error.with_severity(Severity::Panic)
}

impl Wal {
    /// Returns once everything before `lsn` is durable. One process flushes for all that wait.
    ///
    /// Does nothing while recovery runs: what is replayed is on disk.
    /// # Errors
    /// XX000 if no such record exists (a damaged page's LSN); a PANIC if the log cannot be written.
    pub fn flush(&self, lsn: Lsn) -> Result<()> {
        self.flush_with(lsn, || ())
    }

    /// The same. Who leads calls `gather` before it writes, and writes what others add in the meantime too.
    /// # Errors
    /// Those of [`Wal::flush`].
    pub fn flush_with(&self, lsn: Lsn, gather: impl FnOnce()) -> Result<()> {
        if self.flush_position() >= lsn || !self.accepts_records() {
            return Ok(());
        }
        if lsn > self.insert_position() {
            return Err(Error::internal(format!(
                "xlog flush request {lsn} is not satisfied --- flushed only to {}",
                self.flush_position()
            )));
        }
        // Rule 3: others' copying is waited for before the lock is taken.
        let mut rounds = 0u32;
        while self.complete_position() < lsn {
            rounds += 1;
            if rounds.is_multiple_of(64) { thread::yield_now() } else { std::hint::spin_loop() }
        }
        // Whoever leads flushes for us too, or is done when we get to lead.
        if let Some(_leader) = self.lead_unless(|| self.flush_position() >= lsn) {
            gather();
            self.write_out(self.complete_position()).and_then(|()| self.sync()).map_err(into_panic)?;
        }
        Ok(())
    }

    /// Makes the caller the one who writes, after waiting for the present leader, unless what it wants comes true before that.
    fn lead_unless(&self, is_done: impl Fn() -> bool) -> Option<Leader<'_>> {
        let own = current_slot().map_or(u32::MAX, |slot| slot.index() as u32 + 1);
        let leader = &self.state.leader.0;
        // Disks answer: an interrupt can wait.
        let hold = interrupt::hold();
        loop {
            if is_done() {
                return None;
            }
            if leader.compare_exchange(0, own, Ordering::SeqCst, Ordering::Relaxed).is_ok() {
                let leader = Leader { wal: self, _hold: hold };
                return (!is_done()).then_some(leader);
            }
            let is_free = || is_done() || leader.load(Ordering::SeqCst) == 0;
            // Held off, an interrupt is no reason to fail.
            let _ = self.state.flush_advanced.wait_until(WaitEvent::LwlockWALWrite, is_free);
        }
    }

    /// The janitor's: if a dead process led, somebody else may. What it wrote and did not tell of is written again.
    pub fn release_dead(&self, slot: u32) {
        let leader = &self.state.leader.0;
        if leader.compare_exchange(slot + 1, 0, Ordering::SeqCst, Ordering::Relaxed).is_ok() {
            self.state.flush_advanced.announce();
        }
    }

    /// Writes and flushes what is there; false if there was nothing. For the log writer.
    pub fn write_in_background(&self) -> Result<bool> {
        let complete = self.complete_position();
        if self.flush_position() >= complete || !self.accepts_records() {
            return Ok(false);
        }
        self.flush(complete)?;
        Ok(true)
    }

    /// Writes what is complete, without waiting for anything, unless somebody else gets beyond `wanted` first.
    pub(crate) fn write_complete(&self, wanted: Lsn) -> Result<()> {
        match self.lead_unless(|| self.write_position() >= wanted) {
            Some(_leader) => self.write_out(self.complete_position()).map_err(into_panic),
            None => Ok(()),
        }
    }

    /// For the leader.
    fn write_out(&self, target: Lsn) -> Result<()> {
        while self.write_position() < target {
            let from = self.write_position();
            let rest = (SEGMENT_SIZE - from.0 % SEGMENT_SIZE).min(target.0 - from.0);
            let count = rest.min(CHUNK as u64) as usize;
            let file = self.segment_file(from)?;
            OUT.with_borrow_mut(|out| {
                self.copy_out(from, count, out);
                let offset = from.0 % SEGMENT_SIZE;
                let _waiting = Waiting::start(WaitEvent::IoWalWrite);
                let start = log_io_clock();
                count_io(IoPlace::LogNormal, IoCounter::Writes, 1);
                count_io(IoPlace::LogNormal, IoCounter::WriteBytes, count as u64);
                let written = file.write_at(out, offset, self.files.faults()).map_err(|cause| {
                    let name = segment::segment_name(self.timeline(), from);
                    Error::io(
                        format_args!(
                            "could not write to log file \"{name}\" at offset {offset}, length {count}"
                        ),
                        &cause,
                    )
                });
                count_io_time(IoPlace::LogNormal, IoCounter::WriteTime, start);
                written
            })?;
            self.state.writes.fetch_add(1, Ordering::Relaxed);
            let end = from.0 + count as u64;
            if end.is_multiple_of(SEGMENT_SIZE) {
                // Rule 8: a full segment needs no sync later.
                self.sync_file(&file)?;
            }
            self.state.written.store(end, Ordering::SeqCst);
        }
        Ok(())
    }

    /// For the leader.
    fn sync(&self) -> Result<()> {
        let written = self.write_position();
        if !written.0.is_multiple_of(SEGMENT_SIZE) {
            let file = self.segment_file(written)?;
            self.sync_file(&file)?;
        }
        self.state.flushed.store(written.0, Ordering::SeqCst);
        Ok(())
    }

    fn sync_file(&self, file: &OpenFile) -> Result<()> {
        let _waiting = Waiting::start(WaitEvent::IoWalSync);
        self.state.syncs.fetch_add(1, Ordering::Relaxed);
        count_io(IoPlace::LogNormal, IoCounter::Syncs, 1);
        let start = log_io_clock();
        let synced = file.sync(self.files.faults());
        count_io_time(IoPlace::LogNormal, IoCounter::SyncTime, start);
        synced
    }

    fn copy_out(&self, from: Lsn, count: usize, out: &mut Vec<u8>) {
        out.resize(count, 0);
        let (chunks, _) = out.as_chunks_mut::<8>();
        let (head, tail) = self.ring_words(from, chunks.len());
        let (first, second) = chunks.split_at_mut(head.len());
        for (chunks, words) in [(first, head), (second, tail)] {
            for (chunk, word) in chunks.iter_mut().zip(words) {
                *chunk = word.load(Ordering::Relaxed).to_ne_bytes();
            }
        }
    }

    fn segment_file(&self, position: Lsn) -> Result<Rc<OpenFile>> {
        let (wal, timeline) = (std::ptr::from_ref(self) as usize, self.timeline());
        let segment = position.0 / SEGMENT_SIZE;
        CURRENT.with_borrow_mut(|current| match current {
            Some(open) if (open.wal, open.timeline, open.segment) == (wal, timeline, segment) => {
                Ok(open.file.clone())
            }
            _ => {
                let file = Rc::new(segment::open_or_make(self.files, timeline, position)?);
                *current = Some(Current { wal, timeline, segment, file: file.clone() });
                Ok(file)
            }
        })
    }
}
