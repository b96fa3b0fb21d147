//! What tests of several crates need: a storage stack in a temporary directory, with crash and recovery.
#![forbid(unsafe_code)]

mod replay;
mod storage;

pub use replay::Replay;
pub use storage::{Client, Storage};
