//! Which buffer to reuse: the clock sweep, and the small rings of big scans.
//!
//! Rule: the buffer returned is pinned once, by us, and holds no page any more.

use std::cell::RefCell;

use error::{Result, error};
use shared_memory::{IoCounter, IoPlace, PinsChange, count_io, hash_of};

use crate::descriptor::*;
use crate::pin::Pin;
use crate::pool::BufferPool;

/// What a ring is for; decides its size.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RingKind {
    /// 256 kB.
    BulkRead,
    /// 16 MB.
    BulkWrite,
    /// 2 MB.
    Vacuum,
}

/// A few buffers that one big scan reuses again and again, so that it does not empty the cache.
pub struct BufferRing {
    kind: RingKind,
    state: RefCell<Ring>,
}

struct Ring {
    buffers: Vec<Option<u32>>,
    current: usize,
}

impl BufferRing {
    /// At most an eighth of the cache.
    pub fn new(pool: &BufferPool, kind: RingKind) -> BufferRing {
        let kilobytes = match kind {
            RingKind::BulkRead => 256,
            RingKind::BulkWrite => 16 * 1024,
            RingKind::Vacuum => 2 * 1024,
        };
        let size = (kilobytes / 8).min(pool.capacity() / 8).max(1);
        BufferRing { kind, state: RefCell::new(Ring { buffers: vec![None; size], current: 0 }) }
    }

    /// The next place of the ring, and the buffer that was put there a round ago.
    fn advance(&self) -> Option<u32> {
        let mut ring = self.state.borrow_mut();
        ring.current = (ring.current + 1) % ring.buffers.len();
        ring.buffers[ring.current]
    }

    fn put(&self, buffer: u32) {
        let mut ring = self.state.borrow_mut();
        let current = ring.current;
        ring.buffers[current] = Some(buffer);
    }
}

/// Where buffers for pages that are not cached come from.
#[derive(Clone, Copy)]
pub enum Strategy<'a> {
    Normal,
    Ring(&'a BufferRing),
}

impl Strategy<'_> {
    /// A page read for a ring is not made to look popular.
    pub(crate) fn raises_usage(self) -> bool {
        matches!(self, Strategy::Normal)
    }

    /// Where its reads and writes are counted.
    pub(crate) fn place(self) -> IoPlace {
        match self {
            Strategy::Normal => IoPlace::RelationNormal,
            Strategy::Ring(ring) => match ring.kind {
                RingKind::BulkRead => IoPlace::RelationBulkRead,
                RingKind::BulkWrite => IoPlace::RelationBulkWrite,
                RingKind::Vacuum => IoPlace::RelationVacuum,
            },
        }
    }
}

impl BufferPool {
    /// # Errors
    /// 53200 when all buffers are pinned; those of writing a page.
    pub(crate) fn victim(&'static self, strategy: Strategy<'_>) -> Result<Pin> {
        let mut attempts = 0;
        loop {
            attempts += 1;
            if attempts > 3 * self.capacity() {
                return Err(no_unpinned_buffers());
            }
            let from_ring = match strategy {
                Strategy::Ring(ring) => ring.advance().and_then(|buffer| self.claim_from_ring(ring, buffer)),
                Strategy::Normal => None,
            };
            let (pin, counter) = match from_ring {
                Some(pin) => (pin, IoCounter::Reuses),
                None => (self.sweep()?, IoCounter::Evictions),
            };
            if pin.descriptor().load() & DIRTY != 0 {
                // Whoever has it locked may want it: another one will do.
                let Some(page) = pin.try_share() else { continue };
                self.flush_locked(&page, strategy.place())?;
            }
            let had_page = pin.descriptor().load() & TAGGED != 0;
            if self.forget_page_of(&pin) {
                if had_page {
                    count_io(strategy.place(), counter, 1);
                }
                count_io(IoPlace::RelationNormal, IoCounter::Allocations, 1);
                if let Strategy::Ring(ring) = strategy {
                    ring.put(pin.buffer);
                }
                return Ok(pin);
            }
        }
    }

    fn claim_from_ring(&'static self, ring: &BufferRing, buffer: u32) -> Option<Pin> {
        let descriptor = self.descriptor(buffer);
        let is_free = |state: u32| state & (PINS | IO) == 0 && state & USAGE <= USAGE_ONE;
        let change = PinsChange::start();
        descriptor.update(|state| is_free(state).then_some(state + 1)).ok()?;
        let pin = Pin::adopt(self, buffer, change);
        // A scan that would have to wait for the log at each reuse had better take fresh buffers.
        if ring.kind == RingKind::BulkRead && descriptor.load() & DIRTY != 0 {
            let must_wait = pin.try_share().is_none_or(|page| page.page().lsn() > self.wal.flush_position());
            if must_wait {
                return None;
            }
        }
        Some(pin)
    }

    fn sweep(&'static self) -> Result<Pin> {
        // Each round lowers the usage of every unpinned buffer, so more rounds than the highest usage find nothing.
        for _ in 0..self.capacity() * (MAX_USAGE as usize + 2) {
            let buffer = self.next_hand();
            let descriptor = self.descriptor(buffer);
            let change = PinsChange::start();
            let seen = descriptor.update(|state| {
                if state & (PINS | IO) != 0 {
                    None
                } else if state & USAGE != 0 {
                    Some(state - USAGE_ONE)
                } else {
                    Some(state + 1)
                }
            });
            if seen.is_ok_and(|state| state & USAGE == 0) {
                return Ok(Pin::adopt(self, buffer, change));
            }
        }
        Err(no_unpinned_buffers())
    }

    /// Takes the page out of the mapping, unless somebody pinned or changed it meanwhile.
    fn forget_page_of(&self, pin: &Pin) -> bool {
        let descriptor = pin.descriptor();
        if descriptor.load() & TAGGED == 0 {
            return descriptor.load() & PINS == 1;
        }
        let tag = descriptor.tag();
        let hash = hash_of(&tag);
        let mut partition = self.mapping.write(hash);
        let is_ours = |state: u32| state & PINS == 1 && state & (DIRTY | IO) == 0;
        if descriptor.update(|state| is_ours(state).then_some(1)).is_err() {
            return false;
        }
        partition.remove(hash, &tag);
        true
    }
}

fn no_unpinned_buffers() -> error::Error {
    error!(INSUFFICIENT_RESOURCES, "no unpinned buffers available")
}
