//! Variable-length values of a column: 16-byte views over an append-only arena.
//!
//! ```text
//! view, up to 12 bytes:  length (4) | bytes (12), zero padded
//! view, longer:          length (4) | first 4 bytes | offset in the arena (8)
//! ```
//! Overwriting a long value leaves its old bytes in the arena until [`Views::clear`].

use std::cmp::Ordering;

const INLINE: usize = 12;

/// One value's view.
#[derive(Clone, Copy, Debug, Default)]
struct View {
    length: u32,
    bytes: [u8; INLINE],
}

const _: () = assert!(size_of::<View>() == 16);

impl View {
    fn offset(&self) -> usize {
        let [_, _, _, _, rest @ ..] = self.bytes;
        u64::from_le_bytes(rest) as usize
    }

    /// The first four bytes as a number that orders as they do (shorter values are padded with zeros).
    fn prefix(&self) -> u32 {
        let [a, b, c, d, ..] = self.bytes;
        u32::from_be_bytes([a, b, c, d])
    }
}

/// Byte strings by row.
#[derive(Clone, Debug, Default)]
pub struct Views {
    views: Vec<View>,
    arena: Vec<u8>,
}

impl Views {
    pub fn len(&self) -> usize {
        self.views.len()
    }

    pub fn clear(&mut self) {
        self.views.clear();
        self.arena.clear();
    }

    /// Changes the number of rows; new ones are empty. From zero rows the arena is emptied too.
    pub fn resize(&mut self, length: usize) {
        if self.views.is_empty() {
            self.arena.clear();
        }
        self.views.resize(length, View::default());
    }

    pub fn get(&self, row: usize) -> &[u8] {
        let view = &self.views[row];
        let length = view.length as usize;
        if length <= INLINE {
            &view.bytes[..length]
        } else {
            let offset = view.offset();
            &self.arena[offset..offset + length]
        }
    }

    pub fn length(&self, row: usize) -> usize {
        self.views[row].length as usize
    }

    fn make(&mut self, bytes: &[u8]) -> View {
        self.make_of(&[bytes])
    }

    fn make_of(&mut self, parts: &[&[u8]]) -> View {
        let length: usize = parts.iter().map(|part| part.len()).sum();
        let mut view = View { length: length as u32, bytes: [0; INLINE] };
        if length <= INLINE {
            let mut at = 0;
            for part in parts {
                view.bytes[at..at + part.len()].copy_from_slice(part);
                at += part.len();
            }
        } else {
            let offset = self.arena.len();
            for part in parts {
                self.arena.extend_from_slice(part);
            }
            view.bytes[..4].copy_from_slice(&self.arena[offset..offset + 4]);
            view.bytes[4..].copy_from_slice(&(offset as u64).to_le_bytes());
        }
        view
    }

    pub fn set(&mut self, row: usize, bytes: &[u8]) {
        self.views[row] = self.make(bytes);
    }

    /// Sets the concatenation of `parts`.
    pub fn set_parts(&mut self, row: usize, parts: &[&[u8]]) {
        self.views[row] = self.make_of(parts);
    }

    pub fn push(&mut self, bytes: &[u8]) {
        let view = self.make(bytes);
        self.views.push(view);
    }

    /// Sets what `write` appends to the vector it is given.
    pub fn set_with<R>(&mut self, row: usize, write: impl FnOnce(&mut Vec<u8>) -> R) -> R {
        let start = self.arena.len();
        let result = write(&mut self.arena);
        let length = self.arena.len() - start;
        let mut view = View { length: length as u32, bytes: [0; INLINE] };
        if length <= INLINE {
            view.bytes[..length].copy_from_slice(&self.arena[start..]);
            self.arena.truncate(start);
        } else {
            view.bytes[..4].copy_from_slice(&self.arena[start..start + 4]);
            view.bytes[4..].copy_from_slice(&(start as u64).to_le_bytes());
        }
        self.views[row] = view;
        result
    }

    pub fn copy(&mut self, from: &Views, from_row: usize, to_row: usize) {
        let view = from.views[from_row];
        self.views[to_row] =
            if view.length as usize <= INLINE { view } else { self.make(from.get(from_row)) };
    }

    /// Appends a row of others.
    pub fn push_from(&mut self, from: &Views, row: usize) {
        let view = from.views[row];
        let view = if view.length as usize <= INLINE { view } else { self.make(from.get(row)) };
        self.views.push(view);
    }

    /// Bytes that a row takes up.
    pub fn row_memory(&self, row: usize) -> usize {
        let length = self.views[row].length as usize;
        size_of::<View>() + if length <= INLINE { 0 } else { length }
    }

    /// Appends all lengths and then all bytes.
    pub fn save(&self, out: &mut Vec<u8>) {
        self.views.iter().for_each(|view| out.extend_from_slice(&view.length.to_le_bytes()));
        (0..self.len()).for_each(|row| out.extend_from_slice(self.get(row)));
    }

    /// Appends what [`Views::save`] wrote and takes it off the bytes.
    pub fn load(&mut self, rows: usize, bytes: &mut &[u8]) -> Option<()> {
        let (lengths, mut rest) = bytes.split_at_checked(rows.checked_mul(4)?)?;
        for length in lengths.as_chunks::<4>().0 {
            let (value, behind) = rest.split_at_checked(u32::from_le_bytes(*length) as usize)?;
            self.push(value);
            rest = behind;
        }
        *bytes = rest;
        Some(())
    }

    /// Byte order.
    pub fn compare(&self, row: usize, other: &Views, other_row: usize) -> Ordering {
        let (a, b) = (&self.views[row], &other.views[other_row]);
        match a.prefix().cmp(&b.prefix()) {
            Ordering::Equal => self.get(row).cmp(other.get(other_row)),
            decided => decided,
        }
    }

    pub fn equal(&self, row: usize, other: &Views, other_row: usize) -> bool {
        let (a, b) = (&self.views[row], &other.views[other_row]);
        a.length == b.length
            && a.prefix() == b.prefix()
            && (a.length as usize <= INLINE && a.bytes == b.bytes
                || a.length as usize > INLINE && self.get(row) == other.get(other_row))
    }

    pub fn memory(&self) -> usize {
        self.views.capacity() * size_of::<View>() + self.arena.capacity()
    }
}
