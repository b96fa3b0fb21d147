//! The checkpointer: makes checkpoints when time or log volume ask for one, on request, and at the server's end.

use std::sync::atomic::Ordering;
use std::time::Duration;

use config::{Id, Settings};
use error::{Result, Severity};
use recovery::{CheckpointKind, CheckpointReport, checkpoint};
use shared_memory::{ProcessKind, WaitEvent};
use storage_wal::{ControlFile, SEGMENT_SIZE};
use system::clock;
use system::signal::{self, Signal};

use crate::checkpoint_request::CheckpointOptions;
use crate::process_loop::{Loop, Wake, ended_by};
use crate::startup::Hooks;
use crate::state::ServerState;
use crate::{log, statistics};

/// The longest sleep while a checkpoint is spread out.
const PACE_STEP: Duration = Duration::from_millis(100);

/// The checkpointer's body; gives its exit code. It ends on SIGUSR2, after the shutdown checkpoint.
pub fn run(state: &'static ServerState, settings: &Settings) -> i32 {
    match serve(state, settings.clone()) {
        Ok(()) => 0,
        Err(error) => ended_by(error),
    }
}

fn serve(state: &'static ServerState, settings: Settings) -> Result<()> {
    // A TERM meant for the whole process group must not end the server before its sessions.
    let failed = |cause: std::io::Error| error::Error::io("could not set up signal handling", &cause);
    signal::ignore(Signal::Terminate).map_err(failed)?;
    let mut process =
        Loop::start(state, settings, ProcessKind::Checkpointer, WaitEvent::ActivityCheckpointerMain)?;
    let mut control = ControlFile::read(state.files)?;
    state.checkpoints.set_checkpointer(Some(process.slot_index()));
    let mut last_us = clock::monotonic_us();
    loop {
        let timeout = Duration::from_secs(process.settings.integer(Id::CheckpointTimeout) as u64);
        let since = Duration::from_micros(clock::monotonic_us() - last_us);
        if state.checkpoints.wanted().is_none() && since < timeout {
            if process.sleep(timeout - since)? == Wake::Stop {
                break;
            }
            continue;
        }
        if process.look() == Wake::Stop {
            break;
        }
        make_online_checkpoint(&mut process, &mut control, since >= timeout, since)?;
        last_us = clock::monotonic_us();
    }
    state.checkpoints.set_checkpointer(None);
    state.checkpoints.start();
    log::message("shutting down");
    if process.settings.bool(Id::LogCheckpoints) {
        log::message("checkpoint starting: shutdown fast");
    }
    let transactions = state.transactions();
    let hooks = Hooks::new(&transactions, &process.settings);
    let report = checkpoint(state.pool, &mut control, CheckpointKind::Shutdown, &hooks, &mut |_, _| Ok(()))?;
    log_complete(&process.settings, state, &report);
    state.checkpoints.finish(true);
    Ok(())
}

fn make_online_checkpoint(
    process: &mut Loop,
    control: &mut ControlFile,
    by_time: bool,
    since_last: Duration,
) -> Result<()> {
    let state = process.state;
    let options = state.checkpoints.start();
    let (position, checkpoint_end) = (state.wal.insert_position(), control_end(state, control));
    let nothing_logged = position == checkpoint_end || state.archiver.only_switched(checkpoint_end, position);
    if nothing_logged && !options.has(CheckpointOptions::FORCE) {
        state.checkpoints.finish(true);
        return Ok(());
    }
    warn_of_frequency(&process.settings, options, since_last);
    let counter = if by_time { &state.checkpoints.timed } else { &state.checkpoints.requested };
    counter.fetch_add(1, Ordering::Relaxed);
    if process.settings.bool(Id::LogCheckpoints) {
        log::message(format!("checkpoint starting:{}", describe(options, by_time)));
    }
    let transactions = state.transactions();
    let hooks = Hooks::new(&transactions, &process.settings);
    let mut pace = Pace::new(process, options);
    let made = checkpoint(state.pool, control, CheckpointKind::Online, &hooks, &mut |done, total| {
        pace.wait(done, total)
    });
    state.checkpoints.finish(made.is_ok());
    match made {
        Ok(report) => {
            log_complete(&process.settings, state, &report);
            statistics::wake(state);
        }
        // The previous checkpoint stays in force; the next attempt may do better.
        Err(error) if error.severity() < Severity::Fatal => log::report(error.report()),
        Err(error) => return Err(error),
    }
    Ok(())
}

/// Where the log stood right after the last checkpoint's record.
fn control_end(state: &ServerState, control: &ControlFile) -> common::Lsn {
    let mut reader =
        storage_wal::Reader::new(state.files, control.checkpoint_data.timeline, control.checkpoint);
    match reader.next() {
        Ok(Some(record)) => record.end(),
        _ => common::Lsn::INVALID,
    }
}

fn warn_of_frequency(settings: &Settings, options: CheckpointOptions, since_last: Duration) {
    let limit = settings.integer(Id::CheckpointWarning) as u64;
    if options.has(CheckpointOptions::LOG_SIZE) && since_last.as_secs() < limit {
        let seconds = since_last.as_secs();
        let plural = if seconds == 1 { "" } else { "s" };
        log::report(
            error::error!(
                SUCCESSFUL_COMPLETION,
                "checkpoints are occurring too frequently ({seconds} second{plural} apart)"
            )
            .hint("Consider increasing the configuration parameter \"max_wal_size\".")
            .with_severity(Severity::Log)
            .report(),
        );
    }
}

fn describe(options: CheckpointOptions, by_time: bool) -> String {
    let mut text = String::new();
    for (option, word) in [
        (CheckpointOptions::FAST, " fast"),
        (CheckpointOptions::FORCE, " force"),
        (CheckpointOptions::LOG_SIZE, " wal"),
    ] {
        if options.has(option) {
            text += word;
        }
    }
    if by_time {
        text += " time";
    }
    text
}

fn log_complete(settings: &Settings, state: &ServerState, report: &CheckpointReport) {
    state.checkpoints.buffers_written.fetch_add(report.buffers_written as u64, Ordering::Relaxed);
    state.checkpoints.write_us.fetch_add(report.write_us, Ordering::Relaxed);
    state.checkpoints.sync_us.fetch_add(report.sync_us, Ordering::Relaxed);
    if !settings.bool(Id::LogCheckpoints) {
        return;
    }
    let seconds = |us: u64| us as f64 / 1e6;
    let share = report.buffers_written as f64 * 100.0 / state.pool.capacity() as f64;
    log::message(format!(
        "checkpoint complete: wrote {} buffers ({share:.1}%); 0 WAL file(s) added, {} removed, {} recycled; \
         write={:.3} s, sync={:.3} s, total={:.3} s; sync files={}; lsn={}, redo lsn={}",
        report.buffers_written,
        report.segments_removed,
        report.segments_recycled,
        seconds(report.write_us),
        seconds(report.sync_us),
        seconds(report.total_us),
        report.files_synced,
        report.checkpoint,
        report.redo
    ));
}

/// Spreads the writes of a checkpoint over the time until the next.
struct Pace<'a> {
    process: &'a mut Loop,
    is_fast: bool,
    started_us: u64,
    started_at: u64,
}

impl<'a> Pace<'a> {
    fn new(process: &'a mut Loop, options: CheckpointOptions) -> Pace<'a> {
        Pace {
            is_fast: options.has(CheckpointOptions::FAST),
            started_us: clock::monotonic_us(),
            started_at: process.state.wal.insert_position().0,
            process,
        }
    }

    fn wait(&mut self, done: usize, total: usize) -> Result<()> {
        while !self.is_fast && self.is_ahead(done as f64 / total.max(1) as f64) {
            if self.process.state.checkpoints.wanted().has(CheckpointOptions::FAST)
                || self.process.sleep(PACE_STEP)? == Wake::Stop
            {
                self.is_fast = true;
            }
        }
        Ok(())
    }

    /// Whether more is written than time passed and log volume ask for.
    fn is_ahead(&self, written: f64) -> bool {
        let settings = &self.process.settings;
        let target = settings.real(Id::CheckpointCompletionTarget);
        let timeout_us = settings.integer(Id::CheckpointTimeout) as f64 * 1e6;
        let passed = (clock::monotonic_us() - self.started_us) as f64 / timeout_us;
        let logged = self.process.state.wal.insert_position().0.saturating_sub(self.started_at) as f64;
        let volume = logged / volume_limit(settings) as f64;
        written * target > passed && written * target > volume
    }
}

/// Bytes of log since the redo point that ask for a checkpoint, so that the log stays under `max_wal_size` while it is made.
pub(crate) fn volume_limit(settings: &Settings) -> u64 {
    let most = (settings.integer(Id::MaxWalSize) as u64) << 20;
    let target = settings.real(Id::CheckpointCompletionTarget);
    ((most as f64 / (1.0 + target)) as u64).max(SEGMENT_SIZE)
}
