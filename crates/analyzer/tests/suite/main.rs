//! Analysis and printing of whole statements, on a catalog in memory.

mod deparse;
mod fixture;
mod statements;
