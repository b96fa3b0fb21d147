//! The autovacuum launcher: asks the postmaster for a worker now and then, if any table has changed.
//!
//! What a worker does is the binary's to say; this is only the clock.

use std::time::Duration;

use config::{Id, Settings};
use error::{Error, Result};
use shared_memory::{ProcessKind, WaitEvent};
use system::process::{self, ProcessId};
use system::signal::Signal;

use crate::process_loop::{Loop, Wake, ended_by};
use crate::state::ServerState;

/// The launcher's body; gives its exit code.
pub fn run_launcher(state: &'static ServerState, settings: &Settings, postmaster: ProcessId) -> i32 {
    match serve(state, settings.clone(), postmaster) {
        Ok(()) => 0,
        Err(error) => ended_by(error),
    }
}

fn serve(state: &'static ServerState, settings: Settings, postmaster: ProcessId) -> Result<()> {
    let mut process =
        Loop::start(state, settings, ProcessKind::AutovacuumLauncher, WaitEvent::ActivityAutovacuumMain)?;
    loop {
        let nap = Duration::from_secs(process.settings.integer(Id::AutovacuumNaptime) as u64);
        if process.sleep(nap)? == Wake::Stop {
            return Ok(());
        }
        let running =
            state.slots.iter().filter(|slot| slot.kind() == ProcessKind::AutovacuumWorker).count() as i64;
        if process.settings.bool(Id::Autovacuum)
            && !state.changes.databases().is_empty()
            && running < process.settings.integer(Id::AutovacuumMaxWorkers)
        {
            state.want_autovacuum_worker();
            process::kill(postmaster, Signal::User1)
                .map_err(|cause| Error::io("could not signal postmaster", &cause))?;
        }
    }
}
