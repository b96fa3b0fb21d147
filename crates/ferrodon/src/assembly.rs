//! Which parts go into the server: the session, the roles, the first content of a cluster.

use authentication::{RoleEntry, RoleSource};
use backend::{Hooks, SessionStart, interrupts};
use background::{ServerState, log};
use common::Oid;
use config::Settings;
use error::{Error, Result, Severity};
use protocol::backend::TransactionStatus;
use protocol::frontend::Message;

/// What `init` was asked for.
pub struct BootstrapOptions {
    pub superuser: String,
    /// The verifier of the superuser's password.
    pub password: Option<String>,
}

/// Writes the first content of a cluster: called with an open log, before the first checkpoint.
pub type Bootstrap = fn(&'static ServerState, &BootstrapOptions) -> Result<()>;

/// The superuser's name and, on a second line, its verifier: all the roles there are while the catalog has none.
const ROLES_FILE: &str = "global/roles";

/// The bootstrap of this server.
pub const BOOTSTRAP: Bootstrap = |state, options| {
    let text = format!("{}\n{}\n", options.superuser, options.password.as_deref().unwrap_or(""));
    state.files.replace_small(ROLES_FILE, text.as_bytes())
};

/// The parts of this server.
pub fn hooks() -> Hooks {
    Hooks { session, roles, autovacuum_worker: None }
}

fn roles(state: &'static ServerState, _: &Settings) -> Result<Box<dyn RoleSource>> {
    let bytes = state.files.read_small(ROLES_FILE)?.unwrap_or_default();
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let mut lines = text.lines().map(str::to_string);
    let name = lines.next().unwrap_or_default();
    Ok(Box::new(Superuser { name, password: lines.next().filter(|line| !line.is_empty()) }))
}

/// The one role that `init` made.
struct Superuser {
    name: String,
    password: Option<String>,
}

impl RoleSource for Superuser {
    fn role(&self, name: &str) -> Result<Option<RoleEntry>> {
        Ok((name == self.name).then(|| RoleEntry {
            oid: Oid(10),
            password: self.password.clone(),
            can_login: true,
            is_superuser: true,
            valid_until_us: None,
            connection_limit: -1,
            memberships: Vec::new(),
        }))
    }
}

/// A session that takes part in the protocol and runs nothing.
fn session(mut start: SessionStart) -> i32 {
    start.greet();
    match serve(&mut start) {
        Ok(()) => 0,
        Err(error) => {
            log::report(error.report());
            start.connection.send_last(&error);
            1
        }
    }
}

fn serve(start: &mut SessionStart) -> Result<()> {
    start.connection.output.ready_for_query(TransactionStatus::Idle);
    let mut skips_to_sync = false;
    while let Some(message) = start.connection.read_message()? {
        let refused = |text: &'static str| Error::unsupported(text);
        match message.parse() {
            Ok(Message::Terminate) => break,
            Ok(Message::Sync) => {
                skips_to_sync = false;
                start.connection.output.ready_for_query(TransactionStatus::Idle);
            }
            Ok(Message::Flush) => start.connection.flush()?,
            Ok(Message::Query(text)) => {
                interrupts::query_started();
                let outcome = run(start, text);
                interrupts::query_ended();
                if let Err(error) = outcome {
                    if error.severity() >= Severity::Fatal {
                        return Err(error);
                    }
                    log::report(error.report());
                    start.connection.output.report(error.report());
                }
                start.connection.output.ready_for_query(TransactionStatus::Idle);
            }
            _ if skips_to_sync => {}
            Ok(_) => {
                skips_to_sync = true;
                start.connection.output.report(refused("the extended protocol is not supported").report());
            }
            Err(error) => return Err(error.with_severity(Severity::Fatal)),
        }
    }
    Ok(())
}

fn run(start: &mut SessionStart, text: &str) -> Result<()> {
    start.set_title("running");
    if text.trim_end_matches([';', ' ', '\n']).eq_ignore_ascii_case("checkpoint") {
        use background::CheckpointOptions;
        start.state.request_checkpoint(CheckpointOptions::FAST.with(CheckpointOptions::FORCE), true)?;
        start.connection.output.command_complete("CHECKPOINT");
        start.set_title("idle");
        return Ok(());
    }
    start.set_title("idle");
    Err(Error::unsupported("queries are not supported"))
}
