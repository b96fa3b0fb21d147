//! What this process did with pages: asked the cache for, had read, made dirty, and wrote.

use std::cell::Cell;
use std::ops::{AddAssign, Sub};

/// Pages since the process began, or between two moments.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct BufferUse {
    pub hit: u64,
    pub read: u64,
    /// Pages that were clean before.
    pub dirtied: u64,
    pub written: u64,
}

thread_local! {
    static USED: Cell<BufferUse> = const { Cell::new(BufferUse { hit: 0, read: 0, dirtied: 0, written: 0 }) };
}

/// What this process has used so far.
pub fn buffer_use() -> BufferUse {
    USED.get()
}

pub(crate) fn count(is_hit: bool) {
    let mut used = USED.get();
    if is_hit {
        used.hit += 1;
    } else {
        used.read += 1;
    }
    USED.set(used);
}

pub(crate) fn count_dirtied() {
    let used = USED.get();
    USED.set(BufferUse { dirtied: used.dirtied + 1, ..used });
}

pub(crate) fn count_written() {
    let used = USED.get();
    USED.set(BufferUse { written: used.written + 1, ..used });
}

impl Sub for BufferUse {
    type Output = BufferUse;

    fn sub(self, earlier: BufferUse) -> BufferUse {
        BufferUse {
            hit: self.hit - earlier.hit,
            read: self.read - earlier.read,
            dirtied: self.dirtied - earlier.dirtied,
            written: self.written - earlier.written,
        }
    }
}

impl AddAssign for BufferUse {
    fn add_assign(&mut self, other: BufferUse) {
        self.hit += other.hit;
        self.read += other.read;
        self.dirtied += other.dirtied;
        self.written += other.written;
    }
}
