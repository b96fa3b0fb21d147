//! The one binary: puts the server together and offers its subcommands.
//!
//! What is decided here is only which parts go into the server ([`assembly`]); each subcommand has its file.
#![forbid(unsafe_code)]

mod arguments;
mod assembly;
mod checksums;
mod controldata;
mod directory;
mod initialize;
mod start;
mod stop;
mod templates;
mod waldump;

use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let matches = arguments::command().get_matches();
    let code = match matches.subcommand() {
        Some(("init", arguments)) => initialize::run(arguments),
        Some(("start", arguments)) => start::run(arguments),
        Some(("stop", arguments)) => stop::run_stop(arguments),
        Some(("restart", arguments)) => stop::run_restart(arguments),
        Some(("reload", arguments)) => stop::run_reload(arguments),
        Some(("status", arguments)) => stop::run_status(arguments),
        Some(("waldump", arguments)) => waldump::run(arguments),
        Some(("controldata", arguments)) => controldata::run(arguments),
        Some(("checksums", arguments)) => checksums::run(arguments),
        _ => Ok(2),
    };
    match code {
        Ok(code) => ExitCode::from(code.clamp(0, 255) as u8),
        Err(error) => {
            print_error(&error);
            ExitCode::from(1)
        }
    }
}

/// An error of a subcommand, in the form of PostgreSQL's tools.
fn print_error(error: &error::Error) {
    let report = error.report();
    eprintln!("ferrodon: error: {}", report.message);
    if let Some(detail) = &report.detail {
        eprintln!("ferrodon: detail: {detail}");
    }
    if let Some(hint) = &report.hint {
        eprintln!("ferrodon: hint: {hint}");
    }
}
