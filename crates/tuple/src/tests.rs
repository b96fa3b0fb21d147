//! Rows go in and come out the same, and damaged rows are errors.

use types::{Column, Numeric, PhysicalType, Value};

use crate::*;

fn check(layout: &RowLayout, values: &[Value]) {
    let mut bytes = Vec::new();
    encode(values, &mut bytes);
    assert_eq!(read(layout, &bytes), values);
    // Whatever end is cut off, the answer is never a panic.
    let all: Vec<usize> = (0..layout.attributes.len()).collect();
    let decoder = Decoder::new(layout.clone(), &all);
    for cut in HEADER_SIZE + 1..bytes.len() {
        let mut columns = columns_of(layout);
        let header = TupleHeader::new(&bytes[..]);
        if cut >= header.data_offset() {
            assert!(decoder.decode(&bytes[..cut], &mut columns, 0, &mut Vec::new()).is_err(), "cut at {cut}");
        }
    }
}

fn columns_of(layout: &RowLayout) -> Vec<Column> {
    let mut columns: Vec<Column> = layout.attributes.iter().map(|a| Column::new(a.physical)).collect();
    columns.iter_mut().for_each(|column| column.resize(1));
    columns
}

fn read(layout: &RowLayout, bytes: &[u8]) -> Vec<Value> {
    let all: Vec<usize> = (0..layout.attributes.len()).collect();
    let mut columns = columns_of(layout);
    Decoder::new(layout.clone(), &all).decode(bytes, &mut columns, 0, &mut Vec::new()).unwrap();
    columns.iter().map(|column| column.value(0)).collect()
}

/// Rows that are read together are what they are one by one, wherever NULLs fall and whatever the columns held before.
#[test]
fn rows_together() {
    use PhysicalType::*;
    let layout = RowLayout::of([Int4, Int8, Bool, Text, Int2]);
    let values = |row: usize| {
        let mut values = vec![
            Value::Int4(row as i32),
            Value::Int8(-(row as i64)),
            Value::Bool(row.is_multiple_of(2)),
            Value::text(&row.to_string()),
            Value::Int2(7),
        ];
        if row % 7 == 3 {
            values[row % 5] = Value::Null;
        }
        values
    };
    let rows = 3 * SEGMENT + 5;
    let stored: Vec<Vec<u8>> = (0..rows)
        .map(|row| {
            let mut bytes = Vec::new();
            encode(values(row).as_slice(), &mut bytes);
            bytes
        })
        .collect();
    for wanted in [vec![0, 1, 2, 3, 4], vec![4, 1], vec![2], vec![]] {
        let decoder = Decoder::new(layout.clone(), &wanted);
        let mut columns: Vec<Column> =
            wanted.iter().map(|at| Column::new(layout.attributes[*at].physical)).collect();
        for column in &mut columns {
            column.resize(rows + 2);
            (0..rows + 2).for_each(|row| column.set_null(row));
        }
        let bytes = stored.iter().map(Vec::as_slice);
        decoder.decode_rows(bytes, &mut columns, 2, &mut Vec::new()).unwrap();
        for row in 0..rows {
            let expected: Vec<Value> = wanted.iter().map(|at| values(row)[*at].clone()).collect();
            let read: Vec<Value> = columns.iter().map(|column| column.value(row + 2)).collect();
            assert_eq!(read, expected, "row {row}");
        }
    }
    let short = &stored[0][..HEADER_SIZE + 9];
    let mut columns = columns_of(&layout);
    let decoder = Decoder::new(layout, &[0, 1, 2, 3, 4]);
    assert!(decoder.decode_rows(std::iter::once(short), &mut columns, 0, &mut Vec::new()).is_err());
}

#[test]
fn every_form_survives() {
    use PhysicalType::*;
    let layout = RowLayout::of([Bool, Int2, Int4, Text, Int8, Numeric, Float8, Bytes, Oid, Uuid, Text, Int4]);
    let long = "x".repeat(300);
    check(
        &layout,
        &[
            Value::Bool(true),
            Value::Int2(-5),
            Value::Null,
            Value::text("short"),
            Value::Int8(i64::MIN),
            Value::Numeric(types::Numeric::from_scaled(-12345, 2)),
            Value::Float8(0.5),
            Value::Bytes(Box::new([0, 255])),
            Value::Oid(common::Oid(77)),
            Value::Uuid([7; 16]),
            Value::text(&long),
            Value::Int4(9),
        ],
    );
}

#[test]
fn arrays_nest_and_keep_nulls() {
    let mut elements = Column::new(PhysicalType::Text);
    elements.push_text("a");
    elements.push_null();
    elements.push_text("ccc");
    let array = types::array::Array::new(types::oid::TEXT, elements);
    let layout = RowLayout::of([PhysicalType::Array, PhysicalType::Int4]);
    check(&layout, &[Value::Array(Box::new(array)), Value::Int4(1)]);
}

#[test]
fn numbers_of_any_size() {
    for scaled in [0i64, 1, -1, 127, 128, -128, -129, 32767, 32768, i64::MAX, i64::MIN + 1] {
        for scale in [0u8, 2, 18] {
            let number = Numeric::from_scaled(scaled, scale);
            let mut bytes = Vec::new();
            number.store(&mut bytes);
            let loaded = Numeric::load(&bytes).unwrap();
            assert_eq!((&loaded, loaded.scale()), (&number, number.scale()), "{scaled} {scale}");
        }
    }
    for special in [Numeric::NAN, Numeric::INFINITY, Numeric::NEGATIVE_INFINITY, Numeric::from(i64::MIN)] {
        let mut bytes = Vec::new();
        special.store(&mut bytes);
        assert_eq!(Numeric::load(&bytes), Some(special));
    }
}

#[test]
fn columns_added_later_have_their_missing_value() {
    let mut layout = RowLayout::of([PhysicalType::Int4, PhysicalType::Text]);
    layout.attributes[1].missing = Value::text("new");
    let mut bytes = Vec::new();
    encode(&[Value::Int4(1)][..], &mut bytes);
    assert_eq!(read(&layout, &bytes), [Value::Int4(1), Value::text("new")]);
}

#[test]
fn compressed_and_external_values() {
    let raw = "abcdefgh".repeat(200);
    let mut value = Vec::new();
    assert!(compress(&mut value, raw.as_bytes()));
    let layout = RowLayout::of([PhysicalType::Text]);
    let mut bytes = Vec::new();
    assemble(&[Some(value)], false, &mut bytes);
    assert_eq!(read(&layout, &bytes), [Value::text(&raw)]);

    let pointer = ExternalPointer {
        raw_length: 5,
        stored_length: 5,
        value_id: common::Oid(1),
        toast_relation: common::Oid(2),
    };
    let mut value = Vec::new();
    put_external(&mut value, pointer);
    assemble(&[Some(value)], true, &mut bytes);
    let (mut columns, mut pending) = (columns_of(&layout), Vec::new());
    Decoder::new(layout, &[0]).decode(&bytes, &mut columns, 0, &mut pending).unwrap();
    assert_eq!(pending, [PendingExternal { column: 0, row: 0, pointer }]);
    pending[0].fill(&mut columns, b"hello").unwrap();
    assert_eq!(columns[0].text(0), "hello");
}
