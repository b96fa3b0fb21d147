//! Reading the log from its files, record by record, up to the first byte that is no record.

use std::io::ErrorKind;

use common::Lsn;
use error::{Error, Result};
use shared_memory::{IoCounter, IoPlace, count_io};
use storage_file::{Files, OpenFile};

use crate::record::{HEADER_SIZE, Header, MAX_RECORD_SIZE, Record};
use crate::segment::{SEGMENT_SIZE, segment_path, segment_start};

/// Bytes read ahead.
const WINDOW: usize = 1 << 20;

/// Reads records of one timeline. After the end it can be asked again: the log may have grown.
pub struct Reader {
    files: &'static Files,
    timeline: u32,
    position: Lsn,
    limit: Lsn,
    window: Vec<u8>,
    window_start: Lsn,
    segment: Option<(Lsn, OpenFile)>,
    record: Record,
    end_reason: String,
}

impl Reader {
    /// `position` is where a record starts.
    pub fn new(files: &'static Files, timeline: u32, position: Lsn) -> Reader {
        Reader {
            files,
            timeline,
            position,
            limit: Lsn::MAX,
            window: Vec::new(),
            window_start: position,
            segment: None,
            record: Record::empty(),
            end_reason: String::new(),
        }
    }

    /// Reads nothing at or beyond `limit`; for a log that is being written, its flush position.
    pub fn set_limit(&mut self, limit: Lsn) {
        self.limit = limit;
    }

    /// Where the next record starts, or would start.
    pub fn position(&self) -> Lsn {
        self.position
    }

    /// Why the last [`Reader::next`] returned `None`.
    pub fn end_reason(&self) -> &str {
        &self.end_reason
    }

    /// The record last read.
    pub fn record(&self) -> &Record {
        &self.record
    }

    /// The next record; `None` at the end of the log, see [`Reader::end_reason`].
    ///
    /// # Errors
    /// Those of the device. Bytes that make no record are the end, not an error.
    pub fn next(&mut self) -> Result<Option<&Record>> {
        let start = self.position;
        let available = self.fill(start, HEADER_SIZE)?;
        if available < HEADER_SIZE {
            return self.end(format!("no more WAL at {start}"));
        }
        let length = Header::decode(self.at(start, HEADER_SIZE)).length as usize;
        if !(HEADER_SIZE..=MAX_RECORD_SIZE).contains(&length) {
            return self.end(format!(
                "invalid record length at {start}: expected at least {HEADER_SIZE}, got {length}"
            ));
        }
        let padded = length.next_multiple_of(8);
        if self.fill(start, padded)? < padded {
            return self.end(format!("record at {start} is incomplete"));
        }
        let from = (start.0 - self.window_start.0) as usize;
        if let Err(reason) = self.record.decode(start, &self.window[from..from + length]) {
            return self.end(reason);
        }
        self.position = self.record.end();
        Ok(Some(&self.record))
    }

    fn end(&mut self, reason: String) -> Result<Option<&Record>> {
        self.end_reason = reason;
        // What is in the window may be overwritten by the time of the next question.
        self.window.clear();
        self.segment = None;
        Ok(None)
    }

    fn at(&self, position: Lsn, length: usize) -> &[u8] {
        let from = (position.0 - self.window_start.0) as usize;
        &self.window[from..from + length]
    }

    /// Has `length` bytes from `start` in the window if the log has so many; how many it has.
    fn fill(&mut self, start: Lsn, length: usize) -> Result<usize> {
        let window_end = self.window_start.0 + self.window.len() as u64;
        let in_window = start >= self.window_start && start.0 + length as u64 <= window_end;
        if !in_window {
            // A window that starts anew keeps what it has of the record.
            let kept = if start >= self.window_start && start.0 < window_end {
                (start.0 - self.window_start.0) as usize
            } else {
                self.window.len()
            };
            self.window.drain(..kept);
            self.window_start = start;
            let wanted = length.max(WINDOW);
            while self.window.len() < wanted {
                let position = Lsn(start.0 + self.window.len() as u64);
                let missing = wanted - self.window.len();
                if self.read_some(position, missing)? == 0 {
                    break;
                }
            }
        }
        Ok(((self.window_start.0 + self.window.len() as u64).min(self.limit.0).saturating_sub(start.0))
            as usize)
    }

    fn read_some(&mut self, position: Lsn, wanted: usize) -> Result<usize> {
        let inside = position.0 % SEGMENT_SIZE;
        let allowed = self.limit.0.saturating_sub(position.0).min(SEGMENT_SIZE - inside);
        let count = (wanted as u64).min(allowed) as usize;
        let start = segment_start(position);
        let path = segment_path(self.timeline, start);
        if self.segment.as_ref().is_none_or(|(of, _)| *of != start) {
            self.segment = match OpenFile::open(self.files.root(), &path) {
                Ok(file) => Some((start, file)),
                Err(cause) if cause.kind() == ErrorKind::NotFound => return Ok(0),
                Err(cause) => return Err(Error::io(format_args!("could not open file \"{path}\""), &cause)),
            };
        }
        let Some((_, file)) = &self.segment else { return Ok(0) };
        let old = self.window.len();
        self.window.resize(old + count, 0);
        let got = file.read_at(&mut self.window[old..], inside);
        count_io(IoPlace::LogNormal, IoCounter::Reads, 1);
        count_io(IoPlace::LogNormal, IoCounter::ReadBytes, *got.as_ref().unwrap_or(&0) as u64);
        self.window.truncate(old + *got.as_ref().unwrap_or(&0));
        got.map_err(|cause| {
            Error::io(
                format_args!(
                    "could not read from WAL segment {path}, LSN {position}, offset {inside}: read {count}"
                ),
                &cause,
            )
        })
    }
}
