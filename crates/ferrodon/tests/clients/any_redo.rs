//! Whatever a record of the log says, if its checksum is right it is replayed or refused, and never ends in a panic.
//!
//! The records of a real server are changed at random and replayed on the pages that they were written for. Runs three seconds, or as
//! many as `FERRODON_FUZZ_SECONDS` says. A failure names its seed; `FERRODON_FUZZ_SEED` starts from there.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use background::resource_managers;
use common::{Lsn, Oid};
use recovery::ResourceManagers;
use storage_wal::{ControlFile, FIRST_LSN, Reader, SEGMENT_SIZE, segment_name};
use test_kit::Replay;

use crate::server::{Server, run};

/// Bytes of a record's header, and of each block's.
const HEADER: usize = 24;
const BLOCK_HEADER: usize = 30;
/// How often each record is changed.
const VARIANTS: usize = 4;
/// No record takes so long.
const PATIENCE: Duration = Duration::from_secs(20);

/// Statements that leave records of every sort.
const WORK: &[&str] = &[
    "CREATE TABLE t (a int PRIMARY KEY, b text, c int); CREATE INDEX ON t (c, b)",
    "INSERT INTO t SELECT i, md5(i::text), i % 7 FROM generate_series(1, 1500) i",
    "UPDATE t SET c = c + 1 WHERE a % 3 = 0",
    "UPDATE t SET b = b || 'x' WHERE a < 100",
    "DELETE FROM t WHERE a % 5 = 0 OR a BETWEEN 400 AND 900",
    "BEGIN; SELECT count(*) FROM (SELECT * FROM t FOR UPDATE) x; SAVEPOINT s; UPDATE t SET c = 0 WHERE a < 20; ROLLBACK TO s; COMMIT",
    "VACUUM t",
    "INSERT INTO t SELECT i, md5(i::text), i % 7 FROM generate_series(400, 900) i WHERE i % 5 <> 0",
    "CREATE TABLE wide (a int, b text); ALTER TABLE wide ALTER b SET STORAGE EXTERNAL",
    "INSERT INTO wide SELECT i, repeat('x', 9000) FROM generate_series(1, 5) i; UPDATE wide SET b = 'y' WHERE a = 2",
    "CREATE SEQUENCE s; SELECT nextval('s'); ALTER TABLE t ADD d int DEFAULT 7; COMMENT ON TABLE t IS 'x'",
    "BEGIN; CREATE TABLE gone (a int); INSERT INTO gone VALUES (1); ROLLBACK",
    "TRUNCATE wide; DROP TABLE wide; DELETE FROM t WHERE a > 700",
    "VACUUM t",
];

/// A record as it stands in the log.
struct Logged {
    start: Lsn,
    bytes: Vec<u8>,
}

/// Small random numbers, the same for the same seed.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.next() >> 16) as usize % limit.max(1)
    }
}

fn copy(from: &Path, to: &Path) {
    run(Command::new("cp").arg("-rT").arg(from).arg(to));
}

/// A data directory as it was at a checkpoint, with the log of what came after it.
fn recorded() -> (tempfile::TempDir, Lsn) {
    let server = Server::start(&["autovacuum=off", "full_page_writes=off", "bgwriter_lru_maxpages=0"]);
    server.ask("CHECKPOINT");
    for statement in WORK {
        assert!(!server.ask(statement).starts_with("ERROR"), "{statement}");
    }
    let mut holders = [server.connect(), server.connect()];
    for holder in &mut holders {
        holder.batch_execute("BEGIN; SELECT * FROM t WHERE a < 50 FOR SHARE").unwrap();
    }
    server.ask("INSERT INTO t VALUES (-1, 'last', 0)");
    server.kill();
    let directory = tempfile::tempdir().unwrap();
    copy(&server.data(), directory.path());
    server.start_again();
    let redo = Replay::open(directory.path(), 16, FIRST_LSN).context;
    let control = ControlFile::read(redo.files).unwrap();
    (directory, control.checkpoint_data.redo)
}

fn log_file(directory: &Path, position: Lsn) -> PathBuf {
    directory.join("pg_wal").join(segment_name(1, position))
}

/// The records whose bytes lie in one segment.
fn records(directory: &Path, replay: &Replay, redo: Lsn) -> Vec<Logged> {
    let mut reader = Reader::new(replay.context.files, 1, redo);
    let mut records = Vec::new();
    while let Some(record) = reader.next().unwrap() {
        let (start, size) = (record.start(), record.size_bytes());
        if start.0 % SEGMENT_SIZE + size as u64 > SEGMENT_SIZE {
            continue;
        }
        let mut bytes = vec![0; size];
        let file = File::open(log_file(directory, start)).unwrap();
        file.read_exact_at(&mut bytes, start.0 % SEGMENT_SIZE).unwrap();
        records.push(Logged { start, bytes });
    }
    records
}

/// Changes some bytes and makes the checksum right.
fn changed(random: &mut Random, logged: &Logged) -> Vec<u8> {
    let mut bytes = logged.bytes.clone();
    let headers = (HEADER + usize::from(bytes[18]) * BLOCK_HEADER).min(bytes.len());
    for _ in 0..=random.below(4) {
        let at = match random.below(10) {
            0 => 17 + random.below(7),
            1 => 8 + random.below(3),
            2 | 3 => HEADER + random.below(headers - HEADER),
            _ => headers + random.below(bytes.len() - headers),
        };
        let value = match random.below(4) {
            0 => [0, 1, 2, 127, 128, 254, 255][random.below(7)],
            1 => bytes[at.min(bytes.len() - 1)] ^ 1 << random.below(8),
            2 => bytes[at.min(bytes.len() - 1)].wrapping_add(1),
            _ => random.next() as u8,
        };
        if let Some(byte) = bytes.get_mut(at) {
            *byte = value;
        }
    }
    // Other relations, and blocks far away, would only fill the disk.
    for header in 0..(headers - HEADER) / BLOCK_HEADER {
        let at = HEADER + header * BLOCK_HEADER;
        bytes[at + 4..at + 16].copy_from_slice(&logged.bytes[at + 4..at + 16]);
        bytes[at + 18..at + 20].fill(0);
    }
    let covered = if bytes[19] & 1 != 0 { HEADER } else { bytes.len() };
    let sum = crc32c::crc32c(&bytes[HEADER..covered]);
    let sum = crc32c::crc32c_append(sum, &bytes[..4]);
    let sum = crc32c::crc32c_append(sum, &bytes[8..HEADER]);
    let sum = crc32c::crc32c_append(sum, &logged.start.0.to_le_bytes());
    bytes[4..8].copy_from_slice(&sum.to_le_bytes());
    bytes
}

/// Reads one record and nothing behind it.
fn reader_of(replay: &Replay, logged: &Logged) -> Reader {
    let mut reader = Reader::new(replay.context.files, 1, logged.start);
    reader.set_limit(Lsn(logged.start.0 + (logged.bytes.len() as u64).next_multiple_of(8)));
    reader
}

/// Replays the record that stands at this place, if there is one; its describing must not fail either.
fn replay_at(replay: &Replay, managers: &ResourceManagers, logged: &Logged) -> Result<(), String> {
    let mut reader = reader_of(replay, logged);
    let Ok(Some(record)) = reader.next() else { return Ok(()) };
    let Some(manager) = managers.get(record.manager()) else { return Ok(()) };
    let began = Instant::now();
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        manager.describe(record);
        manager.redo(&replay.context, record).is_ok()
    }));
    if began.elapsed() > PATIENCE {
        return Err(format!("{} kind {} took {:?}", manager.name(), record.kind(), began.elapsed()));
    }
    outcome.map(|_| ()).map_err(|_| format!("{} kind {} panicked", manager.name(), record.kind()))
}

#[test]
fn any_redo() {
    let seconds = std::env::var("FERRODON_FUZZ_SECONDS").ok().and_then(|text| text.parse().ok());
    let mut seed =
        std::env::var("FERRODON_FUZZ_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or(1u64);
    let (original, redo) = recorded();
    let work = tempfile::tempdir().unwrap();
    copy(original.path(), work.path());
    let replay = Replay::open(work.path(), 8192, redo);
    let records = records(original.path(), &replay, redo);
    assert!(records.len() > 1000, "{} records", records.len());
    let managers = resource_managers().unwrap();
    let no_growth = work.path().join("faults");
    replay.context.files.faults().obey(&no_growth);
    let deadline = Instant::now() + Duration::from_secs(seconds.unwrap_or(3));
    let mut tried = 0;
    let mut failures = BTreeMap::new();
    while Instant::now() < deadline {
        let mut databases = BTreeSet::from([Oid::INVALID]);
        let mut random = Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        // A round takes a part of the records, so that every part has its turn.
        let skipped = random.below(20);
        for (number, logged) in records.iter().enumerate().take_while(|_| Instant::now() < deadline) {
            let file = File::options().write(true).open(log_file(work.path(), logged.start)).unwrap();
            let offset = logged.start.0 % SEGMENT_SIZE;
            let blocks = reader_of(&replay, logged).next().unwrap().unwrap().blocks().to_vec();
            databases.extend(blocks.iter().map(|block| block.file.database));
            let before: Vec<_> = blocks.iter().map(|block| replay.page(block)).collect();
            replay_at(&replay, &managers, logged).unwrap();
            if number % 20 != skipped {
                continue;
            }
            let after: Vec<_> = blocks.iter().map(|block| replay.page(block)).collect();
            std::fs::write(&no_growth, "extend base/ 28\nextend global/ 28").unwrap();
            for _ in 0..VARIANTS {
                for (block, page) in blocks.iter().zip(&before) {
                    replay.put(block, &page.unwrap_or([0; 8192]));
                }
                let bytes = changed(&mut random, logged);
                file.write_all_at(&bytes, offset).unwrap();
                if let Err(text) = replay_at(&replay, &managers, logged) {
                    let place = format!("seed {seed}, record {number} at {}", logged.start);
                    failures.entry(text).or_insert(place);
                }
                tried += 1;
            }
            file.write_all_at(&logged.bytes, offset).unwrap();
            std::fs::remove_file(&no_growth).unwrap();
            for (block, page) in blocks.iter().zip(&after) {
                if let Some(page) = page {
                    replay.put(block, page);
                }
            }
        }
        replay.forget(databases);
        for part in ["base", "global", "pg_wal"] {
            std::fs::remove_dir_all(work.path().join(part)).unwrap();
            copy(&original.path().join(part), &work.path().join(part));
        }
        seed += 1;
    }
    println!("{tried} changed records, up to seed {seed}");
    assert!(failures.is_empty(), "{failures:#?}");
    assert!(tried > 100);
}
