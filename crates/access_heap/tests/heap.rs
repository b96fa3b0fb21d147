//! The heap through its public doors: what each snapshot sees, who waits for whom, what survives a crash.

use std::sync::mpsc::channel;
use std::thread;

use access_api::{LockWait, RowOutcome, StoredRelation};
use access_heap::*;
use common::{AttributeNumber, ForkNumber, TupleId};
use storage_buffer::Strategy;
use test_kit::{Client, Storage};
use tuple::{LockStrength, RowLayout, TupleHeader, encode, infomask};
use types::{Batch, PhysicalType, Value};

const NO_INDEX: UpdateScope = UpdateScope { key: false, indexed: false };
const INDEXED: UpdateScope = UpdateScope { key: false, indexed: true };

fn layout() -> RowLayout {
    RowLayout::of([PhysicalType::Int4, PhysicalType::Text])
}

fn row(number: i32, text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    encode(&[Value::Int4(number), Value::text(text)][..], &mut bytes);
    bytes
}

fn add(client: &Client, table: &StoredRelation, number: i32, text: &str) -> TupleId {
    insert(client.access(), table, &mut row(number, text), None).unwrap()
}

/// All rows that a new statement of the client sees.
fn rows(client: &Client, table: &StoredRelation) -> Vec<(TupleId, i32, String)> {
    let attributes = [AttributeNumber::CTID, AttributeNumber(1), AttributeNumber(2)];
    let mut reader = ColumnReader::new(table.oid, layout(), &attributes);
    let mut scan = HeapScan::new(client.access(), *table, client.snapshot()).unwrap();
    let mut batch = Batch::new(reader.types().iter().copied());
    let mut found = Vec::new();
    while scan.next_batch(client.access(), &mut reader, &mut batch).unwrap() {
        for at in 0..batch.rows {
            let [tid, number, text] = &batch.columns[..] else { panic!() };
            found.push((tid.get(at), number.get(at), text.text(at).to_string()));
        }
    }
    found
}

fn numbers(client: &Client, table: &StoredRelation) -> Vec<i32> {
    let mut numbers: Vec<i32> = rows(client, table).into_iter().map(|(_, number, _)| number).collect();
    numbers.sort_unstable();
    numbers
}

fn change(
    client: &Client,
    table: &StoredRelation,
    at: TupleId,
    number: i32,
    scope: UpdateScope,
) -> RowOutcome<Updated> {
    update(client.access(), table, at, &mut row(number, "changed"), scope, LockWait::Block).unwrap()
}

/// A second process that carries out orders while the test goes on.
fn elsewhere<T: Send + 'static>(
    storage: &Storage,
    work: impl FnOnce(&Client) -> T + Send + 'static,
) -> thread::JoinHandle<T> {
    let seed = storage.client();
    thread::spawn(move || work(&seed.start()))
}

#[test]
fn own_commands_see_what_came_before() {
    let storage = Storage::new(64);
    let (client, table) = (storage.client().start(), storage.relation(20000));
    client.begin();
    let at = add(&client, &table, 1, "a");
    let before = client.session.snapshot();
    assert_eq!(numbers(&client, &table), [1]);
    let RowOutcome::Done(updated) = change(&client, &table, at, 2, NO_INDEX) else { panic!() };
    assert!(updated.is_hot);
    assert_eq!(numbers(&client, &table), [2]);
    assert!(matches!(
        delete(client.access(), &table, updated.address, LockWait::Block),
        Ok(RowOutcome::Done(()))
    ));
    assert_eq!(numbers(&client, &table), []);
    assert!(fetch(client.access(), &table, &before, at, |_| Ok(())).unwrap().is_none());
    client.rollback();
    client.begin();
    assert_eq!(numbers(&client, &table), []);
    client.rollback();
}

#[test]
fn savepoints_undo_their_rows() {
    let storage = Storage::new(64);
    let (client, table) = (storage.client().start(), storage.relation(20000));
    client.begin();
    add(&client, &table, 1, "kept");
    client.session.begin_subtransaction();
    add(&client, &table, 2, "undone");
    client.session.rollback_subtransaction();
    client.session.begin_subtransaction();
    add(&client, &table, 3, "kept");
    client.session.commit_subtransaction();
    assert_eq!(numbers(&client, &table), [1, 3]);
    client.commit();
    let seen = elsewhere(&storage, move |other| other.run(|other| numbers(other, &table))).join().unwrap();
    assert_eq!(seen, [1, 3]);
}

/// Read committed sees each commit, repeatable read none after its snapshot; nobody sees what is not committed.
#[test]
fn snapshots_by_isolation_level() {
    let storage = Storage::new(64);
    let (client, table) = (storage.client().start(), storage.relation(20000));
    let at = client.run(|client| add(client, &table, 1, "a"));
    let (order, orders) = channel::<bool>();
    let (answer, answers) = channel();
    let reader = elsewhere(&storage, move |other| {
        for repeatable in orders {
            if other.session.level() == 0 {
                if repeatable { other.begin_repeatable() } else { other.begin() }
            }
            answer.send(numbers(other, &table)).unwrap();
        }
    });
    let ask = |repeatable| {
        order.send(repeatable).unwrap();
        answers.recv().unwrap()
    };
    assert_eq!(ask(true), [1]);
    client.begin();
    let RowOutcome::Done(_) = change(&client, &table, at, 2, NO_INDEX) else { panic!() };
    add(&client, &table, 3, "b");
    assert_eq!(ask(true), [1], "dirty read");
    client.commit();
    assert_eq!(ask(true), [1], "repeatable read");
    drop(order);
    reader.join().unwrap();
    assert_eq!(client.run(|client| numbers(client, &table)), [2, 3]);
}

/// The second updater waits for the first, and learns whether the row was changed.
#[test]
fn updaters_wait_for_each_other() {
    for commits in [true, false] {
        let storage = Storage::new(64);
        let (client, table) = (storage.client().start(), storage.relation(20000));
        let at = client.run(|client| add(client, &table, 1, "a"));
        client.begin();
        let RowOutcome::Done(first) = change(&client, &table, at, 2, NO_INDEX) else { panic!() };
        let second = elsewhere(&storage, move |other| {
            other.begin();
            let outcome = change(other, &table, at, 3, NO_INDEX);
            other.commit();
            outcome
        });
        while !client.session.locks().report().iter().any(|lock| !lock.is_granted) {
            thread::yield_now();
        }
        if commits {
            client.commit()
        } else {
            client.rollback()
        }
        match second.join().unwrap() {
            RowOutcome::Updated(conflict) => {
                assert!(commits);
                assert_eq!(conflict.newer, first.address);
            }
            RowOutcome::Done(_) => assert!(!commits),
            other => panic!("{other:?}"),
        }
    }
}

/// Key-share lockers and an update that keeps the key go together; a delete waits for the lockers, also on the new version.
#[test]
fn several_lockers_share_a_row() {
    let storage = Storage::new(64);
    let (client, table) = (storage.client().start(), storage.relation(20000));
    let at = client.run(|client| add(client, &table, 1, "a"));
    let lock =
        |client: &Client, at, strength, wait| lock_row(client.access(), &table, at, strength, wait).unwrap();
    client.begin();
    assert_eq!(lock(&client, at, LockStrength::KeyShare, LockWait::Block), RowOutcome::Done(()));
    let newer = elsewhere(&storage, move |other| {
        other.begin();
        let lock = |strength| lock_row(other.access(), &table, at, strength, LockWait::Skip).unwrap();
        assert_eq!(lock(LockStrength::KeyShare), RowOutcome::Done(()));
        assert_eq!(lock(LockStrength::Share), RowOutcome::Done(()));
        assert_eq!(lock(LockStrength::Update), RowOutcome::WouldBlock);
        let RowOutcome::Done(updated) = change(other, &table, at, 2, NO_INDEX) else { panic!() };
        other.commit();
        updated.address
    })
    .join()
    .unwrap();
    let outcome = elsewhere(&storage, move |other| {
        other.begin();
        let outcome = delete(other.access(), &table, newer, LockWait::Skip).unwrap();
        other.rollback();
        outcome
    });
    assert_eq!(outcome.join().unwrap(), RowOutcome::WouldBlock);
    client.commit();
    client.begin();
    assert_eq!(delete(client.access(), &table, newer, LockWait::Skip).unwrap(), RowOutcome::Done(()));
    client.commit();
    assert_eq!(client.run(|client| numbers(client, &table)), []);
}

struct NoIndexes;

impl VacuumHooks for NoIndexes {
    fn pause(&mut self) -> error::Result<()> {
        Ok(())
    }

    fn has_indexes(&self) -> bool {
        false
    }

    fn clean_indexes(&mut self, _: &DeadRows) -> error::Result<()> {
        Ok(())
    }

    fn truncate(&mut self, _: u32) -> error::Result<()> {
        Ok(())
    }
}

/// HOT chains are pruned on the way, so a row that is updated a thousand times stays on its page.
#[test]
fn hot_updates_reuse_their_page() {
    let storage = Storage::new(64);
    let (client, table) = (storage.client().start(), storage.relation(20000));
    let mut at = client.run(|client| add(client, &table, 0, "a"));
    for number in 1..=1000 {
        at = client.run(|client| match change(client, &table, at, number, NO_INDEX) {
            RowOutcome::Done(updated) => updated.address,
            other => panic!("{other:?}"),
        });
    }
    assert_eq!(client.run(|client| numbers(client, &table)), [1000]);
    assert_eq!(client.pool.blocks(table.file, common::ForkNumber::Main).unwrap(), 1);
}

/// Whoever comes by an index prunes a page that is nearly full, so that the next update finds room and chains stay short.
#[test]
fn reading_by_address_prunes_a_page_without_room() {
    let storage = Storage::new(64);
    let (client, table) = (storage.client().start(), storage.relation(20000));
    let text = "x".repeat(500);
    let root = client.run(|client| add(client, &table, 0, &text));
    let mut at = root;
    for number in 1..14 {
        let mut new = row(number, &text);
        at = client.run(|client| {
            let changed = update(client.access(), &table, at, &mut new, NO_INDEX, LockWait::Block).unwrap();
            let RowOutcome::Done(updated) = changed else { panic!("{changed:?}") };
            updated.address
        });
    }
    let versions = || {
        let pin = storage.pool.read(table.file, ForkNumber::Main, root.block, Strategy::Normal).unwrap();
        let page = pin.share();
        page.page().offsets().filter(|offset| page.page().line(*offset).is_normal()).count()
    };
    assert_eq!(versions(), 14);
    let found = client.run(|client| {
        fetch(client.access(), &table, &client.snapshot(), root, |fetched| Ok(fetched.address)).unwrap()
    });
    assert_eq!(found, Some(at));
    assert_eq!(versions(), 1);
}

/// Who prunes writes down which rows were committed and which not, so that the next one need not ask for each again.
#[test]
fn pruning_notes_outcomes() {
    let storage = Storage::new(64);
    let (client, table) = (storage.client().start(), storage.relation(20000));
    let text = "x".repeat(500);
    let kept: Vec<TupleId> =
        client.run(|client| (0..13).map(|number| add(client, &table, number, &text)).collect());
    client.begin();
    let given_up = add(&client, &table, 13, &text);
    delete(client.access(), &table, kept[0], LockWait::Block).unwrap();
    client.rollback();
    let mut at = kept[12];
    let bits = |at: TupleId| {
        let pin = storage.pool.read(table.file, ForkNumber::Main, at.block, Strategy::Normal).unwrap();
        let page = pin.share();
        page.page().item(at.offset).map(|bytes| TupleHeader::new(bytes).infomask())
    };
    assert_eq!(bits(kept[1]).unwrap() & infomask::XMIN_COMMITTED, 0);
    for number in 14..34 {
        at = client.run(|client| match change(client, &table, at, number, NO_INDEX) {
            RowOutcome::Done(updated) => updated.address,
            other => panic!("{other:?}"),
        });
    }
    assert_ne!(bits(kept[1]).unwrap() & infomask::XMIN_COMMITTED, 0);
    assert_ne!(bits(kept[0]).unwrap() & infomask::XMAX_INVALID, 0);
    assert_eq!(bits(given_up), None);
}

/// Vacuum makes room that new rows take, and marks pages that everybody sees; a change takes the mark off again.
#[test]
fn vacuum_makes_room() {
    let storage = Storage::new(64);
    let (client, table) = (storage.client().start(), storage.relation(20000));
    let text = "x".repeat(500);
    client.run(|client| {
        (0..1000).for_each(|number| {
            add(client, &table, number, &text);
        })
    });
    let blocks = || storage.pool.blocks(table.file, common::ForkNumber::Main).unwrap();
    let full = blocks();
    client.run(|client| {
        for (at, number, _) in rows(client, &table) {
            if number % 2 == 0 {
                assert_eq!(
                    delete(client.access(), &table, at, LockWait::Block).unwrap(),
                    RowOutcome::Done(())
                );
            }
        }
    });
    let options = VacuumOptions { all_pages: false, truncate: false, max_dead: 1000 };
    let run = |client: &Client| vacuum(client.access(), &table, options, &mut NoIndexes).unwrap();
    let report = client.run(run);
    assert_eq!((report.live_rows, report.removed_rows), (500, 500));
    assert_eq!(
        client.run(run).scanned_pages,
        1,
        "all pages are visible to all; the first is always looked at"
    );
    client.run(|client| {
        (1000..1450).for_each(|number| {
            add(client, &table, number, &text);
        })
    });
    assert_eq!(blocks(), full);
    assert_eq!(client.run(|client| numbers(client, &table)).len(), 950);
    assert!(client.run(run).scanned_pages > 1);
    assert_eq!(client.run(|client| verify(client.access(), &table, &layout()).unwrap()), []);
}

/// Verification finds a row that cannot be read, one that no index can reach, and one of a transaction that is yet to come.
#[test]
fn verification_finds_damage() {
    let storage = Storage::new(64);
    let (client, table) = (storage.client().start(), storage.relation(20000));
    client.run(|client| {
        for number in 0..10 {
            add(client, &table, number, "sound");
        }
    });
    let found = || {
        let problems = client.run(|client| verify(client.access(), &table, &layout()).unwrap());
        problems.iter().map(|problem| problem.offset.map_or(0, |offset| offset.0)).collect::<Vec<_>>()
    };
    assert_eq!(found(), []);
    let (file, first) = (table.file, common::BlockNumber(0));
    let read = || client.pool.read(file, common::ForkNumber::Main, first, storage_buffer::Strategy::Normal);
    for (offset, byte, value) in [(2, tuple::HEADER_SIZE + 4, 0x70), (5, 23, 0x10), (7, 1, 0xff)] {
        let mut page = read().unwrap().exclusive();
        page.page_mut().item_mut(common::OffsetNumber(offset)).unwrap()[byte] |= value;
    }
    assert_eq!(found(), [2, 7, 5]);
}

/// After a crash exactly the committed work is there, and doing recovery again changes nothing.
#[test]
fn crash_keeps_what_was_committed() {
    let mut storage = Storage::new(64);
    let table = storage.relation(20000);
    let client = storage.client().start();
    let at = client.run(|client| {
        add(client, &table, 1, "a");
        add(client, &table, 2, "b")
    });
    drop(client);
    storage.checkpoint();
    let client = storage.client().start();
    client.run(|client| {
        let RowOutcome::Done(updated) = change(client, &table, at, 20, INDEXED) else { panic!() };
        assert!(!updated.is_hot);
        (100..400).for_each(|number| {
            add(client, &table, number, "many");
        });
    });
    client.begin();
    add(&client, &table, 3, "not committed");
    client.pool.wal().flush(client.pool.wal().insert_position()).unwrap();
    drop(client);
    for _ in 0..2 {
        storage = storage.crash();
        let client = storage.client().start();
        let mut expected = vec![1, 20];
        expected.extend(100..400);
        assert_eq!(client.run(|client| numbers(client, &table)), expected);
    }
}
