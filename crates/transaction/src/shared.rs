//! What all processes know of each other's transactions, and the questions they ask of it.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

use common::{CommandId, Lsn, Oid, TransactionId};
use error::{Result, bail};
use shared_memory::{LwLock, Region, RegionBuilder, Segment, WaitEvent, current_slot};
use storage_buffer::BufferPool;
use storage_wal::Wal;

use crate::commit_log::{self, Outcome};
use crate::parents;
use crate::snapshot::{Snapshot, SnapshotKind};

/// Subtransactions that a slot lists; more are found by way of their parents.
const LISTED: usize = 64;
/// Object identifiers that are logged ahead, so that a crash repeats none.
const OID_STEP: u32 = 8192;

shared_memory::shared_struct! {
    /// One process's transaction. Written by its owner, with [`Central::running_lock`] as told at each field.
    #[repr(align(128))]
    struct Entry {
        /// The transaction; set under the xid lock, cleared under the running lock.
        xid: AtomicU64,
        /// The oldest transaction that the owner's snapshots count as running. Set under the running lock, shared.
        xmin: AtomicU64,
        /// Counts transactions, also those without a number.
        virtual_number: AtomicU64,
        /// A transaction runs, with or without a number or snapshot.
        is_active: AtomicU32,
        database: AtomicU32,
        /// 1 while the owner vacuums: its xmin holds no other vacuum back.
        is_vacuum: AtomicU32,
        sub_count: AtomicU32,
        has_overflowed: AtomicU32,
        subs: [AtomicU64; LISTED],
        /// Where in the log to look for files that the transaction made or that its end removes; 0 if there are none.
        files_since: AtomicU64,
    }

    struct Central {
        /// Guards the assignment of numbers.
        xid_lock: LwLock,
        /// Exclusive to end a transaction, shared to look at who runs.
        running_lock: LwLock,
        oid_lock: LwLock,
        lock_set_lock: LwLock,
        next_xid: AtomicU64,
        /// The newest transaction that has ended.
        latest_completed: AtomicU64,
        /// Counts ends of transactions: a snapshot is good as long as it stands still.
        completions: AtomicU64,
        next_oid: AtomicU32,
        logged_oid: AtomicU32,
        /// The end of the newest commit record that nobody waited for.
        asynchronous_commit: AtomicU64,
    }
}

pub struct SharedReservation {
    central: Segment<Central>,
    entries: Segment<Entry>,
}

/// What a dead process left of its transaction.
pub struct DeadTransaction {
    pub xid: TransactionId,
    /// Without those beyond the first 64.
    pub subtransactions: Vec<TransactionId>,
    /// Where in the log its files begin.
    pub files_since: Option<Lsn>,
}

/// The shared tables of transactions.
#[derive(Clone, Copy)]
pub struct TransactionTables {
    central: &'static Central,
    entries: &'static [Entry],
    pool: &'static BufferPool,
    wal: &'static Wal,
}

impl TransactionTables {
    pub fn view(self) -> TransactionSystem {
        TransactionSystem {
            central: self.central,
            entries: self.entries,
            pool: self.pool,
            wal: self.wal,
            cached: RefCell::new(None),
            outcomes: Cell::new([(TransactionId::INVALID, Outcome::RolledBack); 2]),
            commit_delay: Cell::default(),
        }
    }
}

/// The shared state of transactions, as one process sees it.
pub struct TransactionSystem {
    central: &'static Central,
    entries: &'static [Entry],
    pub(crate) pool: &'static BufferPool,
    pub(crate) wal: &'static Wal,
    /// The newest snapshot and the count of completions that it belongs to.
    cached: RefCell<Option<(u64, Rc<Snapshot>)>>,
    /// Outcomes asked for last.
    outcomes: Cell<[(TransactionId, Outcome); 2]>,
    /// How long a commit waits for companions, and how many others must be running.
    commit_delay: Cell<(Duration, usize)>,
}

/// Gives out object identifiers.
pub trait OidSource {
    /// A number that was not given out since the last wrap; the caller checks that nothing has it.
    fn next_oid(&self) -> Result<Oid>;
}

impl TransactionSystem {
    pub fn reserve(builder: &mut RegionBuilder, processes: usize) -> SharedReservation {
        let purpose =
            "Running transactions; running_lock and xid_lock; a dead owner's entry is ended by the janitor.";
        SharedReservation {
            central: builder.reserve("Transaction Counters", 1, purpose),
            entries: builder.reserve("Running Transactions", processes, purpose),
        }
    }

    pub fn attach(
        reservation: SharedReservation,
        region: &Region,
        pool: &'static BufferPool,
        wal: &'static Wal,
    ) -> TransactionSystem {
        let (central, entries) = (region.one(reservation.central), region.slice(reservation.entries));
        TransactionTables { central, entries, pool, wal }.view()
    }

    /// The shared tables themselves, from which another process (in tests, a thread) makes its own view.
    pub fn tables(&self) -> TransactionTables {
        TransactionTables { central: self.central, entries: self.entries, pool: self.pool, wal: self.wal }
    }

    /// Sets the counters; before anybody runs, also after a crash.
    pub fn initialize(&self, next_xid: TransactionId, next_oid: Oid) {
        let central = self.central;
        central.xid_lock.initialize(WaitEvent::LwlockXidGen);
        central.running_lock.initialize(WaitEvent::LwlockProcArray);
        central.oid_lock.initialize(WaitEvent::LwlockOidGen);
        central.lock_set_lock.initialize(WaitEvent::LwlockMultiXactGen);
        self.set_next(next_xid, next_oid);
        central.completions.store(1, Ordering::Relaxed);
    }

    /// What recovery found out. Nobody runs yet.
    pub fn set_next(&self, next_xid: TransactionId, next_oid: Oid) {
        let central = self.central;
        let next_xid = next_xid.max(TransactionId::FIRST_NORMAL);
        central.next_xid.store(next_xid.0, Ordering::Relaxed);
        central.latest_completed.store(next_xid.0 - 1, Ordering::Relaxed);
        central.next_oid.store(next_oid.0, Ordering::Relaxed);
        central.logged_oid.store(next_oid.0, Ordering::Relaxed);
    }

    pub fn next_xid(&self) -> TransactionId {
        TransactionId(self.central.next_xid.load(Ordering::Acquire))
    }

    /// The first object identifier that a crash could make us give out again.
    pub fn next_oid_to_log(&self) -> Oid {
        Oid(self.central.logged_oid.load(Ordering::Acquire))
    }

    fn mine(&self) -> &'static Entry {
        match current_slot() {
            Some(slot) => &self.entries[slot.index()],
            None => panic!("a process without a slot runs a transaction"),
        }
    }

    /// Starts a transaction without a number; gives its virtual number.
    pub(crate) fn start(&self, database: Oid) -> u64 {
        let mine = self.mine();
        mine.database.store(database.0, Ordering::Relaxed);
        mine.is_active.store(1, Ordering::SeqCst);
        mine.virtual_number.fetch_add(1, Ordering::SeqCst) + 1
    }

    /// Marks the caller's snapshots as not needed by others, for the time of a vacuum.
    pub fn set_vacuum(&self, is_vacuum: bool) {
        self.mine().is_vacuum.store(is_vacuum.into(), Ordering::Release);
    }

    /// Gives the caller's transaction (or, with a parent, its subtransaction) a number and shows it to everybody.
    pub(crate) fn assign(&self, parent: Option<TransactionId>) -> Result<TransactionId> {
        let mine = self.mine();
        let _guard = self.central.xid_lock.write();
        let xid = self.next_xid();
        // Pages are made before the number is shown, so that a full disk is an error here and not at commit.
        commit_log::pin(self.pool, xid)?;
        if let Some(parent) = parent {
            let mut page =
                commit_log::pin_page(self.pool, parents::FILE, parents::block_of(xid))?.exclusive();
            commit_log::prepare(&mut page);
            parents::set(&mut page, xid, parent);
            page.mark_dirty();
        }
        // Whoever sees the next number must see this one as running.
        match parent {
            None => mine.xid.store(xid.0, Ordering::Release),
            Some(_) => {
                let count = mine.sub_count.load(Ordering::Relaxed) as usize;
                if count < LISTED {
                    mine.subs[count].store(xid.0, Ordering::Relaxed);
                    mine.sub_count.store(count as u32 + 1, Ordering::Release);
                } else {
                    mine.has_overflowed.store(1, Ordering::Release);
                }
            }
        }
        self.central.next_xid.store(xid.0 + 1, Ordering::Release);
        Ok(xid)
    }

    /// A number for a set of lockers: it never runs and never commits.
    pub(crate) fn assign_lock_set(&self) -> (TransactionId, shared_memory::LwWrite<'static>) {
        let guard = self.central.lock_set_lock.write();
        let _xid_guard = self.central.xid_lock.write();
        let xid = self.next_xid();
        self.central.next_xid.store(xid.0 + 1, Ordering::Release);
        (xid, guard)
    }

    pub(crate) fn lock_sets(&self) -> shared_memory::LwRead<'static> {
        self.central.lock_set_lock.read()
    }

    /// Ends the caller's transaction in the eyes of everybody. Its outcome has been recorded.
    pub(crate) fn end(&self, newest: Option<TransactionId>) {
        let entry = self.mine();
        entry.is_active.store(0, Ordering::Release);
        let Some(newest) = newest else {
            entry.xmin.store(0, Ordering::Release);
            return;
        };
        let _guard = self.central.running_lock.write();
        self.clear(entry);
        self.complete(newest);
    }

    fn clear(&self, entry: &Entry) {
        entry.xid.store(0, Ordering::Relaxed);
        entry.xmin.store(0, Ordering::Relaxed);
        entry.is_vacuum.store(0, Ordering::Relaxed);
        entry.is_active.store(0, Ordering::Release);
        entry.sub_count.store(0, Ordering::Relaxed);
        entry.has_overflowed.store(0, Ordering::Relaxed);
        entry.files_since.store(0, Ordering::Relaxed);
    }

    /// The caller holds the running lock exclusively.
    fn complete(&self, newest: TransactionId) {
        self.central.latest_completed.fetch_max(newest.0, Ordering::Relaxed);
        self.central.completions.fetch_add(1, Ordering::Release);
    }

    /// Takes rolled-back subtransactions off the caller's list. `xids` may be any of its subtransactions.
    pub(crate) fn forget_subtransactions(&self, xids: &[TransactionId]) {
        let Some(newest) = xids.iter().max() else { return };
        let mine = self.mine();
        let _guard = self.central.running_lock.write();
        let count = mine.sub_count.load(Ordering::Relaxed) as usize;
        let mut kept = 0;
        for at in 0..count {
            let xid = mine.subs[at].load(Ordering::Relaxed);
            if !xids.contains(&TransactionId(xid)) {
                mine.subs[kept].store(xid, Ordering::Relaxed);
                kept += 1;
            }
        }
        mine.sub_count.store(kept as u32, Ordering::Relaxed);
        self.complete(*newest);
    }

    /// Tells the janitor, in case it comes to that, that the log from here on says which files the caller's transaction makes and
    /// which its end removes.
    pub(crate) fn note_files(&self) {
        let since = &self.mine().files_since;
        if since.load(Ordering::Relaxed) == 0 {
            since.store(self.wal.insert_position().0, Ordering::Release);
        }
    }

    /// What a process that died left of its transaction; `None` if it had no number.
    pub fn dead(&self, slot: usize) -> Option<DeadTransaction> {
        let entry = &self.entries[slot];
        let xid = TransactionId(entry.xid.load(Ordering::Acquire));
        let subs = entry.subs.iter().take(entry.sub_count.load(Ordering::Acquire) as usize);
        let since = entry.files_since.load(Ordering::Acquire);
        xid.is_valid().then(|| DeadTransaction {
            xid,
            subtransactions: subs.map(|sub| TransactionId(sub.load(Ordering::Relaxed))).collect(),
            files_since: (since != 0).then_some(Lsn(since)),
        })
    }

    /// Ends the transaction of a process that died; unless it had committed already, it counts as rolled back. What it logged is
    /// durable.
    pub fn end_dead(&self, slot: usize) {
        let newest =
            self.dead(slot).map(|dead| dead.subtransactions.into_iter().fold(dead.xid, TransactionId::max));
        let _guard = self.central.running_lock.write();
        self.clear(&self.entries[slot]);
        if let Some(newest) = newest {
            self.complete(newest);
        }
    }

    /// A snapshot of now. Cheap when no transaction has ended since the last. The caller's xmin is set if it had none.
    pub(crate) fn take_snapshot(&self, own: &[TransactionId], command: CommandId) -> Rc<Snapshot> {
        let mine = self.mine();
        let guard = self.central.running_lock.read();
        let completions = self.central.completions.load(Ordering::Acquire);
        let mut cached = self.cached.borrow_mut();
        if let Some((count, snapshot)) = &mut *cached
            && *count == completions
        {
            let _ = mine.xmin.compare_exchange(0, snapshot.xmin.0, Ordering::AcqRel, Ordering::Relaxed);
            drop(guard);
            if snapshot.command != command {
                Rc::make_mut(snapshot).command = command;
            }
            return snapshot.clone();
        }
        let xmax = TransactionId(self.central.latest_completed.load(Ordering::Relaxed) + 1);
        let mut reused = match cached.take() {
            Some((_, snapshot)) => {
                Rc::try_unwrap(snapshot).map(|snapshot| snapshot.running).unwrap_or_default()
            }
            None => Vec::new(),
        };
        reused.clear();
        let mut has_overflowed = false;
        for entry in self.entries.iter().filter(|entry| !std::ptr::eq(*entry, mine)) {
            let xid = TransactionId(entry.xid.load(Ordering::Acquire));
            if !xid.is_valid() || xid >= xmax {
                continue;
            }
            reused.push(xid);
            has_overflowed |= entry.has_overflowed.load(Ordering::Acquire) != 0;
            let subs = entry.subs.iter().take(entry.sub_count.load(Ordering::Acquire) as usize);
            reused.extend(subs.map(|sub| TransactionId(sub.load(Ordering::Relaxed))));
        }
        reused.sort_unstable();
        let oldest_running = reused.first().copied().unwrap_or(xmax);
        let xmin = own.iter().copied().fold(oldest_running, TransactionId::min);
        let _ = mine.xmin.compare_exchange(0, xmin.0, Ordering::AcqRel, Ordering::Relaxed);
        drop(guard);
        let snapshot = Rc::new(Snapshot {
            kind: SnapshotKind::Mvcc,
            xmin,
            xmax,
            running: reused,
            has_overflowed,
            command,
        });
        *cached = Some((completions, snapshot.clone()));
        snapshot
    }

    /// Which snapshot the next one may be a copy of.
    pub(crate) fn cached_snapshot(&self) -> Option<*const Snapshot> {
        self.cached.borrow().as_ref().map(|(_, snapshot)| Rc::as_ptr(snapshot))
    }

    /// The caller needs no snapshot at the moment, or one no older than `xmin`.
    pub(crate) fn set_xmin(&self, xmin: TransactionId) {
        self.mine().xmin.store(xmin.0, Ordering::Release);
    }

    /// Transactions before this one are of no interest to any snapshot: row versions that they deleted can go.
    ///
    /// With a database, sessions of other databases do not count, as they cannot see its tables.
    pub fn oldest_visible(&self, database: Option<Oid>) -> TransactionId {
        let mine = current_slot().map(|slot| slot.index());
        let _guard = self.central.running_lock.read();
        let mut oldest = TransactionId(self.central.latest_completed.load(Ordering::Relaxed) + 1);
        for (index, entry) in self.entries.iter().enumerate() {
            let other = Oid(entry.database.load(Ordering::Relaxed));
            let concerned = database.is_none_or(|database| other == database || !other.is_valid());
            if !concerned || (entry.is_vacuum.load(Ordering::Acquire) != 0 && Some(index) != mine) {
                continue;
            }
            for number in [entry.xmin.load(Ordering::Acquire), entry.xid.load(Ordering::Acquire)] {
                if number != 0 {
                    oldest = oldest.min(TransactionId(number));
                }
            }
        }
        oldest
    }

    /// The oldest number among running transactions; the next one if there are none.
    pub fn oldest_running(&self) -> TransactionId {
        let _guard = self.central.running_lock.read();
        let running = self.entries.iter().map(|entry| entry.xid.load(Ordering::Acquire));
        running.filter(|xid| *xid != 0).map(TransactionId).fold(self.next_xid(), TransactionId::min)
    }

    /// Has whoever flushes a commit wait so long before it, if so many other transactions run that may join.
    pub fn delay_commits(&self, delay: Duration, siblings: usize) {
        self.commit_delay.set((delay, siblings));
    }

    /// Waits as [`TransactionSystem::delay_commits`] said.
    pub(crate) fn await_companions(&self) {
        let (delay, siblings) = self.commit_delay.get();
        if delay.is_zero() {
            return;
        }
        // The own one still counts as running.
        let running = self.entries.iter().filter(|entry| entry.xid.load(Ordering::Relaxed) != 0);
        if running.count() > siblings {
            // No latch: who leads has interrupts held off, and nobody is to wake it.
            std::thread::sleep(delay);
        }
    }

    /// The process slot and virtual number of each other process that runs a transaction, whether it has seen anything or not.
    pub fn active(&self) -> Vec<(usize, u64)> {
        let mine = current_slot().map(|slot| slot.index());
        let others = self.entries.iter().enumerate().filter(|(slot, _)| Some(*slot) != mine);
        let number = |entry: &Entry| {
            let number = entry.virtual_number.load(Ordering::SeqCst);
            (entry.is_active.load(Ordering::SeqCst) != 0).then_some(number)
        };
        others.filter_map(|(slot, entry)| Some((slot, number(entry)?))).collect()
    }

    /// Whether the transactions that [`TransactionSystem::active`] gave are all over.
    pub fn have_ended(&self, active: &[(usize, u64)]) -> bool {
        let now = self.active();
        !active.iter().any(|known| now.contains(known))
    }

    /// The process slot, virtual number, transaction and xmin of each process that runs a transaction.
    pub fn running(&self) -> Vec<(usize, u64, TransactionId, TransactionId)> {
        let entries = self.entries.iter().enumerate();
        let known = entries.map(|(slot, entry)| {
            (
                slot,
                entry.virtual_number.load(Ordering::Acquire),
                TransactionId(entry.xid.load(Ordering::Acquire)),
                TransactionId(entry.xmin.load(Ordering::Acquire)),
            )
        });
        known.filter(|(_, _, xid, xmin)| xid.is_valid() || xmin.is_valid()).collect()
    }

    /// Whether a transaction or subtransaction of any process, the caller's included, is running now.
    pub fn is_running(&self, xid: TransactionId) -> Result<bool> {
        if !xid.is_normal() || self.outcomes.get().iter().any(|(known, _)| *known == xid) {
            return Ok(false);
        }
        if let Some((_, snapshot)) = &*self.cached.borrow()
            && xid < snapshot.xmin
        {
            return Ok(false);
        }
        let mut has_overflowed = false;
        {
            let _guard = self.central.running_lock.read();
            if xid.0 > self.central.latest_completed.load(Ordering::Relaxed) {
                // Numbers of lock sets are beyond it too, but nobody asks for those.
                return Ok(xid < self.next_xid());
            }
            for entry in self.entries {
                let top = TransactionId(entry.xid.load(Ordering::Acquire));
                if top == xid {
                    return Ok(true);
                }
                if !top.is_valid() || top > xid {
                    continue;
                }
                let subs = entry.subs.iter().take(entry.sub_count.load(Ordering::Acquire) as usize);
                if subs.map(|sub| sub.load(Ordering::Relaxed)).any(|sub| sub == xid.0) {
                    return Ok(true);
                }
                has_overflowed |= entry.has_overflowed.load(Ordering::Acquire) != 0;
            }
        }
        if !has_overflowed {
            return Ok(false);
        }
        let top = parents::topmost(self.pool, xid)?;
        let _guard = self.central.running_lock.read();
        Ok(top != xid && self.entries.iter().any(|entry| entry.xid.load(Ordering::Acquire) == top.0))
    }

    /// Whether a transaction committed. The caller has made sure that it is not running any more.
    pub fn has_committed(&self, xid: TransactionId) -> Result<bool> {
        match xid {
            TransactionId::BOOTSTRAP | TransactionId::FROZEN => return Ok(true),
            TransactionId::INVALID => return Ok(false),
            _ => {}
        }
        let known = self.outcomes.get();
        if let Some((_, outcome)) = known.iter().find(|(other, _)| *other == xid) {
            return Ok(*outcome == Outcome::Committed);
        }
        let mut outcome = commit_log::read(self.pool, xid)?;
        if outcome == Outcome::AsParent {
            let top = parents::topmost(self.pool, xid)?;
            let committed = top != xid && commit_log::read(self.pool, top)? == Outcome::Committed;
            outcome = if committed { Outcome::Committed } else { Outcome::RolledBack };
        }
        self.outcomes.set([(xid, outcome), known[0]]);
        Ok(outcome == Outcome::Committed)
    }

    /// Whether the snapshot counts a transaction as still running.
    pub fn is_running_in(&self, xid: TransactionId, snapshot: &Snapshot) -> Result<bool> {
        match snapshot.was_running(xid) {
            Some(running) => Ok(running),
            None => {
                let top = parents::topmost(self.pool, xid)?;
                Ok(snapshot.was_running(top) == Some(true))
            }
        }
    }

    /// The transaction that a subtransaction belongs to; itself if it is none.
    pub fn topmost(&self, xid: TransactionId) -> Result<TransactionId> {
        parents::topmost(self.pool, xid)
    }

    /// Whether a page may be marked with the outcome of a committed transaction: the commit must be durable before
    /// the mark can be.
    pub fn may_hint(&self) -> bool {
        let newest = Lsn(self.central.asynchronous_commit.load(Ordering::Acquire));
        newest <= self.wal.flush_position()
    }

    pub(crate) fn note_asynchronous_commit(&self, end: Lsn) {
        self.central.asynchronous_commit.fetch_max(end.0, Ordering::AcqRel);
    }

    pub(crate) fn give_oid(&self, log: impl FnOnce(Oid) -> Result<()>) -> Result<Oid> {
        let central = self.central;
        let _guard = central.oid_lock.write();
        let mut oid = central.next_oid.load(Ordering::Relaxed);
        if oid < Oid::FIRST_NORMAL.0 {
            // Wrapped around: the low numbers belong to the system.
            oid = Oid::FIRST_NORMAL.0;
            central.logged_oid.store(oid, Ordering::Relaxed);
        }
        if oid >= central.logged_oid.load(Ordering::Relaxed) {
            let ahead = oid.saturating_add(OID_STEP);
            log(Oid(ahead))?;
            central.logged_oid.store(ahead, Ordering::Relaxed);
        }
        if oid == u32::MAX {
            bail!(PROGRAM_LIMIT_EXCEEDED, "out of object identifiers");
        }
        central.next_oid.store(oid + 1, Ordering::Relaxed);
        Ok(Oid(oid))
    }
}
