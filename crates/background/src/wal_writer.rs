//! The WAL writer: makes the log of asynchronous commits durable soon, and notices when the log has grown to its size.

use std::time::Duration;

use config::{Id, Settings};
use error::Result;
use shared_memory::{ProcessKind, WaitEvent};

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
    loop {
        state.wal.write_in_background()?;
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
