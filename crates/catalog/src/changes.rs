//! What is counted of tables, indexes and databases: for the statistics views, and for autovacuum what has changed since a table
//! was last vacuumed and analyzed.
//!
//! A session counts in its own memory and adds to the shared counters when its transaction ends, without a lock or system call.
//! The shared table is a hash table of fixed size whose entries are never removed while they count anything; a table that finds
//! no place in it is not counted. All counters are estimates: nothing but the choice of what to vacuum hangs on them.
//! A database's own counters are those of a relation 0 in it.

use std::cell::{Cell, RefCell};
use std::sync::atomic::{AtomicU64, Ordering};

use access_api::StoredRelation;
use common::{Counter, Oid, RelationFile};
use hashbrown::HashMap;
use shared_memory::{Region, RegionBuilder, Segment};
use storage_buffer::{BufferUse, buffer_use, take_relation_use};
use storage_file::TemporaryUse;

const ENTRIES: usize = 16_384;
/// Entries that a table may be found in, one after the other.
const PROBES: usize = 64;
/// Relations with numbers next to each other that have entries next to each other.
const GROUP: u64 = 32;

shared_memory::shared_struct! {
    pub struct Entry {
        /// Database and relation; 0 is unused.
        key: AtomicU64,
        dead: AtomicU64,
        inserted: AtomicU64,
        changed: AtomicU64,
        /// By [`Counter`].
        counters: [AtomicU64; Counter::STORED],
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

/// What is kept of a relation, or of a database, while the server is down.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KeptTable {
    /// Database and relation.
    pub key: u64,
    pub changes: TableChanges,
    pub counters: [u64; Counter::STORED],
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
        // Neighbours by number are neighbours here: a session that comes by twenty catalogs touches few memory pages.
        let start =
            ((key / GROUP).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40) as usize + (key % GROUP) as usize;
        (0..PROBES).map(move |step| &entries[(start + step) % ENTRIES])
    }

    /// The table's entry. Two processes that make one at once may make two: reading adds them up.
    fn entry(&self, key: u64) -> Option<&'static Entry> {
        if let Some(known) = self.probes(key).find(|entry| entry.key.load(Ordering::Relaxed) == key) {
            return Some(known);
        }
        let take = |entry: &&'static Entry, old: u64| {
            entry.key.compare_exchange(old, key, Ordering::Relaxed, Ordering::Relaxed).is_ok()
        };
        let unused = |entry: &&'static Entry| entry.key.load(Ordering::Relaxed) == 0;
        if let Some(entry) = self.probes(key).find(|entry| unused(entry) && take(entry, 0)) {
            return Some(entry);
        }
        // Crowded: a table that autovacuum has nothing to do with gives way.
        let entry = self.probes(key).find(|entry| {
            let old = entry.key.load(Ordering::Relaxed);
            old as u32 != 0 && entry.read().is_zero() && take(entry, old)
        })?;
        entry.counters.iter().for_each(|counter| counter.store(0, Ordering::Relaxed));
        Some(entry)
    }

    /// Adds to one counter of a relation, or of a database under relation 0.
    pub fn count(&self, database: Oid, relation: Oid, counter: Counter, more: u64) {
        if let Some(entry) = self.entry(key_of(database, relation)) {
            entry.counters[counter as usize].fetch_add(more, Ordering::Relaxed);
        }
    }

    /// Sets one counter of a relation: a time, or what was found by looking.
    pub fn set(&self, database: Oid, relation: Oid, counter: Counter, value: u64) {
        if let Some(entry) = self.entry(key_of(database, relation)) {
            entry.counters[counter as usize].store(value, Ordering::Relaxed);
        }
    }

    /// The value of a stored counter.
    pub fn value(&self, database: Oid, relation: Oid, counter: Counter) -> u64 {
        let key = key_of(database, relation);
        let entries = self.probes(key).filter(|entry| entry.key.load(Ordering::Relaxed) == key);
        let values = entries.map(|entry| entry.counters[counter as usize].load(Ordering::Relaxed));
        values.fold(0, u64::wrapping_add)
    }

    /// Sets all counters of a database and its relations back; what autovacuum needs stays.
    pub fn reset(&self, database: Oid, now_us: i64) {
        let entries = self.0.iter();
        for entry in entries.filter(|entry| entry.key.load(Ordering::Relaxed) >> 32 == u64::from(database.0))
        {
            entry.counters.iter().for_each(|counter| counter.store(0, Ordering::Relaxed));
        }
        self.set(database, Oid::INVALID, Counter::Reset, now_us as u64);
    }

    /// Sets all counters of a relation back; what autovacuum needs stays.
    pub fn reset_relation(&self, database: Oid, relation: Oid) {
        let key = key_of(database, relation);
        for entry in self.probes(key).filter(|entry| entry.key.load(Ordering::Relaxed) == key) {
            entry.counters.iter().for_each(|counter| counter.store(0, Ordering::Relaxed));
        }
    }

    /// Everything that is counted, to be kept while the server is down.
    pub fn kept(&self) -> Vec<KeptTable> {
        let used = self.0.iter().map(|entry| (entry.key.load(Ordering::Relaxed), entry));
        used.filter(|(key, _)| *key != 0)
            .map(|(key, entry)| KeptTable {
                key,
                changes: entry.read(),
                counters: entry.counters.each_ref().map(|counter| counter.load(Ordering::Relaxed)),
            })
            .collect()
    }

    /// Puts back what was kept.
    pub fn restore(&self, kept: &KeptTable) {
        let Some(entry) = self.entry(kept.key) else { return };
        entry.add(kept.changes);
        for (counter, number) in entry.counters.iter().zip(kept.counters) {
            counter.store(number, Ordering::Relaxed);
        }
    }

    /// A relation that is no more: its place is free for another.
    pub fn forget(&self, database: Oid, relation: Oid) {
        let key = key_of(database, relation);
        for entry in self.probes(key).filter(|entry| entry.key.load(Ordering::Relaxed) == key) {
            let numbers = [&entry.dead, &entry.inserted, &entry.changed];
            numbers.into_iter().chain(&entry.counters).for_each(|number| number.store(0, Ordering::Relaxed));
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
    fn add(&self, changes: TableChanges) {
        self.dead.fetch_add(changes.dead, Ordering::Relaxed);
        self.inserted.fetch_add(changes.inserted, Ordering::Relaxed);
        self.changed.fetch_add(changes.changed, Ordering::Relaxed);
    }

    fn count(&self, counted: &Counted) {
        for (counter, more) in self.counters.iter().zip(counted).filter(|(_, more)| **more > 0) {
            counter.fetch_add(*more, Ordering::Relaxed);
        }
    }

    fn read(&self) -> TableChanges {
        TableChanges {
            dead: self.dead.load(Ordering::Relaxed),
            inserted: self.inserted.load(Ordering::Relaxed),
            changed: self.changed.load(Ordering::Relaxed),
        }
    }
}

/// What a transaction has counted of a relation, by [`Counter`].
type Counted = [u64; Counter::STORED];

/// What the running transaction has counted so far.
#[derive(Default)]
pub(crate) struct PendingChanges {
    relations: RefCell<HashMap<u64, Counted, foldhash::fast::FixedState>>,
    /// Relations by their files, where the two have different numbers: pages are counted by file.
    files: RefCell<HashMap<RelationFile, Oid, foldhash::fast::FixedState>>,
    /// What this process had used of the buffer cache and of temporary files when it was last counted.
    used: Cell<BufferUse>,
    temporary: Cell<TemporaryUse>,
}

impl PendingChanges {
    pub fn count(&self, relation: &StoredRelation, counter: Counter, more: u64) {
        let key = key_of(relation.database(), relation.oid);
        self.relations.borrow_mut().entry(key).or_insert([0; Counter::STORED])[counter as usize] += more;
    }

    /// The pages of its file count for the relation from now on.
    pub fn know_file(&self, relation: &StoredRelation) {
        if relation.oid != relation.file.relation {
            self.files.borrow_mut().insert(relation.file, relation.oid);
        }
    }

    /// The transaction has ended: what it wrote counts for all. What was rolled back is dead at once.
    pub fn flush(&self, shared: Option<SharedTableChanges>, database: Oid, committed: bool, now_us: i64) {
        let mut pending = self.relations.borrow_mut();
        let Some(shared) = shared else { return pending.clear() };
        let files = self.files.borrow();
        take_relation_use(|used| {
            let relation = files.get(&used.file).copied().unwrap_or(used.file.relation);
            let key = key_of(used.file.database, relation);
            // Most were scanned or changed, and are counted with that.
            match pending.get_mut(&key) {
                Some(counted) => {
                    counted[Counter::PagesHit as usize] += used.hit;
                    counted[Counter::PagesRead as usize] += used.read;
                }
                None => {
                    if let Some(entry) = shared.entry(key) {
                        entry.counters[Counter::PagesHit as usize].fetch_add(used.hit, Ordering::Relaxed);
                        entry.counters[Counter::PagesRead as usize].fetch_add(used.read, Ordering::Relaxed);
                    }
                }
            }
        });
        let mut sums: Counted = [0; Counter::STORED];
        for (key, mut counted) in pending.drain() {
            let of = |counter: Counter| counted[counter as usize];
            let (inserted, updated, deleted) =
                (of(Counter::Inserted), of(Counter::Updated), of(Counter::Deleted));
            for (sum, more) in sums.iter_mut().zip(&counted) {
                *sum += more;
            }
            let changes = if committed {
                counted[Counter::Live as usize] = inserted.wrapping_sub(deleted);
                TableChanges { dead: updated + deleted, inserted, changed: inserted + updated + deleted }
            } else {
                TableChanges { dead: inserted + updated, inserted, changed: 0 }
            };
            let Some(entry) = shared.entry(key) else { continue };
            if !changes.is_zero() {
                entry.add(changes);
            }
            entry.count(&counted);
            if counted[Counter::Scans as usize] > 0 {
                entry.counters[Counter::LastScan as usize].fetch_max(now_us as u64, Ordering::Relaxed);
            }
        }
        let used = buffer_use();
        let more = used - self.used.replace(used);
        sums[Counter::Scans as usize] = 0;
        sums[Counter::PagesHit as usize] = more.hit;
        sums[Counter::PagesRead as usize] = more.read;
        sums[Counter::ReadTime as usize] = more.read_ns / 1000;
        sums[Counter::WriteTime as usize] = more.write_ns / 1000;
        let temporary = storage_file::temporary_use();
        let before = self.temporary.replace(temporary);
        sums[Counter::TemporaryFiles as usize] = temporary.files - before.files;
        sums[Counter::TemporaryBytes as usize] = temporary.bytes - before.bytes;
        sums[if committed { Counter::Commits } else { Counter::Rollbacks } as usize] = 1;
        if let Some(entry) = shared.entry(key_of(database, Oid::INVALID)) {
            entry.count(&sums);
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
        pending.count(&relation(100), Counter::Inserted, 10);
        pending.count(&relation(100), Counter::Deleted, 3);
        assert!(shared.of(Oid(5), Oid(100)).is_zero(), "counted before the end");
        pending.flush(Some(shared), Oid(5), true, 1);
        pending.count(&relation(100), Counter::Updated, 2);
        pending.flush(Some(shared), Oid(5), false, 2);
        let found = shared.of(Oid(5), Oid(100));
        assert_eq!(found, TableChanges { dead: 5, inserted: 10, changed: 13 });
        pending.count(&relation(100), Counter::Inserted, 1);
        pending.flush(Some(shared), Oid(5), true, 1);
        shared.subtract(Oid(5), Oid(100), found);
        let left = TableChanges { dead: 0, inserted: 1, changed: 1 };
        assert_eq!(shared.of(Oid(5), Oid(100)), left);
        assert_eq!((shared.tables(Oid(5)), shared.databases()), (vec![Oid(100)], vec![Oid(5)]));
        let of = |counter| shared.value(Oid(5), Oid(100), counter);
        assert_eq!((of(Counter::Inserted), of(Counter::Updated), of(Counter::Live)), (11, 2, 8));
        let of = |counter| shared.value(Oid(5), Oid::INVALID, counter);
        assert_eq!((of(Counter::Commits), of(Counter::Rollbacks), of(Counter::Deleted)), (2, 1, 3));
        shared.reset(Oid(5), 9);
        assert_eq!((of(Counter::Commits), of(Counter::Reset)), (0, 9));
        assert_eq!(shared.of(Oid(5), Oid(100)), left);
    }

    /// A table's counters are its own, however many tables there are, and room is used again.
    #[test]
    fn entries_are_found_and_reused() {
        let (shared, pending) = (shared(), PendingChanges::default());
        for round in 0..4u32 {
            let tables: Vec<u32> = (0..8000).map(|number| 20_000 + round * 8000 + number).collect();
            for table in &tables {
                pending.count(&relation(*table), Counter::Inserted, u64::from(*table));
            }
            pending.flush(Some(shared), Oid(5), true, 1);
            for table in &tables {
                let found = shared.of(Oid(5), Oid(*table));
                assert_eq!(found.inserted, u64::from(*table));
                shared.subtract(Oid(5), Oid(*table), found);
            }
        }
        assert!(shared.tables(Oid(5)).is_empty());
    }
}
