//! Values with a length of their own: short, long, compressed, or kept outside of the row.
//!
//! ```text
//! 0xxxxxxx                          x bytes follow
//! 10xxxxxx +3 bytes big-endian      30-bit length, plain bytes follow
//! 11xxxxxx +3 bytes                 30-bit length of what follows: raw length (4), lz4 block
//! ```
//! A pointer to an external value is written as a compressed value of raw length `0xffff_ffff`, whose bytes are the
//! [`ExternalPointer`].

use common::Oid;
use error::{Error, Result};

/// Longest value with a one-byte length.
const SHORT_LIMIT: usize = 0x7f;
const LENGTH_MASK: u32 = 0x3fff_ffff;
const EXTERNAL: u32 = u32::MAX;

/// Where a value outside of its row lies: chunks in a TOAST table.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ExternalPointer {
    /// Bytes of the value itself.
    pub raw_length: u32,
    /// Bytes that are stored; fewer than `raw_length` means lz4.
    pub stored_length: u32,
    pub value_id: Oid,
    pub toast_relation: Oid,
}

impl ExternalPointer {
    const SIZE: usize = 16;

    pub fn is_compressed(&self) -> bool {
        self.stored_length < self.raw_length
    }

    fn to_bytes(self) -> [u8; Self::SIZE] {
        let mut bytes = [0; Self::SIZE];
        for (at, field) in
            [self.raw_length, self.stored_length, self.value_id.0, self.toast_relation.0].iter().enumerate()
        {
            bytes[at * 4..at * 4 + 4].copy_from_slice(&field.to_le_bytes());
        }
        bytes
    }

    fn from_bytes(bytes: &[u8]) -> Option<ExternalPointer> {
        let field = |at: usize| bytes.get(at..at + 4).map(|b| u32::from_le_bytes([b[0], b[1], b[2], b[3]]));
        Some(ExternalPointer {
            raw_length: field(0)?,
            stored_length: field(4)?,
            value_id: Oid(field(8)?),
            toast_relation: Oid(field(12)?),
        })
    }
}

/// A stored value of variable length.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Varlena<'a> {
    Plain(&'a [u8]),
    Compressed { raw_length: usize, block: &'a [u8] },
    External(ExternalPointer),
}

impl<'a> Varlena<'a> {
    /// Reads the value at the start of `bytes` and gives what follows it.
    /// # Errors
    /// XX001 when the lengths do not fit.
    pub fn read(bytes: &'a [u8]) -> Result<(Varlena<'a>, &'a [u8])> {
        let corrupted = || Error::corrupted("stored value is longer than its row");
        let &first = bytes.first().ok_or_else(corrupted)?;
        if first < 0x80 {
            let (value, rest) = bytes[1..].split_at_checked(first.into()).ok_or_else(corrupted)?;
            return Ok((Varlena::Plain(value), rest));
        }
        let (header, rest) = bytes.split_at_checked(4).ok_or_else(corrupted)?;
        let word = u32::from_be_bytes([header[0], header[1], header[2], header[3]]);
        let (value, rest) = rest.split_at_checked((word & LENGTH_MASK) as usize).ok_or_else(corrupted)?;
        if word >> 30 == 0b10 {
            return Ok((Varlena::Plain(value), rest));
        }
        let (raw_length, block) = value.split_at_checked(4).ok_or_else(corrupted)?;
        let raw_length = u32::from_le_bytes([raw_length[0], raw_length[1], raw_length[2], raw_length[3]]);
        if raw_length == EXTERNAL {
            let pointer = ExternalPointer::from_bytes(block).ok_or_else(corrupted)?;
            return Ok((Varlena::External(pointer), rest));
        }
        Ok((Varlena::Compressed { raw_length: raw_length as usize, block }, rest))
    }
}

/// Appends a value whose bytes `write` appends.
pub fn put_varlena(out: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>)) {
    let start = out.len();
    out.push(0);
    write(out);
    let length = out.len() - start - 1;
    if length <= SHORT_LIMIT {
        out[start] = length as u8;
    } else {
        let header = (0b10 << 30 | length as u32).to_be_bytes();
        out.splice(start..start + 1, header);
    }
}

/// Appends a pointer to an external value.
pub fn put_external(out: &mut Vec<u8>, pointer: ExternalPointer) {
    put_long(out, 0b11, EXTERNAL, &pointer.to_bytes());
}

/// Appends the compressed form of `raw`, or gives false when it would not be shorter.
pub fn compress(out: &mut Vec<u8>, raw: &[u8]) -> bool {
    let block = lz4_flex::block::compress(raw);
    let shorter = block.len() + 8 < raw.len();
    if shorter {
        put_long(out, 0b11, raw.len() as u32, &block);
    }
    shorter
}

/// Undoes the compression of a block.
/// # Errors
/// XX001 when the block is damaged.
pub fn decompress(block: &[u8], raw_length: usize) -> Result<Vec<u8>> {
    match lz4_flex::block::decompress(block, raw_length) {
        Ok(raw) if raw.len() == raw_length => Ok(raw),
        _ => Err(Error::corrupted("compressed lz4 data is corrupt")),
    }
}

fn put_long(out: &mut Vec<u8>, kind: u32, raw_length: u32, bytes: &[u8]) {
    out.extend_from_slice(&(kind << 30 | (bytes.len() as u32 + 4)).to_be_bytes());
    out.extend_from_slice(&raw_length.to_le_bytes());
    out.extend_from_slice(bytes);
}
