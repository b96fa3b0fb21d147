//! Plans whose relations are locked: they stay right until the transaction ends.
//!
//! A plan is made without locks, from what the catalog says at that time. Waiting for the locks can take long, and what was waited for
//! may be a change of the very tables. Rule: nothing runs a plan that was not given by [`locked_plan`].

use std::borrow::Borrow;

use catalog::{Catalog, CatalogView};
use common::Oid;
use error::{Error, Result, error, sqlstate};
use nodes::plan::PlannedStatement;
use nodes::query::Command;
use storage_lock::{LockMode, LockTag, Scope, Wait};

use crate::privilege;

/// Makes a plan, locks its relations and checks what the role may do with them; once more if the catalog changed in between.
/// # Errors
/// Those of `make`; 42501; 25006 for a change in a read-only transaction; those of waiting.
pub fn locked_plan<P: Borrow<PlannedStatement>>(
    catalog: &Catalog,
    user: Oid,
    is_superuser: bool,
    mut make: impl FnMut() -> Result<P>,
) -> Result<P> {
    loop {
        catalog.accept_invalidations();
        let generation = catalog.generation();
        let made = make().and_then(|plan| {
            lock_relations(catalog, user, is_superuser, plan.borrow())?;
            Ok(plan)
        });
        catalog.accept_invalidations();
        // A failure can come of a table that was dropped halfway; waiting that was given up is final.
        let is_final = match &made {
            Ok(_) => false,
            Err(error) => is_end_of_waiting(error),
        };
        if is_final || catalog.generation() == generation {
            return made;
        }
    }
}

fn is_end_of_waiting(error: &Error) -> bool {
    [
        sqlstate::QUERY_CANCELED,
        sqlstate::LOCK_NOT_AVAILABLE,
        sqlstate::T_R_DEADLOCK_DETECTED,
        sqlstate::ADMIN_SHUTDOWN,
    ]
    .contains(&error.sqlstate())
}

fn lock_relations(catalog: &Catalog, user: Oid, is_superuser: bool, plan: &PlannedStatement) -> Result<()> {
    let session = catalog.session();
    let scope = Scope::Transaction { level: session.level() };
    for planned in &plan.relations {
        let required = &planned.required;
        let writes = required.insert || required.update || required.delete;
        let mode = if writes {
            LockMode::RowExclusive
        } else if planned.row_lock {
            LockMode::RowShare
        } else {
            LockMode::AccessShare
        };
        let database = if is_shared(planned.relation) { Oid::INVALID } else { catalog.database() };
        let tag = LockTag::relation(database, planned.relation);
        session.locks().acquire(tag, mode, scope, Wait::Block)?;
        if writes && session.is_read_only() {
            let what = match plan.command {
                Command::Insert => "INSERT",
                Command::Update => "UPDATE",
                Command::Delete => "DELETE",
                Command::Select => "SELECT",
            };
            return Err(error!(
                READ_ONLY_SQL_TRANSACTION,
                "cannot execute {what} in a read-only transaction"
            ));
        }
        let role = if planned.check_as.is_valid() { planned.check_as } else { user };
        if is_superuser && role == user {
            continue;
        }
        if let Some(relation) = catalog.relation(planned.relation)? {
            privilege::check(catalog, &relation, role, required)?;
        }
    }
    Ok(())
}

fn is_shared(relation: Oid) -> bool {
    relation < Oid::FIRST_NORMAL
        && catalog::tables::CATALOGS.iter().any(|known| known.is_shared && known.oid == relation)
}
