//! The content of a pinned page, locked for reading or for changing.

use common::{BlockNumber, Lsn, TransactionId};
use error::Result;
use shared_memory::critical;
use storage_page::{PageBytes, PageMut, PageRef};
use storage_wal::{LogFlags, log_kind};

use crate::descriptor::*;
use crate::pin::Pin;
use crate::usage;

/// The content, locked for reading. Unlocks and unpins on drop.
pub struct SharedPage(Option<Pin>);

/// The content, locked for changing. Unlocks and unpins on drop.
///
/// Until the first change its owner may die without anybody's noticing.
pub struct ExclusivePage {
    pin: Option<Pin>,
    is_unchanged: bool,
}

// Both hold their pin until they are dropped or taken apart, which consumes them.
fn held(pin: &Option<Pin>) -> &Pin {
    match pin {
        Some(pin) => pin,
        None => unreachable!("a page guard without its pin"),
    }
}

impl SharedPage {
    /// The lock is held.
    pub(crate) fn adopt(pin: Pin) -> SharedPage {
        SharedPage(Some(pin))
    }

    pub fn pin(&self) -> &Pin {
        held(&self.0)
    }

    pub fn tag(&self) -> BufferTag {
        self.pin().tag()
    }

    pub fn block(&self) -> BlockNumber {
        self.pin().block()
    }

    #[inline]
    pub fn page(&self) -> PageRef<'_> {
        PageRef::new(self.bytes())
    }

    #[inline]
    pub fn bytes(&self) -> &PageBytes {
        let pin = self.pin();
        // SAFETY: the shared content lock is held as long as `self` lives, and pages change only under the exclusive one.
        unsafe { &*pin.pool.frames[pin.buffer as usize].get() }
    }

    /// Writes hints, changes whose loss is harmless, if nobody else has the content locked now. False, and nothing done, if somebody has.
    ///
    /// Rule 6: hints are written by the only holder of the lock, which for that time becomes exclusive.
    pub fn hint(&mut self, change: impl FnOnce(&mut PageMut<'_>)) -> Result<bool> {
        let Some(pin) = self.0.take() else { return Ok(false) };
        let content = &pin.descriptor().content;
        if !content.try_upgrade() {
            self.0 = Some(pin);
            return Ok(false);
        }
        let mut page = ExclusivePage::adopt(pin);
        change(&mut page.page_mut());
        let outcome = page.mark_dirty_hint();
        self.0 = page.downgrade().0.take();
        outcome.map(|()| true)
    }

    /// The exclusive lock instead, if nobody else has the content locked.
    pub fn try_upgrade(mut self) -> Result<ExclusivePage, SharedPage> {
        match self.0.take() {
            Some(pin) if pin.descriptor().content.try_upgrade() => Ok(ExclusivePage::adopt(pin)),
            pin => Err(SharedPage(pin)),
        }
    }

    /// Unlocks and keeps the pin.
    pub fn unlock(mut self) -> Pin {
        match self.0.take() {
            Some(pin) => {
                pin.descriptor().content.unlock_shared();
                pin
            }
            None => unreachable!("a page guard without its pin"),
        }
    }
}

impl Drop for SharedPage {
    fn drop(&mut self) {
        if let Some(pin) = &self.0 {
            pin.descriptor().content.unlock_shared();
        }
    }
}

impl ExclusivePage {
    /// The lock is held.
    pub(crate) fn adopt(pin: Pin) -> ExclusivePage {
        pin.descriptor().content.defer_change();
        ExclusivePage { pin: Some(pin), is_unchanged: true }
    }

    pub fn pin(&self) -> &Pin {
        held(&self.pin)
    }

    /// The page is changed, or the lock given back, from here on.
    #[inline]
    fn begin_change(&mut self) {
        if self.is_unchanged {
            self.is_unchanged = false;
            self.pin().descriptor().content.begin_change();
        }
    }

    pub fn tag(&self) -> BufferTag {
        self.pin().tag()
    }

    pub fn block(&self) -> BlockNumber {
        self.pin().block()
    }

    #[inline]
    pub fn page(&self) -> PageRef<'_> {
        PageRef::new(self.bytes())
    }

    #[inline]
    pub fn bytes(&self) -> &PageBytes {
        let pin = self.pin();
        // SAFETY: the exclusive content lock is held as long as `self` lives, and `self` is borrowed for reading.
        unsafe { &*pin.pool.frames[pin.buffer as usize].get() }
    }

    /// The page to change. Whoever changes it marks it dirty, or logs it, in the same critical section (Rule 3).
    #[inline]
    pub fn page_mut(&mut self) -> PageMut<'_> {
        PageMut::new(self.bytes_mut())
    }

    #[inline]
    pub fn bytes_mut(&mut self) -> &mut PageBytes {
        self.begin_change();
        let pin = self.pin();
        // SAFETY: the exclusive content lock is held as long as `self` lives, and `self` is borrowed for changing.
        unsafe { &mut *pin.pool.frames[pin.buffer as usize].get() }
    }

    pub fn mark_dirty(&mut self) {
        if self.pin().descriptor().set(DIRTY) & DIRTY == 0 {
            usage::count_dirtied();
        }
    }

    /// Marks changes dirty whose loss is harmless.
    ///
    /// The first such change of a logged page after a checkpoint logs an image, since a torn write would break the checksum. During
    /// recovery nothing can be logged, and the hint stays in memory only.
    pub fn mark_dirty_hint(&mut self) -> Result<()> {
        let wal = self.pin().pool.wal;
        let lsn = self.page().lsn();
        if lsn.is_valid() && wal.settings().full_page_images {
            if !wal.accepts_records() {
                return Ok(());
            }
            if lsn <= wal.redo_pointer() {
                let pool = self.pin().pool;
                let mut record = pool.record(log_kind::MANAGER, log_kind::PAGE_IMAGE_FOR_HINT, true);
                record.page(0, self, LogFlags::FORCE_IMAGE | LogFlags::STANDARD);
                return record.insert(TransactionId::INVALID).map(|_| ());
            }
        }
        self.mark_dirty();
        Ok(())
    }

    /// Logs the whole page as it is, sets its LSN and marks it dirty.
    pub fn log_image(&mut self) -> Result<Lsn> {
        let pool = self.pin().pool;
        let mut record = pool.record(log_kind::MANAGER, log_kind::PAGE_IMAGE, true);
        record.page(0, self, LogFlags::FORCE_IMAGE | LogFlags::STANDARD);
        record.insert(TransactionId::INVALID)
    }

    /// Changes a page whose changes are not logged, as a critical section, and marks it dirty.
    pub fn change_unlogged(&mut self, change: impl FnOnce(&mut PageMut<'_>)) {
        let _section = critical::enter();
        change(&mut self.page_mut());
        self.mark_dirty();
    }

    pub fn set_lsn(&mut self, lsn: Lsn) {
        self.page_mut().set_lsn(lsn);
    }

    /// Whether no other process has the page pinned now: this is a cleanup lock.
    pub fn is_sole_pin(&self) -> bool {
        // One pin is this guard's, a second one may be its maker's.
        self.pin().descriptor().load() & PINS == 1 && self.pin().own_count() <= 2
    }

    pub fn downgrade(mut self) -> SharedPage {
        self.begin_change();
        self.pin().descriptor().content.downgrade();
        SharedPage(self.pin.take())
    }

    /// Unlocks and keeps the pin.
    pub fn unlock(mut self) -> Pin {
        self.begin_change();
        match self.pin.take() {
            Some(pin) => {
                pin.descriptor().content.unlock_exclusive();
                pin
            }
            None => unreachable!("a page guard without its pin"),
        }
    }
}

impl Drop for ExclusivePage {
    fn drop(&mut self) {
        if self.pin.is_some() {
            self.begin_change();
            self.pin().descriptor().content.unlock_exclusive();
        }
    }
}
