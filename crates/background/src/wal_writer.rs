//! The WAL writer: makes the log of asynchronous commits durable soon, and notices when the log has grown to its size, and when a segment
//! is full or has waited long enough.

use std::time::Duration;

use config::{Id, Settings};
use error::Result;
use shared_memory::{ProcessKind, WaitEvent};
use storage_wal::SEGMENT_SIZE;
use system::clock;

use crate::archiver;
use crate::checkpoint_request::CheckpointOptions;
use crate::checkpointer::volume_limit;
use crate::process_loop::{Loop, Wake, ended_by};
use crate::state::ServerState;

/// The WAL writer's body; gives its exit code.
pub fn run(state: &'static ServerState, settings: &Settings) -> i32 {
    match serve(state, settings.clone()) {
        Ok(()) => 0,
        Err(error) => ended_by(error),
    }
}

fn serve(state: &'static ServerState, settings: Settings) -> Result<()> {
    let mut process = Loop::start(state, settings, ProcessKind::WalWriter, WaitEvent::ActivityWalWriterMain)?;
    let mut asked_for_redo = common::Lsn::INVALID;
    let mut archive = archiver::is_wanted(&process.settings).then(|| Segments::new(state));
    loop {
        state.wal.write_in_background()?;
        if let Some(archive) = &mut archive {
            archive.look(state, &process.settings)?;
        }
        let redo = state.wal.redo_pointer();
        let grown = state.wal.insert_position().0.saturating_sub(redo.0);
        // Once per redo point: while that checkpoint is being made, the log goes on growing.
        if grown > volume_limit(&process.settings) && asked_for_redo != redo {
            asked_for_redo = redo;
            state.request_checkpoint(CheckpointOptions::LOG_SIZE, false)?;
        }
        let delay = Duration::from_millis(process.settings.integer(Id::WalWriterDelay) as u64);
        if process.sleep(delay)? == Wake::Stop {
            // What is there by now is durable before the shutdown checkpoint begins.
            state.wal.write_in_background()?;
            return Ok(());
        }
    }
}

/// What the archiver has to be told of.
struct Segments {
    /// The segment that was being filled.
    current: u64,
    since_us: u64,
}

impl Segments {
    fn new(state: &ServerState) -> Segments {
        let current = state.wal.flush_position().0 / SEGMENT_SIZE;
        Segments { current, since_us: clock::monotonic_us() }
    }

    /// Wakes the archiver for a full segment; fills one that `archive_timeout` wants to be full.
    fn look(&mut self, state: &ServerState, settings: &Settings) -> Result<()> {
        let timeout_us = settings.integer(Id::ArchiveTimeout) as u64 * 1_000_000;
        let start = state.wal.insert_position();
        if timeout_us > 0
            && clock::monotonic_us() - self.since_us >= timeout_us
            && !start.0.is_multiple_of(SEGMENT_SIZE)
        {
            let end = state.wal.switch_segment()?;
            state.wal.flush(end)?;
            state.archiver.note_switch(start, end);
        }
        let now = state.wal.flush_position().0 / SEGMENT_SIZE;
        if now != self.current {
            *self = Segments::new(state);
            archiver::wake(state);
        }
        Ok(())
    }
}
