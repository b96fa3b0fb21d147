//! Everything that the processes of a server share, laid out once from the settings.

use std::path::Path;
use std::sync::atomic::{AtomicI64, AtomicU32, AtomicU64, Ordering};

use catalog::{SharedInvalidations, SharedTableChanges};
use common::{Oid, TransactionId};
use config::{Id, Settings};
use error::{Error, Result};
use shared_memory::{
    ActivityTable, IoStatistics, ProcessKind, ProcessSlots, ProgressTable, Region, RegionBuilder, SlotClaim,
    shared_struct,
};
use storage_buffer::{BufferPool, BufferSettings};
use storage_file::{FileSettings, Files};
use storage_lock::{LockManager, LockSizes};
use storage_wal::{Wal, WalSettings};
use transaction::{TransactionSystem, TransactionTables};

use crate::archiver::ArchiverStatistics;
use crate::checkpoint_request::CheckpointRequests;
use crate::failed_passwords::FailedPasswords;
use crate::server_statistics::ServerStatistics;
use crate::statement_statistics::StatementStatistics;

/// Slots for the processes that exist once each.
const AUXILIARY_SLOTS: usize = 8;

/// How many process slots of which sort there are; clients come first.
#[derive(Clone, Copy, Debug)]
pub struct Sizes {
    pub clients: usize,
    pub autovacuum_workers: usize,
    pub workers: usize,
}

impl Sizes {
    pub fn new(settings: &Settings) -> Sizes {
        let count = |id| settings.integer(id) as usize;
        Sizes {
            clients: count(Id::MaxConnections),
            autovacuum_workers: count(Id::AutovacuumWorkerSlots),
            workers: count(Id::MaxWorkerProcesses),
        }
    }

    pub fn total(&self) -> usize {
        self.clients + self.autovacuum_workers + self.workers + AUXILIARY_SLOTS
    }
}

shared_struct! {
    /// A client process's secret, for those who want to cancel its query. Written by the process before its client learns it.
    pub struct CancelKey {
        /// Bytes of the key; 0 is "none".
        length: AtomicU32,
        words: [AtomicU64; 4],
    }

    pub(crate) struct Counters {
        /// Asks the postmaster for autovacuum workers; one bell, SIGUSR1, goes with it.
        wanted_workers: AtomicU32,
        /// Sessions established since the server's start.
        sessions: AtomicU64,
        /// Microseconds since 1970: when the server began, and when its settings were last read.
        started_us: AtomicI64,
        settings_read_us: AtomicI64,
    }
}

/// The shared state of a running server. Children inherit the postmaster's.
pub struct ServerState {
    pub region: Region,
    pub sizes: Sizes,
    pub slots: ProcessSlots,
    pub files: &'static Files,
    pub wal: &'static Wal,
    pub pool: &'static BufferPool,
    pub locks: LockManager,
    pub transaction_tables: TransactionTables,
    pub checkpoints: &'static CheckpointRequests,
    pub invalidations: SharedInvalidations,
    pub changes: SharedTableChanges,
    /// What each process does, by slot.
    pub activity: ActivityTable,
    pub statements: StatementStatistics,
    /// What each process reads and writes.
    pub io: IoStatistics,
    pub statistics: &'static ServerStatistics,
    pub archiver: &'static ArchiverStatistics,
    /// How far long commands are, by slot.
    pub progress: ProgressTable,
    pub failed_passwords: FailedPasswords,
    cancel_keys: &'static [CancelKey],
    counters: &'static Counters,
}

impl ServerState {
    /// Lays the region out, maps it and sets everything up. The current directory is the data directory.
    ///
    /// Kept for the life of the process, as parts of the region are referred to from everywhere.
    /// # Errors
    /// 53200 when the kernel refuses the memory.
    pub fn create(settings: &Settings) -> Result<&'static ServerState> {
        let sizes = Sizes::new(settings);
        let processes = sizes.total();
        let buffers = settings.integer(Id::SharedBuffers) as usize;
        let mut builder = RegionBuilder::new();
        let slots = ProcessSlots::reserve(&mut builder, processes);
        let file_settings = FileSettings {
            sync_requests: buffers.clamp(1024, 1 << 18),
            open_files: settings.integer(Id::MaxFilesPerProcess) as usize,
        };
        let files = Files::reserve(&mut builder, &file_settings);
        let wal = Wal::reserve(&mut builder, &wal_settings(settings, buffers));
        let buffer_settings = BufferSettings { buffers, relation_sizes: (buffers / 4).clamp(1024, 1 << 16) };
        let pool = BufferPool::reserve(&mut builder, &buffer_settings);
        let locks_per_process = settings.integer(Id::MaxLocksPerTransaction) as usize;
        let locks = LockManager::reserve(&mut builder, LockSizes { processes, locks_per_process });
        let transactions = TransactionSystem::reserve(&mut builder, processes);
        let checkpoints = builder.reserve(
            "Checkpointer Data",
            1,
            "requests and their counts; atomics only; a dead checkpointer restarts the server",
        );
        let cancel_keys = builder.reserve(
            "Cancel Keys",
            processes,
            "each written by its process; a dead owner's is unused until its slot is claimed",
        );
        let invalidations = SharedInvalidations::reserve(&mut builder);
        let changes = SharedTableChanges::reserve(&mut builder);
        let text_bytes = settings.integer(Id::TrackActivityQuerySize) as usize;
        let activity = ActivityTable::reserve(&mut builder, processes, text_bytes);
        let most_statements = settings.integer(Id::PgStatStatementsMax) as usize;
        let statements = StatementStatistics::reserve(&mut builder, most_statements);
        let io = IoStatistics::reserve(&mut builder, processes);
        let progress = ProgressTable::reserve(&mut builder, processes);
        let statistics = builder.reserve("Server Statistics", 1, "atomics only; nothing to clean up");
        let archiver = builder.reserve("Archiver Data", 1, "atomics only; nothing to clean up");
        let failed_passwords = FailedPasswords::reserve(&mut builder);
        let counters = builder.reserve("Server Counters", 1, "atomics only; nothing to clean up");

        let region = builder.build()?;
        let slots = ProcessSlots::attach(slots, &region);
        let files = Files::attach(files, &region);
        arrange_faults(files)?;
        let wal = Wal::attach(wal, &region, files);
        let pool = BufferPool::attach(pool, &region, files, wal);
        let state = ServerState {
            region,
            sizes,
            slots,
            files,
            wal,
            pool,
            locks: LockManager::attach(locks, &region, slots),
            transaction_tables: TransactionSystem::attach(transactions, &region, pool, wal).tables(),
            checkpoints: region.one(checkpoints),
            invalidations: SharedInvalidations::attach(invalidations, &region),
            changes: SharedTableChanges::attach(changes, &region),
            activity: ActivityTable::attach(activity, &region),
            statements: StatementStatistics::attach(statements, &region),
            io: IoStatistics::attach(io, &region),
            statistics: region.one(statistics),
            archiver: region.one(archiver),
            progress: ProgressTable::attach(progress, &region),
            failed_passwords: FailedPasswords::attach(failed_passwords, &region),
            cancel_keys: region.slice(cancel_keys),
            counters: region.one(counters),
        };
        state.initialize();
        let now_us = system::clock::wall_us();
        state.counters.started_us.store(now_us, Ordering::Relaxed);
        state.note_settings_read();
        Ok(Box::leak(Box::new(state)))
    }

    /// Makes the shared memory new after a crash, when all other processes are gone.
    pub fn reinitialize(&self) -> Result<()> {
        self.files.close_all();
        let (started_us, settings_read_us) = self.times_us();
        self.region.clear()?;
        self.initialize();
        self.counters.started_us.store(started_us, Ordering::Relaxed);
        self.counters.settings_read_us.store(settings_read_us, Ordering::Relaxed);
        Ok(())
    }

    fn initialize(&self) {
        self.slots.initialize();
        self.files.initialize();
        self.wal.initialize();
        self.pool.initialize();
        self.locks.initialize();
        self.invalidations.initialize();
        self.start_statistics(system::clock::wall_us());
        // The numbers are recovery's to find out.
        self.transactions().initialize(TransactionId::FIRST_NORMAL, Oid::FIRST_NORMAL);
    }

    /// A view of the transaction tables for the calling process.
    pub fn transactions(&self) -> TransactionSystem {
        self.transaction_tables.view()
    }

    /// Claims a slot of the right sort for the calling process.
    /// # Errors
    /// 53300 when all are taken.
    pub fn claim(&self, kind: ProcessKind) -> Result<SlotClaim> {
        let Sizes { clients, autovacuum_workers, workers } = self.sizes;
        let workers_start = clients + autovacuum_workers;
        let range = match kind {
            ProcessKind::Backend | ProcessKind::WalSender => 0..clients,
            ProcessKind::AutovacuumWorker => clients..workers_start,
            ProcessKind::ParallelWorker | ProcessKind::BackgroundWorker | ProcessKind::LogicalWorker => {
                workers_start..workers_start + workers
            }
            _ => workers_start + workers..self.sizes.total(),
        };
        let claim = self.slots.claim(kind, range)?;
        self.io.begin(claim.slot().index(), kind);
        self.progress.begin(claim.slot().index());
        Ok(claim)
    }

    /// Client slots that nobody has.
    pub fn free_client_slots(&self) -> usize {
        let is_free = |index: &usize| self.slots.get(*index).is_some_and(|slot| slot.process() == 0);
        (0..self.sizes.clients).filter(is_free).count()
    }

    /// Makes the calling client process cancellable with this key of at most 32 bytes.
    pub fn set_cancel_key(&self, slot: usize, key: &[u8]) {
        let entry = &self.cancel_keys[slot];
        entry.length.store(0, Ordering::SeqCst);
        let mut padded = [0; 32];
        padded[..key.len()].copy_from_slice(key);
        for (word, bytes) in entry.words.iter().zip(padded.as_chunks::<8>().0) {
            word.store(u64::from_ne_bytes(*bytes), Ordering::SeqCst);
        }
        entry.length.store(key.len() as u32, Ordering::SeqCst);
    }

    /// The key of the process in a slot; empty when it has none.
    pub fn cancel_key(&self, slot: usize) -> Vec<u8> {
        let entry = &self.cancel_keys[slot];
        let length = (entry.length.load(Ordering::SeqCst) as usize).min(32);
        let mut bytes: Vec<u8> =
            entry.words.iter().flat_map(|word| word.load(Ordering::SeqCst).to_ne_bytes()).collect();
        bytes.truncate(length);
        bytes
    }

    /// Counts a new session and gives its number.
    pub fn count_session(&self) -> u64 {
        self.counters.sessions.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// Notes that the settings were read just now.
    pub fn note_settings_read(&self) {
        self.counters.settings_read_us.store(system::clock::wall_us(), Ordering::Relaxed);
    }

    /// Microseconds since 1970: when the server began, and when its settings were last read.
    pub fn times_us(&self) -> (i64, i64) {
        let counters = self.counters;
        (counters.started_us.load(Ordering::Relaxed), counters.settings_read_us.load(Ordering::Relaxed))
    }

    /// Notes that an autovacuum worker is wanted; the caller then sends SIGUSR1 to the postmaster.
    pub fn want_autovacuum_worker(&self) {
        self.counters.wanted_workers.fetch_add(1, Ordering::SeqCst);
    }

    /// How many workers were asked for since the last call. A plain counter, so the postmaster may look at it.
    pub fn take_wanted_workers(&self) -> u32 {
        self.counters.wanted_workers.swap(0, Ordering::SeqCst)
    }
}

/// For tests. FERRODON_POWER_CUT_JOURNAL names a file in which everything that is written is noted until it is synced, so that the
/// power can be cut; FERRODON_FAULTS names a script of faults; FERRODON_TEMPORARY_ROOM says how many bytes a process's temporary
/// files have room for. Only builds for development look at them.
fn arrange_faults(files: &'static Files) -> Result<()> {
    if !cfg!(debug_assertions) {
        return Ok(());
    }
    if let Some(path) = std::env::var_os("FERRODON_POWER_CUT_JOURNAL") {
        let kept = files.faults().keep_journal(Path::new(&path));
        kept.map_err(|cause| Error::io("could not open the journal of unsynced writes", &cause))?;
    }
    if let Some(path) = std::env::var_os("FERRODON_FAULTS") {
        files.faults().obey(Path::new(&path));
    }
    let room = std::env::var("FERRODON_TEMPORARY_ROOM").ok().and_then(|room| room.parse().ok());
    if let Some(room) = room {
        files.faults().limit_temporary_room(room);
    }
    Ok(())
}

fn wal_settings(settings: &Settings, buffers: usize) -> WalSettings {
    let pages = match settings.integer(Id::WalBuffers) {
        // A thirty-second of the cache, at most one segment.
        -1 => (buffers / 32).clamp(8, 2048),
        pages => pages.max(4) as usize,
    };
    let consistency = settings.text(Id::WalConsistencyChecking);
    WalSettings {
        buffer_bytes: pages * common::PAGE_SIZE,
        always_log_images: !consistency.is_empty(),
        full_page_images: settings.bool(Id::FullPageWrites),
    }
}
