//! Runs every test of the workspace and adds up the results.
//!
//! The programs of tests run one after the other, each with as many threads as the machine has processors, at most
//! `MOST_THREADS`: tests that start servers take several processes each. Examples in documentation come last, behind the sum, so
//! that the end of the output is cargo's own.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::Stdio;

use crate::{Result, cargo, clients, metadata};

const MOST_THREADS: usize = 8;

/// Runs the tests whose names contain one of `filters`, or all.
/// # Errors
/// When the clients cannot be had, the tests do not compile, or one fails.
pub fn run(root: &Path, filters: &[String]) -> Result<()> {
    let metadata = metadata(root)?;
    let target = metadata["target_directory"].as_str().ok_or("cargo metadata names no target directory")?;
    let clients = clients::locate(Path::new(target))?;
    println!("Client programs: {}", clients.display());
    let threads = std::thread::available_parallelism().map_or(2, |count| count.get()).min(MOST_THREADS);
    let threads = format!("--test-threads={threads}");

    let programs = ["test", "--workspace", "--no-fail-fast", "--lib", "--bins", "--tests", "--", &threads];
    let (total, passed) = stream(cargo(root).args(programs).args(filters).env(clients::VARIABLE, &clients))?;
    println!("{}", total.in_words());
    if !passed {
        return Err(if total.failures.is_empty() {
            "The tests did not run to their end.".to_string()
        } else {
            format!("Failed:\n  {}", total.failures.join("\n  "))
        });
    }
    let documentation = ["test", "--workspace", "--doc", "--", &threads];
    match stream(cargo(root).args(documentation).args(filters))? {
        (_, true) => Ok(()),
        (total, false) => Err(format!("Failed in the documentation:\n  {}", total.failures.join("\n  "))),
    }
}

/// Sums over the programs of tests.
#[derive(Default, Debug, PartialEq)]
struct Total {
    programs: u64,
    passed: u64,
    failed: u64,
    ignored: u64,
    failures: Vec<String>,
}

impl Total {
    fn in_words(&self) -> String {
        let Total { programs, passed, failed, ignored, .. } = self;
        format!("{passed} tests passed, {failed} failed, {ignored} ignored, in {programs} programs")
    }

    /// Takes in one line of what a program of tests prints.
    fn note(&mut self, line: &str) {
        if let Some(counts) = line.strip_prefix("test result: ") {
            self.programs += 1;
            let count = |what: &str| {
                let words: Vec<&str> =
                    counts.split([' ', ';', '.']).filter(|word| !word.is_empty()).collect();
                let found = words.windows(2).find(|pair| pair[1] == what);
                found.and_then(|pair| pair[0].parse::<u64>().ok()).unwrap_or(0)
            };
            self.passed += count("passed");
            self.failed += count("failed");
            self.ignored += count("ignored");
        } else if let Some(name) =
            line.strip_prefix("test ").and_then(|rest| rest.strip_suffix(" ... FAILED"))
        {
            self.failures.push(name.to_string());
        }
    }
}

/// Runs cargo with its standard output passed on line by line, and says whether it ended well.
fn stream(command: &mut std::process::Command) -> Result<(Total, bool)> {
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| format!("could not run cargo: {error}"))?;
    let mut total = Total::default();
    let output = child.stdout.take().ok_or("cargo has no output")?;
    for line in BufReader::new(output).split(b'\n') {
        let line = line.map_err(|error| format!("could not read from cargo: {error}"))?;
        let line = String::from_utf8_lossy(&line);
        println!("{line}");
        total.note(&line);
    }
    let status = child.wait().map_err(|error| format!("could not wait for cargo: {error}"))?;
    Ok((total, status.success()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Results of several programs add up, and failures keep their names.
    #[test]
    fn results_add_up() {
        let mut total = Total::default();
        for line in [
            "test page::full ... ok",
            "test page::torn ... FAILED",
            "test result: FAILED. 11 passed; 1 failed; 2 ignored; 0 measured; 0 filtered out; finished in 0.01s",
            "test result: ok. 30 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.01s",
        ] {
            total.note(line);
        }
        let failures = vec!["page::torn".to_string()];
        assert_eq!(total, Total { programs: 2, passed: 41, failed: 1, ignored: 2, failures });
        assert_eq!(total.in_words(), "41 tests passed, 1 failed, 2 ignored, in 2 programs");
    }
}
