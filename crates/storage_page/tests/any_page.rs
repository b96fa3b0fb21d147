//! Whatever bytes a page holds, looking at it gives what lies inside of the page or nothing, and never panics.
//!
//! Runs a second, or as many as `FERRODON_FUZZ_SECONDS` says.

use std::time::{Duration, Instant};

use common::PAGE_SIZE;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use storage_page::*;

#[test]
fn any_page() {
    let seconds = std::env::var("FERRODON_FUZZ_SECONDS").ok().and_then(|text| text.parse().ok());
    let deadline = Instant::now() + Duration::from_secs(seconds.unwrap_or(1));
    let changes =
        prop::collection::vec((prop_oneof![3 => 0..64usize, 1 => 0..PAGE_SIZE], any::<u8>()), 1..80);
    let mut runner = TestRunner::default();
    while Instant::now() < deadline {
        let mut bytes = [0; PAGE_SIZE];
        for (at, byte) in changes.new_tree(&mut runner).unwrap().current() {
            bytes[at] = byte;
        }
        let page = PageRef::new(&bytes);
        let is_right = page.check_header().is_ok();
        for offset in page.offsets() {
            assert!(page.item(offset).is_none_or(|item| item.len() <= PAGE_SIZE));
        }
        if is_right {
            assert!(page.special().len() <= PAGE_SIZE && page.hole().end <= PAGE_SIZE);
            assert!(page.exact_free_space() <= PAGE_SIZE && page.free_space() <= PAGE_SIZE);
        }
    }
}
