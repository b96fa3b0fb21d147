//! How many pages this process asked the cache for, and how many of them had to be read.

use std::cell::Cell;
use std::ops::{AddAssign, Sub};

/// Pages since the process began, or between two moments.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct BufferUse {
    pub hit: u64,
    pub read: u64,
}

thread_local! {
    static USED: Cell<BufferUse> = const { Cell::new(BufferUse { hit: 0, read: 0 }) };
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

impl Sub for BufferUse {
    type Output = BufferUse;

    fn sub(self, earlier: BufferUse) -> BufferUse {
        BufferUse { hit: self.hit - earlier.hit, read: self.read - earlier.read }
    }
}

impl AddAssign for BufferUse {
    fn add_assign(&mut self, other: BufferUse) {
        self.hit += other.hit;
        self.read += other.read;
    }
}
