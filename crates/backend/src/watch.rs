//! Looking out for the client's next message before going to sleep.
//!
//! To sleep and to be woken takes the processor more than many a statement, most of all in a virtual machine. A client that answers
//! at once is therefore awaited with open eyes for a moment. The processor is offered to others all the time; if one of them takes
//! it, or the client is not that fast, it is not tried again for a while.

use std::time::{Duration, Instant};

/// Waits that follow a futile look-out are plain: so many at first, and twice as many each time up to the most.
const FIRST_PAUSE: u32 = 16;
const LONGEST_PAUSE: u32 = 1024;
/// Whoever offers the processor and gets it back later than this did not have it for himself.
const OTHERS: Duration = Duration::from_micros(10);

/// When looking out is worth it.
#[derive(Debug)]
pub(crate) struct Watch {
    /// `client_watch_time`; zero for never.
    pub limit: Duration,
    /// When the look-out began, and when it was last known to have the processor.
    since: Option<(Instant, Instant)>,
    /// Waits to come that are plain.
    skip: u32,
    pause: u32,
}

impl Watch {
    pub fn new() -> Watch {
        Watch { limit: Duration::ZERO, since: None, skip: 0, pause: FIRST_PAUSE }
    }

    /// Whether to look (again) for the message; between two looks the processor is offered to others.
    pub fn goes_on(&mut self) -> bool {
        let Some((start, last)) = self.since else {
            if self.limit.is_zero() {
                return false;
            }
            if self.skip > 0 {
                self.skip -= 1;
                return false;
            }
            let now = Instant::now();
            self.since = Some((now, now));
            return true;
        };
        std::thread::yield_now();
        let now = Instant::now();
        if now - last <= OTHERS && now - start < self.limit {
            self.since = Some((start, now));
            return true;
        }
        self.since = None;
        self.skip = self.pause;
        self.pause = (self.pause * 2).min(LONGEST_PAUSE);
        false
    }

    /// There is something else to do.
    pub fn give_up(&mut self) {
        self.since = None;
    }

    /// The message came while it was looked out for.
    pub fn succeeded(&mut self) {
        self.since = None;
        self.pause = FIRST_PAUSE;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Futile look-outs become rare, and a success makes them frequent again.
    #[test]
    fn futile_look_outs_become_rare() {
        let mut watch = Watch { limit: Duration::from_micros(1), ..Watch::new() };
        let mut waits_until_next = || {
            (0..)
                .find(|_| {
                    let looks = watch.goes_on();
                    while looks && watch.goes_on() {}
                    looks
                })
                .unwrap()
        };
        assert_eq!([0, 0, 0, 0].map(|_: u32| waits_until_next()), [0, 16, 32, 64]);
        watch.skip = 0;
        assert!(watch.goes_on());
        watch.succeeded();
        assert!(watch.goes_on());
    }

    #[test]
    fn without_a_limit_there_is_no_look_out() {
        assert!(!Watch::new().goes_on());
    }
}
