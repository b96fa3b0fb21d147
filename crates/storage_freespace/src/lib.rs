//! The free space map and the visibility map of a table.
//!
//! Know heap pages as numbers only; the heap decides what to record. The rules are in the README.
#![forbid(unsafe_code)]

mod free_space;
mod tree_page;
mod visibility;

pub use free_space::FreeSpaceMap;
pub use visibility::{Visibility, VisibilityMap};
