//! The startup process: brings the data up to the end of the log, then ends, and the server opens.

use common::Lsn;
use config::{Id, Settings};
use error::{Result, Severity};
use recovery::{CheckpointHooks, CheckpointKind, RedoContext, checkpoint, recover};
use shared_memory::ProcessKind;
use storage_wal::{CheckpointData, ClusterState, ControlFile, SEGMENT_SIZE};
use system::clock;
use transaction::TransactionSystem;

use crate::checkpoint_request::CheckpointOptions;
use crate::log_time::format_time;
use crate::process_loop::ended_by;
use crate::state::ServerState;
use crate::{archiver, log, managers, statistics_file};

/// Adds the transaction counters to a checkpoint, and says what of the log to keep.
pub(crate) struct Hooks<'a> {
    transactions: &'a TransactionSystem,
    keep_bytes: u64,
    /// Segments of the log to keep ready for the next cycle.
    recycled_segments: usize,
    archives: bool,
}

impl Hooks<'_> {
    pub(crate) fn new<'a>(transactions: &'a TransactionSystem, settings: &Settings) -> Hooks<'a> {
        Hooks {
            transactions,
            keep_bytes: (settings.integer(Id::WalKeepSize) as u64) << 20,
            recycled_segments: match settings.bool(Id::WalRecycle) {
                // One is in use.
                true => (((settings.integer(Id::MinWalSize) as u64) << 20) / SEGMENT_SIZE).saturating_sub(1)
                    as usize,
                false => 0,
            },
            archives: archiver::is_wanted(settings),
        }
    }
}

impl CheckpointHooks for Hooks<'_> {
    fn collect(&self, data: &mut CheckpointData) {
        data.next_xid = self.transactions.next_xid();
        data.next_oid = self.transactions.next_oid_to_log();
    }

    fn oldest_needed(&self, redo: Lsn) -> Lsn {
        Lsn(redo.0.saturating_sub(self.keep_bytes))
    }

    fn segment_is_wanted(&self, name: &str) -> bool {
        self.archives && !archiver::is_archived(name)
    }

    fn segments_to_recycle(&self) -> usize {
        self.recycled_segments
    }
}

/// The startup process's body; gives its exit code.
pub fn run(state: &'static ServerState, _: &Settings) -> i32 {
    start(state, None).map_or_else(ended_by, |()| 0)
}

/// The same after a crash of this very server: the checkpoint is made first, so that a disk that stays broken ends the server instead
/// of having it crash again and again.
pub fn run_after_crash(state: &'static ServerState, settings: &Settings) -> i32 {
    start(state, Some(settings)).map_or_else(ended_by, |()| 0)
}

/// With settings, the checkpoint behind recovery is made here.
fn start(state: &'static ServerState, checkpoint_with: Option<&Settings>) -> Result<()> {
    let _claim = state.claim(ProcessKind::Startup)?;
    state.files.remove_temporary(None)?;
    let mut control = ControlFile::read(state.files)?;
    match control.state {
        ClusterState::ShutDown => {
            log::message(format!("database system was shut down at {}", format_time(control.time_us)));
        }
        ClusterState::InCrashRecovery => log::message(format!(
            "database system was interrupted while in recovery at {}",
            format_time(control.time_us)
        )),
        _ => log::message(format!(
            "database system was interrupted; last known up at {}",
            format_time(control.time_us)
        )),
    }
    recover_cluster(state, &mut control, checkpoint_with)?;
    // Without them counting begins anew.
    if let Err(error) = statistics_file::read(state) {
        log::report(error.with_severity(Severity::Warning).report());
    }
    Ok(())
}

/// Opens the log, after replay if need be, and marks the cluster as in production. After replay the checkpoint is made, or the
/// checkpointer finds it asked for as soon as it runs.
/// # Errors
/// PANICs of recovery.
fn recover_cluster(
    state: &'static ServerState,
    control: &mut ControlFile,
    checkpoint_with: Option<&Settings>,
) -> Result<()> {
    let context = RedoContext { pool: state.pool, files: state.files, wal: state.wal };
    let managers = managers::resource_managers()?;
    let recovered = recover(&context, &managers, control, &mut |line| log::message(line))?;
    let transactions = state.transactions();
    transactions.initialize(recovered.data.next_xid, recovered.data.next_oid);
    if let Some(settings) = checkpoint_with.filter(|_| recovered.was_unclean) {
        let hooks = Hooks::new(&transactions, settings);
        checkpoint(state.pool, control, CheckpointKind::Online, &hooks, &mut |_, _| Ok(()))?;
        return Ok(());
    }
    control.state = ClusterState::InProduction;
    control.time_us = clock::wall_us();
    control.write(state.files)?;
    if recovered.was_unclean {
        // Rule 6 of recovery: clients need not wait for it.
        state.request_checkpoint(CheckpointOptions::FAST.with(CheckpointOptions::FORCE), false)?;
    }
    Ok(())
}

/// Makes a checkpoint in a process that runs alone: `init`, and a single-user process.
/// # Errors
/// As `recovery::checkpoint`.
pub fn checkpoint_alone(
    state: &'static ServerState,
    control: &mut ControlFile,
    kind: CheckpointKind,
) -> Result<()> {
    let transactions = state.transactions();
    let hooks = Hooks::new(&transactions, &Settings::new());
    checkpoint(state.pool, control, kind, &hooks, &mut |_, _| Ok(()))?;
    Ok(())
}
