//! Keeps the 32-bit transaction offsets of a page in reach of the transactions that write to it.

use common::TransactionId;
use error::{Result, error};
use storage_page::PageMut;
use transaction::Session;
use tuple::{TupleHeader, infomask};

use crate::row::{Row, full_xid, xid_offset};
use crate::visibility::{holders, updater};

/// How far below the first writer a new page's base lies, so that older running transactions can write to it too.
const ROOM_BELOW: u64 = 1 << 31;

/// The base for a page that `xid` is the first to write to.
pub(crate) fn for_new_page(xid: TransactionId) -> TransactionId {
    TransactionId(xid.0.saturating_sub(ROOM_BELOW))
}

/// Moves the base so that `xid` fits, freezing what is too old for it. True if the page changed (its image must be logged).
/// # Errors
/// 54000 when a transaction four billion numbers old is still needed.
pub(crate) fn make_fit(session: &Session, page: &mut PageMut<'_>, xid: TransactionId) -> Result<bool> {
    let base = page.view().xid_base();
    if xid_offset(base, xid).is_some() {
        return Ok(false);
    }
    let oldest = session.system().oldest_visible(None);
    let new_base = for_new_page(xid);
    let mut changes = Vec::new();
    for offset in page.view().offsets() {
        let Some(row) = Row::at(page.view(), offset)? else { continue };
        let mut bits = row.mask();
        let mut xmin = row.xmin();
        let mut xmax = if row.has_no_xmax() { TransactionId::INVALID } else { row.xmax() };
        if xmin.is_normal() && xmin < oldest && bits & infomask::XMIN_INVALID == 0 {
            if session.system().has_committed(xmin)? {
                xmin = TransactionId::FROZEN;
                bits |= infomask::XMIN_FROZEN;
            } else {
                xmin = TransactionId::INVALID;
                bits |= infomask::XMIN_INVALID;
            }
        }
        if xmax.is_valid() && xid_offset(new_base, xmax).is_none() {
            let deleted = match updater(session, &row)? {
                Some(updater) => session.system().has_committed(updater)?,
                None => false,
            };
            let mut held = false;
            for holder in holders(session, &row)? {
                held |= session.system().is_running(holder.xid)?;
            }
            if held {
                return Err(too_old());
            }
            if deleted {
                // Deleted before every snapshot: as good as never inserted.
                (xmin, xmax) = (TransactionId::INVALID, TransactionId::INVALID);
                bits = bits & !infomask::XMIN_FROZEN & !infomask::XMAX_BITS
                    | infomask::XMIN_INVALID
                    | infomask::XMAX_INVALID;
            } else {
                xmax = TransactionId::INVALID;
                bits = bits & !infomask::XMAX_BITS | infomask::XMAX_INVALID;
            }
        }
        let xmin = xid_offset(new_base, xmin).ok_or_else(too_old)?;
        let xmax = xid_offset(new_base, xmax).ok_or_else(too_old)?;
        changes.push((offset, xmin, xmax, bits));
    }
    let prune = full_xid(base, page.view().prune_xid_offset());
    page.set_xid_base(new_base);
    page.set_prune_xid_offset(if prune.is_valid() { xid_offset(new_base, prune).unwrap_or(3) } else { 0 });
    for (offset, xmin, xmax, bits) in changes {
        if let Some(bytes) = page.item_mut(offset) {
            let mut header = TupleHeader::new(bytes);
            header.set_xmin_offset(xmin);
            header.set_xmax_offset(xmax);
            header.set_infomask(bits);
        }
    }
    Ok(true)
}

fn too_old() -> error::Error {
    error!(PROGRAM_LIMIT_EXCEEDED, "a page holds a transaction number that is more than four billion behind")
        .hint("Close old transactions and vacuum the table.")
}
