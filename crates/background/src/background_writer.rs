//! The background writer: keeps as many unpopular pages clean as others will soon want to replace, and has shared memory put on large
//! pages.

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

/// How slowly the expected need falls when there is less.
const SMOOTHING: f64 = 16.0;

/// How many buffers others take from one round to the next.
struct Need {
    /// Those that were ever taken, at the last round.
    taken: u64,
    expected: f64,
}

impl Need {
    fn new(taken: u64) -> Need {
        Need { taken, expected: 0.0 }
    }

    /// What to expect until the next round: at least what has just been.
    fn expect(&mut self, taken: u64) -> f64 {
        let now = taken.wrapping_sub(self.taken) as f64;
        self.taken = taken;
        self.expected = now.max(self.expected + (now - self.expected) / SMOOTHING);
        self.expected
    }
}

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
    let mut need = Need::new(state.all_allocations());
    loop {
        let enlarged = enlargement.step();
        let limit = process.settings.integer(Id::BgwriterLruMaxpages) as usize;
        let expected = need.expect(state.all_allocations());
        let wanted = (expected * process.settings.real(Id::BgwriterLruMultiplier)) as usize;
        let written = match state.pool.background_write(wanted, limit) {
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
        let delay = if wanted == 0 && !enlarged { delay * IDLE_FACTOR } else { delay };
        if process.sleep(delay)? == Wake::Stop {
            return Ok(());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn need_rises_at_once_and_falls_slowly() {
        let mut need = Need::new(100);
        assert_eq!(need.expect(100), 0.0);
        assert_eq!(need.expect(260), 160.0);
        assert_eq!(need.expect(260), 150.0);
        assert_eq!(need.expect(560), 300.0);
    }
}
