//! The decision: finds the line that is for a connection and has the client prove itself as it says.

use error::{Error, Result, Severity, error};
use system::secret::SecretBytes;

use crate::hba::{ConnectionType, HbaEntry, HbaTable, Method};
use crate::ident::IdentTable;
use crate::role::{RoleEntry, RoleSource};
use crate::scram::{self, Exchange, Verifier};

/// What the client wants, and where it comes from.
pub struct Request<'a> {
    pub connection: ConnectionType,
    pub user: &'a str,
    pub database: &'a str,
    pub is_replication: bool,
    /// Microseconds since 1970, to judge when a password ends.
    pub now_us: i64,
    /// Known to the cluster only; makes the salts of roles without password.
    pub mock_secret: &'a [u8],
}

/// The talk with the client.
pub trait Conversation {
    /// Asks for the password in clear text, which is UTF-8.
    fn ask_password(&mut self) -> Result<SecretBytes>;

    /// Offers the mechanisms; gives the client's choice and its first message.
    fn offer_mechanisms(&mut self, mechanisms: &[&str]) -> Result<(String, Vec<u8>)>;

    /// Sends a challenge and gives the answer.
    fn challenge(&mut self, data: &[u8]) -> Result<Vec<u8>>;

    /// Sends the last message of a successful exchange.
    fn send_final(&mut self, data: &[u8]) -> Result<()>;

    /// The account at the other end of a Unix-domain socket.
    fn peer_account(&self) -> Result<String>;
}

/// Who the client is.
pub struct Authenticated {
    /// `None` when the method did not ask for the role and there is none.
    pub role: Option<RoleEntry>,
    pub method: Method,
    /// For the log: the proven identity.
    pub identity: Option<String>,
    /// `file:line` of the line that decided.
    pub place: String,
}

/// Why a client was turned away: what it is told, and what only the log may say.
pub struct Failure {
    pub error: Error,
    pub log_detail: Option<String>,
}

impl From<Error> for Failure {
    fn from(error: Error) -> Failure {
        Failure { error: error.with_severity(Severity::Fatal), log_detail: None }
    }
}

/// Has the client prove itself.
/// # Errors
/// 28000 and 28P01 with PostgreSQL's messages, all FATAL; those of the conversation.
pub fn authenticate(
    table: &HbaTable,
    idents: &IdentTable,
    roles: &dyn RoleSource,
    request: &Request<'_>,
    conversation: &mut dyn Conversation,
) -> Result<Authenticated, Failure> {
    let role = roles.role(request.user)?;
    let no_memberships = Vec::new();
    let memberships = role.as_ref().map_or(&no_memberships, |role| &role.memberships);
    let entry =
        table.find(request.connection, request.database, request.user, memberships, request.is_replication);
    let Some(entry) = entry else {
        let whom = if request.is_replication { "replication connection from " } else { "" };
        let text = format!("no pg_hba.conf entry for {whom}{}", describe(request));
        return Err(error!(INVALID_AUTHORIZATION_SPECIFICATION, "{text}").into());
    };
    let matched =
        format!("Connection matched file \"{}\" line {}: \"{}\"", entry.file, entry.line, entry.raw);
    let done = |identity: Option<String>| Authenticated {
        role: role.clone(),
        method: entry.method,
        identity,
        place: format!("{}:{}", entry.file, entry.line),
    };
    let fail = |reason: Option<String>| Failure {
        error: failed(entry.method, request.user),
        log_detail: Some(match reason {
            Some(reason) => format!("{reason}\n{matched}"),
            None => matched.clone(),
        }),
    };
    match entry.method {
        Method::Trust => Ok(done(None)),
        Method::Reject => {
            let whom = if request.is_replication { "replication connection" } else { "connection" };
            let text = format!("pg_hba.conf rejects {whom} for {}", describe(request));
            Err(error!(INVALID_AUTHORIZATION_SPECIFICATION, "{text}").into())
        }
        Method::Md5 => {
            Err(fail(Some("MD5 password authentication is not supported by this server.".to_string())))
        }
        Method::Peer => {
            let account = conversation.peer_account()?;
            if idents.allows(entry.map.as_deref(), &account, request.user, memberships) {
                return Ok(done(Some(account)));
            }
            let map = entry.map.as_deref().unwrap_or("");
            Err(fail(Some(match entry.map {
                None => format!(
                    "Provided user name ({}) and authenticated user name ({account}) do not match.",
                    request.user
                ),
                Some(_) => format!(
                    "No match in usermap \"{map}\" for user \"{}\" authenticated as \"{account}\".",
                    request.user
                ),
            })))
        }
        Method::Password | Method::ScramSha256 => {
            let verifier = usable_verifier(role.as_ref(), request);
            match prove_password(entry, &verifier, request, conversation)? {
                true => Ok(done(Some(request.user.to_string()))),
                false => {
                    let wrong = || format!("Password does not match for user \"{}\".", request.user);
                    Err(fail(Some(verifier.err().unwrap_or_else(wrong))))
                }
            }
        }
    }
}

/// The role's verifier, or why it has none that counts.
fn usable_verifier(role: Option<&RoleEntry>, request: &Request<'_>) -> Result<Verifier, String> {
    let user = request.user;
    let role = role.ok_or_else(|| format!("Role \"{user}\" does not exist."))?;
    let password =
        role.password.as_deref().ok_or_else(|| format!("User \"{user}\" has no password assigned."))?;
    if role.valid_until_us.is_some_and(|until| until < request.now_us) {
        return Err(format!("User \"{user}\" has an expired password."));
    }
    Verifier::parse(password).ok_or_else(|| format!("User \"{user}\" does not have a valid SCRAM secret."))
}

fn prove_password(
    entry: &HbaEntry,
    verifier: &Result<Verifier, String>,
    request: &Request<'_>,
    conversation: &mut dyn Conversation,
) -> Result<bool> {
    if entry.method == Method::Password {
        let password = conversation.ask_password()?;
        if password.is_empty() {
            return Err(error!(INVALID_PASSWORD, "empty password returned by client"));
        }
        let Ok(password) = std::str::from_utf8(&password) else { return Ok(false) };
        return Ok(verifier.as_ref().is_ok_and(|verifier| verifier.accepts(password)));
    }
    let (mechanism, first) = conversation.offer_mechanisms(&[scram::MECHANISM])?;
    if mechanism != scram::MECHANISM {
        return Err(error!(PROTOCOL_VIOLATION, "client selected an invalid SASL authentication mechanism"));
    }
    let (used, is_mock) = match verifier {
        Ok(verifier) => (verifier.clone(), false),
        Err(_) => (Verifier::mock(request.user, request.mock_secret, 4096), true),
    };
    let (exchange, server_first) = Exchange::start(used, is_mock, &first)?;
    let answer = conversation.challenge(server_first.as_bytes())?;
    match exchange.finish(&answer)? {
        Some(server_final) => {
            conversation.send_final(server_final.as_bytes())?;
            Ok(true)
        }
        None => Ok(false),
    }
}

fn failed(method: Method, user: &str) -> Error {
    let error = match method {
        Method::Password | Method::ScramSha256 | Method::Md5 => {
            error!(INVALID_PASSWORD, "password authentication failed for user \"{user}\"")
        }
        Method::Peer => {
            error!(INVALID_AUTHORIZATION_SPECIFICATION, "Peer authentication failed for user \"{user}\"")
        }
        Method::Trust => {
            error!(INVALID_AUTHORIZATION_SPECIFICATION, "\"trust\" authentication failed for user \"{user}\"")
        }
        Method::Reject => error!(
            INVALID_AUTHORIZATION_SPECIFICATION,
            "authentication failed for user \"{user}\": host rejected"
        ),
    };
    error.with_severity(Severity::Fatal)
}

/// `host "...", user "...", database "...", no encryption`.
fn describe(request: &Request<'_>) -> String {
    let (host, encryption) = match request.connection {
        ConnectionType::Local => ("[local]".to_string(), "no encryption"),
        ConnectionType::Host { address, encrypted: true } => (address.to_string(), "SSL encryption"),
        ConnectionType::Host { address, .. } => (address.to_string(), "no encryption"),
    };
    let database = match request.is_replication {
        true => String::new(),
        false => format!(", database \"{}\"", request.database),
    };
    format!("host \"{host}\", user \"{}\"{database}, {encryption}", request.user)
}

#[cfg(test)]
mod tests {
    use super::*;
    use common::Oid;
    use std::net::IpAddr;

    struct Roles;

    impl RoleSource for Roles {
        fn role(&self, name: &str) -> Result<Option<RoleEntry>> {
            let password = match name {
                "ada" => Some(Verifier::generate("secret", 16)?.to_string()),
                "old" => Some(Verifier::generate("secret", 16)?.to_string()),
                "bare" => None,
                _ => return Ok(None),
            };
            Ok(Some(RoleEntry {
                oid: Oid(10),
                password,
                can_login: true,
                is_superuser: false,
                valid_until_us: (name == "old").then_some(5),
                connection_limit: -1,
                memberships: Vec::new(),
            }))
        }
    }

    struct Typed(&'static str);

    impl Conversation for Typed {
        fn ask_password(&mut self) -> Result<SecretBytes> {
            Ok(SecretBytes::copy_of(self.0.as_bytes()))
        }
        fn offer_mechanisms(&mut self, _: &[&str]) -> Result<(String, Vec<u8>)> {
            Ok(("SCRAM-SHA-256".to_string(), b"n,,n=,r=abc".to_vec()))
        }
        fn challenge(&mut self, _: &[u8]) -> Result<Vec<u8>> {
            Ok(b"garbage".to_vec())
        }
        fn send_final(&mut self, _: &[u8]) -> Result<()> {
            Ok(())
        }
        fn peer_account(&self) -> Result<String> {
            Ok(self.0.to_string())
        }
    }

    fn check(line: &str, user: &str, typed: &'static str, expected: Result<(), (&str, &str)>) {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), line).unwrap();
        let table = HbaTable::load(file.path().to_str().unwrap()).unwrap();
        let local = line.starts_with("local");
        let address: IpAddr = "10.0.0.9".parse().unwrap();
        let request = Request {
            connection: if local {
                ConnectionType::Local
            } else {
                ConnectionType::Host { address, encrypted: false }
            },
            user,
            database: "shop",
            is_replication: false,
            now_us: 10,
            mock_secret: b"s",
        };
        let result = authenticate(&table, &IdentTable::default(), &Roles, &request, &mut Typed(typed));
        match (result, expected) {
            (Ok(_), Ok(())) => {}
            (Err(failure), Err((code, message))) => {
                assert_eq!(failure.error.sqlstate().as_str(), code);
                assert_eq!(failure.error.message(), message);
                assert_eq!(failure.error.severity(), Severity::Fatal);
            }
            (Ok(_), Err(wanted)) => panic!("{line} {user}: let in, not {wanted:?}"),
            (Err(failure), Ok(())) => panic!("{line} {user}: {}", failure.error),
        }
    }

    /// Each method lets the right ones in and tells the others no more than PostgreSQL would.
    #[test]
    fn methods() {
        check("local all all trust", "nobody", "", Ok(()));
        check("local all all peer", "ada", "ada", Ok(()));
        check(
            "local all all peer",
            "ada",
            "eve",
            Err(("28000", "Peer authentication failed for user \"ada\"")),
        );
        check("local all all password", "ada", "secret", Ok(()));
        let refused = |user| format!("password authentication failed for user \"{user}\"");
        for (user, typed) in [("ada", "wrong"), ("bare", "secret"), ("eve", "secret"), ("old", "secret")] {
            check("local all all password", user, typed, Err(("28P01", &refused(user))));
        }
        check("local all all password", "ada", "", Err(("28P01", "empty password returned by client")));
        check("local all all md5", "ada", "secret", Err(("28P01", &refused("ada"))));
        check("local all all scram-sha-256", "ada", "", Err(("08P01", "malformed SCRAM message")));
        check(
            "host all all all reject",
            "ada",
            "",
            Err((
                "28000",
                "pg_hba.conf rejects connection for host \"10.0.0.9\", user \"ada\", database \"shop\", no encryption",
            )),
        );
        check(
            "host all all 127.0.0.1/32 trust",
            "ada",
            "",
            Err((
                "28000",
                "no pg_hba.conf entry for host \"10.0.0.9\", user \"ada\", database \"shop\", no encryption",
            )),
        );
    }
}
