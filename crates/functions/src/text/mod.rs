//! Functions of text.

pub mod casts;
