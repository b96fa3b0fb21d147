//! Where there is room, and which pages everybody sees: the heap's use of the free space and visibility maps.

use access_api::StoredRelation;
use common::{BlockNumber, RelationFile};
use error::Result;
use std::cell::Cell;
use storage_buffer::BufferPool;
use storage_freespace::{free_space_map, visibility_map};

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
    last.iter_mut().filter(|entry| entry.is_some_and(|(file, _)| file == relation.file)).for_each(|entry| *entry = None);
    LAST.set(last);
}
