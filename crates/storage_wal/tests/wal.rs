//! The log: what is inserted is read back, by position, across processes, torn tails and recycled segments.

use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use common::*;
use error::Severity;
use shared_memory::RegionBuilder;
use storage_file::{FileSettings, Files};
use storage_page::{PageBytes, PageMut};
use storage_wal::*;
use system::process::{Exit, Fork, exit_immediately, fork, wait_for};

const TEST: ResourceManagerId = ResourceManagerId(200);
const NONE: TransactionId = TransactionId::INVALID;

struct Place {
    wal: &'static Wal,
    files: &'static Files,
    directory: tempfile::TempDir,
}

fn open(directory: tempfile::TempDir, buffer_bytes: usize) -> Place {
    let mut builder = RegionBuilder::new();
    let files = Files::reserve(&mut builder, &FileSettings { sync_requests: 16, open_files: 16 });
    let settings = WalSettings { buffer_bytes, always_log_images: false, full_page_images: true };
    let wal = Wal::reserve(&mut builder, &settings);
    let region = builder.build().unwrap();
    let files = Files::attach_at(files, &region, directory.path());
    files.initialize();
    let wal = Wal::attach(wal, &region, files);
    wal.initialize();
    Place { wal, files, directory }
}

fn fresh(buffer_bytes: usize) -> Place {
    let directory = tempfile::tempdir().unwrap();
    fs::create_dir_all(directory.path().join("pg_wal")).unwrap();
    fs::create_dir_all(directory.path().join("global")).unwrap();
    let place = open(directory, buffer_bytes);
    place.wal.start(1, FIRST_LSN, FIRST_LSN).unwrap();
    place
}

fn read_all(files: &'static Files, from: Lsn) -> (Vec<(u64, Vec<u8>)>, Lsn) {
    let mut reader = Reader::new(files, 1, from);
    let mut found = Vec::new();
    while let Some(record) = reader.next().unwrap() {
        found.push((record.xid().0, record.data().to_vec()));
    }
    (found, reader.position())
}

/// Records of all sizes, also longer than the ring and across segments, come back in order.
#[test]
fn records_come_back() {
    let place = fresh(64 * 1024);
    let mut expected = Vec::new();
    for number in 0..60u64 {
        let length = [0, 1, 7, 100, 9000, 700_000][number as usize % 6] + number as usize;
        let data: Vec<u8> = (0..length).map(|at| (at as u64 * 7 + number) as u8).collect();
        place.wal.log(TEST, 1, TransactionId(number), &data).unwrap();
        expected.push((number, data));
    }
    let end = place.wal.insert_position();
    assert!(end.0 > FIRST_LSN.0 + 7_000_000);
    place.wal.flush(end).unwrap();
    assert_eq!(place.wal.flush_position(), end);
    let (found, position) = read_all(place.files, FIRST_LSN);
    assert!(found == expected);
    assert_eq!(position, end);
    assert_eq!(place.wal.statistics().records, 60);
    let beyond = place.wal.flush(Lsn(end.0 + 8)).unwrap_err();
    assert!(beyond.message().contains("is not satisfied"));
}

/// Records of a cluster that is being made are forgotten; those after that begin where the log began.
#[test]
fn records_can_be_discarded() {
    let place = fresh(64 * 1024);
    place.wal.make_segment_ahead().unwrap();
    place.wal.discard_records(true);
    let end = place.wal.log(TEST, 1, NONE, b"forgotten").unwrap();
    assert_eq!(end, FIRST_LSN);
    place.wal.flush(end).unwrap();
    place.wal.discard_records(false);
    let end = place.wal.log(TEST, 1, NONE, b"kept").unwrap();
    place.wal.flush(end).unwrap();
    assert_eq!(read_all(place.files, FIRST_LSN), (vec![(0, b"kept".to_vec())], end));
}

/// Processes that insert and flush at once lose nothing, and each finds its record durable when told so.
#[test]
fn processes_insert_in_parallel() {
    let place = fresh(64 * 1024);
    let mut children = Vec::new();
    for process in 0..4u64 {
        let Fork::Parent(child) = fork().unwrap() else {
            for number in 0..3000u64 {
                let data = vec![process as u8; (number % 500) as usize];
                let end = place.wal.log(TEST, 1, TransactionId(process << 32 | number), &data).unwrap();
                if number % 100 == 0 {
                    place.wal.flush(end).unwrap();
                    if place.wal.flush_position() < end {
                        exit_immediately(1);
                    }
                }
            }
            exit_immediately(0)
        };
        children.push(child);
    }
    for child in children {
        assert_eq!(wait_for(child).unwrap(), Exit::Code(0));
    }
    place.wal.flush(place.wal.insert_position()).unwrap();
    let (found, _) = read_all(place.files, FIRST_LSN);
    let mut next = [0; 4];
    for (xid, data) in found {
        let (process, number) = ((xid >> 32) as usize, xid & 0xFFFF_FFFF);
        assert_eq!((number, data.len() as u64), (next[process], number % 500));
        assert!(data.iter().all(|byte| *byte == process as u8));
        next[process] += 1;
    }
    assert_eq!(next, [3000; 4]);
}

/// A last record torn at any byte is dropped, whole; what comes before stays.
#[test]
fn torn_tail_is_dropped() {
    let place = fresh(64 * 1024);
    place.wal.log(TEST, 1, TransactionId(7), b"kept").unwrap();
    let start = place.wal.insert_position();
    let end = place.wal.log(TEST, 2, TransactionId(8), &[0xAB; 61]).unwrap();
    place.wal.flush(end).unwrap();
    let path = place.directory.path().join("pg_wal").join(segment_name(1, start));
    let file = File::options().read(true).write(true).open(path).unwrap();
    let offset = start.0 % SEGMENT_SIZE;
    let mut whole = vec![0; (end.0 - start.0) as usize];
    file.read_exact_at(&mut whole, offset).unwrap();
    for torn_at in 0..whole.len() {
        // The padding behind the last byte does not belong to the record.
        if whole[torn_at..].iter().all(|byte| *byte == 0) {
            break;
        }
        for stale in [0, 0xFF] {
            let mut torn = whole.clone();
            torn[torn_at..].fill(stale);
            file.write_all_at(&torn, offset).unwrap();
            let (found, position) = read_all(place.files, FIRST_LSN);
            assert_eq!((found.len(), position), (1, start), "torn at {torn_at}");
        }
    }
    for flipped in 0..85 {
        let mut damaged = whole.clone();
        damaged[flipped] ^= 1;
        file.write_all_at(&damaged, offset).unwrap();
        assert_eq!(read_all(place.files, FIRST_LSN).0.len(), 1, "flipped in {flipped}");
    }
    file.write_all_at(&whole, offset).unwrap();
    assert_eq!(read_all(place.files, FIRST_LSN).0.len(), 2);
}

/// Records behind a torn one must not come back to life when a later record happens to end where the torn one did.
#[test]
fn old_tail_stays_dead() {
    let Place { wal, files, directory } = fresh(64 * 1024);
    let first = wal.insert_position();
    wal.log(TEST, 1, TransactionId(1), &[1; 40]).unwrap();
    wal.log(TEST, 1, TransactionId(2), &[2; 40]).unwrap();
    wal.flush(wal.insert_position()).unwrap();
    let path = directory.path().join("pg_wal").join(segment_name(1, first));
    let file = File::options().write(true).open(path).unwrap();
    file.write_all_at(&[9], first.0 % SEGMENT_SIZE + 30).unwrap();
    assert_eq!(read_all(files, FIRST_LSN).0.len(), 0);
    let place = open(directory, 64 * 1024);
    place.wal.start(1, first, first).unwrap();
    place.wal.log(TEST, 1, TransactionId(3), &[3; 40]).unwrap();
    place.wal.flush(place.wal.insert_position()).unwrap();
    assert_eq!(read_all(place.files, FIRST_LSN).0, [(3, vec![3; 40])]);
}

fn page_with(lsn: Lsn, item: &[u8]) -> PageBytes {
    let mut bytes = [0; PAGE_SIZE];
    let mut page = PageMut::new(&mut bytes);
    page.initialize(16);
    page.set_lsn(lsn);
    page.add_item(item);
    bytes
}

/// The first change after the redo point carries an image that restores the page; later ones carry data.
#[test]
fn first_change_carries_an_image() {
    let place = fresh(64 * 1024);
    let file = RelationFile { tablespace: Oid(1663), database: Oid(5), relation: Oid(16384) };
    let mut builder = RecordBuilder::new();
    let mut insert = |page: &PageBytes, flags| {
        builder.start(TEST, 3);
        builder.page(2, file, ForkNumber::Main, BlockNumber(9), flags);
        builder.block_data(2, b"one ");
        builder.data(b"main");
        builder.block_data(2, b"two");
        place.wal.insert(&mut builder, TransactionId(5), &[page]).unwrap()
    };
    let redo = place.wal.begin_checkpoint().unwrap();
    let random: Vec<u8> = (0..600u32).map(|n| (n.wrapping_mul(2654435761) >> 13) as u8).collect();
    let old = page_with(redo, &random);
    let new = page_with(Lsn(redo.0 + 8), &random);
    insert(&old, LogFlags::STANDARD);
    insert(&old, LogFlags::NONE);
    insert(&new, LogFlags::STANDARD);
    insert(&old, LogFlags::WILL_INITIALIZE);
    insert(&new, LogFlags::FORCE_IMAGE | LogFlags::KEEP_DATA | LogFlags::STANDARD);
    let end = insert(&old, LogFlags::NO_IMAGE);
    place.wal.flush(end).unwrap();
    let mut reader = Reader::new(place.files, 1, FIRST_LSN);
    for (expected_image, expected_data, source) in [
        (true, &b""[..], &old),
        (true, b"", &old),
        (false, b"one two", &new),
        (false, b"one two", &old),
        (true, b"one two", &new),
        (false, b"one two", &old),
    ] {
        let record = reader.next().unwrap().unwrap();
        let block = record.block(2).unwrap();
        assert_eq!((block.file, block.fork, block.block), (file, ForkNumber::Main, BlockNumber(9)));
        assert_eq!((record.has_image(2), record.block_data(2)), (expected_image, expected_data));
        assert_eq!((record.data(), record.kind(), record.xid()), (&b"main"[..], 3, TransactionId(5)));
        if expected_image {
            let mut restored = [0x55; PAGE_SIZE];
            record.restore_image(2, &mut restored).unwrap();
            assert!(restored == *source);
            assert!(block.image_size() < 900);
        }
    }
    assert_eq!(reader.record().end(), end);
}

/// A change logged behind the redo point must carry an image, however closely the two race.
#[test]
fn redo_point_races_with_changes() {
    let place = fresh(256 * 1024);
    let wal = place.wal;
    let stop = Arc::new(AtomicBool::new(false));
    let redo_points = std::thread::scope(|scope| {
        for process in 0..3u32 {
            let stop = stop.clone();
            scope.spawn(move || {
                let file = RelationFile { tablespace: Oid(1663), database: Oid(1), relation: Oid(process) };
                let mut builder = RecordBuilder::new();
                let mut page = page_with(Lsn(0), b"x");
                while !stop.load(Ordering::Relaxed) {
                    builder.start(TEST, 0);
                    builder.page(0, file, ForkNumber::Main, BlockNumber(0), LogFlags::STANDARD);
                    let _delay = wal.delay_checkpoint();
                    let lsn = wal.insert(&mut builder, NONE, &[&page]).unwrap();
                    PageMut::new(&mut page).set_lsn(lsn);
                }
            });
        }
        let points: Vec<Lsn> = (0..300).map(|_| wal.begin_checkpoint().unwrap()).collect();
        stop.store(true, Ordering::Relaxed);
        points
    });
    wal.flush(wal.insert_position()).unwrap();
    let mut reader = Reader::new(place.files, 1, FIRST_LSN);
    let mut changes: [Vec<(Lsn, bool)>; 3] = Default::default();
    while let Some(record) = reader.next().unwrap() {
        let block = &record.blocks()[0];
        changes[block.file.relation.0 as usize].push((record.start(), block.apply_image));
    }
    for redo in redo_points {
        for changes in &changes {
            let first = changes.iter().find(|(start, _)| *start >= redo);
            assert!(first.is_none_or(|(_, has_image)| *has_image));
        }
    }
}

/// Old segments become new ones; their stale records stay dead; a switch fills a segment.
#[test]
fn segments_are_recycled() {
    let place = fresh(1 << 20);
    let wal = place.wal;
    for number in 0..5 {
        wal.log(TEST, 1, TransactionId(number), b"in a segment").unwrap();
        let end = wal.switch_segment().unwrap();
        assert_eq!(end.0, FIRST_LSN.0 + (number + 1) * SEGMENT_SIZE);
        assert_eq!(wal.switch_segment().unwrap(), end);
    }
    wal.flush(wal.insert_position()).unwrap();
    let keep_from = Lsn(FIRST_LSN.0 + 4 * SEGMENT_SIZE + 100);
    let counts = wal.remove_segments(keep_from, 2, |name| name.ends_with("01")).unwrap();
    assert_eq!(counts, (1, 2));
    let names = place.files.list_directory("pg_wal").unwrap();
    let numbers: Vec<&str> = names.iter().map(|name| &name[22..]).collect();
    assert_eq!(numbers, ["01", "05", "07", "08"]);
    let from = segment_start(keep_from);
    for number in 0..3 {
        wal.log(TEST, 1, TransactionId(100 + number), b"later").unwrap();
        wal.switch_segment().unwrap();
    }
    wal.flush(wal.insert_position()).unwrap();
    let (found, position) = read_all(place.files, from);
    let xids: Vec<u64> = found.iter().map(|(xid, _)| *xid).filter(|xid| *xid != 0).collect();
    assert_eq!(xids, [4, 100, 101, 102]);
    assert_eq!(position, wal.insert_position());
}

/// A log that cannot be written or synced is a PANIC.
#[test]
fn failures_are_panics() {
    let place = fresh(64 * 1024);
    let end = place.wal.log(TEST, 1, NONE, b"x").unwrap();
    place.files.faults().fail_writes_after(0, 28);
    let full = place.wal.flush(end).unwrap_err();
    assert_eq!((full.severity(), full.sqlstate().as_str()), (Severity::Panic, "53100"));
    let place = fresh(64 * 1024);
    let end = place.wal.log(TEST, 1, NONE, b"x").unwrap();
    place.wal.flush(end).unwrap();
    let end = place.wal.log(TEST, 1, NONE, b"x").unwrap();
    place.files.faults().fail_syncs_after(0);
    assert_eq!(place.wal.flush(end).unwrap_err().severity(), Severity::Panic);
}

/// The control file keeps every field and notices damage.
#[test]
fn control_file() {
    let place = fresh(64 * 1024);
    assert_eq!(ControlFile::read(place.files).unwrap_err().sqlstate().as_str(), "58P01");
    let checkpoint_data = CheckpointData {
        redo: Lsn(1),
        timeline: 2,
        previous_timeline: 3,
        next_xid: TransactionId(1 << 40),
        next_oid: Oid(5),
        next_multixact: 6,
        next_multixact_member: 7,
        oldest_xid: TransactionId(8),
        oldest_multixact: 9,
        oldest_active_xid: TransactionId(10),
        oldest_commit_timestamp_xid: TransactionId(11),
        newest_commit_timestamp_xid: TransactionId(12),
        time_us: -13,
        full_page_writes: true,
    };
    let control = ControlFile {
        system_identifier: u64::MAX,
        state: ClusterState::InProduction,
        time_us: 1,
        checkpoint: Lsn(2),
        checkpoint_data,
        minimum_recovery_point: Lsn(3),
        minimum_recovery_timeline: 4,
        backup_start: Lsn(5),
        backup_end: Lsn(6),
        max_connections: 7,
        max_worker_processes: 8,
        max_wal_senders: 9,
        max_prepared_transactions: 10,
        max_locks_per_transaction: 11,
        wal_level: 1,
    };
    control.write(place.files).unwrap();
    assert_eq!(ControlFile::read(place.files).unwrap(), control);
    assert_eq!(CheckpointData::from_bytes(&checkpoint_data.to_bytes()), Some(checkpoint_data));
    let mut bytes = control.to_bytes();
    for at in 0..bytes.len() {
        bytes[at] ^= 4;
        assert!(ControlFile::from_bytes(&bytes).is_err(), "byte {at}");
        bytes[at] ^= 4;
    }
}
