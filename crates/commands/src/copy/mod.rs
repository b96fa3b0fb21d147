//! COPY, sans I/O: bytes are fed in and lines are taken out; the session owns the protocol.
//!
//! Entry points: [`CopyIn`] and [`copy_out`].

mod input;
mod options;
mod output;
mod split;

pub use input::CopyIn;
pub use output::{CopySink, copy_out};
