//! COPY, sans I/O: bytes are fed in and lines are taken out; the session owns the protocol.
//!
//! Entry points: [`CopyIn`] and [`copy_out`].

mod input;
mod options;
mod output;
mod split;

pub use input::CopyIn;
use parser::ast::{CopyEndpoint, CopyStatement};
use shared_memory::{Progress, ProgressCommand, ProgressNumber};

pub use output::{CopySink, copy_out};

/// The numbers of `pg_stat_progress_copy` that change.
const BYTES: ProgressNumber = ProgressNumber(1);
const TOTAL_BYTES: ProgressNumber = ProgressNumber(2);
const ROWS: ProgressNumber = ProgressNumber(3);
const EXCLUDED_ROWS: ProgressNumber = ProgressNumber(4);

/// A COPY begins; of a query there is no relation.
fn progress(statement: &CopyStatement, relation: common::Oid) -> Progress {
    let progress = Progress::start(ProgressCommand::Copy, relation);
    ProgressNumber(5).set(if statement.is_from { 1 } else { 2 });
    ProgressNumber(6).set(match statement.endpoint {
        CopyEndpoint::File(_) => 1,
        CopyEndpoint::Program(_) => 2,
        CopyEndpoint::Client => 3,
    });
    progress
}

/// The file that is read has so many bytes.
pub fn show_total_bytes(bytes: u64) {
    TOTAL_BYTES.set(bytes);
}
