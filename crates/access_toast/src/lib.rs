//! TOAST: big values leave the row and lie in chunks in a table of their own.
//!
//! Entry points: [`encode_row`] before a row is written, [`fetch`] after one was read, [`delete`] when a row goes.
//! Decides about single values only; which rows share a value is the writer's knowledge.
#![forbid(unsafe_code)]

mod chunks;
mod encode;

pub use chunks::{ToastTable, delete, discard, fetch};
pub use encode::encode_row;
