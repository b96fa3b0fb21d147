//! What each process holds, kept where others can read it when it is dead.
//!
//! A slot is claimed at the start of a process and released at its end. Structures of other crates that have one entry per
//! process (transactions, heavyweight locks) are indexed by [`ProcessSlot::index`].
//!
//! Who runs here is a property of the thread, so that in tests a thread may stand for a process.

use std::cell::Cell;
use std::ops::Range;
use std::sync::atomic::{AtomicI32, AtomicI64, AtomicU32, AtomicU64, Ordering};

use error::{Result, error};
use system::{clock, process};

use crate::latch::Latch;
use crate::lwlock::LwLock;
use crate::region::{Region, RegionBuilder, Segment};
use crate::wait_event::WaitEvent;

/// LWLocks whose addresses a slot remembers; more are only counted.
const LOCKS_PER_SLOT: usize = 32;
/// Marks the address of a lock that is held in shared mode.
const SHARED: u64 = 1;
/// Marks the address of a lock that is held exclusively while nothing is half-changed.
const UNCHANGED: u64 = 2;
/// Pinned buffers that a slot remembers; more are only counted.
pub const PINS_PER_SLOT: usize = 64;

macro_rules! process_kinds {
    ($($variant:ident = $name:literal;)*) => {
        /// What a process is for: `pg_stat_activity`'s `backend_type`.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        #[repr(u32)]
        pub enum ProcessKind {
            $($variant,)*
        }

        impl ProcessKind {
            pub const ALL: &[ProcessKind] = &[$(ProcessKind::$variant,)*];

            pub fn name(self) -> &'static str {
                match self {
                    $(ProcessKind::$variant => $name,)*
                }
            }
        }
    };
}

process_kinds! {
    Backend = "client backend";
    Startup = "startup";
    Checkpointer = "checkpointer";
    BackgroundWriter = "background writer";
    WalWriter = "walwriter";
    Janitor = "janitor";
    AutovacuumLauncher = "autovacuum launcher";
    AutovacuumWorker = "autovacuum worker";
    Archiver = "archiver";
    Statistics = "statistics";
    Logger = "logger";
    WalSender = "walsender";
    WalReceiver = "walreceiver";
    LogicalLauncher = "logical replication launcher";
    LogicalWorker = "logical replication apply worker";
    ParallelWorker = "parallel worker";
    BackgroundWorker = "background worker";
    Standalone = "standalone backend";
}

crate::shared_struct! {
    /// One process's record. Written by its owner; read by everybody; a dead owner's is read by the janitor.
    #[repr(align(128))]
    pub struct ProcessSlot {
        /// 0 is "free".
        process: AtomicI32,
        index: AtomicU32,
        kind: AtomicU32,
        /// Counts claims, so that a reader can tell one owner from the next.
        pub generation: AtomicU32,
        pub database: AtomicU32,
        pub role: AtomicU32,
        /// Microseconds since 1970.
        pub started_us: AtomicI64,
        wait_event: AtomicU32,
        critical_depth: AtomicU32,
        /// Spinlocks, exclusive LWLocks, and shared ones that are about to be taken or released.
        doubtful_guards: AtomicU32,
        lock_count: AtomicU32,
        locks: [AtomicU64; LOCKS_PER_SLOT],
        pins: [AtomicU64; PINS_PER_SLOT],
        unrecorded_pins: AtomicU32,
        /// 1 while a pin is taken or released: it may be counted at the buffer and not here, or the reverse.
        pins_change: AtomicU32,
        pub latch: Latch,
    }
}

thread_local! {
    static CURRENT: Cell<Option<&'static ProcessSlot>> = const { Cell::new(None) };
    /// LWLock and spinlock guards alive in this thread.
    static GUARDS: Cell<u32> = const { Cell::new(0) };
}

/// The slot of the calling process.
#[inline]
pub fn current_slot() -> Option<&'static ProcessSlot> {
    CURRENT.get()
}

impl ProcessSlot {
    /// Position among all slots.
    pub fn index(&self) -> usize {
        self.index.load(Ordering::Relaxed) as usize
    }

    /// The owner's process number; 0 while the slot is free.
    pub fn process(&self) -> i32 {
        self.process.load(Ordering::Acquire)
    }

    pub fn kind(&self) -> ProcessKind {
        ProcessKind::ALL
            .get(self.kind.load(Ordering::Relaxed) as usize)
            .copied()
            .unwrap_or(ProcessKind::Backend)
    }

    pub fn set_kind(&self, kind: ProcessKind) {
        self.kind.store(kind as u32, Ordering::Relaxed);
    }

    /// What the owner sleeps on.
    pub fn wait_event(&self) -> WaitEvent {
        WaitEvent::from_number(self.wait_event.load(Ordering::Relaxed))
    }

    /// Post-mortem: whether the owner may have left a shared structure half-changed.
    pub fn left_shared_state_in_doubt(&self) -> bool {
        self.critical_depth.load(Ordering::Acquire) > 0
            || self.doubtful_guards.load(Ordering::Acquire) > 0
            || self.lock_count.load(Ordering::Acquire) as usize > LOCKS_PER_SLOT
            || self.unrecorded_pins.load(Ordering::Acquire) > 0
            || self.pins_change.load(Ordering::Acquire) > 0
    }

    /// Post-mortem: what the owner was about, for the log.
    pub fn last_doings(&self) -> String {
        let depth = self.critical_depth.load(Ordering::Acquire);
        let guards = self.doubtful_guards.load(Ordering::Acquire);
        let mut doings = format!("{depth} critical sections, {guards} exclusive locks");
        for address in self.held_locks() {
            // SAFETY: the owner noted the address of a lock in the region, which all processes have at the same place.
            let event = unsafe { (*(address as *const LwLock)).event() };
            let name = event.names().map_or("a lock", |(_, name)| name);
            doings.push_str(", ");
            doings.push_str(name);
        }
        doings
    }

    /// Whether the owner is in a critical section.
    pub fn is_critical(&self) -> bool {
        self.critical_depth.load(Ordering::Relaxed) > 0
    }

    /// Addresses of the LWLocks the owner holds or is acquiring, oldest first.
    pub fn held_locks(&self) -> Vec<u64> {
        let count = (self.lock_count.load(Ordering::Acquire) as usize).min(LOCKS_PER_SLOT);
        self.locks[..count].iter().map(|lock| lock.load(Ordering::Relaxed) & !(SHARED | UNCHANGED)).collect()
    }

    /// The janitor's: releases the LWLocks of a dead owner under which it had changed nothing, or not begun to.
    pub fn release_locks(&self) {
        let count = (self.lock_count.load(Ordering::Acquire) as usize).min(LOCKS_PER_SLOT);
        for lock in &self.locks[..count] {
            let entry = lock.load(Ordering::Relaxed);
            if entry & (SHARED | UNCHANGED) == 0 {
                continue;
            }
            // SAFETY: the owner noted the address of a lock in the region, which all processes have at the same place.
            let lock = unsafe { &*((entry & !(SHARED | UNCHANGED)) as *const LwLock) };
            if entry & SHARED != 0 {
                lock.give_back_shared();
            } else {
                lock.give_back_exclusive();
            }
        }
        self.lock_count.store(0, Ordering::Release);
    }

    fn add_doubt(&self) {
        self.doubtful_guards.store(self.doubtful_guards.load(Ordering::Relaxed) + 1, Ordering::SeqCst);
    }

    fn take_doubt(&self) {
        let doubts = self.doubtful_guards.load(Ordering::Relaxed);
        self.doubtful_guards.store(doubts.saturating_sub(1), Ordering::Release);
    }

    /// The latest entry of a lock.
    fn entry_of(&self, lock: &LwLock) -> Option<usize> {
        let count = (self.lock_count.load(Ordering::Relaxed) as usize).min(LOCKS_PER_SLOT);
        let address = std::ptr::from_ref(lock) as u64;
        self.locks[..count]
            .iter()
            .rposition(|entry| entry.load(Ordering::Relaxed) & !(SHARED | UNCHANGED) == address)
    }

    /// Notes that the owner has pinned a buffer; false when the slot has no room, and then only counts.
    pub fn record_pin(&self, buffer: u32) -> bool {
        let entry = self.pins.iter().find(|entry| entry.load(Ordering::Relaxed) == 0);
        match entry {
            Some(entry) => entry.store(u64::from(buffer) + 1, Ordering::Release),
            None => {
                self.unrecorded_pins.fetch_add(1, Ordering::Release);
            }
        }
        entry.is_some()
    }

    /// Undoes [`ProcessSlot::record_pin`].
    pub fn forget_pin(&self, buffer: u32) {
        let sought = u64::from(buffer) + 1;
        match self.pins.iter().find(|entry| entry.load(Ordering::Relaxed) == sought) {
            Some(entry) => entry.store(0, Ordering::Release),
            None => {
                self.unrecorded_pins.fetch_sub(1, Ordering::Release);
            }
        }
    }

    /// The buffers the owner has pinned; for the janitor.
    pub fn recorded_pins(&self) -> impl Iterator<Item = u32> + '_ {
        self.pins.iter().filter_map(|entry| (entry.load(Ordering::Acquire) as u32).checked_sub(1))
    }

    fn reset(&self) {
        for word in [&self.wait_event, &self.critical_depth, &self.doubtful_guards, &self.lock_count] {
            word.store(0, Ordering::Relaxed);
        }
        for word in [&self.unrecorded_pins, &self.pins_change, &self.database, &self.role] {
            word.store(0, Ordering::Relaxed);
        }
        self.pins.iter().for_each(|pin| pin.store(0, Ordering::Relaxed));
    }
}

/// Handed out by [`ProcessSlots::reserve`].
#[derive(Clone, Copy)]
pub struct ProcessSlotsReservation(Segment<ProcessSlot>);

/// All slots.
#[derive(Clone, Copy)]
pub struct ProcessSlots(&'static [ProcessSlot]);

impl ProcessSlots {
    pub fn reserve(builder: &mut RegionBuilder, count: usize) -> ProcessSlotsReservation {
        let purpose = "each owned by its process, atomics only; a dead owner's is emptied by the janitor";
        ProcessSlotsReservation(builder.reserve("Process Slots", count, purpose))
    }

    pub fn attach(reservation: ProcessSlotsReservation, region: &Region) -> ProcessSlots {
        ProcessSlots(region.slice(reservation.0))
    }

    pub fn initialize(&self) {
        for (index, slot) in self.0.iter().enumerate() {
            slot.index.store(index as u32, Ordering::Relaxed);
        }
    }

    pub fn count(&self) -> usize {
        self.0.len()
    }

    pub fn get(&self, index: usize) -> Option<&'static ProcessSlot> {
        self.0.get(index)
    }

    /// The slots in use.
    pub fn iter(&self) -> impl Iterator<Item = &'static ProcessSlot> + use<> {
        self.0.iter().filter(|slot| slot.process() != 0)
    }

    pub fn find(&self, process: i32) -> Option<&'static ProcessSlot> {
        self.iter().find(|slot| slot.process() == process)
    }

    /// Gives the calling process a free slot with an index in `range`, and makes it the owner of the slot's latch.
    ///
    /// # Errors
    /// 53300 when all are taken.
    pub fn claim(&self, kind: ProcessKind, range: Range<usize>) -> Result<SlotClaim> {
        let own = process::current();
        for slot in &self.0[range] {
            if slot.process.compare_exchange(0, own, Ordering::AcqRel, Ordering::Relaxed).is_ok() {
                slot.reset();
                slot.set_kind(kind);
                slot.generation.fetch_add(1, Ordering::Relaxed);
                slot.started_us.store(clock::wall_us(), Ordering::Relaxed);
                let claim = SlotClaim { slot, process: own };
                slot.latch.own()?;
                CURRENT.set(Some(slot));
                GUARDS.set(0);
                return Ok(claim);
            }
        }
        Err(error!(TOO_MANY_CONNECTIONS, "sorry, too many clients already"))
    }

    /// Frees a dead process's slot, after the janitor has released all that it held.
    pub fn free_dead(&self, slot: &ProcessSlot) {
        slot.latch.disown();
        slot.reset();
        slot.process.store(0, Ordering::Release);
    }
}

/// The calling process's claim on its slot, given back when dropped.
#[must_use]
pub struct SlotClaim {
    slot: &'static ProcessSlot,
    process: i32,
}

impl SlotClaim {
    pub fn slot(&self) -> &'static ProcessSlot {
        self.slot
    }
}

impl Drop for SlotClaim {
    fn drop(&mut self) {
        // A forked child that inherited the claim must not give away its parent's slot.
        if self.process == process::current() {
            CURRENT.set(None);
            self.slot.latch.disown();
            self.slot.reset();
            self.slot.process.store(0, Ordering::Release);
        }
    }
}

/// Shows an event in the process's slot until dropped, then what was shown before.
#[must_use]
pub struct Waiting(u32);

impl Waiting {
    #[inline]
    pub fn start(event: WaitEvent) -> Waiting {
        match CURRENT.get() {
            Some(slot) => {
                let before = slot.wait_event.load(Ordering::Relaxed);
                slot.wait_event.store(event as u32, Ordering::Relaxed);
                Waiting(before)
            }
            None => Waiting(0),
        }
    }
}

impl Drop for Waiting {
    #[inline]
    fn drop(&mut self) {
        if let Some(slot) = CURRENT.get() {
            slot.wait_event.store(self.0, Ordering::Relaxed);
        }
    }
}

/// Until dropped, the process's pins at the buffers and in its slot may differ.
#[must_use]
pub struct PinsChange(Option<&'static ProcessSlot>);

impl PinsChange {
    #[inline]
    pub fn start() -> PinsChange {
        let slot = CURRENT.get();
        if let Some(slot) = slot {
            slot.pins_change.store(1, Ordering::SeqCst);
        }
        PinsChange(slot)
    }
}

impl Drop for PinsChange {
    #[inline]
    fn drop(&mut self) {
        if let Some(slot) = self.0 {
            slot.pins_change.store(0, Ordering::Release);
        }
    }
}

/// Noted before the attempt: a process killed in between is taken for a holder, never the other way round.
#[inline]
pub(crate) fn note_lock_taken(lock: &LwLock) {
    note_guard_taken();
    if let Some(slot) = CURRENT.get() {
        let count = slot.lock_count.load(Ordering::Relaxed);
        if let Some(entry) = slot.locks.get(count as usize) {
            entry.store(std::ptr::from_ref(lock) as u64, Ordering::Relaxed);
        }
        slot.lock_count.store(count + 1, Ordering::Relaxed);
    }
}

/// The lock is held, in shared mode: dying now would put nothing in doubt.
#[inline]
pub(crate) fn note_lock_shared(lock: &LwLock) {
    note_harmless(lock, SHARED);
}

/// The lock is held exclusively, but dying now would put nothing in doubt.
pub(crate) fn note_lock_unchanged(lock: &LwLock) {
    note_harmless(lock, UNCHANGED);
}

#[inline]
fn note_harmless(lock: &LwLock, mark: u64) {
    if let Some(slot) = CURRENT.get()
        && let Some(at) = slot.entry_of(lock)
    {
        slot.locks[at].store(std::ptr::from_ref(lock) as u64 | mark, Ordering::Relaxed);
        slot.take_doubt();
    }
}

/// A harmless hold is about to end or to change.
#[inline]
pub(crate) fn note_lock_changing(lock: &LwLock) {
    if let Some(slot) = CURRENT.get()
        && let Some(at) = slot.entry_of(lock)
    {
        slot.add_doubt();
        slot.locks[at].store(std::ptr::from_ref(lock) as u64, Ordering::Release);
    }
}

#[inline]
pub(crate) fn note_lock_released(lock: &LwLock) {
    if let Some(slot) = CURRENT.get() {
        let count = slot.lock_count.load(Ordering::Relaxed) as usize;
        if let Some(at) = slot.entry_of(lock) {
            for next in at + 1..count.min(LOCKS_PER_SLOT) {
                slot.locks[next - 1].store(slot.locks[next].load(Ordering::Relaxed), Ordering::Relaxed);
            }
        }
        slot.lock_count.store(count.saturating_sub(1) as u32, Ordering::Relaxed);
    }
    note_guard_released();
}

#[inline]
pub(crate) fn note_guard_taken() {
    GUARDS.set(GUARDS.get() + 1);
    if let Some(slot) = CURRENT.get() {
        slot.add_doubt();
    }
}

#[inline]
pub(crate) fn note_guard_released() {
    GUARDS.set(GUARDS.get().saturating_sub(1));
    if let Some(slot) = CURRENT.get() {
        slot.take_doubt();
    }
}

pub(crate) fn guards_of_thread() -> u32 {
    GUARDS.get()
}

pub(crate) fn change_critical_depth(change: i32) {
    if let Some(slot) = CURRENT.get() {
        slot.critical_depth.fetch_add(change as u32, Ordering::AcqRel);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::critical;
    use crate::lwlock::LwLocked;
    use system::process::{Fork, exit_immediately, fork, wait_for};

    fn fresh() -> (ProcessSlots, &'static LwLocked<u64>) {
        let mut builder = RegionBuilder::new();
        let slots = ProcessSlots::reserve(&mut builder, 2);
        let word = builder.reserve::<LwLocked<u64>>("word", 1, "test");
        let region = builder.build().unwrap();
        let slots = ProcessSlots::attach(slots, &region);
        slots.initialize();
        (slots, region.one(word))
    }

    /// A dead process's slot must tell whether it died holding something that puts shared state in doubt.
    #[test]
    fn slot_tells_what_the_dead_held() {
        let (slots, word) = fresh();
        let die = |work: fn(&'static LwLocked<u64>)| {
            let Fork::Parent(child) = fork().unwrap() else {
                let claim = slots.claim(ProcessKind::Backend, 0..2).unwrap();
                claim.slot().record_pin(7);
                work(word);
                exit_immediately(0)
            };
            wait_for(child).unwrap();
            let slot = slots.find(child).unwrap();
            let found = (slot.left_shared_state_in_doubt(), slot.held_locks().len());
            assert_eq!(slot.recorded_pins().collect::<Vec<_>>(), [7]);
            slots.free_dead(slot);
            found
        };
        assert_eq!(die(|word| drop(word.write())), (false, 0));
        assert_eq!(die(|word| std::mem::forget(critical::enter().then(word))), (true, 0));
        assert_eq!(die(|word| std::mem::forget(word.write())), (true, 1));
        assert!(slots.iter().next().is_none());
    }

    impl critical::CriticalSection {
        fn then<T>(self, _: T) -> Self {
            self
        }
    }

    /// Slots run out with PostgreSQL's error and come back when given up.
    #[test]
    fn slots_run_out() {
        let (slots, _) = fresh();
        let first = slots.claim(ProcessKind::Backend, 0..1).unwrap();
        assert_eq!(current_slot().map(ProcessSlot::index), Some(0));
        let error = slots.claim(ProcessKind::Backend, 0..1).err().unwrap();
        assert_eq!(error.sqlstate().as_str(), "53300");
        drop(first);
        assert!(current_slot().is_none());
        assert_eq!(slots.claim(ProcessKind::WalWriter, 0..2).unwrap().slot().kind().name(), "walwriter");
    }
}
