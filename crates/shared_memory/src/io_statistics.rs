//! What each process reads and writes: `pg_stat_io`.
//!
//! One record for each process slot, which its owner alone writes, with plain stores. What a slot's former owner counted is added to
//! the sums of its kind when the slot is claimed again. A reset keeps what there is as a base to be taken off, so that it races with nobody.

use std::cell::Cell;
use std::sync::atomic::{AtomicI64, AtomicU32, AtomicU64, Ordering};
use std::time::Instant;

use crate::process_slot::ProcessKind;
use crate::region::{Region, RegionBuilder, Segment};

macro_rules! numbered {
    ($(#[$attribute:meta])* $name:ident { $($(#[$comment:meta])* $variant:ident),* $(,)? }) => {
        $(#[$attribute])*
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        #[repr(usize)]
        pub enum $name { $($(#[$comment])* $variant),* }

        impl $name {
            pub const ALL: &[$name] = &[$($name::$variant),*];
            pub const COUNT: usize = $name::ALL.len();
        }
    };
}

numbered! {
    /// What is read or written, and why: object and context of `pg_stat_io`.
    IoPlace { RelationBulkRead, RelationBulkWrite, RelationNormal, RelationVacuum, LogInit, LogNormal }
}

numbered! {
    /// What is counted. Times are nanoseconds, and only counted when the process was told to.
    IoCounter {
        Reads, ReadBytes, ReadTime,
        Writes, WriteBytes, WriteTime,
        Extends, ExtendBytes, ExtendTime,
        Hits,
        Evictions,
        Reuses,
        Syncs, SyncTime,
        /// Pages that the kernel was asked to begin writing to the disk.
        Writebacks, WritebackTime,
        /// Buffers that were given to pages.
        Allocations,
    }
}

/// Kinds that a sum is kept for.
const KINDS: usize = ProcessKind::ALL.len();

/// Numbers by place and counter.
pub type IoCounts = [[u64; IoCounter::COUNT]; IoPlace::COUNT];

crate::shared_struct! {
    struct Sums {
        counts: [[AtomicU64; IoCounter::COUNT]; IoPlace::COUNT],
    }

    /// A process's numbers, and those that it had when it was reset.
    #[repr(align(128))]
    struct Record {
        /// The owner's kind plus one; 0 for none.
        kind: AtomicU32,
        reset_us: AtomicI64,
        own: Sums,
        base: Sums,
    }

    struct Header {
        reset_us: AtomicI64,
    }
}

thread_local! {
    static OWN: Cell<Option<&'static Record>> = const { Cell::new(None) };
    /// Whether times are taken: of relations, of the log.
    static IS_TIMED: Cell<(bool, bool)> = const { Cell::new((false, false)) };
}

/// Counts for this process; nothing before it has a record.
#[inline]
pub fn count_io(place: IoPlace, counter: IoCounter, more: u64) {
    if let Some(record) = OWN.get() {
        let counter = &record.own.counts[place as usize][counter as usize];
        counter.store(counter.load(Ordering::Relaxed).wrapping_add(more), Ordering::Relaxed);
    }
}

/// The start of reading or writing a relation, if this process takes its time.
#[inline]
pub fn io_clock() -> Option<Instant> {
    IS_TIMED.get().0.then(Instant::now)
}

/// The same for the log.
#[inline]
pub fn log_io_clock() -> Option<Instant> {
    IS_TIMED.get().1.then(Instant::now)
}

/// Adds the time since then; gives it in nanoseconds.
pub fn count_io_time(place: IoPlace, counter: IoCounter, start: Option<Instant>) -> u64 {
    let Some(start) = start else { return 0 };
    let time_ns = start.elapsed().as_nanos() as u64;
    count_io(place, counter, time_ns);
    time_ns
}

/// Whether this process takes times from now on, of relations and of the log.
pub fn time_io(relations: bool, log: bool) {
    IS_TIMED.set((relations, log));
}

/// Handed out by [`IoStatistics::reserve`].
#[derive(Clone, Copy)]
pub struct IoReservation {
    header: Segment<Header>,
    records: Segment<Record>,
    sums: Segment<Sums>,
    bases: Segment<Sums>,
}

/// The numbers of all processes.
#[derive(Clone, Copy)]
pub struct IoStatistics {
    header: &'static Header,
    records: &'static [Record],
    /// By kind: of processes that are gone, and what a reset takes off.
    sums: &'static [Sums],
    bases: &'static [Sums],
}

impl IoStatistics {
    pub fn reserve(builder: &mut RegionBuilder, processes: usize) -> IoReservation {
        let purpose =
            "reads and writes, each record its process's, atomics only; a dead owner's is summed up later";
        IoReservation {
            header: builder.reserve("IO Statistics", 1, purpose),
            records: builder.reserve("IO Statistics", processes, purpose),
            sums: builder.reserve("IO Statistics", KINDS, purpose),
            bases: builder.reserve("IO Statistics", KINDS, purpose),
        }
    }

    pub fn attach(reservation: IoReservation, region: &Region) -> IoStatistics {
        IoStatistics {
            header: region.one(reservation.header),
            records: region.slice(reservation.records),
            sums: region.slice(reservation.sums),
            bases: region.slice(reservation.bases),
        }
    }

    pub fn initialize(&self, now_us: i64) {
        self.header.reset_us.store(now_us, Ordering::Relaxed);
    }

    /// The calling process, which has just claimed the slot, counts there from now on.
    pub fn begin(&self, slot: usize, kind: ProcessKind) {
        let record = &self.records[slot];
        if let Some(before) = (record.kind.load(Ordering::Relaxed) as usize).checked_sub(1) {
            self.sums[before].add(&record.own.read());
        }
        record.own.write(&[[0; IoCounter::COUNT]; IoPlace::COUNT]);
        record.base.write(&[[0; IoCounter::COUNT]; IoPlace::COUNT]);
        record.reset_us.store(0, Ordering::Relaxed);
        record.kind.store(kind as u32 + 1, Ordering::Relaxed);
        OWN.set(Some(record));
    }

    /// What processes of a kind have counted since the last reset.
    pub fn of_kind(&self, kind: ProcessKind) -> IoCounts {
        subtract(self.all_of_kind(kind), &self.bases[kind as usize].read())
    }

    /// What the process in a slot has counted, and when it was reset; 0 for never.
    pub fn of_slot(&self, slot: usize) -> (IoCounts, i64) {
        let record = &self.records[slot];
        (subtract(record.own.read(), &record.base.read()), record.reset_us.load(Ordering::Relaxed))
    }

    pub fn reset_us(&self) -> i64 {
        self.header.reset_us.load(Ordering::Relaxed)
    }

    /// Counting by kind begins anew.
    pub fn reset(&self, now_us: i64) {
        for kind in ProcessKind::ALL {
            self.bases[*kind as usize].write(&self.all_of_kind(*kind));
        }
        self.header.reset_us.store(now_us, Ordering::Relaxed);
    }

    /// Counting begins anew for the process in a slot.
    pub fn reset_slot(&self, slot: usize, now_us: i64) {
        let record = &self.records[slot];
        record.base.write(&record.own.read());
        record.reset_us.store(now_us, Ordering::Relaxed);
    }

    /// Puts back what was kept of an earlier run of the server.
    pub fn restore(&self, kind: ProcessKind, counts: &IoCounts, reset_us: i64) {
        self.sums[kind as usize].add(counts);
        self.header.reset_us.store(reset_us, Ordering::Relaxed);
    }

    /// What processes of a kind have counted since the server started.
    pub fn all_of_kind(&self, kind: ProcessKind) -> IoCounts {
        let mut counts = self.sums[kind as usize].read();
        for record in
            self.records.iter().filter(|record| record.kind.load(Ordering::Relaxed) == kind as u32 + 1)
        {
            for (sums, own) in counts.iter_mut().zip(record.own.read()) {
                sums.iter_mut().zip(own).for_each(|(sum, more)| *sum = sum.wrapping_add(more));
            }
        }
        counts
    }
}

fn subtract(mut counts: IoCounts, base: &IoCounts) -> IoCounts {
    for (counts, base) in counts.iter_mut().zip(base) {
        counts.iter_mut().zip(base).for_each(|(count, less)| *count = count.saturating_sub(*less));
    }
    counts
}

impl Sums {
    fn read(&self) -> IoCounts {
        std::array::from_fn(|place| {
            std::array::from_fn(|counter| self.counts[place][counter].load(Ordering::Relaxed))
        })
    }

    fn write(&self, counts: &IoCounts) {
        for (own, counts) in self.counts.iter().zip(counts) {
            own.iter().zip(counts).for_each(|(own, count)| own.store(*count, Ordering::Relaxed));
        }
    }

    fn add(&self, counts: &IoCounts) {
        for (own, counts) in self.counts.iter().zip(counts) {
            for (own, count) in own.iter().zip(counts).filter(|(_, count)| **count > 0) {
                own.fetch_add(*count, Ordering::Relaxed);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A slot's next owner begins at zero, the sums of kinds stay, and resets take off what was counted before.
    #[test]
    fn sums_survive_their_processes() {
        let mut builder = RegionBuilder::new();
        let reservation = IoStatistics::reserve(&mut builder, 2);
        let table = IoStatistics::attach(reservation, &builder.build().unwrap());
        table.initialize(1);
        let hits = |counts: IoCounts| counts[IoPlace::RelationNormal as usize][IoCounter::Hits as usize];
        table.begin(0, ProcessKind::Backend);
        count_io(IoPlace::RelationNormal, IoCounter::Hits, 5);
        table.reset_slot(0, 2);
        assert_eq!((hits(table.of_slot(0).0), hits(table.of_kind(ProcessKind::Backend))), (0, 5));
        table.begin(0, ProcessKind::Startup);
        count_io(IoPlace::RelationNormal, IoCounter::Hits, 2);
        assert_eq!((hits(table.of_slot(0).0), table.of_slot(0).1), (2, 0));
        assert_eq!(hits(table.of_kind(ProcessKind::Backend)), 5);
        table.reset(3);
        count_io(IoPlace::RelationNormal, IoCounter::Hits, 1);
        assert_eq!(hits(table.of_kind(ProcessKind::Backend)), 0);
        assert_eq!((hits(table.of_kind(ProcessKind::Startup)), table.reset_us()), (1, 3));
        let mut kept = [[0; IoCounter::COUNT]; IoPlace::COUNT];
        kept[IoPlace::RelationNormal as usize][IoCounter::Hits as usize] = 7;
        table.restore(ProcessKind::Startup, &kept, 9);
        assert_eq!((hits(table.of_kind(ProcessKind::Startup)), table.reset_us()), (8, 9));
        OWN.set(None);
    }
}
