//! Putting a record together; buffers are kept from record to record.

use common::{BlockNumber, ForkNumber, Lsn, PAGE_SIZE, RelationFile, TransactionId};
use error::{Result, error};
use std::cell::Cell;
use std::ops::{BitOr, Range};
use storage_page::{PageBytes, PageRef};

use crate::record::*;

/// How a page goes into a record. Combined with `|`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LogFlags(pub u8);

impl LogFlags {
    pub const NONE: LogFlags = LogFlags(0);
    /// Redo builds the page anew: no image is needed.
    pub const WILL_INITIALIZE: LogFlags = LogFlags(1);
    pub const FORCE_IMAGE: LogFlags = LogFlags(2);
    pub const NO_IMAGE: LogFlags = LogFlags(4);
    /// `lower..upper` holds nothing and is left out of the image.
    pub const STANDARD: LogFlags = LogFlags(8);
    /// The block's data is wanted even when an image is logged.
    pub const KEEP_DATA: LogFlags = LogFlags(16);

    pub fn has(self, flag: LogFlags) -> bool {
        self.0 & flag.0 != 0
    }
}

impl BitOr for LogFlags {
    type Output = LogFlags;

    fn bitor(self, other: LogFlags) -> LogFlags {
        LogFlags(self.0 | other.0)
    }
}

struct Block {
    reference: u8,
    flags: LogFlags,
    file: RelationFile,
    fork: ForkNumber,
    block: BlockNumber,
}

/// What decides about images; see Rule 4.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct ImagePolicy {
    pub(crate) redo: Lsn,
    pub(crate) force: bool,
    /// Images that only serve to check redo.
    pub(crate) always: bool,
}

/// A record under construction. [`RecordBuilder::start`] begins anew.
pub struct RecordBuilder {
    manager: ResourceManagerId,
    kind: u8,
    main: Vec<u8>,
    blocks: Vec<Block>,
    /// Data of blocks: which block, and where in `data`.
    chunks: Vec<(u8, Range<usize>)>,
    data: Vec<u8>,
    /// The record as it will be in the log.
    pub(crate) assembled: Vec<u8>,
    pub(crate) image_count: u32,
}

impl Default for RecordBuilder {
    fn default() -> RecordBuilder {
        RecordBuilder::new()
    }
}

impl RecordBuilder {
    pub fn new() -> RecordBuilder {
        RecordBuilder {
            manager: ResourceManagerId(0),
            kind: 0,
            main: Vec::new(),
            blocks: Vec::new(),
            chunks: Vec::new(),
            data: Vec::new(),
            assembled: Vec::new(),
            image_count: 0,
        }
    }

    /// Forgets what was collected and starts a record.
    pub fn start(&mut self, manager: ResourceManagerId, kind: u8) {
        (self.manager, self.kind) = (manager, kind);
        self.main.clear();
        self.blocks.clear();
        self.chunks.clear();
        self.data.clear();
    }

    /// Adds a page; its bytes are given to `Wal::insert`, in the order of these calls.
    pub fn page(
        &mut self,
        reference: u8,
        file: RelationFile,
        fork: ForkNumber,
        block: BlockNumber,
        flags: LogFlags,
    ) {
        debug_assert!(self.blocks.iter().all(|other| other.reference != reference));
        self.blocks.push(Block { reference, flags, file, fork, block });
    }

    /// Adds data that redo needs for this page; left out when the page's image is logged.
    pub fn block_data(&mut self, reference: u8, bytes: &[u8]) {
        let start = self.data.len();
        self.data.extend_from_slice(bytes);
        self.chunks.push((reference, start..self.data.len()));
    }

    /// Adds main data.
    pub fn data(&mut self, bytes: &[u8]) {
        self.main.extend_from_slice(bytes);
    }

    pub fn page_count(&self) -> usize {
        self.blocks.len()
    }

    /// Builds the record in `assembled`; all but its checksum is final.
    pub(crate) fn assemble(
        &mut self,
        xid: TransactionId,
        pages: &[&PageBytes],
        policy: ImagePolicy,
    ) -> Result<()> {
        let out = &mut self.assembled;
        out.clear();
        out.resize(HEADER_SIZE + self.blocks.len() * BLOCK_HEADER_SIZE, 0);
        self.image_count = 0;
        for (index, (block, page)) in self.blocks.iter().zip(pages).enumerate() {
            let lsn = PageRef::new(page).lsn();
            let can = !block.flags.has(LogFlags::NO_IMAGE | LogFlags::WILL_INITIALIZE);
            let apply = block.flags.has(LogFlags::FORCE_IMAGE) || can && (policy.force || lsn <= policy.redo);
            let has_image = apply || policy.always && !block.flags.has(LogFlags::NO_IMAGE);
            let mut flags = if block.flags.has(LogFlags::WILL_INITIALIZE) { WILL_INITIALIZE } else { 0 };
            let image_start = out.len();
            let mut hole = 0..0;
            if has_image {
                self.image_count += 1;
                flags |= HAS_IMAGE | if apply { APPLY_IMAGE } else { 0 };
                if block.flags.has(LogFlags::STANDARD) {
                    hole = PageRef::new(page).hole();
                }
                flags |= append_image(out, page, &hole);
            }
            let image_length = out.len() - image_start;
            let data_start = out.len();
            if !apply || block.flags.has(LogFlags::KEEP_DATA) {
                for (_, range) in self.chunks.iter().filter(|(reference, _)| *reference == block.reference) {
                    out.extend_from_slice(&self.data[range.clone()]);
                }
            }
            let data_length = (out.len() - data_start) as u32;
            let at = HEADER_SIZE + index * BLOCK_HEADER_SIZE;
            let header = &mut out[at..at + BLOCK_HEADER_SIZE];
            header[..4].copy_from_slice(&[block.reference, flags, block.fork as u8, 0]);
            header[4..16].copy_from_slice(&block.file.to_bytes());
            header[16..20].copy_from_slice(&block.block.0.to_le_bytes());
            header[20..24].copy_from_slice(&data_length.to_le_bytes());
            header[24..26].copy_from_slice(&(image_length as u16).to_le_bytes());
            header[26..28].copy_from_slice(&(hole.start as u16).to_le_bytes());
            header[28..30].copy_from_slice(&(hole.len() as u16).to_le_bytes());
        }
        out.extend_from_slice(&self.main);
        if out.len() > MAX_RECORD_SIZE {
            return Err(error!(PROGRAM_LIMIT_EXCEEDED, "oversized WAL record").detail(format!(
                "WAL record would be {} bytes (of maximum {MAX_RECORD_SIZE} bytes); rmid {} flags {}.",
                out.len(),
                self.manager.0,
                self.kind
            )));
        }
        let header = Header {
            length: out.len() as u32,
            crc: 0,
            xid,
            manager: self.manager,
            kind: self.kind,
            block_count: self.blocks.len() as u8,
            flags: 0,
            main_length: self.main.len() as u32,
        };
        header.encode(out);
        Ok(())
    }
}

thread_local! {
    static COMPRESSES: Cell<bool> = const { Cell::new(true) };
}

/// Whether the process compresses the page images that it logs.
pub fn compress_images(compresses: bool) {
    COMPRESSES.set(compresses);
}

/// Adds the page without its hole, compressed if that helps; the flag that says which.
fn append_image(out: &mut Vec<u8>, page: &PageBytes, hole: &Range<usize>) -> u8 {
    let start = out.len();
    out.extend_from_slice(&page[..hole.start]);
    out.extend_from_slice(&page[hole.end..]);
    if !COMPRESSES.get() {
        return 0;
    }
    let kept = out.len() - start;
    let mut compressed = [0; lz4_flex::block::get_maximum_output_size(PAGE_SIZE)];
    match lz4_flex::block::compress_into(&out[start..], &mut compressed) {
        Ok(length) if length < kept => {
            out.truncate(start);
            out.extend_from_slice(&compressed[..length]);
            COMPRESSED
        }
        _ => 0,
    }
}
