//! Functions of text and of bytes.

pub mod case;
pub mod casts;
pub mod like;
pub mod pattern;
pub mod quote;
pub mod regexp;
pub mod string;
