//! The command line of the chores: `cargo xtask test`, `cargo xtask tidy` and `cargo xtask bench`.
#![forbid(unsafe_code)]

use std::process::ExitCode;

const USAGE: &str = "usage: cargo xtask test [WORD ...]\n       cargo xtask tidy\n       cargo xtask bench [OPTION ...] [ROW ...]\n";

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let root = xtask::root();
    let outcome = match words.split_first() {
        Some((chore, filters)) if chore == "test" => xtask::run_tests::run(&root, filters),
        Some((chore, arguments)) if chore == "bench" => xtask::bench::run(&root, arguments),
        Some((chore, [])) if chore == "tidy" => xtask::tidy::report(&root),
        _ => Err(USAGE.to_string()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{}", message.trim_end());
            ExitCode::FAILURE
        }
    }
}
