//! One process's transaction: its numbers, commands, savepoints and snapshots.
//!
//! What else happens when a transaction ends (caches, portals, files, locks) is listed in one place by the session layer,
//! which calls [`Session::record_commit`] or [`Session::record_rollback`] and then [`Session::finish`].

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use common::{CommandId, Lsn, Oid, RelationFile, TransactionId};
use error::{Result, Severity, bail, error};
use shared_memory::critical;
use storage_buffer::{ExclusivePage, LogFlags};
use storage_lock::LockManager;
use storage_wal::log_kind;

use crate::commit_log::{self, Outcome};
use crate::parents;
use crate::record::{CommitRecord, MANAGER, RecordKind, put_xids};
use crate::shared::{OidSource, TransactionSystem};
use crate::snapshot::{Snapshot, SnapshotKind};

/// Isolation levels that exist.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub enum Isolation {
    #[default]
    ReadCommitted,
    RepeatableRead,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum TransactionState {
    #[default]
    None,
    Running,
}

/// A transaction (the first) or a subtransaction.
#[derive(Debug, Default)]
struct Level {
    xid: Option<TransactionId>,
    /// Subtransactions of this level that committed.
    children: Vec<TransactionId>,
    /// Files that came to be at this level: they go when it is rolled back.
    created: Vec<RelationFile>,
    /// Files that go when everything commits.
    dropped: Vec<RelationFile>,
}

/// Children of other commit log pages that one record can name with their pages of parents.
const CHILDREN_PER_RECORD: usize = 1000;

/// The transaction of one process.
pub struct Session {
    system: TransactionSystem,
    locks: LockManager,
    state: Cell<TransactionState>,
    levels: RefCell<Vec<Level>>,
    command: Cell<CommandId>,
    /// The current command number was used to write something.
    command_used: Cell<bool>,
    isolation: Cell<Isolation>,
    read_only: Cell<bool>,
    database: Cell<Oid>,
    /// The snapshot of a repeatable-read transaction.
    fixed: RefCell<Option<Rc<Snapshot>>>,
    /// Snapshots that are in use somewhere.
    held: RefCell<Vec<std::rc::Weak<Snapshot>>>,
    virtual_number: Cell<u64>,
    /// Microseconds since 1970.
    started_us: Cell<i64>,
    /// Numbers of the levels, for [`Session::is_own`], all of them in ascending order.
    own: RefCell<Vec<TransactionId>>,
}

impl Session {
    pub fn new(system: TransactionSystem, locks: LockManager, database: Oid) -> Session {
        Session {
            system,
            locks,
            state: Cell::default(),
            levels: RefCell::default(),
            command: Cell::new(CommandId::FIRST),
            command_used: Cell::new(false),
            isolation: Cell::default(),
            read_only: Cell::new(false),
            database: Cell::new(database),
            fixed: RefCell::new(None),
            held: RefCell::default(),
            virtual_number: Cell::new(0),
            started_us: Cell::new(0),
            own: RefCell::default(),
        }
    }

    pub fn system(&self) -> &TransactionSystem {
        &self.system
    }

    pub fn locks(&self) -> &LockManager {
        &self.locks
    }

    pub fn state(&self) -> TransactionState {
        self.state.get()
    }

    pub fn database(&self) -> Oid {
        self.database.get()
    }

    pub fn set_database(&self, database: Oid) {
        self.database.set(database);
    }

    pub fn isolation(&self) -> Isolation {
        self.isolation.get()
    }

    /// # Errors
    /// 25001 once the transaction has taken its snapshot.
    pub fn set_isolation(&self, isolation: Isolation) -> Result<()> {
        if isolation != self.isolation.get() && (self.fixed.borrow().is_some() || self.command_used.get()) {
            bail!(ACTIVE_SQL_TRANSACTION, "SET TRANSACTION ISOLATION LEVEL must be called before any query");
        }
        self.isolation.set(isolation);
        Ok(())
    }

    pub fn is_read_only(&self) -> bool {
        self.read_only.get()
    }

    pub fn set_read_only(&self, read_only: bool) {
        self.read_only.set(read_only);
    }

    /// When the transaction began, microseconds since 1970.
    pub fn started_us(&self) -> i64 {
        self.started_us.get()
    }

    /// The slot's own count of transactions, with the slot the virtual transaction id.
    pub fn virtual_number(&self) -> u64 {
        self.virtual_number.get()
    }

    /// Nesting depth: 1 in a transaction without savepoints, 0 outside.
    pub fn level(&self) -> u32 {
        self.levels.borrow().len() as u32
    }

    /// Starts a transaction. There must be none.
    pub fn begin(&self, isolation: Isolation, read_only: bool) {
        debug_assert_eq!(self.state.get(), TransactionState::None);
        self.state.set(TransactionState::Running);
        self.levels.borrow_mut().push(Level::default());
        self.command.set(CommandId::FIRST);
        self.command_used.set(false);
        self.isolation.set(isolation);
        self.read_only.set(read_only);
        self.started_us.set(system::clock::wall_us());
        self.virtual_number.set(self.system.start(self.database.get()));
    }

    /// The transaction's number at the current level, given now if it has none. Parents get theirs first.
    pub fn xid(&self) -> Result<TransactionId> {
        if let Some(xid) = self.levels.borrow().last().and_then(|level| level.xid) {
            return Ok(xid);
        }
        self.assign()
    }

    #[cold]
    fn assign(&self) -> Result<TransactionId> {
        let mut levels = self.levels.borrow_mut();
        let mut parent = None;
        for (depth, level) in levels.iter_mut().enumerate() {
            let xid = match level.xid {
                Some(xid) => xid,
                None => {
                    let xid = self.system.assign(parent)?;
                    if depth == 0 {
                        self.locks.lock_own_transaction(xid);
                    } else {
                        let scope = storage_lock::Scope::Transaction { level: depth as u32 + 1 };
                        let tag = storage_lock::LockTag::transaction(xid);
                        let mode = storage_lock::LockMode::Exclusive;
                        self.locks.acquire(tag, mode, scope, storage_lock::Wait::Block)?;
                    }
                    self.own.borrow_mut().push(xid);
                    level.xid = Some(xid);
                    xid
                }
            };
            parent = Some(xid);
        }
        parent.ok_or_else(|| error!(NO_ACTIVE_SQL_TRANSACTION, "there is no transaction in progress"))
    }

    /// The number of the whole transaction, if it has one.
    pub fn top_xid(&self) -> Option<TransactionId> {
        self.levels.borrow().first().and_then(|level| level.xid)
    }

    /// The number of the current level, if it has one.
    pub fn xid_if_assigned(&self) -> Option<TransactionId> {
        self.levels.borrow().last().and_then(|level| level.xid)
    }

    /// Whether a number belongs to this transaction or one of its live or committed subtransactions.
    #[inline]
    pub fn is_own(&self, xid: TransactionId) -> bool {
        let own = self.own.borrow();
        match own.first() {
            Some(first) if *first <= xid => own.binary_search(&xid).is_ok(),
            _ => false,
        }
    }

    /// The number of the current command; `for_writing` when something is written with it.
    pub fn command(&self, for_writing: bool) -> CommandId {
        if for_writing {
            self.command_used.set(true);
        }
        self.command.get()
    }

    /// Makes what was written so far visible to the commands that follow.
    /// # Errors
    /// 54000 after four billion commands.
    pub fn next_command(&self) -> Result<()> {
        if self.command_used.replace(false) {
            let next = self.command.get().next();
            if next == CommandId::INVALID {
                bail!(PROGRAM_LIMIT_EXCEEDED, "cannot have more than 2^32-2 commands in a transaction");
            }
            self.command.set(next);
        }
        Ok(())
    }

    /// The snapshot for a new statement: of now, or in repeatable read the transaction's own.
    pub fn snapshot(&self) -> Rc<Snapshot> {
        let command = self.command.get();
        if let Some(fixed) = &mut *self.fixed.borrow_mut() {
            if fixed.command != command {
                Rc::make_mut(fixed).command = command;
            }
            return fixed.clone();
        }
        let snapshot = self.latest_snapshot();
        if self.isolation.get() >= Isolation::RepeatableRead {
            *self.fixed.borrow_mut() = Some(snapshot.clone());
        }
        snapshot
    }

    /// A snapshot of now in any isolation level; what catalog look-ups use.
    pub fn latest_snapshot(&self) -> Rc<Snapshot> {
        let snapshot = self.system.take_snapshot(&self.own.borrow(), self.command.get());
        let mut held = self.held.borrow_mut();
        held.retain(|other| other.strong_count() > 0);
        if !held.iter().any(|other| std::ptr::eq(other.as_ptr(), &*snapshot)) {
            held.push(Rc::downgrade(&snapshot));
        }
        snapshot
    }

    /// Between statements: tells others which old snapshots, if any, are still in use.
    pub fn release_snapshots(&self) {
        let mut held = self.held.borrow_mut();
        // The cache in `TransactionSystem` holds one reference, which keeps nothing back.
        let cached = self.system.cached_snapshot();
        held.retain(|snapshot| match snapshot.upgrade() {
            Some(snapshot) => {
                let own = 1 + usize::from(cached == Some(Rc::as_ptr(&snapshot)));
                Rc::strong_count(&snapshot) > own
            }
            None => false,
        });
        let oldest =
            held.iter().filter_map(|snapshot| snapshot.upgrade()).map(|snapshot| snapshot.xmin).min();
        let fixed = self.fixed.borrow().as_ref().map(|snapshot| snapshot.xmin);
        let oldest = match (oldest, fixed) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
        self.system.set_xmin(oldest.unwrap_or(TransactionId::INVALID));
    }

    /// Whether the row versions that a transaction wrote are visible to a snapshot of this session, own ones aside.
    /// # Errors
    /// Those of reading the commit log.
    pub fn is_visible_in(&self, xid: TransactionId, snapshot: &Snapshot) -> Result<bool> {
        debug_assert_eq!(snapshot.kind, SnapshotKind::Mvcc);
        Ok(!self.system.is_running_in(xid, snapshot)? && self.system.has_committed(xid)?)
    }

    /// Starts a subtransaction.
    pub fn begin_subtransaction(&self) {
        self.levels.borrow_mut().push(Level::default());
    }

    /// Ends the innermost subtransaction, keeping its effects.
    pub fn commit_subtransaction(&self) {
        let mut levels = self.levels.borrow_mut();
        debug_assert!(levels.len() > 1);
        self.locks.hand_up(levels.len() as u32);
        let Some(ended) = levels.pop() else { return };
        if let Some(parent) = levels.last_mut() {
            parent.children.extend(ended.xid);
            parent.children.extend(ended.children);
            parent.created.extend(ended.created);
            parent.dropped.extend(ended.dropped);
        }
    }

    /// Ends the innermost subtransaction, undoing its effects. Gives the files to be removed.
    pub fn rollback_subtransaction(&self) -> Vec<RelationFile> {
        let level = self.level();
        debug_assert!(level > 1);
        let Some(ended) = self.levels.borrow_mut().pop() else { return Vec::new() };
        let gone: Vec<TransactionId> = ended.xid.into_iter().chain(ended.children).collect();
        self.own.borrow_mut().retain(|xid| !gone.contains(xid));
        self.system.forget_subtransactions(&gone);
        self.locks.release_levels(level);
        ended.created
    }

    /// A file is about to be made, and logged: it is removed if the transaction is rolled back.
    pub fn note_created(&self, file: RelationFile) {
        self.system.note_files();
        if let Some(level) = self.levels.borrow_mut().last_mut() {
            level.created.push(file);
        }
    }

    /// Whether a file came to be in the running transaction or subtransaction, which alone can see it then.
    pub fn made_file(&self, file: RelationFile) -> bool {
        self.levels.borrow().last().is_some_and(|level| level.created.contains(&file))
    }

    /// A file is to be removed when the transaction commits.
    pub fn note_dropped(&self, file: RelationFile) {
        if let Some(level) = self.levels.borrow_mut().last_mut() {
            level.dropped.push(file);
        }
    }

    /// Writes the commit record and, if `wait`, makes it durable. Gives the files that are to be removed now and the record's
    /// end; the transaction counts as running until [`Session::finish`].
    /// # Errors
    /// A failure after the record was written is a PANIC; before, the transaction can still be rolled back.
    pub fn record_commit(&self, wait: bool) -> Result<(Vec<RelationFile>, Option<Lsn>)> {
        let (top, record) = {
            let mut levels = self.levels.borrow_mut();
            debug_assert_eq!(levels.len(), 1);
            let Some(level) = levels.first_mut() else { return Ok((Vec::new(), None)) };
            let dropped = std::mem::take(&mut level.dropped);
            let Some(top) = level.xid else { return Ok((dropped, None)) };
            let mut children = level.children.clone();
            children.sort_unstable();
            (top, CommitRecord { timestamp_us: system::clock::wall_us(), subtransactions: children, dropped })
        };
        self.record_far_children(top, &record.subtransactions)?;
        let pool = self.system.pool;
        let pin = commit_log::pin(pool, top)?;
        let mut data = Vec::new();
        record.encode(&mut data);
        if !record.dropped.is_empty() {
            self.system.note_files();
        }
        let end = critical::section(|| {
            let mut page = pin.exclusive();
            commit_log::prepare(&mut page);
            let block = page.block();
            commit_log::set(&mut page, top, Outcome::Committed);
            let near = record.subtransactions.iter().filter(|xid| commit_log::block_of(**xid) == block);
            near.for_each(|xid| commit_log::set(&mut page, *xid, Outcome::Committed));
            let mut log = pool.record(MANAGER, RecordKind::Commit as u8, true);
            log.page(0, &mut page, LogFlags::NONE);
            log.data(&data);
            log.insert(top)
        })?;
        // From here on the transaction is committed, whatever happens.
        if wait || !record.dropped.is_empty() {
            let gather = || self.system.await_companions();
            self.system.wal.flush_with(end, gather).map_err(|error| error.with_severity(Severity::Panic))?;
        } else {
            self.system.note_asynchronous_commit(end);
        }
        Ok((record.dropped, Some(end)))
    }

    /// Marks committed subtransactions on other commit log pages as sharing the fate of their parent, so that one page decides.
    fn record_far_children(&self, top: TransactionId, children: &[TransactionId]) -> Result<()> {
        let pool = self.system.pool;
        let home = commit_log::block_of(top);
        let far: Vec<TransactionId> =
            children.iter().copied().filter(|xid| commit_log::block_of(*xid) != home).collect();
        for chunk in far
            .chunk_by(|a, b| commit_log::block_of(*a) == commit_log::block_of(*b))
            .flat_map(|same_page| same_page.chunks(CHILDREN_PER_RECORD))
        {
            let mut parent_blocks: Vec<_> = chunk.iter().map(|xid| parents::block_of(*xid)).collect();
            parent_blocks.dedup();
            let log_pin = commit_log::pin(pool, chunk[0])?;
            let parent_pins: Vec<_> = parent_blocks
                .iter()
                .map(|block| commit_log::pin_page(pool, parents::FILE, *block))
                .collect::<Result<_>>()?;
            let mut data = top.0.to_le_bytes().to_vec();
            put_xids(&mut data, chunk);
            critical::section(|| {
                let mut page = log_pin.exclusive();
                commit_log::prepare(&mut page);
                chunk.iter().for_each(|xid| commit_log::set(&mut page, *xid, Outcome::AsParent));
                let mut pages: Vec<ExclusivePage> = parent_pins.iter().map(|pin| pin.exclusive()).collect();
                for page in &mut pages {
                    commit_log::prepare(page);
                    let block = page.block();
                    let here = chunk.iter().filter(|xid| parents::block_of(**xid) == block);
                    here.for_each(|xid| parents::set(page, *xid, top));
                }
                let mut log = pool.record(MANAGER, RecordKind::Children as u8, true);
                log.page(0, &mut page, LogFlags::NONE);
                for (at, page) in pages.iter_mut().enumerate() {
                    log.page(at as u8 + 1, page, LogFlags::NONE);
                }
                log.data(&data);
                log.insert(top)
            })?;
        }
        Ok(())
    }

    /// Writes a rollback record if there is anything to undo after a crash. Gives the files to be removed.
    /// # Errors
    /// A full log, which leaves the transaction rolled back all the same.
    pub fn record_rollback(&self) -> Result<Vec<RelationFile>> {
        let levels = std::mem::take(&mut *self.levels.borrow_mut());
        let top = levels.first().and_then(|level| level.xid);
        let created: Vec<RelationFile> = levels.into_iter().flat_map(|level| level.created).collect();
        if let Some(top) = top {
            let record = CommitRecord {
                timestamp_us: system::clock::wall_us(),
                subtransactions: Vec::new(),
                dropped: created.clone(),
            };
            let mut data = Vec::new();
            record.encode(&mut data);
            if !created.is_empty() {
                self.system.note_files();
            }
            let mut log = self.system.pool.record(MANAGER, RecordKind::Rollback as u8, true);
            log.data(&data);
            log.insert(top)?;
        }
        Ok(created)
    }

    /// The transaction is over: others see its outcome, its locks go.
    pub fn finish(&self) {
        let newest = self.own.borrow().last().copied();
        self.system.end(newest);
        self.locks.unlock_own_transaction();
        self.locks.release_levels(1);
        self.own.borrow_mut().clear();
        self.levels.borrow_mut().clear();
        *self.fixed.borrow_mut() = None;
        self.held.borrow_mut().clear();
        self.state.set(TransactionState::None);
    }
}

impl OidSource for Session {
    fn next_oid(&self) -> Result<Oid> {
        self.system.give_oid(|ahead| {
            let xid = self.top_xid().unwrap_or(TransactionId::INVALID);
            let data = ahead.0.to_le_bytes();
            self.system.wal.log(log_kind::MANAGER, log_kind::NEXT_OID, xid, &data).map(|_| ())
        })
    }
}
