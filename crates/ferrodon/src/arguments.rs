//! The command line: every subcommand and option with its help.

use std::path::PathBuf;

use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use error::{Result, bail};

/// The whole command line.
pub fn command() -> Command {
    Command::new("ferrodon")
        .about("Ferrodon, a PostgreSQL-compatible database server")
        .version(concat!(env!("CARGO_PKG_VERSION"), " (compatible with PostgreSQL 18.4)"))
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(
            Command::new("init")
                .about("Makes a new database cluster")
                .arg(directory().help("Directory of the new cluster; made if it is missing, else it must be empty"))
                .arg(option("username", 'U', "NAME").help("Name of the superuser").default_value("postgres"))
                .arg(
                    option("auth", 'A', "METHOD")
                        .help("How clients of this machine prove who they are")
                        .value_parser(["trust", "scram-sha-256", "password", "peer", "reject"])
                        .default_value("trust"),
                )
                .arg(
                    long_option("password-file", "FILE")
                        .value_parser(value_parser!(PathBuf))
                        .help("File whose first line is the superuser's password"),
                ),
        )
        .subcommand(
            start_options(Command::new("start"))
                .about("Starts a server, after making the cluster if the directory is missing or empty")
                .arg(
                    Arg::new("background")
                        .long("background")
                        .action(ArgAction::SetTrue)
                        .help("Return as soon as the server accepts connections, and leave it running"),
                ),
        )
        .subcommand(stop_options(Command::new("stop")).about("Stops a running server and waits for its end"))
        .subcommand(
            stop_options(Command::new("restart"))
                .about("Stops a running server and starts it again, in the background, with the options it had"),
        )
        .subcommand(
            Command::new("reload")
                .about("Has a running server read its configuration files again")
                .arg(directory()),
        )
        .subcommand(
            Command::new("status")
                .about("Tells whether a server is running")
                .long_about(
                    "Tells whether a server is running.\n\nThe exit code is 0 if it is, 3 if it is not, and 4 if the \
                     directory is no cluster.",
                )
                .arg(directory()),
        )
        .subcommand(
            Command::new("waldump")
                .about("Prints the records of the write-ahead log")
                .arg(directory())
                .arg(option("start", 's', "LSN").help("Where to begin; else at the last checkpoint's redo point"))
                .arg(option("end", 'e', "LSN").help("Where to stop; else at the end of the log"))
                .arg(
                    option("limit", 'n', "COUNT")
                        .value_parser(value_parser!(u64))
                        .help("How many records at most"),
                )
                .arg(option("rmgr", 'r', "NAME").help("Only records of this resource manager")),
        )
        .subcommand(
            Command::new("controldata").about("Prints the control file of a cluster").arg(directory()),
        )
        .subcommand(
            Command::new("checksums")
                .about("Verifies the checksums of all pages of a cluster whose server is stopped")
                .arg(directory()),
        )
}

fn start_options(command: Command) -> Command {
    command
        .arg(directory())
        .arg(
            option("port", 'p', "PORT")
                .value_parser(value_parser!(u16).range(1..))
                .help("TCP port, also part of the Unix-domain socket's name"),
        )
        .arg(option("socket-directory", 'k', "DIR").help("Directory of the Unix-domain socket"))
        .arg(
            option("set", 'c', "NAME=VALUE")
                .action(ArgAction::Append)
                .help("A setting, overruling the configuration files; may be repeated"),
        )
        .arg(
            option("log", 'l', "FILE")
                .value_parser(value_parser!(PathBuf))
                .help("File that the server log is appended to; in the background the default is server.log in the cluster"),
        )
}

fn stop_options(command: Command) -> Command {
    command
        .arg(directory())
        .arg(
            option("mode", 'm', "MODE")
                .value_parser(["smart", "fast", "immediate"])
                .default_value("fast")
                .help("smart waits for clients to leave; fast ends their sessions; immediate ends at once and recovers at the next start"),
        )
        .arg(
            option("timeout", 't', "SECONDS")
                .value_parser(value_parser!(u64))
                .default_value("60")
                .help("How long to wait"),
        )
}

fn directory() -> Arg {
    option("directory", 'D', "DIR")
        .value_parser(value_parser!(PathBuf))
        .help("Directory of the cluster; else $PGDATA, else ./data")
}

fn option(name: &'static str, short: char, value: &'static str) -> Arg {
    long_option(name, value).short(short)
}

fn long_option(name: &'static str, value: &'static str) -> Arg {
    Arg::new(name).long(name).value_name(value)
}

/// The data directory that is meant.
pub fn data_directory(arguments: &ArgMatches) -> PathBuf {
    if let Some(named) = arguments.get_one::<PathBuf>("directory") {
        return named.clone();
    }
    match std::env::var_os("PGDATA") {
        Some(named) if !named.is_empty() => named.into(),
        _ => PathBuf::from("data"),
    }
}

/// The settings of `-p`, `-k` and `-c`.
/// # Errors
/// 42601 for a `-c` without a value.
pub fn settings(arguments: &ArgMatches) -> Result<Vec<(String, String)>> {
    let mut settings = Vec::new();
    for assignment in arguments.get_many::<String>("set").into_iter().flatten() {
        let Some((name, value)) = assignment.split_once('=') else {
            bail!(SYNTAX_ERROR, "-c {assignment} requires a value");
        };
        settings.push((name.trim().to_string(), value.to_string()));
    }
    if let Some(port) = arguments.get_one::<u16>("port") {
        settings.push(("port".to_string(), port.to_string()));
    }
    if let Some(socket_directory) = arguments.get_one::<String>("socket-directory") {
        // The server will stand in its data directory when it reads this.
        let full = match std::path::absolute(socket_directory) {
            Ok(full) if !socket_directory.contains(',') => full.display().to_string(),
            _ => socket_directory.clone(),
        };
        settings.push(("unix_socket_directories".to_string(), full));
    }
    Ok(settings)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The definition is consistent, and options become settings.
    #[test]
    fn options_become_settings() {
        command().debug_assert();
        let line = ["ferrodon", "start", "-D", "x", "-p", "77", "-c", "work_mem=1MB"];
        let matches = command().get_matches_from(line);
        let (_, start) = matches.subcommand().unwrap();
        let pair = |name: &str, value: &str| (name.to_string(), value.to_string());
        assert_eq!(settings(start).unwrap(), [pair("work_mem", "1MB"), pair("port", "77")]);
    }
}
