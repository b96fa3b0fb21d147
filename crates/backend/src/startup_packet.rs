//! The first words of a connection: requests for encryption, a cancel request, or a session's parameters.

use error::{Result, Severity, error};
use protocol::ProtocolVersion;
use protocol::frontend::{self, Startup};
use subtle::ConstantTimeEq;
use system::process;
use system::signal::Signal;

use background::ServerState;

use crate::connection::Connection;
use crate::startup::ServerContext;

/// The first byte of a TLS handshake.
const TLS_HANDSHAKE: u8 = 0x16;

/// What a session was asked for with.
#[derive(Clone, Default, Debug)]
pub(crate) struct Parameters {
    pub(crate) user: String,
    pub(crate) database: String,
    /// The `options` parameter, still in one piece.
    pub(crate) options: String,
    pub(crate) replication: Option<String>,
    /// Settings, in the client's order.
    pub(crate) settings: Vec<(String, String)>,
}

/// Talks with the client until it asks for a session. `None` when there is nothing more to do: it left, or its cancel request
/// was carried out.
/// # Errors
/// 08P01, 0A000, 28000, all FATAL.
pub(crate) fn receive(connection: &mut Connection, context: &ServerContext) -> Result<Option<Parameters>> {
    if context.tls.is_some() && connection.peek()? == Some(TLS_HANDSHAKE) {
        start_tls(connection, context)?;
        if connection.application_protocol().is_none() {
            return Err(error!(
                PROTOCOL_VIOLATION,
                "received direct SSL connection request without ALPN protocol negotiation extension"
            ));
        }
    }
    let (mut asked_for_tls, mut asked_for_gss) = (connection.is_encrypted(), false);
    loop {
        // Whoever sends no packet at all speaks another protocol; only the log hears of it.
        let packet = connection.read_startup_packet().map_err(|error| match error.severity() {
            Severity::Error => error.with_severity(Severity::Log),
            _ => error,
        })?;
        let Some(body) = packet else { return Ok(None) };
        match frontend::parse_startup(&body)? {
            Startup::SslRequest if !asked_for_tls => {
                asked_for_tls = true;
                let is_possible = context.tls.is_some() && connection.peer != crate::Peer::Local;
                refuse_early_data(connection, "SSL")?;
                connection.output.raw_byte(if is_possible { b'S' } else { b'N' });
                connection.flush()?;
                if is_possible {
                    start_tls(connection, context)?;
                }
            }
            Startup::GssEncryptionRequest if !asked_for_gss => {
                asked_for_gss = true;
                refuse_early_data(connection, "GSSAPI encryption")?;
                connection.output.raw_byte(b'N');
                connection.flush()?;
            }
            Startup::SslRequest | Startup::GssEncryptionRequest => {
                return Err(error!(
                    PROTOCOL_VIOLATION,
                    "unsupported frontend protocol 1234.5679: server supports 3.0 to 3.2"
                ));
            }
            Startup::Cancel { process_id, key } => {
                cancel(context.state, process_id, key);
                return Ok(None);
            }
            Startup::Session { version, parameters } => {
                return session(connection, version, &parameters).map(Some);
            }
        }
    }
}

fn start_tls(connection: &mut Connection, context: &ServerContext) -> Result<()> {
    match &context.tls {
        Some(config) => connection.start_tls(config).map_err(|error| error.with_severity(Severity::Log)),
        None => Ok(()),
    }
}

/// Nothing may follow a request for encryption before it is answered: somebody on the way may have put it there.
fn refuse_early_data(connection: &Connection, what: &str) -> Result<()> {
    if !connection.has_buffered_input() {
        return Ok(());
    }
    Err(error!(PROTOCOL_VIOLATION, "received unencrypted data after {what} request").detail(
        "This could be either a client-software bug or evidence of an attempted man-in-the-middle attack.",
    ))
}

/// Interrupts the process whose key this is. Nobody is told whether there was one.
fn cancel(state: &ServerState, process_id: u32, key: &[u8]) {
    let Some(slot) = state.slots.find(process_id as i32) else {
        background::log::message(format!("PID {process_id} in cancel request did not match any process"));
        return;
    };
    let known = state.cancel_key(slot.index());
    if known.is_empty() || !bool::from(known.ct_eq(key)) {
        background::log::message(format!("wrong key in cancel request for process {process_id}"));
        return;
    }
    // A process that has just ended needs no cancelling.
    let _ = process::kill(process_id as i32, Signal::Interrupt);
}

fn session(
    connection: &mut Connection,
    version: ProtocolVersion,
    parameters: &[(&str, &str)],
) -> Result<Parameters> {
    let unknown: Vec<&str> =
        parameters.iter().map(|(name, _)| *name).filter(|name| name.starts_with("_pq_.")).collect();
    connection.version = version.min(ProtocolVersion::NEWEST);
    if version > ProtocolVersion::NEWEST || !unknown.is_empty() {
        connection.output.negotiate_protocol_version(ProtocolVersion::NEWEST, &unknown);
    }
    let mut wanted = Parameters::default();
    for (name, value) in parameters.iter().filter(|(name, _)| !name.starts_with("_pq_.")) {
        match *name {
            "user" => wanted.user = truncated(value),
            "database" => wanted.database = truncated(value),
            "options" => wanted.options = value.to_string(),
            "replication" => {
                if *value != "database" && config::value::parse_bool(value).is_none() {
                    let text = format!("invalid value for parameter \"replication\": \"{value}\"");
                    return Err(error!(INVALID_PARAMETER_VALUE, "{text}")
                        .hint("Valid values are: \"false\", 0, \"true\", 1, \"database\".")
                        .with_severity(Severity::Fatal));
                }
                wanted.replication = Some(value.to_string());
            }
            _ => wanted.settings.push((name.to_string(), value.to_string())),
        }
    }
    if wanted.user.is_empty() {
        return Err(error!(
            INVALID_AUTHORIZATION_SPECIFICATION,
            "no PostgreSQL user name specified in startup packet"
        )
        .with_severity(Severity::Fatal));
    }
    if wanted.database.is_empty() {
        wanted.database = wanted.user.clone();
    }
    Ok(wanted)
}

/// A name as the catalog could hold it: at most 63 bytes.
fn truncated(name: &str) -> String {
    let end = (0..=name.len().min(63)).rev().find(|at| name.is_char_boundary(*at)).unwrap_or(0);
    name[..end].to_string()
}

/// Splits the `options` parameter at blanks; a backslash takes the next character as it is.
pub(crate) fn split_options(options: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut chars = options.chars();
    let mut is_inside = false;
    while let Some(c) = chars.next() {
        if c.is_whitespace() {
            if is_inside {
                words.push(String::new());
            }
            is_inside = false;
            continue;
        }
        is_inside = true;
        let c = if c == '\\' { chars.next().unwrap_or('\\') } else { c };
        if let Some(word) = words.last_mut() {
            word.push(c);
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// The settings that option words ask for: `-c name=value`, `-cname=value`, `--name=value`.
/// # Errors
/// 42601 (FATAL) for anything else.
pub(crate) fn option_settings(options: &str) -> Result<Vec<(String, String)>> {
    let mut settings = Vec::new();
    let mut words = split_options(options).into_iter();
    while let Some(word) = words.next() {
        let invalid = |word: &str| {
            error!(SYNTAX_ERROR, "invalid command-line argument for server process: {word}")
                .hint("Try \"ferrodon --help\" for more information.")
                .with_severity(Severity::Fatal)
        };
        let assignment = match word.strip_prefix("--").or_else(|| word.strip_prefix("-c")) {
            Some("") => words.next().unwrap_or_default(),
            Some(assignment) => assignment.to_string(),
            None => return Err(invalid(&word)),
        };
        let Some((name, value)) = assignment.split_once('=') else {
            return Err(
                error!(SYNTAX_ERROR, "-c {assignment} requires a value").with_severity(Severity::Fatal)
            );
        };
        settings.push((name.replace('-', "_"), value.to_string()));
    }
    Ok(settings)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// libpq's PGOPTIONS forms come out as settings; others are refused.
    #[test]
    fn options() {
        let pair = |name: &str, value: &str| (name.to_string(), value.to_string());
        assert_eq!(
            option_settings("-c geqo=off  --work-mem=4MB -csearch_path=a\\ b").unwrap(),
            [pair("geqo", "off"), pair("work_mem", "4MB"), pair("search_path", "a b")]
        );
        assert!(option_settings("-x").is_err());
        assert!(option_settings("-c geqo").is_err());
    }

    #[test]
    fn names_are_cut_at_a_character() {
        assert_eq!(truncated(&"é".repeat(40)).len(), 62);
        assert_eq!(truncated("ada"), "ada");
    }
}
