//! Splitting pages and telling their parents.
//!
//! A split makes the right page, links it, and marks the left one "incomplete"; then the parent gets an entry for the right
//! page and the mark goes. If the server dies in between, the next writer who comes by finishes it. Locks are taken from left
//! to right and from the leaves up.

use access_api::{Access, IndexDescription};
use common::{BlockNumber, ForkNumber, OffsetNumber, TransactionId};
use error::{Error, Result};
use shared_memory::critical;
use storage_buffer::{ExclusivePage, LogFlags, Strategy};
use types::Value;

use crate::descend::{Path, Search, page_for_writing, read};
use crate::entry::{
    Tie, ValueReader, address_of, as_lowest, bound_of, child_item, child_of, damaged, lowest_item,
};
use crate::insert::{finish_mark, put};
use crate::log::{MANAGER, RecordKind};
use crate::page::{Links, META_BLOCK, flags, initialize, item};
use crate::recycle::new_page;

/// How full the left page stays when entries are added at the right end, in percent.
const RIGHTMOST_FILL: usize = 90;

/// Makes an empty leaf the root of an empty tree, unless somebody else just did.
pub(crate) fn create_root(access: Access<'_>, index: &IndexDescription) -> Result<()> {
    let mut meta = read(access, index, META_BLOCK)?.exclusive();
    if Links::of(meta.page())?.left != META_BLOCK {
        return Ok(());
    }
    let mut root = access.pool.extend(index.relation.file, ForkNumber::Main, 1, Strategy::Normal)?;
    critical::section(|| {
        let none = BlockNumber(0);
        initialize(&mut root, Links { left: none, right: none, level: 0, flags: flags::LEAF | flags::ROOT });
        set_root(&mut meta, root.block(), 0);
        log_images(access, index, &mut [&mut root, &mut meta])
    })
}

pub(crate) fn set_root(meta: &mut ExclusivePage, root: BlockNumber, level: u16) {
    let vacuuming = Links::of(meta.page()).map_or(0, |links| links.flags & flags::VACUUMING);
    Links { left: root, right: META_BLOCK, level, flags: flags::META | vacuuming }.store(meta);
}

/// Logs whole pages. In the caller's critical section.
pub(crate) fn log_images(
    access: Access<'_>,
    index: &IndexDescription,
    pages: &mut [&mut ExclusivePage],
) -> Result<()> {
    let xid = access.session.xid_if_assigned().unwrap_or(TransactionId::INVALID);
    let mut record = access.pool.record(MANAGER, RecordKind::Images as u8, index.relation.is_logged);
    for (reference, page) in pages.iter_mut().enumerate() {
        record.page(reference as u8, page, LogFlags::STANDARD | LogFlags::FORCE_IMAGE);
    }
    record.insert(xid).map(|_| ())
}

/// Splits a locked page so that `entry` finds its place at `offset`, and tells the parent. Above the leaves `child` is the page
/// whose split the entry finishes.
pub(crate) fn split(
    access: Access<'_>,
    index: &IndexDescription,
    mut left: ExclusivePage,
    path: &Path,
    offset: OffsetNumber,
    entry: &[u8],
    child: Option<&mut ExclusivePage>,
) -> Result<()> {
    let links = Links::of(left.page())?;
    let first = links.first_entry();
    let mut entries: Vec<Vec<u8>> = Vec::with_capacity(usize::from(left.page().item_count()) + 1);
    for at in first.0..=left.page().item_count() {
        entries.push(item(left.page(), OffsetNumber(at))?.to_vec());
    }
    let new_at = usize::from(offset.0 - first.0);
    entries.insert(new_at, entry.to_vec());
    let old_high_key =
        if links.is_rightmost() { None } else { Some(item(left.page(), OffsetNumber::FIRST)?.to_vec()) };
    let cut = choose_cut(&entries, new_at, links.is_rightmost());
    let (stay, go) = entries.split_at(cut);
    // What is greater than the last entry that stays is on the right page. Above the leaves the first entry that goes carries
    // the bound between its children and those that stay.
    let high_key = match (links.is_leaf(), stay.last(), go.first()) {
        (true, Some(last), _) => last.clone(),
        (false, _, Some(first)) => bound_of(first)?.to_vec(),
        _ => return Err(Error::internal("page to be split has too few entries")),
    };
    let mut go: Vec<Vec<u8>> = go.to_vec();
    if !links.is_leaf() {
        go[0] = as_lowest(&go[0])?;
    }
    let stay: Vec<Vec<u8>> = stay.to_vec();

    let mut sibling =
        if links.is_rightmost() { None } else { Some(read(access, index, links.right)?.exclusive()) };
    let (mut right, meta) = new_page(access, index)?;
    critical::section(|| {
        let right_links = Links {
            left: left.block(),
            right: links.right,
            level: links.level,
            flags: links.flags & flags::LEAF,
        };
        initialize(&mut right, right_links);
        fill(&mut right, old_high_key.as_deref(), &go)?;
        let left_links = Links {
            right: right.block(),
            flags: links.flags & flags::LEAF | flags::INCOMPLETE_SPLIT | links.flags & flags::ROOT,
            ..links
        };
        initialize(&mut left, left_links);
        fill(&mut left, Some(&high_key), &stay)?;
        let mut pages = vec![&mut left, &mut right];
        if let Some(sibling) = &mut sibling {
            let linked = Links { left: right_links_block(&pages), ..Links::of(sibling.page())? };
            linked.store(sibling);
            pages.push(sibling);
        }
        match child {
            Some(child) => {
                finish_mark(child)?;
                pages.push(child);
                log_images(access, index, &mut pages)
            }
            None => log_images(access, index, &mut pages),
        }
    })?;
    drop(meta);
    drop(sibling);
    let right_block = right.block();
    drop(right);
    tell_parent(access, index, left, right_block, &high_key, path)
}

fn right_links_block(pages: &[&mut ExclusivePage]) -> BlockNumber {
    pages[1].block()
}

fn fill(page: &mut ExclusivePage, high_key: Option<&[u8]>, entries: &[Vec<u8>]) -> Result<()> {
    for entry in high_key.into_iter().chain(entries.iter().map(Vec::as_slice)) {
        if page.page_mut().add_item(entry).is_none() {
            return Err(Error::internal("index entries do not fit after a split"));
        }
    }
    Ok(())
}

/// How many entries stay: such that the halves are about equal, or, at the right end of the tree, the left one nearly full.
fn choose_cut(entries: &[Vec<u8>], new_at: usize, is_rightmost: bool) -> usize {
    let size = |entry: &Vec<u8>| entry.len().next_multiple_of(8) + 4;
    let total: usize = entries.iter().map(size).sum();
    let appended = is_rightmost && new_at + 1 == entries.len();
    let wanted = if appended { total * RIGHTMOST_FILL / 100 } else { total / 2 };
    let mut sum = 0;
    for (at, entry) in entries.iter().enumerate() {
        sum += size(entry);
        if sum >= wanted {
            return (at + 1).min(entries.len() - 1);
        }
    }
    entries.len() - 1
}

/// Enters the right page of a split in the parent of the left one, which is locked, and takes the mark off.
fn tell_parent(
    access: Access<'_>,
    index: &IndexDescription,
    mut left: ExclusivePage,
    right: BlockNumber,
    high_key: &[u8],
    path: &[BlockNumber],
) -> Result<()> {
    let links = Links::of(left.page())?;
    if links.has(flags::ROOT) {
        return grow(access, index, left, right, high_key);
    }
    let parent_path = path.split_last().map_or(&[][..], |(_, above)| above).to_vec();
    let mut parent = find_parent(access, index, left.block(), high_key, links.level + 1, path)?;
    let entry = child_item(right, high_key);
    let at = child_position(&parent, left.block())?.ok_or_else(damaged)?.next();
    if parent.page().free_space() < entry.len().next_multiple_of(8) {
        return split(access, index, parent, &parent_path, at, &entry, Some(&mut left));
    }
    put(access, index, &mut parent, at, &entry, Some(&mut left))
}

/// The line pointer that leads to a child.
pub(crate) fn child_position(parent: &ExclusivePage, child: BlockNumber) -> Result<Option<OffsetNumber>> {
    let first = Links::of(parent.page())?.first_entry();
    for at in first.0..=parent.page().item_count() {
        if child_of(item(parent.page(), OffsetNumber(at))?)? == child {
            return Ok(Some(OffsetNumber(at)));
        }
    }
    Ok(None)
}

/// The page that leads to `child`, locked. The path is a hint: the parent may have been split since.
pub(crate) fn find_parent(
    access: Access<'_>,
    index: &IndexDescription,
    child: BlockNumber,
    high_key: &[u8],
    level: u16,
    path: &[BlockNumber],
) -> Result<ExclusivePage> {
    let mut next = path.last().copied();
    loop {
        while let Some(block) = next {
            let mut page = read(access, index, block)?.exclusive();
            let mut links = Links::of(page.page())?;
            if links.level != level {
                break;
            }
            if links.has(flags::INCOMPLETE_SPLIT) {
                page = finish(access, index, page)?;
                links = Links::of(page.page())?;
            }
            if child_position(&page, child)?.is_some() {
                return Ok(page);
            }
            next = (!links.is_rightmost()).then_some(links.right);
        }
        // The path began below the present root: come down again by the key.
        let values = key_values(index, high_key)?;
        let search = Search { values: &values, tie: Tie::At(address_of(high_key)?) };
        if let Some((page, _)) = page_for_writing(access, index, search, level)? {
            if child_position(&page, child)?.is_some() {
                return Ok(page);
            }
            next = Some(page.block());
        }
        system::interrupt::check()?;
    }
}

fn key_values(index: &IndexDescription, bound: &[u8]) -> Result<Vec<Value>> {
    let mut reader = ValueReader::new(bound, index.columns.len())?.ok_or_else(damaged)?;
    index.columns[..index.key_count].iter().map(|column| reader.next(column)).collect()
}

/// Puts a new root above the old one, which was split.
fn grow(
    access: Access<'_>,
    index: &IndexDescription,
    mut left: ExclusivePage,
    right: BlockNumber,
    high_key: &[u8],
) -> Result<()> {
    let mut root = access.pool.extend(index.relation.file, ForkNumber::Main, 1, Strategy::Normal)?;
    let mut meta = read(access, index, META_BLOCK)?.exclusive();
    let links = Links::of(left.page())?;
    critical::section(|| {
        let none = BlockNumber(0);
        let level = links.level + 1;
        initialize(&mut root, Links { left: none, right: none, level, flags: flags::ROOT });
        fill(&mut root, None, &[lowest_item(left.block()), child_item(right, high_key)])?;
        Links { flags: links.flags & flags::LEAF, ..links }.store(&mut left);
        set_root(&mut meta, root.block(), level);
        log_images(access, index, &mut [&mut root, &mut left, &mut meta])
    })
}

/// Finishes a split whose parent was not told, and gives the page back, locked.
pub(crate) fn finish(
    access: Access<'_>,
    index: &IndexDescription,
    page: ExclusivePage,
) -> Result<ExclusivePage> {
    let links = Links::of(page.page())?;
    let pin = page.pin().clone();
    let high_key = item(page.page(), OffsetNumber::FIRST)?.to_vec();
    tell_parent(access, index, page, links.right, &high_key, &[])?;
    Ok(pin.exclusive())
}
