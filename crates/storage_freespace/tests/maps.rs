//! Both maps against plain arrays.

use common::*;
use proptest::prelude::{Just, ProptestConfig, any, prop_assert, prop_assert_eq, prop_oneof, proptest};
use proptest::strategy::Strategy as Generator;
use shared_memory::RegionBuilder;
use std::collections::BTreeMap;
use storage_buffer::*;
use storage_file::{FileSettings, Files};
use storage_freespace::*;
use storage_wal::*;

const FILE: RelationFile = RelationFile { tablespace: Oid(1663), database: Oid(5), relation: Oid(1) };

fn fresh() -> (&'static BufferPool, tempfile::TempDir) {
    let directory = tempfile::tempdir().unwrap();
    let mut builder = RegionBuilder::new();
    let files = Files::reserve(&mut builder, &FileSettings { sync_requests: 64, open_files: 64 });
    let settings = WalSettings { buffer_bytes: 1 << 16, always_log_images: false, full_page_images: true };
    let wal = Wal::reserve(&mut builder, &settings);
    let pool = BufferPool::reserve(&mut builder, &BufferSettings { buffers: 64, relation_sizes: 64 });
    let region = builder.build().unwrap();
    let files = Files::attach_at(files, &region, directory.path());
    files.initialize();
    let wal = Wal::attach(wal, &region, files);
    wal.initialize();
    let pool = BufferPool::attach(pool, &region, files, wal);
    pool.initialize();
    (pool, directory)
}

#[derive(Clone, Debug)]
enum Step {
    Record(u32, usize),
    Find(usize),
    Truncate(u32),
    Vacuum,
}

fn step() -> impl Generator<Value = Step> {
    let block = || prop_oneof![0..10u32, 4060..4070u32, 0..60_000u32];
    prop_oneof![
        6 => (block(), 0..8192usize).prop_map(|(block, bytes)| Step::Record(block, bytes)),
        4 => (0..8200usize).prop_map(Step::Find),
        1 => block().prop_map(Step::Truncate),
        1 => Just(Step::Vacuum),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]
    /// A page is found exactly when one has the room, whatever was recorded and cut before.
    #[test]
    fn room_is_found(steps in proptest::collection::vec(step(), 1..80)) {
        let (pool, _directory) = fresh();
        let map = FreeSpaceMap::new(pool, FILE);
        let mut model: BTreeMap<u32, usize> = BTreeMap::new();
        for step in steps {
            match step {
                Step::Record(block, bytes) => {
                    map.record(BlockNumber(block), bytes).unwrap();
                    model.insert(block, (bytes / 32).min(255) * 32);
                }
                Step::Find(bytes) => match map.find(bytes).unwrap() {
                    Some(found) => prop_assert!(model[&found.0] >= bytes.max(1)),
                    None => prop_assert!(model.values().all(|room| *room < bytes.max(1).next_multiple_of(32))),
                },
                Step::Truncate(blocks) => {
                    map.truncate(blocks).unwrap();
                    model.retain(|block, _| *block < blocks);
                }
                Step::Vacuum => map.vacuum(60_000).unwrap(),
            }
            for (block, room) in &model {
                prop_assert_eq!(map.get(BlockNumber(*block)).unwrap(), *room);
            }
        }
    }

    /// Bits stay where they are put, are counted, and end with the heap.
    #[test]
    fn bits_stay(sets in proptest::collection::vec((0..100_000u32, any::<bool>()), 1..60), cut in 0..100_000u32) {
        let (pool, _directory) = fresh();
        let map = VisibilityMap::new(pool, FILE);
        let mut model: BTreeMap<u32, Visibility> = BTreeMap::new();
        for (block, frozen) in &sets {
            let bits = if *frozen { Visibility::ALL_FROZEN } else { Visibility::ALL_VISIBLE };
            let heap = BlockNumber(*block);
            let mut page = map.pin(heap).unwrap().exclusive();
            page.change_unlogged(|page| {
                VisibilityMap::clear(page, heap);
                VisibilityMap::set(page, heap, bits);
            });
            model.insert(*block, bits);
        }
        for pass in 0..2 {
            let mut pin = None;
            for block in model.keys().flat_map(|block| [block.saturating_sub(1), *block, block + 1]) {
                let expected = model.get(&block).copied().unwrap_or_default();
                prop_assert_eq!(map.get(BlockNumber(block), &mut pin).unwrap(), expected);
            }
            let frozen = model.values().filter(|bits| bits.is_all_frozen()).count() as u32;
            prop_assert_eq!(map.count().unwrap(), (model.len() as u32, frozen));
            if pass == 0 {
                drop(pin);
                map.truncate(cut).unwrap();
                model.retain(|block, _| *block < cut);
            }
        }
    }
}

/// Wrong promises of the upper levels, as a crash leaves them, must heal.
#[test]
fn wrong_promises_heal() {
    let (pool, _directory) = fresh();
    let map = FreeSpaceMap::new(pool, FILE);
    map.record(BlockNumber(9000), 800).unwrap();
    map.record(BlockNumber(3), 100).unwrap();
    // The lowest page of block 9000 is lost, its promise in the levels above is not.
    let lowest = 2 + 9000 / 4064;
    pool.zeroed(FILE, ForkNumber::FreeSpaceMap, BlockNumber(lowest)).unwrap().mark_dirty();
    assert_eq!(map.find(700).unwrap(), None);
    assert_eq!(map.find(90).unwrap(), Some(BlockNumber(3)));
}
