//! Pins: a pinned page stays in the cache.
//!
//! Rule 1. A process counts its own pins of a buffer privately and holds one in the descriptor, so "the only pin" means "no other
//! process's". What it holds also stands in its process slot, for the janitor.

use std::cell::RefCell;
use std::marker::PhantomData;

use common::BlockNumber;
use error::{Error, Result};
use shared_memory::{PinsChange, ProcessSlot, WaitEvent, current_slot};

use crate::descriptor::*;
use crate::guards::{ExclusivePage, SharedPage};
use crate::pool::BufferPool;

struct LocalPin {
    pool: usize,
    buffer: u32,
    count: u32,
}

thread_local! {
    static LOCAL: RefCell<Vec<LocalPin>> = const { RefCell::new(Vec::new()) };
}

/// A pinned page: it stays in the cache; its content may change unless locked. Cloning is cheap; dropping unpins.
pub struct Pin {
    pub(crate) pool: &'static BufferPool,
    pub(crate) buffer: u32,
    /// Counted in this thread.
    local: PhantomData<*const ()>,
}

impl Pin {
    /// For a buffer whose shared pin the caller has just taken, in the time of `_change`.
    pub(crate) fn adopt(pool: &'static BufferPool, buffer: u32, _change: PinsChange) -> Pin {
        let pool_address = std::ptr::from_ref(pool) as usize;
        LOCAL.with_borrow_mut(|local| local.push(LocalPin { pool: pool_address, buffer, count: 1 }));
        if let Some(slot) = current_slot() {
            slot.record_pin(buffer);
        }
        Pin { pool, buffer, local: PhantomData }
    }

    /// One more of this process's own pins, if it has one.
    pub(crate) fn another(pool: &'static BufferPool, buffer: u32) -> Option<Pin> {
        with_local(pool, buffer, |entry| entry.count += 1).map(|()| Pin { pool, buffer, local: PhantomData })
    }

    pub fn tag(&self) -> BufferTag {
        self.descriptor().tag()
    }

    pub fn block(&self) -> BlockNumber {
        self.descriptor().tag().block
    }

    pub fn pool(&self) -> &'static BufferPool {
        self.pool
    }

    /// Locks the content for reading. The guard has a pin of its own.
    pub fn share(&self) -> SharedPage {
        self.descriptor().content.lock_shared();
        SharedPage::adopt(self.clone())
    }

    pub fn try_share(&self) -> Option<SharedPage> {
        self.descriptor().content.try_lock_shared().then(|| SharedPage::adopt(self.clone()))
    }

    /// Locks the content for changing. The guard has a pin of its own.
    pub fn exclusive(&self) -> ExclusivePage {
        self.descriptor().content.lock_exclusive();
        ExclusivePage::adopt(self.clone())
    }

    pub fn try_exclusive(&self) -> Option<ExclusivePage> {
        self.descriptor().content.try_lock_exclusive().then(|| ExclusivePage::adopt(self.clone()))
    }

    /// Waits until no other process has the page pinned, then locks exclusively: a cleanup lock (Rule 5).
    ///
    /// # Errors
    /// Those of `interrupt::check`; XX000 if this process has further pins on the page.
    pub fn cleanup(&self) -> Result<ExclusivePage> {
        if self.own_count() != 1 {
            return Err(Error::internal("cleanup lock wanted with several pins"));
        }
        let descriptor = self.descriptor();
        loop {
            let page = self.exclusive();
            if descriptor.load() & PINS == 1 {
                return Ok(page);
            }
            descriptor.set(SOLE_PIN_WAITER);
            drop(page);
            descriptor.changed.wait_until(WaitEvent::BufferPinBufferPin, || {
                let state = descriptor.load();
                // Somebody else's wait may have cleared the mark: look again and set it anew.
                state & PINS == 1 || state & SOLE_PIN_WAITER == 0
            })?;
        }
    }

    /// A cleanup lock, if it can be had at once.
    pub fn try_cleanup(&self) -> Option<ExclusivePage> {
        if self.own_count() != 1 {
            return None;
        }
        let page = self.try_exclusive()?;
        (self.descriptor().load() & PINS == 1).then_some(page)
    }

    pub(crate) fn descriptor(&self) -> &'static Descriptor {
        self.pool.descriptor(self.buffer)
    }

    pub(crate) fn own_count(&self) -> u32 {
        with_local(self.pool, self.buffer, |entry| entry.count).unwrap_or(0)
    }
}

impl Clone for Pin {
    fn clone(&self) -> Pin {
        with_local(self.pool, self.buffer, |entry| entry.count += 1);
        Pin { pool: self.pool, buffer: self.buffer, local: PhantomData }
    }
}

impl Drop for Pin {
    fn drop(&mut self) {
        let pool = std::ptr::from_ref(self.pool) as usize;
        let was_last = LOCAL.with_borrow_mut(|local| {
            let is_ours = |entry: &LocalPin| (entry.pool, entry.buffer) == (pool, self.buffer);
            let Some(at) = local.iter().rposition(is_ours) else { return false };
            local[at].count -= 1;
            let was_last = local[at].count == 0;
            if was_last {
                local.swap_remove(at);
            }
            was_last
        });
        if was_last {
            let _change = PinsChange::start();
            self.pool.release_shared_pin(self.buffer);
            if let Some(slot) = current_slot() {
                slot.forget_pin(self.buffer);
            }
        }
    }
}

impl BufferPool {
    /// Pins a buffer that cannot change its page now: it is pinned already, or its mapping partition is locked.
    pub(crate) fn pin(&'static self, buffer: u32, raise_usage: bool) -> Pin {
        if let Some(pin) = Pin::another(self, buffer) {
            return pin;
        }
        let change = PinsChange::start();
        let pinned = self.descriptor(buffer).update(|state| Some(raised(state, raise_usage) + 1));
        debug_assert!(pinned.is_ok());
        Pin::adopt(self, buffer, change)
    }

    /// Pins a buffer found without a lock, if it still holds a page for which `is_wanted` answers true.
    pub(crate) fn pin_if(&'static self, buffer: u32, is_wanted: impl Fn(BufferTag) -> bool) -> Option<Pin> {
        let descriptor = self.descriptor(buffer);
        let pin = match Pin::another(self, buffer) {
            Some(pin) => pin,
            None => {
                let change = PinsChange::start();
                descriptor.update(|state| (state & TAGGED != 0).then_some(state + 1)).ok()?;
                Pin::adopt(self, buffer, change)
            }
        };
        (descriptor.load() & TAGGED != 0 && is_wanted(descriptor.tag())).then_some(pin)
    }

    pub(crate) fn release_shared_pin(&self, buffer: u32) {
        let descriptor = self.descriptor(buffer);
        let before = descriptor.update(|state| {
            let left = state - 1;
            let wakes = left & SOLE_PIN_WAITER != 0 && left & PINS <= 1;
            Some(if wakes { left & !SOLE_PIN_WAITER } else { left })
        });
        if before.is_ok_and(|before| before & SOLE_PIN_WAITER != 0 && before & PINS <= 2) {
            descriptor.changed.announce();
        }
    }

    /// Whether this process has the buffer pinned.
    pub(crate) fn is_pinned_here(&'static self, buffer: u32) -> bool {
        with_local(self, buffer, |_| ()).is_some()
    }

    /// The janitor's: releases the pins of a process that died without leaving doubt.
    pub fn release_pins_of(&self, slot: &ProcessSlot) {
        for buffer in slot.recorded_pins() {
            if (buffer as usize) < self.descriptors.len() {
                self.release_shared_pin(buffer);
            }
        }
    }

    /// Forgets the pins that a forked child inherited in its private count but does not hold.
    pub fn forget_inherited_pins() {
        LOCAL.with_borrow_mut(Vec::clear);
    }
}

fn raised(state: u32, raise_usage: bool) -> u32 {
    let limit = if raise_usage { MAX_USAGE } else { 1 };
    if (state & USAGE) / USAGE_ONE < limit { state + USAGE_ONE } else { state }
}

fn with_local<T>(pool: &BufferPool, buffer: u32, work: impl FnOnce(&mut LocalPin) -> T) -> Option<T> {
    let pool = std::ptr::from_ref(pool) as usize;
    LOCAL.with_borrow_mut(|local| {
        local.iter_mut().rev().find(|entry| (entry.pool, entry.buffer) == (pool, buffer)).map(work)
    })
}
