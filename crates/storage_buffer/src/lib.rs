//! The shared buffer cache: pages in shared memory, pinned, locked, changed, logged and written.
//!
//! Knows files and the log below it, and no access method above it. Entry points: [`BufferPool`], [`Pin`], [`SharedPage`],
//! [`ExclusivePage`], [`PageRecord`]. The rules are in the README and cited by number.
#![allow(unsafe_code)]

mod damage;
mod descriptor;
mod flush;
mod guards;
mod log;
mod lookup;
mod pin;
mod pool;
mod redo;
mod relation;
mod sweep;
mod usage;

pub use descriptor::BufferTag;
pub use guards::{ExclusivePage, SharedPage};
pub use log::PageRecord;
pub use pin::Pin;
pub use pool::{BufferPool, BufferPoolReservation, BufferSettings, BufferView};
pub use redo::Redo;
pub use storage_wal::LogFlags;
pub use sweep::{BufferRing, RingKind, Strategy};
pub use usage::{BufferUse, RelationUse, buffer_use, take_relation_use};
