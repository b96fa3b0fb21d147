//! Making a checkpoint.

use common::{Lsn, TransactionId};
use error::{Result, Severity, error};
use storage_buffer::BufferPool;
use storage_wal::{CheckpointData, ClusterState, ControlFile, log_kind};
use system::clock;

/// Why a checkpoint is made.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CheckpointKind {
    /// The log ends with it; no process but the caller writes.
    Shutdown,
    Online,
}

/// What upper layers add to a checkpoint.
pub trait CheckpointHooks {
    /// Right after the redo point was set: fills in the numbers (transactions, object identifiers).
    fn collect(&self, data: &mut CheckpointData);

    /// Writes what does not live in the buffer cache.
    fn flush(&self) -> Result<()> {
        Ok(())
    }

    /// The oldest position that somebody else than recovery still needs (replication slots, `wal_keep_size`).
    fn oldest_needed(&self, redo: Lsn) -> Lsn {
        redo
    }

    /// Whether a segment must stay although recovery does not need it (not archived yet).
    fn segment_is_wanted(&self, name: &str) -> bool {
        let _ = name;
        false
    }

    /// Segments to keep ready for the next cycle.
    fn segments_to_recycle(&self) -> usize {
        4
    }
}

/// For callers that have nothing to add.
pub struct NoHooks;

impl CheckpointHooks for NoHooks {
    fn collect(&self, _: &mut CheckpointData) {}
}

/// What a checkpoint did, for the log and `pg_stat_checkpointer`.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct CheckpointReport {
    pub redo: Lsn,
    /// Where its record starts.
    pub checkpoint: Lsn,
    pub buffers_written: usize,
    pub files_synced: usize,
    pub segments_removed: usize,
    pub segments_recycled: usize,
    pub write_us: u64,
    pub sync_us: u64,
    pub total_us: u64,
}

/// Makes a checkpoint and brings `control` and the control file up to date. For one process at a time.
///
/// `pace(done, total)` is called after each page that is written, to spread the work.
/// # Errors
/// ERRORs leave the previous checkpoint in force; a failed sync and a failure of the log are PANICs.
pub fn checkpoint(
    pool: &'static BufferPool,
    control: &mut ControlFile,
    kind: CheckpointKind,
    hooks: &dyn CheckpointHooks,
    pace: &mut dyn FnMut(usize, usize) -> Result<()>,
) -> Result<CheckpointReport> {
    let (wal, files) = (pool.wal(), pool.files());
    let started = clock::monotonic_us();
    if kind == CheckpointKind::Shutdown {
        write_state(control, ClusterState::ShuttingDown, pool)?;
    }
    // Rule 3.
    let redo = wal.begin_checkpoint()?;
    let mut data = CheckpointData {
        redo,
        timeline: wal.timeline(),
        time_us: clock::wall_us(),
        full_page_writes: wal.settings().full_page_images,
        ..control.checkpoint_data
    };
    hooks.collect(&mut data);
    hooks.flush()?;
    let buffers_written = pool.checkpoint(pace)?;
    let written = clock::monotonic_us();
    let files_synced = files.sync_all(|_, _| Ok(()))?;
    let synced = clock::monotonic_us();

    let is_shutdown = kind == CheckpointKind::Shutdown;
    let record_kind = if is_shutdown { log_kind::CHECKPOINT_SHUTDOWN } else { log_kind::CHECKPOINT_ONLINE };
    let end = wal.log(log_kind::MANAGER, record_kind, TransactionId::INVALID, &data.to_bytes())?;
    let start = Lsn(end.0 - record_size());
    wal.flush(end)?;
    if is_shutdown && start != redo {
        return Err(error!(
            INTERNAL_ERROR,
            "concurrent write-ahead log activity while database system is shutting down"
        )
        .with_severity(Severity::Panic));
    }

    control.checkpoint = start;
    control.checkpoint_data = data;
    if kind == CheckpointKind::Shutdown {
        wal.stop();
        write_state(control, ClusterState::ShutDown, pool)?;
    } else {
        write_state(control, ClusterState::InProduction, pool)?;
    }
    let keep_from = hooks.oldest_needed(redo).min(redo);
    let (segments_removed, segments_recycled) =
        wal.remove_segments(keep_from, hooks.segments_to_recycle(), |name| hooks.segment_is_wanted(name))?;
    Ok(CheckpointReport {
        redo,
        checkpoint: start,
        buffers_written,
        files_synced,
        segments_removed,
        segments_recycled,
        write_us: written - started,
        sync_us: synced - written,
        total_us: clock::monotonic_us() - started,
    })
}

/// Bytes that a checkpoint's record takes in the log.
fn record_size() -> u64 {
    const RECORD_HEADER: usize = 24;
    (RECORD_HEADER + CheckpointData::SIZE).next_multiple_of(8) as u64
}

pub(crate) fn write_state(control: &mut ControlFile, state: ClusterState, pool: &BufferPool) -> Result<()> {
    control.state = state;
    control.time_us = clock::wall_us();
    control.write(pool.files()).map_err(|error| error.with_severity(Severity::Panic))
}
