//! Putting new row versions on pages.

use std::ops::Range;

use access_api::{Access, StoredRelation};
use common::{BlockNumber, ForkNumber, OffsetNumber, PAGE_SIZE, TransactionId, TupleId};
use error::{Result, bail, error};
use shared_memory::critical;
use storage_buffer::{BufferPool, BufferRing, ExclusivePage, LogFlags, RingKind, Strategy};
use storage_page::{HEADER_SIZE, PageMut};
use tuple::{TupleHeader, infomask};

use crate::free_space;
use crate::log::{INITIALIZE, MANAGER, Place, RecordKind, put_row};
use crate::row::xid_offset;
use crate::xid_base;

/// The longest row that fits a page with nothing else on it.
pub const MAX_ROW_SIZE: usize = PAGE_SIZE - HEADER_SIZE - 8;
/// The most pages by which a load makes a table longer at once.
const BULK_EXTEND: usize = 64;
/// Room of a page for rows and their line pointers.
const PAGE_ROOM: usize = PAGE_SIZE - HEADER_SIZE;

/// What a load of many rows remembers from one to the next.
pub struct BulkInsert {
    ring: BufferRing,
    /// The page that is being filled.
    block: Option<BlockNumber>,
    /// Pages that this load added to the table and has not filled yet; they are taken in order.
    ahead: Option<Ahead>,
    log: Vec<u8>,
    /// Everybody sees the rows at once.
    is_frozen: bool,
}

struct Ahead {
    pool: &'static BufferPool,
    relation: StoredRelation,
    blocks: Range<u32>,
}

impl BulkInsert {
    pub fn new(access: Access<'_>) -> BulkInsert {
        BulkInsert {
            ring: BufferRing::new(access.pool, RingKind::BulkWrite),
            block: None,
            ahead: None,
            log: Vec::new(),
            is_frozen: false,
        }
    }

    /// For a table whose file came to be in this transaction, so that nobody else can look at it before the commit: the rows count
    /// as seen by everybody, and vacuum finds nothing to do.
    pub fn frozen(access: Access<'_>) -> BulkInsert {
        BulkInsert { is_frozen: true, ..BulkInsert::new(access) }
    }

    fn next_ahead(&mut self) -> Option<BlockNumber> {
        self.ahead.as_mut().and_then(|ahead| ahead.blocks.next()).map(BlockNumber)
    }
}

impl Drop for Ahead {
    /// Lets others have the pages that were not needed.
    fn drop(&mut self) {
        for block in self.blocks.clone() {
            // Only a hint is lost if this fails; vacuum finds the page.
            let _ = free_space::record(self.pool, &self.relation, BlockNumber(block), MAX_ROW_SIZE);
        }
    }
}

/// Completes the header of a row made by `tuple::encode`, all but its place.
fn complete(row: &mut [u8], xmin_offset: u32, command: common::CommandId, bits: u16) {
    let mut header = TupleHeader::new(row);
    header.set_xmin_offset(xmin_offset);
    header.set_xmax_offset(0);
    header.set_cmin(command);
    header.set_cmax(common::CommandId(0));
    let kept = infomask::HAS_NULLS | infomask::HAS_EXTERNAL;
    header.change_infomask(!kept, infomask::XMAX_INVALID | bits);
}

/// Makes an empty page the heap's.
pub(crate) fn initialize(page: &mut PageMut<'_>, base: TransactionId) {
    page.initialize(0);
    page.set_xid_base(base);
}

/// Puts a row on a page that has room for it. The header's ctid is set to the row's own place.
pub(crate) fn place(page: &mut ExclusivePage, row: &mut [u8]) -> Result<OffsetNumber> {
    let block = page.block();
    let mut edit = page.page_mut();
    let Some(offset) = edit.add_item(row) else {
        bail!(INTERNAL_ERROR, "row does not fit on the page that was chosen for it");
    };
    let own = TupleId::new(block, offset);
    TupleHeader::new(&mut row[..]).set_ctid(own);
    if let Some(bytes) = edit.item_mut(offset) {
        TupleHeader::new(bytes).set_ctid(own);
    }
    Ok(offset)
}

/// Stores a new row; `row` comes from `tuple::encode` and gets its header completed.
/// # Errors
/// 54000 for a row longer than a page, and those of writing.
pub fn insert(
    access: Access<'_>,
    relation: &StoredRelation,
    row: &mut [u8],
    bulk: Option<&mut BulkInsert>,
) -> Result<TupleId> {
    let mut rows = [row];
    let mut places = Vec::with_capacity(1);
    match bulk {
        Some(bulk) => insert_batch(access, relation, &mut rows, bulk, &mut places)?,
        None => {
            let xid = access.session.xid()?;
            let command = access.session.command(true);
            check_size(rows[0].len())?;
            let (mut page, is_new) = page_with_room(access, relation, rows[0].len())?;
            let mut log = Vec::with_capacity(rows[0].len() + 16);
            let new = NewRows { xid, command, is_frozen: false };
            store(access, relation, (&mut page, is_new), new, &mut rows, &mut log, &mut places)?;
        }
    }
    Ok(places[0])
}

/// Stores many new rows, a page at a time; `places` gets their addresses.
/// # Errors
/// As [`insert`].
pub fn insert_batch(
    access: Access<'_>,
    relation: &StoredRelation,
    rows: &mut [&mut [u8]],
    bulk: &mut BulkInsert,
    places: &mut Vec<TupleId>,
) -> Result<()> {
    let xid = access.session.xid()?;
    let command = access.session.command(true);
    let mut rest = rows;
    while !rest.is_empty() {
        system::interrupt::check()?;
        check_size(rest[0].len())?;
        let (mut page, is_new) = bulk_page(access, relation, rest, bulk)?;
        // As many rows as fit, with their line pointers and alignment.
        let mut room = if is_new { PAGE_ROOM } else { page.page().exact_free_space() };
        let mut count = 0;
        while count < rest.len() && rest[count].len().next_multiple_of(8) + 4 <= room {
            room -= rest[count].len().next_multiple_of(8) + 4;
            count += 1;
        }
        let (here, later) = rest.split_at_mut(count.max(1));
        let new = NewRows { xid, command, is_frozen: bulk.is_frozen };
        store(access, relation, (&mut page, is_new), new, here, &mut bulk.log, places)?;
        rest = later;
    }
    if let Some(block) = bulk.block {
        free_space::remember(relation, block);
    }
    Ok(())
}

fn check_size(length: usize) -> Result<()> {
    if length > MAX_ROW_SIZE {
        return Err(error!(
            PROGRAM_LIMIT_EXCEEDED,
            "row is too big: size {length}, maximum size {MAX_ROW_SIZE}"
        ));
    }
    Ok(())
}

/// What all rows of a call have in common.
#[derive(Clone, Copy)]
struct NewRows {
    xid: TransactionId,
    command: common::CommandId,
    is_frozen: bool,
}

fn store(
    access: Access<'_>,
    relation: &StoredRelation,
    (page, is_new): (&mut ExclusivePage, bool),
    NewRows { xid, command, is_frozen }: NewRows,
    rows: &mut [&mut [u8]],
    log: &mut Vec<u8>,
    places: &mut Vec<TupleId>,
) -> Result<()> {
    let base = xid_base::for_new_page(xid);
    if !is_new {
        fit_base(access, relation, page, xid)?;
        if !is_frozen {
            free_space::clear_visible(access, relation, page)?;
        }
    }
    let bits = if is_frozen { infomask::XMIN_FROZEN } else { 0 };
    critical::section(|| {
        let mut flags = 0;
        if is_new {
            initialize(&mut page.page_mut(), base);
            flags = INITIALIZE;
        }
        log.clear();
        let Some(xmin) = xid_offset(page.page().xid_base(), xid) else {
            bail!(INTERNAL_ERROR, "transaction does not fit the page's base");
        };
        for row in rows.iter_mut() {
            complete(row, xmin, command, bits);
            let offset = place(page, row)?;
            put_row(log, offset, row);
            places.push(TupleId::new(page.block(), offset));
        }
        let mut record = access.pool.record(MANAGER, RecordKind::Insert as u8, relation.is_logged);
        let image = if is_new { LogFlags::WILL_INITIALIZE } else { LogFlags::STANDARD };
        record.data(&Place { flags, base }.encode());
        record.page(0, page, image);
        record.block_data(0, log);
        record.insert(xid).map(|_| ())
    })?;
    // Only frozen rows come to a page that begins with them.
    if is_frozen && is_new { free_space::set_visible(access, relation, page) } else { Ok(()) }
}

/// Makes sure that `xid` can be written to the page, logging the page's image if its base had to move.
pub(crate) fn fit_base(
    access: Access<'_>,
    relation: &StoredRelation,
    page: &mut ExclusivePage,
    xid: TransactionId,
) -> Result<()> {
    if xid_offset(page.page().xid_base(), xid).is_some() {
        return Ok(());
    }
    if !xid_base::make_fit(access.session, &mut page.page_mut(), xid)? {
        return Ok(());
    }
    critical::section(|| {
        let mut record = access.pool.record(MANAGER, RecordKind::Image as u8, relation.is_logged);
        record.page(0, page, LogFlags::STANDARD | LogFlags::FORCE_IMAGE);
        record.insert(xid).map(|_| ())
    })
}

/// A page for the first of the rows that a load has still to store, locked; true if it is new and must be initialised.
///
/// The pages that a load makes are filled one after the other, so that rows lie in the order in which they came.
fn bulk_page(
    access: Access<'_>,
    relation: &StoredRelation,
    rest: &[&mut [u8]],
    bulk: &mut BulkInsert,
) -> Result<(ExclusivePage, bool)> {
    let (pool, file) = (access.pool, relation.file);
    let length = rest[0].len();
    let is_foreign = |ahead: &Ahead| ahead.relation.file != file;
    if bulk.ahead.as_ref().is_some_and(is_foreign) {
        (bulk.ahead, bulk.block) = (None, None);
    }
    let mut candidate = match bulk.block {
        Some(block) => Some(block),
        // The page that took the last row before this load.
        None => free_space::remembered(relation)
            .or(pool.blocks(file, ForkNumber::Main)?.checked_sub(1).map(BlockNumber)),
    };
    let mut visits = 0;
    loop {
        let is_ours = candidate.is_some();
        let block = match candidate.take() {
            Some(block) => block,
            None => match bulk.next_ahead() {
                Some(block) => block,
                // A wrong free space map may send us to full pages; each visit corrects it.
                None if visits < 16 => match free_space::find(pool, relation, length)? {
                    Some(block) => block,
                    None => break,
                },
                None => break,
            },
        };
        visits += 1;
        if block.0 >= pool.blocks(file, ForkNumber::Main)? {
            continue;
        }
        let page = pool.read(file, ForkNumber::Main, block, Strategy::Ring(&bulk.ring))?.exclusive();
        let is_new = page.page().is_new();
        let room = page.page().free_space();
        if is_new || room >= length.next_multiple_of(8) {
            bulk.block = Some(block);
            return Ok((page, is_new));
        }
        drop(page);
        if !is_ours {
            free_space::record(pool, relation, block, room)?;
        }
    }
    let bytes: usize = rest.iter().map(|row| row.len().next_multiple_of(8) + 4).sum();
    let most = BULK_EXTEND.min(pool.capacity() / 8).max(1);
    let count = bytes.div_ceil(PAGE_ROOM).clamp(1, most) as u32;
    let page = pool.extend(file, ForkNumber::Main, count, Strategy::Ring(&bulk.ring))?;
    let first = page.block();
    bulk.ahead = Some(Ahead { pool, relation: *relation, blocks: first.0 + 1..first.0 + count });
    bulk.block = Some(first);
    Ok((page, true))
}

/// A page with room for a row of this length, locked; true if it is new and must be initialised.
///
/// The caller holds no other page.
pub(crate) fn page_with_room(
    access: Access<'_>,
    relation: &StoredRelation,
    length: usize,
) -> Result<(ExclusivePage, bool)> {
    let (pool, file) = (access.pool, relation.file);
    let mut candidate = free_space::remembered(relation);
    if candidate.is_none() {
        candidate = free_space::find(pool, relation, length)?;
    }
    // A wrong free space map may send us to full pages; each visit corrects it.
    for _ in 0..16 {
        let blocks = pool.blocks(file, ForkNumber::Main)?;
        let block = match candidate {
            Some(block) if block.0 < blocks => block,
            _ => match blocks.checked_sub(1) {
                Some(last) if candidate.is_none() => BlockNumber(last),
                _ => break,
            },
        };
        let page = pool.read(file, ForkNumber::Main, block, Strategy::Normal)?.exclusive();
        if page.page().is_new() {
            free_space::remember(relation, block);
            return Ok((page, true));
        }
        let room = page.page().free_space();
        if room >= length.next_multiple_of(8) {
            free_space::remember(relation, block);
            return Ok((page, false));
        }
        drop(page);
        free_space::record(pool, relation, block, room)?;
        free_space::forget(relation);
        if candidate.is_none() {
            break;
        }
        candidate = free_space::find(pool, relation, length)?;
    }
    let page = pool.extend(file, ForkNumber::Main, 1, Strategy::Normal)?;
    free_space::remember(relation, page.block());
    Ok((page, true))
}

/// Makes a row that this transaction just inserted vanish, as if its transaction had been rolled back.
pub fn kill(access: Access<'_>, relation: &StoredRelation, address: TupleId) -> Result<()> {
    let xid = access.session.xid()?;
    let mut page =
        access.pool.read(relation.file, ForkNumber::Main, address.block, Strategy::Normal)?.exclusive();
    critical::section(|| {
        kill_on_page(&mut page.page_mut(), address.offset);
        let mut record = access.pool.record(MANAGER, RecordKind::Kill as u8, relation.is_logged);
        record.page(0, &mut page, LogFlags::STANDARD);
        record.block_data(0, &address.offset.0.to_le_bytes());
        record.insert(xid).map(|_| ())
    })
}

pub(crate) fn kill_on_page(page: &mut PageMut<'_>, offset: OffsetNumber) {
    if let Some(bytes) = page.item_mut(offset).filter(|bytes| bytes.len() >= tuple::HEADER_SIZE) {
        let mut header = TupleHeader::new(bytes);
        header.set_xmin_offset(0);
        header.change_infomask(infomask::XMIN_COMMITTED, infomask::XMIN_INVALID);
    }
}
