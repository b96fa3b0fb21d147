//! The log's shared state, and where it stands.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

use common::Lsn;
use error::Result;
use shared_memory::{CacheLine, ConditionVariable, Region, RegionBuilder, Segment, WaitEvent, shared_struct};
use storage_file::Files;

use crate::segment;

/// Insertions that can be under way at the same time.
pub(crate) const SLOTS: usize = 64;

/// What happens to a record.
pub(crate) mod mode {
    /// It is refused: recovery runs, or the server has shut down.
    pub(crate) const CLOSED: u32 = 0;
    pub(crate) const OPEN: u32 = 1;
    /// It is forgotten, see [`super::Wal::discard_records`].
    pub(crate) const DISCARDING: u32 = 2;
}

/// Sizes and modes.
#[derive(Clone, Copy, Debug)]
pub struct WalSettings {
    /// Bytes of the ring in shared memory (`wal_buffers`); rounded up to a power of two.
    pub buffer_bytes: usize,
    /// Log an image with every change of a page, so that replay can be checked (`wal_consistency_checking`).
    pub always_log_images: bool,
    /// Images after a checkpoint (`full_page_writes`).
    pub full_page_images: bool,
}

shared_struct! {
    pub(crate) struct InsertionSlot {
        /// 0: free; else everything from here on may not be copied yet.
        pub(crate) position: AtomicU64,
        /// Moves with every insertion.
        pub(crate) records: AtomicU64,
        pub(crate) bytes: AtomicU64,
        pub(crate) images: AtomicU64,
    }

    pub(crate) struct State {
        pub(crate) reserved: CacheLine<AtomicU64>,
        pub(crate) written: CacheLine<AtomicU64>,
        pub(crate) flushed: CacheLine<AtomicU64>,
        pub(crate) redo: CacheLine<AtomicU64>,
        pub(crate) force_images: AtomicU32,
        pub(crate) timeline: AtomicU32,
        pub(crate) mode: AtomicU32,
        pub(crate) delay_phase: AtomicU32,
        pub(crate) delays: [AtomicU32; 2],
        /// The slot number, plus one, of the process that writes for everybody; 0 for none.
        pub(crate) leader: CacheLine<AtomicU32>,
        pub(crate) flush_advanced: CacheLine<ConditionVariable>,
        pub(crate) slots: [CacheLine<InsertionSlot>; SLOTS],
        pub(crate) writes: AtomicU64,
        pub(crate) syncs: AtomicU64,
        pub(crate) buffers_full: AtomicU64,
    }
}

/// Handed out by [`Wal::reserve`].
#[derive(Clone, Copy)]
pub struct WalReservation {
    state: Segment<State>,
    ring: Segment<AtomicU64>,
    settings: WalSettings,
}

/// The write-ahead log of this server.
pub struct Wal {
    pub(crate) state: &'static State,
    /// The newest bytes, at their position modulo the ring's size.
    pub(crate) ring: &'static [AtomicU64],
    pub(crate) files: &'static Files,
    pub(crate) settings: WalSettings,
}

/// Sums since the server's start, for `pg_stat_wal`.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct WalStatistics {
    pub records: u64,
    pub images: u64,
    pub bytes: u64,
    pub writes: u64,
    pub syncs: u64,
    /// How often an insertion had to write before there was room in the ring.
    pub buffers_full: u64,
}

impl Wal {
    pub fn reserve(builder: &mut RegionBuilder, settings: &WalSettings) -> WalReservation {
        let words = settings.buffer_bytes.max(64 * 1024).next_power_of_two() / 8;
        WalReservation {
            state: builder.reserve(
                "WAL State",
                1,
                "positions, insertion slots and the write lock; an inserter or writer that dies leaves doubt",
            ),
            ring: builder.reserve("WAL Buffers", words, "bytes not yet written, each range its inserter's"),
            settings: *settings,
        }
    }

    pub fn attach(reservation: WalReservation, region: &Region, files: &'static Files) -> &'static Wal {
        Box::leak(Box::new(Wal {
            state: region.one(reservation.state),
            ring: region.slice(reservation.ring),
            files,
            settings: reservation.settings,
        }))
    }

    /// Sets the state of a log that takes no records yet: recovery runs.
    pub fn initialize(&self) {
        let state = self.state;
        for word in [&state.mode, &state.force_images, &state.delays[0], &state.delays[1]] {
            word.store(0, Ordering::SeqCst);
        }
        for word in [&state.reserved, &state.written, &state.flushed, &state.redo] {
            word.store(0, Ordering::SeqCst);
        }
        for slot in &state.slots {
            slot.position.store(0, Ordering::SeqCst);
        }
    }

    /// Opens the log for records behind `end`, where the last valid record ends; `redo` is the redo point in force.
    ///
    /// What a crash left behind `end` is zeroed first.
    pub fn start(&self, timeline: u32, end: Lsn, redo: Lsn) -> Result<()> {
        debug_assert!(end.0.is_multiple_of(8) && end >= segment::FIRST_LSN);
        segment::clean_tail(self.files, timeline, end)?;
        let state = self.state;
        for word in [&state.reserved, &state.written, &state.flushed] {
            word.store(end.0, Ordering::SeqCst);
        }
        state.redo.store(redo.0, Ordering::SeqCst);
        state.timeline.store(timeline, Ordering::SeqCst);
        state.mode.store(mode::OPEN, Ordering::SeqCst);
        Ok(())
    }

    /// Has an open log forget its records, or keep them again: for a new cluster, which is made durable as a whole before anybody
    /// relies on it. Pages changed meanwhile get the log's present end as their LSN.
    pub fn discard_records(&self, discards: bool) {
        let mode = if discards { mode::DISCARDING } else { mode::OPEN };
        self.state.mode.store(mode, Ordering::SeqCst);
    }

    /// Makes the segment that the log writes to next, without waiting until it is durable: the sync of its first record is to find
    /// most of it on the disk. The caller makes the directory durable.
    pub fn make_segment_ahead(&self) -> Result<()> {
        segment::make_ahead(self.files, self.timeline(), self.write_position())
    }

    /// Makes durable what a server that died left in the segments from `from` on: pages that are older than records which only the
    /// kernel remembers must not be written.
    pub fn sync_segments(&self, timeline: u32, from: Lsn) -> Result<()> {
        segment::sync_from(self.files, timeline, from)
    }

    /// Standby and recovery: how far the log is known to be on disk, before it accepts records.
    pub fn set_replayed_position(&self, timeline: u32, end: Lsn) {
        let state = self.state;
        state.timeline.store(timeline, Ordering::SeqCst);
        for word in [&state.reserved, &state.written, &state.flushed] {
            word.store(end.0, Ordering::SeqCst);
        }
        state.flush_advanced.announce();
    }

    /// No more records: the last one was the shutdown checkpoint.
    pub fn stop(&self) {
        self.state.mode.store(mode::CLOSED, Ordering::SeqCst);
    }

    /// False during recovery and after the shutdown checkpoint.
    pub fn accepts_records(&self) -> bool {
        self.state.mode.load(Ordering::Relaxed) != mode::CLOSED
    }

    /// Where the next record will start.
    pub fn insert_position(&self) -> Lsn {
        Lsn(self.state.reserved.load(Ordering::SeqCst))
    }

    /// Up to where the files have the log.
    pub fn write_position(&self) -> Lsn {
        Lsn(self.state.written.load(Ordering::SeqCst))
    }

    /// Up to where the log is durable.
    pub fn flush_position(&self) -> Lsn {
        Lsn(self.state.flushed.load(Ordering::SeqCst))
    }

    /// Where replay would start after a crash now.
    pub fn redo_pointer(&self) -> Lsn {
        Lsn(self.state.redo.load(Ordering::SeqCst))
    }

    pub fn timeline(&self) -> u32 {
        self.state.timeline.load(Ordering::SeqCst)
    }

    pub fn files(&self) -> &'static Files {
        self.files
    }

    pub fn settings(&self) -> &WalSettings {
        &self.settings
    }

    /// Waits until the log is durable beyond `position` or the time has passed. For senders of the log.
    pub fn wait_for_flush_beyond(&self, position: Lsn, timeout: Duration) -> Result<bool> {
        let event = WaitEvent::ActivityWalSenderMain;
        let is_beyond = || self.flush_position() > position;
        self.state.flush_advanced.wait_until_or_timeout(event, timeout, is_beyond)
    }

    pub fn statistics(&self) -> WalStatistics {
        let sum = |of: fn(&InsertionSlot) -> &AtomicU64| {
            self.state.slots.iter().map(|slot| of(slot).load(Ordering::Relaxed)).sum()
        };
        WalStatistics {
            records: sum(|slot| &slot.records),
            images: sum(|slot| &slot.images),
            bytes: sum(|slot| &slot.bytes),
            writes: self.state.writes.load(Ordering::Relaxed),
            syncs: self.state.syncs.load(Ordering::Relaxed),
            buffers_full: self.state.buffers_full.load(Ordering::Relaxed),
        }
    }

    /// Removes or recycles segments that neither recovery from `keep_from` nor anybody who `is_wanted` speaks for needs.
    pub fn remove_segments(
        &self,
        keep_from: Lsn,
        recycle: usize,
        is_wanted: impl FnMut(&str) -> bool,
    ) -> Result<(usize, usize)> {
        let end = self.insert_position();
        segment::remove_before(self.files, self.timeline(), keep_from, end, recycle, is_wanted)
    }
}
