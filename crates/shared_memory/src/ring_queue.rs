//! A bounded queue of plain values that several processes fill and empty.

use std::cell::UnsafeCell;

use crate::lwlock::LwLocked;
use crate::region::{Region, RegionBuilder, Segment};
use crate::shared::{Plain, Shared};
use crate::wait_event::WaitEvent;

crate::plain_struct! {
    /// Positions count from the start of the server and never wrap.
    struct Ends {
        first: u64,
        end: u64,
    }
}

#[repr(transparent)]
struct Entry<T>(UnsafeCell<T>);

// SAFETY: reached only under the lock of the queue's ends, exclusively for changes.
unsafe impl<T: Plain> Sync for Entry<T> {}
// SAFETY: zero is a valid `Plain` value.
unsafe impl<T: Plain> Shared for Entry<T> {}

/// Handed out by [`RingQueue::reserve`].
pub struct RingQueueReservation<T> {
    ends: Segment<LwLocked<Ends>>,
    entries: Segment<Entry<T>>,
}

/// First in, first out; a full queue refuses.
pub struct RingQueue<T: Plain> {
    ends: &'static LwLocked<Ends>,
    entries: &'static [Entry<T>],
}

impl<T: Plain> Clone for RingQueue<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: Plain> Copy for RingQueue<T> {}

impl<T: Plain> RingQueue<T> {
    pub fn reserve(
        builder: &mut RegionBuilder,
        name: &'static str,
        capacity: usize,
    ) -> RingQueueReservation<T> {
        let purpose = "a queue under one LWLock; entries of a dead process stay and are processed";
        RingQueueReservation {
            ends: builder.reserve(name, 1, purpose),
            entries: builder.reserve(name, capacity.max(1), purpose),
        }
    }

    pub fn attach(reservation: RingQueueReservation<T>, region: &Region) -> RingQueue<T> {
        RingQueue { ends: region.one(reservation.ends), entries: region.slice(reservation.entries) }
    }

    pub fn initialize(&self, wait_event: WaitEvent) {
        self.ends.initialize(wait_event, Ends { first: 0, end: 0 });
    }

    pub fn capacity(&self) -> usize {
        self.entries.len()
    }

    pub fn len(&self) -> usize {
        let ends = self.ends.read();
        (ends.end - ends.first) as usize
    }

    /// False when the queue is full.
    pub fn push(&self, value: T) -> bool {
        let mut ends = self.ends.write();
        if ends.end - ends.first == self.entries.len() as u64 {
            return false;
        }
        // SAFETY: the exclusive lock is held.
        unsafe { *self.entry(ends.end).0.get() = value };
        ends.end += 1;
        true
    }

    pub fn pop(&self) -> Option<T> {
        let mut ends = self.ends.write();
        if ends.first == ends.end {
            return None;
        }
        // SAFETY: the exclusive lock is held.
        let value = unsafe { *self.entry(ends.first).0.get() };
        ends.first += 1;
        Some(value)
    }

    /// Removes all entries, oldest first, and keeps those for which `keep` answers true.
    pub fn retain(&self, mut keep: impl FnMut(&T) -> bool) {
        let mut ends = self.ends.write();
        let mut kept = ends.first;
        for position in ends.first..ends.end {
            // SAFETY: the exclusive lock is held; the value is copied out.
            let value = unsafe { *self.entry(position).0.get() };
            if keep(&value) {
                // SAFETY: as above.
                unsafe { *self.entry(kept).0.get() = value };
                kept += 1;
            }
        }
        ends.end = kept;
    }

    fn entry(&self, position: u64) -> &Entry<T> {
        &self.entries[(position % self.entries.len() as u64) as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Order is kept around the end of the ring, and a full queue refuses.
    #[test]
    fn order_and_limit() {
        let mut builder = RegionBuilder::new();
        let reservation = RingQueue::<u32>::reserve(&mut builder, "numbers", 3);
        let queue = RingQueue::attach(reservation, &builder.build().unwrap());
        queue.initialize(WaitEvent::None);
        for round in 0..10 {
            assert!(queue.push(round) && queue.push(round + 100) && queue.push(round + 200));
            assert!(!queue.push(0));
            queue.retain(|value| *value != round + 100);
            assert_eq!((queue.pop(), queue.pop(), queue.pop()), (Some(round), Some(round + 200), None));
        }
    }
}
