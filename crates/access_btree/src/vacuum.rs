//! Removing entries of dead rows.

use access_api::{Access, IndexDescription};
use common::{BlockNumber, ForkNumber, OffsetNumber, TransactionId, TupleId};
use error::Result;
use shared_memory::critical;
use storage_buffer::{BufferRing, LogFlags, RingKind, Strategy};

use crate::entry::address_of;
use crate::log::{MANAGER, RecordKind};
use crate::page::{Links, META_BLOCK, flags, item};
use crate::recycle::{self, set_vacuuming};

/// What a pass over an index found.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct IndexVacuumReport {
    pub pages: u32,
    pub removed: u64,
    pub remaining: u64,
}

/// Removes the entries for whose rows `is_dead` answers true. Pages are visited in file order; a split moves entries only to
/// pages further back, so none is missed.
/// # Errors
/// Those of reading and writing, 57014.
pub fn remove_dead(
    access: Access<'_>,
    index: &IndexDescription,
    is_dead: &mut dyn FnMut(TupleId) -> bool,
) -> Result<IndexVacuumReport> {
    set_vacuuming(access, index, true)?;
    let active = access.session.system().active();
    let report = pass(access, index, is_dead, &active)?;
    set_vacuuming(access, index, false)?;
    Ok(report)
}

/// Goes through the file. `active` are the transactions that ran before.
fn pass(
    access: Access<'_>,
    index: &IndexDescription,
    is_dead: &mut dyn FnMut(TupleId) -> bool,
    active: &[(usize, u64)],
) -> Result<IndexVacuumReport> {
    let mut report = IndexVacuumReport::default();
    let (mut empty, mut deleted, mut free) = (Vec::new(), Vec::new(), Vec::new());
    let ring = BufferRing::new(access.pool, RingKind::Vacuum);
    let file = index.relation.file;
    let mut block = META_BLOCK.next();
    while block.0 < access.pool.blocks(file, ForkNumber::Main)? {
        system::interrupt::check()?;
        let pin = access.pool.read(file, ForkNumber::Main, block, Strategy::Ring(&ring))?;
        block = BlockNumber(block.0 + 1);
        let page = pin.share();
        // A page of a split that was cut short was never linked.
        if page.page().is_new() {
            continue;
        }
        let links = Links::of(page.page())?;
        if links.has(flags::DELETED) {
            deleted.push(page.block());
        }
        if links.has(flags::FREE) {
            free.push(page.block());
        }
        if !links.is_leaf() || links.has(flags::DELETED) {
            continue;
        }
        drop(page);
        let mut page = pin.exclusive();
        let first = Links::of(page.page())?.first_entry();
        let mut dead: Vec<OffsetNumber> = Vec::new();
        for at in first.0..=page.page().item_count() {
            if is_dead(address_of(item(page.page(), OffsetNumber(at))?)?) {
                dead.push(OffsetNumber(at));
            }
        }
        let entries = u64::from(page.page().item_count() + 1 - first.0);
        report.removed += dead.len() as u64;
        report.remaining += entries - dead.len() as u64;
        if entries == dead.len() as u64 {
            empty.push(page.block());
        }
        if dead.is_empty() {
            continue;
        }
        critical::section(|| {
            page.page_mut().delete_items(&dead);
            let mut record = access.pool.record(MANAGER, RecordKind::Delete as u8, index.relation.is_logged);
            record.page(0, &mut page, LogFlags::STANDARD);
            let bytes: Vec<u8> = dead.iter().flat_map(|offset| offset.0.to_le_bytes()).collect();
            record.block_data(0, &bytes);
            record.insert(TransactionId::INVALID).map(|_| ())
        })?;
    }
    report.pages = block.0;
    for block in empty {
        system::interrupt::check()?;
        recycle::delete_leaf(access, index, block)?;
    }
    // Whoever may know of pages that were out of the tree before this pass was running then.
    if !deleted.is_empty() && access.session.system().have_ended(active) {
        recycle::free(access, index, &deleted)?;
        free.extend(deleted);
    }
    recycle::publish(access, index, &free)?;
    Ok(report)
}
