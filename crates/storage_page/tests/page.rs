//! The page against a plain vector of items, and its checksum against damage.

use common::{BlockNumber, ForkNumber, Lsn, OffsetNumber, Oid, PAGE_SIZE, RelationFile};
use proptest::prelude::*;
use storage_page::*;

#[derive(Clone, Debug)]
enum Step {
    Add(Vec<u8>),
    Insert(u16, Vec<u8>),
    Overwrite(u16, Vec<u8>),
    Delete(u16, u16),
    SetUnused(u16),
    SetDead(u16),
    Compact,
    Truncate,
}

fn step() -> impl Strategy<Value = Step> {
    let bytes = || proptest::collection::vec(any::<u8>(), 1..600);
    prop_oneof![
        4 => bytes().prop_map(Step::Add),
        2 => (any::<u16>(), bytes()).prop_map(|(at, item)| Step::Insert(at, item)),
        2 => (any::<u16>(), bytes()).prop_map(|(at, item)| Step::Overwrite(at, item)),
        1 => (any::<u16>(), any::<u16>()).prop_map(|(a, b)| Step::Delete(a, b)),
        1 => any::<u16>().prop_map(Step::SetUnused),
        1 => any::<u16>().prop_map(Step::SetDead),
        1 => Just(Step::Compact),
        1 => Just(Step::Truncate),
    ]
}

#[derive(Clone, Debug, PartialEq)]
enum Slot {
    Unused,
    Dead,
    Item(Vec<u8>),
}

fn pick(number: u16, model: &[Slot]) -> Option<OffsetNumber> {
    (!model.is_empty()).then(|| OffsetNumber(number % model.len() as u16 + 1))
}

proptest! {
    /// After any sequence of edits the page holds what a vector of items holds, and refuses only for want of room.
    #[test]
    fn behaves_as_a_vector(steps in proptest::collection::vec(step(), 1..120)) {
        let mut bytes = [0; PAGE_SIZE];
        let mut page = PageMut::new(&mut bytes);
        page.initialize(12);
        page.special_mut().fill(0xEE);
        let mut model: Vec<Slot> = Vec::new();
        for step in steps {
            match step {
                Step::Add(item) => match page.add_item(&item) {
                    Some(at) if at.index() == model.len() => model.push(Slot::Item(item)),
                    Some(at) => {
                        prop_assert_eq!(&model[at.index()], &Slot::Unused);
                        model[at.index()] = Slot::Item(item);
                    }
                    None => prop_assert!(page.view().free_space() < align(item.len())),
                },
                Step::Insert(at, item) => {
                    let at = at as usize % (model.len() + 1);
                    if page.insert_item(OffsetNumber(at as u16 + 1), &item) {
                        model.insert(at, Slot::Item(item));
                    } else {
                        prop_assert!(page.view().free_space() < align(item.len()));
                    }
                }
                Step::Overwrite(at, item) => if let Some(at) = pick(at, &model) {
                    let is_item = matches!(model[at.index()], Slot::Item(_));
                    if page.overwrite_item(at, &item) {
                        prop_assert!(is_item);
                        model[at.index()] = Slot::Item(item);
                    } else {
                        prop_assert!(!is_item || page.view().exact_free_space() < align(item.len()));
                    }
                },
                Step::Delete(a, b) => if let (Some(a), Some(b)) = (pick(a, &model), pick(b, &model)) {
                    let mut unwanted = vec![a, b];
                    unwanted.sort();
                    unwanted.dedup();
                    page.delete_items(&unwanted);
                    unwanted.iter().rev().for_each(|at| drop(model.remove(at.index())));
                },
                Step::SetUnused(at) => if let Some(at) = pick(at, &model) {
                    page.set_unused(at);
                    model[at.index()] = Slot::Unused;
                },
                Step::SetDead(at) => if let Some(at) = pick(at, &model) {
                    page.set_dead(at);
                    model[at.index()] = Slot::Dead;
                },
                Step::Compact => {
                    page.compact();
                    let used: usize = model.iter().map(|slot| match slot {
                        Slot::Item(item) => align(item.len()),
                        _ => 0,
                    }).sum();
                    let expected = PAGE_SIZE - 16 - HEADER_SIZE - used - model.len() * LINE_POINTER_SIZE;
                    prop_assert_eq!(page.view().exact_free_space(), expected);
                }
                Step::Truncate => {
                    page.truncate_lines();
                    while model.last() == Some(&Slot::Unused) {
                        model.pop();
                    }
                }
            }
            let view = page.view();
            prop_assert_eq!(view.check_header(), Ok(()));
            prop_assert_eq!(view.item_count() as usize, model.len());
            for (offset, slot) in view.offsets().zip(&model) {
                match slot {
                    Slot::Unused => prop_assert!(view.line(offset).is_unused()),
                    Slot::Dead => prop_assert!(view.line(offset).is_dead()),
                    Slot::Item(item) => prop_assert_eq!(view.item(offset), Some(&item[..])),
                }
            }
            prop_assert!(view.special().iter().all(|byte| *byte == 0xEE));
        }
    }

    /// A damaged page may hold anything: looking at it and editing it must not panic.
    #[test]
    fn damage_does_not_panic(seed in proptest::collection::vec(any::<u8>(), 400)) {
        let bytes: PageBytes = std::array::from_fn(|at| seed[at % seed.len()]);
        let view = PageRef::new(&bytes);
        let _ = (view.check_header(), view.special(), view.free_space(), view.hole(), view.heap_free_space(10));
        view.offsets().for_each(|offset| assert!(view.item(offset).is_none_or(|item| item.len() < PAGE_SIZE * 2)));
        let _ = view.flags();
    }
}

fn address(block: u32) -> PageAddress {
    let file = RelationFile { tablespace: Oid(1663), database: Oid(5), relation: Oid(16384) };
    PageAddress { file, fork: ForkNumber::Main, block: BlockNumber(block) }
}

/// Every flipped bit and every wrong place must be noticed; a page of zeros is fine anywhere.
#[test]
fn checksum_notices_damage() {
    let mut bytes = [0; PAGE_SIZE];
    assert!(verify_checksum(&bytes, address(1)));
    PageMut::new(&mut bytes).initialize(0);
    PageMut::new(&mut bytes).set_lsn(Lsn(77));
    PageMut::new(&mut bytes).add_item(b"content");
    set_checksum(&mut bytes, address(1));
    assert!(verify_checksum(&bytes, address(1)));
    assert!(!verify_checksum(&bytes, address(2)));
    for bit in 0..PAGE_SIZE * 8 {
        bytes[bit / 8] ^= 1 << (bit % 8);
        assert!(!verify_checksum(&bytes, address(1)), "bit {bit}");
        bytes[bit / 8] ^= 1 << (bit % 8);
    }
}
