//! What is measured, row by row.

use std::process::Command;
use std::time::{Duration, Instant};

use super::floor::Floor;
use super::server::{Server, Tools, run};
use crate::Result;

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Better {
    Higher,
    Lower,
}

pub struct Row {
    pub name: &'static str,
    pub unit: &'static str,
    pub better: Better,
    work: Work,
}

enum Work {
    /// pgbench's own transactions with these options, and whether the floor can answer them.
    Transactions {
        options: &'static [&'static str],
        has_floor: bool,
    },
    Load,
    Init,
    IdleMemory,
    Recovery,
}

const fn transactions(name: &'static str, options: &'static [&'static str], has_floor: bool) -> Row {
    Row { name, unit: "tps", better: Better::Higher, work: Work::Transactions { options, has_floor } }
}

const fn lower(name: &'static str, unit: &'static str, work: Work) -> Row {
    Row { name, unit, better: Better::Lower, work }
}

pub const ROWS: [Row; 15] = [
    transactions("select prepared, 1 client", &["-S", "-M", "prepared", "-c", "1"], true),
    transactions("select prepared, 8 clients", &["-S", "-M", "prepared", "-c", "8", "-j", "2"], true),
    transactions("select simple, 1 client", &["-S", "-M", "simple", "-c", "1"], true),
    transactions("select simple, 8 clients", &["-S", "-M", "simple", "-c", "8", "-j", "2"], true),
    transactions("TPC-B prepared, 1 client", &["-M", "prepared", "-c", "1"], false),
    transactions("TPC-B prepared, 8 clients", &["-M", "prepared", "-c", "8", "-j", "2"], false),
    transactions("TPC-B prepared, 32 clients", &["-M", "prepared", "-c", "32", "-j", "2"], false),
    transactions("TPC-B simple, 1 client", &["-M", "simple", "-c", "1"], false),
    transactions("TPC-B simple, 8 clients", &["-M", "simple", "-c", "8", "-j", "2"], false),
    transactions("TPC-B simple, 32 clients", &["-M", "simple", "-c", "32", "-j", "2"], false),
    transactions("connect + select", &["-S", "-C", "-c", "1"], true),
    lower("pgbench -i", "s", Work::Load),
    lower("init", "s", Work::Init),
    lower("idle session, private memory", "kB", Work::IdleMemory),
    lower("recovery of 20000 transactions", "s", Work::Recovery),
];

impl Row {
    /// One figure, in the row's unit.
    /// # Errors
    /// The words of the program that failed.
    pub fn measure(&self, server: &mut Server, seconds: u32, scale: u32) -> Result<f64> {
        match &self.work {
            Work::Transactions { options, .. } => {
                pgbench(server.client("pgbench", "postgres"), options, seconds)
            }
            Work::Load => timed(|| server.initialize(scale)),
            Work::Init => server.time_of_init(),
            Work::IdleMemory => server.private_memory_of_idle_session(),
            Work::Recovery => {
                server.ask("CHECKPOINT")?;
                let mut load = server.client("pgbench", "postgres");
                run(load.args(["-n", "-M", "prepared", "-c", "8", "-j", "2", "-t", "2500", "postgres"]))?;
                server.stop("immediate")?;
                timed(|| server.start())
            }
        }
    }

    /// The figure of a server that does nothing, for rows that it can serve.
    /// # Errors
    /// pgbench's words.
    pub fn measure_floor(&self, tools: &Tools, floor: &Floor, seconds: u32) -> Result<Option<f64>> {
        match &self.work {
            Work::Transactions { options, has_floor: true } => {
                let mut command = Command::new(tools.clients.join("pgbench"));
                command.arg("-h").arg(floor.directory()).args([
                    "-p",
                    &floor.port().to_string(),
                    "-U",
                    "postgres",
                ]);
                pgbench(command, options, seconds).map(Some)
            }
            _ => Ok(None),
        }
    }
}

fn timed(work: impl FnOnce() -> Result<()>) -> Result<f64> {
    let start = Instant::now();
    work()?;
    Ok(start.elapsed().max(Duration::from_millis(1)).as_secs_f64())
}

/// Transactions per second, without the time of connecting unless that is measured.
fn pgbench(mut command: Command, options: &[&str], seconds: u32) -> Result<f64> {
    command.args(["-n", "-T", &seconds.to_string()]).args(options).arg("postgres");
    let report = run(&mut command)?;
    if !report.contains("number of failed transactions: 0 ") {
        return Err(format!("transactions failed:\n{report}"));
    }
    let rate = report.lines().find_map(|line| line.strip_prefix("tps = "));
    let rate = rate.and_then(|rest| rest.split(' ').next()).and_then(|text| text.parse().ok());
    rate.ok_or_else(|| format!("no rate in pgbench's report:\n{report}"))
}
