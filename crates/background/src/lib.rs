//! The state all processes share, and the processes that serve no client.
//!
//! Knows no socket, no client and no catalog. Entry points: [`ServerState`], [`log::report`], [`configuration::load`], and one `run`
//! per background process. The rules are in the README.
#![forbid(unsafe_code)]

pub mod archiver;
pub mod autovacuum;
pub mod background_writer;
pub mod checkpoint_request;
pub mod checkpointer;
pub mod configuration;
mod failed_passwords;
pub mod janitor;
pub mod large_pages;
pub mod log;
mod log_format;
mod log_pipe;
mod log_time;
pub mod logger;
pub mod managers;
mod process_loop;
pub mod server_statistics;
pub mod startup;
mod state;
pub mod statement_statistics;
pub mod statistics;
pub mod statistics_file;
pub mod wal_writer;

pub use checkpoint_request::CheckpointOptions;
pub use failed_passwords::{FailedPasswords, Failures, Guesser};
pub use managers::resource_managers;
pub use process_loop::{
    apply_to_process, ended_by, enter_sandbox, name_cluster, prepare_child, process_title,
};
pub use state::{ServerState, Sizes};
