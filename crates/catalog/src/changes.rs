//! How much each table has changed since it was last vacuumed and analyzed, for autovacuum.
//!
//! A session counts in its own memory and adds to the shared counters when its transaction ends, without a lock or system call.
//! The shared table is a hash table of fixed size whose entries are never removed while they count anything; a table that finds
//! no place in it is not counted. All counters are estimates: nothing but the choice of what to vacuum hangs on them.

use std::cell::RefCell;
use std::sync::atomic::{AtomicU64, Ordering};

use access_api::StoredRelation;
use common::Oid;
use hashbrown::HashMap;
use shared_memory::{Region, RegionBuilder, Segment};

const ENTRIES: usize = 16_384;
/// Entries that a table may be found in, one after the other.
const PROBES: usize = 64;

shared_memory::shared_struct! {
    pub struct Entry {
        /// Database and relation; 0 is unused.
        key: AtomicU64,
        dead: AtomicU64,
        inserted: AtomicU64,
        changed: AtomicU64,
    }
}

/// Row versions, since the last vacuum or analyze.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct TableChanges {
    /// Dead since the last vacuum.
    pub dead: u64,
    /// Inserted since the last vacuum.
    pub inserted: u64,
    /// Inserted, updated or deleted since the last analyze.
    pub changed: u64,
}

impl TableChanges {
    pub fn is_zero(&self) -> bool {
        *self == TableChanges::default()
    }
}

pub struct TableChangesReservation(Segment<Entry>);

/// The shared counters.
#[derive(Clone, Copy)]
pub struct SharedTableChanges(&'static [Entry]);

fn key_of(database: Oid, relation: Oid) -> u64 {
    u64::from(database.0) << 32 | u64::from(relation.0)
}

impl SharedTableChanges {
    pub fn reserve(builder: &mut RegionBuilder) -> TableChangesReservation {
        let purpose = "changed rows by table; atomics only; nothing to clean up";
        TableChangesReservation(builder.reserve("Table Changes", ENTRIES, purpose))
    }

    pub fn attach(reservation: TableChangesReservation, region: &Region) -> SharedTableChanges {
        SharedTableChanges(region.slice(reservation.0))
    }

    fn probes(&self, key: u64) -> impl Iterator<Item = &'static Entry> + use<> {
        let entries = self.0;
        let start = (key.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40) as usize;
        (0..PROBES).map(move |step| &entries[(start + step) % ENTRIES])
    }

    /// The table's entry. Two processes that make one at once may make two: reading adds them up.
    fn entry(&self, key: u64) -> Option<&'static Entry> {
        if let Some(known) = self.probes(key).find(|entry| entry.key.load(Ordering::Relaxed) == key) {
            return Some(known);
        }
        self.probes(key).find(|entry| {
            let old = entry.key.load(Ordering::Relaxed);
            (old == 0 || entry.read().is_zero())
                && entry.key.compare_exchange(old, key, Ordering::Relaxed, Ordering::Relaxed).is_ok()
        })
    }

    fn add(&self, key: u64, changes: TableChanges) {
        if let Some(entry) = self.entry(key) {
            entry.dead.fetch_add(changes.dead, Ordering::Relaxed);
            entry.inserted.fetch_add(changes.inserted, Ordering::Relaxed);
            entry.changed.fetch_add(changes.changed, Ordering::Relaxed);
        }
    }

    /// What is counted for a table; `database` is `INVALID` for shared catalogs.
    pub fn of(&self, database: Oid, relation: Oid) -> TableChanges {
        let key = key_of(database, relation);
        let entries = self.probes(key).filter(|entry| entry.key.load(Ordering::Relaxed) == key);
        entries.map(Entry::read).fold(TableChanges::default(), |sum, more| TableChanges {
            dead: sum.dead + more.dead,
            inserted: sum.inserted + more.inserted,
            changed: sum.changed + more.changed,
        })
    }

    /// Takes off what a vacuum or analyze has dealt with.
    pub fn subtract(&self, database: Oid, relation: Oid, done: TableChanges) {
        let key = key_of(database, relation);
        let mut left = done;
        for entry in self.probes(key).filter(|entry| entry.key.load(Ordering::Relaxed) == key) {
            let take = |counter: &AtomicU64, left: &mut u64| {
                let taken = counter.load(Ordering::Relaxed).min(*left);
                counter.fetch_sub(taken, Ordering::Relaxed);
                *left -= taken;
            };
            take(&entry.dead, &mut left.dead);
            take(&entry.inserted, &mut left.inserted);
            take(&entry.changed, &mut left.changed);
        }
    }

    /// The tables of a database that anything is counted for.
    pub fn tables(&self, database: Oid) -> Vec<Oid> {
        let counted = self.0.iter().filter(|entry| !entry.read().is_zero());
        let keys = counted.map(|entry| entry.key.load(Ordering::Relaxed));
        let mut tables: Vec<Oid> =
            keys.filter(|key| key >> 32 == u64::from(database.0)).map(|key| Oid(key as u32)).collect();
        tables.sort_unstable();
        tables.dedup();
        tables
    }

    /// The databases that anything is counted for.
    pub fn databases(&self) -> Vec<Oid> {
        let counted = self.0.iter().filter(|entry| !entry.read().is_zero());
        let mut found: Vec<Oid> =
            counted.map(|entry| Oid((entry.key.load(Ordering::Relaxed) >> 32) as u32)).collect();
        found.sort_unstable();
        found.dedup();
        found
    }
}

impl Entry {
    fn read(&self) -> TableChanges {
        TableChanges {
            dead: self.dead.load(Ordering::Relaxed),
            inserted: self.inserted.load(Ordering::Relaxed),
            changed: self.changed.load(Ordering::Relaxed),
        }
    }
}

/// Rows that a transaction wrote to a table.
#[derive(Clone, Copy, Default)]
struct Written {
    inserted: u64,
    updated: u64,
    deleted: u64,
}

/// What the running transaction has written so far.
#[derive(Default)]
pub(crate) struct PendingChanges(RefCell<HashMap<u64, Written, foldhash::fast::FixedState>>);

/// What was done to rows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RowChange {
    Inserted,
    Updated,
    Deleted,
}

impl PendingChanges {
    pub fn count(&self, relation: &StoredRelation, change: RowChange, rows: u64) {
        let key = key_of(relation.database(), relation.oid);
        let mut pending = self.0.borrow_mut();
        let written = pending.entry(key).or_default();
        match change {
            RowChange::Inserted => written.inserted += rows,
            RowChange::Updated => written.updated += rows,
            RowChange::Deleted => written.deleted += rows,
        }
    }

    /// The transaction has ended: what it wrote counts for all. What was rolled back is dead at once.
    pub fn flush(&self, shared: Option<SharedTableChanges>, committed: bool) {
        let mut pending = self.0.borrow_mut();
        for (key, written) in pending.drain() {
            let Some(shared) = shared else { continue };
            let Written { inserted, updated, deleted } = written;
            let changes = if committed {
                TableChanges {
                    dead: updated + deleted,
                    inserted: inserted + updated,
                    changed: inserted + updated + deleted,
                }
            } else {
                TableChanges { dead: inserted + updated, inserted: 0, changed: 0 }
            };
            shared.add(key, changes);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shared() -> SharedTableChanges {
        let mut builder = RegionBuilder::new();
        let reservation = SharedTableChanges::reserve(&mut builder);
        SharedTableChanges::attach(reservation, &builder.build().unwrap())
    }

    fn relation(number: u32) -> StoredRelation {
        let file = common::RelationFile { tablespace: Oid(1663), database: Oid(5), relation: Oid(number) };
        StoredRelation { oid: Oid(number), file, is_logged: true }
    }

    /// A commit counts changes, a rollback dead rows, and a vacuum takes off no more than it found.
    #[test]
    fn transactions_add_up() {
        let (shared, pending) = (shared(), PendingChanges::default());
        pending.count(&relation(100), RowChange::Inserted, 10);
        pending.count(&relation(100), RowChange::Deleted, 3);
        assert!(shared.of(Oid(5), Oid(100)).is_zero(), "counted before the end");
        pending.flush(Some(shared), true);
        pending.count(&relation(100), RowChange::Updated, 2);
        pending.flush(Some(shared), false);
        let found = shared.of(Oid(5), Oid(100));
        assert_eq!(found, TableChanges { dead: 5, inserted: 10, changed: 13 });
        pending.count(&relation(100), RowChange::Inserted, 1);
        pending.flush(Some(shared), true);
        shared.subtract(Oid(5), Oid(100), found);
        let left = TableChanges { dead: 0, inserted: 1, changed: 1 };
        assert_eq!(shared.of(Oid(5), Oid(100)), left);
        assert_eq!((shared.tables(Oid(5)), shared.databases()), (vec![Oid(100)], vec![Oid(5)]));
    }

    /// A table's counters are its own, however many tables there are, and room is used again.
    #[test]
    fn entries_are_found_and_reused() {
        let (shared, pending) = (shared(), PendingChanges::default());
        for round in 0..4u32 {
            let tables: Vec<u32> = (0..8000).map(|number| 20_000 + round * 8000 + number).collect();
            for table in &tables {
                pending.count(&relation(*table), RowChange::Inserted, u64::from(*table));
            }
            pending.flush(Some(shared), true);
            for table in &tables {
                let found = shared.of(Oid(5), Oid(*table));
                assert_eq!(found.inserted, u64::from(*table));
                shared.subtract(Oid(5), Oid(*table), found);
            }
        }
        assert!(shared.tables(Oid(5)).is_empty());
    }
}
