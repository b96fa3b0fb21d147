//! Replays the log records of B-trees.

use common::OffsetNumber;
use error::{Error, Result};
use storage_buffer::{BufferPool, ExclusivePage, Redo};
use storage_wal::Record;

use crate::insert::finish_mark;
use crate::log::RecordKind;

/// Replays a record. Doing it twice does no harm.
/// # Errors
/// XX001 for a record that does not fit its page, and I/O errors.
pub fn redo(pool: &'static BufferPool, record: &Record) -> Result<()> {
    match RecordKind::from_u8(record.kind())? {
        RecordKind::Insert => {
            let offset = offsets(record.data()).next().ok_or_else(too_short)?;
            redo_page(pool, record, 0, |page| {
                if page.page_mut().insert_item(offset, record.block_data(0)) {
                    Ok(())
                } else {
                    Err(Error::corrupted(format!("index entry {} cannot be put on its page", offset.0)))
                }
            })?;
            if record.block(1).is_some() { redo_page(pool, record, 1, finish_mark) } else { Ok(()) }
        }
        RecordKind::Images => {
            (0..).take_while(|reference| record.block(*reference).is_some()).try_for_each(|reference| {
                redo_page(pool, record, reference, |_| Err(Error::corrupted("image is missing")))
            })
        }
        RecordKind::Delete => redo_page(pool, record, 0, |page| {
            let dead: Vec<OffsetNumber> = offsets(record.block_data(0)).collect();
            let count = page.page().item_count();
            if !dead.is_sorted() || dead.iter().any(|offset| !offset.is_valid() || offset.0 > count) {
                return Err(Error::corrupted("index entries to be deleted are not there"));
            }
            page.page_mut().delete_items(&dead);
            Ok(())
        }),
    }
}

fn redo_page(
    pool: &'static BufferPool,
    record: &Record,
    reference: u8,
    change: impl FnOnce(&mut ExclusivePage) -> Result<()>,
) -> Result<()> {
    if let Redo::NeedsRedo(mut page) = pool.redo_block(record, reference)? {
        change(&mut page)?;
        page.set_lsn(record.end());
        page.mark_dirty();
    }
    Ok(())
}

fn offsets(bytes: &[u8]) -> impl Iterator<Item = OffsetNumber> + '_ {
    bytes.chunks_exact(2).map(|pair| OffsetNumber(u16::from_le_bytes([pair[0], pair[1]])))
}

fn too_short() -> Error {
    Error::corrupted("btree log record is too short")
}

/// One line about a record, for `waldump`.
pub fn describe(record: &Record) -> String {
    match RecordKind::from_u8(record.kind()) {
        Ok(RecordKind::Insert) => {
            let offset = offsets(record.data()).next().unwrap_or_default();
            format!("INSERT off: {}, finishes a split: {}", offset.0, record.block(1).is_some())
        }
        Ok(RecordKind::Images) => "IMAGES".into(),
        Ok(RecordKind::Delete) => format!("DELETE entries: {}", record.block_data(0).len() / 2),
        Err(error) => error.message().into(),
    }
}
