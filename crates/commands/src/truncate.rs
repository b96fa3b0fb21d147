//! TRUNCATE: new, empty files for tables and their indexes. LOCK TABLE and REINDEX, which are made of the same parts.

use std::rc::Rc;

use catalog::tables::PgClass;
use catalog::{CatalogView, Relation, RelationKind};
use common::Oid;
use error::{Error, Result, error};
use parser::ast::{LockStatement, ReindexStatement, ReindexTarget, TruncateStatement};
use storage_lock::{LockMode, LockTag, Outcome, Scope, Wait};

use crate::depend::{self, Object};
use crate::environment::Environment;
use crate::index;
use crate::name::kind_name;
use crate::new_relation::{change_class, create_file, new_relation_oid};
use crate::sequence;

/// TRUNCATE.
pub(crate) fn run(environment: &mut Environment<'_>, statement: &TruncateStatement) -> Result<()> {
    let mut tables: Vec<Rc<Relation>> = Vec::new();
    for reference in &statement.relations {
        let relation = environment.relation(&reference.name, LockMode::AccessExclusive)?;
        if relation.kind != RelationKind::Table {
            return Err(error!(WRONG_OBJECT_TYPE, "\"{}\" is not a table", relation.name));
        }
        if relation.namespace == catalog::PG_CATALOG {
            environment.check_owner(&relation)?;
        }
        crate::privilege::check_letter(environment.catalog, &relation, environment.user, 'D')?;
        if !tables.iter().any(|known| known.oid == relation.oid) {
            tables.push(relation);
        }
    }
    for relation in &tables {
        empty(environment, relation)?;
        if relation.toast.is_valid() {
            let toast = environment.current(relation.toast)?;
            empty(environment, &toast)?;
        }
        if statement.restart_identity {
            for (object, kind) in depend::dependents(environment.catalog, Object::relation(relation.oid))? {
                let is_own = matches!(kind, depend::AUTOMATIC | depend::INTERNAL);
                if is_own && object.class == PgClass::OID {
                    sequence::restart(environment, object.oid)?;
                }
            }
        }
    }
    Ok(())
}

/// Gives a table and its indexes new, empty files.
fn empty(environment: &mut Environment<'_>, relation: &Relation) -> Result<()> {
    new_file(environment, relation.oid)?;
    for index in &relation.indexes {
        new_file(environment, index.oid)?;
        index::fill(environment, relation.oid, index.oid)?;
    }
    Ok(())
}

/// Gives a relation a new, empty file; the old one goes at commit.
fn new_file(environment: &Environment<'_>, oid: Oid) -> Result<()> {
    let catalog = environment.catalog;
    let relation = environment.current(oid)?;
    let file = new_relation_oid(catalog)?;
    create_file(catalog, file)?;
    catalog.session().note_dropped(relation.storage.file);
    change_class(catalog, oid, |row| {
        row.relfilenode = file;
        row.relpages = 0;
        row.reltuples = -1.0;
        row.relallvisible = 0;
        row.relallfrozen = 0;
    })
}

/// REINDEX.
pub(crate) fn reindex(environment: &mut Environment<'_>, statement: &ReindexStatement) -> Result<()> {
    let mut indexes: Vec<(Oid, Oid)> = Vec::new();
    match &statement.target {
        ReindexTarget::Table(name) => {
            let relation = environment.relation(name, LockMode::AccessExclusive)?;
            environment.check_owner(&relation)?;
            if relation.indexes.is_empty() {
                let text = format!("table \"{}\" has no indexes to reindex", relation.name);
                environment.notice(error!(SUCCESSFUL_COMPLETION, "{text}"));
            }
            indexes.extend(relation.indexes.iter().map(|index| (relation.oid, index.oid)));
        }
        ReindexTarget::Index(name) => {
            let relation = environment.relation(name, LockMode::AccessExclusive)?;
            if relation.kind != RelationKind::Index {
                return Err(error!(WRONG_OBJECT_TYPE, "\"{}\" is not an index", relation.name));
            }
            environment.check_owner(&relation)?;
            let keys = [types::Value::Oid(relation.oid)];
            let row = environment
                .catalog
                .row::<catalog::tables::PgIndex>(catalog::tables::PgIndex::BY_INDEXRELID, &keys)?;
            if let Some(row) = row {
                environment.lock_relation(row.indrelid, LockMode::Share)?;
                indexes.push((row.indrelid, relation.oid));
            }
        }
        _ => return Err(Error::unsupported("REINDEX of more than a table is not supported yet")),
    }
    for (table, index) in indexes {
        new_file(environment, index)?;
        index::fill(environment, table, index)?;
    }
    Ok(())
}

/// Who may read a table may lock it against nothing but being dropped, who may insert, like an INSERT, and who may change or remove rows,
/// in any way.
fn check_may_lock(environment: &Environment<'_>, oid: Oid, mode: LockMode) -> Result<()> {
    let catalog = environment.catalog;
    let Some(relation) = catalog.relation(oid)? else { return Ok(()) };
    let letters = match mode {
        LockMode::AccessShare => "wdDmar",
        LockMode::RowShare | LockMode::RowExclusive => "wdDma",
        _ => "wdDm",
    };
    let mut refusal = Ok(());
    for letter in letters.chars() {
        refusal = crate::privilege::check_letter(catalog, &relation, environment.user, letter);
        if refusal.is_ok() {
            break;
        }
    }
    refusal
}

/// LOCK TABLE.
pub(crate) fn lock(environment: &mut Environment<'_>, statement: &LockStatement) -> Result<()> {
    let mode = LockMode::ALL[statement.mode as usize];
    for reference in &statement.relations {
        let catalog = environment.catalog;
        let name = &reference.name;
        let Some(oid) = analyzer::resolve_relation_name(name, environment.database, catalog)? else {
            return Err(environment.no_such_relation(name).at(environment.position(name.location)));
        };
        check_may_lock(environment, oid, mode)?;
        let scope = Scope::Transaction { level: environment.session().level() };
        let wait = if statement.nowait { Wait::No } else { Wait::Block };
        let tag = LockTag::relation(catalog.database(), oid);
        if environment.session().locks().acquire(tag, mode, scope, wait)? == Outcome::NotAvailable {
            return Err(error!(LOCK_NOT_AVAILABLE, "could not obtain lock on relation \"{}\"", name.name));
        }
        catalog.accept_invalidations();
        let relation = catalog.relation(oid)?.ok_or_else(|| environment.no_such_relation(name))?;
        if !matches!(relation.kind, RelationKind::Table | RelationKind::View) {
            return Err(error!(WRONG_OBJECT_TYPE, "cannot lock relation \"{}\"", relation.name)
                .detail(format!("This operation is not supported for {}s.", kind_name(relation.kind))));
        }
    }
    Ok(())
}
