//! The hash function of shared tables and query identifiers.

use std::hash::Hasher;

/// Multiplies each word into 128 bits and folds the halves together. Its start is fixed, so that all processes agree.
pub struct FoldingHasher(u64);

impl Default for FoldingHasher {
    fn default() -> FoldingHasher {
        FoldingHasher(0x9E37_79B9_7F4A_7C15)
    }
}

impl FoldingHasher {
    #[inline]
    fn fold(&mut self, word: u64) {
        let product = u128::from(self.0 ^ word) * 0xD6E8_FEB8_6659_FD93_u128;
        self.0 = (product as u64) ^ ((product >> 64) as u64) ^ self.0.rotate_left(23);
    }
}

impl Hasher for FoldingHasher {
    fn write(&mut self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks();
        words.iter().for_each(|word| self.fold(u64::from_le_bytes(*word)));
        if !rest.is_empty() {
            let word = rest.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte));
            self.fold(word);
        }
        self.fold(bytes.len() as u64);
    }

    #[inline]
    fn write_u8(&mut self, value: u8) {
        self.fold(value.into());
    }

    #[inline]
    fn write_u32(&mut self, value: u32) {
        self.fold(value.into());
    }

    #[inline]
    fn write_u64(&mut self, value: u64) {
        self.fold(value);
    }

    #[inline]
    fn write_usize(&mut self, value: usize) {
        self.fold(value as u64);
    }

    #[inline]
    fn finish(&self) -> u64 {
        let product = u128::from(self.0) * 0xA076_1D64_78BD_642F_u128;
        (product as u64) ^ ((product >> 64) as u64)
    }
}
