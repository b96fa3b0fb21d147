//! Finding the row version that a snapshot sees, from an address that an index gave.

use access_api::{Access, StoredRelation};
use common::{BlockNumber, ForkNumber, TransactionId, TupleId};
use error::Result;
use storage_buffer::{Pin, Strategy};
use storage_page::PageRef;
use transaction::Snapshot;
use tuple::infomask;

use crate::prune::leave;
use crate::row::Row;
use crate::visibility::{Findings, Presence, is_visible, presence, updater};

/// A row version that was found: its own address and its bytes.
pub struct Fetched<'a> {
    pub address: TupleId,
    pub bytes: &'a [u8],
    pub(crate) row: Row<'a>,
}

/// Fetches rows one after another, keeping the last page pinned.
pub struct Fetcher {
    relation: StoredRelation,
    pin: Option<Pin>,
}

impl Fetcher {
    pub fn new(relation: StoredRelation) -> Fetcher {
        Fetcher { relation, pin: None }
    }

    /// The table's file.
    pub fn file(&self) -> common::RelationFile {
        self.relation.file
    }

    /// Forgets the pinned page.
    pub fn release(&mut self) {
        self.pin = None;
    }

    /// The page, pinned until another is wanted.
    fn pin(&mut self, access: Access<'_>, block: BlockNumber) -> Result<&Pin> {
        let pin = match self.pin.take() {
            Some(pin) if pin.block() == block => pin,
            _ => access.pool.read(self.relation.file, ForkNumber::Main, block, Strategy::Normal)?,
        };
        Ok(self.pin.insert(pin))
    }

    /// Hands the row version that the snapshot sees, among those of the HOT chain at `address`, to `take`. `None` if it
    /// sees none; then `all_dead`, if given, tells whether nobody will see any again.
    /// # Errors
    /// XX001 for a damaged page, those of reading, and those of `take`.
    pub fn fetch<T>(
        &mut self,
        access: Access<'_>,
        snapshot: &Snapshot,
        address: TupleId,
        take: impl FnOnce(Fetched<'_>) -> Result<T>,
    ) -> Result<Option<T>> {
        let relation = self.relation;
        let pin = self.pin(access, address.block)?;
        let page = pin.share();
        let mut findings = Findings::default();
        let found = find_in_chain(access, snapshot, page.page(), address, &mut findings)?;
        let taken = found.map(take).transpose();
        leave(access, &relation, pin, page, &findings)?;
        taken
    }
}

/// As [`Fetcher::fetch`], once.
pub fn fetch<T>(
    access: Access<'_>,
    relation: &StoredRelation,
    snapshot: &Snapshot,
    address: TupleId,
    take: impl FnOnce(Fetched<'_>) -> Result<T>,
) -> Result<Option<T>> {
    Fetcher::new(*relation).fetch(access, snapshot, address, take)
}

/// The row version at exactly this address, whoever may see it, with its presence.
pub fn fetch_any<T>(
    access: Access<'_>,
    relation: &StoredRelation,
    address: TupleId,
    take: impl FnOnce(Fetched<'_>, Presence) -> Result<T>,
) -> Result<Option<T>> {
    let blocks = access.pool.blocks(relation.file, ForkNumber::Main)?;
    if address.block.0 >= blocks {
        return Ok(None);
    }
    let page = access.pool.read(relation.file, ForkNumber::Main, address.block, Strategy::Normal)?.share();
    let Some(row) = Row::at(page.page(), address.offset)? else { return Ok(None) };
    let presence = presence(access, &row, address.offset, &mut Findings::default())?;
    take(Fetched { address, bytes: row.bytes, row }, presence).map(Some)
}

/// Walks the HOT chain that starts at `address`.
pub(crate) fn find_in_chain<'a>(
    access: Access<'_>,
    snapshot: &Snapshot,
    page: PageRef<'a>,
    address: TupleId,
    findings: &mut Findings,
) -> Result<Option<Fetched<'a>>> {
    let mut offset = address.offset;
    let mut expected: Option<TransactionId> = None;
    let line = page.line(offset);
    if let Some(target) = line.redirect_target() {
        offset = target;
    }
    // A chain visits each line pointer at most once.
    for _ in 0..=page.item_count() {
        let Some(row) = Row::at(page, offset)? else { return Ok(None) };
        // A line pointer that was reused by another row ends the chain.
        if expected.is_some_and(|xmax| row.xmin() != xmax && !row.is_frozen()) {
            return Ok(None);
        }
        if expected.is_none() && row.is_heap_only() && line.is_normal() {
            return Ok(None);
        }
        if is_visible(access, snapshot, &row, offset, findings)? {
            return Ok(Some(Fetched { address: TupleId::new(address.block, offset), bytes: row.bytes, row }));
        }
        if !row.has(infomask::HOT_UPDATED) || row.has_no_xmax() {
            return Ok(None);
        }
        let Some(xmax) = updater(access.session, &row)? else { return Ok(None) };
        expected = Some(xmax);
        offset = row.header().ctid().offset;
    }
    Ok(None)
}
