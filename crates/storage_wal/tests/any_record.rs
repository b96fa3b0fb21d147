//! Whatever bytes lie in the log, reading it gives records that lie inside of them or the end, and never panics or hangs.
//!
//! Runs a second, or as many as `FERRODON_FUZZ_SECONDS` says.

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use common::*;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use shared_memory::RegionBuilder;
use storage_file::{FileSettings, Files};
use storage_page::PageMut;
use storage_wal::*;

const TEST: ResourceManagerId = ResourceManagerId(200);
/// Bytes of a record's header.
const HEADER: usize = 24;

/// A log with records of several shapes; where they start, and the bytes of all.
fn log() -> (tempfile::TempDir, &'static Files, Vec<usize>, Vec<u8>) {
    let directory = tempfile::tempdir().unwrap();
    fs::create_dir_all(directory.path().join("pg_wal")).unwrap();
    let mut builder = RegionBuilder::new();
    let files = Files::reserve(&mut builder, &FileSettings { sync_requests: 16, open_files: 16 });
    let settings = WalSettings { buffer_bytes: 1 << 20, always_log_images: false, full_page_images: true };
    let wal = Wal::reserve(&mut builder, &settings);
    let region = builder.build().unwrap();
    let files = Files::attach_at(files, &region, directory.path());
    files.initialize();
    let wal = Wal::attach(wal, &region, files);
    wal.initialize();
    wal.start(1, FIRST_LSN, FIRST_LSN).unwrap();
    let mut starts = Vec::new();
    let mut builder = RecordBuilder::new();
    for number in 0..12u32 {
        starts.push((wal.insert_position().0 % SEGMENT_SIZE) as usize);
        builder.start(TEST, number as u8);
        let file = RelationFile { tablespace: Oid(1663), database: Oid(5), relation: Oid(number) };
        let mut page = [number as u8; PAGE_SIZE];
        PageMut::new(&mut page).initialize(8);
        let count = number % 4;
        for block in 0..count {
            let flags =
                if number % 2 == 0 { LogFlags::FORCE_IMAGE | LogFlags::STANDARD } else { LogFlags::NONE };
            builder.page(block as u8, file, ForkNumber::Main, BlockNumber(block), flags);
            builder.block_data(block as u8, &[7; 40]);
        }
        builder.data(&vec![9; number as usize * 13]);
        let pages: Vec<_> = (0..count).map(|_| &page).collect();
        wal.insert(&mut builder, TransactionId(u64::from(number)), &pages).unwrap();
    }
    let end = wal.insert_position();
    wal.flush(end).unwrap();
    let bytes = fs::read(path(&directory)).unwrap()[..(end.0 - FIRST_LSN.0) as usize].to_vec();
    (directory, files, starts, bytes)
}

fn path(directory: &tempfile::TempDir) -> PathBuf {
    directory.path().join("pg_wal").join(segment_name(1, FIRST_LSN))
}

/// Makes the checksum of the record at `start` fit, if its length lets it have one.
fn seal(bytes: &mut [u8], start: usize) {
    let length = u32::from_le_bytes(bytes[start..start + 4].try_into().unwrap()) as usize;
    let Some(record) = bytes.get_mut(start..start + length.max(HEADER)) else { return };
    let covered = if record[19] & 1 != 0 { HEADER } else { record.len() };
    let sum = crc32c::crc32c(&record[HEADER..covered]);
    let sum = crc32c::crc32c_append(sum, &record[..4]);
    let sum = crc32c::crc32c_append(sum, &record[8..HEADER]);
    let sum = crc32c::crc32c_append(sum, &(FIRST_LSN.0 + start as u64).to_le_bytes());
    record[4..8].copy_from_slice(&sum.to_le_bytes());
}

/// Reads all that there is and touches everything in it.
fn read_all(files: &'static Files, size: usize) -> usize {
    let mut reader = Reader::new(files, 1, FIRST_LSN);
    let mut count = 0;
    while let Some(record) = reader.next().unwrap() {
        count += 1;
        assert!(record.end() > record.start() && record.end().0 - FIRST_LSN.0 <= size as u64 + 7);
        assert!(record.data().len() <= record.size_bytes());
        let mut page = [0; PAGE_SIZE];
        for block in record.blocks() {
            assert!(record.block_data(block.reference).len() <= record.size_bytes());
            // An image that does not fit a page is an error.
            let _ = record.restore_image(block.reference, &mut page);
        }
    }
    assert!(!reader.end_reason().is_empty());
    count
}

#[test]
fn any_record() {
    let seconds = std::env::var("FERRODON_FUZZ_SECONDS").ok().and_then(|text| text.parse().ok());
    let deadline = Instant::now() + Duration::from_secs(seconds.unwrap_or(1));
    let (directory, files, starts, original) = log();
    assert_eq!(read_all(files, original.len()), starts.len());
    let changes = prop::collection::vec((any::<prop::sample::Index>(), 0..120usize, any::<u8>()), 1..6);
    let cut = prop_oneof![4 => Just(None), 1 => any::<prop::sample::Index>().prop_map(Some)];
    let cases = (changes, cut, prop::bool::weighted(0.9), prop::bool::weighted(0.05));
    let mut runner = TestRunner::default();
    let (mut whole, mut ended) = (0, 0);
    while Instant::now() < deadline {
        let (changes, cut, is_sealed, is_random) = cases.new_tree(&mut runner).unwrap().current();
        let mut bytes = original.clone();
        if is_random {
            // No record of it, all noise.
            bytes
                .iter_mut()
                .enumerate()
                .for_each(|(at, byte)| *byte = byte.wrapping_mul(31).wrapping_add(at as u8));
        }
        for (record, at, value) in changes {
            let start = *record.get(&starts);
            if let Some(byte) = bytes.get_mut(start + at) {
                *byte = value;
            }
            if is_sealed {
                seal(&mut bytes, start);
            }
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        fs::write(path(&directory), &bytes).unwrap();
        match read_all(files, bytes.len()) {
            count if count >= starts.len() => whole += 1,
            _ => ended += 1,
        }
    }
    // Damage in what a record says is refused or not; both happen.
    assert!(whole > 0 && ended > 0, "{whole} whole, {ended} ended");
}
