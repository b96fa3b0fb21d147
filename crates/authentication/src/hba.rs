//! pg_hba.conf: which clients may connect as whom to what, and how they prove it.

use std::net::IpAddr;

use error::{Error, Result};

use crate::address::AddressPattern;
use crate::pattern::Pattern;
use crate::tokenizer::{self, Line, Token};

/// How a client came.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ConnectionType {
    Local,
    Host { address: IpAddr, encrypted: bool },
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    Local,
    Host,
    HostSsl,
    HostNoSsl,
    HostGss,
    HostNoGss,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Method {
    Trust,
    Reject,
    Password,
    ScramSha256,
    /// Kept so that files of other servers load; who matches it is told that it is not there.
    Md5,
    Peer,
}

impl Method {
    /// Whether the client proves that it knows a password.
    pub fn asks_password(self) -> bool {
        matches!(self, Method::Password | Method::ScramSha256)
    }

    pub fn name(self) -> &'static str {
        match self {
            Method::Trust => "trust",
            Method::Reject => "reject",
            Method::Password => "password",
            Method::ScramSha256 => "scram-sha-256",
            Method::Md5 => "md5",
            Method::Peer => "peer",
        }
    }
}

/// A line of the file.
#[derive(Clone, Debug)]
pub struct HbaEntry {
    kind: Kind,
    databases: Vec<Pattern>,
    roles: Vec<Pattern>,
    address: AddressPattern,
    pub method: Method,
    /// Name of the map in pg_ident.conf.
    pub map: Option<String>,
    pub file: String,
    pub line: u32,
    pub raw: String,
}

/// What is wrong with a line, without its place.
pub struct Fault {
    pub message: String,
    pub hint: Option<&'static str>,
}

impl Fault {
    pub fn new(message: String) -> Fault {
        Fault { message, hint: None }
    }
}

impl From<String> for Fault {
    fn from(message: String) -> Fault {
        Fault::new(message)
    }
}

/// The whole file, in order.
#[derive(Clone, Default, Debug)]
pub struct HbaTable {
    pub entries: Vec<HbaEntry>,
}

impl HbaTable {
    /// Reads the file.
    /// # Errors
    /// All faults, each with its place; a table with a fault is not used.
    pub fn load(path: &str) -> Result<HbaTable, Vec<Error>> {
        let mut faults = Vec::new();
        let lines = match tokenizer::read(path, &mut faults) {
            Ok(lines) => lines,
            Err(fault) => return Err(vec![fault]),
        };
        let mut entries = Vec::new();
        for line in &lines {
            match parse(line) {
                Ok(entry) => entries.push(entry),
                Err(fault) => {
                    let error = line.fault(fault.message);
                    faults.push(match fault.hint {
                        Some(hint) => error.hint(hint),
                        None => error,
                    });
                }
            }
        }
        if faults.is_empty() && entries.is_empty() {
            faults.push(
                error::error!(CONFIG_FILE_ERROR, "configuration file \"{path}\" contains no entries")
                    .with_severity(error::Severity::Log),
            );
        }
        if faults.is_empty() { Ok(HbaTable { entries }) } else { Err(faults) }
    }

    /// The first entry that is for this connection.
    pub fn find(
        &self,
        connection: ConnectionType,
        database: &str,
        role: &str,
        memberships: &[String],
        is_replication: bool,
    ) -> Option<&HbaEntry> {
        self.entries.iter().find(|entry| {
            entry.is_for(connection)
                && entry.is_for_database(database, role, memberships, is_replication)
                && entry.roles.iter().any(|pattern| pattern.matches_role(role, memberships))
        })
    }
}

impl HbaEntry {
    pub(crate) fn address(&self) -> &AddressPattern {
        &self.address
    }

    fn is_for(&self, connection: ConnectionType) -> bool {
        let (address, encrypted) = match connection {
            ConnectionType::Local => return self.kind == Kind::Local,
            ConnectionType::Host { address, encrypted } => (address, encrypted),
        };
        let kind_fits = match self.kind {
            Kind::Local | Kind::HostGss => false,
            Kind::Host | Kind::HostNoGss => true,
            Kind::HostSsl => encrypted,
            Kind::HostNoSsl => !encrypted,
        };
        kind_fits && self.address.matches(address)
    }

    fn is_for_database(
        &self,
        database: &str,
        role: &str,
        memberships: &[String],
        is_replication: bool,
    ) -> bool {
        self.databases.iter().any(|pattern| match pattern {
            // Physical replication is to no database, and `all` does not stand for it.
            Pattern::Name(token) if is_replication => token.is("replication"),
            _ if is_replication => false,
            Pattern::All => true,
            Pattern::Name(token) if token.is("sameuser") => database == role,
            Pattern::Name(token) if token.is("samerole") || token.is("samegroup") => {
                database == role || memberships.iter().any(|membership| membership == database)
            }
            Pattern::Name(token) if token.is("replication") => false,
            Pattern::Name(token) => token.text == database,
            Pattern::Members(name) => database.strip_prefix('+') == Some(name),
            Pattern::Expression(regex) => regex.is_match(database),
        })
    }
}

pub(crate) fn parse(line: &Line) -> Result<HbaEntry, Fault> {
    let mut fields = line.fields.iter();
    let kind =
        match single(fields.next(), "connection type", "Specify exactly one connection type per line.")? {
            None => return Err(Fault::new("end-of-line before connection type".to_string())),
            Some(token) => match token.text.as_str() {
                "local" => Kind::Local,
                "host" => Kind::Host,
                "hostssl" => Kind::HostSsl,
                "hostnossl" => Kind::HostNoSsl,
                "hostgssenc" => Kind::HostGss,
                "hostnogssenc" => Kind::HostNoGss,
                other => return Err(Fault::new(format!("invalid connection type \"{other}\""))),
            },
        };
    let mut patterns = |what: &str| -> Result<Vec<Pattern>, Fault> {
        let field =
            fields.next().ok_or_else(|| Fault::new(format!("end-of-line before {what} specification")))?;
        field.iter().map(|token| Pattern::parse(token).map_err(Fault::new)).collect()
    };
    let databases = patterns("database")?;
    let roles = patterns("role")?;
    let address = match kind {
        Kind::Local => AddressPattern::All,
        _ => parse_address(&mut fields)?,
    };
    let hint = "Specify exactly one authentication type per line.";
    let method = single(fields.next(), "authentication type", hint)?
        .ok_or_else(|| Fault::new("end-of-line before authentication method".to_string()))?;
    let method = parse_method(&method.text, kind)?;
    let mut entry = HbaEntry {
        kind,
        databases,
        roles,
        address,
        method,
        map: None,
        file: line.file.clone(),
        line: line.number,
        raw: line.raw.trim().to_string(),
    };
    for token in fields.flatten() {
        let Some((name, value)) = token.text.split_once('=') else {
            return Err(Fault::new(format!(
                "authentication option not in name=value format: {}",
                token.text
            )));
        };
        match name {
            "map" if method == Method::Peer => entry.map = Some(value.to_string()),
            "map" => {
                return Err(Fault::new(
                    "authentication option \"map\" is only valid for authentication methods peer".to_string(),
                ));
            }
            _ => return Err(Fault::new(format!("unrecognized authentication option name: \"{name}\""))),
        }
    }
    Ok(entry)
}

fn parse_address<'a>(fields: &mut impl Iterator<Item = &'a Vec<Token>>) -> Result<AddressPattern, Fault> {
    let hint = "Specify one address range per line.";
    let token = single(fields.next(), "host address", hint)?
        .ok_or_else(|| Fault::new("end-of-line before IP address specification".to_string()))?;
    for (keyword, pattern) in [
        ("all", AddressPattern::All),
        ("samehost", AddressPattern::SameHost),
        ("samenet", AddressPattern::SameNet),
    ] {
        if token.is(keyword) {
            return Ok(pattern);
        }
    }
    match AddressPattern::parse(&token.text)? {
        (AddressPattern::Range { address, .. }, true) => {
            let mask = single(fields.next(), "netmask", "Specify one netmask per line.")?.ok_or(Fault {
                message: "end-of-line before netmask specification".to_string(),
                hint: Some("Specify an address range in CIDR notation, or provide a separate netmask."),
            })?;
            AddressPattern::with_mask(address, &mask.text)
        }
        (pattern, _) => Ok(pattern),
    }
}

fn parse_method(name: &str, kind: Kind) -> Result<Method, Fault> {
    let method = match name {
        "trust" => Method::Trust,
        "reject" => Method::Reject,
        "password" => Method::Password,
        "scram-sha-256" => Method::ScramSha256,
        "md5" => Method::Md5,
        "peer" => Method::Peer,
        "gss" | "sspi" | "ident" | "ldap" | "radius" | "cert" | "pam" | "bsd" | "oauth" => {
            return Err(Fault::new(format!(
                "invalid authentication method \"{name}\": not supported by this build"
            )));
        }
        _ => return Err(Fault::new(format!("invalid authentication method \"{name}\""))),
    };
    if method == Method::Peer && kind != Kind::Local {
        return Err(Fault::new("peer authentication is only supported on local sockets".to_string()));
    }
    Ok(method)
}

/// The only token of a field.
fn single<'a>(
    field: Option<&'a Vec<Token>>,
    what: &str,
    hint: &'static str,
) -> Result<Option<&'a Token>, Fault> {
    match field.map(Vec::as_slice) {
        None | Some([]) => Ok(None),
        Some([token]) => Ok(Some(token)),
        Some(_) => Err(Fault { message: format!("multiple values specified for {what}"), hint: Some(hint) }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(text: &str) -> Result<HbaTable, Vec<Error>> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        HbaTable::load(file.path().to_str().unwrap())
    }

    fn host(address: &str) -> ConnectionType {
        ConnectionType::Host { address: address.parse().unwrap(), encrypted: false }
    }

    /// The first line that fits decides, and every column takes part in it.
    #[test]
    fn the_first_match_decides() {
        let table = load(
            "local all postgres peer map=m\n\
             local sameuser all trust\n\
             hostssl all all all trust\n\
             host \"sameuser\" all 127.0.0.1/32 reject\n\
             host /^db\\d+$ +staff 10.0.0.0 255.0.0.0 scram-sha-256\n\
             host replication rep samehost password\n",
        )
        .unwrap();
        let check = |connection, database: &str, role: &str, groups: &[&str], replication, expected| {
            let groups: Vec<String> = groups.iter().map(|group| group.to_string()).collect();
            let found = table.find(connection, database, role, &groups, replication);
            assert_eq!(found.map(|entry| (entry.line, entry.method)), expected, "{database} {role}");
        };
        check(ConnectionType::Local, "x", "postgres", &[], false, Some((1, Method::Peer)));
        check(ConnectionType::Local, "ada", "ada", &[], false, Some((2, Method::Trust)));
        check(ConnectionType::Local, "x", "ada", &[], false, None);
        let encrypted = ConnectionType::Host { address: "8.8.8.8".parse().unwrap(), encrypted: true };
        check(encrypted, "x", "ada", &[], false, Some((3, Method::Trust)));
        check(host("127.0.0.1"), "sameuser", "ada", &[], false, Some((4, Method::Reject)));
        check(host("127.0.0.1"), "ada", "ada", &[], false, None);
        check(host("10.9.9.9"), "db12", "ada", &["staff"], false, Some((5, Method::ScramSha256)));
        check(host("10.9.9.9"), "db12", "ada", &[], false, None);
        check(host("127.0.0.1"), "", "rep", &[], true, Some((6, Method::Password)));
        assert_eq!(table.entries[0].map.as_deref(), Some("m"));
    }

    /// Each fault is told with PostgreSQL's words and its line.
    #[test]
    fn faults_name_their_line() {
        let check = |line: &str, message: &str| {
            let faults = load(&format!("# first\n{line}\n")).unwrap_err();
            assert_eq!(faults[0].message(), message);
            let context = faults[0].report().context.clone().unwrap();
            assert!(context.starts_with("line 2 of configuration file"), "{context}");
        };
        check("lokal all all trust", "invalid connection type \"lokal\"");
        check("local", "end-of-line before database specification");
        check("local all", "end-of-line before role specification");
        check("local all all", "end-of-line before authentication method");
        check("host all all", "end-of-line before IP address specification");
        check("host all all 10.0.0.0", "end-of-line before netmask specification");
        check("host all all 10.0.0.0/99 trust", "invalid CIDR mask in address \"10.0.0.0/99\"");
        check("local all all sesame", "invalid authentication method \"sesame\"");
        check("host all all all peer", "peer authentication is only supported on local sockets");
        check("local all all trust x", "authentication option not in name=value format: x");
        check("local all all trust x=1", "unrecognized authentication option name: \"x\"");
        check("local,host all all trust", "multiple values specified for connection type");
    }
}
