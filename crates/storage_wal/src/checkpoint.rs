//! Moving the redo point, and what must not happen while it moves.
//!
//! Rules 4 and 6 of the README.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use common::Lsn;
use error::Result;
use shared_memory::critical;
use system::interrupt;

use crate::wal::Wal;

impl Wal {
    /// Makes the present end of the log the redo point and returns it. For the checkpointer.
    ///
    /// When it returns, every process that held a [`CheckpointDelay`] at that moment has dropped it.
    pub fn begin_checkpoint(&self) -> Result<Lsn> {
        let state = self.state;
        state.force_images.store(1, Ordering::SeqCst);
        for slot in &state.slots {
            let (position, records) =
                (slot.position.load(Ordering::SeqCst), slot.records.load(Ordering::SeqCst));
            if position != 0 {
                poll_until(|| {
                    slot.position.load(Ordering::SeqCst) == 0
                        || slot.records.load(Ordering::SeqCst) != records
                })?;
            }
        }
        let redo = self.insert_position();
        state.redo.store(redo.0, Ordering::SeqCst);
        state.force_images.store(0, Ordering::SeqCst);
        let old_phase = state.delay_phase.fetch_add(1, Ordering::SeqCst) % 2;
        poll_until(|| state.delays[old_phase as usize].load(Ordering::SeqCst) == 0)?;
        Ok(redo)
    }

    /// Recovery found or made a checkpoint: its redo point is in force.
    pub fn set_redo_pointer(&self, redo: Lsn) {
        self.state.redo.store(redo.0, Ordering::SeqCst);
    }

    /// Holds off the end of [`Wal::begin_checkpoint`] until dropped.
    ///
    /// A critical section. Taken before a record whose effect reaches its page or table only after the insertion (a commit), dropped
    /// when the effect is there.
    pub fn delay_checkpoint(&self) -> CheckpointDelay {
        // A holder that dies would hold the checkpointer off for ever: its death must count as leaving doubt.
        let section = critical::enter();
        loop {
            let phase = self.state.delay_phase.load(Ordering::SeqCst);
            let count = &self.state.delays[phase as usize % 2];
            count.fetch_add(1, Ordering::SeqCst);
            if self.state.delay_phase.load(Ordering::SeqCst) == phase {
                return CheckpointDelay { count, _section: section };
            }
            // The phase moved between the two steps: the checkpointer may not have seen us.
            count.fetch_sub(1, Ordering::SeqCst);
        }
    }
}

/// See [`Wal::delay_checkpoint`].
#[must_use]
pub struct CheckpointDelay {
    count: &'static AtomicU32,
    _section: critical::CriticalSection,
}

impl Drop for CheckpointDelay {
    fn drop(&mut self) {
        self.count.fetch_sub(1, Ordering::SeqCst);
    }
}

/// What is waited for here takes microseconds, and those who do it cannot afford to announce it.
fn poll_until(condition: impl Fn() -> bool) -> Result<()> {
    let mut rounds = 0u32;
    while !condition() {
        rounds += 1;
        if rounds < 1000 {
            std::thread::yield_now();
        } else {
            interrupt::check()?;
            std::thread::sleep(Duration::from_micros(100));
        }
    }
    Ok(())
}
