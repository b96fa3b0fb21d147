//! The autovacuum worker: a session without a client that vacuums and analyzes what is due, database after database.
//!
//! Several workers may run at once: each table is locked before it is worked on, and one that is locked is left to whoever has
//! it. `commands::autovacuum` knows what is due.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::atomic::Ordering;

use background::{ServerState, log};
use catalog::tables::{PgAuthid, PgDatabase};
use catalog::{Catalog, CatalogView};
use commands::{Environment, Maintenance, Watch, autovacuum};
use common::Oid;
use config::Settings;
use error::{Error, Result, Severity};
use expression::Registry;
use shared_memory::{ActivityState, ClientPlace, ProcessKind};
use storage_lock::{LockMode, LockTag, Outcome, Scope, Wait};
use system::process::ProcessId;
use transaction::Isolation;
use types::FormatSettings;

use super::roles::reading;
use super::services::{Services, SessionNames};
use super::statement::Statements;
use crate::interrupts;

/// The role that the cluster began with: everything may be vacuumed by it.
const BOOTSTRAP_ROLE: Oid = Oid(10);

/// The worker's body; gives its exit code.
pub fn run(
    state: &'static ServerState,
    settings: &Settings,
    postmaster: ProcessId,
    registry: &'static Registry,
) -> i32 {
    match serve(state, settings, postmaster, registry) {
        Ok(()) => 0,
        // The next one goes on where this one was told to end.
        Err(error) if interrupts::is_terminating() && error.severity() < Severity::Panic => 0,
        Err(error) => background::ended_by(error),
    }
}

fn serve(
    state: &'static ServerState,
    settings: &Settings,
    postmaster: ProcessId,
    registry: &'static Registry,
) -> Result<()> {
    interrupts::prepare()?;
    let _claim = state.claim(ProcessKind::AutovacuumWorker)?;
    interrupts::query_started();
    let nowhere = transaction_session(state, Oid::INVALID);
    let catalog = Catalog::new(nowhere.clone(), state.pool, state.invalidations);
    let (databases, user) = reading(&nowhere, || {
        let user = catalog.find::<PgAuthid>(PgAuthid::BY_OID, &[types::Value::Oid(BOOTSTRAP_ROLE)])?;
        let user = user.into_iter().next().map(|(_, row)| row.rolname.0).unwrap_or_default();
        Ok((catalog.all::<PgDatabase>()?, user))
    })?;
    let changed = state.changes.databases();
    // What is counted for databases that were dropped makes room for others.
    let is_gone = |oid: &Oid| oid.is_valid() && !databases.iter().any(|(_, database)| database.oid == *oid);
    for gone in changed.iter().copied().filter(is_gone) {
        for table in state.changes.tables(gone) {
            state.changes.subtract(gone, table, state.changes.of(gone, table));
        }
    }
    let is_changed = |database: &PgDatabase| {
        database.datallowconn && (changed.contains(&database.oid) || changed.contains(&Oid::INVALID))
    };
    for (_, database) in databases.into_iter().filter(|(_, database)| is_changed(database)) {
        let names = SessionNames { user: user.clone(), database: database.datname.0.clone(), postmaster };
        Worker::new(state, settings, names, registry, database.oid).run()?;
    }
    Ok(())
}

fn transaction_session(state: &'static ServerState, database: Oid) -> Rc<transaction::Session> {
    Rc::new(transaction::Session::new(state.transactions(), state.locks.another_view(), database))
}

/// The work in one database.
struct Worker {
    state: &'static ServerState,
    settings: Settings,
    registry: &'static Registry,
    catalog: Rc<Catalog>,
    services: Services,
    database: String,
}

impl Worker {
    fn new(
        state: &'static ServerState,
        settings: &Settings,
        names: SessionNames,
        registry: &'static Registry,
        database: Oid,
    ) -> Worker {
        let session = transaction_session(state, database);
        let catalog = Catalog::new(session, state.pool, state.invalidations);
        let catalog = Rc::new(catalog.counting(state.changes));
        let shared_settings = Rc::new(RefCell::new(settings.clone()));
        let name = names.database.clone();
        let services = Services::new(
            state,
            catalog.clone(),
            shared_settings,
            names,
            BOOTSTRAP_ROLE,
            Statements::default(),
        );
        Worker { state, settings: settings.clone(), registry, catalog, services, database: name }
    }

    /// Works while the database is there and nobody waits to drop or copy it.
    fn run(&mut self) -> Result<()> {
        let database = self.catalog.database();
        let session = self.catalog.session().clone();
        let tag = commands::database_lock(database);
        let entered = session.locks().acquire(tag, LockMode::RowExclusive, Scope::Session, Wait::No)?;
        if entered == Outcome::NotAvailable {
            return Ok(());
        }
        let key = [types::Value::Oid(database)];
        let found = reading(&session, || self.catalog.find::<PgDatabase>(PgDatabase::BY_OID, &key))?;
        if let Some(slot) = shared_memory::current_slot() {
            slot.database.store(database.0, Ordering::Relaxed);
            let activity = self.state.activity.record(slot.index());
            activity.begin(ActivityState::Active, ClientPlace::None, "", system::clock::wall_us());
        }
        if !found.is_empty() {
            self.work(&tag)?;
        }
        session.locks().release(tag, LockMode::RowExclusive, true);
        Ok(())
    }

    fn work(&mut self, database: &LockTag) -> Result<()> {
        let locks = self.state.locks.another_view();
        for table in autovacuum::candidates(self.state.changes, self.catalog.database()) {
            system::interrupt::check()?;
            if locks.is_waited_for(database) {
                break;
            }
            match self.work_on(table) {
                Ok(None) => {}
                Ok(Some(report)) => log::message(report),
                Err(error) if error.severity() >= Severity::Fatal => return Err(error),
                // It made way for somebody, or was told to.
                Err(error) if error.sqlstate() == error::sqlstate::QUERY_CANCELED => {
                    log::report(error.with_severity(Severity::Log).report());
                }
                Err(error) => log::report(error.report()),
            }
        }
        Ok(())
    }

    /// Deals with one table in a transaction.
    fn work_on(&mut self, table: Oid) -> Result<Option<String>> {
        let session = self.catalog.session().clone();
        session.begin(Isolation::ReadCommitted, false);
        self.catalog.accept_invalidations();
        let catalog = self.catalog.clone();
        let formats = FormatSettings::default();
        let text = self.services.value_text(&formats);
        let planner = optimizer::PlannerSettings::default();
        let mut notices = Vec::new();
        let mut environment = Environment {
            catalog: &catalog,
            registry: self.registry,
            formats: &formats,
            access: &mut self.services,
            text: &text,
            user: BOOTSTRAP_ROLE,
            is_superuser: true,
            planner: &planner,
            maintenance: Maintenance::automatic(&self.settings),
            database: &self.database,
            hash_password: &|_| Err(Error::internal("autovacuum sets no password")),
            source: "",
            watch: &mut Watch::default(),
            notices: &mut notices,
        };
        let worked = autovacuum::work_on(&mut environment, &self.settings, self.state.changes, table);
        let report = match worked {
            Ok(report) => report,
            Err(error) => {
                super::blocks::roll_back_plain(self.state, &self.catalog)?;
                let name = self.catalog.relation(table).ok().flatten().map(|found| found.name.to_string());
                return Err(match name {
                    Some(name) => error.context(format_args!("automatic vacuum of table \"{name}\"")),
                    None => error,
                });
            }
        };
        super::blocks::commit_plain(self.state, &self.catalog)?;
        Ok(report)
    }
}
