//! Taking empty leaves out of the tree, and using their pages again.
//!
//! An empty leaf gives its key range to its right neighbour: the parent's entry for the neighbour goes, and the one for the
//! leaf leads to the neighbour instead. The page stays where it is, marked deleted, and sends everybody who still comes by to
//! the right. Once all transactions are over that may have seen a link to it, a later vacuum marks it free, and splits take
//! free pages from the free space map.
//!
//! Only leaves are taken out, and never the last child of a parent: so no page above the leaves ever goes, and the neighbour
//! always has the same parent.

use access_api::{Access, IndexDescription};
use common::{BlockNumber, ForkNumber, OffsetNumber, PAGE_SIZE};
use error::Result;
use shared_memory::critical;
use storage_buffer::{ExclusivePage, SharedPage, Strategy};
use storage_freespace::FreeSpaceMap;

use crate::descend::read;
use crate::entry::child_of;
use crate::page::{Links, META_BLOCK, flags, initialize, item};
use crate::split::{child_position, find_parent, log_images};

/// Left neighbours that are tried: those that splits made since the link was read.
const MOST_STEPS: usize = 4;
/// What the free space map says of a free page.
const FREE_BYTES: usize = PAGE_SIZE / 2;

fn map(access: Access<'_>, index: &IndexDescription) -> FreeSpaceMap {
    FreeSpaceMap::new(access.pool, index.relation.file)
}

/// Takes an empty leaf out of the tree, unless it is not empty any more or cannot go.
pub(crate) fn delete_leaf(access: Access<'_>, index: &IndexDescription, block: BlockNumber) -> Result<()> {
    let (left_block, high_key) = {
        let page = read(access, index, block)?.share();
        let links = Links::of(page.page())?;
        if !is_deletable(&links, page.page().item_count()) {
            return Ok(());
        }
        (links.left, item(page.page(), OffsetNumber::FIRST)?.to_vec())
    };
    // Neighbours from left to right, then the parent.
    let Ok(mut left) = lock_left(access, index, left_block, block)? else { return Ok(()) };
    let mut page = read(access, index, block)?.exclusive();
    let links = Links::of(page.page())?;
    let is_left_right = links.left == left.as_ref().map_or(META_BLOCK, ExclusivePage::block);
    if !is_deletable(&links, page.page().item_count()) || !is_left_right {
        return Ok(());
    }
    let mut right = read(access, index, links.right)?.exclusive();
    let mut parent = find_parent(access, index, block, &high_key, 1, &[])?;
    let Some(at) = child_position(&parent, block)? else { return Ok(()) };
    if at.0 >= parent.page().item_count() || child_of(item(parent.page(), at.next())?)? != right.block() {
        return Ok(());
    }
    critical::section(|| {
        if let Some(entry) = parent.page_mut().item_mut(at) {
            entry[..4].copy_from_slice(&right.block().0.to_le_bytes());
        }
        parent.page_mut().delete_items(&[at.next()]);
        if let Some(left) = &mut left {
            Links { right: right.block(), ..Links::of(left.page())? }.store(left);
        }
        Links { left: links.left, ..Links::of(right.page())? }.store(&mut right);
        Links { flags: links.flags | flags::DELETED, ..links }.store(&mut page);
        let mut pages = vec![&mut parent, &mut page, &mut right];
        pages.extend(left.as_mut());
        log_images(access, index, &mut pages)
    })
}

/// A leaf without entries that has a right neighbour and that its parent knows.
fn is_deletable(links: &Links, items: u16) -> bool {
    let never = flags::ROOT | flags::INCOMPLETE_SPLIT | flags::META | flags::DELETED | flags::FREE;
    links.is_leaf() && links.flags & never == 0 && !links.is_rightmost() && items == 1
}

/// Locks the left neighbour of a page; `Ok(Err(()))` when it is not found, or is being split.
fn lock_left(
    access: Access<'_>,
    index: &IndexDescription,
    mut guess: BlockNumber,
    block: BlockNumber,
) -> Result<std::result::Result<Option<ExclusivePage>, ()>> {
    if guess == META_BLOCK {
        return Ok(Ok(None));
    }
    for _ in 0..MOST_STEPS {
        let page = read(access, index, guess)?.exclusive();
        let links = Links::of(page.page())?;
        if !links.is_leaf() || links.has(flags::DELETED) || links.has(flags::INCOMPLETE_SPLIT) {
            break;
        }
        if links.right == block {
            return Ok(Ok(Some(page)));
        }
        if links.is_rightmost() {
            break;
        }
        guess = links.right;
    }
    Ok(Err(()))
}

/// Makes deleted pages free, when nobody can come by any more, and notes all free pages in the map.
pub(crate) fn free(access: Access<'_>, index: &IndexDescription, deleted: &[BlockNumber]) -> Result<()> {
    for block in deleted {
        let mut page = read(access, index, *block)?.exclusive();
        if !Links::of(page.page())?.has(flags::DELETED) {
            continue;
        }
        critical::section(|| {
            let none = META_BLOCK;
            initialize(&mut page, Links { left: none, right: none, level: 0, flags: flags::FREE });
            log_images(access, index, &mut [&mut page])
        })?;
    }
    Ok(())
}

/// Lets splits find free pages.
pub(crate) fn publish(access: Access<'_>, index: &IndexDescription, free: &[BlockNumber]) -> Result<()> {
    let map = map(access, index);
    free.iter().try_for_each(|block| map.record(*block, FREE_BYTES))?;
    if free.is_empty() {
        return Ok(());
    }
    map.vacuum(access.pool.blocks(index.relation.file, ForkNumber::Main)?)
}

/// While a vacuum goes through the file, no split may move entries to a page that it has passed: none takes a free page.
pub(crate) fn set_vacuuming(access: Access<'_>, index: &IndexDescription, is_running: bool) -> Result<()> {
    let mut meta = read(access, index, META_BLOCK)?.exclusive();
    let mut links = Links::of(meta.page())?;
    links.flags = if is_running { links.flags | flags::VACUUMING } else { links.flags & !flags::VACUUMING };
    links.store(&mut meta);
    // If the mark is left behind by a crash, pages wait for the next vacuum.
    meta.mark_dirty_hint()
}

/// A page for a split: a free one, or a new one at the end. The second is held until the split is logged, so that a vacuum
/// that begins meanwhile waits for it. The caller holds no lock on the meta page, and takes none on other pages afterwards.
pub(crate) fn new_page(
    access: Access<'_>,
    index: &IndexDescription,
) -> Result<(ExclusivePage, Option<SharedPage>)> {
    let file = index.relation.file;
    let meta = read(access, index, META_BLOCK)?.share();
    if !Links::of(meta.page())?.has(flags::VACUUMING) {
        let map = map(access, index);
        for _ in 0..MOST_STEPS {
            let Some(block) = map.find(FREE_BYTES)? else { break };
            map.record(block, 0)?;
            if block == META_BLOCK || block.0 >= access.pool.blocks(file, ForkNumber::Main)? {
                continue;
            }
            // The map is not to be trusted; the page says whether it is free.
            if let Some(page) = read(access, index, block)?.try_exclusive()
                && Links::of(page.page()).is_ok_and(|links| links.has(flags::FREE))
            {
                return Ok((page, Some(meta)));
            }
        }
    }
    drop(meta);
    Ok((access.pool.extend(file, ForkNumber::Main, 1, Strategy::Normal)?, None))
}
