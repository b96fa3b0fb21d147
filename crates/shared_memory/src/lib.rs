//! The region that all processes share: its layout, and the primitives that live in it.
//!
//! Knows no page, lock mode or transaction: those are other crates' structures, laid out here. The rules are in the README.
#![allow(unsafe_code)]

mod activity;
mod condition_variable;
pub mod critical;
mod hash_table;
mod io_statistics;
mod latch;
mod lwlock;
mod process_slot;
mod progress;
mod region;
mod ring_queue;
mod shared;
mod spinlock;
mod wait_event;

pub use activity::{
    ActivityRecord, ActivityReservation, ActivityState, ActivityTable, ActivityView, ClientPlace,
};
pub use condition_variable::ConditionVariable;
pub use hash_table::{HashTable, HashTableReservation, PartitionRead, PartitionWrite, hash_of};
pub use io_statistics::{
    IoCounter, IoCounts, IoPlace, IoReservation, IoStatistics, count_io, count_io_time, io_clock,
    log_io_clock, time_io,
};
pub use latch::{Latch, LatchOutcome, sleep};
pub use lwlock::{LwLock, LwLocked, LwLockedRead, LwLockedWrite, LwRead, LwWrite};
pub use process_slot::{
    PINS_PER_SLOT, PinsChange, ProcessKind, ProcessSlot, ProcessSlots, ProcessSlotsReservation, SlotClaim,
    Waiting, current_slot,
};
pub use progress::{
    PROGRESS_NUMBERS, Progress, ProgressCommand, ProgressNumber, ProgressReservation, ProgressTable,
};
pub use region::{Region, RegionBuilder, Segment, SegmentInformation};
pub use ring_queue::{RingQueue, RingQueueReservation};
pub use shared::{CacheLine, Plain, Shared};
pub use spinlock::{SpinGuard, SpinLock, SpinLocked, SpinLockedGuard};
pub use wait_event::WaitEvent;
