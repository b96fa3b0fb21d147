//! The cache against plain arrays of pages, across processes, faults and eviction.

use std::collections::HashMap;
use std::os::unix::fs::FileExt;

use common::*;
use proptest::prelude::{Just, ProptestConfig, any, prop_assert, prop_assert_eq, prop_oneof, proptest};
use proptest::strategy::Strategy as Generator;
use shared_memory::{ProcessKind, ProcessSlots, RegionBuilder};
use storage_buffer::*;
use storage_file::{FileSettings, Files, relation_path};
use storage_page::PageMut;
use storage_wal::*;
use system::process::{Exit, Fork, exit_immediately, fork, wait_for};

const MAIN: ForkNumber = ForkNumber::Main;
const TEST: ResourceManagerId = ResourceManagerId(200);
const XID: TransactionId = TransactionId(77);

fn relation(number: u32) -> RelationFile {
    RelationFile { tablespace: Oid(1663), database: Oid(5), relation: Oid(number) }
}

struct Place {
    pool: &'static BufferPool,
    wal: &'static Wal,
    files: &'static Files,
    slots: ProcessSlots,
    directory: tempfile::TempDir,
}

fn fresh(buffers: usize) -> Place {
    let directory = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(directory.path().join("pg_wal")).unwrap();
    let mut builder = RegionBuilder::new();
    let slots = ProcessSlots::reserve(&mut builder, 16);
    let files = Files::reserve(&mut builder, &FileSettings { sync_requests: 64, open_files: 64 });
    let settings = WalSettings { buffer_bytes: 1 << 20, always_log_images: false, full_page_images: true };
    let wal = Wal::reserve(&mut builder, &settings);
    let pool = BufferPool::reserve(&mut builder, &BufferSettings { buffers, relation_sizes: 64 });
    let region = builder.build().unwrap();
    let slots = ProcessSlots::attach(slots, &region);
    slots.initialize();
    let files = Files::attach_at(files, &region, directory.path());
    files.initialize();
    let wal = Wal::attach(wal, &region, files);
    wal.initialize();
    wal.start(1, FIRST_LSN, FIRST_LSN).unwrap();
    let pool = BufferPool::attach(pool, &region, files, wal);
    pool.initialize();
    Place { pool, wal, files, slots, directory }
}

fn read(pool: &'static BufferPool, file: RelationFile, block: u32) -> Pin {
    pool.read(file, MAIN, BlockNumber(block), Strategy::Normal).unwrap()
}

/// Writes a number on a page as its only item, logged.
fn put(page: &mut ExclusivePage, number: u32) -> Lsn {
    let pool = page.pin().pool();
    shared_memory::critical::section(|| {
        page.page_mut().initialize(0);
        page.page_mut().add_item(&number.to_le_bytes());
        let mut record = pool.record(TEST, 1, true);
        record.page(0, page, LogFlags::WILL_INITIALIZE);
        record.block_data(0, &number.to_le_bytes());
        record.insert(XID)
    })
    .unwrap()
}

fn get(page: &SharedPage) -> Option<u32> {
    page.page().item(OffsetNumber::FIRST).map(|item| u32::from_le_bytes(item.try_into().unwrap()))
}

#[derive(Clone, Debug)]
enum Step {
    Extend(u8, u32),
    Put(u8, u16, u32),
    Get(u8, u16),
    ReadMany(u8, u16, usize, bool),
    Truncate(u8, u16),
    Drop(u8),
    Flush(u8),
    Checkpoint,
    Background,
    Evict(u16),
}

fn step() -> impl Generator<Value = Step> {
    prop_oneof![
        4 => (0..3u8, 1..5u32).prop_map(|(r, n)| Step::Extend(r, n)),
        8 => (0..3u8, any::<u16>(), any::<u32>()).prop_map(|(r, b, n)| Step::Put(r, b, n)),
        8 => (0..3u8, any::<u16>()).prop_map(|(r, b)| Step::Get(r, b)),
        3 => (0..3u8, any::<u16>(), 1..6usize, any::<bool>()).prop_map(|(r, b, n, o)| Step::ReadMany(r, b, n, o)),
        1 => (0..3u8, any::<u16>()).prop_map(|(r, b)| Step::Truncate(r, b)),
        1 => (0..3u8).prop_map(Step::Drop),
        1 => (0..3u8).prop_map(Step::Flush),
        1 => Just(Step::Checkpoint),
        1 => Just(Step::Background),
        1 => any::<u16>().prop_map(Step::Evict),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]
    /// A cache far smaller than the relations must answer as arrays of pages do.
    #[test]
    fn behaves_as_arrays(steps in proptest::collection::vec(step(), 1..250)) {
        let place = fresh(16);
        let pool = place.pool;
        let mut model: HashMap<u8, Vec<Option<u32>>> = HashMap::new();
        let ring = BufferRing::new(pool, RingKind::BulkRead);
        for step in steps {
            match step {
                Step::Extend(r, count) => {
                    let file = relation(r.into());
                    if pool.create(file, MAIN).unwrap() {
                        model.insert(r, Vec::new());
                    }
                    let pages = model.get_mut(&r).unwrap();
                    let page = pool.extend(file, MAIN, count, Strategy::Normal).unwrap();
                    prop_assert_eq!(page.block().0 as usize, pages.len());
                    prop_assert!(page.page().is_new());
                    drop(page);
                    let now = pool.blocks(file, MAIN).unwrap() as usize;
                    prop_assert!(now > pages.len());
                    pages.resize(now, None);
                }
                Step::Put(r, block, number) => if let Some(pages) = model.get_mut(&r).filter(|p| !p.is_empty()) {
                    let block = block as usize % pages.len();
                    put(&mut read(pool, relation(r.into()), block as u32).exclusive(), number);
                    pages[block] = Some(number);
                },
                Step::Get(r, block) => if let Some(pages) = model.get(&r).filter(|p| !p.is_empty()) {
                    let block = block as usize % pages.len();
                    prop_assert_eq!(get(&read(pool, relation(r.into()), block as u32).share()), pages[block]);
                },
                Step::ReadMany(r, block, count, own_ring) => if let Some(pages) = model.get(&r).filter(|p| !p.is_empty()) {
                    let block = block as usize % pages.len();
                    let count = count.min(pages.len() - block);
                    let strategy = if own_ring { Strategy::Ring(&ring) } else { Strategy::Normal };
                    let mut pins = Vec::new();
                    pool.read_many(relation(r.into()), MAIN, BlockNumber(block as u32), count, strategy, &mut pins).unwrap();
                    prop_assert!(!pins.is_empty() && pins.len() <= count);
                    for (pin, expected) in pins.iter().zip(&pages[block..]) {
                        prop_assert_eq!(get(&pin.share()), *expected);
                    }
                },
                Step::Truncate(r, blocks) => if let Some(pages) = model.get_mut(&r) {
                    let blocks = blocks as usize % (pages.len() + 1);
                    pool.truncate(relation(r.into()), MAIN, blocks as u32).unwrap();
                    pages.truncate(blocks);
                },
                Step::Drop(r) => {
                    pool.drop_relation(relation(r.into())).unwrap();
                    model.remove(&r);
                    prop_assert!(!pool.exists(relation(r.into()), MAIN).unwrap());
                }
                Step::Flush(r) => drop(pool.flush_relation(relation(r.into())).unwrap()),
                Step::Checkpoint => {
                    pool.checkpoint(&mut |_, _| Ok(())).unwrap();
                    prop_assert!(pool.view().all(|buffer| !buffer.is_dirty));
                }
                Step::Background => drop(pool.background_write(usize::MAX, 3).unwrap()),
                Step::Evict(block) => {
                    let other = relation(99);
                    pool.create(other, MAIN).unwrap();
                    if pool.blocks(other, MAIN).unwrap() == 0 {
                        for _ in 0..20 {
                            pool.extend(other, MAIN, 2, Strategy::Normal).unwrap();
                        }
                    }
                    read(pool, other, u32::from(block) % 40);
                }
            }
            prop_assert!(pool.view().all(|buffer| buffer.pins == 0));
        }
    }
}

/// Processes that change the same pages, evict and extend at once lose nothing.
#[test]
fn processes_share_pages() {
    let place = fresh(24);
    let (pool, file) = (place.pool, relation(1));
    pool.create(file, MAIN).unwrap();
    for _ in 0..40 {
        put(&mut pool.extend(file, MAIN, 1, Strategy::Normal).unwrap(), 0);
    }
    let other = relation(2);
    pool.create(other, MAIN).unwrap();
    let mut children = Vec::new();
    for process in 0..4u32 {
        let Fork::Parent(child) = fork().unwrap() else {
            let _claim = place.slots.claim(ProcessKind::Backend, 0..16).unwrap();
            for round in 0..2000u32 {
                let pin = read(pool, file, (round * 7 + process) % 40);
                let mut page = pin.exclusive();
                let old =
                    u32::from_le_bytes(page.page().item(OffsetNumber::FIRST).unwrap().try_into().unwrap());
                put(&mut page, old + 1);
                drop(page);
                if round % 50 == 0 {
                    put(&mut pool.extend(other, MAIN, 2, Strategy::Normal).unwrap(), process);
                }
                if round % 97 == 0 {
                    pool.checkpoint(&mut |_, _| Ok(())).unwrap();
                }
            }
            exit_immediately(0)
        };
        children.push(child);
    }
    for child in children {
        assert_eq!(wait_for(child).unwrap(), Exit::Code(0));
    }
    let sum: u32 = (0..40).map(|block| get(&read(pool, file, block).share()).unwrap()).sum();
    assert_eq!(sum, 8000);
    assert_eq!(pool.blocks(other, MAIN).unwrap(), 4 * 40 * 2);
    let owners: Vec<u32> = (0..320).filter_map(|block| get(&read(pool, other, block).share())).collect();
    assert!((0..4).all(|process| owners.iter().filter(|owner| **owner == process).count() == 40));
    assert_eq!(pool.blocks(other, MAIN).unwrap(), place.files.blocks(other, MAIN).unwrap());
}

/// Rule 4: no page reaches its file before its log record is durable.
#[test]
fn log_goes_first() {
    let place = fresh(16);
    let file = relation(1);
    place.pool.create(file, MAIN).unwrap();
    let lsn = put(&mut place.pool.extend(file, MAIN, 1, Strategy::Normal).unwrap(), 5);
    assert!(place.wal.flush_position() < lsn);
    assert_eq!(place.pool.flush_relation(file).unwrap(), 1);
    assert!(place.wal.flush_position() >= lsn);
    // An unlogged page asks nothing of the log.
    let mut page = place.pool.extend(file, MAIN, 1, Strategy::Normal).unwrap();
    page.change_unlogged(|page| page.initialize(0));
    drop(page);
    place.files.faults().fail_syncs_after(0);
    assert_eq!(place.pool.flush_relation(file).unwrap(), 1);
}

/// A damaged page is an error with PostgreSQL's words, and does not stay in the cache.
#[test]
fn damage_is_found() {
    let place = fresh(16);
    let (pool, file) = (place.pool, relation(1));
    pool.create(file, MAIN).unwrap();
    put(&mut pool.extend(file, MAIN, 2, Strategy::Normal).unwrap(), 5);
    pool.flush_relation(file).unwrap();
    pool.drop_database_buffers(Oid(5)).unwrap();
    let path = place.directory.path().join(relation_path(file, MAIN));
    let raw = std::fs::File::options().read(true).write(true).open(path).unwrap();
    let mut byte = [0];
    raw.read_exact_at(&mut byte, 8190).unwrap();
    raw.write_all_at(&[byte[0] ^ 1], 8190).unwrap();
    let error = pool.read(file, MAIN, BlockNumber(0), Strategy::Normal).err().unwrap();
    assert_eq!(error.message(), "invalid page in block 0 of relation \"base/5/1\"");
    assert_eq!(error.sqlstate().as_str(), "XX001");
    let mut pins = Vec::new();
    assert!(pool.read_many(file, MAIN, BlockNumber(0), 2, Strategy::Normal, &mut pins).is_err());
    assert!(pins.is_empty() && pool.view().all(|buffer| buffer.pins == 0));
    raw.write_all_at(&byte, 8190).unwrap();
    assert_eq!(get(&read(pool, file, 0).share()), Some(5));
}

/// A write that fails leaves the page dirty and the error to the one who needed the room; nothing is lost.
#[test]
fn failed_write_loses_nothing() {
    let place = fresh(16);
    let (pool, file) = (place.pool, relation(1));
    pool.create(file, MAIN).unwrap();
    for number in 0..12 {
        put(&mut pool.extend(file, MAIN, 1, Strategy::Normal).unwrap(), number);
    }
    place.wal.flush(place.wal.insert_position()).unwrap();
    place.files.faults().fail_writes_after(0, 5);
    let error = pool.checkpoint(&mut |_, _| Ok(())).unwrap_err();
    assert!(error.message().contains("could not write blocks 0..11 in file \"base/5/1\""), "{error}");
    place.files.faults().stop_failing();
    assert_eq!(pool.checkpoint(&mut |_, _| Ok(())).unwrap(), 12);
    pool.drop_database_buffers(Oid(5)).unwrap();
    assert!((0..12).all(|number| get(&read(pool, file, number).share()) == Some(number)));
}

/// All buffers pinned: an error, and the pins are not hurt.
#[test]
fn pins_run_out() {
    let place = fresh(16);
    let (pool, file) = (place.pool, relation(1));
    pool.create(file, MAIN).unwrap();
    for _ in 0..20 {
        pool.extend(file, MAIN, 1, Strategy::Normal).unwrap();
    }
    let pins: Vec<Pin> = (0..16).map(|block| read(pool, file, block)).collect();
    let error = pool.read(file, MAIN, BlockNumber(17), Strategy::Normal).err().unwrap();
    assert_eq!(error.message(), "no unpinned buffers available");
    assert!(pins.iter().zip(0..).all(|(pin, block)| pin.block() == BlockNumber(block)));
    drop(pins);
    read(pool, file, 17);
}

/// Who dies with a page locked has left it in doubt if the page was changed; if not, the next one can have the lock.
#[test]
fn pages_are_in_doubt_once_they_change() {
    let place = fresh(24);
    let (pool, file) = (place.pool, relation(1));
    pool.create(file, MAIN).unwrap();
    put(&mut pool.extend(file, MAIN, 1, Strategy::Normal).unwrap(), 7);
    let dies = |changes: bool, downgrades: bool| {
        let Fork::Parent(child) = fork().unwrap() else {
            let _claim = place.slots.claim(ProcessKind::Backend, 0..16).unwrap();
            let mut page = read(pool, file, 0).exclusive();
            if changes {
                page.bytes_mut();
            }
            let _held = if downgrades { Err(page.downgrade()) } else { Ok(page) };
            exit_immediately(1)
        };
        wait_for(child).unwrap();
        let slot = place.slots.find(child).unwrap();
        let is_in_doubt = slot.left_shared_state_in_doubt();
        if !is_in_doubt {
            slot.release_locks();
            pool.release_pins_of(slot);
            assert!(read(pool, file, 0).try_exclusive().is_some());
        }
        place.slots.free_dead(slot);
        is_in_doubt
    };
    assert!(!dies(false, false));
    assert!(!dies(false, true));
    assert!(!dies(true, true));
    assert!(dies(true, false));
}

/// A cleanup lock waits for other processes' pins; the janitor releases those of the dead.
#[test]
fn cleanup_waits_for_pins() {
    let place = fresh(16);
    let (pool, file) = (place.pool, relation(1));
    pool.create(file, MAIN).unwrap();
    let pin = pool.extend(file, MAIN, 1, Strategy::Normal).unwrap().unlock();
    drop(pin.try_cleanup().unwrap());
    let second = pin.clone();
    assert!(pin.try_cleanup().is_none() && pin.cleanup().is_err());
    drop(second);
    let holder = |dies: bool| {
        let Fork::Parent(child) = fork().unwrap() else {
            BufferPool::forget_inherited_pins();
            let _claim = place.slots.claim(ProcessKind::Backend, 0..16).unwrap();
            let mut held = read(pool, file, 0);
            if dies {
                exit_immediately(1)
            }
            for _ in 0..5000 {
                drop(held);
                held = read(pool, file, 0);
            }
            drop(held);
            exit_immediately(0)
        };
        child
    };
    let child = holder(true);
    wait_for(child).unwrap();
    assert!(pin.try_cleanup().is_none());
    let slot = place.slots.find(child).unwrap();
    assert!(!slot.left_shared_state_in_doubt());
    pool.release_pins_of(slot);
    place.slots.free_dead(slot);
    drop(pin.try_cleanup().unwrap());
    let child = holder(false);
    // Whether it comes before, during or after the child's pin, the lock must come.
    drop(pin.cleanup().unwrap());
    assert_eq!(wait_for(child).unwrap(), Exit::Code(0));
    drop(pin.cleanup().unwrap());
}

/// Hints: refused while others look, logged once after a checkpoint, kept.
#[test]
fn hints_are_safe() {
    let place = fresh(16);
    let (pool, file) = (place.pool, relation(1));
    pool.create(file, MAIN).unwrap();
    put(&mut pool.extend(file, MAIN, 1, Strategy::Normal).unwrap(), 5);
    pool.checkpoint(&mut |_, _| Ok(())).unwrap();
    place.wal.begin_checkpoint().unwrap();
    let pin = read(pool, file, 0);
    let flag = storage_page::PageFlags::ALL_VISIBLE;
    let set = |page: &mut PageMut<'_>| page.set_flag(flag);
    let mut page = pin.share();
    let other = pin.share();
    assert!(!page.hint(set).unwrap() && !page.page().has(flag));
    drop(other);
    let before = place.wal.statistics();
    assert!(page.hint(set).unwrap() && page.page().has(flag));
    assert!(page.hint(set).unwrap());
    let after = place.wal.statistics();
    assert_eq!((after.records - before.records, after.images - before.images), (1, 1));
    drop((page, pin));
    assert_eq!(pool.checkpoint(&mut |_, _| Ok(())).unwrap(), 1);
    pool.drop_database_buffers(Oid(5)).unwrap();
    assert!(read(pool, file, 0).share().page().has(flag));
}

/// Redo restores images, rebuilds pages, skips what is done and notes what is not there.
#[test]
fn redo_finds_out() {
    let place = fresh(16);
    let (pool, file) = (place.pool, relation(1));
    pool.create(file, MAIN).unwrap();
    let mut page = pool.extend(file, MAIN, 1, Strategy::Normal).unwrap();
    put(&mut page, 5);
    drop(page);
    place.wal.begin_checkpoint().unwrap();
    let change = |reference| {
        let mut page = read(pool, file, 0).exclusive();
        page.page_mut().add_item(b"more");
        let mut record = pool.record(TEST, 2, true);
        record.page(reference, &mut page, LogFlags::STANDARD);
        record.insert(XID).unwrap()
    };
    change(3);
    let end = change(3);
    place.wal.flush(end).unwrap();
    pool.drop_relation(file).unwrap();
    let mut reader = Reader::new(place.files, 1, FIRST_LSN);
    let kinds: Vec<String> = std::iter::from_fn(|| {
        let record = reader.next().unwrap()?;
        let reference = record.blocks()[0].reference;
        let name = match pool.redo_block(record, reference).unwrap() {
            Redo::NeedsRedo(mut page) => {
                page.page_mut().initialize(0);
                page.redone(record);
                "needs"
            }
            Redo::Restored(page) => {
                assert_eq!(page.page().lsn(), record.end());
                "restored"
            }
            Redo::Done => "done",
            Redo::NotFound => "not found",
        };
        Some(name.to_string())
    })
    .collect();
    assert_eq!(kinds, ["needs", "restored", "needs"]);
    let mut again = Reader::new(place.files, 1, FIRST_LSN);
    while again.next().unwrap().is_some() {}
    assert!(matches!(pool.redo_block(again.record(), 3).unwrap(), Redo::Done));
    pool.drop_relation(file).unwrap();
    assert!(matches!(pool.redo_block(again.record(), 3).unwrap(), Redo::NotFound));
    assert_eq!(pool.missing_pages().len(), 1);
    pool.explain_missing_pages(|tag| tag.file == file);
    assert!(pool.missing_pages().is_empty());
}
