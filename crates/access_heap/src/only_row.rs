//! The one row of a sequence: changed in place, for everybody at once, and logged ahead of what was used.
//!
//! Most changes write no log record: an earlier one promised values beyond. The promise holds because the record makes the
//! whole page anew, so it does not matter which state of the page reached the disk. It must have been made after the last
//! checkpoint's redo point, or replay would not come across it.

use access_api::{Access, StoredRelation};
use common::{BlockNumber, ForkNumber, OffsetNumber, TransactionId};
use error::{Error, Result};
use shared_memory::critical;
use storage_buffer::{LogFlags, Strategy};
use tuple::{TupleHeader, infomask};

use crate::log::{INITIALIZE, MANAGER, Place, RecordKind, put_row};
use crate::row::Row;

/// What becomes of the row: rows as from `tuple::encode`, as long as the old one.
pub struct OnlyRow {
    pub row: Vec<u8>,
    /// What replay shall make of it; `None` when an earlier record covers this change.
    pub logged: Option<Vec<u8>>,
}

/// Changes the row. `change` is given the row's bytes and whether the change must be logged in any case; it may be called
/// twice. A change that is logged gets the transaction a number, so that its commit waits for the log.
/// # Errors
/// XX001 when there is no row, those of `change` and of writing.
pub fn change_only_row(
    access: Access<'_>,
    relation: &StoredRelation,
    change: &mut dyn FnMut(&[u8], bool) -> Result<OnlyRow>,
) -> Result<()> {
    let (file, first) = (relation.file, OffsetNumber::FIRST);
    let missing = || Error::corrupted(format!("relation {} has not the one row of a sequence", relation.oid));
    if access.pool.blocks(file, ForkNumber::Main)? == 0 {
        return Err(missing());
    }
    let pin = access.pool.read(file, ForkNumber::Main, BlockNumber(0), Strategy::Normal)?;
    loop {
        let mut page = pin.exclusive();
        // Dirty before the redo point is read: a checkpoint that moves it after that will write the page, with the change.
        page.mark_dirty();
        let is_covered = page.page().lsn() > access.pool.wal().redo_pointer();
        let Some(old) = Row::at(page.page(), first)? else { return Err(missing()) };
        let made = change(old.bytes, !is_covered)?;
        if made.logged.is_some() && access.session.xid_if_assigned().is_none() {
            drop(page);
            access.session.xid()?;
            continue;
        }
        let with_header = |row: &[u8]| -> Result<Vec<u8>> {
            let mut bytes = old.bytes.to_vec();
            if bytes.len() != row.len() || old.header().data_offset() != TupleHeader::new(row).data_offset() {
                return Err(missing());
            }
            bytes[tuple::HEADER_SIZE..].copy_from_slice(&row[tuple::HEADER_SIZE..]);
            // Nobody shall have a reason to hint at its visibility: that would log the page as it is now.
            TupleHeader::new(&mut bytes[..])
                .change_infomask(0, infomask::XMIN_FROZEN | infomask::XMAX_INVALID);
            Ok(bytes)
        };
        let new = with_header(&made.row)?;
        let logged = made.logged.as_deref().map(with_header).transpose()?;
        return critical::section(|| {
            if let Some(bytes) = page.page_mut().item_mut(first) {
                bytes.copy_from_slice(&new);
            }
            let Some(logged) = &logged else { return Ok(()) };
            let mut log = Vec::with_capacity(logged.len() + 4);
            put_row(&mut log, first, logged);
            let base = page.page().xid_base();
            let mut record = access.pool.record(MANAGER, RecordKind::Insert as u8, relation.is_logged);
            record.data(&Place { flags: INITIALIZE, base }.encode());
            record.page(0, &mut page, LogFlags::WILL_INITIALIZE);
            record.block_data(0, &log);
            let xid = access.session.xid_if_assigned().unwrap_or(TransactionId::INVALID);
            record.insert(xid).map(|_| ())
        });
    }
}
