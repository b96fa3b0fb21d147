//! Row locks: waiting until a row may be changed, and SELECT ... FOR UPDATE and its kin.

use access_api::{Access, Conflict, LockWait, RowOutcome, StoredRelation};
use common::{ForkNumber, TupleId};
use error::{Result, bail};
use shared_memory::critical;
use storage_buffer::{ExclusivePage, LogFlags, Strategy};
use storage_lock::{LockMode, LockTag, Scope, Wait};
use tuple::{LockStrength, infomask};

use crate::free_space;
use crate::insert::fit_base;
use crate::log::{Change, MANAGER, RecordKind};
use crate::row::{Row, xid_offset};
use crate::visibility::{Changeable, changeable};
use crate::xmax::{self, NewXmax};

/// A row whose page is locked and that may be changed, or why not.
pub(crate) enum Prepared {
    Ready(ExclusivePage),
    Not(RowOutcome<()>),
}

/// The heavyweight mode in which waiters for a row queue.
fn queue_mode(strength: LockStrength) -> LockMode {
    match strength {
        LockStrength::KeyShare => LockMode::AccessShare,
        LockStrength::Share => LockMode::RowShare,
        LockStrength::NoKeyUpdate => LockMode::Exclusive,
        LockStrength::Update => LockMode::AccessExclusive,
    }
}

/// Locks the row's page once nobody holds the row in a way that excludes `strength`.
pub(crate) fn prepare(
    access: Access<'_>,
    relation: &StoredRelation,
    address: TupleId,
    strength: LockStrength,
    wait: LockWait,
) -> Result<Prepared> {
    let session = access.session;
    let pin = access.pool.read(relation.file, ForkNumber::Main, address.block, Strategy::Normal)?;
    let tag = LockTag::tuple(relation.database(), relation.oid, address);
    let mut queued = false;
    let prepared = loop {
        let page = pin.exclusive();
        let Some(row) = Row::at(page.page(), address.offset)? else {
            break Prepared::Not(RowOutcome::Invisible);
        };
        let conflict = Conflict { newer: row.header().ctid(), xmax: row.xmax(), cmax: row.cmax() };
        match changeable(session, &row, address)? {
            Changeable::Yes => break Prepared::Ready(page),
            Changeable::Invisible => break Prepared::Not(RowOutcome::Invisible),
            Changeable::SelfModified => break Prepared::Not(RowOutcome::SelfModified(conflict)),
            Changeable::Updated => break Prepared::Not(RowOutcome::Updated(conflict)),
            Changeable::Deleted => break Prepared::Not(RowOutcome::Deleted(conflict)),
            Changeable::Held => {}
        }
        let mut in_the_way = xmax::current_holders(session, &row)?;
        in_the_way.retain(|holder| !session.is_own(holder.xid) && holder.strength().conflicts(strength));
        if in_the_way.is_empty() {
            break Prepared::Ready(page);
        }
        drop(page);
        if wait != LockWait::Block {
            break Prepared::Not(RowOutcome::WouldBlock);
        }
        if !queued {
            // Whoever came first gets the row first: its holders are waited for only by the head of this queue.
            let scope = Scope::Transaction { level: session.level() };
            session.locks().acquire(tag, queue_mode(strength), scope, Wait::Block)?;
            queued = true;
        }
        for holder in in_the_way {
            let waited = session.locks().wait_for_transaction(holder.xid, Wait::Block);
            waited.map_err(|error| {
                error.context(format_args!("while locking tuple {address} in relation {}", relation.oid))
            })?;
        }
    };
    if queued {
        session.locks().release(tag, queue_mode(strength), false);
    }
    Ok(prepared)
}

/// Locks a row version for the rest of the transaction.
/// # Errors
/// Those of waiting (40P01, 55P03, 57014) and of writing.
pub fn lock_row(
    access: Access<'_>,
    relation: &StoredRelation,
    address: TupleId,
    strength: LockStrength,
    wait: LockWait,
) -> Result<RowOutcome<()>> {
    match prepare(access, relation, address, strength, wait)? {
        Prepared::Not(outcome) => Ok(outcome),
        Prepared::Ready(mut page) => {
            lock_prepared(access, relation, &mut page, address, strength)?;
            Ok(RowOutcome::Done(()))
        }
    }
}

/// Notes the lock on a row that [`prepare`] made ready.
pub(crate) fn lock_prepared(
    access: Access<'_>,
    relation: &StoredRelation,
    page: &mut ExclusivePage,
    address: TupleId,
    strength: LockStrength,
) -> Result<()> {
    let session = access.session;
    let xid = session.xid()?;
    let Some(row) = Row::at(page.page(), address.offset)? else {
        bail!(INTERNAL_ERROR, "row to be locked is not there");
    };
    let holders = xmax::current_holders(session, &row)?;
    if holders.iter().any(|holder| holder.xid == xid && holder.strength() >= strength) {
        return Ok(());
    }
    let new = xmax::add(session, &row, xid, xmax::locker(strength))?;
    let still_updated = holders.iter().any(|holder| holder.status.is_update());
    change(access, relation, page, address, new, RecordKind::Lock, |old, change| {
        change.cmax = old.cmax();
        if still_updated {
            change.ctid = old.header().ctid();
            change.infomask |= old.mask() & infomask::HOT_UPDATED;
        }
    })
}

/// Gives a row version a new xmax; `adjust` may change what is not about locks. By default the row becomes the end of its
/// chain.
pub(crate) fn change(
    access: Access<'_>,
    relation: &StoredRelation,
    page: &mut ExclusivePage,
    address: TupleId,
    new: NewXmax,
    kind: RecordKind,
    adjust: impl FnOnce(&Row<'_>, &mut Change),
) -> Result<()> {
    let xid = access.session.xid()?;
    fit_base(access, relation, page, new.xid)?;
    let change = described(access, page, address, new, adjust)?;
    if kind != RecordKind::Lock {
        free_space::clear_visible(access, relation, page)?;
    }
    critical::section(|| {
        if kind != RecordKind::Lock {
            note_prunable(page, change.xmax_offset);
        }
        change.apply(&mut page.page_mut())?;
        let mut record = access.pool.record(MANAGER, kind as u8, relation.is_logged);
        record.data(&change.encode());
        record.page(0, page, LogFlags::STANDARD);
        record.insert(xid).map(|_| ())
    })
}

/// What [`change`] would do, without doing it. The page's base fits.
pub(crate) fn described(
    access: Access<'_>,
    page: &ExclusivePage,
    address: TupleId,
    new: NewXmax,
    adjust: impl FnOnce(&Row<'_>, &mut Change),
) -> Result<Change> {
    let Some(row) = Row::at(page.page(), address.offset)? else {
        bail!(INTERNAL_ERROR, "row to be changed is not there");
    };
    let Some(xmax_offset) = xid_offset(page.page().xid_base(), new.xid) else {
        bail!(INTERNAL_ERROR, "transaction does not fit the page's base");
    };
    let mut change = Change {
        offset: address.offset,
        xmax_offset,
        infomask: row.mask() & !infomask::XMAX_BITS & !infomask::HOT_UPDATED | new.bits,
        cmax: access.session.command(true),
        ctid: address,
    };
    adjust(&row, &mut change);
    Ok(change)
}

/// Tells pruning that something on the page may be dead once this transaction has ended.
pub(crate) fn note_prunable(page: &mut ExclusivePage, xid_offset: u32) {
    let known = page.page().prune_xid_offset();
    if known == 0 || xid_offset < known {
        page.page_mut().set_prune_xid_offset(xid_offset);
    }
}
