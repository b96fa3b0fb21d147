//! Looking up roles and databases before the session has any: by the shared catalogs alone.

use std::rc::Rc;

use authentication::{RoleEntry, RoleSource};
use background::ServerState;
use catalog::Catalog;
use catalog::tables::{PgAuthMembers, PgAuthid, PgDatabase};
use common::Oid;
use config::Settings;
use error::{Result, error};
use storage_lock::{LockMode, Scope, Wait};
use transaction::{Isolation, Session};
use types::Value;

/// Roles from `pg_authid`.
struct CatalogRoles {
    catalog: Catalog,
}

/// The source of roles for authentication. The calling process has its slot.
pub fn roles(state: &'static ServerState, _: &Settings) -> Result<Box<dyn RoleSource>> {
    let session = Rc::new(Session::new(state.transactions(), state.locks.another_view(), Oid::INVALID));
    Ok(Box::new(CatalogRoles { catalog: Catalog::new(session, state.pool, state.invalidations) }))
}

/// Runs something that reads shared catalogs as a transaction of its own.
pub(crate) fn reading<T>(session: &Session, work: impl FnOnce() -> Result<T>) -> Result<T> {
    session.begin(Isolation::ReadCommitted, true);
    let result = work();
    session.finish();
    result
}

impl RoleSource for CatalogRoles {
    fn role(&self, name: &str) -> Result<Option<RoleEntry>> {
        reading(self.catalog.session(), || {
            let found = self.catalog.find::<PgAuthid>(PgAuthid::BY_ROLNAME, &[Value::text(name)])?;
            let Some((_, role)) = found.into_iter().next() else { return Ok(None) };
            Ok(Some(RoleEntry {
                oid: role.oid,
                password: role.rolpassword.clone(),
                can_login: role.rolcanlogin,
                is_superuser: role.rolsuper,
                valid_until_us: role
                    .rolvaliduntil
                    .map(|until| until.0 + super::services::EPOCH_DIFFERENCE_US),
                connection_limit: role.rolconnlimit,
                memberships: self.memberships(role.oid)?,
            }))
        })
    }
}

impl CatalogRoles {
    /// Names of all roles that a role belongs to, directly or not.
    fn memberships(&self, role: Oid) -> Result<Vec<String>> {
        let links = self.catalog.all::<PgAuthMembers>()?;
        let mut known = vec![role];
        let mut at = 0;
        while at < known.len() {
            let member = known[at];
            for (_, link) in links.iter().filter(|(_, link)| link.member == member) {
                if !known.contains(&link.roleid) {
                    known.push(link.roleid);
                }
            }
            at += 1;
        }
        let mut names = Vec::new();
        for oid in &known[1..] {
            let rows = self.catalog.find::<PgAuthid>(PgAuthid::BY_OID, &[Value::Oid(*oid)])?;
            names.extend(rows.into_iter().map(|(_, row)| row.rolname.0));
        }
        Ok(names)
    }
}

/// Makes the database of this name that of the session, and keeps it from being dropped while the session lasts.
/// # Errors
/// 3D000 for none, 55000 for one that takes no connections, and those of waiting for somebody who drops it.
pub(crate) fn enter_database(state: &'static ServerState, session: &Rc<Session>, name: &str) -> Result<()> {
    loop {
        let known = state.invalidations.position();
        let database = find_database(state, session, name)?;
        let tag = commands::database_lock(database);
        session.locks().acquire(tag, LockMode::RowExclusive, Scope::Session, Wait::Block)?;
        // Whoever drops or renames it says so before giving its lock up.
        if state.invalidations.position() == known || find_database(state, session, name)? == database {
            session.set_database(database);
            return Ok(());
        }
        session.locks().release(tag, LockMode::RowExclusive, true);
    }
}

fn find_database(state: &'static ServerState, session: &Rc<Session>, name: &str) -> Result<Oid> {
    let catalog = Catalog::new(session.clone(), state.pool, state.invalidations);
    reading(session, || {
        let found = catalog.find::<PgDatabase>(PgDatabase::BY_DATNAME, &[Value::text(name)])?;
        match found.into_iter().next() {
            None => Err(error!(UNDEFINED_DATABASE, "database \"{name}\" does not exist")),
            Some((_, row)) if !row.datallowconn => Err(error!(
                OBJECT_NOT_IN_PREREQUISITE_STATE,
                "database \"{name}\" is not currently accepting connections"
            )),
            Some((_, row)) => Ok(row.oid),
        }
    })
}

/// The role of this name, and whether it is a superuser.
/// # Errors
/// 28000 when it has gone since it was authenticated.
pub(crate) fn find_role(
    state: &'static ServerState,
    session: &Rc<Session>,
    name: &str,
) -> Result<(Oid, bool)> {
    let catalog = Catalog::new(session.clone(), state.pool, state.invalidations);
    reading(session, || {
        let found = catalog.find::<PgAuthid>(PgAuthid::BY_ROLNAME, &[Value::text(name)])?;
        let missing = || error!(INVALID_AUTHORIZATION_SPECIFICATION, "role \"{name}\" does not exist");
        found.into_iter().next().map(|(_, row)| (row.oid, row.rolsuper)).ok_or_else(missing)
    })
}
