//! What the server asks of the kernel: processes, signals, mappings, futexes, waiting, randomness, clocks.
//!
//! Not a database crate: no page, no transaction, no setting. The rules are in the README.
#![allow(unsafe_code)]

pub mod clock;
pub mod code;
pub mod file;
pub mod futex;
pub mod interrupt;
pub mod memory;
pub mod poll;
pub mod process;
pub mod random;
pub mod secret;
pub mod signal;
pub mod timer;
