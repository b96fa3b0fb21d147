//! How deep a statement may nest, from `max_stack_depth`.
//!
//! Depth is counted and not measured, so that a statement fares the same however the server was built: one level for each kilobyte of
//! the setting, which is about what PostgreSQL's levels take. Here a level takes more, but a server process's stack is larger.

use std::cell::Cell;

use error::{Error, error};

/// `max_stack_depth` as it is at first, in kilobytes.
const DEFAULT_KB: u32 = 2048;
/// How high a tree may grow where a loop builds it; bounds the stack that dropping or walking it takes.
const MAX_HEIGHT: u32 = 6000;

thread_local! {
    static LIMIT_KB: Cell<u32> = const { Cell::new(DEFAULT_KB) };
}

/// Sets the limit for the calling thread. More than the default allows no deeper nesting: the process's stack sets an end to that.
pub fn set_stack_limit_kb(limit_kb: u32) {
    LIMIT_KB.set(limit_kb);
}

/// How many constructs may contain each other.
pub fn max_depth() -> u32 {
    LIMIT_KB.get().clamp(1, DEFAULT_KB)
}

/// How long a chain of operators may be.
pub(crate) fn max_height() -> u32 {
    (u64::from(max_depth()) * u64::from(MAX_HEIGHT) / u64::from(DEFAULT_KB)) as u32
}

/// 54001.
#[cold]
pub fn too_deep() -> Error {
    error!(STATEMENT_TOO_COMPLEX, "stack depth limit exceeded").hint(format!(
        "Increase the configuration parameter \"max_stack_depth\" (currently {}kB), after ensuring the platform's stack \
         depth limit is adequate.",
        LIMIT_KB.get()
    ))
}
