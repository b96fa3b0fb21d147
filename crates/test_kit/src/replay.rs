//! The storage stack over a copy of a data directory, for replaying records one by one. Nothing recovers and nothing is logged.

use std::path::Path;

use common::{Lsn, Oid, PAGE_SIZE};
use recovery::RedoContext;
use shared_memory::{ProcessSlots, RegionBuilder};
use storage_buffer::{BufferPool, BufferSettings, Strategy};
use storage_file::{FileSettings, Files};
use storage_wal::{BlockReference, Wal, WalSettings};

pub struct Replay {
    pub context: RedoContext,
}

impl Replay {
    /// `directory` holds a data directory; `redo` is where its log would be replayed from.
    pub fn open(directory: &Path, buffers: usize, redo: Lsn) -> Replay {
        let mut builder = RegionBuilder::new();
        let slots = ProcessSlots::reserve(&mut builder, 4);
        let files = Files::reserve(&mut builder, &FileSettings { sync_requests: 1024, open_files: 64 });
        let settings =
            WalSettings { buffer_bytes: 1 << 16, always_log_images: false, full_page_images: true };
        let wal = Wal::reserve(&mut builder, &settings);
        let pool = BufferPool::reserve(&mut builder, &BufferSettings { buffers, relation_sizes: 1024 });
        let region = builder.build().unwrap();
        ProcessSlots::attach(slots, &region).initialize();
        let files = Files::attach_at(files, &region, directory);
        files.initialize();
        let wal = Wal::attach(wal, &region, files);
        wal.initialize();
        wal.set_replayed_position(1, redo);
        let pool = BufferPool::attach(pool, &region, files, wal);
        pool.initialize();
        Replay { context: RedoContext { pool, files, wal } }
    }

    /// The page as it is; `None` if it does not exist or cannot be read.
    pub fn page(&self, block: &BlockReference) -> Option<[u8; PAGE_SIZE]> {
        let pool = self.context.pool;
        let exists = pool.exists(block.file, block.fork).ok()?
            && block.block.0 < pool.blocks(block.file, block.fork).ok()?;
        if !exists {
            return None;
        }
        let pin = pool.read(block.file, block.fork, block.block, Strategy::Normal).ok()?;
        Some(*pin.share().bytes())
    }

    /// Puts a page back; one that is not there any more is left alone.
    pub fn put(&self, block: &BlockReference, bytes: &[u8; PAGE_SIZE]) {
        if self.page(block).is_some()
            && let Ok(pin) = self.context.pool.read(block.file, block.fork, block.block, Strategy::Normal)
        {
            let mut page = pin.exclusive();
            page.bytes_mut().copy_from_slice(bytes);
            page.mark_dirty();
        }
    }

    /// Forgets everything in memory of these databases, so that their files can be replaced.
    pub fn forget(&self, databases: impl IntoIterator<Item = Oid>) {
        for database in databases {
            self.context.pool.drop_database_buffers(database).unwrap();
        }
        self.context.files.close_all();
        self.context.pool.explain_missing_pages(|_| true);
    }
}
