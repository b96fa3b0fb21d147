//! The format of a record, and a record that was read.

use common::{BlockNumber, ForkNumber, Lsn, PAGE_SIZE, RelationFile, TransactionId};
use error::{Error, Result};
use smallvec::SmallVec;
use std::ops::Range;
use storage_page::PageBytes;

/// Which resource manager replays a record.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ResourceManagerId(pub u8);

/// Bytes of the fixed part.
pub(crate) const HEADER_SIZE: usize = 24;
/// Bytes of a block's header.
pub(crate) const BLOCK_HEADER_SIZE: usize = 30;
/// No record is longer.
pub(crate) const MAX_RECORD_SIZE: usize = 1 << 30;

pub(crate) const HAS_IMAGE: u8 = 1;
/// Redo restores the image. Without it, the image only serves to check redo.
pub(crate) const APPLY_IMAGE: u8 = 2;
pub(crate) const COMPRESSED: u8 = 4;
pub(crate) const WILL_INITIALIZE: u8 = 8;

/// In the record's flags: the record fills its segment; the bytes behind its header are not covered by the checksum.
pub(crate) const FILLS_SEGMENT: u8 = 1;

/// A page that a record is about.
#[derive(Clone, Debug)]
pub struct BlockReference {
    /// The number by which the record's redo asks for it.
    pub reference: u8,
    pub file: RelationFile,
    pub fork: ForkNumber,
    pub block: BlockNumber,
    pub has_image: bool,
    /// The image replaces redo.
    pub apply_image: bool,
    /// Redo builds the page anew.
    pub will_initialize: bool,
    is_compressed: bool,
    hole: Range<usize>,
    image: Range<usize>,
    data: Range<usize>,
}

impl BlockReference {
    /// Bytes that the image takes in the log.
    pub fn image_size(&self) -> usize {
        self.image.len()
    }
}

/// A record that was read from the log.
#[derive(Clone, Debug)]
pub struct Record {
    start: Lsn,
    end: Lsn,
    xid: TransactionId,
    manager: ResourceManagerId,
    kind: u8,
    bytes: Vec<u8>,
    blocks: SmallVec<[BlockReference; 4]>,
    main: Range<usize>,
}

impl Record {
    pub(crate) fn empty() -> Record {
        Record {
            start: Lsn::INVALID,
            end: Lsn::INVALID,
            xid: TransactionId::INVALID,
            manager: ResourceManagerId(0),
            kind: 0,
            bytes: Vec::new(),
            blocks: SmallVec::new(),
            main: 0..0,
        }
    }

    /// Where it starts.
    pub fn start(&self) -> Lsn {
        self.start
    }

    /// Where the next one starts; the LSN that its pages carry.
    pub fn end(&self) -> Lsn {
        self.end
    }

    /// The transaction that wrote it, if any.
    pub fn xid(&self) -> TransactionId {
        self.xid
    }

    pub fn manager(&self) -> ResourceManagerId {
        self.manager
    }

    pub fn kind(&self) -> u8 {
        self.kind
    }

    /// Bytes in the log, without padding.
    pub fn size_bytes(&self) -> usize {
        self.bytes.len()
    }

    /// The main data.
    pub fn data(&self) -> &[u8] {
        &self.bytes[self.main.clone()]
    }

    /// All pages that it is about, in the order of registration.
    pub fn blocks(&self) -> &[BlockReference] {
        &self.blocks
    }

    pub fn block(&self, reference: u8) -> Option<&BlockReference> {
        self.blocks.iter().find(|block| block.reference == reference)
    }

    /// The data given for a block; empty if none was, or if the image replaced it.
    pub fn block_data(&self, reference: u8) -> &[u8] {
        self.block(reference).map_or(&[], |block| &self.bytes[block.data.clone()])
    }

    pub fn has_image(&self, reference: u8) -> bool {
        self.block(reference).is_some_and(|block| block.has_image)
    }

    /// Writes the block's image over `page`, without LSN.
    ///
    /// # Errors
    /// XX001 if there is none or it cannot be decompressed.
    pub fn restore_image(&self, reference: u8, page: &mut PageBytes) -> Result<()> {
        let damaged =
            || Error::corrupted(format!("could not restore image at {} block {reference}", self.start));
        let block = self.block(reference).filter(|block| block.has_image).ok_or_else(damaged)?;
        let stored = &self.bytes[block.image.clone()];
        let kept = PAGE_SIZE - block.hole.len();
        let length = if block.is_compressed {
            lz4_flex::block::decompress_into(stored, &mut page[..kept]).map_err(|_| damaged())?
        } else {
            page.get_mut(..stored.len()).ok_or_else(damaged)?.copy_from_slice(stored);
            stored.len()
        };
        if length != kept {
            return Err(damaged());
        }
        // What lies behind the hole goes where it belongs.
        page.copy_within(block.hole.start..kept, block.hole.end);
        page[block.hole.clone()].fill(0);
        Ok(())
    }

    /// Takes over the bytes of a whole record that starts at `start`; says what is wrong with them.
    pub(crate) fn decode(&mut self, start: Lsn, bytes: &[u8]) -> std::result::Result<(), String> {
        self.bytes.clear();
        self.bytes.extend_from_slice(bytes);
        self.blocks.clear();
        let header = Header::decode(bytes);
        if header.crc != record_crc(bytes, start) {
            return Err(format!("incorrect resource manager data checksum in record at {start}"));
        }
        self.start = start;
        self.end = Lsn(start.0 + (bytes.len() as u64).next_multiple_of(8));
        self.xid = header.xid;
        self.manager = header.manager;
        self.kind = header.kind;
        let damaged = || format!("invalid record at {start}");
        if header.flags & FILLS_SEGMENT != 0 {
            self.main = HEADER_SIZE..HEADER_SIZE;
            return Ok(());
        }
        let mut payload = HEADER_SIZE + header.block_count as usize * BLOCK_HEADER_SIZE;
        let mut take = |length: usize| {
            let range = payload..payload + length;
            payload += length;
            (range.end <= bytes.len()).then_some(range)
        };
        for index in 0..header.block_count as usize {
            let at = HEADER_SIZE + index * BLOCK_HEADER_SIZE;
            let part = bytes.get(at..at + BLOCK_HEADER_SIZE).ok_or_else(damaged)?;
            let short = |at: usize| u16::from_le_bytes([part[at], part[at + 1]]) as usize;
            let flags = part[1];
            let hole = short(26)..short(26) + short(28);
            if hole.end > PAGE_SIZE {
                return Err(damaged());
            }
            let mut file = [0; RelationFile::SIZE];
            file.copy_from_slice(&part[4..16]);
            self.blocks.push(BlockReference {
                reference: part[0],
                file: RelationFile::from_bytes(file),
                fork: ForkNumber::from_u8(part[2]).ok_or_else(damaged)?,
                block: BlockNumber(u32::from_le_bytes([part[16], part[17], part[18], part[19]])),
                has_image: flags & HAS_IMAGE != 0,
                apply_image: flags & APPLY_IMAGE != 0,
                will_initialize: flags & WILL_INITIALIZE != 0,
                is_compressed: flags & COMPRESSED != 0,
                hole,
                image: take(short(24)).ok_or_else(damaged)?,
                data: take(u32::from_le_bytes([part[20], part[21], part[22], part[23]]) as usize)
                    .ok_or_else(damaged)?,
            });
        }
        self.main = take(header.main_length as usize).ok_or_else(damaged)?;
        Ok(())
    }
}

/// The fixed part.
pub(crate) struct Header {
    pub(crate) length: u32,
    pub(crate) crc: u32,
    pub(crate) xid: TransactionId,
    pub(crate) manager: ResourceManagerId,
    pub(crate) kind: u8,
    pub(crate) block_count: u8,
    pub(crate) flags: u8,
    pub(crate) main_length: u32,
}

impl Header {
    pub(crate) fn decode(bytes: &[u8]) -> Header {
        let word = |at: usize| u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
        Header {
            length: word(0),
            crc: word(4),
            xid: TransactionId(u64::from(word(8)) | u64::from(word(12)) << 32),
            manager: ResourceManagerId(bytes[16]),
            kind: bytes[17],
            block_count: bytes[18],
            flags: bytes[19],
            main_length: word(20),
        }
    }

    pub(crate) fn encode(&self, bytes: &mut [u8]) {
        bytes[..4].copy_from_slice(&self.length.to_le_bytes());
        bytes[4..8].copy_from_slice(&self.crc.to_le_bytes());
        bytes[8..16].copy_from_slice(&self.xid.0.to_le_bytes());
        bytes[16..20].copy_from_slice(&[self.manager.0, self.kind, self.block_count, self.flags]);
        bytes[20..24].copy_from_slice(&self.main_length.to_le_bytes());
    }
}

/// What can be summed before the position is known.
pub(crate) fn body_crc(bytes: &[u8]) -> u32 {
    let covered = if bytes[19] & FILLS_SEGMENT != 0 { HEADER_SIZE } else { bytes.len() };
    crc32c::crc32c(&bytes[HEADER_SIZE..covered])
}

/// Completes the sum with the header and the position (Rule 1).
pub(crate) fn finish_crc(body: u32, bytes: &[u8], start: Lsn) -> u32 {
    let sum = crc32c::crc32c_append(body, &bytes[..4]);
    let sum = crc32c::crc32c_append(sum, &bytes[8..HEADER_SIZE]);
    crc32c::crc32c_append(sum, &start.0.to_le_bytes())
}

fn record_crc(bytes: &[u8], start: Lsn) -> u32 {
    finish_crc(body_crc(bytes), bytes, start)
}
