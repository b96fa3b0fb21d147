//! Text to syntax tree: the SQL grammar of PostgreSQL 18.
#![forbid(unsafe_code)]

pub mod ast;
