//! What this process has put into the log.

use std::cell::Cell;
use std::ops::{AddAssign, Sub};

/// Records since the process began, or between two moments.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct WalUse {
    pub records: u64,
    pub images: u64,
    pub bytes: u64,
}

thread_local! {
    static USED: Cell<WalUse> = const { Cell::new(WalUse { records: 0, images: 0, bytes: 0 }) };
}

/// What this process has logged so far.
pub fn wal_use() -> WalUse {
    USED.get()
}

pub(crate) fn count(images: u64, bytes: u64) {
    let used = USED.get();
    USED.set(WalUse { records: used.records + 1, images: used.images + images, bytes: used.bytes + bytes });
}

impl Sub for WalUse {
    type Output = WalUse;

    fn sub(self, earlier: WalUse) -> WalUse {
        WalUse {
            records: self.records - earlier.records,
            images: self.images - earlier.images,
            bytes: self.bytes - earlier.bytes,
        }
    }
}

impl AddAssign for WalUse {
    fn add_assign(&mut self, other: WalUse) {
        self.records += other.records;
        self.images += other.images;
        self.bytes += other.bytes;
    }
}
