//! What is counted of the server as a whole, besides checkpoints and the log, and where counting began anew.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use shared_memory::{IoCounter, IoPlace, ProcessKind, shared_struct};
use storage_wal::WalStatistics;

use crate::state::ServerState;

shared_struct! {
    /// Times are microseconds since 1970.
    pub struct ServerStatistics {
        /// Pages that the background writer wrote, and how often it stopped because it had written as many as it may.
        pub pages_cleaned: AtomicU64,
        pub cleaning_stopped: AtomicU64,
        pub background_writer_reset_us: AtomicI64,
        pub checkpointer_reset_us: AtomicI64,
        pub log_reset_us: AtomicI64,
        /// Taken off what others count.
        pub(crate) allocations_base: AtomicU64,
        pub(crate) log_base: [AtomicU64; 4],
    }
}

/// Statistics that are reset together: the targets of `pg_stat_reset_shared` that exist here.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SharedStatistics {
    Archiver,
    BackgroundWriter,
    Checkpointer,
    Io,
    Log,
}

impl SharedStatistics {
    pub const ALL: [SharedStatistics; 5] = [
        SharedStatistics::Archiver,
        SharedStatistics::BackgroundWriter,
        SharedStatistics::Checkpointer,
        SharedStatistics::Io,
        SharedStatistics::Log,
    ];
}

impl ServerState {
    /// Counting begins everywhere.
    pub(crate) fn start_statistics(&self, now_us: i64) {
        let server = self.statistics;
        for reset_us in
            [&server.background_writer_reset_us, &server.checkpointer_reset_us, &server.log_reset_us]
        {
            reset_us.store(now_us, Ordering::Relaxed);
        }
        self.archiver.reset(now_us);
        self.io.initialize(now_us);
        self.statements.initialize(now_us);
    }

    /// Buffers that were given to pages.
    pub fn allocated_buffers(&self) -> u64 {
        self.all_allocations().wrapping_sub(self.statistics.allocations_base.load(Ordering::Relaxed))
    }

    pub(crate) fn all_allocations(&self) -> u64 {
        let of = |kind: &ProcessKind| {
            self.io.all_of_kind(*kind)[IoPlace::RelationNormal as usize][IoCounter::Allocations as usize]
        };
        ProcessKind::ALL.iter().map(of).sum()
    }

    /// What was logged since counting began.
    pub fn log_statistics(&self) -> WalStatistics {
        let found = self.wal.statistics();
        let [records, images, bytes, buffers_full] =
            self.statistics.log_base.each_ref().map(|base| base.load(Ordering::Relaxed));
        WalStatistics {
            records: found.records.wrapping_sub(records),
            images: found.images.wrapping_sub(images),
            bytes: found.bytes.wrapping_sub(bytes),
            buffers_full: found.buffers_full.wrapping_sub(buffers_full),
            ..found
        }
    }

    /// Counting begins anew.
    pub fn reset_shared_statistics(&self, what: SharedStatistics, now_us: i64) {
        let (server, checkpoints) = (self.statistics, self.checkpoints);
        match what {
            SharedStatistics::Archiver => self.archiver.reset(now_us),
            SharedStatistics::BackgroundWriter => {
                server.pages_cleaned.store(0, Ordering::Relaxed);
                server.cleaning_stopped.store(0, Ordering::Relaxed);
                server.allocations_base.store(self.all_allocations(), Ordering::Relaxed);
                server.background_writer_reset_us.store(now_us, Ordering::Relaxed);
            }
            SharedStatistics::Checkpointer => {
                checkpoints.counters().for_each(|counter| counter.store(0, Ordering::Relaxed));
                server.checkpointer_reset_us.store(now_us, Ordering::Relaxed);
            }
            SharedStatistics::Io => self.io.reset(now_us),
            SharedStatistics::Log => {
                let found = self.wal.statistics();
                let found = [found.records, found.images, found.bytes, found.buffers_full];
                server
                    .log_base
                    .iter()
                    .zip(found)
                    .for_each(|(base, number)| base.store(number, Ordering::Relaxed));
                server.log_reset_us.store(now_us, Ordering::Relaxed);
            }
        }
    }
}
