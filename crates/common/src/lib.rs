//! The identifiers that cross every layer: object, transaction, page and log positions.
//!
//! Plain data with no behaviour beyond arithmetic and text; nothing here knows a page, a table or a setting.
#![forbid(unsafe_code)]

mod counter;
mod fork;
mod hash;
mod identifiers;
mod log_position;
mod tuple_id;

pub use counter::Counter;
pub use fork::{ForkNumber, RelationFile};
pub use hash::FoldingHasher;
pub use identifiers::{AttributeNumber, CommandId, Oid, TransactionId};
pub use log_position::Lsn;
pub use tuple_id::{BlockNumber, OffsetNumber, TupleId};

/// Bytes in a page, in the buffer cache and on disk.
pub const PAGE_SIZE: usize = 8192;
