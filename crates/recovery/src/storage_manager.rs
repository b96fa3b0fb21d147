//! Making, cutting and dropping files, logged.
//!
//! The functions do the deed and log it, in the order that a crash between the two allows.

use common::{ForkNumber, Lsn, Oid, RelationFile, TransactionId};
use error::{Error, Result, error};
use storage_buffer::BufferPool;
use storage_file::{database_directory, relation_path};
use storage_freespace::{FreeSpaceMap, VisibilityMap};
use storage_wal::{Record, ResourceManagerId};

use crate::manager::{RedoContext, ResourceManager};

pub const STORAGE_MANAGER: ResourceManagerId = ResourceManagerId(1);

const CREATE: u8 = 0;
const TRUNCATE: u8 = 1;
const DROP: u8 = 2;
const DROP_DATABASE: u8 = 3;

/// Manager number 1.
pub struct StorageManager;

/// Makes an empty fork. Logged first: a crash between the two leaves a record that makes the file, never a file without a record.
/// # Errors
/// 58P02 if there is such a file: one that a crash left of a transaction that the log forgot, or somebody's.
pub fn create_logged(
    pool: &'static BufferPool,
    xid: TransactionId,
    file: RelationFile,
    fork: ForkNumber,
) -> Result<()> {
    if pool.exists(file, fork)? {
        let path = relation_path(file, fork);
        return Err(error!(DUPLICATE_FILE, "could not create file \"{path}\": File exists"));
    }
    let mut data = file.to_bytes().to_vec();
    data.push(fork as u8);
    pool.wal().log(STORAGE_MANAGER, CREATE, xid, &data)?;
    pool.create(file, fork).map(|_| ())
}

/// Cuts a table and its maps to `blocks`. The record is durable before anything is cut: half a cut can then be finished.
///
/// The caller holds the table's strongest lock.
pub fn truncate_logged(
    pool: &'static BufferPool,
    xid: TransactionId,
    file: RelationFile,
    blocks: u32,
) -> Result<()> {
    let mut data = file.to_bytes().to_vec();
    data.extend_from_slice(&blocks.to_le_bytes());
    let _delay = pool.wal().delay_checkpoint();
    let lsn = pool.wal().log(STORAGE_MANAGER, TRUNCATE, xid, &data)?;
    pool.wal().flush(lsn)?;
    truncate(pool, file, blocks)
}

fn truncate(pool: &'static BufferPool, file: RelationFile, blocks: u32) -> Result<()> {
    FreeSpaceMap::new(pool, file).truncate(blocks)?;
    VisibilityMap::new(pool, file).truncate(blocks)?;
    pool.truncate(file, ForkNumber::Main, blocks)
}

/// Removes relations' files, after the commit that dropped them. For drops that no commit record lists.
pub fn drop_logged(pool: &'static BufferPool, xid: TransactionId, files: &[RelationFile]) -> Result<Lsn> {
    let data: Vec<u8> = files.iter().flat_map(|file| file.to_bytes()).collect();
    let lsn = pool.wal().log(STORAGE_MANAGER, DROP, xid, &data)?;
    pool.wal().flush(lsn)?;
    files.iter().try_for_each(|file| pool.drop_relation(*file))?;
    Ok(lsn)
}

/// Removes a database's directory in a tablespace.
pub fn drop_database_logged(
    pool: &'static BufferPool,
    xid: TransactionId,
    tablespace: Oid,
    database: Oid,
) -> Result<()> {
    let data = [tablespace.0.to_le_bytes(), database.0.to_le_bytes()].concat();
    let lsn = pool.wal().log(STORAGE_MANAGER, DROP_DATABASE, xid, &data)?;
    pool.wal().flush(lsn)?;
    drop_database(pool, tablespace, database)
}

fn drop_database(pool: &'static BufferPool, tablespace: Oid, database: Oid) -> Result<()> {
    pool.drop_database_buffers(database)?;
    pool.files().remove_directory(&database_directory(tablespace, database))
}

enum Action {
    Create(RelationFile, ForkNumber),
    Truncate(RelationFile, u32),
    Drop(Vec<RelationFile>),
    DropDatabase(Oid, Oid),
}

fn decode(record: &Record) -> Option<Action> {
    let data = record.data();
    let file = || Some(RelationFile::from_bytes(data.get(..RelationFile::SIZE)?.try_into().ok()?));
    let number = |at: usize| Some(u32::from_le_bytes(data.get(at..at + 4)?.try_into().ok()?));
    match record.kind() {
        CREATE => Some(Action::Create(file()?, ForkNumber::from_u8(*data.get(RelationFile::SIZE)?)?)),
        TRUNCATE => Some(Action::Truncate(file()?, number(RelationFile::SIZE)?)),
        DROP => {
            let (files, _) = data.as_chunks::<{ RelationFile::SIZE }>();
            Some(Action::Drop(files.iter().map(|bytes| RelationFile::from_bytes(*bytes)).collect()))
        }
        DROP_DATABASE => Some(Action::DropDatabase(Oid(number(0)?), Oid(number(4)?))),
        _ => None,
    }
}

/// The file that a record says was made.
pub fn created_file(record: &Record) -> Option<RelationFile> {
    match decode(record)? {
        Action::Create(file, _) if record.manager() == STORAGE_MANAGER => Some(file),
        _ => None,
    }
}

impl ResourceManager for StorageManager {
    fn id(&self) -> ResourceManagerId {
        STORAGE_MANAGER
    }

    fn name(&self) -> &'static str {
        "Storage"
    }

    fn redo(&self, context: &RedoContext, record: &Record) -> Result<()> {
        let pool = context.pool;
        let unknown = || Error::corrupted(format!("invalid storage record at {}", record.start()));
        match decode(record).ok_or_else(unknown)? {
            Action::Create(file, fork) => {
                if pool.create(file, fork)? {
                    Ok(())
                } else {
                    pool.files().note_unsynced(file, fork)
                }
            }
            Action::Truncate(file, blocks) => {
                pool.explain_missing_pages(|tag| {
                    tag.file == file && (tag.fork != ForkNumber::Main || tag.block.0 >= blocks)
                });
                // Made if a later record drops it: then it is gone already.
                pool.create(file, ForkNumber::Main)?;
                truncate(pool, file, blocks)?;
                // It may have been cut before the crash, but not durably.
                ForkNumber::ALL.into_iter().try_for_each(|fork| pool.files().note_unsynced(file, fork))
            }
            Action::Drop(files) => files.into_iter().try_for_each(|file| {
                pool.explain_missing_pages(|tag| tag.file == file);
                pool.drop_relation(file)
            }),
            Action::DropDatabase(tablespace, database) => {
                pool.explain_missing_pages(|tag| tag.file.database == database);
                drop_database(pool, tablespace, database)
            }
        }
    }

    fn describe(&self, record: &Record) -> String {
        match decode(record) {
            Some(Action::Create(file, fork)) => format!("CREATE {}", relation_path(file, fork)),
            Some(Action::Truncate(file, blocks)) => {
                format!("TRUNCATE {} to {blocks} blocks", relation_path(file, ForkNumber::Main))
            }
            Some(Action::Drop(files)) => {
                let paths: Vec<String> =
                    files.into_iter().map(|file| relation_path(file, ForkNumber::Main)).collect();
                format!("DROP {}", paths.join(" "))
            }
            Some(Action::DropDatabase(tablespace, database)) => {
                format!("DROP_DATABASE dir {}", database_directory(tablespace, database))
            }
            None => "UNKNOWN".to_string(),
        }
    }
}
