//! Functions of text and of bytes.

pub mod case;
pub mod casts;
pub mod like;
pub mod quote;
pub mod string;
