//! Files against what the kernel shows, with faults and power cuts.

use std::path::PathBuf;

use common::{BlockNumber, ForkNumber, Oid, PAGE_SIZE, RelationFile};
use error::Severity;
use shared_memory::RegionBuilder;
use storage_file::*;

const MAIN: ForkNumber = ForkNumber::Main;
const FILE: RelationFile = RelationFile { tablespace: Oid(1663), database: Oid(5), relation: Oid(16384) };

struct Place {
    files: &'static Files,
    directory: tempfile::TempDir,
}

impl Place {
    fn journal(&self) -> PathBuf {
        self.directory.path().join("journal")
    }
}

fn fresh(sync_requests: usize) -> Place {
    let directory = tempfile::tempdir().unwrap();
    let mut builder = RegionBuilder::new();
    let reservation = Files::reserve(&mut builder, &FileSettings { sync_requests, open_files: 16 });
    let files = Files::attach_at(reservation, &builder.build().unwrap(), directory.path());
    files.initialize();
    Place { files, directory }
}

fn page(byte: u8) -> [u8; PAGE_SIZE] {
    [byte; PAGE_SIZE]
}

fn read(files: &Files, block: u32) -> u8 {
    let mut bytes = page(0);
    files.read(FILE, MAIN, BlockNumber(block), &mut [&mut bytes]).unwrap();
    bytes[PAGE_SIZE - 1]
}

/// What is written is read back, across a segment's end too, and sizes follow growth and cutting.
#[test]
fn blocks_come_back() {
    let Place { files, directory: _directory } = fresh(10);
    assert!(!files.exists(FILE, MAIN).unwrap());
    assert!(files.create(FILE, MAIN).unwrap() && !files.create(FILE, MAIN).unwrap());
    assert_eq!(files.blocks(FILE, MAIN).unwrap(), 0);
    let nearly_full = BLOCKS_PER_SEGMENT - 1;
    files.extend(FILE, MAIN, BlockNumber(0), nearly_full).unwrap();
    files.extend(FILE, MAIN, BlockNumber(nearly_full), 3).unwrap();
    assert_eq!(files.blocks(FILE, MAIN).unwrap(), nearly_full + 3);
    files.write(FILE, MAIN, BlockNumber(nearly_full), &[&page(1), &page(2), &page(3)]).unwrap();
    assert_eq!([0, 1, 2].map(|n| read(files, nearly_full + n)), [1, 2, 3]);
    let (mut a, mut b) = (page(0), page(0));
    files.read(FILE, MAIN, BlockNumber(nearly_full), &mut [&mut a, &mut b]).unwrap();
    assert_eq!((a[0], b[0]), (1, 2));
    files.truncate(FILE, MAIN, BLOCKS_PER_SEGMENT).unwrap();
    assert_eq!(files.blocks(FILE, MAIN).unwrap(), BLOCKS_PER_SEGMENT);
    files.truncate(FILE, MAIN, 7).unwrap();
    assert_eq!(files.blocks(FILE, MAIN).unwrap(), 7);
    assert_eq!(files.sync_all(|_, _| Ok(())).unwrap(), 2);
    assert_eq!(files.sync_all(|_, _| Ok(())).unwrap(), 0);
    files.remove(FILE).unwrap();
    assert!(!files.exists(FILE, MAIN).unwrap());
}

/// Errors say what PostgreSQL says.
#[test]
fn errors_are_clear() {
    let Place { files, directory: _directory } = fresh(10);
    let missing = files.blocks(FILE, MAIN).unwrap_err();
    assert_eq!(missing.message(), "could not open file \"base/5/16384\": No such file or directory");
    files.create(FILE, MAIN).unwrap();
    let short = files.read(FILE, MAIN, BlockNumber(0), &mut [&mut page(0)]).unwrap_err();
    assert_eq!(
        short.message(),
        "could not read blocks 0..0 in file \"base/5/16384\": read only 0 of 8192 bytes"
    );
    assert_eq!(short.sqlstate().as_str(), "XX001");
    files.extend(FILE, MAIN, BlockNumber(0), 2).unwrap();
    files.faults().fail_writes_after(0, 28);
    let full = files.extend(FILE, MAIN, BlockNumber(2), 1).unwrap_err();
    assert_eq!(full.message(), "could not extend file \"base/5/16384\": No space left on device");
    assert_eq!(full.sqlstate().as_str(), "53100");
    let broken = files.write(FILE, MAIN, BlockNumber(0), &[&page(1), &page(1)]).unwrap_err();
    assert_eq!(
        broken.message(),
        "could not write blocks 0..1 in file \"base/5/16384\": No space left on device"
    );
    files.faults().stop_failing();
    assert_eq!(files.blocks(FILE, MAIN).unwrap(), 2);
    files.faults().fail_syncs_after(0);
    assert_eq!(files.sync_all(|_, _| Ok(())).unwrap_err().severity(), Severity::Panic);
    // Rule 2: what was not synced is still in the table.
    files.faults().stop_failing();
    assert_eq!(files.sync_all(|_, _| Ok(())).unwrap(), 1);
}

/// When the table of sync requests is full, the writer's own sync must make the write durable.
#[test]
fn power_cut_takes_back_what_was_not_synced() {
    for (sync_requests, kept_by_full_table) in [(10, false), (1, true)] {
        let place = fresh(sync_requests);
        let files = place.files;
        let other = RelationFile { relation: Oid(1), ..FILE };
        files.create(other, MAIN).unwrap();
        files.create(FILE, MAIN).unwrap();
        files.faults().keep_journal(&place.journal()).unwrap();
        files.extend(FILE, MAIN, BlockNumber(0), 2).unwrap();
        files.write(FILE, MAIN, BlockNumber(0), &[&page(1)]).unwrap();
        files.sync(FILE, MAIN).unwrap();
        files.write(FILE, MAIN, BlockNumber(0), &[&page(2)]).unwrap();
        files.write(FILE, MAIN, BlockNumber(0), &[&page(3)]).unwrap();
        files.extend(FILE, MAIN, BlockNumber(2), 1).unwrap();
        files.close_all();
        undo_unsynced_writes(place.directory.path(), &place.journal(), |_| true).unwrap();
        let expected = if kept_by_full_table { (3, 3) } else { (1, 2) };
        assert_eq!((read(files, 0), files.blocks(FILE, MAIN).unwrap()), expected);
    }
}

/// A small file is old or new, never mixed, when its replacement fails.
#[test]
fn small_files_are_replaced_whole() {
    let Place { files, directory: _directory } = fresh(1);
    assert_eq!(files.read_small("control").unwrap(), None);
    files.replace_small("control", b"old content").unwrap();
    files.faults().fail_writes_after(0, 28);
    assert!(files.replace_small("control", b"new").is_err());
    assert_eq!(files.read_small("control").unwrap().as_deref(), Some(&b"old content"[..]));
    files.faults().stop_failing();
    files.replace_small("control", b"new").unwrap();
    assert_eq!(files.read_small("control").unwrap().as_deref(), Some(&b"new"[..]));
    files.remove_durably("control").unwrap();
    assert_eq!(files.read_small("control").unwrap(), None);
}

/// Temporary files give back what was put in, keep to their limit, are counted, and are gone with their owner, after a full disk too.
#[test]
fn temporary_files_come_and_go() {
    let Place { files, directory } = fresh(1);
    let folder = directory.path().join("base/pgsql_tmp");
    let count = || std::fs::read_dir(&folder).map_or(0, |entries| entries.count());
    assert_eq!(files.remove_temporary(None).unwrap(), 0);
    let before = temporary_use();
    let mut one = files.create_temporary().unwrap();
    let mut two = files.create_temporary().unwrap();
    let extents = [&[1; 10_000][..], &[2; 5]].map(|bytes| one.append(bytes).unwrap());
    two.append(&[3; 100]).unwrap();
    let mut bytes = Vec::new();
    one.read(extents[1], &mut bytes).unwrap();
    assert_eq!(bytes, [2; 5]);
    one.read(extents[0], &mut bytes).unwrap();
    assert_eq!((bytes, one.size_bytes(), count()), (vec![1; 10_000], 10_005, 2));
    configure_temporary(TemporarySettings { limit_bytes: Some(10_240), observer: None });
    let error = two.append(&[4; 200]).unwrap_err();
    assert_eq!(error.report().message, "temporary file size exceeds \"temp_file_limit\" (10kB)");
    two.append(&[4; 100]).unwrap();
    configure_temporary(TemporarySettings::default());
    files.faults().limit_temporary_room(11_000);
    let error = two.append(&[4; 1000]).unwrap_err();
    assert_eq!(error.sqlstate(), error::sqlstate::DISK_FULL);
    drop(one);
    two.append(&[4; 1000]).unwrap();
    files.faults().stop_failing();
    std::fs::write(folder.join("pgsql_tmp7.0"), "left").unwrap();
    assert_eq!((files.remove_temporary(Some(7)).unwrap(), count()), (1, 1));
    drop(two);
    let used = temporary_use();
    assert_eq!((used.files - before.files, used.bytes - before.bytes), (2, 10_005 + 1200));
    assert_eq!((used.blocks_written - before.blocks_written, used.blocks_read - before.blocks_read), (6, 3));
    assert_eq!(count(), 0);
}
