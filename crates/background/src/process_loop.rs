//! What every background process does alike: set its signals up, claim its slot, sleep and look for signals.
//!
//! Signals of a background process: TERM and USR2 end it (the checkpointer makes its last checkpoint on USR2), HUP reloads the
//! settings, INT is ignored, QUIT ends it at once without cleaning up.

use std::cell::RefCell;
use std::path::Path;
use std::time::Duration;

use config::{Id, Settings};
use error::{Error, Result, Severity};
use shared_memory::{ProcessKind, SlotClaim, WaitEvent, current_slot};
use system::process::{self, ProcessId};
use system::signal::{self, Signal};

use crate::state::ServerState;
use crate::{configuration, log};

thread_local! {
    static CLUSTER: RefCell<String> = const { RefCell::new(String::new()) };
}

/// Titles of this process and its children have the name of the cluster, if it has one.
pub fn name_cluster(settings: &Settings) {
    CLUSTER.set(settings.text(Id::ClusterName).to_string());
}

/// The title of a process that is this.
pub fn process_title(what: &str) -> String {
    CLUSTER.with_borrow(|cluster| match cluster.as_str() {
        "" => format!("ferrodon: {what}"),
        cluster => format!("ferrodon: {cluster}: {what}"),
    })
}

/// Signals and title of a new child of the postmaster. `signal::take` finds HUP, INT, TERM and USR2 afterwards.
/// # Errors
/// Those of the system calls.
pub fn prepare_child(kind: ProcessKind, title: &str, postmaster: ProcessId) -> Result<()> {
    let failed = |cause: std::io::Error| Error::io("could not set up signal handling", &cause);
    signal::prepare_thread().map_err(failed)?;
    for number in [Signal::HangUp, Signal::Terminate, Signal::User2] {
        signal::note(number).map_err(failed)?;
    }
    signal::ignore(Signal::Interrupt).map_err(failed)?;
    signal::ignore(Signal::User1).map_err(failed)?;
    // The standard library's own handlers for the last two would swallow one that is sent from outside.
    for number in [Signal::Child, Signal::Segmentation, Signal::Bus] {
        signal::restore_default(number).map_err(failed)?;
    }
    signal::exit_at_once(Signal::Quit).map_err(failed)?;
    // One that came between the fork and here was only noted.
    if signal::take(Signal::Quit) {
        process::exit_immediately(signal::QUICK_EXIT_CODE);
    }
    process::die_with_parent(Signal::Quit, postmaster).map_err(failed)?;
    // What a terminal or a supervisor sends to the whole group is for the postmaster, which ends its children in order.
    process::start_session().map_err(failed)?;
    log::set_process_kind(kind.name());
    process::set_title(&process_title(title));
    Ok(())
}

/// Gives up what no process needs that serves no privileged role, if `sandbox` is on. The files of the configuration stay
/// readable, for reloads.
/// # Errors
/// When the kernel refuses.
pub fn enter_sandbox(settings: &Settings) -> Result<()> {
    if !settings.bool(Id::Sandbox) {
        return Ok(());
    }
    let files = [Id::ConfigFile, Id::HbaFile, Id::IdentFile].map(|id| Path::new(settings.text(id)).parent());
    let directories: Vec<&Path> = files.into_iter().flatten().collect();
    // The data directory is where every process is.
    sandbox::enter(Path::new("."), &directories)
}

/// A background process with its slot and settings.
pub(crate) struct Loop {
    pub(crate) state: &'static ServerState,
    pub(crate) settings: Settings,
    event: WaitEvent,
    claim: SlotClaim,
}

/// What a background process woke up for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wake {
    Work,
    /// TERM or USR2.
    Stop,
}

/// Has the process time its reading and writing, compress page images, and wait for the disk, as the settings want it.
pub fn apply_to_process(settings: &Settings) {
    storage_wal::compress_images(settings.text(Id::WalCompression) != "off");
    storage_file::wait_for_disk(settings.bool(Id::Fsync));
    shared_memory::time_io(settings.bool(Id::TrackIoTiming), settings.bool(Id::TrackWalIoTiming));
}

impl Loop {
    pub(crate) fn start(
        state: &'static ServerState,
        settings: Settings,
        kind: ProcessKind,
        event: WaitEvent,
    ) -> Result<Loop> {
        let claim = state.claim(kind)?;
        apply_to_process(&settings);
        Ok(Loop { state, settings, event, claim })
    }

    pub(crate) fn slot_index(&self) -> usize {
        self.claim.slot().index()
    }

    /// Sleeps until the latch is set, a signal came or the time has passed; reloads the settings if asked to.
    pub(crate) fn sleep(&mut self, limit: Duration) -> Result<Wake> {
        if let Some(slot) = current_slot()
            && !self.must_look()
        {
            slot.latch.wait(self.event, &mut [], Some(limit))?;
            slot.latch.reset();
        }
        Ok(self.look())
    }

    fn must_look(&self) -> bool {
        [Signal::HangUp, Signal::Terminate, Signal::User2].into_iter().any(signal::is_noted)
    }

    /// Deals with signals that came.
    pub(crate) fn look(&mut self) -> Wake {
        if signal::take(Signal::HangUp) {
            configuration::reload(&mut self.settings);
            apply_to_process(&self.settings);
            log::configure(&self.settings);
        }
        if signal::is_noted(Signal::Terminate) || signal::is_noted(Signal::User2) {
            return Wake::Stop;
        }
        Wake::Work
    }
}

/// Reports the error that ends a process and gives its exit code. A PANIC aborts, so that the postmaster restarts everybody.
pub fn ended_by(error: Error) -> i32 {
    let severity = if error.severity() == Severity::Panic { Severity::Panic } else { Severity::Fatal };
    let error = error.with_severity(severity);
    log::report(error.report());
    if severity == Severity::Panic {
        std::process::abort();
    }
    1
}
