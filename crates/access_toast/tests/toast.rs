//! Values of any size come back as they went in, also over a crash, and go with their rows.

use access_btree::create;
use access_toast::*;
use common::Oid;
use proptest::prelude::*;
use test_kit::{Client, Storage};
use tuple::{Decoder, ExternalPointer, RowLayout};
use types::{Column, PhysicalType, Value};

const EXTENDED: &[u8] = b"px";

fn table(storage: &Storage, client: &Client) -> ToastTable {
    let table = ToastTable::new(storage.relation(20000), storage.relation(20001));
    client.run(|client| create(client.access(), &table.index).unwrap());
    table
}

fn layout() -> RowLayout {
    RowLayout::of([PhysicalType::Int4, PhysicalType::Bytes])
}

/// Bytes without any pattern.
fn noise(length: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15u64;
    let next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state as u8
    };
    std::iter::repeat_with(next).take(length).collect()
}

fn encoded(
    client: &Client,
    table: &ToastTable,
    bytes: &[u8],
    storage: &[u8],
) -> (Vec<u8>, Vec<ExternalPointer>) {
    let values = [Value::Int4(7), Value::Bytes(bytes.into())];
    let mut row = Vec::new();
    let stored = encode_row(client.access(), values.as_slice(), storage, Some(table), &[], &mut row).unwrap();
    (row, stored)
}

fn decoded(client: &Client, table: &ToastTable, row: &[u8]) -> Vec<u8> {
    let mut columns = [Column::new(PhysicalType::Int4), Column::new(PhysicalType::Bytes)];
    columns.iter_mut().for_each(|column| column.resize(1));
    let mut pending = Vec::new();
    Decoder::new(layout(), &[0, 1]).decode(row, &mut columns, 0, &mut pending).unwrap();
    for external in pending {
        let stored = fetch(client.access(), table, &external.pointer).unwrap();
        external.fill(&mut columns, &stored).unwrap();
    }
    assert_eq!(columns[0].get::<i32>(0), 7);
    columns[1].bytes(0).to_vec()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn values_come_back(lengths in prop::collection::vec((0usize..200_000, any::<bool>(), 0usize..4), 1..6)) {
        let storage = Storage::new(256);
        let client = storage.client().start();
        let table = table(&storage, &client);
        client.begin();
        let mut rows = Vec::new();
        for (length, is_noise, policy) in lengths {
            let bytes = if is_noise { noise(length) } else { vec![b'x'; length] };
            let (row, _) = encoded(&client, &table, &bytes, &[b'p', b"xemx"[policy]]);
            prop_assert!(row.len() <= access_heap::MAX_ROW_SIZE);
            rows.push((row, bytes));
        }
        client.commit();
        for (row, bytes) in &rows {
            prop_assert_eq!(&client.run(|client| decoded(client, &table, row)), bytes);
        }
        drop(client);
        let storage = storage.crash();
        let client = storage.client().start();
        for (row, bytes) in &rows {
            prop_assert_eq!(&client.run(|client| decoded(client, &table, row)), bytes);
        }
    }
}

#[test]
fn deleted_and_discarded_values_are_gone() {
    let storage = Storage::new(256);
    let client = storage.client().start();
    let table = table(&storage, &client);
    let (row, stored) = client.run(|client| encoded(client, &table, &noise(50_000), EXTENDED));
    let [pointer] = stored[..] else { panic!("one value leaves the row") };
    assert_eq!(Decoder::external_values(&layout(), &row).unwrap(), [(1, pointer)]);
    // Rolled back, the value is there still.
    client.begin();
    delete(client.access(), &table, pointer.value_id).unwrap();
    client.rollback();
    assert_eq!(client.run(|client| decoded(client, &table, &row)).len(), 50_000);
    client.run(|client| delete(client.access(), &table, pointer.value_id).unwrap());
    client.run(|client| {
        let (_, stored) = encoded(client, &table, &noise(9_000), EXTENDED);
        discard(client.access(), &table, &stored).unwrap();
    });
    let visible = client.run(|client| {
        let mut scan = access_heap::HeapScan::new(client.access(), table.heap, client.snapshot()).unwrap();
        let layout = RowLayout::of([PhysicalType::Oid, PhysicalType::Int4, PhysicalType::Bytes]);
        let attributes = [common::AttributeNumber(1)];
        let mut reader = access_heap::ColumnReader::new(table.heap.oid, layout, &attributes);
        let mut batch = types::Batch::new(reader.types().iter().copied());
        scan.next_batch(client.access(), &mut reader, &mut batch).unwrap()
    });
    assert!(!visible, "chunks are left");
}

#[test]
fn storage_decides_what_leaves_the_row() {
    let storage = Storage::new(256);
    let client = storage.client().start();
    let table = table(&storage, &client);
    client.begin();
    let outcome = |bytes: &[u8], policy: u8| {
        let (row, stored) = encoded(&client, &table, bytes, &[b'p', policy]);
        (row.len() <= 2032, stored.first().map(|pointer| pointer.is_compressed()))
    };
    let plain = vec![b'x'; 6_000];
    assert_eq!(outcome(&plain, b'x'), (true, None));
    assert_eq!(outcome(&plain, b'm'), (true, None));
    assert_eq!(outcome(&plain, b'e'), (true, Some(false)));
    assert_eq!(outcome(&plain, b'p'), (false, None));
    assert_eq!(outcome(&noise(6_000), b'x'), (true, Some(false)));
    assert_eq!(outcome(&noise(6_000), b'm'), (false, None));
    assert_eq!(outcome(&noise(9_000), b'm'), (true, Some(false)));
    let half = [noise(9_000), vec![b'x'; 9_000]].concat();
    assert_eq!(outcome(&half, b'x'), (true, Some(true)));
    client.commit();
}

#[test]
fn missing_chunks_are_corruption() {
    let storage = Storage::new(256);
    let client = storage.client().start();
    let table = table(&storage, &client);
    let pointer =
        ExternalPointer { raw_length: 10, stored_length: 10, value_id: Oid(99), toast_relation: Oid(20000) };
    let error = client.run(|client| fetch(client.access(), &table, &pointer).unwrap_err());
    assert_eq!(error.sqlstate(), error::sqlstate::DATA_CORRUPTED);
}

#[test]
fn unchanged_values_keep_their_pointer() {
    let storage = Storage::new(256);
    let client = storage.client().start();
    let table = table(&storage, &client);
    client.begin();
    let (_, stored) = encoded(&client, &table, &noise(5_000), EXTENDED);
    let values = [Value::Int4(8), Value::Bytes(noise(5_000).into())];
    let mut row = Vec::new();
    let kept = [(1, stored[0])];
    let more =
        encode_row(client.access(), values.as_slice(), EXTENDED, Some(&table), &kept, &mut row).unwrap();
    client.commit();
    assert!(more.is_empty());
    assert_eq!(Decoder::external_values(&layout(), &row).unwrap(), kept);
}
