//! Clients of a running server: psql, pgbench, and a driver; what they see in peace, in each other's way, and over crashes.
//!
//! Tests that need the PostgreSQL client programs find them through `FERRODON_CLIENTS` and do nothing without it.

mod any_redo;
mod archiving;
mod autovacuum;
mod bad_input;
mod blocks;
mod catalog;
mod connection;
mod containment;
mod conversation;
mod copying;
mod crash;
mod damage;
mod definitions;
#[cfg(debug_assertions)]
mod disk;
mod explain;
mod extensions;
mod faults;
mod grouping;
mod guessing;
mod indexes;
mod isolation;
mod load;
mod memory;
mod observe;
mod pgbench;
mod prepared;
mod psql;
mod queries;
mod sandbox;
mod sequences;
mod server;
mod session;
mod spilling;
mod statistics;
mod subqueries;
mod toast;
mod windows;
