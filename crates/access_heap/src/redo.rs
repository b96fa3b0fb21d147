//! Replays the heap's log records.

use error::{Error, Result};
use storage_buffer::{BufferPool, ExclusivePage, Redo};
use storage_wal::Record;

use crate::free_space;
use crate::insert::{initialize, kill_on_page};
use crate::lock::note_prunable;
use crate::log::{Change, INITIALIZE, Place, Pruned, RecordKind, Rows};

/// Replays a record. Doing it twice does no harm.
/// # Errors
/// XX001 for a record that does not fit its page, and I/O errors.
pub fn redo(pool: &'static BufferPool, record: &Record) -> Result<()> {
    match RecordKind::from_u8(record.kind())? {
        RecordKind::Insert => redo_rows(pool, record, Place::decode(record.data())?, |_| Ok(())),
        RecordKind::Update => {
            let change = Change::decode(record.data())?;
            let place = Place::decode(&record.data()[Change::SIZE..])?;
            let same_page = record.block(1).is_none();
            redo_rows(
                pool,
                record,
                place,
                |page| if same_page { redo_change(page, &change) } else { Ok(()) },
            )?;
            if same_page { Ok(()) } else { redo_page(pool, record, 1, |page| redo_change(page, &change)) }
        }
        RecordKind::Delete => {
            let change = Change::decode(record.data())?;
            redo_page(pool, record, 0, |page| redo_change(page, &change))
        }
        RecordKind::Lock => {
            let change = Change::decode(record.data())?;
            redo_page(pool, record, 0, |page| change.apply(&mut page.page_mut()))
        }
        // A record with an image of its page has no data for it.
        RecordKind::Prune => redo_page(pool, record, 0, |page| {
            let pruned = Pruned::decode(record.block_data(0))?;
            pruned.check(page.page())?;
            pruned.apply(&mut page.page_mut());
            Ok(())
        }),
        RecordKind::Image => redo_page(pool, record, 0, |_| Err(Error::corrupted("image is missing"))),
        RecordKind::Overwrite => redo_page(pool, record, 0, |page| {
            let mut rows = Rows::new(record.block_data(0));
            while let Some((offset, row)) = rows.next()? {
                let mut edit = page.page_mut();
                match edit.item_mut(offset) {
                    Some(bytes) if bytes.len() == row.len() => bytes.copy_from_slice(row),
                    _ => return Err(Error::corrupted("row to be overwritten is not there")),
                }
            }
            Ok(())
        }),
        RecordKind::Kill => {
            let offset = record.block_data(0).first_chunk::<2>().map(|bytes| u16::from_le_bytes(*bytes));
            redo_page(pool, record, 0, |page| {
                let offset = offset.ok_or_else(|| Error::corrupted("heap log record is too short"))?;
                kill_on_page(&mut page.page_mut(), common::OffsetNumber(offset));
                Ok(())
            })
        }
        RecordKind::Visible => {
            let is_set = record.data().first() == Some(&1);
            redo_page(pool, record, 0, |page| {
                free_space::mark(page, is_set);
                Ok(())
            })?;
            let heap =
                record.block(0).ok_or_else(|| Error::corrupted("heap log record names no page"))?.block;
            redo_page(pool, record, 1, |page| {
                free_space::mark_map(page, heap, is_set);
                Ok(())
            })
        }
    }
}

/// Replays the rows of block 0, then `also` on the same page.
fn redo_rows(
    pool: &'static BufferPool,
    record: &Record,
    place: Place,
    also: impl FnOnce(&mut ExclusivePage) -> Result<()>,
) -> Result<()> {
    let is_new = place.flags & INITIALIZE != 0;
    let found = if is_new { pool.redo_new_block(record, 0)? } else { pool.redo_block(record, 0)? };
    if let Redo::NeedsRedo(mut page) = found {
        if is_new {
            initialize(&mut page.page_mut(), place.base);
        }
        let mut rows = Rows::new(record.block_data(0));
        while let Some((offset, row)) = rows.next()? {
            if row.len() < tuple::HEADER_SIZE || !page.page_mut().put_item(offset, row) {
                return Err(Error::corrupted(format!("row {} cannot be put on its page", offset.0)));
            }
        }
        also(&mut page)?;
        page.set_lsn(record.end());
        page.mark_dirty();
    }
    Ok(())
}

fn redo_change(page: &mut ExclusivePage, change: &Change) -> Result<()> {
    change.apply(&mut page.page_mut())?;
    note_prunable(page, change.xmax_offset);
    Ok(())
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

/// One line about a record, for `waldump`.
pub fn describe(record: &Record) -> String {
    let rows = |name: &str| {
        let mut rows = Rows::new(record.block_data(0));
        let count = std::iter::from_fn(|| rows.next().ok().flatten()).count();
        format!("{name} rows: {count}")
    };
    let change = |name: &str| match Change::decode(record.data()) {
        Ok(change) => {
            format!("{name} off: {}, infomask: {:#06x}", change.offset.0, change.infomask)
        }
        Err(_) => name.into(),
    };
    match RecordKind::from_u8(record.kind()) {
        Ok(RecordKind::Insert) => rows("INSERT"),
        Ok(RecordKind::Update) => change("UPDATE"),
        Ok(RecordKind::Delete) => change("DELETE"),
        Ok(RecordKind::Lock) => change("LOCK"),
        Ok(RecordKind::Prune) => match Pruned::decode(record.block_data(0)) {
            Ok(pruned) => format!(
                "PRUNE redirected: {}, dead: {}, unused: {}",
                pruned.redirected.len(),
                pruned.dead.len(),
                pruned.unused.len()
            ),
            Err(_) => "PRUNE".into(),
        },
        Ok(RecordKind::Image) => "IMAGE".into(),
        Ok(RecordKind::Overwrite) => rows("OVERWRITE"),
        Ok(RecordKind::Kill) => "KILL".into(),
        Ok(RecordKind::Visible) => format!("VISIBLE {}", record.data().first().unwrap_or(&0)),
        Err(error) => error.message().into(),
    }
}
