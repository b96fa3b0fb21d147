//! The postmaster's own table of its children; what it knows, it knows from `fork` and `wait`.

use shared_memory::ProcessKind;
use system::process::{self, Exit, ProcessId};
use system::signal::{self, Signal};

/// A running child.
#[derive(Clone, Copy, Debug)]
pub struct Child {
    pub process: ProcessId,
    pub kind: ProcessKind,
    /// A client's process that will only say why it cannot let it in; it never touches the shared memory.
    pub is_dead_end: bool,
    /// It has no client yet.
    pub is_ready: bool,
}

impl Child {
    pub fn new(process: ProcessId, kind: ProcessKind, is_dead_end: bool) -> Child {
        Child { process, kind, is_dead_end, is_ready: false }
    }
}

#[derive(Default)]
pub struct Children(Vec<Child>);

impl Children {
    pub fn add(&mut self, child: Child) {
        self.0.push(child);
    }

    pub fn remove(&mut self, process: ProcessId) -> Option<Child> {
        let at = self.0.iter().position(|child| child.process == process)?;
        Some(self.0.swap_remove(at))
    }

    /// A child waits for its client, or got it.
    pub fn set_ready(&mut self, process: ProcessId, is_ready: bool) {
        self.0
            .iter_mut()
            .filter(|child| child.process == process)
            .for_each(|child| child.is_ready = is_ready);
    }

    pub fn find(&self, kind: ProcessKind) -> Option<Child> {
        self.0.iter().copied().find(|child| child.kind == kind)
    }

    pub fn count(&self, wanted: impl Fn(&Child) -> bool) -> usize {
        self.0.iter().filter(|child| wanted(child)).count()
    }

    /// Sends a signal to all that `wanted` names. One that has just ended is no fault.
    pub fn signal(&self, number: Signal, wanted: impl Fn(&Child) -> bool) {
        for child in self.0.iter().filter(|child| wanted(child)) {
            let _ = process::kill(child.process, number);
        }
    }
}

/// How the log tells of a child's end.
pub fn describe_exit(name: &str, process: ProcessId, exit: Exit) -> String {
    match exit {
        Exit::Code(code) => format!("{name} (PID {process}) exited with exit code {code}"),
        Exit::Signal(number) => {
            format!("{name} (PID {process}) was terminated by signal {number}: {}", signal::describe(number))
        }
    }
}

/// The name of a kind of process in the log.
pub fn log_name(kind: ProcessKind) -> &'static str {
    match kind {
        ProcessKind::Backend | ProcessKind::AutovacuumWorker => "server process",
        ProcessKind::Startup => "startup process",
        ProcessKind::Checkpointer => "checkpointer process",
        ProcessKind::BackgroundWriter => "background writer process",
        ProcessKind::WalWriter => "WAL writer process",
        ProcessKind::AutovacuumLauncher => "autovacuum launcher process",
        ProcessKind::Statistics => "statistics process",
        ProcessKind::Archiver => "archiver process",
        ProcessKind::Logger => "system logger process",
        _ => "background worker process",
    }
}
