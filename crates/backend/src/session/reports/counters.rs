//! The numbers of the statistics views: from the shared counters, or from those who keep them themselves.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use background::ServerState;
use common::{Counter, Oid};
use types::{Numeric, Value};

use super::{Viewer, moment, optional};

/// A number of a relation of a database, or of a shared one; for counters of the server `relation` means nothing.
pub(crate) fn counter(state: &ServerState, database: Oid, counter: Counter, relation: Oid) -> i64 {
    let (checkpoints, server) = (state.checkpoints, state.statistics);
    let of = |number: &AtomicU64| number.load(Ordering::Relaxed) as i64;
    let changes = [database, Oid::INVALID].map(|database| state.changes.of(database, relation));
    let value = match counter {
        Counter::Dead => changes[0].dead + changes[1].dead,
        Counter::ChangedSinceAnalyze => changes[0].changed + changes[1].changed,
        Counter::InsertedSinceVacuum => changes[0].inserted + changes[1].inserted,
        Counter::CheckpointsTimed => return of(&checkpoints.timed),
        Counter::CheckpointsRequested => return of(&checkpoints.requested),
        Counter::CheckpointsDone => return of(&checkpoints.timed) + of(&checkpoints.requested),
        Counter::CheckpointBuffers => return of(&checkpoints.buffers_written),
        Counter::CheckpointWriteTime => return of(&checkpoints.write_us),
        Counter::CheckpointSyncTime => return of(&checkpoints.sync_us),
        Counter::CheckpointsReset => return server.checkpointer_reset_us.load(Ordering::Relaxed),
        Counter::PagesCleaned => return of(&server.pages_cleaned),
        Counter::CleaningStopped => return of(&server.cleaning_stopped),
        Counter::BackgroundWriterReset => return server.background_writer_reset_us.load(Ordering::Relaxed),
        Counter::BuffersAllocated => return state.allocated_buffers() as i64,
        stored if (stored as usize) < Counter::STORED => {
            let own = state.changes.value(database, relation, stored);
            own.wrapping_add(state.changes.value(Oid::INVALID, relation, stored))
        }
        _ => 0,
    };
    // What was deleted may have been there before counting began.
    (value as i64).max(0)
}

/// A number of a database; 0 is for what belongs to none.
pub(crate) fn database_counter(state: &ServerState, counter: Counter, database: Oid) -> i64 {
    match counter {
        Counter::Processes => {
            let is_in = |slot: &shared_memory::ProcessSlot| {
                slot.process() != 0 && slot.database.load(Ordering::Relaxed) == database.0
            };
            state.slots.iter().filter(|slot| is_in(slot)).count() as i64
        }
        stored if (stored as usize) < Counter::STORED => {
            state.changes.value(database, Oid::INVALID, stored) as i64
        }
        _ => 0,
    }
}

/// `pg_stat_get_wal`: what was logged since counting began.
pub(crate) fn wal_statistics(viewer: &Viewer<'_>) -> Vec<Vec<Value>> {
    let found = viewer.state.log_statistics();
    vec![vec![
        Value::Int8(found.records as i64),
        Value::Int8(found.images as i64),
        Value::Numeric(Numeric::from(found.bytes as i64)),
        Value::Int8(found.buffers_full as i64),
        moment(viewer.state.statistics.log_reset_us.load(Ordering::Relaxed)),
    ]]
}

/// `pg_stat_get_archiver`: what was archived since counting began.
pub(crate) fn archiver(viewer: &Viewer<'_>) -> Vec<Vec<Value>> {
    let found = viewer.state.archiver;
    let count = |number: &AtomicU64| Value::Int8(number.load(Ordering::Relaxed) as i64);
    let time = |time: &AtomicI64| moment(time.load(Ordering::Relaxed));
    let [archived, failed] = found.last_names();
    vec![vec![
        count(&found.archived),
        optional(archived),
        time(&found.last_archived_us),
        count(&found.failed),
        optional(failed),
        time(&found.last_failed_us),
        time(&found.reset_us),
    ]]
}
