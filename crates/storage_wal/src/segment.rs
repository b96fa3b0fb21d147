//! Segment files: names, making, recycling, removing.

use std::fs;
use std::io::ErrorKind;

use common::Lsn;
use error::{Error, Result, Severity};
use shared_memory::{IoCounter, IoPlace, count_io};
use storage_file::{Files, OpenFile};
use system::process;

/// Bytes of a segment.
pub const SEGMENT_SIZE: u64 = 16 << 20;
/// Where a new cluster's log begins: the first segment is number 1, so that no record is at 0.
pub const FIRST_LSN: Lsn = Lsn(SEGMENT_SIZE);

const SEGMENTS_PER_NAME: u64 = (1 << 32) / SEGMENT_SIZE;

/// The name of the segment that holds `position`, without the directory.
pub fn segment_name(timeline: u32, position: Lsn) -> String {
    let number = position.0 / SEGMENT_SIZE;
    format!("{timeline:08X}{:08X}{:08X}", number / SEGMENTS_PER_NAME, number % SEGMENTS_PER_NAME)
}

/// Timeline and first position of a segment; `None` for names of other files.
pub fn parse_segment_name(name: &str) -> Option<(u32, Lsn)> {
    let is_digit = |byte: u8| byte.is_ascii_digit() || (b'A'..=b'F').contains(&byte);
    if name.len() != 24 || !name.bytes().all(is_digit) {
        return None;
    }
    let part = |at: usize| u64::from_str_radix(&name[at..at + 8], 16).ok();
    let (timeline, high, low) = (part(0)?, part(8)?, part(16)?);
    (low < SEGMENTS_PER_NAME).then_some((
        timeline as u32,
        Lsn(high.checked_mul(SEGMENTS_PER_NAME)?.checked_add(low)? * SEGMENT_SIZE),
    ))
}

/// The first position of the segment that holds `position`.
pub fn segment_start(position: Lsn) -> Lsn {
    Lsn(position.0 - position.0 % SEGMENT_SIZE)
}

pub(crate) fn segment_path(timeline: u32, position: Lsn) -> String {
    format!("pg_wal/{}", segment_name(timeline, position))
}

/// Opens a segment for writing; makes it if need be.
pub(crate) fn open_or_make(files: &Files, timeline: u32, position: Lsn) -> Result<OpenFile> {
    let path = segment_path(timeline, position);
    loop {
        match OpenFile::open(files.root(), &path) {
            Ok(opened) => return Ok(opened),
            Err(cause) if cause.kind() == ErrorKind::NotFound => make(files, &path)?,
            Err(cause) => {
                return Err(panic(Error::io(format_args!("could not open file \"{path}\""), &cause)));
            }
        }
    }
}

/// Makes a segment of zeros unless somebody else does at the same time.
pub(crate) fn make(files: &Files, path: &str) -> Result<()> {
    let temporary = format!("pg_wal/xlogtemp.{}", process::current());
    let failed = |cause: std::io::Error| {
        let _ = fs::remove_file(files.root().join(&temporary));
        panic(Error::io(format_args!("could not write to file \"{temporary}\""), &cause))
    };
    let file = OpenFile::create(files.root(), &temporary, false).map_err(failed)?;
    fill_with_zeros(files, &file).map_err(failed)?;
    file.sync(files.faults())?;
    count_io(IoPlace::LogInit, IoCounter::Syncs, 1);
    install(files, &temporary, path)
}

fn fill_with_zeros(files: &Files, file: &OpenFile) -> std::io::Result<()> {
    let zeros = vec![0; 1 << 20];
    let mut offset = 0;
    while offset < SEGMENT_SIZE {
        file.write_at(&zeros, offset, files.faults())?;
        offset += zeros.len() as u64;
        count_io(IoPlace::LogInit, IoCounter::Writes, 1);
        count_io(IoPlace::LogInit, IoCounter::WriteBytes, zeros.len() as u64);
    }
    Ok(())
}

/// Makes a segment of zeros under its own name and has the kernel begin to write it. Only where a crash leaves nothing that counts.
pub(crate) fn make_ahead(files: &Files, timeline: u32, position: Lsn) -> Result<()> {
    let path = segment_path(timeline, position);
    let failed =
        |cause: std::io::Error| panic(Error::io(format_args!("could not write to file \"{path}\""), &cause));
    let file = OpenFile::create(files.root(), &path, true).map_err(failed)?;
    fill_with_zeros(files, &file).map_err(failed)?;
    file.start_writing();
    Ok(())
}

/// Syncs the segments of a timeline from the one that holds `from` on.
pub(crate) fn sync_from(files: &Files, timeline: u32, from: Lsn) -> Result<()> {
    for name in files.list_directory("pg_wal")? {
        if let Some((of_timeline, start)) = parse_segment_name(&name)
            && of_timeline == timeline
            && start >= segment_start(from)
        {
            let path = format!("pg_wal/{name}");
            let file = OpenFile::open(files.root(), &path)
                .map_err(|cause| panic(Error::io(format_args!("could not open file \"{path}\""), &cause)))?;
            file.sync(files.faults())?;
        }
    }
    Ok(())
}

/// Gives a finished file its name as a segment; if there is one already, the file goes away.
fn install(files: &Files, from: &str, to: &str) -> Result<()> {
    match fs::hard_link(files.root().join(from), files.root().join(to)) {
        Err(cause) if cause.kind() != ErrorKind::AlreadyExists => {
            return Err(panic(Error::io(format_args!("could not link file \"{from}\" to \"{to}\""), &cause)));
        }
        _ => {}
    }
    fs::remove_file(files.root().join(from))
        .map_err(|cause| Error::io(format_args!("could not remove file \"{from}\""), &cause))?;
    files.sync_directory_of(to)
}

/// Removes the segments wholly before `keep_from`, of any timeline up to this one. Up to `recycle` of them become future segments behind
/// `end` instead. `is_wanted` may keep more, such as those not archived yet. Returns (removed, recycled).
pub(crate) fn remove_before(
    files: &Files,
    timeline: u32,
    keep_from: Lsn,
    end: Lsn,
    recycle: usize,
    mut is_wanted: impl FnMut(&str) -> bool,
) -> Result<(usize, usize)> {
    let (mut removed, mut recycled) = (0, 0);
    let mut future = Lsn(segment_start(end).0 + SEGMENT_SIZE);
    for name in files.list_directory("pg_wal")? {
        let Some((of_timeline, start)) = parse_segment_name(&name) else { continue };
        if of_timeline > timeline || start.0 + SEGMENT_SIZE > segment_start(keep_from).0 || is_wanted(&name) {
            continue;
        }
        let path = format!("pg_wal/{name}");
        while files.root().join(segment_path(timeline, future)).exists() {
            future.0 += SEGMENT_SIZE;
        }
        let limit = segment_start(end).0 + (recycle as u64 + 1) * SEGMENT_SIZE;
        let is_whole = fs::metadata(files.root().join(&path)).is_ok_and(|file| file.len() == SEGMENT_SIZE);
        if future.0 < limit && is_whole {
            install(files, &path, &segment_path(timeline, future))?;
            recycled += 1;
        } else {
            files.remove_durably(&path)?;
            removed += 1;
        }
    }
    Ok((removed, recycled))
}

/// Zeroes what a crash left behind `end` (Rule 1): the rest of its segment, and all later segments.
pub(crate) fn clean_tail(files: &Files, timeline: u32, end: Lsn) -> Result<()> {
    let mut removed = None;
    for name in files.list_directory("pg_wal")? {
        if let Some((of_timeline, start)) = parse_segment_name(&name)
            && of_timeline == timeline
            && start > end
        {
            let path = format!("pg_wal/{name}");
            fs::remove_file(files.root().join(&path)).map_err(|cause| {
                panic(Error::io(format_args!("could not remove file \"{path}\""), &cause))
            })?;
            removed = Some(path);
        }
    }
    // The names are gone for good before the log can grow to where these files were.
    if let Some(path) = removed {
        files.sync_directory_of(&path)?;
    }
    let offset = end.0 % SEGMENT_SIZE;
    let path = segment_path(timeline, end);
    let file = match OpenFile::open(files.root(), &path) {
        Ok(file) => file,
        Err(cause) if cause.kind() == ErrorKind::NotFound => return Ok(()),
        Err(cause) => return Err(panic(Error::io(format_args!("could not open file \"{path}\""), &cause))),
    };
    let failed = |cause| panic(Error::io(format_args!("could not write to file \"{path}\""), &cause));
    let mut rest = vec![0; (SEGMENT_SIZE - offset) as usize];
    let got = file.read_at(&mut rest, offset).map_err(failed)?;
    if got < rest.len() || rest.iter().any(|byte| *byte != 0) {
        rest.fill(0);
        file.write_at(&rest, offset, files.faults()).map_err(failed)?;
        file.sync(files.faults())?;
    }
    Ok(())
}

pub(crate) fn panic(error: Error) -> Error {
    error.with_severity(Severity::Panic)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Names are PostgreSQL's, and lead back.
    #[test]
    fn names_lead_back() {
        assert_eq!(segment_name(1, FIRST_LSN), "000000010000000000000001");
        assert_eq!(segment_name(2, Lsn(0x1_FF00_0001)), "0000000200000001000000FF");
        assert_eq!(parse_segment_name("0000000200000001000000FF"), Some((2, Lsn(0x1_FF00_0000))));
        assert_eq!(parse_segment_name("000000020000000100000100"), None);
        assert_eq!(parse_segment_name("00000002.history"), None);
    }
}
