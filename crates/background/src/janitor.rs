//! The janitor: gives back what killed sessions held, so that nobody else notices their death.
//!
//! A process of the postmaster's for the occasion. The postmaster sends it only to slots whose owners left nothing half-changed
//! (`ProcessSlot::left_shared_state_in_doubt`); if it fails, everybody restarts as if it had not been tried.

use error::Result;
use shared_memory::{ProcessKind, ProcessSlot};
use storage_wal::Reader;
use system::process::ProcessId;

use crate::log;
use crate::process_loop::ended_by;
use crate::state::ServerState;

/// The janitor's body: cleans up after these processes, and gives the exit code.
pub fn run(state: &'static ServerState, dead: &[ProcessId]) -> i32 {
    match clean_up(state, dead) {
        Ok(()) => 0,
        Err(error) => ended_by(error),
    }
}

fn clean_up(state: &'static ServerState, dead: &[ProcessId]) -> Result<()> {
    let _claim = state.claim(ProcessKind::Janitor)?;
    for process in dead {
        if let Some(slot) = state.slots.find(*process) {
            release(state, slot)?;
            state.files.remove_temporary(Some(*process as u32))?;
            log::message(format!("server process (PID {process}) has left nothing behind"));
        }
    }
    Ok(())
}

fn release(state: &'static ServerState, slot: &'static ProcessSlot) -> Result<()> {
    slot.release_locks();
    state.wal.release_dead(slot.index() as u32);
    state.pool.release_pins_of(slot);
    // It may have committed without waiting for the disk and without telling; others are about to see that.
    state.wal.flush(state.wal.insert_position())?;
    state.invalidations.send_everything();
    remove_files(state, slot)?;
    state.transactions().end_dead(slot.index());
    state.locks.another_view().release_dead(slot.index() as u32);
    state.slots.free_dead(slot);
    Ok(())
}

/// Removes the files that a commit was about to remove, or that a transaction without an end has made.
fn remove_files(state: &'static ServerState, slot: &'static ProcessSlot) -> Result<()> {
    let Some(dead) = state.transactions().dead(slot.index()) else { return Ok(()) };
    let Some(since) = dead.files_since else { return Ok(()) };
    let mut reader = Reader::new(state.files, state.wal.timeline(), since);
    reader.set_limit(state.wal.flush_position());
    let mut files = Vec::new();
    // Log that a checkpoint has done away with ends the search: files of a transaction that old are left over.
    while let Some(record) = reader.next()? {
        if record.xid() == dead.xid
            && let Some(removed) = transaction::removed_files(record)?
        {
            files = removed;
            break;
        }
        if record.xid() == dead.xid || dead.subtransactions.contains(&record.xid()) {
            files.extend(recovery::created_file(record));
        }
    }
    files.into_iter().try_for_each(|file| state.pool.drop_relation(file))
}
