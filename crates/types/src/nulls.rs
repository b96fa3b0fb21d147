//! The null mask of a column: one bit a row, set for NULL.

/// Which rows are NULL. Rows beyond what was ever set are not.
#[derive(Clone, Debug, Default)]
pub struct NullMask {
    words: Vec<u64>,
    any: bool,
}

impl NullMask {
    /// True if some row may be NULL; false means that none is.
    pub fn any(&self) -> bool {
        self.any
    }

    pub fn get(&self, row: usize) -> bool {
        self.any && self.words.get(row / 64).is_some_and(|word| word >> (row % 64) & 1 != 0)
    }

    pub fn set(&mut self, row: usize) {
        if self.words.len() <= row / 64 {
            self.words.resize(row / 64 + 1, 0);
        }
        self.words[row / 64] |= 1 << (row % 64);
        self.any = true;
    }

    pub fn unset(&mut self, row: usize) {
        if self.any
            && let Some(word) = self.words.get_mut(row / 64)
        {
            *word &= !(1 << (row % 64));
        }
    }

    /// Makes every row not NULL; keeps the capacity.
    pub fn clear(&mut self) {
        if self.any {
            self.words.fill(0);
            self.any = false;
        }
    }

    /// Forgets rows from `length` on.
    pub fn truncate(&mut self, length: usize) {
        if !self.any {
            return;
        }
        self.words.truncate(length.div_ceil(64));
        if !length.is_multiple_of(64)
            && let Some(word) = self.words.get_mut(length / 64)
        {
            *word &= (1 << (length % 64)) - 1;
        }
    }

    /// Makes the first `length` rows NULL.
    pub fn fill(&mut self, length: usize) {
        self.clear();
        if length > 0 {
            self.words.clear();
            self.words.resize(length.div_ceil(64), u64::MAX);
            self.any = true;
            self.truncate(length);
        }
    }

    /// Makes NULL what is NULL in `other`.
    pub fn union_with(&mut self, other: &NullMask) {
        if other.any {
            if self.words.len() < other.words.len() {
                self.words.resize(other.words.len(), 0);
            }
            for (mine, theirs) in self.words.iter_mut().zip(&other.words) {
                *mine |= theirs;
            }
            self.any = true;
        }
    }

    /// The mask, 64 rows a word; missing words are zero.
    pub fn words(&self) -> &[u64] {
        if self.any { &self.words } else { &[] }
    }

    pub fn memory(&self) -> usize {
        self.words.capacity() * 8
    }
}
