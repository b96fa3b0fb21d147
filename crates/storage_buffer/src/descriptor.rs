//! What is known about a buffer: which page it holds, who pins it, its state and its locks.
//!
//! ```text
//! state: | sole-pin waiter 27 | I/O 25 | tagged 24 | valid 23 | dirty 22 | usage 21..18 | pins 17..0 |
//! ```
//! The state changes by compare-and-swap alone. The tag changes only while the buffer is pinned once and not tagged.

use std::cell::UnsafeCell;
use std::sync::atomic::{AtomicU32, Ordering};

use common::{BlockNumber, ForkNumber, Oid, PAGE_SIZE, RelationFile};
use shared_memory::{ConditionVariable, LwLock, Shared, plain_struct, shared_struct};
use storage_page::{PageAddress, PageBytes};

pub(crate) const PINS: u32 = (1 << 18) - 1;
pub(crate) const USAGE_ONE: u32 = 1 << 18;
pub(crate) const USAGE: u32 = 15 << 18;
pub(crate) const DIRTY: u32 = 1 << 22;
pub(crate) const VALID: u32 = 1 << 23;
pub(crate) const TAGGED: u32 = 1 << 24;
pub(crate) const IO: u32 = 1 << 25;
pub(crate) const SOLE_PIN_WAITER: u32 = 1 << 27;

/// Rounds of the clock hand that a much used buffer survives.
pub(crate) const MAX_USAGE: u32 = 5;

plain_struct! {
    /// Which page: file, fork and block.
    #[derive(PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
    pub struct BufferTag {
        pub file: RelationFile,
        pub fork: ForkNumber,
        pub block: BlockNumber,
    }
}

impl BufferTag {
    pub fn new(file: RelationFile, fork: ForkNumber, block: BlockNumber) -> BufferTag {
        BufferTag { file, fork, block }
    }

    pub(crate) fn address(self) -> PageAddress {
        PageAddress { file: self.file, fork: self.fork, block: self.block }
    }
}

shared_struct! {
    #[repr(align(64))]
    pub(crate) struct Descriptor {
        pub(crate) state: AtomicU32,
        tablespace: AtomicU32,
        database: AtomicU32,
        relation: AtomicU32,
        fork: AtomicU32,
        block: AtomicU32,
        pub(crate) content: LwLock,
        /// Announced when I/O ends and when a waiter may have the only pin.
        pub(crate) changed: ConditionVariable,
    }
}

const _: () = assert!(size_of::<Descriptor>() == 64);

impl Descriptor {
    pub(crate) fn load(&self) -> u32 {
        self.state.load(Ordering::Acquire)
    }

    /// Only stable while the buffer is pinned; else a guess to be checked after pinning.
    pub(crate) fn tag(&self) -> BufferTag {
        let word = |word: &AtomicU32| word.load(Ordering::Relaxed);
        BufferTag {
            file: RelationFile {
                tablespace: Oid(word(&self.tablespace)),
                database: Oid(word(&self.database)),
                relation: Oid(word(&self.relation)),
            },
            fork: ForkNumber::from_u8(word(&self.fork) as u8).unwrap_or(ForkNumber::Main),
            block: BlockNumber(word(&self.block)),
        }
    }

    /// The caller has the only pin, and the buffer is not tagged.
    pub(crate) fn set_tag(&self, tag: BufferTag) {
        self.tablespace.store(tag.file.tablespace.0, Ordering::Relaxed);
        self.database.store(tag.file.database.0, Ordering::Relaxed);
        self.relation.store(tag.file.relation.0, Ordering::Relaxed);
        self.fork.store(tag.fork as u32, Ordering::Relaxed);
        self.block.store(tag.block.0, Ordering::Relaxed);
    }

    /// Replaces the state as `change` says; `None` leaves it. Returns the state before, or as it was when left.
    #[inline]
    pub(crate) fn update(&self, change: impl Fn(u32) -> Option<u32>) -> Result<u32, u32> {
        self.state.try_update(Ordering::AcqRel, Ordering::Acquire, change)
    }

    pub(crate) fn set(&self, bits: u32) -> u32 {
        self.state.fetch_or(bits, Ordering::AcqRel)
    }

    pub(crate) fn clear(&self, bits: u32) {
        self.state.fetch_and(!bits, Ordering::AcqRel);
    }
}

/// A page's place in shared memory.
#[repr(C, align(4096))]
pub(crate) struct Frame(UnsafeCell<PageBytes>);

const _: () = assert!(size_of::<Frame>() == PAGE_SIZE);

// SAFETY: reached only through a content lock or the right to do I/O on a buffer that is not valid; see `Frame::get`.
unsafe impl Sync for Frame {}
// SAFETY: any bytes are a page.
unsafe impl Shared for Frame {}

impl Frame {
    pub(crate) fn get(&self) -> *mut PageBytes {
        self.0.get()
    }
}
