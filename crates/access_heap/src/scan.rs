//! Sequential scans: a page at a time, visibility first, then the wanted columns of the visible rows into a batch.

use access_api::{Access, StoredRelation};
use common::{AttributeNumber, BlockNumber, ForkNumber, OffsetNumber, Oid, TransactionId, TupleId};
use error::Result;
use std::rc::Rc;
use storage_buffer::{BufferRing, Pin, RingKind, Strategy};
use storage_page::{PageFlags, PageRef};
use transaction::{Snapshot, SnapshotKind};
use tuple::{Decoder, PendingExternal, RowLayout, SEGMENT, infomask};
use types::batch::BATCH_ROWS;
use types::{Batch, Column, PhysicalType};

use crate::fetch::Fetched;
use crate::prune::leave;
use crate::row::Row;
use crate::visibility::{Findings, is_visible};

/// Pages that are asked for at once.
const READ_AHEAD: usize = 16;
/// A batch ends early when the values that are to be fetched for it from outside of their rows have this many bytes.
const MOST_PENDING: usize = 8 << 20;

/// Reads user and system columns of row versions into batch columns.
pub struct ColumnReader {
    decoder: Decoder,
    /// System columns and their positions.
    system_columns: Vec<(usize, AttributeNumber)>,
    types: Vec<PhysicalType>,
    relation: Oid,
    /// Values that lie outside of their rows; to be fetched by the caller before the batch is used.
    pub pending: Vec<PendingExternal>,
}

impl ColumnReader {
    /// `attributes` are user and system columns in the order of the output.
    pub fn new(relation: Oid, layout: RowLayout, attributes: &[AttributeNumber]) -> ColumnReader {
        let mut system_columns = Vec::new();
        let mut types = Vec::with_capacity(attributes.len());
        for (position, attribute) in attributes.iter().enumerate() {
            types.push(match *attribute {
                user if user.is_user() => layout.attributes[user.index()].physical,
                AttributeNumber::CTID => PhysicalType::Tid,
                _ => PhysicalType::Oid,
            });
            if !attribute.is_user() {
                system_columns.push((position, *attribute));
            }
        }
        let user = attributes.iter().enumerate().filter(|(_, attribute)| attribute.is_user());
        let user = user.map(|(position, attribute)| (position, attribute.index()));
        ColumnReader {
            decoder: Decoder::into_columns(layout, user),
            system_columns,
            types,
            relation,
            pending: Vec::new(),
        }
    }

    /// Whether so much is to be fetched for the rows read so far that the batch should have no more of them.
    pub fn has_enough(&self) -> bool {
        !self.pending.is_empty()
            && self.pending.iter().map(|external| external.pointer.raw_length as usize).sum::<usize>()
                >= MOST_PENDING
    }

    /// The forms of the output columns.
    pub fn types(&self) -> &[PhysicalType] {
        &self.types
    }

    /// Reads one row version into row `at` of the columns.
    /// # Errors
    /// XX001 for a damaged row.
    pub fn read(&mut self, fetched: &Fetched<'_>, columns: &mut [Column], at: usize) -> Result<()> {
        self.decoder.decode(fetched.bytes, columns, at, &mut self.pending)?;
        self.read_system(std::slice::from_ref(fetched), columns, at);
        Ok(())
    }

    /// Reads row versions into the rows of the columns from `first` on.
    /// # Errors
    /// XX001 for a damaged row.
    pub(crate) fn read_rows(
        &mut self,
        rows: &[Fetched<'_>],
        columns: &mut [Column],
        first: usize,
    ) -> Result<()> {
        let bytes = rows.iter().map(|fetched| fetched.bytes);
        self.decoder.decode_rows(bytes, columns, first, &mut self.pending)?;
        self.read_system(rows, columns, first);
        Ok(())
    }

    fn read_system(&self, rows: &[Fetched<'_>], columns: &mut [Column], first: usize) {
        for (position, attribute) in &self.system_columns {
            let column = &mut columns[*position];
            if *attribute == AttributeNumber::CTID {
                column.set_rows(first, rows.iter().map(|fetched| fetched.address));
                continue;
            }
            let number = |Fetched { row, .. }: &Fetched<'_>| match *attribute {
                AttributeNumber::TABLEOID => self.relation,
                AttributeNumber::XMIN => Oid(row.xmin().0 as u32),
                AttributeNumber::XMAX if row.has_no_xmax() => Oid::INVALID,
                AttributeNumber::XMAX => Oid(row.xmax().0 as u32),
                AttributeNumber::CMIN => Oid(row.cmin().0),
                _ => Oid(row.cmax().0),
            };
            column.set_rows(first, rows.iter().map(number));
        }
    }
}

/// A scan of all pages of a table.
pub struct HeapScan {
    relation: StoredRelation,
    snapshot: Rc<Snapshot>,
    next: BlockNumber,
    end: BlockNumber,
    /// Pages read ahead, last first.
    ahead: Vec<Pin>,
    ring: Option<BufferRing>,
    /// A page whose rows did not fit the last batch, and the first line pointer that is left.
    left_over: Option<(Pin, OffsetNumber)>,
    gives_roots: bool,
}

/// For each line pointer of a page, by index, the one at which its HOT chain begins; itself where there is no chain.
pub(crate) fn chain_roots(page: PageRef<'_>) -> Result<Vec<OffsetNumber>> {
    let mut roots: Vec<OffsetNumber> = page.offsets().collect();
    for root in page.offsets() {
        let line = page.line(root);
        let mut next = match line.redirect_target() {
            Some(target) => target,
            None => root,
        };
        if Row::at(page, root)?.is_some_and(|row| row.is_heap_only()) {
            continue;
        }
        let mut expected: Option<TransactionId> = None;
        for _ in 0..roots.len() {
            let Some(row) = Row::at(page, next)? else { break };
            if expected.is_some_and(|xmax| row.xmin() != xmax && !row.is_frozen()) {
                break;
            }
            if let Some(slot) = roots.get_mut(next.index()) {
                *slot = root;
            }
            if !row.has(infomask::HOT_UPDATED) || row.has_no_xmax() {
                break;
            }
            // A set of lockers hides the updater; the link leads to its version all the same.
            expected = (!row.has(infomask::XMAX_IS_SET)).then(|| row.xmax());
            next = row.header().ctid().offset;
        }
    }
    Ok(roots)
}

impl HeapScan {
    /// Scans the table as it is now; pages added later hold nothing that the snapshot sees.
    /// # Errors
    /// Those of asking for the table's size.
    pub fn new(access: Access<'_>, relation: StoredRelation, snapshot: Rc<Snapshot>) -> Result<HeapScan> {
        let blocks = access.pool.blocks(relation.file, ForkNumber::Main)?;
        let is_big = blocks as usize > access.pool.capacity() / 4;
        Ok(HeapScan {
            relation,
            snapshot,
            next: BlockNumber(0),
            end: BlockNumber(blocks),
            ahead: Vec::new(),
            ring: is_big.then(|| BufferRing::new(access.pool, RingKind::BulkRead)),
            left_over: None,
            gives_roots: false,
        })
    }

    /// The reader's `ctid` is to be where the row's HOT chain begins: the address that an index has.
    pub fn give_roots(&mut self) {
        self.gives_roots = true;
    }

    /// Limits the scan to the blocks from `start` to before `end`.
    pub fn limit(&mut self, start: BlockNumber, end: BlockNumber) {
        (self.next, self.end) = (start, end.min(self.end));
    }

    /// Fills the batch with the next visible rows; false at the end. The columns are those of the reader.
    /// # Errors
    /// XX001 for damaged pages, those of reading, and 57014.
    pub fn next_batch(
        &mut self,
        access: Access<'_>,
        reader: &mut ColumnReader,
        batch: &mut Batch,
    ) -> Result<bool> {
        batch.selection = None;
        batch.rows = 0;
        batch.columns.iter_mut().for_each(|column| column.resize(0));
        while batch.rows < BATCH_ROWS && !reader.has_enough() {
            system::interrupt::check()?;
            let Some((pin, first)) = self.next_page(access)? else { break };
            if let Some(next) = self.read_page(access, &pin, first, reader, batch)? {
                self.left_over = Some((pin, next));
            }
        }
        let rows = batch.rows;
        batch.columns.iter_mut().for_each(|column| column.truncate(rows));
        Ok(rows > 0)
    }

    fn next_page(&mut self, access: Access<'_>) -> Result<Option<(Pin, OffsetNumber)>> {
        if let Some(left_over) = self.left_over.take() {
            return Ok(Some(left_over));
        }
        if self.ahead.is_empty() {
            let left = self.end.0.saturating_sub(self.next.0) as usize;
            if left == 0 {
                return Ok(None);
            }
            let strategy = self.ring.as_ref().map_or(Strategy::Normal, Strategy::Ring);
            let count = left.min(READ_AHEAD);
            access.pool.read_many(
                self.relation.file,
                ForkNumber::Main,
                self.next,
                count,
                strategy,
                &mut self.ahead,
            )?;
            self.next = BlockNumber(self.next.0 + self.ahead.len() as u32);
            self.ahead.reverse();
        }
        Ok(self.ahead.pop().map(|pin| (pin, OffsetNumber::FIRST)))
    }

    /// Adds the page's visible rows from line pointer `first` on; gives the line pointer where there was no room for more.
    fn read_page(
        &self,
        access: Access<'_>,
        pin: &Pin,
        first: OffsetNumber,
        reader: &mut ColumnReader,
        batch: &mut Batch,
    ) -> Result<Option<OffsetNumber>> {
        let page = pin.share();
        let mut findings = Findings::default();
        let view = page.page();
        let all_visible = view.has(PageFlags::ALL_VISIBLE) && self.snapshot.kind == SnapshotKind::Mvcc;
        let roots = if self.gives_roots { chain_roots(view)? } else { Vec::new() };
        let offsets = view.offsets().skip(first.index());
        let room = (batch.rows + offsets.len()).min(BATCH_ROWS);
        batch.columns.iter_mut().for_each(|column| column.grow_by(room.saturating_sub(column.len())));
        let mut left_over = None;
        let mut rows = Vec::with_capacity(SEGMENT.min(offsets.len()));
        for offset in offsets {
            let Some(row) = Row::at(view, offset)? else { continue };
            if !all_visible && !is_visible(access, &self.snapshot, &row, offset, &mut findings)? {
                continue;
            }
            if batch.rows + rows.len() == BATCH_ROWS || reader.has_enough() {
                left_over = Some(offset);
                break;
            }
            let address = TupleId::new(page.block(), roots.get(offset.index()).copied().unwrap_or(offset));
            rows.push(Fetched { address, bytes: row.bytes, row });
            // What a row has outside of it counts at once for what is enough.
            if rows.len() == SEGMENT || row.has(infomask::HAS_EXTERNAL) {
                reader.read_rows(&rows, &mut batch.columns, batch.rows)?;
                batch.rows += rows.len();
                rows.clear();
            }
        }
        reader.read_rows(&rows, &mut batch.columns, batch.rows)?;
        batch.rows += rows.len();
        drop(rows);
        leave(access, &self.relation, pin, page, &findings)?;
        Ok(left_over)
    }

    /// Looks at one page, wherever the scan is, and fills the batch with evenly spread ones of its visible rows, at most `most`. Gives
    /// how many are visible.
    /// # Errors
    /// As [`HeapScan::next_batch`].
    pub fn sample_page(
        &self,
        access: Access<'_>,
        block: BlockNumber,
        most: usize,
        reader: &mut ColumnReader,
        batch: &mut Batch,
    ) -> Result<usize> {
        let strategy = self.ring.as_ref().map_or(Strategy::Normal, Strategy::Ring);
        let pin = access.pool.read(self.relation.file, ForkNumber::Main, block, strategy)?;
        let page = pin.share();
        let mut findings = Findings::default();
        let view = page.page();
        let all_visible = view.has(PageFlags::ALL_VISIBLE) && self.snapshot.kind == SnapshotKind::Mvcc;
        let mut visible = Vec::with_capacity(view.offsets().len());
        for offset in view.offsets() {
            let Some(row) = Row::at(view, offset)? else { continue };
            if all_visible || is_visible(access, &self.snapshot, &row, offset, &mut findings)? {
                visible.push(offset);
            }
        }
        batch.selection = None;
        batch.rows = visible.len().min(most);
        let rows = batch.rows;
        batch.columns.iter_mut().for_each(|column| column.resize(0));
        batch.columns.iter_mut().for_each(|column| column.resize(rows));
        for at in 0..rows {
            let offset = visible[at * visible.len() / rows];
            let Some(row) = Row::at(view, offset)? else { continue };
            let address = TupleId::new(block, offset);
            reader.read(&Fetched { address, bytes: row.bytes, row }, &mut batch.columns, at)?;
        }
        let seen = visible.len();
        leave(access, &self.relation, &pin, page, &findings)?;
        Ok(seen)
    }
}
