//! Which segments were written since their last sync: one table in shared memory for all processes.
//!
//! Rules 1 and 2 of the README.

use common::{ForkNumber, RelationFile};
use shared_memory::{
    HashTable, HashTableReservation, Region, RegionBuilder, WaitEvent, hash_of, plain_struct,
};

plain_struct! {
    /// One segment of one fork.
    #[derive(PartialEq, Eq, Hash, Debug)]
    pub(crate) struct SegmentKey {
        pub(crate) file: RelationFile,
        pub(crate) fork: ForkNumber,
        pub(crate) segment: u32,
    }
}

pub(crate) type SyncTableReservation = HashTableReservation<SegmentKey, u64>;

/// Value: how many pages were written; a sync removes the entry only if it did not move meanwhile.
#[derive(Clone, Copy)]
pub(crate) struct SyncTable(HashTable<SegmentKey, u64>);

impl SyncTable {
    pub(crate) fn reserve(builder: &mut RegionBuilder, entries: usize) -> SyncTableReservation {
        let purpose = "segments to sync, an LWLock per partition; entries outlive the process that made them";
        HashTable::reserve(builder, "Sync Requests", entries, 16, purpose)
    }

    pub(crate) fn attach(reservation: SyncTableReservation, region: &Region) -> SyncTable {
        SyncTable(HashTable::attach(reservation, region))
    }

    pub(crate) fn initialize(&self) {
        self.0.initialize(WaitEvent::LwlockCheckpointerComm);
    }

    /// Notes a write of so many pages, at least one, that has been made. False when there is no room.
    pub(crate) fn note(&self, key: SegmentKey, pages: u64) -> bool {
        let hash = hash_of(&key);
        let mut partition = self.0.write(hash);
        if let Some(writes) = partition.get_mut(hash, &key) {
            *writes += pages;
            return true;
        }
        partition.insert(hash, key, pages).is_some()
    }

    /// All entries with their counts.
    pub(crate) fn snapshot(&self) -> Vec<(SegmentKey, u64)> {
        let mut entries = Vec::new();
        for partition in 0..self.0.partition_count() {
            self.0.read_partition(partition).for_each(|key, writes| entries.push((*key, *writes)));
        }
        entries
    }

    /// After a sync that began when the count was `writes`.
    pub(crate) fn forget(&self, key: SegmentKey, writes: u64) {
        let hash = hash_of(&key);
        let mut partition = self.0.write(hash);
        if partition.get(hash, &key) == Some(&writes) {
            partition.remove(hash, &key);
        }
    }

    /// Entries of files that were removed.
    pub(crate) fn forget_where(&self, mut is_gone: impl FnMut(RelationFile) -> bool) {
        for partition in 0..self.0.partition_count() {
            self.0.write_partition(partition).retain(|key, _| !is_gone(key.file));
        }
    }
}
