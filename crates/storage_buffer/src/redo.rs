//! The replaying side: what a record's block reference asks for.

use error::{Error, Result};
use storage_wal::Record;

use crate::descriptor::BufferTag;
use crate::guards::ExclusivePage;
use crate::pool::BufferPool;
use crate::sweep::Strategy;

/// What redo has to do for a page. Guards are locked exclusively.
pub enum Redo {
    /// The image was put in place: nothing to do.
    Restored(ExclusivePage),
    /// Change the page, then call [`ExclusivePage::redone`].
    NeedsRedo(ExclusivePage),
    /// The page has this change already.
    Done,
    /// The page is not there: a later record drops or cuts its file.
    NotFound,
}

impl Redo {
    /// The page that needs work, if any.
    pub fn needed(self) -> Option<ExclusivePage> {
        match self {
            Redo::NeedsRedo(page) => Some(page),
            _ => None,
        }
    }
}

impl ExclusivePage {
    /// After redo of `record`: sets the LSN and marks the page dirty.
    pub fn redone(&mut self, record: &Record) {
        self.set_lsn(record.end());
        self.mark_dirty();
    }
}

impl BufferPool {
    /// Finds out what to do for a block reference, and restores an image if there is one.
    ///
    /// A page that the record initialises comes zeroed, as `NeedsRedo`.
    pub fn redo_block(&'static self, record: &Record, reference: u8) -> Result<Redo> {
        let block = record.block(reference).ok_or_else(|| {
            Error::corrupted(format!("record at {} has no block reference {reference}", record.start()))
        })?;
        if block.has_image && block.apply_image {
            let mut page = self.unread(block.file, block.fork, block.block)?;
            record.restore_image(reference, page.bytes_mut())?;
            page.redone(record);
            return Ok(Redo::Restored(page));
        }
        if block.will_initialize {
            return self.redo_new_block(record, reference);
        }
        let is_there =
            self.exists(block.file, block.fork)? && block.block.0 < self.blocks(block.file, block.fork)?;
        if !is_there {
            let tag = BufferTag { file: block.file, fork: block.fork, block: block.block };
            self.missing.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).insert(tag);
            return Ok(Redo::NotFound);
        }
        let page = self.read(block.file, block.fork, block.block, Strategy::Normal)?.exclusive();
        if page.page().lsn() < record.end() {
            return Ok(Redo::NeedsRedo(page));
        }
        // Written before the crash, but perhaps no further than to the kernel.
        self.files.note_unsynced_block(block.file, block.fork, block.block)?;
        Ok(Redo::Done)
    }

    /// The page as zeros, to be built anew.
    pub fn redo_new_block(&'static self, record: &Record, reference: u8) -> Result<Redo> {
        let block = record.block(reference).ok_or_else(|| {
            Error::corrupted(format!("record at {} has no block reference {reference}", record.start()))
        })?;
        Ok(Redo::NeedsRedo(self.zeroed(block.file, block.fork, block.block)?))
    }

    /// Pages that redo asked for in vain and that no later record has explained. For `recovery`.
    pub fn missing_pages(&self) -> Vec<BufferTag> {
        self.missing.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).iter().copied().collect()
    }

    /// A record drops or cuts what these pages belong to: their absence is explained.
    pub fn explain_missing_pages(&self, mut is_explained: impl FnMut(BufferTag) -> bool) {
        let mut missing = self.missing.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        missing.retain(|tag| !is_explained(*tag));
    }
}
