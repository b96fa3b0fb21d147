//! The file that keeps the statistics while the server is down: `pg_stat/statistics`.
//!
//! ```text
//! | "FDSTATS" + version | shape: how many counters of each sort | tables | reads and writes | server | statements | CRC-32C |
//! ```
//! All numbers are little-endian; lists begin with their length. A file of another shape is of another version. What is in it are
//! estimates, so it is not made durable before its name is given: a torn one is found by its checksum, and counting begins anew.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use catalog::KeptTable;
use common::Counter;
use config::{Id, Settings};
use error::{Error, Result};
use shared_memory::{IoCounter, IoCounts, IoPlace, ProcessKind};

use crate::archiver::ArchiverStatistics;
use crate::state::ServerState;
use crate::statement_statistics::{Counted, KeptStatement};

pub const DIRECTORY: &str = "pg_stat";
const NAME: &str = "pg_stat/statistics";
const TEMPORARY: &str = "pg_stat/statistics.tmp";
const MAGIC: [u8; 8] = *b"FDSTATS\x02";

/// Writes what has been counted so far.
/// # Errors
/// Those of writing; the former file is there then.
pub fn write(state: &ServerState, settings: &Settings) -> Result<()> {
    let mut bytes = Writer(MAGIC.to_vec());
    shape().iter().for_each(|number| bytes.put(*number));
    write_tables(&mut bytes, state);
    write_io(&mut bytes, state);
    server_numbers(state).iter().for_each(|number| bytes.put(*number));
    let keeps_statements = settings.bool(Id::PgStatStatementsSave);
    write_statements(&mut bytes, state, keeps_statements);
    let sum = crc32c::crc32c(&bytes.0);
    bytes.0.extend(sum.to_le_bytes());
    let root = state.files.root();
    let failed = |cause| Error::io(format_args!("could not write file \"{TEMPORARY}\""), &cause);
    match fs::create_dir(root.join(DIRECTORY)) {
        Err(cause) if cause.kind() != ErrorKind::AlreadyExists => return Err(failed(cause)),
        _ => {}
    }
    fs::write(root.join(TEMPORARY), &bytes.0).map_err(failed)?;
    fs::rename(root.join(TEMPORARY), root.join(NAME)).map_err(|cause| {
        Error::io(format_args!("could not rename file \"{TEMPORARY}\" to \"{NAME}\""), &cause)
    })
}

/// Counting goes on from what was written last; nothing is there in a new cluster.
/// # Errors
/// XX001 for a damaged file, which is removed; those of reading.
pub fn read(state: &ServerState) -> Result<()> {
    let path = state.files.root().join(NAME);
    let bytes = match fs::read(&path) {
        Ok(bytes) => bytes,
        Err(cause) if cause.kind() == ErrorKind::NotFound => return Ok(()),
        Err(cause) => return Err(Error::io(format_args!("could not read file \"{NAME}\""), &cause)),
    };
    if restore(state, &bytes).is_none() {
        remove(&path);
        return Err(Error::corrupted(format!("corrupted statistics file \"{NAME}\"")));
    }
    Ok(())
}

fn remove(path: &Path) {
    // One that cannot be removed is found out again next time.
    let _ = fs::remove_file(path);
}

/// How many numbers there are of each sort: another program may have others.
fn shape() -> [u64; 5] {
    [Counter::STORED, IoPlace::COUNT, IoCounter::COUNT, ProcessKind::ALL.len(), Counted::ALL.len()]
        .map(|count| count as u64)
}

fn write_tables(bytes: &mut Writer, state: &ServerState) {
    let tables = state.changes.kept();
    bytes.put(tables.len() as u64);
    for table in &tables {
        bytes.put(table.key);
        [table.changes.dead, table.changes.inserted, table.changes.changed]
            .iter()
            .chain(&table.counters)
            .for_each(|number| bytes.put(*number));
    }
}

const SERVER_NUMBERS: usize = 14 + ArchiverStatistics::KEPT;

/// Counters of checkpoints, the background writer, the log and the archiver, and when counting of each began.
fn server_numbers(state: &ServerState) -> [u64; SERVER_NUMBERS] {
    let (server, log) = (state.statistics, state.log_statistics());
    let of = |number: &AtomicU64| number.load(Ordering::Relaxed);
    let since = |time: &AtomicI64| time.load(Ordering::Relaxed) as u64;
    let checkpoints: Vec<u64> = state.checkpoints.counters().map(of).collect();
    let mut numbers = [0; SERVER_NUMBERS];
    let others = [
        of(&server.pages_cleaned),
        of(&server.cleaning_stopped),
        state.allocated_buffers(),
        since(&server.background_writer_reset_us),
        since(&server.checkpointer_reset_us),
        since(&server.log_reset_us),
        log.records,
        log.images,
        log.bytes,
    ];
    let all = checkpoints.into_iter().chain(others).chain(state.archiver.kept());
    numbers.iter_mut().zip(all).for_each(|(to, from)| *to = from);
    numbers
}

fn restore_server(state: &ServerState, numbers: &[u64; SERVER_NUMBERS]) {
    let server = state.statistics;
    let (checkpoints, others) = numbers.split_at(5);
    state.checkpoints.counters().zip(checkpoints).for_each(|(counter, number)| {
        counter.fetch_add(*number, Ordering::Relaxed);
    });
    server.pages_cleaned.fetch_add(others[0], Ordering::Relaxed);
    server.cleaning_stopped.fetch_add(others[1], Ordering::Relaxed);
    // Bases are taken off: what was there before makes them less than nothing.
    server.allocations_base.store(state.all_allocations().wrapping_sub(others[2]), Ordering::Relaxed);
    server.background_writer_reset_us.store(others[3] as i64, Ordering::Relaxed);
    server.checkpointer_reset_us.store(others[4] as i64, Ordering::Relaxed);
    server.log_reset_us.store(others[5] as i64, Ordering::Relaxed);
    state.archiver.restore(&others[9..]);
    server.log_base.iter().zip(&others[6..]).for_each(|(base, number)| {
        base.fetch_sub(*number, Ordering::Relaxed);
    });
}

fn write_io(bytes: &mut Writer, state: &ServerState) {
    bytes.put(state.io.reset_us() as u64);
    for kind in ProcessKind::ALL {
        state.io.of_kind(*kind).iter().flatten().for_each(|number| bytes.put(*number));
    }
}

fn write_statements(bytes: &mut Writer, state: &ServerState, are_wanted: bool) {
    let (given_way, reset_us) = state.statements.information();
    bytes.put(given_way);
    bytes.put(reset_us as u64);
    let statements = if are_wanted { state.statements.kept() } else { Vec::new() };
    bytes.put(statements.len() as u64);
    for statement in &statements {
        bytes.put(statement.text.len() as u64);
        bytes.0.extend(statement.text.as_bytes());
        statement.numbers.iter().for_each(|number| bytes.put(*number));
    }
}

/// `None`, with nothing or some of it restored, for what was not written by [`write`].
fn restore(state: &ServerState, bytes: &[u8]) -> Option<()> {
    let (content, sum) = bytes.split_last_chunk::<4>()?;
    if crc32c::crc32c(content) != u32::from_le_bytes(*sum) {
        return None;
    }
    let mut reader = Reader(content.strip_prefix(&MAGIC)?);
    for number in shape() {
        if reader.take()? != number {
            return None;
        }
    }
    for _ in 0..reader.take()? {
        let key = reader.take()?;
        let [dead, inserted, changed] = reader.several()?;
        let changes = catalog::TableChanges { dead, inserted, changed };
        state.changes.restore(&KeptTable { key, changes, counters: reader.several()? });
    }
    let reset_us = reader.take()? as i64;
    for kind in ProcessKind::ALL {
        let mut counts: IoCounts = [[0; IoCounter::COUNT]; IoPlace::COUNT];
        for counts in &mut counts {
            *counts = reader.several()?;
        }
        state.io.restore(*kind, &counts, reset_us);
    }
    restore_server(state, &reader.several()?);
    let [given_way, reset_us] = reader.several()?;
    state.statements.restore_information(given_way, reset_us as i64);
    for _ in 0..reader.take()? {
        let length = usize::try_from(reader.take()?).ok()?;
        let (text, rest) = reader.0.split_at_checked(length)?;
        reader.0 = rest;
        let text = String::from_utf8_lossy(text).into_owned();
        state.statements.restore(&KeptStatement { text, numbers: reader.several()? });
    }
    reader.0.is_empty().then_some(())
}

struct Writer(Vec<u8>);

impl Writer {
    fn put(&mut self, number: u64) {
        self.0.extend(number.to_le_bytes());
    }
}

struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn take(&mut self) -> Option<u64> {
        let (first, rest) = self.0.split_first_chunk::<8>()?;
        self.0 = rest;
        Some(u64::from_le_bytes(*first))
    }

    fn several<const N: usize>(&mut self) -> Option<[u64; N]> {
        let mut numbers = [0; N];
        for number in &mut numbers {
            *number = self.take()?;
        }
        Some(numbers)
    }
}
