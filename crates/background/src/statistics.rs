//! The statistics process: writes what is counted to a file, so that it is there after a restart.
//!
//! Counting itself is everybody's, in shared memory. This process writes every minute, behind each checkpoint, and at the server's end; the
//! startup process reads the file. After a crash what was written last is used.

use std::time::Duration;

use config::Settings;
use error::{Error, Result, Severity};
use shared_memory::{ProcessKind, WaitEvent};
use system::signal::{self, Signal};

use crate::process_loop::{Loop, Wake, ended_by};
use crate::state::ServerState;
use crate::{log, statistics_file};

/// What a crash may lose.
const INTERVAL: Duration = Duration::from_secs(60);

/// The process's body; gives its exit code. It ends on SIGUSR2, when all sessions have ended.
pub fn run(state: &'static ServerState, settings: &Settings) -> i32 {
    match serve(state, settings.clone()) {
        Ok(()) => 0,
        Err(error) => ended_by(error),
    }
}

fn serve(state: &'static ServerState, settings: Settings) -> Result<()> {
    // A TERM meant for the whole process group must not end it before the sessions whose numbers it keeps.
    signal::ignore(Signal::Terminate)
        .map_err(|cause| Error::io("could not set up signal handling", &cause))?;
    let mut process =
        Loop::start(state, settings, ProcessKind::Statistics, WaitEvent::ActivityStatisticsMain)?;
    loop {
        let wake = process.sleep(INTERVAL)?;
        if let Err(error) = statistics_file::write(state, &process.settings) {
            log::report(error.with_severity(Severity::Log).report());
        }
        if wake == Wake::Stop {
            return Ok(());
        }
    }
}

/// Has what is counted written soon.
pub(crate) fn wake(state: &ServerState) {
    if let Some(slot) = state.slots.iter().find(|slot| slot.kind() == ProcessKind::Statistics) {
        slot.latch.set();
    }
}
