//! Settings: the one table, the values of a process, and the files they come from.
//!
//! Entry points: [`Settings`], [`TABLE`], [`file::read`]. Knows nothing of what a setting does.
#![forbid(unsafe_code)]

mod declaration;
pub mod file;
mod settings;
mod table;
pub mod value;

pub use declaration::{Context, Kind, Setting, Unit};
pub use settings::{Scope, Settings, Source, find};
pub use table::{Id, TABLE};
pub use value::Value;

#[cfg(test)]
mod tests;
