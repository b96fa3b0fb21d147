//! Verification: whether an index is what the other files of this crate rely on.
//!
//! Level by level, from the root: neighbours name each other, entries are in order and within the bounds that the level above
//! gives them, and each page but those of unfinished splits is known to its parent. The caller keeps writers out.

use std::cmp::Ordering;
use std::collections::HashSet;

use access_api::{Access, IndexDescription};
use common::{BlockNumber, OffsetNumber};
use error::{Error, Result, error};
use storage_page::PageRef;

use crate::descend::{read, root};
use crate::entry::{Key, Tie, address_of, bound_of, child_of, compare, values_of};
use crate::page::{Links, META_BLOCK, flags, item};

/// The leaf entries of an index that was found to be in order.
#[derive(Default)]
pub struct IndexEntries {
    /// Address and values of each, as stored.
    entries: HashSet<Vec<u8>>,
}

impl IndexEntries {
    pub fn contains(&self, key: &Key) -> bool {
        let mut bytes = Vec::new();
        key.encode(&mut bytes);
        self.entries.contains(&bytes)
    }

    /// The addresses of the rows that the entries lead to.
    pub fn addresses(&self) -> impl Iterator<Item = common::TupleId> + '_ {
        self.entries.iter().filter_map(|entry| address_of(entry).ok())
    }
}

/// A page that the level above has named: its block, and the bound that its entries are greater than.
struct Expected {
    block: BlockNumber,
    bound: Option<Vec<u8>>,
}

/// Verifies the structure of an index; gives its entries.
/// # Errors
/// XX002 for the first thing that is wrong, XX001 for a damaged page, and those of reading.
pub fn verify(access: Access<'_>, index: &IndexDescription) -> Result<IndexEntries> {
    let mut found = IndexEntries::default();
    let Some(root) = root(access, index)? else { return Ok(found) };
    let links = Links::of(read(access, index, root)?.share().page())?;
    if !links.has(flags::ROOT) || !links.is_rightmost() || links.left != META_BLOCK {
        return Err(wrong(index, "root page is not alone on its level", root));
    }
    let mut level = vec![Expected { block: root, bound: None }];
    let mut height = links.level;
    loop {
        level = verify_level(access, index, &level, height, &mut found)?;
        if height == 0 {
            return Ok(found);
        }
        height -= 1;
    }
}

fn wrong(index: &IndexDescription, what: &str, block: BlockNumber) -> Error {
    error!(INDEX_CORRUPTED, "{what} in index \"{}\"", index.name).detail(format!("Block={}.", block.0))
}

/// Walks along a level; gives the children that it names, in order.
fn verify_level(
    access: Access<'_>,
    index: &IndexDescription,
    expected: &[Expected],
    height: u16,
    found: &mut IndexEntries,
) -> Result<Vec<Expected>> {
    let mut children = Vec::new();
    let mut expected = expected.iter().peekable();
    let mut left = META_BLOCK;
    let mut is_split = false;
    let mut previous_high_key: Option<Vec<u8>> = None;
    let Some(mut block) = expected.peek().map(|first| first.block) else { return Ok(children) };
    loop {
        system::interrupt::check()?;
        let page = read(access, index, block)?.share();
        let view = page.page();
        let links = Links::of(view)?;
        if links.left != left {
            return Err(wrong(index, "left link/right link pair not in agreement", block));
        }
        if links.has(flags::DELETED) || links.has(flags::FREE) {
            return Err(wrong(index, "page that was taken out of the tree is linked", block));
        }
        if links.level != height || links.is_leaf() != (height == 0) {
            return Err(wrong(index, "page of another level", block));
        }
        match expected.peek() {
            Some(next) if next.block == block => {
                if next.bound.is_some() && next.bound != previous_high_key {
                    return Err(wrong(index, "down-link lower bound invariant violated", block));
                }
                expected.next();
            }
            // The right page of a split that was cut short: its parent does not know it yet.
            _ if is_split => {}
            _ => return Err(wrong(index, "page without a down-link", block)),
        }
        verify_page(index, view, &links, block, previous_high_key.as_deref())?;
        for at in links.first_entry().0..=view.item_count() {
            let entry = item(view, OffsetNumber(at))?;
            if links.is_leaf() {
                found.entries.insert(entry.to_vec());
            } else {
                let bound = if at == links.first_entry().0 {
                    previous_high_key.clone()
                } else {
                    Some(bound_of(entry)?.to_vec())
                };
                children.push(Expected { block: child_of(entry)?, bound });
            }
        }
        is_split = links.has(flags::INCOMPLETE_SPLIT);
        if links.is_rightmost() {
            break;
        }
        previous_high_key = Some(item(view, OffsetNumber::FIRST)?.to_vec());
        (left, block) = (block, links.right);
    }
    match expected.next() {
        None => Ok(children),
        Some(missing) => Err(wrong(index, "down-link to a page that is not on its level", missing.block)),
    }
}

/// Entries are in order, greater than the left neighbour's high key and not greater than the page's own.
fn verify_page(
    index: &IndexDescription,
    view: PageRef<'_>,
    links: &Links,
    block: BlockNumber,
    lower: Option<&[u8]>,
) -> Result<()> {
    let mut previous: Option<&[u8]> = lower;
    let first = links.first_entry().0;
    for at in first..=view.item_count() {
        let entry = item(view, OffsetNumber(at))?;
        let bound = if links.is_leaf() { entry } else { bound_of(entry)? };
        if !links.is_leaf() && at == first {
            // Smaller than anything.
            continue;
        }
        if let Some(previous) = previous
            && order(index, bound, previous)? != Ordering::Greater
        {
            let across = at == first;
            let what = if across { "cross page item order" } else { "item order" };
            return Err(wrong(index, &format!("{what} invariant violated"), block));
        }
        previous = Some(bound);
    }
    if !links.is_rightmost()
        && let Some(last) = previous
        && order(index, last, item(view, OffsetNumber::FIRST)?)? == Ordering::Greater
    {
        return Err(wrong(index, "high key invariant violated", block));
    }
    Ok(())
}

fn order(index: &IndexDescription, left: &[u8], right: &[u8]) -> Result<Ordering> {
    let values = values_of(index, left)?;
    compare(index, &values, Tie::At(address_of(left)?), right)
}
