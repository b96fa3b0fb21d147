//! The background writer: writes unpopular dirty pages ahead of need, so that others find clean ones, and has shared memory put on
//! large pages.

use std::sync::atomic::Ordering;
use std::time::Duration;

use config::{Id, Settings};
use error::{Result, Severity};
use shared_memory::{ProcessKind, WaitEvent};

use crate::large_pages::Enlargement;
use crate::log;
use crate::process_loop::{Loop, Wake, ended_by};
use crate::state::ServerState;

/// How much longer it sleeps when there was nothing to do.
const IDLE_FACTOR: u32 = 10;

/// The sleep after a page could not be written.
const AFTER_FAILURE: Duration = Duration::from_secs(1);

/// The background writer's body; gives its exit code.
pub fn run(state: &'static ServerState, settings: &Settings) -> i32 {
    match serve(state, settings.clone()) {
        Ok(()) => 0,
        Err(error) => ended_by(error),
    }
}

fn serve(state: &'static ServerState, settings: Settings) -> Result<()> {
    let mut process =
        Loop::start(state, settings, ProcessKind::BackgroundWriter, WaitEvent::ActivityBgwriterMain)?;
    let mut enlargement = Enlargement::new(state.region, &process.settings);
    loop {
        let enlarged = enlargement.step();
        let limit = process.settings.integer(Id::BgwriterLruMaxpages) as usize;
        let written = match state.pool.background_write(limit) {
            // Pages that cannot be written stay dirty; the disk may be better by the next round.
            Err(error) if error.severity() < Severity::Fatal => {
                log::report(error.report());
                if process.sleep(AFTER_FAILURE)? == Wake::Stop {
                    return Ok(());
                }
                continue;
            }
            outcome => outcome?,
        };
        state.statistics.pages_cleaned.fetch_add(written as u64, Ordering::Relaxed);
        state
            .statistics
            .cleaning_stopped
            .fetch_add(u64::from(limit > 0 && written == limit), Ordering::Relaxed);
        let delay = Duration::from_millis(process.settings.integer(Id::BgwriterDelay) as u64);
        let delay = if written == 0 && !enlarged { delay * IDLE_FACTOR } else { delay };
        if process.sleep(delay)? == Wake::Stop {
            return Ok(());
        }
    }
}
