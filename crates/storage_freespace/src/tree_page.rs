//! A page of the free space map: a binary tree of maxima.
//!
//! ```text
//! header 32 | node 0: unused | nodes 1..4095: inner, node n over 2n and 2n+1 | nodes 4096..8159: leaves |
//! ```

use common::PAGE_SIZE;
use storage_page::{HEADER_SIZE, PageBytes, PageMut, PageRef};

const FIRST_LEAF: usize = 4096;
const NODES: usize = PAGE_SIZE - HEADER_SIZE;
/// Leaves of a page.
pub(crate) const LEAVES: usize = NODES - FIRST_LEAF;

fn node(page: &PageBytes, number: usize) -> u8 {
    if number < NODES { page[HEADER_SIZE + number] } else { 0 }
}

/// The largest leaf.
pub(crate) fn maximum(page: &PageBytes) -> u8 {
    node(page, 1)
}

pub(crate) fn leaf(page: &PageBytes, index: usize) -> u8 {
    node(page, FIRST_LEAF + index)
}

/// A leaf with at least this value; which of several depends on `spread`, so that processes go to different pages.
pub(crate) fn find(page: &PageBytes, wanted: u8, spread: u32) -> Option<usize> {
    if maximum(page) < wanted {
        return None;
    }
    let mut at = 1;
    let mut depth = 0;
    while at < FIRST_LEAF {
        let (left, right) = (node(page, 2 * at) >= wanted, node(page, 2 * at + 1) >= wanted);
        at = match (left, right) {
            (true, true) => 2 * at + (spread >> depth & 1) as usize,
            (true, false) => 2 * at,
            (false, true) => 2 * at + 1,
            // Rule 2: the promise is broken; the caller rebuilds.
            (false, false) => return None,
        };
        depth += 1;
    }
    Some(at - FIRST_LEAF)
}

/// Sets a leaf and what follows from it above. True if anything changed.
pub(crate) fn set(page: &mut PageMut<'_>, index: usize, value: u8) -> bool {
    prepare(page);
    let bytes = page.bytes_mut();
    let mut at = FIRST_LEAF + index;
    let mut value = value;
    let mut changed = false;
    loop {
        if node(bytes, at) == value && (changed || at >= FIRST_LEAF) {
            return changed;
        }
        changed = true;
        bytes[HEADER_SIZE + at] = value;
        at /= 2;
        if at == 0 {
            return changed;
        }
        value = node(bytes, 2 * at).max(node(bytes, 2 * at + 1));
    }
}

/// Clears the leaves from `first` on.
pub(crate) fn clear_from(page: &mut PageMut<'_>, first: usize) {
    prepare(page);
    page.bytes_mut()[HEADER_SIZE + FIRST_LEAF + first..].fill(0);
    rebuild(page);
}

/// Computes the inner nodes from the leaves.
pub(crate) fn rebuild(page: &mut PageMut<'_>) {
    prepare(page);
    let bytes = page.bytes_mut();
    for at in (1..FIRST_LEAF).rev() {
        bytes[HEADER_SIZE + at] = node(bytes, 2 * at).max(node(bytes, 2 * at + 1));
    }
}

/// The whole page is data to those who write images or checksums.
pub(crate) fn prepare(page: &mut PageMut<'_>) {
    if PageRef::is_new(page.view()) {
        page.initialize(0);
        page.set_bounds(PAGE_SIZE, PAGE_SIZE);
    }
}
