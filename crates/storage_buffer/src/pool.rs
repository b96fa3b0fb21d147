//! The pool: its layout in shared memory and its settings.

use std::collections::HashSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use common::{ForkNumber, RelationFile};
use shared_memory::{
    CacheLine, HashTable, HashTableReservation, LwLock, Region, RegionBuilder, Segment, WaitEvent,
    plain_struct,
};
use storage_file::Files;
use storage_wal::Wal;

use crate::descriptor::*;

const MAPPING_PARTITIONS: usize = 128;
const EXTENSION_LOCKS: usize = 64;

/// Sizes.
#[derive(Clone, Copy, Debug)]
pub struct BufferSettings {
    /// Pages in the cache (`shared_buffers`); at least 16.
    pub buffers: usize,
    /// Forks whose sizes are remembered.
    pub relation_sizes: usize,
}

plain_struct! {
    #[derive(PartialEq, Eq, Hash)]
    pub(crate) struct ForkKey {
        pub(crate) file: RelationFile,
        pub(crate) fork: ForkNumber,
    }
}

/// Handed out by [`BufferPool::reserve`].
pub struct BufferPoolReservation {
    descriptors: Segment<Descriptor>,
    frames: Segment<Frame>,
    mapping: HashTableReservation<BufferTag, u32>,
    sizes: HashTableReservation<ForkKey, u32>,
    extension_locks: Segment<CacheLine<LwLock>>,
    clock_hand: Segment<CacheLine<AtomicU64>>,
}

/// The shared buffer cache.
pub struct BufferPool {
    pub(crate) descriptors: &'static [Descriptor],
    pub(crate) frames: &'static [Frame],
    pub(crate) mapping: HashTable<BufferTag, u32>,
    pub(crate) sizes: HashTable<ForkKey, u32>,
    pub(crate) extension_locks: &'static [CacheLine<LwLock>],
    pub(crate) clock_hand: &'static AtomicU64,
    pub(crate) files: &'static Files,
    pub(crate) wal: &'static Wal,
    /// Redo, private to the startup process: pages that records named and that were not there.
    pub(crate) missing: Mutex<HashSet<BufferTag>>,
}

/// One buffer, for `pg_buffercache`.
#[derive(Clone, Copy, Debug)]
pub struct BufferView {
    /// From 0.
    pub buffer: u32,
    pub tag: BufferTag,
    pub is_dirty: bool,
    pub usage: u32,
    pub pins: u32,
}

impl BufferPool {
    pub fn reserve(builder: &mut RegionBuilder, settings: &BufferSettings) -> BufferPoolReservation {
        let buffers = settings.buffers.max(16);
        let doubt = "a process that dies with one locked or in I/O leaves doubt; its pins are released by the janitor";
        BufferPoolReservation {
            descriptors: builder.reserve("Buffer Descriptors", buffers, doubt),
            frames: builder.reserve(
                "Buffer Blocks",
                buffers,
                "pages, each under its descriptor's content lock",
            ),
            mapping: HashTable::reserve(
                builder,
                "Buffer Mapping",
                buffers,
                MAPPING_PARTITIONS,
                "page to buffer, an LWLock per partition",
            ),
            sizes: HashTable::reserve(
                builder,
                "Relation Sizes",
                settings.relation_sizes.max(64),
                16,
                "blocks of forks, an LWLock per partition; changed under the extension lock",
            ),
            extension_locks: builder.reserve(
                "Relation Extension Locks",
                EXTENSION_LOCKS,
                "held while a fork grows or is cut",
            ),
            clock_hand: builder.reserve("Buffer Strategy", 1, "the clock hand, one atomic"),
        }
    }

    pub fn attach(
        reservation: BufferPoolReservation,
        region: &Region,
        files: &'static Files,
        wal: &'static Wal,
    ) -> &'static BufferPool {
        Box::leak(Box::new(BufferPool {
            descriptors: region.slice(reservation.descriptors),
            frames: region.slice(reservation.frames),
            mapping: HashTable::attach(reservation.mapping, region),
            sizes: HashTable::attach(reservation.sizes, region),
            extension_locks: region.slice(reservation.extension_locks),
            clock_hand: &region.one(reservation.clock_hand).0,
            files,
            wal,
            missing: Mutex::new(HashSet::new()),
        }))
    }

    /// Empties the cache. Only while nobody else uses it.
    pub fn initialize(&self) {
        for descriptor in self.descriptors {
            descriptor.state.store(0, Ordering::Relaxed);
            descriptor.content.initialize(WaitEvent::LwlockBufferContent);
        }
        self.mapping.initialize(WaitEvent::LwlockBufferMapping);
        self.sizes.initialize(WaitEvent::LwlockBufferMapping);
        self.extension_locks.iter().for_each(|lock| lock.initialize(WaitEvent::LockExtend));
        self.clock_hand.store(0, Ordering::Relaxed);
    }

    /// The number of buffers.
    pub fn capacity(&self) -> usize {
        self.descriptors.len()
    }

    pub fn files(&self) -> &'static Files {
        self.files
    }

    pub fn wal(&self) -> &'static Wal {
        self.wal
    }

    /// What the cache holds now, without locking: each entry was true at some moment.
    pub fn view(&self) -> impl Iterator<Item = BufferView> + '_ {
        self.descriptors.iter().enumerate().filter_map(|(buffer, descriptor)| {
            let state = descriptor.load();
            (state & TAGGED != 0).then(|| BufferView {
                buffer: buffer as u32,
                tag: descriptor.tag(),
                is_dirty: state & DIRTY != 0,
                usage: (state & USAGE) / USAGE_ONE,
                pins: state & PINS,
            })
        })
    }

    pub(crate) fn descriptor(&self, buffer: u32) -> &'static Descriptor {
        &self.descriptors[buffer as usize]
    }

    pub(crate) fn extension_lock(&self, hash: u32) -> &'static LwLock {
        &self.extension_locks[hash as usize % EXTENSION_LOCKS].0
    }

    pub(crate) fn next_hand(&self) -> u32 {
        (self.clock_hand.fetch_add(1, Ordering::Relaxed) % self.descriptors.len() as u64) as u32
    }

    pub(crate) fn hand(&self) -> u32 {
        (self.clock_hand.load(Ordering::Relaxed) % self.descriptors.len() as u64) as u32
    }
}
