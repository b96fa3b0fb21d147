//! The B-tree against a sorted map: any order of insertions and removals, both directions, concurrency, crashes.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread;

use access_api::{IndexColumn, IndexDescription, ScanKey, ScanStrategy, StoredRelation};
use access_btree::*;
use common::{BlockNumber, OffsetNumber, TupleId};
use proptest::prelude::*;
use test_kit::{Client, Storage};
use types::{PhysicalType, Value};

fn order(left: &Value, right: &Value) -> std::cmp::Ordering {
    match (left, right) {
        (Value::Int4(left), Value::Int4(right)) => left.cmp(right),
        _ => left.as_str().cmp(&right.as_str()),
    }
}

fn index(storage: &Storage, physical: PhysicalType, is_unique: bool) -> IndexDescription {
    description(storage.relation(30000), physical, is_unique)
}

fn description(relation: StoredRelation, physical: PhysicalType, is_unique: bool) -> IndexDescription {
    let column = IndexColumn { physical, compare: order, descending: false, nulls_first: false };
    IndexDescription {
        relation,
        name: "i".into(),
        columns: vec![column],
        key_count: 1,
        is_unique,
        nulls_not_distinct: false,
    }
}

fn address(number: u32) -> TupleId {
    TupleId::new(BlockNumber(number / 100), OffsetNumber((number % 100) as u16 + 1))
}

fn number(address: TupleId) -> u32 {
    address.block.0 * 100 + u32::from(address.offset.0) - 1
}

fn add(client: &Client, index: &IndexDescription, value: Value, row: u32) -> Option<Duplicate> {
    let key = Key { values: vec![value], address: address(row) };
    let uniqueness = if index.is_unique { Uniqueness::Enforced } else { Uniqueness::NotChecked };
    insert(client.access(), index, &key, uniqueness, &mut |_| Ok(Liveness::Live)).unwrap()
}

fn scan(client: &Client, index: &IndexDescription, keys: Vec<ScanKey>, backward: bool) -> Vec<(Value, u32)> {
    let mut scan = BtreeScan::new(keys, backward, true);
    std::iter::from_fn(|| scan.next(client.access(), index).unwrap())
        .map(|found| (found.values.unwrap().remove(0), number(found.address)))
        .collect()
}

fn key(strategy: ScanStrategy, value: i32) -> ScanKey {
    ScanKey { column: 0, strategy, value: Value::Int4(value), compare: order }
}

#[derive(Clone, Debug)]
enum Step {
    Add(i32, u32),
    Remove(u32),
    Range(i32, i32, bool),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => (0..200i32, 0..3000u32).prop_map(|(value, row)| Step::Add(value, row)),
        1 => (2..7u32).prop_map(Step::Remove),
        2 => (0..200i32, 0..60i32, any::<bool>()).prop_map(|(low, length, back)| Step::Range(low, length, back)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn agrees_with_a_sorted_set(steps in prop::collection::vec(step(), 1500)) {
        let storage = Storage::new(64);
        let index = index(&storage, PhysicalType::Int4, false);
        let client = storage.client().start();
        client.begin();
        create(client.access(), &index).unwrap();
        let mut model = BTreeSet::new();
        for step in steps {
            match step {
                Step::Add(value, row) => {
                    if model.insert((value, row)) {
                        add(&client, &index, Value::Int4(value), row);
                    }
                }
                Step::Remove(every) => {
                    model.retain(|(_, row)| row % every != 0);
                    remove_dead(client.access(), &index, &mut |at| number(at).is_multiple_of(every)).unwrap();
                    verify(client.access(), &index).unwrap();
                }
                Step::Range(low, length, backward) => {
                    let keys = vec![key(ScanStrategy::GreaterEqual, low), key(ScanStrategy::Less, low + length)];
                    let found = scan(&client, &index, keys, backward);
                    let mut expected: Vec<_> = model.range((low, 0)..(low + length, 0)).copied().collect();
                    if backward {
                        expected.reverse();
                    }
                    let found: Vec<_> =
                        found.into_iter().map(|(value, row)| (value.as_i64().unwrap() as i32, row)).collect();
                    prop_assert_eq!(found, expected);
                }
            }
        }
        let entries = verify(client.access(), &index).unwrap();
        prop_assert_eq!(entries.addresses().count(), model.len());
        client.rollback();
    }
}

/// Several processes fill the tree at once, across many splits; nothing is lost, and it survives a crash.
#[test]
fn concurrent_insertions_and_a_crash() {
    let mut storage = Storage::new(128);
    let index = index(&storage, PhysicalType::Text, false);
    {
        let client = storage.client().start();
        client.run(|client| {
            client.session.xid().unwrap();
            create(client.access(), &index).unwrap();
        });
    }
    let value = |row: u32| Value::text(&format!("{:05}-{}", row * 7919 % 10007, "x".repeat(60)));
    thread::scope(|scope| {
        for part in 0..3u32 {
            let (seed, relation) = (storage.client(), index.relation);
            scope.spawn(move || {
                let (client, index) = (seed.start(), description(relation, PhysicalType::Text, false));
                client.run(|client| {
                    client.session.xid().unwrap();
                    (0..1500)
                        .map(|n| n * 3 + part)
                        .for_each(|row| assert_eq!(add(client, &index, value(row), row), None));
                });
            });
        }
    });
    for _ in 0..2 {
        let client = storage.client().start();
        client.begin();
        let found = scan(&client, &index, Vec::new(), false);
        let rows: BTreeSet<u32> = found.iter().map(|(_, row)| *row).collect();
        assert_eq!((found.len(), rows.len()), (4500, 4500));
        assert!(found.is_sorted_by(|a, b| a.0.as_str() <= b.0.as_str()));
        let mut back = scan(&client, &index, Vec::new(), true);
        back.reverse();
        assert_eq!(back, found);
        verify(client.access(), &index).unwrap();
        client.rollback();
        drop(client);
        storage = storage.crash();
    }
}

#[test]
fn duplicates_are_refused_and_nulls_are_not() {
    let storage = Storage::new(64);
    let index = index(&storage, PhysicalType::Int4, true);
    let client = storage.client().start();
    client.begin();
    create(client.access(), &index).unwrap();
    for row in 0..500 {
        assert_eq!(add(&client, &index, Value::Int4(row as i32), row), None);
    }
    let duplicate = Duplicate { address: address(77), undecided: None };
    assert_eq!(add(&client, &index, Value::Int4(77), 900), Some(duplicate));
    assert_eq!(add(&client, &index, Value::Null, 901), None);
    assert_eq!(add(&client, &index, Value::Null, 902), None);
    let is_null = ScanKey { column: 0, strategy: ScanStrategy::IsNull, value: Value::Null, compare: order };
    assert_eq!(scan(&client, &index, vec![is_null], false).len(), 2);
    assert_eq!(scan(&client, &index, vec![key(ScanStrategy::Greater, 497)], false).len(), 2);
    client.rollback();
}

#[test]
fn a_built_index_is_like_a_grown_one() {
    for count in [0u32, 1, 5, 300, 20_000] {
        let storage = Storage::new(256);
        let index = index(&storage, PhysicalType::Int4, false);
        let client = storage.client().start();
        client.begin();
        create(client.access(), &index).unwrap();
        let mut builder = Builder::new(client.access(), &index);
        for row in 0..count {
            builder
                .add(&Key { values: vec![Value::Int4(row as i32 / 2 * 2)], address: address(row) })
                .unwrap();
        }
        builder.finish().unwrap();
        assert_eq!(scan(&client, &index, Vec::new(), false).len(), count as usize);
        for row in (1..count).step_by(97) {
            assert_eq!(add(&client, &index, Value::Int4(row as i32 | 1), 100_000 + row), None);
            let found = scan(&client, &index, vec![key(ScanStrategy::Equal, row as i32 | 1)], false);
            assert_eq!(found, [(Value::Int4(row as i32 | 1), 100_000 + row)]);
        }
        verify(client.access(), &index).unwrap();
        client.rollback();
    }
}

#[test]
fn a_key_that_is_too_long_is_an_error() {
    let storage = Storage::new(64);
    let index = index(&storage, PhysicalType::Text, false);
    let client = storage.client().start();
    client.begin();
    create(client.access(), &index).unwrap();
    // What compresses well has room.
    assert!(add(&client, &index, Value::text(&"x".repeat(3000)), 2).is_none());
    let noise: String = (0..1500u64).map(|number| format!("{:x}", number * 2_654_435_761 % 65_536)).collect();
    let key = Key { values: vec![Value::text(&noise)], address: address(1) };
    let error = insert(client.access(), &index, &key, Uniqueness::NotChecked, &mut |_| Ok(Liveness::Live));
    assert_eq!(error.unwrap_err().sqlstate().as_str(), "54000");
    client.rollback();
}

/// Whatever is changed behind the index's back is found.
#[test]
fn verification_finds_damage() {
    let storage = Storage::new(256);
    let index = index(&storage, PhysicalType::Int4, false);
    let client = storage.client().start();
    client.begin();
    create(client.access(), &index).unwrap();
    for row in 0..2000 {
        add(&client, &index, Value::Int4(row as i32), row);
    }
    let damage = |block: u32, change: &dyn Fn(&mut storage_buffer::ExclusivePage)| {
        let file = index.relation.file;
        let pin = client.pool.read(
            file,
            common::ForkNumber::Main,
            BlockNumber(block),
            storage_buffer::Strategy::Normal,
        );
        let mut page = pin.unwrap().exclusive();
        let sound = *page.bytes_mut();
        change(&mut page);
        drop(page);
        let outcome = verify(client.access(), &index);
        let mut page = client
            .pool
            .read(file, common::ForkNumber::Main, BlockNumber(block), storage_buffer::Strategy::Normal)
            .unwrap()
            .exclusive();
        *page.bytes_mut() = sound;
        assert!(outcome.is_err(), "damage of block {block} was not found");
    };
    // The order of entries, a neighbour, and an entry of the level above.
    damage(2, &|page| page.page_mut().item_mut(OffsetNumber(5)).unwrap()[10] ^= 0x40);
    damage(2, &|page| page.page_mut().special_mut()[0] ^= 1);
    damage(3, &|page| {
        let last = OffsetNumber(page.page().item_count());
        page.page_mut().delete_items(&[last]);
    });
    assert_eq!(verify(client.access(), &index).unwrap().addresses().count(), 2000);
    client.rollback();
}

/// An index over a queue, filled at one end and emptied at the other, does not grow for ever, and is whole after a crash.
#[test]
fn pages_of_a_queue_are_used_again() {
    let mut storage = Storage::new(256);
    let index = index(&storage, PhysicalType::Int4, false);
    let mut sizes = Vec::new();
    for round in 0..12u32 {
        let client = storage.client().start();
        client.begin();
        client.session.xid().unwrap();
        if round == 0 {
            create(client.access(), &index).unwrap();
        }
        let first = round * 3000;
        for row in first..first + 3000 {
            add(&client, &index, Value::Int4(row as i32), row);
        }
        remove_dead(client.access(), &index, &mut |at| number(at) < first + 2000).unwrap();
        assert_eq!(scan(&client, &index, Vec::new(), false).len(), 1000);
        assert_eq!(scan(&client, &index, Vec::new(), true).len(), 1000);
        verify(client.access(), &index).unwrap();
        client.commit();
        sizes.push(storage.pool.blocks(index.relation.file, common::ForkNumber::Main).unwrap());
        drop(client);
        if round == 9 {
            // What the free space map knew may be lost, the marks on the pages are not.
            storage = storage.crash();
        }
    }
    assert!(sizes[9] <= sizes[3] && sizes[11] <= sizes[10], "{sizes:?}");
}

/// While entries come and pages go, scans in both directions find all entries that stay, once each and in order.
#[test]
fn scans_are_whole_while_pages_go() {
    const STAYS: u32 = 40;
    const RANGE: u32 = 6000;
    const ROUNDS: u32 = 8;
    let storage = Storage::new(256);
    let index = index(&storage, PhysicalType::Int4, false);
    {
        let client = storage.client().start();
        client.run(|client| {
            client.session.xid().unwrap();
            create(client.access(), &index).unwrap();
            (0..RANGE).step_by(STAYS as usize * 8).for_each(|row| {
                add(client, &index, Value::Int4(row as i32), row);
            });
        });
    }
    let expected: Vec<u32> = (0..RANGE).step_by(STAYS as usize * 8).collect();
    let stays = |row: u32| row < RANGE && row.is_multiple_of(STAYS * 8);
    let (is_over, rounds_over) = (AtomicBool::new(false), AtomicU32::new(0));
    thread::scope(|scope| {
        for backward in [false, true] {
            let (seed, relation) = (storage.client(), index.relation);
            let (expected, is_over) = (&expected, &is_over);
            scope.spawn(move || {
                let (client, index) = (seed.start(), description(relation, PhysicalType::Int4, false));
                while !is_over.load(Ordering::SeqCst) {
                    client.run(|client| {
                        let found = scan(client, &index, Vec::new(), backward);
                        let mut rows: Vec<u32> =
                            found.iter().map(|(_, row)| *row).filter(|row| stays(*row)).collect();
                        if backward {
                            rows.reverse();
                        }
                        // Entries that come meanwhile may be met out of order, where a page went behind the scan's back.
                        assert_eq!(&rows, expected);
                    });
                }
            });
        }
        // One adds entries all over the range, another removes those of rounds that are over, while splits go on.
        let (seed, relation) = (storage.client(), index.relation);
        let (is_over, rounds_over) = (&is_over, &rounds_over);
        scope.spawn(move || {
            let (client, index) = (seed.start(), description(relation, PhysicalType::Int4, false));
            for round in 1..=ROUNDS {
                client.run(|client| {
                    client.session.xid().unwrap();
                    for row in 0..RANGE {
                        let value = row * 7919 % RANGE;
                        add(client, &index, Value::Int4(value as i32), RANGE * round + row);
                    }
                });
                rounds_over.store(round, Ordering::SeqCst);
            }
        });
        let (seed, relation) = (storage.client(), index.relation);
        scope.spawn(move || {
            let (client, index) = (seed.start(), description(relation, PhysicalType::Int4, false));
            let mut over = 0;
            while over < ROUNDS {
                over = rounds_over.load(Ordering::SeqCst);
                let is_dead = |row: u32| (RANGE..RANGE * (over + 1)).contains(&row);
                client.run(|client| {
                    client.session.xid().unwrap();
                    remove_dead(client.access(), &index, &mut |at| is_dead(number(at))).unwrap();
                    let found = scan(client, &index, Vec::new(), false);
                    assert!(!found.iter().any(|(_, row)| is_dead(*row)), "entries escaped the vacuum");
                });
            }
            is_over.store(true, Ordering::SeqCst);
        });
    });
    let client = storage.client().start();
    client.begin();
    assert_eq!(verify(client.access(), &index).unwrap().addresses().count(), expected.len());
    client.rollback();
}
