//! Everything below the catalog, set up in a directory of its own. Threads stand for processes.

use std::path::Path;
use std::rc::Rc;

use access_api::{Access, StoredRelation};
use common::{ForkNumber, Oid, RelationFile, TransactionId};
use recovery::{CheckpointHooks, CheckpointKind, RedoContext, checkpoint, recover};
use shared_memory::{ProcessKind, ProcessSlots, RegionBuilder, SlotClaim, current_slot};
use storage_buffer::{BufferPool, BufferSettings};
use storage_file::{FileSettings, Files};
use storage_lock::{LockManager, LockSizes};
use storage_wal::{CheckpointData, ControlFile, FIRST_LSN, Wal, WalSettings};
use transaction::{Isolation, Session, Snapshot, TransactionSystem, TransactionTables};

const PROCESSES: usize = 16;
pub const DATABASE: Oid = Oid(5);

/// A running storage stack.
pub struct Storage {
    pub directory: Rc<tempfile::TempDir>,
    pub pool: &'static BufferPool,
    pub files: &'static Files,
    slots: ProcessSlots,
    locks: LockManager,
    transactions: TransactionSystem,
    control: ControlFile,
}

struct Numbers<'a>(&'a TransactionSystem);

impl CheckpointHooks for Numbers<'_> {
    fn collect(&self, data: &mut CheckpointData) {
        data.next_xid = self.0.next_xid();
        data.next_oid = self.0.next_oid_to_log();
    }
}

impl Storage {
    /// A new, empty store with a cache of `buffers` pages.
    pub fn new(buffers: usize) -> Storage {
        let directory = Rc::new(tempfile::tempdir().unwrap());
        for name in ["pg_wal", "global", "base", "base/5"] {
            std::fs::create_dir_all(directory.path().join(name)).unwrap();
        }
        Storage::open(directory, buffers, true)
    }

    fn open(directory: Rc<tempfile::TempDir>, buffers: usize, is_new: bool) -> Storage {
        let mut builder = RegionBuilder::new();
        let slots = ProcessSlots::reserve(&mut builder, PROCESSES);
        let files = Files::reserve(&mut builder, &FileSettings { sync_requests: 64, open_files: 64 });
        let settings =
            WalSettings { buffer_bytes: 1 << 20, always_log_images: false, full_page_images: true };
        let wal = Wal::reserve(&mut builder, &settings);
        let pool = BufferPool::reserve(&mut builder, &BufferSettings { buffers, relation_sizes: 64 });
        let locks =
            LockManager::reserve(&mut builder, LockSizes { processes: PROCESSES, locks_per_process: 64 });
        let transactions = TransactionSystem::reserve(&mut builder, PROCESSES);
        let region = builder.build().unwrap();
        let slots = ProcessSlots::attach(slots, &region);
        slots.initialize();
        let root: &Path = directory.path();
        let files = Files::attach_at(files, &region, root);
        files.initialize();
        let wal = Wal::attach(wal, &region, files);
        wal.initialize();
        let pool = BufferPool::attach(pool, &region, files, wal);
        pool.initialize();
        let locks = LockManager::attach(locks, &region, slots);
        locks.initialize();
        locks.set_deadlock_timeout_ms(20);
        let transactions = TransactionSystem::attach(transactions, &region, pool, wal);
        let mut control = if is_new {
            wal.start(1, FIRST_LSN, FIRST_LSN).unwrap();
            transactions.initialize(TransactionId::FIRST_NORMAL, Oid::FIRST_NORMAL);
            for number in 1..=3 {
                let file =
                    RelationFile { tablespace: Oid(1664), database: Oid::INVALID, relation: Oid(number) };
                pool.create(file, ForkNumber::Main).unwrap();
            }
            ControlFile::new(7)
        } else {
            let mut control = ControlFile::read(files).unwrap();
            let context = RedoContext { pool, files, wal };
            let recovered =
                recover(&context, &background::resource_managers().unwrap(), &mut control, &mut |_| ())
                    .unwrap();
            transactions.initialize(recovered.data.next_xid, recovered.data.next_oid);
            control
        };
        let kind = CheckpointKind::Online;
        checkpoint(pool, &mut control, kind, &Numbers(&transactions), &mut |_, _| Ok(())).unwrap();
        Storage { directory, pool, files, slots, locks, transactions, control }
    }

    /// Makes a checkpoint.
    pub fn checkpoint(&mut self) {
        let hooks = Numbers(&self.transactions);
        checkpoint(self.pool, &mut self.control, CheckpointKind::Online, &hooks, &mut |_, _| Ok(())).unwrap();
    }

    /// Forgets everything that is not on disk and recovers, as after SIGKILL.
    pub fn crash(self) -> Storage {
        let buffers = self.pool.capacity();
        Storage::open(self.directory, buffers, false)
    }

    /// What a process needs; call [`Client::start`] in the thread that stands for it.
    pub fn client(&self) -> ClientSeed {
        ClientSeed {
            pool: self.pool,
            slots: self.slots,
            locks: self.locks.another_view(),
            transactions: self.transactions.tables(),
        }
    }

    /// An empty relation with this number.
    pub fn relation(&self, number: u32) -> StoredRelation {
        let file = RelationFile { tablespace: Oid(1663), database: DATABASE, relation: Oid(number) };
        self.pool.create(file, ForkNumber::Main).unwrap();
        StoredRelation { oid: Oid(number), file, is_logged: true }
    }
}

/// A process to be; may be sent to another thread.
pub struct ClientSeed {
    pool: &'static BufferPool,
    slots: ProcessSlots,
    locks: LockManager,
    transactions: TransactionTables,
}

impl ClientSeed {
    /// Becomes the process of the calling thread.
    pub fn start(self) -> Client {
        let claim = self.slots.claim(ProcessKind::Backend, 0..PROCESSES).unwrap();
        current_slot().unwrap().latch.own().unwrap();
        Client {
            session: Session::new(self.transactions.view(), self.locks, DATABASE),
            pool: self.pool,
            _claim: claim,
        }
    }
}

/// A process with its session.
pub struct Client {
    pub session: Session,
    pub pool: &'static BufferPool,
    _claim: SlotClaim,
}

impl Client {
    pub fn access(&self) -> Access<'_> {
        Access { session: &self.session, pool: self.pool }
    }

    pub fn begin(&self) {
        self.session.begin(Isolation::ReadCommitted, false);
    }

    pub fn begin_repeatable(&self) {
        self.session.begin(Isolation::RepeatableRead, false);
    }

    pub fn commit(&self) {
        let (dropped, _) = self.session.record_commit(true).unwrap();
        dropped.iter().for_each(|file| self.pool.drop_relation(*file).unwrap());
        self.session.finish();
    }

    pub fn rollback(&self) {
        let created = self.session.record_rollback().unwrap();
        created.iter().for_each(|file| self.pool.drop_relation(*file).unwrap());
        self.session.finish();
    }

    /// Runs something as a transaction of its own.
    pub fn run<T>(&self, work: impl FnOnce(&Client) -> T) -> T {
        self.begin();
        let result = work(self);
        self.commit();
        result
    }

    pub fn snapshot(&self) -> Rc<Snapshot> {
        self.session.next_command().unwrap();
        self.session.snapshot()
    }
}
