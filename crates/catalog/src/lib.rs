//! The system catalogs: their declarations, the caches over them, and how they are changed.
#![forbid(unsafe_code)]

pub mod declaration;
pub mod field;
pub mod tables;

#[cfg(test)]
mod tests;
