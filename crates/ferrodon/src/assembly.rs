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

/// The bootstrap of this server.
pub const BOOTSTRAP: Bootstrap = |_, _| Ok(());

/// The parts of this server.
pub fn hooks() -> Hooks {
    Hooks { session, roles, autovacuum_worker: None }
}

fn roles(_: &'static ServerState, _: &Settings) -> Result<Box<dyn RoleSource>> {
    Ok(Box::new(AnyRole))
}

/// While there is no catalog, every name is a superuser without a password.
struct AnyRole;

impl RoleSource for AnyRole {
    fn role(&self, _: &str) -> Result<Option<RoleEntry>> {
        Ok(Some(RoleEntry {
            oid: Oid(10),
            password: std::env::var("FERRODON_TEST_VERIFIER").ok(),
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
