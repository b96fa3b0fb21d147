//! Where there is room, and which pages everybody sees: the heap's use of the free space and visibility maps.

use std::cell::Cell;

use access_api::{Access, StoredRelation};
use common::{BlockNumber, ForkNumber, RelationFile, TransactionId};
use error::Result;
use shared_memory::critical;
use storage_buffer::{BufferPool, ExclusivePage, LogFlags};
use storage_freespace::{FreeSpaceMap, Visibility, VisibilityMap};
use storage_page::PageFlags;

use crate::log::{MANAGER, RecordKind};

thread_local! {
    /// The page that this process put a row on last, for a few relations.
    static LAST: Cell<[Option<(RelationFile, BlockNumber)>; 4]> = const { Cell::new([None; 4]) };
}

/// The page that took this process's last row.
pub(crate) fn remembered(relation: &StoredRelation) -> Option<BlockNumber> {
    LAST.get().iter().flatten().find(|(file, _)| *file == relation.file).map(|(_, block)| *block)
}

pub(crate) fn remember(relation: &StoredRelation, block: BlockNumber) {
    let mut last = LAST.get();
    let at = last.iter().position(|entry| entry.is_some_and(|(file, _)| file == relation.file)).unwrap_or(3);
    last[..=at].rotate_right(1);
    last[0] = Some((relation.file, block));
    LAST.set(last);
}

pub(crate) fn forget(relation: &StoredRelation) {
    let mut last = LAST.get();
    last.iter_mut()
        .filter(|entry| entry.is_some_and(|(file, _)| file == relation.file))
        .for_each(|entry| *entry = None);
    LAST.set(last);
}

/// A page that should have room.
pub(crate) fn find(
    pool: &'static BufferPool,
    relation: &StoredRelation,
    bytes: usize,
) -> Result<Option<BlockNumber>> {
    FreeSpaceMap::new(pool, relation.file).find(bytes)
}

pub(crate) fn record(
    pool: &'static BufferPool,
    relation: &StoredRelation,
    block: BlockNumber,
    bytes: usize,
) -> Result<()> {
    FreeSpaceMap::new(pool, relation.file).record(block, bytes)
}

/// After a vacuum: lets searches see what was recorded.
pub(crate) fn publish(pool: &'static BufferPool, relation: &StoredRelation) -> Result<()> {
    let blocks = pool.blocks(relation.file, ForkNumber::Main)?;
    FreeSpaceMap::new(pool, relation.file).vacuum(blocks)
}

/// Whether the map says that everybody sees all of a page.
pub(crate) fn is_all_visible(
    pool: &'static BufferPool,
    relation: &StoredRelation,
    block: BlockNumber,
) -> Result<bool> {
    Ok(VisibilityMap::new(pool, relation.file).get(block, &mut None)?.is_all_visible())
}

/// Takes the all-visible mark off a page that is about to be changed, and its bit off the map.
pub(crate) fn clear_visible(
    access: Access<'_>,
    relation: &StoredRelation,
    page: &mut ExclusivePage,
) -> Result<()> {
    if page.page().has(PageFlags::ALL_VISIBLE) {
        change_visible(access, relation, page, false)
    } else {
        Ok(())
    }
}

/// Marks a page and its bit of the map: everybody sees all of it.
pub(crate) fn set_visible(
    access: Access<'_>,
    relation: &StoredRelation,
    page: &mut ExclusivePage,
) -> Result<()> {
    change_visible(access, relation, page, true)
}

fn change_visible(
    access: Access<'_>,
    relation: &StoredRelation,
    page: &mut ExclusivePage,
    is_set: bool,
) -> Result<()> {
    let pin = VisibilityMap::new(access.pool, relation.file).pin(page.block())?;
    let heap = page.block();
    critical::section(|| {
        let mut map = pin.exclusive();
        mark(page, is_set);
        mark_map(&mut map, heap, is_set);
        let mut record = access.pool.record(MANAGER, RecordKind::Visible as u8, relation.is_logged);
        record.data(&[is_set.into()]);
        record.page(0, page, LogFlags::STANDARD);
        record.page(1, &mut map, LogFlags::NONE);
        record.insert(TransactionId::INVALID).map(|_| ())
    })
}

pub(crate) fn mark(page: &mut ExclusivePage, is_set: bool) {
    if is_set {
        page.page_mut().set_flag(PageFlags::ALL_VISIBLE);
    } else {
        page.page_mut().clear_flag(PageFlags::ALL_VISIBLE);
    }
}

pub(crate) fn mark_map(map: &mut ExclusivePage, heap: BlockNumber, is_set: bool) {
    if is_set {
        VisibilityMap::set(&mut map.page_mut(), heap, Visibility::ALL_VISIBLE);
    } else {
        VisibilityMap::clear(&mut map.page_mut(), heap);
    }
}
