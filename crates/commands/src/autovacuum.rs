//! What autovacuum does in a database: which tables are due, and vacuuming and analyzing one of them.
//!
//! When a table is due, the manual's thresholds say, over counters that sessions keep in shared memory. The process around
//! it, which goes from database to database, is `backend`'s.

use catalog::tables::PgClass;
use catalog::{CatalogView, RelationKind, SharedTableChanges, TableChanges};
use common::Oid;
use config::{Id, Settings};
use error::{Error, Result, error};
use storage_lock::{LockMode, LockTag, Outcome, Scope, Wait};
use system::clock;
use types::Value;

use crate::environment::Environment;
use crate::maintenance::Pace;
use crate::vacuum::{Wishes, one};

/// The settings that decide, as a table's storage parameters may change them.
#[derive(Clone, Copy, PartialEq, Debug)]
struct Policy {
    enabled: bool,
    vacuum_threshold: f64,
    vacuum_scale: f64,
    vacuum_most: f64,
    insert_threshold: f64,
    insert_scale: f64,
    analyze_threshold: f64,
    analyze_scale: f64,
    pace: Pace,
    /// Milliseconds from which on the work is logged; -1 is never.
    log_from_ms: f64,
}

impl Policy {
    fn new(settings: &Settings, pace: Pace) -> Policy {
        let integer = |id| settings.integer(id) as f64;
        Policy {
            enabled: true,
            vacuum_threshold: integer(Id::AutovacuumVacuumThreshold),
            vacuum_scale: settings.real(Id::AutovacuumVacuumScaleFactor),
            vacuum_most: integer(Id::AutovacuumVacuumMaxThreshold),
            insert_threshold: integer(Id::AutovacuumVacuumInsertThreshold),
            insert_scale: settings.real(Id::AutovacuumVacuumInsertScaleFactor),
            analyze_threshold: integer(Id::AutovacuumAnalyzeThreshold),
            analyze_scale: settings.real(Id::AutovacuumAnalyzeScaleFactor),
            pace,
            log_from_ms: integer(Id::LogAutovacuumMinDuration),
        }
    }

    /// The policy for a table with these storage parameters.
    fn with_options(mut self, options: &[String]) -> Policy {
        for option in options {
            let Some((name, value)) = option.split_once('=') else { continue };
            if name == "autovacuum_enabled" {
                self.enabled = matches!(value.to_ascii_lowercase().as_str(), "true" | "on" | "1" | "yes");
                continue;
            }
            let Ok(value) = value.parse::<f64>() else { continue };
            match name {
                "autovacuum_vacuum_threshold" => self.vacuum_threshold = value,
                "autovacuum_vacuum_scale_factor" => self.vacuum_scale = value,
                "autovacuum_vacuum_max_threshold" => self.vacuum_most = value,
                "autovacuum_vacuum_insert_threshold" => self.insert_threshold = value,
                "autovacuum_vacuum_insert_scale_factor" => self.insert_scale = value,
                "autovacuum_analyze_threshold" => self.analyze_threshold = value,
                "autovacuum_analyze_scale_factor" => self.analyze_scale = value,
                "autovacuum_vacuum_cost_delay" => self.pace.delay_ms = value,
                "autovacuum_vacuum_cost_limit" => self.pace.limit = value as u64,
                "log_autovacuum_min_duration" => self.log_from_ms = value,
                _ => {}
            }
        }
        self
    }

    /// Whether so many changes in a table of so many rows call for a vacuum, and for an analyze.
    fn calls_for(&self, changes: &TableChanges, rows: f64) -> (bool, bool) {
        let rows = rows.max(0.0);
        let mut dead = self.vacuum_threshold + self.vacuum_scale * rows;
        if self.vacuum_most >= 0.0 {
            dead = dead.min(self.vacuum_most);
        }
        let inserted = self.insert_threshold + self.insert_scale * rows;
        let changed = self.analyze_threshold + self.analyze_scale * rows;
        let vacuum =
            changes.dead as f64 > dead || self.insert_threshold >= 0.0 && changes.inserted as f64 > inserted;
        (self.enabled && vacuum, self.enabled && changes.changed as f64 > changed)
    }
}

/// The tables of the session's database for which anything is counted, and shared catalogs.
pub fn candidates(changes: SharedTableChanges, database: Oid) -> Vec<Oid> {
    let mut tables = changes.tables(database);
    tables.extend(changes.tables(Oid::INVALID));
    tables
}

/// Vacuums and analyzes a table if it is due and nobody else works on it. Runs in a transaction of its own, which the caller
/// commits; gives what is to be logged, if that took long enough.
/// # Errors
/// 57014 when another session waits for the table, and those of vacuum and analyze.
pub fn work_on(
    environment: &mut Environment<'_>,
    settings: &Settings,
    changes: SharedTableChanges,
    table: Oid,
) -> Result<Option<String>> {
    let catalog = environment.catalog;
    let Some(class) = catalog.row::<PgClass>(PgClass::BY_OID, &[Value::Oid(table)])? else {
        // Dropped: its counters make room for others.
        let database = catalog.database();
        changes.subtract(database, table, changes.of(database, table));
        return Ok(None);
    };
    let database = if class.relisshared { Oid::INVALID } else { catalog.database() };
    let policy = Policy::new(settings, environment.maintenance.pace)
        .with_options(class.reloptions.as_deref().unwrap_or_default());
    let is_due = |changes: SharedTableChanges| {
        policy.calls_for(&changes.of(database, table), f64::from(class.reltuples))
    };
    if is_due(changes) == (false, false) {
        return Ok(None);
    }
    let scope = Scope::Transaction { level: environment.session().level() };
    let tag = LockTag::relation(catalog.database(), table);
    let locks = environment.session().locks();
    if locks.acquire(tag, LockMode::ShareUpdateExclusive, scope, Wait::No)? == Outcome::NotAvailable {
        return Ok(None);
    }
    catalog.accept_invalidations();
    let Some(relation) = catalog.relation(table)? else { return Ok(None) };
    // Another worker may have been here in the meantime.
    let (vacuum, analyze) = is_due(changes);
    if relation.kind != RelationKind::Table || !(vacuum || analyze) {
        return Ok(None);
    }
    let started_us = clock::monotonic_us();
    environment.maintenance.pace = policy.pace;
    let wishes = Wishes { vacuum, analyze, ..Wishes::default() };
    one(environment, &relation, &wishes, &[])?;
    let took_ms = (clock::monotonic_us() - started_us) as f64 / 1000.0;
    if policy.log_from_ms < 0.0 || took_ms < policy.log_from_ms {
        return Ok(None);
    }
    let schema = environment.schema_name(relation.namespace)?;
    let what = match (vacuum, analyze) {
        (true, true) => "vacuum and analyze",
        (true, false) => "vacuum",
        _ => "analyze",
    };
    Ok(Some(format!(
        "automatic {what} of table \"{}.{schema}.{}\": elapsed: {:.2} s",
        environment.database,
        relation.name,
        took_ms / 1000.0
    )))
}

/// The error with which autovacuum makes way for somebody who waits for its table.
pub(crate) fn made_way() -> Error {
    error!(QUERY_CANCELED, "canceling autovacuum task")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::maintenance::Maintenance;

    /// The manual's thresholds, with and without storage parameters.
    #[test]
    fn thresholds_are_those_of_the_manual() {
        let settings = Settings::new();
        let policy = Policy::new(&settings, Maintenance::automatic(&settings).pace);
        let of = |dead, inserted, changed| TableChanges { dead, inserted, changed };
        assert_eq!(policy.calls_for(&of(50, 1000, 50), 0.0), (false, false));
        assert_eq!(policy.calls_for(&of(51, 0, 0), 0.0), (true, false));
        assert_eq!(policy.calls_for(&of(0, 1001, 51), -1.0), (true, true));
        assert_eq!(policy.calls_for(&of(250, 1200, 150), 1000.0), (false, false));
        assert_eq!(policy.calls_for(&of(251, 0, 151), 1000.0), (true, true));
        assert_eq!(policy.calls_for(&of(100_000_001, 0, 0), 1e12), (true, false));
        let options = ["autovacuum_vacuum_threshold=5", "autovacuum_vacuum_insert_threshold=-1"];
        let own = policy.with_options(&options.map(String::from));
        assert_eq!(own.calls_for(&of(6, 5000, 0), 0.0), (true, false));
        assert_eq!(own.calls_for(&of(5, 5000, 0), 0.0), (false, false));
        let off = policy.with_options(&["autovacuum_enabled=false".to_string()]);
        assert_eq!(off.calls_for(&of(1 << 40, 1 << 40, 1 << 40), 0.0), (false, false));
    }
}
