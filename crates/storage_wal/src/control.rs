//! The control file `global/pg_control`: what the server is, how it was left, where recovery starts.
//!
//! ```text
//! | magic 8 | version 4 | length of fields 4 | fields, 8 bytes each | crc 4 |
//! ```

use common::{Lsn, Oid, TransactionId};
use error::{Error, Result, error};
use storage_file::Files;

const PATH: &str = "global/pg_control";
const MAGIC: [u8; 8] = *b"ferrodon";
const VERSION: u32 = 1;

/// How the server was left; `pg_controldata` shows the names.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u64)]
pub enum ClusterState {
    StartingUp = 0,
    ShutDown = 1,
    ShutDownInRecovery = 2,
    ShuttingDown = 3,
    InCrashRecovery = 4,
    InArchiveRecovery = 5,
    InProduction = 6,
}

impl ClusterState {
    const ALL: [ClusterState; 7] = [
        ClusterState::StartingUp,
        ClusterState::ShutDown,
        ClusterState::ShutDownInRecovery,
        ClusterState::ShuttingDown,
        ClusterState::InCrashRecovery,
        ClusterState::InArchiveRecovery,
        ClusterState::InProduction,
    ];

    pub fn name(self) -> &'static str {
        match self {
            ClusterState::StartingUp => "starting up",
            ClusterState::ShutDown => "shut down",
            ClusterState::ShutDownInRecovery => "shut down in recovery",
            ClusterState::ShuttingDown => "shutting down",
            ClusterState::InCrashRecovery => "in crash recovery",
            ClusterState::InArchiveRecovery => "in archive recovery",
            ClusterState::InProduction => "in production",
        }
    }
}

macro_rules! checkpoint_data {
    ($($(#[$attribute:meta])* $field:ident: $type:ty, $to:expr, $from:expr;)*) => {
        /// What a checkpoint record and the control file say about the moment of a checkpoint.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        pub struct CheckpointData {
            $($(#[$attribute])* pub $field: $type,)*
        }

        impl CheckpointData {
            const FIELDS: usize = [$(stringify!($field)),*].len();
            /// Bytes of the stored form.
            pub const SIZE: usize = Self::FIELDS * 8;

            fn to_words(self) -> [u64; Self::FIELDS] {
                [$(($to)(self.$field)),*]
            }

            fn from_words(words: [u64; Self::FIELDS]) -> CheckpointData {
                let mut words = words.into_iter();
                CheckpointData { $($field: ($from)(words.next().unwrap_or_default())),* }
            }
        }
    };
}

checkpoint_data! {
    /// Where replay starts.
    redo: Lsn, |lsn: Lsn| lsn.0, Lsn;
    timeline: u32, u64::from, |word| word as u32;
    previous_timeline: u32, u64::from, |word| word as u32;
    next_xid: TransactionId, |xid: TransactionId| xid.0, TransactionId;
    next_oid: Oid, |oid: Oid| u64::from(oid.0), |word| Oid(word as u32);
    /// The next group of lockers (`multixact`), and the next place among their members.
    next_multixact: u64, |word| word, |word| word;
    next_multixact_member: u64, |word| word, |word| word;
    /// The oldest transaction that any table may name; older commit status is gone.
    oldest_xid: TransactionId, |xid: TransactionId| xid.0, TransactionId;
    oldest_multixact: u64, |word| word, |word| word;
    /// The oldest transaction running at an online checkpoint.
    oldest_active_xid: TransactionId, |xid: TransactionId| xid.0, TransactionId;
    oldest_commit_timestamp_xid: TransactionId, |xid: TransactionId| xid.0, TransactionId;
    newest_commit_timestamp_xid: TransactionId, |xid: TransactionId| xid.0, TransactionId;
    /// Microseconds since 1970.
    time_us: i64, |time: i64| time as u64, |word| word as i64;
    full_page_writes: bool, u64::from, |word| word != 0;
}

impl CheckpointData {
    pub fn to_bytes(self) -> [u8; Self::SIZE] {
        let mut bytes = [0; Self::SIZE];
        for (chunk, word) in bytes.chunks_exact_mut(8).zip(self.to_words()) {
            chunk.copy_from_slice(&word.to_le_bytes());
        }
        bytes
    }

    /// `None` when the length is wrong.
    pub fn from_bytes(bytes: &[u8]) -> Option<CheckpointData> {
        let (chunks, []) = bytes.as_chunks::<8>() else { return None };
        let words: Vec<u64> = chunks.iter().map(|chunk| u64::from_le_bytes(*chunk)).collect();
        words.try_into().ok().map(CheckpointData::from_words)
    }
}

/// The content of the control file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ControlFile {
    /// Unique to the cluster and its copies.
    pub system_identifier: u64,
    pub state: ClusterState,
    /// Microseconds since 1970 of the last change.
    pub time_us: i64,
    /// Where the last checkpoint's record starts.
    pub checkpoint: Lsn,
    pub checkpoint_data: CheckpointData,
    /// Recovery of a backup must get here before it is consistent; 0 is "none".
    pub minimum_recovery_point: Lsn,
    pub minimum_recovery_timeline: u32,
    pub backup_start: Lsn,
    pub backup_end: Lsn,
    /// Settings that a standby must match.
    pub max_connections: u32,
    pub max_worker_processes: u32,
    pub max_wal_senders: u32,
    pub max_prepared_transactions: u32,
    pub max_locks_per_transaction: u32,
    /// 0 minimal, 1 replica, 2 logical.
    pub wal_level: u32,
}

const OWN_FIELDS: usize = 14;
// It is overwritten in place, which is safe as long as a disk writes it whole.
const _: () = assert!(ControlFile::SIZE <= 512);

impl ControlFile {
    /// What `init` begins with: no checkpoint yet, first numbers.
    pub fn new(system_identifier: u64) -> ControlFile {
        let checkpoint_data = CheckpointData {
            redo: crate::FIRST_LSN,
            timeline: 1,
            previous_timeline: 1,
            next_xid: TransactionId::FIRST_NORMAL,
            next_oid: Oid::FIRST_NORMAL,
            next_multixact: 1,
            next_multixact_member: 0,
            oldest_xid: TransactionId::FIRST_NORMAL,
            oldest_multixact: 1,
            oldest_active_xid: TransactionId::INVALID,
            oldest_commit_timestamp_xid: TransactionId::INVALID,
            newest_commit_timestamp_xid: TransactionId::INVALID,
            time_us: 0,
            full_page_writes: true,
        };
        ControlFile {
            system_identifier,
            state: ClusterState::StartingUp,
            time_us: 0,
            checkpoint: crate::FIRST_LSN,
            checkpoint_data,
            minimum_recovery_point: Lsn::INVALID,
            minimum_recovery_timeline: 0,
            backup_start: Lsn::INVALID,
            backup_end: Lsn::INVALID,
            max_connections: 100,
            max_worker_processes: 8,
            max_wal_senders: 10,
            max_prepared_transactions: 0,
            max_locks_per_transaction: 64,
            wal_level: 1,
        }
    }

    /// Bytes of the file.
    pub const SIZE: usize = 16 + (OWN_FIELDS + CheckpointData::FIELDS) * 8 + 4;

    pub fn to_bytes(&self) -> [u8; Self::SIZE] {
        let own: [u64; OWN_FIELDS] = [
            self.system_identifier,
            self.state as u64,
            self.time_us as u64,
            self.checkpoint.0,
            self.minimum_recovery_point.0,
            self.minimum_recovery_timeline.into(),
            self.backup_start.0,
            self.backup_end.0,
            self.max_connections.into(),
            self.max_worker_processes.into(),
            self.max_wal_senders.into(),
            self.max_prepared_transactions.into(),
            self.max_locks_per_transaction.into(),
            self.wal_level.into(),
        ];
        let mut bytes = [0; Self::SIZE];
        bytes[..8].copy_from_slice(&MAGIC);
        bytes[8..12].copy_from_slice(&VERSION.to_le_bytes());
        bytes[12..16].copy_from_slice(&(Self::SIZE as u32).to_le_bytes());
        let words = own.into_iter().chain(self.checkpoint_data.to_words());
        for (chunk, word) in bytes[16..Self::SIZE - 4].chunks_exact_mut(8).zip(words) {
            chunk.copy_from_slice(&word.to_le_bytes());
        }
        let crc = crc32c::crc32c(&bytes[..Self::SIZE - 4]);
        bytes[Self::SIZE - 4..].copy_from_slice(&crc.to_le_bytes());
        bytes
    }

    /// # Errors
    /// XX001 if it is not ours or damaged; 0A000-like if it is another version's.
    pub fn from_bytes(bytes: &[u8]) -> Result<ControlFile> {
        if bytes.len() < 16 || bytes[..8] != MAGIC {
            return Err(error!(DATA_CORRUPTED, "file \"{PATH}\" is not a control file of this server"));
        }
        let version = u32::from_le_bytes([bytes[8], bytes[9], bytes[10], bytes[11]]);
        if version != VERSION {
            return Err(error!(
                OBJECT_NOT_IN_PREREQUISITE_STATE,
                "database files are incompatible with server"
            )
            .detail(format!(
                "The database cluster was initialized with PG_CONTROL_VERSION {version}, but the server was compiled \
                 with PG_CONTROL_VERSION {VERSION}."
            )));
        }
        let damaged = || error!(DATA_CORRUPTED, "incorrect checksum in control file");
        if bytes.len() != Self::SIZE
            || bytes[Self::SIZE - 4..] != crc32c::crc32c(&bytes[..Self::SIZE - 4]).to_le_bytes()
        {
            return Err(damaged());
        }
        let word = |index: usize| {
            let at = 16 + index * 8;
            bytes[at..at + 8].iter().rev().fold(0u64, |sum, byte| sum << 8 | u64::from(*byte))
        };
        Ok(ControlFile {
            system_identifier: word(0),
            state: *ClusterState::ALL.get(word(1) as usize).ok_or_else(damaged)?,
            time_us: word(2) as i64,
            checkpoint: Lsn(word(3)),
            minimum_recovery_point: Lsn(word(4)),
            minimum_recovery_timeline: word(5) as u32,
            backup_start: Lsn(word(6)),
            backup_end: Lsn(word(7)),
            max_connections: word(8) as u32,
            max_worker_processes: word(9) as u32,
            max_wal_senders: word(10) as u32,
            max_prepared_transactions: word(11) as u32,
            max_locks_per_transaction: word(12) as u32,
            wal_level: word(13) as u32,
            checkpoint_data: CheckpointData::from_words(std::array::from_fn(|index| {
                word(OWN_FIELDS + index)
            })),
        })
    }

    /// # Errors
    /// 58P01 if there is none; see [`ControlFile::from_bytes`].
    pub fn read(files: &Files) -> Result<ControlFile> {
        let bytes: Option<Vec<u8>> = files.read_small(PATH)?;
        let missing = || -> Error {
            error!(UNDEFINED_FILE, "could not open file \"{PATH}\": No such file or directory")
        };
        ControlFile::from_bytes(&bytes.ok_or_else(missing)?)
    }

    /// Replaces the content, durably and whole; makes the file if there is none.
    pub fn write(&self, files: &Files) -> Result<()> {
        let has_full_size =
            std::fs::metadata(files.root().join(PATH)).is_ok_and(|file| file.len() == Self::SIZE as u64);
        if has_full_size {
            files.overwrite_sector(PATH, &self.to_bytes())
        } else {
            files.replace_small(PATH, &self.to_bytes())
        }
    }
}
