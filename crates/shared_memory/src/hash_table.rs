//! A hash table of fixed capacity in shared memory, in partitions with a lock each.
//!
//! Chains of entries hang off buckets; a bucket belongs to one partition, an entry in use to its bucket's. Free entries form one
//! chain under a spinlock. Nothing is ever moved, so a reference lives as long as the partition's guard.

use std::cell::UnsafeCell;
use std::hash::{Hash, Hasher};
use std::sync::atomic::{AtomicU32, Ordering};

use common::FoldingHasher;

use crate::lwlock::{LwLock, LwRead, LwWrite};
use crate::region::{Region, RegionBuilder, Segment};
use crate::shared::{CacheLine, Plain, Shared};
use crate::spinlock::SpinLocked;
use crate::wait_event::WaitEvent;

/// "No entry" in links, which count entries from 1.
const NONE: u32 = 0;

#[repr(C)]
struct Entry<K, V> {
    next: AtomicU32,
    hash: AtomicU32,
    key: UnsafeCell<K>,
    value: UnsafeCell<V>,
}

// SAFETY: in use, reached only under the partition's lock, exclusively for changes; free, only by who took it off the chain.
unsafe impl<K: Plain, V: Plain> Sync for Entry<K, V> {}
// SAFETY: zeros are valid for all fields.
unsafe impl<K: Plain, V: Plain> Shared for Entry<K, V> {}

/// Handed out by [`HashTable::reserve`].
pub struct HashTableReservation<K, V> {
    locks: Segment<CacheLine<LwLock>>,
    buckets: Segment<AtomicU32>,
    entries: Segment<Entry<K, V>>,
    free: Segment<SpinLocked<u32>>,
}

/// See the module's description. A copy is as good as the original.
pub struct HashTable<K: Plain, V: Plain> {
    locks: &'static [CacheLine<LwLock>],
    buckets: &'static [AtomicU32],
    entries: &'static [Entry<K, V>],
    free: &'static SpinLocked<u32>,
}

impl<K: Plain, V: Plain> Clone for HashTable<K, V> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<K: Plain, V: Plain> Copy for HashTable<K, V> {}

impl<K: Plain + Hash + Eq, V: Plain> HashTable<K, V> {
    /// Room for `capacity` entries in `partitions` partitions, a power of two.
    pub fn reserve(
        builder: &mut RegionBuilder,
        name: &'static str,
        capacity: usize,
        partitions: usize,
        purpose: &'static str,
    ) -> HashTableReservation<K, V> {
        assert!(partitions.is_power_of_two());
        HashTableReservation {
            locks: builder.reserve(name, partitions, purpose),
            buckets: builder.reserve(name, capacity.next_power_of_two().max(partitions), purpose),
            entries: builder.reserve(name, capacity, purpose),
            free: builder.reserve(name, 1, purpose),
        }
    }

    pub fn attach(reservation: HashTableReservation<K, V>, region: &Region) -> HashTable<K, V> {
        HashTable {
            locks: region.slice(reservation.locks),
            buckets: region.slice(reservation.buckets),
            entries: region.slice(reservation.entries),
            free: region.one(reservation.free),
        }
    }

    /// Makes it empty. Only while nobody else uses it.
    pub fn initialize(&self, wait_event: WaitEvent) {
        self.locks.iter().for_each(|lock| lock.initialize(wait_event));
        self.buckets.iter().for_each(|bucket| bucket.store(NONE, Ordering::Relaxed));
        for (index, entry) in self.entries.iter().enumerate() {
            let following = if index + 1 < self.entries.len() { index as u32 + 2 } else { NONE };
            entry.next.store(following, Ordering::Relaxed);
        }
        *self.free.lock() = if self.entries.is_empty() { NONE } else { 1 };
    }

    pub fn capacity(&self) -> usize {
        self.entries.len()
    }

    pub fn partition_count(&self) -> usize {
        self.locks.len()
    }

    /// The partition that holds entries of this hash (see [`hash_of`]).
    pub fn partition_of(&self, hash: u32) -> usize {
        hash as usize & (self.locks.len() - 1)
    }

    /// Locks the partition of this hash for looking.
    #[inline]
    pub fn read(&self, hash: u32) -> PartitionRead<K, V> {
        self.read_partition(self.partition_of(hash))
    }

    /// Locks the partition of this hash for changing.
    #[inline]
    pub fn write(&self, hash: u32) -> PartitionWrite<K, V> {
        self.write_partition(self.partition_of(hash))
    }

    pub fn read_partition(&self, partition: usize) -> PartitionRead<K, V> {
        PartitionRead { table: *self, partition, _guard: self.locks[partition].0.read() }
    }

    /// Several are taken in ascending order only.
    pub fn write_partition(&self, partition: usize) -> PartitionWrite<K, V> {
        PartitionWrite { table: *self, partition, _guard: self.locks[partition].0.write() }
    }

    fn bucket(&self, hash: u32) -> &'static AtomicU32 {
        &self.buckets[hash as usize & (self.buckets.len() - 1)]
    }

    fn entry(&self, link: u32) -> Option<&'static Entry<K, V>> {
        self.entries.get((link as usize).wrapping_sub(1))
    }

    /// The partition's lock is held.
    #[inline]
    fn find(&self, hash: u32, key: &K) -> Option<&'static Entry<K, V>> {
        let mut link = self.bucket(hash).load(Ordering::Relaxed);
        while let Some(entry) = self.entry(link) {
            // SAFETY: keys change only under the exclusive lock.
            if entry.hash.load(Ordering::Relaxed) == hash && unsafe { &*entry.key.get() } == key {
                return Some(entry);
            }
            link = entry.next.load(Ordering::Relaxed);
        }
        None
    }

    /// Visits the partition's entries; its lock is held.
    fn visit(&self, partition: usize, mut visitor: impl FnMut(&'static Entry<K, V>)) {
        for bucket in self.buckets.iter().skip(partition).step_by(self.locks.len()) {
            let mut link = bucket.load(Ordering::Relaxed);
            while let Some(entry) = self.entry(link) {
                link = entry.next.load(Ordering::Relaxed);
                visitor(entry);
            }
        }
    }
}

/// A partition locked for looking.
#[must_use]
pub struct PartitionRead<K: Plain + Hash + Eq, V: Plain> {
    table: HashTable<K, V>,
    partition: usize,
    _guard: LwRead<'static>,
}

impl<K: Plain + Hash + Eq, V: Plain> PartitionRead<K, V> {
    /// `hash` is the key's, and of this partition.
    #[inline]
    pub fn get(&self, hash: u32, key: &K) -> Option<&V> {
        debug_assert_eq!(self.table.partition_of(hash), self.partition);
        // SAFETY: values change only under the exclusive lock.
        self.table.find(hash, key).map(|entry| unsafe { &*entry.value.get() })
    }

    pub fn for_each(&self, mut visitor: impl FnMut(&K, &V)) {
        // SAFETY: entries change only under the exclusive lock.
        self.table.visit(self.partition, |entry| unsafe { visitor(&*entry.key.get(), &*entry.value.get()) });
    }
}

/// A partition locked for changing.
#[must_use]
pub struct PartitionWrite<K: Plain + Hash + Eq, V: Plain> {
    table: HashTable<K, V>,
    partition: usize,
    _guard: LwWrite<'static>,
}

impl<K: Plain + Hash + Eq, V: Plain> PartitionWrite<K, V> {
    pub fn get(&self, hash: u32, key: &K) -> Option<&V> {
        debug_assert_eq!(self.table.partition_of(hash), self.partition);
        // SAFETY: the exclusive lock is held, and `self` is borrowed for looking.
        self.table.find(hash, key).map(|entry| unsafe { &*entry.value.get() })
    }

    pub fn get_mut(&mut self, hash: u32, key: &K) -> Option<&mut V> {
        debug_assert_eq!(self.table.partition_of(hash), self.partition);
        // SAFETY: the exclusive lock is held, and `self` is borrowed for changing.
        self.table.find(hash, key).map(|entry| unsafe { &mut *entry.value.get() })
    }

    /// Adds or replaces. `None` when a new entry finds no room.
    pub fn insert(&mut self, hash: u32, key: K, value: V) -> Option<&mut V> {
        debug_assert_eq!(self.table.partition_of(hash), self.partition);
        let entry = match self.table.find(hash, &key) {
            Some(entry) => entry,
            None => {
                let mut free = self.table.free.lock();
                let link = *free;
                let entry = self.table.entry(link)?;
                *free = entry.next.load(Ordering::Relaxed);
                drop(free);
                let bucket = self.table.bucket(hash);
                // SAFETY: just taken off the free chain, so ours alone.
                unsafe { *entry.key.get() = key };
                entry.hash.store(hash, Ordering::Relaxed);
                entry.next.store(bucket.load(Ordering::Relaxed), Ordering::Relaxed);
                bucket.store(link, Ordering::Relaxed);
                entry
            }
        };
        // SAFETY: the exclusive lock is held, and `self` is borrowed for changing.
        let place = unsafe { &mut *entry.value.get() };
        *place = value;
        Some(place)
    }

    pub fn remove(&mut self, hash: u32, key: &K) -> Option<V> {
        debug_assert_eq!(self.table.partition_of(hash), self.partition);
        let found = self.table.find(hash, key)?;
        let mut place = self.table.bucket(hash);
        loop {
            let link = place.load(Ordering::Relaxed);
            let entry = self.table.entry(link)?;
            if std::ptr::eq(entry, found) {
                place.store(entry.next.load(Ordering::Relaxed), Ordering::Relaxed);
                // SAFETY: the exclusive lock is held.
                let value = unsafe { *entry.value.get() };
                let mut free = self.table.free.lock();
                entry.next.store(*free, Ordering::Relaxed);
                *free = link;
                return Some(value);
            }
            place = &entry.next;
        }
    }

    pub fn for_each(&mut self, mut visitor: impl FnMut(&K, &mut V)) {
        // SAFETY: the exclusive lock is held, and entries are visited one at a time.
        self.table
            .visit(self.partition, |entry| unsafe { visitor(&*entry.key.get(), &mut *entry.value.get()) });
    }

    /// Removes the entries for which `keep` answers false.
    pub fn retain(&mut self, mut keep: impl FnMut(&K, &mut V) -> bool) {
        let mut unwanted = Vec::new();
        self.table.visit(self.partition, |entry| {
            // SAFETY: the exclusive lock is held, and entries are visited one at a time.
            let (key, value) = unsafe { (&*entry.key.get(), &mut *entry.value.get()) };
            if !keep(key, value) {
                unwanted.push((entry.hash.load(Ordering::Relaxed), *key));
            }
        });
        for (hash, key) in unwanted {
            self.remove(hash, &key);
        }
    }
}

/// The hash that [`HashTable`] takes, the same in every process.
#[inline]
pub fn hash_of<K: Hash>(key: &K) -> u32 {
    let mut hasher = FoldingHasher::default();
    key.hash(&mut hasher);
    hasher.finish() as u32
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::HashMap;

    fn fresh(capacity: usize) -> HashTable<u64, u32> {
        let mut builder = RegionBuilder::new();
        let reservation = HashTable::reserve(&mut builder, "table", capacity, 4, "test");
        let table = HashTable::attach(reservation, &builder.build().unwrap());
        table.initialize(WaitEvent::None);
        table
    }

    #[derive(Clone, Debug)]
    enum Step {
        Insert(u64, u32),
        Remove(u64),
        Get(u64),
        RetainOdd,
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            (0..40u64, any::<u32>()).prop_map(|(key, value)| Step::Insert(key, value)),
            (0..40u64).prop_map(Step::Remove),
            (0..40u64).prop_map(Step::Get),
            Just(Step::RetainOdd),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        /// The table answers as a private map of limited size does.
        #[test]
        fn behaves_as_a_map(steps in proptest::collection::vec(step(), 1..200)) {
            const CAPACITY: usize = 20;
            let table = fresh(CAPACITY);
            let mut model = HashMap::new();
            for step in steps {
                match step {
                    Step::Insert(key, value) => {
                        let hash = hash_of(&key);
                        let room = model.len() < CAPACITY || model.contains_key(&key);
                        prop_assert_eq!(table.write(hash).insert(hash, key, value).is_some(), room);
                        if room {
                            model.insert(key, value);
                        }
                    }
                    Step::Remove(key) => {
                        let hash = hash_of(&key);
                        prop_assert_eq!(table.write(hash).remove(hash, &key), model.remove(&key));
                    }
                    Step::Get(key) => {
                        let hash = hash_of(&key);
                        let partition = table.read(hash);
                        prop_assert_eq!(partition.get(hash, &key), model.get(&key));
                    }
                    Step::RetainOdd => {
                        for partition in 0..table.partition_count() {
                            table.write_partition(partition).retain(|key, _| key % 2 == 1);
                        }
                        model.retain(|key, _| key % 2 == 1);
                    }
                }
                let mut count = 0;
                for partition in 0..table.partition_count() {
                    table.read_partition(partition).for_each(|_, _| count += 1);
                }
                prop_assert_eq!(count, model.len());
            }
        }
    }
}
