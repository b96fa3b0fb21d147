//! Telling other sessions that what they remember of the catalogs may be wrong.
//!
//! A ring of messages in shared memory. Each process remembers how far it has read; one that is so far behind that messages were
//! overwritten forgets everything.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use common::Oid;
use shared_memory::{LwLock, Region, RegionBuilder, Segment, WaitEvent};

const MESSAGES: u64 = 4096;

shared_memory::shared_struct! {
    struct Slot {
        database: AtomicU32,
        catalog: AtomicU32,
        relation: AtomicU32,
    }

    struct Ends {
        lock: LwLock,
        /// Messages that were ever written.
        written: AtomicU64,
    }
}

/// A catalog changed, or what is known of one relation.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Invalidation {
    /// `INVALID` for shared catalogs: it concerns everybody.
    pub database: Oid,
    /// The catalog of which a row changed.
    pub catalog: Oid,
    /// The relation that the row describes; `INVALID` for none.
    pub relation: Oid,
}

pub struct InvalidationReservation {
    ends: Segment<Ends>,
    slots: Segment<Slot>,
}

/// The ring, as every process sees it.
#[derive(Clone, Copy)]
pub struct SharedInvalidations {
    ends: &'static Ends,
    slots: &'static [Slot],
}

/// What a reader finds.
pub enum News {
    Nothing,
    Messages(Vec<Invalidation>),
    /// Messages were missed.
    Everything,
}

impl SharedInvalidations {
    pub fn reserve(builder: &mut RegionBuilder) -> InvalidationReservation {
        let purpose = "Catalog invalidation messages; its lock; a dead holder leaves whole messages.";
        InvalidationReservation {
            ends: builder.reserve("Invalidation Ends", 1, purpose),
            slots: builder.reserve("Invalidation Messages", MESSAGES as usize, purpose),
        }
    }

    pub fn attach(reservation: InvalidationReservation, region: &Region) -> SharedInvalidations {
        SharedInvalidations { ends: region.one(reservation.ends), slots: region.slice(reservation.slots) }
    }

    pub fn initialize(&self) {
        self.ends.lock.initialize(WaitEvent::LwlockSInvalWrite);
        self.ends.written.store(0, Ordering::Relaxed);
    }

    /// How many messages there were so far: where a new process begins to read.
    pub fn position(&self) -> u64 {
        self.ends.written.load(Ordering::Acquire)
    }

    /// Sends messages, after the commit that made them true and before its locks are released.
    pub fn send(&self, messages: &[Invalidation]) {
        if messages.is_empty() {
            return;
        }
        let _guard = self.ends.lock.write();
        let mut written = self.ends.written.load(Ordering::Relaxed);
        for message in messages {
            let slot = &self.slots[(written % MESSAGES) as usize];
            slot.database.store(message.database.0, Ordering::Relaxed);
            slot.catalog.store(message.catalog.0, Ordering::Relaxed);
            slot.relation.store(message.relation.0, Ordering::Relaxed);
            written += 1;
        }
        self.ends.written.store(written, Ordering::Release);
    }

    /// Has everybody forget everything. For a process that died before it told what it had changed.
    pub fn send_everything(&self) {
        let _guard = self.ends.lock.write();
        self.ends.written.fetch_add(MESSAGES + 1, Ordering::Release);
    }

    /// What was written since `position`, which moves on. One atomic load when there is nothing.
    pub fn receive(&self, position: &mut u64) -> News {
        if self.ends.written.load(Ordering::Acquire) == *position {
            return News::Nothing;
        }
        let _guard = self.ends.lock.read();
        let written = self.ends.written.load(Ordering::Relaxed);
        let from = std::mem::replace(position, written);
        if written - from > MESSAGES {
            return News::Everything;
        }
        let messages = (from..written).map(|number| {
            let slot = &self.slots[(number % MESSAGES) as usize];
            Invalidation {
                database: Oid(slot.database.load(Ordering::Relaxed)),
                catalog: Oid(slot.catalog.load(Ordering::Relaxed)),
                relation: Oid(slot.relation.load(Ordering::Relaxed)),
            }
        });
        News::Messages(messages.collect())
    }
}
