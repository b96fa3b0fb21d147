//! How much memory the operators of this process may use before they go on in temporary files.
//!
//! Each operator that keeps rows has a limit to itself: `work_mem`, or with `hash_mem_multiplier` for hash tables.

use std::cell::Cell;

/// Bytes.
#[derive(Clone, Copy, Debug)]
pub struct MemoryLimits {
    /// `work_mem`.
    pub work: usize,
    /// `work_mem` times `hash_mem_multiplier`.
    pub hash: usize,
    /// `maintenance_work_mem`.
    pub maintenance: usize,
}

thread_local! {
    static LIMITS: Cell<MemoryLimits> =
        const { Cell::new(MemoryLimits { work: 4 << 20, hash: 8 << 20, maintenance: 64 << 20 }) };
}

/// The limits of operators that begin from now on.
pub fn set_memory_limits(limits: MemoryLimits) {
    LIMITS.set(limits);
}

pub(crate) fn memory_limits() -> MemoryLimits {
    LIMITS.get()
}
