//! Deleting and updating rows.

use access_api::{Access, LockWait, RowOutcome, StoredRelation};
use common::{CommandId, ForkNumber, TransactionId, TupleId};
use error::{Error, Result, bail};
use shared_memory::critical;
use storage_buffer::{ExclusivePage, LogFlags, Pin, Strategy};
use storage_page::PageFlags;
use transaction::{LockSetMember, MemberStatus};
use tuple::{LockStrength, TupleHeader, infomask};

use crate::free_space;
use crate::insert::{MAX_ROW_SIZE, fit_base, initialize, page_with_room, place};
use crate::lock::{Prepared, change, described, lock_prepared, note_prunable, prepare};
use crate::log::{Change, INITIALIZE, MANAGER, Place, RecordKind, put_row};
use crate::prune::prune_if_possible;
use crate::row::{Row, xid_offset};
use crate::xid_base;
use crate::xmax::{self, NewXmax};

/// Deletes a row version.
/// # Errors
/// Those of waiting (40P01, 55P03, 57014) and of writing.
pub fn delete(
    access: Access<'_>,
    relation: &StoredRelation,
    address: TupleId,
    wait: LockWait,
) -> Result<RowOutcome<()>> {
    let mut page = match prepare(access, relation, address, LockStrength::Update, wait)? {
        Prepared::Ready(page) => page,
        Prepared::Not(outcome) => return Ok(outcome),
    };
    let xid = access.session.xid()?;
    let Some(row) = Row::at(page.page(), address.offset)? else { return Ok(RowOutcome::Invisible) };
    let new = xmax::add(access.session, &row, xid, MemberStatus::Update)?;
    change(access, relation, &mut page, address, new, RecordKind::Delete, |_, _| ())?;
    Ok(RowOutcome::Done(()))
}

/// Where an updated row is now.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Updated {
    pub address: TupleId,
    /// Index entries of the old version lead to the new one: none are to be made.
    pub is_hot: bool,
}

/// What an update changes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct UpdateScope {
    /// A column that another table could refer to.
    pub key: bool,
    /// A column of any index.
    pub indexed: bool,
}

/// Replaces a row version by a new one; `row` comes from `tuple::encode` and gets its header completed.
/// # Errors
/// 54000 for a row longer than a page, those of waiting and of writing.
pub fn update(
    access: Access<'_>,
    relation: &StoredRelation,
    address: TupleId,
    row: &mut [u8],
    scope: UpdateScope,
    wait: LockWait,
) -> Result<RowOutcome<Updated>> {
    if row.len() > MAX_ROW_SIZE {
        bail!(PROGRAM_LIMIT_EXCEEDED, "row is too big: size {}, maximum size {MAX_ROW_SIZE}", row.len());
    }
    let strength = if scope.key { LockStrength::Update } else { LockStrength::NoKeyUpdate };
    let page = match prepare(access, relation, address, strength, wait)? {
        Prepared::Ready(page) => page,
        Prepared::Not(outcome) => return Ok(outcome.map_not_done()),
    };
    let update = Update { access, relation, address, scope, strength, xid: access.session.xid()? };
    update.run(page, row).map(RowOutcome::Done)
}

struct Update<'a> {
    access: Access<'a>,
    relation: &'a StoredRelation,
    address: TupleId,
    scope: UpdateScope,
    strength: LockStrength,
    xid: TransactionId,
}

impl Update<'_> {
    fn run(&self, mut page: ExclusivePage, row: &mut [u8]) -> Result<Updated> {
        let needed = row.len().next_multiple_of(8);
        if page.page().free_space() < needed {
            prune_if_possible(self.access, self.relation, &mut page)?;
        }
        if page.page().free_space() >= needed {
            return self.write(&mut page, None, row);
        }
        // Nobody else may change the row while another page is looked for.
        lock_prepared(self.access, self.relation, &mut page, self.address, self.strength)?;
        page.page_mut().set_flag(PageFlags::IS_FULL);
        page.mark_dirty_hint()?;
        let old = page.unlock();
        loop {
            let (target, is_new) = page_with_room(self.access, self.relation, row.len())?;
            if target.block() == old.block() {
                let mut page = target;
                return self.write(&mut page, None, row);
            }
            if let Some((mut old_page, mut target)) = lock_both(&old, target, is_new, needed) {
                return self.write(&mut old_page, Some((&mut target, is_new)), row);
            }
        }
    }

    /// Writes the new version to `target`, or to the old version's page.
    fn write(
        &self,
        old: &mut ExclusivePage,
        mut target: Option<(&mut ExclusivePage, bool)>,
        row: &mut [u8],
    ) -> Result<Updated> {
        let session = self.access.session;
        let command = session.command(true);
        let (new, carried) = self.new_xmax(old)?;
        let newest = carried.map_or(new.xid, |carried| new.xid.max(carried.xid)).max(self.xid);
        fit_base(self.access, self.relation, old, newest)?;
        let base = xid_base::for_new_page(newest);
        if let Some((page, false)) = &mut target {
            fit_base(self.access, self.relation, page, newest)?;
            free_space::clear_visible(self.access, self.relation, page)?;
        }
        free_space::clear_visible(self.access, self.relation, old)?;
        let is_hot = target.is_none() && !self.scope.indexed;
        let change = described(self.access, old, self.address, new, |_, change| {
            change.infomask |= if is_hot { infomask::HOT_UPDATED } else { 0 };
        })?;
        let mut rows = Vec::with_capacity(row.len() + 16);
        let new_address = critical::section(|| {
            let mut flags = 0;
            if let Some((page, is_new)) = &mut target {
                if *is_new {
                    initialize(&mut page.page_mut(), base);
                    flags |= INITIALIZE;
                }
            }
            let mut change: Change = change;
            let page = match &mut target {
                Some((page, _)) => &mut **page,
                None => &mut *old,
            };
            let page_base = page.page().xid_base();
            complete_new_version(row, page_base, self.xid, carried, command, is_hot)?;
            let offset = place(page, row)?;
            put_row(&mut rows, offset, row);
            let new_address = TupleId::new(page.block(), offset);
            change.ctid = new_address;
            change.apply(&mut old.page_mut())?;
            note_prunable(old, change.xmax_offset);
            let mut record =
                self.access.pool.record(MANAGER, RecordKind::Update as u8, self.relation.is_logged);
            record.data(&change.encode());
            record.data(&Place { flags, base }.encode());
            match &mut target {
                Some((page, is_new)) => {
                    let image = if *is_new { LogFlags::WILL_INITIALIZE } else { LogFlags::STANDARD };
                    record.page(0, page, image);
                    record.block_data(0, &rows);
                    record.page(1, old, LogFlags::STANDARD);
                }
                None => {
                    record.page(0, old, LogFlags::STANDARD);
                    record.block_data(0, &rows);
                }
            }
            record.insert(self.xid)?;
            Ok(new_address)
        })?;
        Ok(Updated { address: new_address, is_hot })
    }

    /// The old version's xmax, and the locks of others that go over to the new version.
    fn new_xmax(&self, page: &ExclusivePage) -> Result<(NewXmax, Option<NewXmax>)> {
        let session = self.access.session;
        let Some(row) = Row::at(page.page(), self.address.offset)? else {
            return Err(Error::internal("row to be updated is not there"));
        };
        let status = if self.scope.key { MemberStatus::Update } else { MemberStatus::NoKeyUpdate };
        let new = xmax::add(session, &row, self.xid, status)?;
        let mut others = xmax::current_holders(session, &row)?;
        others.retain(|holder| !session.is_own(holder.xid) && !holder.status.is_update());
        let carried = match others.as_slice() {
            [] => None,
            [other] => {
                let bits = infomask::XMAX_LOCK_ONLY | (other.strength() as u16) << infomask::LOCK_SHIFT;
                Some(NewXmax { xid: other.xid, bits })
            }
            several => {
                let members: Vec<LockSetMember> = several
                    .iter()
                    .map(|holder| LockSetMember { xid: holder.xid, status: holder.status })
                    .collect();
                let set = session.system().create_lock_set(&members)?;
                Some(NewXmax { xid: set, bits: infomask::XMAX_LOCK_ONLY | infomask::XMAX_IS_SET })
            }
        };
        Ok((new, carried))
    }
}

fn complete_new_version(
    row: &mut [u8],
    base: TransactionId,
    xid: TransactionId,
    carried: Option<NewXmax>,
    command: CommandId,
    is_hot: bool,
) -> Result<()> {
    let misfit = || Error::internal("transaction does not fit the page's base");
    let mut header = TupleHeader::new(row);
    header.set_xmin_offset(xid_offset(base, xid).ok_or_else(misfit)?);
    header.set_cmin(command);
    header.set_cmax(CommandId(0));
    let xmax = carried.map_or(TransactionId::INVALID, |carried| carried.xid);
    header.set_xmax_offset(xid_offset(base, xmax).ok_or_else(misfit)?);
    let bits = carried.map_or(infomask::XMAX_INVALID, |carried| carried.bits);
    let kept = infomask::HAS_NULLS | infomask::HAS_EXTERNAL;
    header.change_infomask(!kept, bits | if is_hot { infomask::HEAP_ONLY } else { 0 });
    Ok(())
}

/// Locks the old version's page besides the target's, lower number first. `None` when the target has no room any more.
fn lock_both(
    old: &Pin,
    target: ExclusivePage,
    is_new: bool,
    needed: usize,
) -> Option<(ExclusivePage, ExclusivePage)> {
    if old.block() > target.block() {
        return Some((old.exclusive(), target));
    }
    if let Some(page) = old.try_exclusive() {
        return Some((page, target));
    }
    let target = target.unlock();
    let page = old.exclusive();
    let target = target.exclusive();
    let has_room = is_new && target.page().is_new() || !is_new && target.page().free_space() >= needed;
    has_room.then_some((page, target))
}

/// Replaces a row's values in place, for everybody at once and without a new version: sequences and statistics in catalogs.
/// The new row must be as long as the old one.
/// # Errors
/// XX000 when it is not.
pub fn overwrite_in_place(
    access: Access<'_>,
    relation: &StoredRelation,
    address: TupleId,
    row: &[u8],
) -> Result<()> {
    let xid = access.session.xid_if_assigned().unwrap_or(TransactionId::INVALID);
    let mut page =
        access.pool.read(relation.file, ForkNumber::Main, address.block, Strategy::Normal)?.exclusive();
    let Some(old) = Row::at(page.page(), address.offset)? else {
        bail!(INTERNAL_ERROR, "row to be overwritten is not there");
    };
    let data = old.header().data_offset();
    if old.bytes.len() != row.len() || data != TupleHeader::new(row).data_offset() {
        bail!(INTERNAL_ERROR, "row to be overwritten has another length");
    }
    let mut new = old.bytes.to_vec();
    new[tuple::HEADER_SIZE..].copy_from_slice(&row[tuple::HEADER_SIZE..]);
    critical::section(|| {
        if let Some(bytes) = page.page_mut().item_mut(address.offset) {
            bytes.copy_from_slice(&new);
        }
        let mut log = Vec::new();
        put_row(&mut log, address.offset, &new);
        let mut record = access.pool.record(MANAGER, RecordKind::Overwrite as u8, relation.is_logged);
        record.page(0, &mut page, LogFlags::STANDARD);
        record.block_data(0, &log);
        record.insert(xid).map(|_| ())
    })
}
