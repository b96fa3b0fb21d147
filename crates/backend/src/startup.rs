//! From the accepted socket to the session: packet, slot, authentication, settings, first answers.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use authentication::{
    Authenticated, ConnectionType, Conversation, HbaTable, IdentTable, Request, RoleEntry, RoleSource,
};
use background::{Failures, Guesser, ServerState, enter_sandbox, log, prepare_child};
use config::{Context, Id, Settings, Source, find};
use error::{Error, Result, Severity, error};
use protocol::ProtocolVersion;
use protocol::frontend::Message;
use rustls::ServerConfig;
use shared_memory::{ActivityState, ClientPlace, ProcessKind, SlotClaim};
use system::process::{self, ProcessId};
use system::secret::SecretBytes;
use system::{clock, random};

use crate::connection::{Connection, Peer, Socket};
use crate::timeouts::{self, Timeout};
use crate::{interrupts, startup_packet};

/// Settings that a client is told of at the start and whenever they change.
pub const REPORTED_SETTINGS: &[Id] = &[
    Id::InHotStandby,
    Id::IntegerDatetimes,
    Id::TimeZone,
    Id::IntervalStyle,
    Id::SearchPath,
    Id::DefaultTransactionReadOnly,
    Id::ScramIterations,
    Id::ClientEncoding,
    Id::DateStyle,
    Id::StandardConformingStrings,
    Id::ApplicationName,
    Id::ServerVersion,
    Id::ServerEncoding,
];

/// Serves an authenticated client until it leaves; gives the process's exit code: 0, or 1 after a FATAL.
pub type SessionMain = fn(SessionStart) -> i32;

/// What the upper layers put into the server.
#[derive(Clone, Copy)]
pub struct Hooks {
    pub session: SessionMain,
    /// Called in a process that has its slot, outside of any transaction.
    pub roles: fn(&'static ServerState, &Settings) -> Result<Box<dyn RoleSource>>,
    /// The body of an autovacuum worker; `None` when there is none to start.
    pub autovacuum_worker: Option<fn(&'static ServerState, &Settings, ProcessId) -> i32>,
}

/// Whether clients are let in at the moment of the fork.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Acceptance {
    Open,
    StartingUp,
    ShuttingDown,
    Recovering,
    TooMany,
}

/// What the postmaster hands to the process of a new client.
pub struct ServerContext {
    pub state: &'static ServerState,
    pub settings: Settings,
    pub hba: Rc<HbaTable>,
    pub idents: Rc<IdentTable>,
    pub tls: Option<Arc<ServerConfig>>,
    pub hooks: Hooks,
    pub acceptance: Acceptance,
    pub postmaster: ProcessId,
    /// Makes the salts of roles without password; the same for the life of the cluster.
    pub mock_secret: [u8; 8],
}

/// What a session begins with. Authentication is done, AuthenticationOk is in the output buffer; ParameterStatus, BackendKeyData
/// ([`SessionStart::greet`]) and ReadyForQuery are the session's to send, once it knows its database.
pub struct SessionStart {
    pub state: &'static ServerState,
    pub connection: Connection,
    pub user: String,
    pub database: String,
    pub role: Option<RoleEntry>,
    /// The value of `replication`, if the client gave one.
    pub replication: Option<String>,
    /// With everything the client asked for in the start-up packet.
    pub settings: Settings,
    /// The secret of BackendKeyData.
    pub cancel_key: Vec<u8>,
    /// Held for the life of the session.
    pub claim: SlotClaim,
    pub postmaster: ProcessId,
    /// Where in the process's title its activity begins.
    title_start: usize,
}

impl SessionStart {
    /// Puts all ParameterStatus messages and BackendKeyData into the output buffer. `is_superuser` and `session_authorization` are
    /// no settings of the table.
    pub fn greet(&mut self) {
        let output = &mut self.connection.output;
        let is_superuser = self.role.as_ref().is_some_and(|role| role.is_superuser);
        output.parameter_status("is_superuser", if is_superuser { "on" } else { "off" });
        output.parameter_status("session_authorization", &self.user);
        for id in REPORTED_SETTINGS {
            let name = config::TABLE[*id as usize].name;
            output.parameter_status(name, &self.settings.show(name).unwrap_or_default());
        }
        output.backend_key_data(process::current() as u32, &self.cancel_key);
    }

    /// Shows what the session does in `ps`: `idle`, `SELECT`, `idle in transaction` ...
    pub fn set_title(&self, activity: &str) {
        log::set_command(activity);
        if self.settings.bool(Id::UpdateProcessTitle) {
            process::set_title_end(self.title_start, activity);
        }
    }
}

/// What the title says before the activity.
fn title_start(user: &str, database: &str, peer: Peer) -> String {
    let host = match peer {
        Peer::Local => "[local]".to_string(),
        Peer::Host { port, .. } => format!("{}({port})", peer.host()),
    };
    format!("ferrodon: {user} {database} {host} ")
}

/// The body of a client's process, which is prepared; gives its exit code.
pub fn serve(context: ServerContext, socket: Socket) -> i32 {
    let started_us = clock::monotonic_us();
    let mut connection = match Connection::new(socket) {
        Ok(connection) => connection,
        // The client left between the knock and the opening.
        Err(_) => return 0,
    };
    let mut session = log::SessionDescription {
        host: connection.peer.host(),
        port: connection.peer.port(),
        server_address: match context.settings.text(Id::LogLinePrefix).contains('L') {
            true => connection.server_address(),
            false => String::new(),
        },
        ..log::SessionDescription::default()
    };
    log::describe_session(session.clone());
    if logs_connections(&context.settings, "receipt") {
        let place = match connection.peer {
            Peer::Local => "host=[local]".to_string(),
            Peer::Host { port, .. } => format!("host={} port={port}", connection.peer.host()),
        };
        log::message(format!("connection received: {place}"));
    }
    let limit = Duration::from_secs(context.settings.integer(Id::AuthenticationTimeout) as u64);
    interrupts::set_authenticating(true);
    timeouts::start(Timeout::Authentication, limit);
    let parameters = match startup_packet::receive(&mut connection, &context) {
        Ok(Some(parameters)) => parameters,
        Ok(None) => return 0,
        Err(error) => {
            let error = raise(error);
            // A client that is slow to say the first word is only dropped.
            if timeouts::is_running(Timeout::Authentication) {
                log::report(error.report());
                if error.severity() >= Severity::Fatal {
                    connection.send_last(&error);
                }
            }
            return if error.severity() == Severity::Fatal { 1 } else { 0 };
        }
    };
    session.user = parameters.user.clone();
    session.database = parameters.database.clone();
    log::describe_session(session);
    let peer = connection.peer;
    let title_start = title_start(&parameters.user, &parameters.database, peer);
    process::set_title(&title_start);
    process::set_title_end(title_start.len(), "authentication");
    log::set_command("authentication");
    let authentication_us = clock::monotonic_us();
    match admit(&mut connection, &context, &parameters) {
        Ok((claim, role, settings, cancel_key)) => {
            timeouts::stop(Timeout::Authentication);
            interrupts::set_authenticating(false);
            connection.set_authenticated();
            log::set_application(settings.text(Id::ApplicationName));
            log::configure(&settings);
            process::set_title_end(title_start.len(), "idle");
            log::set_command("idle");
            if logs_connections(&settings, "setup_durations") {
                // Its process was there before the client came.
                let (ms, now_us) = (|us: u64| us as f64 / 1000.0, clock::monotonic_us());
                log::message(format!(
                    "connection ready: setup total={:.3} ms, fork=0.000 ms, authentication={:.3} ms",
                    ms(now_us - started_us),
                    ms(now_us - authentication_us)
                ));
            }
            context.state.count_session();
            let logs_end = settings.bool(Id::LogDisconnections);
            let code = (context.hooks.session)(SessionStart {
                state: context.state,
                connection,
                user: parameters.user.clone(),
                database: parameters.database.clone(),
                role,
                replication: parameters.replication.clone(),
                settings,
                cancel_key,
                claim,
                postmaster: context.postmaster,
                title_start: title_start.len(),
            });
            if logs_end {
                log_disconnection(&parameters, peer, clock::monotonic_us() - started_us);
            }
            code
        }
        Err(Refusal { error, log_detail }) => {
            let error = raise(error);
            let mut told = error.report().clone();
            if log_detail.is_some() {
                told.detail = log_detail;
            }
            log::report(&told);
            connection.send_last(&error);
            connection.close();
            1
        }
    }
}

/// Signals and title of a client's process, which may have no client yet.
/// # Errors
/// Those of the system calls.
pub fn prepare(context: &ServerContext) -> Result<()> {
    prepare_child(ProcessKind::Backend, "client backend", context.postmaster)?;
    interrupts::prepare()
}

/// An error before the session is the end of the connection.
fn raise(error: Error) -> Error {
    match error.severity() {
        Severity::Error => error.with_severity(Severity::Fatal),
        _ => error,
    }
}

struct Refusal {
    error: Error,
    log_detail: Option<String>,
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Refusal {
        Refusal { error, log_detail: None }
    }
}

impl From<authentication::Failure> for Refusal {
    fn from(failure: authentication::Failure) -> Refusal {
        Refusal { error: failure.error, log_detail: failure.log_detail }
    }
}

type Admission = (SlotClaim, Option<RoleEntry>, Settings, Vec<u8>);

fn admit(
    connection: &mut Connection,
    context: &ServerContext,
    parameters: &startup_packet::Parameters,
) -> Result<Admission, Refusal> {
    check_acceptance(context.acceptance)?;
    let state = context.state;
    let guesser = Guesser::new(connection.peer.address(), &parameters.user);
    let delay = Duration::from_millis(context.settings.integer(Id::AuthDelay) as u64);
    wait_for_turn(connection, state, guesser, delay)?;
    let claim = state.claim(ProcessKind::Backend).map_err(|error| error.with_severity(Severity::Fatal))?;
    let place = match connection.peer {
        Peer::Local => ClientPlace::Local,
        Peer::Host { address, port } => ClientPlace::Host { address, port },
    };
    let activity = state.activity.record(claim.slot().index());
    activity.begin(ActivityState::Starting, place, "", clock::wall_us());
    let roles = (context.hooks.roles)(state, &context.settings)?;
    let is_physical =
        parameters.replication.as_deref().is_some_and(|text| config::value::parse_bool(text) == Some(true));
    let request = Request {
        connection: match connection.peer {
            Peer::Local => ConnectionType::Local,
            Peer::Host { address, .. } => {
                ConnectionType::Host { address, encrypted: connection.is_encrypted() }
            }
        },
        user: &parameters.user,
        database: &parameters.database,
        is_replication: is_physical,
        now_us: clock::wall_us(),
        mock_secret: &context.mock_secret,
    };
    let who =
        authentication::authenticate(&context.hba, &context.idents, &*roles, &request, &mut Talk(connection));
    let who = who.map_err(|failure| count_failure(failure, context, guesser, delay, parameters))?;
    if who.method.asks_password() {
        state.failed_passwords.clear(guesser);
    }
    log_authentication(&context.settings, &parameters.user, &who);
    connection.output.authentication_ok();
    check_role(context, &parameters.user, who.role.as_ref())?;
    if let Some(role) = &who.role {
        claim.slot().role.store(role.oid.0, std::sync::atomic::Ordering::Relaxed);
    }
    let is_superuser = who.role.as_ref().is_some_and(|role| role.is_superuser);
    let settings = client_settings(&context.settings, parameters, is_superuser)?;
    activity.set_application(settings.text(Id::ApplicationName));
    if logs_connections(&settings, "authorization") {
        let encryption = match connection.encryption() {
            Some((version, cipher)) => format!(" SSL enabled (protocol={version}, cipher={cipher})"),
            None => String::new(),
        };
        let application = settings.text(Id::ApplicationName);
        let application =
            if application.is_empty() { String::new() } else { format!(" application_name={application}") };
        log::message(format!(
            "connection authorized: user={} database={}{application}{encryption}",
            parameters.user, parameters.database
        ));
    }
    if !is_superuser && !who.role.as_ref().is_some_and(may_leave_the_cluster) {
        enter_sandbox(&context.settings).map_err(|error| error.with_severity(Severity::Fatal))?;
    }
    let mut cancel_key = vec![0; if connection.version >= ProtocolVersion::V3_2 { 32 } else { 4 }];
    random::fill(&mut cancel_key)
        .map_err(|_| error!(INTERNAL_ERROR, "could not generate random cancel key"))?;
    state.set_cancel_key(claim.slot().index(), &cancel_key);
    Ok((claim, who.role, settings, cancel_key))
}

/// Lets those wait who guessed wrongly before. They hold no slot meanwhile; shutdown, their deadline and their leaving end it.
fn wait_for_turn(
    connection: &mut Connection,
    state: &ServerState,
    guesser: Guesser,
    delay: Duration,
) -> Result<()> {
    while let Err(wait) = state.failed_passwords.try_now(guesser, delay) {
        system::interrupt::check()?;
        if !connection.pause(wait)? {
            interrupts::note_client_lost();
        }
    }
    system::interrupt::check()
}

fn count_failure(
    failure: authentication::Failure,
    context: &ServerContext,
    guesser: Guesser,
    delay: Duration,
    parameters: &startup_packet::Parameters,
) -> Refusal {
    let mut refusal = Refusal::from(failure);
    if refusal.error.sqlstate() == error::sqlstate::INVALID_PASSWORD {
        let Failures { of_role, of_address } = context.state.failed_passwords.count(guesser, delay);
        let user = &parameters.user;
        let mut told = format!(
            "Failure {} for user \"{user}\" from this address; the next attempt is delayed by {} ms.",
            of_role.0,
            of_role.1.as_millis()
        );
        if !of_address.1.is_zero() {
            told += &format!(
                "\nFailure {} for any user from this address; the next attempt of others is delayed by {} ms.",
                of_address.0,
                of_address.1.as_millis()
            );
        }
        refusal.log_detail = Some(match refusal.log_detail {
            Some(detail) => format!("{detail}\n{told}"),
            None => told,
        });
    }
    refusal
}

/// # Errors
/// Why no client can come in now, as a FATAL: 57P03 or 53300.
pub fn check_acceptance(acceptance: Acceptance) -> Result<()> {
    let error = match acceptance {
        Acceptance::Open => return Ok(()),
        Acceptance::StartingUp => error!(CANNOT_CONNECT_NOW, "the database system is starting up"),
        Acceptance::ShuttingDown => error!(CANNOT_CONNECT_NOW, "the database system is shutting down"),
        Acceptance::Recovering => error!(CANNOT_CONNECT_NOW, "the database system is in recovery mode"),
        Acceptance::TooMany => error!(TOO_MANY_CONNECTIONS, "sorry, too many clients already"),
    };
    Err(error.with_severity(Severity::Fatal))
}

/// The role exists, may log in, and has a connection left for it.
fn check_role(context: &ServerContext, user: &str, role: Option<&RoleEntry>) -> Result<()> {
    let fatal = |error: Error| error.with_severity(Severity::Fatal);
    let Some(role) = role else {
        return Err(fatal(error!(INVALID_AUTHORIZATION_SPECIFICATION, "role \"{user}\" does not exist")));
    };
    if !role.can_login {
        let text = format!("role \"{user}\" is not permitted to log in");
        return Err(fatal(error!(INVALID_AUTHORIZATION_SPECIFICATION, "{text}")));
    }
    if role.is_superuser {
        return Ok(());
    }
    let state = context.state;
    let of_role = state
        .slots
        .iter()
        .filter(|slot| slot.kind() == ProcessKind::Backend)
        .filter(|slot| slot.role.load(std::sync::atomic::Ordering::Relaxed) == role.oid.0)
        .count();
    if role.connection_limit >= 0 && of_role >= role.connection_limit as usize {
        return Err(fatal(error!(TOO_MANY_CONNECTIONS, "too many connections for role \"{user}\"")));
    }
    let free = state.free_client_slots();
    let for_superusers = context.settings.integer(Id::SuperuserReservedConnections) as usize;
    let reserved = context.settings.integer(Id::ReservedConnections) as usize;
    if free < for_superusers {
        return Err(fatal(error!(
            TOO_MANY_CONNECTIONS,
            "remaining connection slots are reserved for roles with the SUPERUSER attribute"
        )));
    }
    let may_use_reserved = role.memberships.iter().any(|name| name == "pg_use_reserved_connections");
    if free < for_superusers + reserved && !may_use_reserved {
        return Err(fatal(error!(
            TOO_MANY_CONNECTIONS,
            "remaining connection slots are reserved for roles with privileges of the \
             \"pg_use_reserved_connections\" role"
        )));
    }
    Ok(())
}

/// Whether COPY may lead a role out of the data directory.
fn may_leave_the_cluster(role: &RoleEntry) -> bool {
    let roles = ["pg_read_server_files", "pg_write_server_files", "pg_execute_server_program"];
    role.memberships.iter().any(|name| roles.contains(&name.as_str()))
}

/// The settings with what the client asked for.
fn client_settings(
    base: &Settings,
    parameters: &startup_packet::Parameters,
    is_superuser: bool,
) -> Result<Settings> {
    let mut settings = base.clone();
    let options = startup_packet::option_settings(&parameters.options)?;
    for (name, value) in options.iter().chain(&parameters.settings) {
        let fatal = |error: Error| error.with_severity(Severity::Fatal);
        if let Some(setting) = find(name) {
            match setting.context {
                Context::User | Context::Backend => {}
                Context::Superuser | Context::SuperuserBackend if is_superuser => {}
                Context::Superuser | Context::SuperuserBackend => {
                    let text = format!("permission denied to set parameter \"{}\"", setting.name);
                    return Err(fatal(error!(INSUFFICIENT_PRIVILEGE, "{text}")));
                }
                Context::Internal => {
                    let text = format!("parameter \"{}\" cannot be changed", setting.name);
                    return Err(fatal(error!(CANT_CHANGE_RUNTIME_PARAM, "{text}")));
                }
                Context::Postmaster => {
                    let text = format!(
                        "parameter \"{}\" cannot be changed without restarting the server",
                        setting.name
                    );
                    return Err(fatal(error!(CANT_CHANGE_RUNTIME_PARAM, "{text}")));
                }
                Context::Sighup => {
                    let text = format!("parameter \"{}\" cannot be changed now", setting.name);
                    return Err(fatal(error!(CANT_CHANGE_RUNTIME_PARAM, "{text}")));
                }
            }
        }
        let value = if name.eq_ignore_ascii_case("client_encoding") { encoding_name(value) } else { value };
        settings.set_from(name, value, Source::Client).map_err(fatal)?;
    }
    Ok(settings)
}

/// The official name of an encoding that clients write in several ways.
fn encoding_name(value: &str) -> &str {
    let plain: String = value.chars().filter(char::is_ascii_alphanumeric).collect();
    match plain.to_ascii_lowercase().as_str() {
        "utf8" | "unicode" => "UTF8",
        _ => value,
    }
}

fn logs_connections(settings: &Settings, aspect: &str) -> bool {
    settings.text(Id::LogConnections).split(',').map(str::trim).any(|word| {
        let has_word = |other: &str| word.eq_ignore_ascii_case(other);
        has_word(aspect)
            || has_word("all")
            || (config::value::parse_bool(word) == Some(true) && aspect != "setup_durations")
    })
}

fn log_disconnection(parameters: &startup_packet::Parameters, peer: Peer, us: u64) {
    let (ms, seconds) = (us / 1000 % 1000, us / 1_000_000);
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    let port = if peer.port() == 0 { String::new() } else { format!(" port={}", peer.port()) };
    log::message(format!(
        "disconnection: session time: {hours}:{minutes:02}:{seconds:02}.{ms:03} user={} database={} host={}{port}",
        parameters.user,
        parameters.database,
        peer.host()
    ));
}

fn log_authentication(settings: &Settings, user: &str, who: &Authenticated) {
    if !logs_connections(settings, "authentication") {
        return;
    }
    let (method, place) = (who.method.name(), &who.place);
    match &who.identity {
        Some(identity) => log::message(format!(
            "connection authenticated: identity=\"{identity}\" method={method} ({place})"
        )),
        None => log::message(format!("connection authenticated: user=\"{user}\" method={method} ({place})")),
    }
}

/// The client's side of the talk that authentication leads.
struct Talk<'a>(&'a mut Connection);

impl Talk<'_> {
    fn answer(&mut self, what: &str) -> Result<SecretBytes> {
        let violation = |text: String| error!(PROTOCOL_VIOLATION, "{text}").with_severity(Severity::Fatal);
        self.0.flush()?;
        let Some(message) = self.0.read_message()? else {
            // The client left, perhaps to ask its user for the password; nobody is to be told.
            return Err(violation(format!("expected {what} response, got end of stream")));
        };
        let answer = match message.parse()? {
            Message::Authentication(bytes) => Ok(SecretBytes::copy_of(bytes)),
            _ => Err(violation(format!("expected {what} response, got message type {}", message.kind))),
        };
        drop(message);
        self.0.wipe_consumed();
        answer
    }
}

impl Conversation for Talk<'_> {
    fn ask_password(&mut self) -> Result<SecretBytes> {
        self.0.output.authentication_cleartext_password();
        let bytes = self.answer("password")?;
        let text = bytes.strip_suffix(b"\0").and_then(|text| std::str::from_utf8(text).ok());
        match text.filter(|text| !text.contains('\0')) {
            Some(text) => Ok(SecretBytes::copy_of(text.as_bytes())),
            None => Err(error!(PROTOCOL_VIOLATION, "invalid password packet size")),
        }
    }

    fn offer_mechanisms(&mut self, mechanisms: &[&str]) -> Result<(String, Vec<u8>)> {
        self.0.output.authentication_sasl(mechanisms);
        let bytes = self.answer("SASL")?;
        let malformed = || error!(PROTOCOL_VIOLATION, "invalid string in message");
        let end = bytes.iter().position(|byte| *byte == 0).ok_or_else(malformed)?;
        let mechanism = std::str::from_utf8(&bytes[..end]).map_err(|_| malformed())?.to_string();
        match bytes[end + 1..].split_at_checked(4) {
            Some((length, data)) if length == (data.len() as u32).to_be_bytes() => {
                Ok((mechanism, data.to_vec()))
            }
            _ => Err(error!(PROTOCOL_VIOLATION, "insufficient data left in message")),
        }
    }

    fn challenge(&mut self, data: &[u8]) -> Result<Vec<u8>> {
        self.0.output.authentication_sasl_continue(data);
        self.answer("SASL").map(|bytes| bytes.to_vec())
    }

    fn send_final(&mut self, data: &[u8]) -> Result<()> {
        self.0.output.authentication_sasl_final(data);
        Ok(())
    }

    fn peer_account(&self) -> Result<String> {
        let user = self.0.peer_user().map_err(|cause| Error::io("could not get peer credentials", &cause))?;
        process::account_name(user).ok_or_else(|| {
            error!(INTERNAL_ERROR, "could not look up local user ID {user}: user does not exist")
        })
    }
}
