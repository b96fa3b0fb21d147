//! Statements that are no queries: definitions, maintenance, COPY; and the first content of a cluster.
#![forbid(unsafe_code)]

pub mod bootstrap;
