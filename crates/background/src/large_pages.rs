//! Large memory pages for shared memory, as it comes into use.
//!
//! Nobody waits for them: they are made by the background writer, a few at a time, under the eyes of those who use the memory.

use std::io;
use std::ops::Range;
use std::time::{Duration, Instant};

use config::{Id, Settings, Value};
use error::{Result, Severity, error};
use shared_memory::Region;
use system::code::{LargePages, allow_large_pages};
use system::memory::LARGE_PAGE_SIZE;

/// Large pages that are made in a round.
const ROUND: usize = 32;
/// The pause after the kernel had none to give: to look for one takes it long.
const AFTER_FAILURE: Duration = Duration::from_secs(60);

/// Does what `huge_pages` wants at the start of the server, and sets `huge_pages_status`.
/// # Errors
/// 53200, FATAL, if they are a must and not to be had.
pub fn prepare(region: &Region, settings: &mut Settings) -> Result<()> {
    let wanted = settings.text(Id::HugePages).to_string();
    let outcome = match wanted.as_str() {
        "off" => Ok(do_without()),
        "on" => make(region, usize::MAX).map(|()| "on"),
        _ => make(region, 1).map(|()| "on").or_else(|_| Ok(do_without())),
    };
    let status = outcome.map_err(|cause: io::Error| {
        error!(OUT_OF_MEMORY, "could not map anonymous shared memory on huge pages: {cause}")
            .with_severity(Severity::Fatal)
            .hint("Set \"huge_pages\" to \"try\", or have the kernel offer transparent huge pages.")
    })?;
    settings.set_override(Id::HugePagesStatus, Value::Choice(status));
    Ok(())
}

/// The status of a server that has none.
fn do_without() -> &'static str {
    // A kernel that cannot choose has none to give.
    let _ = allow_large_pages(LargePages::Nowhere);
    "off"
}

/// The first so many.
fn make(region: &Region, count: usize) -> io::Result<()> {
    allow_large_pages(LargePages::Asked)?;
    let places = region.large_pages().flat_map(|places| places.step_by(LARGE_PAGE_SIZE));
    places.take(count).try_for_each(|place| region.enlarge_unused(place))
}

/// What is left to be done.
pub(crate) struct Enlargement {
    region: Region,
    /// What each segment still has on small pages. Segments come into use from their beginnings.
    left: Vec<Range<usize>>,
    pause_end: Option<Instant>,
}

impl Enlargement {
    pub fn new(region: Region, settings: &Settings) -> Enlargement {
        let is_on = settings.text(Id::HugePagesStatus) == "on";
        Enlargement { region, left: region.large_pages().filter(|_| is_on).collect(), pause_end: None }
    }

    /// A round; whether it brought something.
    pub fn step(&mut self) -> bool {
        if self.pause_end.is_some_and(|end| Instant::now() < end) {
            return false;
        }
        self.pause_end = None;
        let mut made = 0;
        for places in &mut self.left {
            while made < ROUND && places.start < places.end {
                match self.region.enlarge(places.start) {
                    Ok(true) => places.start += LARGE_PAGE_SIZE,
                    Ok(false) => break,
                    Err(_) => {
                        self.pause_end = Some(Instant::now() + AFTER_FAILURE);
                        return made > 0;
                    }
                }
                made += 1;
            }
        }
        made > 0
    }
}
