//! The postmaster's life: start, the loop that accepts and reaps, shutdown, and a new start after a crash.

use std::io::{ErrorKind, PipeReader, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use authentication::{HbaTable, IdentTable};
use backend::{Acceptance, Hooks, ServerContext, Socket, startup as session_start, tls};
use background::{
    ServerState, archiver, autovacuum, background_writer, checkpointer, configuration, enter_sandbox,
    janitor, large_pages, log, logger, name_cluster, prepare_child, process_title, startup, statistics,
    wal_writer,
};
use config::{Id, Settings, Value};
use error::{Error, Result, Severity, error};
use protocol::backend::Output;
use rustls::ServerConfig;
use shared_memory::ProcessKind;
use storage_wal::ControlFile;
use system::code::{self, LargePages};
use system::poll::{self, Interest};
use system::process::{self, Exit, Fork, ProcessId};
use system::signal::{self, Signal};

use crate::children::{Child, Children, describe_exit, log_name};
use crate::data_directory;
use crate::listen::{self, Listener};
use crate::pid_file::{self, LockFile, PidFile, Status};
use crate::ready::{self, ReadyBackend};

/// After this time, children that were to end at once are killed.
const QUIT_WITHIN: Duration = Duration::from_secs(5);
/// Clients taken from one socket before the others get their turn.
const ACCEPT_BATCH: usize = 16;
/// Processes that only tell clients why they cannot come in.
const MAX_DEAD_ENDS: usize = 200;

/// How to start.
pub struct StartOptions {
    /// The data directory's full name; it is the current directory already.
    pub directory: String,
    /// Settings of the command line.
    pub settings: Vec<(String, String)>,
    pub hooks: Hooks,
}

/// Runs a server until it is told to stop; gives the exit code.
pub fn run(options: StartOptions) -> i32 {
    // A limit that cannot be raised is one that statements have to do with.
    let _ = process::widen_stack();
    config::value::limit_stack_depth(process::stack_limit());
    let started = Postmaster::start(options);
    match started.and_then(|mut postmaster| postmaster.serve()) {
        Ok(code) => code,
        Err(error) => {
            let severity = error.severity().max(Severity::Fatal);
            log::report(error.with_severity(severity).report());
            1
        }
    }
}

/// Whether such a process ends only when all sessions have.
fn ends_last(kind: ProcessKind) -> bool {
    use ProcessKind::{Archiver, Checkpointer, Logger, Statistics};
    matches!(kind, Logger | Checkpointer | Statistics | Archiver)
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Shutdown {
    Smart,
    Fast,
    Immediate,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Phase {
    /// The startup process works.
    Startup,
    Run,
    /// Sessions and helpers are told to end.
    StopSessions,
    /// The checkpointer makes the last checkpoint.
    LastCheckpoint,
    /// Everybody has to go: at once after a crash, or as the very last step.
    StopAll,
}

struct Postmaster {
    directory: String,
    settings: Settings,
    hooks: Hooks,
    state: &'static ServerState,
    hba: Rc<HbaTable>,
    idents: Rc<IdentTable>,
    tls: Option<Arc<ServerConfig>>,
    listeners: Vec<Listener>,
    logger_input: Option<PipeReader>,
    children: Children,
    /// Sessions without clients.
    ready: Vec<ReadyBackend>,
    /// It failed the last time; tried again after the next client.
    cannot_fork_ahead: bool,
    /// Killed sessions that wait for the janitor.
    dead: Vec<ProcessId>,
    phase: Phase,
    shutdown: Option<Shutdown>,
    /// A child died badly; shared memory is not to be trusted until it has been made anew.
    has_crashed: bool,
    /// The startup process failed: there is nothing to restart.
    has_failed: bool,
    kill_at: Option<Instant>,
    mock_secret: [u8; 8],
    lock: LockFile,
    pid_file: PidFile,
    own: ProcessId,
}

impl Postmaster {
    fn start(options: StartOptions) -> Result<Postmaster> {
        let failed = |cause: std::io::Error| Error::io("could not set up signal handling", &cause);
        signal::prepare_thread().map_err(failed)?;
        for number in
            [Signal::HangUp, Signal::Interrupt, Signal::Quit, Signal::Terminate, Signal::User1, Signal::Child]
        {
            signal::note(number).map_err(failed)?;
        }
        signal::ignore(Signal::User2).map_err(failed)?;
        process::set_file_mask(0o077);
        let directory = options.directory;
        data_directory::check(&directory)?;
        let mut settings = configuration::load(&directory, &options.settings)?;
        name_cluster(&settings);
        process::allow_core_dumps(settings.bool(Id::AllowCoreDumps))
            .map_err(|cause| Error::io("could not set whether core dumps are allowed", &cause))?;
        if settings.bool(Id::LargeCodePages) {
            // Without them all is as well, only slower.
            let _ = code::allow_large_pages(LargePages::Everywhere).and_then(|()| code::use_large_pages());
        }
        if settings.bool(Id::Sandbox) && !sandbox::is_available() {
            log::message("the kernel has no system call filters; going on without the sandbox");
            settings.set_from("sandbox", "off", config::Source::Override)?;
        }
        let hint = format!("running in data directory \"{directory}\"");
        if archiver::is_wanted(&settings) && settings.text(Id::WalLevel) == "minimal" {
            let text = "WAL archival cannot be enabled when \"wal_level\" is \"minimal\"";
            return Err(error!(INVALID_PARAMETER_VALUE, "{text}").with_severity(Severity::Fatal));
        }
        let mut lock = LockFile::acquire(Path::new(pid_file::NAME), &hint)?;
        let pid_file = PidFile {
            process: process::current(),
            directory: directory.clone(),
            started: system::clock::wall_us() / 1_000_000,
            port: settings.integer(Id::Port) as u16,
            socket_directory: listen::list(settings.text(Id::UnixSocketDirectories))
                .into_iter()
                .next()
                .unwrap_or_default(),
            listen_address: listen::list(settings.text(Id::ListenAddresses))
                .into_iter()
                .next()
                .unwrap_or_default(),
            status: Some(Status::Starting),
        };
        lock.write(&pid_file.lines())?;
        let hba = load_hba(&settings)?;
        let idents = load_idents(&settings).unwrap_or_default();
        let tls = tls::load(&settings).map_err(|error| error.with_severity(Severity::Fatal))?;
        let logger_input = start_logger(&settings)?;
        log::message(format!(
            "starting Ferrodon {} (compatible with PostgreSQL {}), {}-bit",
            env!("CARGO_PKG_VERSION"),
            settings.text(Id::ServerVersion),
            usize::BITS
        ));
        let listeners = listen::open(&settings, &directory)?;
        let state = ServerState::create(&settings)?;
        large_pages::prepare(&state.region, &mut settings)?;
        let megabytes = state.region.size_bytes().div_ceil(1 << 20) as i64;
        settings.set_override(Id::SharedMemorySize, Value::Integer(megabytes));
        let control = ControlFile::read(state.files)?;
        let mut postmaster = Postmaster {
            directory,
            hooks: options.hooks,
            state,
            hba: Rc::new(hba),
            idents: Rc::new(idents),
            tls,
            listeners,
            logger_input: None,
            children: Children::default(),
            ready: Vec::new(),
            cannot_fork_ahead: false,
            dead: Vec::new(),
            phase: Phase::Startup,
            shutdown: None,
            has_crashed: false,
            has_failed: false,
            kill_at: None,
            mock_secret: control.system_identifier.to_le_bytes(),
            lock,
            pid_file,
            own: process::current(),
            settings,
        };
        if let Some((input, logger)) = logger_input {
            postmaster.logger_input = Some(input);
            postmaster.children.add(Child::new(logger, ProcessKind::Logger, false));
        }
        process::set_title(&format!("ferrodon -D {}", postmaster.directory));
        Ok(postmaster)
    }

    fn serve(&mut self) -> Result<i32> {
        self.start_startup()?;
        loop {
            self.wait_and_accept()?;
            self.take_signals()?;
            self.reap()?;
            if let Some(code) = self.advance()? {
                return Ok(code);
            }
        }
    }

    /// Sleeps until a client knocks, a signal comes or something is due.
    fn wait_and_accept(&mut self) -> Result<()> {
        let wants_ready = self.wants_ready_backend();
        let limit = match wants_ready {
            true => Some(Duration::ZERO),
            false => self.kill_at.map(|at| at.saturating_duration_since(Instant::now())),
        };
        let mut ready = Vec::new();
        {
            let mut interests: Vec<Interest<'_>> =
                self.listeners.iter().map(|listener| Interest::new(listener.as_fd(), true, false)).collect();
            if signals_are_waiting() {
                return Ok(());
            }
            poll::wait(&mut interests, limit).map_err(|cause| Error::io("ppoll() failed", &cause))?;
            ready.extend(interests.iter().enumerate().filter(|(_, i)| i.is_readable).map(|(at, _)| at));
        }
        if wants_ready && ready.is_empty() {
            self.start_ready_backend();
        }
        for at in ready {
            for _ in 0..ACCEPT_BATCH {
                match self.listeners[at].accept() {
                    Ok(socket) => self.start_client(socket),
                    Err(cause) if cause.kind() == ErrorKind::WouldBlock => break,
                    Err(cause) if cause.kind() == ErrorKind::Interrupted => {}
                    Err(cause) if cause.kind() == ErrorKind::ConnectionAborted => {}
                    Err(cause) => {
                        let error = Error::io("could not accept new connection", &cause);
                        log::report(error.with_severity(Severity::Log).report());
                        // Too many open files, mostly: the next round may find some closed.
                        std::thread::sleep(Duration::from_millis(50));
                        break;
                    }
                }
            }
        }
        Ok(())
    }

    fn take_signals(&mut self) -> Result<()> {
        if signal::take(Signal::Quit) {
            self.request_shutdown(Shutdown::Immediate)?;
        }
        if signal::take(Signal::Interrupt) {
            self.request_shutdown(Shutdown::Fast)?;
        }
        if signal::take(Signal::Terminate) {
            self.request_shutdown(Shutdown::Smart)?;
        }
        if signal::take(Signal::HangUp) {
            self.reload();
        }
        if signal::take(Signal::User1) && self.state.take_wanted_workers() > 0 {
            self.start_autovacuum_worker();
        }
        Ok(())
    }

    fn request_shutdown(&mut self, wanted: Shutdown) -> Result<()> {
        if self.shutdown >= Some(wanted) {
            return Ok(());
        }
        self.shutdown = Some(wanted);
        self.ready.clear();
        self.pid_file.status = Some(Status::Stopping);
        self.lock.write(&self.pid_file.lines())?;
        match wanted {
            Shutdown::Smart => log::message("received smart shutdown request"),
            Shutdown::Fast => {
                log::message("received fast shutdown request");
                if self.phase == Phase::Run {
                    log::message("aborting any active transactions");
                }
            }
            Shutdown::Immediate => log::message("received immediate shutdown request"),
        }
        match wanted {
            Shutdown::Immediate => self.quit_all(),
            // What the startup process has done so far is done again next time.
            _ if self.phase == Phase::Startup => self.quit_all(),
            Shutdown::Fast if matches!(self.phase, Phase::Run | Phase::StopSessions) => self.stop_sessions(),
            _ => {}
        }
        Ok(())
    }

    /// All children but the logger are to end at once.
    fn quit_all(&mut self) {
        self.phase = Phase::StopAll;
        self.ready.clear();
        self.kill_at = Some(Instant::now() + QUIT_WITHIN);
        self.children.signal(Signal::Quit, |child| child.kind != ProcessKind::Logger);
    }

    fn stop_sessions(&mut self) {
        self.phase = Phase::StopSessions;
        self.children.signal(Signal::Terminate, |child| !ends_last(child.kind));
    }

    fn reap(&mut self) -> Result<()> {
        signal::take(Signal::Child);
        loop {
            match process::reap() {
                Ok(Some((ended, exit))) => self.child_ended(ended, exit)?,
                Ok(None) => return Ok(()),
                Err(cause) => return Err(Error::io("could not wait for child processes", &cause)),
            }
        }
    }

    fn child_ended(&mut self, ended: ProcessId, exit: Exit) -> Result<()> {
        let Some(child) = self.children.remove(ended) else { return Ok(()) };
        self.ready.retain(|ready| ready.process != ended);
        if child.kind == ProcessKind::Logger {
            log::message(describe_exit(log_name(child.kind), ended, exit));
            return self.restart_logger();
        }
        if child.is_dead_end || self.phase == Phase::StopAll {
            return Ok(());
        }
        let is_clean = match child.kind {
            // 1 is a FATAL, which ends a session in good order.
            ProcessKind::Backend | ProcessKind::AutovacuumWorker => {
                matches!(exit, Exit::Code(0 | 1))
            }
            ProcessKind::Startup => exit == Exit::Code(0),
            ProcessKind::Checkpointer | ProcessKind::Statistics | ProcessKind::Archiver => {
                exit == Exit::Code(0) && self.phase == Phase::LastCheckpoint
            }
            ProcessKind::Janitor => exit == Exit::Code(0),
            _ => exit == Exit::Code(0) && self.phase == Phase::StopSessions,
        };
        if is_clean {
            if child.kind == ProcessKind::Startup {
                self.open_for_clients()?;
            }
            return self.send_janitor();
        }
        log::message(describe_exit(log_name(child.kind), ended, exit));
        if self.can_be_contained(child.kind, ended, exit) {
            self.dead.push(ended);
            if child.kind == ProcessKind::Statistics && self.phase == Phase::Run {
                self.start_statistics()?;
            }
            if child.kind == ProcessKind::Archiver && self.phase == Phase::Run {
                self.start_archiver()?;
            }
            return self.send_janitor();
        }
        if let Some(slot) = self.state.slots.find(ended) {
            log::message(format!("it left shared memory in doubt: {}", slot.last_doings()));
        }
        if child.kind == ProcessKind::Startup {
            log::message("aborting startup due to startup process failure");
            self.has_failed = true;
        } else {
            log::message("terminating any other active server processes");
        }
        self.has_crashed = true;
        self.quit_all();
        Ok(())
    }

    /// Whether a child's death need not concern the others: it was killed while it changed nothing that is shared.
    fn can_be_contained(&self, kind: ProcessKind, ended: ProcessId, exit: Exit) -> bool {
        use ProcessKind::{Archiver, AutovacuumWorker, Backend, Statistics};
        matches!(kind, Backend | AutovacuumWorker | Statistics | Archiver)
            && exit == Exit::Signal(Signal::Kill as i32)
            && self.state.slots.find(ended).is_none_or(|slot| !slot.left_shared_state_in_doubt())
    }

    /// Has the janitor clean up after the dead, if there are any and it does not already.
    fn send_janitor(&mut self) -> Result<()> {
        if self.dead.is_empty() || self.children.find(ProcessKind::Janitor).is_some() {
            return Ok(());
        }
        let dead = std::mem::take(&mut self.dead);
        self.fork_child(ProcessKind::Janitor, false, |postmaster| {
            let (state, settings, own) = (postmaster.state, &postmaster.settings, postmaster.own);
            run_child(ProcessKind::Janitor, settings, own, || janitor::run(state, &dead))
        })?;
        Ok(())
    }

    /// Goes on to the next phase when the present one is over; gives the exit code at the end.
    fn advance(&mut self) -> Result<Option<i32>> {
        if self.kill_at.is_some_and(|at| at <= Instant::now()) {
            self.kill_at = None;
            log::message("issuing SIGKILL to recalcitrant children");
            self.children.signal(Signal::Kill, |child| child.kind != ProcessKind::Logger);
        }
        let sessions = self.children.count(|child| {
            matches!(child.kind, ProcessKind::Backend | ProcessKind::AutovacuumWorker)
                && !child.is_dead_end
                && !child.is_ready
        });
        if self.phase == Phase::Run && self.shutdown == Some(Shutdown::Smart) && sessions == 0 {
            self.stop_sessions();
        }
        if self.phase == Phase::StopSessions {
            let others = self.children.count(|child| !ends_last(child.kind) && !child.is_dead_end);
            if others == 0 {
                self.phase = Phase::LastCheckpoint;
                self.children.signal(Signal::User2, |child| {
                    matches!(child.kind, ProcessKind::Checkpointer | ProcessKind::Statistics)
                });
            }
        }
        let is_gone = |kind| self.children.find(kind).is_none();
        if self.phase == Phase::LastCheckpoint && is_gone(ProcessKind::Checkpointer) {
            // The log has its last record: what is full of it can be archived.
            self.children.signal(Signal::User2, |child| child.kind == ProcessKind::Archiver);
            if is_gone(ProcessKind::Statistics) && is_gone(ProcessKind::Archiver) {
                self.quit_all();
            }
        }
        let rest = self.children.count(|child| child.kind != ProcessKind::Logger);
        if self.phase != Phase::StopAll || rest > 0 {
            return Ok(None);
        }
        self.kill_at = None;
        if self.has_failed {
            return Ok(Some(1));
        }
        if self.shutdown.is_some() {
            if self.has_crashed {
                log::message("abnormal database system shutdown");
            }
            log::message("database system is shut down");
            return Ok(Some(i32::from(self.has_crashed)));
        }
        if !self.settings.bool(Id::RestartAfterCrash) {
            log::message("shutting down because \"restart_after_crash\" is off");
            return Ok(Some(1));
        }
        log::message("all server processes terminated; reinitializing");
        self.dead.clear();
        self.state.reinitialize()?;
        self.start_startup()?;
        Ok(None)
    }

    fn start_startup(&mut self) -> Result<()> {
        self.phase = Phase::Startup;
        let kind = ProcessKind::Startup;
        if self.has_crashed {
            self.start_child(kind, |state, settings, _| startup::run_after_crash(state, settings))
        } else {
            self.start_child(kind, |state, settings, _| startup::run(state, settings))
        }
    }

    /// Recovery is done: the helpers start and clients are welcome.
    fn open_for_clients(&mut self) -> Result<()> {
        self.has_crashed = false;
        self.phase = Phase::Run;
        self.start_child(ProcessKind::Checkpointer, |state, settings, _| checkpointer::run(state, settings))?;
        self.start_child(ProcessKind::BackgroundWriter, |state, settings, _| {
            background_writer::run(state, settings)
        })?;
        self.start_child(ProcessKind::WalWriter, |state, settings, _| wal_writer::run(state, settings))?;
        self.start_statistics()?;
        self.start_archiver()?;
        self.start_autovacuum_launcher()?;
        self.pid_file.status = Some(Status::Ready);
        self.lock.write(&self.pid_file.lines())?;
        log::message("database system is ready to accept connections");
        Ok(())
    }

    fn start_statistics(&mut self) -> Result<()> {
        self.start_child(ProcessKind::Statistics, |state, settings, _| statistics::run(state, settings))
    }

    /// Starts the archiver if the log is archived. It runs commands, which the sandbox would not let it.
    fn start_archiver(&mut self) -> Result<()> {
        if !archiver::is_wanted(&self.settings) {
            return Ok(());
        }
        let kind = ProcessKind::Archiver;
        self.fork_child(kind, false, |postmaster| match prepare_child(kind, kind.name(), postmaster.own) {
            Ok(()) => archiver::run(postmaster.state, &postmaster.settings),
            Err(error) => failed_child(&error),
        })?;
        Ok(())
    }

    /// Starts the autovacuum launcher if it is wanted and does not run.
    fn start_autovacuum_launcher(&mut self) -> Result<()> {
        let kind = ProcessKind::AutovacuumLauncher;
        let is_wanted = self.settings.bool(Id::Autovacuum) && self.hooks.autovacuum_worker.is_some();
        if !is_wanted || self.children.count(|child| child.kind == kind) > 0 {
            return Ok(());
        }
        self.start_child(kind, autovacuum::run_launcher)
    }

    fn start_autovacuum_worker(&mut self) {
        let Some(worker) = self.hooks.autovacuum_worker else { return };
        let limit = self.settings.integer(Id::AutovacuumMaxWorkers) as usize;
        let running = self.children.count(|child| child.kind == ProcessKind::AutovacuumWorker);
        if self.phase != Phase::Run || self.shutdown.is_some() || running >= limit {
            return;
        }
        let kind = ProcessKind::AutovacuumWorker;
        let started = self.fork_child(kind, false, |postmaster| {
            let (state, settings, own) = (postmaster.state, postmaster.settings.clone(), postmaster.own);
            run_child(kind, &settings, own, || worker(state, &settings, own))
        });
        if let Err(error) = started {
            log::report(error.with_severity(Severity::Log).report());
        }
    }

    fn start_child(
        &mut self,
        kind: ProcessKind,
        body: fn(&'static ServerState, &Settings, ProcessId) -> i32,
    ) -> Result<()> {
        self.fork_child(kind, false, |postmaster| {
            let (state, settings, own) = (postmaster.state, postmaster.settings.clone(), postmaster.own);
            run_child(kind, &settings, own, || body(state, &settings, own))
        })?;
        Ok(())
    }

    fn start_client(&mut self, mut socket: Socket) {
        self.cannot_fork_ahead = false;
        let acceptance = self.acceptance();
        let is_dead_end = acceptance != Acceptance::Open;
        if is_dead_end && self.children.count(|child| child.is_dead_end) >= MAX_DEAD_ENDS {
            return turn_away(&mut socket, acceptance);
        }
        if acceptance == Acceptance::Open {
            while let Some(ready) = self.ready.pop() {
                let process = ready.process;
                if ready.give(&socket).is_ok() {
                    return self.children.set_ready(process, false);
                }
            }
        }
        let started = self.fork_child(ProcessKind::Backend, is_dead_end, |postmaster| {
            let context = postmaster.context(acceptance);
            match session_start::prepare(&context) {
                Ok(()) => session_start::serve(context, socket),
                Err(error) => failed_child(&error),
            }
        });
        if let Err(error) = started {
            log::report(error.with_severity(Severity::Log).report());
        }
    }

    fn wants_ready_backend(&self) -> bool {
        self.phase == Phase::Run
            && self.shutdown.is_none()
            && !self.cannot_fork_ahead
            && self.ready.len() < self.settings.integer(Id::ReadyBackends) as usize
    }

    /// Forks a session ahead of its client. If that fails, clients get theirs when they come.
    fn start_ready_backend(&mut self) {
        let started = ready::channel().map_err(|cause| Error::io("could not create socket", &cause));
        let started = started.and_then(|(ours, theirs)| {
            let process = self.fork_child(ProcessKind::Backend, false, |postmaster| {
                let context = postmaster.context(Acceptance::Open);
                match session_start::prepare(&context) {
                    Ok(()) => match theirs.wait_for_client() {
                        Ok(Some(socket)) => session_start::serve(context, socket),
                        Ok(None) | Err(_) => 0,
                    },
                    Err(error) => failed_child(&error),
                }
            })?;
            self.children.set_ready(process, true);
            self.ready.push(ReadyBackend::new(process, ours));
            Ok(())
        });
        if let Err(error) = started {
            log::report(error.with_severity(Severity::Log).report());
            self.cannot_fork_ahead = true;
        }
    }

    /// What a session needs of the postmaster.
    fn context(&self, acceptance: Acceptance) -> ServerContext {
        ServerContext {
            state: self.state,
            settings: self.settings.clone(),
            hba: self.hba.clone(),
            idents: self.idents.clone(),
            tls: self.tls.clone(),
            hooks: self.hooks,
            acceptance,
            postmaster: self.own,
            mock_secret: self.mock_secret,
        }
    }

    fn acceptance(&self) -> Acceptance {
        if self.shutdown.is_some() {
            Acceptance::ShuttingDown
        } else if self.has_crashed {
            Acceptance::Recovering
        } else if self.phase != Phase::Run {
            Acceptance::StartingUp
        } else {
            // Twice as many as can have a slot: some of them are only cancel requests, or fail to prove themselves.
            let limit = 2 * self.settings.integer(Id::MaxConnections) as usize;
            let clients = self
                .children
                .count(|child| child.kind == ProcessKind::Backend && !child.is_dead_end && !child.is_ready);
            if clients >= limit { Acceptance::TooMany } else { Acceptance::Open }
        }
    }

    /// Forks; the child runs `body` with what it needs of the postmaster, and exits with what it gives.
    fn fork_child(
        &mut self,
        kind: ProcessKind,
        is_dead_end: bool,
        body: impl FnOnce(&mut Postmaster) -> i32,
    ) -> Result<ProcessId> {
        match process::fork() {
            Ok(Fork::Parent(process)) => {
                self.children.add(Child::new(process, kind, is_dead_end));
                Ok(process)
            }
            Ok(Fork::Child) => {
                self.listeners.clear();
                self.ready.clear();
                self.logger_input = None;
                let code = catch_unwind(AssertUnwindSafe(|| body(self)));
                process::exit_immediately(code.unwrap_or(PANIC_EXIT_CODE));
            }
            Err(cause) => Err(Error::io(format_args!("could not fork process for {}", kind.name()), &cause)),
        }
    }

    fn reload(&mut self) {
        log::message("received SIGHUP, reloading configuration files");
        configuration::reload(&mut self.settings);
        self.state.note_settings_read();
        log::configure(&self.settings);
        match load_hba(&self.settings) {
            Ok(table) => self.hba = Rc::new(table),
            Err(_) => log::message(format!("{} was not reloaded", self.settings.text(Id::HbaFile))),
        }
        match load_idents(&self.settings) {
            Ok(table) => self.idents = Rc::new(table),
            Err(_) => log::message(format!("{} was not reloaded", self.settings.text(Id::IdentFile))),
        }
        match tls::load(&self.settings) {
            Ok(tls) => self.tls = tls,
            Err(error) => {
                log::report(error.with_severity(Severity::Log).report());
                log::message("SSL configuration was not reloaded");
            }
        }
        self.children.signal(Signal::HangUp, |child| !child.is_dead_end);
        if self.phase == Phase::Run && self.shutdown.is_none() {
            if let Err(error) = self.start_autovacuum_launcher() {
                log::report(error.with_severity(Severity::Log).report());
            }
        }
    }

    fn restart_logger(&mut self) -> Result<()> {
        let Some(input) = &self.logger_input else { return Ok(()) };
        let input = input.try_clone().map_err(|cause| Error::io("could not start logger", &cause))?;
        self.fork_child(ProcessKind::Logger, false, |postmaster| {
            // Its own standard error is the pipe that it reads: it would wait for itself.
            let silent = std::fs::File::options().write(true).open("/dev/null");
            if silent.is_ok_and(|file| rustix::stdio::dup2_stderr(&file).is_ok()) {
                log::set_process_kind(ProcessKind::Logger.name());
                process::set_title(&process_title("logger"));
                logger::run(input, &postmaster.settings)
            } else {
                1
            }
        })?;
        Ok(())
    }
}

/// Tells a client why it cannot come in, when no process can be spared to do so.
fn turn_away(socket: &mut Socket, acceptance: Acceptance) {
    let Err(error) = session_start::check_acceptance(acceptance) else { return };
    let mut output = Output::default();
    output.report(error.report());
    // A client that cannot take so few bytes at once will not be told.
    let _ = socket.prepare().and_then(|()| socket.write(output.as_bytes()));
}

/// The exit code of a child whose code panicked; it counts as a crash.
const PANIC_EXIT_CODE: i32 = 3;

fn signals_are_waiting() -> bool {
    [Signal::Quit, Signal::Interrupt, Signal::Terminate, Signal::HangUp, Signal::User1, Signal::Child]
        .into_iter()
        .any(signal::is_noted)
}

/// The body of a child that serves no client.
fn run_child(
    kind: ProcessKind,
    settings: &Settings,
    postmaster: ProcessId,
    body: impl FnOnce() -> i32,
) -> i32 {
    match prepare_child(kind, kind.name(), postmaster).and_then(|()| enter_sandbox(settings)) {
        Ok(()) => body(),
        Err(error) => failed_child(&error),
    }
}

/// Reports why a child could not begin; gives its exit code.
fn failed_child(error: &Error) -> i32 {
    log::report(error.report());
    1
}

/// Forks the logger if it is wanted, and sends what this process writes to it from now on.
fn start_logger(settings: &Settings) -> Result<Option<(PipeReader, ProcessId)>> {
    if !settings.bool(Id::LoggingCollector) {
        return Ok(None);
    }
    let failed = |cause: std::io::Error| Error::io("could not create pipe for syslog", &cause);
    let path = logger::check_destination(settings)?;
    let (input, output) = std::io::pipe().map_err(failed)?;
    let for_logger = input.try_clone().map_err(failed)?;
    log::message("redirecting log output to logging collector process");
    log::report(
        error!(SUCCESSFUL_COMPLETION, "ending log output to stderr")
            .hint(format!("Future log output will go to log file \"{}\".", path.display()))
            .with_severity(Severity::Log)
            .report(),
    );
    match process::fork().map_err(|cause| Error::io("could not fork process for logger", &cause))? {
        Fork::Child => {
            drop((input, output));
            log::set_process_kind(ProcessKind::Logger.name());
            process::set_title(&process_title("logger"));
            process::exit_immediately(logger::run(for_logger, settings))
        }
        Fork::Parent(logger) => {
            rustix::stdio::dup2_stderr(&output).map_err(|cause| failed(cause.into()))?;
            rustix::stdio::dup2_stdout(&output).map_err(|cause| failed(cause.into()))?;
            log::set_collected(true);
            Ok(Some((input, logger)))
        }
    }
}

/// The name by which a file is opened: relative to the data directory when it lies there.
fn local_name(settings: &Settings, id: Id) -> &str {
    let name = settings.text(id);
    let directory = settings.text(Id::DataDirectory);
    name.strip_prefix(directory).and_then(|rest| rest.strip_prefix('/')).unwrap_or(name)
}

fn load_hba(settings: &Settings) -> Result<HbaTable> {
    HbaTable::load(local_name(settings, Id::HbaFile)).map_err(|faults| {
        faults.iter().for_each(|fault| log::report(fault.report()));
        error!(CONFIG_FILE_ERROR, "could not load {}", settings.text(Id::HbaFile))
            .with_severity(Severity::Fatal)
    })
}

/// A file that is missing is an empty one.
fn load_idents(settings: &Settings) -> Result<IdentTable> {
    let name = local_name(settings, Id::IdentFile);
    if !Path::new(name).exists() {
        return Ok(IdentTable::default());
    }
    IdentTable::load(name).map_err(|faults| {
        faults.iter().for_each(|fault| log::report(fault.report()));
        error!(CONFIG_FILE_ERROR, "could not load {}", settings.text(Id::IdentFile))
    })
}
