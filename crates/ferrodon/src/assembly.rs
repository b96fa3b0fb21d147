//! Which parts go into the server: the registry of functions, the session, the roles, the first content of a cluster.

use std::rc::Rc;
use std::sync::OnceLock;

use backend::{Hooks, SessionStart};
use background::ServerState;
use common::Oid;
use config::Settings;
use error::Result;
use expression::Registry;
use system::process::ProcessId;
use transaction::{Isolation, Session};

/// What `init` was asked for.
pub struct BootstrapOptions {
    pub superuser: String,
    /// The verifier of the superuser's password.
    pub password: Option<String>,
}

const TEMPLATE1: Oid = Oid(1);

/// Every built-in function. Assembled before the first fork, so that all processes share it.
pub fn registry() -> &'static Registry {
    static REGISTRY: OnceLock<Registry> = OnceLock::new();
    REGISTRY.get_or_init(|| Registry::new(&functions::declarations()))
}

/// The parts of this server.
pub fn hooks() -> Hooks {
    registry();
    Hooks { session, roles: backend::session::roles, autovacuum_worker: Some(autovacuum_worker) }
}

fn session(start: SessionStart) -> i32 {
    backend::session::main(start, registry())
}

fn autovacuum_worker(state: &'static ServerState, settings: &Settings, postmaster: ProcessId) -> i32 {
    backend::session::autovacuum::run(state, settings, postmaster, registry())
}

/// Writes the first content of a cluster: called with an open log, before the first checkpoint.
/// # Errors
/// Those of writing.
pub fn bootstrap(state: &'static ServerState, options: &BootstrapOptions) -> Result<()> {
    let directory = storage_file::database_directory(storage_file::DEFAULT_TABLESPACE, TEMPLATE1);
    state.files.create_directory(&directory)?;
    let session = Rc::new(Session::new(state.transactions(), state.locks.another_view(), TEMPLATE1));
    session.begin(Isolation::ReadCommitted, false);
    commands::bootstrap::bootstrap(
        &session,
        state.pool,
        state.invalidations,
        registry(),
        &options.superuser,
        options.password.as_deref(),
    )?;
    session.record_commit(false)?;
    session.finish();
    Ok(())
}
