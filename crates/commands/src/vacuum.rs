//! VACUUM and ANALYZE.

use std::rc::Rc;
use std::time::Duration;

use access_heap::{DeadRows, VacuumHooks, VacuumOptions};
use catalog::tables::PgClass;
use catalog::{Catalog, CatalogView, Relation, RelationKind, TableChanges};
use common::{Counter, ForkNumber, Oid, TupleId};
use error::{Error, Result, error};
use parser::ast::VacuumStatement;
use shared_memory::{Progress, ProgressCommand, ProgressNumber, WaitEvent};
use storage_buffer::BufferUse;
use storage_lock::LockMode;
use types::Value;

use crate::autovacuum::made_way;
use crate::environment::Environment;
use crate::maintenance::Maintenance;
use crate::new_relation::option_boolean;
use crate::statistics;

/// Numbers of `pg_stat_progress_vacuum` besides the heap's.
const INDEXES: ProgressNumber = ProgressNumber(9);
const CLEANED_INDEXES: ProgressNumber = ProgressNumber(10);
const PAUSED_NS: ProgressNumber = ProgressNumber(11);

/// What the options ask for.
#[derive(Clone, Copy)]
pub(crate) struct Wishes {
    pub vacuum: bool,
    pub analyze: bool,
    pub all_pages: bool,
    /// As `vacuum_truncate` says unless the statement does.
    pub truncate: Option<bool>,
    pub toast: bool,
}

impl Default for Wishes {
    fn default() -> Wishes {
        Wishes { vacuum: false, analyze: false, all_pages: false, truncate: None, toast: true }
    }
}

/// VACUUM or ANALYZE of the named tables, or of all that the role owns.
pub(crate) fn run(environment: &mut Environment<'_>, statement: &VacuumStatement) -> Result<()> {
    let wishes = wishes(statement)?;
    if statement.relations.is_empty() {
        let all = environment.catalog.all::<PgClass>()?;
        let tables = all.into_iter().filter(|(_, row)| row.relkind == b'r' && row.relpersistence != b't');
        for (_, row) in tables {
            if !environment.has_role(row.relowner)? {
                continue;
            }
            environment.lock_relation(row.oid, LockMode::ShareUpdateExclusive)?;
            environment.catalog.accept_invalidations();
            if let Some(relation) = environment.catalog.relation(row.oid)? {
                one(environment, &relation, &wishes, &[])?;
            }
        }
        return Ok(());
    }
    for target in &statement.relations {
        let relation = environment.relation(&target.name, LockMode::ShareUpdateExclusive)?;
        let has_rows = relation.kind == RelationKind::Table
            || relation.kind == RelationKind::Toast && statement.is_vacuum;
        if !has_rows {
            let verb = if statement.is_vacuum { "vacuum" } else { "analyze" };
            environment.warning(error!(
                WRONG_OBJECT_TYPE,
                "skipping \"{}\" --- cannot {verb} non-tables or special system tables", relation.name
            ));
            continue;
        }
        if !environment.has_role(relation.owner)? {
            let verb = if statement.is_vacuum { "vacuum" } else { "analyze" };
            environment.warning(error!(
                INSUFFICIENT_PRIVILEGE,
                "permission denied to {verb} \"{}\", skipping it", relation.name
            ));
            continue;
        }
        one(environment, &relation, &wishes, &target.columns)?;
    }
    Ok(())
}

fn wishes(statement: &VacuumStatement) -> Result<Wishes> {
    let mut wishes =
        Wishes { vacuum: statement.is_vacuum, analyze: !statement.is_vacuum, ..Wishes::default() };
    for option in &statement.options {
        match option.name.as_str() {
            "analyze" if statement.is_vacuum => wishes.analyze = option_boolean(option)?,
            "freeze" | "disable_page_skipping" if statement.is_vacuum => {
                wishes.all_pages |= option_boolean(option)?;
            }
            "truncate" if statement.is_vacuum => wishes.truncate = Some(option_boolean(option)?),
            "full" if statement.is_vacuum => {
                if option_boolean(option)? {
                    return Err(Error::unsupported("VACUUM FULL is not supported yet"));
                }
            }
            "verbose" | "skip_locked" | "buffer_usage_limit" => {}
            "process_toast" if statement.is_vacuum => wishes.toast = option_boolean(option)?,
            "index_cleanup" | "process_main" | "parallel" | "skip_database_stats" | "only_database_stats"
                if statement.is_vacuum => {}
            other => {
                let command = if statement.is_vacuum { "VACUUM" } else { "ANALYZE" };
                return Err(error!(SYNTAX_ERROR, "unrecognized {command} option \"{other}\""));
            }
        }
    }
    Ok(wishes)
}

/// Does what is wished to one table, which is locked.
pub(crate) fn one(
    environment: &mut Environment<'_>,
    relation: &Rc<Relation>,
    wishes: &Wishes,
    columns: &[String],
) -> Result<()> {
    let is_auto = environment.maintenance.is_auto;
    if wishes.vacuum {
        let started_us = system::clock::monotonic_us();
        vacuum(environment, relation, wishes)?;
        let counters = match is_auto {
            true => [Counter::Autovacuums, Counter::LastAutovacuum, Counter::AutovacuumTime],
            false => [Counter::Vacuums, Counter::LastVacuum, Counter::VacuumTime],
        };
        count_work(environment, relation, counters, started_us);
        if relation.toast.is_valid() && wishes.toast {
            environment.lock_relation(relation.toast, LockMode::ShareUpdateExclusive)?;
            let toast = environment.current(relation.toast)?;
            vacuum(environment, &toast, wishes)?;
        }
    }
    if wishes.analyze && relation.kind != RelationKind::Toast {
        let started_us = system::clock::monotonic_us();
        statistics::analyze(environment, relation, columns)?;
        let counters = match is_auto {
            true => [Counter::Autoanalyzes, Counter::LastAutoanalyze, Counter::AutoanalyzeTime],
            false => [Counter::Analyzes, Counter::LastAnalyze, Counter::AnalyzeTime],
        };
        count_work(environment, relation, counters, started_us);
    }
    Ok(())
}

/// Counts a vacuum or analyze: how often, when, and for how long.
fn count_work(
    environment: &Environment<'_>,
    relation: &Relation,
    [count, last, time]: [Counter; 3],
    started_us: u64,
) {
    let Some(shared) = environment.catalog.shared_changes() else { return };
    let database = relation.storage.database();
    shared.count(database, relation.oid, count, 1);
    shared.set(database, relation.oid, last, system::clock::wall_us() as u64);
    shared.count(database, relation.oid, time, system::clock::monotonic_us() - started_us);
}

/// What the heap's vacuum asks for: cleaning indexes, cutting the file.
struct Hooks<'a> {
    catalog: &'a Catalog,
    relation: &'a Relation,
    /// Entries left in each index, once it was cleaned.
    remaining: Vec<Option<u64>>,
    maintenance: Maintenance,
    /// What had been used at the last pause.
    before: BufferUse,
}

impl VacuumHooks for Hooks<'_> {
    fn has_indexes(&self) -> bool {
        !self.relation.indexes.is_empty()
    }

    fn clean_indexes(&mut self, dead: &DeadRows) -> Result<()> {
        let access = self.catalog.access();
        INDEXES.set(self.relation.indexes.len() as u64);
        for (done, (index, remaining)) in self.relation.indexes.iter().zip(&mut self.remaining).enumerate() {
            CLEANED_INDEXES.set(done as u64);
            let description = executor::index_description(index);
            let report =
                access_btree::remove_dead(access, &description, &mut |address| dead.contains(address))?;
            *remaining = Some(report.remaining);
        }
        INDEXES.set(0);
        CLEANED_INDEXES.set(0);
        Ok(())
    }

    fn pause(&mut self) -> Result<()> {
        let Maintenance { pace, is_auto, .. } = self.maintenance;
        let now = storage_buffer::buffer_use();
        if pace.cost(now - self.before) < pace.limit {
            return Ok(());
        }
        self.before = now;
        let locks = self.catalog.session().locks();
        let database = crate::database::database_lock(self.catalog.database());
        let is_waited_for =
            || locks.is_waited_for(&self.relation.storage.lock_tag()) || locks.is_waited_for(&database);
        if is_auto && is_waited_for() {
            return Err(made_way());
        }
        if pace.delay_ms > 0.0 {
            let delay = Duration::from_secs_f64(pace.delay_ms / 1000.0);
            shared_memory::sleep(WaitEvent::TimeoutVacuumDelay, delay)?;
            if pace.is_timed {
                PAUSED_NS.add((pace.delay_ms * 1e6) as u64);
            }
        }
        Ok(())
    }

    fn truncate(&mut self, blocks: u32) -> Result<()> {
        let catalog = self.catalog;
        let xid = catalog.session().xid()?;
        recovery::truncate_logged(catalog.pool(), xid, self.relation.storage.file, blocks)
    }
}

/// Whether empty pages at the end go when the statement does not say: as the table says, or else `vacuum_truncate`.
fn truncates(environment: &mut Environment<'_>, table: Oid) -> Result<bool> {
    let row = environment.catalog.row::<PgClass>(PgClass::BY_OID, &[Value::Oid(table)])?;
    let own = row.and_then(|row| {
        let mut options = row.reloptions.iter().flatten();
        options.find_map(|option| option.strip_prefix("vacuum_truncate=").map(str::to_string))
    });
    let text = match own {
        Some(own) => Some(own),
        None => environment.access.setting("vacuum_truncate", true)?,
    };
    Ok(text.and_then(|text| config::value::parse_bool(&text)).unwrap_or(true))
}

fn vacuum(environment: &mut Environment<'_>, relation: &Rc<Relation>, wishes: &Wishes) -> Result<()> {
    let catalog = environment.catalog;
    let truncate = match wishes.truncate {
        Some(truncate) => truncate,
        None => truncates(environment, relation.oid)?,
    };
    let maintenance = environment.maintenance;
    let max_dead = maintenance.memory_bytes / TupleId::SIZE;
    let options = VacuumOptions { all_pages: wishes.all_pages, truncate, max_dead };
    let remaining = vec![None; relation.indexes.len()];
    let _progress = Progress::start(ProgressCommand::Vacuum, relation.oid);
    let mut hooks = Hooks { catalog, relation, remaining, maintenance, before: storage_buffer::buffer_use() };
    let database = relation.storage.database();
    let before = catalog.shared_changes().map(|changes| changes.of(database, relation.oid));
    let report = access_heap::vacuum(catalog.access(), &relation.storage, options, &mut hooks)?;
    let remaining = hooks.remaining;
    let pages = report.pages - report.removed_pages;
    // Pages that were skipped count as full as they were.
    let rows = if report.scanned_pages >= report.pages {
        report.live_rows as f32
    } else if relation.estimated_rows < 0.0 || relation.estimated_pages == 0 {
        // Nobody has counted the skipped pages yet: they count as full as the others.
        let density = report.live_rows as f64 / f64::from(report.scanned_pages.max(1));
        (density * f64::from(report.pages)).round() as f32
    } else {
        let density = f64::from(relation.estimated_rows) / f64::from(relation.estimated_pages.max(1));
        let skipped = f64::from(report.pages - report.scanned_pages);
        (report.live_rows as f64 + density * skipped) as f32
    };
    let map = storage_freespace::VisibilityMap::new(catalog.pool(), relation.storage.file);
    let (visible, _) = map.count()?;
    set_sizes(environment, relation.oid, pages, rows, Some(visible))?;
    if let (Some(changes), Some(before)) = (catalog.shared_changes(), before) {
        let dead = before.dead.saturating_sub(report.recently_dead_rows);
        changes.subtract(database, relation.oid, TableChanges { dead, changed: 0, ..before });
        changes.set(database, relation.oid, Counter::Live, rows.max(0.0) as u64);
    }
    for (index, remaining) in relation.indexes.iter().zip(remaining) {
        let pages = catalog.pool().blocks(index.storage.file, ForkNumber::Main)?;
        set_sizes(environment, index.oid, pages, remaining.map_or(rows, |count| count as f32), None)?;
    }
    Ok(())
}

/// Notes the size of a relation in place, whatever becomes of the transaction.
pub(crate) fn set_sizes(
    environment: &Environment<'_>,
    relation: common::Oid,
    pages: u32,
    rows: f32,
    visible: Option<u32>,
) -> Result<()> {
    let catalog = environment.catalog;
    let found = catalog.find::<PgClass>(PgClass::BY_OID, &[Value::Oid(relation)])?;
    let Some((address, mut row)) = found.into_iter().next() else { return Ok(()) };
    row.relpages = pages as i32;
    row.reltuples = rows;
    if let Some(visible) = visible {
        row.relallvisible = visible as i32;
    }
    catalog.overwrite(address, &row)
}
