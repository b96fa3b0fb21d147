//! Adding an entry, with the unique check.

use access_api::{Access, IndexDescription};
use common::{OffsetNumber, TransactionId, TupleId};
use error::{Error, Result};
use shared_memory::critical;
use std::cmp::Ordering;
use storage_buffer::{ExclusivePage, LogFlags, SharedPage};
use storage_lock::Wait;
use storage_page::PageRef;

use crate::descend::{Path, Search, move_right, page_for_writing, position, read};
use crate::entry::{Key, Tie, address_of, compare, leaf_item};
use crate::log::{MANAGER, RecordKind};
use crate::page::{Links, flags, item};
use crate::split;

/// What is known of the row of an entry with the same key.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Liveness {
    /// Nobody will see it: no duplicate.
    Dead,
    Live,
    /// That depends on this running transaction.
    Undecided(TransactionId),
}

/// Whether equal keys may be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Uniqueness {
    /// Any number of them.
    NotChecked,
    /// Wait for undecided ones, and refuse live ones.
    Enforced,
    /// Refuse live and undecided ones at once.
    Probed,
}

/// The row that has the key already; the transaction that will decide about it, if it is undecided.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Duplicate {
    pub address: TupleId,
    pub undecided: Option<TransactionId>,
}

/// Adds an entry unless a duplicate forbids it, which is then given. `liveness` is asked about rows with the same key, while a
/// page of the index is locked.
/// # Errors
/// 54000 for a key that is too long, those of waiting, of `liveness` and of writing.
pub fn insert(
    access: Access<'_>,
    index: &IndexDescription,
    key: &Key,
    uniqueness: Uniqueness,
    liveness: &mut dyn FnMut(TupleId) -> Result<Liveness>,
) -> Result<Option<Duplicate>> {
    let entry = leaf_item(index, key)?;
    let key_values = &key.values[..index.key_count];
    let checks =
        uniqueness != Uniqueness::NotChecked && (index.nulls_not_distinct || !key.has_null_key(index));
    let at = Search { values: key_values, tie: Tie::At(key.address) };
    // With a check, everybody who adds this key starts at the first page where it could be, and so waits here for the others.
    let first = Search { values: key_values, tie: if checks { Tie::Before } else { at.tie } };
    loop {
        let Some((mut page, path)) = page_for_writing(access, index, first, 0)? else {
            split::create_root(access, index)?;
            continue;
        };
        if checks && let Some(duplicate) = find_duplicate(access, index, key, &page, liveness)? {
            match duplicate.undecided {
                Some(xid) if uniqueness == Uniqueness::Enforced => {
                    drop(page);
                    access.session.locks().wait_for_transaction(xid, Wait::Block)?;
                    continue;
                }
                _ => return Ok(Some(duplicate)),
            }
        }
        page = move_right(access, index, at, page)?;
        add(access, index, page, &path, at, &entry)?;
        return Ok(None);
    }
}

/// Puts an entry on a locked leaf, splitting it if it is full.
fn add(
    access: Access<'_>,
    index: &IndexDescription,
    mut page: ExclusivePage,
    path: &Path,
    at: Search<'_>,
    entry: &[u8],
) -> Result<()> {
    let links = Links::of(page.page())?;
    let offset = position(index, at, page.page(), &links)?;
    if page.page().free_space() < entry.len().next_multiple_of(8) {
        return split::split(access, index, page, path, offset, entry, None);
    }
    put(access, index, &mut page, offset, entry, None)
}

/// Puts an item on a page that has room; above the leaves `child` is the page whose split that finishes.
pub(crate) fn put(
    access: Access<'_>,
    index: &IndexDescription,
    page: &mut ExclusivePage,
    offset: OffsetNumber,
    entry: &[u8],
    child: Option<&mut ExclusivePage>,
) -> Result<()> {
    let xid = access.session.xid_if_assigned().unwrap_or(TransactionId::INVALID);
    critical::section(|| {
        if !page.page_mut().insert_item(offset, entry) {
            return Err(Error::internal("index entry does not fit on the page that was chosen for it"));
        }
        let mut record = access.pool.record(MANAGER, RecordKind::Insert as u8, index.relation.is_logged);
        record.data(&offset.0.to_le_bytes());
        record.page(0, page, LogFlags::STANDARD);
        record.block_data(0, entry);
        if let Some(child) = child {
            finish_mark(child)?;
            record.page(1, child, LogFlags::STANDARD);
        }
        record.insert(xid).map(|_| ())
    })
}

/// Takes the mark of an unfinished split off a page.
pub(crate) fn finish_mark(child: &mut ExclusivePage) -> Result<()> {
    let mut links = Links::of(child.page())?;
    links.flags &= !flags::INCOMPLETE_SPLIT;
    links.store(child);
    Ok(())
}

/// Looks through the entries with the same key, from the locked page to the right.
fn find_duplicate(
    access: Access<'_>,
    index: &IndexDescription,
    key: &Key,
    first: &ExclusivePage,
    liveness: &mut dyn FnMut(TupleId) -> Result<Liveness>,
) -> Result<Option<Duplicate>> {
    let mut further: Option<SharedPage> = None;
    loop {
        let page = further.as_ref().map_or_else(|| first.page(), SharedPage::page);
        let links = Links::of(page)?;
        let (found, may_continue) = duplicate_on_page(index, key, page, &links, liveness)?;
        if found.is_some() || !may_continue || links.is_rightmost() {
            return Ok(found);
        }
        further = Some(read(access, index, links.right)?.share());
    }
}

/// A duplicate on this page, and whether there may be more on the next.
fn duplicate_on_page(
    index: &IndexDescription,
    key: &Key,
    page: PageRef<'_>,
    links: &Links,
    liveness: &mut dyn FnMut(TupleId) -> Result<Liveness>,
) -> Result<(Option<Duplicate>, bool)> {
    let values = &key.values[..index.key_count];
    let search = Search { values, tie: Tie::Before };
    let mut offset = position(index, search, page, links)?;
    while offset.0 <= page.item_count() {
        let entry = item(page, offset)?;
        // "Behind" is greater than an entry exactly when its values are not greater.
        if compare(index, values, Tie::Behind, entry)? != Ordering::Greater {
            return Ok((None, false));
        }
        let address = address_of(entry)?;
        if address != key.address {
            match liveness(address)? {
                Liveness::Dead => {}
                Liveness::Live => return Ok((Some(Duplicate { address, undecided: None }), false)),
                Liveness::Undecided(xid) => {
                    return Ok((Some(Duplicate { address, undecided: Some(xid) }), false));
                }
            }
        }
        offset = offset.next();
    }
    Ok((None, true))
}
