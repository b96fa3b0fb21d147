//! `cargo xtask bench`: Ferrodon beside PostgreSQL 18, with equal settings, on this machine.
//!
//! All servers run at the same time and take turns at each row, so that a machine whose speed drifts drifts for all. What is printed
//! are medians over the rounds, and ratios that are above 1 where Ferrodon is better.

mod floor;
mod rows;
mod server;

use std::path::Path;

use crate::Result;
use floor::Floor;
use rows::{Better, ROWS, Row};
use server::{Kind, Server, Tools};

const USAGE: &str = "usage: cargo xtask bench [--rounds N] [--seconds N] [--scale N] [ROW ...]\n";

/// What the command line asks for.
struct Plan {
    rounds: usize,
    seconds: u32,
    scale: u32,
    /// Rows whose names contain one of these words; all if there are none.
    words: Vec<String>,
}

fn plan(arguments: &[String]) -> Result<Plan> {
    let mut plan = Plan { rounds: 3, seconds: 10, scale: 50, words: Vec::new() };
    let mut arguments = arguments.iter();
    while let Some(argument) = arguments.next() {
        let mut number = || -> Result<u32> {
            let value = arguments.next().and_then(|text| text.parse().ok()).filter(|number| *number > 0);
            value.ok_or_else(|| format!("{argument} needs a number above 0\n{USAGE}"))
        };
        match argument.as_str() {
            "--rounds" => plan.rounds = number()? as usize,
            "--seconds" => plan.seconds = number()?,
            "--scale" => plan.scale = number()?,
            word if word.starts_with('-') => return Err(USAGE.into()),
            word => plan.words.push(word.to_string()),
        }
    }
    Ok(plan)
}

/// Runs the bench and prints its table.
/// # Errors
/// What is missing on this machine, and the words of a program that failed.
pub fn run(root: &Path, arguments: &[String]) -> Result<()> {
    let plan = plan(arguments)?;
    let tools = Tools::find(root)?;
    if tools.postgres.is_none() {
        println!("No PostgreSQL server is installed here ({}): only Ferrodon is measured.", server::VARIABLE);
    }
    let mut servers = vec![Server::new(Kind::Ferrodon, &tools)?];
    if tools.postgres.is_some() {
        servers.push(Server::new(Kind::PostgreSql, &tools)?);
    }
    let floor = Floor::start().map_err(|error| format!("could not start the floor: {error}"))?;
    let wanted: Vec<&Row> = ROWS
        .iter()
        .filter(|row| plan.words.is_empty() || plan.words.iter().any(|word| row.name.contains(word.as_str())))
        .collect();
    // Per row and column: Ferrodon, PostgreSQL, floor.
    let mut figures = vec![[const { Vec::new() }; 3]; wanted.len()];
    for server in &mut servers {
        server.make()?;
        server.start()?;
        server.initialize(plan.scale)?;
    }
    for round in 0..plan.rounds {
        for (row, figures) in wanted.iter().zip(&mut figures) {
            eprintln!("round {} of {}: {}", round + 1, plan.rounds, row.name);
            for (server, figures) in servers.iter_mut().zip(figures.iter_mut()) {
                figures.push(row.measure(server, plan.seconds, plan.scale)?);
            }
            if let Some(figure) = row.measure_floor(&tools, &floor, plan.seconds)? {
                figures[2].push(figure);
            }
        }
    }
    for server in &mut servers {
        server.stop("fast")?;
    }
    print_table(&wanted, &figures, &plan);
    Ok(())
}

fn median(figures: &[f64]) -> Option<f64> {
    let mut sorted = figures.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len().checked_sub(1)? / 2;
    Some(if sorted.len() % 2 == 1 { sorted[middle] } else { (sorted[middle] + sorted[middle + 1]) / 2.0 })
}

fn print_table(rows: &[&Row], figures: &[[Vec<f64>; 3]], plan: &Plan) {
    println!(
        "Medians of {} rounds, {} s each, scale {}; a ratio above 1: Ferrodon is better.",
        plan.rounds, plan.seconds, plan.scale
    );
    println!("| row | unit | Ferrodon | PostgreSQL | ratio | floor |");
    println!("|---|---|---|---|---|---|");
    let shown = |figure: Option<f64>| match figure {
        None => String::new(),
        Some(figure) if figure >= 100.0 => format!("{figure:.0}"),
        Some(figure) => format!("{figure:.2}"),
    };
    for (row, [ours, theirs, floor]) in rows.iter().zip(figures) {
        let (ours, theirs) = (median(ours), median(theirs));
        let ratio = ours.zip(theirs).map(|(ours, theirs)| match row.better {
            Better::Higher => ours / theirs,
            Better::Lower => theirs / ours,
        });
        println!(
            "| {} | {} | {} | {} | {} | {} |",
            row.name,
            row.unit,
            shown(ours),
            shown(theirs),
            ratio.map(|ratio| format!("{ratio:.2}")).unwrap_or_default(),
            shown(median(floor))
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The middle figure, or between the two middle ones; nothing of nothing.
    #[test]
    fn medians() {
        assert_eq!(median(&[]), None);
        assert_eq!(median(&[3.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median(&[4.0, 1.0, 2.0, 3.0]), Some(2.5));
    }

    /// Numbers are read, and rows chosen by words.
    #[test]
    fn command_lines() {
        let words = |text: &str| -> Vec<String> { text.split(' ').map(str::to_string).collect() };
        let read = plan(&words("--rounds 5 init --scale 2")).unwrap();
        assert_eq!((read.rounds, read.seconds, read.scale, read.words), (5, 10, 2, vec!["init".to_string()]));
        assert!(plan(&words("--rounds none")).is_err());
        assert!(plan(&words("--quick")).is_err());
    }
}
