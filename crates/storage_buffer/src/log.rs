//! Logging changes of pages in one call: record, LSN, dirtiness.

use std::cell::RefCell;

use common::{Lsn, TransactionId};
use error::Result;
use shared_memory::critical;
use smallvec::SmallVec;
use storage_page::PageBytes;
use storage_wal::{LogFlags, RecordBuilder, ResourceManagerId};

use crate::guards::ExclusivePage;
use crate::pool::BufferPool;

thread_local! {
    /// Builders with their buffers, kept for the next record.
    static IDLE: RefCell<Vec<RecordBuilder>> = const { RefCell::new(Vec::new()) };
}

/// A record under construction about changed pages.
///
/// In a critical section: change the pages, then name them here, add data, [`PageRecord::insert`].
pub struct PageRecord<'a> {
    pool: &'static BufferPool,
    /// `None`: the pages are not logged.
    builder: Option<RecordBuilder>,
    pages: SmallVec<[&'a mut ExclusivePage; 4]>,
}

impl BufferPool {
    /// Starts a record. With `is_logged` false (temporary and unlogged relations) `insert` only marks the pages dirty.
    pub fn record<'a>(
        &'static self,
        manager: ResourceManagerId,
        kind: u8,
        is_logged: bool,
    ) -> PageRecord<'a> {
        let builder = is_logged.then(|| {
            let mut builder = IDLE.with_borrow_mut(Vec::pop).unwrap_or_default();
            builder.start(manager, kind);
            builder
        });
        PageRecord { pool: self, builder, pages: SmallVec::new() }
    }
}

impl<'a> PageRecord<'a> {
    /// Adds a changed page under the number by which redo will ask for it.
    pub fn page(&mut self, reference: u8, page: &'a mut ExclusivePage, flags: LogFlags) {
        if let Some(builder) = &mut self.builder {
            let tag = page.tag();
            builder.page(reference, tag.file, tag.fork, tag.block, flags);
        }
        self.pages.push(page);
    }

    /// Adds data that redo of this page needs; left out when the page's image is logged.
    pub fn block_data(&mut self, reference: u8, bytes: &[u8]) {
        if let Some(builder) = &mut self.builder {
            builder.block_data(reference, bytes);
        }
    }

    /// Adds data of the record as a whole.
    pub fn data(&mut self, bytes: &[u8]) {
        if let Some(builder) = &mut self.builder {
            builder.data(bytes);
        }
    }

    /// Inserts the record, gives the pages its end as their LSN, and marks them dirty.
    ///
    /// Returns that LSN, or `Lsn::INVALID` for pages that are not logged.
    /// # Errors
    /// PANICs only.
    pub fn insert(mut self, xid: TransactionId) -> Result<Lsn> {
        critical::section(|| {
            // Rule 3: dirty before the record is in, so that no checkpoint can pass between the two.
            self.pages.iter_mut().for_each(|page| page.mark_dirty());
            let Some(builder) = &mut self.builder else {
                return Ok(Lsn::INVALID);
            };
            let bytes: SmallVec<[&PageBytes; 4]> = self.pages.iter().map(|page| page.bytes()).collect();
            let lsn = self.pool.wal.insert(builder, xid, &bytes)?;
            drop(bytes);
            self.pages.iter_mut().for_each(|page| page.set_lsn(lsn));
            Ok(lsn)
        })
    }
}

impl Drop for PageRecord<'_> {
    fn drop(&mut self) {
        if let Some(builder) = self.builder.take() {
            IDLE.with_borrow_mut(|idle| idle.push(builder));
        }
    }
}
