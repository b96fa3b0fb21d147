//! A small store of numbered pages, crashed at every point, against a model of what was acknowledged.

use std::collections::BTreeMap;
use std::path::Path;

use common::*;
use error::Result;
use recovery::*;
use shared_memory::RegionBuilder;
use storage_buffer::*;
use storage_file::{FileSettings, Files, undo_unsynced_writes};
use storage_wal::*;

const MAIN: ForkNumber = ForkNumber::Main;
const TEST: ResourceManagerId = ResourceManagerId(200);
const FILE: RelationFile = RelationFile { tablespace: Oid(1663), database: Oid(5), relation: Oid(16384) };

/// Adds the block's data as an item; with `spoil`, wrongly.
struct Numbers {
    spoil: bool,
}

impl ResourceManager for Numbers {
    fn id(&self) -> ResourceManagerId {
        TEST
    }

    fn name(&self) -> &'static str {
        "Numbers"
    }

    fn redo(&self, context: &RedoContext, record: &Record) -> Result<()> {
        if let Some(mut page) = context.pool.redo_block(record, 0)?.needed() {
            if record.block(0).is_some_and(|block| block.will_initialize) {
                page.page_mut().initialize(0);
            }
            let item = if self.spoil { b"spoiled" } else { record.block_data(0) };
            page.page_mut().add_item(item);
            page.redone(record);
        }
        Ok(())
    }

    fn describe(&self, record: &Record) -> String {
        format!("ADD {} bytes", record.block_data(0).len())
    }
}

static NUMBERS: Numbers = Numbers { spoil: false };
static SPOILED: Numbers = Numbers { spoil: true };

struct Server {
    context: RedoContext,
    control: ControlFile,
    recovered: Recovered,
    notices: Vec<String>,
}

fn boot(
    directory: &Path,
    journal: bool,
    always_log_images: bool,
    manager: &'static Numbers,
) -> Result<Server> {
    let mut builder = RegionBuilder::new();
    let files = Files::reserve(&mut builder, &FileSettings { sync_requests: 64, open_files: 64 });
    let settings = WalSettings { buffer_bytes: 1 << 16, always_log_images, full_page_images: true };
    let wal = Wal::reserve(&mut builder, &settings);
    let pool = BufferPool::reserve(&mut builder, &BufferSettings { buffers: 16, relation_sizes: 64 });
    let region = builder.build()?;
    let files = Files::attach_at(files, &region, &directory.join("data"));
    files.initialize();
    let wal = Wal::attach(wal, &region, files);
    wal.initialize();
    let pool = BufferPool::attach(pool, &region, files, wal);
    pool.initialize();
    let context = RedoContext { pool, files, wal };
    if !directory.join("data").exists() {
        initialize(directory, &context);
    }
    if journal {
        files.faults().keep_journal(&directory.join("journal")).unwrap();
    }
    let managers = ResourceManagers::new(&[&LogManager, &StorageManager, manager])?;
    let mut control = ControlFile::read(files)?;
    let mut notices = Vec::new();
    let recovered = recover(&context, &managers, &mut control, &mut |line| notices.push(line))?;
    Ok(Server { context, control, recovered, notices })
}

/// What `init` does: directories, the first checkpoint, the control file.
fn initialize(directory: &Path, context: &RedoContext) {
    for name in ["data/pg_wal", "data/global", "data/base/5"] {
        std::fs::create_dir_all(directory.join(name)).unwrap();
    }
    let mut control = ControlFile::new(1);
    context.wal.start(1, FIRST_LSN, FIRST_LSN).unwrap();
    checkpoint(context.pool, &mut control, CheckpointKind::Shutdown, &NoHooks, &mut |_, _| Ok(())).unwrap();
}

impl Server {
    fn checkpoint(&mut self, kind: CheckpointKind) -> Result<CheckpointReport> {
        checkpoint(self.context.pool, &mut self.control, kind, &NoHooks, &mut |_, _| Ok(()))
    }

    /// Adds a number to a block, making the block if it is the next one.
    fn add(&self, block: u32, number: u32) -> Result<Lsn> {
        let pool = self.context.pool;
        if !pool.exists(FILE, MAIN)? {
            create_logged(pool, TransactionId(9), FILE, MAIN)?;
        }
        let is_new = block == pool.blocks(FILE, MAIN)?;
        let mut page = if is_new {
            pool.extend(FILE, MAIN, 1, Strategy::Normal)?
        } else {
            pool.read(FILE, MAIN, BlockNumber(block), Strategy::Normal)?.exclusive()
        };
        let is_new = page.page().is_new();
        shared_memory::critical::section(|| {
            if is_new {
                page.page_mut().initialize(0);
            }
            page.page_mut().add_item(&number.to_le_bytes());
            let mut record = pool.record(TEST, 0, true);
            record.page(0, &mut page, if is_new { LogFlags::WILL_INITIALIZE } else { LogFlags::STANDARD });
            record.block_data(0, &number.to_le_bytes());
            record.insert(TransactionId(u64::from(number) + 10))
        })
    }

    /// All numbers, in order of blocks and items.
    fn content(&self) -> Vec<u32> {
        let pool = self.context.pool;
        if !pool.exists(FILE, MAIN).unwrap() {
            return Vec::new();
        }
        let mut found = Vec::new();
        for block in 0..pool.blocks(FILE, MAIN).unwrap() {
            let page = pool.read(FILE, MAIN, BlockNumber(block), Strategy::Normal).unwrap().share();
            let items =
                page.page().offsets().filter_map(|offset| page.page().item(offset).map(<[u8]>::to_vec));
            found.extend(items.map(|item| u32::from_le_bytes(item.try_into().unwrap())));
        }
        found
    }
}

fn random(state: &mut u64) -> u32 {
    *state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
    (*state >> 33) as u32
}

/// What was flushed survives a power cut that loses any subset of unsynced writes, again and again; and nothing is doubled.
#[test]
fn acknowledged_changes_survive_power_cuts() {
    for seed in 0..12u64 {
        let directory = tempfile::tempdir().unwrap();
        let mut state = seed;
        let mut model: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
        let mut next = 0;
        for round in 0..6 {
            let mut server = boot(directory.path(), true, false, &NUMBERS).unwrap();
            let expected: Vec<u32> = model.values().flatten().copied().collect();
            assert_eq!(server.content(), expected, "seed {seed} round {round}");
            if round > 0 {
                assert!(server.recovered.was_unclean);
                server.checkpoint(CheckpointKind::Online).unwrap();
            }
            let mut last = Lsn::INVALID;
            for _ in 0..random(&mut state) % 200 {
                let block = random(&mut state) % (model.len() as u32 + 1).min(40);
                if model.get(&block).is_some_and(|items| items.len() > 300) {
                    continue;
                }
                last = server.add(block, next).unwrap();
                model.entry(block).or_default().push(next);
                next += 1;
                match random(&mut state) % 50 {
                    0 => drop(server.checkpoint(CheckpointKind::Online).unwrap()),
                    1 => drop(server.context.pool.background_write(usize::MAX, 5).unwrap()),
                    _ => {}
                }
            }
            server.context.wal.flush(last).unwrap();
            server.context.files.close_all();
            let journal = directory.path().join("journal");
            undo_unsynced_writes(&directory.path().join("data"), &journal, |_| {
                !random(&mut state).is_multiple_of(3)
            })
            .unwrap();
        }
    }
}

/// What a killed server wrote and never synced, of pages and of the log, is durable after the next one's checkpoint, though replay
/// finds those pages up to date.
#[test]
fn unsynced_writes_of_a_killed_server_become_durable() {
    let directory = tempfile::tempdir().unwrap();
    let server = boot(directory.path(), true, false, &NUMBERS).unwrap();
    for number in 0..60 {
        server.add(number / 10, number).unwrap();
    }
    server.context.wal.flush(server.context.wal.insert_position()).unwrap();
    assert!(server.context.pool.flush_relation(FILE).unwrap() > 0);
    let expected = server.content();
    let mut again = boot(directory.path(), true, false, &NUMBERS).unwrap();
    assert_eq!(again.content(), expected);
    again.checkpoint(CheckpointKind::Online).unwrap();
    again.context.files.close_all();
    undo_unsynced_writes(&directory.path().join("data"), &directory.path().join("journal"), |_| true)
        .unwrap();
    let last = boot(directory.path(), true, false, &NUMBERS).unwrap();
    assert_eq!(last.content(), expected);
}

/// A crash before the checkpoint that follows recovery replays from the same redo point again, through both servers' records.
#[test]
fn a_crash_right_after_recovery_loses_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let mut expected = Vec::new();
    let mut redo = Vec::new();
    for round in 0..4u32 {
        let server = boot(directory.path(), true, false, &NUMBERS).unwrap();
        assert_eq!(server.content(), expected, "round {round}");
        redo.push(server.control.checkpoint_data.redo);
        for number in 0..40 {
            server.add(number % 4, round * 40 + number).unwrap();
        }
        server.context.wal.flush(server.context.wal.insert_position()).unwrap();
        server.context.pool.background_write(usize::MAX, 2).unwrap();
        expected = server.content();
        server.context.files.close_all();
        let (data, journal) = (directory.path().join("data"), directory.path().join("journal"));
        undo_unsynced_writes(&data, &journal, |at| at % 2 == round as usize % 2).unwrap();
    }
    assert!(redo.iter().all(|position| *position == redo[0]), "nobody made a checkpoint");
}

/// A file that is there is nobody's new one: it is refused before the log says that it was made, and left alone.
#[test]
fn a_file_is_made_once() {
    let directory = tempfile::tempdir().unwrap();
    let server = boot(directory.path(), false, false, &NUMBERS).unwrap();
    server.add(0, 1).unwrap();
    let (content, log) = (server.content(), server.context.wal.insert_position());
    let refused = create_logged(server.context.pool, TransactionId(9), FILE, MAIN).unwrap_err();
    assert_eq!(refused.sqlstate().to_string(), "58P02");
    assert_eq!((server.content(), server.context.wal.insert_position()), (content, log));
}

/// Replaying the same log again and again changes nothing more.
#[test]
fn replay_is_idempotent() {
    let directory = tempfile::tempdir().unwrap();
    let server = boot(directory.path(), false, false, &NUMBERS).unwrap();
    for number in 0..500 {
        server.add(number % 30.min(number / 10 + 1), number).unwrap();
    }
    server.context.wal.flush(server.context.wal.insert_position()).unwrap();
    server.context.pool.background_write(usize::MAX, 7).unwrap();
    let expected = server.content();
    for _ in 0..3 {
        let again = boot(directory.path(), false, false, &NUMBERS).unwrap();
        assert_eq!(again.content(), expected);
        assert_eq!(again.recovered.data.next_xid, TransactionId(510));
        assert!(
            again.notices[0].starts_with("database system was not properly shut down"),
            "{:?}",
            again.notices
        );
        again.context.pool.background_write(usize::MAX, 9).unwrap();
    }
}

/// After a clean shutdown nothing is replayed, and the log goes on where it ended.
#[test]
fn clean_shutdown_needs_no_replay() {
    let directory = tempfile::tempdir().unwrap();
    let mut server = boot(directory.path(), false, false, &NUMBERS).unwrap();
    server.add(0, 1).unwrap();
    let report = server.checkpoint(CheckpointKind::Shutdown).unwrap();
    assert_eq!(report.redo, report.checkpoint);
    assert!(server.add(0, 2).is_err());
    let again = boot(directory.path(), false, false, &NUMBERS).unwrap();
    assert!(!again.recovered.was_unclean && again.notices.is_empty());
    assert_eq!(again.content(), [1]);
    again.add(0, 3).unwrap();
    again.context.wal.flush(again.context.wal.insert_position()).unwrap();
    assert_eq!(boot(directory.path(), false, false, &NUMBERS).unwrap().content(), [1, 3]);
}

/// Files that are cut and dropped later in the log are no error earlier in it; others are.
#[test]
fn missing_pages_need_an_explanation() {
    let directory = tempfile::tempdir().unwrap();
    let server = boot(directory.path(), false, false, &NUMBERS).unwrap();
    let pool = server.context.pool;
    for block in 0..5 {
        server.add(block, block).unwrap();
    }
    let mut server = server;
    server.checkpoint(CheckpointKind::Online).unwrap();
    server.context.wal.flush(server.context.wal.insert_position()).unwrap();
    for block in 0..5 {
        server.add(block, 10 + block).unwrap();
        server.add(block, 20 + block).unwrap();
    }
    truncate_logged(pool, TransactionId(3), FILE, 2).unwrap();
    let again = boot(directory.path(), false, false, &NUMBERS).unwrap();
    assert_eq!(again.content(), [0, 10, 20, 1, 11, 21]);
    drop_logged(again.context.pool, TransactionId(3), &[FILE]).unwrap();
    let again = boot(directory.path(), false, false, &NUMBERS).unwrap();
    assert!(again.content().is_empty());
}

/// The consistency mode passes right redo and finds wrong redo.
#[test]
fn consistency_mode_finds_wrong_redo() {
    let directory = tempfile::tempdir().unwrap();
    let server = boot(directory.path(), false, true, &NUMBERS).unwrap();
    for number in 0..20 {
        server.add(number % 2, number).unwrap();
    }
    server.context.wal.flush(server.context.wal.insert_position()).unwrap();
    let expected = server.content();
    assert_eq!(boot(directory.path(), false, true, &NUMBERS).unwrap().content(), expected);
    let error = boot(directory.path(), false, true, &SPOILED).err().unwrap();
    assert!(error.message().starts_with("inconsistent page found, rel 1663/5/16384"), "{error}");
    assert_eq!(error.severity(), error::Severity::Panic);
}

/// A copied database is a copy, also when it has to be replayed; a dropped one is gone.
#[test]
fn databases_are_copied_and_dropped() {
    let directory = tempfile::tempdir().unwrap();
    let server = boot(directory.path(), false, false, &NUMBERS).unwrap();
    for number in 0..300 {
        server.add(number / 10, number).unwrap();
    }
    let place = |database| (Oid(1663), Oid(database));
    assert_eq!(copy_database(server.context.pool, TransactionId(4), place(5), place(6)).unwrap(), 1);
    let copy = RelationFile { database: Oid(6), ..FILE };
    server.context.wal.flush(server.context.wal.insert_position()).unwrap();
    let check = |pool: &'static BufferPool| {
        let page = pool.read(copy, MAIN, BlockNumber(29), Strategy::Normal).unwrap().share();
        assert_eq!(page.page().item(OffsetNumber(10)), Some(&299u32.to_le_bytes()[..]));
        assert_eq!(pool.blocks(copy, MAIN).unwrap(), 30);
    };
    check(server.context.pool);
    let again = boot(directory.path(), false, false, &NUMBERS).unwrap();
    check(again.context.pool);
    drop_database_logged(again.context.pool, TransactionId(4), Oid(1663), Oid(6)).unwrap();
    let again = boot(directory.path(), false, false, &NUMBERS).unwrap();
    assert!(!again.context.pool.exists(copy, MAIN).unwrap());
    assert!(!directory.path().join("data/base/6").exists());
}

/// One line per record, with manager, description and pages.
#[test]
fn records_are_described() {
    let directory = tempfile::tempdir().unwrap();
    let mut server = boot(directory.path(), false, false, &NUMBERS).unwrap();
    let from = server.recovered.end;
    server.add(0, 1).unwrap();
    server.checkpoint(CheckpointKind::Online).unwrap();
    server.add(0, 2).unwrap();
    server.context.wal.flush(server.context.wal.insert_position()).unwrap();
    let managers = ResourceManagers::new(&[&LogManager, &StorageManager, &NUMBERS]).unwrap();
    let mut reader = Reader::new(server.context.files, 1, from);
    let mut lines = Vec::new();
    while let Some(record) = reader.next().unwrap() {
        lines.push(describe_record(&managers, record));
    }
    assert_eq!(lines.len(), 4, "{lines:#?}");
    assert!(
        lines[0].starts_with("rmgr: Storage     len (rec/tot):     37/    37, tx:          9, lsn: 0/01")
    );
    assert!(lines[0].ends_with("desc: CREATE base/5/16384"));
    assert!(lines[1].ends_with("desc: ADD 4 bytes, blkref #0: rel 1663/5/16384 blk 0"));
    assert!(lines[2].contains("desc: CHECKPOINT_ONLINE redo 0/1"));
    assert!(lines[3].ends_with("desc: ADD 0 bytes, blkref #0: rel 1663/5/16384 blk 0 FPW"));
}
