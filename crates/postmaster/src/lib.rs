//! The postmaster: listens, forks, reaps, restarts; one thread, no SQL, no shared data read.
//!
//! Entry point: [`run`], in the data directory, as the account that owns it. The rules are in the README.
#![forbid(unsafe_code)]

mod children;
pub mod data_directory;
mod listen;
pub mod pid_file;
mod ready;
mod server;

pub use server::{StartOptions, run};
