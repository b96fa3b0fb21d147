//! Asking the checkpointer for a checkpoint, and waiting until it is made.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use error::{Result, bail};
use shared_memory::{ConditionVariable, WaitEvent, shared_struct};

use crate::state::ServerState;

shared_struct! {
    /// Requests, and how far they were answered. The counts only grow.
    pub struct CheckpointRequests {
        /// [`CheckpointOptions`] of all requests since the last start.
        wanted: AtomicU32,
        started: AtomicU64,
        done: AtomicU64,
        failed: AtomicU64,
        changed: ConditionVariable,
        /// Slot of the checkpointer plus one; 0 while there is none.
        checkpointer: AtomicU32,
        /// For `pg_stat_checkpointer`.
        pub timed: AtomicU64,
        pub requested: AtomicU64,
        pub buffers_written: AtomicU64,
        pub write_us: AtomicU64,
        pub sync_us: AtomicU64,
    }
}

/// How a checkpoint is to be made.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CheckpointOptions(pub(crate) u32);

impl CheckpointOptions {
    /// Spread out, and only if something was logged since the last one.
    pub const RELAXED: CheckpointOptions = CheckpointOptions(1);
    /// As fast as possible.
    pub const FAST: CheckpointOptions = CheckpointOptions(2);
    /// Also when nothing was logged.
    pub const FORCE: CheckpointOptions = CheckpointOptions(4);
    /// Because the log has grown to its size.
    pub const LOG_SIZE: CheckpointOptions = CheckpointOptions(8);

    pub fn with(self, other: CheckpointOptions) -> CheckpointOptions {
        CheckpointOptions(self.0 | other.0)
    }

    pub fn has(self, other: CheckpointOptions) -> bool {
        self.0 & other.0 == other.0
    }

    pub fn is_none(self) -> bool {
        self.0 == 0
    }
}

impl CheckpointRequests {
    /// What is counted for `pg_stat_checkpointer`.
    pub(crate) fn counters(&self) -> impl Iterator<Item = &AtomicU64> {
        [&self.timed, &self.requested, &self.buffers_written, &self.write_us, &self.sync_us].into_iter()
    }
}

impl ServerState {
    /// Has a checkpoint made; with `wait`, returns when it is durable.
    ///
    /// The checkpoint that answers starts after this call, so that it covers everything the caller has done.
    /// # Errors
    /// 55000 when there is no checkpointer or its checkpoint failed; those of `interrupt::check`.
    pub fn request_checkpoint(&self, options: CheckpointOptions, wait: bool) -> Result<()> {
        let requests = self.checkpoints;
        let failed_before = requests.failed.load(Ordering::SeqCst);
        let started_before = requests.started.load(Ordering::SeqCst);
        requests.wanted.fetch_or(options.0, Ordering::SeqCst);
        let checkpointer = requests.checkpointer.load(Ordering::SeqCst) as usize;
        match checkpointer.checked_sub(1).and_then(|index| self.slots.get(index)) {
            Some(slot) => slot.latch.set(),
            None if !wait => return Ok(()),
            None => bail!(
                OBJECT_NOT_IN_PREREQUISITE_STATE,
                "could not request checkpoint because checkpointer is not running"
            ),
        }
        if !wait {
            return Ok(());
        }
        let has_started = || requests.started.load(Ordering::SeqCst) != started_before;
        requests.changed.wait_until(WaitEvent::IpcCheckpointStart, has_started)?;
        let answer = requests.started.load(Ordering::SeqCst);
        let is_done = || requests.done.load(Ordering::SeqCst) >= answer;
        requests.changed.wait_until(WaitEvent::IpcCheckpointDone, is_done)?;
        if requests.failed.load(Ordering::SeqCst) != failed_before {
            return Err(error::error!(OBJECT_NOT_IN_PREREQUISITE_STATE, "checkpoint request failed")
                .hint("Consult recent messages in the server log for details."));
        }
        Ok(())
    }
}

impl CheckpointRequests {
    /// The calling process answers requests from now on; `None` when it stops.
    pub(crate) fn set_checkpointer(&self, slot: Option<usize>) {
        self.checkpointer.store(slot.map_or(0, |index| index as u32 + 1), Ordering::SeqCst);
    }

    pub(crate) fn wanted(&self) -> CheckpointOptions {
        CheckpointOptions(self.wanted.load(Ordering::SeqCst))
    }

    /// Begins to answer everything that was asked for so far.
    pub(crate) fn start(&self) -> CheckpointOptions {
        let wanted = self.wanted.swap(0, Ordering::SeqCst);
        self.started.fetch_add(1, Ordering::SeqCst);
        self.changed.announce();
        CheckpointOptions(wanted)
    }

    pub(crate) fn finish(&self, succeeded: bool) {
        if !succeeded {
            self.failed.fetch_add(1, Ordering::SeqCst);
        }
        self.done.store(self.started.load(Ordering::SeqCst), Ordering::SeqCst);
        self.changed.announce();
    }
}
