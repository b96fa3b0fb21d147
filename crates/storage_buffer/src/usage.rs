//! How many pages this process asked the cache for, how many of them had to be read, and what went through temporary files.

use std::cell::Cell;
use std::ops::{AddAssign, Sub};

/// Pages since the process began, or between two moments.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct BufferUse {
    pub hit: u64,
    pub read: u64,
    /// Blocks of temporary files.
    pub temporary_read: u64,
    pub temporary_written: u64,
}

thread_local! {
    /// Pages from the cache, and pages read.
    static USED: Cell<(u64, u64)> = const { Cell::new((0, 0)) };
}

/// What this process has used so far.
pub fn buffer_use() -> BufferUse {
    let (hit, read) = USED.get();
    let temporary = storage_file::temporary_use();
    BufferUse {
        hit,
        read,
        temporary_read: temporary.blocks_read,
        temporary_written: temporary.blocks_written,
    }
}

pub(crate) fn count(is_hit: bool) {
    let (hit, read) = USED.get();
    USED.set(if is_hit { (hit + 1, read) } else { (hit, read + 1) });
}

impl Sub for BufferUse {
    type Output = BufferUse;

    fn sub(self, earlier: BufferUse) -> BufferUse {
        BufferUse {
            hit: self.hit - earlier.hit,
            read: self.read - earlier.read,
            temporary_read: self.temporary_read - earlier.temporary_read,
            temporary_written: self.temporary_written - earlier.temporary_written,
        }
    }
}

impl AddAssign for BufferUse {
    fn add_assign(&mut self, other: BufferUse) {
        self.hit += other.hit;
        self.read += other.read;
        self.temporary_read += other.temporary_read;
        self.temporary_written += other.temporary_written;
    }
}
