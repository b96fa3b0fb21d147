//! Insertion: slot, reservation, copying into the ring.
//!
//! Rules 2, 3 and 4 of the README.

use std::hint;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use common::{Lsn, TransactionId};
use error::{Error, Result, Severity};
use shared_memory::{critical, current_slot};
use storage_page::PageBytes;

use crate::builder::{ImagePolicy, RecordBuilder};
use crate::log_kind;
use crate::record::{self, FILLS_SEGMENT, HEADER_SIZE, Header, ResourceManagerId};
use crate::segment::SEGMENT_SIZE;
use crate::usage;
use crate::wal::{InsertionSlot, SLOTS, Wal, mode};

impl Wal {
    /// Puts the record into the log; not durable before [`Wal::flush`]. Returns its end, which becomes the LSN of its pages.
    ///
    /// `pages` are the builder's pages in their order, as they are *after* the change, locked and marked dirty (Rule 5).
    /// # Errors
    /// Only such as are PANICs in a critical section.
    pub fn insert(
        &self,
        builder: &mut RecordBuilder,
        xid: TransactionId,
        pages: &[&PageBytes],
    ) -> Result<Lsn> {
        debug_assert_eq!(builder.page_count(), pages.len());
        match self.state.mode.load(Ordering::Relaxed) {
            mode::CLOSED => return Err(Error::internal("cannot make new WAL entries during recovery")),
            mode::DISCARDING => return Ok(self.insert_position()),
            _ => {}
        }
        loop {
            let policy = self.image_policy();
            builder.assemble(xid, pages, policy)?;
            let body = record::body_crc(&builder.assembled);
            let section = critical::enter();
            let slot = self.take_slot();
            if !pages.is_empty() && self.image_policy() != policy {
                slot.position.store(0, Ordering::SeqCst);
                drop(section);
                continue;
            }
            let length = builder.assembled.len();
            let padded = length.next_multiple_of(8) as u64;
            let start = Lsn(self.state.reserved.fetch_add(padded, Ordering::SeqCst));
            slot.position.store(start.0, Ordering::SeqCst);
            let crc = record::finish_crc(body, &builder.assembled, start);
            builder.assembled[4..8].copy_from_slice(&crc.to_le_bytes());
            builder.assembled.resize(padded as usize, 0);
            // What was reserved must be filled, or nobody's log gets further.
            self.copy_in(slot, start, &builder.assembled)
                .map_err(|error| error.with_severity(Severity::Panic))?;
            slot.records.fetch_add(1, Ordering::Relaxed);
            slot.bytes.fetch_add(length as u64, Ordering::Relaxed);
            slot.images.fetch_add(builder.image_count.into(), Ordering::Relaxed);
            usage::count(builder.image_count.into(), length as u64);
            slot.position.store(0, Ordering::SeqCst);
            return Ok(Lsn(start.0 + padded));
        }
    }

    /// A record without pages.
    pub fn log(&self, manager: ResourceManagerId, kind: u8, xid: TransactionId, data: &[u8]) -> Result<Lsn> {
        thread_local! {
            static BUILDER: std::cell::RefCell<RecordBuilder> = std::cell::RefCell::new(RecordBuilder::new());
        }
        BUILDER.with_borrow_mut(|builder| {
            builder.start(manager, kind);
            builder.data(data);
            self.insert(builder, xid, &[])
        })
    }

    /// Fills the present segment with a record, so that it can be archived. Returns the record's end; at a segment's start, does nothing.
    pub fn switch_segment(&self) -> Result<Lsn> {
        loop {
            let _section = critical::enter();
            let slot = self.take_slot();
            let start = self.state.reserved.load(Ordering::SeqCst);
            let rest = SEGMENT_SIZE - start % SEGMENT_SIZE;
            // Too little for a record: the next one crosses the border, and then there is a new segment to fill.
            if rest == SEGMENT_SIZE || rest < HEADER_SIZE as u64 {
                slot.position.store(0, Ordering::SeqCst);
                if rest == SEGMENT_SIZE {
                    return Ok(Lsn(start));
                }
                self.log(log_kind::MANAGER, log_kind::NOOP, TransactionId::INVALID, &[])?;
                continue;
            }
            let reserved =
                self.state.reserved.compare_exchange(start, start + rest, Ordering::SeqCst, Ordering::SeqCst);
            if reserved.is_err() {
                slot.position.store(0, Ordering::SeqCst);
                continue;
            }
            slot.position.store(start, Ordering::SeqCst);
            let mut bytes = vec![0; rest as usize];
            let header = Header {
                length: rest as u32,
                crc: 0,
                xid: TransactionId::INVALID,
                manager: log_kind::MANAGER,
                kind: log_kind::SWITCH,
                block_count: 0,
                flags: FILLS_SEGMENT,
                main_length: 0,
            };
            header.encode(&mut bytes);
            let crc = record::finish_crc(record::body_crc(&bytes), &bytes, Lsn(start));
            bytes[4..8].copy_from_slice(&crc.to_le_bytes());
            self.copy_in(slot, Lsn(start), &bytes).map_err(|error| error.with_severity(Severity::Panic))?;
            slot.records.fetch_add(1, Ordering::Relaxed);
            slot.position.store(0, Ordering::SeqCst);
            return Ok(Lsn(start + rest));
        }
    }

    /// Everything before this position is in the ring or in the files.
    pub fn complete_position(&self) -> Lsn {
        // The reservation first: a slot not yet seen taken below belongs to bytes reserved after this.
        let mut complete = self.state.reserved.load(Ordering::SeqCst);
        for slot in &self.state.slots {
            let position = slot.position.load(Ordering::SeqCst);
            if position != 0 {
                complete = complete.min(position);
            }
        }
        Lsn(complete)
    }

    fn image_policy(&self) -> ImagePolicy {
        let images = self.settings.full_page_images;
        ImagePolicy {
            force: images && self.state.force_images.load(Ordering::SeqCst) != 0,
            redo: if images { self.redo_pointer() } else { Lsn::INVALID },
            always: self.settings.always_log_images,
        }
    }

    fn take_slot(&self) -> &'static InsertionSlot {
        let first = match current_slot() {
            Some(slot) => slot.index(),
            None => system::signal::current_thread() as usize,
        };
        let mut at = first;
        loop {
            let slot = &self.state.slots[at % SLOTS].0;
            let position = self.state.reserved.load(Ordering::SeqCst);
            if slot.position.compare_exchange(0, position, Ordering::SeqCst, Ordering::Relaxed).is_ok() {
                return slot;
            }
            at += 1;
            if at - first == SLOTS {
                at = first;
                thread::yield_now();
            }
        }
    }

    /// Copies `bytes`, a multiple of eight, making room in the ring as needed.
    fn copy_in(&self, slot: &InsertionSlot, start: Lsn, bytes: &[u8]) -> Result<()> {
        let ring_bytes = self.ring.len() as u64 * 8;
        let mut done = 0;
        while done < bytes.len() {
            let position = start.0 + done as u64;
            let room = (self.state.written.load(Ordering::Acquire) + ring_bytes).saturating_sub(position);
            let count = room.min((bytes.len() - done) as u64) as usize;
            if count == 0 {
                self.state.buffers_full.fetch_add(1, Ordering::Relaxed);
                self.make_room(Lsn(position - ring_bytes + 8))?;
                continue;
            }
            let (chunks, _) = bytes[done..done + count].as_chunks::<8>();
            let (head, tail) = self.ring_words(Lsn(position), chunks.len());
            let (first, second) = chunks.split_at(head.len());
            for (chunks, words) in [(first, head), (second, tail)] {
                for (chunk, word) in chunks.iter().zip(words) {
                    word.store(u64::from_ne_bytes(*chunk), Ordering::Relaxed);
                }
            }
            done += count;
            // Copied bytes of a long record may be written while the rest still waits for room.
            if done < bytes.len() {
                slot.position.store(start.0 + done as u64, Ordering::SeqCst);
            }
        }
        Ok(())
    }

    /// So many words of the ring from a position on: up to its end, and from its start.
    pub(crate) fn ring_words(&self, from: Lsn, count: usize) -> (&[AtomicU64], &[AtomicU64]) {
        let first = (from.0 / 8) as usize % self.ring.len();
        let before_end = count.min(self.ring.len() - first);
        (&self.ring[first..first + before_end], &self.ring[..count - before_end])
    }

    /// Has the log written at least up to `position`, for which only older insertions can be missing.
    fn make_room(&self, position: Lsn) -> Result<()> {
        loop {
            if self.write_position() >= position {
                return Ok(());
            }
            self.write_complete(position)?;
            if self.write_position() < position {
                hint::spin_loop();
                thread::yield_now();
            }
        }
    }
}
